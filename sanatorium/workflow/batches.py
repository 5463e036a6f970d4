"""A batch until it sets out (BZ-7, BZ-8, BZ-16): opened, planned, filled with people, approved, cancelled.

Locks: plan → batch → venue → nomination → person → reservation → accounts. A seat is counted on the batch under
its lock, and so is what is held for it in its fund.
"""

from __future__ import annotations

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal

from carecore import audit, clock
from carecore.access import Can
from carecore.models import Person, Severity, User
from carecore.policy import Finding, Rulebook
from carecore.reasons import fitting, written
from carecore.workflow import (
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
)  # fmt: skip
from sanatorium.models import Batch, BatchState, Nomination, Plan, PlanState, ProgrammeItem, State, Venue
from sanatorium.queries import usage_of
from sanatorium.rules import stays
from sanatorium.rules.frozen import wrong
from sanatorium.rules.ranking import BY_DEFAULT, Ranked, candidate, ranked
from sanatorium.rules.seats import check_seat
from sanatorium.rules.stays import Item
from sanatorium.workflow import funding
from sanatorium.workflow.separation import not_by, not_own_case

SEATING = [BatchState.ARRANGING, BatchState.APPROVED]
TERMS = ("number", "venue", "starts_on", "ends_on", "capacity", "leader")
DERIVED = (
    "days", "place_case", "province_case", "days_min", "days_max", "cost_cap", "self_pay", "limits",
    "findings", "reason", "reason_by",
)  # fmt: skip


@verb
def open_batch(
    *, by: User, plan: Plan, number: int, venue: Venue, starts_on: datetime.date, ends_on: datetime.date,
    capacity: int, leader: str = "", reason: str = "", programme: Sequence[Item] = (),
    request_id: uuid.UUID | None = None,
) -> Batch:  # fmt: skip
    """Open a batch of a published plan and freeze today's limits on it; both days inclusive (BZ-7, BZ-8).

    Raises Refused on what a rule blocks, and on its warnings where `reason` is empty.
    """
    if request_id and (made := Batch.objects.filter(request_id=request_id).first()):
        return made
    [plan] = locked_all(Plan.objects.filter(pk=plan.pk).select_related("unit"))
    require_state([plan], [PlanState.PUBLISHED], "编排批次")
    require_right(by, Can.ARRANGE, plan.unit)
    [venue] = locked_all(Venue.objects.filter(pk=venue.pk))
    batch = Batch(
        plan=plan, number=number, venue=venue, starts_on=starts_on, ends_on=ends_on, capacity=capacity,
        leader=leader, opened_by=by, opened_on=clock.today(), request_id=request_id,
    )  # fmt: skip
    _judge(by, batch, programme, reason)
    add([batch])
    items = add([ProgrammeItem(batch=batch, **asdict(item)) for item in programme])
    audit.record(by=by, action="open_batch", rows=[batch, *items], reason=batch.reason)
    return batch


def _judge(by: User, batch: Batch, programme: Sequence[Item], reason: str) -> None:
    """Freeze the limits of its opening day and check all of it; what needs a reason is kept with the reason."""
    limits = stays.freeze(batch, Rulebook(batch.opened_on))
    findings = stays.check_stay(batch, limits)
    if Batch.objects.filter(plan=batch.plan, number=batch.number).exclude(pk=batch.pk).exists():
        findings.append(wrong("number", f"{batch.plan.year}年第{batch.number}期已存在,请换一个期次"))
    if batch.days > 0:
        findings += stays.check_programme(batch, programme, limits)
    reason = fitting(reason, batch)
    enforce(findings, reason=reason, row=batch)
    warned = any(finding.severity == Severity.WARN for finding in findings)
    batch.findings = [finding.as_dict() for finding in findings]
    batch.reason, batch.reason_by = reason, by if warned else None


@verb
def amend_batch(*, by: User, batch: Batch, reason: str = "", **terms: object) -> Batch:
    """Change number, venue, days, capacity or leader while the batch is being arranged; all is checked again.

    People who have a seat are checked again too: a moved batch may overlap another one of theirs.
    """
    if unknown := set(terms) - set(TERMS):
        raise TypeError(f"{unknown} cannot be amended")
    [batch] = locked([batch], "plan__unit")
    require_state([batch], [BatchState.ARRANGING], "修改")
    require_right(by, Can.ARRANGE, batch.plan.unit)
    for name, value in terms.items():
        setattr(batch, name, value)
    [batch.venue] = locked_all(Venue.objects.filter(pk=batch.venue_id))
    _judge(by, batch, programme_of(batch), reason)
    seated = list(batch.nominations.select_related("unit", "person"))
    enforce(_flat(check_seats(batch, seated)), reason=reason, row=batch)
    change([batch], *TERMS, *DERIVED)
    audit.record(by=by, action="amend_batch", rows=[batch], reason=batch.reason)
    return batch


