"""Lists of applications and of meetings."""

from __future__ import annotations

import django_tables2 as tables

from carecore.tables import (
    DateColumn,
    MoneyColumn,
    NameColumn,
    NumberColumn,
    SelectColumn,
    StateColumn,
    Table,
)
from funds.models import ApplicationState

APPLICATION_TONES = {
    ApplicationState.DRAFT: "neutral", ApplicationState.APPLIED: "progress", ApplicationState.ACCEPTED: "progress",
    ApplicationState.DECIDED: "good", ApplicationState.PAYING: "good", ApplicationState.PAID: "good",
    ApplicationState.REFUSED: "bad", ApplicationState.WITHDRAWN: "neutral",
}  # fmt: skip


class ApplicationTable(Table):
    pick = SelectColumn()
    subject = NameColumn("事由", linkify=("application_detail", [tables.A("pk")]))
    unit = tables.Column("申请单位", orderable=True, order_by=("unit__path",))
    fund = tables.Column("资金")
    purpose = tables.Column("用途")
    asked = MoneyColumn(verbose_name="申请(元)", orderable=True)
    decided = MoneyColumn(verbose_name="批准(元)")
    state = StateColumn(verbose_name="状态", tones=APPLICATION_TONES)
    decision = tables.Column("审批权限", accessor="get_decision_display", default="")
    applied_on = DateColumn(verbose_name="申请日期", orderable=True)

    class Meta(Table.Meta):
        order_by = "-pk"
        empty_text = "没有符合条件的资金申请。点“新增”填写申请。"


class MeetingTable(Table):
    number = NameColumn("会议号", linkify=("meeting_detail", [tables.A("pk")]))
    held_on = DateColumn(verbose_name="会议日期", orderable=True)
    unit = NameColumn("单位")
    chair = tables.Column("主持人")
    attendees = NameColumn("参会人员")
    decided = NumberColumn(verbose_name="研究事项")
    amount = MoneyColumn(verbose_name="批准金额(元)")

    class Meta(Table.Meta):
        order_by = "-held_on"
        empty_text = "没有登记会议。已受理的申请须由书记会议研究的,点“新增”登记会议决定。"
