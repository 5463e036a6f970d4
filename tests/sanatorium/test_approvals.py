"""Places taken, given back and taken over (BZ-4): the last one and one more, once a year, the reserve list."""

import pytest

from carecore.models import AuditEvent, Person, QuotaClass
from carecore.workflow import Forbidden, Stale
from sanatorium.models import BatchState, Nomination, PersonYear, Plan, State, UnitQuota
from sanatorium.rules.nominations import Draft
from sanatorium.workflow import nominations, plans
from tests import build
from tests.sanatorium.trail import all_but, one_event_each, refused


def used(*quotas):
    return [UnitQuota.objects.get(pk=quota.pk).used for quota in quotas]


def places_of(person):
    row = PersonYear.objects.get(person=person)
    return row.places_used, row.places_allowed


def approve(cast, rows):
    return nominations.approve(by=cast.union_lead, rows=rows)


def give_up(cast, row, reason="家中有事"):
    return nominations.give_up(by=cast.union_officer, row=row, reason=reason)


class TestApprove:
    def test_a_place_is_used_and_the_persons_year_opened(self, city, cast, story, year):
        rows = story.in_state(State.REVIEWED, city.a)
        with one_event_each(cast.union_lead, "approve") as seen:
            [row] = approve(cast, rows)
        assert seen.rows == {"nomination": 1, "personyear": 1, "unitquota": 1}
        assert (row.state, row.approved_by, row.batch) == ("已批准", cast.union_lead, None)
        assert (used(year.a, year.b, year.c), places_of(row.person)) == ([1, 0, 0], (1, 1))

    def test_before_approval_no_place_is_used(self, city, story, year):
        story.in_state(State.REVIEWED, city.a)
        assert used(year.a) == [0]
        assert not PersonYear.objects.exists()

    def test_the_last_place_and_one_more(self, city, cast, story, year):
        rows = story.in_state(State.REVIEWED, city.a, "甲", "乙", "丙", "丁")
        approve(cast, rows[:3])
        assert used(year.a) == [3]
        with refused("approve", cast.union_lead, "甲局名额3个,剩余0个,本次批准1人,超出1人") as caught:
            approve(cast, rows[3:])
        assert [(f.key, f.asked, f.limit, f.clause) for f in caught.value.findings] == [
            ("sanatorium.places", "1", "0", "BZ-4")
        ]

    def test_one_too_many_at_once_gives_none(self, city, cast, story):
        rows = story.in_state(State.REVIEWED, city.a, "甲", "乙", "丙", "丁")
        with refused("approve", cast.union_lead, "甲局名额3个,剩余3个,本次批准4人,超出1人"):
            approve(cast, rows)

    def test_places_passed_down_are_not_the_bureaus_any_more(self, city, cast, story, year):
        rows = story.in_state(State.REVIEWED, city.a, "甲", "乙")
        plan = Plan.objects.get()
        plans.allocate(by=cast.lead, plan=plan, shares=[plans.Share(city.a_office, QuotaClass.ORGAN, 2)])
        with refused("approve", cast.union_lead, "甲局名额3个,剩余1个,本次批准2人,超出1人"):
            approve(cast, rows)
        approve(cast, rows[:1])
        assert used(year.a) == [1]

    def test_an_office_uses_the_places_of_its_bureau(self, city, cast, story, year):
        office = story.in_state(State.REVIEWED, city.a_office, "甲")
        approve(cast, [*office, *story.in_state(State.REVIEWED, city.a, "乙")])
        assert used(year.a) == [2]

    def test_each_unit_pays_for_its_own_over_several_units_at_once(self, city, cast, story, year):
        rows = story.in_state(State.REVIEWED, city.a, "甲", "乙")
        rows += story.in_state(State.REVIEWED, city.b, "丙")
        rows += story.in_state(State.REVIEWED, city.company, "丁")
        with one_event_each(cast.union_lead, "approve") as seen:
            approve(cast, rows)
        assert seen.rows == {"nomination": 4, "personyear": 4, "unitquota": 3}
        assert used(year.a, year.b, year.c) == [2, 1, 1]

    def test_one_unit_short_refuses_all(self, city, cast, story):
        rows = story.in_state(State.REVIEWED, city.a, "甲")
        rows += story.in_state(State.REVIEWED, city.b, "乙", "丙")
        with refused("approve", cast.union_lead, "乙局名额1个,剩余1个,本次批准2人"):
            approve(cast, rows)

    def test_in_a_closed_year_nothing_is_approved(self, city, cast, story, year):
        rows = story.in_state(State.REVIEWED, city.a)
        plans.close_plan(by=cast.union_lead, plan=Plan.objects.get())
        with refused("approve", cast.union_lead, "现为“已结束”,只有“已下达”的才能批准人选"):
            approve(cast, rows)

    def test_rejecting_uses_no_place_and_is_final(self, city, cast, story, year):
        rows = story.in_state(State.REVIEWED, city.a)
        with one_event_each(cast.union_lead, "reject", "名额不足") as seen:
            [row] = nominations.reject(by=cast.union_lead, rows=rows, reason="名额不足")
        assert seen.rows == {"nomination": 1}
        assert (row.state, row.closing_reason, used(year.a)) == ("不予批准", "名额不足", [0])


