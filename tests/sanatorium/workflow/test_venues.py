"""Sanatoria: applied for, reviewed, admitted, suspended, removed (BZ-16)."""

import datetime
import uuid

import pytest

from carecore.models import AuditEvent
from carecore.workflow import Forbidden, Refused, Stale
from sanatorium.models import Venue, VenueState
from sanatorium.workflow import venues
from tests import build

FACTS = {
    "name": "烟台海滨疗养院", "address": "海滨路8号", "in_city": False, "in_province": True, "union_owned": True,
    "tags": "海滨、中医药", "capacity": 60,
}  # fmt: skip


@pytest.fixture
def applied(cast, city):
    return venues.apply_venue(by=cast.union_officer, unit=city.root, **FACTS)


def review(cast, venue, score, on="2026-05-10", **facts):
    return venues.review_venue(
        by=cast.union_officer, venue=venue, reviewed_on=datetime.date.fromisoformat(on), score=score,
        opinion="设施齐全", reviewers="考察组", **facts,
    )  # fmt: skip


def test_an_application_starts_a_venue_and_its_timeline(applied, cast):
    assert (applied.state, applied.state_on, applied.tag_list) == (
        "申报",
        datetime.date(2026, 5, 11),
        ["海滨", "中医药"],
    )
    [event] = AuditEvent.objects.of(applied)
    assert (event.action, event.by, event.unit) == ("apply_venue", cast.union_officer, applied.unit)


def test_a_form_sent_twice_makes_one_venue(cast, city):
    sent = {"by": cast.union_officer, "unit": city.root, "request_id": uuid.uuid4(), **FACTS}
    assert venues.apply_venue(**sent) == venues.apply_venue(**sent)
    assert Venue.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "已有的疗养院"}, "name"),
        ({"capacity": 0}, "capacity"),
        ({"in_city": True, "in_province": False}, "in_province"),
    ],
)
def test_an_impossible_application_is_refused(cast, city, change, field):
    build.venue(city.root, "已有的疗养院")
    with pytest.raises(Refused) as refused:
        venues.apply_venue(by=cast.union_officer, unit=city.root, **{**FACTS, **change})
    assert [finding.key for finding in refused.value.findings] == [field]


@pytest.mark.parametrize("who", ["clerk", "union_lead", "auditor", "org_officer"])
def test_only_the_union_officer_enters_venues(cast, city, who):
    with pytest.raises(Forbidden):
        venues.apply_venue(by=getattr(cast, who), unit=city.root, **FACTS)


def test_the_union_lead_admits_with_a_reason(applied, cast):
    admitted = venues.admit(by=cast.union_lead, venue=applied, reason=" 考察合格 ")
    assert (admitted.state, admitted.state_reason, admitted.version) == ("准入", "考察合格", 2)
    assert AuditEvent.objects.of(applied).last().reason == "考察合格"


def test_no_state_moves_without_a_reason(applied, cast):
    with pytest.raises(Refused, match="请写明准入的理由"):
        venues.admit(by=cast.union_lead, venue=applied, reason=" ")


def test_a_reason_must_fit(applied, cast):
    with pytest.raises(Refused, match="理由不超过200字"):
        venues.admit(by=cast.union_lead, venue=applied, reason="好" * 201)
    assert venues.admit(by=cast.union_lead, venue=applied, reason="好" * 200).state == "准入"


def test_whoever_applied_does_not_admit(cast, city):
    build.appointment(cast.union_lead, city.root, "union_officer")
    mine = venues.apply_venue(by=cast.union_lead, unit=city.root, **FACTS)
    with pytest.raises(Forbidden, match="由您申报"):
        venues.admit(by=cast.union_lead, venue=mine, reason="合格")


def test_nor_does_another_account_of_the_same_person(applied, cast, city):
    second = build.user("second", city.root, "union_lead", person=cast.union_officer.person)
    with pytest.raises(Forbidden, match="由您申报"):
        venues.admit(by=second, venue=applied, reason="合格")


@pytest.mark.parametrize("who", ["union_officer", "clerk", "auditor"])
def test_only_the_union_lead_moves_a_venue(applied, cast, who):
    with pytest.raises(Forbidden):
        venues.admit(by=getattr(cast, who), venue=applied, reason="合格")


def test_the_lead_of_another_union_moves_nothing_here(applied, city, cast):
    other = build.user("other", city.b, "union_lead", person=build.person(city.b, "乙负责人"))
    with pytest.raises(Forbidden):
        venues.admit(by=other, venue=applied, reason="合格")


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [
        (venues.admit, "申报", "准入"), (venues.suspend, "准入", "暂停"), (venues.restore, "暂停", "准入"),
        (venues.restore, "退出", "准入"), (venues.remove, "申报", "退出"), (venues.remove, "准入", "退出"),
        (venues.remove, "暂停", "退出"),
    ],
)  # fmt: skip
def test_each_verb_moves_from_its_states_only(cast, city, verb, before, after):
    for state in VenueState:
        venue = build.venue(city.root, f"{state}的", state=state)
        if state == before:
            assert verb(by=cast.union_lead, venue=venue, reason="依据文件").state == after
    allowed = {
        "admit": {"申报"},
        "suspend": {"准入"},
        "restore": {"暂停", "退出"},
        "remove": {"申报", "准入", "暂停"},
    }
    for state in set(VenueState) - allowed[verb.__name__]:
        venue = build.venue(city.root, f"{state}的二院", state=state)
        with pytest.raises(Refused, match=f"现为“{state}”"):
            verb(by=cast.union_lead, venue=venue, reason="依据文件")


