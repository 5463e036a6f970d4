"""The list of accounts."""

from __future__ import annotations

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from carecore import clock
from carecore.access import Role
from carecore.filters import FilterSet, SearchFilter
from carecore.models import Appointment, User
from carecore.tables import StateColumn, Table

ACTIVE_TONES = {True: "good", False: "neutral"}


class ActiveColumn(StateColumn):
    """启用 or 停用."""

    def render(self, value: bool, record: User, bound_column: tables.columns.BoundColumn) -> SafeString:
        return super().render(self.value(value), record, bound_column)

    def value(self, value: bool) -> str:
        return "启用" if value else "停用"


class UserTable(Table):
    username = tables.Column("登录名", linkify=("user_detail", [tables.A("pk")]), orderable=True)
    name = tables.Column("姓名", orderable=True)
    held = tables.Column("任职授权", empty_values=())
    is_active = ActiveColumn(verbose_name="状态", tones=ACTIVE_TONES)

    class Meta(Table.Meta):
        order_by = "username"

    def render_held(self, value: list[Appointment]) -> str:
        return "、".join(f"{held.unit} {held.get_role_display()}" for held in value) or "无"

    def value_held(self, value: list[Appointment]) -> str:
        return self.render_held(value)


class UserFilter(FilterSet):
    q = SearchFilter("姓名或登录名")
    role = django_filters.ChoiceFilter(label="角色", choices=Role, empty_label="全部", method="by_role")
    is_active = django_filters.ChoiceFilter(
        label="状态", choices=[("true", "启用"), ("false", "停用")], empty_label="全部", method="by_active"
    )

    class Meta:
        model = User
        fields = ["q", "role", "is_active"]

    def by_role(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        held = Appointment.objects.visible_to(self.user).in_force(clock.today()).filter(role=value)
        return rows.filter(pk__in=held.values("user"))

    def by_active(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return rows.filter(is_active=value == "true")
