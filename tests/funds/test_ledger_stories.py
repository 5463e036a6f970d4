"""Random stories of two funds (invariant 3) beside a model of their own: what it allows is done, else refused whole.

The model knows no table and no lock: whole fen in dictionaries, and the day.
"""

import datetime
from calendar import monthrange
from collections import defaultdict
from contextlib import contextmanager
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from carecore import audit, clock
from carecore.workflow import Refused
from funds import ledger
from funds.checks import CHECKS
from funds.models import PASSED_DOWN, Account, AccountKind, Book, Period, Transfer, Voucher, VoucherKind
from funds.workflow import periods
from tests import build

SOURCES, PURPOSES, OUTLAWED = ("财政拨付", "党费划拨"), ("困难补助", "走访慰问"), "旅游观光"
BEGIN = datetime.date(2026, 11, 20)
OWN, SENT, CAME = "资金", "资金拨出", "资金拨入"
FUND = st.integers(0, 1)
FEN = st.one_of(st.integers(1, 500), st.sampled_from([1, 100, 20000, 50000]))
LEG = st.tuples(st.sampled_from([*SOURCES * 2, *PURPOSES * 2, OUTLAWED]), FEN, st.sampled_from([False] * 4 + [True]))
PICK = st.integers(0, 10**6)


class Denied(Exception):
    """The model does not allow it."""


class Purse:
    """The model of one fund: fen by account, what is held, the vouchers as (day, legs), how far it is closed."""

    def __init__(self):
        self.fen, self.reserved = defaultdict(int), 0
        self.vouchers, self.closed = [], None

    def post(self, today, day, legs, hold=None):
        """Legs are (from, to, fen); `hold` is what the money leaving is held under."""
        fen, reserved = self.fen.copy(), self.reserved
        last = self.vouchers[-1].day if self.vouchers else datetime.date.min
        if not max(last, (self.closed or datetime.date.min) + datetime.timedelta(days=1)) <= day <= today:
            raise Denied
        if hold:
            out = sum(amount if source == OWN else -amount for source, _, amount in legs)
            if not -hold.paid <= out <= hold.left:
                raise Denied
            reserved -= out
        for source, target, amount in legs:
            fen[source] -= amount
            fen[target] += amount
            free = fen[source] - (reserved if source == OWN else 0)
            if target == OUTLAWED or (source not in (*SOURCES, CAME) and free < 0):
                raise Denied
        self.fen, self.reserved = fen, reserved
        if hold:
            hold.left, hold.paid = hold.left - out, hold.paid + out
        self.vouchers.append(SimpleNamespace(day=day, legs=legs, after=fen[OWN], reversible=True))
        return self.vouchers[-1]

    def closing(self, through):
        """The balance at the end of a day."""
        return next((one.after for one in reversed(self.vouchers) if one.day <= through), 0)

    def numbers(self):
        seen = defaultdict(int)
        for one in self.vouchers:
            seen[one.day.year] += 1
            yield one.day.year, seen[one.day.year], one.day


def yuan(fen):
    return Decimal(fen) / 100


def flow(label, fen, back):
    """A leg as (from, to, fen): out of a source, into a purpose, or the other way round."""
    ends = (label, OWN) if label in SOURCES else (OWN, label)
    return (*(reversed(ends) if back else ends), fen)


