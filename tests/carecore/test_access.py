"""Who may do what: appointments reach the subtree, from their first to their last day."""

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser

from carecore.access import DECIDING, RIGHTS, Can, Role, may, scope, unit_scope
from carecore.models import Unit, User
from tests import build


def test_every_role_has_rights_and_every_right_a_role():
    assert set(RIGHTS) == set(Role)
    assert frozenset().union(*RIGHTS.values()) == set(Can)


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.FUND_APPLICANT, {Can.SEE, Can.REVEAL, Can.APPLY}),
        (Role.CASHIER, {Can.SEE, Can.REVEAL, Can.PAY, Can.EXPORT_FULL}),
        (Role.AUDITOR, {Can.SEE, Can.SEE_HARDSHIP, Can.REVEAL, Can.AUDIT, Can.EXPORT_FULL}),
        (Role.ADMINISTRATOR, {Can.ACCOUNTS}),
    ],
)
def test_what_a_role_may_do(role, rights):
    assert RIGHTS[role] == rights


def test_auditors_change_nothing_and_administrators_see_no_business_data():
    assert not RIGHTS[Role.AUDITOR] & DECIDING
    assert Can.SEE not in RIGHTS[Role.ADMINISTRATOR]


def test_nobody_nominates_and_approves_in_one_role():
    assert not [role for role, rights in RIGHTS.items() if {Can.NOMINATE, Can.APPROVE} <= rights]
    assert not [role for role, rights in RIGHTS.items() if {Can.REVIEW, Can.APPROVE} <= rights]


def test_nobody_accepts_decides_and_pays_in_one_role():
    steps = {Can.APPLY, Can.ACCEPT, Can.DECIDE_MONEY, Can.RECORD_MEETING, Can.PAY}
    assert not [role for role, rights in RIGHTS.items() if len(steps & rights) > 1]


def test_a_right_reaches_the_unit_and_everything_under_it(city, cast):
    held = [name for name, unit in vars(city).items() if may(cast.clerk, Can.NOMINATE, unit)]
    assert held == ["a", "a_office"]
    assert may(cast.clerk, Can.NOMINATE)
    assert not may(cast.clerk, Can.APPROVE)
    assert not may(cast.clerk, Can.APPROVE, city.a)


def test_a_path_that_begins_alike_is_not_a_subtree(db):
    first = build.unit("甲", code="1")
    second = Unit(path=f"{first.path[:-1]}0/")
    user = build.user("u", first, Role.CLERK)
    assert not may(user, Can.SEE, second)


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "holds"),
    [
        ((2026, 5, 11), None, True),
        ((2026, 5, 12), None, False),
        ((2020, 1, 1), (2026, 5, 11), True),
        ((2020, 1, 1), (2026, 5, 10), False),
    ],
)
def test_both_days_of_an_appointment_are_inclusive(city, starts_on, ends_on, holds):
    user = User.objects.create(username="u", name="某人")
    build.appointment(
        user, city.a, Role.CLERK,
        starts_on=datetime.date(*starts_on), ends_on=ends_on and datetime.date(*ends_on),
    )  # fmt: skip
    assert may(user, Can.SEE, city.a) is holds
    assert user.is_staff is holds


def test_nested_appointments_are_one_subtree(city):
    user = build.user("u", city.a_office, Role.CLERK)
    for unit in (city.a, city.b):
        build.appointment(user, unit, Role.CLERK)
    assert scope(user, Can.SEE) == sorted([city.a.path, city.b.path])


def test_a_closed_account_and_a_stranger_may_nothing(city, cast):
    cast.clerk.is_active = False
    assert scope(cast.clerk, Can.SEE) == []
    assert scope(AnonymousUser(), Can.SEE) == []
    assert not may(AnonymousUser(), Can.SEE)


def test_rights_are_read_once_per_user(cast, city, django_assert_num_queries):
    user = User.objects.get(pk=cast.clerk.pk)
    with django_assert_num_queries(1):
        assert may(user, Can.SEE, city.a)
        assert not may(user, Can.AUDIT)


def test_an_administrator_knows_the_units_but_sees_nothing_in_them(city, cast):
    assert unit_scope(cast.admin) == [city.root.path]
    assert scope(cast.admin, Can.SEE) == []


def test_django_permissions_are_nobodys(cast):
    assert not cast.admin.has_perm("carecore.change_user")
    assert cast.admin.has_module_perms("carecore")
