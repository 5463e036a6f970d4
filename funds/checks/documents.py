"""Documents and their vouchers (invariant 3): what a paper says came or went is what the ledger says of it."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import models
from django.db.models import F, OuterRef, Q
from django.db.models.functions import Coalesce

from carecore.money import ZERO
from carecore.registry import Problem
from funds.checks.balances import summed
from funds.models import Grant, GrantState, Receipt, Voucher

DOCUMENTS = "3 单据"


def posted(model: type[models.Model], fund: str, **columns: object) -> Coalesce:
    """What the vouchers of a row's document add up to in the fund that this column of the row names."""
    rows = Voucher.objects.filter(
        document_kind=model._meta.label_lower, document_id=OuterRef("pk"), fund=OuterRef(fund), **columns
    )
    return summed(rows, "document_id", "total")


def check_grants() -> Iterator[Problem]:
    """What one fund sent is posted in it, and once it has come in the other; what is 在途 only in the first (SX-4)."""
    grants = Grant.objects.select_related("from_fund", "to_fund").order_by("pk")
    grants = grants.annotate(sent=posted(Grant, "from_fund"), came=posted(Grant, "to_fund"))
    there = Q(state=GrantState.SENT, came=ZERO) | Q(state=GrantState.RECEIVED, came=F("amount"))
    for row in grants.exclude(Q(sent=F("amount")) & there):
        message = f"金额{row.amount}元,状态“{row.state}”,凭证记拨出{row.sent}元、拨入{row.came}元"
        yield Problem(DOCUMENTS, f"资金拨付 {row.pk}({row.from_fund}至{row.to_fund})", message)


def check_receipts() -> Iterator[Problem]:
    """A receipt holds the voucher of its own fund and amount."""
    rows = Receipt.objects.select_related("fund", "voucher__fund").order_by("pk")
    for row in rows.filter(voucher=None):
        yield Problem(DOCUMENTS, f"资金收入 {row.pk}({row})", "没有凭证")
    same = Q(fund=F("voucher__fund"), source__fund=F("fund"), amount=F("voucher__total"))
    for row in rows.filter(voucher__isnull=False).exclude(same):
        found = f"{row.voucher.fund}{row.voucher}号凭证({row.voucher.total}元)"
        yield Problem(DOCUMENTS, f"资金收入 {row.pk}({row})", f"与{found}不符")