class TestThePersonAtApproval:
    @pytest.mark.parametrize("status", ["离休", "退休", "调离", "亡故"])
    def test_whoever_is_no_longer_in_post_gets_no_place(self, city, cast, story, year, status):
        [row] = story.in_state(State.REVIEWED, city.a)
        Person.objects.filter(pk=row.person_id).update(status=status)
        with refused("approve", cast.union_lead, f"张三的状态为“{status}”,只能推荐、批准在职人员"):
            approve(cast, [row])
        assert used(year.a) == [0]

    def test_nor_whoever_has_gone_to_another_unit(self, city, cast, story, year):
        [row] = story.in_state(State.REVIEWED, city.a)
        Person.objects.filter(pk=row.person_id).update(unit=city.b)
        with refused("approve", cast.union_lead, "张三不是甲局的在册人员,请核对单位"):
            approve(cast, [row])
        assert used(year.a) == [0]


class TestTwoPlansOfAYear:
    """The city's plan and the bureau's own: a person's places are counted over both (invariant 4)."""

    @pytest.fixture
    def own(self, city):
        plan = build.plan(city.a)
        build.quota(plan, city.a, 3)
        return plan

    def both(self, cast, city, story, own, wish=""):
        """One person reviewed in both plans."""
        [row] = story.nominated(city.a, wish=wish)
        draft = Draft(row.person, city.a, "none", wish=wish)
        [other] = nominations.nominate(by=cast.clerk, plan=own, drafts=[draft])
        return story.reviewed([row]), story.reviewed([other])

    def test_a_place_in_one_leaves_none_in_the_other(self, city, cast, story, year, own):
        rows, others = self.both(cast, city, story, own)
        approve(cast, rows)
        with refused("approve", cast.union_lead, "张三2026年度疗休养名额已用1次,每人每年不超过1次"):
            approve(cast, others)

    def test_nor_are_both_given_at_once(self, city, cast, story, year, own):
        rows, others = self.both(cast, city, story, own)
        with refused("approve", cast.union_lead, "名额已用1次,每人每年不超过1次"):
            approve(cast, [*rows, *others])

    def test_a_person_with_a_place_is_not_nominated_in_the_other(self, city, cast, story, year, own):
        [row] = story.in_state(State.APPROVED, city.a)
        draft = Draft(row.person, city.a, "none")
        with refused("nominate", cast.clerk, "名额已用1次,每人每年不超过1次"):
            nominations.nominate(by=cast.clerk, plan=own, drafts=[draft])

    def test_what_is_given_back_in_one_is_free_in_the_other(self, city, cast, story, year, own):
        rows, others = self.both(cast, city, story, own)
        [row] = approve(cast, rows)
        give_up(cast, row)
        [other] = approve(cast, others)
        assert other.state == "已批准"
        assert list(PersonYear.objects.order_by("plan").values_list("places_used", "places_allowed")) == [(0, 1), (1, 1)]

    def test_where_the_rule_allows_two_both_years_say_so(self, city, cast, story, year, own, rules):
        rules.put("sanatorium.trips_person_year", {"本市": 2, "省内": 1}, clause="本地决定")
        rows, others = self.both(cast, city, story, own, "本市")
        approve(cast, rows)
        with one_event_each(cast.union_lead, "approve") as seen:
            approve(cast, others)
        assert seen.rows == {"nomination": 1, "personyear": 1, "unitquota": 1}
        assert list(PersonYear.objects.values_list("places_used", "places_allowed")) == [(1, 2), (1, 2)]


