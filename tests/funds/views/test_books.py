"""What is read of funds: every figure is the ledger's, drilled down to its vouchers and back to its document."""

import csv
import io
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from carecore import audit
from carecore.models import Job
from funds.models import Account, Transfer, Voucher
from funds.queries import (
    accounts_in,
    figures_of,
    months_in,
    on_days,
    span,
    trial_balance,
    vouchers_of,
    years_of,
)
from funds.slots import FUND_LISTS, FUND_PAGES
from funds.views.statement import StatementList
from funds.workflow.grants import pass_down
from tests import build
from tests.funds.years import many

YUAN = Decimal


def page(client, user, path, status=200):
    client.force_login(user)
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def rows_of(client, user, path):
    """The rows of a csv export."""
    client.force_login(user)
    body = b"".join(client.get(path).streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body)))


def columns(row, *names):
    return tuple(row[name] for name in names)


# Figures --------------------------------------------------------------------------------------------------


def test_what_flows_back_counts_below_zero_in_its_own_column(books):
    """The reversed 20.05 and the refunded 30.00 lower the spending of April; they are no income (LYG-11)."""
    rows = accounts_in([books.fund], 2026)[books.fund.pk]
    figures = figures_of(rows)
    assert (figures.opening, figures.income, figures.spent, figures.closing) == tuple(
        map(YUAN, ("400.00", "1250.25", "350.10", "1300.15"))
    )
    assert figures.closing == build.account(books.fund, "资金").balance
    assert {row.account.label: row.net for row in rows if row.net and row.account.kind != "资金"} == {
        "财政拨付": YUAN("1000.00"), "党费划拨": YUAN("250.25"), "困难补助": YUAN("270.10"), "走访慰问": YUAN("80.00")
    }  # fmt: skip


def test_months_run_from_the_carried_over_to_the_balance(books):
    months = months_in(books.fund, 2026, YUAN("400.00"))
    assert [(m.number, m.figures.income, m.figures.spent, m.figures.closing) for m in months] == [
        (1, YUAN("1250.25"), 0, YUAN("1650.25")), (2, 0, YUAN("380.10"), YUAN("1270.15")), (3, 0, 0, YUAN("1270.15")),
        (4, 0, YUAN("-30.00"), YUAN("1300.15")), (5, 0, 0, YUAN("1300.15")),
    ]  # fmt: skip
    assert (months[-1].year_income, months[-1].year_spent) == (YUAN("1250.25"), YUAN("350.10"))


def test_the_need_of_a_year_stands_against_what_was_raised(books):
    """TX1-13: 1500.00 needed, 1250.25 raised; of the year before no need is on record."""
    before, year = years_of(books.fund)
    assert (before.number, before.raised, before.need, before.gap) == (2025, YUAN("500.00"), None, None)
    assert (year.number, year.raised, year.spent, year.gap) == (2026, YUAN("1250.25"), YUAN("350.10"), YUAN("249.75"))


def test_all_accounts_together_balance(books):
    total = trial_balance(accounts_in([books.fund], 2026)[books.fund.pk])
    assert (total.opening, total.closing, total.balanced) == (0, 0, True)
    assert total.incoming == total.outgoing == sum(t.amount for t in Transfer.objects.filter(fund=books.fund, voucher__year=2026))
    assert not trial_balance(accounts_in([books.fund], 2026)[books.fund.pk][:1]).balanced


@pytest.mark.parametrize(("year", "month"), [(2025, None), (2026, None), (2026, 2), (2026, 3), (2024, None), (2027, 1)])
def test_the_days_of_a_statement_are_a_range_of_keys(books, year, month):
    first, last = span(year, month)
    found = on_days(Transfer.objects.all(), books.fund, first, last)
    by_day = Transfer.objects.filter(fund=books.fund, voucher__dated__range=(first, last))
    assert list(found) == list(by_day.order_by("pk"))


# Pages ----------------------------------------------------------------------------------------------------


def test_a_fund_shows_its_money_and_where_it_came_from_and_went(client, books, treasury):
    html = page(client, treasury.cashier, f"/funds/funds/{books.fund.pk}/")
    for text in ("1,300.15元", "100.00元", "1,200.15元", "试算平衡", "249.75", "2026年预算执行", "预留中的资金"):
        assert text in html, text
    assert html.count("<path class=") == 6  # 上年结转, two sources; two purposes, 结余
    assert "已结账" in html and "style=" not in html.partition("<main")[2]


