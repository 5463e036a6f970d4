"""What waits for each role in the rest-and-recuperation year, and how its quotas stand."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from urllib.parse import urlencode

from django.db.models import Count, Exists, ExpressionWrapper, F, Max, OuterRef, Q, QuerySet, Sum
from django.urls import reverse

from carecore import access, clock
from carecore.access import Can, scope
from carecore.models import Notice, Objection, Unit, User
from carecore.models.papers import NoticeState, ObjectionState
from carecore.models.units import within
from carecore.money import MoneyField
from carecore.policy import Rulebook
from carecore.registry import DeskItem, Meter, OpenWork
from sanatorium.models import (
    COST_KINDS,
    Batch,
    BatchState,
    ClassQuota,
    Cost,
    Nomination,
    Plan,
    PlanState,
    State,
    UnitQuota,
)
from sanatorium.models.nominations import Attention, NominationQuerySet
from sanatorium.phases import Phase, at_phase
from sanatorium.workflow.nominations import needs_confirming

# What each right waits for: the state it acts on, in which words.
WAITING = (
    (Can.NOMINATE, State.DRAFT, "推荐草稿待公示"),
    (Can.REVIEW, State.CONFIRMED, "已确认人选待工会审核"),
    (Can.APPROVE, State.REVIEWED, "候补人选待批准"),
)
MOST_METERS = 12
LAST_SETTLED = 3  # batches whose costs are shown
AHEAD = datetime.timedelta(days=14)  # so long before it sets out a batch is announced


def nominations(user: User) -> Iterator[DeskItem]:
    """Nominations that stand where one of the user's rights acts; one query for each right held."""
    for right, state, title in WAITING:
        if paths := scope(user, right):
            yield from _item(title, _open(paths).filter(state=state).count(), state=state)
    if paths := scope(user, Can.NOMINATE):
        lacking = _open(paths).filter(state=State.DRAFT, attention=Attention.EVIDENCE)
        yield from _item("其中缺佐证的草稿", lacking.count(), state=State.DRAFT, attention=Attention.EVIDENCE)
    yield from _submittable(user)
    yield from _submitted(user)
    if paths := scope(user, Can.ARRANGE):
        rows = _open(paths).unseated()
        yield from _item("已批准人选待编入批次", rows.count(), state=State.APPROVED, seat="no")


def _open(paths: list[str]) -> NominationQuerySet:
    """The nominations of these units in years that are open."""
    return Nomination.objects.filter(within(paths, "unit__path"), plan__state=PlanState.PUBLISHED)


def _item(title: str, count: int, **filters: str) -> Iterator[DeskItem]:
    if count:
        asked = urlencode({name: str(value) for name, value in filters.items()})
        yield DeskItem(title, count, f"{reverse('nomination_list')}?{asked}")


def _submittable(user: User) -> Iterator[DeskItem]:
    """Names whose notice is over without an open objection (BZ-17)."""
    if paths := scope(user, Can.SUBMIT):
        over = Notice.objects.filter(at_phase(Phase.OVER, clock.today()), open_objections=0)
        rows = _open(paths).filter(state=State.ON_NOTICE, notice__in=over)
        yield from _item("公示期满人选待报送", rows.count(), state=State.ON_NOTICE, notice="over")


def _submitted(user: User) -> Iterator[DeskItem]:
    """Submitted names: those of the classes that 组织人社 confirms first, and the others (BZ-15)."""
    confirming, reviewing = scope(user, Can.CONFIRM), scope(user, Can.REVIEW)
    if not (confirming or reviewing):
        return
    rows = _open([*confirming, *reviewing]).filter(state=State.SUBMITTED)
    groups = list(rows.values_list("unit", "quota_class").annotate(number=Count("pk")).order_by())
    units, book = Unit.objects.in_bulk({unit for unit, _, _ in groups}), Rulebook(clock.today())
    waiting: dict[tuple[Can, str], int] = {}
    for pk, quota_class, number in groups:
        first = needs_confirming(book, Nomination(unit=units[pk], quota_class=quota_class))
        right, paths = (Can.CONFIRM, confirming) if first else (Can.REVIEW, reviewing)
        if any(units[pk].path.startswith(path) for path in paths):
            waiting[right, quota_class] = waiting.get((right, quota_class), 0) + number
    for (right, quota_class), number in sorted(waiting.items()):
        doing = "组织人社确认" if right == Can.CONFIRM else "工会审核"
        yield from _item(
            f"{quota_class}报送人选待{doing}", number, state=State.SUBMITTED, quota_class=quota_class
        )


