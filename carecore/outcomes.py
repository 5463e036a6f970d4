"""What became of one draft of many: new, unchanged, differing from what is known, or refused, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

from carecore.models import Severity
from carecore.policy import Finding
from carecore.privacy import EncryptedTextField

D = TypeVar("D")
R = TypeVar("R", bound=models.Model)


class Became(StrEnum):
    NEW = "new"
    UNCHANGED = "unchanged"
    DIFFERS = "differs"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome(Generic[D, R]):
    """One draft, the row it stands for now (None where refused), and findings in plain sentences.

    A draft that differs changes nothing: what is known is never overwritten by a list.
    """

    draft: D
    became: Became
    row: R | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def message(self) -> str:
        return ";".join(finding.message for finding in self.findings)


def refused(draft: D, key: str, message: str) -> Outcome[D, Any]:
    """A draft that makes no row, with the reason."""
    return Outcome(draft, Became.REFUSED, findings=(finding(key, message),))


def against(draft: D, row: R, stated: dict[str, Any], known: dict[str, Any]) -> Outcome[D, R]:
    """Compare what a draft states with what is known of the row; what it leaves empty says nothing."""
    differing = [
        finding(name, _difference(row, name, known[name], value))
        for name, value in stated.items()
        if value not in ("", None) and value != known[name]
    ]
    if not differing:
        return Outcome(draft, Became.UNCHANGED, row)
    return Outcome(draft, Became.DIFFERS, row, tuple(differing))


def _difference(row: models.Model, name: str, known: Any, stated: Any) -> str:
    """What differs, in words; an encrypted value is not repeated."""
    field = row._meta.get_field(name)
    if isinstance(field, EncryptedTextField):
        return f"{field.verbose_name}与登记的不一致"
    return f"{field.verbose_name}:登记为“{_said(known)}”,此处为“{_said(stated)}”"


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(value)
    return "空" if value in ("", None) else str(value)


def faults(row: models.Model, *exclude: str) -> tuple[Finding, ...]:
    """What its own columns forbid a row: choices, lengths, ranges; asks no query."""
    relations = [field.name for field in row._meta.fields if field.is_relation]
    try:
        row.clean_fields(exclude={*relations, *exclude})
    except ValidationError as error:
        return tuple(
            finding(name, f"{row._meta.get_field(name).verbose_name}:{''.join(messages)}")
            for name, messages in error.message_dict.items()
        )
    return ()


def finding(key: str, message: str, severity: str = Severity.BLOCK) -> Finding:
    """A finding that no rule stands behind."""
    return Finding(key=key, severity=severity, message=message)
