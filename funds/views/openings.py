"""Pages on which funds are opened, put right, and given the accounts that new rules name."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse

from carecore import access
from carecore.access import Can
from carecore.models import Unit
from carecore.views.acts import needs, perform, row_of, submit_form
from carecore.views.entry import form_page, posted, saved, shown_version
from funds.forms.funds import FundForm, kind_lines
from funds.models import Fund
from funds.workflow import funds


def _funds(request: HttpRequest) -> QuerySet[Fund]:
    return Fund.objects.visible_to(request.user).select_related("unit", "document__unit", "parent__unit")


@needs(Can.MANAGE_FUNDS, "GET", "POST")
def fund_new(request: HttpRequest) -> HttpResponse:
    unit = Unit.objects.get(path=access.scope(request.user, Can.MANAGE_FUNDS)[0])
    form = FundForm(posted(request), user=request.user, unit=unit)
    if form.is_valid():
        fund = submit_form(form, funds.open_fund, by=request.user, **form.cleaned_data)
        if fund is not None:
            return saved(request, fund, "资金已设立", reverse("fund_detail", args=[fund.pk]))
    context = {"kinds": kind_lines(request.user, unit), "submit": "设立", "template": "funds/fund_form.html"}
    return form_page(request, form, "设立专项资金", reverse("fund_list"), **context)


@needs(Can.MANAGE_FUNDS, "GET", "POST")
def fund_edit(request: HttpRequest, pk: int) -> HttpResponse:
    fund, back = get_object_or_404(_funds(request), pk=pk), reverse("fund_detail", args=[pk])
    form = FundForm(posted(request), user=request.user, unit=fund.unit, fund=fund)
    version = shown_version(request, fund)
    if form.is_valid():
        facts = {"fund": row_of(request, _funds(request), pk), **form.cleaned_data}
        if submit_form(form, funds.amend_fund, by=request.user, **facts) is not None:
            return saved(request, fund, "资金已修改", back)
    return form_page(request, form, f"修改{fund}", back, version=version)


@needs(Can.MANAGE_FUNDS, "POST")
def fund_refresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the accounts that the rules name by now."""
    fund, back = row_of(request, _funds(request), pk), reverse("fund_detail", args=[pk])
    return perform(request, funds.refresh_accounts, done="账户已按现行规则更新", back=back, fund=fund)


urlpatterns = [
    path("funds/new/", fund_new, name="fund_new"),
    path("funds/<int:pk>/edit/", fund_edit, name="fund_edit"),
    path("funds/<int:pk>/refresh/", fund_refresh, name="fund_refresh"),
]
