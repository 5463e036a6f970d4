"""The desk as carecore fills it, and the navigation of each role."""

import re

import pytest

from carecore.access import Role
from carecore.models import Job
from carecore.models.jobs import JobState
from tests import build

pytestmark = pytest.mark.django_db


def entries(page):
    nav = page.content.decode().split("care-nav-wide")[1].split("</nav>")[0]
    return re.findall(r'<a href="([^"]+)"', nav)


@pytest.mark.parametrize(
    ("role", "seen", "unseen"),
    [
        ("clerk", {"/", "/people/", "/units/", "/policy/", "/jobs/"}, {"/audit/", "/accounts/users/"}),
        ("auditor", {"/", "/people/", "/audit/"}, {"/accounts/users/"}),
        ("admin", {"/", "/units/", "/jobs/", "/accounts/users/"}, {"/people/", "/audit/", "/policy/"}),
    ],
)
def test_each_role_is_led_to_its_own_pages(client, cast, role, seen, unseen):
    client.force_login(getattr(cast, role))
    led = set(entries(client.get("/")))
    assert seen <= led and not unseen & led


def test_the_page_one_is_on_is_marked_and_the_desk_only_on_itself(client, cast):
    client.force_login(cast.clerk)
    for path in ("/", "/people/"):
        page = client.get(path).content.decode().split("care-nav-wide")[1].split("</nav>")[0]
        assert re.findall(r'<a href="([^"]+)" aria-current="page"', page) == [path]


def test_the_desk_asks_for_a_sign_in(client, db):
    assert client.get("/").headers["Location"] == "/accounts/login/?next=/"


def test_somebody_without_a_role_sees_an_empty_desk(client, city):
    user = build.user("idle", city.a, Role.CLERK)
    user.appointments.update(ends_on="2026-05-10")
    client.force_login(user)
    page = client.get("/")
    assert page.status_code == 200 and "没有待办事项" in page.content.decode()


def test_roles_that_end_soon_are_the_administrators(client, city, cast):
    for ends_on in ("2026-06-10", "2026-05-20", "2026-06-11", "2026-05-10"):
        build.appointment(cast.lead, city.a, Role.CLERK, ends_on=ends_on)
    client.force_login(cast.admin)
    page = client.get("/").content.decode()
    assert "任职授权即将到期" in page and "05月20日到期" in page
    assert re.search(r'care-desk-count">2</span> <span>任职授权即将到期', page)
    client.force_login(cast.lead)
    assert "任职授权即将到期" not in client.get("/").content.decode()


def test_ones_own_failed_jobs_are_on_the_desk_for_a_while(client, cast, today):
    for user in (cast.clerk, cast.lead):
        Job.objects.create(kind="export", title="导出人员", started_by=user, state=JobState.FAILED)
    client.force_login(cast.clerk)
    assert re.search(r'care-desk-count">1</span> <span>后台任务未完成', client.get("/").content.decode())
    today.move_to("2026-05-19 10:00:00+08:00")
    client.force_login(cast.clerk)
    assert "后台任务未完成" not in client.get("/").content.decode()
