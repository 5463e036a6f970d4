"""Closing months: in order, frozen, and nothing is dated into a closed one (invariant 3)."""

import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from carecore.workflow import Forbidden, Refused, Stale
from funds.models import Book, Period
from funds.workflow import periods
from tests import build

YUAN = Decimal


@pytest.fixture
def spring(money, today):
    """April: 1000 in, 300 out; May: 100 out; it is the 11th of June."""
    for day, step, amount in (("04-10", money.come, "1000.00"), ("04-20", money.pay, "300.00"), ("05-20", money.pay, "100.00")):
        today.move_to(f"2026-{day} 10:00:00+08:00")
        step(amount)
    today.move_to("2026-06-11 10:00:00+08:00")


def close(treasury, fund, month, year=2026):
    return periods.close_period(by=treasury.fund_lead, fund=fund, year=year, month=month)


def test_months_are_closed_in_order_with_their_figures(spring, treasury, fund, money):
    april, may = close(treasury, fund, 4), close(treasury, fund, 5)
    assert (april.opening, april.income, april.spent, april.closing) == (0, YUAN("1000.00"), YUAN("300.00"), YUAN("700.00"))
    assert (may.opening, may.income, may.spent, may.closing) == (YUAN("700.00"), 0, YUAN("100.00"), YUAN("600.00"))
    with pytest.raises(Refused, match="已结账至2026-05-31"):
        money.pay("1.00", dated=datetime.date(2026, 5, 31))
    assert money.pay("1.00", dated=datetime.date(2026, 6, 1)).closed_through == datetime.date(2026, 5, 31)


@pytest.mark.parametrize(
    ("month", "words"), [(5, "应先结2026年4月"), (6, "2026年6月尚未结束"), (3, "2026年3月已结账")]
)
def test_no_gap_no_month_that_runs_none_twice(spring, treasury, fund, month, words):
    with pytest.raises(Refused, match=words):
        close(treasury, fund, month)
    assert not Period.objects.exists()


def test_an_empty_month_is_closed_too(fund, treasury, today):
    today.move_to("2026-03-11 10:00:00+08:00")
    assert [close(treasury, fund, month).closing for month in (1, 2)] == [0, 0]
    with pytest.raises(Refused, match="2026年2月已结账"):
        close(treasury, fund, 2)


def test_the_last_closed_month_can_be_opened_again(spring, treasury, fund, money):
    april, may = close(treasury, fund, 4), close(treasury, fund, 5)
    with pytest.raises(Refused, match="只能对最近结账的月份反结账"):
        periods.reopen_period(by=treasury.fund_lead, period=april, reason="错账")
    with pytest.raises(Refused, match="请写明反结账的理由"):
        periods.reopen_period(by=treasury.fund_lead, period=may, reason="")
    may = periods.reopen_period(by=treasury.fund_lead, period=may, reason="错账")
    assert (may.state, Book.objects.get(fund=fund).closed_through) == ("已反结账", datetime.date(2026, 4, 30))
    money.pay("50.00", dated=datetime.date(2026, 5, 31))
    again = close(treasury, fund, 5)
    assert (again.pk, again.state, again.spent) == (may.pk, "已结账", YUAN("150.00"))


def test_a_stale_month_is_not_opened(spring, treasury, fund):
    close(treasury, fund, 4)
    seen = Period.objects.get()
    fresh = Period.objects.get()
    periods.reopen_period(by=treasury.fund_lead, period=fresh, reason="错账")
    with pytest.raises(Stale):
        periods.reopen_period(by=treasury.fund_lead, period=seen, reason="错账")
    with pytest.raises(Refused, match="现为“已反结账”"):
        periods.reopen_period(by=treasury.fund_lead, period=Period.objects.get(), reason="错账")
    assert Book.objects.get(fund=fund).closed_through is None


@pytest.mark.parametrize("who", ["applicant", "meeting_clerk", "cashier", "fund_office"])
def test_only_who_manages_the_fund_closes(who, spring, treasury, fund):
    with pytest.raises(Forbidden):
        periods.close_period(by=getattr(treasury, who), fund=fund, year=2026, month=4)
    period = close(treasury, fund, 4)
    with pytest.raises(Forbidden):
        periods.reopen_period(by=getattr(treasury, who), period=period, reason="错账")


@pytest.mark.parametrize("change", [{"closing": YUAN("0.01")}, {"month": 13}])
def test_the_database_keeps_figures_that_add_up(spring, treasury, fund, change):
    close(treasury, fund, 4)
    with pytest.raises(IntegrityError), transaction.atomic():
        Period.objects.update(**change)


def test_a_mistake_put_right_in_its_month_leaves_no_trace_in_the_frozen_figures(money, fund, treasury, today):
    """Reversed spending counts below zero as spending, not as income (红字冲销)."""
    money.come("1000.00")
    paper = build.document(fund.unit, "误付")
    money.reverse(money.pay("300.00", document=paper), paper)
    today.move_to("2026-06-01 10:00:00+08:00")
    may = periods.close_period(by=treasury.fund_lead, fund=fund, year=2026, month=5)
    assert (may.opening, may.income, may.spent, may.closing) == tuple(map(Decimal, ("0", "1000", "0", "1000")))
