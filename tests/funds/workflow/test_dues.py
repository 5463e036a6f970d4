"""Dues handed up: a tenth and a tenth of the year's total are set aside, exact to the fen (LYG-8)."""

import datetime
import uuid
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carecore import audit
from carecore.access import RIGHTS, Can, Role
from carecore.models import AuditEvent, Rule
from carecore.workflow import Forbidden, Refused, Stale
from funds import ledger
from funds.models import Book, DuesReturn, Fund, FundState, Voucher, VoucherKind
from funds.rules.dues import DuesDraft, set_aside
from funds.workflow.funds import open_fund
from funds.workflow.income import correct_dues, record_dues
from tests import build

YUAN = Decimal
HANDED = datetime.date(2025, 12, 25)


@pytest.fixture
def draft(city):
    def draft(amount, unit=None, **more):
        unit = unit or city.a
        facts = {"to_unit": city.root, "organisation": f"{unit}党委", "year": 2025, "handed_on": HANDED}
        return DuesDraft(unit=unit, amount=YUAN(amount), **{**facts, **more})

    return draft


@pytest.fixture
def hand_up(draft, treasury):
    def hand_up(amount, unit=None, **more):
        return record_dues(by=treasury.fund_office, drafts=[draft(amount, unit, **more)])[0]

    return hand_up


def balance(fund):
    return build.account(fund, "资金").balance


# Setting aside --------------------------------------------------------------------------------------------


def test_a_tenth_goes_to_each_fund_and_the_voucher_names_its_base(tenths, hand_up, treasury, city):
    row = hand_up("390267.92")
    assert [balance(fund) for fund in (tenths.training, tenths.aid)] == [YUAN("39026.79"), YUAN("39026.79")]
    vouchers = Voucher.objects.order_by("fund")
    assert [(v.fund, v.kind, v.summary, v.dated) for v in vouchers] == [
        (fund, "收入", "提取2025年度党费:甲局党委", datetime.date(2026, 5, 11)) for fund in (tenths.training, tenths.aid)
    ]  # fmt: skip
    assert {v.basis for v in vouchers} == {
        "2025年度上缴党费累计390267.92元×10%=39026.79元,已提取0.00元,本次39026.79元(《关于建立健全市级机关党组织激励、"
        "关怀、帮扶机制的意见》LYG-8)"
    }  # fmt: skip
    assert {(v.document_kind, v.document_id, v.revision) for v in vouchers} == {("funds.duesreturn", row.pk, 1)}
    event = AuditEvent.objects.get(action="record_dues")
    assert (event.object_id, event.by, event.unit_id) == (row.pk, treasury.fund_office, city.a.pk)


@pytest.mark.parametrize(("amount", "share"), [("0.04", None), ("0.05", "0.01"), ("0.14", "0.01"), ("0.15", "0.02")])
def test_half_a_fen_is_rounded_up(tenths, hand_up, amount, share):
    hand_up(amount)
    assert balance(tenths.aid) == (YUAN(share) if share else 0)
    assert Voucher.objects.exists() == bool(share)


def test_the_rest_of_one_return_is_made_up_by_the_next(tenths, hand_up, city):
    """0.05 + 0.05 are a tenth of 0.10, which is 0.01 and not twice 0.01."""
    hand_up("0.05")
    hand_up("0.05", city.b)
    assert balance(tenths.aid) == YUAN("0.01")
    assert Voucher.objects.filter(fund=tenths.aid).count() == 1


def test_a_list_sets_aside_return_by_return_with_the_total_so_far(tenths, draft, treasury, city):
    record_dues(by=treasury.fund_office, drafts=[draft("100.06"), draft("50.01", city.b)])
    first, second = Voucher.objects.filter(fund=tenths.aid).order_by("number")
    assert (first.total, second.total) == (YUAN("10.01"), YUAN("5.00"))
    assert "累计150.07元×10%=15.01元,已提取10.01元,本次5.00元" in second.basis


def test_each_year_has_its_own_total(tenths, hand_up):
    hand_up("0.05")
    hand_up("0.05", year=2026, handed_on=datetime.date(2026, 3, 1))
    assert balance(tenths.aid) == YUAN("0.02")


