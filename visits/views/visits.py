"""Pages of visits: list, card, planning many at once, and each verb for one and for many (BZ-20…BZ-25)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access
from carecore.access import Can
from carecore.listing import BulkVerb, ListingView
from carecore.models import User
from carecore.offers import offered, timeline
from carecore.views.acts import (
    field_errors,
    form_status,
    needs,
    perform,
    row_of,
    rows_of,
    submit_form,
    wants_json,
)
from carecore.views.entry import form_page, posted, reason_of, saved, way_back
from carecore.views.imports import ImportPages
from visits.filters.visits import VisitFilter
from visits.forms.visits import CarryOutForm, MeetNeedForm, PayForm, PlanForm
from visits.models import Visit
from visits.offers import VISIT_OFFERS
from visits.resources.pay_lists import PayListImport
from visits.tables.visits import VISIT_TONES, VisitTable
from visits.views.campaigns import may_prepare
from visits.workflow import visits
from visits.workflow.paying import prepare_payment

PICKED = "visits/visit_pick_form.html"


class VisitList(ListingView):
    title, table_class, filterset_class = "走访", VisitTable, VisitFilter

    def visible_rows(self, user: User) -> QuerySet[Visit]:
        return Visit.objects.visible_to(user).select_related("unit").defer("needs")

    def create_url(self, user: User) -> str:
        return reverse("visit_new") if access.may(user, Can.PLAN_VISITS) else ""

    def import_url(self, user: User) -> str:
        return reverse("visit_import") if access.may(user, Can.PLAN_VISITS) else ""

    def bulk_verbs(self, user: User) -> list[BulkVerb]:
        verbs = []
        plans, approves = access.may(user, Can.PLAN_VISITS), access.may(user, Can.APPROVE_VISITS)
        if approves:
            verbs.append(BulkVerb("批准", reverse("visits_approve")))
        if plans:
            verbs.append(BulkVerb("登记走访", reverse("visits_carry_out")))
        if may_prepare(user):
            verbs.append(BulkVerb("编制发放支付单", reverse("visits_pay")))
        if plans or approves:
            verbs.append(BulkVerb("取消", reverse("visits_cancel"), needs_reason=True, danger=True))
        return verbs


def _visible(request: HttpRequest) -> QuerySet[Visit]:
    related = ("unit", "campaign__fund__unit", "campaign__purpose", "person", "case__person", "line")
    return Visit.objects.visible_to(request.user).select_related(*related)


def visit_page(pk: int) -> str:
    return reverse("visit_detail", args=[pk])


@needs(Can.PLAN_VISITS, "GET", "POST")
def visit_new(request: HttpRequest) -> HttpResponse:
    """Plan one visit or many alike, in a campaign or after an event."""
    initial = {"campaign": number} if (number := request.GET.get("campaign", "")).isdecimal() else {}
    form = PlanForm(posted(request), user=request.user, initial=initial)
    if form.is_valid():
        facts = {"drafts": form.drafts, "campaign": form.cleaned_data["campaign"]}
        rows = submit_form(form, visits.plan_visits, by=request.user, **facts)
        if rows is not None:
            target = visit_page(rows[0].pk) if len(rows) == 1 else f"{reverse('visit_list')}?state=拟走访"
            return saved(request, rows[0], f"已安排{len(rows)}次走访,待批准", target)
    return form_page(request, form, "安排走访", reverse("visit_list"), submit="安排")


@needs(Can.SEE)
def visit_detail(request: HttpRequest, pk: int) -> HttpResponse:
    query = _visible(request).select_related("visited_unit", "planned_by", "approved_by", "line__payment")
    row, user = get_object_or_404(query, pk=pk), request.user
    confidential = access.may(user, Can.SEE_HARDSHIP, row.unit)
    context = {
        "row": row, "title": str(row), "tone": VISIT_TONES[row.state], "version": row.version, "events": timeline(row),
        "needs": row.needs if confidential else "", "confidential": confidential,
        "payment_visible": row.line_id and access.may(user, Can.SEE, row.line.payment.fund.unit),
        "campaign_visible": row.campaign_id is not None,
        "verbs": offered(user, row, row.unit, VISIT_OFFERS, forms={
            "visit_carry_out": CarryOutForm(auto_id="made_%s"), "visit_meet_need": MeetNeedForm(auto_id="met_%s"),
        }),
    }  # fmt: skip
    return render(request, "visits/visit_detail.html", context)


# One visit -------------------------------------------------------------------------------------------------


@needs(Can.APPROVE_VISITS, "POST")
def visit_approve(request: HttpRequest, pk: int) -> HttpResponse:
    rows = [row_of(request, _visible(request), pk)]
    return perform(request, visits.approve_visits, done="已批准", back=visit_page(pk), rows=rows)


@needs(Can.SEE, "POST")
def visit_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    facts = {"rows": [row_of(request, _visible(request), pk)], "reason": reason_of(request)}
    return perform(request, visits.cancel_visits, done="已取消", back=visit_page(pk), **facts)


@needs(Can.PLAN_VISITS, "POST")
def visit_carry_out(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = row_of(request, _visible(request), pk), CarryOutForm(request.POST)
    return _filled(request, form, visits.carry_out, f"登记走访{row}", row, "走访已登记", rows=[row])


@needs(Can.PLAN_VISITS, "POST")
def visit_meet_need(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = row_of(request, _visible(request), pk), MeetNeedForm(request.POST)
    return _filled(request, form, visits.meet_need, "办结帮扶措施", row, "帮扶措施已办结", visit=row)


def _filled(
    request: HttpRequest, form: Form, verb: Callable[..., Any], title: str, row: Visit, done: str, **facts: Any
) -> HttpResponse:
    """Carry out a verb whose fields stand on the card; a form that does not fit comes back on its own page."""
    if form.is_valid() and submit_form(form, verb, by=request.user, **facts, **form.cleaned_data) is not None:
        return saved(request, row, done, visit_page(row.pk))
    return form_page(request, form, title, visit_page(row.pk), row)


# Many visits -----------------------------------------------------------------------------------------------


@needs(Can.APPROVE_VISITS, "POST")
def visits_approve(request: HttpRequest) -> HttpResponse:
    rows = rows_of(request, _visible(request))
    back = reverse("visit_list")
    return perform(request, visits.approve_visits, done=f"已批准{len(rows)}次走访", back=back, rows=rows)


@needs(Can.SEE, "POST")
def visits_cancel(request: HttpRequest) -> HttpResponse:
    facts = {"rows": rows_of(request, _visible(request)), "reason": reason_of(request)}
    if not facts["rows"]:
        return _none(request, visits.cancel_visits, **facts)
    back = reverse("visit_list")
    return perform(request, visits.cancel_visits, done=f"已取消{len(facts['rows'])}次走访", back=back, **facts)


@needs(Can.PLAN_VISITS, "POST")
def visits_carry_out(request: HttpRequest) -> HttpResponse:
    """The picked visits were made on one day: first the form, then the verb."""
    rows = rows_of(request, _visible(request))
    if not rows:
        return _none(request, visits.carry_out, rows=rows, done_on=None)
    form = CarryOutForm(request.POST if "done_on" in request.POST else None)
    return _picked(request, form, visits.carry_out, rows, f"登记走访({len(rows)}次)", "登记", f"已登记{len(rows)}次走访")


@needs(Can.SEE, "POST")
def visits_pay(request: HttpRequest) -> HttpResponse:
    """The picked visits in one payment: first the form, then the verb."""
    rows = rows_of(request, _visible(request))
    if not rows:
        return _none(request, prepare_payment, rows=rows, subject="")
    data = request.POST if "subject" in request.POST else None
    form = PayForm(data, user=request.user, campaign=rows[0].campaign)
    if form.is_valid():
        payment = submit_form(form, prepare_payment, by=request.user, rows=rows, **form.terms)
        if payment is not None:
            return saved(request, payment, "支付单已编制", reverse("payment_detail", args=[payment.pk]))
    return _pick_page(request, form, rows, f"发放慰问金({len(rows)}次)", "编制支付单")


def _none(request: HttpRequest, verb: Callable[..., Any], **facts: Any) -> HttpResponse:
    """Nothing was ticked: the verb itself says so."""
    return perform(request, verb, done="", back=reverse("visit_list"), **facts)


def _picked(
    request: HttpRequest, form: Form, verb: Callable[..., Any], rows: Sequence[Visit], title: str, submit: str, done: str
) -> HttpResponse:
    if form.is_valid() and submit_form(form, verb, by=request.user, rows=rows, **form.cleaned_data) is not None:
        return saved(request, rows[0], done, reverse("visit_list"))
    return _pick_page(request, form, rows, title, submit)


def _pick_page(request: HttpRequest, form: Form, rows: Sequence[Visit], title: str, submit: str) -> HttpResponse:
    if form.is_bound and wants_json(request):
        return field_errors(form)
    back = way_back(request, reverse("visit_list"))
    context = {"form": form, "rows": rows, "title": title, "submit": submit, "back": back, "next": request.POST.get("next")}
    return render(request, PICKED, context, status=form_status(form))


LIST = needs(Can.SEE, "GET", "HEAD", "POST")
urlpatterns = [
    path("visits/", LIST(VisitList.as_view()), name="visit_list"),
    path("visits/new/", visit_new, name="visit_new"),
    path("visits/approve/", visits_approve, name="visits_approve"),
    path("visits/carry_out/", visits_carry_out, name="visits_carry_out"),
    path("visits/cancel/", visits_cancel, name="visits_cancel"),
    path("visits/pay/", visits_pay, name="visits_pay"),
    path("visits/<int:pk>/", visit_detail, name="visit_detail"),
    path("visits/<int:pk>/approve/", visit_approve, name="visit_approve"),
    path("visits/<int:pk>/carry_out/", visit_carry_out, name="visit_carry_out"),
    path("visits/<int:pk>/meet_need/", visit_meet_need, name="visit_meet_need"),
    path("visits/<int:pk>/cancel/", visit_cancel, name="visit_cancel"),
    *ImportPages(PayListImport).paths("visits/"),
]
