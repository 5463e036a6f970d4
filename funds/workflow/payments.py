"""Paying (支付): a list of payees is prepared, sent to the bank or paid by hand, repaired, signed for (LYG-10).

What arrives in one call is one voucher of the payment, drawn from what was reserved for its document; a line that
comes back is a refund, and its money is held again. Only a waiting or sent line can be paid, under its lock, so that
nothing is paid twice. Locks: application → payment → its lines → reservation → accounts → book. Amounts are yuan.
"""

from __future__ import annotations

import datetime
import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from carecore import audit, clock
from carecore.access import Can
from carecore.models import Person, Record, User
from carecore.money import ZERO, yuan
from carecore.reasons import written
from carecore.separation import not_own
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
)
from funds import ledger
from funds.models import (
    Account,
    AccountKind,
    Application,
    ApplicationState,
    Fund,
    LineState,
    Payment,
    PaymentLine,
    PaymentState,
    Reservation,
    VoucherKind,
)
from funds.rules.standards import Share
from funds.workflow.payouts import (
    arrive,
    benefits_of,
    follow,
    lines_of,
    locked_payment,
    locked_with,
    names_of,
    post,
    require_payer,
    require_preparer,
    settle,
)
from funds.workflow.usage import payable

ACCOUNT = re.compile(r"[0-9][0-9-]{4,30}[0-9]")
OPEN = (PaymentState.PREPARED, PaymentState.PARTLY)


@dataclass(frozen=True)
class LineDraft:
    """One payee to be listed; `person` where it is somebody on record, an account where it goes through the bank."""

    payee: str
    amount: Decimal
    person: Person | None = None
    bank: str = ""
    account: str = ""
    note: str = ""


@dataclass(frozen=True)
class LineChange:
    """What a line is to say instead; an empty account keeps the one it has."""

    line: PaymentLine
    payee: str
    amount: Decimal
    bank: str = ""
    account: str = ""
    note: str = ""


@dataclass(frozen=True)
class Result:
    """What the bank says of a line: arrived, or not and why."""

    line: PaymentLine
    ok: bool
    reason: str = ""


# Preparing -------------------------------------------------------------------------------------------------


@verb
def prepare(
    *, by: User, fund: Fund, purpose: Account, subject: str, document: Record, lines: Sequence[LineDraft],
    reservation: Reservation, approved_by: User | None, request_id: uuid.UUID | None = None,
) -> Payment:  # fmt: skip
    """List the payees of any document whose money is reserved; their total is what the reservation holds.

    Raises Refused where the total differs, a line names nobody or nothing, somebody stands on it twice, or the
    document has a payment already; Forbidden for one's own line.
    """
    require_preparer(by, fund.unit)
    if request_id and (made := Payment.objects.filter(request_id=request_id).first()):
        return made
    [held] = locked([reservation])
    facts = {"document_kind": document._meta.label_lower, "document_id": document.pk}
    if Payment.objects.filter(**facts).exclude(state=PaymentState.CANCELLED).exists():
        raise refuse(f"{document}已有支付单,不能重复编制", key="document", row=document)
    if held.fund_id != fund.pk or (held.document_kind, held.document_id) != tuple(facts.values()):
        raise refuse(f"预留的资金不是为{document}预留的,请核对", key="reservation", row=document)
    if purpose.fund_id != fund.pk or purpose.kind != AccountKind.PURPOSE:
        raise refuse(f"“{purpose}”不是{fund}的用途,请重新选择", key="purpose", row=document)
    _require_lines(lines, document)
    not_own(by, document, (line.person and line.person.pk for line in lines))
    _require_total(sum((line.amount for line in lines), ZERO), held.left, document)
    [payment] = add([Payment(
        fund=fund, purpose=purpose, reservation=held, subject=subject[:200], total=held.left, prepared_by=by,
        prepared_on=clock.today(), approved_by=approved_by, request_id=request_id, **facts,
    )])  # fmt: skip
    rows = add([
        PaymentLine(
            payment=payment, number=number, person=line.person, payee=line.payee.strip(), bank=line.bank.strip(),
            account=_account(line.account, line.payee), amount=line.amount, note=line.note.strip(),
        )
        for number, line in enumerate(lines, start=1)
    ])  # fmt: skip
    audit.record(by=by, action="prepare", rows=[payment, *rows])
    return payment