class TestTimesAYear:
    TRIPS = {"本市": 2, "省内": 1}

    def went(self, story, city, wish):
        """Somebody who has taken part this year, with the wish given."""
        [row] = story.nominated(city.a, wish=wish)
        [row] = story.approved([row])
        Nomination.objects.filter(pk=row.pk).update(state=State.ATTENDED)
        return row

    def again(self, cast, year, row, wish):
        draft = Draft(row.person, row.unit, "none", wish=wish)
        return nominations.nominate(by=cast.clerk, plan=year.plan, drafts=[draft])

    def test_a_second_local_stay_where_the_rule_allows_two(self, city, cast, story, year, rules):
        rules.put("sanatorium.trips_person_year", self.TRIPS, clause="本地决定")
        first = self.went(story, city, "本市")
        story.approved(self.again(cast, year, first, "本市"))
        assert (used(year.a), places_of(first.person)) == ([2], (2, 2))

    def test_and_no_third(self, city, cast, story, year, rules):
        rules.put("sanatorium.trips_person_year", self.TRIPS, clause="本地决定")
        first = self.went(story, city, "本市")
        [second] = story.approved(self.again(cast, year, first, "本市"))
        Nomination.objects.filter(pk=second.pk).update(state=State.ATTENDED)
        with refused("nominate", cast.clerk, "已用2次,每人每年不超过2次(本地决定)"):
            self.again(cast, year, first, "本市")

    @pytest.mark.parametrize(
        ("first", "second"), [("本市", "省内"), ("省内", "本市"), ("", "本市"), ("本市", "")]
    )
    def test_a_journey_and_a_local_stay_are_one_too_many(self, city, cast, story, year, rules, first, second):
        rules.put("sanatorium.trips_person_year", self.TRIPS, clause="本地决定")
        row = self.went(story, city, first)
        with refused("nominate", cast.clerk, "已用1次,每人每年不超过1次(本地决定)"):
            self.again(cast, year, row, second)

    def test_without_a_rule_once(self, city, cast, story, year):
        row = self.went(story, city, "本市")
        with refused("nominate", cast.clerk, "张三2026年度疗休养名额已用1次,每人每年不超过1次") as caught:
            self.again(cast, year, row, "本市")
        assert [(f.asked, f.limit, f.clause) for f in caught.value.findings] == [("2", "1", "")]

    @pytest.mark.parametrize("state", [State.ATTENDED, State.ABSENT])
    def test_whoever_stayed_away_has_had_their_place(self, city, cast, story, year, state):
        [row] = story.in_state(State.APPROVED, city.a)
        Nomination.objects.filter(pk=row.pk).update(state=state)
        with refused("nominate", cast.clerk, "名额已用1次"):
            self.again(cast, year, row, "")

    def test_the_rule_is_asked_again_when_the_place_is_given(self, city, cast, story, year, rules):
        trips = rules.put("sanatorium.trips_person_year", self.TRIPS, clause="本地决定")
        first = self.went(story, city, "本市")
        rows = story.reviewed(self.again(cast, year, first, "本市"))
        trips.delete()
        with refused("approve", cast.union_lead, "张三2026年度疗休养名额已用1次,每人每年不超过1次"):
            approve(cast, rows)


class TestGiveUp:
    def test_exactly_one_place_comes_back(self, city, cast, story, year):
        rows = story.in_state(State.APPROVED, city.a, "甲", "乙")
        with one_event_each(cast.union_officer, "give_up", "家中有事") as seen:
            row = give_up(cast, rows[0])
        assert seen.rows == {"nomination": 1, "personyear": 1, "unitquota": 1}
        assert (row.state, row.closing_reason, row.batch) == ("已放弃", "家中有事", None)
        assert (used(year.a), places_of(row.person)) == ([1], (0, 1))
        assert places_of(rows[1].person) == (1, 1)

    def test_twice_is_refused(self, city, cast, story, year):
        [row] = story.in_state(State.APPROVED, city.a)
        row = give_up(cast, row)
        with refused("give_up", cast.union_officer, "现为“已放弃”"):
            give_up(cast, row)
        assert used(year.a) == [0]

    def test_the_seat_in_the_batch_comes_back_with_it(self, city, cast, story, year):
        [row] = story.in_state(State.APPROVED, city.a)
        batch = build.batch(year.plan, build.venue(city.root), cast.union_officer, seats=5)
        Nomination.objects.filter(pk=row.pk).update(batch=batch)
        with one_event_each(cast.union_officer, "give_up", "家中有事") as seen:
            give_up(cast, story.fresh([row])[0])
        assert seen.rows == {"nomination": 1, "personyear": 1, "unitquota": 1, "batch": 1}
        batch.refresh_from_db()
        assert (batch.seats, batch.nominations.count()) == (4, 0)

    @pytest.mark.parametrize("state", [BatchState.ATTENDED, BatchState.CLOSED])
    def test_not_after_the_batch_has_set_out(self, city, cast, story, year, state):
        [row] = story.in_state(State.APPROVED, city.a)
        batch = build.batch(year.plan, build.venue(city.root), cast.union_officer, seats=5, state=state)
        Nomination.objects.filter(pk=row.pk).update(batch=batch)
        with refused("give_up", cast.union_officer, f"现为“{state}”"):
            give_up(cast, story.fresh([row])[0])

    def test_whoever_gave_up_may_have_a_place_again(self, city, cast, story, year):
        [row] = story.in_state(State.GIVEN_UP, city.a)
        draft = Draft(row.person, city.a, "none")
        rows = nominations.nominate(by=cast.clerk, plan=year.plan, drafts=[draft])
        rows = story.reviewed(rows)
        with one_event_each(cast.union_lead, "approve") as seen:
            approve(cast, rows)
        assert seen.rows == {"nomination": 1, "personyear": 1, "unitquota": 1}
        assert (used(year.a), places_of(row.person)) == ([1], (1, 1))


