"""The grade of a hardship file from its figures (BZ-18, TX1-19): pure; amounts are Decimal yuan.

Income per head = (yearly disposable income − rigid costs) ÷ 12 ÷ members of the household, rounded half up
to the fen, against multiples of the poverty line (低保标准) of the file's area on that day.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from carecore.models import Unit
from carecore.money import CENT
from carecore.policy import Rulebook

ACCIDENT = "意外致困"
LINE, MULTIPLES, STRICTLY = "visits.poverty_line", "visits.grade_multiples", "visits.below_multiple"
LOSS_SHARE = "visits.event_loss_share"
KEYS = (LINE, MULTIPLES, STRICTLY, LOSS_SHARE)
MONTHS = 12


class Figures(Protocol):
    """What a file, its draft or a verification states of a household."""

    yearly_income: Decimal | None
    rigid_costs: Decimal
    event_losses: Decimal
    size: int | None


@dataclass(frozen=True)
class Standard:
    """What the rules of one unit said on the day: the line of the area, a multiple for each grade, the share.

    `as_dict` is frozen on the file, so that its grade can be computed again whatever the rules say by then.
    """

    area: str = ""
    line: Decimal | None = None
    multiples: tuple[tuple[str, Decimal], ...] = ()
    strictly: bool = False
    loss_share: Decimal | None = None
    clauses: tuple[str, ...] = ()

    @classmethod
    def of(cls, book: Rulebook, unit: Unit, area: str) -> Standard:
        """The standard in force; a file that names no area goes by the only one that the rules name."""
        areas = book.cases(LINE, unit)
        area = area or (areas[0] if len(areas) == 1 else "")
        found = {key: book.limit(key, unit) for key in (STRICTLY, LOSS_SHARE)}
        line = book.limit(LINE, unit, area) if area else None
        grades = {name: book.limit(MULTIPLES, unit, name) for name in book.cases(MULTIPLES, unit)}
        limits = [line, *grades.values(), *found.values()]
        multiples = [(name, limit.value) for name, limit in grades.items() if limit]
        return cls(
            area=area, line=line and line.value, multiples=tuple(sorted(multiples, key=lambda pair: pair[1])),
            strictly=bool(found[STRICTLY] and found[STRICTLY].value),
            loss_share=found[LOSS_SHARE] and found[LOSS_SHARE].value,
            clauses=tuple(dict.fromkeys(limit.clause for limit in limits if limit)),
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """The standard as plain JSON."""
        return {
            "area": self.area, "line": self.line and str(self.line), "strictly": self.strictly,
            "multiples": [[name, str(times)] for name, times in self.multiples],
            "loss_share": None if self.loss_share is None else str(self.loss_share), "clauses": list(self.clauses),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, frozen: dict[str, Any]) -> Standard:
        """A frozen standard; one that was never computed is empty."""
        if not frozen:
            return cls()
        line, share = frozen["line"], frozen["loss_share"]
        return cls(
            area=frozen["area"], line=None if line is None else Decimal(line), strictly=frozen["strictly"],
            multiples=tuple((name, Decimal(times)) for name, times in frozen["multiples"]),
            loss_share=None if share is None else Decimal(share), clauses=tuple(frozen["clauses"]),
        )  # fmt: skip


@dataclass(frozen=True)
class Computed:
    """A grade, empty where no rule gives one, with the sum that led to it line by line."""

    grade: str
    per_head: Decimal | None
    lines: tuple[str, ...]


def per_head(facts: Figures) -> Decimal | None:
    """Income per head and month, below zero where the costs exceed it; None where a figure is missing."""
    if facts.yearly_income is None or not facts.size:
        return None
    left = facts.yearly_income - facts.rigid_costs
    return (left / MONTHS / facts.size).quantize(CENT, ROUND_HALF_UP)


def compute(facts: Figures, standard: Standard) -> Computed:
    """The grade of these figures under this standard: the lowest multiple they fit, else 意外致困."""
    amount = per_head(facts)
    lines = [_sum_line(facts, amount)]
    if amount is None:
        return Computed("", None, tuple(lines))
    if standard.line is None:
        lines.append("现行规则没有该地区的最低生活保障标准,不能按收入测算")
    for name, times in standard.multiples if standard.line is not None else ():
        fits, line = _compared(amount, name, times, standard)
        lines.append(line)
        if fits:
            return Computed(name, amount, tuple(lines))
    fits, line = _by_losses(facts, standard)
    if line:
        lines.append(line)
    return Computed(ACCIDENT if fits else "", amount, tuple(lines))


def _sum_line(facts: Figures, amount: Decimal | None) -> str:
    if amount is None:
        return "未填家庭年度总收入或家庭人口,不能测算"
    return (
        f"家庭人均月收入=(家庭年度总收入{facts.yearly_income:.2f}元-刚性支出{facts.rigid_costs:.2f}元)"
        f"÷{MONTHS}个月÷{facts.size}人={amount:.2f}元(四舍五入到分)"
    )


def _compared(amount: Decimal, name: str, times: Decimal, standard: Standard) -> tuple[bool, str]:
    bound = (standard.line * times).quantize(CENT, ROUND_HALF_UP)
    fits = amount < bound if standard.strictly else amount <= bound
    sign = "<" if amount < bound else "=" if amount == bound else ">"
    verdict = f"属“{name}”" if fits else f"不属“{name}”"
    times_said = f"{times.normalize():f}"
    return fits, (
        f"{name}:{standard.area}最低生活保障标准{standard.line:.2f}元×{times_said}={bound:.2f}元,"
        f"{amount:.2f}元{sign}{bound:.2f}元,{verdict}"
    )


def _by_losses(facts: Figures, standard: Standard) -> tuple[bool, str]:
    """Whether the losses exceed the share of the household's income; no line where nothing was lost."""
    if standard.loss_share is None or not facts.event_losses:
        return False, ""
    bound = (facts.yearly_income * standard.loss_share).quantize(CENT, ROUND_HALF_UP)
    fits = facts.event_losses > bound
    percent = f"{(standard.loss_share * 100).normalize():f}%"
    return fits, (
        f"{ACCIDENT}:意外损失{facts.event_losses:.2f}元{'>' if fits else '≤'}家庭年度总收入"
        f"{facts.yearly_income:.2f}元×{percent}={bound:.2f}元,{'属' if fits else '不属'}“{ACCIDENT}”"
    )
