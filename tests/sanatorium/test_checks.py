"""Invariants 1, 2, 4, 5, 6, 7: a year brought along by its verbs is clean; every tampering is found and named."""

import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db.models import F

from carecore import verification
from carecore.models import AuditEvent, Benefit, Notice, NoticeLine, Objection, User
from funds.models import Reservation, Voucher
from sanatorium.checks import CHECKS, check_held, check_sources, check_vouchers
from sanatorium.models import (
    Batch,
    BatchState,
    ClassQuota,
    Cost,
    Nomination,
    PersonYear,
    Plan,
    PlanState,
    State,
    UnitQuota,
    Venue,
    VenueState,
)
from sanatorium.rules.money import CostLine
from sanatorium.workflow import batches, nominations, notices, plans, settlement
from tests import build
from tests.sanatorium.stays import LIMITS, Stay, day
from tests.witness import witnessed


@pytest.fixture
def whole(city, cast, treasury, rules, year, story):
    """A year by its verbs: places passed down, two notices with an objection, a closed batch, one given up."""
    for key, (value, severity, clause) in LIMITS.items():
        rules.put(key, value, severity=severity, clause=clause)
    venue = build.venue(city.root)
    drafts = [story.draft(city.a, name, wish="省内") for name in ("张三", "李四")]
    elsewhere = story.draft(city.company, "王五")
    witnessed()
    share = plans.Share(city.a_office, city.a_office.quota_class, 1)
    plans.allocate(by=cast.lead, plan=year.plan, shares=[share])
    rows = nominations.nominate(by=cast.clerk, plan=year.plan, drafts=drafts)
    paper = story.notice_paper()
    notice = notices.publish_notice(by=cast.clerk, unit=city.a, rows=rows, paper=paper)
    objection = notices.object_to(
        by=cast.clerk, notice=notice, text="不实", received_on=datetime.date(2026, 5, 11)
    )
    notices.settle_objection(by=cast.lead, objection=objection, upheld=False, handling="查无此事")
    story.go_to(datetime.date(2026, 5, 25))
    rows = notices.submit(by=cast.lead, rows=story.fresh(rows))
    rows = nominations.confirm(by=cast.org_lead, rows=rows)
    rows = nominations.review(by=cast.union_officer, rows=rows)
    rows = nominations.approve(by=cast.union_lead, rows=rows)
    [other] = nominations.nominate(by=cast.clerk_c, plan=year.plan, drafts=[elsewhere])
    nominations.withdraw(by=cast.clerk_c, rows=[other], reason="重报")
    batch = batches.open_batch(
        by=cast.union_officer, plan=Plan.objects.get(), number=3, venue=venue, starts_on=day("6-8"),
        ends_on=day("6-13"), capacity=40,
    )  # fmt: skip
    batches.assign(by=cast.union_officer, batch=batch, rows=rows)
    nominations.give_up(by=cast.clerk, row=Nomination.objects.get(name="李四"), reason="家中有事")
    batches.approve_batch(by=cast.union_lead, batch=Batch.objects.get())
    story.go_to(day("6-15"))
    settlement.record_attendance(by=cast.union_officer, batch=Batch.objects.get(), absent=[])
    row = Nomination.objects.get(name="张三")
    lines = [CostLine(row, board=Decimal("2000"), transport=Decimal("500.05"))]
    settlement.settle(by=cast.union_officer, batch=Batch.objects.get(), lines=lines)
    settlement.close_batch(by=treasury.fund_lead, batch=Batch.objects.get())
    return SimpleNamespace(row=Nomination.objects.get(name="张三"), batch=Batch.objects.get(), cast=cast)


def found():
    return [(one.invariant, one.row, one.message) for check in CHECKS for one in check()]


def test_a_year_by_its_verbs_is_clean(whole):
    assert found() == []
    assert [(one.invariant, one.row, one.message) for one in verification.problems()] == []


# 1 Places -------------------------------------------------------------------------------------------------


def test_classes_that_do_not_add_up(whole):
    Plan.objects.update(total=999)
    assert found() == [("1 名额", "滨海市2026年度疗休养计划", "各类别名额之和为1000,总数为999")]
    Plan.objects.update(state=PlanState.DRAFT)
    assert found() == []


