"""The register's verbs asked for as JSON: done, wrong fields, refused, stale, forbidden, unseen, unknown."""

import pytest
from django.test import Client

from carecore.models import Person
from tests import build

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def ask(client):
    def post(path, **sent):
        answer = client.post(path, sent, headers=JSON)
        return answer.status_code, answer.json()

    return post


def test_a_verb_answers_with_its_row(client, ask, city, cast):
    client.force_login(cast.org_officer)
    status, body = ask("/people/new/", unit="甲局", name="赵六", status="在职")
    person = Person.objects.get(name="赵六")
    assert (status, body) == (200, {"ok": True, "state": "", "pk": person.pk, "findings": []})
    assert ask(f"/people/{person.pk}/transfer/", unit="乙局", version=1)[0] == 200
    assert ask(f"/people/{person.pk}/appraisals/new/", year=2025, grade="优秀")[0] == 200
    assert Person.objects.get(pk=person.pk).unit == city.b


def test_an_empty_post_names_the_missing_fields(client, ask, city, cast):
    client.force_login(cast.org_officer)
    person = build.person(city.a)
    for path in ("/people/new/", "/units/new/", "/attachments/new/", f"/people/{person.pk}/honours/new/"):
        status, body = ask(path)
        assert (status, body["code"]) == (400, "fields") and body["fields"]


def test_a_refusal_and_a_stale_row_are_a_409_with_findings(client, ask, city, cast):
    client.force_login(cast.clerk)
    person = build.person(city.a, "李四")
    sent = {"name": "李四", "status": "在职", "id_number": build.person(city.b).id_number}
    status, body = ask(f"/people/{person.pk}/edit/", version=1, **sent)
    assert (status, body["code"], body["findings"][0]["rule"]) == (409, "rule", "person.elsewhere")
    status, body = ask(f"/people/{person.pk}/edit/", version=9, name="李斯", status="在职")
    assert (status, body["code"], body["findings"][0]["rule"]) == (409, "stale", "stale")


def test_whoever_may_not_is_told_in_json_too(client, ask, city, cast):
    person = build.person(city.b)
    assert ask(f"/people/{person.pk}/edit/")[0] == 401
    client.force_login(cast.clerk)
    assert ask(f"/people/{person.pk}/edit/")[0] == 404
    client.force_login(cast.auditor)
    assert ask(f"/people/{person.pk}/edit/")[0] == 403


def test_a_post_without_its_token_is_refused_in_json_and_as_a_page(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.clerk)
    answer = client.post("/people/new/", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert client.post("/people/new/").status_code == 403


def test_an_export_format_that_does_not_exist_is_a_400(client, cast):
    client.force_login(cast.clerk)
    answer = client.get("/people/?export=pdf", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert "导出格式" in client.get("/people/?export=pdf").content.decode()


def test_what_is_refused_before_a_session_is_read_has_a_page_too(client):
    answer = client.get("/people/", headers={"Host": "elsewhere.invalid"})
    assert answer.status_code == 400 and "提交的内容不完整或格式不对" in answer.content.decode()
