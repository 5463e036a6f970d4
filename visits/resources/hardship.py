"""Hardship files (困难档案汇总表) as sheets: a household over several rows, its head named once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from carecore import people
from carecore.access import Can
from carecore.imports.contract import Importer, Outcome, Status
from carecore.imports.places import UNIT, Places
from carecore.imports.sheet import Cell
from carecore.models import Person, Severity
from carecore.outcomes import Became
from carecore.people import PersonDraft
from carecore.policy import Finding
from carecore.resources.named import PHONES, UNITS, NamedSheet
from carecore.resources.people import sex
from carecore.sheets import cells
from carecore.sheets.reader import Line
from visits.models import HardshipCase, ObjectKind
from visits.resources.codes import Codes
from visits.rules.doubles import DOUBLE
from visits.workflow.cases import open_cases
from visits.workflow.files import CaseDraft, MemberDraft, check_cases

FAMILY = "家庭成员"
# What must agree with the register of people; other differences are only said.
IDENTITY = {"name", "unit", "id_number"}
COMPARED = ("yearly_income", "size", "stated_grade", "main_cause")


class HardshipSheet(NamedSheet):
    """困难档案汇总表; name, number and unit of the head may stand once for all rows of the household."""

    number = Cell("序号", "编号", fill_down=True)
    unit = Cell(*UNITS, fill_down=True)
    name = Cell("姓名", "职工姓名", "户主姓名", parse=cells.person_name, required=True, fill_down=True)
    id_number = Cell(
        "身份证号", "身份证号码", "身份证", "证件号码", parse=cells.id_number, private=True, fill_down=True
    )
    stated_grade = Cell("困难类别", "困难标准", longest=20)
    sex = Cell("性别", parse=sex)
    health = Cell("健康状况", "身体状况", private=True, longest=100)
    housing = Cell("住房类型", longest=20)
    own_monthly_income = Cell("本人月平均收入", "本人月收入", parse=cells.amount, private=True)
    yearly_income = Cell("家庭年度总收入", "家庭收入", "家庭年收入", parse=cells.amount, private=True, required=True, needed=False)
    rigid_costs = Cell("刚性支出", "因困支出", parse=cells.amount, private=True)
    event_losses = Cell("意外损失", parse=cells.amount, private=True)
    size = Cell("家庭人口", "家庭人数", parse=cells.whole)
    main_cause = Cell("主要致困原因", "致困原因")
    further_causes = Cell("次要致困原因")
    area = Cell("低保地区", "户口所在地行政区划", longest=30)
    address = Cell("家庭住址", "家庭地址", private=True, longest=100)
    phone = Cell(*PHONES, parse=cells.phone, private=True)
    remark = Cell("备注", "说明", private=True, longest=500)
    member_name = Cell("姓名", group=FAMILY, parse=cells.person_name)
    member_relation = Cell("关系", "与户主关系", group=FAMILY, longest=20)
    member_number = Cell("身份证号", group=FAMILY, parse=cells.id_number, private=True)
    member_income = Cell("月收入", group=FAMILY, parse=cells.amount, private=True)


@dataclass(frozen=True)
class HouseholdRow:
    """One row: the household it belongs to, its head where it is the household's first, and a member."""

    household: int
    head: PersonDraft | None
    facts: dict[str, Any]
    member: MemberDraft | None


@dataclass(frozen=True)
class Household:
    """All rows of one household, the draft of its file, and who its head is."""

    rows: list[HouseholdRow]
    draft: CaseDraft | None
    findings: list[Finding]
    status: Status


