"""The ledger: balanced by construction, numbered without gaps, never below zero, never dated back (invariant 3)."""

import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from carecore.models import AuditEvent, Rule
from carecore.workflow import Refused
from funds import ledger
from funds.models import Account, Book, Reservation, Transfer, Turnover, Voucher, VoucherKind
from tests import build

YUAN = Decimal


def test_money_flows_from_its_source_through_the_fund_to_its_purpose(money):
    money.come("1000.00")
    voucher = money.pay("300.50")
    assert money.balances() == {
        "帮扶资金": YUAN("699.50"), "财政拨付": YUAN("-1000.00"), "困难补助": YUAN("300.50")
    }  # fmt: skip
    assert (str(voucher), voucher.kind, voucher.total) == ("2026-0002", "支出", YUAN("300.50"))
    [row] = voucher.transfers.all()
    assert (row.from_account.label, row.to_account.label, row.amount, row.balance) == (
        "帮扶资金", "困难补助", YUAN("300.50"), YUAN("699.50")
    )  # fmt: skip


def test_each_month_of_each_account_is_counted(money, today):
    money.come("1000.00")
    money.pay("100.00")
    today.move_to("2026-06-02 10:00:00+08:00")
    money.pay("50.00")
    counted = Turnover.objects.order_by("account", "month").values_list(
        "account__label", "year", "month", "incoming", "outgoing"
    )
    assert set(counted) == {
        ("帮扶资金", 2026, 5, YUAN("1000.00"), YUAN("100.00")), ("帮扶资金", 2026, 6, YUAN(0), YUAN("50.00")),
        ("财政拨付", 2026, 5, YUAN(0), YUAN("1000.00")), ("困难补助", 2026, 5, YUAN("100.00"), YUAN(0)),
        ("困难补助", 2026, 6, YUAN("50.00"), YUAN(0)),
    }  # fmt: skip


@pytest.mark.parametrize(("amount", "goes"), [("1000.00", True), ("1000.01", False)])
def test_a_fund_pays_to_its_last_fen_and_not_one_more(money, amount, goes):
    money.come("1000.00")
    if goes:
        money.pay(amount)
        assert money.own().balance == 0
        return
    with pytest.raises(Refused, match="可用余额不足,还差0.01元"):
        money.pay(amount)
    assert (money.own().balance, Voucher.objects.count()) == (YUAN("1000.00"), 1)


def test_what_is_held_for_one_document_is_not_paid_for_another(money, city):
    money.come("1000.00")
    paper = build.document(city.root, "批次")
    held = money.reserve("600.00", paper)
    with pytest.raises(Refused, match="另有预留600.00元"):
        money.pay("400.01")
    money.pay("400.00")
    money.pay("450.00", document=paper, reservation=held)
    assert (money.own().balance, money.own().reserved) == (YUAN("150.00"), YUAN("150.00"))
    money.release(held)
    held = Reservation.objects.get()
    assert (held.paid, held.released, held.state) == (YUAN("450.00"), YUAN("150.00"), "已了结")
    assert money.own().available == YUAN("150.00")


def test_no_more_is_paid_than_was_held(money, city):
    money.come("1000.00")
    paper = build.document(city.root, "批次")
    held = money.reserve("600.00", paper)
    with pytest.raises(Refused, match="支付600.01元,超过为其预留的600.00元"):
        money.pay("600.01", document=paper, reservation=held)


@pytest.mark.parametrize(("amount", "goes"), [("1000.00", True), ("1000.01", False)])
def test_no_more_is_held_than_is_there(money, amount, goes):
    money.come("1000.00")
    if goes:
        assert money.reserve(amount).left == YUAN("1000.00")
        return
    with pytest.raises(Refused, match="可用余额1000.00元,不足1000.01元"):
        money.reserve(amount)


def test_a_voucher_is_reversed_once_and_whole(money, city):
    money.come("1000.00")
    paper = build.document(city.root, "支出")
    voucher = money.pay("300.00", document=paper)
    back = money.reverse(voucher, paper)
    assert money.balances() == {"帮扶资金": YUAN("1000.00"), "财政拨付": YUAN("-1000.00")}
    assert (back.reverses, back.kind, back.revision, back.total) == (voucher, "冲销", 2, YUAN("300.00"))
    for again in (voucher, back):
        with pytest.raises(Refused, match="不能再冲销"):
            money.reverse(again, paper)
    assert money.pay("200.00", document=paper, revision=3).number == 4


def test_income_that_is_spent_cannot_be_reversed(money, city):
    voucher = money.come("1000.00")
    money.pay("0.01")
    with pytest.raises(Refused, match="还差0.01元"):
        money.reverse(voucher, build.document(city.root, "x"))


def test_a_document_is_posted_once(money, city):
    money.come("1000.00")
    paper = build.document(city.root, "支出")
    money.pay("1.00", document=paper)
    with pytest.raises(Refused, match="该单据已在帮扶资金记账"):
        money.pay("1.00", document=paper)


def test_numbers_run_without_gaps_and_begin_anew_each_year(money, today):
    money.come("1000.00")
    with pytest.raises(Refused):
        money.pay("2000.00")
    assert money.pay("1.00").number == 2
    today.move_to("2027-01-04 10:00:00+08:00")
    voucher = money.pay("1.00")
    assert (voucher.year, voucher.number) == (2027, 1)
    with pytest.raises(Refused, match="须按日期先后编制"):
        money.pay("1.00", dated=datetime.date(2026, 12, 31))