def programme_of(batch: Batch) -> list[Item]:
    """The programme as it stands, in order of day and half."""
    rows = ProgrammeItem.objects.filter(batch=batch, dropped=False).order_by("day", "pk")
    return [Item(row.day, row.half, row.kind, row.content, row.place) for row in rows]


@verb
def plan_programme(*, by: User, batch: Batch, items: Sequence[Item], reason: str = "") -> Batch:
    """Set the programme, half-day by half-day; what is left out is dropped (BZ-6).

    Raises Refused where it exceeds the batch's days or the share of sightseeing, and without a reason where
    care is not most of it.
    """
    [batch] = locked([batch], "plan__unit", "venue")
    require_state([batch], [BatchState.ARRANGING], "调整活动安排")
    require_right(by, Can.ARRANGE, batch.plan.unit)
    _judge(by, batch, items, reason or batch.reason)
    kept = {(row.day, row.half): row for row in locked_all(ProgrammeItem.objects.filter(batch=batch))}
    wanted = {(item.day, item.half): item for item in items}
    changed = [row for slot, row in kept.items() if _redraw(row, wanted.get(slot))]
    change(changed, "kind", "content", "place", "dropped")
    added = [item for slot, item in wanted.items() if slot not in kept]
    new = add([ProgrammeItem(batch=batch, **asdict(item)) for item in added])
    change([batch], *DERIVED)
    audit.record(by=by, action="plan_programme", rows=[batch, *changed, *new], reason=batch.reason)
    return batch


def _redraw(row: ProgrammeItem, item: Item | None) -> bool:
    """Make a stored half-day what the new programme says, and say whether that changed it."""
    if item is None:
        changed, row.dropped = not row.dropped, True
        return changed
    same = not row.dropped and (row.kind, row.content, row.place) == (item.kind, item.content, item.place)
    row.kind, row.content, row.place, row.dropped = item.kind, item.content, item.place, False
    return not same


def propose(batch: Batch) -> list[Ranked]:
    """Approved people without a batch in the order of rule `sanatorium.ranking`, each with reasons (BZ-2)."""
    book, plan = Rulebook(clock.today()), batch.plan
    rows = list(Nomination.objects.unseated().filter(plan=plan).select_related("person", "unit"))
    usage = usage_of(plan, [row.person_id for row in rows])
    grounds = book.value("sanatorium.grounds", plan.unit) or []
    facts = [candidate(row, grounds, usage[row.person_id].years_taken, batch.starts_on) for row in rows]
    return ranked(facts, book.value("sanatorium.ranking", plan.unit) or BY_DEFAULT)


def check_seats(batch: Batch, rows: Sequence[Nomination]) -> dict[int, list[Finding]]:
    """What stands against a seat for each of these nominations, by its primary key."""
    people = {row.person_id for row in rows}
    seats = Nomination.objects.filter(person__in=people, batch__isnull=False).exclude(batch=batch.pk)
    taken: dict[int, list[Batch]] = defaultdict(list)
    for seat in seats.select_related("batch__plan"):
        taken[seat.person_id].append(seat.batch)
    usage, book = usage_of(batch.plan, people), Rulebook(clock.today())
    return {
        row.pk: list(check_seat(batch, row, taken[row.person_id], usage[row.person_id], book)) for row in rows
    }


def _flat(found: dict[int, list[Finding]]) -> list[Finding]:
    return [finding for findings in found.values() for finding in findings]


@verb
def assign(*, by: User, batch: Batch, rows: list[Nomination], reason: str = "") -> list[Nomination]:
    """Give approved people a seat (BZ-7): each at most one stay at a time, never more than the capacity.

    The batch's version is not compared: two clerks may fill it side by side, the lock counts the seats.
    """
    [batch] = locked_all(Batch.objects.filter(pk=batch.pk).select_related("plan__unit", "fund"))
    require_state([batch], SEATING, "编入人员")
    require_right(by, Can.ARRANGE, batch.plan.unit)
    rows = locked(rows, "unit", "person")
    require_state(rows, [State.APPROVED], "编入批次")
    not_own_case(by, rows)
    for row in rows:
        if row.batch_id is not None or row.plan_id != batch.plan_id:
            raise refuse(f"{row}已编入其他批次或不属于{batch.plan},请刷新后重选", row=row)
    if len(rows) > batch.free_seats:
        raise refuse(
            f"{batch}人数上限{batch.capacity}人,已安排{batch.seats}人,剩余{batch.free_seats}个,"
            f"本次编入{len(rows)}人,超出{len(rows) - batch.free_seats}人", key="seats", row=batch,
        )  # fmt: skip
    locked_all(Person.objects.filter(pk__in={row.person_id for row in rows}))  # no two seats at once
    against = _flat(check_seats(batch, rows))
    batch.seats += len(rows)
    enforce([*against, *funding.shortfall(batch)], reason=reason, row=batch)
    change([batch], "seats")
    move(rows, batch=batch)
    funding.hold(by=by, batches=[batch])
    audit.record(by=by, action="assign", rows=[batch, *rows], reason=fitting(reason, batch))
    return rows


