"""Seats of a batch: proposed, assigned, taken back (BZ-2, BZ-7; invariants 4 and 6)."""

import datetime

import pytest

from carecore.audit import recorded
from carecore.models import AuditEvent, Benefit
from carecore.workflow import Forbidden, Refused, Stale
from sanatorium.models import Batch, BatchState, Nomination, State
from sanatorium.workflow import batches, nominations
from tests import build
from tests.sanatorium.stays import Stay, day


@pytest.fixture
def stay(city, cast, today):
    return Stay(city, cast, today)


def assign(stay, batch, *rows, by=None, reason=""):
    return batches.assign(by=by or stay.cast.union_officer, batch=batch, rows=list(rows), reason=reason)


def refusal(call, *args, **facts):
    with pytest.raises(Refused) as refused:
        call(*args, **facts)
    return refused.value.findings


def been(person, on, **columns):
    return Benefit.objects.create(
        person=person, unit=person.unit, channel="疗休养", occasion="某院", period=str(on.year),
        document_kind="", given_on=on, **columns,
    )  # fmt: skip


def test_assigned_people_sit_in_the_batch_and_are_counted(stay):
    batch = stay.open()
    rows = assign(stay, batch, stay.person("张三"), stay.person("李四"))
    assert stay.fresh(batch).seats == 2
    assert [stay.fresh(row).batch for row in rows] == [batch, batch]
    assert {AuditEvent.objects.of(row).last().action for row in [batch, *rows]} == {"assign"}


def test_the_capacity_is_never_passed(stay):
    batch = stay.open(capacity=2)
    stay.seat(batch, "张三")
    [finding] = refusal(assign, stay, batch, stay.person("李四"), stay.person("王五"))
    assert finding.message == "2026年第3期人数上限2人,已安排1人,剩余1个,本次编入2人,超出1人"
    assert (stay.fresh(batch).seats, Nomination.objects.filter(batch=batch).count()) == (1, 1)


def test_two_clerks_may_fill_a_batch_side_by_side(stay):
    batch = stay.open()
    seen = Batch.objects.get(pk=batch.pk)
    assign(stay, batch, stay.person("张三"))
    assign(stay, seen, stay.person("李四"))
    assert stay.fresh(batch).seats == 2


@pytest.mark.parametrize("state", [state for state in State if state != "已批准"])
def test_only_approved_people_have_a_seat(stay, state):
    row = stay.person("张三", state=state)
    [finding] = refusal(assign, stay, stay.open(), row)
    assert finding.message == f"张三现为“{state}”,只有“已批准”的才能编入批次"


@pytest.mark.parametrize("state", [state for state in BatchState if state not in ("编排中", "已批准")])
def test_nobody_joins_a_batch_that_set_out(stay, state):
    batch, row = stay.open(), stay.person("张三")
    Batch.objects.update(state=state)
    assert f"现为“{state}”" in refusal(assign, stay, batch, row)[0].message


def test_an_approved_batch_still_takes_a_replacement(stay):
    batch = stay.open()
    stay.seat(batch, "张三")
    stay.approve(batch)
    assert assign(stay, batch, stay.person("李四"))[0].batch_id == batch.pk


def test_a_seat_cannot_be_had_twice(stay):
    batch = stay.open()
    [row] = assign(stay, batch, stay.person("张三"))
    [finding] = refusal(assign, stay, stay.open(number=4, starts_on=day("7-6"), ends_on=day("7-11")), row)
    assert finding.message == "张三已编入其他批次或不属于2026年度疗休养计划,请刷新后重选"


def test_somebody_of_another_plan_is_not_taken(stay):
    row = build.approved(build.plan(stay.city.b), stay.city.b, "乙某")
    assert "不属于2026年度疗休养计划" in refusal(assign, stay, stay.open(), row)[0].message


@pytest.mark.parametrize("who", ["clerk", "union_lead", "auditor", "lead"])
def test_only_the_union_officer_assigns(stay, who):
    with pytest.raises(Forbidden):
        assign(stay, stay.open(), stay.person("张三"), by=getattr(stay.cast, who))


def test_nobody_assigns_themselves(stay):
    row = stay.person("张三")
    Nomination.objects.filter(pk=row.pk).update(person=stay.cast.union_officer.person)
    with pytest.raises(Forbidden, match="您本人"):
        assign(stay, stay.open(), stay.fresh(row))


def test_a_stale_row_is_not_assigned(stay):
    row = stay.person("张三")
    Nomination.objects.update(version=2)
    with pytest.raises(Stale):
        assign(stay, stay.open(), row)


