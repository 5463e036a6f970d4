"""What a written column holds and how one cell of it is put on a sheet: typed, and never as a formula."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

# Nothing a user typed may become a formula or a link.
OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": True,
}
TEXT_MAX = 32_767
# A double holds 15 digits; a longer whole number is written as text.
NUMBER_MAX = 10**15
FIRST_YEAR = 1900

Row = Sequence[object]
Total = Callable[[Sequence[Row], int], object]


class Kind(StrEnum):
    """What a column holds; `id` is a number that is no quantity: identity, phone, code."""

    TEXT = "text"
    ID = "id"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    MOMENT = "moment"


NUMBER_FORMATS = {
    Kind.TEXT: "@",
    Kind.ID: "@",
    Kind.NUMBER: "General",
    Kind.MONEY: "#,##0.00",
    Kind.DATE: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm",
}
WIDTHS = {Kind.TEXT: 22, Kind.ID: 21, Kind.NUMBER: 9, Kind.MONEY: 13, Kind.DATE: 12, Kind.MOMENT: 17}


@dataclass(frozen=True)
class Field:
    """A column to be written: heading, kind, width in characters (0: by kind).

    On official sheets `group` is the heading above it and `total` what its cell in 小计 and 合计 rows says,
    given the rows and the place of the column.
    """

    heading: str
    kind: Kind = Kind.TEXT
    width: float = 0
    group: str = ""
    total: Total | None = None

    @property
    def column_width(self) -> float:
        """Return the width in characters, wide enough for the heading where none is given."""
        return self.width or max(WIDTHS[self.kind], 2 * len(self.heading) + 2)


def summed(rows: Sequence[Row], place: int) -> object:
    """Return the sum of a column, empty cells left out."""
    return sum((row[place] for row in rows if row[place] not in {None, ""}), start=0)


def counted(rows: Sequence[Row], _place: int) -> str:
    """Return how many rows there are, as 46人."""
    return f"{len(rows)}人"


def put(sheet: Worksheet, row: int, column: int, value: object, style: Format) -> None:
    """Write one cell: numbers as numbers, days as days, all else as text; nothing as a formula."""
    if value is None or value == "":
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, date) and value.year >= FIRST_YEAR:
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        sheet.write_datetime(row, column, moment, style)
    elif _is_number(value):
        sheet.write_number(row, column, float(value) if isinstance(value, Decimal) else value, style)
    else:
        sheet.write_string(row, column, str(value)[:TEXT_MAX], style)


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float | Decimal)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) < NUMBER_MAX
    )


def styles(book: Workbook, **properties: object) -> dict[Kind, Format]:
    """Return one format for each kind, all with the given properties of XlsxWriter."""
    return {
        kind: book.add_format({"num_format": code, **properties}) for kind, code in NUMBER_FORMATS.items()
    }


def sheet_name(title: str) -> str:
    """Return a title as the name of a sheet: at most 31 characters, none that Excel forbids."""
    return re.sub(r"[\[\]:*?/\\：'\x00-\x1f]", " ", title).strip()[:31].strip() or "Sheet1"


def footer(exporter: str) -> str:
    """Return a page footer with the exporter's name and the page number."""
    named = f"&L导出人:{exporter[:80].replace('&', '&&')}" if exporter else ""
    return f"{named}&R第&P页 共&N页"
