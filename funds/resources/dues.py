"""Dues handed up (上缴党费情况表) as a sheet (LYG-8)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from carecore import access, clock
from carecore.access import Can
from carecore.directory import UnitNames
from carecore.imports import targets
from carecore.imports.contract import Outcome, Status, Target
from carecore.imports.sheet import Cell, Sheet, wrong
from carecore.imports.together import TogetherImport
from carecore.models import Severity, Unit
from carecore.money import ZERO
from carecore.policy import Finding
from carecore.sheets import cells
from carecore.sheets.errors import CellError, UnreadableFile
from carecore.sheets.reader import Line
from funds.models import DuesReturn
from funds.rules.dues import DuesDraft, dues_findings, known_returns
from funds.rules.funds import receivers
from funds.workflow.income import record_dues

YEAR = replace(targets.YEAR, example="2025年度", required=True)
TO = Target("to_unit", "收缴单位", "收缴单位:滨海市", parse=cells.text, pattern=r"收缴单位[::](.+)", required=False)
# What makes a unit's name the name of its party organisation.
PARTY = re.compile(r"(?:直属|机关)*(?:党委|党组|党总支|总支部?|党支部|支部|党组织)(?:委员会)?$|委员会$")
COMPARED = ("members", "due", "amount")


class DuesSheet(Sheet):
    """机关党组织上缴党费情况表: one party organisation a row."""

    organisation = Cell("党组织名称", "党组织", "单位名称", "单位", "上缴单位", required=True, longest=100)
    members = Cell("党员数", "党员人数", "党员总数", parse=cells.whole)
    due = Cell("应缴金额", "应缴金额(元)", "应缴党费", "应缴", parse=cells.amount)
    amount = Cell("上缴金额", "上缴金额(元)", "实缴金额", "上缴党费", "实缴", "金额", parse=cells.amount, required=True)
    handed_on = Cell("上缴日期", "上缴时间", "缴纳日期", "日期", parse=cells.day, required=True)


class DuesImport(TogetherImport[DuesDraft]):
    kind, route, label, permission = "dues", "dues_import", "上缴党费情况表", Can.KEEP_FUNDS
    sheet, list_route, list_label, targets = DuesSheet, "dues_list", "上缴党费", (YEAR, TO)
    cell_of = {"unit": "organisation"}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.to_unit = self._receiver()
        self.names = UnitNames(Unit.objects.under([self.to_unit.path]).valid_on(clock.today()))

    def _receiver(self) -> Unit:
        """The unit named, or the one of the user's that has funds for dues, or the head of the user's units."""
        paths = access.scope(self.by, self.permission)
        units = Unit.objects.under(paths)
        if TO.key in self.into:
            found = UnitNames(units.valid_on(clock.today())).match(self.into[TO.key]).unit
            if found is None:
                message = f"没有单位“{self.into[TO.key]}”,或不由您登记党费,请核对收缴单位"
                raise UnreadableFile("target.value", message)
            return found
        with_funds = receivers(units)
        if len(with_funds) > 1:
            raise targets.missing(TO)
        return with_funds[0] if with_funds else units.get(path=paths[0])

    def prepare(self, values: dict[str, Any], line: Line) -> DuesDraft:
        return DuesDraft(unit=self._unit(values["organisation"]), to_unit=self.to_unit, year=self.into["year"], **values)

    def _unit(self, name: str) -> Unit:
        """The unit whose party organisation has this name: by that name, or by its own without 党委."""
        plain = re.sub(r"^(中共|中国共产党)", "", name)
        for written in (name, plain, PARTY.sub("", plain)):
            if unit := self.names.match(written).unit:
                return unit
        message = f"没有党组织“{name}”所属的单位,或不在{self.to_unit}范围内,请核对名称,或在单位目录中登记其党组织名称"
        raise wrong("organisation", "unit.unknown", message)

    def carry_out(self, drafts: Sequence[DuesDraft]) -> None:
        record_dues(by=self.by, drafts=drafts)

    def compared(self, drafts: Sequence[DuesDraft]) -> list[Outcome]:
        """Each draft by itself and against what is recorded; a list never overwrites that."""
        known, found = known_returns(drafts), dues_findings(drafts)
        return [
            Outcome(Status.REJECTED, tuple(findings)) if findings else _against(draft, known.get(draft.key))
            for draft, findings in zip(drafts, found, strict=True)
        ]

    def check_totals(self) -> list[tuple[Line, Finding]]:
        """合计 against the rows of its sheet."""
        return [(total, finding) for total in self.reading.totals for finding in self._total(total)]

    def _total(self, total: Line) -> Iterator[Finding]:
        rows = [line for line in self.reading.lines if line.sheet == total.sheet and line.row < total.row]
        for key in ("due", "amount"):
            stated, summed = _amount(total, key), sum((_amount(line, key) or ZERO for line in rows), ZERO)
            if stated is not None and stated != summed:
                label = self.sheet.fields[key].column_name
                message = f"合计的{label}{stated}元与各行之和{summed}元不符,请核对"
                yield Finding(key, Severity.WARN, message, str(stated), str(summed))


def _against(draft: DuesDraft, row: DuesReturn | None) -> Outcome:
    if row is None:
        return Outcome(Status.NEW)
    differing = [
        Finding(name, Severity.BLOCK, f"{_label(name)}:登记为{getattr(row, name)},表中为{getattr(draft, name)},请在上缴党费页面更正")
        for name in COMPARED
        if getattr(draft, name) not in (None, getattr(row, name))
    ]
    return Outcome(Status.REJECTED if differing else Status.UNCHANGED, tuple(differing))


def _label(name: str) -> str:
    return str(DuesReturn._meta.get_field(name).verbose_name)


def _amount(line: Line, key: str) -> Decimal | None:
    try:
        return cells.amount(line.cells.get(key))
    except CellError:
        return None
