"""The list of batches."""

from __future__ import annotations

import django_tables2 as tables

from carecore.tables import DateColumn, MeterColumn, NumberColumn, StateColumn, Table
from sanatorium.models import BatchState

BATCH_TONES = {
    BatchState.ARRANGING: "progress", BatchState.APPROVED: "progress", BatchState.ATTENDED: "warn",
    BatchState.CLOSED: "good", BatchState.CANCELLED: "neutral",
}  # fmt: skip


class BatchTable(Table):
    title = tables.Column(
        "批次", linkify=("batch_detail", [tables.A("pk")]), attrs={"td": {"class": "text-nowrap"}}
    )
    venue = tables.Column("疗休养院", accessor="venue__name")
    province_case = tables.Column("省内外")
    starts_on = DateColumn(verbose_name="开始日期", orderable=True)
    ends_on = DateColumn(verbose_name="结束日期")
    days = NumberColumn(verbose_name="天数")
    seats = MeterColumn(verbose_name="已安排", maximum="capacity", unit="人")
    capacity = NumberColumn(verbose_name="人数上限")
    state = StateColumn(verbose_name="状态", tones=BATCH_TONES)
