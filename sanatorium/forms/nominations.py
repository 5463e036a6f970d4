"""Forms of nominations, notices and objections."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from carecore import clock
from carecore.access import Can, scope
from carecore.forms.fields import DayField, PersonField, PhoneField
from carecore.forms.limits import show
from carecore.models import NoticeLine, Severity, Unit, User
from carecore.policy import Rulebook
from sanatorium.models import Nomination, Plan, PlanState
from sanatorium.rules.nominations import Draft
from sanatorium.workflow.notices import NoticePaper

# What limits whom a unit may propose; findings under these appear at the person.
ON_PERSON = (
    "sanatorium.trips_person_year", "sanatorium.lookback_years", "sanatorium.service_years", "sanatorium.age"
)  # fmt: skip
PROOF = {"attachment": "保存后须补充佐证材料", "appraisal": "由年度考核记录核对", "none": "不需佐证"}


class NominationForm(forms.Form):
    """A nomination typed by a clerk; the grounds offered are those of the rule in force (BZ-5)."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    plan = forms.ModelChoiceField(Plan.objects.none(), label="年度计划", empty_label="请选择")
    person = PersonField(label="人选", help_text="填姓名,重名时按提示选择;须先在“人员”中登记")
    ground = forms.ChoiceField(label="推荐类别")
    deeds = forms.CharField(
        label="主要事迹、荣誉", max_length=300, required=False, widget=forms.Textarea({"rows": 3})
    )
    post = forms.CharField(label="职务(岗位)", max_length=50, required=False)
    wish = forms.ChoiceField(
        label="意向", required=False, choices=[("", "不限"), *Nomination._meta.get_field("wish").choices]
    )
    phone = PhoneField(label="联系电话", max_length=30, required=False)
    health = forms.CharField(label="健康状况", max_length=100, required=False)
    emergency_contact = forms.CharField(label="紧急联系人及电话", max_length=100, required=False)

    def __init__(self, *args: Any, user: User, row: Nomination | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = _initial(row)
        super().__init__(*args, **kwargs)
        unit, book = (
            row.unit if row else Unit.objects.get(path=scope(user, Can.NOMINATE)[0]),
            Rulebook(clock.today()),
        )
        self._offer_grounds(book, unit)
        if row is not None:
            for name in ("request_id", "plan", "person"):
                del self.fields[name]
            return
        plans = Plan.objects.visible_to(user).filter(state=PlanState.PUBLISHED)
        self.fields["plan"].queryset, self.fields["plan"].initial = plans, plans.first()
        self.fields["person"].for_user(user, Can.NOMINATE)
        self.fields["person"].rule_keys = ("duplicate", *ON_PERSON)
        show(self.fields["person"], book, unit, *ON_PERSON)

    def _offer_grounds(self, book: Rulebook, unit: Unit) -> None:
        """The grounds of the rule and how each is proved; without a rule any ground may be written."""
        limit = book.limit("sanatorium.grounds", unit)
        if limit is None:
            self.fields["ground"] = forms.CharField(label="推荐类别", max_length=30)
            return
        field = self.fields["ground"]
        field.choices = [("", "请选择"), *((entry["code"], entry["label"]) for entry in limit.value)]
        field.limit_hint, field.clause = _proofs(limit.value), limit.clause
        field.rule_keys = ("sanatorium.grounds",)

    @property
    def draft(self) -> Draft:
        """The cleaned form as the draft that `nominate` takes."""
        data = {
            name: value for name, value in self.cleaned_data.items() if name not in ("plan", "request_id")
        }
        return Draft(unit=data["person"].unit, **data)


def _proofs(entries: list[dict[str, Any]]) -> str:
    """How each ground is proved, grounds proved alike together."""
    alike: dict[str, list[str]] = {}
    for entry in entries:
        alike.setdefault(entry.get("evidence", "attachment"), []).append(entry["label"])
    return ";".join(f"{'、'.join(labels)}:{PROOF[kind]}" for kind, labels in alike.items())


def _initial(row: Nomination | None) -> dict[str, Any]:
    if row is None:
        return {"request_id": uuid.uuid4()}
    names = ("ground", "deeds", "post", "wish", "phone", "health", "emergency_contact")
    return {name: getattr(row, name) for name in names}


class NoticeForm(forms.Form):
    """A notice's days, place and contact (BZ-17); days are working days."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    starts_on = DayField(label="公示开始")
    ends_on = DayField(label="公示结束", required=False, help_text="不填则按规定的工作日数计算")
    place = forms.CharField(label="公示地点(方式)", max_length=100)
    contact = forms.CharField(label="联系人", max_length=50)
    contact_phone = forms.CharField(label="联系电话", max_length=30)
    basis = forms.CharField(label="依据", max_length=200, required=False)
    reason = forms.CharField(
        label="说明理由", max_length=200, required=False, help_text="公示少于规定的工作日数时填写"
    )

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        kwargs["initial"] = {"request_id": uuid.uuid4(), "starts_on": clock.today()}
        super().__init__(*args, **kwargs)
        limit = Rulebook(clock.today()).limit("sanatorium.notice_days", unit)
        field = self.fields["ends_on"]
        field.rule_keys = ("sanatorium.notice_days", "ends_on")
        if limit is None:
            field.required, field.help_text = True, "现行规则没有规定公示天数,请填写"
        else:
            field.limit_hint, field.clause = f"不少于{limit.value}个工作日", limit.clause
        if limit is None or limit.severity != Severity.WARN:
            del self.fields["reason"]

    @property
    def paper(self) -> NoticePaper:
        besides = ("request_id", "reason")
        return NoticePaper(**{name: value for name, value in self.cleaned_data.items() if name not in besides})


class ObjectionForm(forms.Form):
    """An objection received; who raised it is kept confidential."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    line = forms.ModelChoiceField(
        NoticeLine.objects.none(), label="涉及人员", required=False, empty_label="整份名单"
    )
    received_on = DayField(label="收到日期")
    raised_by = forms.CharField(label="反映人", max_length=50, required=False, help_text="保密")
    text = forms.CharField(label="反映内容", max_length=1000, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, lines: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"request_id": uuid.uuid4(), "received_on": clock.today()}
        super().__init__(*args, **kwargs)
        self.fields["line"].queryset = lines


class HandlingForm(forms.Form):
    """How an objection ended."""

    upheld = forms.TypedChoiceField(
        label="处理结果",
        choices=[("0", "不成立"), ("1", "成立,撤销该人选")],
        coerce=lambda value: value == "1",
    )
    handling = forms.CharField(label="核查与处理情况", max_length=500, widget=forms.Textarea({"rows": 3}))
