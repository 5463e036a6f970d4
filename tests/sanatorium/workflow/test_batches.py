"""A batch until it sets out: opened, amended, planned, approved, cancelled (BZ-6…BZ-8, BZ-10, BZ-14, BZ-16)."""

import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from carecore.models import AuditEvent
from carecore.workflow import Forbidden, Refused, Stale
from sanatorium.models import Batch, BatchState, PlanState, ProgrammeItem, State, VenueState
from sanatorium.rules.stays import Item
from sanatorium.workflow import batches
from tests import build
from tests.sanatorium.stays import Stay, day


@pytest.fixture
def stay(city, cast, today):
    return Stay(city, cast, today)


def refusal(call, *args, **facts):
    with pytest.raises(Refused) as refused:
        call(*args, **facts)
    return refused.value.findings


def test_a_batch_freezes_the_limits_it_is_opened_under(stay):
    batch = stay.fresh(stay.open())
    assert (batch.state, batch.days, batch.days_min, batch.days_max) == ("编排中", 6, 5, 7)
    assert (batch.place_case, batch.province_case, batch.cost_cap, batch.self_pay) == (
        "省内",
        "省内",
        Decimal("3000"),
        False,
    )
    days = next(entry for entry in batch.limits if entry["rule"] == "sanatorium.days")
    assert days == {
        "rule": "sanatorium.days", "label": "每期天数", "value": [5, 7], "limit": "5—7天", "severity": "block",
        "clause": "BZ-8", "rule_id": stay.rules["sanatorium.days"].pk,
    }  # fmt: skip
    yearly = {e["case"]: e["amount"] for e in batch.limits if e["rule"] == "sanatorium.cost_person_year"}
    assert yearly == {"省内": "3000.00", "省外": "5000.00"}
    [event] = AuditEvent.objects.of(batch)
    assert (event.action, event.by, event.unit) == ("open_batch", stay.cast.union_officer, stay.city.root)


def test_a_later_rule_does_not_change_an_open_batch(stay, today):
    batch = stay.open()
    build.rule(stay.city.root, "sanatorium.days", [2, 3], effective_from=day("5-12"))
    today.move_to("2026-05-20 10:00:00+08:00")
    amended = batches.amend_batch(by=stay.cast.union_officer, batch=batch, ends_on=day("6-14"))
    assert (amended.days, amended.days_min, amended.days_max) == (7, 5, 7)


@pytest.mark.parametrize(("last", "days"), [("6-12", 5), ("6-14", 7)])
def test_days_are_counted_inclusively(stay, last, days):
    assert stay.open(ends_on=day(last)).days == days


@pytest.mark.parametrize(("last", "asked"), [("6-11", "4天"), ("6-15", "8天")])
def test_too_few_and_too_many_days_are_refused_with_rule_limit_and_clause(stay, last, asked):
    [finding] = refusal(stay.open, ends_on=day(last))
    assert (finding.key, finding.severity, finding.asked, finding.limit, finding.clause) == (
        "sanatorium.days", "block", asked, "5—7天", "BZ-8",
    )  # fmt: skip
    assert not Batch.objects.exists()
    assert AuditEvent.objects.first().action == "refused.open_batch"


def test_days_may_differ_by_place_and_the_city_falls_back_to_its_province(stay):
    stay.rules["sanatorium.days"].delete()
    stay.rule("sanatorium.days", {"省内": [5, 7], "省外": [6, 8], "结对地区": [1, 9]})
    inside = build.venue(stay.city.root, "本市院", in_city=True)
    assert stay.open(venue=inside).days_max == 7
    paired = build.venue(stay.city.root, "结对院", in_province=False, in_paired_region=True)
    outside = build.venue(stay.city.root, "省外院", in_province=False)
    assert stay.open(venue=paired, number=4, reason="结对协作").days_max == 9
    assert stay.open(venue=outside, number=5, reason="无省内档期").days_min == 6


