"""The same help once (LYG-16): which occasions of one period, through any channel, are the same help. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from carecore.models import Severity
from carecore.policy import Finding, Limit

EXCLUSIVE = "visits.exclusive"
Key = tuple[str, int]  # ("person" or "case", its primary key)


@dataclass(frozen=True)
class Given:
    """Something that somebody was given or is to be given; `shown` where the user may know of it.

    `alike` is (name, born on, unit) for finding namesakes; a period is 2026Q1.
    """

    keys: frozenset[Key]
    channel: str
    occasion: str
    period: str
    unit: str = ""
    shown: bool = True
    alike: tuple[object, ...] | None = None


def period_of(day: datetime.date) -> str:
    """The year and quarter of a day: 2026Q1."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def _groups(limit: Limit, occasion: str) -> Iterator[tuple[list[str], bool]]:
    """The occasions that are the same help as this one, group by group, and whether only within a quarter."""
    for entry in limit.value:
        named = entry.get("occasions") or [entry["label"]]
        if isinstance(named, list) and occasion in named:
            yield [str(one) for one in named], entry.get("per") == "quarter"


def check_exclusive(limit: Limit | None, draft: Given, others: Sequence[Given]) -> Iterator[Finding]:
    """What of the others is the same help in the same period: of the same household, or perhaps of the same person."""
    if limit is None:
        return
    for named, quarterly in _groups(limit, draft.occasion):
        for other in others:
            same_period = other.period == draft.period if quarterly else other.period[:4] == draft.period[:4]
            if not same_period or not any(one in other.occasion for one in named):
                continue
            if draft.keys & other.keys:
                yield limit.finding(_exact(draft, other), asked=draft.occasion)
            elif draft.alike is not None and draft.alike == other.alike:
                yield _perhaps(limit, draft, other)


def _exact(draft: Given, other: Given) -> str:
    name = draft.alike[0] if draft.alike else ""
    if not other.shown:
        return f"{name}(或同户人员)同期已由其他单位安排同类慰问,不重复安排,请与上级主管部门核实"
    return f"{name}(或同户人员)同期已有“{other.occasion}”({other.channel},{other.unit}),不重复安排"


def _perhaps(limit: Limit, draft: Given, other: Given) -> Finding:
    name = draft.alike[0] if draft.alike else ""
    message = f"{name}与同期“{other.occasion}”的慰问对象同名、同出生日期、同单位,请核实是否为同一人并说明({limit.clause})"
    severity = Severity.INFO if limit.severity == Severity.INFO else Severity.WARN
    return Finding(limit.key.name, severity, message, draft.occasion, clause=limit.clause, rule_id=limit.rule.pk)
