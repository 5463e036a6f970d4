"""Separation of duties (invariant 5): no two steps by one person, and nobody in their own case."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q

from carecore.models import AuditEvent
from carecore.registry import Problem
from carecore.separation import same_person
from sanatorium.models import Batch, Cost, Nomination, State
from sanatorium.workflow.separation import ACTIONS

DUTIES = "5 职责分离"
# A step that was undone (退回) keeps its name on the row until it is taken again: it counts only from its state on.
REVIEWED = (State.REVIEWED, State.APPROVED, State.ATTENDED, State.ABSENT, State.REJECTED, State.GIVEN_UP)
SINCE = {
    "submitted_by": (State.SUBMITTED, State.CONFIRMED, *REVIEWED),
    "confirmed_by": (State.CONFIRMED,),
    "reviewed_by": REVIEWED,
    "approved_by": (State.APPROVED, State.ATTENDED, State.ABSENT, State.GIVEN_UP),
}
APART = (
    ("nominated_by", "confirmed_by"), ("submitted_by", "confirmed_by"), ("nominated_by", "reviewed_by"),
    ("submitted_by", "reviewed_by"), ("confirmed_by", "reviewed_by"), ("nominated_by", "approved_by"),
    ("submitted_by", "approved_by"), ("confirmed_by", "approved_by"), ("reviewed_by", "approved_by"),
)  # fmt: skip


def check_duties() -> Iterator[Problem]:
    """Whoever nominated, submitted or confirmed does not review; whoever reviewed does not approve."""
    for earlier, later in APART:
        rows = Nomination.objects.filter(same_person(earlier, later), state__in=SINCE[later])
        for row in rows.order_by("pk"):
            yield Problem(DUTIES, f"推荐人选 {row.pk}", f"{_step(earlier)}与{_step(later)}为同一人")
    yield from _earlier_hands()
    for batch in Batch.objects.filter(same_person("opened_by", "approved_by")).select_related("plan"):
        yield Problem(DUTIES, str(batch), "编排人与批准人为同一人")
    for batch in Batch.objects.filter(same_person("approved_by", "closed_by")).select_related("plan"):
        yield Problem(DUTIES, str(batch), "批准人与结清人为同一人")
    costs = Cost.objects.filter(same_person("recorded_by", "nomination__batch__closed_by"))
    for cost in costs.order_by("pk"):
        yield Problem(DUTIES, f"费用 {cost.pk}", "登记人与批次结清人为同一人")


def _earlier_hands() -> Iterator[Problem]:
    """Nor whoever amended, proved or published the name, nor who took the earlier step before it was sent back.

    What a row's own columns tell already is not told again.
    """
    for later in dict.fromkeys(later for _, later in APART):
        steps = [earlier for earlier, one in APART if one == later]
        named = Q()
        for step in steps:
            named |= same_person(step, later)
        actions = [action for step in steps for action in ACTIONS[step]]
        hands = AuditEvent.objects.filter(
            Q(by=OuterRef(later)) | Q(by__person=OuterRef(f"{later}__person")),
            kind=Nomination._meta.label_lower, object_id=OuterRef("pk"), action__in=actions,
        )  # fmt: skip
        rows = Nomination.objects.filter(Exists(hands), state__in=SINCE[later])
        told = set(rows.filter(named).values_list("pk", flat=True))
        for pk in rows.order_by("pk").values_list("pk", flat=True):
            if pk not in told:
                yield Problem(DUTIES, f"推荐人选 {pk}", f"{_step(later)}曾办理该人选此前的环节或材料")


def check_own_case() -> Iterator[Problem]:
    """Nobody submits, confirms, reviews or approves themselves, nor their own stay and its cost."""
    for step, states in SINCE.items():
        rows = Nomination.objects.filter(Q(**{f"{step}__person": F("person")}), state__in=states)
        for row in rows.order_by("pk"):
            yield Problem(DUTIES, f"推荐人选 {row.pk}", f"{_step(step)}即其本人")
    for step, label in (("approved_by", "批准人"), ("closed_by", "结清人")):
        seated = Batch.objects.filter(nominations__person=F(f"{step}__person"))
        for batch in seated.select_related("plan").distinct().order_by("pk"):
            yield Problem(DUTIES, str(batch), f"{label}在本期名单之中")
    for cost in Cost.objects.filter(recorded_by__person=F("nomination__person")).order_by("pk"):
        yield Problem(DUTIES, f"费用 {cost.pk}", "登记人即其本人")


def _step(column: str) -> str:
    return str(Nomination._meta.get_field(column).verbose_name)
