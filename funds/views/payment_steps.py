"""Which steps a payment's page offers to whom, and in words why one is not possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.urls import reverse

from carecore import access
from carecore.access import Can
from carecore.models import User
from carecore.offers import Offer, offered
from carecore.workflow import Refused
from funds.forms.payments import PaidOnForm
from funds.models import LineState, Payment, PaymentState
from funds.workflow.payouts import application_of, require_payer

PREPARED, SENT, PARTLY, PAID, CANCELLED = PaymentState
PREPARING = (Can.PAY, Can.ACCEPT)
Counts = Counter[str]


def _against(user: User, payment: Payment) -> str:
    """Why this user may not pay this payment: the verb's own check is asked."""
    try:
        require_payer(user, payment, application_of(payment))
    except Refused as refusal:
        return refusal.findings[0].message
    return ""


def _offers(counts: Counts, user: User, payment: Payment) -> tuple[Offer, ...]:
    against = _against(user, payment) if access.may(user, Can.PAY, payment.fund.unit) else ""
    waiting = "" if counts[LineState.WAITING] else "没有待付的明细,退回的请先更正"

    def why(*reasons: str) -> Callable[[User, Payment], str]:
        return lambda user, row: next(filter(None, reasons), "")

    give_up = "作废" if not payment.paid else "余款不再支付"
    return (
        Offer("送银行代发", "payment_send", (Can.PAY,), (PREPARED, PARTLY), why=why(against, waiting)),
        Offer(
            f"全部直接支付({counts[LineState.WAITING]}笔)", "payment_pay_all", (Can.PAY,), (PREPARED, PARTLY),
            why=why(against, waiting),
        ),
        Offer(give_up, "payment_cancel", PREPARING, (PREPARED, PARTLY), needs_reason=True, danger=True, later=(SENT,)),
    )  # fmt: skip


def _pages(counts: Counts) -> tuple[tuple[str, str, tuple[Can, ...], tuple[str, ...], bool], ...]:
    """Steps that have a page of their own: label, route, rights, states, whether there is anything to do."""
    return (
        ("修改明细", "payment_edit", PREPARING, (PREPARED,), not counts[LineState.RETURNED]),
        ("下载代发文件", "payment_bank_file", (Can.EXPORT_FULL,), (SENT,), True),
        ("登记签领", "payment_sign", (Can.PAY,), tuple(PaymentState), bool(counts[LineState.PAID])),
    )


def steps(user: User, payment: Payment, counts: Counts) -> dict[str, list[dict[str, Any]]]:
    """`pages` as links, and `verbs` with what stands against those that are not possible."""
    unit = payment.fund.unit
    links = [
        {"label": label, "url": reverse(route, args=[payment.pk])}
        for label, route, rights, states, useful in _pages(counts)
        if useful and payment.state in states and any(access.may(user, right, unit) for right in rights)
    ]
    if payment.state == SENT and access.may(user, Can.PAY, unit):
        target = f"?payment={payment.pk}&round={payment.round}"
        links.append({"label": "上传银行结果", "url": reverse("bank_result_import") + target})
    forms = {"payment_pay_all": PaidOnForm()}
    return {"pages": links, "verbs": offered(user, payment, unit, _offers(counts, user, payment), forms=forms)}
