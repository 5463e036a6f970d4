"""Figures of funds, read from the counters of their accounts: nothing here adds up vouchers or transfers.

Income is what the sources gave, spending what went to the purposes; what was reversed or came back counts below
zero in the same column, so that opening + income - spent = closing in every report, amounts in yuan.
"""

from __future__ import annotations

import calendar
import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max, Min, Q, QuerySet, Sum

from carecore import clock
from carecore.models import Record, User
from carecore.money import ZERO
from funds.models import OPENING, Account, AccountKind, Book, Budget, Fund, Transfer, Turnover, Voucher


@dataclass(frozen=True)
class Figures:
    """What was there, what came, what went in some time."""

    opening: Decimal = ZERO
    income: Decimal = ZERO
    spent: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        return self.opening + self.income - self.spent


@dataclass(frozen=True)
class AccountYear:
    """One account in one year; `opening` is its balance before it, `closing` after it."""

    account: Account
    opening: Decimal
    incoming: Decimal
    outgoing: Decimal

    @property
    def closing(self) -> Decimal:
        return self.opening + self.incoming - self.outgoing

    @property
    def net(self) -> Decimal:
        """What a source gave or what went to a purpose in the year; the change of a fund's own account."""
        change = self.incoming - self.outgoing
        return -change if self.account.kind == AccountKind.SOURCE else change

    @property
    def is_idle(self) -> bool:
        return not (self.opening or self.incoming or self.outgoing)


@dataclass(frozen=True)
class Month:
    """One month of a fund, and what came and went in its year up to and with it."""

    number: int
    figures: Figures
    year_income: Decimal
    year_spent: Decimal


@dataclass(frozen=True)
class Line:
    """A line of the statement that is no transfer: what was carried over, what a month or the year came to."""

    label: str
    income: Decimal | None
    spent: Decimal | None
    balance: Decimal


@dataclass(frozen=True)
class Year:
    """What was raised and spent in a year, and what was needed of it where that is on record (TX1-13)."""

    number: int
    raised: Decimal
    spent: Decimal
    need: Decimal | None

    @property
    def gap(self) -> Decimal | None:
        """What was lacking; below zero where more was raised than needed."""
        return None if self.need is None else self.need - self.raised


def accounts_in(funds: Iterable[Fund], year: int) -> dict[int, list[AccountYear]]:
    """Every account of these funds in a year, by fund; one query."""
    before, within = Q(turnovers__year__lt=year), Q(turnovers__year=year)
    rows = Account.objects.filter(fund__in=list(funds)).order_by("fund", "pk").annotate(
        came_before=Sum("turnovers__incoming", filter=before), went_before=Sum("turnovers__outgoing", filter=before),
        came=Sum("turnovers__incoming", filter=within), went=Sum("turnovers__outgoing", filter=within),
    )  # fmt: skip
    found: dict[int, list[AccountYear]] = defaultdict(list)
    for row in rows:
        opening = (row.came_before or ZERO) - (row.went_before or ZERO)
        found[row.fund_id].append(AccountYear(row, opening, row.came or ZERO, row.went or ZERO))
    return found


def of_kind(rows: Iterable[AccountYear], kind: AccountKind) -> list[AccountYear]:
    """The accounts of one kind that have ever moved."""
    return [row for row in rows if row.account.kind == kind and not row.is_idle]


@dataclass(frozen=True)
class TrialBalance:
    """All accounts of a fund together: as much came in as went out, and nothing is left over."""

    opening: Decimal
    incoming: Decimal
    outgoing: Decimal

    @property
    def closing(self) -> Decimal:
        return self.opening + self.incoming - self.outgoing

    @property
    def balanced(self) -> bool:
        return not self.opening and self.incoming == self.outgoing


def trial_balance(rows: Iterable[AccountYear]) -> TrialBalance:
    rows = list(rows)
    sums = (sum((getattr(row, name) for row in rows), ZERO) for name in ("opening", "incoming", "outgoing"))
    return TrialBalance(*sums)


def figures_of(rows: Iterable[AccountYear]) -> Figures:
    """A fund's year from its accounts' years."""
    rows = list(rows)
    return Figures(
        opening=sum((row.opening for row in rows if row.account.kind == AccountKind.FUND), ZERO),
        income=sum((row.net for row in rows if row.account.kind == AccountKind.SOURCE), ZERO),
        spent=sum((row.net for row in rows if row.account.kind == AccountKind.PURPOSE), ZERO),
    )