def test_a_class_that_gave_more_than_its_units_hold(whole):
    ClassQuota.objects.filter(quota_class="机关事业单位").update(allocated=F("allocated") + 1)
    assert found() == [("1 名额", "2026年机关事业单位", "已分配记为5个,各单位合计4个")]


def test_a_unit_that_passed_down_other_than_is_held_below(whole):
    UnitQuota.objects.filter(unit__name="甲局一所").update(places=0)
    assert found() == [("1 名额", "甲局2026年机关事业单位名额", "已下拨记为1个,下级单位合计0个")]


def test_places_at_a_unit_that_nobody_gave(whole):
    UnitQuota.objects.filter(unit__name="乙局").update(places=2)
    assert found() == [("1 名额", "2026年机关事业单位", "已分配记为4个,各单位合计5个")]


def test_a_counter_of_places_beside_its_rows(whole):
    UnitQuota.objects.filter(unit__name="甲局").update(used=0)
    assert found() == [("1 名额", "甲局2026年机关事业单位名额", "已使用记为0个,占用名额的人选为1人")]


def test_more_used_than_there_is(whole, unchecked):
    unchecked(UnitQuota, "unit_quota_not_over")
    UnitQuota.objects.filter(unit__name="甲局").update(places=1, passed_down=1)
    assert ("1 名额", "甲局2026年机关事业单位名额", "已使用与已下拨共2个,超出名额1个") in found()


def test_a_place_taken_of_another_class(whole):
    Nomination.objects.filter(pk=whole.row.pk).update(quota_class="企业、社区(村)")
    assert found() == [("1 名额", f"推荐人选 {whole.row.pk}", "占用的名额不属于该年度、该类别")]


# 4 One place a year, one stay at a time -------------------------------------------------------------------


def test_a_persons_counter_beside_the_rows(whole):
    PersonYear.objects.filter(person=whole.row.person_id).update(places_used=0)
    name = f"人员 {whole.row.person_id} 2026年"
    assert found() == [("4 每人每年次数", name, "已用次数记为0,占用名额的推荐为1条")]


def test_a_second_place_in_the_year(whole):
    again = Nomination.objects.get(name="李四")
    Nomination.objects.filter(pk=again.pk).update(person=whole.row.person_id, state=State.ATTENDED)
    name = f"人员 {whole.row.person_id} 2026年"
    assert ("4 每人每年次数", name, "占用2个名额,允许1个") in found()


def test_a_reviewer_who_had_amended_the_name(whole, cast):
    event = AuditEvent.objects.filter(kind="sanatorium.nomination", object_id=whole.row.pk, action="nominate")
    event.update(action="amend", by=whole.row.reviewed_by)
    name = f"推荐人选 {whole.row.pk}"
    assert ("5 职责分离", name, "审核人曾办理该人选此前的环节或材料") in found()


@pytest.mark.parametrize(("name", "kept", "due"), [("张三", "缺佐证", "无"), ("李四", "无", "须说明理由")])
def test_a_hint_beside_the_findings(whole, name, kept, due):
    row = Nomination.objects.get(name=name)
    warned = {"rule": "sanatorium.age", "severity": "warn"}
    findings = [warned] if due == "须说明理由" else []
    attention = "" if kept == "无" else kept
    Nomination.objects.filter(pk=row.pk).update(attention=attention, findings=findings)
    message = f"提示记为“{kept}”,按检查结果应为“{due}”"
    assert ("推荐提示", f"推荐人选 {row.pk}", message) in found()
    Nomination.objects.filter(pk=row.pk).update(accepted_reason="已核实", attention="")
    assert "推荐提示" not in [problem[0] for problem in found()]


def test_a_place_more_in_another_plan_of_the_year(whole, city):
    own = build.plan(city.a)
    other = build.approved(own, city.a, "赵六")
    Nomination.objects.filter(pk=other.pk).update(person=whole.row.person_id)
    PersonYear.objects.filter(plan=own).update(person=whole.row.person_id)
    name = f"人员 {whole.row.person_id} 2026年"
    places = [problem for problem in found() if problem[0] == "4 每人每年次数"]
    assert places == [("4 每人每年次数", name, "占用2个名额,允许1个")] * 2


def test_a_place_without_the_persons_year(whole):
    year = PersonYear.objects.get(person=whole.row.person_id)
    PersonYear.objects.filter(pk=year.pk).delete()
    assert ("4 每人每年次数", f"推荐人选 {whole.row.pk}", "占用名额,但没有该人员的年度记录") in found()