def second_place(stay, row, **columns):
    """Another place of the same person, in the plan of the county."""
    plan = build.plan(stay.city.b, columns.pop("year", 2026))
    other = build.approved(plan, stay.city.b, row.name)
    Nomination.objects.filter(pk=other.pk).update(person=row.person)
    return plan, stay.fresh(other)


def county(stay, plan, **terms):
    """A batch of the county's own union."""
    officer = build.user("county", stay.city.b, "union_officer", person=build.person(stay.city.b, "县工会"))
    return stay.open(by=officer, plan=plan, **terms), officer


@pytest.mark.parametrize(
    ("first", "last", "free"), [("6-13", "6-18", False), ("6-14", "6-19", True), ("6-3", "6-8", False)]
)
def test_no_two_stays_of_a_person_overlap_across_plans_too(stay, first, last, free):
    stay.rule("sanatorium.trips_person_year", 2)
    [row] = stay.seat(stay.open(), "张三")
    plan, other = second_place(stay, row)
    batch, officer = county(stay, plan, starts_on=day(first), ends_on=day(last))
    if free:
        assert assign(stay, batch, other, by=officer)[0].batch_id == batch.pk
    else:
        [finding] = refusal(assign, stay, batch, other, by=officer)
        assert finding.message == "张三已编入2026年第3期(2026-06-08至2026-06-13),与本期时间重叠,请先调出"


def test_one_stay_a_year_unless_a_rule_says_more(stay):
    [row] = stay.seat(stay.open(), "张三")
    plan, other = second_place(stay, row)
    batch, officer = county(stay, plan, starts_on=day("7-6"), ends_on=day("7-11"))
    [finding] = refusal(assign, stay, batch, other, by=officer)
    assert (finding.key, finding.asked, finding.limit) == ("sanatorium.trips_person_year", "2", "1")


def test_a_stay_in_the_city_may_come_in_two_parts_a_journey_may_not(stay):
    stay.rule("sanatorium.trips_person_year", {"本市": 2}, clause="地点安排")
    local = build.venue(stay.city.root, "本市院", in_city=True)
    [row] = stay.seat(stay.open(venue=local), "张三")
    plan, other = second_place(stay, row)
    batch, officer = county(stay, plan, starts_on=day("7-6"), ends_on=day("7-11"))
    [finding] = refusal(assign, stay, batch, other, by=officer)
    assert finding.key == "sanatorium.trips_person_year"
    batch = stay.open(by=officer, plan=plan, number=4, venue=local, starts_on=day("7-6"), ends_on=day("7-11"))
    assert assign(stay, batch, other, by=officer)[0].batch_id == batch.pk


def test_the_look_back_of_another_province_is_asked_when_the_place_is_known(stay):
    stay.rule("sanatorium.lookback_years", {"省外": 3}, clause="第四条")
    outside = stay.open(venue=build.venue(stay.city.root, "黄山院", in_province=False), reason="省内无档期")
    row = stay.person("张三")
    been(row.person, datetime.date(2024, 6, 1), case="省外")
    [finding] = refusal(assign, stay, outside, row)
    assert (finding.key, finding.clause) == ("sanatorium.lookback_years", "第四条")
    assert finding.message.startswith("张三:2024年已参加过疗休养")
    inside = stay.open(number=4)
    assert assign(stay, inside, row)[0].batch_id == inside.pk


# Taking back -----------------------------------------------------------------------------------------------


def unassign(stay, *rows, by=None, reason=""):
    return batches.unassign(by=by or stay.cast.union_officer, rows=list(rows), reason=reason)


def test_whoever_is_taken_out_keeps_the_place_and_may_join_another_batch(stay):
    batch = stay.open()
    first, second = stay.seat(batch, "张三", "李四")
    unassign(stay, first)
    assert (stay.fresh(batch).seats, stay.fresh(first).batch, first.state) == (1, None, "已批准")
    assert [event.action for event in AuditEvent.objects.of(first)][-2:] == ["assign", "unassign"]
    later = stay.open(number=4, starts_on=day("6-8"), ends_on=day("6-13"))
    assert assign(stay, later, first)[0].batch_id == later.pk


def test_an_approved_batch_is_left_only_with_a_reason(stay):
    batch = stay.open()
    [row] = stay.seat(batch, "张三")
    stay.approve(batch)
    assert refusal(unassign, stay, stay.fresh(row))[0].key == "reason"
    assert stay.fresh(batch).seats == 1
    unassign(stay, stay.fresh(row), reason="临时有公务")
    assert stay.fresh(batch).seats == 0


@pytest.mark.parametrize("who", ["clerk", "union_lead", "auditor"])
def test_only_the_union_officer_takes_people_out(stay, who):
    [row] = stay.seat(stay.open(), "张三")
    with pytest.raises(Forbidden):
        unassign(stay, row, by=getattr(stay.cast, who))


