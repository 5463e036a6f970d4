"""What the rule pages show: the rules in force for a unit on a day, and the days on which they change."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from itertools import groupby

from carecore.lists.policy import SEVERITY_TONES
from carecore.models import Rule, Unit
from carecore.policy import KEYS, Rulebook, in_words, is_checked, label_of
from carecore.rulekeeping import ONE_DAY


@dataclass(frozen=True)
class Line:
    """One rule as the pages show it; `cases` are those in which it is the tightest."""

    rule: Rule
    cases: tuple[str, ...] = ()
    tightest: bool = False

    @property
    def words(self) -> str:
        return in_words(self.rule)

    @property
    def label(self) -> str:
        return label_of(self.rule)

    @property
    def checked(self) -> bool:
        return is_checked(self.rule)

    @property
    def tone(self) -> str:
        return SEVERITY_TONES[self.rule.severity]


@dataclass(frozen=True)
class Turn:
    """A day on which a rule begins or is no longer in force."""

    day: datetime.date
    begins: bool
    line: Line


def lines_in_force(unit: Unit, day: datetime.date) -> list[tuple[str, list[Line]]]:
    """The rules that govern a unit on a day, by what they are about, the tightest marked."""
    book = Rulebook(day)
    rules = sorted(book.in_force(unit), key=lambda rule: (_place(rule.key), rule.unit.path))
    return [(label, list(_marked(book, unit, list(same)))) for label, same in groupby(rules, key=label_of)]


def _place(key: str) -> tuple[int, str]:
    """Rules come in the order in which their keys are declared, unknown ones last."""
    return (list(KEYS).index(key) if key in KEYS else len(KEYS), key)


def _marked(book: Rulebook, unit: Unit, rules: list[Rule]) -> list[Line]:
    key = KEYS.get(rules[0].key)
    if key is None or key.type == "text":
        return [Line(rule) for rule in rules]
    holding = {case: book.limit(key.name, unit, case) for case in key.cases or book.cases(key.name, unit) or (None,)}
    lines = []
    for rule in rules:
        cases = [case for case, limit in holding.items() if limit is not None and limit.rule.pk == rule.pk]
        named = () if len(cases) == len(holding) else tuple(filter(None, cases))
        lines.append(Line(rule, named, bool(cases)))
    return lines


def turns(unit: Unit) -> list[Turn]:
    """Every day on which a rule that governs the unit begins or is no longer in force, in order."""
    found = []
    for rule in Rule.objects.governing(unit).select_related("document", "unit", "follows"):
        found.append(Turn(rule.effective_from, True, Line(rule)))
        if rule.effective_to is not None:
            found.append(Turn(rule.effective_to + ONE_DAY, False, Line(rule)))
    return sorted(found, key=lambda turn: (turn.day, turn.begins, turn.line.rule.key))
