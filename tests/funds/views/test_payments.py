"""Pages of payments as the office and the cashier meet them: prepared, sent, paid, put right, signed for."""

import uuid

import pytest

from carecore.access import Role
from carecore.models import AuditEvent
from funds.models import Payment, PaymentLine, PaymentState
from tests import build
from tests.funds.payouts import ACCOUNT, BANK, of_two
from tests.sanatorium.views.conftest import picked, versioned, words

URL = "/funds/payments/"


@pytest.fixture
def office(payouts):
    return payouts.treasury.fund_office


@pytest.fixture
def cashier(payouts):
    return payouts.treasury.cashier


def page_of(payment):
    return f"{URL}{payment.pk}/"


def typed(*lines):
    """What the form of lines posts: (payee, amount[, bank, account, note]) by number."""
    names = ("payee", "amount", "bank", "account", "note")
    return {
        f"n{number}-{name}": value
        for number, line in enumerate(lines, start=1) for name, value in zip(names, line, strict=False)
    }  # fmt: skip


# The list --------------------------------------------------------------------------------------------------


def test_the_list_is_filtered_and_exported(desk, payouts, office):
    payment = of_two(payouts)
    payouts.pay(payouts.prepared(("滨海书店", "700"), subject="购置学习资料"))
    page = words(desk.get(office, URL))
    assert "慰问困难党员" in page and "购置学习资料" in page and "共2条" in page
    for query, shown in (
        ({"q": "学习"}, "购置学习资料"), ({"q": "张三"}, "慰问困难党员"), ({"q": f"支付单{payment.pk}"}, "慰问困难党员"),
        ({"state": "已付清"}, "购置学习资料"), ({"fund": payment.fund_id, "q": "李四"}, "慰问困难党员"),
    ):  # fmt: skip
        page = words(desk.get(office, URL, **query))
        assert shown in page and "共1条" in page, query
    assert "共0条" in words(desk.get(office, URL, prepared_from="2026-05-12"))
    text = b"".join(desk.get(office, URL, export="csv").streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0] == "支付单,事由,资金,资金单位,用途,总金额(元),已付(元),状态,制表日期"
    assert f"{payment.pk},慰问困难党员,帮扶资金,滨海市,困难补助,800.00,0.00,待支付,2026-05-11" in text


def test_another_unit_sees_no_payment(desk, payouts):
    payment, line = of_two(payouts), PaymentLine.objects.first()
    stranger = build.user("stranger", payouts.city.b, Role.CASHIER, person=payouts.person("外人", payouts.city.b))
    assert "共0条" in words(desk.get(stranger, URL))
    for path in ("", "edit/", "sign/", "print/"):
        desk.get(stranger, f"{page_of(payment)}{path}", 404)
    for path in (f"{URL}lines/{line.pk}/repair/", f"{URL}lines/{line.pk}/return/"):
        desk.get(stranger, path, 404)
    for path in ("send/", "pay/", "pay_all/", "cancel/", "bank_file/", "sign_sheet/"):
        desk.post(stranger, f"{page_of(payment)}{path}", 404, version=1, recipient="行", reason="代发")


def test_pages_are_for_their_roles(desk, payouts):
    payment, clerk = of_two(payouts), payouts.treasury.meeting_clerk
    for path in ("send/", "pay/", "pay_all/", "sign/"):
        desk.post(clerk, f"{page_of(payment)}{path}", 403, version=1)
    for path in ("bank_file/", "sign_sheet/"):
        desk.get(clerk, f"{page_of(payment)}{path}", 403)
    body = desk.refused(clerk, f"{page_of(payment)}cancel/", 403, version=1, reason="错")
    assert body["code"] == "forbidden"


# Preparing -------------------------------------------------------------------------------------------------


def test_an_application_waits_to_be_prepared(desk, payouts, office):
    application = payouts.decided()
    page = desk.get(office, f"{URL}new/")
    assert "慰问困难党员" in words(page) and f"?application={application.pk}" in page.content.decode()
    stranger = build.user("stranger", payouts.city.b, Role.FUND_OFFICE, person=payouts.person("外人", payouts.city.b))
    assert "没有等待支付的申请" in words(desk.get(stranger, f"{URL}new/"))
    desk.get(stranger, f"{URL}new/", 404, application=application.pk)
    desk.get(office, f"{URL}new/", 404, application="abc")


