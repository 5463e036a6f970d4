"""A verb on thirty visits runs as many queries as on three."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore import audit
from carecore.models import Severity
from funds.workflow import payments
from tests import build
from tests.visits.calls import day
from visits.workflow import visits
from visits.workflow.paying import prepare_payment

FEW, MANY = 3, 30


@pytest.fixture
def counted(cast, treasury):
    audit.record_access(by=None, action="warm")
    for user in (*vars(cast).values(), *vars(treasury).values()):
        assert user.appointments_today

    def count(call, *arguments):
        with CaptureQueriesContext(connection) as queries:
            call(*arguments)
        asked = [query["sql"] for query in queries]
        # An INSERT of many rows that SQLite takes in two parts counts once.
        return [
            sql[:150] for sql, before in zip(asked, ["", *asked], strict=False)
            if not (sql.startswith("INSERT") and sql[:100] == before[:100])
        ]  # fmt: skip

    return count


def test_the_whole_way_of_many(calls, cast, treasury, city, counted):
    build.rule(city.root, "visits.exclusive", ["春节"], severity=Severity.BLOCK)
    build.rule(city.root, "visits.amount_person_year", "6000", severity=Severity.BLOCK)

    def way(campaign, drafts):
        rows = visits.plan_visits(by=cast.clerk, drafts=drafts, campaign=campaign)
        rows = visits.approve_visits(by=cast.lead, rows=rows)
        rows = visits.carry_out(by=cast.clerk, rows=rows, done_on=day("05-11"), visitor="局领导")
        payment = prepare_payment(by=treasury.fund_office, rows=rows, subject="走访")
        payments.pay_directly(by=treasury.cashier, payment=payment, lines=list(payment.lines.all()))

    asked = []
    for number, occasion in ((FEW, "春节"), (MANY, "七一")):
        people = [build.person(city.a, f"人{index}") for index in range(number)]
        cases = [calls.case(f"户{occasion}{index}") for index in range(number)]
        drafts = [calls.draft(target, "10.00", campaign=True) for target in (*people, *cases)]
        asked.append(counted(way, calls.campaign(occasion=occasion), drafts))
    few, many = asked
    assert len(many) <= len(few), "\n".join(many)  # the first reads what is read once
