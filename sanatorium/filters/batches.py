"""Filters of batches."""

from __future__ import annotations

import django_filters

from carecore.filters import DayFilter, FilterSet, StateFilter
from carecore.policy import PROVINCE
from sanatorium.models import Batch, BatchState


class BatchFilter(FilterSet):
    year = django_filters.NumberFilter("plan__year", label="年度", max_value=9999)
    venue = django_filters.CharFilter("venue__name", "contains", label="疗休养院", max_length=50)
    province = StateFilter("province_case", "省内外", choices=[(case, case) for case in PROVINCE])
    state = StateFilter(choices=BatchState)
    starts_from = DayFilter("starts_on", "gte", label="开始日期自")
    starts_to = DayFilter("starts_on", "lte", label="开始日期至")

    class Meta:
        model = Batch
        fields = ["year", "venue", "province", "state", "starts_from", "starts_to"]
