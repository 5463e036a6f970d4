"""The way of a nomination (BZ-5, BZ-15, BZ-17): nominated, published, submitted, confirmed, reviewed, approved.

A place is used from 已批准 on; giving up returns exactly one; 已审核 without a place is the reserve list.
"""

from __future__ import annotations

import dataclasses
import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from carecore import access, audit, clock, names
from carecore.access import Can
from carecore.models import Attachment, Person, Severity, Unit, User
from carecore.models.papers import NoticeState
from carecore.policy import Finding, Rulebook
from carecore.reasons import written
from carecore.workflow import (
    Refused,
    add,
    change,
    enforce,
    locked,
    locked_all,
    move,
    refuse,
    require_right,
    require_state,
    verb,
)
from sanatorium.models import Nomination, PersonYear, Plan, PlanState, State, UnitQuota
from sanatorium.queries import in_parts, usage_of
from sanatorium.rules import nominations as rules
from sanatorium.rules.nominations import NO_EVIDENCE, Draft, Usage
from sanatorium.workflow import funding
from sanatorium.workflow.batches import release_seats
from sanatorium.workflow.separation import separate

WITHDRAWABLE = [State.DRAFT, State.ON_NOTICE, State.SUBMITTED, State.CONFIRMED]
PUBLISHED_FIELDS = ("name", "post", "ground")
FREE_FIELDS = ("deeds", "wish", "phone", "health", "emergency_contact")


def check_drafts(
    *, by: User, plan: Plan, drafts: Sequence[Draft], besides: int | None = None
) -> list[list[Finding]]:
    """What nominating these drafts would find, draft by draft; preview and commit both ask here."""
    book = Rulebook(clock.today())
    usage = usage_of(plan, [draft.person.pk for draft in drafts if draft.person.pk], by, besides=besides)
    quotas = Quotas(plan)
    seen: Counter[int] = Counter()
    found = []
    for draft in drafts:
        findings = rules.check(draft, usage[draft.person.pk] if draft.person.pk else Usage(), book, plan.year)
        key = draft.person.pk or id(draft.person)
        if seen[key]:
            findings.append(Finding("duplicate", Severity.BLOCK, f"{draft.person}在本次名单中重复"))
        if quotas.of(draft.unit) is None:
            message = f"{draft.unit}{plan.year}年度没有“{draft.unit.quota_class}”名额,请先申请分配(BZ-4)"
            findings.append(Finding("sanatorium.places", Severity.BLOCK, message, clause="BZ-4"))
        seen[key] += 1
        found.append(findings)
    return found


class Quotas:
    """Which places a unit's people use: those of the unit itself or of the nearest unit above that has some."""

    def __init__(self, plan: Plan) -> None:
        rows = UnitQuota.objects.filter(class_quota__plan=plan, places__gt=0).select_related("class_quota")
        self._rows = {(row.class_quota.quota_class, row.unit_id): row for row in rows}

    def of(self, unit: Unit) -> UnitQuota | None:
        found = (self._rows.get((unit.quota_class, pk)) for pk in reversed(unit.ancestor_pks()))
        return next((row for row in found if row is not None), None)


@verb
def nominate(
    *, by: User, plan: Plan, drafts: Sequence[Draft], request_id: uuid.UUID | None = None
) -> list[Nomination]:
    """Nominate people as drafts; what lacks its evidence says 缺佐证 and waits (BZ-5).

    Raises Refused with the findings of every draft that a rule blocks; then none is stored.
    """
    require_right(by, Can.NOMINATE, *{draft.unit for draft in drafts})
    people: dict[int, Person] = {}
    for pks in in_parts(draft.person.pk for draft in drafts):  # two units cannot nominate one person at once
        people |= {person.pk: person for person in locked_all(Person.objects.filter(pk__in=pks))}
    drafts = [dataclasses.replace(draft, person=people[draft.person.pk]) for draft in drafts]
    if request_id and (made := Nomination.objects.filter(request_id=request_id).first()):
        return [made]
    plan = Plan.objects.get(pk=plan.pk)  # it may have been closed since the page was shown
    require_state([plan], [PlanState.PUBLISHED], "推荐")
    found = check_drafts(by=by, plan=plan, drafts=drafts)
    enforce([f for findings in found for f in findings if f.severity == Severity.BLOCK])
    quotas, book, now = Quotas(plan), Rulebook(clock.today()), clock.now()
    rows = [
        _row(by, plan, draft, quotas, book, findings, now)
        for draft, findings in zip(drafts, found, strict=True)
    ]
    if request_id and len(rows) == 1:
        rows[0].request_id = request_id
    rows = add(rows)
    audit.record(by=by, action="nominate", rows=rows)
    return rows


