"""Registering people in sets: who is known by which mark, and what a list may not overwrite."""

from __future__ import annotations

import datetime
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError

from carecore import access, audit, clock
from carecore.access import Can
from carecore.models import Person, Severity, Unit, User
from carecore.models.people import PersonStatus
from carecore.outcomes import Became, Outcome, against, faults, finding, refused
from carecore.people.duplicates import ELSEWHERE, elsewhere
from carecore.policy import Finding
from carecore.sheets.errors import CellError
from carecore.sheets.identity import id_birthday, id_number, id_sex
from carecore.workflow import Refused, add, refuse, require_right, verb

COLUMNS = (
    "name", "id_number", "sex", "born_on", "post", "rank", "on_frontline", "managed_by", "is_unit_head",
    "politics", "party_joined_on", "party_joined_to_month", "worked_since", "phone", "status",
)  # fmt: skip
DERIVED = ("pinyin", "initials", "id_index")
# Parameters of one query; more people than this are read in several.
CHUNK = 10_000


@dataclass(frozen=True, kw_only=True)
class PersonDraft:
    """A person as a form or a sheet states them; what is empty or None is not known. Days as dates."""

    unit: Unit
    name: str
    id_number: str = ""
    sex: str = ""
    born_on: datetime.date | None = None
    post: str = ""
    rank: str = ""
    on_frontline: bool | None = None
    managed_by: str = ""
    is_unit_head: bool | None = None
    politics: str = ""
    party_joined_on: datetime.date | None = None
    party_joined_to_month: bool | None = None
    worked_since: datetime.date | None = None
    phone: str = ""
    status: str = ""
    request_id: uuid.UUID | None = None

    def stated(self) -> dict[str, Any]:
        """The columns that say something."""
        columns = {name: getattr(self, name) for name in COLUMNS}
        return {name: value for name, value in columns.items() if value not in ("", None)}


@verb
def register_people(*, by: User, drafts: Sequence[PersonDraft]) -> list[Outcome[PersonDraft, Person]]:
    """Register people and return what became of each draft: new, unchanged, differs or refused.

    A person is known by the ID number, or without one by name and unit. What is known is never
    overwritten. The number of queries does not grow with the drafts. A number that is on record outside
    the user's units names nobody and leaves a task for the common superior. Raises Forbidden for a unit
    whose people the user does not keep, Refused where a number was registered in the same moment.
    """
    outcomes = judge_people(by=by, drafts=drafts)
    new = [outcome.row for outcome in outcomes if outcome.became == Became.NEW]
    try:
        add(new)
    except IntegrityError as error:
        raise refuse("该证件号码刚被他人登记,请刷新后重试", key="id_number") from error
    audit.record(by=by, action="register_people", rows=new)
    for outcome in outcomes:
        if outcome.findings and outcome.findings[0].key == ELSEWHERE:
            asked = str(outcome.draft.unit.pk)
            audit.record_access(by=by, action="duplicate_elsewhere", row=outcome.row, detail=asked)
    return [_without_stranger(outcome) for outcome in outcomes]


def judge_people(*, by: User, drafts: Sequence[PersonDraft]) -> list[Outcome[PersonDraft, Person]]:
    """What `register_people` would make of the drafts; changes nothing, new rows are not yet saved.

    The row of an outcome whose finding is ELSEWHERE is for the caller's records only, never for a page.
    """
    require_right(by, Can.KEEP_PEOPLE, *{draft.unit.pk: draft.unit for draft in drafts}.values())
    drafts = [_tidied(draft) for draft in drafts]
    register = _Register(by, [draft for draft in drafts if isinstance(draft, PersonDraft)])
    return [register.judge(draft) if isinstance(draft, PersonDraft) else draft for draft in drafts]


def _tidied(draft: PersonDraft) -> PersonDraft | Outcome[PersonDraft, Person]:
    """The draft with a clean ID number, or its refusal."""
    if not draft.id_number:
        return draft
    try:
        return replace(draft, id_number=id_number(draft.id_number, on=clock.today()))
    except CellError as error:
        return refused(draft, "id_number", error.message)


def _without_stranger(outcome: Outcome[PersonDraft, Person]) -> Outcome[PersonDraft, Person]:
    """The outcome without the person of another unit: the caller may only know that there is one."""
    return replace(outcome, row=None) if outcome.became == Became.REFUSED else outcome


