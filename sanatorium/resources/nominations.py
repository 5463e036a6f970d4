"""Rosters of recommended people (推荐花名册、报名表) as sheets; whoever is not registered yet is, as a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from carecore import clock, people
from carecore.access import Can
from carecore.imports.contract import Importer, Outcome, Status
from carecore.imports.places import UNIT, Places
from carecore.imports.sheet import Cell, day_or_month, wrong
from carecore.models import Person, Severity, Unit
from carecore.names import search_key
from carecore.outcomes import Became
from carecore.people import PersonDraft
from carecore.policy import Finding, Rulebook
from carecore.resources.named import PHONES, POSTS, NamedSheet
from carecore.resources.people import Day, check_birth_month, sex
from carecore.sheets import cells
from carecore.sheets.cells import Month
from carecore.sheets.errors import CellError
from carecore.sheets.reader import Line
from sanatorium.models import Nomination, State
from sanatorium.queries import in_parts
from sanatorium.resources.plans import TARGETS, plan_of
from sanatorium.rules.nominations import Draft
from sanatorium.workflow.nominations import check_drafts, nominate

GROUND_MAX = Nomination._meta.get_field("ground").max_length
DEEDS_MAX = Nomination._meta.get_field("deeds").max_length
# Where people want to go, as cells, sheet names and titles say it.
WISHES = {"本市": "本市", "市内": "本市", "省内": "省内", "省外": "省外"}
# What must agree with the register; other differences are only said, and the nomination keeps its own.
IDENTITY = {"name", "unit", "id_number"}


def took_part(raw: object) -> bool:
    """Whether somebody states an earlier stay: 是, or anything that is not a no, such as 2024年."""
    try:
        return cells.yes_no(raw)
    except CellError:
        return True


def wish(raw: object) -> str:
    """Where a person wants to go; raises CellError."""
    found = next((place for word, place in WISHES.items() if word in cells.plain(raw)), "")
    if not found:
        raise CellError("wish", f"意向“{cells.text(raw)[:20]}”应为{'、'.join(dict.fromkeys(WISHES.values()))}之一")
    return found


class RosterSheet(NamedSheet):
    """推荐花名册 and 报名表; a roster brings no evidence."""

    sex = Cell("性别", parse=sex)
    born = Cell("出生年月", "出生日期", parse=day_or_month)
    politics = Cell("政治面貌")
    post = Cell(*POSTS, longest=50)
    ground = Cell("推荐类别", "推荐情形", "推荐理由", "类型", longest=60, required=True)
    honour = Cell("荣誉称号", "荣誉称号及时间", "主要事迹、荣誉", "主要事迹/荣誉", "主要事迹", "所获荣誉", longest=250)
    awarded = Cell("获得时间", "授予时间", "表彰时间", longest=40)
    took_part = Cell("近三年是否参加", "近三年是否参加疗休养", "近三年参加情况", parse=took_part)
    worked_since = Cell("参加工作时间", "参加工作日期", parse=day_or_month)
    wish = Cell("意向", "疗休养意向", "地域", parse=wish)
    phone = Cell(*PHONES, parse=cells.phone, private=True)
    health = Cell("健康状况", "身体状况", private=True, longest=100)
    emergency_contact = Cell("紧急联系人", "紧急联系人及电话", private=True, longest=100)


@dataclass(frozen=True)
class RosterRow:
    """A row of a roster: the person as stated, and the nomination without its person."""

    person: PersonDraft
    ground: str
    deeds: str
    wish: str
    took_part: bool
    health: str
    emergency_contact: str

    def draft(self, person: Person) -> Draft:
        return Draft(
            person=person, unit=self.person.unit, ground=self.ground, deeds=self.deeds, post=self.person.post,
            wish=self.wish, phone=self.person.phone, health=self.health, emergency_contact=self.emergency_contact,
        )  # fmt: skip


class NominationImport(Importer[RosterRow]):
    kind, route, label, permission = "nominations", "nomination_import", "推荐人选", Can.NOMINATE
    sheet, list_route, list_label = RosterSheet, "nomination_list", "推荐人选"
    targets = (*TARGETS, UNIT)
    cell_of = {
        "born_on": "born", "person": "unit", "person.elsewhere": "id_number", "duplicate": "name",
        "sanatorium.grounds": "ground", "sanatorium.places": "unit", "sanatorium.lookback_years": "name",
        "sanatorium.trips_person_year": "name", "sanatorium.service_years": "worked_since",
        "sanatorium.age": "born", "evidence": "ground",
    }  # fmt: skip

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.plan = plan_of(self.by, self.into)
        self.places = Places(self.by, self.permission, self.into, self.reading)
        self.grounds = Grounds(Rulebook(clock.today()))

    def prepare(self, values: dict[str, Any], line: Line) -> RosterRow:
        unit = self.places.of(values["unit"], line)
        born, worked_since = values["born"], Day.of(values["worked_since"]).day
        if isinstance(born, Month):
            check_birth_month(born, values["id_number"])
            born = None
        said = {name: values[name] or "" for name in ("name", "id_number", "sex", "post", "politics", "phone")}
        return RosterRow(
            person=PersonDraft(unit=unit, born_on=born, worked_since=worked_since, **said),
            ground=self.grounds.code(values["ground"], unit), deeds=_deeds(values),
            wish=values["wish"] or self._wish_of_sheet(line.sheet), took_part=bool(values["took_part"]),
            health=values["health"] or "", emergency_contact=values["emergency_contact"] or "",
        )  # fmt: skip

    def _wish_of_sheet(self, sheet: str) -> str:
        """What the name of a sheet, or else its title, says of where its people want to go."""
        for said in (sheet, *self.reading.tables[sheet].titles):
            found = {place for word, place in WISHES.items() if word in said}
            if len(found) == 1:
                return found.pop()
        return ""

    def check(self, drafts: Sequence[RosterRow]) -> list[Outcome]:
        return [outcome for outcome, _ in self._judged(drafts)]

    def commit(self, drafts: Sequence[RosterRow]) -> list[Outcome]:
        judged = self._judged(drafts)
        new = [
            (row, person) for row, (outcome, person) in zip(drafts, judged, strict=True)
            if outcome.status == Status.NEW
        ]  # fmt: skip
        registered = self._registered(drafts, judged)
        ready = [row.draft(registered.get(id(row), person)) for row, person in new]
        if ready:
            nominate(by=self.by, plan=self.plan, drafts=ready)
        return [outcome for outcome, _ in judged]

    def _registered(
        self, drafts: Sequence[RosterRow], judged: Sequence[tuple[Outcome, Person | None]]
    ) -> dict[int, Person]:
        """The people who were unknown, now registered, by the id() of their row.

        Whoever is on record elsewhere goes to the verb too: it leaves the task for the common superior.
        """
        unknown = [
            row for row, (outcome, person) in zip(drafts, judged, strict=True)
            if (outcome.status == Status.NEW and person is not None and person.pk is None)
            or any(finding.key == "person.elsewhere" for finding in outcome.findings)
        ]  # fmt: skip
        outcomes = people.register_people(by=self.by, drafts=[row.person for row in unknown])
        pairs = zip(unknown, outcomes, strict=True)
        return {id(row): outcome.row for row, outcome in pairs if outcome.row is not None}

    def _judged(self, rows: Sequence[RosterRow]) -> list[tuple[Outcome, Person | None]]:
        """What becomes of each row, and the person it means: known, new and not yet saved, or None."""
        found = people.judge_people(by=self.by, drafts=[row.person for row in rows])
        known = self._nominations([one.row.pk for one in found if one.row is not None and one.row.pk])
        judged: list[tuple[Outcome, Person | None]] = []
        waiting: list[tuple[int, Draft, list[Finding]]] = []
        met: set[int] = set()
        for row, one in zip(rows, found, strict=True):
            said = _said_of_person(one.became, one.findings)
            outcome = Outcome.of(Status.UNCHANGED, said)
            person = one.row if outcome.status != Status.REJECTED else None
            if person is not None and person.pk in met:
                said = [*said, Finding("duplicate", Severity.BLOCK, f"{person}在本次名单中重复")]
                outcome = Outcome.of(Status.UNCHANGED, said)
            elif person is not None and not _is_there(known.get(person.pk), row):
                waiting.append((len(judged), row.draft(person), [*said, *_stated_earlier(row)]))
            elif person is not None:
                met.add(person.pk)
            judged.append((outcome, person))
        checked = check_drafts(by=self.by, plan=self.plan, drafts=[draft for _, draft, _ in waiting])
        for (place, draft, said), findings in zip(waiting, checked, strict=True):
            judged[place] = (Outcome.of(Status.NEW, [*findings, *said]), draft.person)
        return judged

    def _nominations(self, pks: Sequence[int]) -> dict[int, list[Nomination]]:
        """What stands of these people in this plan's year; what was withdrawn does not."""
        standing: dict[int, list[Nomination]] = {}
        for part in in_parts(pks):
            rows = Nomination.objects.filter(plan=self.plan, person__in=part).exclude(state=State.WITHDRAWN)
            for row in rows:
                standing.setdefault(row.person_id, []).append(row)
        return standing


