"""Finding the header of a sheet: one to three rows, under titles, matched by the names of columns."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from carecore.sheets.grids import Grid
from carecore.sheets.texts import INVISIBLE, text

SEARCHED_ROWS = 30
HEADER_ROWS = 3
BRACKETS = re.compile(r"[(\[【〔〖{〈《][^)\]】〕〗}〉》]*[)\]】〕〗}〉》]")
IGNORED = re.compile(r"[\s*★☆※■:：_]+")


@dataclass(frozen=True)
class Column:
    """A column that an importer wants, with every heading it may stand under.

    `names` come in order of preference and match a heading or 上级_下级; stars, spaces and brackets do not
    count. `group` asks for a heading under that upper heading. Of several columns with the same heading,
    `nth` takes the nth and `after` the first one right of the heading it names. `fill_down` repeats a value
    that stands once for many rows.
    """

    key: str
    names: tuple[str, ...]
    required: bool = False
    fill_down: bool = False
    group: str = ""
    nth: int = 1
    after: str = ""


@dataclass(frozen=True)
class Heading:
    """What stands over one column: its texts from top to bottom."""

    index: int
    parts: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return the heading as shown to people, 上级_下级 where it has two levels."""
        return "_".join("".join(part.split()) for part in self.parts)


@dataclass(frozen=True)
class Header:
    """The header of a sheet: its rows (from 0, `last` included), its headings, and where each key was found."""

    first: int
    last: int
    headings: tuple[Heading, ...]
    places: dict[str, int] = field(default_factory=dict)


@lru_cache(maxsize=4096)
def normal(written: str) -> str:
    """Return a heading as it is compared: half-width, lower case, without spaces, stars and colons."""
    return IGNORED.sub("", unicodedata.normalize("NFKC", INVISIBLE.sub("", written))).casefold()


@lru_cache(maxsize=4096)
def bare(written: str) -> str:
    """Return a heading without its remarks in brackets, or unchanged when nothing else is there."""
    stripped = BRACKETS.sub("", unicodedata.normalize("NFKC", written))
    return stripped if normal(stripped) else written


def find(grid: Grid, columns: Sequence[Column]) -> Header | None:
    """Return the header that matches most columns, the shortest and topmost of equals; None below two matches."""
    top = expanded(grid)
    inner = _inner(grid)
    best: Header | None = None
    for height in range(1, HEADER_ROWS + 1):
        for first in range(min(len(top), SEARCHED_ROWS) - height + 1):
            block = top[first : first + height]
            if first in inner or not all(isinstance(cell, str) for row in block[1:] for cell in row):
                continue
            headings = flatten(block)
            header = Header(first, first + height - 1, headings, match(headings, columns))
            if best is None or _score(header, columns) > _score(best, columns):
                best = header
    if best is None or len(best.places) < min(2, len(columns)):
        return None
    return lengthened(best, grid, top)


def _score(header: Header, columns: Sequence[Column]) -> tuple[int, int]:
    """Return how many columns were found, and how many of them under the group they ask for."""
    return len(header.places), sum(bool(column.group) for column in columns if column.key in header.places)


def _inner(grid: Grid) -> set[int]:
    """Return the rows that a header cannot begin with: a cell merged from above reaches into them."""
    low = [area for area in grid.merges if 0 < area.bottom - area.top < HEADER_ROWS]
    return {row for area in low for row in range(area.top + 1, area.bottom + 1)}


def expanded(grid: Grid) -> list[list[object]]:
    """Return the rows a header can lie in, as wide as the widest, each merged range filled with its value."""
    rows = [list(row) for row in grid.rows[: SEARCHED_ROWS + HEADER_ROWS]]
    width = max(map(len, rows), default=0)
    for row in rows:
        row += [""] * (width - len(row))
    for area in grid.merges:
        for row in rows[area.top : area.bottom + 1]:
            row[area.left : area.right + 1] = [rows[area.top][area.left]] * len(
                row[area.left : area.right + 1]
            )
    return rows


