"""What leaves the house of a payment: the bank's 代发 file, and the sheet that payees sign (FORMS 3.3.5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from carecore import clock
from carecore.sheets.formats import chinese_day
from carecore.sheets.official import Official
from carecore.sheets.typed import Field, Kind, counted, summed
from funds.models import LineState, Payment, PaymentLine

BANK_FIELDS = (
    Field("序号", Kind.NUMBER), Field("收款人", width=18), Field("账号", Kind.ID, 26), Field("开户行", width=28),
    Field("金额", Kind.MONEY), Field("摘要", width=30),
)  # fmt: skip
SIGNATURES = ("负责人:", "审核:", "经办人:", "制表人:")


def on_their_way(payment: Payment) -> QuerySet[PaymentLine]:
    """The lines that the bank is to pay in the payment's present round."""
    return payment.lines.filter(state=LineState.SENT).order_by("number")


def bank_title(payment: Payment) -> str:
    return f"代发清单({payment}第{payment.round}次)"


def bank_rows(payment: Payment, lines: Iterable[PaymentLine]) -> list[tuple[Any, ...]]:
    """序号, 收款人, 账号, 开户行, 金额, 摘要 of each line, the account in full."""
    return [
        (line.number, line.payee, line.account, line.bank, line.amount, payment.subject) for line in lines
    ]  # fmt: skip


def to_be_signed(payment: Payment) -> QuerySet[PaymentLine]:
    """Everybody who is given money by this payment."""
    lines = payment.lines.exclude(state=LineState.DROPPED)
    return lines.select_related("person__unit").order_by("number")


def proxy_of(line: PaymentLine) -> str:
    """代领人及关系: 李小四(父子)."""
    return f"{line.proxy}({line.relation})" if line.proxy else ""


def sign_title(payment: Payment) -> str:
    return f"{payment.subject}发放签领表"


def sign_sheet(payment: Payment, lines: Iterable[PaymentLine]) -> Official:
    """The 发放签领表: cells for signatures stay empty, the telephone number is in full."""
    rows = [
        (
            number, line.payee, line.person.unit.name if line.person else "", payment.subject, line.amount, "",
            proxy_of(line), line.person.phone if line.person else "", line.signed_on, line.note,
        )
        for number, line in enumerate(lines, start=1)
    ]  # fmt: skip
    fields = (
        Field("序号", Kind.NUMBER, 6), Field("姓名", width=12, total=counted), Field("所在单位", width=24),
        Field("事由", width=22), Field("金额", Kind.MONEY, 13, total=summed), Field("领取人签字", width=16),
        Field("代领人及关系", width=16), Field("联系电话", Kind.ID, 14), Field("领取日期", Kind.DATE, 12),
        Field("备注", width=14),
    )  # fmt: skip
    return Official(
        title=sign_title(payment), fields=fields, rows=rows, left=f"单位:{payment.fund.unit}",
        right=f"时间:{chinese_day(clock.today())}", in_words=4, signatures=SIGNATURES,
    )  # fmt: skip
