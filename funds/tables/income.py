"""Lists of receipts and of dues handed up."""

from __future__ import annotations

import django_tables2 as tables

from carecore.tables import DateColumn, MoneyColumn, NameColumn, NumberColumn, StateColumn, Table
from funds.models import ReceiptState

RECEIPT_TONES = {ReceiptState.POSTED: "good", ReceiptState.REVERSED: "bad"}


class ReceiptTable(Table):
    received_on = DateColumn(verbose_name="到账日期", linkify=("receipt_detail", [tables.A("pk")]), orderable=True)
    fund = NameColumn(verbose_name="资金", accessor="fund__name")
    unit = tables.Column("单位", accessor="fund__unit")
    source = tables.Column("来源")
    amount = MoneyColumn(verbose_name="金额(元)", orderable=True)
    payer = tables.Column("付款单位(人)")
    reference = tables.Column("票据(文)号")
    voucher = tables.Column("凭证号", attrs={"td": {"class": "text-nowrap"}})
    state = StateColumn(verbose_name="状态", tones=RECEIPT_TONES)

    class Meta(Table.Meta):
        order_by = ("-received_on", "-pk")
        empty_text = "没有符合条件的收入"


class DuesTable(Table):
    organisation = NameColumn(verbose_name="党组织名称", linkify=("dues_detail", [tables.A("pk")]))
    unit = NameColumn(verbose_name="上缴单位")
    year = NumberColumn(verbose_name="年度", orderable=True)
    members = NumberColumn(verbose_name="党员数")
    due = MoneyColumn(verbose_name="应缴金额(元)")
    amount = MoneyColumn(verbose_name="上缴金额(元)", orderable=True)
    handed_on = DateColumn(verbose_name="上缴日期", orderable=True)
    to_unit = NameColumn(verbose_name="收缴单位")

    class Meta(Table.Meta):
        order_by = ("-year", "unit__path", "-handed_on", "pk")
        empty_text = "没有符合条件的上缴党费"
