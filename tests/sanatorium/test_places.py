"""Places (BZ-4): allocated down the tree, transferred between units, handed back; never more than there are."""

import pytest

from carecore.models import QuotaClass
from carecore.workflow import Forbidden, Stale
from sanatorium.models import ClassQuota, Plan, UnitQuota
from sanatorium.workflow import plans
from sanatorium.workflow.plans import Share
from tests import build
from tests.sanatorium.trail import all_but, everything, one_event_each, refused

ORGAN, FRONTLINE = QuotaClass.ORGAN, QuotaClass.FRONTLINE


def board(plan):
    """Places, passed down and used by unit name, and what each class has allocated."""
    rows = UnitQuota.objects.filter(class_quota__plan=plan).select_related("unit")
    found = {row.unit.name: (row.places, row.passed_down, row.used) for row in rows}
    return found | {share.quota_class: share.allocated for share in plan.class_quotas.all()}


def allocate(by, plan, *shares):
    plan = Plan.objects.get(pk=plan.pk)
    shares = [Share(unit, unit.quota_class, places) for unit, places in shares]
    return plans.allocate(by=by, plan=plan, shares=shares)


def quota_of(unit):
    return UnitQuota.objects.get(unit=unit)


@pytest.fixture
def room(city):
    """A third level: a room of 甲局一所; and an office of 乙局."""
    return build.unit("甲局一所一室", city.a_office), build.unit("乙局一所", city.b)


