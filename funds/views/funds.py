"""Funds: the list, and one with its balance, its flows, its budget, its accounts and months."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.http import urlencode

from carecore import access, documents
from carecore.access import Can
from carecore.listing import ListingView
from carecore.models import User
from carecore.money import ZERO
from carecore.offers import offered, timeline
from carecore.templatetags.care import percent
from carecore.views.acts import LIST, needs
from funds.filters.books import FundListFilter
from funds.models import AccountKind, Budget, Fund, Period, Reservation, ReservationState
from funds.picture import Flow, Picture, picture
from funds.queries import (
    AccountYear,
    Figures,
    Year,
    accounts_in,
    figures_of,
    last_year,
    months_in,
    of_kind,
    trial_balance,
    years_of,
)
from funds.slots import FUND_LISTS, FUND_OFFERS, FUND_PAGES
from funds.tables.books import FUND_TONES, FundTable

SHOWN = 20  # so many reservations stand on a fund's page


class FundList(ListingView):
    title, table_class, filterset_class = "专项资金", FundTable, FundListFilter

    def visible_rows(self, user: User) -> QuerySet[Fund]:
        return Fund.objects.visible_to(user).select_related("unit").with_money()

    def create_url(self, user: User) -> str:
        return reverse("fund_new") if access.may(user, Can.MANAGE_FUNDS) else ""


@needs(Can.SEE)
def fund_detail(request: HttpRequest, pk: int) -> HttpResponse:
    funds = Fund.objects.visible_to(request.user).with_money()
    fund = get_object_or_404(funds.select_related("unit", "document", "parent", "opened_by", "book"), pk=pk)
    years = years_of(fund)
    year = chosen_year(request, fund, years)
    rows = accounts_in([fund], year)[fund.pk]
    figures = figures_of(rows)
    used = max(figures.spent, ZERO) + fund.reserved
    context = {
        "fund": fund, "title": str(fund), "tone": FUND_TONES[fund.state], "year": year, "figures": figures,
        "used": used, "whole": fund.available + used, "years": sorted({one.number for one in years} | {year}),
        "picture": _picture(fund, rows, figures, year), "flows": _flows(rows),
        "budget": _budget(fund, rows, figures, year), "needs": _needs(years),
        "trial": [row for row in rows if not row.is_idle], "trial_total": trial_balance(rows),
        "months": _months(fund, year, figures), "held": _held(request.user, fund),
        "parent_visible": fund.parent_id and Fund.objects.visible_to(request.user).filter(pk=fund.parent_id).exists(),
        "children": Fund.objects.visible_to(request.user).filter(parent=fund).with_money().select_related("unit"),
        "lists": [(label, f"{reverse(route)}?{urlencode({'fund': fund.pk})}") for label, route in FUND_LISTS],
        "pages": [
            (page.label, reverse(page.route, args=[pk])) for page in FUND_PAGES
            if access.may(request.user, page.right, fund.unit)
        ],
        "verbs": offered(request.user, fund, fund.unit, FUND_OFFERS), "version": fund.version,
        "events": timeline(fund),
    }  # fmt: skip
    return render(request, "funds/fund_detail.html", context)


def chosen_year(request: HttpRequest, fund: Fund, years: list[Year]) -> int:
    """The year of `?year=` where the fund has figures of it, otherwise its last."""
    asked, last = request.GET.get("year", ""), last_year(fund)
    return next((one.number for one in years if str(one.number) == asked), last)


def _flows(rows: list[AccountYear]) -> list[AccountYear]:
    """Sources and purposes that moved in the year, in the order of the ledger."""
    both = of_kind(rows, AccountKind.SOURCE) + of_kind(rows, AccountKind.PURPOSE)
    return [row for row in both if row.incoming or row.outgoing]


def _picture(fund: Fund, rows: list[AccountYear], figures: Figures, year: int) -> Picture | None:
    """What came and went; what a source took back more than it gave went, and the other way round."""
    came = [Flow("上年结转", figures.opening)] if figures.opening else []
    went = []
    for row in _flows(rows):
        is_source, url = row.account.kind == AccountKind.SOURCE, f"{account_url(row)}?year={year}"
        back = "" if row.net > 0 else "(退回)"
        if row.net:
            (came if is_source == (row.net > 0) else went).append(Flow(f"{row.account}{back}", abs(row.net), url))
    if figures.closing:
        went.append(Flow("结余", figures.closing))
    return picture(came, went)


def account_url(row: AccountYear) -> str:
    return reverse("account_detail", args=[row.account.pk])


def _budget(fund: Fund, rows: list[AccountYear], figures: Figures, year: int) -> list[dict[str, Any]]:
    """Spending against what was planned, purpose by purpose and on the whole; nothing where nothing was planned."""
    planned = dict(Budget.objects.filter(fund=fund, year=year).values_list("purpose", "planned"))
    if not planned:
        return []
    lines = [
        {"label": row.account.label, "value": row.net, "maximum": planned.get(row.account.pk), "url": account_url(row)}
        for row in rows if row.account.kind == AccountKind.PURPOSE and (row.net or row.account.pk in planned)
    ]  # fmt: skip
    whole = planned.pop(None, None)
    total = whole if whole is not None else sum(planned.values(), ZERO)
    return [*lines, {"label": "合计", "value": figures.spent, "maximum": total}]


def _needs(years: list[Year]) -> list[dict[str, Any]]:
    """Year by year what was raised against what was needed, drawn to one scale (TX1-13)."""
    longest = max((max(one.raised, one.need or ZERO) for one in years), default=ZERO)
    return [
        {
            "year": one, "bar": percent(max(one.raised, ZERO), longest), "track": percent(one.need or ZERO, longest),
            "over": -one.gap if one.gap is not None and one.gap < 0 else None,
        }
        for one in years
    ]  # fmt: skip


def _months(fund: Fund, year: int, figures: Figures) -> list[dict[str, Any]]:
    """The months of the year with their figures and whether they are closed."""
    periods = {row.month: row for row in Period.objects.filter(fund=fund, year=year)}
    statement = reverse("fund_statement", args=[fund.pk])
    return [
        {
            "month": month, "period": periods.get(month.number),
            "url": f"{statement}?{urlencode({'year': year, 'month': month.number})}",
        }
        for month in months_in(fund, year, figures.opening)
    ]  # fmt: skip


def _held(user: User, fund: Fund) -> list[dict[str, Any]]:
    """The newest reservations that still hold money, with the documents they are held for."""
    rows = Reservation.objects.filter(fund=fund, state=ReservationState.HELD).select_related("purpose")
    shown = list(rows.order_by("-pk")[:SHOWN])
    links = documents.links(user, [(row.document_kind, row.document_id) for row in shown])
    return [{"row": row, "document": links[row.document_kind, row.document_id]} for row in shown]


urlpatterns = [
    path("funds/", LIST(FundList.as_view()), name="fund_list"),
    path("funds/<int:pk>/", fund_detail, name="fund_detail"),
]
