"""Paying through the bank and by hand: nothing is paid twice, and not by everybody (LYG-10, invariants 3, 5)."""

from decimal import Decimal

import pytest

from carecore import clock
from carecore.access import Role
from carecore.models import AuditEvent, Benefit
from carecore.workflow import Forbidden, Stale
from funds.models import (
    Application,
    Book,
    FundState,
    LineState,
    Payment,
    PaymentLine,
    PaymentState,
)
from funds.workflow import payments
from tests import build
from tests.funds.payouts import (
    ACCOUNT,
    BANK,
    any_document,
    assert_one_event_each,
    day,
    last_event,
    of_two,
    refusal,
    reserved,
    yuan,
)

# To the bank and back ---------------------------------------------------------------------------------------


def test_sending_puts_every_waiting_line_on_its_way(payouts):
    payment = of_two(payouts)
    last = last_event()
    payouts.send(payment)
    assert payouts.states(payment) == ("已送银行", {"张三": "在途", "李四": "在途"})
    assert (payouts.fresh(payment).round, {line.round for line in payouts.lines(payment)}) == (1, {1})
    assert payouts.money.own().balance == Decimal("100000") and payouts.vouchers(payment) == []
    assert_one_event_each(last, "send_to_bank", payment, *payouts.lines(payment))


def test_a_line_without_account_or_bank_is_not_sent(payouts):
    payment = payouts.prepared(account="")
    assert refusal(payouts.send, payment) == (
        "account", "张三、李四没有开户银行或账号,请先补充或直接支付",
    )  # fmt: skip
    PaymentLine.objects.update(account=ACCOUNT)
    assert refusal(payouts.send, payment)[0] == "account"
    PaymentLine.objects.update(bank=BANK)
    payouts.send(payment)


@pytest.mark.parametrize("state", ["已送银行", "已付清", "已作废"])
def test_only_an_open_payment_is_sent(payouts, state):
    payment = of_two(payouts)
    Payment.objects.update(state=state)
    assert f"现为“{state}”" in refusal(payouts.send, payment)[1]