def test_lines_come_from_the_application_and_are_completed(desk, payouts, office):
    application = payouts.decided(("张三", "500", payouts.person("张三")), ("李四", "300"))
    page = desk.get(office, f"{URL}new/", application=application.pk).content.decode()
    assert 'value="张三"' in page and 'value="500.00"' in page and "甲局" in page
    lines = typed(("张三", "500", BANK, ACCOUNT), ("李四", "200"), ("王五", "100"), ("", ""))
    facts = {**versioned(application), "application": application.pk, "request_id": uuid.uuid4(), **lines}
    answer = desk.post(office, f"{URL}new/", **facts)
    payment = Payment.objects.get()
    assert answer["Location"] == page_of(payment)
    assert [(line.payee, line.amount, line.person_id is None) for line in payment.lines.all()] == [
        ("张三", 500, False), ("李四", 200, True), ("王五", 100, True),
    ]  # fmt: skip
    assert "支付单已编制" in words(desk.follow(office, answer))
    again = desk.post(office, f"{URL}new/", **facts)
    assert (again["Location"], Payment.objects.count()) == (page_of(payment), 1)


def test_a_total_that_differs_is_refused_with_what_was_typed(desk, payouts, office):
    application = payouts.decided()
    facts = {**versioned(application), "application": application.pk, **typed(("张三", "500"), ("李四", "299.99"))}
    answer = desk.post(office, f"{URL}new/", 409, **facts)
    assert "明细合计799.99元,与批准金额800.00元不一致" in words(answer)
    assert 'value="299.99"' in answer.content.decode()
    body = desk.refused(office, f"{URL}new/", 409, **facts)
    assert (body["code"], body["findings"][0]["rule"]) == ("rule", "total")


@pytest.mark.parametrize(
    ("line", "field"),
    [(("张三", "x"), "amount"), (("", "5"), "payee"), (("张三", ""), "amount"), (("张三", "0"), "amount"),
     (("张三", "1.005"), "amount"), (("张" * 101, "5"), "payee"), (("张三", "9" * 15), "amount"), (("张\0", "5"), "payee")],
)  # fmt: skip
def test_a_line_that_cannot_be_is_an_error_at_its_field(desk, payouts, office, line, field):
    application = payouts.decided()
    facts = {**versioned(application), "application": application.pk, **typed(line)}
    assert "没有保存" in words(desk.post(office, f"{URL}new/", 400, **facts))
    body = desk.refused(office, f"{URL}new/", 400, **facts)
    assert (body["code"], list(body["fields"])) == ("fields", [f"n1-{field}"])


def test_a_long_application_is_taken_as_it_stands(desk, payouts, office):
    application = payouts.decided(*((f"人{index}", "1") for index in range(101)))
    assert "共101笔、101.00元" in words(desk.get(office, f"{URL}new/", application=application.pk))
    desk.post(office, f"{URL}new/", application=application.pk, **versioned(application))
    payment = Payment.objects.get()
    assert payment.lines.count() == 101
    page = words(desk.get(office, f"{page_of(payment)}edit/", page=2))
    assert "第2页/2" in page
    change = {f"n101-{name}": value for name, value in (("payee", "人100"), ("amount", "1"), ("bank", BANK), ("account", ACCOUNT))}
    desk.post(office, f"{page_of(payment)}edit/?page=2", **versioned(payment), **change)
    assert (payment.lines.get(number=101).account, payment.lines.get(number=1).account) == (ACCOUNT, "")


def test_lines_are_amended_and_the_account_stays_hidden(desk, payouts, office):
    payment = of_two(payouts)
    page = desk.get(office, f"{page_of(payment)}edit/").content.decode()
    assert ACCOUNT not in page and 'placeholder="****0123"' in page
    lines = typed(("张三", "450", BANK, ""), ("李四", "350", BANK, "9558801234567890"))
    stale = {"version": payment.version}
    desk.post(office, f"{page_of(payment)}edit/", **stale, **lines)
    assert [(line.amount, line.account) for line in payment.lines.all()] == [(450, ACCOUNT), (350, "9558801234567890")]
    body = desk.refused(office, f"{page_of(payment)}edit/", 409, **stale, **lines)
    assert body["code"] == "stale"
    assert desk.refused(office, f"{page_of(payment)}edit/", 409, **versioned(payment), **typed(("张三", "1"), ("李四", "1")))["code"] == "rule"


# The card --------------------------------------------------------------------------------------------------


