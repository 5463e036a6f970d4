"""What each role finds on its desk: exact counts, where they lead, which days come, how places and costs stand."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore.access import Role
from carecore.models import QuotaClass
from carecore.registry import provided
from sanatorium import desk
from sanatorium.models import BatchState, Cost, Nomination, PlanState, State, UnitQuota
from sanatorium.workflow import notices
from tests import build
from tests.sanatorium.stays import day

ORGAN, FRONTLINE = QuotaClass
EVERYONE = (
    "clerk",
    "clerk_b",
    "lead",
    "union_officer",
    "union_lead",
    "org_officer",
    "org_lead",
    "auditor",
    "admin",
)


def items(*users, ask=desk.nominations):
    return {item.title: item.count for user in users for item in ask(user)}


@pytest.fixture
def places(year):
    """Enough places for everybody."""
    UnitQuota.objects.update(places=50)


@pytest.fixture
def story_so_far(story, city, places):
    """The years of 甲局 and 丙公司 at every step; 乙局 has a draft."""
    story.in_state(State.APPROVED, city.a, "批一")
    story.in_state(State.REVIEWED, city.a, "审一", "审二")
    story.in_state(State.CONFIRMED, city.a, "确一")
    story.in_state(State.SUBMITTED, city.a, "报一", "报二", "报三")
    story.submitted(story.nominated(city.company, "企一", "企二"))
    story.after_notice(story.nominated(city.a, "期一", "期二"))
    story.on_notice(story.nominated(city.a, "公一"))
    story.nominated(city.a, "草一", "草二")
    story.nominated(city.b, "草三", ground="merit")


def test_each_role_finds_what_waits_for_it(cast, story_so_far):
    found = {who: items(getattr(cast, who)) for who in EVERYONE}
    assert found == {
        "clerk": {"推荐草稿待公示": 2},
        "clerk_b": {"推荐草稿待公示": 1, "其中缺佐证的草稿": 1},
        "lead": {"公示期满人选待报送": 2},
        "union_officer": {
            "推荐草稿待公示": 3, "其中缺佐证的草稿": 1, "已确认人选待工会审核": 1, f"{FRONTLINE}报送人选待工会审核": 2,
            "已批准人选待编入批次": 1,
        },
        "union_lead": {"候补人选待批准": 2},
        "org_officer": {"推荐草稿待公示": 3, "其中缺佐证的草稿": 1, f"{ORGAN}报送人选待组织人社确认": 3},
        "org_lead": {f"{ORGAN}报送人选待组织人社确认": 3},
        "auditor": {},
        "admin": {},
    }  # fmt: skip


def test_every_item_leads_to_as_many_rows(cast, story_so_far, client):
    for who in ("clerk", "clerk_b", "lead", "union_officer", "union_lead", "org_lead"):
        client.force_login(getattr(cast, who))
        for item in desk.nominations(getattr(cast, who)):
            assert (item.title, client.get(item.url).context["page"].count) == (item.title, item.count)


def test_without_the_rule_nothing_waits_for_a_confirmation(cast, story_so_far, rules):
    rules.confirmed.delete()
    assert items(cast.org_lead) == {}
    assert items(cast.union_officer)[f"{ORGAN}报送人选待工会审核"] == 3


def test_a_rule_of_one_unit_counts_there_alone(cast, story, city, places, rules):
    rules.confirmed.delete()
    build.rule(city.b, "sanatorium.confirmed_classes", [ORGAN])
    story.submitted(story.nominated(city.a, "甲一"))
    story.submitted(story.nominated(city.b, "乙一", "乙二"))
    assert items(cast.org_lead) == {f"{ORGAN}报送人选待组织人社确认": 2}
    assert items(cast.union_officer) == {f"{ORGAN}报送人选待工会审核": 1}


def test_an_open_objection_keeps_names_from_waiting(cast, story, city, year):
    rows = story.on_notice(story.nominated(city.a, "张三"))
    notice = rows[0].notice
    notices.object_to(by=cast.clerk, notice=notice, text="不实", received_on=notice.starts_on)
    story.go_to(notice.ends_on.replace(day=18))
    assert items(cast.lead) == {}
    assert items(cast.lead, ask=desk.notices) == {"公示异议待处理": 1}
    [item] = desk.notices(cast.clerk)
    assert (item.count, item.tone) == (1, "urgent")
    assert items(cast.lead_b, ask=desk.notices) == {}


def test_a_year_that_is_closed_waits_for_nobody(cast, story, city, year):
    story.nominated(city.a)
    year.plan.state = PlanState.CLOSED
    year.plan.save()
    assert items(cast.clerk) == {}


def test_running_notices_come_with_the_first_day_that_ends(cast, story, city, year):
    story.on_notice(story.nominated(city.a, "张三"))
    story.go_to(day("5-12"))
    story.on_notice(story.nominated(city.a, "李四"))
    [item] = desk.notices(cast.clerk)
    assert (item.title, item.count, item.due) == ("公示正在进行", 2, "5月15日期满")
    story.go_to(day("5-16"))
    [item] = desk.notices(cast.lead)
    assert (item.count, item.due) == (1, "5月18日期满")
    assert list(desk.notices(cast.auditor)) == []


# Batches --------------------------------------------------------------------------------------------------


@pytest.fixture
def batch(year, city, cast):
    return build.batch(year.plan, build.venue(city.root), cast.union_officer)


def at(batch, state, seats=1, **columns):
    type(batch).objects.filter(pk=batch.pk).update(state=state, seats=seats, **columns)


def test_a_batch_waits_step_by_step(cast, batch, year, city, story):
    who = (cast.union_officer, cast.union_lead)
    assert items(*who, ask=desk.batches) == {}  # nobody has a seat yet
    at(batch, BatchState.ARRANGING)
    assert items(*who, ask=desk.batches) == {"批次待批准": 1}
    at(batch, BatchState.APPROVED)
    assert items(*who, ask=desk.batches) == {}
    story.go_to(batch.starts_on)
    assert items(*who, ask=desk.batches) == {"批次待登记参加情况": 1}
    at(batch, BatchState.ATTENDED)
    row = build.approved(year.plan, city.a, state=State.ATTENDED, batch=batch)
    assert items(*who, ask=desk.batches) == {"批次待结算": 1}
    Cost.objects.create(nomination=row, board="100.00", recorded_by=cast.union_officer)
    assert items(*who, ask=desk.batches) == {"批次待结清": 1}
    at(batch, BatchState.CLOSED)
    assert items(*who, ask=desk.batches) == {}


def test_only_who_takes_the_step_finds_it(cast, batch, year, city):
    at(batch, BatchState.ATTENDED)
    build.approved(year.plan, city.a, state=State.ATTENDED, batch=batch)
    assert {who for who in EVERYONE if items(getattr(cast, who), ask=desk.batches)} == {"union_officer"}
    at(batch, BatchState.ARRANGING)
    assert {who for who in EVERYONE if items(getattr(cast, who), ask=desk.batches)} == {"union_lead"}


def test_a_batch_that_sets_out_soon_is_announced_to_whoever_sees_it(cast, batch, year, city, story):
    at(batch, BatchState.APPROVED)
    build.approved(year.plan, city.a, batch=batch)
    assert items(cast.clerk, ask=desk.batches) == {}  # four weeks ahead
    story.go_to(day("5-25"))
    [item] = desk.batches(cast.clerk)
    assert (item.title, item.count, item.due) == ("批次即将出发", 1, "6月8日出发")
    assert items(cast.clerk_b, ask=desk.batches) == {}


# Meters ---------------------------------------------------------------------------------------------------


def meters(user, ask=desk.quotas):
    return [(meter.label, meter.value, meter.maximum) for meter in ask(user)]


def test_quotas_stand_by_class_for_the_city_and_by_unit_for_everybody(cast, year, city):
    build.approved(year.plan, city.a)
    build.approved(year.plan, city.company)
    UnitQuota.objects.filter(pk=year.a.pk).update(passed_down=1)
    UnitQuota.objects.create(class_quota=year.a.class_quota, unit=city.a_office, places=1)
    units = [("甲局", 1, 2), ("甲局一所", 0, 1), ("乙局", 0, 1), ("丙公司", 1, 2)]
    classes = [(f"2026年{ORGAN}", 1, 300), (f"2026年{FRONTLINE}", 1, 700)]
    assert meters(cast.union_lead) == meters(cast.auditor) == classes + units
    assert meters(cast.clerk) == meters(cast.lead) == units[:2]
    assert meters(cast.clerk_b) == [("乙局", 0, 1)]
    assert meters(cast.admin) == []


def test_units_that_are_too_many_to_show_share_a_meter(cast, year, monkeypatch):
    monkeypatch.setattr(desk, "MOST_METERS", 1)
    UnitQuota.objects.filter(pk=year.b.pk).update(used=1)
    assert meters(cast.auditor)[2:] == [("甲局", 0, 3), ("其余2个单位", 1, 3)]
    assert meters(cast.clerk) == [("甲局", 0, 3)]


def test_a_unit_that_passed_all_its_places_down_has_no_meter(cast, year):
    UnitQuota.objects.filter(pk=year.b.pk).update(passed_down=1)
    assert meters(cast.clerk_b) == []


def test_only_the_latest_published_year_is_shown(cast, year, city):
    build.plan(city.root, year=2027, state=PlanState.DRAFT)
    assert meters(cast.clerk) == [("甲局", 0, 3)]
    build.quota(build.plan(city.root, year=2028), city.a, 9)
    assert meters(cast.clerk) == [("甲局", 0, 9)]


def test_costs_stand_against_the_cap_by_ones_own_people(cast, year, city, batch):
    for unit, amount, own in ((city.a, "2800.50", "0"), (city.b, "3100.00", "100.01")):
        row = build.approved(year.plan, unit, state=State.ATTENDED, batch=batch)
        Cost.objects.create(nomination=row, board=amount, self_paid=own, recorded_by=cast.union_officer)
    label, cap = "2026年第1期最高人均费用", Decimal("3000.00")
    assert meters(cast.union_lead, desk.costs) == [(label, Decimal("2999.99"), cap)]
    assert meters(cast.clerk, desk.costs) == [(label, Decimal("2800.50"), cap)]
    assert meters(cast.clerk_c, desk.costs) == []


def test_only_the_last_batches_are_shown_latest_first(cast, year, city, places):
    venue = build.venue(city.root)
    for number in (1, 2, 3, 4):
        batch = build.batch(year.plan, venue, cast.union_officer, number, starts_on=day(f"6-{number}"))
        row = build.approved(year.plan, city.a, state=State.ATTENDED, batch=batch)
        Cost.objects.create(nomination=row, board=f"{number}.00", recorded_by=cast.union_officer)
    assert [(label, value) for label, value, _ in meters(cast.auditor, desk.costs)] == [
        ("2026年第4期最高人均费用", 4), ("2026年第3期最高人均费用", 3), ("2026年第2期最高人均费用", 2)
    ]  # fmt: skip


# The page -------------------------------------------------------------------------------------------------


def test_every_role_opens_its_desk(cast, story_so_far, client):
    for who in EVERYONE:
        client.force_login(getattr(cast, who))
        assert client.get("/").status_code == 200


def test_the_desk_asks_as_many_queries_for_one_row_as_for_thirty(cast, story, city, places, batch):
    user, counts = cast.union_officer, []
    assert user.appointments_today
    for number in (1, 30):
        story.submitted(story.nominated(city.company, *[f"企{number}-{i}" for i in range(number)]))
        story.submitted(story.nominated(city.a, *[f"机{number}-{i}" for i in range(number)]))
        with CaptureQueriesContext(connection) as queries:
            for part in provided():
                for ask in (*part.desk, *part.meters):
                    list(ask(user))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_clerk_that_leaves_hands_over_what_is_not_submitted(cast, story, city, places):
    story.nominated(city.a, "草一")
    story.on_notice(story.nominated(city.a, "公一"))
    story.submitted(story.nominated(city.a, "报一"))
    [work] = desk.open_work(cast.clerk)
    assert sorted(work.rows.values_list("name", flat=True)) == ["公一", "草一"]
    assert (work.owner, list(desk.open_work(cast.clerk_b))[0].rows.count()) == ("nominated_by", 0)


def test_two_units_of_one_user_are_counted_together(cast, story, city):
    build.appointment(cast.clerk, city.b, Role.CLERK)
    story.nominated(city.a, "甲一")
    story.nominated(city.b, "乙一")
    assert Nomination.objects.count() == 2
    assert items(type(cast.clerk).objects.get(pk=cast.clerk.pk)) == {"推荐草稿待公示": 2}