def test_another_year_is_read_by_its_own_figures(client, books, treasury):
    html = page(client, treasury.cashier, f"/funds/funds/{books.fund.pk}/?year=2025")
    assert "2025年资金来源与去向" in html and "400.00" in html and "1,250.25" not in html.partition("历年")[0]
    for nonsense in ("1066", "abc", "²", "9" * 40):
        assert "2026年资金来源与去向" in page(client, treasury.cashier, f"/funds/funds/{books.fund.pk}/?year={nonsense}")


def test_the_statement_opens_with_what_was_carried_over_and_sums_up_each_month(client, books, treasury):
    html = page(client, treasury.cashier, f"/funds/funds/{books.fund.pk}/statement/")
    body = re.sub(r"<[^>]+>|\s+", " ", html.partition("<tbody>")[2].partition("</tbody>")[0])
    words = re.sub(r"\s+", " ", body)
    for line in (
        "上年结转 400.00", "1月合计 1,250.25 0.00 1,650.25 本年累计 1,250.25 0.00 1,650.25",
        "2月合计 0.00 380.10 1,270.15 本年累计 1,250.25 380.10 1,270.15",
        "4月合计 0.00 -30.00 1,300.15 本年累计 1,250.25 350.10 1,300.15",
    ):  # fmt: skip
        assert line in words, (line, words)
    assert "2025-0001" not in words and words.index("上年结转") < words.index("2026-0001")


def test_a_month_of_the_statement_opens_with_its_own_balance(client, books, treasury):
    html = page(client, treasury.cashier, f"/funds/funds/{books.fund.pk}/statement/?month=2")
    assert "期初余额" in html and "1,650.25" in html and "2月合计" in html
    assert "2026-0003" in html and "2026-0002<" not in html


def test_a_page_in_the_middle_neither_opens_nor_sums_up_a_month_that_goes_on(client, books, treasury, money, monkeypatch):
    monkeypatch.setattr("funds.views.statement.FundStatement.per_page", 1)
    path = f"/funds/funds/{books.fund.pk}/statement/"
    first = Transfer.objects.filter(fund=books.fund, voucher__year=2026).order_by("pk").first()
    begin = page(client, treasury.cashier, path)
    assert "上年结转 " in re.sub(r"<[^>]+>", " ", begin.partition("<tbody>")[2]) and "1月合计" not in begin
    second = page(client, treasury.cashier, f"{path}?after={first.pk}&page=2").partition("<tbody>")[2]
    assert "1月合计" in second and "上年结转" not in second


@pytest.mark.parametrize("query", ["year=0", "year=99999", "month=13", "account=0", "year=x", "year=2026.5", "account=²", "year=" + "9" * 30])
def test_a_filter_that_makes_no_sense_is_said_to_be_wrong(client, books, treasury, query):
    page(client, treasury.cashier, f"/funds/funds/{books.fund.pk}/statement/?{query}", status=400)


def test_the_export_of_the_statement_is_the_ledger_to_the_fen(client, books, treasury):
    rows = rows_of(client, treasury.cashier, f"/funds/funds/{books.fund.pk}/statement/?export=csv")
    assert columns(rows[0], "日期", "凭证号", "摘要", "来源/去向", "收入(元)", "支出(元)", "结余(元)", "经手人") == (
        "2026-01-05", "2026-0001", "拨款", "财政拨付", "1000.00", "", "1400.00", "出纳员"
    )  # fmt: skip
    assert columns(rows[-1], "来源/去向", "收入(元)", "支出(元)", "结余(元)", "备注") == (
        "困难补助", "", "-30.00", "1300.15", "退票"
    )  # fmt: skip
    figures = figures_of(accounts_in([books.fund], 2026)[books.fund.pk])
    assert sum(YUAN(row["收入(元)"] or 0) for row in rows) == figures.income
    assert sum(YUAN(row["支出(元)"] or 0) for row in rows) == figures.spent
    assert YUAN(rows[-1]["结余(元)"]) == figures.closing


