"""Pages of sanatoria: list, card, forms, moves (BZ-16)."""

import uuid

import pytest

from sanatorium.models import Venue, VenueState
from sanatorium.workflow import venues
from tests import build
from tests.sanatorium.stays import queries_of

URL = "/sanatorium/venues/"
JSON = {"Accept": "application/json"}
SENT = {
    "name": "烟台海滨疗养院", "address": "海滨路8号", "place": "省内", "union_owned": "on", "tags": ["海滨", "中医药"],
    "other_tags": "沙滩, 海钓", "capacity": 60, "contact": "王主任", "contact_phone": "05356667788",
}  # fmt: skip


@pytest.fixture
def as_user(client, cast):
    def sign_in(who):
        client.force_login(getattr(cast, who))
        return client

    return sign_in


def text(answer):
    return answer.content.decode()


def post(client, venue, verb, **facts):
    return client.post(f"{URL}{venue.pk}/{verb}/", {"version": venue.version, **facts}, headers=JSON)


def test_an_application_is_typed_once(as_user, cast, city):
    client, sent = as_user("union_officer"), {**SENT, "request_id": uuid.uuid4()}
    first, second = client.post(f"{URL}new/", sent), client.post(f"{URL}new/", sent)
    venue = Venue.objects.get()
    assert first["Location"] == second["Location"] == f"{URL}{venue.pk}/"
    assert (venue.unit, venue.state, venue.place_case, venue.tags, venue.union_owned) == (
        city.root, "申报", "省内", "海滨、中医药、沙滩、海钓", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("place", "facts"), [("本市", (True, True)), ("省内", (False, True)), ("省外", (False, False))]
)
def test_the_place_is_one_choice(as_user, place, facts):
    as_user("union_officer").post(f"{URL}new/", {**SENT, "place": place})
    venue = Venue.objects.get()
    assert (venue.in_city, venue.in_province, venue.place_case) == (*facts, place)


def test_the_form_shows_what_the_rules_ask_of_a_venue(as_user, city):
    build.rule(city.root, "sanatorium.union_venue", True, clause="BZ-10")
    page = text(as_user("union_officer").get(f"{URL}new/"))
    assert "须选工会系统疗休养院" in page and "BZ-10" in page


@pytest.mark.parametrize(
    ("change", "field"),
    [({"capacity": 0}, "capacity"), ({"place": "国外"}, "place"), ({"name": ""}, "name"), ({"tags": ["火山"]}, "tags"),
     ({"other_tags": "特" * 61}, "other_tags")],
)  # fmt: skip
def test_wrong_input_is_a_form_error(as_user, change, field):
    answer = as_user("union_officer").post(f"{URL}new/", {**SENT, **change}, headers=JSON)
    assert (answer.status_code, list(answer.json().get("fields", []))) == (
        (400, [field]) if field else (302, [])
    )


def test_a_known_name_is_refused_at_its_field(as_user, city):
    build.venue(city.root, SENT["name"])
    answer = as_user("union_officer").post(f"{URL}new/", SENT)
    assert (answer.status_code, answer.context["form"].errors) == (
        409,
        {"name": ["“烟台海滨疗养院”已登记,请核对名称"]},
    )


def test_a_card_shows_reviews_state_and_history(as_user, cast, city):
    venue = venues.apply_venue(
        by=cast.union_officer,
        unit=city.root,
        name="烟台院",
        address="海滨路",
        capacity=60,
        tags="海滨",
        contact_phone="05356667788",
    )
    client = as_user("union_officer")
    review = {
        "version": 1,
        "reviewed_on": "2026-05-10",
        "score": 92,
        "reviewers": "考察组",
        "opinion": "设施齐全",
    }
    assert client.post(f"{URL}{venue.pk}/review/", review).status_code == 302
    page = text(client.get(f"{URL}{venue.pk}/"))
    for part in ("申报", "海滨", "92", "设施齐全", "申报疗休养院", "05356667788"):
        assert part in page, part
    assert "05356667788" not in text(as_user("clerk").get(f"{URL}{venue.pk}/"))


def test_the_lead_moves_a_venue_with_a_reason(as_user, city):
    venue, lead = build.venue(city.root, state="申报"), as_user("union_lead")
    assert post(lead, venue, "admit").json()["findings"][0]["rule"] == "reason"
    assert post(lead, venue, "admit", reason="考察合格").json()["state"] == "准入"
    venue.refresh_from_db()
    assert post(lead, venue, "suspend", reason="改造").json()["state"] == "暂停"
    venue.refresh_from_db()
    assert post(lead, venue, "restore", reason="完工").json()["state"] == "准入"
    venue.refresh_from_db()
    assert post(lead, venue, "remove", reason="停业").json()["state"] == "退出"


