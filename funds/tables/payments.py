"""The lists of payments and of their lines."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from carecore.sheets.typed import Kind
from carecore.tables import (
    DateColumn,
    MoneyColumn,
    NameColumn,
    NumberColumn,
    SelectColumn,
    StateColumn,
    Table,
)
from funds.models import LineState, PaymentLine, PaymentState
from funds.payment_sheets import proxy_of

PAYMENT_TONES = {
    PaymentState.PREPARED: "progress", PaymentState.SENT: "progress", PaymentState.PARTLY: "warn",
    PaymentState.PAID: "good", PaymentState.CANCELLED: "neutral",
}  # fmt: skip
LINE_TONES = {
    LineState.WAITING: "progress", LineState.SENT: "progress", LineState.PAID: "good", LineState.RETURNED: "bad",
    LineState.DROPPED: "neutral",
}  # fmt: skip


class PaymentTable(Table):
    number = tables.Column("支付单", accessor="pk", linkify=("payment_detail", [tables.A("pk")]))
    subject = NameColumn(verbose_name="事由", linkify=("payment_detail", [tables.A("pk")]))
    fund = tables.Column("资金", accessor="fund__name")
    unit = tables.Column("资金单位", accessor="fund__unit__name")
    purpose = tables.Column("用途", accessor="purpose__label")
    total = MoneyColumn(verbose_name="总金额(元)")
    paid = MoneyColumn(verbose_name="已付(元)")
    state = StateColumn(verbose_name="状态", tones=PAYMENT_TONES)
    prepared_on = DateColumn(verbose_name="制表日期", orderable=True)

    class Meta(Table.Meta):
        order_by = ("-pk",)


class AccountColumn(tables.Column):
    """A bank account that its row masks itself."""

    kind = Kind.ID
    attrs = {"td": {"class": "text-nowrap care-number"}}


class LineTable(Table):
    """The lines of one payment; an account shows its last digits only."""

    pick = SelectColumn()
    payment = tables.Column("支付单", accessor="payment__pk")
    number = NumberColumn(verbose_name="序号")
    payee = NameColumn(verbose_name="收款人")
    unit = tables.Column("所在单位", accessor="person__unit__name")
    bank = tables.Column("开户银行")
    account = AccountColumn("账号", accessor="masked_account")
    amount = MoneyColumn(verbose_name="金额(元)")
    state = StateColumn(verbose_name="状态", tones=LINE_TONES)
    act = tables.Column("办理", accessor="state", exclude_from_export=True)
    paid_on = DateColumn(verbose_name="支付日期")
    returned_for = tables.Column("退回原因")
    signed_on = DateColumn(verbose_name="签领日期")
    proxy = tables.Column("代领人及关系", empty_values=())
    note = tables.Column("备注")

    class Meta(Table.Meta):
        order_by = ("number",)

    def render_proxy(self, record: PaymentLine) -> str:
        return proxy_of(record) or "—"

    def value_proxy(self, record: PaymentLine) -> str:
        return proxy_of(record)

    def render_act(self, value: str, record: PaymentLine) -> SafeString | str:
        """The one step that a line of its own may need: put right what came back, or say that it came back."""
        step = {LineState.RETURNED: ("更正", "payment_line_repair"), LineState.PAID: ("退票", "payment_line_return")}
        if value not in step:
            return "—"
        label, route = step[value]
        url = reverse(route, args=[record.pk])
        return format_html('<a href="{}" aria-label="{} {}">{}</a>', url, label, record.payee, label)