def test_the_card_shows_sums_by_state_masked_accounts_and_steps(desk, payouts, office, cashier):
    payment = of_two(payouts)
    answer = desk.get(cashier, page_of(payment))
    page = words(answer)
    assert "****0123" in page and ACCOUNT not in answer.content.decode()
    for text in ("慰问困难党员", "待支付", "待付2800.00", "送银行代发", "全部直接支付(2笔)", "作废", "修改明细"):
        assert text in page, text
    payouts.send(payment)
    payouts.result(payment, 李四="账号与户名不符")
    page = words(desk.get(cashier, page_of(payment)))
    for text in ("部分支付", "已付1500.00", "退回1300.00", "账号与户名不符", "余款不再支付", "2026-0002", "更正", "退票"):
        assert text in page, text
    assert "不能送银行代发:没有待付的明细,退回的请先更正" in page
    page = words(desk.get(payouts.treasury.meeting_clerk, page_of(payment)))
    assert "没有可办理的事项" in page and "更正" not in page


def test_whoever_decided_reads_why_they_may_not_pay(desk, payouts, cashier):
    payment = of_two(payouts)
    Payment.objects.update(approved_by=cashier)
    assert "由您审批,不能再由您办理本环节" in words(desk.get(cashier, page_of(payment)))


def test_lines_are_filtered_paged_and_exported_masked(desk, payouts, office):
    payment = payouts.prepared(*((f"人{index:03}", "1") for index in range(120)))
    page = words(desk.get(office, page_of(payment)))
    assert "人049" in page and "人050" not in page and "共120条" in page
    assert "共1条" in words(desk.get(office, page_of(payment), q="人077"))
    payouts.pay(payment, "人077")
    assert "共1条" in words(desk.get(office, page_of(payment), state="已付", signed="no"))
    text = b"".join(desk.get(office, page_of(payment), export="csv", q="人077").streaming_content).decode("utf-8-sig")
    assert text.splitlines()[1] == "78,人077,,滨海银行城东支行,****0123,1.00,已付,2026-05-11,,,,"
    assert AuditEvent.objects.order_by("-seq")[0].action == "export"


def test_the_query_count_of_the_card_does_not_grow(desk, payouts, office, django_assert_max_num_queries):
    few, many = payouts.prepared(("张三", "1")), payouts.prepared(*((f"人{index}", "1") for index in range(60)))
    desk.get(office, page_of(few))
    for payment in (few, many):
        with django_assert_max_num_queries(40):
            desk.get(office, page_of(payment))


# Verbs -----------------------------------------------------------------------------------------------------


def test_sent_paid_and_cancelled_by_posts(desk, payouts, cashier, office):
    first, second, third = (payouts.prepared(("张三", "10"), ("李四", "20")) for _ in range(3))
    answer = desk.post(cashier, f"{page_of(first)}send/", 200, json=True, **versioned(first))
    assert answer.json() == {"ok": True, "state": "已送银行", "pk": first.pk, "findings": []}
    answer = desk.post(cashier, f"{page_of(second)}pay_all/", paid_on="2026-05-11", **versioned(second))
    assert "已支付2笔" in words(desk.follow(cashier, answer))
    desk.post(cashier, f"{page_of(third)}pay/", **picked(payouts.line(third, "张三")))
    assert payouts.states(third) == ("部分支付", {"张三": "已付", "李四": "待付"})
    desk.post(office, f"{page_of(third)}cancel/", reason="本人放弃", **versioned(third))
    assert payouts.states(third) == ("已付清", {"张三": "已付", "李四": "已取消"})
    assert set(Payment.objects.values_list("state", flat=True)) == {"已送银行", "已付清"}


def test_a_second_click_and_a_stale_page_pay_nothing(desk, payouts, cashier):
    payment = of_two(payouts)
    lines = picked(*payouts.lines(payment))
    desk.post(cashier, f"{page_of(payment)}pay/", **lines)
    assert desk.refused(cashier, f"{page_of(payment)}pay/", 409, **lines)["code"] in {"stale", "rule"}
    for path in ("send/", "pay_all/"):
        facts = {"version": 1, "paid_on": "2026-05-11"}
        assert desk.refused(cashier, f"{page_of(payment)}{path}", 409, **facts)["code"] == "stale"
    assert payouts.fresh(payment).paid == 800


@pytest.mark.parametrize("version", ["", "x", "0", "-1", "9" * 40])
def test_a_damaged_version_is_stale(desk, payouts, cashier, version):
    payment = of_two(payouts)
    assert desk.refused(cashier, f"{page_of(payment)}send/", 409, version=version)["code"] == "stale"


