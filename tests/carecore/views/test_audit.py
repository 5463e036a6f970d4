"""Pages of the audit trail: everything of the auditor's units, and what each event changed."""

import datetime
import re

import pytest

from carecore import accounts, people, rulekeeping
from carecore.access import Role
from carecore.models import AuditEvent
from carecore.workflow import Refused
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client, cast):
    client.force_login(cast.auditor)
    return client


@pytest.fixture
def person(city, cast):
    """A person who was amended, and whose new number was refused."""
    row = build.person(city.a, "李四")
    row = people.amend_person(by=cast.clerk, person=row, changes={"post": "科长", "phone": "13900001234"})
    with pytest.raises(Refused):
        people.amend_person(by=cast.clerk, person=row, changes={"id_number": "123"})
    return row


def seqs(page):
    return sorted(int(seq) for seq in re.findall(r'/audit/(\d+)/">', page.content.decode()))


def test_the_trail_reads_in_plain_words(auditor, person):
    page = auditor.get("/audit/").content.decode()
    assert "修改人员资料" in page and "未通过:修改人员资料" in page and "经办甲" in page
    assert "13900001234" not in page


def test_an_event_shows_what_it_changed(auditor, person):
    page = auditor.get("/audit/1/").content.decode()
    assert re.search(r"职务\(岗位\)</th><td>—</td><td>科长</td>", page)
    assert re.search(r"联系电话</th><td>—</td><td>\(已加密,摘要 [0-9a-f]{12}\)</td>", page)
    assert "甲局(编号" in page and "id_index" not in page and "id index" not in page
    assert "相符" in page and page.index("职务(岗位)") < page.index("姓名</th>")
    assert "13900001234" not in page


def test_a_row_with_lists_and_tables_in_its_columns_is_shown(auditor, city, cast):
    value = {"省内": [5, 7]}
    rule = rulekeeping.add_rule(
        by=cast.union_lead, unit=city.root, key="sanatorium.days", value=value, clause="甲",
        effective_from=datetime.date(2026, 6, 1),
    )  # fmt: skip
    event = AuditEvent.objects.of(rule).get()
    assert "省内&quot;:[5,7]" in auditor.get(f"/audit/{event.pk}/").content.decode()


def test_a_refusal_shows_its_reason_and_no_change(auditor, person):
    page = auditor.get("/audit/2/").content.decode()
    assert "身份证号应为18位,现为3位,请核对" in page and "变更内容" not in page


def test_an_altered_event_is_said_to_be(auditor, person):
    AuditEvent.objects.filter(seq=1).update(reason="改写")
    assert "不符,记录被改动" in auditor.get("/audit/1/").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=amend_person", [1, 2]),
        ("action=refused", [2]),
        ("by=经办甲", [1, 2]),
        ("by=clerk_b", []),
        ("kind=carecore.person", [1, 2]),
        ("kind=carecore.unit", []),
        ("since=2026-05-11&until=2026-05-11", [1, 2]),
        ("until=2026-05-10", []),
        ("unit=甲局", [1, 2]),
    ],
)
def test_the_trail_is_filtered(auditor, person, query, found):
    assert seqs(auditor.get(f"/audit/?{query}")) == found


def test_the_trail_of_one_row(auditor, person, cast):
    accounts.reset_password(by=cast.admin, user=cast.clerk)
    assert seqs(auditor.get(f"/audit/?kind=carecore.person&object_id={person.pk}")) == [1, 2]
    assert f"kind=carecore.person&amp;object_id={person.pk}" in auditor.get("/audit/1/").content.decode()


@pytest.mark.parametrize(
    "query",
    ["action=x", "since=gestern", "kind=auth.user", "object_id=" + "9" * 40, "object_id=1.5", "by=%00"],
)
def test_odd_filters_are_a_400(auditor, person, query):
    assert auditor.get(f"/audit/?{query}").status_code == 400


def test_an_auditor_sees_the_events_of_his_units_only(client, city, cast, person):
    client.force_login(build.user("auditor_b", city.b, Role.AUDITOR))
    assert seqs(client.get("/audit/")) == []
    assert client.get("/audit/1/").status_code == 404


def test_events_of_no_unit_are_the_root_auditors(client, city, cast):
    client.post("/accounts/login/", {"username": "x", "password": "y"})
    client.force_login(build.user("auditor_a", city.a, Role.AUDITOR))
    assert seqs(client.get("/audit/")) == []
    client.force_login(cast.auditor)
    assert seqs(client.get("/audit/")) == [1]


def test_the_trail_is_for_auditors(client, cast, person):
    for user in (cast.clerk, cast.admin, cast.union_lead):
        client.force_login(user)
        assert client.get("/audit/").status_code == client.get("/audit/1/").status_code == 403


def test_reading_the_trail_adds_nothing_to_it_but_an_export_does(auditor, person):
    auditor.get("/audit/")
    auditor.get("/audit/1/")
    assert AuditEvent.objects.count() == 2
    assert auditor.get("/audit/?export=csv").status_code == 200
    assert AuditEvent.objects.order_by("seq").last().action == "export"


def test_queries_do_not_grow_with_the_events(auditor, cast, person, queries_of):
    one = queries_of(auditor, "/audit/")
    for user in (cast.lead, cast.lead_b):
        accounts.reset_password(by=cast.admin, user=user)
    assert queries_of(auditor, "/audit/") == one
