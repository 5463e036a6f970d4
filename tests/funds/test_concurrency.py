"""Many at one fund (invariant 3): never below zero, nothing lost, numbers without gaps, nobody stuck.

A race proves nothing on SQLite, which lets one writer in at a time. Each control takes the locks away, all but
that of the audit chain, or takes them in another order, and shows what they are for.
"""

import datetime
import random
import threading
from contextlib import suppress
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.db.models import QuerySet, Sum

from carecore import audit
from carecore.models import AuditHead
from carecore.workflow import Refused, Stale
from funds import ledger
from funds.checks import CHECKS
from funds.models import (
    PASSED_DOWN,
    Account,
    AccountKind,
    Period,
    Reservation,
    Transfer,
    Voucher,
    VoucherKind,
)
from funds.workflow import payments, periods
from funds.workflow.payments import Result
from tests import build
from tests.funds.payouts import of_two
from tests.races import at_once, refusals

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time"),
    pytest.mark.usefixtures("sound"),
]
WORKERS, ROUNDS = 8, 12
# Seconds that the one in front waits for another: with the locks in vain, without them as long as it takes.
PATIENCE = {"locked": 1, "control": 30}


@pytest.fixture(params=["locked", "control"])
def locks(request, monkeypatch):
    """With the locks, and without them."""
    if request.param == "control":
        lock = QuerySet.select_for_update

        def read_only(query, *args, **options):
            return lock(query, *args, **options) if query.model is AuditHead else query.all()

        monkeypatch.setattr(QuerySet, "select_for_update", read_only)
    return request.param


@pytest.fixture
def sound(transactional_db):
    """Whatever happened, the audit chain holds."""
    audit.record_access(by=None, action="begun")
    yield
    assert list(audit.check_chain()) == []


@pytest.fixture
def meet_after(monkeypatch, locks):
    """Let both that have called this function, or one of these, wait there for each other."""
    barrier = threading.Barrier(2)

    def patch(name, module=ledger):
        function = getattr(module, name)

        def meet(*args):
            found = function(*args)
            with suppress(threading.BrokenBarrierError):
                barrier.wait(PATIENCE[locks])
            return found

        monkeypatch.setattr(module, name, meet)

    return patch


def findings():
    return [(one.row, one.message) for check in CHECKS for one in check()]


@pytest.fixture
def unnumbered(transactional_db):
    """Vouchers without their unique number: nothing but the locks stands against two at once."""
    unique = next(one for one in Voucher._meta.constraints if one.name == "voucher_number_once")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Voucher, unique)
    yield
    Transfer.objects.all().delete()
    Voucher.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(Voucher, unique)


def test_eight_draw_one_fund_down_to_nothing(money):
    """96 try to take 1.00 each of 70.00: seventy get it."""
    money.come("70.00")

    def draw():
        taken = 0
        for _ in range(ROUNDS):
            with suppress(Refused):
                money.pay("1.00")
                taken += 1
        return taken

    results = at_once(*[draw] * WORKERS)
    assert sum(results) == 70
    assert (money.own().balance, Transfer.objects.count()) == (0, 71)
    assert list(Voucher.objects.order_by("pk").values_list("number", flat=True)) == list(range(1, 72))
    assert findings() == []


def test_two_draw_what_is_enough_for_one(money, locks, meet_after):
    money.come("100.00")
    meet_after("_locked_books")
    results = at_once(*[partial(money.pay, "60.00")] * 2)
    if locks == "locked":
        assert refusals(results) == [(Refused, "balance")]
    else:  # both went ahead on what they had read: the unique number is the last guard
        [error] = [one for one in results if isinstance(one, IntegrityError)]
        assert "voucher_number_once" in str(error)
    assert (money.own().balance, findings()) == (Decimal("40.00"), [])


