"""Two clerks at one person: helped once, the budget kept (LYG-16, TX2-1). On PostgreSQL, each with its control."""

import threading
from contextlib import suppress
from functools import partial

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from carecore import audit
from carecore.models import AuditHead, Benefit, Severity
from carecore.workflow import Refused, Stale
from tests import build
from tests.races import at_once, refusals
from visits.models import Campaign, PayList, Visit
from visits.workflow import paying, visits

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time"),
    pytest.mark.usefixtures("sound"),
]
# Seconds that the one in front waits for another: with the locks in vain, without them as long as it takes.
PATIENCE = {"locked": 1, "control": 30}


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
def sound(transactional_db):
    """Whatever happened, the audit chain holds."""
    audit.record_access(by=None, action="begun")
    yield
    assert list(audit.check_chain()) == []


@pytest.fixture
def meet_after(monkeypatch, locks):
    """Let both that have called this function wait there for each other."""
    barrier = threading.Barrier(2)

    def patch(module, name):
        function = getattr(module, name)

        def meet(*args, **facts):
            found = function(*args, **facts)
            with suppress(threading.BrokenBarrierError):
                barrier.wait(PATIENCE[locks])
            return found

        monkeypatch.setattr(module, name, meet)

    return patch


def test_two_clerks_plan_for_one_person(calls, cast, city, locks, meet_after):
    build.rule(city.root, "visits.exclusive", [{"code": "s", "label": "春节", "occasions": ["春节", "元旦"]}], severity=Severity.BLOCK)
    person = build.person(city.a, "张三")
    meet_after(visits, "check_drafts")
    results = at_once(*(
        partial(calls.plan, calls.draft(person, occasion=occasion), by=by)
        for by, occasion in ((cast.clerk, "春节"), (cast.union_officer, "元旦"))
    ))  # fmt: skip
    if locks == "locked":
        assert (refusals(results), Visit.objects.count()) == ([(Refused, "visits.exclusive")], 1)
    else:  # both went ahead on what they had read
        assert (refusals(results), Visit.objects.count()) == ([], 2)


def test_two_clerks_plan_the_last_of_a_budget(calls, cast, city, locks, meet_after):
    campaign = calls.campaign("1000.00")
    people = [build.person(city.a, name) for name in ("张三", "李四")]
    meet_after(visits, "check_drafts")
    results = at_once(*(
        partial(calls.plan, calls.draft(person, "600.00", campaign=True), campaign=campaign, by=by)
        for by, person in zip((cast.clerk, cast.union_officer), people, strict=True)
    ))  # fmt: skip
    planned = Campaign.objects.get().planned
    if locks == "locked":
        assert (refusals(results), planned, Visit.objects.count()) == ([(Refused, "budget")], 600, 1)
    else:  # 1200.00 are planned of 1000.00, and the counter knows of one half
        assert (refusals(results), planned, Visit.objects.count()) == ([], 600, 2)


def test_visits_are_put_on_one_pay_list(calls, treasury, locks, meet_after):
    rows = calls.done(campaign=calls.campaign())
    meet_after(paying, "_require_payable")
    results = at_once(*[partial(calls.prepared, rows, by=by) for by in (treasury.fund_office, treasury.cashier)])
    if locks == "locked":
        [(kind, key)] = refusals(results)
        assert (kind, key, PayList.objects.count()) in [(Stale, "stale", 1), (Refused, "state", 1)]
    else:  # the visit stands on two lists, or the fund's own counter stopped one
        stopped = [one for one in results if isinstance(one, IntegrityError)]
        assert PayList.objects.count() == 2 or stopped
    assert Benefit.objects.count() == 0
