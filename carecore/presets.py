"""Presets: the rules of one policy document as a TOML file under carecore/presets/, loaded for a unit."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carecore import clock
from carecore.models import Document, Rule, Unit, User
from carecore.policy import KEYS
from carecore.rulekeeping import add_document, add_rule
from carecore.workflow import refuse, verb

DIRECTORY = Path(__file__).with_name("presets")


@dataclass
class Loaded:
    """What loading a preset did: rules added, found unchanged, and left alone because they differ by now."""

    document: Document
    added: list[Rule] = field(default_factory=list)
    unchanged: int = 0
    different: list[str] = field(default_factory=list)


def names() -> list[str]:
    """The presets there are, in order."""
    return sorted(path.stem for path in DIRECTORY.glob("*.toml"))


def read(preset: str) -> dict[str, Any]:
    """The tables of a preset; raises Refused for one that does not exist."""
    if preset not in names():
        raise refuse(f"没有名为“{preset}”的预置政策,现有:{'、'.join(names())}", key="preset")
    return tomllib.loads((DIRECTORY / f"{preset}.toml").read_text(encoding="utf-8"))


@verb
def load_policy(
    *, by: User | None, preset: str, unit: Unit, effective_from: datetime.date | None = None
) -> Loaded:
    """Register a preset's document for a unit and put its rules in force from a day.

    Without a day they hold from the document's own first day to its last. The same preset again changes
    nothing; a rule that was changed, ended or followed since stays as it is. Raises Refused like `add_rule`.
    """
    tables = read(preset)
    document = _document(by, unit, tables["document"])
    first_day, last_day = _days(tables["document"], effective_from)
    loaded = Loaded(document)
    known = list(Rule.objects.filter(unit=unit, document=document))
    for entry in tables["rule"]:
        if _is_new(entry, known, loaded):
            loaded.added.append(
                add_rule(
                    by=by, unit=unit, key=entry["key"], value=entry["value"], document=document,
                    severity=entry["severity"], clause=entry["clause"], text=entry["text"],
                    effective_from=first_day, effective_to=last_day,
                    lower_may_differ=entry.get("lower_may_differ", False),
                )
            )  # fmt: skip
    return loaded


def _document(by: User | None, unit: Unit, table: Mapping[str, Any]) -> Document:
    found = Document.objects.filter(unit=unit, slug=table["slug"]).first()
    return found or add_document(
        by=by, unit=unit, slug=table["slug"], name=table["name"], number=table["number"],
        issuers=table["issuers"], issued_on=table.get("issued_on"), is_trial=table["trial"],
        based_on=table["based_on"], note=table["note"],
    )  # fmt: skip


def _days(
    table: Mapping[str, Any], chosen: datetime.date | None
) -> tuple[datetime.date, datetime.date | None]:
    """First and last day of the rules; who chooses a day after the document's last one wants it for good."""
    first_day = chosen or table.get("effective_from") or table.get("issued_on") or clock.today()
    last_day = table.get("effective_to")
    return first_day, None if last_day is None or last_day < first_day else last_day


def _is_new(entry: Mapping[str, Any], known: list[Rule], loaded: Loaded) -> bool:
    """Whether the unit has no rule of this document for the key yet; counts those it has."""
    of_key = [rule for rule in known if rule.key == entry["key"]]
    if any((rule.value, rule.clause) == (entry["value"], entry["clause"]) for rule in of_key):
        loaded.unchanged += 1
    elif of_key and KEYS[entry["key"]].type != "text":
        loaded.different.append(entry["key"])
    else:
        return True
    return False
