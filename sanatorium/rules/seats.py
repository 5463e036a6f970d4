"""Whether a person may have a seat in a batch (invariants 4 and 6): pure, from what else the person's year holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from carecore.models import Severity
from carecore.policy import Finding, Rulebook
from sanatorium.models import Batch, Nomination
from sanatorium.rules.frozen import wrong
from sanatorium.rules.nominations import Usage, look_back, places_allowed


def check_seat(
    batch: Batch, row: Nomination, taken: Sequence[Batch], usage: Usage, book: Rulebook
) -> Iterator[Finding]:
    """What stands against this seat; `taken` are the other batches of the person, of any plan and year."""
    for other in taken:
        if other.overlaps(batch.starts_on, batch.ends_on):
            dates = f"{other.starts_on}至{other.ends_on}"
            yield wrong("overlap", f"{row}已编入{other}({dates}),与本期时间重叠,请先调出")
    yield from _trips(batch, row, [other for other in taken if other.plan.year == batch.plan.year], book)
    if batch.province_case != (row.wish or "省内"):  # otherwise it was checked when nominated
        for finding in look_back(row.unit, batch.province_case, usage, book, batch.plan.year):
            yield replace(finding, message=f"{row}:{finding.message}")


def _trips(batch: Batch, row: Nomination, taken: Sequence[Batch], book: Rulebook) -> Iterator[Finding]:
    """Times a year by place: the local stay of a city may come in parts, a journey may not."""
    cases = tuple(_trip_case(other) for other in [batch, *taken])
    allowed, clause = places_allowed(row.unit, cases, book)
    if len(cases) > allowed:
        message = f"{row}本年度已安排{len(taken)}次疗休养,每人每年不超过{allowed}次"
        message += f"({clause})" if clause else ""
        yield Finding(
            "sanatorium.trips_person_year", Severity.BLOCK, message, str(len(cases)), str(allowed), clause
        )


def _trip_case(batch: Batch) -> str:
    return batch.place_case if batch.place_case == "本市" else batch.province_case
