"""A batch after it set out (BZ-9, BZ-11, BZ-12, BZ-14): who came, what it cost, closed, reopened.

Locks: batch → nomination → person-year → reservation → accounts → book. Closing pays the batch out of its fund and
writes what each person was given into the one ledger of benefits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from carecore import audit, clock
from carecore.access import Can
from carecore.models import Benefit, Severity, User
from carecore.money import ZERO
from carecore.policy import PROVINCE, Finding
from carecore.reasons import fitting, written
from carecore.workflow import (
    Stale,
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
from sanatorium.models import COST_KINDS, HOLDING, Batch, BatchState, Cost, Nomination, PersonYear, State
from sanatorium.queries import CHANNEL
from sanatorium.rules.money import CostLine, Spent, check_costs, year_caps
from sanatorium.workflow import funding
from sanatorium.workflow.separation import not_by, not_own_case

NAMED = 5  # so many names a message lists before it only counts


@verb
def record_attendance(
    *, by: User, batch: Batch, absent: Sequence[Nomination], reason: str = ""
) -> list[Nomination]:
    """Say who came once the batch has set out; everybody not in `absent` did. Can be said again until it is closed.

    A no-show keeps the place and does not count for look-back. Raises Refused before the first day, for
    somebody who has no seat, and for an absent person who has costs.
    """
    [batch] = locked([batch], "plan__unit")
    require_state([batch], [BatchState.APPROVED, BatchState.ATTENDED], "登记参加情况")
    require_right(by, Can.SETTLE, batch.plan.unit)
    if clock.today() < batch.starts_on:
        raise refuse(f"{batch}{batch.starts_on}才开始,开始后再登记参加情况", key="starts_on", row=batch)
    rows = locked_all(Nomination.objects.filter(batch=batch, state__in=HOLDING).select_related("person"))
    not_own_case(by, rows)
    gone = {row.pk for row in absent}
    _require_seated(batch, rows, gone)
    changed = [row for row in rows if row.state != _attendance(row, gone)]
    for row in changed:
        row.state = _attendance(row, gone)
    change(changed, "state")
    if batch.state == BatchState.APPROVED:
        move([batch], state=BatchState.ATTENDED)
        changed = [batch, *changed]
    audit.record(by=by, action="record_attendance", rows=changed, reason=fitting(reason, batch))
    return rows


def _attendance(row: Nomination, gone: set[int]) -> State:
    return State.ABSENT if row.pk in gone else State.ATTENDED


def _require_seated(batch: Batch, rows: Sequence[Nomination], gone: set[int]) -> None:
    if gone - {row.pk for row in rows}:
        raise refuse(f"所选人员有的不在{batch}名单中,请刷新后重新登记", key="absent", row=batch)
    costed = Cost.objects.filter(nomination__in=gone).select_related("nomination")
    if names := _names(cost.nomination for cost in costed if cost.total):
        raise refuse(f"{names}已登记费用,不能登记为未参加,请先将其费用改为0", key="absent", row=batch)


def _names(rows: Iterable[Nomination]) -> str:
    names = [row.name for row in rows]
    more = f"等{len(names)}人" if len(names) > NAMED else ""
    return "、".join(names[:NAMED]) + more


def cost_findings(batch: Batch, lines: Sequence[CostLine]) -> list[list[Finding]]:
    """What settling these lines would find, line by line; a preview asks without locks."""
    people = {line.nomination.person_id for line in lines}
    years = PersonYear.objects.filter(person__in=people, plan__year=batch.plan.year)
    return check_costs(batch, lines, _spent(batch, lines, list(years), _costs(lines)))


def _costs(lines: Sequence[CostLine]) -> dict[int, Cost]:
    """What is recorded for these nominations already, by nomination."""
    rows = Cost.objects.filter(nomination__in={line.nomination.pk for line in lines})
    return {row.nomination_id: row for row in rows.select_related("nomination")}


def _spent(
    batch: Batch, lines: Sequence[CostLine], years: Sequence[PersonYear], costs: dict[int, Cost]
) -> dict[int, Spent]:
    """What each person's year holds, over all plans of that year, without what these lines replace."""
    inside: dict[int, Decimal] = {}
    whole: dict[int, Decimal] = {}
    for year in years:
        inside[year.person_id] = inside.get(year.person_id, ZERO) + year.spent_in_province
        whole[year.person_id] = whole.get(year.person_id, ZERO) + year.spent
    for cost in costs.values():
        person = cost.nomination.person_id
        if person in whole:
            whole[person] -= cost.borne
            inside[person] -= cost.borne if _inside(batch) else ZERO
    return {person: Spent(inside[person], whole[person] - inside[person]) for person in whole}


