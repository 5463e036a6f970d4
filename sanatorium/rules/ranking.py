"""Who goes first (BZ-2): the order of the rule `sanatorium.ranking`, each row with its reasons.

Pure: the same candidates under the same rule always come in the same order, whatever order they are given in.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sanatorium.models import Nomination
from sanatorium.rules.nominations import whole_years

LAST = 10**6  # sorts what is not known behind everything that is


@dataclass(frozen=True)
class Candidate:
    """An approved nomination with what the criteria ask; `last_year` is None for whoever has never been."""

    nomination: Nomination
    ground_place: int | None
    last_year: int | None
    year: int
    service_years: int | None
    on_frontline: bool = False


@dataclass(frozen=True)
class Ranked:
    """One row of a proposal: its place, and why it stands there, in the words of each criterion."""

    place: int
    nomination: Nomination
    reasons: list[str]


@dataclass(frozen=True)
class Criterion:
    """One code of the rule: the lower key that goes first, and the reason in words."""

    key: Callable[[Candidate], int]
    reason: Callable[[Candidate], str]


def _since(candidate: Candidate) -> int:
    return LAST if candidate.last_year is None else candidate.year - candidate.last_year


def _been(candidate: Candidate) -> str:
    if candidate.last_year is None:
        return "从未参加"
    return f"上次参加{candidate.last_year}年,已隔{_since(candidate)}年"


CRITERIA: dict[str, Criterion] = {
    "ground": Criterion(
        lambda c: LAST if c.ground_place is None else c.ground_place,
        lambda c: f"{c.nomination.ground_label}"
        + (f"(类别第{c.ground_place})" if c.ground_place is not None else "(不在类别之内)"),
    ),
    "never_been": Criterion(lambda c: c.last_year is not None, _been),
    "years_since": Criterion(lambda c: -_since(c), _been),
    "service_years": Criterion(
        lambda c: -(c.service_years if c.service_years is not None else -1),
        lambda c: "工龄不详" if c.service_years is None else f"工龄{c.service_years}年",
    ),
    "frontline": Criterion(
        lambda c: not c.on_frontline, lambda c: "一线岗位" if c.on_frontline else "非一线岗位"
    ),
    "number": Criterion(lambda c: c.nomination.pk, lambda c: f"编号{c.nomination.pk}"),
}  # fmt: skip
BY_DEFAULT = ("number",)


def ranked(candidates: Sequence[Candidate], order: Sequence[str] = BY_DEFAULT) -> list[Ranked]:
    """The candidates in the order of these criteria, ties ended by number; unknown codes are passed over."""
    criteria = [CRITERIA[code] for code in order if code in CRITERIA]
    last = CRITERIA["number"]
    if last not in criteria:
        criteria.append(last)
    ordered = sorted(candidates, key=lambda candidate: [criterion.key(candidate) for criterion in criteria])
    return [
        Ranked(place, c.nomination, list(dict.fromkeys(criterion.reason(c) for criterion in criteria)))
        for place, c in enumerate(ordered, start=1)
    ]


def candidate(
    row: Nomination, grounds: Sequence[dict[str, Any]], years_taken: set[int], starts_on: datetime.date
) -> Candidate:
    """The facts of one nomination (with its person) for a stay; `grounds` in the order of the catalogue."""
    codes = [entry["code"] for entry in grounds]
    earlier = [year for year in years_taken if year <= starts_on.year]
    since = row.person.worked_since
    return Candidate(
        nomination=row, ground_place=codes.index(row.ground) + 1 if row.ground in codes else None,
        last_year=max(earlier, default=None), year=starts_on.year,
        service_years=whole_years(since, starts_on) if since else None, on_frontline=row.person.on_frontline,
    )  # fmt: skip
