"""Invariants 3 and 5 of applications, payments and dues: every tampering is found and named."""

import datetime
from decimal import Decimal

import pytest
from django.db.models import F

from carecore.models import Benefit, Rule, User
from funds.checks import CHECKS
from funds.models import Application, DuesReturn, Grant, Payment, PaymentLine, Reservation, Voucher
from funds.rules.dues import DuesDraft
from funds.workflow.income import record_dues
from tests import build
from tests.funds.payouts import of_two
from tests.funds.test_checks import grant  # noqa: F401 - a fixture

ONE = Decimal("0.01")
AID = "生活困难党员帮扶"


def found():
    return [(one.invariant, one.row, one.message) for check in CHECKS for one in check()]


@pytest.fixture
def half(payouts):
    """500.00 arrived, 300.00 came back and is to be paid again."""
    payment = of_two(payouts)
    payouts.send(payment)
    payouts.result(payment, 李四="账号有误")
    return payouts.fresh(payment)


def test_payments_by_their_verbs_are_clean(payouts, half):
    whole, void = of_two(payouts), of_two(payouts)
    payouts.pay(whole)
    payouts.give_back(whole, "李四")
    payouts.cancel(void)
    assert found() == []
    payouts.repair(half, "李四")
    payouts.pay(half, "李四")
    payouts.cancel(whole)
    assert found() == []


# Payments ------------------------------------------------------------------------------------------------


def test_a_payment_that_is_not_its_lines_nor_its_vouchers(half):
    Payment.objects.update(paid=ONE)
    name = f"支付单{half.pk}(帮扶资金)"
    assert found() == [
        ("3 支付", name, "已付记为0.01元,已付明细合计500.00元"),
        ("3 支付", name, "已付记为0.01元,凭证净支出500.00元"),
        ("3 支付", name, "已付记为0.01元,从预留中支付500.00元"),
    ]


def test_a_line_paid_that_no_voucher_paid(half):
    PaymentLine.objects.filter(payee="李四").update(state="已付")
    assert found() == [
        ("3 支付", f"支付单{half.pk}(帮扶资金)", "已付记为500.00元,已付明细合计800.00元"),
        ("3 支付", f"支付单{half.pk}第2行", "已付300.00元,但没有该金额的关爱记录"),
    ]


def test_a_line_paid_more_than_it_was(half):
    PaymentLine.objects.filter(payee="李四").update(amount=Decimal("300.01"))
    assert found() == [("3 支付", f"支付单{half.pk}(帮扶资金)", "总金额记为800.00元,明细合计800.01元")]


@pytest.mark.parametrize("state", ["已付清", "已作废"])
def test_a_payment_that_is_said_to_be_over(half, state):
    Payment.objects.update(state=state)
    assert found() == [("3 支付", f"支付单{half.pk}(帮扶资金)", f"状态“{state}”,总金额800.00元、已付500.00元")]


def test_a_benefit_of_another_amount(half):
    Benefit.objects.update(amount=ONE)
    assert found() == [
        ("3 支付", f"支付单{half.pk}第1行", "已付500.00元,但没有该金额的关爱记录"),
        ("3 支付", f"关爱记录 {Benefit.objects.get().pk}", f"记为支付单{half.pk}所付,该单没有付给此人0.01元"),
    ]


# Applications --------------------------------------------------------------------------------------------


def test_more_decided_than_asked(half, unchecked):
    unchecked(Application, "application_amounts")
    Application.objects.update(decided=Decimal("800.01"))
    assert found() == [("3 支付", "甲局:慰问困难党员", "批准800.01元,超过申请的800.00元")]


def test_more_paid_than_decided(half):
    Application.objects.update(decided=Decimal("499.99"))
    assert found() == [("3 支付", "甲局:慰问困难党员", "已支付500.00元,超过批准的499.99元")]


def test_a_decided_application_whose_money_is_not_held(payouts):
    payouts.decided()
    Application.objects.update(decided=Decimal("700.00"))
    assert found() == [("3 支付", "甲局:慰问困难党员", "状态“已批准”,应预留700.00元,实际预留800.00元")]


def test_a_refused_application_whose_money_is_still_held(payouts):
    payouts.decided()
    Application.objects.update(state="不同意")
    assert found() == [("3 支付", "甲局:慰问困难党员", "状态“不同意”,仍预留800.00元")]