def test_two_batches_at_once(whole):
    late = {"starts_on": day("6-13"), "ends_on": day("6-18"), "limits": whole.batch.limits}
    second = build.batch(whole.batch.plan, whole.batch.venue, whole.cast.union_officer, 4, seats=1, **late)
    again = Nomination.objects.get(name="李四")
    Nomination.objects.filter(pk=again.pk).update(
        person=whole.row.person_id, state=State.ABSENT, batch=second
    )
    assert ("4 批次重叠", f"推荐人选 {again.pk}", "2026年第4期与其另一批次时间重叠") in found()


# 2 Money --------------------------------------------------------------------------------------------------


def test_a_cost_above_the_cap_of_its_batch(whole, unchecked):
    unchecked(Cost, "cost_within_cap")
    unchecked(PersonYear, "person_year_spent")
    Cost.objects.update(board=Decimal("2499.96"))
    name = f"费用 {Cost.objects.get().pk}(推荐人选 {whole.row.pk})"
    assert ("2 费用", name, "费用3000.01元,超过开期时的上限3000.00元") in found()


def test_a_cap_raised_on_the_cost(whole):
    Cost.objects.update(cap=Decimal("9000"))
    name = f"费用 {Cost.objects.get().pk}(推荐人选 {whole.row.pk})"
    assert found() == [("2 费用", name, "所记上限与批次开期时的上限不符")]


def test_a_year_that_has_spent_other_than_its_stays(whole):
    PersonYear.objects.filter(person=whole.row.person_id).update(spent=Decimal("2000.05"))
    message = "已发生费用记为2000.05元(省内2500.05元),各期合计2500.05元(省内2500.05元)"
    assert found() == [("2 费用", f"人员 {whole.row.person_id} 2026年", message)]


def test_a_year_above_its_cap(whole):
    PersonYear.objects.filter(person=whole.row.person_id).update(
        cap_in_province=Decimal("2500"), spent_in_province=Decimal("2500")
    )
    name = f"人员 {whole.row.person_id} 2026年"
    assert ("2 费用", name, "各期费用合计2500.05元(省内2500.05元),超过每人每年上限") in found()


def test_a_closed_batch_with_other_totals(whole):
    Batch.objects.update(total_cost=Decimal("2500"))
    message = "费用合计记为2500.00元(自理0.00元),应为2500.05元(自理0.00元)"
    assert found() == [("2 费用", "2026年第3期", message)]


def test_a_stay_that_is_not_in_the_ledger_of_benefits(whole):
    Benefit.objects.update(amount=Decimal("1"))
    name = f"费用 {Cost.objects.get().pk}(推荐人选 {whole.row.pk})"
    assert found() == [("2 费用", name, "批次已结清,但没有金额为2500.05元的关爱记录")]


# 5 Separation of duties -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "user", "message"),
    [
        ("reviewed_by", "clerk", "推荐人与审核人为同一人"),
        ("reviewed_by", "lead", "报送人与审核人为同一人"),
        ("reviewed_by", "org_lead", "确认人与审核人为同一人"),
        ("approved_by", "clerk", "推荐人与审批人为同一人"),
        ("approved_by", "lead", "报送人与审批人为同一人"),
        ("approved_by", "org_lead", "确认人与审批人为同一人"),
        ("approved_by", "union_officer", "审核人与审批人为同一人"),
    ],
)
def test_two_steps_by_one_person(whole, column, user, message):
    Nomination.objects.filter(pk=whole.row.pk).update(**{column: getattr(whole.cast, user)})
    assert found() == [("5 职责分离", f"推荐人选 {whole.row.pk}", message)]


@pytest.mark.parametrize("column", ["nominated_by", "submitted_by"])
def test_who_confirms_took_no_step_before(whole, column):
    Nomination.objects.filter(pk=whole.row.pk).update(
        **{column: whole.cast.org_lead}, batch=None, state=State.CONFIRMED
    )
    label = "推荐人" if column == "nominated_by" else "报送人"
    problems = [one for one in found() if one[0] == "5 职责分离"]
    assert problems == [("5 职责分离", f"推荐人选 {whole.row.pk}", f"{label}与确认人为同一人")]