def _row(
    by: User, plan: Plan, draft: Draft, quotas: Quotas, book: Rulebook, findings: list[Finding],
    now: datetime.datetime,
) -> Nomination:  # fmt: skip
    person, entry = draft.person, book.entry("sanatorium.grounds", draft.unit, draft.ground)
    return Nomination(
        plan=plan, person=person, name=person.name, initials=person.initials, unit=draft.unit,
        quota=quotas.of(draft.unit), quota_class=draft.unit.quota_class, ground=draft.ground,
        ground_label=entry["label"] if entry else draft.ground, deeds=draft.deeds,
        post=draft.post or person.post, wish=draft.wish, phone=draft.phone or person.phone,
        health=draft.health, emergency_contact=draft.emergency_contact, evidence=draft.evidence,
        findings=[finding.as_dict() for finding in findings], nominated_by=by, nominated_at=now,
    ).note_attention()  # fmt: skip


@verb
def amend(*, by: User, row: Nomination, **changes: str) -> Nomination:
    """Change a draft; while it is on notice only what was not published may change (BZ-17)."""
    [row] = locked([row], "unit", "person", "plan")
    require_right(by, Can.NOMINATE, row.unit)
    require_state([row], [State.DRAFT, State.ON_NOTICE], "修改")
    published = [name for name in PUBLISHED_FIELDS if name in changes and changes[name] != getattr(row, name)]
    if published and row.state == State.ON_NOTICE:
        raise refuse("公示内容不能直接修改,请先撤回公示,修改后重新公示(BZ-17)", key=published[0], row=row)
    for name, value in changes.items():
        if name not in (*FREE_FIELDS, *PUBLISHED_FIELDS):
            raise TypeError(f"{name} cannot be amended")
        setattr(row, name, value)
    row.initials = names.initials(row.name)
    _recheck(by, row)
    change([row], *changes, "initials", "ground_label", "findings", "attention", "accepted_reason", "accepted_by")
    audit.record(by=by, action="amend", rows=[row])
    return row


def _recheck(by: User, row: Nomination) -> None:
    """Check one stored draft again; raises Refused on what blocks, keeps the rest on the row."""
    draft = draft_of(row)
    [findings] = check_drafts(by=by, plan=row.plan, drafts=[draft], besides=row.pk)
    enforce([f for f in findings if f.severity == Severity.BLOCK], row=row)
    entry = Rulebook(clock.today()).entry("sanatorium.grounds", row.unit, row.ground)
    row.ground_label = entry["label"] if entry else row.ground
    row.findings = [finding.as_dict() for finding in findings]
    row.accepted_reason, row.accepted_by = "", None
    row.note_attention()


def draft_of(row: Nomination) -> Draft:
    """A stored nomination as the draft that the checks take."""
    return Draft(
        person=row.person, unit=row.unit, ground=row.ground, deeds=row.deeds, post=row.post, wish=row.wish,
        phone=row.phone, health=row.health, emergency_contact=row.emergency_contact, evidence=row.evidence,
    )  # fmt: skip


@verb
def attach_evidence(*, by: User, rows: list[Nomination], paper: Attachment) -> list[Nomination]:
    """Let one paper prove many drafts (one 表彰决定 may name many people)."""
    rows = locked(rows, "unit")
    require_right(by, Can.NOMINATE, *{row.unit for row in rows})
    require_state(rows, [State.DRAFT], "补充佐证")
    for row in rows:
        row.evidence = paper
        row.findings = [finding for finding in row.findings if finding["rule"] != NO_EVIDENCE]
        row.note_attention()
    change(rows, "evidence", "findings", "attention")
    audit.record(by=by, action="attach_evidence", rows=rows, detail=paper.sha256)
    return rows


