"""The year over all funds, and the official sheets of funds as downloads."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import clock
from carecore.access import Can
from carecore.money import ZERO
from carecore.paging import COUNT_CAP
from carecore.views.acts import needs, refused
from carecore.views.sheets import recorded_file
from carecore.workflow import refuse
from funds import sheets
from funds.filters.books import FIRST_YEAR, LAST_YEAR
from funds.models import Fund, Transfer
from funds.queries import last_year, on_days, span


@needs(Can.SEE)
def summary(request: HttpRequest) -> HttpResponse:
    """Every fund's year on one page: planned, carried over, come, gone, left."""
    year = asked_number(request, "year", FIRST_YEAR, LAST_YEAR) or clock.today().year
    funds = sheets.yearly(request.user, year)
    figures = [one.figures for one in funds]
    totals = {
        name: sum((getattr(one, name) for one in figures), ZERO) for name in ("opening", "income", "spent", "closing")
    }
    context = {
        "title": f"{year}年度专项资金收支汇总", "year": year, "funds": funds, "totals": totals,
        "planned": sum((one.planned for one in funds), ZERO), "this_year": clock.today().year,
    }  # fmt: skip
    return render(request, "funds/summary.html", context)


@needs(Can.SEE)
def summary_sheet(request: HttpRequest) -> HttpResponseBase:
    year = asked_number(request, "year", FIRST_YEAR, LAST_YEAR) or clock.today().year
    return recorded_file(request, sheets.summary(request.user, year))


@needs(Can.SEE)
def statement_sheet(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The 收支明细账 of a year or month; a longer one than a sheet can be is asked for month by month."""
    fund = get_object_or_404(Fund.objects.visible_to(request.user).select_related("unit"), pk=pk)
    year = asked_number(request, "year", FIRST_YEAR, LAST_YEAR) or last_year(fund)
    month = asked_number(request, "month", 1, 12)
    if on_days(Transfer.objects.all(), fund, *span(year, month))[: COUNT_CAP + 1].count() > COUNT_CAP:
        message = f"{fund}这段时间的收支超过{COUNT_CAP}笔,一张表列不下,请按月生成或导出明细账"
        return refused(request, refuse(message, key="rows", row=fund), reverse("fund_statement", args=[pk]))
    return recorded_file(request, sheets.statement(fund, sheets.entries(fund, year, month), year, month), fund)


def asked_number(request: HttpRequest, name: str, least: int, most: int) -> int | None:
    """A whole number of the query string within these bounds; None for anything else."""
    text = request.GET.get(name, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    return number if least <= number <= most else None


urlpatterns = [
    path("summary/", summary, name="fund_summary"),
    path("summary/sheet/", summary_sheet, name="fund_summary_sheet"),
    path("funds/<int:pk>/statement/sheet/", statement_sheet, name="fund_statement_sheet"),
]
