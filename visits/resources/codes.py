"""Codes of the rules' catalogues by what offices write for them: 6, 6 患重特大疾病, 患重特大疾病, 本人重病."""

from __future__ import annotations

import re

from carecore import clock
from carecore.imports.sheet import wrong
from carecore.models import Unit
from carecore.names import search_key
from carecore.policy import Rulebook
from visits.rules.files import CATEGORIES, CAUSES

BETWEEN = re.compile(r"[、,,;;/\n]+")
NUMBERED = re.compile(r"(\d{1,4})[\s.、::]*(.*)")


class Codes:
    """The causes and categories that the rules of the day list; one for each file."""

    def __init__(self) -> None:
        self._book = Rulebook(clock.today())
        self._known: dict[tuple[str, int], dict[str, str]] = {}

    def _of(self, key: str, unit: Unit) -> dict[str, str]:
        """Codes by every way of writing an entry."""
        if (key, unit.pk) not in self._known:
            entries = self._book.value(key, unit) or []
            self._known[key, unit.pk] = {
                search_key(name): entry["code"]
                for entry in reversed(entries)
                for name in (*entry.get("synonyms", ()), entry["label"], entry["code"])
            }
        return self._known[key, unit.pk]

    def cause(self, cell: str, written: str | None, unit: Unit) -> str:
        """The code of one cause, empty for an empty cell; raises RowRefused for one that the rules do not list."""
        if not written:
            return ""
        known, numbered = self._of(CAUSES, unit), NUMBERED.fullmatch(written)
        found = known.get(search_key(written)) or (numbered and known.get(numbered[1]))
        if not found:
            message = f"致困原因“{written[:30]}”不在规定的目录内,请按目录填写代码或名称"
            raise wrong(cell, "cause.unknown", message)
        return found

    def causes(self, cell: str, written: str | None, unit: Unit) -> tuple[str, ...]:
        """The codes of several causes in one cell."""
        parts = [part.strip() for part in BETWEEN.split(written or "") if part.strip()]
        return tuple(dict.fromkeys(self.cause(cell, part, unit) for part in parts))

    def meant(self, written: str | None, unit: Unit) -> tuple[str, tuple[str, ...]]:
        """The cause and the categories that a free text names; what it does not name stays empty."""
        key = search_key(written or "")
        cause, category = self._of(CAUSES, unit).get(key, ""), self._of(CATEGORIES, unit).get(key)
        return cause, (category,) if category else ()