class HardshipImport(Importer[HouseholdRow]):
    kind, route, label, permission = "hardship", "case_import", "困难档案", Can.KEEP_HARDSHIP
    sheet, list_route, list_label = HardshipSheet, "case_list", "困难档案"
    targets = (UNIT,)
    cell_of = {
        "stated_grade": "stated_grade", DOUBLE: "name", "alike": "name", "household": "name", "person.elsewhere": "id_number",
        "visits.poverty_line": "yearly_income", "visits.grade_multiples": "yearly_income", "visits.further_causes": "further_causes",
        "earners": "member_income",
    }  # fmt: skip

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.places = Places(self.by, self.permission, self.into, self.reading)
        self.codes = Codes()
        self._household: dict[tuple[str, int], tuple[int, bool]] = {}
        above: tuple[Any, ...] = ()
        for line in self.reading.lines:
            named = (line.sheet, *(cells.text(line.cells.get(key)) for key in ("number", "name", "id_number")))
            first = named != above
            above = named
            self._household[line.sheet, line.row] = (line.row if first else self._last, first)
            self._last = self._household[line.sheet, line.row][0]

    def prepare(self, values: dict[str, Any], line: Line) -> HouseholdRow:
        household, first = self._household[line.sheet, line.row]
        member = None
        if values["member_name"]:
            member = MemberDraft(
                name=values["member_name"], relation=values["member_relation"] or "家庭成员",
                id_number=values["member_number"] or "", monthly_income=values["member_income"],
            )  # fmt: skip
        if not first:
            return HouseholdRow(hash((line.sheet, household)), None, {}, member)
        unit = self.places.of(values["unit"], line)
        head = PersonDraft(
            unit=unit, name=values["name"], id_number=values["id_number"] or "", sex=values["sex"] or "",
            phone=values["phone"] or "",
        )  # fmt: skip
        kept = ("stated_grade", "health", "housing", "area", "address", "phone")
        facts = {
            **{key: values[key] or "" for key in kept}, "description": values["remark"] or "",
            **{key: values[key] for key in ("own_monthly_income", "yearly_income", "size")},
            **{key: values[key] for key in ("rigid_costs", "event_losses") if values[key] is not None},
            "main_cause": self.codes.cause("main_cause", values["main_cause"], unit),
            "further_causes": self.codes.causes("further_causes", values["further_causes"], unit),
        }
        return HouseholdRow(hash((line.sheet, household)), head, facts, member)

    def check(self, drafts: Sequence[HouseholdRow]) -> list[Outcome]:
        households = self._judged(drafts)
        return list(_outcomes(drafts, households))

    def commit(self, drafts: Sequence[HouseholdRow]) -> list[Outcome]:
        households = self._judged(drafts)
        new = [one for one in households if one.status == Status.NEW and one.draft]
        unknown = [one for one in new if one.draft.person.pk is None]
        outcomes = people.register_people(by=self.by, drafts=[one.rows[0].head for one in unknown])
        registered = {id(one): outcome.row for one, outcome in zip(unknown, outcomes, strict=True)}
        ready = [replace(one.draft, person=registered.get(id(one), one.draft.person)) for one in new]
        if ready:
            open_cases(by=self.by, drafts=ready)
        return list(_outcomes(drafts, households))

    def _judged(self, rows: Sequence[HouseholdRow]) -> list[Household]:
        """What becomes of each household, in the order of its first row."""
        grouped: dict[int, list[HouseholdRow]] = {}
        for row in rows:
            grouped.setdefault(row.household, []).append(row)
        whole = [group for group in grouped.values() if group[0].head]
        found = people.judge_people(by=self.by, drafts=[group[0].head for group in whole])
        judged = [
            Household(group, None, [_blocked("household", "本户首行未通过校验,请一并更正")], Status.REJECTED)
            for group in grouped.values() if not group[0].head
        ]  # fmt: skip
        drafts = []
        for group, one in zip(whole, found, strict=True):
            said = _said_of_person(one.became, one.findings)
            if Outcome.of(Status.NEW, said).status == Status.REJECTED or one.row is None:
                judged.append(Household(group, None, said, Status.REJECTED))
            else:
                drafts.append((group, _draft(group, one.row), said))
        return [*judged, *self._checked(drafts)]

    def _checked(self, drafts: list[tuple[list[HouseholdRow], CaseDraft, list[Finding]]]) -> Iterator[Household]:
        standing = standing_files([draft.person for _, draft, _ in drafts])
        new = [(group, draft, said) for group, draft, said in drafts if _mark(draft) not in standing]
        for group, draft, said in drafts:
            if known := standing.get(_mark(draft)):
                yield Household(group, None, [*said, *_differences(draft, known)], Status.UNCHANGED)
        members = [[one.row for one in draft.members] for _, draft, _ in new]
        found = check_cases(by=self.by, cases=[draft.row for _, draft, _ in new], members=members)
        for (group, draft, said), findings in zip(new, found, strict=True):
            findings = [*said, *map(only_double_blocks, findings)]
            yield Household(group, draft, findings, Outcome.of(Status.NEW, findings).status)


def standing_files(persons: Sequence[Person]) -> dict[tuple[int, str, str], HardshipCase]:
    """The living files of these people by person, kind of object and name."""
    rows = HardshipCase.objects.living().filter(person__in=[person.pk for person in persons if person.pk])
    return {(row.person_id, row.object_kind, row.name): row for row in rows}


def _mark(draft: CaseDraft) -> tuple[int | None, str, str]:
    return draft.person.pk, draft.object_kind, draft.name or draft.person.name


def only_double_blocks(found: Finding) -> Finding:
    """A draft may lack what a report needs: only a household that has a file already is refused."""
    blocks = found.severity == Severity.BLOCK and found.key != DOUBLE
    return replace(found, severity=Severity.WARN) if blocks else found


def _draft(group: list[HouseholdRow], person: Person) -> CaseDraft:
    first, members = group[0], tuple(row.member for row in group if row.member)
    incomes = [first.facts["own_monthly_income"], *(member.monthly_income for member in members)]
    earners = sum(1 for income in incomes if income) if None not in incomes else None
    return CaseDraft(
        person=person, unit=first.head.unit, object_kind=ObjectKind.WORKER, members=members, earners=earners, **first.facts
    )


def _blocked(key: str, message: str) -> Finding:
    return Finding(key, Severity.BLOCK, message)


def _said_of_person(became: Became, findings: Sequence[Finding]) -> list[Finding]:
    """Findings about the head: who it is must agree, what else differs is only a warning."""
    if became != Became.DIFFERS:
        return list(findings)
    return [one if one.key in IDENTITY else replace(one, severity=Severity.WARN) for one in findings]


def _differences(draft: CaseDraft, known: HardshipCase) -> Iterator[Finding]:
    for name in COMPARED:
        stated = getattr(draft, name)
        if stated not in (None, "") and stated != getattr(known, name):
            label = known._meta.get_field(name).verbose_name
            yield Finding(name, Severity.WARN, f"{label}与已建档案不同,导入不改动档案,请在档案中核实修改")


def _outcomes(rows: Sequence[HouseholdRow], households: Sequence[Household]) -> Iterator[Outcome]:
    """One outcome for each row: the first of a household carries its findings."""
    of = {one.rows[0].household: one for one in households}
    for row in rows:
        one = of[row.household]
        if row is one.rows[0]:
            yield Outcome(one.status, tuple(one.findings))
        elif one.status == Status.REJECTED:
            yield Outcome(one.status, (_blocked("household", "本户首行不予导入,该成员一并不予导入"),))
        else:
            yield Outcome(one.status)
