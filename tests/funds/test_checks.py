"""Invariant 3: a year of money by the ledger's own steps is clean; every tampering is found and named."""

import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db.models import F

from carecore import audit, verification
from carecore.access import Role
from carecore.models import Rule
from funds.checks import CHECKS
from funds.models import (
    Account,
    Book,
    Grant,
    Period,
    Receipt,
    Reservation,
    Transfer,
    Turnover,
    Voucher,
    VoucherKind,
)
from funds.workflow import grants, periods
from tests import build
from tests.witness import witnessed

ONE = Decimal("0.01")


@pytest.fixture
def books(city, fund, money, treasury, today):
    """Two funds over two years: income, spending, a reservation half drawn, a reversal, closed months."""
    other = build.fund(city.root, "学习资金", "党员学习培训", opened_by=treasury.fund_lead)
    witnessed()
    money.come("1000.00")
    money.come("500.00", "党费划拨")
    money.come("80.00", fund=other)
    wrong = build.document(city.root, "误付")
    voucher = money.pay("30.00", document=wrong)
    money.reverse(voucher, wrong)
    today.move_to("2026-12-31 10:00:00+08:00")
    paper = build.document(city.root, "慰问")
    held = money.reserve("200.00", paper)
    money.pay("150.00", "走访慰问", document=paper, reservation=held)
    today.move_to("2027-01-04 10:00:00+08:00")
    for month in range(5, 13):
        periods.close_period(by=treasury.fund_lead, fund=fund, year=2026, month=month)
    money.pay("10.00")
    with audit.recorded():
        audit.record(by=None, action="built", rows=[wrong, paper])
    return SimpleNamespace(fund=fund, other=other)


def found():
    return [(one.invariant, one.row, one.message) for check in CHECKS for one in check()]


def test_a_year_of_money_is_clean(books):
    assert found() == []
    witnessed()
    assert [(one.invariant, one.row, one.message) for one in verification.problems()] == []


# Balances and counters -----------------------------------------------------------------------------------


def own(books):
    return Account.objects.filter(fund=books.fund, kind="资金")


def test_a_balance_that_is_not_its_transfers(books):
    own(books).update(balance=F("balance") + F("reserved"))
    assert found() == [("3 资金", "帮扶资金“帮扶资金”", "余额记为1390.00元,按分录应为1340.00元")]


def test_an_amount_changed_in_a_transfer(books):
    row = Transfer.objects.filter(to_account__label="走访慰问")
    row.update(amount=Decimal("149.99"))
    pk = row.get().pk
    assert [one for one in found() if one[0] == "3 资金"] == [
        ("3 资金", "帮扶资金“帮扶资金”", "余额记为1340.00元,按分录应为1340.01元"),
        ("3 资金", "帮扶资金“走访慰问”", "余额记为150.00元,按分录应为149.99元"),
        ("3 资金", f"帮扶资金2026-0005号凭证 分录{pk}", "结余记为1350.00元,按上一笔结余应为1350.01元"),
        ("3 资金", "帮扶资金“帮扶资金”2026年12月", "发生额记为转入0.00元、转出150.00元,按分录应为转入0.00元、转出149.99元"),
        ("3 资金", "帮扶资金“走访慰问”2026年12月", "发生额记为转入150.00元、转出0.00元,按分录应为转入149.99元、转出0.00元"),
    ]  # fmt: skip
    assert ("3 凭证", "帮扶资金2026-0005号凭证", "金额记为150.00元,分录合计149.99元") in found()


def test_a_purpose_that_gave_more_than_it_got(books):
    rows = Transfer.objects.filter(to_account__label="走访慰问")
    rows.update(from_account=F("to_account"), to_account=F("from_account"))
    assert ("3 资金", "帮扶资金“走访慰问”", "转出多于转入,按分录余额为-150.00元") in found()