class TestAllocate:
    def test_units_get_their_places_from_their_class(self, city, cast, rules):
        plan = build.plan(city.root)
        with one_event_each(cast.union_officer, "allocate") as seen:
            rows = allocate(cast.union_officer, plan, (city.a, 10), (city.company, 20))
        assert seen.rows == {"plan": 1, "classquota": 2, "unitquota": 2}
        assert [(row.unit.name, row.places) for row in rows] == [("甲局", 10), ("丙公司", 20)]
        assert board(plan) == {"甲局": (10, 0, 0), "丙公司": (20, 0, 0), ORGAN: 10, FRONTLINE: 20}

    def test_the_last_place_of_a_class_is_given_and_one_more_is_not(self, city, cast, rules):
        plan = build.plan(city.root)
        allocate(cast.union_officer, plan, (city.a, 299), (city.b, 1))
        assert board(plan)[ORGAN] == 300
        with refused(
            "allocate", cast.union_officer, "2026年机关事业单位可用300个,本次需要301个,超出1个"
        ) as caught:
            allocate(cast.union_officer, plan, (city.b, 2))
        assert [(f.key, f.asked, f.limit, f.clause) for f in caught.value.findings] == [
            ("sanatorium.places", "301", "300", "BZ-4")
        ]

    def test_three_levels_each_give_what_they_have_and_no_more(self, city, cast, year, room):
        allocate(cast.union_officer, year.plan, (city.a_office, 3))
        allocate(cast.union_officer, year.plan, (room[0], 2))
        assert board(year.plan) == {
            "甲局": (3, 3, 0), "甲局一所": (3, 2, 0), "甲局一所一室": (2, 0, 0),
            "乙局": (1, 0, 0), "丙公司": (2, 0, 0), ORGAN: 4, FRONTLINE: 2,
        }  # fmt: skip
        with refused("allocate", cast.union_officer, "甲局一所2026年机关事业单位名额可用3个,本次需要4个"):
            allocate(cast.union_officer, year.plan, (room[0], 4))
        with refused("allocate", cast.union_officer, "甲局2026年机关事业单位名额可用3个,本次需要4个"):
            allocate(cast.union_officer, year.plan, (city.a_office, 4))

    def test_all_levels_at_once_in_any_order(self, city, cast, rules, room):
        plan = build.plan(city.root)
        allocate(cast.union_officer, plan, (room[0], 2), (city.a_office, 3), (city.a, 5))
        assert board(plan) == {
            "甲局": (5, 3, 0), "甲局一所": (3, 2, 0), "甲局一所一室": (2, 0, 0), ORGAN: 5, FRONTLINE: 0
        }  # fmt: skip
        allocate(cast.union_officer, plan, (room[0], 0), (city.a_office, 0), (city.a, 0))
        assert board(plan) == {
            "甲局": (0, 0, 0), "甲局一所": (0, 0, 0), "甲局一所一室": (0, 0, 0), ORGAN: 0, FRONTLINE: 0
        }  # fmt: skip

    def test_a_unit_cannot_go_below_what_it_passed_down_or_used(self, city, cast, year):
        allocate(cast.union_officer, year.plan, (city.a_office, 1))
        UnitQuota.objects.filter(pk=year.a.pk).update(used=1)
        allocate(cast.union_officer, year.plan, (city.a, 2))
        with refused("allocate", cast.union_officer, "甲局2026年机关事业单位名额可用1个,本次需要2个"):
            allocate(cast.union_officer, year.plan, (city.a, 1))

    def test_a_share_that_is_already_so_changes_nothing(self, city, cast, year):
        before = everything()
        assert allocate(cast.union_officer, year.plan, (city.a, 3), (city.a_office, 0)) == []
        assert everything() == before

    def test_there_and_back_changes_nothing(self, city, cast, year):
        before = everything()
        assert allocate(cast.union_officer, year.plan, (city.a, 5), (city.a, 3)) == []
        assert everything() == before

    def test_places_given_past_a_unit_are_not_given_to_it_afterwards(self, city, cast, rules):
        plan = build.plan(city.root)
        allocate(cast.union_officer, plan, (city.a_office, 2))
        with refused("allocate", cast.union_officer, "甲局的下级单位已直接分得名额"):
            allocate(cast.union_officer, plan, (city.a, 5))

    def test_a_unit_that_handed_all_back_does_not_stand_between(self, city, cast, year):
        plans.return_places(by=cast.lead, quota=year.a, places=3)
        allocate(cast.union_officer, year.plan, (city.a_office, 2))
        assert board(year.plan)["甲局"] == (0, 0, 0)
        assert board(year.plan)["甲局一所"] == (2, 0, 0)
        assert board(year.plan)[ORGAN] == 3
        with refused("allocate", cast.union_officer, "甲局的下级单位已直接分得名额"):
            allocate(cast.union_officer, year.plan, (city.a, 5))

    def test_a_unit_gets_places_of_its_own_class_only(self, city, cast, year):
        with refused("allocate", cast.union_officer, "甲局属于“机关事业单位”,不能分配“企业、社区(村)”的名额"):
            plans.allocate(by=cast.union_officer, plan=year.plan, shares=[Share(city.a, FRONTLINE, 1)])

    def test_less_than_none_is_refused(self, city, cast, year):
        with refused("allocate", cast.union_officer, "甲局的名额不得为负"):
            allocate(cast.union_officer, year.plan, (city.a, -1))

    def test_a_unit_outside_the_plans_tree_gets_none(self, cast, year):
        with refused("allocate", cast.union_officer, "远山局不是滨海市的下级单位"):
            allocate(cast.union_officer, year.plan, (build.unit("远山局", build.unit("远山市")), 1))

    def test_a_unit_lead_passes_down_only_what_the_unit_holds(self, city, cast, year):
        with one_event_each(cast.lead, "allocate") as seen:
            allocate(cast.lead, year.plan, (city.a_office, 2))
        assert seen.rows == {"plan": 1, "unitquota": 2}
        assert board(year.plan)["甲局"] == (3, 2, 0)
        with refused("allocate", cast.lead, error=Forbidden):
            allocate(cast.lead, year.plan, (city.a, 4))
        with refused("allocate", cast.lead_b, error=Forbidden):
            allocate(cast.lead_b, year.plan, (city.a_office, 1))

    @pytest.mark.parametrize("name", all_but("union_officer", "union_lead", "lead"))
    def test_who_neither_plans_nor_leads_the_unit_allocates_nothing(self, city, cast, year, name):
        by = getattr(cast, name)
        with refused("allocate", by, error=Forbidden):
            allocate(by, year.plan, (city.a_office, 1))

    def test_whoever_still_has_the_old_numbers_is_told(self, city, cast, year):
        shown = Plan.objects.get(pk=year.plan.pk)
        allocate(cast.union_officer, year.plan, (city.a, 4))
        with refused("allocate", cast.union_lead, error=Stale):
            plans.allocate(by=cast.union_lead, plan=shown, shares=[Share(city.a, ORGAN, 3)])

    def test_a_closed_year_gives_no_places(self, city, cast, year):
        plan = plans.close_plan(by=cast.union_lead, plan=year.plan)
        with refused("allocate", cast.union_officer, "现为“已结束”"):
            allocate(cast.union_officer, plan, (city.a, 4))


