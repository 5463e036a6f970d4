"""The bank's word on a 代发 list: row by row matched with the lines on their way, by 序号 and amount."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from carecore import clock
from carecore.access import Can, scope
from carecore.imports.contract import Importer, Outcome, Status, Target
from carecore.imports.sheet import Cell, Sheet
from carecore.models import Severity
from carecore.models.units import within
from carecore.policy import Finding
from carecore.sheets import cells
from carecore.sheets.errors import CellError, UnreadableFile
from carecore.sheets.reader import Line
from funds.models import LineState, Payment, PaymentLine
from funds.workflow.payments import Result, bank_result
from funds.workflow.payouts import application_of, require_payer

ARRIVED = ("成功", "交易成功", "代发成功", "处理成功", "入账成功", "已入账", "已到账", "到账", "已付")
FAILED = ("失败", "交易失败", "代发失败", "处理失败", "入账失败", "未到账", "不成功", "退回", "退票", "退汇")
CAME_BACK = (LineState.RETURNED, LineState.WAITING, LineState.DROPPED)
EXACT = 10**15  # a number cell holds so many digits; a longer account has lost its end


def account(raw: object) -> str:
    """An account number as the bank writes it, perhaps with stars; raises CellError where digits were lost."""
    if isinstance(raw, int | float) and abs(raw) >= EXACT:
        raise CellError("account.lost", "账号以数字格式保存,末位已丢失,请改为文本格式重新导出")
    return cells.plain(raw)


def arrived(raw: object) -> bool:
    """Whether the bank says that it arrived; raises CellError for a word that is neither."""
    word = cells.plain(raw)
    if word not in ARRIVED and word not in FAILED:
        raise CellError("result", f"“{cells.text(raw)[:20]}”不能识别,结果请填“成功”或“失败”")
    return word in ARRIVED


def _after(word: str, end: str) -> Any:
    def parse(raw: object) -> int:
        return cells.whole(re.sub(rf"^{word}|{end}$", "", cells.plain(raw)))

    return parse


PAYMENT = Target("payment", "支付单", "支付单12", parse=_after("支付单", "号?"), pattern=r"支付单(\d{1,15})")
ROUND = Target("round", "代发次数", "第1次", parse=_after("第", "次"), pattern=r"第(\d{1,4})次")
PAID_ON = Target(
    "paid_on", "到账日期", "到账日期:2026-05-11", parse=cells.day, pattern=r"到账日期[::]([\d年月日./-]+)", required=False
)


class ResultSheet(Sheet):
    """代发结果: our own list with the bank's 结果 and 原因, or a list of the bank's with the same columns."""

    number = Cell("序号", "编号", "行号", parse=cells.whole, required=True)
    account = Cell("账号", "收款账号", "银行账号", "卡号", parse=account, private=True)
    payee = Cell("户名", "收款人", "收款户名", "姓名", "收款人姓名")
    amount = Cell("金额", "代发金额", "交易金额", "发生额", parse=cells.amount, required=True)
    result = Cell("结果", "处理结果", "代发结果", "交易结果", "交易状态", "状态", parse=arrived, required=True)
    reason = Cell("原因", "失败原因", "退回原因", "退票原因", "附言", longest=100)


@dataclass(frozen=True)
class Said:
    """What the bank says in one row."""

    number: int
    amount: Decimal
    ok: bool
    reason: str
    account: str
    payee: str


class BankResultImport(Importer[Said]):
    kind, route, label, permission = "bank_result", "bank_result_import", "银行代发结果", Can.PAY
    sheet, list_route, list_label, targets = ResultSheet, "payment_list", "支付单", (PAYMENT, ROUND, PAID_ON)
    cell_of = {"separation": "payee"}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.payment = self._payment()
        self.lines = {line.number: line for line in PaymentLine.objects.filter(payment=self.payment)}

    def _payment(self) -> Payment:
        """The payment that the file names, of those which the user pays; raises UnreadableFile, Forbidden."""
        mine = within(scope(self.by, self.permission), "fund__unit__path")
        rows = Payment.objects.filter(mine, pk=self.into["payment"]).select_related("fund__unit")
        payment = rows.first()
        if payment is None:
            raise UnreadableFile("payment.unknown", f"没有支付单{self.into['payment']},或不由您支付,请核对支付单号")
        if not 1 <= self.into["round"] <= payment.round:
            raise UnreadableFile("payment.round", f"{payment}没有第{self.into['round']}次代发,请核对代发次数")
        if (day := self.into.get("paid_on")) and day > clock.today():
            raise UnreadableFile("payment.day", f"到账日期{day}晚于今天,请改正")
        require_payer(self.by, payment, application_of(payment))
        return payment

    def prepare(self, values: dict[str, Any], line: Line) -> Said:
        return Said(
            values["number"], values["amount"], values["result"], values["reason"] or "", values["account"] or "",
            values["payee"] or "",
        )  # fmt: skip

    def check(self, drafts: Sequence[Said]) -> list[Outcome]:
        times = Counter(draft.number for draft in drafts)
        return [self._outcome(draft, times[draft.number]) for draft in drafts]

    def _outcome(self, said: Said, times: int) -> Outcome:
        line = self.lines.get(said.number)
        if line is None:
            return _rejected("number", f"{self.payment}没有序号{said.number},请核对是否为本支付单的结果")
        if times > 1:
            return _rejected("number", f"序号{said.number}在表中出现{times}次,请核对")
        if said.amount != line.amount:
            message = f"序号{said.number}应为{line.payee}{line.amount}元,表中为{said.amount}元,请核对"
            return _rejected("amount", message, said.amount, line.amount)
        if line.round > self.into["round"]:
            message = f"{line.payee}已在第{line.round}次代发中重新发送,本表为第{self.into['round']}次的结果"
            return _rejected("number", message)
        if line.round < self.into["round"]:
            return _rejected("number", f"{line.payee}不在第{self.into['round']}次代发中,请核对")
        return self._by_state(said, line)

    def _by_state(self, said: Said, line: PaymentLine) -> Outcome:
        """What is on record already is left alone, also where the line was put right since."""
        known = line.state == LineState.PAID if said.ok else line.state in CAME_BACK
        if known:
            return Outcome(Status.UNCHANGED)
        if line.state != LineState.SENT:
            advice = "如为退票请在支付单上登记退票" if line.state == LineState.PAID else "请向银行核实"
            word = "成功" if said.ok else "失败"
            return _rejected("result", f"{line.payee}现为“{line.state}”,表中为“{word}”,{advice}")
        if said.payee and said.payee != line.payee:
            return _rejected("payee", f"序号{said.number}的收款人为“{line.payee}”,表中为“{said.payee}”,请核对")
        if said.account and not _same_account(said.account, line.account):
            return _rejected("account", f"{line.payee}的账号与支付单不一致,请核对")
        if not said.ok and not said.reason:
            return _rejected("reason", f"{line.payee}未到账,请填写原因")
        if line.person_id is not None and line.person_id == self.by.person_id:
            return _rejected("separation", f"{line.payee}是您本人,请由他人登记")
        return Outcome(Status.CHANGED)

    def commit(self, drafts: Sequence[Said]) -> list[Outcome]:
        outcomes = self.check(drafts)
        results = [
            Result(self.lines[said.number], said.ok, said.reason)
            for said, outcome in zip(drafts, outcomes, strict=True) if outcome.status == Status.CHANGED
        ]  # fmt: skip
        if results:
            bank_result(by=self.by, payment=self.payment, results=results, paid_on=self.into.get("paid_on"))
        return outcomes


def _same_account(said: str, stored: str) -> bool:
    """Equal, or the same where the bank did not put stars."""
    if "*" not in said:
        return said.replace("-", "") == stored.replace("-", "")
    head, tail = said[: said.index("*")], said[said.rindex("*") + 1 :]
    return stored.startswith(head) and stored.endswith(tail)


def _rejected(key: str, message: str, asked: object = "", limit: object = "") -> Outcome:
    return Outcome(Status.REJECTED, (Finding(key, Severity.BLOCK, message, asked=str(asked), limit=str(limit)),))
