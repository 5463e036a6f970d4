"""Values that stand once for many rows: a unit merged over its people, a class over its units."""

from collections.abc import Sequence

from carecore.sheets.grids import Grid
from carecore.sheets.headings import Column, Header
from carecore.sheets.texts import text


class Filler:
    """Fills the cells of one sheet down, asked from top to bottom.

    Where the column has cells merged over several rows, only those are filled: an empty cell outside them was
    forgotten. Where it has none (text tables, many .xls), an empty cell repeats the one above.
    """

    def __init__(self, grid: Grid, header: Header, columns: Sequence[Column]) -> None:
        keys = {
            column.key: header.places[column.key]
            for column in columns
            if column.fill_down and column.key in header.places
        }
        self._merged = {key: _merged(grid, header.last, place) for key, place in keys.items()}
        self._above: dict[str, object] = dict.fromkeys(keys, "")

    def fill(self, row: int, cells: dict[str, object]) -> None:
        """Fill the empty cells of a row (from 0) in place."""
        for key, merged in self._merged.items():
            if text(cells[key]):
                self._above[key] = cells[key]
            else:
                cells[key] = merged.get(row, "") if merged else self._above[key]

    def reset(self) -> None:
        """Forget what stood above: a total closes its group."""
        self._above = dict.fromkeys(self._above, "")


def _merged(grid: Grid, header_last: int, place: int) -> dict[int, object]:
    """Return the value of every row below the header that a cell merged over several rows covers."""
    values: dict[int, object] = {}
    for area in grid.merges:
        if area.left <= place <= area.right and header_last < area.top < min(area.bottom, len(grid.rows)):
            source = grid.rows[area.top]
            value = source[area.left] if area.left < len(source) else ""
            values.update(dict.fromkeys(range(area.top, min(area.bottom + 1, len(grid.rows))), value))
    return values
