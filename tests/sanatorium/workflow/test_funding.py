"""工会经费 pays for a batch (BZ-12, BZ-13): held at approval, followed by its seats, paid at closing, reversed once."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from carecore import audit
from carecore.models import AuditEvent
from carecore.workflow import Forbidden, Refused
from funds import ledger
from funds.checks import CHECKS as FUND_CHECKS
from funds.models import FundState, Reservation, Transfer, Voucher
from sanatorium.checks import (
    check_duties,
    check_held,
    check_own_case,
    check_sources,
    check_totals,
    check_vouchers,
)
from sanatorium.models import Batch, BatchState
from sanatorium.workflow import batches, nominations
from tests import build
from tests.sanatorium.stays import LIMITS, Stay

UNCAPPED = {key: limit for key, limit in LIMITS.items() if key != "sanatorium.cost_person_year"}


@pytest.fixture
def stay(city, cast, today):
    return Stay(city, cast, today)


@pytest.fixture
def uncapped(city, cast, today):
    return Stay(city, cast, today, limits=UNCAPPED)


def refusal(call, *args, **facts):
    with pytest.raises(Refused) as refused:
        call(*args, **facts)
    return refused.value.findings[0]


def own(fund):
    account = build.account(fund, "资金")
    return account.balance, account.reserved


def yuan(*amounts):
    return tuple(Decimal(amount) for amount in amounts)


def filled(stay, *names, **terms):
    batch = stay.open(**terms)
    stay.seat(batch, *names)
    return stay.fresh(batch)


def settled(stay, batch, **boards):
    batch = stay.set_out(stay.fresh(batch))
    stay.settle(batch, *[stay.line(row, boards.get(row.name, "2000")) for row in batch.nominations.all()])
    return stay.fresh(batch)


# Approval --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("has", "passes"), [("6000.00", True), ("5999.99", False)])
def test_exactly_enough_is_enough_and_one_fen_less_is_refused(stay, has, passes):
    fund = stay.funded(has)
    batch = filled(stay, "张三", "李四")
    if passes:
        assert stay.approve(batch).fund == fund
        assert own(fund) == yuan("6000", "6000")
        return
    finding = refusal(stay.approve, batch)
    assert (finding.key, finding.severity, finding.asked, finding.limit, finding.clause) == (
        "sanatorium.fund_source", "block", "6000.00", "工会经费,可用5999.99元", "BZ-13",
    )  # fmt: skip
    assert (stay.fresh(batch).state, batch.fund, own(fund)) == ("编排中", None, yuan("5999.99", "0"))
    assert AuditEvent.objects.first().action == "refused.approve_batch"


def test_without_a_fund_of_that_kind_a_batch_is_not_approved(stay):
    stay.funded("9000", kind="党员学习培训", name="学习培训")
    finding = refusal(stay.approve, filled(stay, "张三"))
    assert (finding.key, finding.clause) == ("sanatorium.fund_source", "BZ-13")
    assert "请先由经费负责人设立该项资金" in finding.message


def test_a_lapsed_fund_does_not_pay(stay):
    fund = stay.funded("9000")
    type(fund).objects.update(state=FundState.LAPSED)
    assert refusal(stay.approve, filled(stay, "张三")).key == "sanatorium.fund_source"


def test_a_rule_that_warns_lets_a_batch_go_without_a_fund_for_a_reason(stay):
    stay.rule("sanatorium.fund_source", ["工会经费"], severity="warn", clause="BZ-13")
    batch = filled(stay, "张三")
    assert refusal(stay.approve, batch).severity == "warn"
    batch = batches.approve_batch(by=stay.cast.union_lead, batch=stay.fresh(batch), reason="另行列支")
    assert (batch.state, batch.fund) == ("已批准", None)
    assert stay.close(settled(stay, batch)).voucher is None


def test_the_nearest_fund_above_pays(stay):
    plan = build.plan(stay.city.a)
    above = stay.funded("9000")
    batch = stay.open(plan=plan, by=stay.cast.union_officer)
    row = build.approved(plan, stay.city.a, "张三")
    batches.assign(by=stay.cast.union_officer, batch=batch, rows=[row])
    stay.funded("9000", stay.city.b, name="乙局工会经费")
    near = stay.funded("9000", stay.city.a, name="甲局工会经费")
    assert (stay.approve(batch).fund, own(above)[1], own(near)[1]) == (near, *yuan("0", "3000"))


def test_a_batch_opened_before_the_rule_needs_no_fund(stay):
    batch = filled(stay, "张三")
    stay.rule("sanatorium.fund_source", ["工会经费"], clause="BZ-13")
    assert stay.approve(batch).fund is None
    assert stay.close(settled(stay, batch)).voucher is None
    assert not Reservation.objects.exists()


@pytest.mark.parametrize("estimate", [None, Decimal("0"), Decimal("-5")])
def test_without_a_cap_the_approver_states_an_estimate(uncapped, estimate):
    fund = uncapped.funded("5000")
    batch = filled(uncapped, "张三", "李四")
    facts = {"by": uncapped.cast.union_lead, "batch": batch}
    assert refusal(batches.approve_batch, **facts, estimate=estimate).key == "estimate"
    batch = batches.approve_batch(**facts, estimate=Decimal("2500"))
    assert (batch.estimate, batch.allotted, own(fund)[1]) == yuan("2500", "5000", "5000")


def test_an_estimate_does_not_replace_a_cap(stay):
    fund = stay.funded("9000")
    batch = filled(stay, "张三")
    batch = batches.approve_batch(by=stay.cast.union_lead, batch=batch, estimate=Decimal("1"))
    assert (batch.estimate, own(fund)[1]) == (None, Decimal("3000"))


# Seats after approval --------------------------------------------------------------------------------------


def test_what_is_held_follows_the_seats(stay):
    fund = stay.funded("6000")
    batch = stay.approve(filled(stay, "张三"))
    stay.seat(batch, "李四")
    assert own(fund)[1] == Decimal("6000")
    finding = refusal(stay.seat, batch, "王五")
    assert (finding.key, finding.asked) == ("sanatorium.fund_source", "9000.00")
    rows = list(batch.nominations.all())
    batches.unassign(by=stay.cast.union_officer, rows=rows, reason="工作安排")
    assert (own(fund)[1], stay.fresh(batch).seats) == (Decimal("0"), 0)
    stay.seat(batch, "赵六")
    assert own(fund)[1] == Decimal("3000")
    assert [(row.state, row.left) for row in Reservation.objects.order_by("pk")] == [
        ("已了结", Decimal("0")), ("预留中", Decimal("3000"))
    ]  # fmt: skip
    nominations.give_up(by=stay.cast.union_officer, row=batch.nominations.get(), reason="家中有事")
    assert own(fund)[1] == Decimal("0")
    assert verified() == []


def test_a_cancelled_batch_gives_everything_back(stay):
    fund = stay.funded("6000")
    batch = stay.approve(filled(stay, "张三", "李四"))
    batches.cancel_batch(by=stay.cast.union_lead, batch=batch, reason="客源不足")
    assert (own(fund), Reservation.objects.get().state) == (yuan("6000", "0"), "已了结")
    assert verified() == []


def test_before_approval_nothing_is_held(stay):
    stay.funded("6000")
    batch = filled(stay, "张三")
    batches.unassign(by=stay.cast.union_officer, rows=list(batch.nominations.all()))
    batches.cancel_batch(by=stay.cast.union_officer, batch=stay.fresh(batch), reason="改期")
    assert not Reservation.objects.exists()


def test_an_estimate_is_stated_anew_by_whoever_approves(uncapped):
    fund = uncapped.funded("3000")
    batch = filled(uncapped, "张三", "李四")
    batch = batches.approve_batch(by=uncapped.cast.union_lead, batch=batch, estimate=Decimal("1000"))
    facts = {"by": uncapped.cast.union_lead, "batch": batch, "reason": "旺季房价"}
    assert refusal(batches.amend_estimate, **facts, estimate=Decimal("1500.01")).asked == "3000.02"
    assert refusal(batches.amend_estimate, **facts, estimate=Decimal("0")).key == "estimate"
    assert refusal(batches.amend_estimate, **{**facts, "reason": " "}, estimate=Decimal("9")).key == "reason"
    with pytest.raises(Forbidden):
        batches.amend_estimate(**{**facts, "by": uncapped.cast.union_officer}, estimate=Decimal("9"))
    batch = batches.amend_estimate(**facts, estimate=Decimal("1500"))
    assert (batch.estimate, own(fund)[1]) == yuan("1500", "3000")
    batches.amend_estimate(by=uncapped.cast.union_lead, batch=batch, estimate=Decimal("900"), reason="房价下调")
    assert own(fund)[1] == Decimal("1800")


def test_a_capped_batch_has_no_estimate_to_state_anew(stay):
    stay.funded("9000")
    batch = stay.approve(filled(stay, "张三"))
    facts = {"by": stay.cast.union_lead, "batch": batch, "estimate": Decimal("1"), "reason": "x"}
    assert refusal(batches.amend_estimate, **facts).key == "estimate"


# Closing ---------------------------------------------------------------------------------------------------


def test_closing_pays_by_one_voucher_kind_by_kind_and_gives_back_the_rest(stay):
    fund = stay.funded("10000")
    batch = stay.set_out(filled(stay, "张三", "李四"))
    first, second = batch.nominations.order_by("pk")
    stay.settle(
        batch,
        stay.line(first, "1500.55", transport="300", training="100", medical="200.01", insurance="50"),
        stay.line(second, "2000", transport="299.99"),
    )
    batch = stay.close(batch)
    voucher = batch.voucher
    assert (voucher.kind, voucher.total, voucher.revision, voucher.document_kind, voucher.document_id, voucher.by) == (
        "支出", Decimal("4450.55"), 1, "sanatorium.batch", batch.pk, stay.payer,
    )  # fmt: skip
    assert dict(voucher.transfers.values_list("to_account__label", "amount")) == {
        "交通费": Decimal("599.99"), "食宿费": Decimal("3500.55"), "培训费": Decimal("100"),
        "医疗费": Decimal("200.01"), "保险费": Decimal("50"),
    }  # fmt: skip
    held = Reservation.objects.get()
    assert (held.paid, held.released, held.state) == (*yuan("4450.55", "1549.45"), "已了结")
    assert own(fund) == yuan("5549.45", "0")
    assert verified() == []


def test_what_people_pay_themselves_is_not_paid_by_the_fund(city, cast, today):
    limits = {"sanatorium.cost_person_day": (400, "block", "标准"), "sanatorium.self_pay": (True, "block", "标准")}
    stay = Stay(city, cast, today, limits=limits)
    fund = stay.funded("2400")
    batch = stay.set_out(filled(stay, "张三"))
    stay.settle(batch, stay.line(batch.nominations.get(), "500", transport="2000", self_paid="600"))
    voucher = stay.close(batch).voucher
    assert dict(voucher.transfers.values_list("to_account__label", "amount")) == {"交通费": Decimal("1900")}
    assert own(fund) == yuan("500", "0")
    assert verified() == []


def test_a_batch_without_cost_posts_nothing(stay):
    fund = stay.funded("3000")
    batch = stay.close(settled(stay, filled(stay, "张三"), 张三="0"))
    assert (batch.voucher, own(fund), batch.state) == (None, yuan("3000", "0"), "已结清")
    batch = stay.reopen(batch)
    stay.settle(batch, stay.line(batch.nominations.get(), "100"))
    assert stay.close(batch).voucher.total == Decimal("100")
    assert verified() == []


def test_no_more_than_approved_is_paid(uncapped):
    fund = uncapped.funded("9000")
    batch = filled(uncapped, "张三")
    batch = batches.approve_batch(by=uncapped.cast.union_lead, batch=batch, estimate=Decimal("1000"))
    batch = settled(uncapped, batch, 张三="1000.01")
    finding = refusal(uncapped.close, batch)
    assert (finding.key, finding.asked, finding.limit) == ("sanatorium.fund_source", "1000.01", "1000.00元")
    assert "由批准人调整每人预计费用" in finding.message
    facts = {"estimate": Decimal("1000.01"), "reason": "旺季房价"}
    batches.amend_estimate(by=uncapped.cast.union_lead, batch=uncapped.fresh(batch), **facts)
    assert uncapped.close(batch).voucher.total == Decimal("1000.01")
    assert own(fund) == yuan("7999.99", "0")


def test_a_fund_without_such_a_purpose_says_whom_to_ask(stay):
    stay.funded("9000", purposes=build.STAY_COSTS[1:])
    batch = stay.set_out(filled(stay, "张三"))
    stay.settle(batch, stay.line(batch.nominations.get(), "100", transport="5"))
    finding = refusal(stay.close, batch)
    assert finding.key == "funds.purposes" and "没有交通费的用途" in finding.message
    assert stay.fresh(batch).state == "已成行"


def test_a_purpose_that_a_later_rule_forbids_is_not_paid_for(stay):
    fund = stay.funded("9000")
    batch = settled(stay, filled(stay, "张三"))
    stay.rule("funds.purposes", {"工会经费": build.STAY_COSTS[:1]}, clause="新规定")
    assert refusal(stay.close, batch).key == "funds.purposes"
    assert own(fund) == yuan("9000", "3000")


def test_reopened_twice_each_voucher_is_reversed_once_and_the_next_revision_posted(stay):
    fund = stay.funded("3000")
    batch = settled(stay, filled(stay, "张三"), 张三="2800")
    first = stay.close(batch).voucher
    between = []
    for amount in ("2900", "2700"):
        batch = stay.reopen(batch)
        assert batch.voucher is None
        between.append(own(fund))
        stay.settle(batch, stay.line(batch.nominations.get(), amount))
        batch = stay.close(batch)
    assert between == [yuan("3000", "2800"), yuan("3000", "2900")]
    rows = Voucher.objects.filter(document_kind="sanatorium.batch").order_by("pk")
    assert [(row.kind, row.revision, row.total) for row in rows] == [
        ("支出", 1, Decimal("2800")), ("冲销", 2, Decimal("2800")), ("支出", 3, Decimal("2900")),
        ("冲销", 4, Decimal("2900")), ("支出", 5, Decimal("2700")),
    ]  # fmt: skip
    assert first.reversed_by.revision == 2
    assert (own(fund), batch.voucher.revision) == (yuan("300", "0"), 5)
    assert verified() == []


def test_money_held_elsewhere_meanwhile_is_missed_above_what_had_been_paid(stay):
    fund = stay.funded("3000")
    batch = stay.reopen(stay.close(settled(stay, filled(stay, "张三"), 张三="2000")))
    with audit.recorded():
        ledger.reserve(by=stay.payer, fund=fund, amount=Decimal("1000"), document=build.document(fund.unit))
    stay.settle(batch, stay.line(batch.nominations.get(), "2000.01"))
    assert refusal(stay.close, batch).key == "balance"
    stay.settle(batch, stay.line(batch.nominations.get(), "1999"))
    assert stay.close(batch).voucher.total == Decimal("1999")


def test_the_tables_hold_that_only_a_closed_batch_of_a_fund_has_a_voucher(stay):
    stay.funded("9000")
    closed = stay.close(settled(stay, filled(stay, "张三")))
    for columns in ({"state": BatchState.ATTENDED}, {"fund": None}, {"estimate": Decimal("0")}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Batch.objects.filter(pk=closed.pk).update(**columns)


def test_a_refused_closing_leaves_no_trace_in_the_ledger(stay):
    stay.funded("9000")
    batch = stay.set_out(filled(stay, "张三"))
    before = Transfer.objects.count()
    assert refusal(stay.close, batch).key == "costs"
    assert (Transfer.objects.count(), Reservation.objects.get().state) == (before, "预留中")


def test_more_people_cost_no_more_queries(stay):
    stay.funded("99999")
    counts = []
    for number, names in ((1, "子"), (2, "甲"), (3, "乙丙丁戊己庚辛壬")):  # the first reads what is read once
        batch = filled(stay, *names, number=number)
        approving = measured(lambda b=batch: stay.approve(b))
        settled(stay, batch)
        counts.append((approving, measured(lambda b=batch: stay.close(b)), measured(lambda b=batch: stay.reopen(b))))
    assert counts[1] == counts[2]


def measured(step):
    with CaptureQueriesContext(connection) as queries:
        step()
    return len(queries)


def verified():
    """What `verify` finds of money and duties; the rows that these tests build themselves have no events."""
    checks = (*FUND_CHECKS, check_sources, check_held, check_vouchers, check_totals, check_duties, check_own_case)
    return [(one.invariant, one.row, one.message) for check in checks for one in check()]
