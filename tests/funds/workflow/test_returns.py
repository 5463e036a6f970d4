"""After the payment: what came back and was repaired, and who signed for what (LYG-10, invariant 3)."""

from decimal import Decimal

import pytest

from carecore import clock
from carecore.models import AuditEvent, Benefit
from carecore.workflow import Forbidden, Stale
from funds.checks import CHECKS
from funds.models import (
    LineState,
    PaymentLine,
    Reservation,
)
from funds.workflow import payments
from tests import build
from tests.funds.payouts import (
    ACCOUNT,
    assert_one_event_each,
    day,
    last_event,
    of_two,
    refusal,
    yuan,
)

# Coming back after all --------------------------------------------------------------------------------------


def test_a_late_return_refunds_and_holds_the_money_again(payouts):
    payment = of_two(payouts)
    payouts.pay(payment)
    last = last_event()
    payouts.give_back(payment, "李四")
    assert payouts.states(payment) == ("部分支付", {"张三": "已付", "李四": "退回"})
    assert payouts.vouchers(payment)[1:] == [("退回", Decimal("300"), 2, "李四退票:慰问困难党员")]
    own = payouts.money.own()
    assert (own.balance, own.reserved, payouts.fresh(payment).paid) == yuan("99500", "300", "500")
    assert build.account(payouts.fund, "困难补助").balance == Decimal("500")
    assert payouts.held(payment) == (*yuan("800", "500", "0"), "预留中")
    assert (payouts.application(payment).state, payouts.benefits(payment)) == ("支付中", {"张三": Decimal("500")})
    line = payouts.line(payment, "李四")
    assert (line.paid_on, line.returned_for) == (None, "账号已销户")
    rows = [
        payouts.fresh(payment), line, payouts.application(payment), Benefit.objects.get(person__name="李四"),
        Reservation.objects.get(),
    ]  # fmt: skip
    events = AuditEvent.objects.filter(seq__gt=last, kind__in={row._meta.label_lower for row in rows})
    assert sorted((e.kind, e.object_id) for e in events) == sorted((r._meta.label_lower, r.pk) for r in rows)


def test_what_came_back_late_is_repaired_and_paid_again(payouts):
    payment = of_two(payouts)
    payouts.pay(payment)
    payouts.give_back(payment, "李四")
    payouts.repair(payment, "李四")
    payouts.pay(payment, "李四")
    assert payouts.states(payment) == ("已付清", {"张三": "已付", "李四": "已付"})
    assert payouts.held(payment) == (*yuan("800", "800", "0"), "已了结")
    assert (payouts.money.own().balance, payouts.application(payment).state) == (Decimal("99200"), "已支付")
    assert payouts.benefits(payment) == {"张三": Decimal("500"), "李四": Decimal("300")}
    assert Benefit.objects.exclude(reversed_on=None).get().person.name == "李四"


@pytest.mark.parametrize("state", [s for s in LineState.values if s != "已付"])
def test_only_a_paid_line_comes_back_late(payouts, state):
    payment = of_two(payouts)
    PaymentLine.objects.update(state=state)
    assert f"现为“{state}”" in refusal(payouts.give_back, payment, "张三")[1]


def test_a_return_needs_a_reason_and_a_day_after_the_payment(payouts, today):
    payment = of_two(payouts)
    today.move_to("2026-05-14 09:00:00+08:00")
    payouts.pay(payment)
    assert refusal(payouts.give_back, payment, "张三", reason=" ")[0] == "reason"
    assert refusal(payouts.give_back, payment, "张三", returned_on=day("05-13"))[0] == "returned_on"
    assert refusal(payouts.give_back, payment, "张三", returned_on=day("05-15"))[0] == "dated"


def test_a_return_of_a_line_seen_before_it_changed_is_stale(payouts):
    payment = of_two(payouts)
    payouts.pay(payment)
    line = payouts.line(payment, "张三")
    payouts.sign(payment, "张三")
    with pytest.raises(Stale):
        payments.return_line(by=payouts.treasury.cashier, line=line, reason="退票")
    payouts.give_back(payment, "张三")
    assert payouts.line(payment, "张三").signed_on is None


