"""Pages of closed months, budgets, accountability and publications."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access
from carecore.access import Can
from carecore.listing import ListingView
from carecore.models import Record, Unit, User
from carecore.offers import Offer, offered, timeline
from carecore.templatetags.care import cn_date, money
from carecore.views.acts import LIST, needs, perform, row_of, submit_form
from carecore.views.entry import form_page, posted, reason_of, saved
from funds.filters.registers import AccountabilityFilter, BudgetFilter, PeriodFilter, PublicationFilter
from funds.forms.registers import AccountabilityForm, BudgetForm, OutcomeForm, PublicationForm
from funds.models import (
    Accountability,
    AccountabilityState,
    Book,
    Budget,
    Fund,
    Period,
    PeriodState,
    Publication,
)
from funds.tables.registers import (
    ACCOUNTABILITY_TONES,
    PERIOD_TONES,
    AccountabilityTable,
    BudgetTable,
    PeriodTable,
    PublicationTable,
)
from funds.workflow import accountability, budgets, periods, publications

PERIOD_OFFERS = (
    Offer("反结账", "period_reopen", (Can.MANAGE_FUNDS,), (PeriodState.CLOSED,), needs_reason=True, danger=True),
)
ACCOUNTABILITY_OFFERS = (
    Offer("办结", "accountability_end", (Can.MANAGE_FUNDS,), (AccountabilityState.OPEN,)),
)


class PeriodList(ListingView):
    title, table_class, filterset_class = "结账", PeriodTable, PeriodFilter

    def visible_rows(self, user: User) -> QuerySet[Period]:
        return _periods(user)


class BudgetList(ListingView):
    title, table_class, filterset_class = "资金预算", BudgetTable, BudgetFilter

    def visible_rows(self, user: User) -> QuerySet[Budget]:
        return Budget.objects.visible_to(user).select_related("fund__unit", "purpose")


class AccountabilityList(ListingView):
    title, table_class, filterset_class = "责任追究", AccountabilityTable, AccountabilityFilter

    def visible_rows(self, user: User) -> QuerySet[Accountability]:
        return Accountability.objects.visible_to(user).select_related("unit")

    def create_url(self, user: User) -> str:
        return reverse("accountability_new") if access.may(user, Can.MANAGE_FUNDS) else ""


class PublicationList(ListingView):
    title, table_class, filterset_class = "资助公布", PublicationTable, PublicationFilter

    def visible_rows(self, user: User) -> QuerySet[Publication]:
        return Publication.objects.visible_to(user).select_related("fund__unit")


def _periods(user: User) -> QuerySet[Period]:
    return Period.objects.visible_to(user).select_related("fund__unit", "closed_by")


def _fund(request: HttpRequest, pk: int) -> Fund:
    return get_object_or_404(Fund.objects.visible_to(request.user).select_related("unit"), pk=pk)


def _card(request: HttpRequest, row: Record, facts: list[tuple[str, Any]], **more: Any) -> HttpResponse:
    """The page of one row: what is known of it, the next steps, what happened to it."""
    context = {"title": str(row), "facts": facts, "version": row.version, "events": timeline(row), **more}
    return render(request, "funds/register_detail.html", context)


@needs(Can.MANAGE_FUNDS, "GET", "POST")
def fund_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the month that comes next."""
    fund, back = _fund(request, pk), f"{reverse('period_list')}?fund={pk}"
    form = forms.Form(posted(request))
    year, month = periods.next_to_close(fund, Book.objects.get(fund=fund))
    if form.is_valid():
        facts = {"fund": fund, "year": year, "month": month}
        period = submit_form(form, periods.close_period, by=request.user, **facts)
        if period is not None:
            return saved(request, period, f"{period}已结账", reverse("period_detail", args=[period.pk]))
    intro = [f"下一个应结账的月份是{year}年{month}月。结账后不能再编制该月及以前日期的凭证。"]
    return form_page(request, form, f"{fund}结账", back, intro=intro, submit=f"结{year}年{month}月的账")


@needs(Can.SEE)
def period_detail(request: HttpRequest, pk: int) -> HttpResponse:
    period = get_object_or_404(_periods(request.user), pk=pk)
    facts = [
        ("资金", period.fund), ("单位", period.fund.unit), ("期初余额", f"{money(period.opening)}元"),
        ("本期收入", f"{money(period.income)}元"), ("本期支出", f"{money(period.spent)}元"),
        ("期末余额", f"{money(period.closing)}元"), ("结账人", period.closed_by), ("结账日期", cn_date(period.closed_on)),
    ]  # fmt: skip
    verbs = offered(request.user, period, period.fund.unit, PERIOD_OFFERS)
    return _card(request, period, facts, verbs=verbs, state=period.state, tone=PERIOD_TONES[period.state])


@needs(Can.MANAGE_FUNDS, "POST")
def period_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    facts = {"period": row_of(request, _periods(request.user), pk), "reason": reason_of(request)}
    back = reverse("period_detail", args=[pk])
    return perform(request, periods.reopen_period, done="已反结账", back=back, **facts)


