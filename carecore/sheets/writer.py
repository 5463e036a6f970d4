"""Writing lists as .xlsx and .csv, and the refused rows of a file with their reasons."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import BinaryIO, NamedTuple

import xlsxwriter
from xlsxwriter.workbook import Workbook

from carecore.sheets.grids import column_place
from carecore.sheets.official import A4, Official, write_official
from carecore.sheets.reader import Line, Reading, Table
from carecore.sheets.typed import OPTIONS, WIDTHS, Field, Kind, Row, footer, put, sheet_name, styles

__all__ = ["Field", "Kind", "Official", "Problem", "problems", "write_csv", "write_list", "write_official"]

ROWS_MAX = 1_048_575
# What a spreadsheet program may take for a formula when it opens a .csv, the full-width forms included.
FORMULA_START = re.compile(r"\s*[=+\-@＝＋－＠|%]|[\t\r\n]")
# Digits that Excel would round or strip of their zeros when it opens a .csv.
LONG_NUMBER = re.compile(r"0\d+|\d{12,}[Xx]?")
PROBLEM, PROBLEM_WIDTH = "问题", 60


class Problem(NamedTuple):
    """Why a row (counted from 1 as in the file) was refused."""

    sheet: str
    row: int
    message: str


def write_list(
    stream: BinaryIO, title: str, fields: Sequence[Field], rows: Iterable[Row], *, exporter: str = ""
) -> int:
    """Write a list as .xlsx: frozen header, filter, typed columns; return how many rows.

    Rows are streamed and not kept. Raises ValueError for more rows than a sheet holds.
    """
    book = xlsxwriter.Workbook(stream, {**OPTIONS, "constant_memory": True})
    sheet = book.add_worksheet(sheet_name(title))
    heading, by_kind = book.add_format({"bold": True, "bg_color": "#EEF2F6", "border": 1}), styles(book)
    for place, field in enumerate(fields):
        sheet.set_column(place, place, field.column_width)
        put(sheet, 0, place, field.heading, heading)
    written = 0
    for written, row in enumerate(rows, 1):
        if written > ROWS_MAX:
            raise ValueError(f"一张工作表最多{ROWS_MAX}行,请缩小筛选范围或改用.csv导出")
        for place, (field, value) in enumerate(zip(fields, row, strict=True)):
            put(sheet, written, place, value, by_kind[field.kind])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, written, len(fields) - 1)
    # On paper: landscape, as wide as the page, the header on each.
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer(footer(exporter))
    book.close()
    return written


def write_csv(stream: BinaryIO, fields: Sequence[Field], rows: Iterable[Row]) -> int:
    """Write the same list as .csv in UTF-8 with its mark; return how many rows.

    A text that could begin a formula gets an apostrophe in front, a long number that is text a tab behind.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    table = csv.writer(text)
    table.writerow([safe(field.heading) for field in fields])
    written = 0
    for row in rows:
        table.writerow([_plain(field.kind, value) for field, value in zip(fields, row, strict=True)])
        written += 1
    text.detach()
    return written


def _plain(kind: Kind, value: object) -> object:
    """Return a value as a .csv shows it; numbers stay as they are."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return safe(value) if isinstance(value, str) or kind in {Kind.TEXT, Kind.ID} else value


def safe(value: object) -> str:
    """Return a text that no spreadsheet program takes for a formula or a rounded number."""
    written = str(value)
    if LONG_NUMBER.fullmatch(written):
        return f"{written}\t"
    return f"'{written}" if FORMULA_START.match(written) else written


def problems(reading: Reading, found: Iterable[Problem]) -> bytes:
    """Return a workbook of the refused rows as they came, under their titles and header, with a column 问题.

    Groups are filled down, so that the corrected workbook can be uploaded again.
    """
    messages: dict[tuple[str, int], list[str]] = {}
    for problem in found:
        messages.setdefault((problem.sheet, problem.row), []).append(problem.message)
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, OPTIONS)
    for table in reading.tables.values():
        refused = [
            line for line in reading.lines if line.sheet == table.sheet and (line.sheet, line.row) in messages
        ]
        if refused:
            _write_refused(book, table, refused, messages)
    book.close()
    return stream.getvalue()


def _write_refused(
    book: Workbook, table: Table, refused: Sequence[Line], messages: dict[tuple[str, int], list[str]]
) -> None:
    """Add one sheet: the rows down to the header, the refused rows, the reasons in a column behind the last."""
    sheet, by_kind = book.add_worksheet(sheet_name(table.sheet)), styles(book)
    marked = book.add_format({"bold": True, "font_color": "#B00020", "text_wrap": True, "num_format": "@"})
    rows = [*table.above, *(_filled(line) for line in refused)]
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            put(sheet, number, place, value, by_kind[_kind(value)])
    last = max(map(len, rows))
    put(sheet, table.last - 1, last, PROBLEM, marked)
    for number, line in enumerate(refused, len(table.above)):
        put(sheet, number, last, ";".join(messages[line.sheet, line.row]), marked)
    sheet.set_column(0, last - 1, WIDTHS[Kind.TEXT])
    sheet.set_column(last, last, PROBLEM_WIDTH)


def _filled(line: Line) -> list[object]:
    """Return the row as it came, with the values that stood above it for the whole group."""
    row = list(line.raw)
    for key, letters in line.letters.items():
        place = column_place(letters)
        row += [""] * (place + 1 - len(row))
        row[place] = row[place] or line.cells[key]
    return row


def _kind(value: object) -> Kind:
    if isinstance(value, datetime):
        return Kind.MOMENT
    if isinstance(value, date):
        return Kind.DATE
    return Kind.TEXT if isinstance(value, str | bool) or value is None else Kind.NUMBER
