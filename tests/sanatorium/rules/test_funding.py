"""What a fund must have for a batch, and what it pays for it by kind, exactly to the fen (BZ-12, BZ-13)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funds.models import Fund
from sanatorium.models import COST_KINDS, Batch, BatchState, Cost, Plan
from sanatorium.rules.funding import borne_by_kind, check_funding, check_payable

RULE = {
    "rule": "sanatorium.fund_source", "value": [{"code": "工会经费", "label": "工会经费"}], "severity": "block",
    "label": "经费来源", "limit": "工会经费", "clause": "BZ-13", "rule_id": 1,
}  # fmt: skip


def batch(seats=2, cap="3000.00", estimate=None, limits=(RULE,)):
    return Batch(
        plan=Plan(year=2026), number=3, seats=seats, cost_cap=cap and Decimal(cap), limits=list(limits),
        estimate=estimate and Decimal(estimate), state=BatchState.ARRANGING, fund=Fund(name="工会经费"),
    )  # fmt: skip


def cost(self_paid="0", **amounts):
    return Cost(self_paid=Decimal(self_paid), **{kind: Decimal(amount) for kind, amount in amounts.items()})


def test_what_a_person_pays_is_taken_off_board_first_then_the_others_in_turn():
    stay = {"transport": "300", "board": "100.10", "training": "20", "medical": "5", "insurance": "1"}
    assert borne_by_kind([cost(**stay)]) == {kind: Decimal(amount) for kind, amount in stay.items()}
    assert borne_by_kind([cost("100.11", **stay)]) == {
        "transport": Decimal("299.99"), "training": Decimal("20"), "medical": Decimal("5"), "insurance": Decimal("1"),
    }  # fmt: skip
    assert borne_by_kind([cost("425.20", **stay)]) == {"insurance": Decimal("0.90")}


def test_each_persons_share_is_taken_off_their_own_costs():
    both = [cost("50", board="10", transport="100"), cost(board="70")]
    assert borne_by_kind(both) == {"board": Decimal("70"), "transport": Decimal("60")}


@given(st.lists(st.tuples(st.lists(st.integers(0, 10**6), min_size=5, max_size=5), st.floats(0, 1)), max_size=8))
def test_the_legs_add_up_to_what_is_borne_and_none_is_negative(stays):
    rows = []
    for fen, share in stays:
        amounts = {kind: Decimal(one).scaleb(-2) for kind, one in zip(COST_KINDS, fen, strict=True)}
        rows.append(Cost(self_paid=Decimal(int(sum(fen) * share)).scaleb(-2), **amounts))
    found = borne_by_kind(rows)
    assert sum(found.values()) == sum(row.borne for row in rows)
    assert all(0 < found[kind] <= sum(getattr(row, kind) for row in rows) for kind in found)


@pytest.mark.parametrize(("free", "lacking"), [("6000.00", None), ("5999.99", "0.01")])
def test_all_seats_at_their_cap_must_be_there(free, lacking):
    found = list(check_funding(batch(), Fund(name="工会经费"), Decimal(free)))
    assert [f.message for f in found] == ([] if lacking is None else [
        "2026年第3期2人,每人3000.00元,须在工会经费中预留6000.00元,可用余额5999.99元,还差0.01元,"
        "请先落实资金来源或减少人数(BZ-13)"
    ])  # fmt: skip


def test_a_softer_rule_does_not_make_money():
    soft = batch(limits=[{**RULE, "severity": "warn"}])
    assert [f.severity for f in check_funding(soft, Fund(name="工会经费"), Decimal("1"))] == ["block"]
    assert list(check_funding(batch(limits=()), None, Decimal("0"))) == []


@pytest.mark.parametrize("estimate", [None, "0", "-1"])
def test_where_nothing_caps_an_estimate_is_asked_for(estimate):
    [finding] = check_funding(batch(cap=None, estimate=estimate), Fund(name="工会经费"), Decimal("1"))
    assert finding.key == "estimate"
    assert list(check_funding(batch(cap=None, estimate="0.50"), Fund(name="工会经费"), Decimal("1"))) == []


def test_no_more_is_paid_than_was_approved():
    estimated = batch(cap=None, estimate="1000")
    assert list(check_payable(estimated, Decimal("2000"))) == []
    [finding] = check_payable(estimated, Decimal("2000.01"))
    assert (finding.key, finding.asked, finding.limit, finding.clause) == (
        "sanatorium.fund_source", "2000.01", "2000元", "BZ-13",
    )  # fmt: skip
