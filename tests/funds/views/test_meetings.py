"""Pages of meetings: one record decides many applications, each with its amount (LYG-10)."""

from decimal import Decimal

import pytest

from funds.models import Application, Meeting
from tests import build
from tests.sanatorium.views.conftest import words

URL = "/funds/meetings/"


def minutes(*outcomes, **facts):
    """What the form posts; outcomes are (application, choice, amount)."""
    facts = {
        "unit": "3799 滨海市", "number": "2026年第5次", "held_on": "2026-05-11", "chair": "主持人",
        "attendees": "参会甲、参会乙", "decision": "研究同意", **facts,
    }  # fmt: skip
    for row, choice, amount in outcomes:
        facts |= {f"a{row.pk}-version": row.version, f"a{row.pk}-choice": choice, f"a{row.pk}-amount": amount}
    return facts


@pytest.fixture
def rows(asks):
    return [asks.accepted(asks.line(name, "2500.00"), subject=f"{name}补助") for name in ("张三", "李四", "王五")]


def test_one_page_decides_many(desk, treasury, rows):
    shown = desk.get(treasury.meeting_clerk, f"{URL}new/")
    assert [form.row.pk for form in shown.context["form"].outcomes] == [row.pk for row in rows]
    form = minutes((rows[0], "yes", "2500.00"), (rows[1], "no", "2500.00"), (rows[2], "", "2500.00"))
    answer = desk.post(treasury.meeting_clerk, f"{URL}new/", **form)
    meeting = Meeting.objects.get()
    assert answer["Location"] == f"{URL}{meeting.pk}/"
    assert list(Application.objects.order_by("pk").values_list("state", "decided")) == [
        ("已批准", Decimal("2500.00")), ("不同意", None), ("已受理", None)
    ]  # fmt: skip
    said = words(desk.get(treasury.meeting_clerk, f"{URL}{meeting.pk}/"))
    assert "研究事项(2项)" in said and "合计5,000.002,500.00" in said


def test_those_picked_in_the_list_are_chosen_beforehand(desk, treasury, rows):
    picked = {"rows": [f"{rows[1].pk}:{rows[1].version}"], "next": "/funds/applications/"}
    shown = desk.post(treasury.meeting_clerk, f"{URL}new/", 200, **picked).context["form"].outcomes
    assert [form["choice"].value() for form in shown] == ["", "yes", ""]
    shown = desk.get(treasury.meeting_clerk, f"{URL}new/", application=rows[2].pk).context["form"].outcomes
    assert [form["choice"].value() for form in shown] == ["", "", "yes"]


@pytest.mark.parametrize(
    ("facts", "status", "says"),
    [
        ({}, 400, "请至少对一份申请登记同意或不同意"), ({"choice": "yes", "amount": ""}, 400, "同意的请填写批准金额"),
        ({"choice": "yes", "amount": "x"}, 400, "输入一个数字"), ({"choice": "x"}, 400, "x"),
        ({"choice": "yes", "amount": "2500.01"}, 409, "不超过申请金额2500.00元"),
        ({"choice": "yes", "amount": "1.00", "version": "0"}, 409, "已被他人更新"),
        ({"choice": "yes", "amount": "1.00", "attendees": "张三"}, 409, "研究时应当回避"),
        ({"choice": "yes", "amount": "1.00", "held_on": "2026-05-12"}, 409, "晚于今天"),
        ({"choice": "yes", "amount": "1.00", "held_on": "0001-01-01"}, 400, "会议日期"),
        ({"choice": "yes", "amount": "1.00", "unit": "甲局"}, 409, "不由甲局的会议研究"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(desk, treasury, rows, facts, status, says):
    own = {f"a{rows[0].pk}-{name}": facts.pop(name) for name in ("choice", "amount", "version") if name in facts}
    form = {**minutes((rows[0], "", "")), **own, **facts}
    said = words(desk.post(treasury.meeting_clerk, f"{URL}new/", status, **form))
    assert says in said
    assert desk.post(treasury.meeting_clerk, f"{URL}new/", status, json=True, **form).json()["ok"] is False
    assert Meeting.objects.count() == 0


def test_an_application_accepted_meanwhile_is_not_in_the_way(desk, treasury, asks, rows):
    form = minutes((rows[0], "yes", "2500.00"))
    asks.accepted(asks.line("赵六", "2100.00"))
    desk.post(treasury.meeting_clerk, f"{URL}new/", **form)
    assert Meeting.objects.get().applications.count() == 1


def test_json_names_the_meeting(desk, treasury, rows):
    form = minutes((rows[0], "yes", "2500.00"))
    body = desk.post(treasury.meeting_clerk, f"{URL}new/", 200, json=True, **form).json()
    assert (body["ok"], body["pk"]) == (True, Meeting.objects.get().pk)


@pytest.mark.parametrize("who", ["applicant", "fund_office", "cashier", "fund_lead"])
def test_only_the_clerk_of_the_meeting_records(desk, treasury, rows, who):
    desk.get(getattr(treasury, who), f"{URL}new/", 403)
    desk.post(getattr(treasury, who), f"{URL}new/", 403, **minutes((rows[0], "yes", "1.00")))


def test_a_meeting_is_shown_to_those_who_see_its_unit(desk, treasury, asks, rows):
    meeting = asks.meeting((rows[0], "2500.00"), (rows[1], None))
    desk.get(treasury.applicant, f"{URL}{meeting.pk}/", 404)
    assert desk.get(treasury.applicant, URL).context["page"].rows == []
    [shown] = desk.get(treasury.fund_office, URL, q="参会甲", year=2026).context["page"].rows
    assert (shown.decided, shown.amount) == (2, Decimal("2500.00"))
    assert desk.get(treasury.fund_office, URL, year=2025).context["page"].rows == []


def test_another_units_clerk_is_offered_nothing(desk, city, rows):
    by = build.user("clerk_of_b", city.b, "meeting_clerk", person=build.person(city.b, "乙局记录"))
    assert desk.get(by, f"{URL}new/").context["form"].outcomes == []
