"""Forms of hardship files: the file itself, its people, its yearly figures, its recognition, its merging."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from carecore import clock
from carecore.access import Can
from carecore.forms.fields import IdNumberField, PersonField, PhoneField
from carecore.forms.limits import show
from carecore.models import Unit, User
from carecore.money import MAX_DIGITS, ZERO
from carecore.policy import Rulebook
from visits.case_queries import head_unit
from visits.models import HardshipCase, HouseholdMember, ObjectKind
from visits.rules import grades
from visits.rules.files import CATEGORIES, CAUSES, FURTHER
from visits.workflow.cases import AMENDABLE, allowed_grades
from visits.workflow.files import CaseDraft, MemberDraft

MONTH = re.compile(r"(\d{4})[-./年](\d{1,2})月?")
PICKED = ("further_causes", "categories")


class YuanField(forms.DecimalField):
    """An amount in yuan, not below zero."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_digits=MAX_DIGITS, decimal_places=2, **options)


class CostField(YuanField):
    """An amount that is zero where nothing is written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> Any:
        return super().clean(value) or ZERO


class MonthField(forms.CharField):
    """A month of birth: 1958-09, 1958.9 or 1958年9月; cleans to 1958-09."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        found = MONTH.fullmatch(text.replace(" ", ""))
        if found is None or not (1900 <= int(found[1]) <= clock.today().year and 1 <= int(found[2]) <= 12):
            raise ValidationError("出生年月请写作“1958-09”", code="month")
        return f"{found[1]}-{int(found[2]):02d}"


class CaseForm(forms.Form):
    """A hardship file as a clerk fills it in after the visit at home (TX1-3)."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    person = PersonField(label="干部职工", help_text="填姓名,重名时按提示选择;须先在“人员”中登记")
    object_kind = forms.ChoiceField(label="对象类别", choices=ObjectKind)
    name = forms.CharField(label="家属姓名", max_length=50, required=False, help_text="对象为家属时填写")
    relation = forms.CharField(label="与干部职工关系", max_length=20, required=False, help_text="对象为家属时填写")
    id_number = IdNumberField(label="家属身份证号", required=False)
    birth_month = MonthField(label="出生年月", max_length=20, required=False, help_text="没有身份证号时填写,如 1958-09")
    yearly_income = YuanField(label="家庭年度总收入(元)", required=False)
    rigid_costs = CostField(label="刚性支出(元/年)", help_text="医疗、教育等因困支出")
    event_losses = CostField(label="意外损失(元)")
    own_monthly_income = YuanField(label="本人月平均收入(元)", required=False)
    size = forms.IntegerField(label="家庭人口", min_value=1, max_value=50, required=False)
    earners = forms.IntegerField(label="有工资收入人数", min_value=0, max_value=50, required=False)
    area = forms.ChoiceField(label="低保地区", required=False)
    main_cause = forms.ChoiceField(label="主要致困原因", required=False)
    further_causes = forms.MultipleChoiceField(label="次要致困原因", required=False, widget=forms.CheckboxSelectMultiple)
    categories = forms.MultipleChoiceField(label="困难类别标记", required=False, widget=forms.CheckboxSelectMultiple)
    stated_grade = forms.ChoiceField(label="填报困难类别", required=False)
    health = forms.CharField(label="健康状况", max_length=100, required=False)
    housing = forms.CharField(label="住房类型", max_length=20, required=False)
    address = forms.CharField(label="家庭住址", max_length=100, required=False)
    phone = PhoneField(label="联系电话", max_length=30, required=False)
    description = forms.CharField(label="困难情况", max_length=500, required=False, widget=forms.Textarea({"rows": 4}))

    def __init__(self, *args: Any, user: User, row: HardshipCase | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = _initial(row)
        super().__init__(*args, **kwargs)
        unit = row.unit if row else head_unit(user)
        book = Rulebook(clock.today())
        self._offer(book, unit)
        if row is not None:
            for name in ("request_id", "person"):
                del self.fields[name]
            return
        self.fields["person"].for_user(user, Can.KEEP_HARDSHIP)
        self.fields["person"].rule_keys = ("duplicate",)

    def _offer(self, book: Rulebook, unit: Unit) -> None:
        """The areas, causes, categories and grades of the rules in force, each with its clause beside it."""
        causes = _entries(book, CAUSES, unit)
        self.fields["main_cause"].choices = [("", "请选择"), *causes]
        self.fields["further_causes"].choices = causes
        self.fields["categories"].choices = _entries(book, CATEGORIES, unit)
        areas, levels = book.cases(grades.LINE, unit), book.cases(grades.MULTIPLES, unit)
        self.fields["area"].choices = [("", areas[0] if len(areas) == 1 else "请选择"), *((one, one) for one in areas)]
        self.fields["stated_grade"].choices = [("", "未填报"), *((one, one) for one in (*levels, grades.ACCIDENT))]
        show(self.fields["further_causes"], book, unit, FURTHER)
        show(self.fields["area"], book, unit, grades.LINE)
        show(self.fields["yearly_income"], book, unit, grades.MULTIPLES)
        show(self.fields["event_losses"], book, unit, grades.LOSS_SHARE)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("object_kind") == ObjectKind.SURVIVOR and not (data.get("name") and data.get("relation")):
            self.add_error("name", "因公殉职家属须填写家属姓名和与干部职工关系")
        if data.get("object_kind") != ObjectKind.SURVIVOR and (data.get("name") or data.get("relation")):
            self.add_error("name", "只有对象类别为“因公殉职家属”时才填写家属姓名和关系")
        for name in PICKED:
            data[name] = list(data.get(name) or ())
        return data

    @property
    def draft(self) -> CaseDraft:
        """The cleaned form as the draft that `open_cases` takes."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "request_id"}
        data |= {name: tuple(data[name]) for name in PICKED}
        return CaseDraft(unit=data["person"].unit, **data)


