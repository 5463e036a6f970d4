"""Appraisals, honours and service: added in sets, never overwritten, corrected one at a time."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore import audit, people
from carecore.models import Appraisal, AuditEvent, Honour, ServicePeriod
from carecore.people import AppraisalDraft, HonourDraft, ServiceDraft
from carecore.workflow import Forbidden, Refused, Stale
from tests import build

pytestmark = pytest.mark.django_db
DAY = datetime.date(2024, 3, 8)


def told(outcomes):
    return [(str(outcome.became), outcome.message) for outcome in outcomes]


@pytest.fixture
def person(city):
    return build.person(city.a, "张三")


def appraise(by, person, *years_and_grades):
    drafts = [AppraisalDraft(person=person, year=year, grade=grade) for year, grade in years_and_grades]
    return people.add_appraisals(by=by, drafts=drafts)


def test_appraisals_are_added_once_a_year(cast, person):
    assert told(appraise(cast.clerk, person, (2024, "优秀"), (2025, "优秀"))) == [("new", ""), ("new", "")]
    assert told(appraise(cast.clerk, person, (2024, "优秀"), (2025, "称职"))) == [
        ("unchanged", ""),
        ("differs", "等次:登记为“优秀”,此处为“称职”"),
    ]
    assert list(person.appraisals.values_list("year", "grade")) == [(2025, "优秀"), (2024, "优秀")]
    event = AuditEvent.objects.of(person.appraisals.get(year=2024)).get()
    assert (event.action, event.unit) == ("add_appraisals", person.unit)
    assert event.after == audit.canonical(audit.snapshot(person.appraisals.get(year=2024)))


def test_one_year_twice_in_a_list(cast, person):
    assert told(appraise(cast.clerk, person, (2024, "优秀"), (2024, "称职"))) == [
        ("new", ""),
        ("differs", "等次:登记为“优秀”,此处为“称职”"),
    ]


def test_years_and_grades_that_do_not_exist_are_refused(cast, person):
    outcomes = appraise(cast.clerk, person, (1900, "优秀"), (2024, "良好"))
    assert [outcome.became for outcome in outcomes] == ["refused", "refused"]
    assert [outcome.findings[0].key for outcome in outcomes] == ["year", "grade"]


def test_honours_are_added_once_a_title_and_day(cast, person):
    def add(**columns):
        return told(people.add_honours(by=cast.clerk, drafts=[HonourDraft(person=person, **columns)]))

    assert add(title="市劳动模范", awarded_on=DAY, level="市级") == [("new", "")]
    assert add(title="市劳动模范", awarded_on=DAY) == [("unchanged", "")]
    assert add(title="市劳动模范", awarded_on=DAY, level="省级") == [
        ("differs", "级别:登记为“市级”,此处为“省级”")
    ]
    assert add(title="市劳动模范") == [("new", "")]
    assert add(title="市劳动模范") == [("unchanged", "")]
    assert Honour.objects.count() == 2


def test_service_is_added_once_a_unit_and_first_day(cast, city, person):
    def add(**columns):
        draft = ServiceDraft(person=person, unit=city.a, starts_on=DAY, **columns)
        return told(people.add_service(by=cast.clerk, drafts=[draft]))

    assert add(post="科员") == [("new", "")]
    assert add() == [("unchanged", "")]
    assert add(ends_on=datetime.date(2025, 1, 1)) == [("differs", "截止日期:登记为“空”,此处为“2025-01-01”")]
    assert ServicePeriod.objects.get().ends_on is None


def test_service_does_not_end_before_it_begins(cast, city, person):
    draft = ServiceDraft(person=person, unit=city.a, starts_on=DAY, ends_on=datetime.date(2024, 3, 7))
    assert told(people.add_service(by=cast.clerk, drafts=[draft])) == [
        ("refused", "截止日期不得早于起始日期")
    ]


def test_facts_are_added_for_people_whom_one_keeps(cast, city, person):
    for by in (cast.clerk_b, cast.lead, cast.auditor):
        with pytest.raises(Forbidden):
            appraise(by, person, (2024, "优秀"))
    stranger = build.person(city.b)
    drafts = [AppraisalDraft(person=one, year=2024, grade="优秀") for one in (person, stranger)]
    with pytest.raises(Forbidden):
        people.add_appraisals(by=cast.clerk, drafts=drafts)
    assert not Appraisal.objects.exists()


def test_no_facts_are_no_change(cast):
    assert people.add_appraisals(by=cast.clerk, drafts=[]) == []


def test_queries_do_not_grow_with_the_facts(cast, city):
    def queries(many):
        persons = [build.person(city.a) for _ in range(many)]
        drafts = [AppraisalDraft(person=one, year=2024, grade="优秀") for one in persons]
        with CaptureQueriesContext(connection) as captured:
            people.add_appraisals(by=cast.clerk, drafts=drafts)
        return len(captured)

    queries(1)
    assert queries(1) == queries(20)


# Correcting ------------------------------------------------------------------------------------------------


def amend(by, fact, **changes):
    return people.amend_fact(by=by, fact=fact, changes=changes)


def test_a_fact_is_corrected(cast, person):
    (outcome,) = appraise(cast.clerk, person, (2024, "优秀"))
    fact = amend(cast.clerk, outcome.row, grade="称职")
    assert (Appraisal.objects.get().grade, fact.version) == ("称职", 2)
    assert AuditEvent.objects.of(fact).last().action == "amend_fact"
    assert amend(cast.clerk, fact, grade="称职").version == 2


def test_a_fact_does_not_become_another_one(cast, person):
    first, _ = appraise(cast.clerk, person, (2024, "优秀"), (2025, "优秀"))
    with pytest.raises(Refused) as refusal:
        amend(cast.clerk, first.row, year=2025)
    assert refusal.value.findings[0].message == "该年度考核已登记"
    assert sorted(Appraisal.objects.values_list("year", flat=True)) == [2024, 2025]


def test_a_stale_form_another_unit_and_nonsense_correct_nothing(cast, city, person):
    draft = ServiceDraft(person=person, unit=city.a, starts_on=DAY)
    (outcome,) = people.add_service(by=cast.clerk, drafts=[draft])
    seen = ServicePeriod.objects.get()
    amend(cast.clerk, outcome.row, post="科员")
    with pytest.raises(Stale):
        amend(cast.clerk, seen, post="科长")
    fresh = ServicePeriod.objects.get()
    with pytest.raises(Forbidden):
        amend(cast.clerk_b, fresh, post="科长")
    with pytest.raises(Refused) as refusal:
        amend(cast.clerk, fresh, ends_on=datetime.date(2020, 1, 1))
    assert refusal.value.findings[0].message == "截止日期不得早于起始日期"
