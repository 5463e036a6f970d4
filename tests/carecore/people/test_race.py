"""One ID number registered by two clerks at once makes one person; the other clerk is told so."""

import threading

import pytest
from django.db import IntegrityError, connection, connections

from carecore import people
from carecore.models import AuditEvent, Person
from carecore.people import PersonDraft, register
from carecore.workflow import Refused
from tests import build

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite writes one after the other"),
]
NUMBER = build.id_number("19850412", 301)


def race(monkeypatch, *calls):
    """Run the calls at once, each stopped after it judged its draft until the other did; what each raised."""
    barrier, raised, judged = threading.Barrier(len(calls)), [], register.judge_people

    def meet(**facts):
        outcomes = judged(**facts)
        barrier.wait(10)
        return outcomes

    def run(call):
        try:
            call()
        except (Refused, IntegrityError) as error:
            raised.append(type(error))
        finally:
            connections.close_all()

    monkeypatch.setattr(register, "judge_people", meet)
    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def calls(city, cast, number):
    def call(by, unit):
        return lambda: people.register_people(
            by=by, drafts=[PersonDraft(unit=unit, name="李四", id_number=number)]
        )

    return call(cast.clerk, city.a), call(cast.clerk_b, city.b)


def test_one_number_makes_one_person(city, cast, monkeypatch):
    assert race(monkeypatch, *calls(city, cast, NUMBER)) == [Refused]
    assert Person.objects.with_id_number(NUMBER).count() == 1
    assert AuditEvent.objects.filter(action="register_people").count() == 1
    refusal = AuditEvent.objects.get(action="refused.register_people")
    assert "该证件号码刚被他人登记,请刷新后重试" in refusal.detail


def test_without_the_index_there_would_be_two(city, cast, monkeypatch):
    """The control: without a number nothing tells the two apart, and both come through."""
    assert race(monkeypatch, *calls(city, cast, "")) == []
    assert Person.objects.filter(name="李四").count() == 2
