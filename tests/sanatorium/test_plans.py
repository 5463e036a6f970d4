"""Plan verbs (BZ-3, BZ-4): a year is opened, amended, published, copied and closed."""

import uuid

import pytest

from carecore.models import QuotaClass, Severity
from carecore.workflow import Forbidden, Stale
from sanatorium.models import ClassQuota, Plan, PlanState, UnitQuota
from sanatorium.workflow import plans
from tests import build
from tests.sanatorium.trail import all_but, one_event_each, refused

ORGAN, FRONTLINE = QuotaClass.ORGAN, QuotaClass.FRONTLINE
SPLIT = {ORGAN: 300, FRONTLINE: 700}
PLANNERS = ("union_officer", "union_lead")


def split_of(plan):
    return {share.quota_class: (share.places, share.allocated) for share in plan.class_quotas.all()}


@pytest.fixture
def draft(city, rules):
    return build.plan(city.root, state=PlanState.DRAFT)


class TestOpenPlan:
    def test_a_year_opens_with_its_places_by_class(self, city, cast):
        with one_event_each(cast.union_officer, "open_plan") as seen:
            plan = plans.open_plan(by=cast.union_officer, unit=city.root, year=2027, total=1000, split=SPLIT)
        assert seen.rows == {"plan": 1, "classquota": 2}
        assert (plan.year, plan.total, plan.state) == (2027, 1000, "编制中")
        assert split_of(plan) == {ORGAN: (300, 0), FRONTLINE: (700, 0)}

    def test_a_class_that_is_not_named_gets_no_place(self, city, cast):
        plan = plans.open_plan(
            by=cast.union_lead, unit=city.root, year=2027, total=700, split={FRONTLINE: 700}
        )
        assert split_of(plan) == {ORGAN: (0, 0), FRONTLINE: (700, 0)}

    def test_a_year_is_opened_once_for_each_unit(self, city, cast, draft):
        with refused("open_plan", cast.union_officer, "2026年度计划已存在"):
            plans.open_plan(by=cast.union_officer, unit=city.root, year=2026, total=1, split={ORGAN: 1})

    @pytest.mark.parametrize(
        ("total", "split", "says"),
        [
            (0, {}, "名额总数须大于零"),
            (-1, {}, "名额总数须大于零"),
            (10, {ORGAN: 11, FRONTLINE: -1}, "企业、社区(村)的名额不得为负"),
            (10, {"离退休": 10}, "没有“离退休”这一名额类别"),
        ],
    )
    def test_impossible_numbers_are_refused(self, city, cast, total, split, says):
        with refused("open_plan", cast.union_officer, says):
            plans.open_plan(by=cast.union_officer, unit=city.root, year=2027, total=total, split=split)

    def test_a_form_sent_twice_opens_one_year(self, city, cast):
        facts = {"unit": city.root, "year": 2027, "total": 1000, "split": SPLIT, "request_id": uuid.uuid4()}
        first = plans.open_plan(by=cast.union_officer, **facts)
        with one_event_each(cast.union_officer, "open_plan") as seen:
            assert plans.open_plan(by=cast.union_officer, **facts) == first
        assert seen.rows == {}

    @pytest.mark.parametrize("name", all_but(*PLANNERS))
    def test_only_who_plans_opens_a_year(self, city, cast, name):
        by = getattr(cast, name)
        with refused("open_plan", by, "没有滨海市的“编制计划、分配名额”权限", Forbidden):
            plans.open_plan(by=by, unit=city.root, year=2027, total=1000, split=SPLIT)


