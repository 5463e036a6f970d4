"""Filters that several of these lists share."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet

from carecore.filters import FilterSet
from carecore.forms.fields import UnitField
from carecore.models import Unit
from carecore.models.units import within


class SubtreeFilter(django_filters.Filter):
    """Rows of a unit and of everything under it; the unit is typed as in a form."""

    field_class = UnitField

    def __init__(self, field_name: str = "unit", label: str = "单位(含下级)", **kwargs: Any) -> None:
        super().__init__(field_name=field_name, label=label, **kwargs)

    def filter(self, qs: QuerySet, value: Unit | None) -> QuerySet:
        return qs if value is None else qs.filter(within([value.path], f"{self.field_name}__path"))


class RegisterFilterSet(FilterSet):
    """A filter set whose unit fields know of the user's units, closed ones included."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.form.fields.values():
            if isinstance(field, UnitField):
                field.for_user(self.user, closed=True)