def test_each_receiving_unit_has_its_own_total(tenths, hand_up, city):
    hand_up("100.00", city.a_office, to_unit=city.a)
    assert (balance(tenths.aid), DuesReturn.objects.count()) == (0, 1)


def test_what_ended_funds_took_counts_for_their_successor(tenths, hand_up, treasury, city):
    hand_up("1000.00")
    Fund.objects.filter(pk=tenths.aid.pk).update(state=FundState.LAPSED)
    facts = {"by": treasury.fund_lead, "unit": city.root, "document": tenths.document, "kind": "生活困难党员帮扶"}
    successor = open_fund(**facts, name="帮扶资金(续)")
    hand_up("10.00", city.b)
    assert balance(successor) == YUAN("1.00")
    assert set_aside([city.root], 2025) == {
        (city.root.pk, "党员学习培训"): YUAN("101.00"), (city.root.pk, "生活困难党员帮扶"): YUAN("101.00")
    }  # fmt: skip


def test_money_passed_down_takes_no_second_share(tenths, hand_up, treasury, city):
    facts = {"by": treasury.fund_lead, "unit": city.a, "document": tenths.document, "kind": "生活困难党员帮扶"}
    child = open_fund(**facts, name="甲局帮扶资金", parent=tenths.aid)
    hand_up("100.00", city.a_office, to_unit=city.a)
    assert balance(child) == 0


# The ratio ------------------------------------------------------------------------------------------------


def test_the_ratio_is_that_of_the_years_last_day(tenths, hand_up, city):
    """Another ratio from 2026 on does not rewrite what was handed up for 2025."""
    Rule.objects.filter(key="funds.dues_share").update(effective_to=datetime.date(2025, 12, 31))
    build.rule(city.root, "funds.dues_share", {"生活困难党员帮扶": 0.2}, effective_from=datetime.date(2026, 1, 1))
    hand_up("100.00")
    hand_up("100.00", year=2026, handed_on=datetime.date(2026, 3, 1))
    assert [balance(fund) for fund in (tenths.training, tenths.aid)] == [YUAN("10.00"), YUAN("30.00")]


def test_without_a_ratio_dues_are_recorded_and_nothing_is_set_aside(tenths, hand_up):
    Rule.objects.filter(key="funds.dues_share").delete()
    hand_up("100.00")
    assert (DuesReturn.objects.count(), Voucher.objects.count()) == (1, 0)


def test_a_fund_without_a_source_for_dues_is_named(tenths, hand_up):
    value = {"党员学习培训": ["财政拨付"], "生活困难党员帮扶": [{"code": "dues", "label": "党费划拨"}]}
    Rule.objects.filter(key="funds.sources").update(value=value)
    with pytest.raises(Refused, match="学习培训专项资金没有“党费划拨”这一来源,不能提取党费,请先接续规则"):
        hand_up("100.00")
    Rule.objects.filter(key="funds.sources").update(value={**value, "党员学习培训": ["上缴党费"]})
    with pytest.raises(Refused, match="请先更新该资金的账户"):
        hand_up("100.00")
    assert not DuesReturn.objects.exists()


def test_two_funds_of_one_kind_are_not_chosen_between(tenths, hand_up, treasury, city):
    build.fund(city.root, "另一帮扶资金", opened_by=treasury.fund_lead)
    with pytest.raises(Refused, match="有生活困难党员帮扶资金、另一帮扶资金两项“生活困难党员帮扶”资金"):
        hand_up("100.00")


# Correcting -----------------------------------------------------------------------------------------------


def test_a_correction_downwards_flows_back_by_the_same_formula(tenths, hand_up, treasury):
    row = hand_up("1000.00")
    row = correct_dues(by=treasury.fund_office, dues=row, reason="多报", amount=YUAN("400.00"), members=7)
    row.refresh_from_db()
    assert (row.amount, row.members, balance(tenths.aid)) == (YUAN("400.00"), 7, YUAN("40.00"))
    voucher = Voucher.objects.filter(fund=tenths.aid).latest("pk")
    assert (voucher.kind, voucher.total, voucher.revision) == ("退回", YUAN("60.00"), 2)
    assert voucher.summary == "退回多提取的2025年度党费:甲局党委"
    assert "累计400.00元×10%=40.00元,已提取100.00元,本次-60.00元" in voucher.basis
    assert build.account(tenths.aid, "党费划拨").balance == YUAN("-40.00")
    event = AuditEvent.objects.get(action="correct_dues")
    assert (event.object_id, event.reason) == (row.pk, "多报")


