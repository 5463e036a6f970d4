"""Filters of grants, periods, budgets, accountability and publications."""

from __future__ import annotations

from typing import Any

import django_filters

from carecore.filters import FilterSet, StateFilter, UnitFilter
from funds.models import (
    Accountability,
    AccountabilityState,
    Budget,
    Fund,
    Grant,
    GrantState,
    Period,
    PeriodState,
    Publication,
)


class FundFilter(django_filters.ModelChoiceFilter):
    """One of the funds that the user sees."""

    def __init__(self, field_name: str = "fund", label: str = "资金", **kwargs: Any) -> None:
        super().__init__(field_name=field_name, label=label, empty_label="全部", queryset=Fund.objects.none(), **kwargs)


class OfFundFilterSet(FilterSet):
    """Filters with a `fund` among them, which offers the funds of the user's own units."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["fund"].queryset = Fund.objects.visible_to(self.user)


class GrantFilter(FilterSet):
    unit = UnitFilter("to_fund__unit", "拨入单位")
    state = StateFilter(choices=GrantState)

    class Meta:
        model = Grant
        fields = ["unit", "state"]


class PeriodFilter(OfFundFilterSet):
    fund = FundFilter()
    year = django_filters.NumberFilter(label="年度")
    state = StateFilter(choices=PeriodState)

    class Meta:
        model = Period
        fields = ["fund", "year", "state"]


class BudgetFilter(OfFundFilterSet):
    fund = FundFilter()
    year = django_filters.NumberFilter(label="年度")

    class Meta:
        model = Budget
        fields = ["fund", "year"]


class AccountabilityFilter(FilterSet):
    unit = UnitFilter()
    state = StateFilter(choices=AccountabilityState)

    class Meta:
        model = Accountability
        fields = ["unit", "state"]


class PublicationFilter(OfFundFilterSet):
    fund = FundFilter()

    class Meta:
        model = Publication
        fields = ["fund"]