def test_two_accounts_of_one_person_are_one_person(whole):
    User.objects.filter(pk=whole.cast.union_lead.pk).update(person=whole.cast.union_officer.person)
    assert {message for _, _, message in found()} == {
        "审核人与审批人为同一人", "编排人与批准人为同一人"
    }  # fmt: skip
    User.objects.filter(pk=whole.batch.closed_by_id).update(person=whole.cast.union_officer.person)
    assert {message for _, _, message in found()} == {
        "审核人与审批人为同一人", "编排人与批准人为同一人", "批准人与结清人为同一人", "登记人与批次结清人为同一人"
    }  # fmt: skip


@pytest.mark.parametrize("column", ["submitted_by", "reviewed_by", "approved_by"])
def test_a_step_in_ones_own_case(whole, column):
    actor = getattr(whole.row, column)
    User.objects.filter(pk=actor.pk).update(person=whole.row.person_id)
    label = {"submitted_by": "报送人", "reviewed_by": "审核人", "approved_by": "审批人"}[column]
    assert ("5 职责分离", f"推荐人选 {whole.row.pk}", f"{label}即其本人") in found()


def test_ones_own_stay_and_its_cost(whole):
    deciding = [whole.cast.union_lead.pk, whole.batch.closed_by_id]
    User.objects.filter(pk__in=deciding).update(person=whole.row.person_id)
    messages = [message for invariant, row, message in found() if row == "2026年第3期"]
    assert messages == ["批准人与结清人为同一人", "批准人在本期名单之中", "结清人在本期名单之中"]
    Cost.objects.update(recorded_by=whole.cast.union_lead)
    assert ("5 职责分离", f"费用 {Cost.objects.get().pk}", "登记人即其本人") in found()


# 6 Batches ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"seats": 2}, "已安排记为2人,名单为1人"),
        ({"days": 7}, "天数记为7天,起止日期首尾相加为6天"),
        ({"days_max": 9}, "所记天数范围与开期时的规则不符"),
        ({"ends_on": day("6-15"), "days": 7}, "天数记为7天,起止日期首尾相加为8天"),
        ({"ends_on": day("6-15"), "days": 7}, "共8天,开期时的规则为5—7天(BZ-8)"),
        (
            {"starts_on": day("3-2"), "ends_on": day("3-7")},
            "3月2日至3月7日不在5—11月之内(BZ-8),且没有说明理由",
        ),
    ],
)
def test_a_batch_beside_the_limits_it_was_opened_with(whole, columns, message):
    Batch.objects.update(**columns)
    assert ("6 批次", "2026年第3期", message) in found()


def test_a_season_accepted_with_a_reason(whole):
    Batch.objects.update(starts_on=day("3-2"), ends_on=day("3-7"), reason="场所停业")
    assert found() == []


def test_more_people_than_seats(whole, unchecked):
    unchecked(Batch, "batch_seats_in_capacity")
    Batch.objects.update(capacity=0)
    assert found() == [("6 批次", "2026年第3期", "名单1人,超过人数上限0人")]


def test_a_venue_that_was_not_admitted_when_the_batch_was_opened(whole):
    Venue.objects.update(state=VenueState.SUSPENDED, state_on=day("5-24"))
    message = "编排时青岛工人疗养院为“暂停”,不是准入的疗休养院"
    assert found() == [("6 批次", "2026年第3期", message)]
    Venue.objects.update(state_on=day("6-20"))
    assert found() == []


# 7 Notices ------------------------------------------------------------------------------------------------


def test_a_notice_that_was_cut_short(whole):
    Notice.objects.update(days=4)
    name = f"公示 {Notice.objects.get().pk}(甲局)"
    assert found() == [("7 公示", name, "工作日数记为4,起止日期之间为5个工作日")]


def test_a_notice_that_hides_its_objections(whole):
    Notice.objects.update(open_objections=1)
    name = f"公示 {Notice.objects.get().pk}(甲局)"
    assert found() == [("7 公示", name, "待处理异议记为1件,实为0件")]


def test_an_id_number_on_a_notice(whole):
    line = NoticeLine.objects.first()
    NoticeLine.objects.filter(pk=line.pk).update(unit_name=f"甲局 {build.id_number()}")
    assert found() == [("7 公示", f"公示名单 {line.pk}", "公示内容含身份证号")]


def test_a_name_changed_after_the_notice(whole):
    Nomination.objects.filter(pk=whole.row.pk).update(post="处长")
    assert found() == [("7 公示", f"推荐人选 {whole.row.pk}", "现有内容与公示内容不符")]


