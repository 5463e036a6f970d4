"""What every page shares: where a verb leads back to, where a page stands, what answers for a row that is not there."""

import datetime

import pytest

from carecore.models import Unit
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(client, cast):
    client.force_login(cast.org_officer)
    return client


def text(answer):
    return answer.content.decode()


@pytest.mark.parametrize("target", ["x", "desk", "x" * 300, "\x00", "//elsewhere.example/", "javascript:alert(1)", "😀"])
def test_a_return_address_that_is_no_path_of_this_site_is_not_followed(keeper, city, target):
    Unit.objects.filter(pk=city.b.pk).update(valid_to="2026-05-01")
    answer = keeper.post(f"/units/{city.b.pk}/reopen/", {"version": city.b.version, "next": target})
    assert (answer.status_code, answer["Location"]) == (302, f"/units/{city.b.pk}/")


def test_a_return_address_on_this_site_is_followed(keeper, city):
    Unit.objects.filter(pk=city.b.pk).update(valid_to="2026-05-01")
    sent = {"version": city.b.version, "next": "/units/?q=乙"}
    assert keeper.post(f"/units/{city.b.pk}/reopen/", sent)["Location"] == "/units/?q=%E4%B9%99"


@pytest.mark.parametrize("debug", [True, False])
def test_what_is_not_there_answers_in_the_words_of_the_product_in_a_demonstration_too(
    keeper, city, settings, debug
):
    settings.DEBUG = debug
    answer = keeper.get("/people/999999/")
    assert answer.status_code == 404
    assert "回首页" in text(answer) and "URLconf" not in text(answer)
    asked = keeper.get("/people/999999/", headers={"Accept": "application/json"})
    assert asked.json() == {"ok": False, "code": "not_found", "findings": []}


def test_a_page_below_a_list_leads_back_to_it(keeper, city):
    person = build.person(city.a, "张三")
    page = text(keeper.get(f"/people/{person.pk}/"))
    assert '<li><a href="/people/">人员</a></li><li><span aria-current="page">张三</span></li>' in page
    assert "care-crumbs" not in text(keeper.get("/people/"))


def test_the_menu_leads_to_the_admin_whoever_holds_an_appointment(client, cast):
    client.force_login(cast.clerk)
    assert 'href="/admin/"' in text(client.get("/"))
    cast.clerk.appointments.update(starts_on=datetime.date(2025, 1, 1), ends_on=datetime.date(2025, 12, 31))
    assert 'href="/admin/"' not in text(client.get("/"))
