"""Lists of policy documents and rules: tables and filters."""

from __future__ import annotations

import datetime

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import QuerySet

from carecore import clock
from carecore.filters import FilterSet, SearchFilter, UnitFilter
from carecore.forms.fields import UnitField
from carecore.lists.filters import RegisterFilterSet
from carecore.models import Document, Phase, Rule, Severity, Unit
from carecore.policy import KEYS, in_words, is_checked, label_of
from carecore.tables import DateColumn, StateColumn, Table, YesNoColumn

SEVERITY_TONES = {Severity.BLOCK: "bad", Severity.WARN: "warn", Severity.INFO: "neutral"}
PHASE_TONES = {Phase.COMING: "progress", Phase.IN_FORCE: "good", Phase.ENDED: "neutral"}


class DocumentTable(Table):
    name = tables.Column("文件名称", linkify=("document_detail", [tables.A("pk")]), orderable=True)
    number = tables.Column("文号")
    issuers = tables.Column("印发单位")
    issued_on = DateColumn(verbose_name="印发日期", orderable=True)
    is_trial = YesNoColumn(verbose_name="试行")
    unit = tables.Column("登记单位")

    class Meta(Table.Meta):
        order_by = "-issued_on"

    def render_issuers(self, value: list[str]) -> str:
        return "、".join(value)


class RuleTable(Table):
    key = tables.Column("规则", linkify=("rule_detail", [tables.A("pk")]), orderable=True)
    value = tables.Column("取值")
    severity = StateColumn(verbose_name="严重程度", tones=SEVERITY_TONES)
    source = tables.Column("依据", accessor="source")
    unit = tables.Column("适用单位(含下级)")
    effective_from = DateColumn(verbose_name="生效日期", orderable=True)
    effective_to = DateColumn(verbose_name="失效日期")
    checked = tables.Column("系统检查", accessor="pk")

    class Meta(Table.Meta):
        order_by = None

    def render_key(self, record: Rule) -> str:
        return label_of(record)

    def render_value(self, record: Rule) -> str:
        return in_words(record)

    def render_checked(self, record: Rule) -> str:
        return "检查" if is_checked(record) else "仅提示"


class DocumentFilter(FilterSet):
    search = SearchFilter("名称或文号")
    unit = UnitFilter()

    class Meta:
        model = Document
        fields = ["search", "unit"]


class GoverningFilter(django_filters.Filter):
    """Rules that govern a unit: its own and those of everything above it."""

    field_class = UnitField

    def filter(self, qs: QuerySet, value: Unit | None) -> QuerySet:
        return qs if value is None else qs.governing(value)


class RuleFilter(RegisterFilterSet):
    key = django_filters.ChoiceFilter(
        label="规则", choices=[(key.name, key.label) for key in KEYS.values()], empty_label="全部"
    )
    unit = UnitFilter()
    governs = GoverningFilter(label="约束的单位(含上级规则)")
    severity = django_filters.ChoiceFilter(label="严重程度", choices=Severity, empty_label="全部")
    phase = django_filters.ChoiceFilter(label="状态", choices=Phase, empty_label="全部", method="at_phase")
    day = django_filters.DateFilter(
        label="某日有效", method="in_force", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    class Meta:
        model = Rule
        fields = ["key", "unit", "severity"]

    def in_force(self, rows: QuerySet, name: str, day: datetime.date) -> QuerySet:
        return rows.in_force(day)

    def at_phase(self, rows: QuerySet, name: str, phase: str) -> QuerySet:
        return rows.at_phase(Phase(phase), clock.today())
