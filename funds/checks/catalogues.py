"""Sources and purposes (invariant 3): no money from, or to, what the rules of its day do not name (LYG-9, BZ-27)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import lru_cache

from django.db.models import Min, QuerySet

from carecore.policy import Rulebook
from carecore.registry import Problem
from funds.checks.balances import CHUNK, name_of
from funds.ledger import ALWAYS, CATALOGUES, allowed
from funds.models import Account, AccountKind, Transfer, Voucher

CATALOGUE = "3 来源与用途"
# How money goes forward: out of a source, into a purpose. What flows back is not asked.
FORWARD = {AccountKind.SOURCE: "from_account", AccountKind.PURPOSE: "to_account"}


def check_catalogues() -> Iterator[Problem]:
    """What each fund took money from and paid it for on a day, the rules of that day name."""
    account_of = lru_cache(CHUNK)(Account.objects.select_related("fund__unit").get)
    for kind, column in FORWARD.items():
        book: Rulebook | None = None
        for day, pk, voucher in _by_day(kind, column).iterator(chunk_size=CHUNK):
            if book is None or book.on != day:
                book = Rulebook(day, keys=CATALOGUES.values())
            account = account_of(pk=pk)
            if not _is_named(book, account):
                yield _problem(day, account, voucher)


def _by_day(kind: AccountKind, column: str) -> QuerySet:
    """Day, account and first voucher of all that flowed forward: one row however many transfers."""
    rows = Transfer.objects.filter(**{f"{column}__kind": kind})
    rows = rows.exclude(**{f"{column}__code__in": ALWAYS[kind]}).order_by("voucher__dated", column)
    return rows.values_list("voucher__dated", column).annotate(first=Min("voucher"))


def _is_named(book: Rulebook, account: Account) -> bool:
    limit = allowed(book, account.fund, account.kind)
    return limit is not None and account.code in {entry["code"] for entry in limit.value}


def _problem(day: datetime.date, account: Account, voucher: int) -> Problem:
    message = f"{day}的规则没有允许该资金有“{account}”这一{account.kind}({Voucher.objects.get(pk=voucher)}号凭证)"
    return Problem(CATALOGUE, name_of(account), message)
