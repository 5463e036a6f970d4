"""The money of batches (invariant 3, BZ-12, BZ-13): what is held and paid for each is what its rows say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from django.db.models import F, QuerySet, Sum

from carecore.money import ZERO
from carecore.registry import Problem
from funds.models import Reservation, ReservationState, Transfer, VoucherKind
from sanatorium.models import COST_KINDS, Batch, BatchState, Cost
from sanatorium.rules.funding import FUND_SOURCE, borne_by_kind, kinds_of

MONEY = "3 批次经费"
DONE = (BatchState.CLOSED, BatchState.CANCELLED)
SET_OUT = (BatchState.APPROVED, BatchState.ATTENDED, BatchState.CLOSED)


def check_sources() -> Iterator[Problem]:
    """A batch whose rule names what pays for it was approved with such a fund of its unit or of one above."""
    for batch in _batches().filter(state__in=SET_OUT):
        if batch.fund is not None and (
            batch.fund.kind not in kinds_of(batch) or not batch.plan.unit.path.startswith(batch.fund.unit.path)
        ):
            yield Problem(MONEY, str(batch), f"列支资金“{batch.fund}”({batch.fund.kind})不是开期时的规则允许的资金")
        if batch.fund is None and any(e["rule"] == FUND_SOURCE and e["severity"] == "block" for e in batch.limits):
            yield Problem(MONEY, str(batch), f"开期时的规则要求从{'或'.join(kinds_of(batch))}列支,但没有列支资金")


def check_held() -> Iterator[Problem]:
    """An approved batch holds what its seats may cost, one that has set out no more, one that is over nothing."""
    rows = Reservation.objects.filter(document_kind=Batch._meta.label_lower, state=ReservationState.HELD)
    held: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for pk, left in rows.values_list("document_id").annotate(left=Sum(F("amount") - F("paid") - F("released"))):
        held[pk] = left
    for batch in _batches().filter(fund__isnull=False):
        due = ZERO if batch.state in DONE else batch.allotted
        short = held[batch.pk] < due and batch.state != BatchState.ATTENDED  # what was paid is held after reopening
        if held[batch.pk] > due or short:
            yield Problem(MONEY, str(batch), f"现预留{held[batch.pk]}元,按“{batch.state}”应为{due}元")


def check_vouchers() -> Iterator[Problem]:
    """A closed batch holds one standing voucher of its fund that pays exactly its costs, kind by kind (BZ-12)."""
    costs: dict[int, list[Cost]] = defaultdict(list)
    closed = _batches().filter(state=BatchState.CLOSED, fund__isnull=False)
    for cost in Cost.objects.filter(nomination__batch__in=closed).select_related("nomination"):
        costs[cost.nomination.batch_id].append(cost)
    paid: dict[int, dict[str, Decimal]] = defaultdict(dict)
    legs = Transfer.objects.filter(voucher__in=closed.values("voucher")).order_by()
    for voucher, code, amount in legs.values_list("voucher", "to_account__code").annotate(sum=Sum("amount")):
        paid[voucher][code] = amount
    for batch in closed:
        due, voucher = borne_by_kind(costs[batch.pk]), batch.voucher
        if paid[batch.voucher_id] != due:
            yield Problem(MONEY, str(batch), f"凭证支付{_words(paid[batch.voucher_id])},费用应为{_words(due)}")
        if voucher is not None and (
            (voucher.fund_id, voucher.kind, voucher.document_kind, voucher.document_id)
            != (batch.fund_id, VoucherKind.PAYMENT, batch._meta.label_lower, batch.pk)
            or hasattr(voucher, "reversed_by")
        ):
            yield Problem(MONEY, str(batch), f"凭证{voucher}不是{batch.fund}为本批次支付的有效凭证")


def _batches() -> QuerySet[Batch]:
    rows = Batch.objects.select_related("plan__unit", "fund__unit", "voucher__reversed_by")
    return rows.order_by("pk")


def _words(amounts: dict[str, Decimal]) -> str:
    named = [f"{Cost._meta.get_field(kind).verbose_name}{amounts[kind]}元" for kind in COST_KINDS if kind in amounts]
    others = [f"其他用途{amount}元" for code, amount in amounts.items() if code not in COST_KINDS]
    return "、".join([*named, *others]) or "0元"
