"""first_admin and list_routes."""

import json
import re

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from carecore.access import Can
from carecore.models import AuditEvent, Unit, User
from tests import build


def run(capsys, *arguments):
    call_command(*arguments)
    return capsys.readouterr().out


@pytest.mark.django_db
def test_the_first_administrator_signs_in_with_what_was_printed(capsys, client):
    printed = run(capsys, "first_admin", "admin", "3799", "滨海市")
    (password,) = re.findall(r"一次性密码 (\w{12})", printed)
    assert Unit.objects.get().name == "滨海市"
    assert {event.source for event in AuditEvent.objects.all()} == {"first_admin"}
    client.post("/accounts/login/", {"username": "admin", "password": password})
    assert client.get("/").headers["Location"] == "/accounts/password/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "said"), [("Admin Eins", "登录名由小写字母"), ("second", "系统管理员已存在")]
)
def test_a_second_or_nameless_administrator_is_refused(city, cast, name, said):
    with pytest.raises(CommandError, match=said):
        call_command("first_admin", name, "3799", "滨海市")
    assert not User.objects.filter(username=name).exists()


@pytest.mark.django_db
def test_a_taken_name_is_refused(city):
    build.user("taken", city.a, "clerk")
    with pytest.raises(CommandError, match="登录名“taken”已被使用"):
        call_command("first_admin", "taken", "3799", "滨海市")


@pytest.fixture
def listed(capsys):
    return {route["name"]: route for route in json.loads(run(capsys, "list_routes", "--json"))}


@pytest.mark.parametrize(
    ("name", "path", "methods", "permission"),
    [
        ("person_detail", "/people/<int:pk>/", ["GET"], "see"),
        ("person_reveal", "/people/<int:pk>/reveal/", ["POST"], "reveal"),
        ("user_new", "/accounts/users/new/", ["GET", "POST"], "accounts"),
        ("desk", "/", ["GET"], "signed_in"),
        ("login", "/accounts/login/", ["GET", "POST"], "public"),
        ("logout", "/accounts/logout/", ["POST"], "signed_in"),
        ("healthz", "/healthz", ["GET"], "public"),
        ("admin:index", "/admin/", ["GET"], "staff"),
    ],
)
def test_a_route_says_where_it_is_how_it_is_asked_and_by_whom(listed, name, path, methods, permission):
    assert listed[name] == {"path": path, "name": name, "methods": methods, "permission": permission}


def test_every_permission_of_a_route_exists(listed):
    assert {route["permission"] for route in listed.values()} <= {*Can.values, "signed_in", "staff", "public"}


def test_only_sign_in_and_health_are_public(listed):
    public = {name for name, route in listed.items() if route["permission"] == "public"}
    assert public == {"login", "healthz", "readyz"}


@pytest.mark.django_db
def test_every_page_turns_a_stranger_away(client, listed):
    """Every address that takes at most one number is asked for without a sign-in."""
    for name, route in listed.items():
        if route["permission"] == "public" or ":" in name or "<str:" in route["path"]:
            continue
        path = reverse(name, args=[1] * route["path"].count("<int:"))
        for method in route["methods"]:
            answer = client.generic(method, path)
            assert answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/login/"), (
                path
            )


def test_the_plain_list_has_a_line_a_route(capsys):
    lines = run(capsys, "list_routes").splitlines()
    assert "/people/<int:pk>/reveal/  person_reveal  POST  reveal" in lines
