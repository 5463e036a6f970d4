"""Cells of a sheet to be imported: what is needed, too long, not calculated, or cannot be stored."""

import datetime

import pytest

from carecore.imports.sheet import Cell, RowRefused, Sheet, day_or_month
from carecore.sheets import cells
from carecore.sheets.errors import CellError
from carecore.sheets.reader import Line


class Example(Sheet):
    name = Cell("姓名", "名字", required=True)
    amount = Cell("金额", parse=cells.amount, required=True, needed=False)
    born = Cell("出生日期", parse=day_or_month)
    note = Cell("备注", longest=3)


class More(Example):
    phone = Cell("电话", private=True)


def values(formulas=(), epoch_1904=False, **content):
    line = Line("表", 3, {"name": "张三", **content}, {}, [], frozenset(formulas))
    return Example.values(line, epoch_1904=epoch_1904)


def problems(**content):
    with pytest.raises(RowRefused) as refused:
        values(**content)
    return [(key, error.code) for key, error in refused.value.problems]


def test_columns_are_those_of_the_cells_in_their_order():
    columns = [(column.key, column.names, column.required) for column in More.columns()]
    assert columns == [
        ("name", ("姓名", "名字"), True), ("amount", ("金额",), True), ("born", ("出生日期",), False),
        ("note", ("备注",), False), ("phone", ("电话",), False),
    ]  # fmt: skip
    assert "phone" not in Example.fields


def test_an_empty_cell_is_nothing_unless_it_is_needed():
    assert values(amount=" ", note=None) == {"name": "张三", "amount": None, "born": None, "note": None}
    assert problems(name="  ") == [("name", "required")]
    assert problems(name="", formulas=["name"]) == [("name", "formula")]


def test_every_problem_of_a_row_is_said():
    assert problems(name="", amount="很多", note="四个字的", born="昨天") == [
        ("name", "required"), ("amount", "amount.form"), ("born", "month.form"), ("note", "too_long"),
    ]  # fmt: skip


@pytest.mark.parametrize("character", ["\x00", "\ud800", "\udfff"])
def test_what_no_database_takes_is_refused(character):
    assert problems(note=f"甲{character}") == [("note", "control")]


def test_numbers_are_days_of_the_workbooks_own_calendar():
    assert values(born=29221)["born"] == datetime.date(1980, 1, 1)
    assert values(born=27759, epoch_1904=True)["born"] == datetime.date(1980, 1, 1)


def test_a_month_is_taken_where_there_is_no_day():
    assert day_or_month("1980.1.5") == datetime.date(1980, 1, 5)
    assert day_or_month("1980年10月") == cells.Month(1980, 10)
    with pytest.raises(CellError, match="可能是1月或10月"):
        day_or_month(1980.1)
