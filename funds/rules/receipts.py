"""What money that comes in must be: from a source of its fund, by today, an opening balance once."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from carecore import clock
from carecore.models import Severity
from carecore.policy import Finding
from funds.models import OPENING, PASSED_DOWN, Account, AccountKind, Fund, Receipt


@dataclass(frozen=True)
class ReceiptDraft:
    """Money that came in, in yuan, as a form or a sheet states it."""

    fund: Fund
    source: Account
    amount: Decimal
    received_on: datetime.date
    payer: str = ""
    reference: str = ""
    note: str = ""
    request_id: UUID | None = None

    @property
    def opens(self) -> bool:
        """Whether this is the balance that the fund began with."""
        return self.source.code == OPENING


def openings(funds: Sequence[Fund]) -> QuerySet[Receipt]:
    """The opening balances of these funds that stand."""
    rows = Receipt.objects.filter(fund__in=funds, source__code=OPENING, voucher__reversed_by=None)
    return rows.select_related("fund", "source")


def receipt_findings(drafts: Sequence[ReceiptDraft]) -> list[list[Finding]]:
    """What stands against each draft, in their order; one query for all."""
    opened = {row.fund_id for row in openings([draft.fund for draft in drafts if draft.opens])}
    found = []
    for draft in drafts:
        found.append(list(_findings(draft, opened)))
        if draft.opens:
            opened.add(draft.fund.pk)
    return found


def _findings(draft: ReceiptDraft, opened: set[int]) -> Iterator[Finding]:
    fund, source = draft.fund, draft.source
    if draft.amount <= 0:
        yield _wrong("amount", f"{fund}:金额须大于零")
    if draft.received_on > clock.today():
        yield _wrong("received_on", f"{fund}:到账日期不得晚于今天")
    if source.fund_id != fund.pk or source.kind != AccountKind.SOURCE:
        yield _wrong("source", f"“{source}”不是{fund}的来源,请重新选择")
    elif source.code == PASSED_DOWN:
        yield _wrong("source", "资金之间的拨入请在下拨、收回中办理,不能作为收入登记")
    if draft.opens and fund.pk in opened:
        yield _wrong("source", f"{fund}的期初余额已登记,有误的请先冲销")


def _wrong(key: str, message: str) -> Finding:
    return Finding(key, Severity.BLOCK, message)
