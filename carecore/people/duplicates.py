"""ID numbers that a second unit wanted to register: a task for whoever keeps the people of both units.

The tasks are read from the audit events: asked by `duplicate_elsewhere`, settled by a transfer or by a decision.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from carecore import access, audit
from carecore.access import Can
from carecore.models import AuditEvent, Person, Unit, User
from carecore.models.units import within
from carecore.outcomes import finding
from carecore.policy import Finding
from carecore.workflow import locked, refuse, require_right, verb

ELSEWHERE = "person.elsewhere"
SETTLING = ("transfer_person", "settle_duplicate")
# A desk shows the latest; whoever has more has to begin somewhere.
SHOWN = 200


def elsewhere(person: Person) -> Finding:
    """The number is on record outside the user's units: no name, no unit, only a reference."""
    return finding(
        ELSEWHERE, f"该证件号码已在其他单位登记,请联系共同上级单位处理(参考编号 {person.pk})"
    )  # fmt: skip


@dataclass(frozen=True)
class Duplicate:
    """A person whose number another unit wanted to register, who asked and when."""

    person: Person
    wanted_by: Unit
    asked_by: User | None
    asked_at: datetime.datetime


def open_duplicates(user: User) -> list[Duplicate]:
    """The duplicates that this user can decide: both units are his to keep, nobody has settled it since."""
    kind = Person._meta.label_lower
    later = AuditEvent.objects.filter(kind=kind, object_id=OuterRef("object_id"), seq__gt=OuterRef("seq"))
    asked = AuditEvent.objects.filter(
        ~Exists(later.filter(action__in=SETTLING)), action="duplicate_elsewhere"
    )
    mine = asked.filter(within(access.scope(user, Can.KEEP_PEOPLE), "unit__path"))
    events = list(mine.select_related("by").order_by("-seq")[:SHOWN])
    people = Person.objects.select_related("unit").in_bulk([event.object_id for event in events])
    units = Unit.objects.in_bulk([int(event.detail) for event in events])
    found: dict[tuple[int, int], Duplicate] = {}
    for event in events:
        person, unit = people[event.object_id], units[int(event.detail)]
        if all(access.may(user, Can.KEEP_PEOPLE, one) for one in (person.unit, unit)):
            found.setdefault((person.pk, unit.pk), Duplicate(person, unit, event.by, event.at))
    return list(found.values())


@verb
def settle_duplicate(*, by: User, person: Person, reason: str) -> Person:
    """Decide that a person stays where they are registered; the reason is kept, nothing else changes."""
    (person,) = locked([person], "unit")
    require_right(by, Can.KEEP_PEOPLE, person.unit)
    if not reason.strip():
        raise refuse("请填写理由", key="reason", row=person)
    audit.record_access(by=by, action="settle_duplicate", row=person, reason=reason.strip())
    return person
