"""Facts about people as sheets: yearly appraisals (年度考核) and honours (荣誉)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from carecore import people
from carecore.access import Can
from carecore.imports.contract import Importer, Outcome, Status
from carecore.imports.known import Named, find_people
from carecore.imports.places import Places
from carecore.imports.register import outcomes
from carecore.imports.sheet import Cell, day_or_month, wrong
from carecore.imports.targets import YEAR, missing, year
from carecore.models import Person
from carecore.models.people import Grade
from carecore.people import AppraisalDraft, HonourDraft
from carecore.policy import Finding
from carecore.resources.named import NamedSheet
from carecore.resources.people import Day
from carecore.sheets import cells
from carecore.sheets.errors import CellError
from carecore.sheets.reader import Line

# What public institutions write for the same grades.
GRADES = {
    **{grade.value: grade for grade in Grade},
    "合格": Grade.COMPETENT, "基本合格": Grade.BASIC, "不合格": Grade.INCOMPETENT,
}  # fmt: skip


def grade(raw: object) -> Grade:
    """The grade of a yearly appraisal; raises CellError."""
    found = GRADES.get(cells.plain(raw).removesuffix("等次"))
    if found is None:
        raise CellError("grade", f"“{cells.text(raw)[:20]}”不是考核等次,应为{'、'.join(Grade)}之一")
    return found


@dataclass(frozen=True)
class FactRow:
    """A fact as a row states it: whose it is, and the columns of its draft."""

    named: Named
    columns: dict[str, Any] = field(default_factory=dict)


class FactImport(Importer[FactRow]):
    """Facts of people who are registered already; nothing here registers anybody."""

    permission, list_route, list_label = Can.KEEP_PEOPLE, "person_list", "人员"
    cell_of = {"person.unknown": "name", "person.name": "name", "person.several": "id_number"}
    draft: ClassVar[Callable[..., Any]]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        in_columns = {key for _, _, key in self.headings()}
        self.places = Places(self.by, self.permission, self.into, self.reading) if "unit" in in_columns else None

    def headings(self) -> list[tuple[str, str, str]]:
        """The headings of all sheets of the file."""
        return [heading for table in self.reading.tables.values() for heading in table.headings]

    def named(self, values: dict[str, Any], line: Line) -> Named:
        """Whom a row names; the unit only where a cell says it."""
        unit = self.places.of(values["unit"], line) if self.places and values["unit"] else None
        return Named(values["name"], values["id_number"], unit)

    def judge(self, drafts: Sequence[Any]) -> list[Any]:
        """What the verb would make of drafts."""
        return people.judge_facts(by=self.by, drafts=drafts)

    @abstractmethod
    def register(self, drafts: Sequence[Any]) -> list[Any]:
        """The verb that stores drafts."""

    def check(self, drafts: Sequence[FactRow]) -> list[Outcome]:
        return self._judged(drafts, self.judge)

    def commit(self, drafts: Sequence[FactRow]) -> list[Outcome]:
        return self._judged(drafts, self.register)

    def _judged(self, drafts: Sequence[FactRow], judge: Callable[[Sequence[Any]], list[Any]]) -> list[Outcome]:
        """The outcome of each row: that of its draft, or why nobody is meant."""
        found = find_people(self.by, self.permission, [row.named for row in drafts])
        ready = [
            type(self).draft(person=person, **row.columns)
            for row, person in zip(drafts, found, strict=True)
            if isinstance(person, Person)
        ]
        judged = iter(outcomes(judge(ready)))
        return [
            Outcome(Status.REJECTED, (person,)) if isinstance(person, Finding) else next(judged) for person in found
        ]


class AppraisalSheet(NamedSheet):
    """年度考核结果: the year in a column or in the title."""

    year = Cell("年度", "考核年度", "年份", parse=year)
    grade = Cell("考核等次", "考核结果", "等次", "年度考核等次", "年度考核结果", parse=grade, required=True)


class AppraisalImport(FactImport):
    kind, route, label = "appraisals", "appraisal_import", "年度考核"
    sheet, draft = AppraisalSheet, AppraisalDraft
    targets = (YEAR,)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        if "year" not in self.into and all(key != "year" for _, _, key in self.headings()):
            raise missing(YEAR)

    def prepare(self, values: dict[str, Any], line: Line) -> FactRow:
        year = values["year"] if values["year"] is not None else self.into.get("year")
        if year is None:
            raise wrong("year", "required", "“年度”为空,请填写")
        return FactRow(self.named(values, line), {"year": year, "grade": values["grade"]})

    def register(self, drafts: Sequence[AppraisalDraft]) -> list[Any]:
        return people.add_appraisals(by=self.by, drafts=drafts)


class HonourSheet(NamedSheet):
    """荣誉登记表."""

    title = Cell("荣誉称号", "荣誉名称", "表彰名称", "获得荣誉", required=True)
    level = Cell("级别", "荣誉级别", "表彰级别", "授予级别")
    awarded = Cell("获得时间", "授予时间", "表彰时间", parse=day_or_month)


class HonourImport(FactImport):
    kind, route, label, sheet, draft = "honours", "honour_import", "荣誉", HonourSheet, HonourDraft
    cell_of = {**FactImport.cell_of, "awarded_on": "awarded"}

    def prepare(self, values: dict[str, Any], line: Line) -> FactRow:
        awarded = Day.of(values["awarded"])
        columns = {
            "title": values["title"], "level": values["level"] or "", "awarded_on": awarded.day,
            "to_month": bool(awarded.to_month),
        }  # fmt: skip
        return FactRow(self.named(values, line), columns)

    def register(self, drafts: Sequence[HonourDraft]) -> list[Any]:
        return people.add_honours(by=self.by, drafts=drafts)