def _is_there(standing: list[Nomination] | None, row: RosterRow) -> bool:
    """Whether the same unit has nominated this person on the same ground already."""
    return any(one.unit_id == row.person.unit.pk and one.ground == row.ground for one in standing or ())


def _said_of_person(became: Became, findings: Sequence[Finding]) -> list[Finding]:
    """Findings about a person: who it is must agree, what else differs is only a warning."""
    if became != Became.DIFFERS:
        return list(findings)
    return [f if f.key in IDENTITY else replace(f, severity=Severity.WARN) for f in findings]


def _stated_earlier(row: RosterRow) -> list[Finding]:
    if not row.took_part:
        return []
    return [Finding("took_part", Severity.WARN, "填写近三年参加过疗休养,请核对参加年份是否已登记")]


def _deeds(values: dict[str, Any]) -> str:
    honour, awarded = values["honour"] or "", values["awarded"] or ""
    return f"{honour}({awarded})" if honour and awarded else honour


class Grounds:
    """The catalogue of grounds (BZ-5), by what offices write for them; one for each unit."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._by_unit: dict[int, dict[str, str] | None] = {}
        self._labels: dict[int, str] = {}

    def code(self, written: str, unit: Unit) -> str:
        """The code of a ground; raises RowRefused for one that the rule does not list."""
        known = self._of(unit)
        if known is None and len(written) <= GROUND_MAX:
            return written
        found = (known or {}).get(search_key(written))
        if found is None:
            message = f"推荐类别“{written}”不在规定的类别之内,应为:{self._labels.get(unit.pk, '')}"
            raise wrong("ground", "ground.unknown", message)
        return found

    def _of(self, unit: Unit) -> dict[str, str] | None:
        """Codes by every way of writing a label; None where no rule lists grounds."""
        if unit.pk not in self._by_unit:
            entries = self._book.value("sanatorium.grounds", unit)
            self._labels[unit.pk] = "、".join(entry["label"] for entry in entries or ())
            self._by_unit[unit.pk] = None if entries is None else {
                search_key(name): entry["code"]
                for entry in reversed(entries)
                for name in (entry["code"], *entry.get("synonyms", ()), entry["label"])
            }  # fmt: skip
        return self._by_unit[unit.pk]
