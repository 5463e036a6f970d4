"""Reading a spreadsheet as offices write it: header found, columns named, groups filled down, rows accounted for.

For every sheet that is read, its lines and its skipped rows together are all rows below its header.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from carecore.sheets import files, rows
from carecore.sheets.errors import UnreadableFile
from carecore.sheets.filling import Filler
from carecore.sheets.grids import Grid, Limits, letter
from carecore.sheets.headings import Column, Header, find
from carecore.sheets.texts import plain, text

__all__ = ["Column", "Limits", "Line", "Reading", "Skipped", "Table", "UnreadableFile", "read"]

PIECES = re.compile(r"[\t\r\n\u3000]+| {2,}")


@dataclass(slots=True)
class Line:
    """A row of data: raw values and column letters by key, the row counted from 1 as in the file.

    `formulas` are the keys whose formula was never calculated (their value is ''); `raw` is the whole row as
    it lies in the file.
    """

    sheet: str
    row: int
    cells: dict[str, object]
    letters: dict[str, str]
    raw: list[object]
    formulas: frozenset[str] = frozenset()


class Skipped(NamedTuple):
    """A row that is no data, counted from 1, and why."""

    sheet: str
    row: int
    why: str


@dataclass
class Table:
    """One sheet that was read.

    `first` and `last` are the rows of its header counted from 1, `headings` are (letter, heading, key or ''),
    `above` the rows down to the end of the header as they lie in the file.
    """

    sheet: str
    first: int
    last: int
    headings: list[tuple[str, str, str]]
    above: list[list[object]]

    @property
    def titles(self) -> list[str]:
        """Return the lines above the header, the texts of a line joined by tabs."""
        lines = [
            "\t".join(str(cell).strip() for cell in row if text(cell)) for row in self.above[: self.first - 1]
        ]
        return [line for line in lines if line]

    def title_value(self, *labels: str) -> str:
        """Return what follows a label such as 填报单位 in the title lines, '' when none is there."""
        pieces = [piece for title in self.titles for piece in PIECES.split(title)]
        for piece, following in zip(pieces, [*pieces[1:], ""], strict=False):
            name, colon, value = piece.replace("：", ":").partition(":")
            if colon and plain(name).startswith(labels):
                return text(value) or text(following)
        return ""


@dataclass
class Reading:
    """All that was read of a file; `totals` are its 合计 and 小计 rows, which count as skipped, too."""

    sha256: str
    epoch_1904: bool = False
    lines: list[Line] = field(default_factory=list)
    totals: list[Line] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def titles(self) -> dict[str, list[str]]:
        """Return the title lines of each sheet."""
        return {name: table.titles for name, table in self.tables.items()}

    @property
    def headers(self) -> dict[str, list[tuple[str, str, str]]]:
        """Return the headings of each sheet as (letter, heading, key or '')."""
        return {name: table.headings for name, table in self.tables.items()}


def read(data: bytes, name: str, columns: Sequence[Column], *, limits: Limits | None = None) -> Reading:
    """Return the lines of an .xlsx, .xls or text table, their cells named by `columns`.

    Hidden sheets and sheets without the header are skipped with a warning. Raises UnreadableFile, with a code
    and a Chinese message, when the file cannot be read, no sheet has the header or required columns lack.
    """
    book = files.load(data, name, limits or Limits())
    reading = Reading(hashlib.sha256(data).hexdigest(), book.epoch_1904, warnings=list(book.warnings))
    lacking: list[str] = []
    for grid in book.grids:
        if grid.hidden:
            reading.warnings.append(f"隐藏的工作表“{grid.name}”已跳过")
        elif any(text(cell) for row in grid.rows for cell in row):
            header = find(grid, columns)
            if header and _complete(grid, header, columns, lacking):
                _read_table(grid, header, columns, reading)
            else:
                reading.warnings.append(f"工作表“{grid.name}”没有找到表头,已跳过")
    if not reading.tables:
        raise _headless(columns, lacking)
    return reading


def _complete(grid: Grid, header: Header, columns: Sequence[Column], lacking: list[str]) -> bool:
    """Say whether all required columns are there; what lacks is added to `lacking`.

    Raises UnreadableFile when at least half of them are: then this is the sheet that was meant.
    """
    required = [column for column in columns if column.required]
    missing = [column.names[0] for column in required if column.key not in header.places]
    if not missing:
        return True
    message = f"工作表“{grid.name}”缺少列:{'、'.join(missing)}"
    if len(missing) * 2 <= len(required):
        raise UnreadableFile("header.columns", f"{message},请补齐后再上传")
    lacking.append(message)
    return False


def _headless(columns: Sequence[Column], lacking: list[str]) -> UnreadableFile:
    if lacking:
        return UnreadableFile("header.columns", f"{lacking[0]},请核对是否选错了文件")
    wanted = [column.names[0] for column in columns if column.required] or [
        column.names[0] for column in columns
    ]
    return UnreadableFile("header.missing", f"没有找到表头,应有的列:{'、'.join(wanted)},请核对是否选错了文件")


def _read_table(grid: Grid, header: Header, columns: Sequence[Column], reading: Reading) -> None:
    """Add the lines, totals and skipped rows of one sheet to `reading`."""
    keys = {place: key for key, place in header.places.items()}
    headings = [(letter(h.index), h.label, keys.get(h.index, "")) for h in header.headings]
    above = grid.rows[: header.last + 1]
    reading.tables[grid.name] = Table(grid.name, header.first + 1, header.last + 1, headings, above)
    reading.warnings += _twice(grid, header, keys)
    letters = {key: letter(place) for key, place in header.places.items()}
    judge, filler = rows.Judge(grid, header), Filler(grid, header, columns)
    for row in range(header.last + 1, len(grid.rows)):
        why = judge.why(row)
        if why:
            reading.skipped.append(Skipped(grid.name, row + 1, why))
        if why in {rows.TOTAL, rows.SUBTOTAL, ""}:
            line = _line(grid, row, header, letters)
            # A subtotal belongs to the group above it; a grand total to none.
            if why != rows.TOTAL:
                filler.fill(row, line.cells)
            (reading.totals if why else reading.lines).append(line)
        if why in {rows.TOTAL, rows.SUBTOTAL, rows.TITLE}:
            filler.reset()


def _line(grid: Grid, row: int, header: Header, letters: dict[str, str]) -> Line:
    raw = grid.rows[row]
    cells = {key: raw[place] if place < len(raw) else "" for key, place in header.places.items()}
    formulas = frozenset(
        key for key, place in header.places.items() if grid.formulas and (row, place) in grid.formulas
    )
    return Line(grid.name, row + 1, cells, letters, raw, formulas)


def _twice(grid: Grid, header: Header, keys: dict[int, str]) -> list[str]:
    """Return warnings about headings that stand twice while only the first one is taken."""
    taken = {heading.parts: heading for heading in header.headings if heading.index in keys}
    return [
        f"工作表“{grid.name}”的“{heading.label}”出现多次,取{letter(taken[heading.parts].index)}列,"
        f"未取{letter(heading.index)}列"
        for heading in header.headings
        if heading.parts in taken and heading.index not in keys
    ]
