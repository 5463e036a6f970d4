"""A payment before it is paid: prepared, amended, given up (LYG-10, invariants 3, 5)."""

from decimal import Decimal

import pytest

from carecore.access import Role
from carecore.models import AuditEvent, Benefit
from carecore.workflow import Forbidden, Stale
from funds.models import (
    Application,
    Payment,
    PaymentLine,
    PaymentState,
)
from funds.workflow import payments
from funds.workflow.payments import LineChange, Result
from tests import build
from tests.funds.payouts import (
    ACCOUNT,
    BANK,
    any_document,
    assert_one_event_each,
    draft,
    last_event,
    of_two,
    refusal,
    reserved,
    yuan,
)

# Preparing --------------------------------------------------------------------------------------------------


def test_a_decided_application_becomes_a_payment_of_its_lines(payouts):
    application = payouts.decided()
    last = last_event()
    payment = payments.prepare_application(
        by=payouts.treasury.fund_office, application=application, lines=payouts.drafts(application)
    )
    assert (payment.total, payment.paid, payment.state, payment.round) == (*yuan("800", "0"), "待支付", 0)
    assert (payment.prepared_by, payment.approved_by) == (payouts.treasury.fund_office, payouts.treasury.fund_lead)
    assert payment.subject == "慰问困难党员" and payment.reservation.left == Decimal("800")
    assert [(line.number, line.payee, line.amount, line.account) for line in payment.lines.all()] == [
        (1, "张三", Decimal("500"), ACCOUNT), (2, "李四", Decimal("300"), ACCOUNT),
    ]  # fmt: skip
    assert payouts.application(payment).state == "支付中"
    assert_one_event_each(last, "prepare", payment, *payment.lines.all(), payouts.application(payment))


def test_the_cashier_may_prepare_too(payouts):
    assert payouts.prepared(by=payouts.treasury.cashier).prepared_by == payouts.treasury.cashier


@pytest.mark.parametrize("who", ["applicant", "meeting_clerk", "fund_lead"])
def test_others_do_not_prepare(payouts, who):
    with pytest.raises(Forbidden):
        payouts.prepared(by=getattr(payouts.treasury, who))
    assert not Payment.objects.exists()


def test_an_office_of_another_unit_does_not_prepare(payouts):
    other = build.user("other", payouts.city.b, Role.FUND_OFFICE, person=payouts.person("乙受理"))
    with pytest.raises(Forbidden):
        payouts.prepared(by=other)


@pytest.mark.parametrize("state", [s for s in Application.state.field.choices if s[0] != "已批准"])
def test_only_a_decided_application_is_paid(payouts, state):
    application = payouts.decided()
    Application.objects.update(state=state[0])
    key, message = refusal(
        payments.prepare_application, by=payouts.treasury.cashier, application=application,
        lines=payouts.drafts(application),
    )  # fmt: skip
    assert (key, f"现为“{state[0]}”,只有“已批准”的才能编制支付单" in message) == ("state", True)


def test_a_changed_application_is_stale(payouts):
    application = payouts.decided()
    Application.objects.update(version=2)
    with pytest.raises(Stale):
        payments.prepare_application(by=payouts.treasury.cashier, application=application, lines=[])


def test_a_double_click_prepares_one(payouts):
    application, token = payouts.decided(), "6f1f6e8e-0c1b-4a8c-9d5d-0d2c4b1f9a11"
    facts = {"by": payouts.treasury.cashier, "lines": payouts.drafts(application), "request_id": token}
    first, second = (payments.prepare_application(application=application, **facts) for _ in range(2))
    assert (first.pk, Payment.objects.count()) == (second.pk, 1)


@pytest.mark.parametrize(
    ("lines", "key", "message"),
    [
        ([], "lines", "没有填写任何收款人"),
        ([draft(" ")], "payee", "没有收款人"),
        ([draft(), draft("李四", "0")], "amount", "李四的金额须大于零"),
        ([draft(), draft("李四", "-1")], "amount", "李四的金额须大于零"),
        ([draft(amount="799.99")], "total", "明细合计799.99元,与批准金额800.00元不一致"),
        ([draft(amount="800.01")], "total", "明细合计800.01元,与批准金额800.00元不一致"),
        ([draft(account="12345")], "account", "张三的银行账号应为6至32位数字"),
        ([draft(account="6222 0212 34X")], "account", "银行账号"),
        ([draft("张" * 101)], "payee", "收款人最多100个字"),
        ([draft(bank="行" * 101)], "payee", "开户银行最多100个字"),
        ([draft(note="注" * 101)], "payee", "备注最多100个字"),
    ],
)
def test_lines_that_do_not_fit_are_refused(payouts, lines, key, message):
    application = payouts.decided()
    found = refusal(
        payments.prepare_application, by=payouts.treasury.cashier, application=application, lines=lines
    )
    assert found[0] == key and message in found[1]
    assert (Payment.objects.count(), payouts.fresh(application).state) == (0, "已批准")
    assert AuditEvent.objects.order_by("-seq")[0].action == "refused.prepare_application"


