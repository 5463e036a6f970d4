"""Pages of accounts and appointments."""

import datetime
import re

import pytest

from carecore.access import Role
from carecore.models import Appointment, User
from carecore.registry import OpenWork, Provides
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client, cast):
    client.force_login(cast.admin)
    return client


def url(user, verb=""):
    return f"/accounts/users/{user.pk}/{verb}"


def test_the_list_shows_the_accounts_of_ones_units(client, city, cast):
    local = build.user("admin_a", city.a, Role.ADMINISTRATOR)
    client.force_login(local)
    page = client.get("/accounts/users/").content.decode()
    assert "clerk" in page and "甲局 单位经办人" in page
    assert "clerk_b" not in page and "乙局" not in page


def test_the_list_says_which_accounts_are_in_use(admin, cast):
    User.objects.filter(pk=cast.lead.pk).update(is_active=False)
    shown = admin.get("/accounts/users/?q=lead").content.decode()
    assert re.findall(r'care-state-(\w+)">(启用|停用|True|False)<', shown) == [
        ("neutral", "停用"), ("good", "启用"), ("good", "启用"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("role=auditor", {"auditor"}),
        ("q=clerk_b", {"clerk_b"}),
        ("q=负责人乙", {"lead_b"}),
        ("is_active=false", {"lead"}),
        ("role=clerk&q=经办甲", {"clerk"}),
    ],
)
def test_accounts_are_filtered(admin, cast, query, found):
    User.objects.filter(pk=cast.lead.pk).update(is_active=False)
    page = admin.get(f"/accounts/users/?{query}").content.decode()
    assert set(re.findall(r'/accounts/users/\d+/">(\w+)</a>', page)) == found


def test_the_list_asks_no_more_queries_for_more_accounts(client, city, queries_of):
    local = build.user("admin_a", city.a, Role.ADMINISTRATOR)
    client.force_login(local)
    build.user("one", city.a, Role.CLERK)
    one = queries_of(client, "/accounts/users/")
    build.user("two", city.a, Role.CLERK)
    build.user("three", city.a_office, Role.CLERK)
    assert queries_of(client, "/accounts/users/") == one


@pytest.mark.parametrize("role", ["clerk", "org_lead", "auditor"])
def test_accounts_are_the_administrators(client, cast, role):
    client.force_login(getattr(cast, role))
    for page in ("/accounts/users/", "/accounts/users/new/", url(cast.clerk)):
        assert client.get(page).status_code == 403
    assert client.post(url(cast.clerk, "reset_password/"), {"version": 1}).status_code == 403


def test_an_account_elsewhere_does_not_exist(client, city, cast):
    client.force_login(build.user("admin_a", city.a, Role.ADMINISTRATOR))
    assert client.get(url(cast.clerk)).status_code == 200
    for path in ("", "edit/", "appoint/"):
        assert client.get(url(cast.clerk_b, path)).status_code == 404
    held = cast.clerk_b.appointments.get()
    assert client.get(f"/accounts/appointments/{held.pk}/end/").status_code == 404
    assert client.post(url(cast.clerk_b, "reset_password/"), {"version": 1}).status_code == 404


def test_a_new_account_shows_its_password_once(admin, city):
    person = build.person(city.a, "李四")
    sent = {"person": f"李四 #{person.pk}", "name": "李四", "username": "lisi"}
    answer = admin.post("/accounts/users/new/", sent)
    (password,) = re.findall(r"<output[^>]*>(\w{12})</output>", answer.content.decode())
    assert User.objects.get(username="lisi").check_password(password)
    assert answer.headers["Cache-Control"] == "no-store"
    again = admin.post("/accounts/users/new/", sent)
    assert again.status_code == 409 and "已有启用的账号" in again.content.decode()


def test_a_new_account_for_somebody_not_registered_yet(admin, city):
    number = build.id_number()
    sent = {"person": "", "name": "李四", "username": "lisi", "unit": "甲局", "id_number": number}
    assert admin.post("/accounts/users/new/", {**sent, "id_number": ""}).status_code == 400
    assert admin.post("/accounts/users/new/", {**sent, "unit": ""}).status_code == 400
    assert admin.post("/accounts/users/new/", sent).status_code == 200
    user = User.objects.get(username="lisi")
    assert (user.person.name, user.person.unit, user.person.id_number) == ("李四", city.a, number)
    assert admin.post("/accounts/users/new/", {**sent, "username": "other"}).status_code == 409
    both = {**sent, "username": "other", "person": f"李四 #{user.person_id}"}
    assert admin.post("/accounts/users/new/", both).status_code == 400