@pytest.mark.parametrize(("first", "last"), [("4-28", "5-3"), ("11-27", "12-2")])
def test_outside_the_season_needs_a_reason(stay, first, last):
    terms = {"starts_on": day(first), "ends_on": day(last)}
    [finding] = refusal(stay.open, **terms)
    assert (finding.key, finding.severity, finding.limit) == ("sanatorium.months", "warn", "5—11月")
    batch = stay.open(**terms, reason="场地只有此时")
    assert (batch.reason, batch.reason_by, [f["rule"] for f in batch.findings]) == (
        "场地只有此时", stay.cast.union_officer, ["sanatorium.months"],
    )  # fmt: skip


@pytest.mark.parametrize(("first", "last"), [("5-1", "5-6"), ("11-25", "11-30")])
def test_the_first_and_last_day_of_the_season_belong_to_it(stay, first, last):
    assert stay.open(starts_on=day(first), ends_on=day(last)).findings == []


def test_a_batch_ends_before_the_deadline_of_the_year(stay):
    stay.rule("sanatorium.deadline", "06-12", clause="第五条")
    [finding] = refusal(stay.open)
    assert (finding.key, finding.limit) == ("sanatorium.deadline", "6月12日前")
    assert stay.open(ends_on=day("6-12")).days == 5


@pytest.mark.parametrize("state", [state for state in VenueState if state != "准入"])
def test_only_an_admitted_venue_can_be_chosen(stay, state):
    venue = build.venue(stay.city.root, "另一家", state=state)
    [finding] = refusal(stay.open, venue=venue)
    assert (finding.key, finding.message) == ("venue", f"另一家现为“{state}”,只能选择准入的疗休养院(BZ-16)")


def test_a_venue_outside_the_union_is_refused_whatever_the_reason(stay):
    venue = build.venue(stay.city.root, "某酒店", union_owned=False)
    [finding] = refusal(stay.open, venue=venue, reason="更便宜")
    assert (finding.key, finding.severity, finding.clause) == ("sanatorium.union_venue", "block", "BZ-10")


def test_out_of_the_province_needs_a_reason_and_has_its_own_cap(stay):
    venue = build.venue(stay.city.root, "黄山院", in_province=False)
    [finding] = refusal(stay.open, venue=venue)
    assert (finding.key, finding.severity) == ("sanatorium.out_of_province", "warn")
    batch = stay.open(venue=venue, reason="省内无档期")
    assert (batch.province_case, batch.cost_cap) == ("省外", Decimal("5000"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ends_on": day("6-7")}, "ends_on"), ({"capacity": 0}, "capacity"), ({"capacity": 101}, "capacity"),
        ({"starts_on": day("6-8").replace(year=2027), "ends_on": day("6-13").replace(year=2027)}, "starts_on"),
    ],
)  # fmt: skip
def test_impossible_terms_are_refused(stay, change, field):
    assert [finding.key for finding in refusal(stay.open, **change)] == [field]


def test_a_number_is_given_once_a_year(stay):
    stay.open()
    [finding] = refusal(stay.open)
    assert (finding.key, finding.message) == ("number", "2026年第3期已存在,请换一个期次")


def test_a_form_sent_twice_opens_one_batch(stay):
    sent = uuid.uuid4()
    assert stay.open(request_id=sent) == stay.open(request_id=sent)


@pytest.mark.parametrize("state", [PlanState.DRAFT, PlanState.CLOSED])
def test_batches_belong_to_a_published_plan(stay, state):
    plan = build.plan(stay.city.root, 2027, state=state)
    [finding] = refusal(stay.open, plan=plan)
    assert f"现为“{state}”" in finding.message


@pytest.mark.parametrize("who", ["clerk", "union_lead", "auditor", "org_officer"])
def test_only_the_union_officer_opens_batches(stay, who):
    with pytest.raises(Forbidden):
        stay.open(by=getattr(stay.cast, who))


def test_the_union_of_another_unit_opens_none_here(stay):
    other = build.user("other", stay.city.b, "union_officer")
    with pytest.raises(Forbidden):
        stay.open(by=other)


def test_a_day_cap_counts_the_days_and_the_tightest_cap_is_frozen(stay):
    stay.rule("sanatorium.cost_person_day", {"省内": 400, "省外": 400})
    assert stay.open().cost_cap == Decimal("2400.00")
    assert stay.open(number=4, ends_on=day("6-14")).cost_cap == Decimal("2800.00")