@verb
def prepare_application(
    *, by: User, application: Application, lines: Sequence[LineDraft], request_id: uuid.UUID | None = None
) -> Payment:
    """Prepare the payment of a decided application, for exactly what was decided; the application is 支付中."""
    require_preparer(by, application.fund.unit)
    if request_id and (made := Payment.objects.filter(request_id=request_id).first()):
        return made
    [application] = locked([application], "unit", "fund__unit", "purpose")
    require_state([application], [ApplicationState.DECIDED], "编制支付单")
    shares = [Share(line.payee, line.amount, line.person and line.person.pk) for line in lines]
    enforce(payable(application, shares), reason=application.reason, row=application)
    held = ledger.held_for(application)
    if not held:
        raise refuse(f"没有为{application}预留资金,请核对受理情况", key="reservation", row=application)
    payment = prepare(
        by=by, fund=application.fund, purpose=application.purpose, subject=application.subject, document=application,
        lines=lines, reservation=held[0], approved_by=application.decided_by, request_id=request_id,
    )  # fmt: skip
    move([application], state=ApplicationState.PAYING)
    audit.record(by=by, action="prepare_application", rows=[application])
    return payment


@verb
def amend_lines(*, by: User, payment: Payment, changes: Sequence[LineChange]) -> Payment:
    """Change lines of a payment that nothing was paid of yet; the total stays what was decided."""
    payment, application = locked_payment(payment)
    require_state([payment], [PaymentState.PREPARED], "修改明细")
    require_preparer(by, payment.fund.unit)
    lines = {line.pk: line for line in lines_of(payment, locked([one.line for one in changes]))}
    require_state(lines.values(), [LineState.WAITING], "修改")
    not_own(by, payment, (line.person_id for line in lines.values()))
    _require_lines(changes, payment)
    if application is not None:
        shares = [Share(one.payee, one.amount, lines[one.line.pk].person_id) for one in changes]
        enforce(payable(application, shares), reason=application.reason, row=payment)
    touched, difference = [], ZERO
    for one in changes:
        line = lines[one.line.pk]
        facts = {
            "payee": one.payee.strip(), "amount": yuan(one.amount), "bank": one.bank.strip(), "note": one.note.strip(),
            "account": _account(one.account, one.payee) or line.account,
        }  # fmt: skip
        difference += facts["amount"] - line.amount
        if any(getattr(line, name) != value for name, value in facts.items()):
            touched.append(line)
            for name, value in facts.items():
                setattr(line, name, value)
    _require_total(payment.total + difference, payment.total, payment)
    change(touched, "payee", "amount", "bank", "account", "note")
    if touched:
        move([payment])
        audit.record(by=by, action="amend_lines", rows=[payment, *touched])
    return payment


def _require_lines(lines: Sequence[LineDraft | LineChange], row: Record) -> None:
    if not lines:
        raise refuse("没有填写任何收款人", key="lines", row=row)
    for line in lines:
        if not line.payee.strip():
            raise refuse("有的明细没有收款人,请填写", key="payee", row=row)
        if yuan(line.amount) <= 0:
            raise refuse(f"{line.payee}的金额须大于零", key="amount", row=row)
        for name, text in (("收款人", line.payee), ("开户银行", line.bank), ("备注", line.note)):
            if len(text.strip()) > 100:
                raise refuse(f"{line.payee[:20]}的{name}最多100个字,请缩短", key="payee", row=row)
    people = Counter(line.person.pk for line in lines if getattr(line, "person", None))
    if twice := [line.payee for line in lines if getattr(line, "person", None) and people[line.person.pk] > 1]:
        raise refuse(f"{twice[0]}在一张支付单中只能列一次,请合并", key="person", row=row)


def _require_total(total: Decimal, decided: Decimal, row: Record) -> None:
    if total != decided:
        raise refuse(f"明细合计{total}元,与批准金额{decided}元不一致,请核对各人金额", key="total", row=row)


