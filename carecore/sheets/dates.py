"""Days and months as offices write them: 2018.5.1, 2018年5月1日, 20180501, 1987.11, Excel serials."""

import re
from datetime import date, datetime, timedelta
from typing import NamedTuple

from carecore.sheets.errors import CellError
from carecore.sheets.texts import plain

YEARS = range(1900, 2101)
# Day 0 of the two calendars of Excel; the first counts a 29 February 1900 that never was.
EPOCH_1900 = date(1899, 12, 30)
EPOCH_1904 = date(1904, 1, 1)
# 1910 to 2100 in serial days: anything below reads as a year, a count or a month such as 2018.5.
SERIALS = range(3654, 73416)

CLOCK = r"(?:T?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
DAY = re.compile(rf"(\d{{4}})(?:[-./]|年)(\d{{1,2}})(?:[-./]|月)(\d{{1,2}})[日号]?{CLOCK}")
COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
YEARLESS_DAY = re.compile(r"\d{1,2}(?:月|[-./])\d{1,2}[日号]?")
SHORT_YEAR_DAY = re.compile(r"\d{2}(?:年|[-./])\d{1,2}(?:月|[-./])\d{1,2}[日号]?")
MONTH = re.compile(r"(\d{4})(?:(?:[-./]|年)(\d{1,2})月?|(\d{2}))")
DASHES = re.compile(r"[\u2010-\u2015\u2212~]")


class Month(NamedTuple):
    """A month of a year; `uncertain` when it may be October that lost its zero (1970.1)."""

    year: int
    month: int
    uncertain: bool = False

    @property
    def first(self) -> date:
        """Return the first day of the month."""
        return date(self.year, self.month, 1)


def day(raw: object, *, epoch_1904: bool = False) -> date:
    """Return the day a cell names; raises CellError for a day without year, a month alone or no such day.

    `epoch_1904` is `Reading.epoch_1904`: how the workbook counts the days of an unformatted date.
    """
    if isinstance(raw, date):
        return _in_range(raw.date() if isinstance(raw, datetime) else raw)
    if isinstance(raw, int | float) and not isinstance(raw, bool) and SERIALS.start <= raw < SERIALS.stop:
        return (EPOCH_1904 if epoch_1904 else EPOCH_1900) + timedelta(days=int(raw))
    written = DASHES.sub("-", plain(raw))
    if not written:
        raise CellError("day.empty", "日期为空,请填写")
    match = DAY.fullmatch(written) or COMPACT_DAY.fullmatch(written)
    if match is None:
        raise _no_day(written)
    return _build(written, *(int(part) for part in match.groups()))


def _no_day(written: str) -> CellError:
    """Return the refusal of a text that is not a full day."""
    if YEARLESS_DAY.fullmatch(written):
        return CellError("day.no_year", f"日期“{written}”缺年份,请按2018年5月1日的样式填写")
    if SHORT_YEAR_DAY.fullmatch(written):
        return CellError("day.short_year", f"日期“{written}”的年份应写四位,请按2018年5月1日的样式填写")
    return CellError("day.form", f"“{written[:20]}”不是完整的日期,请按2018年5月1日的样式填写")


def _build(written: str, year: int, month: int, day_: int) -> date:
    try:
        return _in_range(date(year, month, day_))
    except ValueError:
        raise CellError("day.not_a_date", f"日期“{written}”不存在,请核对") from None


def _in_range(found: date) -> date:
    if found.year not in YEARS:
        raise CellError("day.range", f"日期“{found.isoformat()}”的年份不合理,请核对")
    return found


def month(raw: object, *, epoch_1904: bool = False) -> Month:
    """Return the month a cell names, a full day counting as its month.

    A number such as 1970.1 is read as January and marked uncertain: Excel drops the zero of 1970.10.
    Raises CellError.
    """
    written = DASHES.sub("-", plain(raw))
    if not written:
        raise CellError("month.empty", "年月为空,请填写")
    match = None if isinstance(raw, date) else MONTH.fullmatch(written)
    if match is None:
        return _month_of_day(raw, written, epoch_1904)
    year, number = int(match[1]), int(match[2] or match[3])
    if year not in YEARS or number not in range(1, 13):
        raise CellError("month.not_a_month", f"年月“{written}”不存在,请核对")
    return Month(year, number, uncertain=isinstance(raw, float) and match[2] == "1")


def _month_of_day(raw: object, written: str, epoch_1904: bool) -> Month:
    try:
        found = day(raw, epoch_1904=epoch_1904)
    except CellError:
        raise CellError("month.form", f"“{written[:20]}”不是年月,请按1987.11或1987年11月的样式填写") from None
    return Month(found.year, found.month)
