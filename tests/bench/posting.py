"""Posting one transfer through the ledger, checks and audit event included, against pgbench sending its statements.

The statements are captured from one posting. What must differ from one to the next (numbers, keys, the place in the
audit chain) is taken from what the database answers, so that pgbench takes the same locks in the same order.
"""

import multiprocessing
import os
import re
import subprocess
import tempfile
import time
from decimal import Decimal
from itertools import count

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from carecore import audit, clock
from carecore.models import AuditHead, Document
from funds import ledger
from funds.models import Book, VoucherKind
from tests.bench.world import at_least

CLIENTS = (1, 8)
TARGET = 0.3
# Numbers that occur nowhere else in a captured statement, and the variable of pgbench that stands for each.
DOCUMENT, VOUCHER, NUMBER, SEQ = 987_654_321, 60_000_000, 70_000_000, 50_000_000


def post(world, number):
    """One transfer out of the fund under a document of its own, as a verb does it."""
    entry = ledger.Entry(
        fund=world.fund, dated=clock.today(), kind=VoucherKind.PAYMENT, summary="慰问支出",
        document=Document(pk=number), legs=[ledger.Leg(world.purpose, Decimal("1.00"))],
    )  # fmt: skip
    with audit.recorded():
        ledger.post(by=world.cashier, entries=[entry])


def run(world, seconds):
    script = _script(world)
    for clients in CLIENTS:
        bare = _pgbench(script, clients, seconds)
        ours = _ours(world, clients, seconds)
        noun = "client" if clients == 1 else "clients"
        detail = f"{ours:.0f} against {bare:.0f} a second"
        yield at_least(f"posting a transfer, {clients} {noun}, against pgbench", ours / bare, TARGET, detail)


def _ours(world, clients, seconds):
    """Postings a second of so many processes at the one fund."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    start, done = context.Barrier(clients), context.Queue()
    workers = [context.Process(target=_work, args=(world, n, seconds, start, done)) for n in range(clients)]
    for worker in workers:
        worker.start()
    rates = [done.get() for _ in workers]
    for worker in workers:
        worker.join()
    return sum(rates)


def _work(world, client, seconds, start, done):
    numbers = count(10**9 * (client + 1) + time.time_ns() % 10**8)
    post(world, next(numbers))
    start.wait()
    begun, posted = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        post(world, next(numbers))
        posted += 1
    done.put(posted / (time.perf_counter() - begun))
    connections.close_all()


def _script(world):
    """The statements of one posting for pgbench."""
    post(world, 1)  # what is made once is made before
    Book.objects.filter(fund=world.fund).update(number=NUMBER)
    AuditHead.objects.update(seq=SEQ)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SEQUENCE funds_voucher_id_seq RESTART WITH {VOUCHER}")
    with CaptureQueriesContext(connection) as captured:
        post(world, DOCUMENT)
    lines = ["\\set document random(10000000000, 900000000000000)"]
    for query in captured:
        text = " ".join(query["sql"].split()).rstrip(";")
        text = text.replace(str(DOCUMENT), ":document").replace(str(VOUCHER), ":voucher_id")
        text = text.replace(str(NUMBER + 1), "(:book_number + 1)")
        text = re.sub(rf"\b{SEQ // 10**6}0000(\d\d)\b", lambda m: f"(:head_seq + {int(m[1])})", text)
        kept = next((prefix for prefix, pattern in KEPT.items() if re.match(pattern, text)), None)
        lines.append(f"{text} \\gset {kept}_" if kept else f"{text};")
    return "\n".join(lines) + "\n"


KEPT = {
    "voucher": r'INSERT INTO "funds_voucher"',
    "book": r'SELECT .* FROM "funds_book"',
    "head": r'SELECT .* FROM "carecore_audithead"',
}


def _pgbench(script, clients, seconds):
    """Transactions a second of so many clients sending the script; raises where one of them fails."""
    settings = connection.settings_dict
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        address = {"HOST": "-h", "PORT": "-p", "USER": "-U"}
        command = ["pgbench", "-n", "-c", str(clients), "-j", "2", "-T", str(max(1, round(seconds))), "-f", file.name]
        for name, option in address.items():
            if settings[name]:
                command += [option, str(settings[name])]
        environment = {**os.environ, "PGPASSWORD": settings["PASSWORD"] or ""}
        done = subprocess.run([*command, settings["NAME"]], capture_output=True, text=True, env=environment, check=False)
    if done.returncode or "aborted" in done.stderr:
        raise SystemExit(f"pgbench failed:\n{done.stderr[-2000:]}")
    return float(re.search(r"tps = ([0-9.]+)", done.stdout)[1])