def release_seats(rows: Sequence[Nomination]) -> list[Batch]:
    """Lock the batches that these nominations sit in and free their seats; returns them changed, unrecorded.

    For use inside a verb, before it locks the nominations: batch comes before nomination. The verb then takes
    the rows out (`batch=None` in its own UPDATE), lets `funding.hold` give back what those seats held, and
    records the batches together with the rows.
    Raises Refused once a batch has set out: then only attendance can say that somebody did not come.
    """
    leaving = Counter(row.batch_id for row in rows if row.batch_id is not None)
    batches = locked_all(Batch.objects.filter(pk__in=leaving).select_related("plan__unit", "fund"))
    require_state(batches, SEATING, "退出人员")
    for batch in batches:
        batch.seats -= leaving[batch.pk]
    change(batches, "seats")
    return batches


@verb
def unassign(*, by: User, rows: list[Nomination], reason: str = "") -> list[Nomination]:
    """Take people out of their batch before it sets out; they keep their place and may join another batch."""
    batches = release_seats(rows)
    rows = locked(rows, "unit", "person")
    require_state(rows, [State.APPROVED], "退出批次")
    require_right(by, Can.ARRANGE, *{batch.plan.unit for batch in batches})
    not_own_case(by, rows)
    if any(row.batch_id is None for row in rows):
        raise refuse("所选人员有的尚未编入批次,请刷新后重选", row=rows[0])
    if not reason.strip() and any(batch.state == BatchState.APPROVED for batch in batches):
        raise refuse("批次已批准,调出人员请写明理由", key="reason", row=rows[0])
    move(rows, batch=None)
    funding.hold(by=by, batches=batches)
    audit.record(by=by, action="unassign", rows=[*batches, *rows], reason=fitting(reason, rows[0]))
    return rows


@verb
def approve_batch(*, by: User, batch: Batch, estimate: Decimal | None = None, reason: str = "") -> Batch:
    """The union lead approves a batch and its people; not whoever opened it or goes along (BZ-15).

    Where a rule names the fund that pays, what the seats may cost is held in it from now on: for each the cap or,
    where nothing caps, `estimate` yuan; refused where there is no such fund or not so much in it (BZ-13).
    """
    [batch] = locked([batch], "plan__unit")
    require_state([batch], [BatchState.ARRANGING], "批准")
    require_right(by, Can.APPROVE, batch.plan.unit)
    not_by(by, [batch.opened_by_id], f"{batch}由您编排,请由他人批准")
    if batch.seats == 0:
        raise refuse(f"{batch}尚未编入人员,不能批准", key="seats", row=batch)
    not_own_case(by, batch.nominations.all())
    [venue] = locked_all(Venue.objects.filter(pk=batch.venue_id))
    against = [*stays.check_venue(venue, {}), *stays.check_group(batch), *funding.choose(batch, estimate)]
    enforce(against, reason=reason, row=batch)
    move([batch], state=BatchState.APPROVED, approved_by=by, fund=batch.fund, estimate=batch.estimate)
    funding.hold(by=by, batches=[batch])
    audit.record(by=by, action="approve_batch", rows=[batch], reason=fitting(reason, batch))
    return batch


@verb
def amend_estimate(*, by: User, batch: Batch, estimate: Decimal, reason: str) -> Batch:
    """State anew what each seat of an approved batch without a cap may cost, in yuan; as much is held for it."""
    [batch] = locked([batch], "plan__unit", "fund")
    require_state([batch], [BatchState.APPROVED, BatchState.ATTENDED], "调整每人预计费用")
    require_right(by, Can.APPROVE, batch.plan.unit)
    not_by(by, [batch.opened_by_id], f"{batch}由您编排,请由他人调整")
    not_own_case(by, batch.nominations.all())
    if batch.fund is None or batch.cost_cap is not None:
        raise refuse(f"{batch}不按每人预计费用预留资金,不需要调整", key="estimate", row=batch)
    reason = written(reason, "请写明调整每人预计费用的理由", batch)
    batch.estimate = estimate
    enforce(funding.shortfall(batch), row=batch)
    change([batch], "estimate")
    funding.hold(by=by, batches=[batch])
    audit.record(by=by, action="amend_estimate", rows=[batch], reason=reason)
    return batch


@verb
def cancel_batch(*, by: User, batch: Batch, reason: str) -> Batch:
    """Cancel a batch that has not set out; its people keep their places. An approved one: the union lead."""
    [batch] = locked([batch], "plan__unit")
    require_state([batch], SEATING, "取消")
    arranging = batch.state == BatchState.ARRANGING
    require_right(by, Can.ARRANGE if arranging else Can.APPROVE, batch.plan.unit)
    reason = written(reason, "请写明取消批次的理由", batch)
    rows = locked_all(Nomination.objects.filter(batch=batch))
    if rows:
        move(rows, batch=None)
    move([batch], state=BatchState.CANCELLED, seats=0)
    funding.let_go(by=by, batch=batch)
    audit.record(by=by, action="cancel_batch", rows=[batch, *rows], reason=reason)
    return batch
