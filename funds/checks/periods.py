"""Closed months (invariant 3): their frozen figures are the ledger's, and the book is closed just so far."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import ExtractMonth, ExtractYear

from carecore.registry import Problem
from funds.checks.balances import summed
from funds.models import AccountKind, Book, Period, PeriodState, Turnover

PERIODS = "3 结账"


def check_periods() -> Iterator[Problem]:
    """The figures frozen when a month was closed are those of the ledger, and its book is closed that far.

    Income is what sources gave, spending what purposes took, each less what flowed back.
    """
    of_fund = Turnover.objects.filter(account__fund=OuterRef("fund"))
    own, source, purpose = (of_fund.filter(account__kind=kind) for kind in (AccountKind.FUND, AccountKind.SOURCE, AccountKind.PURPOSE))
    earlier = own.filter(Q(year__lt=OuterRef("year")) | Q(year=OuterRef("year"), month__lt=OuterRef("month")))
    month = {"year": OuterRef("year"), "month": OuterRef("month")}
    periods = Period.objects.filter(state=PeriodState.CLOSED).select_related("fund").order_by("pk").annotate(
        came=_more(source.filter(**month), "outgoing", "incoming"),
        went=_more(purpose.filter(**month), "incoming", "outgoing"), before=_more(earlier, "incoming", "outgoing"),
    )  # fmt: skip
    same = Q(opening=F("before"), income=F("came"), spent=F("went"), closing=F("before") + F("came") - F("went"))
    for row in periods.exclude(same):
        frozen = f"期初{row.opening}元、收入{row.income}元、支出{row.spent}元、期末{row.closing}元"
        now = f"期初{row.before}元、收入{row.came}元、支出{row.went}元、期末{row.before + row.came - row.went}元"
        yield Problem(PERIODS, str(row), f"结账时记为{frozen},按账簿为{now}")
    ahead = Q(fund__book__closed_through__year__gt=F("year")) | Q(
        fund__book__closed_through__year=F("year"), fund__book__closed_through__month__gte=F("month")
    )
    for row in periods.exclude(ahead):
        yield Problem(PERIODS, str(row), "该月已结账,账簿却没有结账至该月")
    closed = Period.objects.filter(
        fund=OuterRef("fund"), state=PeriodState.CLOSED, year=ExtractYear(OuterRef("closed_through")),
        month=ExtractMonth(OuterRef("closed_through")),
    )  # fmt: skip
    books = Book.objects.filter(~Exists(closed), closed_through__isnull=False).select_related("fund")
    for book in books.order_by("pk"):
        yield Problem(PERIODS, f"{book.fund}账簿", f"已结账至{book.closed_through},该月却没有结账记录")


def _more(rows: QuerySet, one: str, other: str) -> CombinedExpression:
    """How much more these months of one fund's accounts count of the one than of the other."""
    return summed(rows, "account__fund", one) - summed(rows, "account__fund", other)