def test_and_both_get_it_where_neither_lock_nor_number_stands_against_it(money, locks, meet_after, unnumbered):
    money.come("100.00")
    meet_after("_locked_books")
    results = at_once(*[partial(money.pay, "60.00")] * 2)
    spent = Transfer.objects.filter(to_account__kind=AccountKind.PURPOSE).aggregate(sum=Sum("amount"))["sum"]
    assert money.own().balance == Decimal("40.00")
    if locks == "locked":
        assert (refusals(results), spent) == ([(Refused, "balance")], Decimal("60.00"))
    else:  # 120.00 of 100.00 are gone, and the balance knows of one half: verify sees it
        assert (refusals(results), spent) == ([], Decimal("120.00"))
        assert ("帮扶资金“帮扶资金”", "余额记为40.00元,按分录应为-20.00元") in findings()


def test_two_cashiers_post_one_voucher(money, city, locks, meet_after):
    money.come("100.00")
    paper = build.document(city.root, "慰问")
    meet_after("_locked_books")
    results = at_once(*[partial(money.pay, "10.00", document=paper)] * 2)
    if locks == "locked":
        assert refusals(results) == [(Refused, "posted")]
    else:
        assert [type(one) for one in results if isinstance(one, Exception)] == [IntegrityError]
    assert (money.own().balance, Voucher.objects.count()) == (Decimal("90.00"), 2)


def test_what_one_holds_another_does_not_draw(money, locks, meet_after):
    money.come("100.00")
    meet_after("locked_all")
    results = at_once(partial(money.reserve, "60.00"), partial(money.pay, "60.00"))
    if locks == "locked":
        assert (refusals(results), findings()) == ([(Refused, "balance")], [])
    else:  # the row's CHECK stops the one, or the hold of the other is lost and verify sees it
        assert refusals(results) == []
        stopped = [type(one) for one in results if isinstance(one, Exception)]
        assert stopped == [IntegrityError] or findings() != []


def test_one_hold_is_drawn_once(money, city, locks, meet_after):
    """Two closings of one batch: the money held for it is paid, or given back, not both."""
    money.come("100.00")
    paper = build.document(city.root, "批次")
    money.reserve("60.00", paper)

    def pay():
        with audit.recorded():
            [held] = ledger.held_for(paper) or [None]
            if held is None:
                return None
            leg = ledger.Leg(build.account(held.fund, "困难补助"), held.left)
            entry = money.entry(leg, document=paper, fund=held.fund, reservation=held)
            return ledger.post(by=None, entries=[entry])

    def give_back():
        with audit.recorded():
            return ledger.release(by=None, reservations=Reservation.objects.all())

    meet_after("locked_all")
    results = at_once(pay, give_back)
    if locks == "locked":
        assert (refusals(results), findings()) == ([], [])
        held = Reservation.objects.get()
        assert {held.paid, held.released} == {Decimal("60.00"), Decimal("0.00")}
    else:
        stopped = [type(one) for one in results if isinstance(one, Exception)]
        assert stopped == [IntegrityError] or findings() != []


def test_a_month_is_closed_while_somebody_posts_into_it(money, fund, treasury, today, locks, meet_after):
    """Either the voucher is in the frozen figures, or it is refused."""
    money.come("100.00")
    today.move_to("2026-06-11 10:00:00+08:00")
    meet_after("_locked_books")
    meet_after("_frozen", periods)
    results = at_once(
        partial(money.pay, "60.00", dated=datetime.date(2026, 5, 31)),
        partial(periods.close_period, by=treasury.fund_lead, fund=fund, year=2026, month=5),
    )
    spent = Period.objects.get().spent
    if locks == "locked":
        assert (refusals(results), spent) in [([(Refused, "period")], 0), ([], Decimal("60.00"))]
        assert findings() == []
    else:  # the voucher came into the month after its figures were taken: verify sees it
        assert (refusals(results), spent) == ([], 0)
        assert [row for row, _ in findings()] == ["帮扶资金2026年5月"]


@pytest.fixture
def five(city, treasury, money):
    """Five funds with 100.00 in each."""
    rows = [build.fund(city.root, f"资金{number}", opened_by=treasury.fund_lead) for number in range(5)]
    for row in rows:
        money.come("100.00", fund=row)
    return rows