def notices(user: User) -> Iterator[DeskItem]:
    """Notices that run, with the day on which the next one ends, and objections that wait."""
    paths = [*scope(user, Can.NOMINATE), *scope(user, Can.SUBMIT)]
    if not paths:
        return
    running = Notice.objects.filter(within(paths, "unit__path"), at_phase(Phase.RUNNING, clock.today()))
    first = running.order_by("ends_on").first()
    if first is not None:
        url = f"{reverse('notice_list')}?{urlencode({'state': Phase.RUNNING.value})}"
        yield DeskItem("公示正在进行", running.count(), url, due=f"{_day(first.ends_on)}期满")
    open_ones = Objection.objects.filter(
        within(paths, "notice__unit__path"), state=ObjectionState.OPEN, notice__state=NoticeState.RUNNING
    )
    if count := open_ones.count():
        yield DeskItem("公示异议待处理", count, reverse("notice_list"), tone="urgent")


def _day(day: datetime.date) -> str:
    return f"{day.month}月{day.day}日"


def batches(user: User) -> Iterator[DeskItem]:
    """Batches that wait for their next step, and those that set out soon."""
    today, uncosted = (
        clock.today(),
        Nomination.objects.filter(batch=OuterRef("pk"), state=State.ATTENDED, cost=None),
    )
    arranging, approved, attended, *_ = BatchState
    steps = (
        (Can.APPROVE, arranging, Q(seats__gt=0), "批次待批准"),
        (Can.SETTLE, approved, Q(starts_on__lte=today), "批次待登记参加情况"),
        (Can.SETTLE, attended, Exists(uncosted), "批次待结算"),
        (Can.CLOSE, attended, ~Exists(uncosted) & ~Q(approved_by=user), "批次待结清"),
    )
    for right, state, condition, title in steps:
        rows = Batch.objects.filter(condition, within(scope(user, right), "plan__unit__path"), state=state)
        if scope(user, right) and (count := rows.count()):
            yield DeskItem(title, count, _batches(state))
    soon = Batch.objects.visible_to(user).filter(
        state=approved, starts_on__gt=today, starts_on__lte=today + AHEAD
    )
    if first := soon.order_by("starts_on").first():
        due = f"{_day(first.starts_on)}出发"
        yield DeskItem("批次即将出发", soon.count(), _batches(approved), due=due)


def _batches(state: BatchState) -> str:
    return f"{reverse('batch_list')}?{urlencode({'state': state.value})}"


def quotas(user: User) -> Iterator[Meter]:
    """Places used, by class for whoever sees the whole plan and by unit for everybody."""
    plan = Plan.objects.visible_to(user).filter(state=PlanState.PUBLISHED).order_by("-year").first()
    if plan is None:
        return
    if access.may(user, Can.SEE, plan.unit):
        url = reverse("plan_detail", args=[plan.pk])
        for share in ClassQuota.objects.filter(plan=plan).annotate(taken=Sum("unit_quotas__used")):
            yield Meter(f"{plan.year}年{share.quota_class}", share.taken or 0, share.places, "个", url)
    rows = UnitQuota.objects.visible_to(user).filter(class_quota__plan=plan, places__gt=F("passed_down"))
    shown = list(rows.select_related("unit").order_by("class_quota", "unit__path")[:MOST_METERS])
    for row in shown:
        yield Meter(row.unit.name, row.used, row.own, "个", reverse("quota_detail", args=[row.pk]))
    if len(shown) == MOST_METERS:
        yield from _other_units(rows.exclude(pk__in=[row.pk for row in shown]))


def _other_units(rows: QuerySet[UnitQuota]) -> Iterator[Meter]:
    """One meter for the units that are too many to be shown each."""
    sums = rows.aggregate(units=Count("pk"), used=Sum("used"), own=Sum(F("places") - F("passed_down")))
    if sums["units"]:
        yield Meter(f"其余{sums['units']}个单位", sums["used"], sums["own"], "个", reverse("quota_list"))


def costs(user: User) -> Iterator[Meter]:
    """Cost against cap in the batches last settled: what the dearest stay of one's own people took of it."""
    total = sum((F(kind) for kind in COST_KINDS[1:]), start=F(COST_KINDS[0]))
    borne = ExpressionWrapper(total - F("self_paid"), output_field=MoneyField())
    visible = Nomination.objects.visible_to(user).exclude(batch__cost_cap=None)
    dearest = (
        Cost.objects.filter(nomination__in=visible).values("nomination__batch").annotate(most=Max(borne))
    )
    recent = dict(
        dearest.order_by("-nomination__batch__starts_on").values_list("nomination__batch", "most")[
            :LAST_SETTLED
        ]
    )
    for batch in Batch.objects.filter(pk__in=recent).select_related("plan").order_by("-starts_on", "-pk"):
        url = reverse("batch_detail", args=[batch.pk])
        yield Meter(f"{batch}最高人均费用", recent[batch.pk], batch.cost_cap, "元", url)


def open_work(user: User) -> Iterator[OpenWork]:
    """Drafts that a clerk has not yet brought to the union; a successor takes them over."""
    rows = Nomination.objects.filter(nominated_by=user, state__in=[State.DRAFT, State.ON_NOTICE])
    yield OpenWork("未报送的推荐人选", Can.NOMINATE, rows, "nominated_by")
