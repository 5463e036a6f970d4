"""What a sheet to be imported holds: its columns, and how each cell becomes a value.

A `Sheet` is a django-import-export Resource whose fields are `Cell`s; reading is `sheets.reader`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from import_export.fields import Field
from import_export.resources import Resource
from import_export.widgets import Widget

from carecore.sheets import cells
from carecore.sheets.cells import Month
from carecore.sheets.errors import CellError
from carecore.sheets.reader import Column, Line

Parse = Callable[..., Any]
# What no database column takes: NUL, and halves of characters outside the BMP.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def day_or_month(raw: object, *, epoch_1904: bool = False) -> date | Month:
    """The day a cell names, or the month where it names no day; raises CellError.

    A number such as 2024.1 may be January or an October that lost its zero: it is refused.
    """
    try:
        return cells.day(raw, epoch_1904=epoch_1904)
    except CellError:
        month = cells.month(raw, epoch_1904=epoch_1904)
    if month.uncertain:
        raise CellError("month.uncertain", f"“{cells.text(raw)}”可能是1月或10月,请写成{month.year}年1月的样式")
    return month


# These read a number as a day by the workbook's own calendar.
DATED: frozenset[Parse] = frozenset({cells.day, cells.month, day_or_month})


class RowRefused(Exception):
    """A row that cannot be taken, with each of its problems beside the key of its cell."""

    def __init__(self, *problems: tuple[str, CellError]) -> None:
        super().__init__(";".join(problem.message for _, problem in problems))
        self.problems = problems


def wrong(key: str, code: str, message: str) -> RowRefused:
    """A row refused for one cell: its key, a stable code, and what is wrong and what to do."""
    return RowRefused((key, CellError(code, message)))


class Parsed(Widget):
    """Turns a raw cell into its value; an empty one into None."""

    def __init__(self, parse: Parse) -> None:
        super().__init__()
        self.parse = parse

    def clean(
        self, value: Any, row: Any = None, *, epoch_1904: bool = False, **kwargs: Any
    ) -> Any:
        if cells.blank(value):
            return None
        return self.parse(value, epoch_1904=epoch_1904) if self.parse in DATED else self.parse(value)


class Cell(Field):
    """One column of a sheet: the headings it may stand under, its parser, whether a row needs it.

    `required` refuses a file without the column, `needed` (the same unless given) a row without the cell,
    `longest` a longer text.
    `private` cells are masked wherever the import is shown. `fill_down`, `group`, `nth` and `after` are those of `reader.Column`.
    """

    def __init__(
        self, *headings: str, parse: Parse = cells.text, required: bool = False,
        needed: bool | None = None, private: bool = False, longest: int = 0, **place: Any,
    ) -> None:  # fmt: skip
        super().__init__(column_name=headings[0], widget=Parsed(parse))
        self.headings = headings
        self.required, self.private = required, private
        self.needed = required if needed is None else needed
        self.longest = longest
        self.place = place

    def column(self, key: str) -> Column:
        """This cell as the reader looks for it."""
        return Column(key, self.headings, required=self.required, **self.place)


class Sheet(Resource):
    """A sheet to be imported; its Cells stand in the order in which its columns usually do."""

    fields: dict[str, Cell]

    @classmethod
    def columns(cls) -> list[Column]:
        """The columns as the reader looks for them."""
        return [cell.column(key) for key, cell in cls.fields.items()]

    @classmethod
    def values(cls, line: Line, *, epoch_1904: bool = False) -> dict[str, Any]:
        """Each cell of a line by its key, None where it is empty; raises RowRefused with every cell's problem."""
        found: dict[str, Any] = {}
        problems: list[tuple[str, CellError]] = []
        for key, cell in cls.fields.items():
            try:
                found[key] = _value(key, cell, line, epoch_1904)
            except CellError as error:
                problems.append((key, error))
        if problems:
            raise RowRefused(*problems)
        return found


def _value(key: str, cell: Cell, line: Line, epoch_1904: bool) -> Any:
    raw = line.cells.get(key)
    if isinstance(raw, str) and UNSTORABLE.search(raw):
        raise CellError("control", f"“{cell.column_name}”含有无法保存的字符,请重新键入")
    if cells.blank(raw) and cell.needed:
        if key in line.formulas:
            raise CellError("formula", f"“{cell.column_name}”的公式没有计算结果,请打开文件重新保存或改为数值")
        raise CellError("required", f"“{cell.column_name}”为空,请填写")
    value = cell.clean({cell.column_name: raw}, epoch_1904=epoch_1904)
    if cell.longest and value and len(value) > cell.longest:
        raise CellError("too_long", f"“{cell.column_name}”最多{cell.longest}个字,现为{len(value)}个字,请缩短")
    return value
