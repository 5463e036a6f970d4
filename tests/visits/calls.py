"""A campaign for 春节 with a fund of 10,000 yuan, and each step of visits as the cast takes it."""

import datetime
from decimal import Decimal

import pytest

from carecore import audit
from carecore.models import Benefit
from funds import ledger
from funds.models import Payment, PaymentLine, VoucherKind
from funds.workflow import payments
from tests import build
from visits.models import Campaign, HardshipCase, Visit
from visits.rules.drafts import VisitDraft
from visits.workflow import campaigns, visits
from visits.workflow.paying import prepare_payment

SPRING = {"starts_on": datetime.date(2026, 1, 20), "ends_on": datetime.date(2026, 6, 30)}


def day(text):
    return datetime.date.fromisoformat(f"2026-{text}")


@pytest.fixture
def fund(city, treasury):
    """走访资金 of the city with 10,000 yuan, for 困难补助 and 走访慰问."""
    row = build.fund(city.root, "走访资金", kind="走访慰问", opened_by=treasury.fund_lead)
    paper = build.document(city.root, "拨款")
    with audit.recorded():
        ledger.post(by=treasury.cashier, entries=[ledger.Entry(
            fund=row, dated=day("05-11"), kind=VoucherKind.INCOME, summary="拨款", document=paper,
            legs=[ledger.Leg(build.account(row, "财政拨付"), Decimal("10000.00"))],
        )])  # fmt: skip
    return row


class Calls:
    """Every step reads its row afresh, so that it carries the version in force, unless one is given."""

    def __init__(self, city, cast, treasury, fund):
        self.city, self.cast, self.treasury, self.fund = city, cast, treasury, fund

    def campaign(self, budget="5000.00", by=None, **facts):
        facts = {"unit": self.city.root, "year": 2026, "occasion": "春节", **SPRING, **facts}
        facts.setdefault("fund", self.fund)
        facts.setdefault("purpose", build.account(facts["fund"], "走访慰问"))
        return campaigns.open_campaign(by=by or self.cast.union_officer, budget=Decimal(budget), **facts)

    def draft(self, target=None, money="800.00", **facts):
        target = target or build.person(self.city.a, "张三")
        if "campaign" not in facts:
            facts.setdefault("occasion", "患病住院")
        facts.pop("campaign", None)
        return VisitDraft(target, money=Decimal(money), **facts)

    def plan(self, *drafts, campaign=None, by=None, **facts):
        if not drafts:
            drafts = [self.draft(**facts, **({"campaign": campaign} if campaign else {}))]
        return visits.plan_visits(by=by or self.cast.clerk, drafts=drafts, campaign=campaign and self.fresh(campaign))

    def approved(self, *drafts, **facts):
        rows = self.plan(*drafts, **facts)
        return visits.approve_visits(by=self.cast.lead, rows=rows)

    def carry_out(self, rows, by=None, done_on=None, visitor="局领导", **facts):
        rows = [self.fresh(row) for row in rows]
        done_on = done_on or day("05-11")
        return visits.carry_out(by=by or self.cast.clerk, rows=rows, done_on=done_on, visitor=visitor, **facts)

    def done(self, *drafts, **facts):
        return self.carry_out(self.approved(*drafts, **facts))

    def prepared(self, rows, by=None, subject="春节走访慰问", **facts):
        rows = [self.fresh(row) for row in rows]
        if not rows[0].campaign_id:
            facts = {"fund": self.fund, "purpose": build.account(self.fund, "走访慰问"), **facts}
        return prepare_payment(by=by or self.treasury.fund_office, rows=rows, subject=subject, **facts)

    def pay(self, payment, *names, by=None):
        lines = PaymentLine.objects.filter(payment=payment)
        lines = list(lines.filter(payee__in=names) if names else lines)
        payment = Payment.objects.get(pk=payment.pk)
        return payments.pay_directly(by=by or self.treasury.cashier, payment=payment, lines=lines)

    def fresh(self, row):
        return type(row).objects.get(pk=row.pk)

    def case(self, name="张三", unit=None, state="已认定", **columns):
        """A hardship file, as its own workflow leaves it once it is recognised."""
        if state == "已认定":
            columns = {
                "grade": "相对困难", "grade_reason": "入户核实", "grade_by": self.cast.union_lead, "opinion": "同意",
                "endorsed_by": self.cast.lead, "opinion_by": self.cast.org_officer, "recognised_by": self.cast.union_lead,
                "recognised_on": day("01-15"), "verified_on": day("01-15"), **columns,
            }  # fmt: skip
        person = columns.pop("person", None) or build.person(unit or self.city.a, name)
        return HardshipCase.objects.create(
            unit=person.unit, person=person, name=columns.pop("as_", person.name), main_cause="6", state=state,
            reported_by=self.cast.clerk, reported_on=day("01-10"), **columns,
        )  # fmt: skip

    def states(self):
        return {row.name: str(row.state) for row in Visit.objects.all()}

    def planned(self):
        return Campaign.objects.get().planned

    def benefits(self):
        """Standing benefits by name."""
        return {row.person.name: row.amount for row in Benefit.objects.standing()}


@pytest.fixture
def calls(city, cast, treasury, fund):
    return Calls(city, cast, treasury, fund)
