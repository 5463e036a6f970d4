"""A verb on thirty rows runs as many queries as on three: locks, checks, writes and events go in sets."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore import audit
from carecore.models import QuotaClass
from sanatorium.models import Nomination, State, UnitQuota
from sanatorium.rules.nominations import Draft
from sanatorium.workflow import nominations, notices, plans
from sanatorium.workflow.plans import Share
from tests import build

FEW, MANY = 3, 30


@pytest.fixture
def assert_same(cast):
    """Compare the queries of a call on few and on many; what is read once a process is read beforehand."""
    audit.record_access(by=None, action="warm")
    for user in vars(cast).values():
        assert user.appointments_today

    def compare(call, few, many):
        counts = []
        for rows in (few, many):
            with CaptureQueriesContext(connection) as queries:
                call(rows)
            counts.append(_statements(queries))
        assert len(counts[1]) == len(counts[0]), "\n".join(sql[:150] for sql in counts[1])

    return compare


def _statements(queries):
    """What was asked; an INSERT of many rows that SQLite takes in two parts counts once."""
    asked = [query["sql"] for query in queries]
    return [
        sql
        for sql, before in zip(asked, ["", *asked], strict=False)
        if not (sql.startswith("INSERT") and sql[:100] == before[:100])
    ]


@pytest.fixture
def crowd(city, story, year, cast):
    """Rows of 甲局 and its office at a state, as many as asked for, read afresh; places suffice for all."""
    UnitQuota.objects.filter(pk=year.a.pk).update(places=200)

    def make(state, number):
        units = [city.a, city.a_office]
        drafts = [story.draft(units[index % 2], f"人{state}{index}") for index in range(number)]
        rows = nominations.nominate(by=cast.clerk, plan=year.plan, drafts=drafts)
        if state != State.DRAFT:
            for unit in units:
                part = [row for row in rows if row.unit == unit]
                getattr(story, STEPS[state])(part)
        return list(Nomination.objects.filter(pk__in=[row.pk for row in rows]))

    return make


STEPS = {
    State.ON_NOTICE: "after_notice", State.SUBMITTED: "submitted", State.CONFIRMED: "confirmed",
    State.REVIEWED: "reviewed",
}  # fmt: skip
VERBS = {
    "submit": (State.ON_NOTICE, lambda cast, rows: notices.submit(by=cast.lead, rows=rows)),
    "take_back": (State.SUBMITTED, lambda cast, rows: notices.take_back(by=cast.lead, rows=rows, reason="误报")),
    "withdraw": (State.DRAFT, lambda cast, rows: nominations.withdraw(by=cast.clerk, rows=rows, reason="误报")),
    "confirm": (State.SUBMITTED, lambda cast, rows: nominations.confirm(by=cast.org_lead, rows=rows)),
    "review": (State.CONFIRMED, lambda cast, rows: nominations.review(by=cast.union_officer, rows=rows)),
    "send_back": (
        State.REVIEWED, lambda cast, rows: nominations.send_back(by=cast.union_lead, rows=rows, reason="缺材料")
    ),
    "approve": (State.REVIEWED, lambda cast, rows: nominations.approve(by=cast.union_lead, rows=rows)),
    "reject": (
        State.REVIEWED, lambda cast, rows: nominations.reject(by=cast.union_lead, rows=rows, reason="名额不足")
    ),
}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_on_many_rows(cast, assert_same, crowd, verb):
    state, call = VERBS[verb]
    assert_same(lambda rows: call(cast, rows), crowd(state, FEW), crowd(state, MANY))


def test_approving_people_whose_year_is_open_already(cast, assert_same, crowd, story):
    """After a place was given up the person's year stands; it is read with its person, not one by one."""
    sets = [crowd(State.REVIEWED, FEW), crowd(State.REVIEWED, MANY)]
    for rows in sets:
        for row in nominations.approve(by=cast.union_lead, rows=rows):
            nominations.give_up(by=cast.union_officer, row=row, reason="家中有事")
        Nomination.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.REVIEWED)
        story.fresh(rows)
    assert_same(lambda rows: nominations.approve(by=cast.union_lead, rows=rows), *sets)


def test_nominating_many(city, cast, year, assert_same, story):
    few, many = (
        [story.draft(city.a, f"人{number}{index}") for index in range(number)] for number in (FEW, MANY)
    )
    assert_same(lambda drafts: nominations.nominate(by=cast.clerk, plan=year.plan, drafts=drafts), few, many)


def test_checking_many_drafts_for_a_preview(city, cast, year, assert_same):
    def drafts(number):
        return [Draft(build.person(city.a, f"人{number}{i}"), city.a, "none") for i in range(number)]

    def check(drafts):
        nominations.check_drafts(by=cast.clerk, plan=year.plan, drafts=drafts)

    assert_same(check, drafts(FEW), drafts(MANY))


def test_publishing_many(city, cast, assert_same, story, crowd):
    def publish(rows):
        notices.publish_notice(by=cast.clerk, unit=city.a, rows=rows, paper=story.notice_paper())

    sets = [[row for row in crowd(State.DRAFT, number) if row.unit_id == city.a.pk] for number in (FEW, MANY)]
    assert_same(publish, *sets)


def test_allocating_to_many_units(city, cast, year, assert_same):
    def shares(number):
        units = [build.unit(f"局{number}{index}", city.root) for index in range(number)]
        return [Share(unit, QuotaClass.ORGAN, 1) for unit in units]

    def allocate(shares):
        year.plan.refresh_from_db()
        plans.allocate(by=cast.union_officer, plan=year.plan, shares=shares)

    assert_same(allocate, shares(FEW), shares(MANY))
