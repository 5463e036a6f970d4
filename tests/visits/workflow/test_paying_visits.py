"""Visits are paid through a fund and follow their payment; each leaves one benefit (BZ-22, BZ-23, BZ-24)."""

import uuid
from decimal import Decimal

import pytest

from carecore.models import Benefit
from carecore.workflow import Forbidden
from funds.models import Payment, PaymentLine, Reservation
from funds.workflow import payments
from tests import build
from tests.funds.payouts import assert_one_event_each, last_event, refusal
from visits.models import PayList, Visit


def held():
    return [(row.amount, row.paid, row.released) for row in Reservation.objects.order_by("pk")]


def payment_of(calls, campaign, *drafts):
    return calls.prepared(calls.done(*drafts, campaign=campaign))


def test_a_campaigns_visits_in_one_payment_one_line_a_payee(calls, city, fund):
    campaign, person = calls.campaign(), build.person(city.a, "李四")
    drafts = [calls.draft(money="500.00"), calls.draft(person, "1000.00", goods="米面油", goods_value=Decimal("200.00"))]
    rows = calls.done(*drafts, campaign=campaign)
    number = uuid.uuid4()
    last = last_event()
    payment = calls.prepared(rows, request_id=number)
    assert (payment.total, payment.fund, payment.purpose.label) == (Decimal("1500.00"), fund, "走访慰问")
    lines = PaymentLine.objects.filter(payment=payment)
    assert [(line.payee, line.amount, line.person) for line in lines] == [
        ("张三", Decimal("500.00"), rows[0].person), ("李四", Decimal("1000.00"), person)
    ]  # fmt: skip
    assert set(calls.states().values()) == {"发放中"}
    assert (held(), calls.benefits()) == ([(Decimal("1500.00"), 0, 0)], {})
    account = build.account(fund, "资金")
    assert_one_event_each(
        last, "prepare_payment", *rows, PayList.objects.get(), payment, *lines, Reservation.objects.get(), account
    )
    assert calls.prepared(rows, request_id=number) == payment
    assert Payment.objects.count() == 1


def test_what_is_paid_is_given_once(calls):
    payment = payment_of(calls, calls.campaign(), calls.draft(money="500.00"), calls.draft(build.person(calls.city.a, "李四")))
    calls.pay(payment, "张三")
    assert calls.states() == {"张三": "已发放", "李四": "发放中"}
    assert calls.benefits() == {"张三": Decimal("500.00")}
    calls.pay(payment, "李四")
    assert set(calls.states().values()) == {"已发放"}
    [first, second] = Benefit.objects.order_by("pk")
    assert (first.channel, first.occasion, first.period, str(first.given_on)) == ("走访慰问", "春节", "2026", "2026-05-11")
    assert (second.document_kind, second.document_id) == ("visits.visit", Visit.objects.get(name="李四").pk)


def test_money_that_comes_back_takes_the_benefit_away_and_is_paid_anew(calls):
    payment = payment_of(calls, calls.campaign())
    calls.pay(payment)
    line = PaymentLine.objects.get(payment=payment)
    line = payments.return_line(by=calls.treasury.cashier, line=line, reason="账号已销户")
    assert (calls.states(), calls.benefits()) == ({"张三": "发放中"}, {})
    payments.repair_line(by=calls.treasury.cashier, line=calls.fresh(line), payee="张三")
    calls.pay(payment)
    assert (calls.states(), calls.benefits()) == ({"张三": "已发放"}, {"张三": Decimal("800.00")})
    assert Benefit.objects.count() == 2


def test_a_void_payment_frees_its_money_and_its_visits(calls, fund):
    payment = payment_of(calls, calls.campaign())
    payments.cancel_payment(by=calls.treasury.fund_office, payment=calls.fresh(payment), reason="名单有误")
    assert (calls.states(), held()) == ({"张三": "已走访"}, [(Decimal("800.00"), 0, Decimal("800.00"))])
    assert build.account(fund, "资金").reserved == 0
    calls.pay(calls.prepared(list(Visit.objects.all())))
    assert calls.states() == {"张三": "已发放"}


