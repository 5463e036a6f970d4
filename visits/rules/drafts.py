"""What is to be planned: one visit, before it is a row. Amounts are yuan."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from carecore.models import Person, Unit
from carecore.money import ZERO
from visits.models import HardshipCase, VisitForm


@dataclass(frozen=True)
class VisitDraft:
    """One visit to a person, a hardship file or a unit; `standard` is what the resolution of that number allows."""

    target: Person | HardshipCase | Unit
    occasion: str = ""
    money: Decimal = ZERO
    goods: str = ""
    goods_value: Decimal = ZERO
    category: str = ""
    form: str = VisitForm.CALL
    event_on: datetime.date | None = None
    visitor: str = ""
    standard: Decimal | None = None
    resolution: str = ""
    reason: str = ""
    request_id: UUID | None = None

    @property
    def unit(self) -> Unit:
        """The unit that the visit belongs to: the one visited, or that of whom is visited."""
        return self.target if isinstance(self.target, Unit) else self.target.unit

    @property
    def receiver(self) -> Person | None:
        """Whose year the visit counts for; nobody where it is to a unit."""
        if isinstance(self.target, Unit):
            return None
        return self.target if isinstance(self.target, Person) else self.target.person

    @property
    def name(self) -> str:
        return self.target.name

    @property
    def total(self) -> Decimal:
        return self.money + self.goods_value
