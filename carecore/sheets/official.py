"""Official sheets as they are printed, signed and filed: title, header, groups, totals, signatures."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO
from unicodedata import east_asian_width

import xlsxwriter
from xlsxwriter.format import Format

from carecore.money import capital, yuan
from carecore.sheets.typed import OPTIONS, Field, Kind, Row, footer, put, sheet_name, styles

A4 = 9
SUBTOTAL, TOTAL = "小计", "合计"
# Heights in points; a row of 22 lets a table of 18 units and its total stand on one page.
TITLE_HEIGHT, LINE_HEIGHT, HEADER_HEIGHT, ROW_HEIGHT, TEXT_HEIGHT = 32, 20, 30, 22, 14
# Characters that fit one line of a note over the whole width, to reckon its height.
NOTE_LINE = 90


@dataclass(frozen=True)
class Official:
    """An official sheet. `left` and `right` stand between title and header (填报单位, 填报时间).

    `group` is the place of a column whose equal neighbours are merged; `subtotals` adds a 小计 to each group.
    A 合计 row comes when any field has a total; `in_words` is the place of the amount that it also writes out
    in capital numerals. `signatures` share one line below, `notes` follow line by line.
    """

    title: str
    fields: tuple[Field, ...]
    rows: Sequence[Row]
    annex: str = ""
    left: str = ""
    right: str = ""
    group: int | None = None
    subtotals: bool = False
    in_words: int | None = None
    signatures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def write_official(stream: BinaryIO, official: Official, *, exporter: str = "") -> None:
    """Write an official sheet as .xlsx: A4 landscape, one page wide, header repeated on every page."""
    book = xlsxwriter.Workbook(stream, OPTIONS)
    page = Page(book, official)
    page.set_up(exporter)
    page.write_top()
    page.write_header()
    page.write_body()
    page.write_totals()
    page.write_bottom()
    book.close()


class Page:
    """One official sheet being written from top to bottom; `row` is the next free row."""

    def __init__(self, book: xlsxwriter.Workbook, official: Official) -> None:
        self.official = official
        self.sheet = book.add_worksheet(sheet_name(official.title))
        self.row = 0
        self.last = len(official.fields) - 1
        middle = {"valign": "vcenter", "text_wrap": True, "font_name": "宋体"}
        boxed = {**middle, "border": 1, "font_size": 10, "align": "center"}
        self.plain = book.add_format({**middle, "num_format": "@"})
        self.unwrapped = book.add_format({"valign": "vcenter", "font_name": "宋体", "num_format": "@"})
        self.right = book.add_format({**middle, "num_format": "@", "align": "right"})
        self.title = book.add_format({**middle, "bold": True, "font_size": 18, "align": "center"})
        self.heading = book.add_format({**boxed, "bold": True})
        self.cells = styles(book, **boxed)
        self.sums = styles(book, **boxed, bold=True)

    def set_up(self, exporter: str) -> None:
        """Set paper, margins, footer and column widths."""
        self.sheet.set_paper(A4)
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        self.sheet.center_horizontally()
        self.sheet.set_footer(footer(exporter))
        for place, field in enumerate(self.official.fields):
            self.sheet.set_column(place, place, field.column_width)

    def write_top(self) -> None:
        """Write annex, title and the line with the unit on the left and the day on the right."""
        if self.official.annex:
            self._line(self.official.annex, LINE_HEIGHT, self.plain)
        self._line(self.official.title, TITLE_HEIGHT, self.title)
        if self.official.left or self.official.right:
            half = max(self.last // 2, 0)
            self.sheet.set_row(self.row, LINE_HEIGHT)
            self._span(self.row, 0, self.row, half, self.official.left, self.plain)
            if half < self.last:
                self._span(self.row, half + 1, self.row, self.last, self.official.right, self.right)
            self.row += 1

    def write_header(self) -> None:
        """Write one header row, or two where fields stand under a group; it repeats on every printed page."""
        fields = self.official.fields
        lower = self.row + (1 if any(field.group for field in fields) else 0)
        place = 0
        for group, members in groupby(fields, key=lambda field: field.group):
            under = list(members)
            if group:
                self._span(self.row, place, self.row, place + len(under) - 1, group, self.heading)
            for offset, field in enumerate(under, place):
                self._span(lower if group else self.row, offset, lower, offset, field.heading, self.heading)
            place += len(under)
        self.sheet.set_row(self.row, HEADER_HEIGHT)
        single = [field for field in fields if field.group or lower == self.row]
        self.sheet.set_row(lower, _height(HEADER_HEIGHT, ((field.heading, field) for field in single)))
        self.sheet.repeat_rows(self.row, lower)
        self.sheet.freeze_panes(lower + 1, 0)
        self.row = lower + 1

    def write_body(self) -> None:
        """Write the rows, equal neighbours of the group column merged, a 小计 under each group where asked."""
        group = self.official.group
        if group is None:
            self._rows(self.official.rows)
            return
        for name, members in groupby(self.official.rows, key=lambda row: row[group]):
            rows, first = list(members), self.row
            self._rows(rows, without=group)
            if self.official.subtotals:
                self._sum(rows, SUBTOTAL, start=group + 1)
            self._span(first, group, self.row - 1, group, name, self.cells[Kind.TEXT])

    def _rows(self, rows: Sequence[Row], without: int | None = None) -> None:
        for row in rows:
            filled = [pair for place, pair in enumerate(zip(row, self.official.fields, strict=True)) if place != without]
            self.sheet.set_row(self.row, _height(ROW_HEIGHT, filled))
            for place, (field, value) in enumerate(zip(self.official.fields, row, strict=True)):
                if place != without:
                    put(self.sheet, self.row, place, value, self.cells[field.kind])
            self.row += 1

    def _sum(self, rows: Sequence[Row], label: str, start: int = 0) -> None:
        """Write a 小计 or 合计 row from a column on: its label as far as the first total, then the totals."""
        fields = self.official.fields
        summing = [place for place, field in enumerate(fields) if field.total and place > start]
        self.sheet.set_row(self.row, ROW_HEIGHT)
        self._span(self.row, start, self.row, min(summing) - 1, label, self.sums[Kind.TEXT])
        for place in range(min(summing), len(fields)):
            total = fields[place].total
            put(
                self.sheet,
                self.row,
                place,
                total(rows, place) if total else "",
                self.sums[fields[place].kind],
            )
        self.row += 1

    def write_totals(self) -> None:
        """Write the 合计 row, and below it the amount in capital numerals where asked."""
        official = self.official
        if any(field.total for field in official.fields):
            self._sum(official.rows, TOTAL)
        if official.in_words is not None:
            amount = yuan(official.fields[official.in_words].total(official.rows, official.in_words))
            words = f"合计人民币(大写):{capital(amount)}  ¥{amount:,.2f}"
            self.sheet.set_row(self.row, ROW_HEIGHT)
            self._span(self.row, 0, self.row, self.last, words, self.sums[Kind.TEXT])
            self.row += 1

    def write_bottom(self) -> None:
        """Write the signature line and the notes."""
        if self.official.signatures:
            self.sheet.set_row(self.row, HEADER_HEIGHT)
            for number, label in enumerate(self.official.signatures):
                place = number * len(self.official.fields) // len(self.official.signatures)
                put(self.sheet, self.row, place, label, self.unwrapped)
            self.row += 1
        for note in self.official.notes:
            self._line(note, LINE_HEIGHT * (1 + len(note) // NOTE_LINE), self.plain)
        self.sheet.print_area(0, 0, self.row - 1, self.last)

    def _line(self, text: str, height: float, style: Format) -> None:
        """Write one text over the whole width."""
        self.sheet.set_row(self.row, height)
        self._span(self.row, 0, self.row, self.last, text, style)
        self.row += 1

    def _span(self, top: int, left: int, bottom: int, right: int, value: object, style: Format) -> None:
        """Write one value over a range of cells, merged when there is more than one."""
        if (top, left) != (bottom, right):
            self.sheet.merge_range(top, left, bottom, right, "", style)
        put(self.sheet, top, left, value, style)


def _height(least: int, cells: Iterable[tuple[object, Field]]) -> int:
    """How high a row must be, in points, so that no wrapped text of it is cut off."""
    lines = max((math.ceil(_shown(str(value)) / field.column_width) for value, field in cells), default=1)
    return max(least, TEXT_HEIGHT * lines + 2)


def _shown(text: str) -> int:
    """How many characters of a column's width a text takes: a Chinese one takes two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
