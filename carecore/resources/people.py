"""The people register (人员名册) as a sheet."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carecore import people
from carecore.access import Can
from carecore.imports.contract import Importer, Outcome
from carecore.imports.places import UNIT, Places
from carecore.imports.register import outcomes
from carecore.imports.sheet import Cell, day_or_month, wrong
from carecore.models.people import PersonStatus
from carecore.people import PersonDraft
from carecore.resources.named import PHONES, POSTS, NamedSheet
from carecore.sheets import cells
from carecore.sheets.cells import Month
from carecore.sheets.errors import CellError
from carecore.sheets.reader import Line


def sex(raw: object) -> str:
    """男 or 女; raises CellError."""
    written = cells.plain(raw).removesuffix("性")
    if written not in {"男", "女"}:
        raise CellError("sex", f"性别“{written[:10]}”应为男或女")
    return written


def status(raw: object) -> str:
    """One of the states of a person; raises CellError."""
    written = cells.plain(raw)
    if written not in PersonStatus.values:
        raise CellError("status", f"状态“{written[:10]}”应为{'、'.join(PersonStatus.values)}之一")
    return written


class PersonSheet(NamedSheet):
    """人员名册: without an ID number a person is known by unit and name."""

    sex = Cell("性别", parse=sex)
    born = Cell("出生日期", "出生年月", parse=day_or_month)
    post = Cell(*POSTS)
    rank = Cell("职级", "行政级别")
    politics = Cell("政治面貌")
    party_joined = Cell("入党时间", "入党日期", parse=day_or_month)
    worked_since = Cell("参加工作时间", "参加工作日期", "工作时间", parse=day_or_month)
    phone = Cell(*PHONES, parse=cells.phone, private=True)
    managed_by = Cell("管理权限")
    on_frontline = Cell("一线岗位", "是否一线", "是否一线岗位", parse=cells.yes_no)
    is_unit_head = Cell("单位主要负责人", "是否单位主要负责人", parse=cells.yes_no)
    status = Cell("人员状态", "状态", parse=status)


@dataclass(frozen=True)
class Day:
    """A day that may be known to its month only; the first stands for the month."""

    day: datetime.date | None
    to_month: bool | None

    @classmethod
    def of(cls, stated: datetime.date | Month | None) -> Day:
        if isinstance(stated, Month):
            return cls(stated.first, True)
        return cls(stated, None if stated is None else False)


class PersonImport(Importer[PersonDraft]):
    kind, route, label, permission = "people", "person_import", "人员名册", Can.KEEP_PEOPLE
    sheet, list_route, list_label = PersonSheet, "person_list", "人员"
    targets = (UNIT,)
    cell_of = {"born_on": "born", "party_joined_on": "party_joined", "person.elsewhere": "id_number"}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.places = Places(self.by, self.permission, self.into, self.reading)

    def prepare(self, values: dict[str, Any], line: Line) -> PersonDraft:
        born, joined = values.pop("born"), Day.of(values.pop("party_joined"))
        if isinstance(born, Month):
            check_birth_month(born, values["id_number"])
        values["worked_since"] = Day.of(values["worked_since"]).day
        values["unit"] = self.places.of(values["unit"], line)
        return PersonDraft(
            **{name: value for name, value in values.items() if value is not None},
            born_on=None if isinstance(born, Month) else born, party_joined_on=joined.day,
            party_joined_to_month=joined.to_month,
        )  # fmt: skip

    def check(self, drafts: Sequence[PersonDraft]) -> list[Outcome]:
        return outcomes(people.judge_people(by=self.by, drafts=drafts))

    def commit(self, drafts: Sequence[PersonDraft]) -> list[Outcome]:
        return outcomes(people.register_people(by=self.by, drafts=drafts))


def check_birth_month(born: Month, number: str | None) -> None:
    """Raise RowRefused where a month of birth is not that of the ID number."""
    if number and (cells.id_birthday(number).year, cells.id_birthday(number).month) != (born.year, born.month):
        raise wrong("born", "born.differs", f"出生年月{born.year}年{born.month}月与身份证号不符,请核对")