def _account(text: str, payee: str) -> str:
    """An account number without the spaces people write into it; raises Refused where it is none."""
    number = re.sub(r"\s", "", text)
    if number and not ACCOUNT.fullmatch(number):
        raise refuse(f"{payee}的银行账号应为6至32位数字,请核对", key="account")
    return number


# Paying ----------------------------------------------------------------------------------------------------


@verb
def send_to_bank(*, by: User, payment: Payment) -> Payment:
    """Put every waiting line on its way through the bank: 待付 → 在途, as the payment's next round."""
    payment, application = locked_payment(payment)
    require_state([payment], OPEN, "送银行代发")
    require_payer(by, payment, application)
    lines = lines_of(payment, locked_all(payment.lines.filter(state=LineState.WAITING)))
    if not lines:
        raise refuse(f"{payment}没有待付的明细,退回的请先更正", key="lines", row=payment)
    not_own(by, payment, (line.person_id for line in lines))
    if lacking := [line for line in lines if not (line.bank and line.account)]:
        raise refuse(f"{names_of(lacking)}没有开户银行或账号,请先补充或直接支付", key="account", row=payment)
    move(lines, state=LineState.SENT, round=payment.round + 1)
    move([payment], state=PaymentState.SENT, round=payment.round + 1)
    audit.record(by=by, action="send_to_bank", rows=[payment, *lines])
    return payment


@verb
def bank_result(
    *, by: User, payment: Payment, results: Sequence[Result], paid_on: datetime.date | None = None
) -> Payment:
    """Record what the bank says of lines on their way: one voucher for all that arrived, 退回 for the others.

    A line not named stays on its way. Raises Refused for a line that is not on its way (paid or returned before),
    named twice or of another payment, and for a failure without its reason.
    """
    payment, application = locked_payment(payment)
    require_state([payment], [PaymentState.SENT], "登记代发结果")
    require_payer(by, payment, application)
    said = {one.line.pk: one for one in results}
    if len(said) != len(results):
        raise refuse("代发结果中同一明细出现多次,请核对", key="lines", row=payment)
    lines = lines_of(payment, locked([one.line for one in results]))
    require_state(lines, [LineState.SENT], "登记代发结果")
    not_own(by, payment, (line.person_id for line in lines))
    returned: dict[str, list[PaymentLine]] = defaultdict(list)
    for line in lines:
        if not said[line.pk].ok:
            reason = written(said[line.pk].reason, f"请写明{line.payee}退回的原因", row=payment)
            returned[reason[:100]].append(line)
    for reason, rows in returned.items():
        move(rows, state=LineState.RETURNED, returned_for=reason)
    arrived = [line for line in lines if said[line.pk].ok]
    how = f"第{payment.round}次代发"
    rows = arrive(by, payment, application, arrived, how, paid_on or clock.today())
    rows += settle(by, payment, application, arrived=arrived)
    audit.record(by=by, action="bank_result", rows=[*rows, *lines])
    return payment


@verb
def pay_directly(
    *, by: User, payment: Payment, lines: Sequence[PaymentLine], paid_on: datetime.date | None = None
) -> Payment:
    """Pay waiting lines in cash or by a transfer of one's own, all in one voucher."""
    payment, application = locked_payment(payment)
    require_state([payment], [*OPEN, PaymentState.SENT], "支付")
    require_payer(by, payment, application)
    lines = lines_of(payment, locked(lines))
    require_state(lines, [LineState.WAITING], "支付")
    not_own(by, payment, (line.person_id for line in lines))
    rows = arrive(by, payment, application, lines, "直接支付", paid_on or clock.today())
    rows += settle(by, payment, application, arrived=lines)
    audit.record(by=by, action="pay_directly", rows=[*rows, *lines])
    return payment


