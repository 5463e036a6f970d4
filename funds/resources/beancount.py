"""The ledger as a plain-text file that the public program beancount reads: an outsider checks it with tools of their own.

A source is an Equity account, a fund's own an Assets, a purpose an Expenses account, so that every balance has the
sign and the fen it has here. Names are ASCII; metadata says the Chinese ones. The file ends with what each account
must hold, exactly.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import IO

from django.db.models import Max, Min, QuerySet

from carecore.verification import snapshot
from funds.models import Account, AccountKind, Fund, Transfer, Voucher

TYPES = {AccountKind.SOURCE: "Equity", AccountKind.FUND: "Assets", AccountKind.PURPOSE: "Expenses"}
CURRENCY = "CNY"
CHUNK = 2000


def write(stream: IO[bytes], title: str, funds: QuerySet[Fund]) -> int:
    """Write the whole ledger of these funds and return how many vouchers it has; memory stays flat."""
    vouchers = 0
    with snapshot():
        accounts = Account.objects.filter(fund__in=funds.order_by().values("pk")).select_related("fund__unit")
        accounts = accounts.order_by("fund", "pk").annotate(
            begins=Min("fund__vouchers__dated"), ends=Max("fund__vouchers__dated")
        )
        names = {}
        _put(stream, [f"option {_text('title')} {_text(title)}", f'option "operating_currency" "{CURRENCY}"', ""])
        for account in accounts.iterator(chunk_size=CHUNK):
            names[account.pk] = _name(account)
            _put(stream, _open(account))
        transfers = Transfer.objects.filter(fund__in=funds.order_by().values("pk")).order_by("fund", "pk")
        transfers = transfers.select_related("voucher__fund", "voucher__by", "voucher__reverses")
        for _, rows in groupby(transfers.iterator(chunk_size=CHUNK), key=attrgetter("voucher_id")):
            _put(stream, _transaction(rows, names))
            vouchers += 1
        for account in accounts.iterator(chunk_size=CHUNK):
            day = (account.ends or account.fund.opened_on) + datetime.timedelta(days=1)
            # Exactly: without its own tolerance beancount lets a fen pass.
            _put(stream, [f"{day} balance {_name(account)} {account.balance} ~ 0.00 {CURRENCY}"])
    return vouchers


def _put(stream: IO[bytes], lines: Iterable[str]) -> None:
    stream.write("".join(f"{line}\n" for line in lines).encode())


def _text(value: object) -> str:
    """A beancount string on one line."""
    plain = " ".join(str(value).split())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _name(account: Account) -> str:
    return f"{TYPES[AccountKind(account.kind)]}:Fund{account.fund_id}:Account{account.pk}"


def _open(account: Account) -> Iterator[str]:
    day = min(filter(None, (account.fund.opened_on, account.begins)))
    yield f"{day} open {_name(account)} {CURRENCY}"
    facts = {"name": account, "kind": account.kind, "fund": account.fund, "unit": account.fund.unit}
    yield from _metadata(facts)
    yield ""


def _metadata(facts: dict[str, object]) -> Iterator[str]:
    for key, value in facts.items():
        if value not in ("", None):
            yield f"  {key}: {_text(value)}"


def _transaction(rows: Iterable[Transfer], names: dict[int, str]) -> Iterator[str]:
    rows = list(rows)
    voucher: Voucher = rows[0].voucher
    yield f"{voucher.dated} * {_text(voucher.kind)} {_text(voucher.summary)}"
    yield from _metadata({
        "fund": voucher.fund, "voucher": voucher, "document": f"{voucher.document_kind} {voucher.document_id}",
        "revision": voucher.revision, "basis": voucher.basis, "reverses": voucher.reverses, "by": voucher.by,
    })  # fmt: skip
    for row in rows:
        yield f"  {names[row.to_account_id]} {row.amount} {CURRENCY}"
        yield f"  {names[row.from_account_id]} -{row.amount} {CURRENCY}"
        yield from (f"  {line}" for line in _metadata({"note": row.note}))
    yield ""
