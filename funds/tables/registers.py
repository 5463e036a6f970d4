"""Lists of grants, periods, budgets, accountability and publications."""

from __future__ import annotations

import django_tables2 as tables

from carecore.tables import DateColumn, MoneyColumn, NameColumn, NumberColumn, StateColumn, Table
from funds.models import AccountabilityState, GrantState, PeriodState

GRANT_TONES = {GrantState.SENT: "progress", GrantState.RECEIVED: "good"}
PERIOD_TONES = {PeriodState.CLOSED: "good", PeriodState.REOPENED: "warn"}
ACCOUNTABILITY_TONES = {AccountabilityState.OPEN: "progress", AccountabilityState.ENDED: "good"}


class GrantTable(Table):
    sent_on = DateColumn(verbose_name="拨付日期", linkify=("grant_detail", [tables.A("pk")]), orderable=True)
    kind = tables.Column("类型")
    from_fund = NameColumn(verbose_name="拨出资金")
    from_unit = NameColumn(verbose_name="拨出单位", accessor="from_fund__unit")
    to_fund = NameColumn(verbose_name="拨入资金")
    to_unit = NameColumn(verbose_name="拨入单位", accessor="to_fund__unit")
    amount = MoneyColumn(verbose_name="金额(元)", orderable=True)
    reference = tables.Column("文号")
    state = StateColumn(verbose_name="状态", tones=GRANT_TONES)
    received_on = DateColumn(verbose_name="到账日期")


class PeriodTable(Table):
    month = NumberColumn(verbose_name="月份", linkify=("period_detail", [tables.A("pk")]))
    year = NumberColumn(verbose_name="年度")
    fund = NameColumn(verbose_name="资金")
    opening = MoneyColumn(verbose_name="期初余额(元)")
    income = MoneyColumn(verbose_name="本期收入(元)")
    spent = MoneyColumn(verbose_name="本期支出(元)")
    closing = MoneyColumn(verbose_name="期末余额(元)")
    state = StateColumn(verbose_name="状态", tones=PERIOD_TONES)
    closed_on = DateColumn(verbose_name="结账日期")

    class Meta(Table.Meta):
        sequence = ("fund", "year", "month", "...")


class BudgetTable(Table):
    fund = NameColumn(verbose_name="资金", linkify=("budget_edit", [tables.A("fund_id")]))
    year = NumberColumn(verbose_name="年度")
    purpose = NameColumn(verbose_name="用途", default="全部用途")
    planned = MoneyColumn(verbose_name="预算金额(元)")
    need = MoneyColumn(verbose_name="需求金额(元)")


class AccountabilityTable(Table):
    found_on = DateColumn(
        verbose_name="发现日期", linkify=("accountability_detail", [tables.A("pk")]), orderable=True
    )
    unit = NameColumn(verbose_name="单位")
    kind = tables.Column("问题类别")
    finding = tables.Column("发现的问题", attrs={"td": {"class": "care-passage"}})
    amount = MoneyColumn(verbose_name="涉及金额(元)")
    responsible = NameColumn(verbose_name="责任人")
    state = StateColumn(verbose_name="状态", tones=ACCOUNTABILITY_TONES)
    ended_on = DateColumn(verbose_name="办结日期")


class PublicationTable(Table):
    published_on = DateColumn(verbose_name="公布日期", linkify=("publication_detail", [tables.A("pk")]))
    fund = NameColumn(verbose_name="资金")
    starts_on = DateColumn(verbose_name="支付起始")
    ends_on = DateColumn(verbose_name="支付截止")
    people = NumberColumn(verbose_name="笔数")
    amount = MoneyColumn(verbose_name="金额(元)")
    channel = tables.Column("公布方式")
    place = tables.Column("公布地点")