class TestTransfer:
    def transfer(self, by, source, target, places, reason="报名不足"):
        return plans.transfer(by=by, source=quota_of(source), target=target, places=places, reason=reason)

    def test_unused_places_go_to_another_unit(self, city, cast, year):
        with one_event_each(cast.union_officer, "transfer", "报名不足") as seen:
            self.transfer(cast.union_officer, city.a, city.b, 1)
        assert seen.rows == {"plan": 1, "unitquota": 2}
        assert board(year.plan) == {
            "甲局": (2, 0, 0), "乙局": (2, 0, 0), "丙公司": (2, 0, 0), ORGAN: 4, FRONTLINE: 2
        }  # fmt: skip

    def test_to_a_unit_that_had_none(self, city, cast, year):
        new = build.unit("丁局", city.root)
        self.transfer(cast.union_officer, city.a, new, 2)
        assert board(year.plan)["丁局"] == (2, 0, 0)
        assert board(year.plan)[ORGAN] == 4

    def test_all_of_them_but_not_one_more(self, city, cast, year):
        UnitQuota.objects.filter(pk=year.a.pk).update(used=1)
        with refused(
            "transfer", cast.union_officer, "甲局2026年机关事业单位名额可用2个,本次需要3个,超出1个"
        ) as caught:
            self.transfer(cast.union_officer, city.a, city.b, 3)
        assert [(f.asked, f.limit) for f in caught.value.findings] == [("3", "2")]
        self.transfer(cast.union_officer, city.a, city.b, 2)
        assert (board(year.plan)["甲局"], board(year.plan)["乙局"]) == ((1, 0, 1), (3, 0, 0))

    @pytest.mark.parametrize("places", [0, -1])
    def test_none_or_fewer_are_refused(self, city, cast, year, places):
        with refused("transfer", cast.union_officer, "名额须大于零"):
            self.transfer(cast.union_officer, city.a, city.b, places)

    def test_between_offices_of_two_bureaus_the_bureaus_keep_what_they_have(self, city, cast, year, room):
        allocate(cast.union_officer, year.plan, (city.a_office, 2), (room[1], 1))
        self.transfer(cast.union_officer, city.a_office, room[1], 1)
        assert board(year.plan) == {
            "甲局": (2, 1, 0), "甲局一所": (1, 0, 0), "乙局": (2, 2, 0), "乙局一所": (2, 0, 0),
            "丙公司": (2, 0, 0), ORGAN: 4, FRONTLINE: 2,
        }  # fmt: skip

    def test_between_offices_of_one_bureau_nothing_else_changes(self, city, cast, year):
        second = build.unit("甲局二所", city.a)
        allocate(cast.union_officer, year.plan, (city.a_office, 2))
        with one_event_each(cast.union_officer, "transfer", "报名不足") as seen:
            self.transfer(cast.union_officer, city.a_office, second, 2)
        assert seen.rows == {"plan": 1, "unitquota": 2}
        assert board(year.plan)["甲局"] == (3, 2, 0)
        assert board(year.plan)["甲局二所"] == (2, 0, 0)

    def test_down_to_an_office_of_ones_own_is_passed_down(self, city, cast, year):
        self.transfer(cast.union_officer, city.a, city.a_office, 3)
        assert (board(year.plan)["甲局"], board(year.plan)["甲局一所"]) == ((3, 3, 0), (3, 0, 0))
        assert board(year.plan)[ORGAN] == 4

    def test_up_from_an_office_is_handed_back(self, city, cast, year):
        allocate(cast.union_officer, year.plan, (city.a_office, 3))
        self.transfer(cast.union_officer, city.a_office, city.a, 1)
        assert (board(year.plan)["甲局"], board(year.plan)["甲局一所"]) == ((3, 2, 0), (2, 0, 0))
        assert board(year.plan)[ORGAN] == 4

    def test_a_full_class_does_not_hinder_a_transfer(self, city, cast, year):
        ClassQuota.objects.filter(plan=year.plan, quota_class=ORGAN).update(places=4)
        self.transfer(cast.union_officer, city.a, city.b, 3)
        assert board(year.plan)["乙局"] == (4, 0, 0)

    def test_to_itself_is_refused(self, city, cast, year):
        with refused("transfer", cast.union_officer, "甲局就是调出单位"):
            self.transfer(cast.union_officer, city.a, city.a, 1)

    def test_to_the_other_class_is_refused(self, city, cast, year):
        with refused("transfer", cast.union_officer, "丙公司不属于“机关事业单位”"):
            self.transfer(cast.union_officer, city.a, city.company, 1)

    def test_without_a_reason_it_is_refused(self, city, cast, year):
        with refused("transfer", cast.union_officer, "请写明调剂理由"):
            self.transfer(cast.union_officer, city.a, city.b, 1, " ")

    @pytest.mark.parametrize("name", all_but("union_officer", "union_lead"))
    def test_only_who_plans_transfers(self, city, cast, year, name):
        by = getattr(cast, name)
        with refused("transfer", by, error=Forbidden):
            self.transfer(by, city.a, city.b, 1)

    def test_a_quota_that_somebody_else_changed_is_stale(self, city, cast, year):
        shown = quota_of(city.a)
        self.transfer(cast.union_officer, city.a, city.b, 1)
        with refused("transfer", cast.union_lead, error=Stale):
            plans.transfer(by=cast.union_lead, source=shown, target=city.b, places=1, reason="报名不足")

    def test_in_a_closed_year_it_is_refused(self, city, cast, year):
        plans.close_plan(by=cast.union_lead, plan=year.plan)
        with refused("transfer", cast.union_officer, "现为“已结束”"):
            self.transfer(cast.union_officer, city.a, city.b, 1)


