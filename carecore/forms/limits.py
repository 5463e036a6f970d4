"""What the rules in force say, beside the field that they limit."""

from __future__ import annotations

from django import forms

from carecore.models import Unit
from carecore.policy import Rulebook


def show(field: forms.Field, book: Rulebook, unit: Unit, *keys: str) -> None:
    """Put these limits and their clauses beside the field, and let findings under them appear there."""
    field.rule_keys = (*getattr(field, "rule_keys", ()), *keys)
    said = [book.said(key, unit) for key in keys]
    field.limit_hint = ";".join(words for words, _ in said if words)
    field.clause = "、".join(dict.fromkeys(clause for _, clauses in said for clause in clauses))
