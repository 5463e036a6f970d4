"""Money that comes into a fund: posted on its day from a source of the fund, taken back once and whole."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore.access import RIGHTS, Can, Role
from carecore.models import AuditEvent, Rule
from carecore.workflow import Forbidden, Refused, Stale
from funds.models import Book, Fund, FundState, Receipt, Voucher
from funds.rules.receipts import ReceiptDraft
from funds.workflow.income import receive, receive_many, reverse_receipt
from tests import build

YUAN = Decimal


def day(month, number):
    return datetime.date(2026, month, number)


TODAY = day(5, 11)


@pytest.fixture
def come(fund, treasury):
    """So much came from a source of the fund on a day."""

    def come(amount="1000.00", label="财政拨付", on=TODAY, **more):
        source = build.account(more.get("fund", fund), label)
        facts = {"by": treasury.fund_office, "fund": fund, "source": source, "amount": YUAN(amount)}
        return receive(**{**facts, "received_on": on, **more})

    return come


# Receiving ------------------------------------------------------------------------------------------------


def test_money_comes_from_its_source_into_the_fund_with_a_voucher(come, money, treasury):
    row = come("1234.56", payer="市财政局", reference="财预〔2026〕8号", note="第一季度")
    assert money.balances() == {"帮扶资金": YUAN("1234.56"), "财政拨付": YUAN("-1234.56")}
    voucher = row.voucher
    assert (str(voucher), voucher.kind, voucher.dated, voucher.summary, voucher.by) == (
        "2026-0001", "收入", day(5, 11), "财政拨付 市财政局 财预〔2026〕8号", treasury.fund_office
    )  # fmt: skip
    assert (voucher.document_kind, voucher.document_id) == ("funds.receipt", row.pk)
    assert voucher.transfers.get().note == "第一季度"
    event = AuditEvent.objects.get(action="receive")
    assert (event.kind, event.object_id, event.by) == ("funds.receipt", row.pk, treasury.fund_office)


def test_a_double_click_receives_once(come, money):
    number = uuid.uuid4()
    assert come(request_id=number) == come(request_id=number)
    assert money.own().balance == YUAN("1000.00")


@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
def test_nothing_is_no_receipt(come, amount):
    with pytest.raises(Refused, match="金额须大于零"):
        come(amount)


def test_one_fen_is_a_receipt(come, money):
    come("0.01")
    assert money.own().balance == YUAN("0.01")


def test_not_from_tomorrow(come):
    with pytest.raises(Refused, match="到账日期不得晚于今天"):
        come(on=day(5, 12))
    assert not Receipt.objects.exists()


def test_only_from_a_source_of_this_fund(come, fund, treasury):
    other = build.fund(fund.unit, "另一资金", opened_by=treasury.fund_lead)
    for account in (build.account(fund, "困难补助"), build.account(fund, "资金"), build.account(other, "财政拨付")):
        with pytest.raises(Refused, match="不是帮扶资金的来源"):
            come(source=account)
    with pytest.raises(Refused, match="请在下拨、收回中办理"):
        come(source=fund.accounts.get(kind="来源", label="资金拨入"))


def test_only_from_a_source_that_the_rules_still_name(come):
    """TX3-11: what a fund may be fed from is a rule; an account that outlived it takes no more."""
    Rule.objects.filter(key="funds.sources").update(value={"生活困难党员帮扶": build.SOURCES[:1]})
    with pytest.raises(Refused, match=r"“党费划拨”不在帮扶资金的来源范围内,只能是:财政拨付\(LYG-9\)"):
        come(label="党费划拨")
    come(label="财政拨付")


def test_a_fund_that_has_ended_receives_nothing(come):
    Fund.objects.update(state=FundState.LAPSED)
    with pytest.raises(Refused, match="帮扶资金已结束"):
        come()


# The day of the voucher -----------------------------------------------------------------------------------


def test_the_voucher_is_dated_the_day_the_money_came_where_the_series_admits_it(come, money):
    assert come(on=day(4, 30)).voucher.dated == day(4, 30)
    money.pay("1.00", dated=day(5, 6))
    late = come(on=day(5, 5))
    assert (late.received_on, late.voucher.dated) == (day(5, 5), day(5, 6))


def test_not_into_a_closed_month(come, fund):
    Book.objects.update(closed_through=day(4, 30))
    assert come(on=day(4, 15)).voucher.dated == day(5, 1)
    Book.objects.update(closed_through=day(5, 11))
    with pytest.raises(Refused, match="晚于今天"):
        come(on=day(5, 11))


# Opening balances -----------------------------------------------------------------------------------------


def test_an_opening_balance_stands_on_its_own_day_and_once(come, money, treasury):
    row = come("500.00", "期初余额", day(1, 1))
    assert (row.voucher.dated, money.own().balance) == (day(1, 1), YUAN("500.00"))
    with pytest.raises(Refused, match="期初余额已登记,有误的请先冲销"):
        come("600.00", "期初余额", day(1, 1))
    reverse_receipt(by=treasury.fund_lead, receipt=row, reason="录错")
    assert come("600.00", "期初余额").voucher.dated == day(5, 11)
    assert money.own().balance == YUAN("600.00")


def test_an_opening_balance_is_not_moved_behind_other_vouchers(come):
    come(on=day(2, 1))
    with pytest.raises(Refused, match="最近一张凭证的日期是2026-02-01"):
        come("500.00", "期初余额", day(1, 1))


# Many at once ---------------------------------------------------------------------------------------------


def test_many_are_posted_in_the_order_of_their_days_and_returned_in_that_of_the_drafts(fund, treasury):
    source = build.account(fund, "财政拨付")
    drafts = [ReceiptDraft(fund, source, YUAN(n), day(n, 1)) for n in (3, 1, 2)]
    rows = receive_many(by=treasury.fund_office, drafts=drafts)
    assert [(row.amount, row.voucher.number, row.voucher.dated) for row in rows] == [
        (3, 3, day(3, 1)), (1, 1, day(1, 1)), (2, 2, day(2, 1))
    ]  # fmt: skip


def test_of_many_all_or_none(fund, treasury):
    source = build.account(fund, "财政拨付")
    drafts = [ReceiptDraft(fund, source, YUAN(5), day(5, 1)), ReceiptDraft(fund, source, YUAN(0), day(5, 1))]
    with pytest.raises(Refused, match="金额须大于零"):
        receive_many(by=treasury.fund_office, drafts=drafts)
    assert (Receipt.objects.count(), Voucher.objects.count()) == (0, 0)


def test_two_opening_balances_of_one_fund_in_one_list_are_refused(fund, treasury):
    draft = ReceiptDraft(fund, build.account(fund, "期初余额"), YUAN(5), day(1, 1))
    with pytest.raises(Refused, match="期初余额已登记"):
        receive_many(by=treasury.fund_office, drafts=[draft, draft])


def test_many_cost_as_many_queries_as_one(fund, treasury):
    source = build.account(fund, "财政拨付")

    def queries(count):
        drafts = [ReceiptDraft(fund, source, YUAN(5), day(5, 1))] * count
        with CaptureQueriesContext(connection) as asked:
            receive_many(by=treasury.fund_office, drafts=drafts)
        return len(asked)

    queries(1)
    assert queries(12) == queries(1)


# Taking back ----------------------------------------------------------------------------------------------


def test_a_receipt_is_reversed_once_and_whole(come, money, treasury):
    row = come("1000.00")
    voucher = reverse_receipt(by=treasury.fund_lead, receipt=row, reason="错登")
    assert (voucher.reverses, voucher.kind, voucher.summary, voucher.revision) == (
        row.voucher, "冲销", "冲销2026-0001号凭证:错登", 2
    )  # fmt: skip
    assert money.balances() == {}
    row.refresh_from_db()
    with pytest.raises(Refused, match="不能再冲销"):
        reverse_receipt(by=treasury.fund_lead, receipt=row, reason="再来")
    event = AuditEvent.objects.get(action="reverse_receipt")
    assert (event.kind, event.object_id, event.reason) == ("funds.receipt", row.pk, "错登")


def test_what_has_been_used_is_not_taken_back(come, money, treasury):
    row = come("1000.00")
    money.pay("0.01")
    with pytest.raises(Refused, match="可用余额不足,还差0.01元"):
        reverse_receipt(by=treasury.fund_lead, receipt=row, reason="错登")
    assert money.own().balance == YUAN("999.99")


@pytest.mark.parametrize(("reason", "message"), [(" ", "请写明冲销的理由"), ("长" * 201, "压缩到200字以内")])
def test_a_reason_is_written_and_fits(come, treasury, reason, message):
    with pytest.raises(Refused, match=message):
        reverse_receipt(by=treasury.fund_lead, receipt=come(), reason=reason)


def test_a_stale_receipt_is_not_reversed(come, treasury):
    row = come()
    row.version = 1
    with pytest.raises(Stale):
        reverse_receipt(by=treasury.fund_lead, receipt=row, reason="错登")


# Rights ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if Can.KEEP_FUNDS not in RIGHTS[role]])
def test_every_other_role_receives_nothing(come, city, role):
    other = build.user("other", city.root, role, person=build.person(city.root))
    with pytest.raises(Forbidden, match="登记资金收入"):
        come(by=other)
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("role", [role for role in Role if Can.MANAGE_FUNDS not in RIGHTS[role]])
def test_every_other_role_reverses_nothing(come, city, role):
    row, other = come(), build.user("other", city.root, role, person=build.person(city.root))
    with pytest.raises(Forbidden, match="冲销"):
        reverse_receipt(by=other, receipt=row, reason="错登")
    assert Voucher.objects.count() == 1


def test_nobody_of_another_unit_receives_or_reverses(come, city):
    other = build.user("other", city.b, Role.FUND_LEAD, person=build.person(city.b))
    with pytest.raises(Forbidden, match="您没有滨海市"):
        come(by=other)
    with pytest.raises(Forbidden, match="您没有滨海市"):
        reverse_receipt(by=other, receipt=come(), reason="错登")
