"""Payments and applications (invariant 3): what was paid is its lines and its vouchers, never more than decided."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from carecore.models import Benefit
from carecore.money import ZERO
from carecore.registry import Problem
from funds.checks.balances import summed
from funds.models import (
    AccountKind,
    Application,
    ApplicationState,
    LineState,
    Payment,
    PaymentLine,
    PaymentState,
    Reservation,
    ReservationState,
    Transfer,
)

PAYMENTS = "3 支付"
KIND, APPLICATION = Payment._meta.label_lower, Application._meta.label_lower
# States in which an application's money is held for it: what was asked, or once decided what was decided.
WAITING = (ApplicationState.ACCEPTED, ApplicationState.DECIDED)
OVER = (ApplicationState.DRAFT, ApplicationState.APPLIED, ApplicationState.REFUSED, ApplicationState.WITHDRAWN)


def _name(payment: Payment) -> str:
    return f"{payment}({payment.fund})"


def _line(line: PaymentLine) -> str:
    return f"支付单{line.payment_id}第{line.number}行"


def check_payments() -> Iterator[Problem]:
    """What a payment paid is its paid lines, its vouchers and what its reservation gave; its total all its lines."""
    lines = PaymentLine.objects.filter(payment=OuterRef("pk"))
    moved = Transfer.objects.filter(
        voucher__document_kind=KIND, voucher__document_id=OuterRef("pk"), fund=OuterRef("fund")
    )
    rows = Payment.objects.select_related("fund", "reservation").order_by("pk").annotate(
        arrived=summed(lines.filter(state=LineState.PAID), "payment"),
        listed=summed(lines.exclude(state=LineState.DROPPED), "payment"),
        out=summed(moved.filter(to_account__kind=AccountKind.PURPOSE), "voucher__document_id"),
        back=summed(moved.filter(from_account__kind=AccountKind.PURPOSE), "voucher__document_id"),
    )  # fmt: skip
    for row in rows.exclude(paid=F("arrived")):
        yield Problem(PAYMENTS, _name(row), f"已付记为{row.paid}元,已付明细合计{row.arrived}元")
    for row in rows.exclude(paid=F("out") - F("back")):
        yield Problem(PAYMENTS, _name(row), f"已付记为{row.paid}元,凭证净支出{row.out - row.back}元")
    for row in rows.filter(reservation__isnull=False).exclude(paid=F("reservation__paid")):
        yield Problem(PAYMENTS, _name(row), f"已付记为{row.paid}元,从预留中支付{row.reservation.paid}元")
    for row in rows.exclude(state=PaymentState.CANCELLED).exclude(total=F("listed")):
        yield Problem(PAYMENTS, _name(row), f"总金额记为{row.total}元,明细合计{row.listed}元")
    done = Q(state=PaymentState.PAID) & ~Q(paid=F("total")) | Q(state=PaymentState.CANCELLED) & ~Q(paid=ZERO)
    for row in rows.filter(done):
        yield Problem(PAYMENTS, _name(row), f"状态“{row.state}”,总金额{row.total}元、已付{row.paid}元")


def check_benefits() -> Iterator[Problem]:
    """Each person paid under an application has one benefit of that amount, and nobody else has one of it."""
    paid = PaymentLine.objects.filter(state=LineState.PAID, payment__document_kind=APPLICATION, person__isnull=False)
    given = Benefit.objects.standing().filter(document_kind=KIND)
    theirs = given.filter(document_id=OuterRef("payment"), person=OuterRef("person"), amount=OuterRef("amount"))
    for line in paid.filter(~Exists(theirs)).order_by("pk"):
        yield Problem(PAYMENTS, _line(line), f"已付{line.amount}元,但没有该金额的关爱记录")
    line = paid.filter(payment=OuterRef("document_id"), person=OuterRef("person"), amount=OuterRef("amount"))
    for row in given.filter(~Exists(line)).order_by("pk"):
        yield Problem(PAYMENTS, f"关爱记录 {row.pk}", f"记为支付单{row.document_id}所付,该单没有付给此人{row.amount}元")


def check_applications() -> Iterator[Problem]:
    """No more is decided than was asked, nor paid than decided; what waits for payment is held, what is over is not."""
    left = F("amount") - F("paid") - F("released")
    held = Reservation.objects.filter(document_kind=APPLICATION, document_id=OuterRef("pk"), state=ReservationState.HELD)
    paid = Payment.objects.filter(document_kind=APPLICATION, document_id=OuterRef("pk"))
    rows = Application.objects.select_related("unit").order_by("pk").annotate(
        held=summed(held.annotate(left_fen=left), "document_id", "left_fen"), given=summed(paid, "document_id", "paid"),
        stands=Coalesce("decided", "asked"),
    )  # fmt: skip
    for row in rows.filter(decided__gt=F("asked")):
        yield Problem(PAYMENTS, str(row), f"批准{row.decided}元,超过申请的{row.asked}元")
    for row in rows.filter(given__gt=F("stands")):
        yield Problem(PAYMENTS, str(row), f"已支付{row.given}元,超过批准的{row.stands}元")
    for row in rows.filter(state__in=WAITING).exclude(held=F("stands")):
        yield Problem(PAYMENTS, str(row), f"状态“{row.state}”,应预留{row.stands}元,实际预留{row.held}元")
    for row in rows.filter(state__in=OVER).exclude(held=ZERO):
        yield Problem(PAYMENTS, str(row), f"状态“{row.state}”,仍预留{row.held}元")
