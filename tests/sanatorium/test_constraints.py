"""The database's own limits (DESIGN 4): no UPDATE, bulk insert or raw SQL passes them, on either database.

Each limit is tried at its edge, where it must let the row through, and one step beyond.
"""

from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, models, transaction

from carecore.models import QuotaClass
from carecore.money import MoneyField
from sanatorium.models import (
    Batch,
    ClassQuota,
    Cost,
    Nomination,
    PersonYear,
    Plan,
    ProgrammeItem,
    State,
    UnitQuota,
    batches,
    costs,
    nominations,
    plans,
)  # fmt: skip
from tests import build


@dataclass(frozen=True)
class Limit:
    """A row, what of it is just allowed, and what just is not."""

    row: str
    edge: dict
    over: dict
    given: dict = field(default_factory=dict)


LIMITS = {
    "plan_has_places": Limit("plan", {"total": 1}, {"total": 0}),
    "class_quota_not_over": Limit("class_quota", {"allocated": 300}, {"allocated": 301}),
    "unit_quota_not_over": Limit("unit_quota", {"used": 3}, {"used": 4}),
    "unit_quota_not_over passed": Limit("unit_quota", {"passed_down": 2}, {"passed_down": 3}, {"used": 1}),
    "unit_quota_not_over places": Limit("unit_quota", {"places": 2}, {"places": 1}, {"used": 2}),
    "person_year_places": Limit("person_year", {"places_used": 1}, {"places_used": 2}),
    "person_year_spent": Limit("person_year", {"spent": "5000.00"}, {"spent": "5000.01"}),
    "person_year_spent_in_province": Limit(
        "person_year", {"spent_in_province": "3000.00"}, {"spent_in_province": "3000.01"}
    ),
    "cost_within_cap": Limit("cost", {"board": "3000.00"}, {"board": "3000.01"}),
    "cost_within_cap sum": Limit("cost", {"medical": "0.00"}, {"medical": "0.01"}, {"board": "3000.00"}),
    "cost_within_cap paid": Limit(
        "cost", {"self_paid": "0.01"}, {"self_paid": "0.00"}, {"board": "3000.01", "self_paid": "0.01"}
    ),
    "cost_not_negative": Limit("cost", {"training": "0.00"}, {"training": "-0.01"}, {"board": "100.00"}),
    "cost_self_paid_within_total": Limit("cost", {"self_paid": "0.00"}, {"self_paid": "0.01"}),
    "batch_starts_before_end": Limit("batch", {"ends_on": "2026-06-08"}, {"ends_on": "2026-06-07"}),
    "batch_days_in_range": Limit("batch", {"days": 7}, {"days": 8}),
    "batch_days_in_range least": Limit("batch", {"days": 5}, {"days": 4}),
    "batch_estimate_positive": Limit("batch", {"estimate": "0.01"}, {"estimate": "0.00"}),
    "batch_seats_in_capacity": Limit("batch", {"seats": 40}, {"seats": 41}),
    "nomination_seat_needs_place": Limit("seated", {"state": State.ABSENT}, {"state": State.REVIEWED}),
}  # fmt: skip


@pytest.fixture
def rows(city, cast, year, rules):
    """A valid row of each kind, with the limits that it was opened under."""
    person = build.person(city.a)
    batch = build.batch(year.plan, build.venue(city.root), cast.union_officer)
    seated = Nomination.objects.create(
        plan=year.plan, person=person, name="张三", initials="zs", unit=city.a, quota=year.a, quota_class=QuotaClass.ORGAN,
        ground="none", ground_label="一线岗位", state=State.ATTENDED, batch=batch, nominated_by=cast.clerk,
        nominated_at="2026-05-01T08:00:00Z",
    )  # fmt: skip
    return {
        "plan": Plan.objects.create(unit=city.a, year=2030, total=5),
        "class_quota": ClassQuota.objects.create(
            plan=build.plan(build.unit("远山市")), quota_class="其他", places=300
        ),
        "unit_quota": build.quota(year.plan, build.unit("丁局", city.root), 3),
        "person_year": PersonYear.objects.create(
            person=person, plan=year.plan, places_allowed=1, cap="5000.00", cap_in_province="3000.00"
        ),
        "cost": Cost.objects.create(nomination=seated, cap="3000.00", recorded_by=cast.union_officer),
        "batch": build.batch(year.plan, build.venue(city.root, "泰山疗养院"), cast.union_officer, number=2),
        "seated": seated,
        "item": ProgrammeItem.objects.create(batch=batch, day=1, half="上午", kind="休养", content="报到"),
    }


def case(rows, name):
    """The row of a limit with what the case presupposes."""
    limit = LIMITS[name]
    row = rows[limit.row]
    if limit.given:
        type(row).objects.filter(pk=row.pk).update(**_typed(type(row), limit.given))
        row.refresh_from_db()
    return row, limit


