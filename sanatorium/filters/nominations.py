"""Filters of nominations and of notices."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet

from carecore import clock
from carecore.filters import FilterSet, SearchFilter, StateFilter, UnitFilter
from carecore.models import Notice, QuotaClass
from sanatorium.filters.plans import LAST_YEAR
from sanatorium.models import Nomination, State
from sanatorium.models.nominations import Attention
from sanatorium.phases import Phase, at_phase


class NominationFilter(FilterSet):
    q = SearchFilter("姓名或拼音首字母")
    year = django_filters.NumberFilter("plan__year", label="年度", max_value=LAST_YEAR)
    state = StateFilter(choices=State)
    quota_class = StateFilter("quota_class", "类别", choices=QuotaClass)
    unit = UnitFilter()
    attention = StateFilter("attention", "提示", choices=Attention)
    notice = StateFilter(
        "notice", "公示", choices=[("over", "期满可报送"), ("running", "未期满或有异议")], method="by_notice"
    )
    seat = StateFilter("batch", "批次", choices=[("no", "未编入"), ("yes", "已编入")], method="by_seat")

    class Meta:
        model = Nomination
        fields = ["q", "year", "state", "quota_class", "unit", "attention", "notice", "seat"]

    def by_notice(self, rows: QuerySet[Nomination], _: str, choice: str) -> QuerySet[Nomination]:
        over = Q(notice__in=Notice.objects.filter(at_phase(Phase.OVER, clock.today()), open_objections=0))
        return rows.filter(over if choice == "over" else ~over, state=State.ON_NOTICE)

    def by_seat(self, rows: QuerySet[Nomination], _: str, seat: str) -> QuerySet[Nomination]:
        return rows.filter(batch__isnull=seat == "no")


class NoticeFilter(FilterSet):
    unit = UnitFilter()
    state = StateFilter(choices=Phase, method="at_phase")

    class Meta:
        model = Notice
        fields = ["unit", "state"]

    def at_phase(self, rows: QuerySet[Notice], _: str, phase: str) -> QuerySet[Notice]:
        return rows.filter(at_phase(phase, clock.today()))
