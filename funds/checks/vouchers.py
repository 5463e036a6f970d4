"""Vouchers (invariant 3): numbers without gaps, days in order, totals their transfers, each within one fund."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, Subquery, Window
from django.db.models.functions import ExtractYear, Lag

from carecore.registry import Problem
from funds.checks.balances import CHUNK, MONEY, summed
from funds.models import AccountKind, Book, Transfer, Voucher, VoucherKind

VOUCHERS = "3 凭证"


def name_of(voucher: Voucher) -> str:
    return f"{voucher.fund}{voucher}号凭证"


def check_series() -> Iterator[Problem]:
    """A fund's vouchers of a year are numbered 1, 2, 3 …, dated in that order, each after what was closed then."""
    vouchers = Voucher.objects.select_related("fund")
    last = Window(Lag("number", default=0), partition_by=["fund", "year"], order_by="pk")
    rows = vouchers.annotate(last=last).exclude(number=F("last") + 1)
    for row in rows.order_by("pk").iterator(chunk_size=CHUNK):
        yield Problem(VOUCHERS, name_of(row), f"编号不连续,应为{row.last + 1:04d}号")
    earlier = Window(Lag("dated"), partition_by="fund", order_by="pk")
    rows = vouchers.annotate(earlier=earlier).filter(dated__lt=F("earlier"))
    for row in rows.order_by("pk").iterator(chunk_size=CHUNK):
        yield Problem(VOUCHERS, name_of(row), f"日期{row.dated}早于上一张凭证的{row.earlier}")
    for row in vouchers.exclude(year=ExtractYear("dated")).order_by("pk"):
        yield Problem(VOUCHERS, name_of(row), f"日期{row.dated}不在{row.year}年度")
    for row in vouchers.filter(dated__lte=F("closed_through")).order_by("pk"):
        message = f"日期{row.dated}在制证时已结账的期间内(已结账至{row.closed_through})"
        yield Problem(VOUCHERS, name_of(row), message)


def check_books() -> Iterator[Problem]:
    """The head of each ledger is its last voucher."""
    last = Voucher.objects.filter(fund=OuterRef("fund")).order_by("-pk")
    books = Book.objects.select_related("fund").order_by("pk").annotate(
        last_year=Subquery(last.values("year")[:1]), last_number=Subquery(last.values("number")[:1]),
        last_dated=Subquery(last.values("dated")[:1]),
    )  # fmt: skip
    for row in books:
        kept, found = (row.year, row.number, row.dated), (row.last_year, row.last_number, row.last_dated)
        if kept != found and (row.last_number or row.number):
            now = f"{row.last_year}-{row.last_number:04d}({row.last_dated})" if row.last_number else "没有凭证"
            yield Problem(VOUCHERS, f"{row.fund}账簿", f"末号记为{row.year}-{row.number:04d}({row.dated}),实为{now}")


def check_totals() -> Iterator[Problem]:
    """A voucher's total is the sum of its transfers."""
    moved = summed(Transfer.objects.filter(voucher=OuterRef("pk")), "voucher")
    rows = Voucher.objects.annotate(moved=moved).exclude(total=F("moved")).select_related("fund")
    for row in rows.order_by("pk").iterator(chunk_size=CHUNK):
        yield Problem(VOUCHERS, name_of(row), f"金额记为{row.total}元,分录合计{row.moved}元")


def check_transfers() -> Iterator[Problem]:
    """Every transfer lies within one fund and goes between the fund's own account and one other."""
    rows = Transfer.objects.select_related("voucher__fund").order_by("pk")
    inside = Q(voucher__fund=F("fund"), from_account__fund=F("fund"), to_account__fund=F("fund"))
    for row in rows.exclude(inside).iterator(chunk_size=CHUNK):
        yield Problem(MONEY, f"{name_of(row.voucher)} 分录{row.pk}", "凭证、转出账户、转入账户不属于同一资金")
    own = AccountKind.FUND
    through = Q(from_account__kind=own) & ~Q(to_account__kind=own) | ~Q(from_account__kind=own) & Q(to_account__kind=own)
    for row in rows.exclude(through).iterator(chunk_size=CHUNK):
        yield Problem(MONEY, f"{name_of(row.voucher)} 分录{row.pk}", "没有经过本资金的账户")


def check_reversals() -> Iterator[Problem]:
    """A reversal is whole: of the same fund and total, with the opposite of each transfer, and says so."""
    rows = Voucher.objects.select_related("fund", "reverses").order_by("pk")
    same = Q(fund=F("reverses__fund"), total=F("reverses__total"), kind=VoucherKind.REVERSAL)
    for row in rows.filter(reverses__isnull=False).exclude(same):
        yield Problem(VOUCHERS, name_of(row), f"与所冲销的{row.reverses}号凭证的资金或金额不一致")
    for row in rows.filter(reverses=None, kind=VoucherKind.REVERSAL):
        yield Problem(VOUCHERS, name_of(row), "是冲销凭证,却没有所冲销的凭证")
    opposite = Transfer.objects.filter(
        voucher__reverses=OuterRef("voucher"), from_account=OuterRef("to_account"),
        to_account=OuterRef("from_account"), amount=OuterRef("amount"),
    )  # fmt: skip
    undone = Transfer.objects.filter(~Exists(opposite), voucher__reversed_by__isnull=False)
    for row in undone.select_related("voucher__fund").order_by("pk"):
        yield Problem(VOUCHERS, f"{name_of(row.voucher)} 分录{row.pk}", "冲销凭证中没有与之相反的分录")