def test_rows_of_no_or_another_payment_are_not_found(desk, payouts, cashier):
    first, second = of_two(payouts), payouts.prepared(("王五", "5"))
    desk.post(cashier, f"{page_of(first)}pay/", 404, **picked(payouts.line(second, "王五")))
    assert desk.refused(cashier, f"{page_of(first)}pay/", 409)["findings"][0]["rule"] == "empty"


def test_the_day_of_payment_is_a_day(desk, payouts, cashier):
    payment = of_two(payouts)
    body = desk.refused(cashier, f"{page_of(payment)}pay_all/", 400, paid_on="2026-02-30", **versioned(payment))
    assert list(body["fields"]) == ["paid_on"]
    desk.post(cashier, f"{page_of(payment)}pay_all/", 400, **versioned(payment))
    body = desk.refused(cashier, f"{page_of(payment)}pay_all/", 409, paid_on="2026-05-12", **versioned(payment))
    assert body["findings"][0]["rule"] == "dated"


@pytest.mark.parametrize("state", [PaymentState.PAID, PaymentState.CANCELLED])
def test_a_finished_payment_offers_nothing_more(desk, payouts, cashier, state):
    payment = of_two(payouts)
    Payment.objects.update(state=state)
    page = words(desk.get(cashier, page_of(payment)))
    assert "没有可办理的事项" in page and "修改明细" not in page
    for path in ("send/", "pay_all/", "cancel/"):
        facts = {**versioned(payment), "paid_on": "2026-05-11", "reason": "错"}
        assert desk.refused(cashier, f"{page_of(payment)}{path}", 409, **facts)["findings"][0]["rule"] == "state"


# Lines -----------------------------------------------------------------------------------------------------


def test_a_returned_line_is_put_right(desk, payouts, cashier):
    payment = of_two(payouts)
    payouts.send(payment)
    payouts.result(payment, 李四="账号与户名不符")
    line = payouts.line(payment, "李四")
    url = f"{URL}lines/{line.pk}/repair/"
    page = desk.get(cashier, url)
    assert "退回原因:账号与户名不符" in words(page) and "现为****0123" in words(page)
    wrong = desk.post(cashier, url, 409, payee="李四", account="12", **versioned(line))
    assert "银行账号应为6至32位数字" in words(wrong)
    answer = desk.post(cashier, url, payee="李四", bank=BANK, account="9558 8012 3456 7890", **versioned(line))
    assert answer["Location"] == page_of(payment)
    assert (payouts.fresh(line).state, payouts.fresh(line).account) == ("待付", "9558801234567890")
    assert desk.refused(cashier, url, 409, payee="李四", **versioned(line))["code"] == "rule"


def test_a_paid_line_comes_back(desk, payouts, cashier):
    payment = of_two(payouts)
    payouts.pay(payment)
    line = payouts.line(payment, "李四")
    url = f"{URL}lines/{line.pk}/return/"
    assert list(desk.refused(cashier, url, 400, returned_on="2026-05-11", **versioned(line))["fields"]) == ["reason"]
    answer = desk.post(
        cashier, url, 200, json=True, returned_on="2026-05-11", reason="账号已销户", **versioned(line)
    )
    assert answer.json()["state"] == "退回"
    assert payouts.states(payment)[0] == "部分支付"


def test_those_picked_sign_and_a_proxy_signs_for_two(desk, payouts, cashier):
    payment = payouts.prepared(("张三", "10"), ("李四", "20"), ("王五", "30"))
    payouts.pay(payment)
    url = f"{page_of(payment)}sign/"
    two = picked(payouts.line(payment, "李四"), payouts.line(payment, "王五"))
    asked = desk.post(cashier, url, 200, **two).content.decode()
    assert asked.count(" checked") == 2
    answer = desk.post(cashier, url, signed_on="2026-05-11", proxy="李小四", relation="同事", **two)
    assert "已登记2人签领" in words(desk.follow(cashier, answer))
    page = words(desk.get(cashier, url))
    assert "张三" in page and "王五" not in page
    one = picked(payouts.line(payment, "张三"))
    body = desk.refused(cashier, url, 409, signed_on="2026-05-11", proxy="李小四", **one)
    assert body["findings"][0]["rule"] == "relation"
    assert desk.refused(cashier, url, 400, signed_on="x", **one)["fields"]
    assert desk.refused(cashier, url, 409, signed_on="2026-05-11")["findings"][0]["rule"] == "empty"
    assert "没有待签领的人员" not in words(desk.get(cashier, url, q="张"))
