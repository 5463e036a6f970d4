"""期初余额表: each fund by its name and unit, on its day, once."""

import datetime
from decimal import Decimal

import pytest

from carecore.workflow import Forbidden
from funds.models import Receipt, Voucher
from tests import build
from tests.carecore.sheets.workbooks import workbook

YUAN = Decimal
HEADER = ("资金名称", "单位", "期初余额", "日期", "备注")


def sheet(*rows):
    return workbook(("资金期初余额表",), HEADER, *rows)


ROW = ("帮扶资金", "", "1,234.56元", "2026年1月1日", "上年结转")


def test_each_fund_begins_with_its_balance_and_again_changes_nothing(fund, money, treasury, city, bring):
    other = build.fund(city.a, "甲局资金", opened_by=treasury.fund_lead)
    content = sheet(ROW, ("甲局资金", "甲局", 0.1, "2026.1.1", ""))
    report = bring(treasury.fund_office, "opening_balances", content)
    assert (report.rows, report.new, report.rejected) == (2, 2, [])
    row = Receipt.objects.get(fund=fund)
    assert (row.amount, row.received_on, row.note, row.source.code, row.voucher.dated) == (
        YUAN("1234.56"), datetime.date(2026, 1, 1), "上年结转", "期初余额", datetime.date(2026, 1, 1)
    )  # fmt: skip
    assert (money.own().balance, money.own(other).balance) == (YUAN("1234.56"), YUAN("0.10"))
    assert bring(treasury.fund_office, "opening_balances", content).unchanged == 2
    assert Voucher.objects.count() == 2


def test_a_balance_of_nothing_is_nothing_to_do(fund, treasury, bring):
    report = bring(treasury.fund_office, "opening_balances", sheet(("帮扶资金", "", 0, "2026.1.1", "")))
    assert (report.unchanged, Receipt.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        (("没有的资金", "", 1, "2026.1.1", ""), "资金名称", "没有资金“没有的资金”,或不由您登记"),
        (("帮扶资金", "乙局", 1, "2026.1.1", ""), "资金名称", "没有乙局的资金“帮扶资金”"),
        (("帮扶资金", "", 1, "2026.5.12", ""), "日期", "不得晚于今天"),
        (("帮扶资金", "", -1, "2026.1.1", ""), "期初余额", "负数"),
        (("帮扶资金", "", 1, "一月", ""), "日期", "不是完整的日期"),
    ],
)
def test_a_wrong_cell_is_named(fund, treasury, bring, row, column, message):
    (entry,) = bring.examine(treasury.fund_office, "opening_balances", sheet(row)).report.rejected
    assert (entry.row, entry.column) == (3, column)
    assert message in entry.message


def test_two_funds_of_one_name_are_told_apart_by_their_unit(fund, treasury, city, bring):
    build.fund(city.a, fund.name, opened_by=treasury.fund_lead)
    (entry,) = bring.examine(treasury.fund_office, "opening_balances", sheet(ROW)).report.rejected
    assert (entry.column, entry.message) == ("单位", "滨海市、甲局都有资金“帮扶资金”,请填写单位")
    bring(treasury.fund_office, "opening_balances", sheet(("帮扶资金", "甲局", 1, "2026.1.1", "")))
    assert Receipt.objects.get().fund.unit == city.a


def test_a_fund_twice_or_with_another_balance_is_refused(fund, treasury, bring):
    report = bring(treasury.fund_office, "opening_balances", sheet(ROW, ("帮扶资金", "", 5, "2026.1.1", "")))
    assert [(e.row, e.message) for e in report.rejected] == [(4, "帮扶资金在表中重复,请合并为一行")]
    (entry,) = bring.examine(
        treasury.fund_office, "opening_balances", sheet(("帮扶资金", "", 5, "2026.1.1", ""))
    ).report.rejected
    assert entry.message == "帮扶资金的期初余额已登记为2026-01-01的1234.56元,有误的请先冲销"


def test_behind_other_vouchers_is_said_beforehand(fund, money, treasury, bring):
    money.come("10.00", dated=datetime.date(2026, 2, 1))
    (entry,) = bring.examine(treasury.fund_office, "opening_balances", sheet(ROW)).report.rejected
    assert (entry.column, entry.message.startswith("本表一并登记,未通过:帮扶资金最近一张凭证的日期是2026-02-01")) == ("日期", True)
    assert Receipt.objects.count() == 0


def test_only_for_whoever_records_income_and_only_for_their_units(fund, treasury, cast, city, bring):
    for by in (cast.clerk, treasury.cashier, cast.auditor):
        with pytest.raises(Forbidden, match="不能导入资金期初余额"):
            bring.examine(by, "opening_balances", sheet(ROW))
    there = build.user("there", city.b, "fund_office", person=build.person(city.b))
    (entry,) = bring.examine(there, "opening_balances", sheet(ROW)).report.rejected
    assert entry.code == "fund.unknown"