def _inside(batch: Batch) -> bool:
    return batch.province_case == PROVINCE[0]


@verb
def settle(*, by: User, batch: Batch, lines: Sequence[CostLine], reason: str = "") -> list[Cost]:
    """Record what each stay cost, all lines or none (BZ-11, BZ-12); a line that is already so changes nothing.

    Raises Refused with the findings of every line that passes a cap, does not add up, names cash or belongs
    to somebody who did not come; Stale where a cost was changed since its page was shown.
    """
    [batch] = locked([batch], "plan__unit")
    require_state([batch], [BatchState.ATTENDED], "结算")
    require_right(by, Can.SETTLE, batch.plan.unit)
    if not lines:
        raise refuse("没有填写任何人员的费用", key="empty", row=batch)
    lines = _fresh(lines)
    people = {line.nomination.person_id for line in lines}
    years = locked_all(PersonYear.objects.filter(person__in=people, plan__year=batch.plan.year))
    costs = _costs(lines)
    audit.remember(list(costs.values()))
    _require_current(lines, costs)
    found = check_costs(batch, lines, _spent(batch, lines, years, costs))
    enforce([finding for findings in found for finding in findings], reason=reason, row=batch)
    lines = [line for line in lines if not line.same_as(costs.get(line.nomination.pk))]
    not_own_case(by, [line.nomination for line in lines])
    touched = _charge(batch, lines, years, costs)
    new, changed = _write(by, batch, lines, costs)
    audit.record(by=by, action="settle", rows=[*new, *changed, *touched], reason=fitting(reason, batch))
    return [*costs.values(), *new]


def _fresh(lines: Sequence[CostLine]) -> list[CostLine]:
    """The lines with their nominations as they are now, under lock."""
    rows = locked_all(Nomination.objects.filter(pk__in={line.nomination.pk for line in lines}))
    by_pk = {row.pk: row for row in rows}
    if any(line.nomination.pk not in by_pk for line in lines):
        raise refuse("所选人员有的已不存在,请刷新后重新结算", key="nomination")
    return [replace(line, nomination=by_pk[line.nomination.pk]) for line in lines]


def _require_current(lines: Sequence[CostLine], costs: dict[int, Cost]) -> None:
    for line in lines:
        cost = costs.get(line.nomination.pk)
        if line.version is not None and line.version != (cost.version if cost else 0):
            message = f"{line.nomination}的费用已被他人更新,请刷新后重新填写"
            raise Stale(Finding("stale", Severity.BLOCK, message), row=cost)


def _charge(
    batch: Batch, lines: Sequence[CostLine], years: Sequence[PersonYear], costs: dict[int, Cost]
) -> list[PersonYear]:
    """Move what each person's year has spent by the difference that these lines make, under the batch's caps."""
    mine = {year.person_id: year for year in years if year.plan_id == batch.plan_id}
    cap, cap_in_province = year_caps(batch)
    touched = []
    for line in lines:
        year = mine.get(line.nomination.person_id)
        if year is None:
            raise refuse(
                f"{line.nomination}没有{batch.plan.year}年度的名额记录,请核对名额",
                key="nomination",
                row=batch,
            )
        cost = costs.get(line.nomination.pk)
        difference = line.borne - (cost.borne if cost else ZERO)
        year.spent += difference
        year.spent_in_province += difference if _inside(batch) else ZERO
        year.cap, year.cap_in_province = cap, cap_in_province
        touched.append(year)
    change(touched, "spent", "spent_in_province", "cap", "cap_in_province")
    return touched


