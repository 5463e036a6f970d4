"""The list of hardship files."""

from __future__ import annotations

import django_tables2 as tables

from carecore.tables import (
    DateColumn,
    IdColumn,
    MoneyColumn,
    NameColumn,
    NumberColumn,
    SelectColumn,
    StateColumn,
    Table,
)
from visits.models import CaseState

CASE_TONES = {
    CaseState.DRAFT: "neutral", CaseState.REPORTED: "progress", CaseState.ENDORSED: "progress",
    CaseState.GIVEN_OPINION: "progress", CaseState.RECOGNISED: "good", CaseState.REFUSED: "bad", CaseState.EXITED: "neutral",
    CaseState.MERGED: "neutral", CaseState.WITHDRAWN: "neutral",
}  # fmt: skip
ONE_LINE = {"td": {"class": "text-nowrap"}}


class CaseTable(Table):
    pick = SelectColumn()
    name = NameColumn("姓名", linkify=("case_detail", [tables.A("pk")]))
    unit = tables.Column("单位", accessor="unit__name", orderable=True, order_by=("unit__path",))
    object_kind = tables.Column("对象类别", attrs=ONE_LINE)
    id_number = IdColumn(verbose_name="身份证号")
    shown_grade = tables.Column("困难类别", accessor="shown_grade", default="—", attrs=ONE_LINE)
    per_head = MoneyColumn(verbose_name="人均月收入(元)")
    size = NumberColumn(verbose_name="家庭人口")
    cause_label = tables.Column("主要致困原因")
    state = StateColumn(verbose_name="状态", tones=CASE_TONES)
    verified_on = DateColumn(verbose_name="最近核实", orderable=True)

    class Meta(Table.Meta):
        order_by = "-pk"
        empty_text = "没有符合条件的困难档案。点“新增”逐户建档,或点“导入”上传汇总表。"
