"""Forms of the people register. Numbers that are kept secret never stand in a form that is shown."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from carecore import clock
from carecore.access import Can
from carecore.forms.fields import DayField, IdNumberField, PhoneField, UnitField
from carecore.models import Honour, Person, User
from carecore.models.people import Grade, OfPerson, PersonStatus, Sex
from carecore.people.duplicates import ELSEWHERE

UNCHANGED = "现登记为 {},不填则不变"
EARLIEST_YEAR = 1990


class AmendPersonForm(forms.Form):
    """What is known of a person. The ID number and the telephone number are only ever written here."""

    name = forms.CharField(label="姓名", max_length=50)
    id_number = IdNumberField(label="身份证号", required=False)
    sex = forms.ChoiceField(
        label="性别", choices=[("", "未知"), *Sex.choices], required=False, help_text="有身份证号的以证件为准"
    )
    born_on = DayField(label="出生日期", required=False)
    post = forms.CharField(label="职务(岗位)", max_length=50, required=False)
    rank = forms.CharField(label="职级", max_length=30, required=False)
    on_frontline = forms.BooleanField(label="一线岗位", required=False)
    is_unit_head = forms.BooleanField(label="单位主要负责人", required=False)
    managed_by = forms.CharField(
        label="管理权限", max_length=20, required=False, help_text="如 市委管理、单位管理"
    )
    politics = forms.CharField(label="政治面貌", max_length=20, required=False)
    party_joined_on = DayField(label="入党时间", required=False)
    party_joined_to_month = forms.BooleanField(label="入党时间只到月", required=False)
    worked_since = DayField(label="参加工作时间", required=False)
    phone = PhoneField(label="联系电话", max_length=30, required=False)
    status = forms.ChoiceField(label="状态", choices=PersonStatus)

    def __init__(self, *args: Any, person: Person | None = None, **kwargs: Any) -> None:
        if person is not None:
            kwargs["initial"] = {
                name: getattr(person, name) for name in self.base_fields if name not in SECRET
            }
        super().__init__(*args, **kwargs)
        self.fields["id_number"].rule_keys = (ELSEWHERE,)
        if person is not None:
            for name, shown in (("id_number", person.masked_id), ("phone", person.masked_phone)):
                self.fields[name].help_text = UNCHANGED.format(shown) if shown else "未登记"

    @property
    def changes(self) -> dict[str, Any]:
        """The columns as they shall be; a secret left empty stays as it is."""
        return {
            name: value for name, value in self.cleaned_data.items() if value or name not in SECRET
        }  # fmt: skip


SECRET = ("id_number", "phone")


class PersonForm(AmendPersonForm):
    """A new person of a unit."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    unit = UnitField(label="单位", help_text="填写单位代码或名称")
    field_order = ("request_id", "unit")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(
            *args, initial={"request_id": uuid.uuid4(), "status": PersonStatus.IN_POST}, **kwargs
        )
        self.fields["unit"].for_user(user, Can.KEEP_PEOPLE)
        homes = list(self.fields["unit"].rows[:2])
        if len(homes) == 1:  # whoever keeps one unit need not name it
            self.initial["unit"] = homes[0]


class TransferForm(forms.Form):
    """The unit that a person goes to."""

    unit = UnitField(label="调入单位", help_text="填写单位代码或名称")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].for_user(user, Can.KEEP_PEOPLE)


class FindForm(forms.Form):
    """One person by the whole ID number; sent as a POST so that it stands in no address."""

    id_number = IdNumberField(label="身份证号")


class RevealForm(forms.Form):
    """Which number to show, and why."""

    field = forms.ChoiceField(label="查看内容", choices=[("id_number", "身份证号"), ("phone", "联系电话")])
    reason = forms.CharField(label="查看理由", max_length=200, help_text="理由和您的姓名将记入审计记录")


class FactForm(forms.Form):
    """What the three kinds of facts share: the paper that proves them."""

    upload = forms.FileField(label="佐证材料", required=False, help_text="PDF、JPG、PNG、DOCX、XLSX")

    def __init__(self, *args: Any, user: User, fact: OfPerson | None = None, **kwargs: Any) -> None:
        if fact is not None:
            kwargs["initial"] = {
                name: getattr(fact, name) for name in self.base_fields if name != "upload"
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        self.order_fields([*(name for name in self.fields if name != "upload"), "upload"])
        for field in self.fields.values():
            if isinstance(field, UnitField):
                field.for_user(user, closed=True)
        if fact is not None and fact.evidence is not None:
            self.fields["upload"].help_text = f"现有:{fact.evidence};不选则不变"

    @property
    def facts(self) -> tuple[dict[str, Any], UploadedFile | None]:
        """The columns of the fact, and the file beside them."""
        columns = dict(self.cleaned_data)
        return columns, columns.pop("upload")


class AppraisalForm(FactForm):
    year = forms.IntegerField(label="年度", min_value=EARLIEST_YEAR)
    grade = forms.ChoiceField(label="等次", choices=Grade)

    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        if year > clock.today().year:
            raise forms.ValidationError("该年度尚未考核", code="year")
        return year


class HonourForm(FactForm):
    title = forms.CharField(label="荣誉称号", max_length=100)
    level = forms.CharField(label="级别", max_length=20, required=False, help_text="如 县区级、市级、省级")
    awarded_on = DayField(label="获得时间", required=False)
    to_month = forms.BooleanField(label=Honour._meta.get_field("to_month").verbose_name, required=False)


class ServiceForm(FactForm):
    unit = UnitField(label="单位", help_text="填写单位代码或名称")
    post = forms.CharField(label="职务(岗位)", max_length=50, required=False)
    kind = forms.CharField(label="性质", max_length=20, required=False, help_text="如 专职、兼职")
    starts_on = DayField(label="起始日期")
    ends_on = DayField(label="截止日期", required=False, help_text="含当日;仍在任的留空")

    def clean_starts_on(self) -> datetime.date:
        starts_on: datetime.date = self.cleaned_data["starts_on"]
        if starts_on > clock.today():
            raise forms.ValidationError("起始日期不得晚于今天", code="starts_on")
        return starts_on
