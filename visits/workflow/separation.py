"""Who took an earlier step with one of many visits does not take this one (invariant 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from carecore.models import User
from carecore.separation import accounts_of, apart
from visits.models import Visit


def apart_all(by: User, rows: Sequence[Visit], steps: Mapping[str, str]) -> None:
    """Raise Forbidden for the first row of which `by` took one of these steps (step -> column of the visit)."""
    mine = accounts_of(by)
    for row in rows:
        earlier = {step: getattr(row, column) for step, column in steps.items()}
        if mine & set(earlier.values()):
            apart(by, row, earlier)
