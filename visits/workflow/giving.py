"""What a visit gives becomes a benefit of the person, once; and is taken back where its money came back. No verbs."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from carecore.models import Benefit
from carecore.workflow import add, locked_all, move
from visits.models import Visit
from visits.queries import CHANNEL

KIND = Visit._meta.label_lower


def give(rows: Sequence[Visit], day: datetime.date) -> list[Benefit]:
    """One benefit for each of these visits to somebody; their rows hold person and file. Amounts are yuan."""
    return add([
        Benefit(
            person=row.receiver, unit=row.unit, channel=CHANNEL, occasion=row.occasion, period=row.period[:4],
            amount=row.total, given_on=day, document_kind=KIND, document_id=row.pk,
        )
        for row in rows if row.receiver is not None
    ])  # fmt: skip


def take_back(rows: Sequence[Visit], day: datetime.date) -> list[Benefit]:
    """Reverse the standing benefits of these visits."""
    held = Benefit.objects.standing().filter(document_kind=KIND, document_id__in=[row.pk for row in rows])
    return list(move(locked_all(held), reversed_on=day))
