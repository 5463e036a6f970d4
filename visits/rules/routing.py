"""Who visits whom (BZ-25, LYG-3): by who manages somebody, and whether they head a unit or a party organisation. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from carecore.models import Person, Unit
from carecore.policy import VISITED, Finding, Limit, Rulebook

VISITORS = "visits.visitors"
HEAD, PARTY_HEAD, MANAGED, OTHER = VISITED
OWN_UNIT = "所在单位"


def cases_of(person: Person) -> list[str]:
    """The cases of the rule that this person falls under, the weightiest first."""
    cases = [HEAD] if person.is_unit_head else []
    if "书记" in person.post.replace("副书记", "").replace("书记员", ""):
        cases.append(PARTY_HEAD)
    if person.managed_by.startswith(("市管", "市委")):
        cases.append(MANAGED)
    return [*cases, OTHER]


def rule_for(book: Rulebook, unit: Unit, person: Person | None) -> Limit | None:
    """The rule that says who visits this person; None where none does, and for a unit."""
    if person is None:
        return None
    found = (book.limit(VISITORS, unit, case) for case in cases_of(person))
    return next((limit for limit in found if limit is not None), None)


def proposed(limit: Limit | None, unit: Unit) -> str:
    """The visitor that the rule names, in words; empty where it names none."""
    if limit is None:
        return ""
    text = str(limit.value)
    return (unit.name + text.removeprefix(OWN_UNIT) if text.startswith(OWN_UNIT) else text)[:100]


def check_visitor(limit: Limit | None, unit: Unit, name: str, visitor: str) -> Iterator[Finding]:
    """A visitor other than the rule names: another choice needs its reason."""
    by_rule = proposed(limit, unit)
    if limit is not None and visitor.strip() not in ("", by_rule):
        yield limit.finding(f"{name}一般由{by_rule}走访,改由{visitor.strip()}走访须说明理由", asked=visitor.strip())
