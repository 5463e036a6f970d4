"""The ledger that is measured: one fund with a million transfers of three years, its counters true."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace

from django.db import connection
from django.utils import timezone

from carecore import audit, clock
from carecore.access import Role
from funds import ledger
from funds.models import Account, AccountKind, Book, VoucherKind
from tests import build

LOAD = """
    INSERT INTO funds_voucher (version, fund_id, year, number, dated, kind, summary, basis, total, document_kind,
        document_id, revision, posted_at, by_id)
    SELECT 1, %(fund)s, extract(year FROM day), row_number() OVER (PARTITION BY extract(year FROM day) ORDER BY n),
        day, kind, '慰问', '', 100, 'x', n, 1, %(now)s, %(by)s
    FROM (SELECT n, %(first)s::date + (n * %(days)s / %(count)s)::int AS day,
        CASE WHEN n %% 2 = 1 THEN '收入' ELSE '支出' END AS kind FROM generate_series(1, %(count)s) n) rows ORDER BY n;
    INSERT INTO funds_transfer (version, voucher_id, fund_id, from_account_id, to_account_id, amount, balance, note)
    SELECT 1, id, fund_id, CASE WHEN kind = '收入' THEN %(source)s ELSE %(own)s END,
        CASE WHEN kind = '收入' THEN %(own)s ELSE %(purpose)s END, 100, CASE WHEN kind = '收入' THEN 100 ELSE 0 END, ''
    FROM funds_voucher WHERE fund_id = %(fund)s ORDER BY id;
    INSERT INTO funds_turnover (account_id, year, month, incoming, outgoing)
    SELECT account, extract(year FROM dated), extract(month FROM dated), sum(into_it), sum(out_of_it) FROM (
        SELECT to_account_id AS account, voucher_id, amount AS into_it, 0 AS out_of_it FROM funds_transfer
        UNION ALL SELECT from_account_id, voucher_id, 0, amount FROM funds_transfer
    ) legs JOIN funds_voucher ON funds_voucher.id = voucher_id GROUP BY 1, 2, 3;
    UPDATE funds_account SET balance = -100 * (%(count)s / 2) WHERE id = %(source)s;
    UPDATE funds_account SET balance = 100 * (%(count)s / 2) WHERE id = %(purpose)s;
    UPDATE funds_book SET (year, number, dated) =
        (SELECT year, number, dated FROM funds_voucher WHERE fund_id = %(fund)s ORDER BY id DESC LIMIT 1)
    WHERE fund_id = %(fund)s;
"""


@dataclass(frozen=True)
class Measured:
    """One figure: what it says and whether it is what it must be."""

    what: str
    figure: str
    target: str
    met: bool

    def __str__(self) -> str:
        return f"{'ok    ' if self.met else 'MISSED'} {self.what}: {self.figure} (target {self.target})"


def at_least(what: str, ratio: float, target: float, detail: str) -> Measured:
    return Measured(what, f"{ratio:.2f}x ({detail})", f">= {target:g}x", ratio >= target)


def at_most(what: str, ratio: float, target: float, detail: str) -> Measured:
    return Measured(what, f"{ratio:.2f}x ({detail})", f"<= {target:g}x", ratio <= target)


def build_world(transfers: int) -> SimpleNamespace:
    """A city, its people about money, and the fund; everything is ready to be posted into today."""
    city = build.unit("滨海市")
    office, cashier, lead = (
        build.user(name, city, role, person=build.person(city, name))
        for name, role in (("office", Role.FUND_OFFICE), ("cashier", Role.CASHIER), ("lead", Role.FUND_LEAD))
    )
    fund = build.fund(city, opened_by=lead)
    own, source, purpose = (build.account(fund, label) for label in ("资金", "财政拨付", "困难补助"))
    today = clock.today()
    facts = {
        "fund": fund.pk, "own": own.pk, "source": source.pk, "purpose": purpose.pk, "count": transfers // 2 * 2,
        "first": today - datetime.timedelta(days=1095), "days": 1095, "now": timezone.now(), "by": cashier.pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(LOAD, facts)
        # Money to spend while measuring, as if it had come at the end of the books.
        cursor.execute("UPDATE funds_account SET balance = balance + 10000000000 WHERE id = %s", [own.pk])
        cursor.execute("VACUUM ANALYZE")
    assert Book.objects.get(fund=fund).number > 0
    assert Account.objects.get(fund=fund, kind=AccountKind.FUND).balance > Decimal(0)
    small = build.fund(city, "小额资金", opened_by=lead)
    leg = ledger.Leg(build.account(small, "财政拨付"), Decimal(1))
    with audit.recorded():
        ledger.post(by=cashier, entries=[ledger.Entry(
            fund=small, dated=today, kind=VoucherKind.INCOME, summary="拨款", document=build.document(city), legs=[leg] * 60,
        )])  # fmt: skip
    return SimpleNamespace(
        city=city, fund=fund, small=small, purpose=purpose, office=office, cashier=cashier, lead=lead,
    )  # fmt: skip