def test_caps_that_only_warn_are_no_columns(stay):
    stay.rules["sanatorium.cost_person_year"].delete()
    stay.rules["sanatorium.days"].delete()
    stay.rule("sanatorium.cost_person_trip", 1000, severity="warn")
    stay.rule("sanatorium.days", [5, 7], severity="warn")
    batch = stay.open(ends_on=day("6-15"), reason="来回路程较长")
    assert (batch.cost_cap, batch.days_min, batch.days_max, batch.days) == (None, None, None, 8)


@pytest.mark.parametrize(
    "columns", [{"days": 8}, {"days": 4}, {"seats": 41}, {"starts_on": day("6-14")}], ids=str
)
def test_the_table_itself_holds_days_seats_and_order(stay, columns):
    batch = stay.open()
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(**columns)


# Amending --------------------------------------------------------------------------------------------------


def test_terms_change_while_the_batch_is_arranged(stay):
    batch = batches.amend_batch(by=stay.cast.union_officer, batch=stay.open(), capacity=20, leader="李四")
    assert (batch.capacity, batch.leader, batch.version) == (20, "李四", 2)


def test_amended_terms_meet_the_same_checks(stay):
    batch = stay.open()
    [finding] = refusal(batches.amend_batch, by=stay.cast.union_officer, batch=batch, ends_on=day("6-20"))
    assert finding.key == "sanatorium.days"
    assert stay.fresh(batch).ends_on == day("6-13")


def test_a_capacity_below_the_seats_is_refused(stay):
    batch = stay.open()
    stay.seat(batch, "张三", "李四")
    [finding] = refusal(batches.amend_batch, by=stay.cast.union_officer, batch=stay.fresh(batch), capacity=1)
    assert finding.message == "本期已安排2人,人数上限不能少于已安排人数"


def test_a_moved_batch_must_not_overlap_another_stay_of_its_people(stay):
    early = stay.open(number=1, starts_on=day("6-1"), ends_on=day("6-6"))
    [row] = stay.seat(early, "张三")
    other = build.plan(stay.city.b, 2026)
    second = build.approved(other, stay.city.b, "张三")
    type(second).objects.filter(pk=second.pk).update(
        person=row.person, batch=stay.open(plan=other, by=_at(stay, stay.city.b))
    )
    findings = refusal(
        batches.amend_batch,
        by=stay.cast.union_officer,
        batch=stay.fresh(early),
        ends_on=day("6-8"),
        starts_on=day("6-3"),
    )
    assert "overlap" in [finding.key for finding in findings]


def _at(stay, unit):
    return build.user(f"officer{unit.pk}", unit, "union_officer", person=build.person(unit, "他处经办"))


def test_an_approved_batch_is_not_amended(stay):
    batch = stay.open()
    stay.seat(batch, "张三")
    batch = stay.approve(batch)
    [finding] = refusal(batches.amend_batch, by=stay.cast.union_officer, batch=batch, capacity=20)
    assert finding.message == "2026年第3期现为“已批准”,只有“编排中”的才能修改"


def test_a_stale_form_amends_nothing(stay):
    batch = stay.open()
    seen = Batch.objects.get(pk=batch.pk)
    batches.amend_batch(by=stay.cast.union_officer, batch=batch, capacity=20)
    with pytest.raises(Stale):
        batches.amend_batch(by=stay.cast.union_officer, batch=seen, capacity=30)


def test_a_reason_that_does_not_fit_is_refused_not_cut(stay):
    message = "理由共201字,请压缩到200字以内"
    assert refusal(stay.open, reason="因" * 201)[0].message == message
    batch = stay.open(reason="因" * 200)
    assert batch.reason == "因" * 200
    officer, lead = stay.cast.union_officer, stay.cast.union_lead
    assert refusal(batches.amend_batch, by=officer, batch=batch, capacity=20, reason="因" * 201)[0].message == message
    assert refusal(plan_programme, stay, batch, "休养", reason="因" * 201)[0].message == message
    assert refusal(batches.cancel_batch, by=officer, batch=batch, reason="因" * 201)[0].message == message
    stay.seat(batch, "张三")
    assert refusal(batches.approve_batch, by=lead, batch=stay.fresh(batch), reason="因" * 201)[0].message == message


