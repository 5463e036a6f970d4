"""Filters of applications and of the meetings that decided on them."""

from __future__ import annotations

import django_filters

from carecore.filters import DayFilter, FilterSet, SearchFilter, StateFilter, UnitFilter
from funds.filters.registers import FundFilter
from funds.models import Application, ApplicationState, Decision, Fund, Meeting


class ApplicationFilter(FilterSet):
    q = SearchFilter("事由或收款人")
    state = StateFilter(choices=ApplicationState)
    decision = StateFilter("decision", "审批权限", choices=Decision)
    fund = FundFilter()
    unit = UnitFilter("unit", "申请单位")
    since = DayFilter("applied_on", "gte", label="申请日期自")
    until = DayFilter("applied_on", "lte", label="申请日期至")

    class Meta:
        model = Application
        fields = ["q", "state", "decision", "fund", "unit", "since", "until"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Offer the user's own funds and those that the applications in the list use: an applicant sees no others."""
        super().__init__(*args, **kwargs)
        asked = Fund.objects.filter(pk__in=Application.objects.visible_to(self.user).values("fund"))
        self.filters["fund"].queryset = Fund.objects.visible_to(self.user) | asked


class MeetingFilter(FilterSet):
    q = SearchFilter("会议号、决定或参会人员")
    unit = UnitFilter()
    year = django_filters.NumberFilter("held_on__year", label="年度", min_value=1900, max_value=2100)

    class Meta:
        model = Meeting
        fields = ["q", "unit", "year"]
