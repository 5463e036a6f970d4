"""The unit directory as a list: the tree in its order, indented."""

from __future__ import annotations

import django_filters
import django_tables2 as tables
from django.db.models import Q, QuerySet

from carecore import clock
from carecore.filters import SearchFilter
from carecore.lists.filters import RegisterFilterSet, SubtreeFilter
from carecore.models import Unit, UnitKind
from carecore.models.units import within
from carecore.tables import DateColumn, Table

INDENT = "\u3000"  # an ideographic space: seen on the page, kept in a copied text


class UnitTable(Table):
    name = tables.Column("单位名称", linkify=("unit_detail", [tables.A("pk")]))
    code = tables.Column("单位代码", orderable=True)
    kind = tables.Column("单位类别")
    quota_class = tables.Column("名额类别")
    parent = tables.Column("上级单位", accessor="parent__name", default="")
    party_name = tables.Column("党组织名称", default="")
    valid_to = DateColumn(verbose_name="停用日期", default="")

    class Meta(Table.Meta):
        order_by = "path"

    def render_name(self, record: Unit) -> str:
        return f"{INDENT * record.depth}{record.name}"

    def value_name(self, value: str) -> str:
        return value


class UnitListFilter(RegisterFilterSet):
    q = SearchFilter("单位名称或代码")
    under = SubtreeFilter("path", "上级单位(含下级)", method="in_subtree")
    kind = django_filters.ChoiceFilter(label="单位类别", choices=UnitKind, empty_label="全部")
    state = django_filters.ChoiceFilter(
        label="状态", choices=[("open", "启用"), ("closed", "已停用")], empty_label="全部", method="by_state"
    )

    class Meta:
        model = Unit
        fields = ["q", "under", "kind", "state"]

    def in_subtree(self, rows: QuerySet[Unit], name: str, value: Unit) -> QuerySet[Unit]:
        return rows.filter(within([value.path], "path"))

    def by_state(self, rows: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        open_today = Q(valid_to=None) | Q(valid_to__gte=clock.today())
        return rows.filter(open_today if value == "open" else ~open_today)
