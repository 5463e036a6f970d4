"""Money that comes into funds: receipts, opening balances, and the shares of dues that are set aside (LYG-8, TX1-12)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from carecore import audit, clock
from carecore.access import Can
from carecore.models import Unit, User
from carecore.policy import Finding
from carecore.reasons import written
from carecore.workflow import add, change, enforce, locked, locked_all, refuse, require_right, verb
from funds import ledger
from funds.ledger import Entry, Leg
from funds.models import Account, Book, DuesReturn, Fund, Receipt, Voucher, VoucherKind
from funds.rules.dues import (
    DuesDraft,
    Share,
    dues_findings,
    handed_on_findings,
    known_returns,
    shares,
    year_totals,
)
from funds.rules.receipts import ReceiptDraft, receipt_findings

ONE_DAY = datetime.timedelta(days=1)
CORRECTABLE = ("amount", "members", "due", "handed_on")


@verb
def receive(
    *, by: User, fund: Fund, source: Account, amount: Decimal, received_on: datetime.date, payer: str = "",
    reference: str = "", note: str = "", request_id: UUID | None = None,
) -> Receipt:  # fmt: skip
    """Record money that came into a fund and post it; amount in yuan. Raises Refused like `receive_many`."""
    draft = ReceiptDraft(fund, source, amount, received_on, payer, reference, note, request_id)
    return receive_many(by=by, drafts=[draft])[0]


@verb
def receive_many(*, by: User, drafts: Sequence[ReceiptDraft]) -> list[Receipt]:
    """Record receipts and post one voucher each, all or none, in the order of the drafts.

    A voucher is dated the day the money came, or the first day after it that the fund's series admits; an
    opening balance only that day itself. Raises Refused for a source that is not the fund's or not in force, a
    second opening balance, a day that is closed or still to come.
    """
    require_right(by, Can.KEEP_FUNDS, *dict.fromkeys(draft.fund.unit for draft in drafts))
    funds = locked_all(Fund.objects.filter(pk__in={draft.fund.pk for draft in drafts}).select_related("unit"))
    if made := _made(Receipt, drafts):
        return made
    enforce([finding for found in receipt_findings(drafts) for finding in found])
    rows = add([
        Receipt(
            fund=draft.fund, source=draft.source, received_on=draft.received_on, amount=draft.amount,
            payer=draft.payer, reference=draft.reference, note=draft.note, recorded_by=by,
            request_id=draft.request_id,
        )
        for draft in drafts
    ])  # fmt: skip
    books = {book.fund_id: book for book in Book.objects.filter(fund__in=funds)}
    in_order = sorted(range(len(rows)), key=lambda number: drafts[number].received_on)
    entries = [_receipt_entry(rows[n], _day(drafts[n], books[drafts[n].fund.pk])) for n in in_order]
    for number, voucher in zip(in_order, ledger.post(by=by, entries=entries), strict=True):
        rows[number].voucher = voucher
    change(rows, "voucher")
    audit.record(by=by, action="receive", rows=rows)
    return rows


def _made(model: type[Receipt] | type[DuesReturn], drafts: Sequence[ReceiptDraft] | Sequence[DuesDraft]) -> list[Any]:
    """What an earlier click of the same form made."""
    asked = [draft.request_id for draft in drafts if draft.request_id]
    return list(model.objects.filter(request_id__in=asked)) if asked else []


def _day(draft: ReceiptDraft, book: Book) -> datetime.date:
    if draft.opens:
        return draft.received_on
    first = [day for day in (book.dated, book.closed_through and book.closed_through + ONE_DAY) if day]
    return max(draft.received_on, *first) if first else draft.received_on


def _receipt_entry(row: Receipt, dated: datetime.date) -> Entry:
    words = [row.source.label, row.payer, row.reference]
    return Entry(
        fund=row.fund, dated=dated, kind=VoucherKind.INCOME, summary=" ".join(filter(None, words)), document=row,
        legs=[Leg(row.source, row.amount, note=row.note)],
    )  # fmt: skip


@verb
def reverse_receipt(*, by: User, receipt: Receipt, reason: str) -> Voucher:
    """Post the opposite of a receipt, once and whole; raises Refused where its money has been used."""
    [receipt] = locked([receipt], "fund__unit", "voucher")
    require_right(by, Can.MANAGE_FUNDS, receipt.fund.unit)
    why = written(reason, "请写明冲销的理由", receipt)
    [voucher] = ledger.reverse(
        by=by, vouchers=[receipt.voucher], dated=clock.today(), document=receipt, reason=why
    )
    change([receipt])
    audit.record(by=by, action="reverse_receipt", rows=[receipt], reason=why)
    return voucher


@verb
def record_dues(*, by: User, drafts: Sequence[DuesDraft]) -> list[DuesReturn]:
    """Record dues that were handed up and set the shares of the year's total aside, in one posting (LYG-8).

    For each return and each open fund of the receiving unit with a `funds.dues_share`: round-half-up(ratio ×
    the year's total so far) − what is set aside already. Raises Refused for a return that is known, and where a
    fund cannot take its share.
    """
    receivers = dict.fromkeys(draft.to_unit for draft in drafts)
    require_right(by, Can.KEEP_FUNDS, *receivers)
    locked_all(Unit.objects.filter(pk__in=[unit.pk for unit in receivers]))  # one year's total has one writer
    if made := _made(DuesReturn, drafts):
        return made
    enforce([finding for found in dues_findings(drafts) for finding in found])
    _require_new(drafts)
    totals, steps = year_totals(drafts), []
    rows = add([
        DuesReturn(
            unit=draft.unit, to_unit=draft.to_unit, organisation=draft.organisation, year=draft.year,
            members=draft.members, due=draft.due, amount=draft.amount, handed_on=draft.handed_on,
            recorded_by=by, request_id=draft.request_id,
        )
        for draft in drafts
    ])  # fmt: skip
    for row in rows:
        totals[row.to_unit_id, row.year] += row.amount
        steps.append((row, totals[row.to_unit_id, row.year]))
    audit.record(by=by, action="record_dues", rows=rows)
    _set_aside(by, steps)
    return rows


def _require_new(drafts: Sequence[DuesDraft]) -> None:
    known = known_returns(drafts)
    for draft in drafts:
        if row := known.get(draft.key):
            message = f"{draft.organisation}{draft.handed_on}上缴的{draft.year}年度党费已登记,有误的请更正"
            raise refuse(message, key="organisation", row=row)


@verb
def correct_dues(*, by: User, dues: DuesReturn, reason: str, **facts: Any) -> DuesReturn:
    """Put a recorded return right; what was set aside follows by the same formula, back where it was too much.

    `facts` as in CORRECTABLE, amounts in yuan. Raises Refused where the money to flow back has been used.
    """
    if unknown := set(facts) - set(CORRECTABLE):
        raise TypeError(f"a return has no {unknown} to correct")
    locked_all(Unit.objects.filter(pk=dues.to_unit_id))
    [dues] = locked([dues], "unit", "to_unit")
    require_right(by, Can.KEEP_FUNDS, dues.to_unit)
    why = written(reason, "请写明更正的理由", dues)
    for name, value in facts.items():
        setattr(dues, name, value)
    enforce(_correction_findings(dues), row=dues)
    change([dues], *CORRECTABLE)
    audit.record(by=by, action="correct_dues", rows=[dues], reason=why)
    total = year_totals([dues])[dues.to_unit_id, dues.year]
    _set_aside(by, [(dues, total)], revision=ledger.next_revision(dues))
    return dues


def _correction_findings(dues: DuesReturn) -> list[Finding]:
    found = list(handed_on_findings(dues.handed_on, dues.year))
    if dues.amount < 0:
        found += refuse("上缴金额不得小于零", key="amount").findings
    same = DuesReturn.objects.filter(
        to_unit=dues.to_unit, unit=dues.unit, organisation=dues.organisation, year=dues.year, handed_on=dues.handed_on
    )
    if same.exclude(pk=dues.pk).exists():
        found += refuse(f"{dues.organisation}{dues.handed_on}另有一笔上缴党费", key="handed_on").findings
    return found


def _set_aside(by: User, steps: Sequence[tuple[DuesReturn, Decimal]], revision: int = 1) -> None:
    """Post, for each return and the year's total with it, what each fund still lacks of its share, or has too much."""
    by_year: dict[tuple[int, int], list[Share]] = {}
    entries = []
    for row, total in steps:
        key = (row.to_unit_id, row.year)
        if key not in by_year:
            by_year[key] = shares(row.to_unit, row.year)
        for share in by_year[key]:
            amount, basis = share.take(total)
            if amount:
                entries.append(_share_entry(row, share, amount, basis, revision))
    ledger.post(by=by, entries=entries)


def _share_entry(row: DuesReturn, share: Share, amount: Decimal, basis: str, revision: int) -> Entry:
    doing = "提取" if amount > 0 else "退回多提取的"
    return Entry(
        fund=share.fund, dated=clock.today(), kind=VoucherKind.INCOME if amount > 0 else VoucherKind.REFUND,
        summary=f"{doing}{row.year}年度党费:{row.organisation}", document=row, basis=basis,
        legs=[Leg(share.source, abs(amount), back=amount < 0)], revision=revision,
    )  # fmt: skip