@needs(Can.KEEP_FUNDS, "GET", "POST")
def budget_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Set one line of a fund's budget; the same year and purpose again change it."""
    fund, back = _fund(request, pk), f"{reverse('budget_list')}?fund={pk}"
    form = BudgetForm(posted(request), fund=fund)
    if form.is_valid():
        budget = submit_form(form, budgets.set_budget, by=request.user, fund=fund, **form.cleaned_data)
        if budget is not None:
            return saved(request, budget, "预算已保存", back)
    return form_page(request, form, f"{fund}预算", back)


@needs(Can.MANAGE_FUNDS, "GET", "POST")
def accountability_new(request: HttpRequest) -> HttpResponse:
    unit = Unit.objects.get(path=access.scope(request.user, Can.MANAGE_FUNDS)[0])
    form = AccountabilityForm(posted(request), user=request.user, unit=unit)
    if form.is_valid():
        row = submit_form(form, accountability.open_accountability, by=request.user, **form.cleaned_data)
        if row is not None:
            return saved(request, row, "已登记", reverse("accountability_detail", args=[row.pk]))
    return form_page(request, form, "登记责任追究", reverse("accountability_list"))


def _accountabilities(request: HttpRequest) -> QuerySet[Accountability]:
    return Accountability.objects.visible_to(request.user).select_related("unit", "fund", "recorded_by")


@needs(Can.SEE)
def accountability_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _accountability(request, get_object_or_404(_accountabilities(request), pk=pk), OutcomeForm())


def _accountability(request: HttpRequest, row: Accountability, form: OutcomeForm) -> HttpResponse:
    facts = [
        ("单位", row.unit), ("涉及资金", row.fund), ("问题类别", row.kind), ("发现的问题", row.finding),
        ("涉及金额", row.amount and f"{money(row.amount)}元"), ("发现日期", cn_date(row.found_on)),
        ("责任人", row.responsible), ("登记人", row.recorded_by), ("处理方式", row.measure),
        ("处理结果", row.outcome), ("办结日期", cn_date(row.ended_on)),
    ]  # fmt: skip
    verbs = offered(request.user, row, row.unit, ACCOUNTABILITY_OFFERS, forms={"accountability_end": form})
    return _card(request, row, facts, verbs=verbs, state=row.state, tone=ACCOUNTABILITY_TONES[row.state])


@needs(Can.MANAGE_FUNDS, "POST")
def accountability_end(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = row_of(request, _accountabilities(request), pk), OutcomeForm(request.POST)
    back = reverse("accountability_detail", args=[pk])
    if form.is_valid():
        ended = submit_form(form, accountability.end_accountability, by=request.user, row=row, **form.cleaned_data)
        if ended is not None:
            return saved(request, ended, "已办结", back)
    return form_page(request, form, f"办结:{row}", back, row, submit="办结")


@needs(Can.KEEP_FUNDS, "GET", "POST")
def publication_new(request: HttpRequest, pk: int) -> HttpResponse:
    fund, back = _fund(request, pk), f"{reverse('publication_list')}?fund={pk}"
    form = PublicationForm(posted(request))
    if form.is_valid():
        row = submit_form(form, publications.publish, by=request.user, fund=fund, **form.cleaned_data)
        if row is not None:
            return saved(request, row, "已登记公布", reverse("publication_detail", args=[row.pk]))
    return form_page(request, form, f"公布{fund}资助情况", back, submit="登记公布")


@needs(Can.SEE)
def publication_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The printable sheet: names masked, no number of any kind."""
    rows = Publication.objects.visible_to(request.user).select_related("fund__unit")
    row = get_object_or_404(rows, pk=pk)
    lines = publications.published(row).select_related("payment__purpose").order_by("paid_on", "pk")
    return render(request, "funds/publication_print.html", {"row": row, "lines": lines, "events": timeline(row)})


urlpatterns = [
    path("periods/", LIST(PeriodList.as_view()), name="period_list"),
    path("periods/<int:pk>/", period_detail, name="period_detail"),
    path("periods/<int:pk>/reopen/", period_reopen, name="period_reopen"),
    path("funds/<int:pk>/close/", fund_close, name="fund_close"),
    path("budgets/", LIST(BudgetList.as_view()), name="budget_list"),
    path("funds/<int:pk>/budget/", budget_edit, name="budget_edit"),
    path("accountabilities/", LIST(AccountabilityList.as_view()), name="accountability_list"),
    path("accountabilities/new/", accountability_new, name="accountability_new"),
    path("accountabilities/<int:pk>/", accountability_detail, name="accountability_detail"),
    path("accountabilities/<int:pk>/end/", accountability_end, name="accountability_end"),
    path("publications/", LIST(PublicationList.as_view()), name="publication_list"),
    path("publications/<int:pk>/", publication_detail, name="publication_detail"),
    path("funds/<int:pk>/publish/", publication_new, name="publication_new"),
]