@verb
def attach_sealed_form(*, by: User, row: Nomination, paper: Attachment) -> Nomination:
    """Keep the scan of the sealed 推荐(审批)表 with its nomination."""
    [row] = locked([row], "unit")
    if not access.may(by, Can.SUBMIT, row.unit):
        require_right(by, Can.NOMINATE, row.unit)
    move([row], sealed_form=paper)
    audit.record(by=by, action="attach_sealed_form", rows=[row], detail=paper.sha256)
    return row


@verb
def withdraw(*, by: User, rows: list[Nomination], reason: str) -> list[Nomination]:
    """Take nominations back for good, before they are reviewed; `reason` is required."""
    rows = locked(rows, "unit")
    for row in rows:
        if not access.may(by, Can.SUBMIT, row.unit):
            require_right(by, Can.NOMINATE, row.unit)
    require_state(rows, WITHDRAWABLE, "撤销")
    return end(by, rows, State.WITHDRAWN, "withdraw", reason)


def end(by: User, rows: list[Nomination], state: State, action: str, reason: str) -> list[Nomination]:
    """Bring locked rows to one of their ends; raises Refused without a reason."""
    reason = written(reason, "请写明理由", rows[0])
    move(rows, state=state, closing_reason=reason)
    audit.record(by=by, action=action, rows=rows, reason=reason)
    return rows


@verb
def confirm(*, by: User, rows: list[Nomination]) -> list[Nomination]:
    """The organisation department confirms submitted names of the classes that the rule lists (BZ-15)."""
    rows = locked(rows, "unit")
    require_state(rows, [State.SUBMITTED], "确认")
    require_right(by, Can.CONFIRM, *{row.unit for row in rows})
    book = Rulebook(clock.today())
    for row in rows:
        if not needs_confirming(book, row):
            raise refuse(f"{row}属于“{row.quota_class}”,不需组织人社确认", row=row)
    separate(by, rows, "nominated_by", "submitted_by")
    move(rows, state=State.CONFIRMED, confirmed_by=by)
    audit.record(by=by, action="confirm", rows=rows)
    return rows


def needs_confirming(book: Rulebook, row: Nomination) -> bool:
    """Whether 组织人社 must confirm this nomination's class before the union reviews it (BZ-15)."""
    classes = book.value("sanatorium.confirmed_classes", row.unit) or []
    return any(entry["code"] == row.quota_class for entry in classes)


@verb
def review(*, by: User, rows: list[Nomination]) -> list[Nomination]:
    """The union officer finds nominations in order; they join the reserve list in this order (BZ-15)."""
    rows = locked(rows, "unit", "person")
    require_right(by, Can.REVIEW, *{row.unit for row in rows})
    book = Rulebook(clock.today())
    for row in rows:
        before = State.CONFIRMED if needs_confirming(book, row) else State.SUBMITTED
        require_state([row], [before], "审核")
    separate(by, rows, "nominated_by", "submitted_by", "confirmed_by")
    move(rows, state=State.REVIEWED, reviewed_by=by, reviewed_at=clock.now())
    audit.record(by=by, action="review", rows=rows)
    return rows


@verb
def send_back(*, by: User, rows: list[Nomination], reason: str) -> list[Nomination]:
    """Return nominations to their unit as drafts, with the reason in their timeline."""
    rows = locked(rows, "unit")
    for row in rows:
        rights = (Can.REVIEW, Can.APPROVE, Can.CONFIRM)
        right = next((one for one in rights if access.may(by, one, row.unit)), Can.REVIEW)
        require_right(by, right, row.unit)
        later = [] if right == Can.CONFIRM else [State.CONFIRMED, State.REVIEWED]
        require_state([row], [State.SUBMITTED, *later], "退回")
    separate(by, rows)
    return end(by, rows, State.DRAFT, "send_back", reason)


