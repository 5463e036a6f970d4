"""What stands against an application whatever its people: its fund, purpose and day (LYG-9, BZ-13, BZ-27). Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from decimal import Decimal

from carecore.models import Severity, Unit
from carecore.policy import Finding, Rulebook
from funds.ledger import outside_catalogue
from funds.models import Account, AccountKind, Fund, FundState
from funds.rules.standards import Asked


def check_fund(fund: Fund, closed_through: datetime.date | None, *days: datetime.date) -> Iterator[Finding]:
    """A fund that has lapsed or passed its last day takes no application, nor does a closed period."""
    if fund.state != FundState.OPEN:
        yield _wrong("fund", f"{fund}已结束,不能再使用")
    for day in days:
        if fund.ends_on is not None and day > fund.ends_on:
            yield _wrong("fund", f"{fund}的使用期限为{fund.ends_on},{day}已过期限,不能再使用")
        if closed_through is not None and day <= closed_through:
            yield _wrong("period", f"{fund}已结账至{closed_through},不能再办理{day}的使用申请,请改在之后办理")


def check_purpose(book: Rulebook, fund: Fund, purpose: Account, unit: Unit) -> Iterator[Finding]:
    """The purpose is one that the rules allow this fund, and the fund serves the unit."""
    if not unit.path.startswith(fund.unit.path):
        yield _wrong("fund", f"{fund}属于{fund.unit},不供{unit}申请使用")
    if purpose.fund_id != fund.pk or purpose.kind != AccountKind.PURPOSE:
        yield _wrong("purpose", f"“{purpose}”不是{fund}的用途,请重新选择")
    elif finding := outside_catalogue(book, fund, purpose):
        yield finding


def check_lines(unit: Unit, lines: Sequence[Asked], units: dict[int, Unit]) -> Iterator[Finding]:
    """Somebody to pay, amounts above zero, nobody twice, people of this unit; `units` are those of the people."""
    if not lines:
        yield _wrong("lines", "请至少填写一名收款人及金额")
    seen: set[int] = set()
    for line in lines:
        if not line.payee.strip():
            yield _wrong("lines", "请填写每笔金额的收款人")
        if line.amount <= 0:
            yield _wrong("lines", f"{line.payee}的金额须大于零")
        if line.person_id is None:
            continue
        if line.person_id in seen:
            yield _wrong("lines", f"{line.payee}重复,同一人员在一份申请中只能列一次")
        seen.add(line.person_id)
        if not units[line.person_id].path.startswith(unit.path):
            yield _wrong("lines", f"{line.payee}不是{unit}的人员,请由其所在单位申请")


def check_decided(application: str, asked: Decimal, decided: Decimal) -> Iterator[Finding]:
    """What is decided lies above zero and is no more than was asked."""
    if not 0 < decided <= asked:
        message = f"{application}的批准金额{decided}元须大于零且不超过申请金额{asked}元"
        yield Finding("amount", Severity.BLOCK, message, str(decided), f"不超过{asked}元")


def _wrong(key: str, message: str) -> Finding:
    return Finding(key, Severity.BLOCK, message)
