"""Separation of duties about money (invariant 5): applied, accepted, decided, paid by four people, none their own."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q

from carecore.registry import Problem
from carecore.separation import same_person
from funds.checks.payments import APPLICATION, KIND
from funds.models import (
    Application,
    ApplicationLine,
    Grant,
    GrantKind,
    LineState,
    Payment,
    PaymentLine,
    Voucher,
)

DUTIES = "5 职责分离"
STEPS = ("applied_by", "accepted_by", "decided_by")


def check_steps() -> Iterator[Problem]:
    """Whoever applied does not accept or decide, whoever accepted does not decide, whoever sent does not confirm."""
    for earlier, later in zip(("applied_by", "applied_by", "accepted_by"), ("accepted_by", *STEPS[2:] * 2), strict=True):
        rows = Application.objects.filter(same_person(earlier, later)).select_related("unit")
        for row in rows.order_by("pk"):
            yield Problem(DUTIES, str(row), f"{_step(earlier)}与{_step(later)}为同一人")
    sent = Grant.objects.filter(same_person("sent_by", "received_by"), kind=GrantKind.DOWN)
    for row in sent.select_related("to_fund").order_by("pk"):
        yield Problem(DUTIES, f"资金拨付 {row.pk}({row.to_fund})", "拨付人与确认到账人为同一人")


def check_payers() -> Iterator[Problem]:
    """Whoever applied, accepted or decided does not pay."""
    vouchers = Voucher.objects.filter(document_kind=KIND)
    for payment in Payment.objects.filter(
        Exists(vouchers.filter(_by("approved_by"), document_id=OuterRef("pk")))
    ).select_related("fund").order_by("pk"):  # fmt: skip
        yield Problem(DUTIES, f"{payment}({payment.fund})", "审批人与支付人为同一人")
    for step in STEPS:
        payments = Payment.objects.filter(document_kind=APPLICATION, document_id=OuterRef(OuterRef("pk")))
        paid = vouchers.filter(_by(step), document_id__in=payments.values("pk"))
        for row in Application.objects.filter(Exists(paid)).select_related("unit").order_by("pk"):
            yield Problem(DUTIES, str(row), f"{_step(step)}与支付人为同一人")


def _by(step: str) -> Q:
    """Vouchers by the outer row's user of this step, under whatever account."""
    return Q(by=OuterRef(step)) | Q(by__person=OuterRef(f"{step}__person"))


def check_own_payment() -> Iterator[Problem]:
    """Nobody accepts, decides or pays what is for themselves."""
    for step in STEPS[1:]:
        lines = ApplicationLine.objects.filter(person=F(f"application__{step}__person"), dropped=False)
        for line in lines.select_related("application__unit").order_by("pk"):
            yield Problem(DUTIES, str(line.application), f"{_step(step)}是收款人之一({line.payee})")
    own = Voucher.objects.filter(document_kind=KIND, document_id=OuterRef("payment"), by__person=OuterRef("person"))
    for line in PaymentLine.objects.filter(Exists(own), state=LineState.PAID).order_by("pk"):
        yield Problem(DUTIES, f"支付单{line.payment_id}第{line.number}行", "支付人即收款人本人")


def _step(column: str) -> str:
    return str(Application._meta.get_field(column).verbose_name)
