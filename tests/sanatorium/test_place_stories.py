"""Random stories of places (BZ-4, invariant 1): whatever is done in whatever order, the counters add up.

A step that a rule refuses changes nothing; no step ever gets as far as a CHECK of the database.
"""

from contextlib import contextmanager

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carecore.models import QuotaClass
from carecore.workflow import Refused
from sanatorium.models import HOLDING, ClassQuota, Nomination, PersonYear, Plan, State, UnitQuota
from sanatorium.workflow import nominations, plans
from sanatorium.workflow.nominations import Quotas
from sanatorium.workflow.plans import Share
from tests import build

UNITS, CLASS_PLACES, PEOPLE = 6, 9, 3
a_unit = st.integers(0, UNITS - 1)
a_number = st.integers(0, 5)
STEPS = st.one_of(
    st.tuples(st.just("allocate"), st.lists(st.tuples(a_unit, a_number), min_size=1, max_size=3)),
    st.tuples(st.just("transfer"), a_unit, a_unit, a_number),
    st.tuples(st.just("return_places"), a_unit, a_number),
    st.tuples(st.just("approve"), a_unit, st.integers(1, PEOPLE)),
    st.tuples(st.just("give_up"), a_unit),
)  # fmt: skip


class Places:
    """A city of six units on three levels with nine places, and the people of each unit."""

    def __init__(self, city, cast):
        self.cast = cast
        room = build.unit("甲局一所一室", city.a_office)
        second = build.unit("甲局二所", city.a)
        self.units = [city.a, city.a_office, room, second, city.b, build.unit("乙局一所", city.b)]
        self.plan = build.plan(city.root, organ=CLASS_PLACES)
        self.people = {
            unit.pk: [build.person(unit, f"{unit}{n}") for n in range(PEOPLE)] for unit in self.units
        }
        self.allocate([(0, 4), (1, 2), (4, 3), (5, 1)])

    def allocate(self, shares):
        plan = Plan.objects.get(pk=self.plan.pk)
        shares = [Share(self.units[index], QuotaClass.ORGAN, places) for index, places in shares]
        plans.allocate(by=self.cast.union_officer, plan=plan, shares=shares)

    def transfer(self, source, target, places):
        quota = self._quota(source)
        if quota is None:
            raise Refused
        facts = {"source": quota, "target": self.units[target], "places": places, "reason": "报名不足"}
        plans.transfer(by=self.cast.union_officer, **facts)

    def return_places(self, index, places):
        if quota := self._quota(index):
            plans.return_places(by=self.cast.union_officer, quota=quota, places=places)

    def _quota(self, index):
        return UnitQuota.objects.filter(unit=self.units[index]).first()

    def approve(self, index, number):
        """So many of the unit's people who hold no place are reviewed and approved."""
        unit = self.units[index]
        quota = Quotas(self.plan).of(unit)
        holders = Nomination.objects.filter(state__in=HOLDING).values_list("person", flat=True)
        free = [person for person in self.people[unit.pk] if person.pk not in holders][:number]
        if quota and free:
            rows = [self._reviewed(person, quota) for person in free]
            try:
                nominations.approve(by=self.cast.union_lead, rows=rows)
            except Refused:
                Nomination.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.WITHDRAWN)
                raise

    def _reviewed(self, person, quota):
        return Nomination.objects.create(
            plan=self.plan, person=person, name=person.name, initials="", unit=person.unit, quota=quota,
            quota_class=QuotaClass.ORGAN, ground="none", ground_label="", state=State.REVIEWED,
            nominated_by=self.cast.clerk, nominated_at="2026-05-01T08:00:00Z",
        )  # fmt: skip

    def give_up(self, index):
        if row := Nomination.objects.filter(unit=self.units[index], state=State.APPROVED).first():
            nominations.give_up(by=self.cast.union_officer, row=row, reason="家中有事")

    def own(self):
        """What each unit has for its own people: what it holds less what it passed down."""
        return {row.unit_id: row.places - row.passed_down for row in UnitQuota.objects.all()}

    def counters(self):
        rows = UnitQuota.objects.order_by("pk").values_list("unit", "places", "passed_down", "used")
        return list(rows), list(ClassQuota.objects.order_by("pk").values_list("allocated", flat=True))

    def check(self):
        """Invariant 1, worked out from the rows alone."""
        rows = list(UnitQuota.objects.filter(class_quota__plan=self.plan).select_related("unit"))
        passed = {row.pk: 0 for row in rows}
        top = 0
        for row in rows:
            above = [
                other
                for other in rows
                if other.places and other.pk != row.pk and row.unit.path.startswith(other.unit.path)
            ]
            if above:
                passed[max(above, key=lambda other: other.unit.depth).pk] += row.places
            else:
                top += row.places
        for row in rows:
            holding = Nomination.objects.filter(quota=row, state__in=HOLDING).count()
            assert (row.passed_down, row.used) == (passed[row.pk], holding)
            assert 0 <= row.used + row.passed_down <= row.places
        share = ClassQuota.objects.get(plan=self.plan, quota_class=QuotaClass.ORGAN)
        assert share.allocated == top <= share.places == CLASS_PLACES
        for year in PersonYear.objects.all():
            holding = Nomination.objects.filter(person=year.person_id, state__in=HOLDING).count()
            assert year.places_used == holding <= year.places_allowed


@contextmanager
def undone():
    """Whatever happens inside is rolled back: each story begins with the same city."""
    with transaction.atomic():
        point = transaction.savepoint()
        yield
        transaction.savepoint_rollback(point)


@pytest.fixture
def places(city, cast):
    return Places(city, cast)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(STEPS, min_size=1, max_size=14))
def test_whatever_is_done_the_counters_add_up(places, steps):
    with undone():
        for verb, *facts in steps:
            before, own = places.counters(), places.own()
            try:
                getattr(places, verb)(*facts)
            except Refused:
                assert places.counters() == before
            else:
                places.check()
                if verb == "transfer":
                    assert places.counters()[1] == before[1]  # moved, neither made nor lost
                    assert moved(own, places.own()) == expected(places.units, *facts)
            places.check()


def moved(before, after):
    """What each unit has more or less than before, without those that have as much."""
    differences = {pk: after[pk] - before.get(pk, 0) for pk in after}
    return {pk: difference for pk, difference in differences.items() if difference}


def expected(units, source, target, number):
    """Only the two units of a transfer have more or less afterwards."""
    return {units[source].pk: -number, units[target].pk: number}