def months_in(fund: Fund, year: int, opening: Decimal) -> list[Month]:
    """The months of a year from the first to the last in which something moved, or to this one."""
    rows = Turnover.objects.filter(account__fund=fund, year=year).exclude(account__kind=AccountKind.FUND)
    sums = rows.values_list("month", "account__kind").annotate(Sum("incoming"), Sum("outgoing")).order_by("month")
    moved = {(month, kind): incoming - outgoing for month, kind, incoming, outgoing in sums}
    today = clock.today()
    last = max([month for month, _ in moved] + [12 if year < today.year else today.month if year == today.year else 0])
    months, year_income, year_spent = [], ZERO, ZERO
    for number in range(1, last + 1):
        income = -moved.get((number, AccountKind.SOURCE), ZERO)
        spent = moved.get((number, AccountKind.PURPOSE), ZERO)
        year_income, year_spent = year_income + income, year_spent + spent
        figures = Figures(opening, income, spent)
        months.append(Month(number, figures, year_income, year_spent))
        opening = figures.closing
    return months


def month_figures(fund: Fund, year: int, month: int) -> Figures:
    """One month of a fund; two queries."""
    opening = figures_of(accounts_in([fund], year)[fund.pk]).opening
    months = months_in(fund, year, opening)
    found = {one.number: one.figures for one in months}
    return found.get(month) or Figures(before_month(months, month, opening))


def before_month(months: Iterable[Month], month: int, opening: Decimal) -> Decimal:
    """What was there when a month began, in a year that began with `opening`."""
    earlier = [one.figures.closing for one in months if one.number < month]
    return earlier[-1] if earlier else opening


def month_lines(month: Month) -> list[Line]:
    """本月合计 and 本年累计 of a month."""
    figures = month.figures
    return [
        Line(f"{month.number}月合计", figures.income, figures.spent, figures.closing),
        Line("本年累计", month.year_income, month.year_spent, figures.closing),
    ]


def years_of(fund: Fund) -> list[Year]:
    """Year by year what was raised and spent; an opening balance was raised before and is not counted."""
    rows = Turnover.objects.filter(account__fund=fund).exclude(account__kind=AccountKind.FUND)
    rows = rows.exclude(account__kind=AccountKind.SOURCE, account__code=OPENING)
    sums = rows.values_list("year", "account__kind").annotate(Sum("incoming"), Sum("outgoing")).order_by()
    moved = {(year, kind): incoming - outgoing for year, kind, incoming, outgoing in sums}
    needs = _needs(fund)
    return [
        Year(
            year, -moved.get((year, AccountKind.SOURCE), ZERO), moved.get((year, AccountKind.PURPOSE), ZERO),
            needs.get(year),
        )
        for year in sorted({year for year, _ in moved} | set(needs))
    ]  # fmt: skip


def _needs(fund: Fund) -> dict[int, Decimal]:
    """The need of each year: that of the whole fund, or the sum of its purposes' where only these are on record."""
    rows = list(Budget.objects.filter(fund=fund).exclude(need=None).values_list("year", "purpose", "need"))
    whole = {year: need for year, purpose, need in rows if purpose is None}
    parts: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for year, _, need in rows:
        parts[year] += need
    return {**parts, **whole}


def opening_label(month: int) -> str:
    """What the opening line is called: of a year, or of a month within it."""
    return "上年结转" if month == 1 else "期初余额"


def last_year(fund: Fund) -> int:
    """The year that a fund's pages open with: that of its last voucher, or the current one."""
    return Book.objects.filter(fund=fund).values_list("year", flat=True).first() or clock.today().year


def span(year: int, month: int | None = None) -> tuple[datetime.date, datetime.date]:
    """The first and last day of a year, or of one of its months."""
    first, last = month or 1, month or 12
    return datetime.date(year, first, 1), datetime.date(year, last, calendar.monthrange(year, last)[1])


def on_days(
    rows: QuerySet[Transfer], fund: Fund, first: datetime.date, last: datetime.date
) -> QuerySet[Transfer]:
    """Those of a fund's transfers that are dated on these days, as a range of primary keys.

    A fund's vouchers are dated in order, so its days lie side by side in its index however long the ledger is.
    """
    vouchers = Voucher.objects.filter(fund=fund)
    begin = vouchers.filter(dated__gte=first).order_by("dated", "pk").values_list("pk", flat=True).first()
    end = vouchers.filter(dated__lte=last).order_by("-dated", "-pk").values_list("pk", flat=True).first()
    if begin is None or end is None or begin > end:
        return rows.none()
    edges = Transfer.objects.filter(voucher__in=[begin, end]).aggregate(first=Min("pk"), last=Max("pk"))
    return rows.filter(fund=fund, pk__gte=edges["first"], pk__lte=edges["last"])


def vouchers_of(user: User, document: Record) -> QuerySet[Voucher]:
    """The vouchers that a document caused and this user may see, in their order."""
    rows = Voucher.objects.visible_to(user).filter(
        document_kind=document._meta.label_lower, document_id=document.pk
    )
    return rows.select_related("fund", "reverses", "reversed_by").order_by("pk")
