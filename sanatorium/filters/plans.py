"""Filters of plans and of places."""

from __future__ import annotations

import django_filters

from carecore.filters import FilterSet, StateFilter, UnitFilter
from carecore.models import QuotaClass
from sanatorium.models import Plan, PlanState, UnitQuota

LAST_YEAR = 9999


class PlanFilter(FilterSet):
    year = django_filters.NumberFilter("year", label="年度", max_value=LAST_YEAR)
    state = StateFilter(choices=PlanState)

    class Meta:
        model = Plan
        fields = ["year", "state"]


class QuotaFilter(FilterSet):
    year = django_filters.NumberFilter("class_quota__plan__year", label="年度", max_value=LAST_YEAR)
    quota_class = StateFilter("class_quota__quota_class", "类别", choices=QuotaClass)
    unit = UnitFilter()

    class Meta:
        model = UnitQuota
        fields = ["year", "quota_class", "unit"]
