"""Lists of funds, of vouchers, and the statement of a fund."""

from __future__ import annotations

import django_tables2 as tables

from carecore.documents import kind_name
from carecore.sheets.typed import Kind
from carecore.tables import DateColumn, MoneyColumn, NameColumn, StateColumn, Table
from funds.models import FundState, VoucherKind

FUND_TONES = {FundState.OPEN: "good", FundState.LAPSED: "neutral"}
VOUCHER_TONES = {
    VoucherKind.INCOME: "good", VoucherKind.PAYMENT: "progress", VoucherKind.REFUND: "warn",
    VoucherKind.REVERSAL: "bad",
}  # fmt: skip


class FundTable(Table):
    name = NameColumn("资金名称", linkify=("fund_detail", [tables.A("pk")]), orderable=True)
    unit = tables.Column("单位", accessor="unit__name", orderable=True, order_by=("unit__path",))
    kind = tables.Column("资金类别")
    balance = MoneyColumn(verbose_name="余额(元)", orderable=True)
    reserved = MoneyColumn(verbose_name="已预留(元)", orderable=True)
    available = MoneyColumn(verbose_name="可用(元)", orderable=True)
    ends_on = DateColumn(verbose_name="使用期限")
    state = StateColumn(verbose_name="状态", tones=FUND_TONES)

    class Meta(Table.Meta):
        order_by = ("unit__path", "pk")
        empty_text = "没有可查看的专项资金"


class DocumentColumn(tables.Column):
    """The kind and number of the document that caused a voucher; its page is reached from the voucher's."""

    kind = Kind.TEXT

    def render(self, value: str, record: object) -> str:
        return f"{kind_name(value)} {record.document_id}"


class VoucherTable(Table):
    number = tables.Column(
        "凭证号", accessor="pk", linkify=("voucher_detail", [tables.A("pk")]), attrs={"td": {"class": "text-nowrap"}}
    )
    dated = DateColumn(verbose_name="日期", orderable=True, order_by=("dated", "pk"))
    fund = tables.Column("资金", accessor="fund__name")
    kind = StateColumn(verbose_name="类型", tones=VOUCHER_TONES)
    summary = NameColumn("摘要")
    total = MoneyColumn(verbose_name="金额(元)")
    document = DocumentColumn("来源单据", accessor="document_kind")
    by = tables.Column("经手人", accessor="by__name", default="系统")
    reversed = tables.Column("冲销", accessor="reversed_by", default="")

    class Meta(Table.Meta):
        order_by = "-pk"
        empty_text = "没有符合条件的凭证"

    def render_number(self, record: object) -> str:
        return str(record)

    def value_number(self, record: object) -> str:
        return str(record)

    def render_reversed(self, value: object) -> str:
        return f"已由{value}冲销"


class StatementTable(Table):
    """The 明细账: each transfer with the fund's balance after it."""

    dated = DateColumn(verbose_name="日期", accessor="voucher__dated", orderable=True, order_by=("pk",))
    voucher = tables.Column(
        "凭证号", linkify=("voucher_detail", [tables.A("voucher_id")]), attrs={"td": {"class": "text-nowrap"}}
    )
    summary = NameColumn("摘要", accessor="voucher__summary")
    fund = tables.Column("资金名称", accessor="fund__name")
    other = tables.Column("来源/去向", linkify=("account_detail", [tables.A("other__pk")]))
    income = MoneyColumn(verbose_name="收入(元)", default="")
    spent = MoneyColumn(verbose_name="支出(元)", default="")
    balance = MoneyColumn(verbose_name="结余(元)")
    by = tables.Column("经手人", accessor="voucher__by__name", default="系统")
    note = tables.Column("备注", default="")

    class Meta(Table.Meta):
        order_by = "pk"
        template_name = "funds/statement_table.html"
        empty_text = "这段时间没有发生收支"
