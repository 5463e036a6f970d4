"""Lists of campaigns and of visits."""

from __future__ import annotations

import django_tables2 as tables

from carecore.tables import DateColumn, MeterColumn, MoneyColumn, NameColumn, SelectColumn, StateColumn, Table
from visits.models import CampaignState, VisitState

CAMPAIGN_TONES = {CampaignState.OPEN: "progress", CampaignState.CLOSED: "good"}
VISIT_TONES = {
    VisitState.PLANNED: "neutral", VisitState.APPROVED: "progress", VisitState.DONE: "progress",
    VisitState.PAYING: "progress", VisitState.PAID: "good", VisitState.CANCELLED: "neutral",
}  # fmt: skip


class CampaignTable(Table):
    title = NameColumn(
        verbose_name="走访活动", accessor="pk", linkify=("campaign_detail", [tables.A("pk")])
    )  # fmt: skip
    unit = NameColumn(verbose_name="组织单位")
    starts_on = DateColumn(verbose_name="开始日期", orderable=True)
    ends_on = DateColumn(verbose_name="结束日期")
    planned = MeterColumn(verbose_name="已安排(元)", maximum="budget", unit="元")
    budget = MoneyColumn(verbose_name="预算(元)")
    fund = NameColumn(verbose_name="资金")
    state = StateColumn(verbose_name="状态", tones=CAMPAIGN_TONES)

    def render_title(self, record: object) -> str:
        return str(record)

    def value_title(self, record: object) -> str:
        return str(record)


class VisitTable(Table):
    pick = SelectColumn()
    name = NameColumn(verbose_name="走访对象", linkify=("visit_detail", [tables.A("pk")]))
    state = StateColumn(verbose_name="状态", tones=VISIT_TONES)
    unit = NameColumn(verbose_name="单位")
    occasion = tables.Column("事由")
    category = tables.Column("慰问类别")
    visitor = NameColumn(verbose_name="走访人")
    money = MoneyColumn(verbose_name="慰问金(元)")
    goods = tables.Column("慰问品")
    goods_value = MoneyColumn(verbose_name="折价(元)")
    due_on = DateColumn(verbose_name="应走访日期", orderable=True)
    done_on = DateColumn(verbose_name="走访日期", orderable=True)
