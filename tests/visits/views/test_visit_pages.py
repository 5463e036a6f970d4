"""Pages of campaigns and visits, as each role meets them."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore.models import Severity
from funds.models import Payment
from tests import build
from tests.visits.views.conftest import picked, versioned, words
from visits.models import Campaign, Visit


@pytest.fixture
def campaign(calls):
    return calls.campaign()


def plan(**data):
    return {"kind": "person", "form": "上门走访", "targets": "张三", "money": "800.00", **data}


def test_a_campaign_is_opened_amended_and_ended(desk, cast, city, fund):
    build.rule(city.root, "visits.campaigns", ["春节", "七一"], severity=Severity.BLOCK, clause="BZ-19")
    purpose = build.account(fund, "走访慰问")
    assert "BZ-19" in words(desk.get(cast.union_officer, "/visits/campaigns/new/"))
    data = {
        "unit": "3799", "year": 2026, "occasion": "七一", "starts_on": "2026-06-20", "ends_on": "2026-07-01",
        "budget": "5000.00", "purpose": purpose.pk,
    }  # fmt: skip
    desk.post(cast.union_officer, "/visits/campaigns/new/", status=400, **{**data, "occasion": "国庆"})
    answer = desk.post(cast.union_officer, "/visits/campaigns/new/", **data)
    row = Campaign.objects.get()
    page = words(desk.follow(cast.union_officer, answer))
    assert "2026年七一走访慰问" in page and "5,000.00元" in page
    url = f"/visits/campaigns/{row.pk}/"
    changed = {"starts_on": "2026-06-20", "ends_on": "2026-07-05", "budget": "6000.00", **versioned(row)}
    desk.post(cast.union_officer, f"{url}edit/", **changed)
    desk.post(cast.union_officer, f"{url}edit/", status=409, **{**changed, "version": 1})
    desk.post(cast.union_officer, f"{url}close/", **versioned(row))
    row.refresh_from_db()
    assert (row.budget, row.state) == (Decimal("6000.00"), "已结束")


def test_the_whole_way_from_plan_to_pay(desk, calls, cast, city, treasury, campaign):
    for name in ("张三", "李四"):
        build.person(city.a, name)
    page = desk.get(cast.clerk, "/visits/visits/new/", campaign=campaign.pk)
    assert f'<option value="{campaign.pk}" selected' in page.content.decode()
    data = plan(campaign=campaign.pk, targets="张三\n李四\n张三", goods="米面油", goods_value="200")
    desk.post(cast.clerk, "/visits/visits/new/", **data)
    rows = list(Visit.objects.order_by("pk"))
    assert [(row.name, row.total) for row in rows] == [("张三", Decimal("1000.00")), ("李四", Decimal("1000.00"))]
    desk.post(cast.lead, "/visits/visits/approve/", **picked(*rows))
    asked = desk.post(cast.clerk, "/visits/visits/carry_out/", status=200, **picked(*rows))
    assert "已选2次走访" in words(asked)
    desk.post(cast.clerk, "/visits/visits/carry_out/", done_on="2026-05-11", visitor="局领导", **picked(*rows))
    page = words(desk.get(treasury.fund_office, f"/visits/campaigns/{campaign.pk}/pay/"))
    assert "已走访待发放2笔,慰问金共1600.00元" in page
    pay = {"subject": "春节慰问金", "purpose": build.account(calls.fund, "走访慰问").pk, **versioned(campaign)}
    answer = desk.post(treasury.fund_office, f"/visits/campaigns/{campaign.pk}/pay/", **pay)
    payment = Payment.objects.get()
    assert answer["Location"] == f"/funds/payments/{payment.pk}/"
    assert "走访发放单" in words(desk.follow(treasury.fund_office, answer))
    calls.pay(payment)
    page = words(desk.get(cast.clerk, f"/visits/visits/{rows[0].pk}/"))
    assert "已发放" in page and "米面油,折价200.00元" in page
    listed = words(desk.get(cast.union_officer, f"/visits/pay_lists/{payment.document_id}/"))
    assert "张三" in listed and "已付清" in listed
    person = words(desk.get(cast.clerk, f"/people/{rows[0].person_id}/"))
    assert "走访慰问" in person


def test_a_form_shows_every_error_and_changes_nothing(desk, cast, city):
    build.rule(city.root, "visits.amount_person_time", "500", severity=Severity.BLOCK, clause="送温暖资金办法")
    build.person(city.a, "张三")
    url = "/visits/visits/new/"
    desk.post(cast.clerk, url, status=400, **plan())
    desk.post(cast.clerk, url, status=400, **plan(occasion="患病住院", targets="无此人"))
    desk.post(cast.clerk, url, status=400, **plan(occasion="患病住院", targets="张三\0"))
    refused = desk.post(cast.clerk, url, status=409, **plan(occasion="患病住院"))
    assert "超出300.00元" in words(refused)
    body = desk.refused(cast.clerk, url, **plan(occasion="患病住院"))
    assert [one["clause"] for one in body["findings"]] == ["送温暖资金办法"]
    assert Visit.objects.count() == 0


def test_to_a_household_and_to_a_unit(desk, calls, cast):
    case = calls.case("李四")
    desk.post(cast.clerk, "/visits/visits/new/", **plan(kind="case", targets=f"李四 #{case.pk}", occasion="家庭受灾"))
    desk.post(cast.clerk, "/visits/visits/new/", **plan(kind="unit", targets="甲局一所", occasion="座谈", money=""))
    assert [(row.case, row.visited_unit_id) for row in Visit.objects.order_by("pk")] == [
        (case, None), (None, calls.city.a_office.pk)
    ]  # fmt: skip
    desk.post(cast.clerk_b, "/visits/visits/new/", status=400, **plan(kind="case", targets="李四", occasion="家庭受灾"))


def test_needs_are_shown_only_to_who_may_see_hardship(desk, calls, cast, treasury):
    [row] = calls.done()
    Visit.objects.filter(pk=row.pk).update(needs="需要手术")
    url = f"/visits/visits/{row.pk}/"
    assert "需要手术" in words(desk.get(cast.lead, url))
    assert "需要手术" not in words(desk.get(treasury.cashier, url))


def test_one_visit_step_by_step(desk, calls, cast):
    [row] = calls.plan()
    url = f"/visits/visits/{row.pk}/"
    assert "不能登记走访" in words(desk.get(cast.clerk, url))
    desk.post(cast.lead, f"{url}approve/", **versioned(row))
    made = {"done_on": "2026-05-11", "visitor": "局领导", "measure": "协调住院"}
    assert "责任人" in words(desk.post(cast.clerk, f"{url}carry_out/", status=409, **made, **versioned(row)))
    made |= {"measure_by": "王科长", "measure_due_on": "2026-05-20"}
    desk.post(cast.clerk, f"{url}carry_out/", **made, **versioned(row))
    desk.post(cast.clerk, f"{url}meet_need/", status=400, done_on="x", **versioned(row))
    desk.post(cast.clerk, f"{url}meet_need/", done_on="2026-05-11", result="已住院", **versioned(row))
    assert "已住院" in words(desk.get(cast.clerk, url))


def test_a_visit_is_cancelled_with_a_reason(desk, calls, cast):
    [row] = calls.plan()
    url = f"/visits/visits/{row.pk}/cancel/"
    desk.post(cast.clerk, url, status=409, **versioned(row))
    desk.post(cast.clerk, url, reason="已迁居", **versioned(row))
    assert calls.states() == {"张三": "已取消"}


@pytest.mark.parametrize("verb", ["approve", "carry_out", "cancel", "pay"])
def test_nothing_ticked_is_said(desk, cast, treasury, verb):
    by = {"approve": cast.lead, "pay": treasury.fund_office}.get(verb, cast.clerk)
    assert "没有选中任何记录" in words(desk.post(by, f"/visits/visits/{verb}/", status=409))


def test_another_units_visit_is_not_there_and_a_missing_right_is_said(desk, calls, cast):
    [row] = calls.plan()
    desk.get(cast.clerk_b, f"/visits/visits/{row.pk}/", status=404)
    desk.post(cast.lead_b, "/visits/visits/approve/", status=404, **picked(row))
    desk.post(cast.clerk, f"/visits/visits/{row.pk}/approve/", status=403, **versioned(row))
    desk.post(cast.lead, "/visits/visits/new/", status=403, **plan())
    desk.get(cast.clerk, "/visits/campaigns/new/", status=403)
    assert list(desk.get(cast.clerk_b, "/visits/visits/").context["page"].rows) == []


def test_everybody_below_knows_of_the_campaign(desk, cast, campaign):
    assert len(desk.get(cast.clerk, "/visits/campaigns/").context["page"].rows) == 1
    assert "安排走访" in words(desk.get(cast.clerk, f"/visits/campaigns/{campaign.pk}/"))
    assert "修改" not in words(desk.get(cast.clerk, f"/visits/campaigns/{campaign.pk}/"))[:200]


def test_lists_filter_and_export(desk, calls, cast, today):
    [row] = calls.plan(event_on=None)
    Visit.objects.update(due_on="2026-05-10")
    for query, found in (
        ({"q": "张"}, 1), ({"q": "zs"}, 1), ({"state": "已批准"}, 0), ({"due": "late"}, 1), ({"due": "pay"}, 0),
        ({"due": "need"}, 0), ({"occasion": "患病住院"}, 1), ({"unit": "甲局"}, 1),
    ):  # fmt: skip
        rows = desk.get(cast.lead, "/visits/visits/", **query).context["page"].rows
        assert len(rows) == found, query
    desk.get(cast.lead, "/visits/visits/", status=400, campaign="x")
    assert "张三" in b"".join(desk.get(cast.lead, "/visits/visits/", export="csv")).decode("utf-8-sig")
    home = words(desk.get(cast.lead, "/"))
    assert "走访待批准" in home
    assert "走访逾期" in words(desk.get(cast.clerk, "/"))


def test_the_list_asks_as_often_for_many_as_for_few(desk, calls, cast, city):
    client = desk.client(cast.lead)
    client.get("/visits/visits/")
    asked = []
    for number in (2, 20):
        calls.plan(*(calls.draft(build.person(city.a, f"人{number}{index}")) for index in range(number)))
        with CaptureQueriesContext(connection) as queries:
            client.get("/visits/visits/")
        asked.append(len(queries))
    assert asked[0] == asked[1]