def _entries(book: Rulebook, key: str, unit: Unit) -> list[tuple[str, str]]:
    return [(entry["code"], entry["label"]) for entry in book.value(key, unit) or ()]


def _initial(row: HardshipCase | None) -> dict[str, Any]:
    if row is None:
        return {"request_id": uuid.uuid4()}
    known = {name: getattr(row, name) for name in AMENDABLE}
    return known if row.relation else {**known, "name": "", "id_number": ""}


class MemberForm(forms.Form):
    """Somebody of a household."""

    name = forms.CharField(label="姓名", max_length=50)
    relation = forms.CharField(label="与户主关系", max_length=20)
    id_number = IdNumberField(label="身份证号", required=False)
    monthly_income = YuanField(label="月收入(元)", required=False)
    health = forms.CharField(label="健康状况", max_length=100, required=False)
    identity = forms.CharField(label="人员身份", max_length=20, required=False, help_text="如 在岗、退休、学生")

    def __init__(self, *args: Any, member: HouseholdMember | None = None, **kwargs: Any) -> None:
        if member is not None:
            kwargs["initial"] = {name: getattr(member, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)

    @property
    def draft(self) -> MemberDraft:
        return MemberDraft(**self.cleaned_data)


class AdjustForm(forms.Form):
    """The figures of this year's check; last year's stand in the fields already."""

    yearly_income = YuanField(label="家庭年度总收入(元)")
    rigid_costs = CostField(label="刚性支出(元/年)")
    event_losses = CostField(label="意外损失(元)")
    size = forms.IntegerField(label="家庭人口", min_value=1, max_value=50)
    earners = forms.IntegerField(label="有工资收入人数", min_value=0, max_value=50, required=False)
    reason = forms.CharField(label="核实情况", max_length=200, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, row: HardshipCase, **kwargs: Any) -> None:
        figures = {name: getattr(row, name) for name in self.base_fields if name != "reason"}
        super().__init__(*args, initial=figures, **kwargs)


class RecogniseForm(forms.Form):
    """The grade to be recognised; anything but the computed one needs a reason, and so does every warning."""

    grade = forms.ChoiceField(label="认定类别", required=False)
    reason = forms.CharField(
        label="理由", max_length=200, required=False, widget=forms.Textarea({"rows": 2}),
        help_text="与测算不同或有须说明的提示时填写",
    )  # fmt: skip

    def __init__(self, *args: Any, row: HardshipCase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        computed = f"按测算:{row.computed_grade}" if row.computed_grade else "请选择"
        self.fields["grade"].choices = [("", computed), *((grade, grade) for grade in allowed_grades(row))]


class OpinionForm(forms.Form):
    """The organisation department's words (BZ-26)."""

    opinion = forms.CharField(label="意见建议", max_length=200, widget=forms.Textarea({"rows": 3}))


class MergeForm(forms.Form):
    """Which file this one becomes part of, and what its head is to the head there."""

    into = forms.IntegerField(label="并入档案编号", min_value=1, help_text="同一家庭另一份档案页面上的编号")
    relation = forms.CharField(label="本档案户主与其户主的关系", max_length=20)
    reason = forms.CharField(label="理由", max_length=200, widget=forms.Textarea({"rows": 2}))
