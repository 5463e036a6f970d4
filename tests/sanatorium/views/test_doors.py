"""Every address of plans, places, nominations, notices and official sheets: who may, what is hidden, what is asked."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from carecore.models import AuditEvent
from sanatorium.models import State
from sanatorium.urls import urlpatterns
from sanatorium.workflow import notices
from tests import build
from tests.sanatorium.trail import everything
from tests.sanatorium.views.conftest import JSON

EVERYONE = (
    "clerk", "clerk_b", "lead", "union_officer", "union_lead", "org_officer", "org_lead", "auditor", "admin"
)  # fmt: skip
SEE = tuple(name for name in EVERYONE if name != "admin")
PLAN = ("union_officer", "union_lead")
NOMINATE = ("clerk", "clerk_b", "union_officer", "org_officer")
SUBMIT = ("lead",)
CONFIRM = ("org_officer", "org_lead")
EXPORT_FULL = ("union_officer", "union_lead", "auditor")
# Route → whose row stands in the address, the methods, who may ask at all, and what an empty post is told.
ROUTES = {
    "plan_list": ("", "GET", SEE, 0),
    "plan_new": ("", "GET POST", PLAN, 400),
    "plan_detail": ("plan", "GET", SEE, 0),
    "plan_edit": ("plan", "GET POST", PLAN, 400),
    "plan_publish": ("plan", "POST", PLAN, 409),
    "plan_close": ("plan", "POST", PLAN, 409),
    "plan_copy": ("plan", "POST", PLAN, 0),
    "plan_allocate": ("plan", "GET POST", PLAN, 400),
    "plan_quota_sheet": ("plan", "GET", SEE, 0),
    "plan_statistics": ("plan", "GET", SEE, 0),
    "plan_roster": ("plan", "GET POST", EXPORT_FULL, 400),
    "quota_list": ("", "GET", SEE, 0),
    "quota_detail": ("quota", "GET", SEE, 0),
    "quota_transfer": ("quota", "POST", PLAN, 400),
    "quota_return": ("quota", "POST", SEE, 400),
    "quota_pass_down": ("quota", "POST", SEE, 400),
    "nomination_list": ("", "GET", SEE, 0),
    "nomination_new": ("", "GET POST", NOMINATE, 400),
    "nomination_detail": ("row", "GET", SEE, 0),
    "nomination_edit": ("row", "GET POST", NOMINATE, 400),
    "nomination_print": ("row", "GET", SEE, 0),
    "nomination_prove": ("row", "POST", NOMINATE, 400),
    "nomination_seal": ("row", "POST", SEE, 400),
    "nomination_give_up": ("row", "POST", SEE, 409),
    "nomination_replace": ("row", "POST", ("union_lead",), 409),
    "nomination_evidence": ("", "POST", NOMINATE, 409),
    "notice_list": ("", "GET", SEE, 0),
    "notice_new": ("", "POST", NOMINATE, 409),
    "notice_detail": ("notice", "GET", SEE, 0),
    "notice_print": ("notice", "GET", SEE, 0),
    "notice_cancel": ("notice", "POST", NOMINATE, 409),
    "notice_object": ("notice", "POST", SEE, 400),
    "objection_settle": ("objection", "POST", SUBMIT, 400),
    "batch_travellers": ("batch", "GET POST", EXPORT_FULL, 400),
    "batch_settlement_sheet": ("batch", "GET POST", EXPORT_FULL, 400),
}
VERBS = {
    "recheck": NOMINATE, "submit": SUBMIT, "take_back": SUBMIT, "confirm": CONFIRM, "review": ("union_officer",),
    "approve": ("union_lead",), "reject": ("union_lead",), "send_back": SEE, "withdraw": SEE,
}  # fmt: skip
for _verb, _who in VERBS.items():
    ROUTES[f"nomination_{_verb}"] = ("row", "POST", _who, 409)
    ROUTES[f"nominations_{_verb}"] = ("", "POST", _who, 409)
PAGES = [name for name, (_, methods, *_rest) in ROUTES.items() if "GET" in methods]
POSTS = [name for name, (_, methods, *_rest) in ROUTES.items() if "POST" in methods]


@pytest.fixture
def objects(city, cast, year, story):
    """One of each, all of 甲局."""
    [row] = story.on_notice(story.nominated(city.a))
    notice = row.notice
    objection = notices.object_to(
        by=cast.clerk, notice=notice, text="反映内容", received_on=notice.starts_on
    )  # fmt: skip
    batch = build.batch(year.plan, build.venue(city.root), cast.union_officer)
    return {
        "plan": year.plan,
        "quota": year.a,
        "row": row,
        "notice": notice,
        "objection": objection,
        "batch": batch,
    }


def address(name, objects):
    of = ROUTES[name][0]
    return reverse(name, args=[objects[of].pk] if of else [])


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def test_every_address_is_in_the_table():
    others = ("venue", "batch_", "quota_import", "nomination_import", "history_import", "cost_import")
    mine = {pattern.name for pattern in urlpatterns if not pattern.name.startswith(others)}
    assert mine == {name for name in ROUTES if not name.startswith("batch_")}


def expected(name, who, good):
    """403 without the right, 404 for the other unit's row, else what the address says to those who may."""
    of, _, may, _ = ROUTES[name]
    if who not in may:
        return 403
    return 404 if who == "clerk_b" and of in ("quota", "row", "notice", "objection") else good


