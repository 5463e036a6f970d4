"""The bare content of a file: sheets of rows of raw cells, before anyone asks what they mean."""

from dataclasses import dataclass, field

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What a file may cost: sizes in bytes, memory of the reading process in bytes, its time in seconds."""

    file_bytes: int = 20 * MEBIBYTE
    unpacked_bytes: int = 200 * MEBIBYTE
    # Spreadsheets pack 5 to 60 times; a bomb a thousand times.
    ratio: int = 200
    entries: int = 5_000
    rows: int = 100_000
    columns: int = 500
    memory_bytes: int = 2048 * MEBIBYTE
    seconds: int = 60


@dataclass(frozen=True)
class Area:
    """A merged range of cells; rows and columns count from 0, both ends belong to it."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Grid:
    """One sheet: its rows as they lie in the file, '' for an empty cell.

    `formulas` are the (row, column) of formulas that were never calculated: such a cell is empty, too.
    """

    name: str
    rows: list[list[object]]
    merges: list[Area] = field(default_factory=list)
    hidden: bool = False
    formulas: set[tuple[int, int]] = field(default_factory=set)


@dataclass
class Book:
    """The sheets of a file and what must be said of the whole of it."""

    grids: list[Grid]
    epoch_1904: bool = False
    warnings: list[str] = field(default_factory=list)


def letter(column: int) -> str:
    """Return the letters of a column counted from 0: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_place(letters: str) -> int:
    """Return the place from 0 of a column: A is 0, AA is 26."""
    place = 0
    for character in letters:
        place = place * 26 + ord(character) - 64
    return place - 1
