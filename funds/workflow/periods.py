"""Closing months: nothing is dated into a closed one any more, and its figures are frozen.

Locks: the fund's own account → its book, so that no voucher slips in meanwhile.
"""

from __future__ import annotations

import datetime
from calendar import monthrange

from carecore import audit, clock
from carecore.access import Can
from carecore.models import User
from carecore.reasons import written
from carecore.workflow import (
    add,
    change,
    locked,
    locked_all,
    move,
    refuse,
    require_right,
    require_state,
    verb,
)
from funds.models import Account, AccountKind, Book, Fund, Period, PeriodState, Turnover
from funds.queries import month_figures


def last_day(year: int, month: int) -> datetime.date:
    return datetime.date(year, month, monthrange(year, month)[1])


@verb
def close_period(*, by: User, fund: Fund, year: int, month: int) -> Period:
    """Close a month of a fund that is over and follows the last closed one (a first one: from where its books begin).

    Raises Refused for a month that is not over, was closed, or leaves a gap.
    """
    require_right(by, Can.MANAGE_FUNDS, fund.unit)
    [own] = locked_all(Account.objects.filter(fund=fund, kind=AccountKind.FUND))
    book = Book.objects.select_for_update(no_key=True, of=("self",)).get(fund=fund)
    ends_on = last_day(year, month)
    if ends_on >= clock.today():
        raise refuse(f"{year}年{month}月尚未结束,不能结账", key="month", row=fund)
    due = next_to_close(fund, book)
    if (year, month) != due:
        message = f"{fund}须按月依次结账,应先结{due[0]}年{due[1]}月" if (year, month) > due else f"{fund}{year}年{month}月已结账"
        raise refuse(message, key="month", row=fund)
    period = _frozen(by, own, year, month)
    book.closed_through = ends_on
    book.save(update_fields=["closed_through"])
    audit.record(by=by, action="close_period", rows=[period])
    return period


def next_to_close(fund: Fund, book: Book) -> tuple[int, int]:
    """The year and month that come next: after the last closed one, or where the books begin."""
    if book.closed_through is not None:
        day = book.closed_through + datetime.timedelta(days=1)
        return day.year, day.month
    first = Turnover.objects.filter(account__fund=fund).order_by("year", "month").values_list("year", "month").first()
    return first or (fund.opened_on.year, fund.opened_on.month)


def _frozen(by: User, own: Account, year: int, month: int) -> Period:
    """The month's row with its figures; a reopened one is closed again."""
    figures = month_figures(own.fund, year, month)
    known = locked_all(Period.objects.filter(fund=own.fund, year=year, month=month))
    period = known[0] if known else Period(fund=own.fund, year=year, month=month)
    period.state, period.closed_by, period.closed_on = PeriodState.CLOSED, by, clock.today()
    period.opening, period.income, period.spent = figures.opening, figures.income, figures.spent
    period.closing = figures.closing
    if known:
        change([period], "state", "closed_by", "closed_on", "opening", "income", "spent", "closing")
    else:
        add([period])
    return period


@verb
def reopen_period(*, by: User, period: Period, reason: str) -> Period:
    """Open the last closed month of a fund again; `reason` is required."""
    [period] = locked([period], "fund__unit")
    require_state([period], [PeriodState.CLOSED], "反结账")
    require_right(by, Can.MANAGE_FUNDS, period.fund.unit)
    reason = written(reason, "请写明反结账的理由", period)
    locked_all(Account.objects.filter(fund=period.fund, kind=AccountKind.FUND))
    book = Book.objects.select_for_update(no_key=True, of=("self",)).get(fund=period.fund)
    if book.closed_through != last_day(period.year, period.month):
        raise refuse(f"只能对最近结账的月份反结账,{period.fund}已结账至{book.closed_through}", key="month", row=period)
    others = Period.objects.filter(fund=period.fund, state=PeriodState.CLOSED).exclude(pk=period.pk)
    before = others.order_by("-year", "-month").first()
    book.closed_through = last_day(before.year, before.month) if before else None
    book.save(update_fields=["closed_through"])
    move([period], state=PeriodState.REOPENED)
    audit.record(by=by, action="reopen_period", rows=[period], reason=reason)
    return period
