"""A fund for members in difficulty with money in it, and small steps of its ledger."""

import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from carecore import audit, clock, presets
from funds import ledger
from funds.models import Application, Payment, PaymentLine, VoucherKind
from funds.workflow import applications, funds
from funds.workflow.applications import ApplicationLineDraft, Outcome
from tests import build
from tests.funds.payouts import Payouts
from tests.funds.years import two_years


@pytest.fixture
def fund(city, treasury):
    """帮扶资金 of the city: from 财政拨付 and 党费划拨, for 困难补助 and 走访慰问; it holds nothing yet."""
    return build.fund(city.root, opened_by=treasury.fund_lead)


@pytest.fixture
def money(fund, treasury):
    """Steps of the ledger, each in its own recorded transaction; documents are invented rows of any audited table."""

    class Money:
        def entry(self, *legs, document, kind=VoucherKind.PAYMENT, fund=fund, **columns):
            columns = {"dated": clock.today(), "summary": "慰问支出", **columns}
            return ledger.Entry(fund=fund, kind=kind, document=document, legs=legs, **columns)

        def post(self, *entries):
            with audit.recorded():
                return ledger.post(by=treasury.cashier, entries=entries)

        def come(self, amount, label="财政拨付", fund=fund, **columns):
            """So much comes into the fund."""
            leg = ledger.Leg(build.account(fund, label), Decimal(amount))
            paper = build.document(fund.unit, f"拨款{amount}")
            entry = self.entry(leg, document=paper, kind=VoucherKind.INCOME, summary="拨款", fund=fund, **columns)
            return self.post(entry)[0]

        def pay(self, amount, label="困难补助", fund=fund, document=None, **columns):
            """So much is paid out of the fund."""
            leg = ledger.Leg(build.account(fund, label), Decimal(amount))
            paper = document or build.document(fund.unit, f"支出{amount}")
            return self.post(self.entry(leg, document=paper, fund=fund, **columns))[0]

        def reserve(self, amount, document=None, fund=fund):
            with audit.recorded():
                paper = document or build.document(fund.unit, f"预留{amount}")
                return ledger.reserve(by=treasury.cashier, fund=fund, amount=Decimal(amount), document=paper)

        def release(self, *held):
            with audit.recorded():
                return ledger.release(by=treasury.cashier, reservations=held)

        def reverse(self, voucher, document, dated=None):
            with audit.recorded():
                return ledger.reverse(
                    by=treasury.fund_lead, vouchers=[voucher], dated=dated or clock.today(), document=document, reason="错账"
                )[0]

        def balances(self, fund=fund):
            """Balances by label, those of 0.00 left out."""
            return {a.label: a.balance for a in fund.accounts.all() if a.balance}

        def own(self, fund=fund):
            own = build.account(fund, "资金")
            return SimpleNamespace(balance=own.balance, reserved=own.reserved, available=own.available)

    return Money()


@pytest.fixture
def payouts(city, fund, treasury, money):
    """100,000 yuan in the fund, and every step of paying."""
    return Payouts(city, fund, treasury, money)


@pytest.fixture
def paid(fund, treasury):
    """Three paid in May, one of them today; one that came back."""
    payment = Payment.objects.create(
        fund=fund, purpose=build.account(fund, "困难补助"), subject="五月补助", document_kind="x", document_id=1,
        total=Decimal("1000.00"), prepared_by=treasury.fund_office, prepared_on=datetime.date(2026, 5, 1),
    )  # fmt: skip
    lines = (("张三", "已付", 5), ("李四", "已付", 8), ("王五", "已付", 11), ("赵六", "退回", 8))
    for number, (name, state, day) in enumerate(lines, start=1):
        PaymentLine.objects.create(
            payment=payment, number=number, payee=name, amount=Decimal("100.00"), state=state, paid_on=datetime.date(2026, 5, day)
        )
    return payment


STEPS = [{"up_to": "500", "by": "office"}, {"up_to": "2000", "by": "leader"}, {"by": "meeting"}]


@pytest.fixture
def asks(city, treasury, fund, money):
    """Applications of 甲局 to a fund of 10000.00 under the thresholds 500 and 2000, brought as far as is asked."""
    money.come("10000.00")
    build.rule(city.root, "funds.decisions", {fund.kind: STEPS}, clause="LYG-10")

    class Asks:
        def line(self, payee="张三", amount="800.00", unit=city.a, **columns):
            columns.setdefault("person", build.person(unit, payee))
            return ApplicationLineDraft(payee, Decimal(amount), **columns)

        def draft(self, *lines, amount="800.00", unit=city.a, by=treasury.applicant, fund=fund, purpose="困难补助", **facts):
            facts = {"subject": "困难党员补助", **facts}
            lines = lines or [self.line(amount=amount, unit=unit)]
            account = build.account(fund, purpose)
            return applications.draft_application(by=by, unit=unit, fund=fund, purpose=account, lines=lines, **facts)

        def applied(self, *lines, reason="", by=treasury.applicant, **facts):
            row = self.draft(*lines, by=by, **facts)
            return applications.apply(by=by, application=row, reason=reason)

        def accepted(self, *lines, **facts):
            return applications.accept(by=treasury.fund_office, rows=[self.applied(*lines, **facts)])[0]

        def decided(self, *lines, to=None, **facts):
            row = self.accepted(*lines, **facts)
            return applications.decide(by=treasury.fund_lead, application=row, amount=Decimal(to or row.asked))

        def meeting(self, *outcomes, by=treasury.meeting_clerk, **facts):
            """Record a meeting that decided so much on each of these applications; None refuses one."""
            facts = {
                "unit": city.root, "number": "2026-05", "held_on": datetime.date(2026, 5, 11), "chair": "主持人",
                "attendees": "参会甲、参会乙", "decision": "研究同意", **facts,
            }  # fmt: skip
            told = [Outcome(row, None if amount is None else Decimal(amount)) for row, amount in outcomes]
            return applications.record_meeting(by=by, outcomes=told, **facts)

        def fresh(self, row):
            return Application.objects.select_related("fund__unit", "unit", "purpose").get(pk=row.pk)

    return Asks()


@pytest.fixture
def books(city, treasury, fund, money, today):
    """Two years of 帮扶资金, and a fund of 乙局 that nobody of 甲局 sees."""
    return two_years(city, treasury, fund, money, today)


@pytest.fixture
def tenths(city, treasury):
    """党员学习培训 and 生活困难党员帮扶 of the city, opened under lianyungang-2009."""
    document = presets.load_policy(by=None, preset="lianyungang-2009", unit=city.root).document
    facts = {"by": treasury.fund_lead, "unit": city.root, "document": document}
    return SimpleNamespace(
        document=document,
        training=funds.open_fund(**facts, name="学习培训专项资金", kind="党员学习培训"),
        aid=funds.open_fund(**facts, name="生活困难党员帮扶资金", kind="生活困难党员帮扶"),
    )
