"""Filters of payments and of their lines."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import QuerySet

from carecore.filters import DayFilter, FilterSet, SearchFilter, StateFilter, UnitFilter
from funds.filters.registers import FundFilter, OfFundFilterSet
from funds.models import LineState, Payment, PaymentLine, PaymentState


class PaymentFilter(OfFundFilterSet):
    q = SearchFilter("事由、收款人或支付单号")
    fund = FundFilter()
    unit = UnitFilter("fund__unit", label="资金单位")
    state = StateFilter(choices=PaymentState)
    prepared_from = DayFilter("prepared_on", "gte", label="制表日期自")
    prepared_to = DayFilter("prepared_on", "lte", label="制表日期至")

    class Meta:
        model = Payment
        fields = ["q", "fund", "unit", "state", "prepared_from", "prepared_to"]


class LineFilter(FilterSet):
    payment = django_filters.NumberFilter("payment", label="支付单号", max_value=2**63 - 1, widget=forms.HiddenInput)
    q = SearchFilter("收款人")
    state = StateFilter(choices=LineState)
    signed = django_filters.ChoiceFilter(
        method="by_signature", label="签领", empty_label="全部", choices=[("yes", "已签领"), ("no", "未签领")]
    )

    class Meta:
        model = PaymentLine
        fields = ["payment", "q", "state", "signed"]

    def by_signature(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(signed_on__isnull=value == "no")
