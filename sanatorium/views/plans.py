"""Pages of the year's plan and its places."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access, clock
from carecore.access import Can
from carecore.listing import ListingView
from carecore.models import Severity, Unit, User
from carecore.offers import Offer, offered, timeline
from carecore.views.acts import field_errors, form_status, needs, perform, row_of, submit_form, wants_json
from carecore.views.entry import form_page, posted, reason_of, saved, shown_version
from sanatorium.filters.plans import PlanFilter, QuotaFilter
from sanatorium.forms.allocation import AllocateForm, lines
from sanatorium.forms.plans import PlanForm, ReturnForm, TransferForm
from sanatorium.models import Plan, PlanState, UnitQuota
from sanatorium.tables.plans import PLAN_TONES, PlanTable, QuotaTable
from sanatorium.workflow import plans

DRAFT, PUBLISHED, CLOSED = PlanState
SHOWN = 200  # so many units stand on one form; a longer list is narrowed by name


def _not_publishable(user: User, plan: Plan) -> str:
    """Why the plan cannot be published as it is: the verb's own check is asked."""
    split = {share.quota_class: share.places for share in plan.class_quotas.all()}
    found = plans.check_split(plan, split)
    return next((finding.message for finding in found if finding.severity == Severity.BLOCK), "")


OFFERS = (
    Offer("下达计划", "plan_publish", (Can.PLAN,), (DRAFT,), why=_not_publishable),
    Offer("复制为下一年度计划", "plan_copy", (Can.PLAN,), (PUBLISHED, CLOSED)),
    Offer("结束本年度", "plan_close", (Can.PLAN,), (PUBLISHED,), danger=True),
)


class PlanList(ListingView):
    title, table_class, filterset_class = "年度计划", PlanTable, PlanFilter

    def visible_rows(self, user: User) -> QuerySet[Plan]:
        return Plan.objects.visible_to(user).select_related("unit")

    def create_url(self, user: User) -> str:
        return reverse("plan_new") if access.may(user, Can.PLAN) else ""


class QuotaList(ListingView):
    title, table_class, filterset_class = "单位名额", QuotaTable, QuotaFilter

    def visible_rows(self, user: User) -> QuerySet[UnitQuota]:
        return UnitQuota.objects.visible_to(user).select_related("unit", "class_quota__plan")

    def import_url(self, user: User) -> str:
        return reverse("quota_import") if access.may(user, Can.PLAN) else ""


def _home_unit(user: User) -> Unit:
    """The unit whose plans this user draws up: the head of the first subtree."""
    return Unit.objects.get(path=access.scope(user, Can.PLAN)[0])


def _plans(request: HttpRequest) -> QuerySet[Plan]:
    return Plan.objects.visible_to(request.user).select_related("unit")


@needs(Can.PLAN, "GET", "POST")
def plan_new(request: HttpRequest) -> HttpResponse:
    unit = _home_unit(request.user)
    form = PlanForm(posted(request), unit=unit)
    if form.is_valid():
        data = form.cleaned_data
        facts = {"unit": unit, "year": data["year"], "total": data["total"], "request_id": data["request_id"]}
        plan = submit_form(form, plans.open_plan, by=request.user, split=form.split, **facts)
        if plan is not None:
            return saved(request, plan, "计划已编制,请分配名额后下达", reverse("plan_detail", args=[plan.pk]))
    return form_page(request, form, "编制年度计划", reverse("plan_list"))


@needs(Can.PLAN, "GET", "POST")
def plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    plan, back = get_object_or_404(_plans(request), pk=pk), reverse("plan_detail", args=[pk])
    form = PlanForm(posted(request), unit=plan.unit, plan=plan)
    version = shown_version(request, plan)
    if form.is_valid():
        facts = {"plan": row_of(request, _plans(request), pk), "total": form.cleaned_data["total"]}
        if submit_form(form, plans.amend_plan, by=request.user, split=form.split, **facts) is not None:
            return saved(request, plan, "计划已修改", back)
    return form_page(request, form, f"修改{plan}", back, version=version)


@needs(Can.SEE)
def plan_detail(request: HttpRequest, pk: int) -> HttpResponse:
    plan, user = get_object_or_404(_plans(request), pk=pk), request.user
    quotas = UnitQuota.objects.visible_to(user).filter(class_quota__plan=plan)
    quotas = quotas.select_related("unit").order_by("class_quota_id", "unit__path")
    context = {
        "plan": plan, "title": str(plan), "tone": PLAN_TONES[plan.state],
        "classes": plan.class_quotas.all(), "chart": [_bar(quota) for quota in quotas],
        "verbs": offered(user, plan, plan.unit, OFFERS), "version": plan.version,
        "may_plan": access.may(user, Can.PLAN, plan.unit), "editable": plan.state == DRAFT,
        "open": plan.state != CLOSED, "may_export": access.may(user, Can.EXPORT_FULL, plan.unit),
        "events": timeline(plan),
    }  # fmt: skip
    return render(request, "sanatorium/plan_detail.html", context)


