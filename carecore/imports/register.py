"""What the verbs of the register say of many drafts, in the words of an import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from carecore import outcomes as register
from carecore.imports.contract import Outcome, Status
from carecore.outcomes import Became

# A list never overwrites what is known: a draft that differs is refused with the difference.
STATUSES = {
    Became.NEW: Status.NEW,
    Became.UNCHANGED: Status.UNCHANGED,
    Became.DIFFERS: Status.REJECTED,
    Became.REFUSED: Status.REJECTED,
}


def outcomes(found: Iterable[register.Outcome[Any, Any]]) -> list[Outcome]:
    """The outcomes of a register verb as those of an import, in the same order."""
    return [Outcome(STATUSES[one.became], one.findings) for one in found]
