"""The list of sanatoria."""

from __future__ import annotations

import django_tables2 as tables

from carecore.tables import DateColumn, NumberColumn, StateColumn, Table, YesNoColumn
from sanatorium.models import VenueState

VENUE_TONES = {
    VenueState.APPLIED: "progress", VenueState.ADMITTED: "good", VenueState.SUSPENDED: "warn",
    VenueState.REMOVED: "bad",
}  # fmt: skip


class VenueTable(Table):
    name = tables.Column("名称", linkify=("venue_detail", [tables.A("pk")]), orderable=True)
    place_case = tables.Column("所在地")
    union_owned = YesNoColumn(verbose_name="工会系统所属")
    tags = tables.Column("资源特色")
    capacity = NumberColumn(verbose_name="接待能力(人)", orderable=True)
    score = NumberColumn(verbose_name="最近考察得分")
    state = StateColumn(verbose_name="状态", tones=VENUE_TONES)
    state_on = DateColumn(verbose_name="状态日期")