def test_a_running_balance_that_is_not_the_one_before_and_its_amount(books):
    row = Transfer.objects.get(voucher__year=2027)
    Transfer.objects.filter(pk=row.pk).update(balance=ONE)
    name = f"帮扶资金2027-0001号凭证 分录{row.pk}"
    assert found() == [("3 资金", name, "结余记为0.01元,按上一笔结余应为1340.00元")]


def test_a_transfer_that_was_taken_away(books):
    Transfer.objects.filter(voucher__year=2027).delete()
    assert found() == [
        ("3 资金", "帮扶资金“帮扶资金”", "余额记为1340.00元,按分录应为1350.00元"),
        ("3 资金", "帮扶资金“困难补助”", "余额记为10.00元,按分录应为0.00元"),
        ("3 资金", "帮扶资金“帮扶资金”2027年1月", "发生额记为转入0.00元、转出10.00元,按分录应为转入0.00元、转出0.00元"),
        ("3 资金", "帮扶资金“困难补助”2027年1月", "发生额记为转入10.00元、转出0.00元,按分录应为转入0.00元、转出0.00元"),
        ("3 凭证", "帮扶资金2027-0001号凭证", "金额记为10.00元,分录合计0.00元"),
    ]  # fmt: skip


@pytest.mark.parametrize("gone", [False, True])
def test_a_month_that_counts_other_than_its_transfers(books, gone):
    row = Turnover.objects.filter(account__fund=books.other, account__kind="来源")
    if gone:
        row.delete()
    else:
        row.update(outgoing=ONE)
    kept = "转出0.00元" if gone else "转出0.01元"
    message = f"发生额记为转入0.00元、{kept},按分录应为转入0.00元、转出80.00元"
    assert found() == [("3 资金", "学习资金“财政拨付”2026年5月", message)]


# Reservations --------------------------------------------------------------------------------------------


def test_a_fund_that_holds_other_than_its_reservations(books):
    own(books).update(reserved=ONE)
    assert found() == [("3 资金", "帮扶资金“帮扶资金”", "预留记为0.01元,各笔预留尚余合计50.00元")]


def test_reservations_of_more_than_the_fund_has(books, unchecked):
    Reservation.objects.update(amount=Decimal("2000.00"))
    unchecked(Account, "account_not_overdrawn")
    own(books).update(reserved=Decimal("1850.00"))
    message = "各笔预留尚余合计1850.00元,超过余额1340.00元"
    assert found() == [("3 资金", "帮扶资金“帮扶资金”", message)]


def test_a_purpose_that_holds_back(books):
    Account.objects.filter(label="走访慰问", fund=books.fund).update(reserved=ONE)
    assert found() == [("3 资金", "帮扶资金“走访慰问”", "不是资金账户,却预留0.01元")]


def test_a_reservation_that_is_done_and_still_holds(books, unchecked):
    unchecked(Reservation, "reservation_done_is_used_up")
    Reservation.objects.update(state="已了结")
    own(books).update(reserved=0)
    row = Reservation.objects.get()
    message = "预留200.00元、已付150.00元、已释放0.00元,与“已了结”不符"
    assert found() == [("3 资金", f"预留 {row.pk}(帮扶资金)", message)]


def test_a_reservation_that_gave_more_than_it_was(books, unchecked):
    unchecked(Reservation, "reservation_not_exceeded")
    Reservation.objects.update(paid=Decimal("250.00"))
    row = Reservation.objects.get()
    message = "预留200.00元、已付250.00元、已释放0.00元,与“预留中”不符"
    assert ("3 资金", f"预留 {row.pk}(帮扶资金)", message) in found()


# Closed months -------------------------------------------------------------------------------------------


def test_a_frozen_figure_that_is_not_the_ledgers(books):
    Period.objects.filter(month=12).update(opening=Decimal("1500.01"), closing=Decimal("1350.01"))
    message = (
        "结账时记为期初1500.01元、收入0.00元、支出150.00元、期末1350.01元,"
        "按账簿为期初1500.00元、收入0.00元、支出150.00元、期末1350.00元"
    )
    assert found() == [("3 结账", "帮扶资金2026年12月", message)]