def test_nobody_takes_themselves_out(stay):
    [row] = stay.seat(stay.open(), "张三")
    Nomination.objects.update(person=stay.cast.union_officer.person)
    with pytest.raises(Forbidden, match="您本人"):
        unassign(stay, row)


def test_somebody_without_a_seat_is_not_taken_out(stay):
    assert "尚未编入批次" in refusal(unassign, stay, stay.person("张三"))[0].message


def test_a_stale_row_frees_no_seat(stay):
    batch = stay.open()
    [row] = stay.seat(batch, "张三")
    Nomination.objects.update(version=9)
    with pytest.raises(Stale):
        unassign(stay, row)
    assert stay.fresh(batch).seats == 1


def test_a_batch_that_set_out_is_not_left(stay):
    batch = stay.went("张三")
    row = batch.nominations.get()
    assert "现为“已成行”" in refusal(unassign, stay, row)[0].message


def test_giving_up_returns_exactly_one_place_and_one_seat(stay):
    batch = stay.open()
    row, _ = stay.seat(batch, "张三", "李四")
    nominations.give_up(by=stay.cast.clerk, row=row, reason="家中有事")
    assert (stay.fresh(batch).seats, stay.fresh(row.quota).used) == (1, 1)
    assert (stay.fresh(row).state, row.batch) == ("已放弃", None)
    assert [event.action for event in AuditEvent.objects.of(batch)][-1] == "give_up"


def test_seats_are_released_batch_by_batch(stay):
    one, two = stay.open(number=1), stay.open(number=2)
    rows = [*stay.seat(one, "张三", "李四"), *stay.seat(two, "王五")]
    with recorded():
        freed = batches.release_seats(rows)
    assert [(batch.pk, batch.seats) for batch in freed] == [(one.pk, 0), (two.pk, 0)]
    with recorded():
        assert batches.release_seats([stay.person("赵六")]) == []


# Proposing -------------------------------------------------------------------------------------------------


def test_a_proposal_follows_the_rule_and_says_why(stay):
    stay.rule(
        "sanatorium.grounds", [{"code": "merit", "label": "获得记功奖励"}, {"code": "front", "label": "一线"}]
    )
    stay.rule("sanatorium.ranking", ["ground", "never_been", "years_since", "service_years", "number"])
    since = {"person_columns": {"worked_since": datetime.date(2000, 6, 9)}}
    front = stay.person("一线", ground="front", ground_label="一线")
    recent, long_ago = stay.person("去年去过"), stay.person("早年去过")
    young, old = stay.person("年轻"), stay.person("年长", **since)
    been(recent.person, datetime.date(2025, 6, 1))
    been(long_ago.person, datetime.date(2019, 6, 1))
    proposal = batches.propose(stay.open())
    assert [(row.place, row.nomination.name) for row in proposal] == [
        (1, "年长"), (2, "年轻"), (3, "早年去过"), (4, "去年去过"), (5, "一线"),
    ]  # fmt: skip
    assert proposal[0].reasons == ["获得记功奖励(类别第1)", "从未参加", "工龄25年", f"编号{old.pk}"]
    assert proposal[2].reasons[1] == "上次参加2019年,已隔7年"
    assert [row.nomination for row in proposal][1::3] == [young, front]


def test_a_reversed_stay_does_not_count_as_having_been(stay):
    stay.rule("sanatorium.ranking", ["never_been"])
    row = stay.person("张三")
    been(row.person, datetime.date(2025, 6, 1), reversed_on=datetime.date(2025, 7, 1))
    assert batches.propose(stay.open())[0].reasons[0] == "从未参加"


def test_only_approved_people_of_the_plan_without_a_batch_are_proposed(stay):
    batch = stay.open()
    stay.seat(batch, "已编入")
    stay.person("候补", state=State.REVIEWED)
    build.approved(build.plan(stay.city.b), stay.city.b, "外单位")
    free = stay.person("待编")
    assert [row.nomination for row in batches.propose(batch)] == [free]


def test_a_proposal_costs_the_same_queries_for_one_and_for_many(stay, django_assert_num_queries):
    batch = stay.open()
    stay.person("张三")
    with django_assert_num_queries(7):
        batches.propose(batch)
    for name in "甲乙丙丁戊":
        stay.person(name)
    with django_assert_num_queries(7):
        batches.propose(batch)


def test_assigning_costs_the_same_queries_for_one_and_for_many(stay, django_assert_max_num_queries):
    batch = stay.open()
    with django_assert_max_num_queries(32):
        assign(stay, batch, stay.person("张三"))
    rows = [stay.person(name) for name in "甲乙丙丁戊己庚辛"]
    with django_assert_max_num_queries(26):
        assign(stay, batch, *rows)
