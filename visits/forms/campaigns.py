"""The form of a campaign."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from carecore import clock
from carecore.access import Can, scope
from carecore.forms.fields import DayField, UnitField
from carecore.forms.limits import show
from carecore.models import Unit, User
from carecore.models.units import within
from carecore.money import MAX_DIGITS
from carecore.policy import Rulebook
from funds.models import PASSED_DOWN, Account, AccountKind, FundState
from visits.models import Campaign
from visits.rules.occasions import BUDGET, CAMPAIGNS, labels


class MoneyFromField(forms.ModelChoiceField):
    """A purpose of an open fund that the user sees: what something is to be paid from."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Account.objects.none(), empty_label="请选择", **kwargs)

    def for_user(self, user: User) -> MoneyFromField:
        mine = within(scope(user, Can.SEE), "fund__unit__path")
        rows = Account.objects.filter(mine, kind=AccountKind.PURPOSE, fund__state=FundState.OPEN)
        self.queryset = rows.exclude(code=PASSED_DOWN).select_related("fund__unit").order_by("fund", "pk")
        return self

    def label_from_instance(self, account: Account) -> str:
        return f"{account.fund}({account.fund.unit}):{account.label}"


def occasion_field(names: list[str], **options: Any) -> forms.Field:
    """One of these occasions, or any where no rule lists them."""
    if not names:
        return forms.CharField(max_length=30, **options)
    return forms.ChoiceField(choices=[("", "请选择"), *((name, name) for name in names)], **options)


class CampaignForm(forms.Form):
    """A campaign to be opened; one that runs changes its days and its budget."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    unit = UnitField(label="组织单位")
    year = forms.IntegerField(label="年度", min_value=2000, max_value=2100)
    occasion = forms.CharField(label="节点")
    starts_on = DayField(label="开始日期")
    ends_on = DayField(label="结束日期")
    budget = forms.DecimalField(label="预算(元)", max_digits=MAX_DIGITS, decimal_places=2, min_value=0)
    purpose = MoneyFromField(label="资金和用途")
    reason = forms.CharField(label="说明理由", max_length=200, required=False, help_text="不符合一般性规定的须写明理由")

    def __init__(self, *args: Any, user: User, campaign: Campaign | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = _initial(campaign) if campaign else {"request_id": uuid.uuid4(), "year": clock.today().year}
        super().__init__(*args, **kwargs)
        heads = list(Unit.objects.filter(path__in=scope(user, Can.KEEP_CAMPAIGNS))[:1])
        unit = campaign.unit if campaign else heads[0]
        book = Rulebook(clock.today(), keys=(CAMPAIGNS, BUDGET))
        if campaign is not None:
            for name in ("request_id", "unit", "year", "occasion", "purpose"):
                del self.fields[name]
        else:
            self.fields["unit"].for_user(user, Can.KEEP_CAMPAIGNS)
            self.initial["unit"] = unit
            self.fields["purpose"].for_user(user)
            self.fields["occasion"] = occasion_field(labels(book, unit, CAMPAIGNS), label="节点")
            show(self.fields["occasion"], book, unit, CAMPAIGNS)
        show(self.fields["budget"], book, unit, BUDGET)

    @property
    def terms(self) -> dict[str, Any]:
        """What the verb takes: a purpose brings its fund."""
        terms = dict(self.cleaned_data)
        if "purpose" in terms:
            terms["fund"] = terms["purpose"].fund
        return terms


def _initial(campaign: Campaign) -> dict[str, Any]:
    return {name: getattr(campaign, name) for name in ("starts_on", "ends_on", "budget", "reason")}
