"""Amending and moving people, and revealing one number at a time."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError

from carecore import access, audit, clock
from carecore.access import Can
from carecore.models import Person, Unit, User
from carecore.outcomes import faults
from carecore.people.duplicates import elsewhere
from carecore.people.register import COLUMNS, DERIVED
from carecore.sheets.errors import CellError
from carecore.sheets.identity import id_birthday, id_number, id_sex
from carecore.workflow import Refused, change, locked, refuse, require_right, verb

REVEALED = ("id_number", "phone")


@verb
def amend_person(*, by: User, person: Person, changes: dict[str, Any]) -> Person:
    """Correct columns of a person (COLUMNS); sex and birthday follow the ID number where there is one.

    Raises Refused for a number that another person has and for a sex or birthday against the number.
    """
    (person,) = locked([person], "unit")
    require_right(by, Can.KEEP_PEOPLE, person.unit)
    changed = [name for name in COLUMNS if name in changes and getattr(person, name) != changes[name]]
    if not changed:
        return person
    for name in changed:
        setattr(person, name, changes[name])
    if "id_number" in changed:
        _renumber(by, person)
    person.derive()
    _require_sense(person, changed)
    try:
        change([person], *{*changed, *DERIVED, "sex", "born_on"})
    except IntegrityError as error:
        raise refuse("该证件号码刚被他人登记,请刷新后重试", key="id_number") from error
    audit.record(by=by, action="amend_person", rows=[person])
    return person


def _renumber(by: User, person: Person) -> None:
    """Take over what a new ID number says, unless it is wrong or another person's."""
    if not person.id_number:
        person.id_number = None
        return
    try:
        person.id_number = id_number(person.id_number, on=clock.today())
    except CellError as error:
        raise refuse(error.message, key="id_number", row=person) from error
    person.sex, person.born_on = id_sex(person.id_number), id_birthday(person.id_number)
    other = (
        Person.objects.with_id_number(person.id_number).exclude(pk=person.pk).select_related("unit").first()
    )
    if other is None:
        return
    if access.may(by, Can.SEE, other.unit):
        raise refuse(f"该证件号码已登记给{other}({other.unit})", key="id_number", row=person)
    raise Refused(elsewhere(other), row=person)


def _require_sense(person: Person, changed: list[str]) -> None:
    wrong = faults(person, *DERIVED, "request_id")
    if wrong:
        raise Refused(*wrong, row=person)
    if person.id_number and {"sex", "born_on"} & set(changed):
        said = (id_sex(person.id_number), id_birthday(person.id_number))
        if (person.sex, person.born_on) != said:
            raise refuse("性别、出生日期与身份证号不符,请核对", key="born_on", row=person)


@verb
def transfer_person(*, by: User, person: Person, unit: Unit) -> Person:
    """Move a person to another unit; the user keeps the people of both. What was done stays where it was."""
    (person,) = locked([person], "unit")
    require_right(by, Can.KEEP_PEOPLE, person.unit, unit)
    if unit.pk == person.unit_id:
        raise refuse(f"{person}已在{unit}", key="unit", row=person)
    if unit.valid_to is not None and unit.valid_to < clock.today():
        raise refuse(f"{unit}已停用,不能调入", key="unit", row=person)
    person.unit = unit
    change([person], "unit")
    audit.record(by=by, action="transfer_person", rows=[person])
    return person


@verb
def reveal(*, by: User, person: Person, field: str, reason: str) -> str:
    """Return a full number (REVEALED) of one person and record who asked for it and why.

    Raises Refused without a reason and where nothing is on record, Forbidden without the right.
    """
    require_right(by, Can.REVEAL, person.unit)
    if not reason.strip():
        raise refuse("请填写查看理由", key="reason", row=person)
    value = getattr(person, field) if field in REVEALED else None
    if not value:
        raise refuse("没有登记该号码", key="field", row=person)
    audit.record_access(by=by, action="reveal", row=person, reason=reason.strip(), detail=field)
    return value
