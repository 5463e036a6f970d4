"""Filters of funds, of vouchers, and of the statement."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from carecore import documents
from carecore.filters import FilterSet, StateFilter, UnitFilter
from funds.filters.registers import FundFilter, OfFundFilterSet
from funds.models import Account, AccountKind, Fund, FundState, Transfer, Voucher, VoucherKind
from funds.queries import on_days, span

FIRST_YEAR, LAST_YEAR, LAST_PK = 1900, 2100, 2**63 - 1
MONTHS = [(str(number), f"{number}月") for number in range(1, 13)]


def year_filter(**kwargs: Any) -> django_filters.NumberFilter:
    return django_filters.NumberFilter(
        label="年度", min_value=FIRST_YEAR, max_value=LAST_YEAR, decimal_places=0, **kwargs
    )


class FundListFilter(FilterSet):
    name = django_filters.CharFilter("name", "contains", label="资金名称", max_length=50)
    unit = UnitFilter()
    kind = django_filters.CharFilter("kind", "contains", label="资金类别", max_length=30)
    state = StateFilter(choices=FundState)

    class Meta:
        model = Fund
        fields = ["name", "unit", "kind", "state"]


class VoucherFilter(OfFundFilterSet):
    fund = FundFilter()
    year = year_filter(field_name="year")
    month = StateFilter("month", "月份", choices=MONTHS, method="in_month")
    kind = StateFilter("kind", "类型", choices=VoucherKind)
    summary = django_filters.CharFilter("summary", "contains", label="摘要", max_length=50)
    document = StateFilter("document_kind", "来源单据", choices=[])
    document_id = django_filters.NumberFilter("document_id", label="单据编号", min_value=0, max_value=LAST_PK)

    class Meta:
        model = Voucher
        fields = ["fund", "year", "month", "kind", "summary", "document", "document_id"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["document"].extra["choices"] = [
            (label, name) for label, name in documents.kinds() if label != Voucher._meta.label_lower
        ]

    def in_month(self, rows: QuerySet[Voucher], _: str, month: str) -> QuerySet[Voucher]:
        year = self.form.cleaned_data.get("year")
        if year is None:
            return rows.filter(dated__month=int(month))
        return rows.filter(dated__range=span(int(year), int(month)))


class StatementFilter(OfFundFilterSet):
    """Of one fund a statement's days are a range of keys; over all funds it is only exported."""

    fund = FundFilter(widget=forms.HiddenInput)
    year = year_filter()
    month = django_filters.ChoiceFilter(label="月份", choices=MONTHS, empty_label="全年")
    account = django_filters.ModelChoiceFilter(
        label="来源/去向", queryset=Account.objects.none(), empty_label="全部"
    )

    class Meta:
        model = Transfer
        fields = ["fund", "year", "month", "account"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = Account.objects.visible_to(self.user).exclude(kind=AccountKind.FUND)
        fund = self.data.get("fund", "")
        if fund.isascii() and fund.isdigit() and len(fund) < 19:
            accounts = accounts.filter(fund=int(fund))
        self.filters["account"].queryset = accounts

    def filter_queryset(self, queryset: QuerySet[Transfer]) -> QuerySet[Transfer]:
        asked = self.form.cleaned_data
        if account := asked["account"]:
            queryset = queryset.filter(Q(from_account=account) | Q(to_account=account))
        year, month = asked["year"], int(asked["month"] or 0) or None
        if year is None:
            queryset = queryset.filter(fund=asked["fund"]) if asked["fund"] else queryset
            return queryset.filter(voucher__dated__month=month) if month else queryset
        first, last = span(int(year), month)
        if asked["fund"]:
            return on_days(queryset, asked["fund"], first, last)
        return queryset.filter(voucher__dated__range=(first, last))
