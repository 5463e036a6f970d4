"""Shared columns: how a cell looks on the page, and what the export gets instead."""

import datetime
from decimal import Decimal
from types import SimpleNamespace

import django_tables2 as tables
import pytest

from carecore.tables import (
    DateColumn,
    IdColumn,
    MeterColumn,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    SelectColumn,
    StateColumn,
    Table,
    YesNoColumn,
)


class Everything(Table):
    pick = SelectColumn()
    text = tables.Column("文字")
    number = NumberColumn("人数")
    amount = MoneyColumn("金额")
    day = DateColumn("日期")
    moment = MomentColumn("时间")
    phone = IdColumn("电话")
    state = StateColumn("状态", tones={"已批准": "good"})
    yes = YesNoColumn("一线")
    used = MeterColumn("已用", maximum="places", unit="人")


class Row(SimpleNamespace):
    def __str__(self):
        return "张三"


RECORD = Row(
    pk=5, version=3, text="<b>", number=1234, amount=Decimal("3000.00"), day=datetime.date(2026, 5, 11),
    moment=datetime.datetime(2026, 5, 11, 1, 30, tzinfo=datetime.UTC), phone="13900001234", state="已批准",
    yes=False, used=3, places=4,
)  # fmt: skip


def row(**changes):
    return next(iter(Everything([Row(**{**vars(RECORD), **changes})]).rows))


@pytest.mark.parametrize(
    ("name", "shown", "exported"),
    [
        ("number", 1234, 1234),
        ("amount", "3,000.00", Decimal("3000.00")),
        ("day", "2026-05-11", datetime.date(2026, 5, 11)),
        ("moment", "2026-05-11 09:30", RECORD.moment),
        ("phone", "139****1234", "139****1234"),
        ("yes", "否", "否"),
    ],
)
def test_a_cell_on_the_page_and_in_the_export(name, shown, exported):
    assert row().get_cell(name) == shown
    assert row().get_cell_value(name) == exported


def test_a_state_is_a_badge_on_the_page_and_a_word_in_the_export():
    assert row().get_cell("state").strip() == '<span class="care-state care-state-good">已批准</span>'
    assert "care-state-neutral" in row(state="草稿").get_cell("state")
    assert row().get_cell_value("state") == "已批准"


def test_a_meter_says_its_numbers_and_exports_what_is_used():
    shown = row().get_cell("used")

    assert "3 / 4人" in shown
    assert "余1人 · 75%" in shown
    assert row().get_cell_value("used") == 3


def test_the_box_posts_key_and_version_and_is_named_after_its_row():
    assert 'value="5:3" aria-label="选择 张三"' in row().get_cell("pick")
    assert Everything([]).columns["pick"].column.exclude_from_export


@pytest.mark.parametrize("name", ["number", "amount", "day", "moment", "phone", "yes"])
def test_an_empty_cell_is_a_dash_on_the_page_and_empty_in_the_export(name):
    assert row(**{name: None}).get_cell(name) == "—"
    assert row(**{name: None}).get_cell_value(name) is None


def test_zero_is_shown_as_a_number():
    assert row(amount=Decimal("0.00"), number=0).get_cell("amount") == "0.00"
    assert row(number=0).get_cell("number") == 0


def test_a_table_without_a_meta_of_its_own_keeps_the_shared_look():
    assert Everything([]).template_name == "_partials/table.html"
    assert Everything([]).empty_text == "没有符合条件的记录"


def test_no_column_sorts_unless_it_says_so():
    assert not any(column.orderable for column in Everything([]).columns)
