"""Pages of grants, closed months, budgets, accountability and publications, as each role meets them."""

from decimal import Decimal

import pytest

from carecore.access import Role
from funds.models import Accountability, Budget, Fund, Grant, Period, Publication
from funds.workflow import grants, periods
from tests import build

YUAN = Decimal


@pytest.fixture
def child(city, treasury, fund):
    return build.fund(city.a, "甲局帮扶资金", opened_by=treasury.fund_lead, parent=fund)


@pytest.fixture
def there(city):
    return build.user("there", city.a, Role.FUND_LEAD, person=build.person(city.a, "管账"), name="管账")


@pytest.fixture
def grant(money, treasury, fund, child):
    money.come("1000.00")
    return grants.pass_down(by=treasury.fund_lead, from_fund=fund, to_fund=child, amount=YUAN("400.00"))


def test_money_is_sent_by_one_page_and_confirmed_by_another(client, money, treasury, fund, child, there):
    money.come("1000.00")
    client.force_login(treasury.fund_lead)
    answer = client.post(f"/funds/funds/{fund.pk}/pass_down/", {"to_fund": child.pk, "amount": "1000.01"})
    assert answer.status_code == 409 and "还差0.01元" in answer.content.decode()
    client.post(f"/funds/funds/{fund.pk}/pass_down/", {"to_fund": child.pk, "amount": "1000.00"})
    grant = Grant.objects.get()
    page = client.get(f"/funds/grants/{grant.pk}/").content.decode()
    assert "在途" in page and "1,000.00元" in page
    client.force_login(there)
    answer = client.post(
        f"/funds/grants/{grant.pk}/confirm/", {"version": grant.version}, headers={"Accept": "application/json"}
    )
    assert answer.json()["state"] == "已到账"
    again = client.post(
        f"/funds/grants/{grant.pk}/confirm/", {"version": grant.version}, headers={"Accept": "application/json"}
    )
    assert (again.status_code, again.json()["code"]) == (409, "stale")


def test_a_fund_ends_by_a_page(client, money, treasury, fund, grant):
    client.force_login(treasury.fund_lead)
    url = f"/funds/funds/{fund.pk}/lapse/"
    assert "现有结余600.00元" in client.get(url).content.decode()
    answer = client.post(url, {"version": fund.version, "reason": "期满"})
    assert answer.status_code == 409 and "尚余600.00元" in answer.content.decode()
    other = build.fund(fund.unit, "接收资金", opened_by=treasury.fund_lead)
    client.post(url, {"version": fund.version, "reason": "期满", "into": other.pk})
    assert (Fund.objects.get(pk=fund.pk).state, money.own(other).balance) == ("已结束", YUAN("600.00"))


def test_months_are_closed_and_opened_by_pages(client, money, treasury, fund, today):
    money.come("1000.00")
    today.move_to("2026-06-02 10:00:00+08:00")
    client.force_login(treasury.fund_lead)
    assert "结2026年5月的账" in client.get(f"/funds/funds/{fund.pk}/close/").content.decode()
    client.post(f"/funds/funds/{fund.pk}/close/")
    period = Period.objects.get()
    assert "1,000.00元" in client.get(f"/funds/periods/{period.pk}/").content.decode()
    refused = client.post(f"/funds/funds/{fund.pk}/close/")
    assert refused.status_code == 409 and "2026年6月尚未结束" in refused.content.decode()
    client.post(f"/funds/periods/{period.pk}/reopen/", {"version": period.version, "reason": "错账"})
    assert Period.objects.get().state == "已反结账"


def test_a_budget_is_set_and_listed(client, treasury, fund):
    client.force_login(treasury.fund_office)
    client.post(f"/funds/funds/{fund.pk}/budget/", {"year": 2026, "planned": "860000", "need": "1360000"})
    assert Budget.objects.get().need == YUAN("1360000.00")
    page = client.get(f"/funds/budgets/?fund={fund.pk}").content.decode()
    assert "860,000.00" in page and "全部用途" in page
    wrong = client.post(f"/funds/funds/{fund.pk}/budget/", {"year": 99999, "planned": "1.001"})
    assert wrong.status_code == 400


def test_a_finding_is_registered_and_ended(client, city, treasury):
    build.rule(city.root, "funds.misuse_kinds", [{"code": "over", "label": "超标准"}], clause="BZ-27")
    client.force_login(treasury.fund_lead)
    facts = {"unit": city.a.code, "kind": "超标准", "finding": "多发200元", "found_on": "2026-05-08", "responsible": "某科"}
    client.post("/funds/accountabilities/new/", facts)
    row = Accountability.objects.get()
    page = client.get(f"/funds/accountabilities/{row.pk}/").content.decode()
    assert "多发200元" in page and "办结" in page
    ended = {"version": row.version, "measure": "批评教育", "outcome": "已收回", "ended_on": "2026-05-11"}
    client.post(f"/funds/accountabilities/{row.pk}/end/", ended)
    assert Accountability.objects.get().state == "已办结"


def test_what_is_made_public_shows_no_whole_name(client, paid, fund, treasury):
    client.force_login(treasury.fund_office)
    client.post(f"/funds/funds/{fund.pk}/publish/", {"until": "2026-05-10", "channel": "公开栏", "place": "一楼"})
    row = Publication.objects.get()
    page = client.get(f"/funds/publications/{row.pk}/").content.decode()
    assert "张*" in page and "李*" in page and "张三" not in page and "王" not in page.partition("<main")[2]


@pytest.mark.parametrize(
    "address", ["grants/{grant}/", "periods/{period}/", "accountabilities/{found}/", "publications/{published}/"]
)
def test_other_units_see_nothing(client, city, cast, treasury, grant, fund, today, address):
    today.move_to("2026-06-02 10:00:00+08:00")
    rows = {
        "grant": grant.pk,
        "period": periods.close_period(by=treasury.fund_lead, fund=fund, year=2026, month=5).pk,
        "found": Accountability.objects.create(
            unit=city.root, kind="超标准", finding="x", found_on="2026-05-01", responsible="某科", recorded_by=treasury.fund_lead
        ).pk,
        "published": Publication.objects.create(
            fund=fund, starts_on="2026-05-01", ends_on="2026-05-02", channel="会议", people=1, amount=1,
            published_on="2026-05-03", published_by=treasury.fund_office,
        ).pk,
    }  # fmt: skip
    url = "/funds/" + address.format(**rows)
    client.force_login(cast.clerk_b)
    assert client.get(url).status_code == 404
    listed = client.get("/funds/" + address.split("/")[0] + "/")
    assert listed.status_code == 200 and "没有符合条件的记录" in listed.content.decode()
    client.force_login(treasury.cashier)
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("page", ["pass_down", "lapse", "close", "budget", "publish"])
def test_who_may_not_is_told_so(client, treasury, fund, page):
    client.force_login(treasury.applicant)
    assert client.get(f"/funds/funds/{fund.pk}/{page}/").status_code == 403
    client.force_login(treasury.fund_lead)
    assert client.get("/funds/funds/999999/close/").status_code == 404
