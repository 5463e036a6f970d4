"""Lists of plans and of places."""

from __future__ import annotations

import django_tables2 as tables

from carecore.tables import MeterColumn, NumberColumn, StateColumn, Table
from sanatorium.models import PlanState

PLAN_TONES = {PlanState.DRAFT: "neutral", PlanState.PUBLISHED: "good", PlanState.CLOSED: "neutral"}


class PlanTable(Table):
    year = NumberColumn(verbose_name="年度", linkify=("plan_detail", [tables.A("pk")]), orderable=True)
    unit = tables.Column(verbose_name="主办单位")
    total = NumberColumn(verbose_name="名额总数")
    state = StateColumn(verbose_name="状态", tones=PLAN_TONES)

    class Meta(Table.Meta):
        order_by = "-year"


class QuotaTable(Table):
    year = NumberColumn(verbose_name="年度", accessor="class_quota__plan__year")
    quota_class = tables.Column("类别", accessor="class_quota__quota_class")
    unit = tables.Column("单位", accessor="unit__name", linkify=("quota_detail", [tables.A("pk")]))
    places = NumberColumn(verbose_name="名额", orderable=True)
    passed_down = NumberColumn(verbose_name="其中已下拨")
    used = MeterColumn(verbose_name="本级已使用", maximum="own", unit="个", orderable=True)
    free = NumberColumn(verbose_name="可用")

    class Meta(Table.Meta):
        order_by = ("-class_quota__plan__year", "class_quota", "unit__path")