def _bar(quota: UnitQuota) -> dict[str, Any]:
    """One line of the picture: what a unit used of the places it keeps itself, so that the lines add up."""
    url = reverse("quota_detail", args=[quota.pk])
    return {"label": quota.unit.name, "value": quota.used, "maximum": quota.own, "url": url}


def _plan(request: HttpRequest, pk: int) -> Plan:
    return row_of(request, _plans(request), pk)


@needs(Can.PLAN, "POST")
def plan_publish(request: HttpRequest, pk: int) -> HttpResponse:
    facts = {"plan": _plan(request, pk), "reason": reason_of(request)}
    return perform(
        request, plans.publish_plan, done="计划已下达", back=reverse("plan_detail", args=[pk]), **facts
    )


@needs(Can.PLAN, "POST")
def plan_close(request: HttpRequest, pk: int) -> HttpResponse:
    back = reverse("plan_detail", args=[pk])
    return perform(request, plans.close_plan, done="本年度已结束", back=back, plan=_plan(request, pk))


@needs(Can.PLAN, "POST")
def plan_copy(request: HttpRequest, pk: int) -> HttpResponse:
    plan = _plan(request, pk)
    facts = {"plan": plan, "year": plan.year + 1}
    done = f"已复制为{plan.year + 1}年度计划,请核对后下达"
    return perform(request, plans.copy_plan, done=done, back=reverse("plan_list"), **facts)


@needs(Can.PLAN, "GET", "POST")
def plan_allocate(request: HttpRequest, pk: int) -> HttpResponse:
    """All units that hold places, a number for each; `?unit=` narrows a long list; another unit by name."""
    plan, back = get_object_or_404(_plans(request), pk=pk), reverse("plan_detail", args=[pk])
    classes = list(plan.class_quotas.all())
    held = UnitQuota.objects.filter(class_quota__plan=plan).select_related("unit")
    found = lines(classes, held.order_by("class_quota_id", "unit__path"))
    asked = request.GET.get("unit", "").strip()[:50]
    shown = [line for line in found if asked in line.unit.name or asked == line.unit.code]
    hint = ";".join(f"“{share.quota_class}”尚可分配{share.free}个" for share in classes)
    form = AllocateForm(posted(request), user=request.user, right=Can.PLAN, lines=shown[:SHOWN], hint=hint)
    version = shown_version(request, plan)
    if form.is_valid():
        facts = {"plan": _plan(request, pk), "shares": form.shares}
        if submit_form(form, plans.allocate, by=request.user, **facts) is not None:
            return saved(request, plan, "名额已分配", back)
    context = {"version": version, "plan": plan, "asked": asked, "found": len(shown), "shown": SHOWN}
    return form_page(
        request, form, f"分配{plan}名额", back, template="sanatorium/plan_allocate.html", **context
    )


@needs(Can.SEE)
def quota_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _quota_page(request, get_object_or_404(_quotas(request), pk=pk))


def _quotas(request: HttpRequest) -> QuerySet[UnitQuota]:
    return UnitQuota.objects.visible_to(request.user).select_related("unit", "class_quota__plan__unit")


def _quota_page(request: HttpRequest, quota: UnitQuota, **forms: Form) -> HttpResponse:
    """The places of a unit, what it passed down, and the forms that this user may fill in; `forms`: sent ones."""
    plan, user = quota.class_quota.plan, request.user
    below = list(_below(quota))
    context = {
        "quota": quota, "title": str(quota), "plan": plan, "below": below,
        "forms": {**_quota_forms(user, quota, below), **forms}, "events": timeline(quota),
        "version": quota.version,
        "plan_version": shown_version(request, plan) if "pass_down" in forms else plan.version,
    }  # fmt: skip
    sent = next(iter(forms.values()), None)
    status = 200 if sent is None else form_status(sent)
    return render(request, "sanatorium/quota_detail.html", context, status=status)


def _below(quota: UnitQuota) -> QuerySet[UnitQuota]:
    """Places of the units below, in the same class."""
    rows = UnitQuota.objects.filter(class_quota=quota.class_quota, unit__path__startswith=quota.unit.path)
    return rows.exclude(pk=quota.pk).select_related("unit").order_by("unit__path")


