"""The register of old members and members in difficulty (老党员和生活困难党员情况名册): no ID number, no unit column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from carecore import access, people
from carecore.access import Can
from carecore.imports.contract import Importer, Outcome, Status
from carecore.imports.places import UNIT, Places
from carecore.imports.sheet import Cell, Sheet, day_or_month
from carecore.models import Person, Severity
from carecore.models.units import within
from carecore.outcomes import Became
from carecore.outcomes import Outcome as Registered
from carecore.people import PersonDraft
from carecore.policy import Finding
from carecore.resources.people import Day, sex
from carecore.sheets import cells
from carecore.sheets.cells import Month
from carecore.sheets.reader import Line
from visits.models import ObjectKind
from visits.resources.codes import Codes
from visits.resources.hardship import only_double_blocks, standing_files
from visits.workflow.cases import open_cases
from visits.workflow.files import AT_ONCE, CaseDraft, check_cases

MEMBER = "中共党员"


class PartySheet(Sheet):
    """老党员和生活困难党员情况名册: the heading 联系电话 stands twice, months stand alone (1986.9)."""

    name = Cell("姓名", "党员姓名", parse=cells.person_name, required=True)
    sex = Cell("性别", parse=sex)
    born = Cell("出生年月", "出生日期", parse=day_or_month)
    party_joined = Cell("入党时间", "入党日期", parse=day_or_month)
    health = Cell("健康状况", "身体状况", private=True, longest=100)
    address = Cell("家庭住址", "家庭地址", private=True, longest=100)
    phone = Cell("联系电话", "电话", parse=cells.phone, private=True)
    partner = Cell("结对党员姓名", "结对党员", longest=50)
    partner_phone = Cell("联系电话", "电话", parse=cells.phone, private=True, after="结对党员姓名")
    difficulty = Cell("困难情况", "困难类型", private=True, longest=200, required=True, needed=False)
    paired_on = Cell("结对时间", longest=30)


@dataclass(frozen=True)
class MemberRow:
    """A row: the member as stated, the month of birth, and the file without its person."""

    person: PersonDraft
    birth_month: str
    facts: dict[str, Any]

    def draft(self, person: Person) -> CaseDraft:
        return CaseDraft(
            person=person, unit=self.person.unit, object_kind=ObjectKind.MEMBER, birth_month=self.birth_month,
            phone=self.person.phone, **self.facts,
        )  # fmt: skip


class PartyRegisterImport(Importer[MemberRow]):
    kind, route, label, permission = "party_register", "party_register_import", "老党员和生活困难党员名册", Can.KEEP_HARDSHIP
    sheet, list_route, list_label = PartySheet, "case_list", "困难档案"
    targets = (UNIT,)
    cell_of = {
        "duplicate": "name", "alike": "name", "person": "name", "id_number": "name", "born_on": "born",
        "yearly_income": "difficulty", "size": "difficulty", "main_cause": "difficulty",
    }  # fmt: skip

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.places = Places(self.by, self.permission, self.into, self.reading)
        self.codes = Codes()

    def prepare(self, values: dict[str, Any], line: Line) -> MemberRow:
        unit = self.places.of(None, line)
        joined, born = Day.of(values["party_joined"]), values["born"]
        cause, categories = self.codes.meant(values["difficulty"], unit)
        person = PersonDraft(
            unit=unit, name=values["name"], sex=values["sex"] or "", phone=values["phone"] or "", politics=MEMBER,
            born_on=None if isinstance(born, Month) else born, party_joined_on=joined.day,
            party_joined_to_month=joined.to_month,
        )  # fmt: skip
        facts = {
            "health": values["health"] or "", "address": values["address"] or "", "description": _described(values),
            "main_cause": cause, "categories": categories,
        }  # fmt: skip
        return MemberRow(person, _month(born), facts)

    def check(self, drafts: Sequence[MemberRow]) -> list[Outcome]:
        return [outcome for outcome, _ in self._judged(drafts)]

    def commit(self, drafts: Sequence[MemberRow]) -> list[Outcome]:
        judged = self._judged(drafts)
        new = [(row, person) for row, (outcome, person) in zip(drafts, judged, strict=True) if outcome.status == Status.NEW]
        unknown = [row for row, person in new if person.pk is None]
        outcomes = people.register_people(by=self.by, drafts=[row.person for row in unknown])
        registered = {id(row): outcome.row for row, outcome in zip(unknown, outcomes, strict=True)}
        if new:
            open_cases(by=self.by, drafts=[row.draft(registered.get(id(row), person)) for row, person in new])
        return [outcome for outcome, _ in judged]

    def _judged(self, rows: Sequence[MemberRow]) -> list[tuple[Outcome, Person | None]]:
        """What becomes of each row, and the person it means: known, new and not yet saved, or None."""
        found = self._meant(rows)
        standing = standing_files([one for one in found if isinstance(one, Person)])
        judged: list[tuple[Outcome, Person | None]] = []
        waiting: list[tuple[int, CaseDraft]] = []
        for row, one in zip(rows, found, strict=True):
            if isinstance(one, Finding):
                judged.append((Outcome(Status.REJECTED, (one,)), None))
                continue
            if (one.pk, ObjectKind.MEMBER, one.name) not in standing:
                waiting.append((len(judged), row.draft(one)))
            judged.append((Outcome(Status.UNCHANGED), one))
        checked = check_cases(by=self.by, cases=[draft.row for _, draft in waiting], members=[[] for _ in waiting])
        for (place, draft), findings in zip(waiting, checked, strict=True):
            judged[place] = (Outcome.of(Status.NEW, [only_double_blocks(one) for one in findings]), draft.person)
        return judged

    def _meant(self, rows: Sequence[MemberRow]) -> list[Person | Finding]:
        """Each member by name, month of birth and phone among the people of the user's units; else a new person."""
        namesakes = self._namesakes({row.person.name for row in rows})
        found: list[Person | Finding | None] = [_one_of(row, namesakes[row.person.name]) for row in rows]
        unknown = [row for row, one in zip(rows, found, strict=True) if one is None]
        outcomes = iter(people.judge_people(by=self.by, drafts=[row.person for row in unknown]))
        return [one if one is not None else _registrable(next(outcomes)) for one in found]

    def _namesakes(self, names: set[str]) -> dict[str, list[Person]]:
        seen = Person.objects.filter(within(access.scope(self.by, self.permission), "unit__path")).select_related("unit")
        found: dict[str, list[Person]] = defaultdict(list)
        ordered = sorted(names)
        for start in range(0, len(ordered), AT_ONCE):
            for person in seen.filter(name__in=ordered[start : start + AT_ONCE]):
                found[person.name].append(person)
        return found


