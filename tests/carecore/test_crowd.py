"""The invented people of a demonstration city: as many as asked for, the same for the same seed, each with its event."""

import datetime
from types import SimpleNamespace

import pytest

from carecore import clock
from carecore.access import Role
from carecore.crowd import populate
from carecore.models import AuditEvent, Person
from carecore.sheets.identity import check_digit
from tests import build


@pytest.fixture
def town(city):
    """Two units of the small city with their clerks, as the demonstration knows them."""
    clerks = {unit.pk: build.user(f"jb{unit.code}", unit, Role.CLERK) for unit in (city.a, city.b, city.company)}
    city.a_office.delete()
    return SimpleNamespace(root=city.root, people=60, seed=7, clerk=lambda unit: clerks[unit.pk])


def told(town):
    populate(town)
    return list(Person.objects.order_by("pk").values_list("name", "id_number", "unit__name", "post", "status"))


def test_as_many_as_asked_for_over_all_units_each_with_a_number_of_its_own(town):
    rows = told(town)
    assert len(rows) == 60 == len({number for _, number, *_ in rows})
    assert {unit for *_, unit, _, _ in rows} == {"甲局", "乙局", "丙公司"}
    assert {status for *_, status in rows} == {"在职", "退休"}
    assert all(number.startswith("379999") and check_digit(number[:17]) == number[17] for _, number, *_ in rows)
    assert AuditEvent.objects.filter(action="register_people").count() == 60


def test_the_same_seed_tells_of_the_same_people(town):
    first = told(town)
    Person.objects.all().delete()
    assert told(town) == first
    Person.objects.all().delete()
    town.seed = 8
    assert told(town) != first


def test_a_town_has_nobody_besides_its_story(town):
    town.people = 0
    assert told(town) == []


def test_people_are_of_an_age_to_work(town):
    told(town)
    with clock.at(datetime.date(2026, 6, 19)):
        for person in Person.objects.all():
            assert person.born_on < person.worked_since <= clock.today()
            assert person.party_joined_on is None or person.party_joined_on > person.born_on
