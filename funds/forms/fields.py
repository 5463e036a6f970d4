"""Form fields that the pages of funds share."""

from __future__ import annotations

from typing import Any

from django import forms

from carecore.access import Can, scope
from carecore.models import User
from carecore.models.units import within
from funds.models import Account, AccountKind, Fund


class FundField(forms.ModelChoiceField):
    """An open fund of the units in which the user holds a right; there are few of them, so a select will do."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "资金")
        super().__init__(Fund.objects.none(), empty_label="请选择", **kwargs)

    def for_user(self, user: User, permission: Can) -> FundField:
        funds = Fund.objects.open().filter(within(scope(user, permission), "unit__path"))
        self.queryset = funds.select_related("unit")
        return self

    def label_from_instance(self, fund: Fund) -> str:
        return f"{fund}({fund.unit})"


def purposes_of(fund: Fund) -> Any:
    """The purposes of a fund, for a select."""
    return Account.objects.filter(fund=fund, kind=AccountKind.PURPOSE).order_by("pk")
