"""A number that two units want: the common superior sees it as a task and decides."""

import pytest

from carecore import people
from carecore.access import Role
from carecore.models import AuditEvent, Person
from carecore.people import PersonDraft
from carecore.workflow import Forbidden, Refused
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger(city, cast):
    """A person of 乙局 whom the clerk of 甲局 wanted to register, twice."""
    person = build.person(city.b, "王五")
    for _ in range(2):
        draft = PersonDraft(unit=city.a, name="王五", id_number=person.id_number)
        people.register_people(by=cast.clerk, drafts=[draft])
    return person


def test_the_common_superior_sees_one_task(city, cast, stranger):
    (task,) = people.open_duplicates(cast.org_officer)
    assert (task.person, task.wanted_by, task.asked_by) == (stranger, city.a, cast.clerk)
    for other in (cast.clerk, cast.clerk_b, cast.auditor, cast.admin, cast.lead):
        assert people.open_duplicates(other) == []


def test_a_transfer_settles_it(city, cast, stranger):
    people.transfer_person(by=cast.org_officer, person=stranger, unit=city.a)
    assert people.open_duplicates(cast.org_officer) == []
    draft = PersonDraft(unit=city.a, name="王五", id_number=stranger.id_number)
    assert people.register_people(by=cast.clerk, drafts=[draft])[0].became == "unchanged"


def test_a_decision_settles_it_until_somebody_asks_again(city, cast, stranger):
    people.settle_duplicate(by=cast.org_officer, person=stranger, reason="借调人员,关系仍在乙局")
    assert people.open_duplicates(cast.org_officer) == []
    assert Person.objects.get(pk=stranger.pk).version == 1
    event = AuditEvent.objects.order_by("seq").last()
    assert (event.action, event.reason) == ("settle_duplicate", "借调人员,关系仍在乙局")
    draft = PersonDraft(unit=city.a, name="王五", id_number=stranger.id_number)
    people.register_people(by=cast.clerk, drafts=[draft])
    assert len(people.open_duplicates(cast.org_officer)) == 1


def test_a_decision_needs_a_reason_and_a_right(city, cast, stranger):
    with pytest.raises(Refused) as refusal:
        people.settle_duplicate(by=cast.org_officer, person=stranger, reason=" ")
    assert refusal.value.findings[0].message == "请填写理由"
    for by in (cast.clerk, cast.lead_b, build.user("office", city.a_office, Role.CLERK)):
        with pytest.raises(Forbidden):
            people.settle_duplicate(by=by, person=stranger, reason="维持")
