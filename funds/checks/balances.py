"""Balances and counters (invariant 3): each is the sum of its transfers, none below zero, none beyond what is held."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Sum, When, Window
from django.db.models.functions import Coalesce, ExtractMonth, ExtractYear, Lag

from carecore.money import ZERO, MoneyField, fen
from carecore.registry import Problem
from funds.models import (
    Account,
    AccountKind,
    Reservation,
    ReservationState,
    Transfer,
    Turnover,
)

MONEY = "3 资金"
CHUNK = 2000


def or_zero(query: QuerySet) -> Coalesce:
    """A subquery of one amount, 0.00 where it finds none."""
    return Coalesce(Subquery(query, output_field=MoneyField()), fen(ZERO))


def summed(rows: QuerySet, by: str, amount: str = "amount") -> Coalesce:
    """The sum of these rows, which all have the same `by`."""
    return or_zero(rows.order_by().values(by).annotate(sum=Sum(amount)).values("sum"))


def name_of(account: Account) -> str:
    return f"{account.fund}“{account}”"


def check_balances() -> Iterator[Problem]:
    """Each balance is what came in less what went out, and a fund or purpose is never below zero."""
    accounts = Account.objects.select_related("fund").order_by("pk")
    accounts = accounts.annotate(
        incoming=summed(Transfer.objects.filter(to_account=OuterRef("pk")), "to_account"),
        outgoing=summed(Transfer.objects.filter(from_account=OuterRef("pk")), "from_account"),
    )
    for row in accounts.exclude(balance=F("incoming") - F("outgoing")):
        counted = row.incoming - row.outgoing
        yield Problem(MONEY, name_of(row), f"余额记为{row.balance}元,按分录应为{counted}元")
    for row in accounts.exclude(kind=AccountKind.SOURCE).filter(incoming__lt=F("outgoing")):
        yield Problem(MONEY, name_of(row), f"转出多于转入,按分录余额为{row.incoming - row.outgoing}元")


def check_running() -> Iterator[Problem]:
    """Each transfer carries the balance of the fund after it: the one before it, and its own amount."""
    moved = Case(When(to_account__kind=AccountKind.FUND, then=F("amount")), default=fen(ZERO) - F("amount"))
    before = Window(Lag("balance", default=fen(ZERO)), partition_by="fund", order_by="pk")
    rows = Transfer.objects.annotate(before=before, moved=moved).select_related("fund", "voucher")
    for row in rows.exclude(balance=F("before") + F("moved")).order_by("pk").iterator(chunk_size=CHUNK):
        message = f"结余记为{row.balance}元,按上一笔结余应为{row.before + row.moved}元"
        yield Problem(MONEY, f"{row.fund}{row.voucher}号凭证 分录{row.pk}", message)


def check_turnovers() -> Iterator[Problem]:
    """What an account's months count is the sum of its transfers of that month."""
    kept = Turnover.objects.order_by("account", "year", "month")
    kept = kept.values_list("account", "year", "month", "incoming", "outgoing")
    into, out = _monthly("to_account"), _monthly("from_account")
    streams = [
        ((row[:3], "kept", row[3:]) for row in kept.iterator(chunk_size=CHUNK)),
        ((row[:3], "into", row[3]) for row in into.iterator(chunk_size=CHUNK)),
        ((row[:3], "out", row[3]) for row in out.iterator(chunk_size=CHUNK)),
    ]
    for (account, year, month), rows in groupby(heapq.merge(*streams, key=itemgetter(0)), key=itemgetter(0)):
        values = {name: value for _, name, value in rows}
        counted = (values.get("into", ZERO), values.get("out", ZERO))
        if values.get("kept", (ZERO, ZERO)) != counted:
            yield _wrong_month(account, f"{year}年{month}月", values.get("kept", (ZERO, ZERO)), counted)


def _monthly(column: str) -> QuerySet:
    rows = Transfer.objects.annotate(year=ExtractYear("voucher__dated"), month=ExtractMonth("voucher__dated"))
    rows = rows.order_by(column, "year", "month").values_list(column, "year", "month")
    return rows.annotate(sum=Sum("amount"))


def _wrong_month(account: int, month: str, kept: tuple[Decimal, ...], counted: tuple[Decimal, ...]) -> Problem:
    name = name_of(Account.objects.select_related("fund").get(pk=account))
    message = f"发生额记为转入{kept[0]}元、转出{kept[1]}元,按分录应为转入{counted[0]}元、转出{counted[1]}元"
    return Problem(MONEY, f"{name}{month}", message)


def check_reservations() -> Iterator[Problem]:
    """What a fund holds back is the sum of its reservations, never more than it has; one that is done holds nothing."""
    left = F("amount") - F("paid") - F("released")
    held = Reservation.objects.filter(fund=OuterRef("fund"), state=ReservationState.HELD).annotate(left_fen=left)
    accounts = Account.objects.select_related("fund").order_by("pk")
    own = accounts.filter(kind=AccountKind.FUND).annotate(held=summed(held, "fund", "left_fen"))
    for row in own.exclude(reserved=F("held")):
        yield Problem(MONEY, name_of(row), f"预留记为{row.reserved}元,各笔预留尚余合计{row.held}元")
    for row in own.filter(held__gt=F("balance")):
        yield Problem(MONEY, name_of(row), f"各笔预留尚余合计{row.held}元,超过余额{row.balance}元")
    for row in accounts.exclude(kind=AccountKind.FUND).exclude(reserved=ZERO):
        yield Problem(MONEY, name_of(row), f"不是资金账户,却预留{row.reserved}元")
    rows = Reservation.objects.annotate(left_fen=left).select_related("fund").order_by("pk")
    for row in rows.filter(Q(left_fen__lt=ZERO) | ~Q(left_fen=ZERO) & Q(state=ReservationState.DONE)):
        message = f"预留{row.amount}元、已付{row.paid}元、已释放{row.released}元,与“{row.state}”不符"
        yield Problem(MONEY, f"预留 {row.pk}({row.fund})", message)