@verb
def return_line(
    *, by: User, line: PaymentLine, reason: str, returned_on: datetime.date | None = None
) -> PaymentLine:
    """A paid line came back after all (退票): its money flows back into the fund and is held for it again."""
    payment, application = locked_with(line)
    [line] = lines_of(payment, locked([line]))
    require_state([line], [LineState.PAID], "登记退票")
    require_payer(by, payment, application)
    not_own(by, payment, [line.person_id])
    reason = written(reason, "请写明退票原因", row=line)[:100]
    day = returned_on or clock.today()
    if day < line.paid_on:
        raise refuse(f"退票日期{day}早于支付日期{line.paid_on},请改正", key="returned_on", row=line)
    benefits = locked_all(benefits_of(payment).filter(person=line.person_id)) if line.person_id else []
    post(by, payment, line.amount, VoucherKind.REFUND, f"{line.payee}退票:{payment.subject}", day)
    blank = {"paid_on": None, "signed_on": None, "proxy": "", "relation": ""}
    move([line], state=LineState.RETURNED, returned_for=reason, **blank)
    move(benefits, reversed_on=day)
    rows = settle(by, payment, application, returned=[line])
    audit.record(by=by, action="return_line", rows=[*rows, line, *benefits], reason=reason)
    return line


@verb
def repair_line(*, by: User, line: PaymentLine, payee: str, bank: str = "", account: str = "") -> PaymentLine:
    """Put a returned line right so that it can be paid again: 退回 → 待付; an empty account keeps the old one."""
    payment, application = locked_with(line)
    [line] = lines_of(payment, locked([line]))
    require_state([line], [LineState.RETURNED], "更正")
    require_preparer(by, payment.fund.unit)
    not_own(by, payment, [line.person_id])
    _require_lines([LineDraft(payee, line.amount, bank=bank)], line)
    account = _account(account, payee) or line.account
    move([line], state=LineState.WAITING, payee=payee.strip(), bank=bank.strip(), account=account)
    rows = settle(by, payment, application)
    audit.record(by=by, action="repair_line", rows=[*rows, line])
    return line


@verb
def cancel_payment(*, by: User, payment: Payment, reason: str) -> Payment:
    """Give up what was not paid: a payment of which nothing left the fund is void, of any other the rest is.

    A void payment leaves its reservation to its document, which can be paid anew; the rest of one paid in part is
    released. Raises Refused while lines are on their way.
    """
    payment, application = locked_payment(payment)
    require_state([payment], OPEN, "作废")
    require_preparer(by, payment.fund.unit)
    reason = written(reason, "请写明作废的理由", row=payment)
    lines = lines_of(payment, locked_all(payment.lines.filter(state__in=[LineState.WAITING, LineState.RETURNED])))
    not_own(by, payment, (line.person_id for line in lines))
    move(lines, state=LineState.DROPPED)
    if payment.paid:
        ledger.release(by=by, reservations=[payment.reservation])
        move([payment], state=PaymentState.PAID, total=payment.paid)
    else:
        move([payment], state=PaymentState.CANCELLED, reservation=None)
    rows = [payment, *follow(by, payment, application)]
    audit.record(by=by, action="cancel_payment", rows=[*rows, *lines], reason=reason)
    return payment


@verb
def sign_for(
    *, by: User, lines: Sequence[PaymentLine], signed_on: datetime.date, proxy: str = "", relation: str = ""
) -> list[PaymentLine]:
    """Record that payees signed for what they were paid, each in person or all through one proxy (代领人)."""
    lines = locked(lines, "payment__fund__unit")
    require_state(lines, [LineState.PAID], "签领")
    require_right(by, Can.PAY, *{line.payment.fund.unit for line in lines})
    not_own(by, lines[0].payment, (line.person_id for line in lines))
    proxy, relation = proxy.strip(), relation.strip()
    if bool(proxy) != bool(relation):
        raise refuse("代领须同时写明代领人及与本人关系", key="relation" if proxy else "proxy", row=lines[0])
    if proxy in {by.name, by.person.name}:
        raise refuse("办理支付的人不能代领,请由本人或其他人签领", key="proxy", row=lines[0])
    if signed_on > clock.today():
        raise refuse(f"签领日期{signed_on}晚于今天,请改正", key="signed_on", row=lines[0])
    for line in lines:
        if line.signed_on:
            raise refuse(f"{line.payee}已于{line.signed_on}签领,不能重复登记", key="signed", row=line)
        if signed_on < line.paid_on:
            message = f"{line.payee}的签领日期{signed_on}早于支付日期{line.paid_on},请改正"
            raise refuse(message, key="signed_on", row=line)
    move(lines, signed_on=signed_on, proxy=proxy, relation=relation)
    audit.record(by=by, action="sign_for", rows=lines)
    return lines