def _write(
    by: User, batch: Batch, lines: Sequence[CostLine], costs: dict[int, Cost]
) -> tuple[list[Cost], list[Cost]]:
    """Insert the costs that are new and update the others; returns both."""
    new, changed = [], []
    for line in lines:
        cost = costs.get(line.nomination.pk) or Cost(nomination=line.nomination)
        for name in (*COST_KINDS, "self_paid", "note"):
            setattr(cost, name, getattr(line, name))
        cost.cap, cost.recorded_by = batch.cost_cap, by
        (changed if cost.pk else new).append(cost)
    change(changed, *COST_KINDS, "self_paid", "note", "cap", "recorded_by")
    return add(new), changed


@verb
def close_batch(*, by: User, batch: Batch) -> Batch:
    """Close a settled batch: its totals, one benefit for each who came, one voucher of its fund (BZ-11 to BZ-13).

    By a lead of the union or of the funds, not by whoever approved it, settled it or went along; everybody who came
    must have a cost. `funding.pay` says what the fund pays.
    """
    [batch] = locked([batch], "plan__unit", "venue", "fund")
    require_state([batch], [BatchState.ATTENDED], "结清")
    require_right(by, Can.CLOSE, batch.plan.unit)
    rows = locked_all(Nomination.objects.filter(batch=batch, state=State.ATTENDED).select_related("unit"))
    not_own_case(by, rows)
    costs = {cost.nomination_id: cost for cost in Cost.objects.filter(nomination__batch=batch)}
    if missing := [row for row in rows if row.pk not in costs]:
        raise refuse(f"{_names(missing)}尚未登记费用,全部登记后再结清", key="costs", row=batch)
    not_by(by, [batch.approved_by_id], f"{batch}由您批准,请由他人结清")
    not_by(by, {cost.recorded_by_id for cost in costs.values()}, f"{batch}由您结算,请由他人结清")
    _require_no_benefit(batch, rows)
    voucher = funding.pay(by=by, batch=batch, costs=list(costs.values()))
    move(
        [batch], state=BatchState.CLOSED, closed_by=by, closed_on=clock.today(), voucher=voucher,
        total_cost=sum((cost.total for cost in costs.values()), ZERO),
        total_self_paid=sum((cost.self_paid for cost in costs.values()), ZERO),
    )  # fmt: skip
    benefits = add([_benefit(batch, row, costs[row.pk]) for row in rows])
    audit.record(by=by, action="close_batch", rows=[batch, *benefits])
    return batch


def _require_no_benefit(batch: Batch, rows: Sequence[Nomination]) -> None:
    """An imported history may hold this very stay already: then one of the two is wrong."""
    people = [row.person_id for row in rows]
    known = Benefit.objects.of_channel(CHANNEL).filter(person__in=people, given_on=batch.starts_on)
    taken = set(known.values_list("person", flat=True))
    if names := _names(row for row in rows if row.person_id in taken):
        raise refuse(
            f"{names}在{batch.starts_on}已有疗休养记录,请先核对历年参加记录", key="benefit", row=batch
        )


def _benefit(batch: Batch, row: Nomination, cost: Cost) -> Benefit:
    return Benefit(
        person_id=row.person_id, unit=row.unit, channel=CHANNEL, occasion=f"{batch.venue}"[:60],
        case=batch.province_case, period=str(batch.plan.year), amount=cost.borne, document_kind=batch._meta.label_lower,
        document_id=batch.pk, given_on=batch.starts_on,
    )  # fmt: skip


@verb
def reopen_batch(*, by: User, batch: Batch, reason: str) -> Batch:
    """Open a closed batch again to correct its costs; `reason` is required.

    Its benefits and its voucher are reversed, not deleted, and what was paid is held for the batch again.
    """
    [batch] = locked([batch], "plan__unit", "fund", "voucher__fund")
    require_state([batch], [BatchState.CLOSED], "重开")
    require_right(by, Can.CLOSE, batch.plan.unit)
    reason = written(reason, "请写明重开批次的理由", batch)
    given = Benefit.objects.standing().filter(document_kind=batch._meta.label_lower, document_id=batch.pk)
    benefits = locked_all(given)
    move(benefits, reversed_on=clock.today())
    funding.take_back(by=by, batch=batch, reason=reason)
    move(
        [batch], state=BatchState.ATTENDED, closed_by=None, closed_on=None, total_cost=None, total_self_paid=None,
        voucher=None,
    )  # fmt: skip
    audit.record(by=by, action="reopen_batch", rows=[batch, *benefits], reason=reason)
    return batch