class TestReplace:
    @pytest.fixture
    def pair(self, city, story):
        """Somebody of 甲局 who gave up, and somebody of its reserve list."""
        [leaver] = story.in_state(State.GIVEN_UP, city.a, "甲")
        [substitute] = story.in_state(State.REVIEWED, city.a, "乙")
        return leaver, substitute

    def replace(self, by, pair):
        return nominations.replace(by=by, leaver=pair[0], substitute=pair[1])

    def test_the_substitute_is_approved_in_the_leavers_place(self, cast, year, pair):
        last = AuditEvent.objects.count()
        row = self.replace(cast.union_lead, pair)
        assert (row.state, row.replaces, row.approved_by) == ("已批准", pair[0], cast.union_lead)
        assert used(year.a) == [1]
        events = (
            AuditEvent.objects.filter(seq__gt=last).order_by("seq").values_list("action", "kind", "object_id")
        )
        person_year = PersonYear.objects.get(person=row.person)
        assert list(events) == [
            ("approve", "sanatorium.nomination", row.pk),
            ("approve", "sanatorium.personyear", person_year.pk),
            ("approve", "sanatorium.unitquota", year.a.pk),
            ("replace", "sanatorium.nomination", row.pk),
        ]

    def test_a_place_is_taken_over_once(self, city, cast, story, pair):
        self.replace(cast.union_lead, pair)
        [third] = story.in_state(State.REVIEWED, city.a, "丙")
        with refused("replace", cast.union_lead, "甲的名额已由乙递补"):
            self.replace(cast.union_lead, (pair[0], third))

    def test_the_place_must_be_free(self, city, cast, story, year, pair):
        plans.return_places(by=cast.lead, quota=UnitQuota.objects.get(pk=year.a.pk), places=3)
        with refused("replace", cast.union_lead, "甲局名额0个,剩余0个"):
            self.replace(cast.union_lead, pair)

    @pytest.mark.parametrize("state", [state for state in State if state != State.GIVEN_UP])
    def test_only_one_who_gave_up_is_replaced(self, cast, pair, state):
        Nomination.objects.filter(pk=pair[0].pk).update(state=state)
        with refused("replace", cast.union_lead, f"甲现为“{state}”,只有“已放弃”的才能递补"):
            self.replace(cast.union_lead, pair)

    @pytest.mark.parametrize("state", [state for state in State if state != State.REVIEWED])
    def test_only_by_one_of_the_reserve_list(self, cast, pair, state):
        Nomination.objects.filter(pk=pair[1].pk).update(state=state)
        with refused("replace", cast.union_lead, f"乙现为“{state}”,只有“已审核”的才能批准"):
            self.replace(cast.union_lead, pair)

    def test_nobody_replaces_themselves(self, cast, pair):
        with refused("replace", cast.union_lead, "甲现为“已放弃”,只有“已审核”的才能批准"):
            self.replace(cast.union_lead, (pair[0], pair[0]))

    def test_the_other_class_does_not_replace(self, city, cast, story, pair):
        [stranger] = story.in_state(State.REVIEWED, city.company, "丙")
        with refused("replace", cast.union_lead, "丙与甲不属于同一年度的同一类别,不能递补"):
            self.replace(cast.union_lead, (pair[0], stranger))

    @pytest.mark.parametrize("name", all_but("union_lead"))
    def test_every_other_role_is_forbidden(self, cast, pair, name):
        by = getattr(cast, name)
        with refused("replace", by, error=Forbidden):
            self.replace(by, pair)

    @pytest.mark.parametrize("which", [0, 1])
    def test_either_being_stale_is_refused(self, cast, pair, which):
        Nomination.objects.filter(pk=pair[which].pk).update(version=99)
        with refused("replace", cast.union_lead, error=Stale):
            self.replace(cast.union_lead, pair)
