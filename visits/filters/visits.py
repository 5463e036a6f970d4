"""Filters of campaigns and of visits."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet

from carecore import clock
from carecore.filters import FilterSet, SearchFilter, StateFilter, UnitFilter
from visits.models import Campaign, CampaignState, Visit, VisitState

NOT_MADE = (VisitState.PLANNED, VisitState.APPROVED)


class CampaignFilter(FilterSet):
    year = django_filters.NumberFilter(label="年度", max_value=9999)
    occasion = django_filters.CharFilter(label="节点", max_length=30)
    state = StateFilter(choices=CampaignState)

    class Meta:
        model = Campaign
        fields = ["year", "occasion", "state"]


class VisitFilter(FilterSet):
    q = SearchFilter("走访对象或拼音首字母")
    campaign = django_filters.ModelChoiceFilter(
        label="走访活动", empty_label="全部", queryset=Campaign.objects.none()
    )  # fmt: skip
    occasion = django_filters.CharFilter(label="事由", max_length=30)
    unit = UnitFilter()
    state = StateFilter(choices=VisitState)
    due = StateFilter(
        "due_on", "办理", choices=[("late", "逾期未走访"), ("need", "措施待办结"), ("pay", "待发放")], method="by_due"
    )  # fmt: skip

    class Meta:
        model = Visit
        fields = ["q", "campaign", "occasion", "unit", "state", "due"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["campaign"].queryset = Campaign.objects.visible_to(self.user)

    def by_due(self, rows: QuerySet[Visit], _: str, choice: str) -> QuerySet[Visit]:
        if choice == "late":
            return rows.filter(state__in=NOT_MADE, due_on__lt=clock.today())
        if choice == "need":
            return rows.in_need()
        return rows.filter(state=VisitState.DONE, money__gt=0)