def _one_of(row: MemberRow, namesakes: Sequence[Person]) -> Person | Finding | None:
    """The person meant; a finding where several fit; None where nobody does."""
    fitting = [person for person in namesakes if _fits(row, person)]
    if len(fitting) > 1:
        fitting = [person for person in fitting if person.unit_id == row.person.unit.pk] or fitting
    if len(fitting) > 1:
        message = f"有{len(fitting)}位“{row.person.name}”的出生年月、电话相符,请先在人员中补全资料"
        return Finding("person", Severity.BLOCK, message)
    return fitting[0] if fitting else None


def _fits(row: MemberRow, person: Person) -> bool:
    """No contradiction, and at least one of month of birth and phone in common; without either, the same unit."""
    born = f"{person.born_on:%Y-%m}" if person.born_on else ""
    pairs = [(row.birth_month, born), (row.person.phone, person.phone)]
    both = [(one, other) for one, other in pairs if one and other]
    if any(one != other for one, other in both):
        return False
    return bool(both) or person.unit_id == row.person.unit.pk


def _registrable(outcome: Registered) -> Person | Finding:
    if outcome.became == Became.NEW:
        return outcome.row
    message = outcome.message or "该人员不能登记"
    return Finding("person", Severity.BLOCK, f"本单位已有同名人员,出生年月或电话不符:{message},请核对")


def _month(born: date | Month | None) -> str:
    return f"{born.year}-{born.month:02d}" if born else ""


def _described(values: dict[str, Any]) -> str:
    """The difficulty in words, and the pairing as it was written down."""
    paired = [values["partner"], values["partner_phone"], values["paired_on"]]
    pairing = f"结对党员:{' '.join(filter(None, paired))}" if values["partner"] else ""
    return ";".join(filter(None, [values["difficulty"], pairing]))
