"""Two clerks at once (invariants 2, 4 and 6): the last seat, one person, one year's money are given once.

Each race meets at a barrier after the limits were read. With the locks only one of the two ever comes that far;
the control takes the locks away and shows that the race is real.
"""

import threading
from contextlib import suppress
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection, connections

from carecore import audit
from carecore.workflow import Refused
from sanatorium.models import Cost, Nomination, PersonYear
from sanatorium.workflow import batches, settlement
from tests import build
from tests.sanatorium.stays import Stay, day

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite writes one after the other"),
]
# Only so long must the first wait for a second one that the lock keeps away.
PATIENCE = 1.5


@pytest.fixture
def stay(city, cast, today):
    return Stay(city, cast, today)


@pytest.fixture(params=["locked", "control"])
def locks(request, monkeypatch):
    """With the locks, and without them."""
    if request.param == "control":
        for module in (batches, settlement):
            monkeypatch.setattr(module, "locked_all", read_all)
            monkeypatch.setattr(module, "locked", read_again)
    return request.param


def read_all(query):
    rows = list(query.order_by("pk"))
    audit.remember(rows)
    return rows


def read_again(rows, *related):
    return read_all(type(rows[0]).objects.filter(pk__in=[row.pk for row in rows]).select_related(*related))


def race(monkeypatch, module, check, *calls):
    """Run the calls at once, each stopped after `check` until the other got there too; returns who was refused."""
    barrier, refusals, checked = threading.Barrier(len(calls)), [], getattr(module, check)

    def meet(*args):
        found = checked(*args)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(PATIENCE)
        return found

    def run(call):
        try:
            call()
        except Refused as refusal:
            refusals.append(refusal.findings[0].key)
        finally:
            connections.close_all()

    monkeypatch.setattr(module, check, meet)
    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refusals


def test_the_last_seat_is_given_once(stay, locks, monkeypatch):
    batch = stay.open(capacity=1)
    calls = [
        partial(batches.assign, by=stay.cast.union_officer, batch=batch, rows=[stay.person(name)])
        for name in ("张三", "李四")
    ]
    refusals = race(monkeypatch, batches, "check_seats", *calls)
    seated = Nomination.objects.filter(batch=batch).count()
    if locks == "locked":
        assert (refusals, seated, stay.fresh(batch).seats) == (["seats"], 1, 1)
    else:
        assert (refusals, seated, stay.fresh(batch).seats) == ([], 2, 1)


def of_two_plans(stay):
    """One person with an approved nomination in each of two plans, and a batch for each."""
    stay.rule("sanatorium.trips_person_year", 2)
    county = build.plan(stay.city.b)
    first, second = stay.person("张三"), build.approved(county, stay.city.b, "张三")
    PersonYear.objects.filter(person=second.person).update(person=first.person)
    Nomination.objects.filter(pk=second.pk).update(person=first.person)
    return county, first, stay.fresh(second)


def test_a_person_never_sits_in_two_overlapping_batches(stay, locks, monkeypatch):
    county, first, second = of_two_plans(stay)
    seats = [(stay.open(number=1), first), (stay.open(plan=county, number=1), second)]
    calls = [
        partial(batches.assign, by=stay.cast.union_officer, batch=batch, rows=[row]) for batch, row in seats
    ]
    refusals = race(monkeypatch, batches, "check_seats", *calls)
    seated = Nomination.objects.filter(batch__isnull=False).count()
    assert (refusals, seated) == ((["overlap"], 1) if locks == "locked" else ([], 2))


def test_a_persons_year_is_never_charged_past_its_cap(stay, locks, monkeypatch):
    county, first, second = of_two_plans(stay)
    lines = []
    for plan, row, (start, end) in ((stay.plan, first, ("6-1", "6-6")), (county, second, ("7-6", "7-11"))):
        batch = stay.open(plan=plan, number=1, starts_on=day(start), ends_on=day(end))
        batches.assign(by=stay.cast.union_officer, batch=batch, rows=[row])
        lines.append((stay.set_out(batch), stay.line(row, "2000")))
    calls = [partial(stay.settle, batch, line) for batch, line in lines]
    refusals = race(monkeypatch, settlement, "check_costs", *calls)
    spent = sum(cost.total for cost in Cost.objects.all())
    if locks == "locked":
        assert (refusals, spent) == (["sanatorium.cost_person_year"], Decimal("2000"))
    else:
        assert (refusals, spent) == ([], Decimal("4000"))
