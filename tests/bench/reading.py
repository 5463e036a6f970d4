"""The statement and the balance of a fund at a million transfers, against bare SQL on the stored running balance."""

import statistics
import time

from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from carecore.models import User
from carecore.paging import page_of
from funds.models import Account, AccountKind, Transfer
from funds.views.statement import StatementList
from tests.bench.world import Measured, at_most

TARGET, TIMES = 3, 50
BARE = """
    SELECT t.id, v.dated, v.number, v.summary, t.from_account_id, t.to_account_id, t.amount, t.balance
    FROM funds_transfer t JOIN funds_voucher v ON v.id = t.voucher_id
    WHERE t.fund_id = {} AND t.id <= {} ORDER BY t.id DESC LIMIT 50
"""


def run(world):
    yield _balance(world)
    keys = Transfer.objects.filter(fund=world.fund).order_by("pk").values_list("pk", flat=True)
    last = keys.last()
    far = keys.filter(pk__gte=(keys.first() + last) // 2).first()
    counts = {name: len(_queries(fund, edge)) for name, fund, edge in (
        ("at the end", world.fund, None), ("far back", world.fund, far), ("of a small fund", world.small, None)
    )}  # fmt: skip
    same = counts["at the end"] == counts["of a small fund"]
    figure = "、".join(f"{number} {name}" for name, number in counts.items())
    yield Measured("queries of a statement's rows and count", figure, "as many whatever the rows", same)
    for name, edge, start in (("the last 50 lines", None, last), ("50 lines far back", far, far - 1)):
        ours = _seconds(next(sql for sql in _queries(world.fund, edge) if sql.endswith("LIMIT 51")))
        bare = _seconds(BARE.format(world.fund.pk, start))
        detail = f"{ours * 1000:.2f} against {bare * 1000:.2f} ms"
        yield at_most(f"{name} with running balance, against bare SQL", ours / bare, TARGET, detail)


def _balance(world):
    with CaptureQueriesContext(connection) as queries:
        Account.objects.get(fund=world.fund, kind=AccountKind.FUND)
    sql = queries[0]["sql"]
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = len(cursor.fetchall())
    figure = f"{len(queries)} query, {rows} row, {_seconds(sql) * 1000:.2f} ms"
    return Measured("the balance of a fund", figure, "one row read", (len(queries), rows) == (1, 1))


def _queries(fund, edge):
    """The statements of a page of the statement: its filters, its count, its rows."""
    params = QueryDict(mutable=True)
    params.update({"fund": str(fund.pk), "sort": "-dated", **({"after": str(edge)} if edge else {})})
    user = User.objects.get(username="lead")
    user.appointments  # noqa: B018 - read once a request, not once a list
    with CaptureQueriesContext(connection) as queries:
        _, table = StatementList().select(user, params)
        assert page_of(table.data.data, params, 50).rows
    return [query["sql"] for query in queries]


def _seconds(sql):
    """The median of many runs, rows fetched."""
    times = []
    with connection.cursor() as cursor:
        for _ in range(TIMES):
            begun = time.perf_counter()
            cursor.execute(sql)
            cursor.fetchall()
            times.append(time.perf_counter() - begun)
    return statistics.median(times)
