"""The official sheets of funds, cell by cell: they are the ledger to the fen."""

import datetime
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from carecore.models import AuditEvent
from carecore.sheets.official import write_official
from funds import sheets
from tests import build
from tests.funds.years import many


def cells(official):
    """What stands in the written file, row by row; what a merged cell covers is None."""
    stream = io.BytesIO()
    write_official(stream, official, exporter="审计员")
    return [list(row) for row in load_workbook(stream).active.iter_rows(values_only=True)]


def day(month, number, year=2026):
    return datetime.datetime(year, month, number)


def made(fund, year, month=None):
    return cells(sheets.statement(fund, sheets.entries(fund, year, month), year, month))


HEAD = ["日期", "凭证号", "摘要", "资金名称", "来源/去向", "收入", "支出", "结余", "经手人", "备注"]


def line(label, income, spent, balance, name="帮扶资金"):
    return [None, None, label, name, None, income, spent, balance, None, None]


def test_the_statement_of_a_year(books):
    assert made(books.fund, 2026) == [
        ["专项资金收支明细账", *[None] * 9],
        ["单位(盖章):滨海市", *[None] * 4, "期间:2026年", *[None] * 4],
        HEAD,
        line("上年结转", None, None, 400),
        [day(1, 5), "2026-0001", "拨款", "帮扶资金", "财政拨付", 1000, None, 1400, "出纳员", None],
        [day(1, 20), "2026-0002", "拨款", "帮扶资金", "党费划拨", 250.25, None, 1650.25, "出纳员", None],
        line("1月合计", 1250.25, 0, 1650.25),
        line("本年累计", 1250.25, 0, 1650.25),
        [day(2, 10), "2026-0003", "慰问支出", "帮扶资金", "困难补助", None, 300.1, 1350.15, "出纳员", None],
        [day(2, 11), "2026-0004", "慰问支出", "帮扶资金", "走访慰问", None, 80, 1270.15, "出纳员", None],
        line("2月合计", 0, 380.1, 1270.15),
        line("本年累计", 1250.25, 380.1, 1270.15),
        [day(4, 2), "2026-0005", "慰问支出", "帮扶资金", "困难补助", None, 20.05, 1250.1, "出纳员", None],
        [day(4, 2), "2026-0006", "冲销2026-0005号凭证:错账", "帮扶资金", "困难补助", None, -20.05, 1270.15, "经费负责人", None],
        [day(4, 2), "2026-0007", "退票退回", "帮扶资金", "困难补助", None, -30, 1300.15, "出纳员", "退票"],
        line("4月合计", 0, -30, 1300.15),
        line("本年累计", 1250.25, 350.1, 1300.15),
        ["合计", *[None] * 4, 1250.25, 350.1, 1300.15, None, None],
        ["单位负责人:", None, "审核:", None, None, "出纳:", None, "制表:", None, None],
        ["注:金额单位为元;冲销、退回以负数(红字)列在原栏。", *[None] * 9],
    ]


def test_the_statement_of_a_month_opens_with_its_own_balance(books):
    rows = made(books.fund, 2026, 2)
    assert rows[1][5] == "期间:2026年2月"
    assert rows[3] == line("期初余额", None, None, 1650.25)
    assert rows[-3] == ["合计", *[None] * 4, 0, 380.1, 1270.15, None, None]


@pytest.mark.parametrize(("month", "balance"), [(None, 1300.15), (3, 1270.15), (11, 1300.15)])
def test_a_time_without_entries_says_what_is_there(books, month, balance):
    year = 2026 if month else 2027
    rows = made(books.fund, year, month)
    assert rows[3][7] == balance
    assert rows[4] == ["合计", *[None] * 4, 0, 0, balance, None, None]


def test_the_summary_of_a_year(books, treasury):
    assert cells(sheets.summary(treasury.fund_lead, 2026)) == [
        ["2026年度专项资金收支汇总表", *[None] * 6],
        ["填报单位(盖章):", None, None, None, "填报时间:2026年5月11日", None, None],
        ["资金名称", "项目", "本年预算", "上年结转", "本年收入", "本年支出", "年末结余"],
        ["帮扶资金(滨海市)", "上年结转", None, 400, None, None, None],
        [None, "收入:财政拨付", None, None, 1000, None, None],
        [None, "收入:党费划拨", None, None, 250.25, None, None],
        [None, "支出:困难补助", 400, None, None, 270.1, None],
        [None, "支出:走访慰问", None, None, None, 80, None],
        [None, "未分用途的预算", 600, None, None, None, None],
        [None, "小计", 1000, 400, 1250.25, 350.1, 1300.15],
        ["乙局资金(乙局)", "上年结转", None, 0, None, None, None],
        [None, "收入:财政拨付", None, None, 777.77, None, None],
        [None, "小计", 0, 0, 777.77, 0, 777.77],
        ["合计", None, 1000, 400, 2028.02, 350.1, 2077.92],
        ["单位负责人:", "审核:", None, "出纳:", None, "制表:", None],
        ["注:金额单位为元;冲销、退回以负数(红字)列在原栏。", *[None] * 6],
        [
            "注:“拨付、上缴”为资金之间的往来,合计中拨出与拨入各计一次;本年未结束的,年末结余为现有结余。",
            *[None] * 6,
        ],
    ]


def test_whoever_sees_one_fund_sums_up_that_one(books, treasury):
    [only] = sheets.yearly(treasury.applicant_b, 2026)
    assert (only.fund, only.figures.closing) == (books.other, Decimal("777.77"))
    assert sheets.yearly(treasury.applicant, 2026) == []


def test_sheets_ask_as_much_of_ten_entries_as_of_hundreds(books, money):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            made(books.fund, 2026)
        return len(queries)

    few = asked()
    many(money, books.fund, 300)
    assert asked() == few


def test_sheets_are_downloads_that_leave_an_event(client, books, treasury):
    client.force_login(treasury.cashier)
    for path in (f"/funds/funds/{books.fund.pk}/statement/sheet/?year=2026&month=2", "/funds/summary/sheet/?year=2026"):
        answer = client.get(path)
        assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
        assert load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active["A1"].value
    assert AuditEvent.objects.filter(action="export", by=treasury.cashier).count() == 2
    assert client.get("/funds/summary/?year=2026").content.decode().count("2,077.92") == 1


def test_a_year_too_long_for_a_sheet_is_asked_for_by_month(client, books, treasury, monkeypatch):
    monkeypatch.setattr("funds.views.sheets.COUNT_CAP", 3)
    client.force_login(treasury.cashier)
    answer = client.get(f"/funds/funds/{books.fund.pk}/statement/sheet/")
    assert answer.status_code == 409 and "请按月生成" in answer.content.decode()
    assert client.get(f"/funds/funds/{books.fund.pk}/statement/sheet/?month=2").status_code == 200


@pytest.mark.parametrize("query", ["year=0", "year=abc&month=13", "month=²", "year=99999999999999"])
def test_nonsense_gives_the_usual_year(client, books, treasury, query):
    client.force_login(treasury.cashier)
    for path in (f"/funds/funds/{books.fund.pk}/statement/sheet/", "/funds/summary/", "/funds/summary/sheet/"):
        assert client.get(f"{path}?{query}").status_code == 200


def test_another_units_sheet_is_not_there(client, books, treasury):
    client.force_login(treasury.applicant_b)
    assert client.get(f"/funds/funds/{books.fund.pk}/statement/sheet/").status_code == 404
    assert "帮扶资金" not in client.get("/funds/summary/?year=2026").content.decode()
    assert build.account(books.fund, "资金").balance == Decimal("1300.15")
