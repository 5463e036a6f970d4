"""Signing in and out and one's own password, over the pages; each leaves its event."""

import pytest
from django.conf import settings

from carecore import privacy
from carecore.models import AuditEvent, User
from tests import build

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


def sign_in(client, username, password=build.PASSWORD):
    return client.post(LOGIN, {"username": username, "password": password})


def test_signing_in_and_out_leave_events(client, city, cast):
    assert sign_in(client, "clerk").status_code == 302
    assert client.post("/accounts/logout/").status_code == 302
    events = list(AuditEvent.objects.order_by("seq"))
    assert [event.action for event in events] == ["sign_in", "sign_out"]
    assert {(event.by, event.unit, event.source) for event in events} == {(cast.clerk, city.a, "127.0.0.1")}


def test_a_failed_attempt_keeps_no_readable_name(client, cast):
    answer = sign_in(client, "clerk", "wrong")
    assert answer.status_code == 400
    event = AuditEvent.objects.get()
    assert (event.action, event.by, event.detail) == ("sign_in_failed", None, privacy.digest("clerk"))


def test_an_account_out_of_use_does_not_get_in(client, cast):
    User.objects.filter(pk=cast.clerk.pk).update(is_active=False)
    assert sign_in(client, "clerk").status_code == 400


def test_a_name_is_locked_after_the_failures_that_are_allowed(client, cast):
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        assert sign_in(client, "clerk", "wrong").status_code == 400
    assert sign_in(client, "clerk", "wrong").status_code == 429
    answer = sign_in(client, "clerk")
    assert answer.status_code == 429 and settings.AXES_COOLOFF_MESSAGE in answer.content.decode()
    assert AuditEvent.objects.order_by("seq").last().action == "sign_in_locked"
    assert sign_in(client, "lead").status_code == 302


def test_a_first_sign_in_leads_to_the_password_page(client, cast):
    User.objects.filter(pk=cast.clerk.pk).update(must_change_password=True)
    sign_in(client, "clerk")
    assert client.get("/people/search/").headers["Location"] == "/accounts/password/"
    wrong = {"old_password": build.PASSWORD, "new_password1": "12345678", "new_password2": "12345678"}
    assert client.post("/accounts/password/", wrong).status_code == 400
    chosen = {
        "old_password": build.PASSWORD,
        "new_password1": "New-Horse-88",
        "new_password2": "New-Horse-88",
    }
    assert client.post("/accounts/password/", chosen).status_code == 302
    assert client.get("/people/search/").status_code == 200
    assert AuditEvent.objects.get(action="change_password").by == cast.clerk


def test_the_old_password_is_not_the_new_one(client, cast):
    client.force_login(cast.clerk)
    same = dict.fromkeys(("old_password", "new_password1", "new_password2"), build.PASSWORD)
    answer = client.post("/accounts/password/", same)
    assert answer.status_code == 400 and "新密码不得与原密码相同" in answer.content.decode()


def test_signing_out_is_a_post(client, cast):
    client.force_login(cast.clerk)
    assert client.get("/accounts/logout/").status_code == 405


@pytest.mark.parametrize(
    "data", [{}, {"username": "\0", "password": "x"}, {"username": "x" * 999, "password": "y"}]
)
def test_odd_attempts_are_refused_plainly(client, db, data):
    assert client.post(LOGIN, data).status_code == 400