def test_a_correction_upwards_sets_more_aside(tenths, hand_up, treasury):
    row = correct_dues(by=treasury.fund_office, dues=hand_up("1000.00"), reason="少报", amount=YUAN("1000.05"))
    assert balance(tenths.aid) == YUAN("100.01")
    row = correct_dues(by=treasury.fund_office, dues=row, reason="作废", amount=YUAN("0.00"))
    assert balance(tenths.aid) == 0
    assert Voucher.objects.filter(fund=tenths.aid).latest("pk").revision == 3


def test_what_has_been_used_does_not_flow_back(tenths, hand_up, treasury, city):
    row = hand_up("1000.00")
    leg = ledger.Leg(build.account(tenths.aid, "重大疾病慰问补助"), YUAN("99.99"))
    facts = {"dated": datetime.date(2026, 5, 11), "summary": "补助", "document": build.document(city.root, "补助")}
    with audit.recorded():
        ledger.post(by=treasury.cashier, entries=[ledger.Entry(tenths.aid, kind=VoucherKind.PAYMENT, legs=[leg], **facts)])
    with pytest.raises(Refused, match="可用余额不足"):
        correct_dues(by=treasury.fund_office, dues=row, reason="多报", amount=YUAN("999.80"))
    row.refresh_from_db()
    assert (row.amount, balance(tenths.training)) == (YUAN("1000.00"), YUAN("100.00"))
    correct_dues(by=treasury.fund_office, dues=row, reason="多报", amount=YUAN("999.90"))
    assert balance(tenths.aid) == 0


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"amount": YUAN("-0.01")}, "上缴金额不得小于零"),
        ({"handed_on": datetime.date(2026, 5, 12)}, "上缴日期不得晚于今天"),
        ({"handed_on": datetime.date(2024, 12, 31)}, "早于2025年度"),
        ({"handed_on": datetime.date(2025, 12, 24)}, "另有一笔上缴党费"),
    ],
)
def test_a_correction_must_be_possible(tenths, hand_up, treasury, facts, message):
    hand_up("1.00", handed_on=datetime.date(2025, 12, 24))
    with pytest.raises(Refused, match=message):
        correct_dues(by=treasury.fund_office, dues=hand_up("1000.00"), reason="更正", **facts)


def test_a_correction_has_a_reason_is_not_stale_and_keeps_whose_it_is(tenths, hand_up, treasury):
    row = hand_up("1000.00")
    with pytest.raises(Refused, match="请写明更正的理由"):
        correct_dues(by=treasury.fund_office, dues=row, reason="", amount=YUAN("1.00"))
    with pytest.raises(TypeError):
        correct_dues(by=treasury.fund_office, dues=row, reason="更正", year=2024)
    row.version = 0
    with pytest.raises(Stale):
        correct_dues(by=treasury.fund_office, dues=row, reason="更正", amount=YUAN("1.00"))


def test_not_while_the_month_is_closed(tenths, hand_up):
    Book.objects.filter(fund=tenths.aid).update(closed_through=datetime.date(2026, 5, 11))
    with pytest.raises(Refused, match="已结账至2026-05-11"):
        hand_up("100.00")
    assert (DuesReturn.objects.count(), Voucher.objects.count()) == (0, 0)


# The year's total is exact, whatever comes ------------------------------------------------------------------


class _Undone(Exception):
    pass