def test_spaces_in_an_account_are_left_out(payouts):
    application = payouts.decided()
    payment = payments.prepare_application(
        by=payouts.treasury.cashier, application=application, lines=[draft(bank=BANK, account=" 6222 0212 3456 ")]
    )
    assert payment.lines.get().account == "622202123456"


def test_nobody_stands_on_a_payment_twice(payouts):
    person = payouts.person("张三")
    lines = [draft(amount="500", person=person), draft(amount="300", person=person)]
    application = payouts.decided()
    found = refusal(payments.prepare_application, by=payouts.treasury.cashier, application=application, lines=lines)
    assert found == ("person", "张三在一张支付单中只能列一次,请合并")


def test_nobody_prepares_or_pays_their_own_line(payouts):
    own = payouts.treasury.cashier.person
    with pytest.raises(Forbidden, match="涉及您本人"):
        payouts.prepared(("出纳员", "100", own), by=payouts.treasury.cashier)
    payment = payouts.prepared(("出纳员", "100", own), ("张三", "50"))
    for call in (payouts.send, payouts.pay):
        with pytest.raises(Forbidden, match="涉及您本人"):
            call(payment)
    payouts.pay(payment, "张三")


def test_a_lower_decision_is_paid_as_decided(payouts):
    application = payouts.decided(("张三", "500"), ("李四", "300"), amount="600")
    lines = [draft(amount="400"), draft("李四", "200")]
    payment = payments.prepare_application(by=payouts.treasury.cashier, application=application, lines=lines)
    assert payment.total == Decimal("600")


def test_any_document_can_be_paid_and_gives_no_benefit_of_its_own(payouts):
    """A visit writes its benefit itself; here a policy paper stands for it."""
    paper = build.document(payouts.fund.unit, "慰问安排")
    payment = any_document(payouts, paper, reserved(payouts, paper), lines=[draft(amount="100", person=payouts.person("王五"))])
    payouts.pay(payment)
    assert payouts.states(payment) == ("已付清", {"张三": "已付"})
    assert (payment.document_kind, payouts.held(payment)) == ("carecore.document", (*yuan("100", "100", "0"), "已了结"))
    assert not Benefit.objects.exists()


def test_a_document_has_one_payment(payouts):
    paper = build.document(payouts.fund.unit)
    held = reserved(payouts, paper)
    any_document(payouts, paper, held)
    assert refusal(any_document, payouts, paper, held)[0] == "document"


def test_money_held_for_something_else_pays_nothing(payouts):
    paper, other = build.document(payouts.fund.unit, "甲"), build.document(payouts.fund.unit, "乙")
    assert refusal(any_document, payouts, paper, reserved(payouts, other))[0] == "reservation"


def test_the_purpose_is_one_of_the_fund(payouts):
    paper = build.document(payouts.fund.unit)
    held = reserved(payouts, paper)
    other = build.fund(payouts.city.root, "另一资金", opened_by=payouts.treasury.fund_lead)
    for wrong in (build.account(other, "困难补助"), build.account(payouts.fund, "财政拨付")):
        assert refusal(any_document, payouts, paper, held, purpose=wrong)[0] == "purpose"


# Amending ---------------------------------------------------------------------------------------------------


def amend(payouts, payment, by=None, **changes):
    """Changes by payee: (payee, amount[, bank, account, note])."""
    changes = [LineChange(payouts.line(payment, name), *facts) for name, facts in changes.items()]
    return payments.amend_lines(
        by=by or payouts.treasury.cashier, payment=payouts.fresh(payment), changes=changes
    )


def test_lines_change_while_nothing_is_paid(payouts):
    payment = of_two(payouts)
    last = last_event()
    amend(
        payouts, payment, 张三=("张三", Decimal("450"), BANK, "", "本人"),
        李四=("李四之妻", Decimal("350"), "城西支行", "9558801234567890", ""),
    )  # fmt: skip
    rows = payouts.lines(payment)
    assert [(r.payee, r.amount, r.bank, r.account, r.note) for r in rows] == [
        ("张三", Decimal("450"), BANK, ACCOUNT, "本人"),
        ("李四之妻", Decimal("350"), "城西支行", "9558801234567890", ""),
    ]
    assert_one_event_each(last, "amend_lines", payment, *rows)


def test_the_total_stays_what_was_decided(payouts):
    payment = of_two(payouts)
    assert refusal(amend, payouts, payment, 张三=("张三", Decimal("500.01")))[0] == "total"
    assert refusal(amend, payouts, payment, 张三=("张三", Decimal("0")))[0] == "amount"
    assert payouts.line(payment, "张三").amount == Decimal("500")


