"""Pages of money from fund to fund: list, sending, confirmation, the end of a fund (SX-4)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore.access import Can
from carecore.listing import ListingView
from carecore.models import User
from carecore.offers import Offer, offered, timeline
from carecore.separation import accounts_of
from carecore.templatetags.care import cn_date, money
from carecore.views.acts import LIST, needs, perform, row_of, submit_form
from carecore.views.entry import form_page, posted, saved
from funds.filters.registers import GrantFilter
from funds.forms.registers import GrantForm, LapseForm
from funds.models import Fund, Grant, GrantState
from funds.tables.registers import GRANT_TONES, GrantTable
from funds.workflow import grants


def _not_confirmable(user: User, grant: Grant) -> str:
    return "拨款由您拨付,请由拨入单位的其他人员确认" if grant.sent_by_id in accounts_of(user) else ""


OFFERS = (Offer("确认到账", "grant_confirm", (Can.KEEP_FUNDS,), (GrantState.SENT,), why=_not_confirmable),)


class GrantList(ListingView):
    title, table_class, filterset_class = "资金拨付", GrantTable, GrantFilter

    def visible_rows(self, user: User) -> QuerySet[Grant]:
        return _grants(user)


def _grants(user: User) -> QuerySet[Grant]:
    return Grant.objects.visible_to(user).select_related("from_fund__unit", "to_fund__unit", "sent_by", "received_by")


def _fund(request: HttpRequest, pk: int) -> Fund:
    return get_object_or_404(Fund.objects.visible_to(request.user).select_related("unit", "parent__unit"), pk=pk)


@needs(Can.MANAGE_FUNDS, "GET", "POST")
def grant_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Send money from this fund to one of its children."""
    fund, back = _fund(request, pk), reverse("grant_list")
    form = GrantForm(posted(request), fund=fund)
    if form.is_valid():
        facts = {"from_fund": fund, **form.cleaned_data}
        grant = submit_form(form, grants.pass_down, by=request.user, **facts)
        if grant is not None:
            return saved(request, grant, "已拨付,待对方确认到账", reverse("grant_detail", args=[grant.pk]))
    return form_page(request, form, f"从{fund}拨付下级", back, submit="拨付")


@needs(Can.MANAGE_FUNDS, "GET", "POST")
def fund_lapse(request: HttpRequest, pk: int) -> HttpResponse:
    """End a fund; what is left is swept up."""
    fund, back = _fund(request, pk), reverse("grant_list")
    form = LapseForm(posted(request), fund=fund)
    if form.is_valid():
        facts = {"fund": row_of(request, Fund.objects.visible_to(request.user), pk), **form.cleaned_data}
        if submit_form(form, grants.lapse, by=request.user, **facts) is not None:
            return saved(request, fund, f"{fund}已结束", back)
    return form_page(request, form, f"结束{fund}", back, fund, submit="结束资金")


@needs(Can.SEE)
def grant_detail(request: HttpRequest, pk: int) -> HttpResponse:
    grant = get_object_or_404(_grants(request.user), pk=pk)
    facts = [
        ("类型", grant.kind), ("金额", f"{money(grant.amount)}元"), ("文号", grant.reference),
        ("拨出资金", f"{grant.from_fund}({grant.from_fund.unit})"),
        ("拨付日期", cn_date(grant.sent_on)), ("拨付人", grant.sent_by),
        ("拨入资金", f"{grant.to_fund}({grant.to_fund.unit})"),
        ("到账日期", cn_date(grant.received_on)), ("确认到账人", grant.received_by),
    ]  # fmt: skip
    context = {
        "title": str(grant), "state": grant.state, "tone": GRANT_TONES[grant.state], "facts": facts, "document": grant,
        "verbs": offered(request.user, grant, grant.to_fund.unit, OFFERS), "version": grant.version,
        "events": timeline(grant),
    }  # fmt: skip
    return render(request, "funds/register_detail.html", context)


@needs(Can.KEEP_FUNDS, "POST")
def grant_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    facts = {"grant": row_of(request, _grants(request.user), pk)}
    back = reverse("grant_detail", args=[pk])
    return perform(request, grants.confirm_arrival, done="已确认到账", back=back, **facts)


urlpatterns = [
    path("grants/", LIST(GrantList.as_view()), name="grant_list"),
    path("grants/<int:pk>/", grant_detail, name="grant_detail"),
    path("grants/<int:pk>/confirm/", grant_confirm, name="grant_confirm"),
    path("funds/<int:pk>/pass_down/", grant_new, name="grant_new"),
    path("funds/<int:pk>/lapse/", fund_lapse, name="fund_lapse"),
]

