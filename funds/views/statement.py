"""The statement (明细账) of a fund and of one of its accounts: pages by keyset, sums from the monthly counters."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.forms import HiddenInput
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.http import urlencode

from carecore import jobs
from carecore.filters import FilterSet
from carecore.listing import ListingView
from carecore.models import User
from carecore.paging import Page
from carecore.tables import Table
from carecore.views.acts import LIST
from funds.filters.books import StatementFilter
from funds.models import Account, AccountKind, Fund, Transfer, Turnover
from funds.queries import (
    Line,
    Month,
    accounts_in,
    before_month,
    figures_of,
    last_year,
    month_lines,
    months_in,
    opening_label,
)
from funds.tables.books import StatementTable


class StatementList(ListingView):
    """The transfers of all funds that a user sees, for exports; a page is always that of one fund."""

    title, table_class, filterset_class = "资金明细账", StatementTable, StatementFilter

    def visible_rows(self, user: User) -> QuerySet[Transfer]:
        rows = Transfer.objects.visible_to(user)
        # Joined, six tables take the database longer to plan than to read: the few accounts and people come after.
        return rows.select_related("voucher").prefetch_related("voucher__by", "from_account", "to_account", "fund")

    def hidden_columns(self, user: User, filterset: FilterSet) -> tuple[str, ...]:
        """One fund needs no column of its name; of one account alone the fund's balance does not run on."""
        asked = filterset.form.cleaned_data if filterset.is_valid() else {}
        hidden = {"fund": asked.get("fund"), "balance": asked.get("account")}
        return tuple(name for name, chosen in hidden.items() if chosen)


class FundStatement(StatementList):
    template_name = "funds/statement.html"
    fund: Fund
    account: Account | None = None
    name = "明细账"

    @staticmethod
    def start_export_job(user: User, view: FundStatement, params: QueryDict, format: str) -> str:
        return jobs.start_export(user, StatementList(), view.pinned(params), format)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.fetch(request, pk)
        return super().get(request)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.fetch(request, pk)
        return super().post(request)

    def fetch(self, request: HttpRequest, pk: int) -> None:
        self.fund = get_object_or_404(Fund.objects.visible_to(request.user).select_related("unit"), pk=pk)
        self.title = f"{self.fund}明细账"

    def pinned(self, params: QueryDict) -> QueryDict:
        """The filters with the fund of this page, and a year where none was chosen."""
        params = params.copy()
        params["fund"] = str(self.fund.pk)
        params["year"] = params.get("year") or str(last_year(self.fund))
        return params

    def select(self, user: User, params: QueryDict) -> tuple[FilterSet, Table]:
        return super().select(user, self.pinned(params))

    def context(self, filterset: FilterSet, table: Table, page: Page) -> dict[str, Any]:
        asked = filterset.form.cleaned_data if filterset.is_valid() else {}
        year, month = int(asked.get("year") or last_year(self.fund)), int(asked.get("month") or 0)
        context = {**super().context(filterset, table, page), "fund": self.fund, "year": year, "month": month}
        fund_url = f"{reverse('fund_detail', args=[self.fund.pk])}?year={year}"
        context["crumbs"] = [("资金", reverse("fund_list")), (str(self.fund), fund_url), (self.name, "")]
        return {**context, **self.sums(year, month, asked.get("account"), page)}

    def sums(self, year: int, month: int, account: Account | None, page: Page) -> dict[str, Any]:
        """What the year or month came to; the lines between the rows of the page are put to them."""
        opening = figures_of(accounts_in([self.fund], year)[self.fund.pk]).opening
        months = months_in(self.fund, year, opening)
        chosen = [one for one in months if not month or one.number == month]
        start = before_month(months, month or 1, opening)
        undivided = not account and not self.request.GET.get("sort", "").startswith("-")
        if undivided and page.rows:
            _put_lines(page, months, Line(opening_label(month or 1), None, None, start))
        return {
            "summary_template": "funds/_statement_sums.html", "sheet_url": self.sheet_url(year, month),
            "opening": start, "opening_label": opening_label(month or 1), "chosen_account": account,
            "income": sum(one.figures.income for one in chosen), "spent": sum(one.figures.spent for one in chosen),
            "closing": chosen[-1].figures.closing if chosen else start,
        }  # fmt: skip


    def sheet_url(self, year: int, month: int) -> str:
        """Where the official sheet of the year, or of its month, is made."""
        period = {"year": year, **({"month": month} if month else {})}
        return f"{reverse('fund_statement_sheet', args=[self.fund.pk])}?{urlencode(period)}"


def _put_lines(page: Page, months: list[Month], carried: Line) -> None:
    """Put the opening line before the first row of all, and the sums of a month after its last row."""
    by_number = {one.number: one for one in months}
    first, last = page.rows[0], page.rows[-1]
    if not page.has_previous:
        first.lines_before = [carried]
    following = [row.voucher.dated.month for row in page.rows[1:]]
    following.append(_month_after(last) if page.has_next else None)
    for row, then in zip(page.rows, following, strict=True):
        if row.voucher.dated.month != then:
            row.lines_after = month_lines(by_number[row.voucher.dated.month])


def _month_after(row: Transfer) -> int | None:
    """The month of the transfer that follows."""
    rows = Transfer.objects.filter(fund=row.fund_id, pk__gt=row.pk).order_by("pk")
    return rows.values_list("voucher__dated__month", flat=True).first()


class AccountStatement(FundStatement):
    """One account: its balance, its months, its transfers."""

    def fetch(self, request: HttpRequest, pk: int) -> None:
        accounts = Account.objects.visible_to(request.user).select_related("fund__unit")
        self.account = get_object_or_404(accounts, pk=pk)
        self.fund, self.title = self.account.fund, f"{self.account.fund}:{self.account}"
        self.name = str(self.account)

    def pinned(self, params: QueryDict) -> QueryDict:
        params = super().pinned(params)
        if self.account.kind != AccountKind.FUND:
            params["account"] = str(self.account.pk)
        return params

    def select(self, user: User, params: QueryDict) -> tuple[FilterSet, Table]:
        """The account is the page's own and not to be chosen."""
        filterset, table = super().select(user, params)
        filterset.form.fields["account"].widget = HiddenInput()
        return filterset, table

    def sums(self, year: int, month: int, account: Account | None, page: Page) -> dict[str, Any]:
        """What the account had and moved in the year, month by month."""
        [row] = [r for r in accounts_in([self.fund], year)[self.fund.pk] if r.account.pk == self.account.pk]
        turned, balance, months = Turnover.objects.filter(account=self.account, year=year), row.opening, []
        for one in turned.order_by("month"):
            balance += one.incoming - one.outgoing
            months.append({"number": one.month, "incoming": one.incoming, "outgoing": one.outgoing, "balance": balance})
        total = -self.account.balance if self.account.kind == AccountKind.SOURCE else self.account.balance
        return {
            "summary_template": "funds/_account_sums.html", "row": row, "account": self.account, "months": months,
            "total": total,
        }  # fmt: skip


urlpatterns = [
    path("funds/<int:pk>/statement/", LIST(FundStatement.as_view()), name="fund_statement"),
    path("accounts/<int:pk>/", LIST(AccountStatement.as_view()), name="account_detail"),
]