@pytest.mark.parametrize(
    ("dated", "words"),
    [
        ("2026-05-12", "晚于今天"),
        ("2026-05-10", "须按日期先后编制"),
        ("2026-04-30", "已结账至2026-04-30"),
    ],
)
def test_a_day_that_has_not_come_or_is_past_takes_no_voucher(money, fund, dated, words):
    money.come("1000.00")
    Book.objects.filter(fund=fund).update(closed_through="2026-04-30")
    with pytest.raises(Refused, match=words):
        money.pay("1.00", dated=datetime.date.fromisoformat(dated))


def test_the_day_after_the_closed_one_is_open(money, fund):
    Book.objects.filter(fund=fund).update(closed_through="2026-04-30")
    assert money.come("1.00", dated=datetime.date(2026, 5, 1)).closed_through == datetime.date(2026, 4, 30)


def test_only_what_the_rules_of_the_day_name_is_paid_for(money, fund):
    """LYG-9: a purpose taken out of the rules takes no more money, and what went there can still come back."""
    money.come("1000.00")
    paper = build.document(fund.unit, "支出")
    voucher = money.pay("1.00", "走访慰问", document=paper)
    Rule.objects.filter(key="funds.purposes").update(value={"生活困难党员帮扶": build.PURPOSES[:1]})
    with pytest.raises(Refused, match="“走访慰问”不在帮扶资金的用途范围内,只能是:困难补助") as refused:
        money.pay("1.00", "走访慰问")
    assert (refused.value.findings[0].key, refused.value.findings[0].clause) == ("funds.purposes", "LYG-9")
    assert money.reverse(voucher, paper).total == YUAN("1.00")
    Rule.objects.filter(key="funds.purposes").delete()
    with pytest.raises(Refused, match="没有规定帮扶资金"):
        money.pay("1.00")


def test_another_funds_account_takes_nothing(money, city, treasury):
    other = build.fund(city.root, "学习资金", "党员学习培训", opened_by=treasury.fund_lead)
    money.come("1000.00")
    with pytest.raises(Refused, match="不属于帮扶资金"):
        money.post(money.entry(ledger.Leg(build.account(other, "困难补助"), YUAN(1)), document=other))


def test_many_entries_of_two_funds_cost_as_many_statements_as_two(money, city, treasury):
    other = build.fund(city.root, "学习资金", "党员学习培训", opened_by=treasury.fund_lead)
    for one in (None, other):
        money.come("9000.00", **({"fund": one} if one else {}))

    def counted(times):
        papers = [build.document(city.root, f"{times}-{n}") for n in range(times)]
        entries = [
            money.entry(ledger.Leg(build.account(fund, "困难补助"), YUAN("1.00")), document=paper, fund=fund)
            for paper in papers for fund in (papers[0].unit.funds.first(), other)
        ]  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            money.post(*entries)
        return len(queries)

    assert counted(1) == counted(15)
    assert list(Voucher.objects.filter(fund=other).values_list("number", flat=True)) == list(range(1, 18))


def test_every_row_that_a_posting_changes_has_its_event(money):
    voucher = money.come("1000.00")
    events = AuditEvent.objects.filter(action="post").values_list("kind", "object_id")
    own, source = build.account(voucher.fund, "资金"), build.account(voucher.fund, "财政拨付")
    assert sorted(events) == sorted([
        ("funds.voucher", voucher.pk), ("funds.transfer", voucher.transfers.get().pk),
        ("funds.account", own.pk), ("funds.account", source.pk),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (Account, {"balance": YUAN("-0.01")}), (Account, {"reserved": YUAN("1000.01")}),
        (Account, {"reserved": YUAN("-0.01")}), (Transfer, {"amount": YUAN("0.00")}),
        (Voucher, {"closed_through": datetime.date(2026, 5, 11)}), (Voucher, {"total": YUAN(0)}),
        (Reservation, {"paid": YUAN("100.01")}), (Reservation, {"state": "已了结"}),
    ],
    ids=str,
)  # fmt: skip
def test_the_database_keeps_what_a_row_can_carry(money, model, change):
    money.come("1000.00")
    money.reserve("100.00")
    rows = model.objects.exclude(kind="来源") if model is Account else model.objects.all()
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**change)


def test_two_vouchers_of_one_number_cannot_be(money):
    money.come("1000.00")
    money.come("1.00")
    with pytest.raises(IntegrityError), transaction.atomic():
        Voucher.objects.update(number=1)


def test_a_lapsed_fund_takes_no_money_but_a_mistake_in_it_can_be_put_right(money, fund):
    money.come("1000.00")
    paper = build.document(fund.unit, "支出")
    voucher = money.pay("1.00", document=paper)
    fund.state = "已结束"
    fund.save()
    with pytest.raises(Refused, match="已结束"):
        money.pay("1.00")
    with pytest.raises(Refused, match="已结束"):
        money.reserve("1.00")
    assert money.reverse(voucher, paper).kind == VoucherKind.REVERSAL