def test_the_same_again_changes_nothing(payouts):
    payment = of_two(payouts)
    last = last_event()
    amend(payouts, payment, 张三=("张三", Decimal("500"), BANK))
    assert (last_event(), payouts.fresh(payment).version) == (last, 1)


@pytest.mark.parametrize("state", [s for s in PaymentState.values if s != "待支付"])
def test_lines_stand_once_paying_began(payouts, state):
    payment = of_two(payouts)
    Payment.objects.update(state=state)
    assert f"现为“{state}”" in refusal(amend, payouts, payment, 张三=("张三", Decimal("500")))[1]


@pytest.mark.parametrize("who", ["applicant", "meeting_clerk", "fund_lead"])
def test_others_do_not_amend_repair_or_cancel(payouts, who):
    payment, by = of_two(payouts), getattr(payouts.treasury, who)
    with pytest.raises(Forbidden):
        amend(payouts, payment, by=by, 张三=("张三", Decimal("500")))
    with pytest.raises(Forbidden):
        payouts.cancel(payment, by=by)
    payouts.send(payment)
    payouts.result(payment, 李四="户名不符")
    with pytest.raises(Forbidden):
        payouts.repair(payment, "李四", by=by)


def test_a_line_of_another_payment_is_refused(payouts):
    first, second = payouts.prepared(("张三", "500")), payouts.prepared(("李四", "300"))
    alien = payouts.line(second, "李四")
    cashier = payouts.treasury.cashier
    for call in (
        lambda: payments.amend_lines(by=cashier, payment=first, changes=[LineChange(alien, "李四", Decimal("300"))]),
        lambda: payments.pay_directly(by=cashier, payment=first, lines=[alien]),
    ):
        assert refusal(call)[0] == "lines"
    payouts.send(first)
    assert refusal(payouts.result, first, lines=[alien])[0] == "lines"


# Giving up --------------------------------------------------------------------------------------------------


def test_a_payment_of_which_nothing_left_is_void_and_can_be_made_anew(payouts):
    payment = of_two(payouts)
    last = last_event()
    payouts.cancel(payment)
    assert payouts.states(payment) == ("已作废", {"张三": "已取消", "李四": "已取消"})
    application = payouts.application(payment)
    assert (application.state, payouts.held(payment)) == ("已批准", (*yuan("800", "0", "0"), "预留中"))
    assert_one_event_each(last, "cancel_payment", payment, application, *payouts.lines(payment))
    again = payments.prepare_application(
        by=payouts.treasury.cashier, application=application, lines=payouts.drafts(application)
    )
    payouts.pay(again)
    assert payouts.application(payment).state == "已支付"


def test_the_rest_of_a_payment_is_given_up_and_released(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    payouts.result(payment, 李四="已故")
    payouts.cancel(payment)
    assert payouts.states(payment) == ("已付清", {"张三": "已付", "李四": "已取消"})
    assert (payouts.fresh(payment).total, payouts.fresh(payment).paid) == yuan("500", "500")
    assert payouts.held(payment) == (*yuan("800", "500", "300"), "已了结")
    assert payouts.application(payment).state == "已支付"
    payouts.give_back(payment, "张三")
    assert payouts.held(payment) == (*yuan("800", "0", "300"), "预留中")
    payouts.cancel(payment)
    assert payouts.states(payment)[0] == "已作废"
    assert payouts.money.own().reserved == Decimal("500")


@pytest.mark.parametrize("state", ["已送银行", "已付清", "已作废"])
def test_what_is_on_its_way_or_finished_is_not_given_up(payouts, state):
    payment = of_two(payouts)
    Payment.objects.update(state=state)
    assert f"现为“{state}”" in refusal(payouts.cancel, payment)[1]


def test_giving_up_needs_a_reason(payouts):
    assert refusal(payouts.cancel, of_two(payouts), reason=" ") == ("reason", "请写明作废的理由")


# What no verb shows -----------------------------------------------------------------------------------------


def test_the_account_is_neither_stored_nor_recorded_in_clear(payouts):
    payment = of_two(payouts)
    line = payouts.line(payment, "张三")
    assert (line.account, line.masked_account) == (ACCOUNT, "****0123")
    stored = PaymentLine.objects.filter(pk=line.pk).extra(select={"raw": "account"}).values_list("raw", flat=True).get()
    assert ACCOUNT not in stored
    assert not any(ACCOUNT in event.after + event.detail for event in AuditEvent.objects.all())


def test_a_result_of_an_empty_round_leaves_the_book_alone(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    payments.bank_result(
        by=payouts.treasury.cashier, payment=payouts.fresh(payment),
        results=[Result(line, False, "已销户") for line in payouts.lines(payment)],
    )  # fmt: skip
    assert payouts.held(payment) == (*yuan("800", "0", "0"), "预留中")
