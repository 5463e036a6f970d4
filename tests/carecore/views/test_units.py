"""Pages of the unit directory."""

import re

import pytest

from carecore.access import Role
from carecore.models import Unit
from tests import build

pytestmark = pytest.mark.django_db
NEW = {
    "parent": "379901 甲局", "code": "37990102", "name": "甲局二所", "kind": "机关事业单位",
    "aliases": "二所、 第二所,二所",
}  # fmt: skip


@pytest.fixture
def keeper(client, cast):
    client.force_login(cast.org_officer)
    return client


def names(page):
    return re.findall(r'/units/\d+/">([^<]+)</a></td>', page.content.decode())


def test_the_tree_is_shown_in_order_and_indented(keeper, city):
    assert names(keeper.get("/units/")) == [
        "滨海市", "\u3000甲局", "\u3000\u3000甲局一所", "\u3000乙局", "\u3000丙公司"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=一所", ["甲局一所"]),
        ("q=379902", ["乙局"]),
        ("under=甲局", ["甲局", "甲局一所"]),
        ("kind=企业", ["丙公司"]),
        ("state=closed", ["乙局"]),
        ("state=open&under=滨海市&q=局", ["甲局", "甲局一所"]),
    ],
)
def test_units_are_filtered(keeper, city, query, found):
    Unit.objects.filter(pk=city.b.pk).update(valid_to="2026-05-10")
    assert [name.strip() for name in names(keeper.get(f"/units/?{query}"))] == found


def test_a_filter_by_an_unknown_unit_shows_nothing_and_says_so(keeper):
    answer = keeper.get("/units/?under=没有")
    assert answer.status_code == 400 and "没有找到“没有”" in answer.content.decode()


def test_units_outside_do_not_exist(client, city, cast):
    client.force_login(cast.clerk)
    assert [name.strip() for name in names(client.get("/units/"))] == ["甲局", "甲局一所"]
    assert client.get(f"/units/{city.b.pk}/").status_code == 404
    page = client.get(f"/units/{city.a_office.pk}/").content.decode()
    assert "甲局" in page and "滨海市" not in page


def test_a_unit_shows_its_people_and_offers_what_one_may(keeper, client, city, cast):
    build.person(city.a_office)
    page = keeper.get(f"/units/{city.a.pk}/").content.decode()
    assert "本单位 2 人,含下级 3 人" in page and f"/units/{city.a.pk}/close/" in page
    client.force_login(cast.clerk)
    page = client.get(f"/units/{city.a.pk}/").content.decode()
    assert "/close/" not in page and "/edit/" not in page


def test_an_administrator_sees_units_but_no_people(client, city, cast):
    client.force_login(cast.admin)
    page = client.get(f"/units/{city.a.pk}/").content.decode()
    assert "379901" in page and "在职人员" not in page and "办理记录" not in page


def test_queries_do_not_grow_with_the_units(keeper, city, queries_of):
    for page in ("/units/", f"/units/{city.root.pk}/"):
        build.unit("一", city.root)
        one = queries_of(keeper, page)
        build.unit("二", city.root)
        build.unit("三", city.a)
        assert queries_of(keeper, page) == one


def test_a_unit_is_added_once(keeper, city):
    assert keeper.get("/units/new/?parent=379901").status_code == 200
    answer = keeper.post("/units/new/", NEW)
    unit = Unit.objects.get(code="37990102")
    assert answer.headers["Location"] == f"/units/{unit.pk}/"
    assert (unit.parent, unit.aliases, unit.quota_class) == (city.a, ["二所", "第二所"], "机关事业单位")
    again = keeper.post("/units/new/", NEW)
    assert again.status_code == 409 and "已经登记过" in again.content.decode()
    differing = keeper.post("/units/new/", {**NEW, "name": "三所"})
    assert "单位名称:登记为“甲局二所”,此处为“三所”" in differing.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"code": ""}, {"kind": "部队"}, {"parent": "没有"}, {"division_code": "甲"}, {"name": "\0"}]
)
def test_a_unit_that_makes_no_sense_is_a_400(keeper, city, wrong):
    assert keeper.post("/units/new/", {**NEW, **wrong}).status_code == 400


def test_a_unit_is_amended(keeper, city):
    page = keeper.get(f"/units/{city.a.pk}/edit/").content.decode()
    assert 'value="379901"' in page and 'name="version" value="1"' in page
    sent = {
        "code": "379901",
        "name": "甲委",
        "kind": "机关事业单位",
        "quota_class": "机关事业单位",
        "version": 1,
    }
    assert keeper.post(f"/units/{city.a.pk}/edit/", sent).status_code == 302
    assert Unit.objects.get(pk=city.a.pk).name == "甲委"
    stale = keeper.post(f"/units/{city.a.pk}/edit/", {**sent, "name": "甲厅"})
    assert stale.status_code == 409 and "已被他人更新" in stale.content.decode()
    taken = keeper.post(f"/units/{city.a.pk}/edit/", {**sent, "code": "379902", "version": 2})
    assert taken.status_code == 409 and "单位代码“379902”已被使用" in taken.content.decode()


def test_a_unit_is_closed_and_opened_again(keeper, city):
    path = f"/units/{city.a_office.pk}/"
    assert keeper.post(f"{path}close/", {"version": 1, "valid_to": "2026-05-10"}).status_code == 302
    assert "已停用" in keeper.get(path).content.decode()
    assert keeper.post(f"{path}reopen/", {"version": 2}).status_code == 302
    assert Unit.objects.get(pk=city.a_office.pk).valid_to is None
    refused = keeper.post(f"/units/{city.a.pk}/close/", {"version": 1, "valid_to": "2026-05-31"})
    assert refused.status_code == 409 and "在职人员2人" in refused.content.decode()
    assert keeper.post(f"{path}close/", {"version": 3, "valid_to": "昨天"}).status_code == 400


def test_only_whoever_keeps_units_changes_them(client, city, cast):
    for user in (cast.clerk, cast.union_lead, cast.admin, cast.auditor):
        client.force_login(user)
        assert client.get("/units/new/").status_code == 403
        assert client.post(f"/units/{city.a.pk}/close/", {"version": 1}).status_code == 403
    client.force_login(build.user("keeper_b", city.b, Role.ORG_OFFICER))
    assert client.get(f"/units/{city.a.pk}/edit/").status_code == 404
