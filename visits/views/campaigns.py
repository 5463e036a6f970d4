"""Pages of campaigns: list, card with its visits by state, forms, paying what was made (BZ-19)."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access, documents
from carecore.access import Can
from carecore.listing import ListingView
from carecore.models import User
from carecore.offers import offered, timeline
from carecore.views.acts import needs, perform, row_of, submit_form
from carecore.views.entry import fetch, form_page, posted, saved, shown_version
from funds.models import Payment
from visits.filters.visits import CampaignFilter
from visits.forms.campaigns import CampaignForm
from visits.forms.visits import PayForm
from visits.models import Campaign, CampaignState, PayList, Visit, VisitState
from visits.offers import CAMPAIGN_OFFERS
from visits.tables.visits import CAMPAIGN_TONES, VISIT_TONES, CampaignTable
from visits.workflow import campaigns
from visits.workflow.paying import prepare_payment

PREPARING = (Can.PAY, Can.ACCEPT)


def may_prepare(user: User) -> bool:
    """Whether the user prepares payments anywhere."""
    return any(access.may(user, right) for right in PREPARING)


class CampaignList(ListingView):
    title, table_class, filterset_class = "走访活动", CampaignTable, CampaignFilter

    def visible_rows(self, user: User) -> QuerySet[Campaign]:
        return Campaign.objects.visible_to(user).select_related("unit", "fund")

    def create_url(self, user: User) -> str:
        return reverse("campaign_new") if access.may(user, Can.KEEP_CAMPAIGNS) else ""


def _campaigns(request: HttpRequest) -> QuerySet[Campaign]:
    return Campaign.objects.visible_to(request.user).select_related("unit", "fund__unit", "purpose", "opened_by")


@needs(Can.KEEP_CAMPAIGNS, "GET", "POST")
def campaign_new(request: HttpRequest) -> HttpResponse:
    form = CampaignForm(posted(request), user=request.user)
    if form.is_valid():
        row = submit_form(form, campaigns.open_campaign, by=request.user, **form.terms)
        if row is not None:
            return saved(request, row, "走访活动已编制", reverse("campaign_detail", args=[row.pk]))
    return form_page(request, form, "编制走访活动", reverse("campaign_list"))


@needs(Can.KEEP_CAMPAIGNS, "GET", "POST")
def campaign_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, back = get_object_or_404(_campaigns(request), pk=pk), reverse("campaign_detail", args=[pk])
    form, version = CampaignForm(posted(request), user=request.user, campaign=row), shown_version(request, row)
    if form.is_valid():
        facts = {"campaign": row_of(request, _campaigns(request), pk), **form.terms}
        if submit_form(form, campaigns.amend_campaign, by=request.user, **facts) is not None:
            return saved(request, row, "走访活动已修改", back)
    return form_page(request, form, f"修改{row}", back, version=version)


@needs(Can.SEE)
def campaign_detail(request: HttpRequest, pk: int) -> HttpResponse:
    row, user = get_object_or_404(_campaigns(request), pk=pk), request.user
    keeps = access.may(user, Can.KEEP_CAMPAIGNS, row.unit) and row.state == CampaignState.OPEN
    visible = Visit.objects.visible_to(user).filter(campaign=row)
    lists = PayList.objects.visible_to(user).filter(campaign=row)
    context = {
        "campaign": row, "title": str(row), "tone": CAMPAIGN_TONES[row.state], "version": row.version,
        "sums": _sums(visible), "lists": lists, "editable": keeps, "events": timeline(row),
        "plannable": access.may(user, Can.PLAN_VISITS) and row.state == CampaignState.OPEN,
        "payable": any(access.may(user, right, row.fund.unit) for right in PREPARING)
        and visible.filter(state=VisitState.DONE, money__gt=0).exists(),
        "verbs": offered(user, row, row.unit, CAMPAIGN_OFFERS),
    }  # fmt: skip
    return render(request, "visits/campaign_detail.html", context)


def _sums(rows: QuerySet[Visit]) -> list[dict[str, Any]]:
    """How many visits stand in each state, with their money and goods, in the order of the states."""
    found = rows.order_by().values("state").annotate(
        count=Count("pk"), money_sum=Sum("money"), total_sum=Sum(F("money") + F("goods_value"))
    )  # fmt: skip
    by_state = {one["state"]: {**one, "tone": VISIT_TONES[one["state"]]} for one in found}
    return [by_state[state] for state in VisitState.values if state in by_state]


@needs(Can.KEEP_CAMPAIGNS, "POST")
def campaign_close(request: HttpRequest, pk: int) -> HttpResponse:
    row, back = row_of(request, _campaigns(request), pk), reverse("campaign_detail", args=[pk])
    return perform(request, campaigns.close_campaign, done="走访活动已结束", back=back, campaign=row)


@needs(Can.SEE, "GET", "POST")
def campaign_pay(request: HttpRequest, pk: int) -> HttpResponse:
    """List the money of every visit that was made, and prepare its payment."""
    row, back = fetch(request, _campaigns(request), pk), reverse("campaign_detail", args=[pk])
    visits = list(Visit.objects.visible_to(request.user).filter(campaign=row, state=VisitState.DONE, money__gt=0))
    form = PayForm(posted(request), user=request.user, campaign=row)
    if form.is_valid():
        payment = submit_form(form, prepare_payment, by=request.user, rows=visits, **form.terms)
        if payment is not None:
            return saved(request, payment, "支付单已编制", reverse("payment_detail", args=[payment.pk]))
    total = sum(visit.money for visit in visits)
    intro = [f"已走访待发放{len(visits)}笔,慰问金共{total}元。编制后在支付单中支付、打印签领表。"]
    return form_page(request, form, f"发放{row}金", back, row, submit="编制支付单", intro=intro)


@needs(Can.SEE)
def pay_list_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What visits are paid with one list, and where its payments stand."""
    rows = PayList.objects.visible_to(request.user).select_related("unit", "campaign", "made_by")
    row, user = get_object_or_404(rows, pk=pk), request.user
    kept = Payment.objects.filter(document_kind=PayList._meta.label_lower, document_id=row.pk).order_by("pk")
    visible = Visit.objects.visible_to(user).filter(line__payment__in=kept).select_related("unit", "line")
    context = {
        "row": row, "title": f"{row} {row.subject}", "events": timeline(row), "visits": visible.order_by("line__number"),
        "payments": [(one, documents.link(user, one._meta.label_lower, one.pk)) for one in kept],
    }  # fmt: skip
    return render(request, "visits/pay_list_detail.html", context)


LIST = needs(Can.SEE, "GET", "HEAD", "POST")
urlpatterns = [
    path("campaigns/", LIST(CampaignList.as_view()), name="campaign_list"),
    path("campaigns/new/", campaign_new, name="campaign_new"),
    path("campaigns/<int:pk>/", campaign_detail, name="campaign_detail"),
    path("campaigns/<int:pk>/edit/", campaign_edit, name="campaign_edit"),
    path("campaigns/<int:pk>/close/", campaign_close, name="campaign_close"),
    path("campaigns/<int:pk>/pay/", campaign_pay, name="campaign_pay"),
    path("pay_lists/<int:pk>/", pay_list_detail, name="pay_list_detail"),
]
