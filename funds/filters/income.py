"""Filters of receipts and of dues handed up."""

from __future__ import annotations

import django_filters

from carecore.filters import DayFilter, FilterSet, StateFilter, UnitFilter
from funds.filters.registers import FundFilter, OfFundFilterSet
from funds.models import DuesReturn, Receipt, ReceiptState


class ReceiptFilter(OfFundFilterSet):
    fund = FundFilter()
    source = django_filters.CharFilter("source__label", "contains", label="来源", max_length=60)
    payer = django_filters.CharFilter("payer", "contains", label="付款单位(人)", max_length=50)
    first = DayFilter("received_on", "gte", label="到账日期自")
    last = DayFilter("received_on", "lte", label="至")
    state = StateFilter(choices=ReceiptState)

    class Meta:
        model = Receipt
        fields = ["fund", "source", "payer", "first", "last", "state"]


class DuesFilter(FilterSet):
    year = django_filters.NumberFilter(label="年度", min_value=1900, max_value=2100, decimal_places=0)
    unit = UnitFilter(label="上缴单位")
    organisation = django_filters.CharFilter("organisation", "contains", label="党组织名称", max_length=50)

    class Meta:
        model = DuesReturn
        fields = ["year", "unit", "organisation"]