class TestReturnPlaces:
    def test_unused_places_go_back_to_the_class(self, city, cast, year):
        with one_event_each(cast.lead, "return_places") as seen:
            plans.return_places(by=cast.lead, quota=year.a, places=2)
        assert seen.rows == {"plan": 1, "classquota": 1, "unitquota": 1}
        assert (board(year.plan)["甲局"], board(year.plan)[ORGAN]) == ((1, 0, 0), 2)

    def test_an_office_hands_back_to_its_bureau(self, city, cast, year):
        allocate(cast.lead, year.plan, (city.a_office, 2))
        plans.return_places(by=cast.lead, quota=quota_of(city.a_office), places=2)
        assert (board(year.plan)["甲局"], board(year.plan)["甲局一所"]) == ((3, 0, 0), (0, 0, 0))
        assert board(year.plan)[ORGAN] == 4

    def test_all_that_are_free_and_not_one_more(self, city, cast, year):
        UnitQuota.objects.filter(pk=year.a.pk).update(used=1)
        with refused("return_places", cast.lead, "可用2个,本次需要3个"):
            plans.return_places(by=cast.lead, quota=year.a, places=3)
        plans.return_places(by=cast.lead, quota=year.a, places=2)
        assert board(year.plan)["甲局"] == (1, 0, 1)

    @pytest.mark.parametrize("places", [0, -2])
    def test_none_or_fewer_are_refused(self, cast, year, places):
        with refused("return_places", cast.lead, "名额须大于零"):
            plans.return_places(by=cast.lead, quota=year.a, places=places)

    @pytest.mark.parametrize("name", all_but("union_officer", "union_lead", "lead"))
    def test_only_the_unit_itself_or_who_plans(self, cast, year, name):
        by = getattr(cast, name)
        with refused("return_places", by, error=Forbidden):
            plans.return_places(by=by, quota=year.a, places=1)

    @pytest.mark.parametrize("name", ["union_officer", "union_lead"])
    def test_whoever_plans_may_take_them_back(self, cast, year, name):
        plans.return_places(by=getattr(cast, name), quota=year.a, places=1)
        assert board(year.plan)["甲局"] == (2, 0, 0)

    def test_a_quota_that_somebody_else_changed_is_stale(self, city, cast, year):
        shown = quota_of(city.a)
        plans.return_places(by=cast.lead, quota=year.a, places=1)
        with refused("return_places", cast.lead, error=Stale):
            plans.return_places(by=cast.lead, quota=shown, places=1)

    @pytest.mark.parametrize("state", ["编制中", "已结束"])
    def test_only_in_a_published_year(self, cast, year, state):
        Plan.objects.update(state=state)
        with refused("return_places", cast.lead, f"现为“{state}”"):
            plans.return_places(by=cast.lead, quota=year.a, places=1)