@pytest.mark.parametrize(
    ("column", "message"), [("submitted_at", "公示期满之前已报送"), ("approved_at", "公示期满之前已批准")]
)
def test_a_step_before_the_notice_was_over(whole, column, message):
    last = datetime.datetime(2026, 5, 15, 15, 59, tzinfo=datetime.UTC)  # 23:59 of the last day
    Nomination.objects.filter(pk=whole.row.pk).update(**{column: last})
    assert found() == [("7 公示", f"推荐人选 {whole.row.pk}", message)]


@pytest.mark.parametrize("handled_on", [None, datetime.date(2026, 5, 26)])
def test_an_approval_over_an_open_objection(whole, handled_on):
    Objection.objects.update(handled_on=handled_on)
    assert found() == [("7 公示", f"推荐人选 {whole.row.pk}", "批准时所在公示有异议未处理")]


def test_somebody_handed_up_without_a_notice(whole):
    Nomination.objects.filter(pk=whole.row.pk).update(notice=None)
    assert found() == [("7 公示", f"推荐人选 {whole.row.pk}", "未经公示即报送(BZ-17)")]
    Nomination.objects.filter(pk=whole.row.pk).update(notice=Notice.objects.get())
    Notice.objects.update(state="已撤销")
    assert found() == [("7 公示", f"推荐人选 {whole.row.pk}", "未经公示即报送(BZ-17)")]


# 3 Money of batches ---------------------------------------------------------------------------------------


@pytest.fixture
def paid(city, cast, today):
    """A batch closed and paid out of 工会经费, and one that is approved."""
    stay = Stay(city, cast, today)
    stay.funded("20000")
    went = stay.went("张三", number=1)
    stay.settle(went, stay.line(went.nominations.get(), "2000", transport="100"))
    waiting = stay.open(number=2, starts_on=day("7-6"), ends_on=day("7-11"))
    stay.seat(waiting, "李四")
    return SimpleNamespace(went=stay.close(went), waiting=stay.approve(waiting), stay=stay)


def money_found():
    return [(one.row, one.message) for check in (check_sources, check_held, check_vouchers) for one in check()]


def test_batches_paid_by_their_verbs_are_clean(paid):
    assert money_found() == []


def test_a_cost_changed_after_its_voucher(paid):
    Cost.objects.update(board=Decimal("1999.99"), medical=Decimal("0.01"))
    assert money_found() == [
        ("2026年第1期", "凭证支付交通费100.00元、食宿费2000.00元,费用应为交通费100.00元、食宿费1999.99元、医疗费0.01元")
    ]


def test_a_closed_batch_that_lost_its_voucher(paid):
    Batch.objects.filter(pk=paid.went.pk).update(voucher=None)
    assert money_found() == [("2026年第1期", "凭证支付0元,费用应为交通费100.00元、食宿费2000.00元")]


def test_a_voucher_of_something_else(paid):
    Voucher.objects.filter(pk=paid.went.voucher_id).update(document_id=paid.waiting.pk)
    assert money_found() == [
        ("2026年第1期", f"凭证{paid.went.voucher}不是工会经费为本批次支付的有效凭证")
    ]


@pytest.mark.parametrize("state", [BatchState.CANCELLED, BatchState.APPROVED])
def test_a_batch_that_holds_other_than_it_should(paid, state):
    Reservation.objects.filter(document_id=paid.waiting.pk).update(amount=Decimal("2999"))
    Batch.objects.filter(pk=paid.waiting.pk).update(state=state)
    due = "3000.00" if state == BatchState.APPROVED else "0.00"
    assert money_found() == [("2026年第2期", f"现预留2999.00元,按“{state}”应为{due}元")]


def test_a_fund_of_another_kind_and_none_at_all(paid):
    other = build.fund(paid.stay.city.b, opened_by=paid.stay.payer)
    Batch.objects.filter(pk=paid.waiting.pk).update(fund=other)
    assert ("2026年第2期", "列支资金“帮扶资金”(生活困难党员帮扶)不是开期时的规则允许的资金") in money_found()
    Batch.objects.filter(pk=paid.waiting.pk).update(fund=None)
    assert ("2026年第2期", "开期时的规则要求从工会经费列支,但没有列支资金") in money_found()