@pytest.mark.parametrize("state", [s for s in LineState.values if s != "退回"])
def test_only_what_came_back_is_repaired(payouts, state):
    payment = of_two(payouts)
    PaymentLine.objects.update(state=state)
    assert f"现为“{state}”" in refusal(payouts.repair, payment, "张三")[1]


def test_a_repair_may_keep_the_account(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    payouts.result(payment, 张三="系统繁忙", 李四="户名不符")
    payouts.repair(payment, "张三", account="")
    payouts.repair(payment, "李四", payee="李思", account="9558 8012 3456")
    assert [(line.payee, line.account) for line in payouts.lines(payment)] == [
        ("张三", ACCOUNT), ("李思", "955880123456"),
    ]  # fmt: skip
    assert payouts.states(payment)[0] == "待支付"


def test_a_repair_that_is_none_is_refused(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    payouts.result(payment, 李四="户名不符")
    assert refusal(payouts.repair, payment, "李四", account="12")[0] == "account"
    assert refusal(payouts.repair, payment, "李四", payee=" ")[0] == "payee"


# Signing ----------------------------------------------------------------------------------------------------


def test_payees_sign_or_a_proxy_does(payouts):
    payment = of_two(payouts)
    payouts.pay(payment)
    last = last_event()
    payouts.sign(payment, "张三")
    payouts.sign(payment, "李四", proxy="李小四", relation="父子")
    rows = payouts.lines(payment)
    assert [(r.signed_on, r.proxy, r.relation) for r in rows] == [
        (clock.today(), "", ""), (clock.today(), "李小四", "父子"),
    ]  # fmt: skip
    assert_one_event_each(last, "sign_for", *rows)


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"proxy": "李小四"}, "relation"), ({"relation": "父子"}, "proxy"),
        ({"proxy": "出纳员", "relation": "同事"}, "proxy"),
        ({"signed_on": day("05-12")}, "signed_on"), ({"signed_on": day("05-10")}, "signed_on"),
    ],
)  # fmt: skip
def test_a_signature_that_cannot_be_is_refused(payouts, facts, key):
    payment = of_two(payouts)
    payouts.pay(payment)
    assert refusal(payouts.sign, payment, **facts)[0] == key
    assert not PaymentLine.objects.exclude(signed_on=None).exists()


def test_nobody_signs_twice_or_before_being_paid(payouts):
    payment = of_two(payouts)
    payouts.pay(payment, "张三")
    assert "现为“待付”" in refusal(payouts.sign, payment, "李四")[1]
    payouts.sign(payment, "张三")
    assert refusal(payouts.sign, payment, "张三")[0] == "signed"


def test_a_cashier_does_not_sign_for_themselves(payouts):
    own = payouts.treasury.cashier.person
    payment = payouts.prepared(("出纳员", "100", own))
    PaymentLine.objects.update(state="已付", paid_on=clock.today())
    with pytest.raises(Forbidden, match="涉及您本人"):
        payouts.sign(payment)


def test_lines_of_several_payments_are_signed_at_once(payouts):
    first, second = payouts.prepared(("张三", "500")), payouts.prepared(("李四", "300"))
    for payment in (first, second):
        payouts.pay(payment)
    lines = [payouts.line(first, "张三"), payouts.line(second, "李四")]
    payments.sign_for(by=payouts.treasury.cashier, lines=lines, signed_on=clock.today())
    assert PaymentLine.objects.exclude(signed_on=None).count() == 2


# What verify says ------------------------------------------------------------------------------------------


def test_verify_finds_nothing_wrong_after_all_that_can_happen(payouts):
    """Half failed, repaired, paid by hand, returned late, given up, made anew: every figure can be recomputed."""
    payment = of_two(payouts)
    payouts.send(payment)
    payouts.result(payment, 李四="户名不符")
    payouts.repair(payment, "李四")
    payouts.pay(payment, "李四")
    payouts.give_back(payment, "张三")
    payouts.cancel(payment)
    void = of_two(payouts)
    payouts.cancel(void)
    under_way = of_two(payouts)
    payouts.pay(under_way, "张三")
    payouts.send(under_way)
    assert [(one.row, one.message) for check in CHECKS for one in check()] == []
