"""Forms of accounts and appointments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.core.validators import RegexValidator

from carecore import accounts, clock
from carecore.access import Can, Role
from carecore.forms.fields import DayField, IdNumberField, PersonField, UnitField
from carecore.models import Appointment, User
from carecore.people import PersonDraft

USERNAME = RegexValidator(r"^[a-z0-9][a-z0-9._-]{1,49}$", "登录名由小写字母、数字和 . _ - 组成,至少两位")


class SignInForm(AuthenticationForm):
    """Sign-in name and password; a name longer than any account has is not tried at all."""

    username = UsernameField(
        label="登录名",
        max_length=User._meta.get_field("username").max_length,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )


class AmendAccountForm(forms.Form):
    """An account's person and name; the sign-in name stays."""

    person = PersonField(label="对应人员", help_text="填写姓名;同名的从提示中选择")
    name = forms.CharField(label="显示姓名", max_length=50)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].for_user(user, Can.ACCOUNTS)


class AccountForm(AmendAccountForm):
    """A new account: how somebody signs in, and who that is; who is not registered yet is with the account."""

    username = forms.CharField(label="登录名", max_length=50, validators=[USERNAME])
    unit = UnitField(label="单位", required=False, help_text="人员尚未登记时填写")
    id_number = IdNumberField(label="身份证号", required=False, help_text="人员尚未登记时填写")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["unit"].for_user(user, Can.ACCOUNTS)
        self.fields["person"].required = False
        self.fields["person"].help_text = "已登记的人员填写姓名,同名的从提示中选择;尚未登记的留空"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        stated = bool(data.get("unit") or data.get("id_number"))
        if not self.errors and data["person"] is not None and stated:
            self.add_error("person", "已登记的人员不再填写单位和身份证号")
        if not self.errors and data["person"] is None and not (data["unit"] and data["id_number"]):
            self.add_error("person", "请填写对应人员;尚未登记的,请填写其单位和身份证号")
        return data

    @property
    def facts(self) -> dict[str, Any]:
        """The cleaned form as the keyword arguments of `create_account`."""
        data = self.cleaned_data
        draft = PersonDraft(unit=data["unit"], name=data["name"], id_number=data["id_number"])
        return {"username": data["username"], "name": data["name"], "person": data["person"] or draft}


class AppointForm(forms.Form):
    """A role for a unit, from a day to a day."""

    unit = UnitField(label="单位(含下级)", help_text="填写单位代码或名称")
    role = forms.ChoiceField(label="角色", choices=Role)
    starts_on = DayField(label="起始日期")
    ends_on = DayField(label="截止日期", required=False, help_text="含当日;留空表示长期")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, initial={"starts_on": clock.today()}, **kwargs)
        self.fields["unit"].for_user(user, Can.ACCOUNTS)


class EndForm(forms.Form):
    """The last day of an appointment, and who goes on with its open work."""

    ends_on = DayField(label="截止日期", help_text="含当日,最早为昨天")
    successor = forms.ModelChoiceField(
        User.objects.none(), label="接替人", required=False, empty_label="不指定",
        help_text="有未办事项的须指定;同一单位或上级单位的同一角色",
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, appointment: Appointment, **kwargs: Any) -> None:
        super().__init__(*args, initial={"ends_on": clock.today()}, **kwargs)
        self.fields["successor"].queryset = accounts.successors(appointment).visible_to(user)