def _typed(model, columns):
    return {
        name: Decimal(value) if isinstance(model._meta.get_field(name), MoneyField) else value
        for name, value in columns.items()
    }


def by_update(row, columns):
    type(row).objects.filter(pk=row.pk).update(**_typed(type(row), columns))


def by_bulk_create(row, columns):
    model = type(row)
    if isinstance(row, Nomination):
        Cost.objects.filter(nomination=row).delete()
    model.objects.filter(pk=row.pk).delete()
    for name, value in _typed(model, columns).items():
        setattr(row, name, value)
    model.objects.bulk_create([row])


def by_bulk_update(row, columns):
    for name, value in _typed(type(row), columns).items():
        setattr(row, name, value)
    type(row).objects.bulk_update([row], list(columns))


def by_save(row, columns):
    for name, value in _typed(type(row), columns).items():
        setattr(row, name, value)
    row.save()


def by_sql(row, columns):
    model = type(row)
    for name, value in columns.items():
        column = model._meta.get_field(name)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {model._meta.db_table} SET {column.column} = %s WHERE id = %s",
                [column.get_db_prep_save(value, connection), row.pk],
            )


ENTRANCES = [by_update, by_bulk_create, by_bulk_update, by_save, by_sql]


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("name", LIMITS)
def test_one_step_beyond_the_limit_no_entrance_lets_it_through(rows, name, entrance):
    row, limit = case(rows, name)
    before = type(row).objects.filter(pk=row.pk).values().get()
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        entrance(row, limit.over)
    assert name.split()[0] in str(caught.value)
    assert type(row).objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("name", LIMITS)
def test_at_the_limit_every_entrance_does(rows, name, entrance):
    row, limit = case(rows, name)
    entrance(row, limit.edge)
    kept = type(row).objects.get(pk=row.pk)
    assert {key: str(getattr(kept, key)) for key in limit.edge} == {
        key: str(value) for key, value in limit.edge.items()
    }


ONCE = {
    "plan_once_a_year": ("plan", {}),
    "class_quota_once": ("class_quota", {}),
    "unit_quota_once": ("unit_quota", {}),
    "person_year_once": ("person_year", {}),
    "batch_number_once": ("batch", {}),
    "programme_item_once": ("item", {}),
    "nomination_one_at_a_time": ("seated", {"state": State.DRAFT, "batch": None}),
}


@pytest.mark.parametrize("name", ONCE)
def test_what_there_is_once_is_not_inserted_twice(rows, name):
    key, given = ONCE[name]
    row = rows[key]
    type(row).objects.filter(pk=row.pk).update(**given)
    row = type(row).objects.get(pk=row.pk)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row).objects.bulk_create([row])
    assert type(row).objects.filter(pk=rows[key].pk).count() == 1


@pytest.mark.parametrize("state", State)
def test_one_running_nomination_a_year_besides_those_that_are_settled(rows, state):
    """Another one beside it only where nothing more happens to one of the two."""
    first = rows["seated"]
    Nomination.objects.update(state=State.DRAFT, batch=None)
    second = Nomination.objects.get(pk=first.pk)
    second.pk, second.state = None, state
    if state in nominations.SETTLED:
        second.save(force_insert=True)
        assert Nomination.objects.count() == 2
    else:
        with pytest.raises(IntegrityError), transaction.atomic():
            second.save(force_insert=True)
        assert Nomination.objects.count() == 1


# Tried where there is a voucher: workflow/test_funding.py.
ELSEWHERE = {"batch_voucher_when_closed"}
COUNTERS = [
    ("class_quota", "allocated"), ("class_quota", "places"), ("unit_quota", "places"), ("unit_quota", "used"),
    ("unit_quota", "passed_down"), ("person_year", "places_used"), ("batch", "seats"), ("batch", "capacity"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "column"), COUNTERS)
def test_a_counter_does_not_go_below_none(rows, key, column):
    row = rows[key]
    with pytest.raises(IntegrityError), transaction.atomic():
        by_sql(row, {column: -1})


def test_a_limit_that_was_not_set_limits_nothing(rows):
    by_update(rows["batch"], {"days_min": None, "days_max": None, "days": 90})
    Cost.objects.update(cap=None)
    by_update(rows["cost"], {"board": "99999.99"})
    PersonYear.objects.update(cap=None, cap_in_province=None)
    by_update(rows["person_year"], {"spent": "99999.99", "spent_in_province": "99999.99"})
    assert Cost.objects.get().board == PersonYear.objects.get().spent == Decimal("99999.99")


def test_every_limit_of_these_tables_is_tried():
    tables = {
        model
        for module in (plans, nominations, costs, batches)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, models.Model) and model.__module__ == module.__name__
    }
    declared = {one.name for model in tables for one in model._meta.constraints}
    assert {Plan, ClassQuota, UnitQuota, Nomination, Cost, PersonYear, Batch, ProgrammeItem} == tables
    assert {name.split()[0] for name in LIMITS} | set(ONCE) | ELSEWHERE == declared
