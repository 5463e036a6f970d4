"""Nominations in the admin (BZ-5): typed and corrected as drafts; everything after that is the workflow's."""

from __future__ import annotations

from django import forms

from carecore import clock
from carecore.access import Can, scope
from carecore.care_admin import CareAdmin, VerbForm
from carecore.forms.fields import PersonField, PhoneField
from carecore.models import Unit, User
from carecore.policy import Rulebook
from sanatorium.models import Nomination, Plan, PlanState, State
from sanatorium.rules.nominations import Draft
from sanatorium.workflow import nominations
from sanatorium.workflow.nominations import FREE_FIELDS


class NominationForm(VerbForm):
    plan = forms.ModelChoiceField(Plan.objects.none(), label="年度计划", empty_label=None)
    person = PersonField(label="人选", help_text="填姓名,重名时按提示选择")
    ground = forms.ChoiceField(label="推荐类别")
    phone = PhoneField(label="联系电话", max_length=30, required=False)
    health = forms.CharField(label="健康状况", max_length=100, required=False)
    emergency_contact = forms.CharField(label="紧急联系人及电话", max_length=100, required=False)

    def prepare(self) -> None:
        if "plan" in self.fields:
            published = Plan.objects.visible_to(self.user).filter(state=PlanState.PUBLISHED)
            self.fields["plan"].queryset = published.select_related("unit")
        if "ground" in self.fields:
            limit = Rulebook(clock.today()).limit("sanatorium.grounds", self._unit())
            entries = limit.value if limit else []
            self.fields["ground"].choices = [(entry["code"], entry["label"]) for entry in entries]

    def _unit(self) -> Unit:
        if self.instance.pk:
            return self.instance.unit
        return Unit.objects.get(path=scope(self.user, Can.NOMINATE)[0])


class NominationAdmin(CareAdmin):
    form = NominationForm
    adds = changes = Can.NOMINATE
    add_fields = ("plan", "person", "ground", "post", *FREE_FIELDS)
    edit_fields = ("ground", "post", *FREE_FIELDS)
    shown_fields = (
        "name", "plan", "unit", "quota_class", "state", "batch", "nominated_by", "submitted_by", "confirmed_by",
        "reviewed_by", "approved_by", "closing_reason",
    )  # fmt: skip
    limited = {
        "person": (
            "sanatorium.trips_person_year", "sanatorium.lookback_years", "sanatorium.service_years",
            "sanatorium.age", "sanatorium.places", "duplicate",
        ),
        "ground": ("sanatorium.grounds", "sanatorium.excellent_years"),
    }  # fmt: skip
    list_display = ("name", "unit", "ground_label", "state", "batch", "plan")
    list_select_related = ("unit", "plan", "batch__plan")
    search_fields = ("name",)
    list_filter = ("state", "quota_class")

    def may_edit(self, row: Nomination) -> bool:
        return row.state in (State.DRAFT, State.ON_NOTICE)

    def carry_out(self, by: User, form: VerbForm, row: Nomination | None) -> Nomination:
        if row is not None:
            return nominations.amend(by=by, row=row, **form.facts(*self.edit_fields))
        facts = form.facts("person", "ground", "post", *FREE_FIELDS)
        draft = Draft(unit=facts["person"].unit, **facts)
        return nominations.nominate(by=by, plan=form.cleaned_data["plan"], drafts=[draft])[0]
