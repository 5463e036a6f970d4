"""Pages of the people register: what is shown, to whom, and that no full number is."""

import re

import pytest

from carecore import people
from carecore.access import Role
from carecore.models import AuditEvent, Benefit, Person
from carecore.people import AppraisalDraft, PersonDraft
from tests import build

pytestmark = pytest.mark.django_db
PHONE = "13900001234"


@pytest.fixture
def clerk(client, cast):
    client.force_login(cast.clerk)
    return client


@pytest.fixture
def person(city):
    return build.person(city.a, "李四", phone=PHONE, post="科员")


def names(page):
    return re.findall(r'/people/\d+/">(\S+?)</a></td>', page.content.decode())


# The list --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["q=李四", "q=lisi", "q=ls", "unit=甲局&q=李", "status=在职&q=ls"])
def test_people_are_found_by_name_reading_initials_and_unit(clerk, city, person, query):
    build.person(city.b, "李四")
    build.person(city.a, "王五", status="退休")
    assert names(clerk.get(f"/people/?{query}")) == ["李四"]


def test_a_unit_filter_holds_what_is_under_the_unit(client, city, cast, person):
    build.person(city.a_office, "所员")
    client.force_login(cast.org_officer)
    assert set(names(client.get("/people/?unit=379901"))) == {"经办甲", "负责人甲", "李四", "所员"}
    assert names(client.get("/people/?unit=甲局一所")) == ["所员"]


@pytest.mark.parametrize("query", ["unit=乙局", "unit=没有", "status=不明"])
def test_an_impossible_filter_shows_nobody(clerk, person, query):
    answer = clerk.get(f"/people/?{query}")
    assert answer.status_code == 400 and names(answer) == []


def test_no_page_and_no_export_shows_a_full_number(clerk, person):
    pages = ["/people/", f"/people/{person.pk}/", f"/people/{person.pk}/edit/", "/people/?export=csv"]
    for page in pages:
        answer = clerk.get(page)
        body = answer.getvalue() if answer.streaming else answer.content
        assert answer.status_code == 200
        assert person.id_number not in body.decode() and PHONE not in body.decode()
    assert person.masked_id in clerk.get("/people/").content.decode()


def test_queries_do_not_grow_with_the_people(clerk, city, person, queries_of):
    one = queries_of(clerk, "/people/")
    build.person(city.a)
    build.person(city.a_office)
    assert queries_of(clerk, "/people/") == one


def test_administrators_see_no_people(client, cast, person):
    client.force_login(cast.admin)
    for page in ("/people/", f"/people/{person.pk}/"):
        assert client.get(page).status_code == 403


def test_a_person_is_found_by_the_whole_number_in_a_post(clerk, city, person):
    answer = clerk.post("/people/find/", {"id_number": person.id_number})
    assert answer.headers["Location"] == f"/people/{person.pk}/"
    for number in (build.person(city.b).id_number, build.id_number(), "123"):
        answer = clerk.post("/people/find/", {"id_number": number})
        assert answer.status_code == 400
    assert clerk.get("/people/find/").status_code == 405


# One person ------------------------------------------------------------------------------------------------


def test_a_person_shows_facts_benefits_and_timeline(clerk, cast, person):
    people.add_appraisals(by=cast.clerk, drafts=[AppraisalDraft(person=person, year=2025, grade="优秀")])
    people.amend_person(by=cast.clerk, person=person, changes={"post": "科长"})
    Benefit.objects.create(
        person=person, unit=person.unit, channel="疗休养", occasion="2025年疗休养", period="2025",
        amount="2800.00", document_kind="x", given_on="2025-06-01",
    )  # fmt: skip
    page = clerk.get(f"/people/{person.pk}/").content.decode()
    for text in ("2025年", "优秀", "科长", "2025年疗休养", "2,800.00", "修改人员资料", "经办甲"):
        assert text in page


def test_queries_do_not_grow_with_the_facts_of_a_person(clerk, cast, person, queries_of):
    def appraise(*years):
        drafts = [AppraisalDraft(person=person, year=year, grade="优秀") for year in years]
        people.add_appraisals(by=cast.clerk, drafts=drafts)

    appraise(2023)
    one = queries_of(clerk, f"/people/{person.pk}/")
    appraise(2024, 2025)
    assert queries_of(clerk, f"/people/{person.pk}/") == one


def test_a_person_elsewhere_does_not_exist(clerk, city):
    stranger = build.person(city.b)
    for path in ("", "edit/", "transfer/", "appraisals/new/"):
        assert clerk.get(f"/people/{stranger.pk}/{path}").status_code == 404
    for path in ("reveal/", "settle/", "take/"):
        assert clerk.post(f"/people/{stranger.pk}/{path}", {"version": 1}).status_code == 404


def test_who_only_reads_is_offered_no_change(client, cast, person):
    client.force_login(cast.auditor)
    page = client.get(f"/people/{person.pk}/").content.decode()
    assert "/edit/" not in page and "/transfer/" not in page and "/reveal/" in page
    for path in ("edit/", "transfer/", "honours/new/"):
        assert client.get(f"/people/{person.pk}/{path}").status_code == 403


# Forms -----------------------------------------------------------------------------------------------------