def test_pages_open_for_their_roles_alone(cast, objects):
    clients = {who: client_of(getattr(cast, who)) for who in EVERYONE}
    for name in PAGES:
        url = address(name, objects)
        answers = {who: client.get(url).status_code for who, client in clients.items()}
        assert (name, answers) == (name, {who: expected(name, who, 200) for who in EVERYONE})


def test_empty_posts_are_refused_and_change_nothing(cast, objects):
    clients, before = {who: client_of(getattr(cast, who)) for who in EVERYONE}, everything()
    for name in POSTS:
        if ROUTES[name][3]:
            url = address(name, objects)
            answers = {who: client.post(url, headers=JSON).status_code for who, client in clients.items()}
            assert (name, answers) == (name, {who: expected(name, who, ROUTES[name][3]) for who in EVERYONE})
    assert everything() == before


def test_without_a_sign_in_pages_lead_to_it_and_json_says_so(client, objects):
    for name in ROUTES:
        url = address(name, objects)
        ask = client.get if name in PAGES else client.post
        answer = ask(url)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={url}")
        answer = ask(url, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_other_methods_are_not_answered(cast, objects):
    client = client_of(cast.union_officer)
    for name, (_, methods, *_rest) in ROUTES.items():
        url = address(name, objects)
        exports = {"POST"} if name.endswith("_list") else set()  # a long export is started by a POST
        others = {"DELETE", "PUT", "GET", "POST"} - set(methods.split()) - exports
        answers = {method: client.generic(method, url).status_code for method in others}
        assert (name, answers) == (name, dict.fromkeys(others, 405))


def test_looking_writes_nothing_but_the_session_and_the_event_of_an_export(cast, objects):
    clients = {who: client_of(getattr(cast, who)) for who in ("union_lead", "union_officer", "clerk")}
    for name in PAGES:
        client = next(client for who, client in clients.items() if who in ROUTES[name][2])
        url, before = address(name, objects), AuditEvent.objects.count()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        writes = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
        exports = name in ("plan_quota_sheet", "plan_statistics")
        assert (name, AuditEvent.objects.count() - before) == (name, exports)
        assert [sql for sql in writes if "django_session" not in sql and "audit" not in sql] == []


ODD = ("", "-1", "abc", "²", "1e9", "9" * 40, "\x00", "1:1:1")


def test_an_address_with_an_odd_number_is_not_found(cast, objects):
    client = client_of(cast.union_officer)
    for name in ROUTES:
        if not ROUTES[name][0]:
            continue
        number = objects[ROUTES[name][0]].pk
        for odd in ("999999", "9" * 18, "9" * 40, "0"):
            wrong = address(name, objects).replace(f"/{number}/", f"/{odd}/")
            for answer in (client.get(wrong), client.post(wrong)):
                assert (wrong, answer.status_code in (403, 404, 405)) == (wrong, True)


FIELDS = (
    "rows", "substitute", "next", "request_id", "year", "total", "plan", "person", "ground", "target", "places", "line",
    "received_on", "upheld", "starts_on", "ends_on", "new_unit", "new_places", "phone", "wish", "title", "recipient",
)  # fmt: skip
FILTERS = (
    "q", "year", "state", "quota_class", "unit", "seat", "sort", "page", "after", "before", "export"
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in POSTS if name != "plan_copy"])
def test_odd_values_never_break_a_page(name, cast, objects):
    before, url = everything(), address(name, objects)
    might = ("union_officer", "union_lead", "lead", "org_officer")
    client = client_of(getattr(cast, next(who for who in might if who in ROUTES[name][2])))
    for odd in ODD:
        data = {"version": odd, **dict.fromkeys(FIELDS, odd)}
        for headers in ({}, JSON):
            answer = client.post(url, data, headers=headers)
            assert (odd, answer.status_code in (400, 404, 409)) == (odd, True)
    assert everything() == before


@pytest.mark.parametrize("name", ["plan_list", "quota_list", "nomination_list", "notice_list"])
def test_odd_filters_never_break_a_list(name, cast, objects):
    client = client_of(cast.union_officer)
    for odd in ODD:
        for field in FILTERS:
            assert client.get(reverse(name), {field: odd}).status_code in (200, 400), (field, odd)


def test_a_way_back_off_this_site_is_not_followed_and_no_zero_byte_is_kept(cast, objects):
    row = objects["row"]
    data = {"version": 2, "reason": "填\0错了", "next": "https://elsewhere.example/"}
    answer = client_of(cast.clerk).post(reverse("nomination_withdraw", args=[row.pk]), data)
    row.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, reverse("nomination_detail", args=[row.pk]))
    assert (row.state, row.closing_reason) == (State.WITHDRAWN, "填错了")
