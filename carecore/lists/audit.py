"""The audit trail as a list."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.apps import apps
from django.db.models import Q, QuerySet

from carecore.filters import DayFilter, FilterSet, UnitFilter
from carecore.models import AuditEvent, Record
from carecore.registry import action_label, action_names
from carecore.tables import MomentColumn, NumberColumn, Table


def kind_label(kind: str) -> str:
    """The Chinese name of the model that an event is about."""
    return str(apps.get_model(kind)._meta.verbose_name) if kind else ""


def _kinds() -> list[tuple[str, str]]:
    labels = [model._meta.label_lower for model in apps.get_models() if issubclass(model, Record)]
    return [(label, kind_label(label)) for label in labels]


def _actions() -> list[tuple[str, str]]:
    """Every action, and all refusals as one choice more."""
    return [("refused", "未通过(全部)"), *((name, action_label(name)) for name in action_names())]


class AuditTable(Table):
    seq = NumberColumn(verbose_name="序号", linkify=("audit_detail", [tables.A("pk")]))
    at = MomentColumn(verbose_name="时间")
    by = tables.Column("操作人", accessor="by__name", default="系统")
    action = tables.Column("动作")
    kind = tables.Column("对象", default="")
    object_id = tables.Column("对象编号", default="")
    unit = tables.Column("单位", accessor="unit__name", default="")
    source = tables.Column("来源")
    reason = tables.Column("理由", default="")

    class Meta(Table.Meta):
        order_by = "-seq"

    def render_action(self, value: str) -> str:
        return action_label(value)

    def render_kind(self, value: str) -> str:
        return kind_label(value)


class AuditFilter(FilterSet):
    since = DayFilter("at", "date__gte", label="日期自")
    until = DayFilter("at", "date__lte", label="日期至")
    action = django_filters.ChoiceFilter(
        label="动作", choices=_actions, empty_label="全部", method="by_action"
    )  # fmt: skip
    by = django_filters.CharFilter(label="操作人姓名或登录名", max_length=50, method="by_user")
    kind = django_filters.ChoiceFilter(label="对象", choices=_kinds, empty_label="全部")
    object_id = django_filters.NumberFilter(
        label="对象编号", decimal_places=0, min_value=1, max_value=2**63 - 1,
        widget=forms.NumberInput(attrs={"min": 1}),
    )  # fmt: skip
    unit = UnitFilter()

    class Meta:
        model = AuditEvent
        fields = ["since", "until", "action", "by", "kind", "object_id", "unit"]

    def by_action(self, rows: QuerySet[AuditEvent], name: str, value: str) -> QuerySet[AuditEvent]:
        if value == "refused":
            return rows.filter(action__startswith="refused.")
        return rows.filter(action__in=[value, f"refused.{value}"])

    def by_user(self, rows: QuerySet[AuditEvent], name: str, value: str) -> QuerySet[AuditEvent]:
        return rows.filter(Q(by__name__contains=value) | Q(by__username=value))


def columns(event: AuditEvent) -> dict[str, str]:
    """The Chinese names of the columns of the row that an event is about."""
    model: Any = apps.get_model(event.kind)
    labels = {field.attname: str(field.verbose_name) for field in model._meta.concrete_fields}
    return {**labels, model._meta.pk.attname: "编号"}