def _quota_forms(user: User, quota: UnitQuota, below: list[UnitQuota]) -> dict[str, Form]:
    """What may be done with these places by this user, while the plan is open."""
    plan, forms = quota.class_quota.plan, {}
    plans_it, passes = access.may(user, Can.PLAN, plan.unit), access.may(user, Can.PASS_DOWN, quota.unit)
    if plan.state == CLOSED:
        return {}
    if passes and Unit.objects.under([quota.unit.path]).exclude(pk=quota.unit_id).exists():
        forms["pass_down"] = _pass_down_form(user, quota, below)
    if (plans_it or passes) and plan.state == PUBLISHED and quota.free:
        forms["return"] = ReturnForm(quota=quota, auto_id="return_%s")
    if plans_it and quota.free:
        forms["transfer"] = TransferForm(user=user, quota=quota, auto_id="transfer_%s")
    return forms


def _pass_down_form(user: User, quota: UnitQuota, below: list[UnitQuota], data: Any = None) -> AllocateForm:
    """The units below that hold places, and every child that may be given some."""
    share = quota.class_quota
    children = Unit.objects.filter(parent=quota.unit, quota_class=share.quota_class).valid_on(clock.today())
    found = [line for line in lines([share], [quota, *below], children) if line.unit != quota.unit]
    hint = f"{quota.unit}尚可下拨{quota.free}个"
    return AllocateForm(data, user=user, right=Can.PASS_DOWN, lines=found[:SHOWN], hint=hint)


@needs(Can.PLAN, "POST")
def quota_transfer(request: HttpRequest, pk: int) -> HttpResponse:
    quota = row_of(request, _quotas(request), pk)
    form = TransferForm(request.POST, user=request.user, quota=quota, auto_id="transfer_%s")
    if form.is_valid():
        facts = {"source": quota, **form.cleaned_data}
        if submit_form(form, plans.transfer, by=request.user, **facts) is not None:
            return saved(request, quota, "名额已调剂", reverse("quota_detail", args=[pk]))
    return _quota_form_page(request, quota, "transfer", form)


@needs(Can.SEE, "POST")
def quota_return(request: HttpRequest, pk: int) -> HttpResponse:
    quota = row_of(request, _quotas(request), pk)
    form = ReturnForm(request.POST, quota=quota, auto_id="return_%s")
    if form.is_valid():
        facts = {"quota": quota, "places": form.cleaned_data["places"]}
        if submit_form(form, plans.return_places, by=request.user, **facts) is not None:
            return saved(request, quota, "名额已退回", reverse("quota_detail", args=[pk]))
    return _quota_form_page(request, quota, "return", form)


@needs(Can.SEE, "POST")
def quota_pass_down(request: HttpRequest, pk: int) -> HttpResponse:
    """Give units below their places out of this unit's own; the version sent is the plan's."""
    quota = get_object_or_404(_quotas(request), pk=pk)
    form = _pass_down_form(request.user, quota, list(_below(quota)), request.POST)
    if form.is_valid():
        facts = {"plan": row_of(request, _plans(request), quota.class_quota.plan_id), "shares": form.shares}
        if submit_form(form, plans.allocate, by=request.user, **facts) is not None:
            return saved(request, quota, "名额已下拨", reverse("quota_detail", args=[pk]))
    return _quota_form_page(request, quota, "pass_down", form)


def _quota_form_page(request: HttpRequest, quota: UnitQuota, name: str, form: Form) -> HttpResponse:
    """The unit's page with a form that was not carried out, or its errors as JSON."""
    return field_errors(form) if wants_json(request) else _quota_page(request, quota, **{name: form})


LIST = needs(Can.SEE, "GET", "HEAD", "POST")

urlpatterns = [
    path("plans/", LIST(PlanList.as_view()), name="plan_list"),
    path("plans/new/", plan_new, name="plan_new"),
    path("plans/<int:pk>/", plan_detail, name="plan_detail"),
    path("plans/<int:pk>/edit/", plan_edit, name="plan_edit"),
    path("plans/<int:pk>/publish/", plan_publish, name="plan_publish"),
    path("plans/<int:pk>/close/", plan_close, name="plan_close"),
    path("plans/<int:pk>/copy/", plan_copy, name="plan_copy"),
    path("plans/<int:pk>/allocate/", plan_allocate, name="plan_allocate"),
    path("quotas/", LIST(QuotaList.as_view()), name="quota_list"),
    path("quotas/<int:pk>/", quota_detail, name="quota_detail"),
    path("quotas/<int:pk>/transfer/", quota_transfer, name="quota_transfer"),
    path("quotas/<int:pk>/return/", quota_return, name="quota_return"),
    path("quotas/<int:pk>/pass_down/", quota_pass_down, name="quota_pass_down"),
]