# Separation of duties ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "other", "says"),
    [
        ("applied_by", "accepted_by", "申请人与受理人为同一人"),
        ("applied_by", "decided_by", "申请人与审批(记录)人为同一人"),
        ("accepted_by", "decided_by", "受理人与审批(记录)人为同一人"),
    ],
)
def test_two_steps_by_one_person(payouts, step, other, says):
    payouts.decided()
    Application.objects.update(**{step: F(other)})
    assert found() == [("5 职责分离", "甲局:慰问困难党员", says)]


def test_two_steps_under_two_accounts_of_one_person(payouts, treasury):
    payouts.decided()
    User.objects.filter(pk=treasury.applicant.pk).update(person=treasury.fund_lead.person)
    assert found() == [("5 职责分离", "甲局:慰问困难党员", "申请人与审批(记录)人为同一人")]


@pytest.mark.parametrize(
    ("step", "says"),
    [("applied_by", "申请人"), ("accepted_by", "受理人"), ("decided_by", "审批(记录)人")],
)
def test_whoever_took_a_step_pays(half, treasury, step, says):
    row = Application.objects.get()
    Voucher.objects.filter(document_kind="funds.payment").update(by=getattr(row, step))
    expected = ("5 职责分离", "甲局:慰问困难党员", f"{says}与支付人为同一人")
    assert expected in found()
    approved = ("5 职责分离", f"支付单{half.pk}(帮扶资金)", "审批人与支付人为同一人")
    assert (approved in found()) == (step == "decided_by")


def test_a_payment_to_whoever_pays(half, treasury):
    PaymentLine.objects.filter(payee="张三").update(person=treasury.cashier.person)
    Benefit.objects.update(person=treasury.cashier.person)
    assert found() == [("5 职责分离", f"支付单{half.pk}第1行", "支付人即收款人本人")]


@pytest.mark.parametrize(("who", "says"), [("fund_office", "受理人"), ("fund_lead", "审批(记录)人")])
def test_an_application_for_whoever_accepts_or_decides(payouts, treasury, who, says):
    row = payouts.decided()
    row.lines.filter(payee="张三").update(person=getattr(treasury, who).person)
    assert found() == [("5 职责分离", "甲局:慰问困难党员", f"{says}是收款人之一(张三)")]


def test_a_grant_confirmed_by_whoever_sent_it(grant):  # noqa: F811
    Grant.objects.update(received_by=F("sent_by"))
    assert found() == [("5 职责分离", f"资金拨付 {grant.pk}(甲局资金)", "拨付人与确认到账人为同一人")]


# Dues ----------------------------------------------------------------------------------------------------


@pytest.fixture
def dues(city, fund, treasury):
    """A tenth of 1234.55, in two returns: 123.46."""
    build.rule(city.root, "funds.dues_share", {AID: 0.1}, clause="LYG-8")
    for unit, amount in ((city.a, "1000.00"), (city.b, "234.55")):
        draft = DuesDraft(unit, city.root, f"{unit}党委", 2025, Decimal(amount), datetime.date(2026, 3, 1))
        record_dues(by=treasury.fund_office, drafts=[draft])
    assert found() == []


def test_dues_changed_behind_what_was_set_aside(dues, city):
    DuesReturn.objects.filter(unit=city.b).update(amount=Decimal("234.44"))
    message = "上缴党费累计1234.44元,应提取123.44元,实际提取123.46元"
    assert found() == [("3 党费提取", f"滨海市2025年度“{AID}”", message)]


def test_a_share_set_aside_without_a_rule(dues):
    Rule.objects.filter(key="funds.dues_share").delete()
    message = "上缴党费累计1234.55元,应提取0.00元,实际提取123.46元"
    assert found() == [("3 党费提取", f"滨海市2025年度“{AID}”", message)]


def test_a_fund_that_got_no_share(dues, city, treasury):
    build.fund(city.root, "学习资金", "党员学习培训", opened_by=treasury.fund_lead)
    Rule.objects.filter(key="funds.dues_share").update(value={AID: 0.1, "党员学习培训": 0.1})
    message = "上缴党费累计1234.55元,应提取123.46元,实际提取0.00元"
    assert found() == [("3 党费提取", "滨海市2025年度“党员学习培训”", message)]


def test_a_hold_drawn_by_somebody_else(half):
    Reservation.objects.update(paid=Decimal("400.00"))
    assert ("3 支付", f"支付单{half.pk}(帮扶资金)", "已付记为500.00元,从预留中支付400.00元") in found()
