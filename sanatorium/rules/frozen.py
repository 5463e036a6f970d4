"""The limits that a batch was opened under, as it keeps them: later policy never rewrites them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from carecore.models import Severity
from carecore.policy import Finding, Limit, describe
from sanatorium.models import Batch

Entry = Mapping[str, Any]


def frozen(limit: Limit, **more: Any) -> dict[str, Any]:
    """A limit as plain JSON: key, value, wording, severity, clause, the rule's number, and what is added."""
    value = str(limit.value) if isinstance(limit.value, Decimal) else limit.value
    return {
        "rule": limit.key.name, "label": limit.key.label, "value": value,
        "limit": describe(limit.key, limit.value), "severity": str(limit.severity), "clause": limit.clause,
        "rule_id": limit.rule.pk, **more,
    }  # fmt: skip


def entry_of(batch: Batch, key: str) -> Entry | None:
    """What a batch keeps of one key; None where no rule spoke of it."""
    return next((entry for entry in batch.limits if entry["rule"] == key), None)


def under(entry: Entry, message: str, *, asked: object = "", limit: str = "") -> Finding:
    """A finding under a limit that a batch keeps."""
    clause = entry["clause"]
    return Finding(
        entry["rule"], entry["severity"], f"{message}({clause})", str(asked), limit or entry["limit"], clause,
        entry["rule_id"],
    )  # fmt: skip


def blocks(entry: Entry) -> bool:
    return entry["severity"] == Severity.BLOCK


def softened(finding: Finding) -> Finding:
    """The same finding as no more than a warning: what its rule blocks is suspected here, not proved."""
    return replace(finding, severity=Severity.WARN) if finding.severity == Severity.BLOCK else finding


def wrong(field: str, message: str) -> Finding:
    """A finding about an input that is impossible by itself; no rule stands behind it."""
    return Finding(field, Severity.BLOCK, message)
