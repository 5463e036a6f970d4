"""The small named cast that every test shares: a city, two units, and one person for each role."""

from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection

from carecore.access import Role
from carecore.models import UnitKind
from tests import build

pytest_plugins = ["tests.browser.chromium"]


@pytest.fixture(autouse=True)
def today():
    """Every test stands on one working day in the middle of the year's story."""
    with time_machine.travel("2026-05-11 10:00:00+08:00", tick=True) as traveller:
        yield traveller


@pytest.fixture
def city(db):
    """The units: a root, two organs (甲局、乙局) with one office below the first, a company."""
    root = build.unit("滨海市", code="3799", kind=UnitKind.ORGAN)
    first = build.unit("甲局", root, code="379901")
    return SimpleNamespace(
        root=root,
        a=first,
        a_office=build.unit("甲局一所", first, code="37990101"),
        b=build.unit("乙局", root, code="379902"),
        company=build.unit("丙公司", root, code="379951", kind=UnitKind.COMPANY),
    )


def appointed(username, unit, role, name):
    return build.user(username, unit, role, person=build.person(unit, name), name=name)


@pytest.fixture
def cast(city):
    """One user for each role of the care itself, each known as a person; `clerk_b` belongs to the other unit."""
    return SimpleNamespace(
        clerk=appointed("clerk", city.a, Role.CLERK, "经办甲"),
        clerk_b=appointed("clerk_b", city.b, Role.CLERK, "经办乙"),
        clerk_c=appointed("clerk_c", city.company, Role.CLERK, "经办丙"),
        lead=appointed("lead", city.a, Role.UNIT_LEAD, "负责人甲"),
        lead_b=appointed("lead_b", city.b, Role.UNIT_LEAD, "负责人乙"),
        lead_c=appointed("lead_c", city.company, Role.UNIT_LEAD, "负责人丙"),
        union_officer=appointed("union_officer", city.root, Role.UNION_OFFICER, "工会经办"),
        union_lead=appointed("union_lead", city.root, Role.UNION_LEAD, "工会负责人"),
        org_officer=appointed("org_officer", city.root, Role.ORG_OFFICER, "组织经办"),
        org_lead=appointed("org_lead", city.root, Role.ORG_LEAD, "组织负责人"),
        auditor=appointed("auditor", city.root, Role.AUDITOR, "审计员"),
        admin=appointed("admin", city.root, Role.ADMINISTRATOR, "管理员"),
    )


@pytest.fixture
def treasury(city):
    """One user for each role about money, each known as a person; `applicant_b` belongs to the other unit."""
    return SimpleNamespace(
        applicant=appointed("applicant", city.a, Role.FUND_APPLICANT, "申请甲"),
        applicant_b=appointed("applicant_b", city.b, Role.FUND_APPLICANT, "申请乙"),
        fund_office=appointed("fund_office", city.root, Role.FUND_OFFICE, "受理员"),
        meeting_clerk=appointed("meeting_clerk", city.root, Role.MEETING_CLERK, "记录员"),
        cashier=appointed("cashier", city.root, Role.CASHIER, "出纳员"),
        fund_lead=appointed("fund_lead", city.root, Role.FUND_LEAD, "经费负责人"),
    )


@pytest.fixture
def unchecked(db):
    """The tables without their constraints, as somebody with the database's own password could make them."""

    def drop(model, name):
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA ignore_check_constraints = ON")
            else:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {name}")

    yield drop
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
