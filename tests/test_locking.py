"""Two at once (DESIGN 3): the last place, one person, one year are given once, and nobody waits for ever.

A race proves nothing on SQLite, which lets one writer in at a time; here each runs on PostgreSQL, over
connections of its own, and stops between reading and writing until the other has read, too. With the locks the
other never gets that far. The control takes every lock away but that of the audit chain, and shows the race.
"""

import threading
import uuid
from contextlib import contextmanager, suppress
from functools import partial

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import QuerySet

from carecore import audit
from carecore.models import AuditHead, QuotaClass
from carecore.workflow import Refused, Stale
from sanatorium.models import HOLDING, ClassQuota, Nomination, PersonYear, Plan, State, UnitQuota
from sanatorium.rules.nominations import Draft
from sanatorium.workflow import nominations, plans
from tests import build
from tests.races import at_once, refusals

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time"),
]
# Seconds that the one in front waits for another: with the locks in vain, without them as long as it takes.
PATIENCE = {"locked": 1, "control": 30}
ROUNDS = 8
ORGAN = QuotaClass.ORGAN


@pytest.fixture(params=["locked", "control"])
def locks(request, monkeypatch):
    """With the locks, and without them."""
    if request.param == "control":
        lock = QuerySet.select_for_update

        def read_only(query, *args, **options):
            return lock(query, *args, **options) if query.model is AuditHead else query.all()

        monkeypatch.setattr(QuerySet, "select_for_update", read_only)
    return request.param


@pytest.fixture
def year(city, rules_off):
    """Two places for 甲局, one of them passed down to its office, and one for 乙局."""
    plan = build.plan(city.root)
    top, other = build.quota(plan, city.a, 2), build.quota(plan, city.b, 1)
    UnitQuota.objects.filter(pk=top.pk).update(passed_down=1)
    office = UnitQuota.objects.create(class_quota=top.class_quota, unit=city.a_office, places=1)
    return plan, UnitQuota.objects.get(pk=top.pk), office, other


@pytest.fixture
def rules_off(city):
    """No rule asks for a notice or a confirmation; the audit chain has begun."""
    audit.record_access(by=None, action="begun")


def reviewed(cast, quota, name, state=State.REVIEWED):
    """Somebody of the quota's unit on the reserve list."""
    person = build.person(quota.unit, name)
    return Nomination.objects.create(
        plan=quota.class_quota.plan, person=person, name=name, initials="", unit=quota.unit, quota=quota,
        quota_class=ORGAN, ground="none", ground_label="一线岗位", state=state, nominated_by=cast.clerk,
        nominated_at="2026-05-01T08:00:00Z",
    )  # fmt: skip


@pytest.fixture
def meet_after(monkeypatch, locks):
    """Let both that have called this function wait there for each other, as long as their patience lasts."""

    def patch(owner, name):
        barrier, function = threading.Barrier(2), getattr(owner, name)

        def meet(*args, **options):
            found = function(*args, **options)
            with suppress(threading.BrokenBarrierError):
                barrier.wait(PATIENCE[locks])
            return found

        monkeypatch.setattr(owner, name, meet)

    return patch


@pytest.fixture
def unbroken(transactional_db):
    """Whatever happened, the audit chain holds."""
    yield
    assert list(audit.check_chain()) == []


pytestmark.append(pytest.mark.usefixtures("unbroken"))


def test_the_last_place_is_given_once(cast, year, locks, meet_after):
    last = year[3]
    rows = [reviewed(cast, last, name) for name in ("张三", "李四")]
    meet_after(nominations, "_locked_quotas")
    results = at_once(*(partial(nominations.approve, by=cast.union_lead, rows=[row]) for row in rows))
    approved = Nomination.objects.filter(state=State.APPROVED).count()
    last.refresh_from_db()
    if locks == "locked":
        assert refusals(results) == [(Refused, "sanatorium.places")]
        assert (approved, last.used, PersonYear.objects.count()) == (1, 1, 1)
    else:
        assert refusals(results) == []
        assert (approved, last.used) == (2, 1)  # two people in one place, and a counter that does not know


def test_one_nomination_is_approved_once(cast, year, locks, meet_after):
    row = reviewed(cast, year[1], "张三")
    meet_after(nominations, "separate")
    results = at_once(*[partial(nominations.approve, by=cast.union_lead, rows=[row])] * 2)
    if locks == "locked":
        assert refusals(results) == [(Stale, "stale")]
        assert PersonYear.objects.get().places_used == 1
    else:  # the database itself refuses a second year of the person
        assert [type(one) for one in results if isinstance(one, Exception)] == [IntegrityError]


def test_a_person_in_two_plans_of_a_year_gets_one_place(city, cast, year, locks, meet_after):
    row = reviewed(cast, year[3], "张三")
    other = reviewed(cast, build.quota(build.plan(city.b), city.b, 1), "张三")
    Nomination.objects.filter(pk=other.pk).update(person=row.person_id)
    other.refresh_from_db()
    meet_after(nominations, "_locked_quotas")
    results = at_once(*(partial(nominations.approve, by=cast.union_lead, rows=[one]) for one in (row, other)))
    approved = Nomination.objects.filter(state=State.APPROVED).count()
    if locks == "locked":
        assert refusals(results) == [(Refused, "sanatorium.trips_person_year")]
        assert (approved, PersonYear.objects.get().places_used) == (1, 1)
    else:
        assert (refusals(results), approved, PersonYear.objects.count()) == ([], 2, 2)


