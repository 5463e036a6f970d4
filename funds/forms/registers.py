"""Forms of grants, periods, budgets, accountability and publications."""

from __future__ import annotations

from typing import Any

from django import forms

from carecore import clock
from carecore.access import Can
from carecore.forms.fields import DayField, UnitField
from carecore.forms.limits import show
from carecore.models import Unit, User
from carecore.money import MAX_DIGITS
from carecore.policy import Rulebook
from funds.forms.fields import FundField, purposes_of
from funds.models import Account, AccountKind, Channel, Fund
from funds.workflow.accountability import kinds

YEARS = {"min_value": 2000, "max_value": 2100}


def amount_field(label: str, **options: Any) -> forms.DecimalField:
    """An amount in yuan, to the fen."""
    return forms.DecimalField(label=f"{label}(元)", max_digits=MAX_DIGITS, decimal_places=2, **options)


class GrantForm(forms.Form):
    """Money to one of a fund's children."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    to_fund = forms.ModelChoiceField(Fund.objects.none(), label="拨入资金", empty_label="请选择")
    amount = amount_field("金额", min_value=0)
    reference = forms.CharField(label="文号", max_length=60, required=False)

    def __init__(self, *args: Any, fund: Fund, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_fund"].queryset = fund.children.open().select_related("unit")
        own = fund.accounts.get(kind=AccountKind.FUND)
        self.fields["amount"].help_text = f"可用余额{own.available}元"


class LapseForm(forms.Form):
    """The end of a fund, and where what is left goes."""

    into = forms.ModelChoiceField(Fund.objects.none(), label="结余收回到", required=False, empty_label="没有结余")
    reason = forms.CharField(label="理由", max_length=200, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, fund: Fund, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Fund.objects.open().filter(unit=fund.unit) | Fund.objects.open().filter(pk=fund.parent_id)
        self.fields["into"].queryset = others.exclude(pk=fund.pk)
        own = fund.accounts.get(kind=AccountKind.FUND)
        self.fields["into"].help_text = f"现有结余{own.balance}元"


class BudgetForm(forms.Form):
    """What is planned for a fund's year, whole or for one purpose; the same again changes it."""

    year = forms.IntegerField(label="年度", **YEARS)
    purpose = forms.ModelChoiceField(Account.objects.none(), label="用途", required=False, empty_label="全部用途(年度总预算)")
    planned = amount_field("预算金额", min_value=0)
    need = amount_field("需求金额", min_value=0, required=False, help_text="与拨款比较,看经费缺口;没有测算的不填")

    def __init__(self, *args: Any, fund: Fund, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].initial = clock.today().year
        self.fields["purpose"].queryset = purposes_of(fund)


class AccountabilityForm(forms.Form):
    """What was found and who answers for it."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    unit = UnitField(label="单位")
    fund = FundField(label="涉及资金", required=False)
    kind = forms.ChoiceField(label="问题类别")
    finding = forms.CharField(label="发现的问题", max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    amount = amount_field("涉及金额", min_value=0, required=False)
    found_on = DayField(label="发现日期")
    responsible = forms.CharField(label="责任人", max_length=100)

    def __init__(self, *args: Any, user: User, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].for_user(user, Can.MANAGE_FUNDS)
        self.fields["fund"].for_user(user, Can.MANAGE_FUNDS)
        self.fields["kind"].choices = [(kind, kind) for kind in kinds(unit)]
        self.fields["found_on"].initial = clock.today()
        show(self.fields["kind"], Rulebook(clock.today()), unit, "funds.misuse_kinds")


class OutcomeForm(forms.Form):
    """How it ended."""

    measure = forms.CharField(label="处理方式", max_length=100)
    outcome = forms.CharField(label="处理结果", max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    ended_on = DayField(label="办结日期", initial=clock.today)


class PublicationForm(forms.Form):
    """Through which day, how and where money given is made public."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    until = DayField(label="支付截止日期", help_text="上次公布之后至该日支付的资助列入名单")
    channel = forms.ChoiceField(label="公布方式", choices=Channel)
    place = forms.CharField(label="公布地点", max_length=100, required=False)