class Story(RuleBasedStateMachine):
    """Every rule asks the model first, then the ledger, and wants the same answer of both."""

    def __init__(self, world):
        super().__init__()
        self.world, self.today = world, BEGIN
        self.purses, self.holds = [Purse(), Purse()], []
        self.whole = transaction.atomic()
        self.whole.__enter__()

    def teardown(self):
        try:
            for purse, fund in zip(self.purses, self.world.funds, strict=True):
                rows = Voucher.objects.filter(fund=fund).order_by("pk")
                assert list(rows.values_list("year", "number", "dated")) == list(purse.numbers())
                for one in purse.vouchers:
                    running = Transfer.objects.filter(voucher=one.row).order_by("pk").last().balance
                    assert running == yuan(one.after)
            assert [one for check in CHECKS for one in check()] == []
        finally:
            transaction.set_rollback(True)
            self.whole.__exit__(None, None, None)

    @contextmanager
    def both(self, allowed):
        """Run the ledger's step on the story's day: it is refused just where the model did not allow it."""
        refused = False
        with clock.at(self.today):
            try:
                with audit.recorded():
                    yield
            except Refused:
                refused = True
        assert refused != allowed

    def ask(self, purse, *facts, **more):
        try:
            return purse.post(self.today, *facts, **more)
        except Denied:
            return None

    def entry(self, index, legs, paper, **columns):
        legs = [ledger.Leg(self.world.accounts[index][label], yuan(fen), back=back) for label, fen, back in legs]
        facts = {"kind": VoucherKind.PAYMENT, "summary": "收支", "dated": self.today, **columns}
        return ledger.Entry(fund=self.world.funds[index], document=paper, legs=legs, **facts)

    def paper(self):
        return build.document(self.world.funds[0].unit)

    @initialize()
    def begin(self):
        """Some money in one fund, and some of it held."""
        self.post(0, [(SOURCES[0], 60000, False)], 0)
        self.reserve(0, 10000)

    @rule(index=FUND, label=st.sampled_from(SOURCES), fen=FEN, days=st.sampled_from([-40, -1, 0, 1]))
    def come(self, index, label, fen, days):
        """Income on any day: where money never lacks, only the day decides."""
        self.post(index, [(label, fen, False)], days)

    @rule(index=FUND, legs=st.lists(LEG, min_size=1, max_size=3), days=st.sampled_from([0] * 5 + [-1]))
    def post(self, index, legs, days):
        day, paper = self.today + datetime.timedelta(days=days), self.paper()
        made = self.ask(self.purses[index], day, [flow(*leg) for leg in legs])
        with self.both(made is not None):
            rows = ledger.post(by=None, entries=[self.entry(index, legs, paper, dated=day)])
        if made:
            made.row, made.paper = rows[0], paper

    @rule(index=FUND, fen=FEN)
    def hand_over(self, index, fen):
        """Both vouchers or none."""
        giver, taker = self.purses[index], self.purses[1 - index]
        sent = self.ask(giver, self.today, [(OWN, SENT, fen)])
        came = sent and self.ask(taker, self.today, [(CAME, OWN, fen)])
        paper = self.paper()
        entries = [self.entry(index, [(SENT, fen, False)], paper), self.entry(1 - index, [(CAME, fen, False)], paper)]
        with self.both(came is not None):
            rows = ledger.post(by=None, entries=entries)
        for made, row in zip((sent, came) if came else (), rows if came else (), strict=True):
            made.row, made.paper = row, paper

    @rule(index=FUND, fen=FEN)
    def reserve(self, index, fen):
        purse, paper = self.purses[index], self.paper()
        allowed = fen <= purse.fen[OWN] - purse.reserved
        with self.both(allowed):
            fund = self.world.funds[index]
            row = ledger.reserve(by=None, fund=fund, amount=yuan(fen), document=paper)
        if allowed:
            purse.reserved += fen
            self.holds.append(SimpleNamespace(index=index, left=fen, paid=0, row=row, paper=paper))

    @precondition(lambda self: self.holds)
    @rule(pick=PICK, fen=FEN, label=st.sampled_from(PURPOSES), back=st.booleans(), whole=st.booleans())
    def draw(self, pick, fen, label, back, whole):
        """Pay out of what is held, or bring it back, to the last fen of it or any amount."""
        hold = self.holds[pick % len(self.holds)]
        fen = (hold.paid if back else hold.left) if whole else fen
        if not fen:
            return
        made = self.ask(self.purses[hold.index], self.today, [flow(label, fen, back)], hold=hold)
        with self.both(made is not None):
            [row] = ledger.locked_all(type(hold.row).objects.filter(pk=hold.row.pk).select_related("fund__unit"))
            revision = ledger.next_revision(hold.paper)
            entry = self.entry(hold.index, [(label, fen, back)], hold.paper, reservation=row, revision=revision)
            rows = ledger.post(by=None, entries=[entry])
        if made:
            made.row, made.paper = rows[0], hold.paper

    @precondition(lambda self: self.holds)
    @rule(pick=PICK)
    def release(self, pick):
        """What is not held any more stays as it is."""
        hold = self.holds[pick % len(self.holds)]
        self.purses[hold.index].reserved -= hold.left
        with self.both(True):
            ledger.release(by=None, reservations=[hold.row])
        hold.left = 0

    @precondition(lambda self: any(purse.vouchers for purse in self.purses))
    @rule(index=FUND, pick=PICK)
    def reverse(self, index, pick):
        purse = self.purses[index] if self.purses[index].vouchers else self.purses[1 - index]
        old = purse.vouchers[pick % len(purse.vouchers)]
        legs = [(target, source, fen) for source, target, fen in old.legs]
        made = self.ask(purse, self.today, legs) if old.reversible else None
        with self.both(made is not None):
            rows = ledger.reverse(by=None, vouchers=[old.row], dated=self.today, document=old.paper, reason="错账")
        if made:
            made.row, made.paper = rows[0], old.paper
            made.reversible = old.reversible = False

    @rule(days=st.sampled_from([1, 1, 15, 45]))
    def wait(self, days):
        self.today += datetime.timedelta(days=days)

    @rule(index=FUND, over=st.booleans())
    def close(self, index, over):
        """Close the next month, once it is over or while it may still run: then it is refused."""
        purse, fund = self.purses[index], self.world.funds[index]
        first = purse.vouchers[0].day if purse.vouchers else fund.opened_on
        due = (purse.closed or first.replace(day=1) - datetime.timedelta(days=1)) + datetime.timedelta(days=1)
        end = due.replace(day=monthrange(due.year, due.month)[1])
        if over:
            self.today = max(self.today, end + datetime.timedelta(days=1))
        with self.both(end < self.today):
            periods.close_period(by=self.world.lead, fund=fund, year=due.year, month=due.month)
        if end < self.today:
            purse.closed = end
            assert Period.objects.get(fund=fund, year=due.year, month=due.month).closing == yuan(purse.closing(end))
            for day in (end, end + datetime.timedelta(days=1)):  # the last closed day, and the first open one
                self.post(index, [(SOURCES[0], 100, False)], (day - self.today).days)

    @invariant()
    def agree(self):
        """Every account and book is what the model says."""
        for index, (purse, fund) in enumerate(zip(self.purses, self.world.funds, strict=True)):
            names = {account.pk: label for label, account in self.world.accounts[index].items()}
            rows = {names[a.pk]: a for a in Account.objects.filter(fund=fund) if a.pk in names}
            assert {label: a.balance for label, a in rows.items()} == {label: yuan(purse.fen[label]) for label in rows}
            assert rows[OWN].reserved == yuan(purse.reserved)
            assert Book.objects.get(fund=fund).closed_through == purse.closed


@pytest.fixture
def world(city, treasury):
    """Two funds under the same rules, each with an account that the rules do not name."""
    funds = [build.fund(city.root, name, opened_by=treasury.fund_lead, opened_on=BEGIN) for name in ("甲资金", "乙资金")]
    accounts = []
    for fund in funds:
        Account.objects.create(fund=fund, kind=AccountKind.PURPOSE, code="tour", label=OUTLAWED)
        known = {label: build.account(fund, label) for label in (OWN, *SOURCES, *PURPOSES, OUTLAWED)}
        known |= {
            label: Account.objects.get(fund=fund, kind=kind, code=PASSED_DOWN)
            for label, kind in ((SENT, AccountKind.PURPOSE), (CAME, AccountKind.SOURCE))
        }
        accounts.append(known)
    return SimpleNamespace(funds=funds, accounts=accounts, lead=treasury.fund_lead)


def test_the_ledger_does_what_its_model_does(world):
    limits = settings(max_examples=30, stateful_step_count=20, deadline=None, derandomize=True, database=None)
    run_state_machine_as_test(lambda: Story(world), settings=limits)
