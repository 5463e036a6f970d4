"""Venues, batches and costs in the admin (BZ-7, BZ-8, BZ-10 to BZ-12, BZ-16)."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db import models

from carecore.access import Can, scope
from carecore.care_admin import CareAdmin, VerbForm
from carecore.forms.fields import DayField, UnitField
from carecore.models import Unit, User
from carecore.models.units import within
from sanatorium.models import (
    COST_KINDS,
    Batch,
    BatchState,
    Cost,
    Nomination,
    Plan,
    PlanState,
    State,
    Venue,
    VenueState,
)
from sanatorium.rules.money import CostLine
from sanatorium.workflow import batches, settlement, venues
from sanatorium.workflow.batches import TERMS

COSTS = ("sanatorium.cost_person_year", "sanatorium.cost_person_day", "sanatorium.cost_person_trip")


class VenueForm(VerbForm):
    unit = UnitField(label="管理单位", help_text="单位名称或代码")


class VenueAdmin(CareAdmin):
    form = VenueForm
    adds = changes = Can.KEEP_VENUES
    edit_fields = venues.FACTS
    add_fields = ("unit", *venues.FACTS)
    shown_fields = ("unit", "state", "state_on", "state_reason")
    limited = {"union_owned": ("sanatorium.union_venue",), "in_province": ("sanatorium.out_of_province",)}
    list_display = ("name", "state", "in_province", "union_owned", "capacity", "tags")
    search_fields = ("name",)

    def may_edit(self, row: Venue) -> bool:
        return row.state != VenueState.REMOVED

    def carry_out(self, by: User, form: VerbForm, row: Venue | None) -> Venue:
        facts = form.facts(*venues.FACTS)
        if row is not None:
            return venues.amend_venue(by=by, venue=row, **facts)
        return venues.apply_venue(by=by, unit=form.cleaned_data["unit"], **facts)


class BatchForm(VerbForm):
    plan = forms.ModelChoiceField(Plan.objects.none(), label="年度计划", empty_label=None)
    venue = forms.ModelChoiceField(
        Venue.objects.none(), label="疗休养院", help_text="只列准入的疗休养院(BZ-16)"
    )
    ends_on = DayField(label="结束日期", help_text="首尾两天都计入天数")
    reason = forms.CharField(label="说明理由", max_length=200, required=False)

    def prepare(self) -> None:
        admitted = Venue.objects.visible_to(self.user).admitted()
        if "venue" in self.fields:
            known = Venue.objects.filter(pk=self.instance.venue_id) if self.instance.pk else admitted.none()
            self.fields["venue"].queryset = admitted | known
        if "plan" in self.fields:
            kept = Plan.objects.filter(within(scope(self.user, Can.ARRANGE), "unit__path"))
            self.fields["plan"].queryset = kept.filter(state=PlanState.PUBLISHED).select_related("unit")


class BatchAdmin(CareAdmin):
    form = BatchForm
    adds = changes = Can.ARRANGE
    edit_fields = (*TERMS, "reason")
    add_fields = ("plan", *edit_fields)
    shown_fields = (
        "plan", "state", "days", "days_min", "days_max", "cost_cap", "estimate", "seats", "opened_by",
        "approved_by", "closed_by", "total_cost", "total_self_paid", "fund", "voucher",
    )  # fmt: skip
    limited = {
        "starts_on": ("sanatorium.months", "sanatorium.deadline"), "ends_on": ("sanatorium.days",),
        "venue": ("sanatorium.union_venue", "sanatorium.out_of_province"),
        "capacity": ("sanatorium.group_size",),
    }  # fmt: skip
    list_display = ("number", "plan", "venue", "starts_on", "ends_on", "days", "seats", "capacity", "state")
    list_select_related = ("plan", "venue")

    def unit_of(self, row: Batch) -> Unit:
        return row.plan.unit

    def may_edit(self, row: Batch) -> bool:
        return row.state == BatchState.ARRANGING

    def carry_out(self, by: User, form: VerbForm, row: Batch | None) -> Batch:
        if row is None:
            return batches.open_batch(by=by, **form.facts(*self.add_fields))
        return batches.amend_batch(by=by, batch=row, **form.facts(*self.edit_fields))


class CostForm(VerbForm):
    nomination = forms.ModelChoiceField(
        Nomination.objects.none(), label="推荐人选编号", widget=forms.NumberInput,
        help_text="已参加人员的推荐编号,见推荐人选页面的地址",
    )  # fmt: skip

    def prepare(self) -> None:
        if "nomination" in self.fields:
            came = Nomination.objects.visible_to(self.user).filter(state=State.ATTENDED, cost=None)
            self.fields["nomination"].queryset = came.select_related("batch")


class CostAdmin(CareAdmin):
    form = CostForm
    adds = changes = Can.SETTLE
    edit_fields = (*COST_KINDS, "self_paid", "note")
    add_fields = ("nomination", *edit_fields)
    shown_fields = ("nomination", "total", "cap", "recorded_by")
    limited = {"self_paid": ("sanatorium.self_pay",), "transport": COSTS,
               "note": ("sanatorium.cash_forbidden", "sanatorium.cash_words")}  # fmt: skip
    list_display = ("nomination", "batch", *COST_KINDS, "self_paid", "total", "cap")
    list_select_related = ("nomination__batch__plan__unit", "nomination__unit")
    search_fields = ("nomination__name",)

    @admin.display(description="合计(元)")
    def total(self, row: Cost) -> str:
        return f"{row.total}"

    @admin.display(description="批次")
    def batch(self, row: Cost) -> str:
        return str(row.nomination.batch)

    def visible(self, user: User) -> models.QuerySet[Cost]:
        return Cost.objects.filter(within(scope(user, Can.SEE), "nomination__unit__path"))

    def unit_of(self, row: Cost) -> Unit:
        return row.nomination.batch.plan.unit

    def may_edit(self, row: Cost) -> bool:
        return row.nomination.batch.state == BatchState.ATTENDED

    def carry_out(self, by: User, form: VerbForm, row: Cost | None) -> Cost:
        nomination = row.nomination if row else form.cleaned_data["nomination"]
        amounts = {name: form.cleaned_data[name] for name in (*COST_KINDS, "self_paid")}
        line = CostLine(
            nomination, note=form.cleaned_data["note"], version=row.version if row else 0, **amounts
        )
        settlement.settle(by=by, batch=nomination.batch, lines=[line])
        return Cost.objects.get(nomination=nomination)
