"""An invented two years of a fund: carried over, corrected, paid back, closed; and a fund of another unit."""

from decimal import Decimal
from types import SimpleNamespace

from carecore import audit, clock
from funds import ledger
from funds.models import Budget, VoucherKind
from funds.workflow import periods
from tests import build

STEPS = (
    ("2025-11-03", "come", "500.00", "财政拨付"),
    ("2025-12-01", "pay", "100.00", "走访慰问"),
    ("2026-01-05", "come", "1000.00", "财政拨付"),
    ("2026-01-20", "come", "250.25", "党费划拨"),
    ("2026-02-10", "pay", "300.10", "困难补助"),
    ("2026-02-11", "pay", "80.00", "走访慰问"),
    ("2026-04-02", "pay", "20.05", "困难补助"),
)


def two_years(city, treasury, fund, money, today):
    """`fund` with its vouchers; in April 2026 one is reversed, one refunded; January is closed; 100.00 is held."""
    vouchers = []
    for day, step, amount, label in STEPS:
        today.move_to(f"{day} 10:00:00+08:00")
        paper = build.document(city.root, f"{step}{amount}")
        vouchers.append(getattr(money, step)(amount, label, **({"document": paper} if step == "pay" else {})))
    money.reverse(vouchers[-1], paper)
    refund(money, fund, treasury, "30.00")
    Budget.objects.create(fund=fund, year=2026, purpose=build.account(fund, "困难补助"), planned="400.00")
    Budget.objects.create(fund=fund, year=2026, planned="1000.00", need="1500.00")
    today.move_to("2026-05-11 10:00:00+08:00")
    for year, month in ((2025, 11), (2025, 12), (2026, 1)):
        periods.close_period(by=treasury.fund_lead, fund=fund, year=year, month=month)
    held = money.reserve("100.00")
    other = build.fund(city.b, "乙局资金", opened_by=treasury.fund_lead)
    secret = money.come("777.77", fund=other)
    return SimpleNamespace(fund=fund, vouchers=vouchers, held=held, other=other, secret=secret)


def refund(money, fund, treasury, amount):
    """So much of a payment comes back from 困难补助."""
    leg = ledger.Leg(build.account(fund, "困难补助"), Decimal(amount), back=True, note="退票")
    paper = build.document(fund.unit, f"退回{amount}")
    entry = money.entry(leg, document=paper, kind=VoucherKind.REFUND, summary="退票退回")
    with audit.recorded():
        return ledger.post(by=treasury.cashier, entries=[entry])[0]


def many(money, fund, number):
    """So many payments of 0.01 to the fund's purpose, posted at one go."""
    papers = [build.document(fund.unit, f"件{number}-{index}") for index in range(number)]
    leg = ledger.Leg(build.account(fund, "困难补助"), Decimal("0.01"))
    money.post(*(money.entry(leg, document=paper, fund=fund, dated=clock.today()) for paper in papers))