class TestAmendPlan:
    def test_total_and_split_change_while_the_plan_is_drawn_up(self, cast, draft):
        with one_event_each(cast.union_officer, "amend_plan") as seen:
            plan = plans.amend_plan(
                by=cast.union_officer, plan=draft, total=900, split={ORGAN: 250, FRONTLINE: 650}
            )
        assert seen.rows == {"plan": 1, "classquota": 2}
        assert (plan.total, split_of(plan)) == (900, {ORGAN: (250, 0), FRONTLINE: (650, 0)})

    def test_a_class_goes_down_to_what_is_allocated_and_no_further(self, city, cast, draft):
        build.quota(draft, city.a, 200)
        by = cast.union_officer
        plan = plans.amend_plan(by=by, plan=draft, total=900, split={ORGAN: 200, FRONTLINE: 700})
        assert split_of(plan)[ORGAN] == (200, 200)
        with refused("amend_plan", by, "机关事业单位已分配200个名额,不能减为199个"):
            plans.amend_plan(by=by, plan=plan, total=899, split={ORGAN: 199, FRONTLINE: 700})
        with refused("amend_plan", by, "已分配200个名额,不能减为0个"):
            plans.amend_plan(by=by, plan=plan, total=700, split={FRONTLINE: 700})

    @pytest.mark.parametrize(("total", "organ"), [(0, 0), (-5, 1), (1000, -1)])
    def test_impossible_numbers_are_refused(self, cast, draft, total, organ):
        with refused("amend_plan", cast.union_officer):
            plans.amend_plan(by=cast.union_officer, plan=draft, total=total, split={ORGAN: organ})


class TestPublishPlan:
    def test_a_plan_is_published_when_it_adds_up_and_is_what_the_rule_says(self, cast, draft):
        with one_event_each(cast.union_lead, "publish_plan") as seen:
            plan = plans.publish_plan(by=cast.union_lead, plan=draft)
        assert seen.rows == {"plan": 1}
        assert (plan.state, plan.note) == ("已下达", "")

    def test_classes_that_do_not_add_up_are_refused(self, cast, draft):
        draft.class_quotas.filter(quota_class=ORGAN).update(places=299)
        with refused("publish_plan", cast.union_lead, "各类别名额之和为999,与总数1000不符") as caught:
            plans.publish_plan(by=cast.union_lead, plan=draft)
        assert [(f.key, f.asked, f.limit) for f in caught.value.findings][1:] == [
            ("sanatorium.places", "299", "合计 1000、机关事业单位 300、企业、社区(村) 700")
        ]

    def test_without_a_rule_the_classes_must_still_add_up(self, cast, draft, rules):
        rules.places.delete()
        draft.class_quotas.filter(quota_class=ORGAN).update(places=301)
        with refused("publish_plan", cast.union_lead, "各类别名额之和为1001"):
            plans.publish_plan(by=cast.union_lead, plan=draft)

    def test_numbers_other_than_the_rule_says_are_refused_each_by_name(self, city, cast, rules):
        plan = build.plan(city.root, total=1100, organ=400, frontline=700, state=PlanState.DRAFT)
        with refused("publish_plan", cast.union_lead) as caught:
            plans.publish_plan(by=cast.union_lead, plan=plan, reason="今年增加")
        assert [finding.message for finding in caught.value.findings] == [
            "合计应为1000个,现为1100个(BZ-4)",
            "机关事业单位应为300个,现为400个(BZ-4)",
        ]

    def test_a_rule_that_warns_asks_for_a_reason_and_keeps_it(self, city, cast, rules):
        rules.places.severity = Severity.WARN
        rules.places.save()
        plan = build.plan(city.root, total=1001, organ=301, frontline=700, state=PlanState.DRAFT)
        with refused("publish_plan", cast.union_lead, "合计应为1000个"):
            plans.publish_plan(by=cast.union_lead, plan=plan, reason=" ")
        with one_event_each(cast.union_lead, "publish_plan", "市委会议决定增加一名"):
            plan = plans.publish_plan(by=cast.union_lead, plan=plan, reason="市委会议决定增加一名")
        assert (plan.state, plan.note) == ("已下达", "市委会议决定增加一名")

    def test_a_reason_longer_than_its_column_is_refused(self, cast, draft):
        with refused("publish_plan", cast.union_lead, "理由共201字,请压缩到200字以内"):
            plans.publish_plan(by=cast.union_lead, plan=draft, reason="因" * 201)


class TestClosePlan:
    def test_a_published_year_is_closed(self, cast, year):
        with one_event_each(cast.union_lead, "close_plan") as seen:
            plan = plans.close_plan(by=cast.union_lead, plan=year.plan)
        assert seen.rows == {"plan": 1}
        assert plan.state == "已结束"


