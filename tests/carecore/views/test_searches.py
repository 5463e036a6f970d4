"""The searches behind unit and person fields: known rows only, names and units, never a number."""

import pytest

from tests import build

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["李", "ls", "lisi", "LiSi"])
def test_people_are_found_by_name_reading_and_initials(client, city, cast, text):
    person = build.person(city.a, "李四")
    build.person(city.b, "李四")
    client.force_login(cast.clerk)
    body = client.get("/people/search/", {"q": text}).content.decode()
    assert body.strip() == f'<option value="李四 #{person.pk}" label="甲局 ls lisi"></option>'


def test_htmx_posts_the_field_itself_so_that_no_number_reaches_an_address(client, city, cast):
    client.force_login(cast.clerk)
    answer = client.post(
        "/units/search/", {"unit": "3799010"}, headers={"HX-Request": "true", "HX-Trigger-Name": "unit"}
    )
    assert answer.content.decode().strip() == '<option value="37990101 甲局一所"></option>'


def test_units_outside_are_not_offered(client, city, cast):
    client.force_login(cast.clerk)
    assert "乙局" not in client.get("/units/search/", {"q": "局"}).content.decode()
    client.force_login(cast.admin)
    assert "乙局" in client.get("/units/search/", {"q": "局"}).content.decode()


@pytest.mark.parametrize("route", ["/units/search/", "/people/search/"])
def test_a_search_is_for_whoever_is_signed_in(client, db, route):
    assert client.get(route, {"q": "甲"}).status_code == 302
    assert client.get(route, headers={"Accept": "application/json"}).status_code == 401


@pytest.mark.parametrize("text", ["\0", "'", "%", "_", "💥", "x" * 5000])
@pytest.mark.parametrize("route", ["/units/search/", "/people/search/"])
def test_odd_texts_find_nothing(client, cast, route, text):
    client.force_login(cast.clerk)
    assert client.get(route, {"q": text}).status_code == 200


def test_a_search_asks_no_more_queries_for_more_people(client, city, cast, queries_of):
    build.person(city.a, "李四")
    client.force_login(cast.clerk)
    one = queries_of(client, "/people/search/?q=李")
    build.person(city.a, "李四")
    build.person(city.a_office, "李四")
    assert queries_of(client, "/people/search/?q=李") == one
