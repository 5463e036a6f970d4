"""A form of one case as it is printed, signed and filed: labels beside their values, a list, boxes for opinions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.format import Format

from carecore.sheets.official import A4, HEADER_HEIGHT, LINE_HEIGHT, TITLE_HEIGHT
from carecore.sheets.typed import OPTIONS, Kind, footer, put, sheet_name, styles

# Six columns: where a label and its value stand in a row of one, two or three pairs, ends included.
PLACES = {
    1: (((0, 0), (1, 5)),),
    2: (((0, 0), (1, 2)), ((3, 3), (4, 5))),
    3: (((0, 0), (1, 1)), ((2, 2), (3, 3)), ((4, 4), (5, 5))),
}
WIDTH, BOX_HEIGHT = 15, 74


@dataclass(frozen=True)
class Card:
    """A form of one case. `lines` hold one to three pairs of label and value each.

    `people` is a list below them under `columns` (four: 序号, who, how much, what for). `boxes` are opinions: a label,
    and what stands at the foot of its empty space.
    """

    title: str
    lines: Sequence[Sequence[tuple[str, object]]]
    left: str = ""
    right: str = ""
    columns: tuple[str, str, str, str] = ("", "", "", "")
    people: Sequence[tuple[int, str, object, str]] = ()
    boxes: Sequence[tuple[str, str]] = ()
    foot: str = ""

    @property
    def rows(self) -> Sequence[object]:
        """What an export counts: the people of the list, or the form itself."""
        return self.people or [self.title]


class _Page:
    """The sheet being written from top to bottom."""

    def __init__(self, book: xlsxwriter.Workbook, card: Card) -> None:
        self.sheet, self.row = book.add_worksheet(sheet_name(card.title)), 0
        middle = {"valign": "vcenter", "text_wrap": True, "font_name": "宋体"}
        boxed = {**middle, "border": 1, "font_size": 11, "align": "center"}
        self.title = book.add_format({**middle, "bold": True, "font_size": 18, "align": "center"})
        self.plain = book.add_format({**middle, "num_format": "@"})
        self.right = book.add_format({**middle, "num_format": "@", "align": "right"})
        self.label = book.add_format({**boxed, "bold": True})
        self.cells = styles(book, **boxed)
        self.foot = book.add_format({**boxed, "align": "right", "valign": "bottom", "num_format": "@"})

    def cell(self, first: int, last: int, value: object, style: Format) -> None:
        """Write one value over these columns of the row."""
        if first != last:
            self.sheet.merge_range(self.row, first, self.row, last, "", style)
        put(self.sheet, self.row, first, value, style)

    def next(self, height: float) -> None:
        """End the row with this height."""
        self.sheet.set_row(self.row, height)
        self.row += 1

    def pairs(self, line: Sequence[tuple[str, object]]) -> None:
        """Write a row of labels and values, as high as its longest text needs."""
        tallest = 1
        for (label, value), ((at, _), (first, last)) in zip(line, PLACES[len(line)], strict=True):
            self.cell(at, at, label, self.label)
            self.cell(first, last, value, self.cells[Kind.TEXT])
            tallest = max(tallest, -(-2 * len(str(value)) // (WIDTH * (last - first + 1))))
        self.next(HEADER_HEIGHT + LINE_HEIGHT * (tallest - 1))


def write_card(stream: BinaryIO, card: Card, *, exporter: str = "") -> None:
    """Write a form as .xlsx: A4 upright, one page wide."""
    book = xlsxwriter.Workbook(stream, OPTIONS)
    page = _Page(book, card)
    page.sheet.set_paper(A4)
    page.sheet.fit_to_pages(1, 0)
    page.sheet.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.8)
    page.sheet.center_horizontally()
    page.sheet.set_footer(footer(exporter))
    page.sheet.set_column(0, 5, WIDTH)
    page.cell(0, 5, card.title, page.title)
    page.next(TITLE_HEIGHT)
    page.cell(0, 2, card.left, page.plain)
    page.cell(3, 5, card.right, page.right)
    page.next(LINE_HEIGHT)
    for line in card.lines:
        page.pairs(line)
    _people(page, card)
    for label, foot in card.boxes:
        page.cell(0, 0, label, page.label)
        page.cell(1, 5, foot, page.foot)
        page.next(BOX_HEIGHT)
    if card.foot:
        page.cell(0, 5, card.foot, page.plain)
        page.next(LINE_HEIGHT)
    page.sheet.print_area(0, 0, page.row - 1, 5)
    book.close()


def _people(page: _Page, card: Card) -> None:
    """Write the list, its header first."""
    spans = ((0, 0), (1, 2), (3, 3), (4, 5))
    if card.people:
        for (first, last), heading in zip(spans, card.columns, strict=True):
            page.cell(first, last, heading, page.label)
        page.next(HEADER_HEIGHT)
    kinds = (Kind.NUMBER, Kind.TEXT, Kind.MONEY, Kind.TEXT)
    for person in card.people:
        for (first, last), value, kind in zip(spans, person, kinds, strict=True):
            page.cell(first, last, value, page.cells[kind])
        page.next(LINE_HEIGHT)