class TestCopyPlan:
    def test_next_year_has_the_same_places_and_none_of_them_used(self, city, cast, year):
        build.quota(year.plan, build.unit("丁局", city.root), 0)
        plans.allocate(by=cast.union_officer, plan=year.plan, shares=[plans.Share(city.a_office, ORGAN, 2)])
        UnitQuota.objects.filter(pk=year.b.pk).update(used=1)
        new = plans.copy_plan(by=cast.union_officer, plan=Plan.objects.get(pk=year.plan.pk), year=2027)
        assert (new.year, new.total, new.state, new.unit) == (2027, 1000, "编制中", city.root)
        assert new.version == Plan.objects.get(pk=new.pk).version
        assert split_of(new) == {ORGAN: (300, 4), FRONTLINE: (700, 2)}
        rows = UnitQuota.objects.filter(class_quota__plan=new)
        assert sorted((row.unit.name, row.places, row.passed_down, row.used) for row in rows) == [
            ("丙公司", 2, 0, 0), ("乙局", 1, 0, 0), ("甲局", 3, 2, 0), ("甲局一所", 2, 0, 0)
        ]  # fmt: skip

    def test_a_unit_that_was_dissolved_is_left_out(self, city, cast, year):
        city.b.valid_to = "2026-05-10"
        city.b.save()
        new = plans.copy_plan(by=cast.union_officer, plan=year.plan, year=2027)
        assert split_of(new) == {ORGAN: (300, 3), FRONTLINE: (700, 2)}

    def test_a_year_that_exists_is_not_copied_over(self, cast, year):
        with refused("copy_plan", cast.union_officer, "2026年度计划已存在"):
            plans.copy_plan(by=cast.union_officer, plan=year.plan, year=2026)

    def test_a_plan_that_somebody_else_changed_is_not_copied(self, cast, year):
        Plan.objects.update(version=2)
        with refused("copy_plan", cast.union_officer, "已被他人更新", Stale):
            plans.copy_plan(by=cast.union_officer, plan=year.plan, year=2027)
        assert not Plan.objects.filter(year=2027).exists()

    @pytest.mark.parametrize("name", all_but(*PLANNERS))
    def test_only_who_plans_copies(self, cast, year, name):
        by = getattr(cast, name)
        with refused("copy_plan", by, error=Forbidden):
            plans.copy_plan(by=by, plan=year.plan, year=2027)


VERBS = {
    "amend_plan": (lambda by, plan: plans.amend_plan(by=by, plan=plan, total=1000, split=SPLIT), {"编制中"}),
    "publish_plan": (lambda by, plan: plans.publish_plan(by=by, plan=plan), {"编制中"}),
    "close_plan": (lambda by, plan: plans.close_plan(by=by, plan=plan), {"已下达"}),
}
WRONG = [
    (verb, state) for verb, (_, right) in VERBS.items() for state in PlanState.values if state not in right
]


@pytest.mark.parametrize(("verb", "state"), WRONG)
def test_a_plan_in_another_state_is_refused(cast, draft, verb, state):
    Plan.objects.update(state=state)
    with refused(verb, cast.union_lead, f"现为“{state}”"):
        VERBS[verb][0](cast.union_lead, draft)


@pytest.mark.parametrize("name", all_but(*PLANNERS))
@pytest.mark.parametrize("verb", VERBS)
def test_who_does_not_plan_changes_no_plan(cast, draft, verb, name):
    Plan.objects.update(state=min(VERBS[verb][1]))
    by = getattr(cast, name)
    with refused(verb, by, error=Forbidden):
        VERBS[verb][0](by, draft)


@pytest.mark.parametrize("verb", VERBS)
def test_a_plan_that_somebody_else_changed_is_stale(cast, draft, verb):
    Plan.objects.update(state=min(VERBS[verb][1]), version=2)
    with refused(verb, cast.union_lead, "已被他人更新", Stale):
        VERBS[verb][0](cast.union_lead, draft)


def test_the_other_citys_planner_has_no_right_here(cast, draft):
    stranger = build.user("stranger", build.unit("远山市"), "union_officer")
    with refused("publish_plan", stranger, "没有滨海市的", Forbidden):
        plans.publish_plan(by=stranger, plan=draft)


def test_class_quotas_belong_to_the_audit_of_the_plans_unit(city, cast):
    plans.open_plan(by=cast.union_officer, unit=city.root, year=2027, total=1000, split=SPLIT)
    assert {row.audit_unit_id for row in ClassQuota.objects.all()} == {city.root.pk}
