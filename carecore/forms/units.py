"""Forms of the unit directory."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from carecore import clock
from carecore.access import Can
from carecore.forms.fields import DayField, UnitField
from carecore.models import QuotaClass, Unit, UnitKind, User


class NamesField(forms.CharField):
    """Several names in one text, parted by commas or enumeration commas; cleans to a list."""

    def clean(self, value: Any) -> list[str]:
        parts = re.split(r"[,,、;;\n]+", super().clean(value))
        return list(dict.fromkeys(part.strip() for part in parts if part.strip()))

    def prepare_value(self, value: Any) -> Any:
        return "、".join(value) if isinstance(value, list) else value


class AmendUnitForm(forms.Form):
    """What a unit is called and what it is."""

    code = forms.CharField(label="单位代码", max_length=30)
    name = forms.CharField(label="单位名称", max_length=100)
    kind = forms.ChoiceField(label="单位类别", choices=UnitKind)
    quota_class = forms.ChoiceField(label="名额类别", choices=QuotaClass)
    party_name = forms.CharField(label="党组织名称", max_length=100, required=False)
    aliases = NamesField(
        label="别名", max_length=300, required=False, help_text="导入时可识别的其他写法,用顿号分隔"
    )
    division_code = forms.RegexField(r"^\d{6,12}$", label="行政区划代码", required=False)
    valid_from = DayField(label="启用日期", required=False)


class UnitForm(AmendUnitForm):
    """A new unit under its parent."""

    parent = UnitField(label="上级单位", help_text="填写单位代码或名称")
    quota_class = forms.ChoiceField(
        label="名额类别", choices=[("", "按单位类别确定"), *QuotaClass.choices], required=False
    )
    field_order = ("parent", "code", "name", "kind", "quota_class")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].for_user(user, Can.KEEP_UNITS)


class CloseUnitForm(forms.Form):
    """The last day of a unit."""

    valid_to = DayField(label="停用日期", help_text="含当日,次日起停用")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"valid_to": clock.today()}, **kwargs)


def unit_initial(unit: Unit) -> dict[str, Any]:
    """What the form of a unit begins with."""
    return {name: getattr(unit, name) for name in AmendUnitForm.base_fields}
