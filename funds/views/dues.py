"""Pages of dues handed up: the year and what was set aside of it, recording, correcting, import (LYG-8)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access
from carecore.access import Can
from carecore.filters import FilterSet
from carecore.listing import ListingView
from carecore.models import User
from carecore.models.units import within
from carecore.offers import timeline
from carecore.paging import Page
from carecore.tables import Table
from carecore.templatetags.care import cn_date, money
from carecore.views.acts import needs, row_of, submit_form
from carecore.views.entry import form_page, posted, saved, shown_version
from carecore.views.imports import ImportPages
from funds.filters.income import DuesFilter
from funds.forms.income import CorrectionForm, DuesForm
from funds.models import DuesReturn
from funds.queries import vouchers_of
from funds.resources.dues import DuesImport
from funds.rules.dues import DuesDraft, YearLine, year_lines
from funds.rules.funds import receiver_of
from funds.tables.income import DuesTable
from funds.workflow import income


class DuesList(ListingView):
    title, table_class, filterset_class, template_name = "上缴党费", DuesTable, DuesFilter, "funds/dues_list.html"

    def visible_rows(self, user: User) -> QuerySet[DuesReturn]:
        return _dues(user)

    def create_url(self, user: User) -> str:
        return reverse("dues_new") if access.may(user, Can.KEEP_FUNDS) else ""

    def import_url(self, user: User) -> str:
        return reverse("dues_import") if access.may(user, Can.KEEP_FUNDS) else ""

    def context(self, filterset: FilterSet, table: Table, page: Page) -> dict[str, Any]:
        """The year asked for, or the last one, with what was set aside of it."""
        year, lines = _year(self.request.user, filterset)
        return {**super().context(filterset, table, page), "year": year, "lines": lines}


def _dues(user: User) -> QuerySet[DuesReturn]:
    return DuesReturn.objects.visible_to(user).select_related("unit", "to_unit", "recorded_by")


def _year(user: User, filterset: FilterSet) -> tuple[int, list[YearLine]]:
    """Only whole years are added up: what units of one's own received, whatever else is filtered."""
    received = DuesReturn.objects.filter(within(access.scope(user, Can.SEE), "to_unit__path"))
    asked = filterset.form.cleaned_data.get("year") if filterset.is_valid() else None
    year = int(asked) if asked else received.order_by("-year").values_list("year", flat=True).first()
    return (year, year_lines(received, year)) if year else (0, [])


@needs(Can.KEEP_FUNDS, "GET", "POST")
def dues_new(request: HttpRequest) -> HttpResponse:
    to_unit = receiver_of(access.scope(request.user, Can.KEEP_FUNDS))
    form = DuesForm(posted(request), user=request.user, to_unit=to_unit)
    if form.is_valid():
        row = submit_form(form, _record_one, by=request.user, draft=form.draft)
        if row is not None:
            return saved(request, row, "已登记并提取", reverse("dues_detail", args=[row.pk]))
    return form_page(request, form, "登记上缴党费", reverse("dues_list"), submit="登记")


def _record_one(*, by: User, draft: DuesDraft) -> DuesReturn:
    return income.record_dues(by=by, drafts=[draft])[0]


@needs(Can.SEE)
def dues_detail(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_dues(request.user), pk=pk)
    facts = [
        ("党组织名称", row.organisation), ("上缴单位", row.unit), ("收缴单位", row.to_unit), ("年度", row.year),
        ("党员数", row.members), ("应缴金额", "" if row.due is None else f"{money(row.due)}元"),
        ("上缴金额", f"{money(row.amount)}元"), ("上缴日期", cn_date(row.handed_on)), ("登记人", row.recorded_by),
    ]  # fmt: skip
    keeps = access.may(request.user, Can.KEEP_FUNDS, row.to_unit)
    context = {
        "title": str(row), "facts": facts, "vouchers": vouchers_of(request.user, row), "events": timeline(row),
        "correct_url": reverse("dues_correct", args=[pk]) if keeps else "",
    }  # fmt: skip
    return render(request, "funds/income_detail.html", context)


@needs(Can.KEEP_FUNDS, "GET", "POST")
def dues_correct(request: HttpRequest, pk: int) -> HttpResponse:
    row, back = get_object_or_404(_dues(request.user), pk=pk), reverse("dues_detail", args=[pk])
    form = CorrectionForm(posted(request), dues=row)
    version = shown_version(request, row)
    if form.is_valid():
        facts = {"dues": row_of(request, _dues(request.user), pk), **form.cleaned_data}
        if submit_form(form, income.correct_dues, by=request.user, **facts) is not None:
            return saved(request, row, "已更正,提取的金额随之调整", back)
    return form_page(request, form, f"更正{row}", back, submit="更正", version=version)


LIST = needs(Can.SEE, "GET", "HEAD", "POST")
urlpatterns = [
    path("dues/", LIST(DuesList.as_view()), name="dues_list"),
    path("dues/new/", dues_new, name="dues_new"),
    path("dues/<int:pk>/", dues_detail, name="dues_detail"),
    path("dues/<int:pk>/correct/", dues_correct, name="dues_correct"),
    *ImportPages(DuesImport).paths("dues/"),
]
