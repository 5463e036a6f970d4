"""Paying a list of 1,000 lines in one call against 1,000 payments of one line each."""

import time
from decimal import Decimal

from carecore import audit
from funds import ledger
from funds.workflow import payments
from tests import build
from tests.bench.world import at_least

LINES, SINGLE, TARGET = 1000, 100, 20


def run(world):
    whole = _prepared(world, LINES)
    begun = time.perf_counter()
    payments.pay_directly(by=world.cashier, payment=whole, lines=list(whole.lines.all()))
    once = time.perf_counter() - begun
    one_by_one = [_prepared(world, 1) for _ in range(SINGLE)]
    begun = time.perf_counter()
    for payment in one_by_one:
        payments.pay_directly(by=world.cashier, payment=payment, lines=list(payment.lines.all()))
    singly = (time.perf_counter() - begun) * LINES / SINGLE
    detail = f"{once:.2f} s against {singly:.1f} s for {LINES} lines"
    yield at_least("paying a list in one call, against one by one", singly / once, TARGET, detail)


def _prepared(world, lines):
    """A payment of so many lines of 1.00, its money held."""
    document = build.document(world.city, "批次")
    with audit.recorded():
        held = ledger.reserve(by=world.office, fund=world.fund, amount=Decimal(lines), document=document)
    return payments.prepare(
        by=world.office, fund=world.fund, purpose=world.purpose, subject="慰问", document=document, reservation=held,
        approved_by=world.lead, lines=[payments.LineDraft(f"人员{n}", Decimal(1)) for n in range(lines)],
    )  # fmt: skip
