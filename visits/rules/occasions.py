"""On which occasions people are visited, and until when (BZ-19, BZ-20, LYG-1, LYG-2). Pure; amounts are yuan."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal

from carecore.models import Severity, Unit
from carecore.policy import Finding, Rulebook

CAMPAIGNS = "visits.campaigns"
OCCASIONS = "visits.occasions"
BUDGET = "visits.campaign_budget"


def labels(book: Rulebook, unit: Unit, key: str) -> list[str]:
    """The names in a catalogue, in its order; none where no rule lists any."""
    return [entry["label"] for entry in book.value(key, unit) or []]


def check_campaign(book: Rulebook, unit: Unit, occasion: str, budget: Decimal) -> Iterator[Finding]:
    """What stands against a campaign at this occasion with this budget."""
    yield from _listed(book, unit, CAMPAIGNS, occasion)
    limit = book.limit(BUDGET, unit)
    if limit is not None and not limit.value[0] <= budget <= limit.value[1]:
        low, high = limit.value
        yield limit.finding(f"预算{budget}元不在{low}元至{high}元之间", asked=budget)


def check_occasion(book: Rulebook, unit: Unit, occasion: str, event_on: datetime.date | None) -> Iterator[Finding]:
    """What stands against an event visit of this occasion: a catalogue that does not name it, a day that is missing."""
    if not occasion or occasion in labels(book, unit, CAMPAIGNS):
        return
    yield from _listed(book, unit, OCCASIONS, occasion)
    limit = book.limit(OCCASIONS, unit)
    if limit is not None and _days(book, unit, occasion) is not None and event_on is None:
        days = _days(book, unit, occasion)
        message = f"“{occasion}”须在{days}天内走访,请填写事件日期({limit.clause})"
        yield Finding("event_on", Severity.BLOCK, message, clause=limit.clause, rule_id=limit.rule.pk)


def due_on(book: Rulebook, unit: Unit, occasion: str, event_on: datetime.date | None) -> datetime.date | None:
    """The last day of a visit after an event; None where no rule sets a number of days."""
    days = _days(book, unit, occasion)
    return event_on + datetime.timedelta(days) if event_on is not None and days is not None else None


def _days(book: Rulebook, unit: Unit, occasion: str) -> int | None:
    for entry in book.value(OCCASIONS, unit) or []:
        if entry["label"] == occasion:
            days = entry.get("days")
            return days if isinstance(days, int) and 0 <= days <= 366 else None
    return None


def _listed(book: Rulebook, unit: Unit, key: str, occasion: str) -> Iterator[Finding]:
    limit = book.limit(key, unit)
    known = labels(book, unit, key)
    if limit is not None and occasion not in known:
        yield limit.finding(f"“{occasion}”不在{limit.key.label}之列,只能是:{'、'.join(known)}", asked=occasion)
