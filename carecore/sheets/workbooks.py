"""Workbooks (.xlsx, .xls) through calamine, read in a process of their own."""

import json
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

from carecore.sheets import containers
from carecore.sheets.errors import UnreadableFile
from carecore.sheets.grids import Area, Book, Grid, Limits

ROOT = Path(__file__).resolve().parents[2]


def load(data: bytes, kind: str, limits: Limits) -> Book:
    """Return the content of a workbook of `kind` xlsx or xls; raises UnreadableFile."""
    book = Book([], warnings=containers.check_archive(data, limits) if kind == "xlsx" else [])
    unknown: list[list[list[object]]] = []
    for line in _extracted(data, kind, limits).splitlines():
        found = json.loads(line, object_hook=_decode)
        if isinstance(found, list):
            book.grids[-1].rows.append(found)
        elif "name" in found:
            book.grids.append(_grid(found))
            unknown.append(found.get("unknown", []))
        elif "epoch_1904" in found:
            book.epoch_1904 = found["epoch_1904"]
        else:
            raise too_long(found["sheet"], found["rows"], found["columns"], limits)
    for grid, cells in zip(book.grids, unknown, strict=True):
        _mark(grid, cells)
    return book


def _extracted(data: bytes, kind: str, limits: Limits) -> bytes:
    """Return what `extract` printed; a process that dies means a damaged file."""
    bounds = [limits.memory_bytes, limits.seconds, limits.rows, limits.columns]
    command = [sys.executable, "-m", "carecore.sheets.extract", kind, *map(str, bounds)]
    try:
        # Fixed program and numbers only; the file goes in by standard input.
        return subprocess.run(  # noqa: S603
            command, input=data, capture_output=True, cwd=ROOT, env={}, timeout=2 * limits.seconds, check=True
        ).stdout
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise containers.damaged() from None


def _decode(found: dict[str, object]) -> object:
    if len(found) == 1 and "day" in found:
        return date.fromisoformat(found["day"])
    if len(found) == 1 and "moment" in found:
        return datetime.fromisoformat(found["moment"])
    return found


def _grid(sheet: dict[str, object]) -> Grid:
    merges = [Area(*ends) for ends in sheet.get("merges", [])]
    return Grid(sheet["name"], [], merges, hidden=sheet.get("hidden", False))


def _mark(grid: Grid, unknown: list[list[object]]) -> None:
    """Note the formulas never calculated and put error values where calamine left nothing."""
    for row, column, value in unknown:
        if not value:
            grid.formulas.add((row, column))
        elif row < len(grid.rows) and column < len(grid.rows[row]):
            grid.rows[row][column] = value


def too_long(sheet: str, rows: int, columns: int, limits: Limits) -> UnreadableFile:
    """Return the refusal of a sheet that reaches further than `limits` allow."""
    return UnreadableFile(
        "file.too_many_rows",
        f"工作表“{sheet}”的内容到第{rows}行第{columns}列,最多{limits.rows}行{limits.columns}列:"
        "请删除表外的多余内容,或拆分后分次上传",
    )
