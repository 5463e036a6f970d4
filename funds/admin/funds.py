"""Funds, their receipts and budgets in the admin (LYG-8, LYG-9, TX1-12, TX1-13)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin

from carecore.access import Can, scope
from carecore.care_admin import CareAdmin, VerbForm
from carecore.forms.fields import DayField, UnitField
from carecore.models import Document, Unit, User
from carecore.models.units import within
from carecore.money import MAX_DIGITS
from funds.forms.fields import FundField
from funds.models import Account, AccountKind, Budget, Fund, FundState, Receipt
from funds.rules.funds import KIND_KEYS
from funds.workflow import budgets, funds, income

YEARS = {"min_value": 2000, "max_value": 2100}


class FundForm(VerbForm):
    unit = UnitField(label="单位", help_text="单位名称或代码")
    document = forms.ModelChoiceField(Document.objects.none(), label="依据文件")
    parent = forms.ModelChoiceField(Fund.objects.none(), label="上级资金", required=False)
    ends_on = DayField(label="使用期限", required=False)

    def prepare(self) -> None:
        if "document" in self.fields:
            self.fields["document"].queryset = Document.objects.visible_to(self.user)
        if "parent" in self.fields:
            self.fields["parent"].queryset = Fund.objects.visible_to(self.user).open()


class FundAdmin(CareAdmin):
    form = FundForm
    adds = changes = Can.MANAGE_FUNDS
    add_fields = ("unit", "name", "kind", "document", "parent", "ends_on")
    edit_fields = funds.AMENDABLE
    shown_fields = ("unit", "kind", "parent", "state", "balance", "reserved", "opened_by", "opened_on")
    limited = {"kind": KIND_KEYS}
    list_display = ("name", "unit", "kind", "state", "balance", "reserved")
    list_select_related = ("unit",)
    list_filter = ("state",)
    search_fields = ("name",)

    def visible(self, user: User) -> Any:
        return super().visible(user).with_money()

    @admin.display(description="余额(元)")
    def balance(self, row: Fund) -> str:
        return f"{row.balance}"

    @admin.display(description="已预留(元)")
    def reserved(self, row: Fund) -> str:
        return f"{row.reserved}"

    def may_edit(self, row: Fund) -> bool:
        return row.state == FundState.OPEN

    def carry_out(self, by: User, form: VerbForm, row: Fund | None) -> Fund:
        if row is not None:
            return funds.amend_fund(by=by, fund=row, **form.facts(*self.edit_fields))
        return funds.open_fund(by=by, **form.facts(*self.add_fields))


class AccountField(forms.ModelChoiceField):
    """An account named with its fund."""

    def label_from_instance(self, row: Account) -> str:
        return f"{row.fund}:{row}"


def accounts_kept(user: User, kind: AccountKind) -> Any:
    """The accounts of this kind in the open funds whose money the user keeps."""
    mine = Account.objects.filter(within(scope(user, Can.KEEP_FUNDS), "fund__unit__path"))
    return mine.filter(kind=kind, fund__state=FundState.OPEN).select_related("fund")


class OfFundAdmin(CareAdmin):
    """What belongs to a fund: the right is asked for the fund's unit."""

    adds = Can.KEEP_FUNDS
    list_select_related = ("fund__unit",)

    def unit_of(self, row: Any) -> Unit:
        return row.fund.unit


class ReceiptForm(VerbForm):
    fund = FundField()
    source = AccountField(Account.objects.none(), label="来源")
    amount = forms.DecimalField(label="金额(元)", max_digits=MAX_DIGITS, decimal_places=2)
    received_on = DayField(label="到账日期")

    def prepare(self) -> None:
        if "fund" in self.fields:
            self.fields["fund"].for_user(self.user, Can.KEEP_FUNDS)
            self.fields["source"].queryset = accounts_kept(self.user, AccountKind.SOURCE)


class ReceiptAdmin(OfFundAdmin):
    """A receipt is posted when it is added; afterwards it is only reversed, on its page."""

    form = ReceiptForm
    add_fields = ("fund", "source", "amount", "received_on", "payer", "reference", "note")
    shown_fields = (*add_fields, "voucher", "recorded_by")
    limited = {"source": ("funds.sources", "account"), "received_on": ("dated", "period")}
    list_display = ("received_on", "fund", "source", "amount", "payer", "voucher")
    list_select_related = ("fund__unit", "source", "voucher")

    def carry_out(self, by: User, form: VerbForm, row: Receipt | None) -> Receipt:
        return income.receive(by=by, **form.facts(*self.add_fields))


class BudgetForm(VerbForm):
    fund = FundField()
    year = forms.IntegerField(label="年度", **YEARS)
    purpose = AccountField(Account.objects.none(), label="用途", required=False, empty_label="全部用途(年度总预算)")
    planned = forms.DecimalField(label="预算金额(元)", max_digits=MAX_DIGITS, decimal_places=2, min_value=0)
    need = forms.DecimalField(label="需求金额(元)", max_digits=MAX_DIGITS, decimal_places=2, min_value=0, required=False)

    def prepare(self) -> None:
        if "fund" in self.fields:
            self.fields["fund"].for_user(self.user, Can.KEEP_FUNDS)
            self.fields["purpose"].queryset = accounts_kept(self.user, AccountKind.PURPOSE)


class BudgetAdmin(OfFundAdmin):
    form = BudgetForm
    changes = Can.KEEP_FUNDS
    add_fields = ("fund", "year", "purpose", "planned", "need")
    edit_fields = ("planned", "need")
    shown_fields = ("fund", "year", "purpose")
    list_display = ("fund", "year", "purpose", "planned", "need")
    list_select_related = ("fund__unit", "purpose")
    list_filter = ("year",)

    def carry_out(self, by: User, form: VerbForm, row: Budget | None) -> Budget:
        if row is None:
            return budgets.set_budget(by=by, **form.facts(*self.add_fields))
        known = {"fund": row.fund, "year": row.year, "purpose": row.purpose}
        return budgets.set_budget(by=by, **known, **form.facts(*self.edit_fields))
