"""Locks are taken in one order of kinds, by key within a kind, root before leaf (DESIGN 3): no two can deadlock."""

import datetime
from types import SimpleNamespace

import pytest
from django.db.models import QuerySet

from carecore.models import AuditHead, Benefit, Notice, Objection, Person, QuotaClass, Unit
from funds.models import Account, Book, Reservation
from sanatorium.models import Batch, ClassQuota, Nomination, PersonYear, Plan, State, UnitQuota
from sanatorium.workflow import nominations, notices, plans
from sanatorium.workflow.plans import Share
from tests import build
from tests.sanatorium.stays import Stay

ORDER = (
    Unit, Plan, Batch, Nomination, Person, PersonYear, ClassQuota, UnitQuota, Notice, Objection,
    Benefit, Reservation, Account, Book, AuditHead,
)  # fmt: skip


@pytest.fixture
def locked_in(monkeypatch):
    """Run a verb and return the rows it locked, each once, in the order in which it did."""
    taken, fetch_all = {}, QuerySet._fetch_all

    def fetch(query):
        asked = query._result_cache is None
        fetch_all(query)
        if asked and query.query.select_for_update:
            for row in query._result_cache:
                taken.setdefault((type(row), row.pk), row)

    def run(call):
        taken.clear()
        monkeypatch.setattr(QuerySet, "_fetch_all", fetch)
        call()
        monkeypatch.setattr(QuerySet, "_fetch_all", fetch_all)
        return list(taken.values())

    return run


def key(row):
    """Where a row stands in the one order."""
    within = (row.unit.path, row.class_quota_id) if isinstance(row, UnitQuota) else ("", row.pk)
    return ORDER.index(type(row)), within


@pytest.fixture
def stage(city, cast, story, year):
    """The city with an office that has places of its own, and what the steps below ask for."""
    share = Share(city.a_office, QuotaClass.ORGAN, 2)
    plans.allocate(by=cast.union_officer, plan=year.plan, shares=[share])
    office = UnitQuota.objects.get(unit=city.a_office)
    return SimpleNamespace(city=city, cast=cast, story=story, year=year, office=office)


def people(s, state):
    """One of the other bureau, one of the office and one of its bureau: neither by key nor root first."""
    units = (s.city.b, s.city.a_office, s.city.a)
    return [row for unit in units for row in s.story.in_state(state, unit, f"{unit}人")]


def opening(s):
    return lambda: plans.open_plan(by=s.cast.union_lead, unit=s.city.root, year=2030, total=1, split={})


def allocating(s):
    shares = [Share(s.city.b, QuotaClass.ORGAN, 2), Share(s.city.a_office, QuotaClass.ORGAN, 1)]
    return lambda: plans.allocate(by=s.cast.union_lead, plan=Plan.objects.get(), shares=shares)


def transferring(s):
    facts = {"source": s.office, "target": s.city.b, "places": 1, "reason": "报名不足"}
    return lambda: plans.transfer(by=s.cast.union_lead, **facts)


def returning(s):
    return lambda: plans.return_places(by=s.cast.union_lead, quota=s.office, places=1)


def nominating(s):
    drafts = [s.story.draft(s.city.a, name) for name in ("甲", "乙")]
    return lambda: nominations.nominate(by=s.cast.clerk, plan=s.year.plan, drafts=drafts[::-1])


def approving(s):
    rows = people(s, State.REVIEWED)
    return lambda: nominations.approve(by=s.cast.union_lead, rows=rows)


def giving_up(s):
    rows = people(s, State.APPROVED)
    batch = build.batch(s.year.plan, build.venue(s.city.root), s.cast.union_officer, seats=3)
    Nomination.objects.update(batch=batch)
    [row] = s.story.fresh(rows[1:2])
    return lambda: nominations.give_up(by=s.cast.union_officer, row=row, reason="家中有事")


def replacing(s):
    [substitute] = s.story.in_state(State.REVIEWED, s.city.a, "候补")
    [leaver] = s.story.in_state(State.GIVEN_UP, s.city.a_office, "放弃")
    return lambda: nominations.replace(by=s.cast.union_lead, leaver=leaver, substitute=substitute)


def submitting(s):
    rows = s.story.after_notice(s.story.nominated(s.city.a, "甲", "乙"))
    return lambda: notices.submit(by=s.cast.lead, rows=rows[::-1])


def cancelling(s):
    [row] = s.story.on_notice(s.story.nominated(s.city.a))
    return lambda: notices.cancel_notice(by=s.cast.clerk, notice=row.notice, reason="笔误")


def settling(s):
    [row] = s.story.on_notice(s.story.nominated(s.city.a))
    objection = notices.object_to(
        by=s.cast.clerk, notice=row.notice, line=row.notice.lines.get(), text="不实",
        received_on=datetime.date(2026, 5, 11),
    )  # fmt: skip
    return lambda: notices.settle_objection(by=s.cast.lead, objection=objection, upheld=True, handling="属实")


VERBS = {
    opening: {Unit},
    allocating: {Plan, ClassQuota, UnitQuota},
    transferring: {Plan, ClassQuota, UnitQuota},
    returning: {Plan, ClassQuota, UnitQuota},
    nominating: {Person},
    approving: {Nomination, Person, UnitQuota},
    giving_up: {Batch, Nomination, Person, PersonYear, UnitQuota},
    replacing: {Nomination, Person, UnitQuota},
    submitting: {Nomination},
    cancelling: {Nomination, Notice},
    settling: {Nomination, Notice, Objection},
}


@pytest.mark.parametrize("step", VERBS)
def test_a_verb_locks_in_the_one_order(stage, locked_in, step):
    rows = locked_in(step(stage))
    assert rows == sorted(rows, key=key)
    assert {type(row) for row in rows} == VERBS[step] | {AuditHead}


@pytest.fixture
def paying(city, cast, today):
    """A batch that 工会经费 pays for, with two people, approved."""
    stay = Stay(city, cast, today)
    stay.funded("9000")
    batch = stay.open()
    stay.seat(batch, "张三", "李四")
    return stay, stay.approve(batch)


def test_money_of_a_batch_is_locked_after_everything_else(paying, locked_in):
    stay, batch = paying
    row = batch.nominations.first()
    seats = locked_in(lambda: nominations.give_up(by=stay.cast.union_officer, row=row, reason="家中有事"))
    batch = stay.set_out(stay.fresh(batch))
    stay.settle(batch, stay.line(batch.nominations.get()))
    closed, reopened = locked_in(lambda: stay.close(batch)), locked_in(lambda: stay.reopen(batch))
    for rows in (seats, closed, reopened):
        assert rows == sorted(rows, key=key)
    money = {Batch, Reservation, Account, Book, AuditHead}
    assert {type(row) for row in closed} >= money and {type(row) for row in reopened} >= money - {Reservation}