def test_a_half_failed_list_is_in_a_clear_state(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    last = last_event()
    payouts.result(payment, 李四="账号与户名不符")
    assert payouts.states(payment) == ("部分支付", {"张三": "已付", "李四": "退回"})
    assert payouts.fresh(payment).paid == Decimal("500")
    assert payouts.line(payment, "张三").paid_on == clock.today()
    assert payouts.line(payment, "李四").returned_for == "账号与户名不符"
    assert payouts.vouchers(payment) == [("支出", Decimal("500"), 1, "慰问困难党员(第1次代发1笔)")]
    own = payouts.money.own()
    assert (own.balance, own.reserved) == yuan("99500", "300")
    assert payouts.held(payment) == (*yuan("800", "500", "0"), "预留中")
    assert (payouts.application(payment).state, payouts.benefits(payment)) == ("支付中", {"张三": Decimal("500")})
    rows = [payouts.fresh(payment), *payouts.lines(payment), Benefit.objects.get()]
    kinds = {row._meta.label_lower for row in rows}
    events = AuditEvent.objects.filter(seq__gt=last, kind__in=kinds)
    assert sorted((e.kind, e.object_id) for e in events) == sorted((r._meta.label_lower, r.pk) for r in rows)


def test_what_came_back_is_repaired_and_paid_in_the_next_round(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    payouts.result(payment, 李四="账号与户名不符")
    payouts.repair(payment, "李四")
    assert payouts.states(payment) == ("部分支付", {"张三": "已付", "李四": "待付"})
    payouts.send(payment)
    assert [line.round for line in payouts.lines(payment)] == [1, 2]
    payouts.result(payment)
    assert payouts.states(payment) == ("已付清", {"张三": "已付", "李四": "已付"})
    assert payouts.vouchers(payment) == [
        ("支出", Decimal("500"), 1, "慰问困难党员(第1次代发1笔)"),
        ("支出", Decimal("300"), 2, "慰问困难党员(第2次代发1笔)"),
    ]
    own = payouts.money.own()
    assert (own.balance, own.reserved) == yuan("99200", "0")
    assert payouts.held(payment) == (*yuan("800", "800", "0"), "已了结")
    assert payouts.application(payment).state == "已支付"
    assert payouts.benefits(payment) == {"张三": Decimal("500"), "李四": Decimal("300")}
    assert payouts.line(payment, "李四").returned_for == ""


def test_the_benefit_says_what_the_person_was_given(payouts):
    payment = payouts.prepared(("张三", "500", payouts.person("张三")), ("滨海书店", "300"))
    payouts.pay(payment)
    benefit = Benefit.objects.get()
    assert (benefit.channel, benefit.occasion, benefit.period, benefit.amount) == (
        "专项资金", "慰问困难党员", "2026", Decimal("500"),
    )  # fmt: skip
    assert (benefit.person.name, benefit.unit, benefit.given_on) == ("张三", payouts.city.a, clock.today())


def test_two_funds_may_give_to_one_person_on_one_day(payouts):
    person = payouts.person("张三")
    for subject in ("大病补助", "子女助学"):
        payouts.pay(payouts.prepared(("张三", "500", person), subject=subject))
    assert Benefit.objects.standing().count() == 2


def test_when_all_came_back_nothing_is_paid(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    payouts.result(payment, 张三="已销户", 李四="已销户")
    assert payouts.states(payment) == ("待支付", {"张三": "退回", "李四": "退回"})
    assert (payouts.vouchers(payment), payouts.fresh(payment).paid) == ([], Decimal("0"))
    assert refusal(payouts.send, payment)[0] == "lines"


def test_a_line_the_bank_does_not_name_stays_on_its_way(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    payouts.result(payment, lines=payouts.lines(payment, "张三"))
    assert payouts.states(payment) == ("已送银行", {"张三": "已付", "李四": "在途"})
    payouts.result(payment)
    assert payouts.states(payment)[0] == "已付清"


def test_the_same_result_twice_pays_once(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    lines = payouts.lines(payment, "张三")
    payouts.result(payment, lines=lines)
    with pytest.raises(Stale):
        payouts.result(payment, lines=lines)
    assert refusal(payouts.result, payment, lines=payouts.lines(payment, "张三"))[1].startswith("张三 500.00元现为“已付”")
    payouts.result(payment)
    assert "现为“已付清”" in refusal(payouts.result, payment, lines=payouts.lines(payment))[1]
    assert payouts.fresh(payment).paid == Decimal("800")


def test_a_result_names_each_line_once(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    line = payouts.line(payment, "张三")
    assert refusal(payouts.result, payment, lines=[line, line])[0] == "lines"
    assert refusal(payouts.result, payment, lines=[])[0] == "empty"


def test_a_failure_says_why(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    assert refusal(payouts.result, payment, 李四=" ") == ("reason", "请写明李四退回的原因")


@pytest.mark.parametrize("state", [s for s in PaymentState.values if s != "已送银行"])
def test_a_result_belongs_to_a_list_that_was_sent(payouts, state):
    payment = of_two(payouts)
    payouts.send(payment)
    Payment.objects.update(state=state)
    assert f"现为“{state}”" in refusal(payouts.result, payment)[1]


# Paying by hand ---------------------------------------------------------------------------------------------


def test_cash_is_paid_line_by_line(payouts):
    payment = of_two(payouts, account="")
    payouts.pay(payment, "李四")
    assert payouts.states(payment) == ("部分支付", {"张三": "待付", "李四": "已付"})
    payouts.pay(payment, "张三")
    assert payouts.states(payment) == ("已付清", {"张三": "已付", "李四": "已付"})
    assert [v[3] for v in payouts.vouchers(payment)] == ["慰问困难党员(直接支付1笔)"] * 2


def test_two_cashiers_or_a_double_click_pay_once(payouts):
    payment = of_two(payouts)
    lines, seen = payouts.lines(payment), payouts.fresh(payment)
    cashier = payouts.treasury.cashier
    payments.pay_directly(by=cashier, payment=seen, lines=lines)
    with pytest.raises(Stale):
        payments.pay_directly(by=cashier, payment=seen, lines=lines)
    with pytest.raises(Stale):
        payments.send_to_bank(by=cashier, payment=seen)
    assert "现为“已付清”" in refusal(payouts.pay, payment)[1]
    assert payouts.money.own().balance == Decimal("99200")


@pytest.mark.parametrize("state", [s for s in LineState.values if s != "待付"])
def test_only_a_waiting_line_is_paid(payouts, state):
    payment = of_two(payouts)
    PaymentLine.objects.filter(payee="张三").update(state=state)
    assert f"现为“{state}”,只有“待付”的才能支付" in refusal(payouts.pay, payment, "张三")[1]


@pytest.mark.parametrize("state", ["已付清", "已作废"])
def test_nothing_more_is_paid_of_a_finished_payment(payouts, state):
    payment = of_two(payouts)
    Payment.objects.update(state=state)
    assert f"现为“{state}”" in refusal(payouts.pay, payment)[1]


def test_a_day_of_payment_may_be_earlier_but_in_the_order_of_the_book(payouts, today):
    payment = of_two(payouts)
    today.move_to("2026-05-14 09:00:00+08:00")
    assert refusal(payouts.pay, payment, paid_on=day("05-15"))[0] == "dated"
    assert refusal(payouts.pay, payment, paid_on=day("05-10")) == (
        "paid_on", "支付日期2026-05-10早于制表日期2026-05-11,请改正",
    )  # fmt: skip
    payouts.pay(payment, "张三", paid_on=day("05-13"))
    assert refusal(payouts.pay, payment, "李四", paid_on=day("05-12"))[0] == "dated"
    assert payouts.line(payment, "张三").paid_on == day("05-13")


def test_nothing_is_paid_into_a_closed_month(payouts, today):
    payment = of_two(payouts)
    today.move_to("2026-06-02 09:00:00+08:00")
    Book.objects.update(closed_through=day("05-31"))
    assert refusal(payouts.pay, payment, paid_on=day("05-30"))[0] == "period"
    payouts.pay(payment)


def test_a_fund_that_lapsed_pays_nothing(payouts):
    payment = of_two(payouts)
    type(payouts.fund).objects.update(state=FundState.LAPSED)
    assert refusal(payouts.pay, payment)[0] == "fund"


# Who may pay ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["applicant", "applicant_b", "fund_office", "meeting_clerk", "fund_lead"])
def test_only_the_cashier_pays(payouts, who):
    payment, by = of_two(payouts), getattr(payouts.treasury, who)
    for call in (payouts.send, payouts.pay):
        with pytest.raises(Forbidden):
            call(payment, by=by)
    payouts.send(payment)
    with pytest.raises(Forbidden):
        payouts.result(payment, by=by)
    payouts.result(payment)
    with pytest.raises(Forbidden):
        payouts.give_back(payment, "张三", by=by)
    with pytest.raises(Forbidden):
        payouts.sign(payment, by=by)


def test_a_cashier_of_another_unit_does_not_pay(payouts):
    other = build.user("cashier_b", payouts.city.b, Role.CASHIER, person=payouts.person("乙出纳", payouts.city.b))
    with pytest.raises(Forbidden):
        payouts.pay(of_two(payouts), by=other)


def test_a_cashier_is_known_as_a_person(payouts):
    nobody = build.user("nobody", payouts.city.root, Role.CASHIER)
    with pytest.raises(Forbidden, match="未对应到人员"):
        payouts.pay(of_two(payouts), by=nobody)


@pytest.mark.parametrize(
    ("column", "step"), [("applied_by", "申请"), ("accepted_by", "受理"), ("decided_by", "审批")]
)
def test_whoever_took_an_earlier_step_does_not_pay(payouts, column, step):
    """Also not under another account of the same person."""
    payment, cashier = of_two(payouts), payouts.treasury.cashier
    twin = build.user("twin", payouts.city.root, Role.FUND_OFFICE, person=cashier.person)
    Application.objects.update(**{column: twin})
    with pytest.raises(Forbidden, match=f"由您{step}"):
        payouts.send(payment)
    with pytest.raises(Forbidden, match=f"由您{step}"):
        payouts.pay(payment)


def test_whoever_approved_any_document_does_not_pay_it(payouts):
    paper = build.document(payouts.fund.unit)
    payment = any_document(payouts, paper, reserved(payouts, paper), approved_by=payouts.treasury.cashier)
    with pytest.raises(Forbidden, match="由您审批"):
        payouts.pay(payment)


def test_whoever_prepared_may_pay(payouts):
    payouts.pay(of_two(payouts, by=payouts.treasury.cashier))
