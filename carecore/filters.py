"""Shared parts of list filters. A filter set knows its user, never the request: jobs export with it too."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet

from carecore.models import User


class FilterSet(django_filters.FilterSet):
    """A filter set for one user; choices that depend on the user are set in `__init__` after super()."""

    def __init__(
        self, data: Any = None, queryset: QuerySet | None = None, *, user: User, **kwargs: Any
    ) -> None:
        super().__init__(data, queryset, **kwargs)
        self.user = user


class SearchFilter(django_filters.CharFilter):
    """The search box: hands the text to `matching()` of the list's query set."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(
            label=label, max_length=50, widget=forms.TextInput(attrs={"type": "search"}), **kwargs
        )

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        return qs.matching(value) if value else qs


class UnitFilter(django_filters.CharFilter):
    """Rows of the units whose name holds this text, or whose code is exactly it."""

    def __init__(self, field_name: str = "unit", label: str = "单位", **kwargs: Any) -> None:
        super().__init__(field_name=field_name, label=label, max_length=50, **kwargs)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        by_name = {f"{self.field_name}__name__contains": value}
        return qs.filter(**by_name) | qs.filter(**{f"{self.field_name}__code": value})


class DayFilter(django_filters.DateFilter):
    """A day chosen in the browser's calendar: `DayFilter("starts_on", "gte", label="开始日期自")`."""

    def __init__(self, field_name: str, lookup_expr: str, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(field_name=field_name, lookup_expr=lookup_expr, widget=widget, **kwargs)


class StateFilter(django_filters.ChoiceFilter):
    """One of a field's choices, or all of them."""

    def __init__(self, field_name: str = "state", label: str = "状态", **kwargs: Any) -> None:
        super().__init__(field_name=field_name, label=label, empty_label="全部", **kwargs)