# The programme ---------------------------------------------------------------------------------------------


def items(*kinds):
    return [
        Item(n // 2 + 1, "上午" if n % 2 == 0 else "下午", kind, f"{kind}活动")
        for n, kind in enumerate(kinds)
    ]


def plan_programme(stay, batch, *kinds, reason=""):
    return batches.plan_programme(
        by=stay.cast.union_officer, batch=stay.fresh(batch), items=items(*kinds), reason=reason
    )


def test_a_programme_is_set_changed_and_dropped_half_day_by_half_day(stay):
    batch = stay.open()
    plan_programme(stay, batch, "休养", "体检", "疗养")
    plan_programme(stay, batch, "休养", "心理健康")
    rows = ProgrammeItem.objects.filter(batch=batch).order_by("pk").values_list("kind", "dropped", "version")
    assert list(rows) == [("休养", False, 1), ("心理健康", False, 2), ("疗养", True, 2)]
    plan_programme(stay, batch, "休养", "心理健康", "疗养")
    assert [item.kind for item in batches.programme_of(batch)] == ["休养", "心理健康", "疗养"]


def test_a_programme_that_is_not_mostly_care_needs_a_reason(stay):
    batch = stay.open()
    [finding] = refusal(plan_programme, stay, batch, "休养", "参观游览")
    assert (finding.key, finding.severity, finding.asked) == ("sanatorium.care_share", "warn", "1/2")
    assert finding.message == "2个时段中休养、疗养等服务占1个,不得少于51%(BZ-6)"
    batch = plan_programme(stay, batch, "休养", "参观游览", reason="首日报到")
    assert [f["rule"] for f in batch.findings] == ["sanatorium.care_share"]
    assert plan_programme(stay, batch, "休养", "疗养", "参观游览").findings == []


def test_the_share_of_sightseeing_is_capped(stay):
    stay.rule("sanatorium.sightseeing_share", "0.25", clause="BZ-14")
    batch = stay.open()
    [finding] = refusal(plan_programme, stay, batch, "休养", "疗养", "参观游览", reason="就近")
    assert (finding.key, finding.asked, finding.limit) == ("sanatorium.sightseeing_share", "33%", "不超过25%")
    assert plan_programme(stay, batch, "休养", "疗养", "体检", "参观游览").findings == []


def test_a_programme_stays_within_the_days_and_fills_each_half_once(stay):
    batch = stay.open()
    late = Item(7, "上午", "休养", "海边散步")
    twice = [Item(1, "上午", "休养", "散步"), Item(1, "上午", "疗养", "理疗")]
    officer = stay.cast.union_officer
    [finding] = refusal(batches.plan_programme, by=officer, batch=batch, items=[late])
    assert finding.message == "第7天超出本期6天,请调整活动安排"
    [finding] = refusal(batches.plan_programme, by=officer, batch=batch, items=twice)
    assert finding.message == "第1天上午有两项安排,请只保留一项"


def test_a_batch_can_be_opened_with_its_programme(stay):
    batch = stay.open(programme=items("休养", "疗养"))
    assert batch.programme.count() == 2


def test_whoever_does_not_arrange_plans_no_programme(stay):
    with pytest.raises(Forbidden):
        batches.plan_programme(by=stay.cast.union_lead, batch=stay.open(), items=items("休养"))


# Approving and cancelling ----------------------------------------------------------------------------------


def test_the_union_lead_approves_a_batch_with_people(stay):
    batch = stay.open()
    stay.seat(batch, "张三")
    batch = stay.approve(batch)
    assert (batch.state, batch.approved_by) == ("已批准", stay.cast.union_lead)


def test_an_empty_batch_is_not_approved(stay):
    [finding] = refusal(stay.approve, stay.open())
    assert finding.message == "2026年第3期尚未编入人员,不能批准"


def test_whoever_opened_a_batch_does_not_approve_it(stay):
    build.appointment(stay.cast.union_lead, stay.city.root, "union_officer")
    batch = stay.open(by=stay.cast.union_lead)
    stay.seat(batch, "张三")
    with pytest.raises(Forbidden, match="由您编排"):
        stay.approve(batch)


def test_somebody_who_goes_along_does_not_approve(stay):
    batch = stay.open()
    row = stay.person("负责人")
    type(row).objects.filter(pk=row.pk).update(person=stay.cast.union_lead.person)
    batches.assign(by=stay.cast.union_officer, batch=batch, rows=[stay.fresh(row)])
    with pytest.raises(Forbidden, match="您本人"):
        stay.approve(batch)


@pytest.mark.parametrize("who", ["union_officer", "clerk", "auditor", "org_lead"])
def test_nobody_else_approves(stay, who):
    batch = stay.open()
    stay.seat(batch, "张三")
    with pytest.raises(Forbidden):
        batches.approve_batch(by=getattr(stay.cast, who), batch=stay.fresh(batch))


def test_a_venue_suspended_meanwhile_stops_the_approval(stay):
    batch = stay.open()
    stay.seat(batch, "张三")
    type(stay.venue).objects.update(state=VenueState.SUSPENDED)
    [finding] = refusal(stay.approve, batch)
    assert finding.key == "venue"


def test_a_group_below_its_least_size_is_not_approved(stay):
    stay.rule("sanatorium.group_size", 2, clause="第六条")
    batch = stay.open()
    stay.seat(batch, "张三")
    [finding] = refusal(stay.approve, batch)
    assert (finding.key, finding.asked, finding.limit) == ("sanatorium.group_size", "1人", "不少于2人")
    stay.seat(batch, "李四")
    assert stay.approve(batch).state == "已批准"


@pytest.mark.parametrize("state", [state for state in BatchState if state != "编排中"])
def test_only_a_batch_being_arranged_is_approved(stay, state):
    batch = stay.open()
    Batch.objects.update(state=state)
    [finding] = refusal(stay.approve, batch)
    assert f"现为“{state}”" in finding.message


def test_a_cancelled_batch_frees_its_seats_and_its_people_keep_their_places(stay):
    batch = stay.open()
    rows = stay.seat(batch, "张三", "李四")
    batch = batches.cancel_batch(by=stay.cast.union_officer, batch=stay.fresh(batch), reason="台风")
    assert (batch.state, batch.seats) == ("已取消", 0)
    assert {(stay.fresh(row).state, row.batch) for row in rows} == {(State.APPROVED, None)}
    assert AuditEvent.objects.of(rows[0]).last().action == "cancel_batch"


def test_cancelling_needs_a_reason(stay):
    [finding] = refusal(batches.cancel_batch, by=stay.cast.union_officer, batch=stay.open(), reason="")
    assert finding.key == "reason"


def test_an_approved_batch_is_cancelled_by_the_union_lead_alone(stay):
    batch = stay.open()
    stay.seat(batch, "张三")
    batch = stay.approve(batch)
    with pytest.raises(Forbidden):
        batches.cancel_batch(by=stay.cast.union_officer, batch=batch, reason="台风")
    assert batches.cancel_batch(by=stay.cast.union_lead, batch=batch, reason="台风").state == "已取消"


@pytest.mark.parametrize("state", [BatchState.ATTENDED, BatchState.CLOSED, BatchState.CANCELLED])
def test_a_batch_that_set_out_is_not_cancelled(stay, state):
    batch = stay.open()
    Batch.objects.update(state=state)
    [finding] = refusal(batches.cancel_batch, by=stay.cast.union_lead, batch=stay.fresh(batch), reason="台风")
    assert f"现为“{state}”" in finding.message


def test_a_unit_sees_only_batches_in_which_somebody_of_its_own_has_a_seat(stay):
    mine, other = stay.open(number=1), stay.open(number=2)
    stay.seat(mine, "张三")
    seen = {
        who: set(Batch.objects.visible_to(getattr(stay.cast, who))) for who in ("clerk", "clerk_b", "auditor")
    }
    assert seen == {"clerk": {mine}, "clerk_b": set(), "auditor": {mine, other}}
