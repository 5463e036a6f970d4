"""Filters of sanatoria."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet

from carecore.filters import FilterSet, SearchFilter, StateFilter
from sanatorium.models import Venue, VenueState


class VenueFilter(FilterSet):
    q = SearchFilter("名称或地址")
    state = StateFilter(choices=VenueState)
    province = django_filters.ChoiceFilter(
        "in_province", label="省内外", empty_label="全部", choices=[("True", "省内"), ("False", "省外")]
    )
    tag = django_filters.ChoiceFilter(label="资源特色", empty_label="全部", method="tagged", choices=[])

    class Meta:
        model = Venue
        fields = ["q", "state", "province", "tag"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        texts = Venue.objects.visible_to(self.user).exclude(tags="").values_list("tags", flat=True)
        tags = dict.fromkeys(tag for text in texts for tag in text.split("、"))
        self.filters["tag"].extra["choices"] = [(tag, tag) for tag in sorted(tags)]

    def tagged(self, queryset: QuerySet[Venue], name: str, value: str) -> QuerySet[Venue]:
        return queryset.tagged(value)