def test_a_person_is_registered_and_a_double_click_makes_one(clerk, city):
    page = clerk.get("/people/new/").content.decode()
    (number,) = re.findall(r'name="request_id" value="([\w-]+)"', page)
    sent = {
        "request_id": number,
        "unit": "甲局",
        "name": "赵六",
        "status": "在职",
        "id_number": build.id_number(),
    }
    first, second = clerk.post("/people/new/", sent), clerk.post("/people/new/", sent)
    person = Person.objects.get(name="赵六")
    assert first.headers["Location"] == second.headers["Location"] == f"/people/{person.pk}/"
    again = clerk.post("/people/new/", {**sent, "request_id": ""})
    assert again.status_code == 409 and "已经登记过" in again.content.decode()


def test_whoever_keeps_one_unit_need_not_name_it(client, city):
    client.force_login(build.user("office", city.a_office, Role.CLERK))
    assert 'value="37990101 甲局一所"' in client.get("/people/new/").content.decode()


def test_a_number_on_record_elsewhere_is_said_without_a_name(clerk, client, city, cast):
    stranger = build.person(city.b, "王五")
    sent = {"unit": "甲局", "name": "王五", "status": "在职", "id_number": stranger.id_number}
    answer = clerk.post("/people/new/", sent)
    page = answer.content.decode()
    assert answer.status_code == 409 and f"参考编号 {stranger.pk}" in page and "乙局" not in page
    client.force_login(cast.clerk_b)
    assert "经办甲" not in client.get(f"/people/{stranger.pk}/").content.decode()
    client.force_login(cast.org_officer)
    assert "王五" in client.get("/people/duplicates/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit": "乙局"},
        {"name": ""},
        {"id_number": "1" * 18},
        {"born_on": "32"},
        {"phone": "x"},
        {"name": "\0"},
    ],
)
def test_a_person_that_makes_no_sense_is_a_400(clerk, city, wrong):
    sent = {"unit": "甲局", "name": "赵六", "status": "在职", **wrong}
    assert clerk.post("/people/new/", sent).status_code == 400
    assert not Person.objects.filter(name="赵六").exists()


def test_an_edit_keeps_the_numbers_that_are_left_empty(clerk, person):
    sent = {"name": "李斯", "status": "在职", "post": "科长", "version": 1}
    assert clerk.post(f"/people/{person.pk}/edit/", sent).status_code == 302
    kept = Person.objects.get(pk=person.pk)
    assert (kept.name, kept.post, kept.id_number, kept.phone) == ("李斯", "科长", person.id_number, PHONE)
    assert clerk.post(f"/people/{person.pk}/edit/", sent).status_code == 409


def test_a_person_is_moved(client, city, cast, person):
    client.force_login(cast.org_officer)
    path = f"/people/{person.pk}/transfer/"
    assert client.post(path, {"unit": "乙局", "version": 1}).status_code == 302
    assert Person.objects.get(pk=person.pk).unit == city.b
    assert client.post(path, {"unit": "乙局", "version": 2}).status_code == 409
    assert client.post(path, {"unit": "", "version": 2}).status_code == 400


# Revealing -------------------------------------------------------------------------------------------------


def test_a_number_is_shown_once_for_a_reason(clerk, person):
    answer = clerk.post(f"/people/{person.pk}/reveal/", {"field": "phone", "reason": "通知体检"})
    assert answer.status_code == 200 and PHONE in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert AuditEvent.objects.get(action="reveal").reason == "通知体检"


@pytest.mark.parametrize(
    "sent", [{"field": "phone"}, {"field": "phone", "reason": " "}, {"field": "x", "reason": "y"}]
)
def test_without_a_reason_nothing_is_shown(clerk, person, sent):
    answer = clerk.post(f"/people/{person.pk}/reveal/", sent)
    assert answer.status_code == 400 and PHONE not in answer.content.decode()
    assert not AuditEvent.objects.filter(action="reveal").exists()


def test_a_reveal_is_a_post(clerk, person):
    assert clerk.get(f"/people/{person.pk}/reveal/").status_code == 405
    answer = clerk.post(
        f"/people/{person.pk}/reveal/",
        {"field": "phone", "reason": "x"},
        headers={"Accept": "application/json"},
    )
    assert answer.json()["value"] == PHONE


# Numbers that two units want -------------------------------------------------------------------------------


@pytest.fixture
def wanted(city, cast):
    stranger = build.person(city.b, "王五")
    draft = PersonDraft(unit=city.a, name="王五", id_number=stranger.id_number)
    people.register_people(by=cast.clerk, drafts=[draft])
    return stranger


def test_the_common_superior_moves_the_person(client, city, cast, wanted):
    client.force_login(cast.org_officer)
    assert "证件号码重复登记待处理" in client.get("/").content.decode()
    sent = {"version": 1, "unit": city.a.pk}
    assert client.post(f"/people/{wanted.pk}/take/", sent).status_code == 302
    assert Person.objects.get(pk=wanted.pk).unit == city.a
    assert "没有待处理的重复登记" in client.get("/people/duplicates/").content.decode()
    assert client.post(f"/people/{wanted.pk}/take/", sent).status_code == 302
    assert Person.objects.get(pk=wanted.pk).version == 2


def test_the_common_superior_leaves_the_person(client, cast, wanted):
    client.force_login(cast.org_officer)
    path = f"/people/{wanted.pk}/settle/"
    assert client.post(path, {"version": 1, "reason": ""}).status_code == 409
    assert client.post(path, {"version": 1, "reason": "借调"}).status_code == 302
    assert "没有待处理的重复登记" in client.get("/people/duplicates/").content.decode()


def test_a_clerk_sees_no_such_task(clerk, wanted):
    assert "王五" not in clerk.get("/people/duplicates/").content.decode()
    assert "重复登记待处理" not in clerk.get("/").content.decode()