def newcomer(draft: PersonDraft) -> Person:
    """Insert somebody nobody registered yet and return the row, unrecorded: for a verb that opens an account.

    Raises Refused where the ID number is missing, wrong or on record, or the unit has a namesake without one.
    """
    tidied = _tidied(draft)
    if isinstance(tidied, Outcome):
        raise Refused(*tidied.findings)
    person = _person(tidied)
    if wrong := faults(person, *DERIVED, "request_id"):
        raise Refused(*wrong)
    if person.id_index is None:
        raise refuse("请填写身份证号", key="id_number")
    if Person.objects.filter(unit=draft.unit, name=draft.name, id_index=None).exists():
        raise refuse(f"{draft.unit}已登记“{draft.name}”,请在“对应人员”中选择", key="person")
    try:
        add([person])
    except IntegrityError as error:
        message = "该证件号码已登记,请在“对应人员”中选择;不在您的管理范围的,请联系共同上级单位处理"
        raise refuse(message, key="id_number") from error
    return person


class _Register:
    """The drafts of one call beside the people whom they may mean, read in two queries."""

    def __init__(self, by: User, drafts: Sequence[PersonDraft]) -> None:
        self.paths = access.scope(by, Can.SEE)
        self.new = {id(draft): _person(draft) for draft in drafts}
        indexes = [person.id_index for person in self.new.values() if person.id_index]
        self.by_index = {person.id_index: person for person in _read(id_index__in=indexes)}
        self.namesakes: dict[tuple[int, str], list[Person]] = defaultdict(list)
        unknown = [draft for draft in drafts if self.new[id(draft)].id_index not in self.by_index]
        units = {draft.unit.pk for draft in unknown}
        for person in _read(name__in=[draft.name for draft in unknown]):
            if person.unit_id in units:
                self.namesakes[person.unit_id, person.name].append(person)

    def judge(self, draft: PersonDraft) -> Outcome[PersonDraft, Person]:
        person = self.new[id(draft)]
        known = self.by_index.get(person.id_index)
        if known is not None:
            return self._known(draft, known)
        alike = [other for other in self.namesakes[draft.unit.pk, draft.name] if _may_be(other, person)]
        if alike:
            return _namesake(draft, alike)
        wrong = faults(person, *DERIVED, "request_id")
        if wrong:
            return Outcome(draft, Became.REFUSED, findings=wrong)
        self.namesakes[draft.unit.pk, draft.name].append(person)
        if person.id_index:
            self.by_index[person.id_index] = person
        return Outcome(draft, Became.NEW, person, _contradictions(draft))

    def _known(self, draft: PersonDraft, known: Person) -> Outcome[PersonDraft, Person]:
        if not any(known.unit.path.startswith(path) for path in self.paths):
            return Outcome(draft, Became.REFUSED, known, (elsewhere(known),))
        return _compared(draft, known)


def _read(**conditions: list[Any]) -> list[Person]:
    """People whose one column is among these values, with their units, in as few queries as may be."""
    ((column, values),) = conditions.items()
    parts = [values[start : start + CHUNK] for start in range(0, len(values), CHUNK)]
    return [p for part in parts for p in Person.objects.filter(**{column: part}).select_related("unit")]


def _person(draft: PersonDraft) -> Person:
    columns = {"status": PersonStatus.IN_POST, **draft.stated()}
    if draft.id_number:
        columns |= {"sex": id_sex(draft.id_number), "born_on": id_birthday(draft.id_number)}
    return Person(unit=draft.unit, request_id=draft.request_id, **columns).derive()


def _may_be(other: Person, person: Person) -> bool:
    """Whether two people of one name and unit may be one: not when both numbers or both birthdays are known."""
    if other.id_index and person.id_index:
        return False
    return other.born_on is None or person.born_on is None or other.born_on == person.born_on


def _namesake(draft: PersonDraft, alike: list[Person]) -> Outcome[PersonDraft, Person]:
    if draft.id_number:
        return Outcome(draft, Became.DIFFERS, alike[0], (finding(
            "id_number", f"{draft.unit}已有同名人员“{draft.name}”未登记证件号码,请先核对并补录其证件号码"
        ),))  # fmt: skip
    if len(alike) > 1:
        return refused(draft, "id_number", f"{draft.unit}有{len(alike)}位“{draft.name}”,请填写证件号码")
    return _compared(draft, alike[0])


def _compared(draft: PersonDraft, known: Person) -> Outcome[PersonDraft, Person]:
    stated = {"unit": draft.unit, **draft.stated()}
    return against(draft, known, stated, {name: getattr(known, name) for name in stated})


def _contradictions(draft: PersonDraft) -> tuple[Finding, ...]:
    """What the draft says against its own ID number, which counts."""
    if not draft.id_number:
        return ()
    said = {"sex": id_sex(draft.id_number), "born_on": id_birthday(draft.id_number)}
    return tuple(
        finding(
            name, f"{label}“{getattr(draft, name)}”与身份证号不符,已按身份证号登记为“{said[name]}”",
            Severity.WARN,
        )
        for name, label in (("sex", "性别"), ("born_on", "出生日期"))
        if getattr(draft, name) not in ("", None, said[name])
    )  # fmt: skip