def handed_over(money, source, target, amount, paper):
    """Both vouchers of money that goes from one fund to another, under one document."""
    out = Account.objects.get(fund=source, kind=AccountKind.PURPOSE, code=PASSED_DOWN)
    into = Account.objects.get(fund=target, kind=AccountKind.SOURCE, code=PASSED_DOWN)
    return [
        money.entry(ledger.Leg(out, amount), document=paper, fund=source),
        money.entry(ledger.Leg(into, amount), document=paper, fund=target, kind=VoucherKind.INCOME),
    ]


def test_eight_move_money_between_five_funds(money, city, five):
    """Crosswise, holding, drawing, giving back and reversing in between: the sum stays, and nobody is stuck."""

    def work(seed):
        choice, done = random.Random(seed), 0
        for number in range(ROUNDS):
            source, target = choice.sample(five, 2)
            paper, amount = build.document(city.root, f"{seed}-{number}"), Decimal(choice.randint(1, 6000)) / 100
            with suppress(Refused):
                if number % 3 == 0:
                    held = money.reserve(amount, paper, fund=source)
                    money.release(held)
                elif number % 3 == 1:
                    money.reverse(money.pay(amount, fund=source, document=paper), paper)
                else:
                    money.post(*handed_over(money, source, target, amount, paper))
                    done += 1
        return done

    results = at_once(*[partial(work, seed) for seed in range(WORKERS)])
    assert not [one for one in results if isinstance(one, Exception)]
    assert sum(results) > WORKERS
    own = Account.objects.filter(fund__in=five, kind=AccountKind.FUND).values_list("balance", "reserved")
    assert sum(balance for balance, _ in own) == Decimal("500.00")
    assert all(balance >= 0 == reserved for balance, reserved in own)
    assert findings() == []


def test_a_deadlock_would_be_seen(money, city, five, monkeypatch):
    """The control: accounts locked in the order of the entries, not by their keys."""
    meeting, lock = threading.Barrier(2), ledger._locked_accounts

    def one_after_the_other(entries):
        found = lock(entries[:1])
        meeting.wait(PATIENCE["control"])
        return found | lock(entries[1:])

    monkeypatch.setattr(ledger, "_locked_accounts", one_after_the_other)
    first, second = five[:2]
    papers = [build.document(city.root, name) for name in ("去", "回")]
    there = handed_over(money, first, second, Decimal("1.00"), papers[0])
    back = handed_over(money, second, first, Decimal("1.00"), papers[1])
    results = at_once(partial(money.post, *there), partial(money.post, *back))
    assert [type(one) for one in results if isinstance(one, Exception)] == [OperationalError]


def test_two_cashiers_pay_a_line_once(payouts, locks, meet_after):
    payment = of_two(payouts)
    lines = payouts.lines(payment)
    meet_after("lines_of", payments)
    call = partial(payments.pay_directly, by=payouts.treasury.cashier, payment=payment, lines=lines)
    results = at_once(call, call)
    if locks == "locked":
        assert refusals(results) == [(Stale, "stale")]
    else:  # both took the lines for waiting: the unique number of the voucher is the last guard
        assert [type(one) for one in results if isinstance(one, Exception)] == [IntegrityError]
    assert (payouts.fresh(payment).paid, len(payouts.vouchers(payment))) == (Decimal("800.00"), 1)
    assert findings() == []


def test_the_same_result_twice_at_once_pays_once(payouts, locks, meet_after):
    payment = payouts.send(of_two(payouts))
    results = [Result(line, True) for line in payouts.lines(payment)]
    meet_after("lines_of", payments)
    call = partial(payments.bank_result, by=payouts.treasury.cashier, payment=payment, results=results)
    answers = at_once(call, call)
    assert sum(isinstance(one, Exception) for one in answers) == 1
    assert (payouts.fresh(payment).paid, len(payouts.vouchers(payment))) == (Decimal("800.00"), 1)
