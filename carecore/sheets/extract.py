"""Run as a process of its own: a workbook on standard input, its sheets as lines of JSON on standard output.

One damaged byte in an .xls can make calamine ask for 600 GiB and abort the whole process. Here that ends
this process alone, whose memory and time are bounded. Arguments: xls or xlsx, memory in bytes, seconds,
rows, columns. Lines: one object for the book, then for every sheet one object and one list for each row.
"""

import contextlib
import io
import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from carecore.sheets.formulas import Parts


def bound(memory: int, seconds: int) -> None:
    """Limit what this process may take, as far as the system lets it."""
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (limit, limit))


def extract(data: bytes, kind: str, rows: int, columns: int) -> Iterator[object]:
    """Yield the lines of a workbook, or how far it reaches when a sheet has more rows or columns than allowed."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    parts = Parts(data) if kind == "xlsx" else None
    yield {"epoch_1904": bool(parts and parts.epoch_1904)}
    for about in book.sheets_metadata:
        if about.typ != SheetTypeEnum.WorkSheet:
            continue
        if about.visible != SheetVisibleEnum.Visible:
            yield {"name": about.name, "hidden": True}
            continue
        sheet = book.get_sheet_by_name(about.name)
        bottom, right = sheet.end or (0, 0)
        if bottom >= rows or right >= columns:
            yield {"sheet": about.name, "rows": bottom + 1, "columns": right + 1}
            return
        unknown = parts.unknown(about.name) if parts else {}
        merges = [[*first, *last] for first, last in sheet.merged_cell_ranges or []]
        yield {
            "name": about.name,
            "merges": merges,
            "unknown": [[*cell, value] for cell, value in unknown.items()],
        }
        yield from content(sheet)


def content(sheet: CalamineSheet) -> Iterator[list[object]]:
    """Yield the rows from row 1 and column A on."""
    if sheet.start:
        # calamine yields the empty rows above the first cell, but not the empty columns left of it.
        margin = [""] * sheet.start[1]
        for row in sheet.iter_rows():
            yield margin + row


def encode(value: object) -> object:
    """Return a day or a moment as {"day": …} or {"moment": …}, a time of day or a duration as text."""
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return str(value)


def main() -> None:
    """Read standard input and print its lines."""
    kind, memory, seconds, rows, columns = sys.argv[1], *(int(argument) for argument in sys.argv[2:])
    bound(memory, seconds)
    for line in extract(sys.stdin.buffer.read(), kind, rows, columns):
        sys.stdout.write(json.dumps(line, default=encode) + "\n")


if __name__ == "__main__":
    main()