def two_nominate(city, cast, plan, person):
    draft = Draft(person, city.a, "none")
    return at_once(
        *(
            partial(nominations.nominate, by=by, plan=plan, drafts=[draft])
            for by in (cast.clerk, cast.org_officer)
        )
    )


def test_one_person_is_nominated_once(city, cast, year, locks, meet_after):
    meet_after(nominations, "check_drafts")
    results = two_nominate(city, cast, year[0], build.person(city.a))
    assert Nomination.objects.count() == 1
    if locks == "locked":
        assert refusals(results) == [(Refused, "duplicate")]
    else:  # the unique index is the last guard
        [error] = [one for one in results if isinstance(one, IntegrityError)]
        assert "nomination_one_at_a_time" in str(error)


@contextmanager
def without(model, name):
    """Take one constraint away for a while."""
    constraint = next(one for one in model._meta.constraints if one.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        model.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)


def test_and_twice_where_neither_lock_nor_index_stands_against_it(city, cast, year, locks, meet_after):
    meet_after(nominations, "check_drafts")
    with without(Nomination, "nomination_one_at_a_time"):
        results = two_nominate(city, cast, year[0], build.person(city.a))
        assert Nomination.objects.count() == (1 if locks == "locked" else 2)
        assert len(refusals(results)) == (1 if locks == "locked" else 0)


def test_a_form_sent_twice_at_once_makes_one(city, cast, year):
    facts = {
        "plan": year[0],
        "drafts": [Draft(build.person(city.a), city.a, "none")],
        "request_id": uuid.uuid4(),
    }
    first, second = at_once(*[partial(nominations.nominate, by=cast.clerk, **facts)] * 2)
    assert first == second == list(Nomination.objects.all())


def test_a_year_is_opened_once(city, cast, locks, meet_after, rules_off):
    meet_after(plans, "_require_numbers")
    facts = {"unit": city.root, "year": 2027, "total": 1, "split": {ORGAN: 1}}
    results = at_once(*[partial(plans.open_plan, by=cast.union_lead, **facts)] * 2)
    assert Plan.objects.count() == 1
    if locks == "locked":
        assert refusals(results) == [(Refused, "year")]
    else:
        assert "plan_once_a_year" in str(next(one for one in results if isinstance(one, IntegrityError)))


def test_a_place_is_not_transferred_while_it_is_used(city, cast, year, locks, monkeypatch):
    """Whoever comes first has 乙局's last place: the approval or the transfer."""
    last = year[3]
    row, meeting = reviewed(cast, last, "张三"), threading.Barrier(2)
    for module in (nominations, plans):
        monkeypatch.setattr(module, "change", meet_before(module.change, meeting, PATIENCE[locks]))
    facts = {"source": last, "target": city.a, "places": 1, "reason": "报名不足"}
    results = at_once(
        partial(nominations.approve, by=cast.union_lead, rows=[row]),
        partial(plans.transfer, by=cast.union_officer, **facts),
    )
    last.refresh_from_db()
    assert last.used + last.passed_down <= last.places
    failed = [type(one) for one in results if isinstance(one, Exception)]
    if locks == "locked":
        assert failed in ([Refused], [Stale])
    else:  # both went ahead on what they had read: the CHECK of the row is the last guard
        assert failed == [IntegrityError]


def meet_before(function, meeting, patience):
    def wait(*args):
        with suppress(threading.BrokenBarrierError):
            meeting.wait(patience)
        return function(*args)

    return wait


def test_crossing_locks_never_deadlock(city, cast, year):
    """Approvals, resignations and transfers over the same three quotas, again and again."""
    plan, top, office, other = year
    ClassQuota.objects.filter(pk=top.class_quota_id).update(places=300, allocated=90)
    UnitQuota.objects.filter(pk=top.pk).update(places=60, passed_down=30)
    UnitQuota.objects.filter(pk__in=[office.pk, other.pk]).update(places=30)
    leaving = []
    for number in range(ROUNDS):
        rows = [reviewed(cast, quota, f"{quota.unit}{number}") for quota in (office, top, other)]
        source, target = (office, city.b) if number % 2 else (other, city.a_office)
        source.refresh_from_db()
        facts = {"source": source, "target": target, "places": 1, "reason": "报名不足"}
        results = at_once(
            partial(nominations.approve, by=cast.union_lead, rows=rows),
            partial(give_up_all, cast, leaving),
            partial(plans.transfer, by=cast.union_officer, **facts),
        )
        assert not [one for one in results if isinstance(one, OperationalError | IntegrityError)]
        assert all(issubclass(kind, Stale) for kind, _ in refusals(results))
        leaving = results[0]
    for quota in UnitQuota.objects.all():
        assert quota.used == Nomination.objects.filter(quota=quota, state__in=HOLDING).count()
    assert ClassQuota.objects.get(pk=top.class_quota_id).allocated == 90


def give_up_all(cast, rows):
    """Each in a transaction of its own, the office's before its bureau's."""
    return [nominations.give_up(by=cast.union_officer, row=row, reason="家中有事") for row in rows]


def test_a_deadlock_would_be_seen(year):
    """The control of the test above: two that lock the same quotas crosswise."""
    _, top, office, _ = year
    meeting = threading.Barrier(2)

    def lock(first, second):
        quotas = UnitQuota.objects.select_for_update(no_key=True)
        with transaction.atomic():
            quotas.get(pk=first)
            meeting.wait(PATIENCE["control"])
            quotas.get(pk=second)

    results = at_once(partial(lock, top.pk, office.pk), partial(lock, office.pk, top.pk))
    assert [type(one) for one in results if one is not None] == [OperationalError]