FEN = st.integers(min_value=0, max_value=10_000_000)
STEPS = st.lists(st.tuples(st.integers(min_value=0, max_value=3), FEN), min_size=1, max_size=8)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(returns=st.lists(FEN, min_size=1, max_size=4), corrections=STEPS)
def test_the_years_share_is_exact_to_the_fen_after_any_returns_and_corrections(
    tenths, draft, treasury, city, returns, corrections
):
    def exact():
        total = sum((row.amount for row in DuesReturn.objects.all()), YUAN(0))
        share = (total / 10).quantize(YUAN("0.01"), ROUND_HALF_UP)
        assert [balance(fund) for fund in (tenths.training, tenths.aid)] == [share, share]

    try:
        with audit.recorded():
            drafts = [draft(YUAN(fen) / 100, organisation=f"第{n}党委") for n, fen in enumerate(returns)]
            rows = record_dues(by=treasury.fund_office, drafts=drafts)
            exact()
            for number, fen in corrections:
                row = rows[number % len(rows)]
                correct_dues(by=treasury.fund_office, dues=row, reason="更正", amount=YUAN(fen) / 100)
                row.refresh_from_db()
                exact()
            raise _Undone
    except _Undone:
        pass


# What a return may be -------------------------------------------------------------------------------------


def test_a_known_return_is_refused_and_a_double_click_makes_one(tenths, hand_up):
    number = uuid.uuid4()
    row = hand_up("1000.00", request_id=number)
    assert hand_up("1000.00", request_id=number) == row
    with pytest.raises(Refused, match="甲局党委2025-12-25上缴的2025年度党费已登记,有误的请更正"):
        hand_up("900.00")
    assert (DuesReturn.objects.count(), balance(tenths.aid)) == (1, YUAN("100.00"))


def test_twice_in_one_list_is_refused(tenths, draft, treasury):
    with pytest.raises(Refused, match="重复出现,请合并为一行"):
        record_dues(by=treasury.fund_office, drafts=[draft("1.00"), draft("2.00")])


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"amount": "-0.01"}, "上缴金额不得小于零"),
        ({"amount": "1", "handed_on": datetime.date(2026, 5, 12)}, "上缴日期不得晚于今天"),
        ({"amount": "1", "handed_on": datetime.date(2024, 12, 31)}, "上缴日期2024-12-31早于2025年度"),
    ],
)
def test_what_a_return_may_not_be(tenths, hand_up, facts, message):
    with pytest.raises(Refused, match=message):
        hand_up(**facts)
    assert not DuesReturn.objects.exists()


def test_dues_go_up_and_not_sideways(tenths, hand_up, city):
    with pytest.raises(Refused, match="乙局不是甲局的下级"):
        hand_up("1.00", city.b, to_unit=city.a)


def test_many_returns_cost_as_many_queries_as_one(tenths, draft, treasury):
    def queries(count, month):
        on = datetime.date(2026, month, 1)
        drafts = [draft("10.00", organisation=f"第{n}党委", handed_on=on) for n in range(count)]
        with CaptureQueriesContext(connection) as asked:
            record_dues(by=treasury.fund_office, drafts=drafts)
        return len(asked)

    queries(1, 1)
    assert queries(8, 2) == queries(1, 3)


# Rights ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if Can.KEEP_FUNDS not in RIGHTS[role]])
def test_every_other_role_is_refused(tenths, hand_up, draft, city, role):
    row, other = hand_up("1000.00"), build.user("other", city.root, role, person=build.person(city.root))
    with pytest.raises(Forbidden, match="登记资金收入、党费"):
        record_dues(by=other, drafts=[draft("1.00", city.b)])
    with pytest.raises(Forbidden, match="登记资金收入、党费"):
        correct_dues(by=other, dues=row, reason="更正", amount=YUAN("1.00"))
    assert (DuesReturn.objects.get().amount, balance(tenths.aid)) == (YUAN("1000.00"), YUAN("100.00"))


def test_nobody_of_another_unit_records_or_corrects(tenths, hand_up, draft, city):
    row, other = hand_up("1000.00"), build.user("other", city.b, Role.FUND_OFFICE, person=build.person(city.b))
    with pytest.raises(Forbidden, match="您没有滨海市"):
        record_dues(by=other, drafts=[draft("1.00", city.b)])
    with pytest.raises(Forbidden, match="您没有滨海市"):
        correct_dues(by=other, dues=row, reason="更正", amount=YUAN("1.00"))
