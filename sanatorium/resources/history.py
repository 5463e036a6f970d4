"""Who took part in earlier years (历年参加人员) as a sheet."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from carecore.access import Can
from carecore.imports.sheet import Cell, day_or_month, wrong
from carecore.imports.targets import YEAR, missing, year
from carecore.policy import PROVINCE
from carecore.resources.facts import FactImport, FactRow
from carecore.resources.named import NamedSheet
from carecore.resources.people import Day
from carecore.sheets import cells
from carecore.sheets.cells import Month
from carecore.sheets.errors import CellError
from carecore.sheets.reader import Line
from sanatorium.workflow.history import HistoryDraft, judge_history, record_history


def first_day(raw: object) -> datetime.date | Month:
    """The first day or month of a stay written as a day or as 2024年6月8日—6月13日; raises CellError."""
    written = re.split(r"[—–~～至]", cells.plain(raw))[0] if isinstance(raw, str) else raw
    return day_or_month(written)


OUTSIDE, INSIDE = ("省外", "跨省", "外省"), ("省内", "本省", "本市", "市内")


def province(raw: object) -> str:
    """省内 or 省外 as a cell says it; raises CellError."""
    found = place_case(cells.plain(raw))
    if not found:
        raise CellError("case", f"“{cells.text(raw)[:20]}”不能识别,请填写省内或省外")
    return found


def place_case(text: str) -> str:
    """省内 or 省外 where a text names one of them, such as 省外疗休养(黄山); otherwise blank."""
    cases = {case for case, words in zip(PROVINCE, (INSIDE, OUTSIDE), strict=True) if any(w in text for w in words)}
    return cases.pop() if len(cases) == 1 else ""


class HistorySheet(NamedSheet):
    """历年疗休养人员名单: when, by day or year, in a column or in the title."""

    year = Cell("年度", "参加年度", "参加年份", "年份", parse=year)
    taken_on = Cell("参加时间", "起止时间", "疗休养时间", "开始日期", "时间", parse=first_day)
    place = Cell("疗休养地点", "地点", "疗休养院", "疗休养院(基地)", longest=60)
    case = Cell("省内外", "省内/省外", "省内或省外", "地域", "区域", parse=province)
    amount = Cell("费用", "金额", "费用合计", "合计", parse=cells.amount)


class HistoryImport(FactImport):
    kind, route, label, permission = "history", "history_import", "历年参加人员", Can.SETTLE
    sheet, draft, targets = HistorySheet, HistoryDraft, (YEAR,)
    cell_of = {**FactImport.cell_of, "given_on": "taken_on", "occasion": "place"}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        if "year" not in self.into and not {"year", "taken_on"} & {key for _, _, key in self.headings()}:
            raise missing(YEAR)

    def prepare(self, values: dict[str, Any], line: Line) -> FactRow:
        amount: Decimal | None = values["amount"]
        given_on, only_year = self._when(values)
        columns = {
            "given_on": given_on, "only_year": only_year, "occasion": values["place"] or "", "amount": amount,
            "case": values["case"] or place_case(values["place"] or ""),
        }  # fmt: skip
        return FactRow(self.named(values, line), columns)

    def _when(self, values: dict[str, Any]) -> tuple[datetime.date, bool]:
        """The first day of the stay, and whether only its year is known."""
        stated = values["year"] or self.into.get("year")
        taken_on = Day.of(values["taken_on"]).day
        if taken_on is None and stated is None:
            raise wrong("year", "required", "参加年度为空,请填写")
        if taken_on is None:
            return datetime.date(stated, 1, 1), True
        if stated is not None and taken_on.year != stated:
            raise wrong("taken_on", "year.differs", f"参加时间{taken_on.year}年与年度{stated}不符,请核对")
        return taken_on, False

    def judge(self, drafts: Sequence[HistoryDraft]) -> list[Any]:
        return judge_history(by=self.by, drafts=drafts)

    def register(self, drafts: Sequence[HistoryDraft]) -> list[Any]:
        return record_history(by=self.by, drafts=drafts)

