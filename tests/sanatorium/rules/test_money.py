"""What a stay may cost (BZ-11, BZ-12, BZ-14): caps per year, day and trip, self-paid parts, cash."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from sanatorium.models import COST_KINDS, Cost
from sanatorium.rules.money import CostLine, Spent, check_costs, tightest, year_caps

YEARLY, DAILY, TRIP = (f"sanatorium.cost_person_{unit}" for unit in ("year", "day", "trip"))


def entry(rule, amount, case="省内", severity="block", **more):
    return {
        "rule": rule, "label": "费用上限", "case": case, "amount": amount, "value": amount, "severity": severity,
        "limit": f"不超过{amount}元", "clause": "BZ-11", "rule_id": 1, **more,
    }  # fmt: skip


BOTH_TIERS = [entry(YEARLY, "3000.00"), entry(YEARLY, "5000.00", "省外")]
CASH = {
    "rule": "sanatorium.cash_forbidden",
    "value": True,
    "severity": "block",
    "limit": "是",
    "clause": "BZ-14",
    "rule_id": 2,
}
WORDS = {
    **CASH, "rule": "sanatorium.cash_words", "rule_id": 4,
    "value": [{"code": word, "label": word} for word in ("现金", "礼品", "购物卡")],
}  # fmt: skip
KINDS = {
    "rule": "sanatorium.cost_kinds", "severity": "block", "limit": "交通费、食宿费", "clause": "BZ-12", "rule_id": 3,
    "value": [{"code": "transport", "label": "交通费"}, {"code": "board", "label": "食宿费"}],
}  # fmt: skip


class Batch(SimpleNamespace):
    def __str__(self):
        return "2026年第3期"


class Row(SimpleNamespace):
    def __str__(self):
        return "蒋秀"


def batch(*limits, case="省内", days=6, self_pay=False):
    return Batch(pk=3, limits=list(limits), province_case=case, days=days, self_pay=self_pay)


def line(board="0", *, state="已参加", batch_id=3, pk=1, **facts):
    facts = {
        name: Decimal(v) if name in (*COST_KINDS, "self_paid", "stated_total") else v
        for name, v in facts.items()
    }
    return CostLine(Row(pk=pk, person_id=pk, batch_id=batch_id, state=state), board=Decimal(board), **facts)


def found(stay, *lines, spent=None):
    return [[(f.key, f.asked, f.limit) for f in part] for part in check_costs(stay, lines, spent or {})]


def test_a_line_adds_its_five_kinds():
    one = line("2200", transport="300", training="200", medical="400", insurance="50", self_paid="150")
    assert (one.total, one.borne) == (Decimal("3150"), Decimal("3000"))


@pytest.mark.parametrize(
    ("board", "case", "result"),
    [
        ("3000.00", "省内", []), ("3000.01", "省内", [(YEARLY, "3000.01", "不超过3000.00元")]),
        ("5000.00", "省外", []), ("5000.01", "省外", [(YEARLY, "5000.01", "不超过5000.00元")]),
    ],
)  # fmt: skip
def test_each_tier_has_its_own_cap_to_the_fen(board, case, result):
    assert found(batch(*BOTH_TIERS, case=case), line(board)) == [result]


def test_the_refusal_names_asked_limit_excess_and_clause():
    [[finding]] = check_costs(batch(*BOTH_TIERS), [line("3100")], {})
    assert finding.message == "蒋秀省内费用3100.00元,上限3000.00元,超出100.00元(BZ-11)"
    assert (finding.severity, finding.clause, finding.rule_id) == ("block", "BZ-11", 1)


def test_what_the_year_holds_already_counts():
    spent = {1: Spent(in_province=Decimal("1000.00"))}
    assert found(batch(*BOTH_TIERS), line("2000"), spent=spent) == [[]]
    [[finding]] = check_costs(batch(*BOTH_TIERS), [line("2000.01")], spent)
    assert finding.message == "蒋秀省内费用全年累计3000.01元,上限3000.00元,超出0.01元(BZ-11)"


def test_a_mixed_year_stays_under_the_higher_tier():
    spent = {1: Spent(in_province=Decimal("3000.00"))}
    outside = batch(*BOTH_TIERS, case="省外")
    assert found(outside, line("2000"), spent=spent) == [[]]
    [[finding]] = check_costs(outside, [line("2000.01")], spent)
    assert finding.message == "蒋秀省内外费用全年累计5000.01元,上限5000.00元,超出0.01元(BZ-11)"


def test_a_journey_does_not_use_up_the_tier_of_the_province_alone():
    spent = {1: Spent(out_of_province=Decimal("2000.00"))}
    assert found(batch(*BOTH_TIERS), line("3000"), spent=spent) == [[]]
    assert [f[0] for f in found(batch(*BOTH_TIERS), line("3000.01"), spent=spent)[0]] == [YEARLY]


def test_without_a_rule_nothing_is_capped():
    assert found(batch(), line("999999")) == [[]]


def test_a_tier_alone_caps_nothing_but_itself():
    assert found(batch(entry(YEARLY, "3000.00"), case="省外"), line("9000")) == [[]]


def test_a_cap_per_day_is_counted_over_the_days():
    stay = batch(entry(DAILY, "2400.00"), days=6)
    assert found(stay, line("2400")) == [[]]
    assert found(stay, line("2400.01")) == [[(DAILY, "2400.01", "不超过2400.00元,6天共2400.00元")]]


def test_of_several_blocking_caps_the_tightest_is_named():
    stay = batch(entry(DAILY, "2400.00"), entry(TRIP, "2000.00"), *BOTH_TIERS)
    assert [part[0] for part in found(stay, line("9000"))[0]] == [TRIP]


def test_caps_that_warn_are_all_named_and_hide_no_block():
    stay = batch(
        entry(DAILY, "2400.00", severity="warn"), entry(TRIP, "2000.00", severity="warn"), *BOTH_TIERS
    )
    findings = check_costs(stay, [line("3100")], {})[0]
    assert [(f.key, f.severity) for f in findings] == [(DAILY, "warn"), (TRIP, "warn"), (YEARLY, "block")]


def test_the_excess_may_be_paid_by_the_person_where_the_rule_says_so():
    stay = batch(entry(DAILY, "2400.00"), self_pay=True)
    assert found(stay, line("3000", self_paid="600")) == [[]]
    [[finding]] = check_costs(stay, [line("3000", self_paid="500")], {})
    assert (
        finding.message == "蒋秀省内费用2500.00元,上限2400.00元,超出100.00元,超出部分应登记为个人自理(BZ-11)"
    )


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        ({"board": "-1"}, "board"), ({"board": "10", "transport": "-5"}, "transport"),
        ({"board": "10", "self_paid": "1"}, "self_paid"), ({"board": "10", "stated_total": "11"}, "total"),
        ({"board": "10", "batch_id": 4}, "nomination"), ({"board": "10", "batch_id": None}, "nomination"),
        ({"board": "10", "state": "未参加"}, "nomination"), ({"board": "10", "state": "已批准"}, "nomination"),
    ],
)  # fmt: skip
def test_impossible_lines(facts, key):
    assert [f[0] for f in found(batch(*BOTH_TIERS), line(**facts))[0]] == [key]


@pytest.mark.parametrize(("board", "keys"), [("9999999.99", []), ("10000000", ["total"])])
def test_a_slip_of_the_pen_is_noticed_where_nothing_caps(board, keys):
    assert [f[0] for f in found(batch(), line(board))[0]] == keys


def test_more_self_paid_than_it_cost_is_impossible():
    assert [f[0] for f in found(batch(self_pay=True), line("10", self_paid="10.01"))[0]] == ["self_paid"]


def test_a_right_own_total_is_accepted():
    assert found(batch(), line("10", transport="5.50", stated_total="15.5")) == [[]]


def test_one_person_twice_in_one_list():
    assert [[f[0] for f in part] for part in found(batch(), line("1"), line("2"), line("3", pk=2))] == [
        ["nomination"], ["nomination"], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("note", "count"), [("发放现金500", 1), ("赠礼品一份", 1), ("购物卡", 1), ("往返高铁", 0), ("", 0)]
)
def test_cash_and_gifts_are_flagged(note, count):
    findings = check_costs(batch(CASH, WORDS), [line("10", note=note)], {})[0]
    assert [f.key for f in findings] == ["sanatorium.cash_forbidden"] * count
    assert found(batch(), line("10", note=note)) == [[]]


def test_which_words_mean_cash_is_the_rules_own():
    vouchers = WORDS | {"value": [{"code": "1", "label": "油卡"}]}
    [[finding]] = check_costs(batch(CASH, vouchers), [line("10", note="油卡一张")], {})
    assert finding.message == "蒋秀的备注含“油卡”,禁止发放钱物(BZ-14)"
    assert found(batch(CASH, vouchers), line("10", note="发放现金")) == [[]]
    assert found(batch(CASH | {"value": False}, WORDS), line("10", note="发放现金")) == [[]]


def test_only_the_kinds_that_the_rule_lists():
    assert found(batch(KINDS), line("10", transport="5")) == [[]]
    [[finding]] = check_costs(batch(KINDS), [line("10", medical="5")], {})
    assert finding.message == "蒋秀的医疗费不在规定的费用项目之内(BZ-12)"


def test_findings_keep_the_order_of_the_lines():
    lines = [line("1", pk=1), line("3001", pk=2), line("2", pk=3)]
    assert [len(part) for part in found(batch(*BOTH_TIERS), *lines)] == [0, 1, 0]


def test_caps_for_the_columns():
    assert year_caps(batch(*BOTH_TIERS)) == (Decimal("5000"), Decimal("3000"))
    assert year_caps(batch(entry(YEARLY, "3000.00"))) == (None, Decimal("3000"))
    assert year_caps(batch(entry(YEARLY, "3000.00", severity="warn"))) == (None, None)
    limits = [*BOTH_TIERS, entry(TRIP, "2500.00"), entry(DAILY, "1.00", severity="info")]
    assert (tightest(limits, "省内"), tightest(limits, "省外"), tightest([], "省内")) == (
        Decimal("2500"),
        Decimal("5000"),
        None,
    )


def test_a_line_is_the_same_as_a_cost_in_all_it_states():
    cost = Cost(board=Decimal("10.00"), note="")
    assert line("10").same_as(cost)
    assert not line("10", note="改").same_as(cost)
    assert not line("10.01").same_as(cost)
    assert not line("10").same_as(None)