def test_an_account_shows_its_own_months_and_transfers(client, books, treasury):
    account = build.account(books.fund, "困难补助")
    html = page(client, treasury.cashier, f"/funds/accounts/{account.pk}/")
    assert "270.10元" in html and "50.05" in html and "2026-0003" in html and "2026-0004<" not in html
    own = page(client, treasury.cashier, f"/funds/accounts/{build.account(books.fund, '资金').pk}/?year=2025")
    assert "2025-0002" in own and "2026-0001" not in own


def test_a_voucher_names_its_transfers_its_document_and_its_reversal(client, books, treasury):
    wrong = books.vouchers[-1]
    html = page(client, treasury.cashier, f"/funds/vouchers/{wrong.pk}/")
    back = wrong.reversed_by
    assert "贰拾元零伍分" in html and f'/funds/vouchers/{back.pk}/">凭证{back}' in html
    assert f'/funds/vouchers/{wrong.pk}/">凭证{wrong}' in page(client, treasury.cashier, f"/funds/vouchers/{back.pk}/")
    paper = build.Document.objects.get(pk=wrong.document_id)
    assert list(vouchers_of(treasury.cashier, paper)) == [wrong, back]
    assert not vouchers_of(treasury.applicant, paper)


def test_no_year_at_all_is_the_last_one(client, books, treasury):
    html = page(client, treasury.cashier, f"/funds/funds/{books.fund.pk}/statement/?year=")
    assert "2025-0001" not in html and "2026-0001" in html


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("year=2025", ["2025-0002", "2025-0001"]), ("year=2026&month=2", ["2026-0004", "2026-0003"]),
        ("month=12", ["2025-0002"]), ("kind=冲销", ["2026-0006"]), ("summary=退票", ["2026-0007"]),
    ],
)  # fmt: skip
def test_vouchers_are_found_by_fund_day_kind_and_words(client, books, treasury, query, numbers):
    rows = rows_of(client, treasury.cashier, f"/funds/vouchers/?fund={books.fund.pk}&{query}&export=csv")
    assert [row["凭证号"] for row in rows] == numbers


def test_vouchers_are_found_by_their_document(client, books, treasury):
    number = books.vouchers[-1].document_id
    rows = rows_of(client, treasury.cashier, f"/funds/vouchers/?document_id={number}&export=csv")
    assert [row["凭证号"] for row in rows] == ["2026-0006", "2026-0005"]
    assert rows[1]["冲销"] == "已由2026-0006冲销"


def test_the_desk_says_how_much_of_a_fund_is_left(client, books, treasury):
    """Spent 350.10 and held 100.00 of 1,650.25: what is left is available."""
    html = page(client, treasury.cashier, "/")
    assert "帮扶资金(已用和预留)" in html and "450.10 / 1,650.25元" in html and "余1,200.15元" in html
    assert "帮扶资金" not in page(client, treasury.applicant, "/")


def test_a_document_lists_the_vouchers_it_caused(client, books, treasury, city):
    child = build.fund(city.a, "甲局资金", opened_by=treasury.fund_lead, parent=books.fund)
    grant = pass_down(by=treasury.fund_lead, from_fund=books.fund, to_fund=child, amount=YUAN("50.00"))
    sent = Voucher.objects.get(document_kind="funds.grant", document_id=grant.pk)
    assert f"/funds/vouchers/{sent.pk}/" in page(client, treasury.fund_lead, f"/funds/grants/{grant.pk}/")
    assert f'href="/funds/grants/{grant.pk}/"' in page(client, treasury.fund_lead, f"/funds/vouchers/{sent.pk}/")
    below = build.user("below", city.a, "fund_lead")
    assert f"/funds/vouchers/{sent.pk}/" not in page(client, below, f"/funds/grants/{grant.pk}/")


def test_a_fund_offers_its_pages_to_whoever_has_the_right(client, books, treasury):
    path = f"/funds/funds/{books.fund.pk}/"
    assert f"{path}close/" in page(client, treasury.fund_lead, path)
    html = page(client, treasury.cashier, path)
    assert f"{path}close/" not in html and f"/funds/budgets/?fund={books.fund.pk}" in html