def test_a_closed_month_that_the_book_left_open(books):
    Book.objects.filter(fund=books.fund).update(closed_through=datetime.date(2026, 11, 30))
    assert found() == [("3 结账", "帮扶资金2026年12月", "该月已结账,账簿却没有结账至该月")]
    Period.objects.filter(month=12).update(state="已反结账")
    assert found() == []


def test_a_book_that_is_closed_further_than_its_months(books):
    Book.objects.filter(fund=books.fund).update(closed_through=datetime.date(2027, 1, 31))
    assert found() == [("3 结账", "帮扶资金账簿", "已结账至2027-01-31,该月却没有结账记录")]


def test_a_voucher_dated_into_what_was_closed(books, unchecked):
    unchecked(Voucher, "voucher_in_open_period")
    Voucher.objects.filter(year=2027).update(closed_through=datetime.date(2027, 1, 4))
    message = "日期2027-01-04在制证时已结账的期间内(已结账至2027-01-04)"
    assert found() == [("3 凭证", "帮扶资金2027-0001号凭证", message)]


# Vouchers ------------------------------------------------------------------------------------------------


def test_a_number_that_is_left_out(books):
    Voucher.objects.filter(fund=books.fund, number=5).update(number=6)
    assert found() == [("3 凭证", "帮扶资金2026-0006号凭证", "编号不连续,应为0005号")]


def test_a_day_before_the_voucher_before(books):
    Voucher.objects.filter(fund=books.fund, number=4).update(dated=datetime.date(2026, 5, 10))
    assert found() == [("3 凭证", "帮扶资金2026-0004号凭证", "日期2026-05-10早于上一张凭证的2026-05-11")]


def test_a_day_outside_the_vouchers_year(books):
    Voucher.objects.filter(fund=books.other).update(year=2025)
    assert ("3 凭证", "学习资金2025-0001号凭证", "日期2026-05-11不在2025年度") in found()


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({"number": 2}, "2027-0002(2027-01-04)"), ({"year": 2026}, "2026-0001(2027-01-04)"),
        ({"dated": datetime.date(2027, 1, 3)}, "2027-0001(2027-01-03)"),
    ],
)  # fmt: skip
def test_a_book_that_does_not_stand_at_its_last_voucher(books, columns, kept):
    Book.objects.filter(fund=books.fund).update(**columns)
    assert found() == [("3 凭证", "帮扶资金账簿", f"末号记为{kept},实为2027-0001(2027-01-04)")]


def test_a_book_whose_vouchers_are_gone(books):
    Transfer.objects.filter(fund=books.other).delete()
    Voucher.objects.filter(fund=books.other).delete()
    assert ("3 凭证", "学习资金账簿", "末号记为2026-0001(2026-05-11),实为没有凭证") in found()


def test_a_total_that_is_not_its_transfers(books):
    Voucher.objects.filter(fund=books.other).update(total=ONE)
    assert found() == [("3 凭证", "学习资金2026-0001号凭证", "金额记为0.01元,分录合计80.00元")]


def test_a_transfer_between_two_funds(books):
    row = Transfer.objects.get(fund=books.other)
    Transfer.objects.filter(pk=row.pk).update(from_account=build.account(books.fund, "财政拨付"))
    name = f"学习资金2026-0001号凭证 分录{row.pk}"
    assert ("3 资金", name, "凭证、转出账户、转入账户不属于同一资金") in found()


def test_a_transfer_past_the_funds_own_account(books):
    row = Transfer.objects.get(fund=books.other)
    Transfer.objects.filter(pk=row.pk).update(to_account=build.account(books.other, "困难补助"))
    assert ("3 资金", f"学习资金2026-0001号凭证 分录{row.pk}", "没有经过本资金的账户") in found()


