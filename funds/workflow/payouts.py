"""What every way of paying does to its rows: lock them, post the voucher, keep sum and state true.

No verbs: those of `payments` call these inside their own transaction. Amounts are yuan.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db.models import QuerySet

from carecore import access, registry
from carecore.access import Can
from carecore.models import Benefit, Person, Record, Unit, User
from carecore.money import ZERO
from carecore.separation import apart
from carecore.workflow import add, locked, locked_all, move, refuse, require_right
from funds import ledger
from funds.models import (
    Application,
    ApplicationState,
    LineState,
    Payment,
    PaymentLine,
    PaymentState,
    Reservation,
    VoucherKind,
)

CHANNEL = "专项资金"
NAMED = 5  # so many payees a message lists before it only counts
# What an application is while its payment is in a state.
FOLLOWS = {
    PaymentState.PREPARED: ApplicationState.PAYING, PaymentState.SENT: ApplicationState.PAYING,
    PaymentState.PARTLY: ApplicationState.PAYING, PaymentState.PAID: ApplicationState.PAID,
    PaymentState.CANCELLED: ApplicationState.DECIDED,
}  # fmt: skip


def locked_payment(payment: Payment) -> tuple[Payment, Application | None]:
    """The payment as its user saw it, under lock, and the application behind it, locked first."""
    application = _locked_application(payment)
    [payment] = locked([payment], "fund__unit", "purpose", "reservation")
    return payment, application


def locked_with(line: PaymentLine) -> tuple[Payment, Application | None]:
    """The payment of a line whose own version is what its user saw."""
    application = _locked_application(line.payment)
    [payment] = locked_all(
        Payment.objects.filter(pk=line.payment_id).select_related("fund__unit", "purpose", "reservation")
    )
    return payment, application


def application_of(payment: Payment) -> Application | None:
    """The application that is paid, if the document is one."""
    if payment.document_kind != Application._meta.label_lower:
        return None
    return Application.objects.select_related("unit").get(pk=payment.document_id)


def _locked_application(payment: Payment) -> Application | None:
    if payment.document_kind != Application._meta.label_lower:
        return None
    return locked_all(Application.objects.filter(pk=payment.document_id).select_related("unit"))[0]


def lines_of(payment: Payment, lines: list[PaymentLine]) -> list[PaymentLine]:
    """The same lines, each holding this very payment; raises Refused for one of another payment."""
    for line in lines:
        if line.payment_id != payment.pk:
            raise refuse(f"{line}不是{payment}的明细,请刷新后重新操作", key="lines", row=payment)
        line.payment = payment
    return lines


def require_preparer(by: User, unit: Unit) -> None:
    """Whoever accepts applications or pays may prepare."""
    require_right(by, Can.PAY if access.may(by, Can.PAY, unit) else Can.ACCEPT, unit)


def require_payer(by: User, payment: Payment, application: Application | None) -> None:
    """Whoever applied, accepted or decided does not pay (invariant 5)."""
    require_right(by, Can.PAY, payment.fund.unit)
    apart(by, payment, {"审批": payment.approved_by_id})
    if application is not None:
        steps = {"申请": application.applied_by_id, "受理": application.accepted_by_id, "审批": application.decided_by_id}
        apart(by, application, steps)


def names_of(lines: Iterable[PaymentLine]) -> str:
    names = [line.payee for line in lines]
    more = f"等{len(names)}人" if len(names) > NAMED else ""
    return "、".join(names[:NAMED]) + more


def arrive(
    by: User, payment: Payment, application: Application | None, lines: Sequence[PaymentLine], how: str,
    day: datetime.date,
) -> list[Record]:  # fmt: skip
    """Pay these locked lines in one voucher; what an application gives people becomes their benefit."""
    if not lines:
        return []
    if day < payment.prepared_on:
        raise refuse(f"支付日期{day}早于制表日期{payment.prepared_on},请改正", key="paid_on", row=payment)
    amount = sum((line.amount for line in lines), ZERO)
    summary = f"{payment.subject[:100]}({how}{len(lines)}笔)"
    post(by, payment, amount, VoucherKind.PAYMENT, summary, day)
    move(lines, state=LineState.PAID, paid_on=day, returned_for="")
    if application is None:
        return []
    known = Person.objects.select_related("unit").filter(pk__in=[line.person_id for line in lines if line.person_id])
    people = {person.pk: person for person in known}
    return add([
        Benefit(
            person=people[line.person_id], unit=people[line.person_id].unit, channel=CHANNEL,
            occasion=payment.subject[:60], period=str(day.year), amount=line.amount, given_on=day,
            document_kind=payment._meta.label_lower, document_id=payment.pk,
        )
        for line in lines if line.person_id
    ])  # fmt: skip


def benefits_of(payment: Payment) -> QuerySet[Benefit]:
    return Benefit.objects.standing().filter(document_kind=payment._meta.label_lower, document_id=payment.pk)


def post(
    by: User, payment: Payment, amount: Decimal, kind: VoucherKind, summary: str, day: datetime.date
) -> None:
    """One voucher of the payment against its reservation, out of the fund or, as a refund, back into it."""
    [held] = locked_all(Reservation.objects.filter(pk=payment.reservation_id))
    leg = ledger.Leg(payment.purpose, amount, note=str(payment), back=kind == VoucherKind.REFUND)
    ledger.post(by=by, entries=[ledger.Entry(
        fund=payment.fund, dated=day, kind=kind, summary=summary, document=payment, legs=[leg], reservation=held,
        revision=ledger.next_revision(payment), basis=f"{payment}",
    )])  # fmt: skip


def settle(
    by: User, payment: Payment, application: Application | None, *, arrived: Iterable[PaymentLine] = (),
    returned: Iterable[PaymentLine] = (),
) -> list[Record]:  # fmt: skip
    """Bring the payment's sum and state in line with its lines, and its document with it."""
    paid = payment.paid + sum((line.amount for line in arrived), ZERO) - sum((line.amount for line in returned), ZERO)
    left = set(payment.lines.exclude(state=LineState.DROPPED).values_list("state", flat=True).distinct().order_by())
    if LineState.SENT in left:
        state = PaymentState.SENT
    elif left == {LineState.PAID}:
        state = PaymentState.PAID
    else:
        state = PaymentState.PARTLY if paid else PaymentState.PREPARED
    move([payment], paid=paid, state=state)
    return [payment, *follow(by, payment, application)]


def follow(by: User, payment: Payment, application: Application | None) -> list[Record]:
    """The application, where the payment's state moved it; of any other document what its own app says follows."""
    if application is None:
        moved = registry.follower(payment.document_kind)
        return moved(by=by, payment=payment) if moved else []
    if application.state == FOLLOWS[payment.state]:
        return []
    return list(move([application], state=FOLLOWS[payment.state]))
