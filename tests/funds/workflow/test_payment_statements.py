"""A thousand lines are prepared, sent, answered, paid and signed for in as many statements as ten."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore import clock
from carecore.models import Person
from funds.models import Payment, PaymentLine, Voucher
from funds.workflow import payments
from funds.workflow.payments import LineDraft, Result
from tests import build
from tests.funds.payouts import ACCOUNT, BANK

FEW, MANY = 10, 1000


def statements(queries):
    """What was asked; an INSERT of many rows that goes in several parts counts once."""
    asked = [query["sql"] for query in queries]
    return [
        sql for sql, before in zip(asked, ["", *asked], strict=False)
        if not (sql.startswith("INSERT") and sql[:60] == before[:60])
    ]  # fmt: skip


@pytest.fixture
def crowd(payouts, city):
    """An application over so many people of one yuan each, and its drafts."""

    def make(number):
        people = [Person(name=f"人{number}-{index}", unit=city.a).derive() for index in range(number)]
        people = Person.objects.bulk_create(people)
        application = build.decided(
            payouts.fund, city.a, [(p.name, "1", p) for p in people], treasury=payouts.treasury
        )
        drafts = [LineDraft(p.name, Decimal("1"), p, BANK, ACCOUNT) for p in people]
        return payments.prepare_application, {"application": application, "lines": drafts}

    return make


def prepared(payouts, crowd, number):
    verb, facts = crowd(number)
    return verb(by=payouts.treasury.cashier, **facts)


def sending(payouts, crowd, number):
    return payments.send_to_bank, {"payment": prepared(payouts, crowd, number)}


def paying(payouts, crowd, number):
    payment = prepared(payouts, crowd, number)
    return payments.pay_directly, {"payment": payment, "lines": payouts.lines(payment)}


def half_failing(payouts, crowd, number):
    payment = payouts.send(prepared(payouts, crowd, number))
    results = [Result(line, line.number % 2 == 0, "账号有误") for line in payouts.lines(payment)]
    return payments.bank_result, {"payment": payment, "results": results}


def signing(payouts, crowd, number):
    payment = payouts.pay(prepared(payouts, crowd, number))
    return payments.sign_for, {"lines": payouts.lines(payment), "signed_on": clock.today()}


def cancelling(payouts, crowd, number):
    return payments.cancel_payment, {"payment": prepared(payouts, crowd, number), "reason": "名单有误"}


STEPS = {
    "prepare": lambda payouts, crowd, number: crowd(number), "send": sending, "pay": paying, "result": half_failing,
    "sign": signing, "cancel": cancelling,
}  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_a_thousand_lines_in_as_many_statements_as_ten(payouts, crowd, step):
    cashier, asked = payouts.treasury.cashier, []
    assert cashier.appointments_today
    calls = [STEPS[step](payouts, crowd, number) for number in (FEW, MANY)]
    payouts.pay(payouts.prepared(("先例", "1")))  # the month's turnover is on record for both
    for verb, facts in calls:
        with CaptureQueriesContext(connection) as queries:
            verb(by=cashier, **facts)
        asked.append(statements(queries))
    assert len(asked[1]) == len(asked[0]) <= 60, "\n".join(sql[:150] for sql in asked[1])


def test_a_thousand_lines_are_one_voucher(payouts, crowd):
    payment = payouts.pay(prepared(payouts, crowd, MANY))
    assert (payment.paid, Voucher.objects.filter(document_id=payment.pk, kind="支出").count()) == (Decimal("1000"), 1)
    assert PaymentLine.objects.filter(payment=payment, state="已付").count() == MANY
    assert Payment.objects.get().state == "已付清"