@verb
def approve(*, by: User, rows: list[Nomination]) -> list[Nomination]:
    """Give each reviewed nomination its place (BZ-4, BZ-15).

    Raises Refused where a unit's places do not suffice, a person has had theirs or has left since, the
    notice is not over (BZ-17), the year is closed, or `by` took an earlier step or decides on their own case.
    """
    rows = locked(rows, "unit", "person", "plan", "notice")
    require_state(rows, [State.REVIEWED], "批准")
    require_state({row.plan for row in rows}, [PlanState.PUBLISHED], "批准人选")
    require_right(by, Can.APPROVE, *{row.unit for row in rows})
    separate(by, rows, "nominated_by", "submitted_by", "confirmed_by", "reviewed_by")
    book, years = Rulebook(clock.today()), person_years(rows)
    for row in rows:
        enforce([*rules.person_fits(row.person, row.unit), *notice_findings(row, book)], row=row)
    quotas = _locked_quotas(row.quota_id for row in rows)
    touched = _take_places(rows, years, quotas, book)
    move(rows, state=State.APPROVED, approved_by=by, approved_at=clock.now())
    audit.record(by=by, action="approve", rows=[*rows, *touched, *quotas.values()])
    return rows


def _locked_quotas(pks: Iterable[int]) -> dict[int, UnitQuota]:
    """Quotas under their locks, from the root to the leaves."""
    query = UnitQuota.objects.filter(pk__in=set(pks)).select_related("unit", "class_quota__plan")
    rows = list(query.order_by("unit__path", "pk").select_for_update(no_key=True, of=("self",)))
    audit.remember(rows)
    return {row.pk: row for row in rows}


Years = dict[tuple[int, int], list[PersonYear]]


def person_years(rows: Sequence[Nomination]) -> Years:
    """The locked years of each person by year and person, one for each plan, added where there is none yet.

    They hold what is limited a year; a person has one year, however many plans it has (invariant 4).
    """
    pks = {row.person_id for row in rows}
    people = {person.pk: person for person in locked_all(Person.objects.filter(pk__in=pks))}  # one adds it once
    for row in rows:
        row.person = people[row.person_id]
    known = PersonYear.objects.filter(person__in=pks, plan__year__in={row.plan.year for row in rows})
    held = locked_all(known.select_related("plan"))
    plans = {(row.plan_id, row.person_id): row.plan for row in rows}
    missing = sorted(set(plans) - {(year.plan_id, year.person_id) for year in held})
    held += add([PersonYear(plan=plans[key], person_id=key[1], places_allowed=1) for key in missing])
    years: Years = defaultdict(list)
    for year in held:
        year.person = people[year.person_id]
        years[year.plan.year, year.person_id].append(year)
    return {(row.plan.year, row.person_id): years[row.plan.year, row.person_id] for row in rows}


def _take_places(
    rows: Sequence[Nomination], years: Years, quotas: dict[int, UnitQuota], book: Rulebook
) -> list[PersonYear]:
    """Count one place more for each row at its person and its unit; returns the years that changed.

    Every plan's year of a person carries the same number of places allowed, the fewest of where they go.
    """
    usage = {
        (plan.year, person): facts
        for plan in {row.plan for row in rows}
        for person, facts in usage_of(plan, [row.person_id for row in rows if row.plan_id == plan.pk]).items()
    }
    for row in rows:
        mine, facts = years[row.plan.year, row.person_id], usage[row.plan.year, row.person_id]
        used = sum(year.places_used for year in mine)
        facts.cases_used = (row.wish or "省内", *facts.cases_used)
        allowed, clause = rules.places_allowed(row.unit, facts.cases_used, book)
        if used >= allowed:
            raise Refused(rules.too_often(row.person, row.plan.year, used, allowed, clause), row=row)
        for year in mine:
            year.places_allowed = allowed
            year.places_used += year.plan_id == row.plan_id
        quotas[row.quota_id].used += 1
    for quota in quotas.values():
        if quota.free < 0:
            raise _no_place(quota, sum(row.quota_id == quota.pk for row in rows))
    touched = [year for mine in years.values() for year in mine if audit.differs(year)]
    change(touched, "places_used", "places_allowed")
    change(list(quotas.values()), "used")
    return touched


