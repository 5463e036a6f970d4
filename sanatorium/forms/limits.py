"""What the rules in force say, beside the field that they limit."""

from __future__ import annotations

from django import forms

from carecore.models import Unit
from carecore.policy import KEYS, Limit, Rulebook, describe


def show(field: forms.Field, book: Rulebook, unit: Unit, *keys: str) -> None:
    """Put these limits and their clauses beside the field, and let findings under them appear there."""
    field.rule_keys = (*getattr(field, "rule_keys", ()), *keys)
    limits = [(key, by_case(book, key, unit)) for key in keys]
    texts = [in_words(key, found) for key, found in limits if found]
    clauses = dict.fromkeys(limit.clause for _, found in limits for limit in found.values())
    field.limit_hint, field.clause = ";".join(texts), "、".join(clauses)


def by_case(book: Rulebook, key: str, unit: Unit) -> dict[str, Limit]:
    """The limits of a key by its cases; one under '' where the key has none."""
    cases = KEYS[key].cases or ("",)
    found = {case: book.limit(key, unit, case) for case in cases}
    return {case: limit for case, limit in found.items() if limit is not None}


def in_words(key: str, limits: dict[str, Limit]) -> str:
    """每期天数5—7天; where the cases differ, each with its own value; a flag is its label alone."""
    declared = KEYS[key]
    if declared.type == "flag":
        return declared.label if any(limit.value for limit in limits.values()) else ""
    values = {case: describe(declared, limit.value) for case, limit in limits.items()}
    if len(set(values.values())) == 1 and (len(values) == len(declared.cases) or "" in values):
        return f"{declared.label}{next(iter(values.values()))}"
    return f"{declared.label}:" + "、".join(f"{case}{value}" for case, value in values.items())