def test_what_was_given_up_of_a_payment_can_be_paid_anew(calls):
    payment = payment_of(calls, calls.campaign(), calls.draft(), calls.draft(build.person(calls.city.a, "李四")))
    calls.pay(payment, "张三")
    payments.cancel_payment(by=calls.treasury.fund_office, payment=calls.fresh(payment), reason="账号不明")
    assert calls.states() == {"张三": "已发放", "李四": "已走访"}


def test_two_visits_to_one_person_are_one_line(calls):
    person = build.person(calls.city.a, "张三")
    rows = calls.done(calls.draft(person, "500.00"), calls.draft(person, "300.00", occasion="家庭受灾"))
    payment = calls.prepared(rows)
    assert PaymentLine.objects.get(payment=payment).amount == Decimal("800.00")
    calls.pay(payment)
    assert sorted(Benefit.objects.values_list("occasion", "amount")) == [
        ("家庭受灾", Decimal("300.00")), ("患病住院", Decimal("500.00"))
    ]  # fmt: skip


def test_a_relative_is_paid_and_the_benefit_is_the_workers(calls):
    case = calls.case("王五", as_="王小五", object_kind="因公殉职家属", relation="子")
    payment = calls.prepared(calls.done(calls.draft(case)))
    line = PaymentLine.objects.get(payment=payment)
    assert (line.payee, line.person) == ("王小五", None)
    calls.pay(payment)
    assert calls.benefits() == {"王五": Decimal("800.00")}


def test_a_unit_is_paid_without_a_benefit(calls):
    payment = calls.prepared(calls.done(calls.draft(calls.city.a_office)))
    calls.pay(payment)
    assert (calls.states(), calls.benefits()) == ({"甲局一所": "已发放"}, {})


@pytest.mark.parametrize("state", ["草稿", "已上报", "已退出"])
def test_a_file_that_is_not_recognised_is_not_paid(calls, state):
    rows = calls.done(calls.draft(calls.case(state=state)))
    key, message = refusal(calls.prepared, rows)
    assert (key, state in message) == ("case", True)


def test_what_cannot_be_paid_together(calls, city, treasury, fund):
    campaign = calls.campaign()
    rows = [*calls.done(campaign=campaign), *calls.done(calls.draft(build.person(city.a, "李四")))]
    assert refusal(calls.prepared, rows)[0] == "campaign"
    none = calls.done(calls.draft(money="0.00", occasion="谈心"))
    assert refusal(calls.prepared, none)[0] == "money"
    assert refusal(calls.prepared, rows[1:], fund=None, purpose=None)[0] == "fund"
    other = build.fund(city.b, "乙局资金", opened_by=treasury.fund_lead)
    facts = {"fund": other, "purpose": build.account(other, "走访慰问")}
    assert refusal(calls.prepared, rows[1:], by=treasury.fund_office, **facts)[0] == "fund"


def test_the_fund_to_the_fen(calls):
    rows = calls.done(calls.draft(money="10000.01"))
    assert refusal(calls.prepared, rows)[0] == "balance"
    assert (PayList.objects.count(), calls.states()) == (0, {"张三": "已走访"})
    assert calls.prepared(calls.done(calls.draft(money="10000.00", occasion="家庭受灾"))).total == Decimal("10000.00")


def test_who_prepares_and_who_pays(calls, cast, treasury):
    rows = calls.done()
    for by in (cast.clerk, cast.lead, cast.union_officer, treasury.fund_lead):
        with pytest.raises(Forbidden):
            calls.prepared(rows, by=by)
    payment = calls.prepared(rows)
    Visit.objects.update(planned_by=treasury.cashier)
    with pytest.raises(Forbidden, match="安排"):
        calls.pay(payment)
    Visit.objects.update(planned_by=cast.clerk, approved_by=treasury.cashier)
    with pytest.raises(Forbidden, match="批准"):
        calls.pay(payment)
    assert (calls.states(), calls.benefits()) == ({"张三": "发放中"}, {})