def flatten(block: Sequence[Sequence[object]]) -> tuple[Heading, ...]:
    """Return the headings of one to three rows; an upper text reaches right over the texts below it."""
    levels = [[text(cell) for cell in row] for row in block]
    for upper, lower in zip(levels, levels[1:], strict=False):
        carried = ""
        for index, written in enumerate(upper):
            carried = upper[index] = written or (carried if lower[index] else "")
    headings = []
    for index, stack in enumerate(zip(*levels, strict=True)):
        parts = tuple(part for level, part in enumerate(stack) if part and part not in stack[:level])
        if parts:
            headings.append(Heading(index, parts))
    return tuple(headings)


Fits = dict[str, list[tuple[int, Heading]]]


def fits(headings: Sequence[Heading]) -> Fits:
    """Return the headings by the names they fit, each with 0 when to the letter, 1 when without brackets."""
    found: Fits = defaultdict(list)
    for heading in headings:
        for looseness, parts in enumerate((heading.parts, [bare(part) for part in heading.parts])):
            for name in {normal(parts[-1]), "".join(map(normal, parts))}:
                found[name].append((looseness, heading))
    return found


def match(headings: Sequence[Heading], columns: Sequence[Column]) -> dict[str, int]:
    """Return where each column was found; those told apart by group or position choose first."""
    places: dict[str, int] = {}
    by_name = fits(headings)
    for column in sorted(columns, key=lambda column: not (column.group or column.after or column.nth > 1)):
        found = candidates(by_name, column)
        if column.nth == 1:
            found = [index for index in found if index not in places.values()]
        if len(found) >= column.nth:
            places[column.key] = found[column.nth - 1]
    return {column.key: places[column.key] for column in columns if column.key in places}


def candidates(by_name: Fits, column: Column) -> list[int]:
    """Return the places a column may stand at, best first; from left to right where position decides."""
    start = 0
    if column.after:
        anchors = [heading.index for _, heading in by_name.get(normal(column.after), ())]
        if not anchors:
            return []
        start = min(anchors) + 1
    ranks: dict[int, tuple[int, ...]] = {}
    for order, name in enumerate(column.names):
        for looseness, heading in by_name.get(normal(name), ()):
            if heading.index >= start and _under(heading, column.group):
                ranks.setdefault(heading.index, (order, looseness, len(heading.parts), heading.index))
    return sorted(ranks, key=None if column.after or column.nth > 1 else ranks.__getitem__)


def _under(heading: Heading, group: str) -> bool:
    return not group or any(normal(bare(part)) == normal(group) for part in heading.parts[:-1])


def lengthened(header: Header, grid: Grid, top: Sequence[Sequence[object]]) -> Header:
    """Return the header with the lower rows that no wanted column needed but that still belong to it."""
    last = header.last
    while last + 1 < min(len(top), header.first + HEADER_ROWS) and _continues(header, last + 1, grid):
        last += 1
    if last == header.last:
        return header
    return Header(header.first, last, flatten(top[header.first : last + 1]), header.places)


def _continues(header: Header, row: int, grid: Grid) -> bool:
    """Say whether a row belongs to the header: merged into it, or only texts below its groups."""
    for area in grid.merges:
        if header.first <= area.top <= header.last and row <= area.bottom < header.first + HEADER_ROWS:
            return True
    written = {index for index, cell in enumerate(grid.rows[row]) if text(cell)}
    groups = _grouped(header, written, grid)
    texts = all(isinstance(grid.rows[row][index], str) for index in written)
    return bool(written) and texts and written <= groups and not set(header.places.values()) <= groups


def _grouped(header: Header, written: set[int], grid: Grid) -> set[int]:
    """Return the columns below a heading that spans several, by merging or by leaving its neighbours empty."""
    upper = [text(cell) for cell in grid.rows[header.last]]
    groups: set[int] = set()
    for area in grid.merges:
        if area.top <= header.last <= area.bottom and area.right > area.left:
            groups.update(range(area.left, area.right + 1))
    for index in written:
        left = index
        while left and not "".join(upper[left : left + 1]):
            left -= 1
        if left < index and left in written:
            groups.update(range(left, index + 1))
    return groups