def test_the_card_says_why_a_venue_cannot_be_admitted(as_user, cast, city):
    build.rule(city.root, "sanatorium.venue_review_score", 80, clause="第三条")
    venue = build.venue(city.root, state="申报")
    venue.reviews.create(
        reviewed_on="2026-05-01", score=60, opinion="差", reviewers="组", recorded_by=cast.union_officer
    )
    assert "不能准入:青岛工人疗养院最近一次考察得60分,准入不低于80分(第三条)" in text(
        as_user("union_lead").get(f"{URL}{venue.pk}/")
    )


@pytest.mark.parametrize(("reason", "status"), [("\0", 409), ("好\0", 200), ("好" * 5000, 409), ("💥", 200)])
def test_odd_reasons_never_break_a_page(as_user, city, reason, status):
    venue = build.venue(city.root, state="申报")
    assert post(as_user("union_lead"), venue, "admit", reason=reason).status_code == status


@pytest.mark.parametrize("verb", ["admit", "suspend", "restore", "remove"])
def test_moves_need_their_right_their_state_and_a_post(as_user, city, verb):
    venue = build.venue(city.root, state="退出" if verb in ("admit", "suspend", "remove") else "准入")
    assert post(as_user("union_officer"), venue, verb, reason="x").status_code == 403
    assert post(as_user("union_lead"), venue, verb, reason="x").status_code == 409
    assert as_user("union_lead").get(f"{URL}{venue.pk}/{verb}/").status_code == 405


@pytest.mark.parametrize("part", ["new/", "{pk}/edit/", "{pk}/review/"])
def test_forms_are_for_whoever_keeps_venues(as_user, city, part):
    url = URL + part.format(pk=build.venue(city.root).pk)
    statuses = {
        who: as_user(who).get(url).status_code for who in ("union_officer", "union_lead", "clerk", "admin")
    }
    assert statuses == {"union_officer": 200, "union_lead": 403, "clerk": 403, "admin": 403}


def test_a_venue_of_another_unit_does_not_exist(as_user, city):
    venue = build.venue(city.b, "乙局院")
    assert as_user("clerk").get(f"{URL}{venue.pk}/").status_code == 404
    assert "乙局院" not in text(as_user("clerk").get(URL))


def test_an_edit_form_keeps_what_is_known_and_refuses_a_stale_one(as_user, city):
    venue = build.venue(city.root, tags="海滨、海钓", in_province=False, state="申报")
    client = as_user("union_officer")
    page = text(client.get(f"{URL}{venue.pk}/edit/"))
    assert 'value="海钓"' in page and '<option value="省外" selected>' in page
    sent = {**SENT, "version": 1, "place": "省外"}
    assert client.post(f"{URL}{venue.pk}/edit/", sent).status_code == 302
    assert client.post(f"{URL}{venue.pk}/edit/", sent, headers=JSON).json()["code"] == "stale"


@pytest.mark.parametrize(
    ("query", "names"),
    [("", {"甲院", "乙院"}), ("state=暂停", {"乙院"}), ("province=False", {"乙院"}), ("province=True", {"甲院"}),
     ("tag=森林", {"乙院"}), ("tag=海滨", {"甲院"}), ("q=甲", {"甲院"}), ("q=山路", {"乙院"})],
)  # fmt: skip
def test_the_list_is_filtered_by_state_province_tag_and_text(as_user, city, query, names):
    build.venue(city.root, "甲院", tags="海滨")
    build.venue(
        city.root, "乙院", tags="森林、矿泉", in_province=False, state=VenueState.SUSPENDED, address="山路2号"
    )
    page = text(as_user("union_officer").get(f"{URL}?{query}"))
    assert {name for name in ("甲院", "乙院") if name in page} == names


def test_only_known_tags_can_be_asked_for(as_user, city):
    build.venue(city.b, "乙局院", tags="秘境")
    assert as_user("clerk").get(f"{URL}?tag=秘境").status_code == 400
    assert as_user("union_officer").get(f"{URL}?tag=秘境").status_code == 200


def test_the_list_shows_the_latest_score_and_no_more_queries_for_more_rows(as_user, cast, city):
    def scored(name, *scores):
        venue = build.venue(city.root, name)
        for day, score in enumerate(scores, 1):
            venue.reviews.create(
                reviewed_on=f"2026-05-0{day}",
                score=score,
                opinion="好",
                reviewers="组",
                recorded_by=cast.union_officer,
            )

    scored("甲院", 71, 93)
    client = as_user("union_officer")
    page = text(client.get(URL))
    assert "93" in page and "71" not in page
    before = queries_of(client, URL)
    scored("乙院", 88)
    scored("丙院")
    assert queries_of(client, URL) == before