def _no_place(quota: UnitQuota, asked: int) -> Refused:
    free = quota.free + asked
    message = (
        f"{quota.unit}名额{quota.places}个,剩余{free}个,本次批准{asked}人,超出{asked - free}人。"
        "请调剂名额,或将其余人选留作递补(BZ-4)"
    )
    return Refused(
        Finding("sanatorium.places", Severity.BLOCK, message, str(asked), str(free), "BZ-4"), row=quota
    )


@verb
def reject(*, by: User, rows: list[Nomination], reason: str) -> list[Nomination]:
    """Refuse reviewed nominations for good; `reason` is required."""
    rows = locked(rows, "unit")
    require_state(rows, [State.REVIEWED], "不予批准")
    require_right(by, Can.APPROVE, *{row.unit for row in rows})
    separate(by, rows, "nominated_by", "submitted_by", "confirmed_by", "reviewed_by")
    return end(by, rows, State.REJECTED, "reject", reason)


@verb
def give_up(*, by: User, row: Nomination, reason: str) -> Nomination:
    """Give an approved place back: exactly one, and the seat in the batch with it; `reason` is required."""
    seat = release_seats([row])  # the batch is locked before the nomination
    [row] = locked([row], "unit", "person", "plan")
    if not access.may(by, Can.ARRANGE, row.unit):
        require_right(by, Can.NOMINATE, row.unit)
    require_state([row], [State.APPROVED], "放弃")
    reason = written(reason, "请写明放弃理由", row)
    [years] = person_years([row]).values()
    year = next(one for one in years if one.plan_id == row.plan_id)
    [quota] = _locked_quotas([row.quota_id]).values()
    year.places_used -= 1
    quota.used -= 1
    change([year], "places_used")
    change([quota], "used")
    move([row], state=State.GIVEN_UP, batch=None, closing_reason=reason)
    funding.hold(by=by, batches=seat)
    audit.record(by=by, action="give_up", rows=[row, year, quota, *seat], reason=reason)
    return row


@verb
def replace(*, by: User, leaver: Nomination, substitute: Nomination) -> Nomination:
    """Approve somebody of the reserve list in the place that another gave up; the quota must have it free."""
    rows = locked([leaver, substitute], "plan")
    leaver = next(row for row in rows if row.pk == leaver.pk)
    require_state([leaver], [State.GIVEN_UP], "递补")
    if hasattr(leaver, "replaced_by"):
        raise refuse(f"{leaver}的名额已由{leaver.replaced_by}递补", row=leaver)
    substitute = next(row for row in rows if row.pk == substitute.pk)
    if (substitute.plan_id, substitute.quota_class) != (leaver.plan_id, leaver.quota_class):
        raise refuse(f"{substitute}与{leaver}不属于同一年度的同一类别,不能递补", row=substitute)
    [row] = approve(by=by, rows=[substitute])
    move([row], replaces=leaver)
    audit.record(by=by, action="replace", rows=[row])
    return row


def notice_findings(row: Nomination, book: Rulebook | None = None) -> Iterable[Finding]:
    """What still stands against moving on after the notice (BZ-17), from the row, its notice and the rules.

    A notice that no rule asks for binds all the same once it is up.
    """
    limit = (book or Rulebook(clock.today())).limit("sanatorium.notice_required", row.unit)
    notice = row.notice
    if notice is None or notice.state == NoticeState.CANCELLED:
        if limit is not None and limit.value:
            yield limit.finding(f"{row}尚未公示,须在本单位公示后再办理")
        return
    found = ""
    if clock.today() <= notice.ends_on:
        found = f"{row}公示至{notice.ends_on:%Y年%m月%d日},期满后再办理"
    elif notice.open_objections:
        found = f"{row}所在公示有异议待处理,处理完毕后再办理"
    if found:
        clause = limit.clause if limit is not None else "BZ-17"
        yield Finding("sanatorium.notice_required", Severity.BLOCK, f"{found}({clause})", clause=clause)
