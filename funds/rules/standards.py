"""What one person may get from a fund (BZ-27): per application and per year. Pure; amounts are Decimal yuan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from carecore.models import Severity, Unit
from carecore.money import ZERO
from carecore.policy import Finding, Limit, Rulebook

EACH_TIME = "funds.amount_person_time"
YEARLY = "funds.amount_person_year"


class Asked(Protocol):
    """One payee of an application, as stored or as drafted."""

    payee: str
    amount: Decimal
    person_id: int | None


@dataclass(frozen=True)
class Share:
    """What a payee can get at most of a decided amount."""

    payee: str
    amount: Decimal
    person_id: int | None


def capped(lines: Sequence[Asked], decided: Decimal | None) -> list[Asked]:
    """The lines of an application once its amount is decided; none where it is refused."""
    if decided is None:
        return []
    return [Share(line.payee, min(line.amount, decided), line.person_id) for line in lines]


@dataclass(frozen=True)
class Had:
    """What a person's year holds besides the application that is checked: given by channel, and under way."""

    given: Mapping[str, Decimal] = field(default_factory=dict)
    waiting: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return sum(self.given.values(), ZERO) + self.waiting

    def plus(self, amount: Decimal) -> Had:
        """The same year with one more application under way."""
        return Had(self.given, self.waiting + amount)

    def __str__(self) -> str:
        parts = [f"{channel}{amount}元" for channel, amount in self.given.items() if amount]
        return "、".join([*parts, *([f"办理中{self.waiting}元"] if self.waiting else [])])


def check_standards(
    book: Rulebook, unit: Unit, kind: str, lines: Sequence[Asked], had: Mapping[int, Had]
) -> Iterator[Finding]:
    """What each line exceeds; a payee who is no known person cannot be checked, and that needs a reason."""
    each, yearly = book.limit(EACH_TIME, unit, kind), book.limit(YEARLY, unit, kind)
    for line in lines:
        if line.person_id is None:
            yield from _unknown(line, each or yearly)
            continue
        if each is not None and line.amount > each.value:
            message = f"{line.payee}申请{line.amount}元,超过每人每次{each.value}元的上限,超出{line.amount - each.value}元"
            yield each.finding(message, asked=line.amount)
        before = had.get(line.person_id, Had())
        year = before.total + line.amount
        if yearly is not None and year > yearly.value:
            known = f"本年度已有{before}," if before.total else ""
            message = f"{line.payee}{known}连同本次共{year}元,超过每人每年{yearly.value}元的上限,超出{year - yearly.value}元"
            yield yearly.finding(message, asked=year)


def _unknown(line: Asked, limit: Limit | None) -> Iterator[Finding]:
    if limit is not None and limit.severity != Severity.INFO:
        message = f"收款人“{line.payee}”未对应到人员,无法核对每人金额上限,请对应到人员或说明理由({limit.clause})"
        yield Finding(limit.key.name, Severity.WARN, message, str(line.amount), clause=limit.clause, rule_id=limit.rule.pk)