def test_every_page_and_list_that_a_fund_leads_to_is_there(client, books, treasury):
    for _, route in FUND_LISTS:
        page(client, treasury.fund_lead, f"{reverse(route)}?fund={books.fund.pk}")
    for one in FUND_PAGES:
        page(client, treasury.fund_lead, reverse(one.route, args=[books.fund.pk]))


def test_a_statement_too_long_for_one_request_becomes_a_job_of_the_same_rows(client, books, treasury, monkeypatch):
    path = f"/funds/funds/{books.fund.pk}/statement/?month=2&export=csv"
    monkeypatch.setattr("carecore.listing.COUNT_CAP", 1)
    assert "后台任务" in page(client, treasury.cashier, path)
    answer = client.post(path, {"export": "csv"})
    job = Job.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/jobs/{job.pk}/")
    asked = QueryDict(job.arguments["filters"])
    assert (job.arguments["list"], asked["fund"], asked["year"], asked["month"]) == (
        "statement", str(books.fund.pk), "2026", "2"
    )  # fmt: skip


def test_the_statements_of_all_funds_are_exported_at_once(books, cast):
    stream = io.BytesIO()
    assert StatementList().write_export(cast.auditor, QueryDict("year=2026"), "csv", stream) == 8
    assert "乙局资金" in stream.getvalue().decode("utf-8-sig")


# Others see nothing ---------------------------------------------------------------------------------------


def test_what_belongs_to_another_unit_is_not_there(client, books, treasury):
    """乙局 sees its own fund alone: the city's is neither found, listed, counted, offered nor exported."""
    stranger, account = treasury.applicant_b, build.account(books.fund, "困难补助")
    for path in (
        f"funds/{books.fund.pk}/", f"funds/{books.fund.pk}/statement/", f"accounts/{account.pk}/",
        f"vouchers/{books.vouchers[0].pk}/", f"funds/{books.fund.pk}/statement/?export=csv",
    ):  # fmt: skip
        page(client, stranger, f"/funds/{path}", status=404)
    assert [row["资金名称"] for row in rows_of(client, stranger, "/funds/funds/?export=csv")] == ["乙局资金"]
    assert [row["金额(元)"] for row in rows_of(client, stranger, "/funds/vouchers/?export=csv")] == ["777.77"]
    for path in ("/funds/funds/", "/funds/vouchers/"):
        html = page(client, stranger, path)
        assert "帮扶资金" not in html and "共 1 条" in html
    page(client, stranger, f"/funds/vouchers/?fund={books.fund.pk}", status=400)
    page(client, stranger, f"/funds/funds/{books.other.pk}/statement/?account={account.pk}", status=400)
    own = page(client, stranger, f"/funds/funds/{books.other.pk}/statement/?fund={books.fund.pk}")
    assert "777.77" in own and "1,000.00" not in own


def test_without_a_sign_in_every_page_leads_to_it(client, books):
    for path in ("funds/", f"funds/{books.fund.pk}/", f"funds/{books.fund.pk}/statement/", "vouchers/"):
        answer = client.get(f"/funds/{path}")
        assert (answer.status_code, answer.url.split("?")[0]) == (302, "/accounts/login/")


# However long the ledger is -------------------------------------------------------------------------------


def test_pages_ask_as_much_of_ten_transfers_as_of_a_thousand(client, books, treasury, money):
    audit.record_access(by=None, action="warm")
    client.force_login(treasury.cashier)
    fund, account = books.fund, build.account(books.fund, "困难补助")
    newest = f"/funds/vouchers/{Voucher.objects.filter(fund=fund).last().pk}/"
    paths = [f"/funds/funds/{fund.pk}/", f"/funds/accounts/{account.pk}/", "/funds/vouchers/", "/funds/funds/", newest, "/"]
    statement = f"/funds/funds/{fund.pk}/statement/"

    def asked(path):
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    money.pay("0.01")
    few = [asked(path) for path in paths]
    many(money, fund, 60)
    middle = Transfer.objects.filter(fund=fund).order_by("pk")[12].pk
    pages = [statement, f"{statement}?after={middle}&page=2"]
    paged = [asked(path) for path in pages]
    many(money, fund, 940)
    assert [asked(path) for path in paths] == few
    assert [asked(path) for path in pages] == paged
    assert Account.objects.get(pk=account.pk).balance == YUAN("280.11")