@pytest.mark.parametrize("username", ["", "李四", "A", "a" * 51, "a b", "\0"])
def test_a_sign_in_name_is_plain(admin, city, username):
    build.person(city.a, "李四")
    sent = {"person": "李四", "name": "李四", "username": username}
    assert admin.post("/accounts/users/new/", sent).status_code == 400


def test_an_account_is_amended(admin, city, cast):
    build.person(city.a, "赵六")
    sent = {"person": "赵六", "name": "赵六", "version": 1}
    assert admin.post(url(cast.clerk, "edit/"), sent).status_code == 302
    assert User.objects.get(pk=cast.clerk.pk).name == "赵六"
    assert admin.post(url(cast.clerk, "edit/"), sent).status_code == 409


def test_a_reset_shows_a_password_and_a_stale_one_is_refused(admin, cast):
    answer = admin.post(url(cast.clerk, "reset_password/"), {"version": 1})
    assert answer.status_code == 200 and "一次性密码" in answer.content.decode()
    assert admin.post(url(cast.clerk, "reset_password/"), {"version": 1}).status_code == 409
    answer = admin.post(
        url(cast.lead, "reset_password/"), {"version": 1}, headers={"Accept": "application/json"}
    )
    assert User.objects.get(pk=cast.lead.pk).check_password(answer.json()["password"])


def test_an_account_is_put_out_of_use_and_back(admin, client, cast):
    assert admin.post(url(cast.clerk, "deactivate/"), {"version": 1}).status_code == 302
    assert not User.objects.get(pk=cast.clerk.pk).is_active
    assert "启用账号" in admin.get(url(cast.clerk)).content.decode()
    assert admin.post(url(cast.clerk, "activate/"), {"version": 2}).status_code == 302
    assert User.objects.get(pk=cast.clerk.pk).is_active


def test_the_page_says_why_an_account_is_out_of_reach(client, city, cast):
    build.appointment(cast.clerk, city.b, Role.CLERK)
    client.force_login(build.user("admin_a", city.a, Role.ADMINISTRATOR))
    page = client.get(url(cast.clerk)).content.decode()
    assert "不能重置密码:该账号在您的管理范围之外另有授权" in page and "乙局" not in page


def test_ones_own_page_offers_nothing(admin, cast):
    page = admin.get(url(cast.admin)).content.decode()
    assert "不能重置密码:自己的账号请由其他系统管理员办理" in page
    assert "/appoint/" not in page and "/end/" not in page


def test_a_role_is_given_and_ended_over_the_pages(admin, city, cast):
    sent = {"unit": "乙局", "role": "unit_lead", "starts_on": "2026-05-11", "ends_on": "", "version": 1}
    assert admin.post(url(cast.clerk, "appoint/"), sent).status_code == 302
    held = Appointment.objects.get(user=cast.clerk, role="unit_lead")
    assert (held.unit, held.ends_on) == (city.b, None)
    again = admin.post(url(cast.clerk, "appoint/"), sent)
    assert again.status_code == 409 and "日期重叠" in again.content.decode()
    sent = {"ends_on": "2026-05-20", "version": held.version}
    assert admin.post(f"/accounts/appointments/{held.pk}/end/", sent).status_code == 302
    assert Appointment.objects.get(pk=held.pk).ends_on == datetime.date(2026, 5, 20)


@pytest.mark.parametrize(
    "wrong",
    [{"unit": "没有"}, {"role": "king"}, {"starts_on": "昨天"}, {"ends_on": "0000-00-00"}, {"unit": ""}],
)
def test_a_role_that_makes_no_sense_is_a_400(admin, cast, wrong):
    sent = {"unit": "甲局", "role": "clerk", "starts_on": "2026-05-11", "version": 1, **wrong}
    assert admin.post(url(cast.clerk, "appoint/"), sent).status_code == 400


def test_open_work_is_named_and_handed_over(admin, city, cast, monkeypatch):
    def work(user):
        yield OpenWork("账号", "nominate", Appointment.objects.filter(user=user, role="auditor"), "user")

    monkeypatch.setattr("carecore.accounts.provided", lambda: (Provides(open_work=(work,)),))
    build.appointment(cast.clerk, city.a, Role.AUDITOR)
    heir = build.user("heir", city.a, Role.CLERK, name="接替人")
    held = cast.clerk.appointments.get(role="clerk")
    page = admin.get(f"/accounts/appointments/{held.pk}/end/").content.decode()
    assert "未办事项:账号1件" in page and "接替人" in page and "经办乙" not in page
    sent = {"ends_on": "2026-05-11", "version": 1}
    assert admin.post(f"/accounts/appointments/{held.pk}/end/", sent).status_code == 409
    sent["successor"] = heir.pk
    assert admin.post(f"/accounts/appointments/{held.pk}/end/", sent).status_code == 302
    assert heir.appointments.filter(role="auditor").exists()