def test_the_latest_review_must_reach_the_lowest_score(applied, cast, city):
    build.rule(city.root, "sanatorium.venue_review_score", 80, clause="第三条")
    review(cast, applied, 95, on="2026-04-01")
    review(cast, applied, 79)
    with pytest.raises(Refused) as refused:
        venues.admit(by=cast.union_lead, venue=applied, reason="合格")
    [finding] = refused.value.findings
    assert (finding.key, finding.asked, finding.limit) == (
        "sanatorium.venue_review_score",
        "79",
        "不少于80分",
    )
    assert finding.message == "烟台海滨疗养院最近一次考察得79分,准入不低于80分(第三条)"
    review(cast, applied, 80)
    assert venues.admit(by=cast.union_lead, venue=applied, reason="合格").state == "准入"


def test_without_such_a_rule_no_score_is_asked_for(applied, cast):
    review(cast, applied, 10)
    assert venues.admit(by=cast.union_lead, venue=applied, reason="合格").state == "准入"


def test_a_venue_never_reviewed_is_a_warning_that_the_reason_answers(applied, city):
    build.rule(city.root, "sanatorium.venue_review_score", 80, clause="第三条")
    [finding] = venues.check_review(applied)
    assert (finding.severity, finding.message) == ("warn", "烟台海滨疗养院尚无考察评估(第三条)")


@pytest.mark.parametrize(
    ("score", "on", "field"),
    [(101, "2026-05-10", "score"), (-1, "2026-05-10", "score"), (90, "2026-05-12", "reviewed_on")],
)
def test_an_impossible_review_is_refused(applied, cast, score, on, field):
    with pytest.raises(Refused) as refused:
        review(cast, applied, score, on)
    assert [finding.key for finding in refused.value.findings] == [field]


def test_a_review_sent_twice_is_one(applied, cast):
    sent = uuid.uuid4()
    assert review(cast, applied, 90, request_id=sent) == review(cast, applied, 90, request_id=sent)
    assert applied.reviews.count() == 1


@pytest.mark.parametrize("who", ["clerk", "union_lead", "auditor"])
def test_only_the_union_officer_reviews_venues(applied, cast, who):
    with pytest.raises(Forbidden):
        venues.review_venue(
            by=getattr(cast, who), venue=applied, reviewed_on=datetime.date(2026, 5, 10), score=90,
            opinion="好", reviewers="考察组",
        )  # fmt: skip


def test_where_a_venue_lies_is_fixed_while_it_is_admitted(cast, city):
    venue = build.venue(city.root)
    with pytest.raises(Refused, match="已准入,改动“在省内”须先暂停"):
        venues.amend_venue(by=cast.union_officer, venue=venue, in_province=False)
    venue = venues.suspend(by=cast.union_lead, venue=venue, reason="核实地址")
    assert venues.amend_venue(by=cast.union_officer, venue=venue, in_province=False).place_case == "省外"


def test_other_facts_of_an_admitted_venue_can_be_corrected(cast, city):
    venue = venues.amend_venue(by=cast.union_officer, venue=build.venue(city.root), capacity=80, tags="海滨")
    assert (venue.capacity, venue.tags, venue.state) == (80, "海滨", "准入")


def test_a_stale_form_changes_nothing(cast, city):
    venue, seen = build.venue(city.root), Venue.objects.get()
    venues.amend_venue(by=cast.union_officer, venue=venue, capacity=80)
    with pytest.raises(Stale):
        venues.amend_venue(by=cast.union_officer, venue=seen, capacity=10)
    assert Venue.objects.get().capacity == 80


def test_tags_are_found_whole(city):
    build.venue(city.root, "甲", tags="森林公园、海滨")
    build.venue(city.root, "乙", tags="森林")
    build.venue(city.root, "丙", tags="海滨、森林、矿泉")
    assert [venue.name for venue in Venue.objects.tagged("森林")] == ["丙", "乙"]


def test_a_venue_is_known_to_those_below_its_unit_and_above_it(cast, city):
    build.venue(city.root, "市里的")
    build.venue(city.b, "乙局的")
    names = {
        who: {v.name for v in Venue.objects.visible_to(getattr(cast, who))}
        for who in ("clerk", "clerk_b", "auditor", "admin")
    }
    assert names == {
        "clerk": {"市里的"},
        "clerk_b": {"市里的", "乙局的"},
        "auditor": {"市里的", "乙局的"},
        "admin": set(),
    }
