"""Units, people, accounts and appointments in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest

from carecore import accounts, clock, directory, people
from carecore.access import Can
from carecore.care_admin import CareAdmin, VerbForm, raise_findings
from carecore.directory import UnitDraft
from carecore.forms.fields import IdNumberField, PersonField, PhoneField, UnitField
from carecore.models import Appointment, Person, Unit, User
from carecore.outcomes import Became, Outcome
from carecore.people import PersonDraft
from carecore.workflow import refuse


def made(outcome: Outcome[Any, Any]) -> Any:
    """The new row of one draft; raises Refused where it became none."""
    raise_findings(outcome.findings if outcome.became != Became.NEW else ())
    if outcome.became != Became.NEW:
        raise refuse("该记录已登记,请直接修改原有记录", key="known", row=outcome.row)
    return outcome.row


class UnitForm(VerbForm):
    parent = UnitField(label="上级单位", help_text="单位名称或代码")


class UnitAdmin(CareAdmin):
    form = UnitForm
    sees, adds, changes = (Can.SEE, Can.ACCOUNTS), Can.KEEP_UNITS, Can.KEEP_UNITS
    edit_fields = ("code", "name", "kind", "quota_class", "party_name", "division_code", "valid_from")
    add_fields = ("parent", *edit_fields)
    shown_fields = ("parent", "aliases", "valid_to")
    list_display = ("code", "name", "kind", "quota_class", "parent", "valid_to")
    list_select_related = ("parent",)
    search_fields = ("name",)
    ordering = ("path",)

    def unit_of(self, row: Unit) -> Unit:
        return row

    def carry_out(self, by: User, form: VerbForm, row: Unit | None) -> Unit:
        if row is not None:
            return directory.amend_unit(by=by, unit=row, changes=form.facts(*self.edit_fields))
        draft = UnitDraft(parent_code=form.cleaned_data["parent"].code, **form.facts(*self.edit_fields))
        return made(directory.add_units(by=by, drafts=[draft])[0])


class PersonForm(VerbForm):
    unit = UnitField(label="单位", help_text="单位名称或代码")
    id_number = IdNumberField(label="身份证号", required=False)
    phone = PhoneField(label="联系电话", required=False, max_length=30)


class PersonAdmin(CareAdmin):
    """A number is never shown whole: it is entered here and revealed, with a reason, on the person's page."""

    form = PersonForm
    adds = changes = Can.KEEP_PEOPLE
    edit_fields = (
        "name", "sex", "born_on", "post", "rank", "on_frontline", "managed_by", "is_unit_head", "politics",
        "party_joined_on", "party_joined_to_month", "worked_since", "status",
    )  # fmt: skip
    add_fields = ("unit", "id_number", "phone", *edit_fields)
    shown_fields = ("unit", "masked_id", "masked_phone")
    list_display = ("name", "unit", "post", "masked_id", "status")
    list_select_related = ("unit",)
    search_fields = ("name",)
    ordering = ("unit__path", "name", "pk")

    @admin.display(description="身份证号")
    def masked_id(self, row: Person) -> str:
        return row.masked_id or "未登记"

    @admin.display(description="联系电话")
    def masked_phone(self, row: Person) -> str:
        return row.masked_phone or "未登记"

    def carry_out(self, by: User, form: VerbForm, row: Person | None) -> Person:
        if row is not None:
            return people.amend_person(by=by, person=row, changes=form.facts(*self.edit_fields))
        return made(people.register_people(by=by, drafts=[PersonDraft(**form.facts())])[0])


class UserForm(VerbForm):
    person = PersonField(label="对应人员", help_text="填姓名,重名时按提示选择")


class UserAdmin(CareAdmin):
    form = UserForm
    sees, adds, changes = (Can.ACCOUNTS,), Can.ACCOUNTS, Can.ACCOUNTS
    add_fields = ("username", "name", "person")
    edit_fields = ("name", "person")
    shown_fields = ("username", "is_active", "must_change_password", "last_login", "created_at")
    list_display = ("username", "name", "person", "is_active")
    list_select_related = ("person__unit",)
    search_fields = ("username",)
    ordering = ("username",)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request) and (
            obj is None or not accounts.keeper_hindrance(request.user, obj)
        )

    def carry_out(self, by: User, form: VerbForm, row: User | None) -> User:
        if row is not None:
            return accounts.amend_account(by=by, user=row, **form.facts("name", "person"))
        user, form.one_time_password = accounts.create_account(by=by, **form.facts())
        return user

    def save_model(self, request: HttpRequest, obj: User, form: VerbForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            text = f"账号“{obj.username}”的一次性密码:{form.one_time_password}。只显示这一次,首次登录须更换。"
            messages.warning(request, text)


class AppointmentForm(VerbForm):
    unit = UnitField(label="单位", help_text="单位名称或代码;权限含其下级")
    user = forms.ModelChoiceField(User.objects.none(), to_field_name="username", widget=forms.TextInput)
    successor = forms.ModelChoiceField(
        User.objects.none(), label="接替人", required=False, help_text="有未办事项时须指定"
    )

    def prepare(self) -> None:
        if "user" in self.fields:
            self.fields["user"].queryset = User.objects.visible_to(self.user)
            self.fields["user"].label, self.fields["user"].help_text = "登录名", "填写已有账号的登录名"
        if "successor" in self.fields and self.instance.pk:
            self.fields["successor"].queryset = accounts.successors(self.instance)


class AppointmentAdmin(CareAdmin):
    form = AppointmentForm
    sees, adds, changes = (Can.ACCOUNTS,), Can.ACCOUNTS, Can.ACCOUNTS
    add_fields = ("user", "unit", "role", "starts_on", "ends_on")
    edit_fields = ("ends_on", "successor")
    shown_fields = ("user", "unit", "role", "starts_on")
    list_display = ("user", "unit", "role", "starts_on", "ends_on")
    list_select_related = ("user", "unit")
    search_fields = ("user__username",)
    list_filter = ("role",)
    ordering = ("unit__path", "role", "pk")

    def may_edit(self, row: Appointment) -> bool:
        return row.ends_on is None or row.ends_on >= clock.today()

    def carry_out(self, by: User, form: VerbForm, row: Appointment | None) -> Appointment:
        if row is None:
            return accounts.appoint(by=by, **form.facts(*self.add_fields))
        if form.cleaned_data["ends_on"] is None:
            raise refuse("请填写截止日期", key="ends_on", row=row)
        return accounts.end_appointment(by=by, appointment=row, **form.facts("ends_on", "successor"))
