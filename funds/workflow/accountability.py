"""Who answered for what went wrong with money (责任追究, BZ-27): registered, then ended with its outcome."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal

from carecore import audit, clock
from carecore.access import Can
from carecore.models import Unit, User
from carecore.policy import Rulebook
from carecore.workflow import Refused, add, locked, move, refuse, require_right, require_state, verb
from funds.models import Accountability, AccountabilityState, Fund


def kinds(unit: Unit) -> list[str]:
    """The kinds of misuse that the rules in force name."""
    return [entry["label"] for entry in Rulebook(clock.today()).value("funds.misuse_kinds", unit) or []]


@verb
def open_accountability(
    *, by: User, unit: Unit, kind: str, finding: str, found_on: datetime.date, responsible: str,
    fund: Fund | None = None, amount: Decimal | None = None, request_id: uuid.UUID | None = None,
) -> Accountability:  # fmt: skip
    """Register what was found and who answers for it; its kind is one that the rules in force name."""
    if request_id and (made := Accountability.objects.filter(request_id=request_id).first()):
        return made
    require_right(by, Can.MANAGE_FUNDS, unit)
    limit = Rulebook(clock.today()).limit("funds.misuse_kinds", unit)
    if limit is not None and kind not in {entry["label"] for entry in limit.value}:
        raise Refused(limit.finding(f"问题类别不能是“{kind}”", asked=kind), row=fund)
    if found_on > clock.today():
        raise refuse("发现日期不能晚于今天", key="found_on")
    row = Accountability(
        unit=unit, fund=fund, kind=kind, finding=finding, amount=amount, found_on=found_on, responsible=responsible,
        recorded_by=by, request_id=request_id,
    )  # fmt: skip
    add([row])
    audit.record(by=by, action="open_accountability", rows=[row])
    return row


@verb
def end_accountability(
    *, by: User, row: Accountability, measure: str, outcome: str, ended_on: datetime.date
) -> Accountability:
    """Say what was done and how it ended; the record then stays as it is."""
    [row] = locked([row], "unit")
    require_state([row], [AccountabilityState.OPEN], "办结")
    require_right(by, Can.MANAGE_FUNDS, row.unit)
    if not row.found_on <= ended_on <= clock.today():
        raise refuse("办结日期应在发现日期与今天之间", key="ended_on", row=row)
    move([row], measure=measure, outcome=outcome, ended_on=ended_on, state=AccountabilityState.ENDED)
    audit.record(by=by, action="end_accountability", rows=[row])
    return row
