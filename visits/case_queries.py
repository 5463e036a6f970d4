"""Reads over hardship files: the cross-tab of categories (TX1-11), and what is overdue for a user."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count

from carecore import access, clock
from carecore.access import Can
from carecore.models import Unit, User
from carecore.policy import Rulebook
from visits.models.cases import CaseQuerySet
from visits.rules.files import CATEGORIES, overdue_since

ROUNDING = "比例=户数÷已认定档案总户数×100%,四舍五入到两位小数(如26÷46=56.52%);一户可有多项标记,各项比例之和可以超过100%"
HUNDREDTH = Decimal("0.01")
UNNAMED = "未填"


@dataclass(frozen=True)
class Share:
    """One line of the cross-tab: how many files of the base, and the percentage of it."""

    group: str
    label: str
    count: int
    base: int

    @property
    def percent(self) -> Decimal:
        return percent(self.count, self.base)


def percent(count: int, base: int) -> Decimal:
    """A share in percent, rounded half up to two places; zero of nothing."""
    return (Decimal(count) * 100 / base).quantize(HUNDREDTH, ROUND_HALF_UP) if base else Decimal("0.00")


def head_unit(user: User) -> Unit | None:
    """The highest unit whose files the user sees; None where there is none."""
    paths = access.scope(user, Can.SEE_HARDSHIP)
    return Unit.objects.filter(path=paths[0]).first() if paths else None


def overdue_day(user: User) -> datetime.date | None:
    """The day on or before which a verification is too old under the rules of the user's highest unit."""
    unit = head_unit(user)
    return overdue_since(Rulebook(clock.today()), unit) if unit else None


def cross_tab(user: User, rows: CaseQuerySet) -> list[Share]:
    """Category × count × share of these recognised files, in the order of the page."""
    base = rows.count()
    return [
        Share(group, label, count, base)
        for group, counts in (
            ("对象类别", _by(rows, "object_kind")), ("困难类别", _by(rows, "grade")), ("主要致困原因", _by(rows, "cause_label")),
            ("困难类别标记", _ticked(user, rows)), ("帮扶与核实", _followed(user, rows)),
        )
        for label, count in counts
    ]  # fmt: skip


def _by(rows: CaseQuerySet, column: str) -> list[tuple[str, int]]:
    counted = rows.order_by().values_list(column).annotate(number=Count("pk"))
    return [(label or UNNAMED, number) for label, number in sorted(counted, key=lambda pair: (-pair[1], pair[0]))]


def _ticked(user: User, rows: CaseQuerySet) -> Iterable[tuple[str, int]]:
    unit = head_unit(user)
    entries = (Rulebook(clock.today()).value(CATEGORIES, unit) if unit else None) or []
    labels = {entry["code"]: entry["label"] for entry in entries}
    counted: Counter[str] = Counter(dict.fromkeys(labels, 0))
    for ticked in rows.order_by().values_list("categories", flat=True).iterator(chunk_size=2000):
        counted.update(ticked)
    return [(labels.get(code, code), number) for code, number in counted.items()]


def _followed(user: User, rows: CaseQuerySet) -> Iterable[tuple[str, int]]:
    yield "从未帮扶", rows.never_helped().count()
    if day := overdue_day(user):
        yield "逾期未核实", rows.unverified_since(day).count()