def test_a_reversal_of_another_voucher(books):
    first = Voucher.objects.get(fund=books.fund, year=2026, number=1)
    Voucher.objects.filter(kind=VoucherKind.REVERSAL).update(reverses=first)
    undone = first.transfers.get()
    assert found() == [
        ("3 凭证", "帮扶资金2026-0004号凭证", "与所冲销的2026-0001号凭证的资金或金额不一致"),
        ("3 凭证", f"帮扶资金2026-0001号凭证 分录{undone.pk}", "冲销凭证中没有与之相反的分录"),
    ]


def test_a_reversal_of_nothing(books):
    Voucher.objects.filter(kind=VoucherKind.REVERSAL).update(reverses=None)
    assert found() == [("3 凭证", "帮扶资金2026-0004号凭证", "是冲销凭证,却没有所冲销的凭证")]


# Sources and purposes ------------------------------------------------------------------------------------


def test_a_purpose_that_the_rules_of_its_day_did_not_name(books):
    """LYG-9: what is taken out of the rules later leaves what was paid before as it was."""
    Account.objects.filter(fund=books.fund, label="走访慰问").update(code="feast")
    message = "2026-12-31的规则没有允许该资金有“走访慰问”这一用途(2026-0005号凭证)"
    assert found() == [("3 来源与用途", "帮扶资金“走访慰问”", message)]


def test_a_source_without_any_rule(books):
    Rule.objects.filter(key="funds.sources", value__has_key="党员学习培训").update(
        effective_from=datetime.date(2026, 5, 12)
    )
    message = "2026-05-11的规则没有允许该资金有“财政拨付”这一来源(2026-0001号凭证)"
    assert found() == [("3 来源与用途", "学习资金“财政拨付”", message)]


def test_what_was_under_its_rule_then_stays_right(books):
    Rule.objects.filter(key="funds.purposes").update(effective_to=datetime.date(2027, 1, 4))
    assert found() == []


# Documents -----------------------------------------------------------------------------------------------


@pytest.fixture
def grant(city, money, fund, treasury):
    """40.00 that the city's fund sent to 甲局's, which has confirmed it."""
    money.come("100.00")
    child = build.fund(city.a, "甲局资金", opened_by=treasury.fund_lead, parent=fund)
    there = build.user("there", city.a, Role.FUND_LEAD, person=build.person(city.a, "管账"))
    sent = grants.pass_down(by=treasury.fund_lead, from_fund=fund, to_fund=child, amount=Decimal("40.00"))
    assert found() == []
    return grants.confirm_arrival(by=there, grant=sent)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"amount": Decimal("50.00")}, "金额50.00元,状态“已到账”"),
        ({"state": "在途", "received_on": None}, "金额40.00元,状态“在途”"),
    ],
)
def test_a_grant_that_is_not_its_vouchers(grant, columns, says):
    assert found() == []
    Grant.objects.update(**columns)
    name = f"资金拨付 {grant.pk}(帮扶资金至甲局资金)"
    assert found() == [("3 单据", name, f"{says},凭证记拨出40.00元、拨入40.00元")]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"amount": ONE}, "与帮扶资金2026-0001号凭证(100.00元)不符"), ({"voucher": None}, "没有凭证"), ({}, None),
    ],
)  # fmt: skip
def test_a_receipt_that_is_not_its_voucher(money, fund, treasury, columns, says):
    row = Receipt.objects.create(
        fund=fund, source=build.account(fund, "财政拨付"), received_on="2026-05-11",
        recorded_by=treasury.cashier, **{"amount": Decimal("100.00"), "voucher": money.come("100.00"), **columns},
    )  # fmt: skip
    name = f"资金收入 {row.pk}({Receipt.objects.get()})"
    assert found() == ([("3 单据", name, says)] if says else [])
