"""The year's plan and its places in the admin (BZ-3, BZ-4)."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from carecore.access import Can, may, scope
from carecore.care_admin import CareAdmin, VerbForm
from carecore.forms.fields import UnitField
from carecore.models import QuotaClass, User
from carecore.models.units import within
from sanatorium.models import ClassQuota, Plan, PlanState, UnitQuota
from sanatorium.workflow import plans
from sanatorium.workflow.plans import Share

MOST_PLACES = 1_000_000


def places(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=MOST_PLACES)


class PlanForm(VerbForm):
    unit = UnitField(label="主办单位", help_text="单位名称或代码")
    organ = places(QuotaClass.ORGAN.label)
    frontline = places(QuotaClass.FRONTLINE.label)

    def prepare(self) -> None:
        if self.instance.pk:
            held = {share.quota_class: share.places for share in self.instance.class_quotas.all()}
            self.initial |= {"organ": held[QuotaClass.ORGAN], "frontline": held[QuotaClass.FRONTLINE]}

    @property
    def split(self) -> dict[str, int]:
        """Places by class."""
        data = self.cleaned_data
        return {QuotaClass.ORGAN: data["organ"], QuotaClass.FRONTLINE: data["frontline"]}


class PlanAdmin(CareAdmin):
    form = PlanForm
    adds = changes = Can.PLAN
    add_fields = ("unit", "year", "total", "organ", "frontline")
    edit_fields = ("total", "organ", "frontline")
    shown_fields = ("unit", "year", "state", "note")
    limited = {"total": ("sanatorium.places",)}
    list_display = ("year", "unit", "total", "state")
    list_select_related = ("unit",)

    def may_edit(self, row: Plan) -> bool:
        return row.state == PlanState.DRAFT

    def carry_out(self, by: User, form: PlanForm, row: Plan | None) -> Plan:
        total = form.cleaned_data["total"]
        if row is not None:
            return plans.amend_plan(by=by, plan=row, total=total, split=form.split)
        return plans.open_plan(by=by, total=total, split=form.split, **form.facts("unit", "year"))


class ClassQuotaAdmin(CareAdmin):
    """Changed with its plan, and only while that is being drawn up."""

    shown_fields = ("plan", "quota_class", "places", "allocated")
    list_display = shown_fields
    list_select_related = ("plan",)

    def visible(self, user: User) -> models.QuerySet[ClassQuota]:
        return ClassQuota.objects.filter(plan__in=Plan.objects.visible_to(user))


class UnitQuotaForm(VerbForm):
    unit = UnitField(label="单位", help_text="单位名称或代码")
    class_quota = forms.ModelChoiceField(ClassQuota.objects.none(), label="类别名额")

    def prepare(self) -> None:
        if "class_quota" in self.fields:
            plans_kept = Plan.objects.filter(within(scope(self.user, Can.PLAN), "unit__path"))
            open_plans = plans_kept.exclude(state=PlanState.CLOSED)
            rows = ClassQuota.objects.filter(plan__in=open_plans).select_related("plan")
            self.fields["class_quota"].queryset = rows


class UnitQuotaAdmin(CareAdmin):
    form = UnitQuotaForm
    adds = changes = Can.PLAN
    add_fields = ("class_quota", "unit", "places")
    edit_fields = ("places",)
    shown_fields = ("class_quota", "unit", "used", "passed_down", "above")
    limited = {"places": ("sanatorium.places",)}
    list_display = ("unit", "class_quota", "places", "used", "passed_down", "free")
    list_select_related = ("unit", "class_quota__plan__unit")
    search_fields = ("unit__name",)

    @admin.display(description="可用")
    def free(self, row: UnitQuota) -> int:
        return row.free

    @admin.display(description="类别名额尚可分配")
    def above(self, row: UnitQuota) -> str:
        share = row.class_quota
        return f"{share.free}个(共{share.places}个,BZ-4)"

    def has_change_permission(self, request: HttpRequest, obj: UnitQuota | None = None) -> bool:
        """Whoever keeps the plan allocates, not whoever holds the unit."""
        if obj is None:
            return super().has_change_permission(request)
        plan = obj.class_quota.plan
        return plan.state != PlanState.CLOSED and may(request.user, Can.PLAN, plan.unit)

    def carry_out(self, by: User, form: VerbForm, row: UnitQuota | None) -> UnitQuota:
        asked = row or UnitQuota(**form.facts("class_quota", "unit"))
        share = Share(asked.unit, asked.class_quota.quota_class, form.cleaned_data["places"])
        plans.allocate(by=by, plan=asked.class_quota.plan, shares=[share])
        return UnitQuota.objects.get(class_quota=asked.class_quota, unit=asked.unit)
