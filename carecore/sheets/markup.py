"""HTML tables that office systems save under the name .xls."""

from html.parser import HTMLParser

from carecore.sheets.delimited import decode
from carecore.sheets.grids import Area, Grid, Limits
from carecore.sheets.workbooks import too_long


def load(data: bytes, limits: Limits) -> list[Grid]:
    """Return every table of an HTML page as a sheet 表1, 表2 …; raises UnreadableFile."""
    tables = Tables()
    tables.feed(decode(data))
    tables.close()
    grids = [Grid(f"表{number}", *_laid_out(table)) for number, table in enumerate(tables.found, 1)]
    for grid in grids:
        width = max(map(len, grid.rows), default=0)
        if len(grid.rows) > limits.rows or width > limits.columns:
            raise too_long(grid.name, len(grid.rows), width, limits)
    return grids


class Cell:
    """A cell of a table: its text in pieces and how many columns and rows it spans."""

    def __init__(self, attributes: dict[str, str | None]) -> None:
        self.pieces: list[str] = []
        self.columns = _span(attributes.get("colspan"))
        self.rows = _span(attributes.get("rowspan"))


def _span(written: str | None) -> int:
    return min(max(int(written), 1), 1000) if written and written.isascii() and written.isdigit() else 1


class Tables(HTMLParser):
    """Collects the outermost tables of a page as rows of cells."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[list[list[Cell]]] = []
        self._depth = 0
        self._silent = 0
        self._cell: Cell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "title"}:
            self._silent += 1
        elif tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.found.append([])
        elif self._depth == 1 and tag == "tr":
            self.found[-1].append([])
        elif self._depth == 1 and tag in {"td", "th"}:
            self._cell = Cell(dict(attrs))
            self.found[-1] = self.found[-1] or [[]]
            self.found[-1][-1].append(self._cell)
        elif tag == "br" and self._cell:
            self._cell.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "title"}:
            self._silent = max(self._silent - 1, 0)
        elif tag == "table":
            self._depth = max(self._depth - 1, 0)
        elif self._depth == 1 and tag in {"td", "th", "tr"}:
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell and self._depth and not self._silent:
            self._cell.pieces.append(data)


def _laid_out(table: list[list[Cell]]) -> tuple[list[list[object]], list[Area]]:
    """Return rows of text with spans laid out as empty cells, and the spans as merged ranges."""
    rows: list[list[object]] = []
    merges: list[Area] = []
    taken: dict[int, int] = {}
    for top, cells in enumerate(table):
        row: list[object] = []
        for cell in cells:
            while taken.get(len(row), 0) > top:
                row.append("")
            left = len(row)
            row += ["".join(cell.pieces).strip(), *[""] * (cell.columns - 1)]
            if cell.rows > 1 or cell.columns > 1:
                bottom = min(top + cell.rows, len(table)) - 1
                merges.append(Area(top, left, bottom, left + cell.columns - 1))
            for column in range(left, left + cell.columns):
                taken[column] = top + cell.rows
        rows.append(row)
    return rows, merges
