"""Forms of plans and places; the limits beside the fields come from the rules in force."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from carecore import clock
from carecore.access import Can
from carecore.forms.fields import UnitField
from carecore.models import QuotaClass, Unit, User
from carecore.policy import Rulebook
from sanatorium.forms.allocation import CLAUSE, MOST
from sanatorium.models import Plan, UnitQuota
from sanatorium.workflow.plans import TOTAL


def places(label: str, **options: Any) -> forms.IntegerField:
    """A field for a number of places."""
    return forms.IntegerField(label=label, min_value=0, max_value=MOST, **options)


class PlanForm(forms.Form):
    """A plan's year, total and split between the two classes (BZ-3, BZ-4)."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    year = forms.IntegerField(label="年度", min_value=2000, max_value=2100)
    total = places("名额总数")
    organ = places(QuotaClass.ORGAN.label)
    frontline = places(QuotaClass.FRONTLINE.label)

    def __init__(self, *args: Any, unit: Unit, plan: Plan | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = _initial(plan)
        super().__init__(*args, **kwargs)
        if plan is not None:
            del self.fields["year"], self.fields["request_id"]
        limit = Rulebook(clock.today()).limit("sanatorium.places", unit)
        names = {"total": TOTAL, "organ": QuotaClass.ORGAN, "frontline": QuotaClass.FRONTLINE}
        for name, entry in names.items():
            field = self.fields[name]
            field.rule_keys = (name,)
            if limit is not None and entry in limit.value:
                field.limit_hint, field.clause = f"应为{limit.value[entry]}个", limit.clause

    @property
    def split(self) -> dict[str, int]:
        """Places by class."""
        data = self.cleaned_data
        return {QuotaClass.ORGAN: data["organ"], QuotaClass.FRONTLINE: data["frontline"]}


def _initial(plan: Plan | None) -> dict[str, Any]:
    if plan is None:
        return {"request_id": uuid.uuid4(), "year": clock.today().year + 1}
    split = {share.quota_class: share.places for share in plan.class_quotas.all()}
    return {
        "total": plan.total, "organ": split[QuotaClass.ORGAN], "frontline": split[QuotaClass.FRONTLINE]
    }  # fmt: skip


class TransferForm(forms.Form):
    """Places to another unit of the same class."""

    target = UnitField(label="调入单位", help_text="填单位名称或代码,须为同类单位")
    places = forms.IntegerField(label="调剂名额", min_value=1, max_value=MOST)
    reason = forms.CharField(label="调剂理由", max_length=200)

    def __init__(self, *args: Any, user: User, quota: UnitQuota, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].for_user(user, Can.PLAN)
        _at_most(self.fields["places"], quota)


class ReturnForm(forms.Form):
    """Places handed back to where they came from."""

    places = forms.IntegerField(label="退回名额", min_value=1, max_value=MOST)

    def __init__(self, *args: Any, quota: UnitQuota, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _at_most(self.fields["places"], quota)


def _at_most(field: forms.Field, quota: UnitQuota) -> None:
    """Say beside a field how many places a unit has left to give away."""
    field.limit_hint, field.clause = f"可用{quota.free}个", CLAUSE
    field.rule_keys = ("sanatorium.places",)
