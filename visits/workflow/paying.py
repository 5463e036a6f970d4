"""Visits that were made are paid through a fund (BZ-24), and follow their payment: paid, come back, given up.

Locks: visits → pay list → reservation → accounts. What follows a payment runs inside the verbs of `funds`, in the
same transaction: it brings each visit in line with its payment line, so that doing it again changes nothing.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence

from carecore import audit, clock
from carecore.models import Record, User
from carecore.money import ZERO
from carecore.separation import not_own
from carecore.workflow import add, change, locked, locked_all, move, refuse, require_state, verb
from funds import ledger
from funds.models import Account, Fund, LineState, Payment, PaymentState
from funds.workflow.payments import LineDraft, prepare
from visits.models import CaseState, PayList, Visit, VisitState
from visits.workflow.giving import give, take_back
from visits.workflow.separation import apart_all
from visits.workflow.visits import RELATED


@verb
def prepare_payment(
    *, by: User, rows: Sequence[Visit], subject: str, fund: Fund | None = None, purpose: Account | None = None,
    request_id: uuid.UUID | None = None,
) -> Payment:  # fmt: skip
    """List the money of visits made, one line a payee, hold it and prepare its payment; a campaign's fund by default.

    Raises Refused for visits of several campaigns, without money, to a file that is not recognised (BZ-23), from a
    fund of another unit, or where the fund has not so much.
    """
    if request_id and (made := PayList.objects.filter(request_id=request_id).first()):
        return payments_of(made)[0]
    rows = locked(rows, *RELATED, "approved_by", "campaign__unit", "campaign__fund__unit", "campaign__purpose")
    require_state(rows, [VisitState.DONE], "发放")
    _require_payable(rows)
    campaign = rows[0].campaign
    fund = fund or (campaign and campaign.fund)
    if fund is None:
        raise refuse("请选择支付资金", key="fund", row=rows[0])
    purpose = purpose or (campaign.purpose if campaign and campaign.fund_id == fund.pk else None)
    if purpose is None:
        raise refuse("请选择资金用途", key="purpose", row=rows[0])
    for row in rows:
        if not fund.unit.contains(row.unit):
            raise refuse(f"{fund}属于{fund.unit},不能用于{row.unit}的走访", key="fund", row=row)
        not_own(by, row, [row.receiver_id])
    apart_all(by, rows, {"批准": "approved_by_id"})
    subject = (subject.strip() or str(campaign or rows[0]))[:100]
    total = sum((row.money for row in rows), ZERO)
    unit = campaign.unit if campaign else fund.unit
    [document] = add([
        PayList(unit=unit, campaign=campaign, subject=subject, total=total, made_by=by, request_id=request_id)
    ])  # fmt: skip
    held = ledger.reserve(by=by, fund=fund, amount=total, document=document, purpose=purpose)
    approvers = {row.approved_by_id: row.approved_by for row in rows}
    lines = _lines(rows)
    payment = prepare(
        by=by, fund=fund, purpose=purpose, subject=subject, document=document, lines=[draft for draft, _ in lines],
        reservation=held, approved_by=next(iter(approvers.values())) if len(approvers) == 1 else None,
    )  # fmt: skip
    stored = payment.lines.order_by("number")
    for line, (_, visits) in zip(stored, lines, strict=True):
        for row in visits:
            row.line, row.state = line, VisitState.PAYING
    change(rows, "line", "state")
    audit.record(by=by, action="prepare_payment", rows=[document, *rows])
    return payment


def payments_of(document: PayList) -> list[Payment]:
    """The payments of a pay list, the standing one first."""
    rows = Payment.objects.filter(document_kind=PayList._meta.label_lower, document_id=document.pk)
    return sorted(rows.order_by("pk"), key=lambda row: row.state == PaymentState.CANCELLED)


def _require_payable(rows: Sequence[Visit]) -> None:
    if len({row.campaign_id for row in rows}) > 1:
        raise refuse("不同走访活动的请分别发放", key="campaign", row=rows[0])
    for row in rows:
        if not row.money:
            raise refuse(f"{row}没有慰问金,不需发放", key="money", row=row)
        if row.case is not None and row.case.state != CaseState.RECOGNISED:
            message = f"{row.name}的困难档案现为“{row.case.state}”,认定后才能发放(BZ-23)"
            raise refuse(message, key="case", row=row)


def _lines(rows: Sequence[Visit]) -> list[tuple[LineDraft, list[Visit]]]:
    """One line a payee with the visits it pays for: known people by themselves, others by what they are called."""
    together: dict[object, list[Visit]] = defaultdict(list)
    for row in rows:
        person = _payee(row)
        together[person or (row.case_id, row.visited_unit_id, row.name)].append(row)
    lines = []
    for visits in together.values():
        first, amount = visits[0], sum((row.money for row in visits), ZERO)
        note = "、".join(dict.fromkeys(row.category or row.occasion for row in visits))[:100]
        person = first.receiver if _payee(first) else None
        lines.append((LineDraft(first.name, amount, person, note=note), visits))
    return lines


def _payee(row: Visit) -> int | None:
    """The person who is paid, where the visit is to somebody on record rather than to a relative of theirs."""
    return row.receiver_id if row.receiver is not None and row.receiver.name == row.name else None


# What follows a payment ------------------------------------------------------------------------------------


def follow_payment(*, by: User, payment: Payment) -> list[Record]:
    """Bring the visits of a payment in line with its lines; returns what changed, for the verb that moved it.

    A paid line gives each visit its benefit, one that came back takes it away, one that was given up or is void
    leaves the visit to be paid anew, and what was held for a void payment is free. Raises Forbidden where who pays
    planned or approved one of the visits (invariant 5).
    """
    rows = locked_all(Visit.objects.filter(line__payment=payment).select_related(*RELATED, "line"))
    paid = [row for row in rows if row.line.state == LineState.PAID and row.state == VisitState.PAYING]
    back = [row for row in rows if row.line.state != LineState.PAID and row.state == VisitState.PAID]
    apart_all(by, paid, {"安排": "planned_by_id", "批准": "approved_by_id"})
    benefits = [*_give_by_day(paid), *take_back(back, clock.today())]
    move(paid, state=VisitState.PAID)
    move(back, state=VisitState.PAYING)
    dropped = [row for row in rows if row.line.state == LineState.DROPPED]
    move(dropped, state=VisitState.DONE, line=None)
    if payment.state == PaymentState.CANCELLED:
        [document] = PayList.objects.filter(pk=payment.document_id)
        ledger.release(by=by, reservations=ledger.held_for(document))
    changed = {row.pk: row for row in (*paid, *back, *dropped)}
    return [*changed.values(), *benefits]


def _give_by_day(rows: Sequence[Visit]) -> list[Record]:
    days: dict[object, list[Visit]] = defaultdict(list)
    for row in rows:
        days[row.line.paid_on].append(row)
    return [benefit for day, visits in days.items() for benefit in give(visits, day)]
