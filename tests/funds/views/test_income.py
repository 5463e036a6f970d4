"""Pages of funds being opened, of receipts, and of dues handed up, as each role meets them."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore.access import Role
from carecore.demo import SAMPLES
from funds.models import DuesReturn, Fund, Receipt, Voucher
from funds.rules.dues import DuesDraft
from funds.workflow.income import receive, record_dues
from tests import build

YUAN = Decimal
JSON = {"Accept": "application/json"}
DUES = {"organisation": "", "to_unit": "3799", "year": "2025", "amount": "1000", "handed_on": "2025-12-25"}


def page(client, user, path, status=200):
    client.force_login(user)
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def send(client, user, path, status=302, **data):
    client.force_login(user)
    answer = client.post(path, {"request_id": uuid.uuid4(), **data})
    assert answer.status_code == status, answer.content.decode()[-3000:]
    return answer


@pytest.fixture
def receipt(fund, treasury):
    return receive(
        by=treasury.fund_office, fund=fund, source=build.account(fund, "党费划拨"), amount=YUAN("1234.50"),
        received_on=datetime.date(2026, 5, 8), payer="市财政局", reference="财预〔2026〕8号",
    )  # fmt: skip


@pytest.fixture
def dues(tenths, treasury, city):
    draft = DuesDraft(city.a, city.root, "甲局党委", 2025, YUAN("1000"), datetime.date(2025, 12, 25), members=12)
    return record_dues(by=treasury.fund_office, drafts=[draft])[0]


# Funds ----------------------------------------------------------------------------------------------------


def test_a_fund_is_opened_on_its_page(client, treasury, city, tenths):
    Fund.objects.filter(pk=tenths.aid.pk).update(state="已结束")
    client.force_login(treasury.fund_lead)
    line = client.get("/funds/funds/new/").context["kinds"][1]
    assert (line.name, line.words, line.basis) == (
        "生活困难党员帮扶", ["党费划拨", "重大疾病慰问补助、伤残慰问补助、重大事故等灾害慰问补助", "10%"],
        "《关于建立健全市级机关党组织激励、关怀、帮扶机制的意见》LYG-8、LYG-9",
    )  # fmt: skip
    data = {"unit": "3799", "name": "续办帮扶资金", "kind": "生活困难党员帮扶", "document": tenths.document.pk}
    send(client, treasury.fund_lead, "/funds/funds/new/", **data)
    fund = Fund.objects.latest("pk")
    assert (fund.name, fund.unit, fund.opened_by) == ("续办帮扶资金", city.root, treasury.fund_lead)
    wrong = send(client, treasury.fund_lead, "/funds/funds/new/", 409, **data)
    assert "滨海市已有名为“续办帮扶资金”的资金" in wrong.content.decode()


def test_a_kind_is_chosen_from_those_that_the_rules_name(client, treasury, tenths):
    data = {"unit": "3799", "name": "新资金", "kind": "旅游基金", "document": tenths.document.pk}
    answer = send(client, treasury.fund_lead, "/funds/funds/new/", 400, **data)
    assert "kind" in answer.context["form"].errors


def test_without_rules_the_page_says_what_to_do_first(client, treasury, city):
    assert "请先登记政策规则" in page(client, treasury.fund_lead, "/funds/funds/new/")
    data = {"unit": "3799", "name": "新资金", "kind": "帮扶", "document": build.document(city.root).pk}
    answer = send(client, treasury.fund_lead, "/funds/funds/new/", 409, **data)
    assert "没有规定“帮扶”这一资金类别" in answer.context["form"].errors["kind"][0]


def test_a_fund_below_names_its_parent(client, treasury, city, tenths):
    there = build.user("there", city.a, Role.FUND_LEAD, person=build.person(city.a))
    data = {"unit": "379901", "name": "甲局帮扶资金", "kind": "生活困难党员帮扶", "document": tenths.document.pk}
    send(client, there, "/funds/funds/new/", **data, parent=tenths.aid.pk)
    assert Fund.objects.get(unit=city.a).parent == tenths.aid


def test_documents_and_parents_of_other_units_are_not_offered(client, city, fund, treasury):
    there = build.user("there", city.b, Role.FUND_LEAD, person=build.person(city.b))
    build.document(city.a, "甲局办法")
    build.fund(city.a, "甲局资金", opened_by=treasury.fund_lead)
    client.force_login(there)
    form = client.get("/funds/funds/new/").context["form"]
    assert [str(row) for row in form.fields["document"].queryset] == [str(fund.document)]
    assert list(form.fields["parent"].queryset) == [fund]
    assert form["unit"].value() == "379902 乙局"


def test_a_fund_is_put_right_and_refreshed(client, treasury, city, fund):
    page(client, treasury.fund_lead, f"/funds/funds/{fund.pk}/edit/")
    data = {"name": "困难帮扶资金", "document": fund.document_id, "ends_on": "2026-12-31", "version": fund.version}
    send(client, treasury.fund_lead, f"/funds/funds/{fund.pk}/edit/", **data)
    stale = send(client, treasury.fund_lead, f"/funds/funds/{fund.pk}/edit/", 409, **data)
    assert "已被他人更新" in stale.content.decode()
    fund.refresh_from_db()
    assert (fund.name, fund.ends_on) == ("困难帮扶资金", datetime.date(2026, 12, 31))
    text = page(client, treasury.fund_lead, f"/funds/funds/{fund.pk}/")
    assert "不能更新账户:账户与现行规则一致" in text
    build.rule(city.root, "funds.sources", {fund.kind: [*build.SOURCES, "党员捐款"]}, clause="新")
    fund.unit.rules.filter(clause="LYG-9", key="funds.sources").delete()
    assert "不能更新账户" not in page(client, treasury.fund_lead, f"/funds/funds/{fund.pk}/")
    send(client, treasury.fund_lead, f"/funds/funds/{fund.pk}/refresh/", version=fund.version)
    assert fund.accounts.filter(label="党员捐款").exists()


# Receipts -------------------------------------------------------------------------------------------------


def test_money_is_recorded_by_its_source_which_names_the_fund(client, treasury, city, fund, money):
    build.fund(city.a, "甲局资金", opened_by=treasury.fund_lead)
    client.force_login(treasury.fund_office)
    choices = client.get("/funds/receipts/new/").context["form"].fields["source"].choices
    assert [group for group, _ in choices[1:]] == ["帮扶资金(滨海市)", "甲局资金(甲局)"]
    assert [label for _, label in choices[1][1]] == ["期初余额", "财政拨付", "党费划拨"]
    data = {"source": build.account(fund, "财政拨付").pk, "amount": "88.80", "received_on": "2026-05-11"}
    send(client, treasury.fund_office, "/funds/receipts/new/", **data)
    row = Receipt.objects.get()
    text = page(client, treasury.fund_office, f"/funds/receipts/{row.pk}/")
    assert "88.80元" in text and "2026-0001" in text and "已记账" in text
    assert money.own().balance == YUAN("88.80")


def test_from_a_funds_page_only_its_sources_are_offered_with_the_rule(client, treasury, city, fund):
    build.fund(city.root, "另一资金", opened_by=treasury.fund_lead)
    text = page(client, treasury.fund_office, f"/funds/funds/{fund.pk}/receive/")
    assert "只能是:财政拨付、党费划拨" in text and "LYG-9" in text and "另一资金" not in text


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"amount": "0"}, 400, "amount"), ({"amount": "1.005"}, 400, "amount"), ({"amount": "一元"}, 400, "amount"),
        ({"source": "999999"}, 400, "source"), ({"source": "x"}, 400, "source"), ({"received_on": "昨天"}, 400, "received_on"),
        ({"received_on": "2026-05-12"}, 409, "received_on"), ({"payer": "长" * 101}, 400, "payer"),
        ({"note": "a\0b"}, 400, "note"),
    ],
)  # fmt: skip
def test_wrong_input_is_said_beside_its_field(client, treasury, fund, changed, status, field):
    data = {"source": build.account(fund, "财政拨付").pk, "amount": "1", "received_on": "2026-05-11", **changed}
    answer = send(client, treasury.fund_office, "/funds/receipts/new/", status, **data)
    assert field in answer.context["form"].errors
    assert not Receipt.objects.exists()


def test_a_receipt_is_reversed_on_its_page_with_a_reason(client, treasury, receipt, money):
    url = f"/funds/receipts/{receipt.pk}/reverse/"
    assert "冲销" not in page(client, treasury.fund_office, f"/funds/receipts/{receipt.pk}/")
    assert "确定冲销" in page(client, treasury.fund_lead, f"/funds/receipts/{receipt.pk}/")
    send(client, treasury.fund_lead, url, 409, version=receipt.version)
    send(client, treasury.fund_lead, url, version=receipt.version, reason="重复登记")
    assert money.own().balance == 0
    text = page(client, treasury.fund_lead, f"/funds/receipts/{receipt.pk}/")
    assert "已冲销" in text and "冲销2026-0001号凭证:重复登记" in text and "确定冲销" not in text
    client.force_login(treasury.fund_lead)
    again = client.post(url, {"version": receipt.version, "reason": "再次"}, headers=JSON)
    assert (again.status_code, again.json()["code"]) == (409, "stale")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2), ("?payer=财政", 1), ("?source=财政", 1), ("?first=2026-05-09", 1), ("?last=2026-05-08", 1),
        ("?state=已冲销", 0), ("?state=已记账", 2),
    ],
)  # fmt: skip
def test_receipts_are_filtered(client, treasury, fund, receipt, query, found):
    source = build.account(fund, "财政拨付")
    receive(by=treasury.fund_office, fund=fund, source=source, amount=YUAN(5), received_on=datetime.date(2026, 5, 11))
    client.force_login(treasury.fund_office)
    assert len(client.get(f"/funds/receipts/{query}").context["page"].rows) == found


def test_the_list_of_receipts_asks_as_much_for_many_as_for_few(client, treasury, fund, receipt):
    client.force_login(treasury.fund_office)

    def queries():
        client.get("/funds/receipts/")
        with CaptureQueriesContext(connection) as asked:
            client.get("/funds/receipts/")
        return len(asked)

    few = queries()
    source = build.account(fund, "财政拨付")
    for number in range(1, 5):
        on = datetime.date(2026, 5, 11)
        receive(by=treasury.fund_office, fund=fund, source=source, amount=YUAN(number), received_on=on)
    assert queries() == few


# Dues -----------------------------------------------------------------------------------------------------


def test_dues_are_recorded_and_corrected_on_their_pages(client, treasury, city, tenths):
    text = page(client, treasury.fund_office, "/funds/dues/new/")
    assert "按年度累计提取:党员学习培训10%、生活困难党员帮扶10%" in text
    send(client, treasury.fund_office, "/funds/dues/new/", unit="甲局", **DUES)
    row = DuesReturn.objects.get()
    assert (row.organisation, row.amount) == ("甲局", YUAN("1000.00"))
    text = page(client, treasury.fund_office, f"/funds/dues/{row.pk}/")
    assert text.count("提取2025年度党费:甲局") == 2 and "100.00" in text
    data = {"amount": "900", "handed_on": "2025-12-25", "reason": "多报", "version": row.version}
    send(client, treasury.fund_office, f"/funds/dues/{row.pk}/correct/", **data)
    assert build.account(tenths.aid, "资金").balance == YUAN("90.00")
    stale = send(client, treasury.fund_office, f"/funds/dues/{row.pk}/correct/", 409, **{**data, "amount": "800"})
    assert "已被他人更新" in stale.content.decode()


def test_a_correction_that_changes_nothing_is_said(client, treasury, dues):
    data = {"members": "12", "amount": "1000", "handed_on": "2025-12-25", "reason": "多报", "version": dues.version}
    answer = send(client, treasury.fund_office, f"/funds/dues/{dues.pk}/correct/", 400, **data)
    assert "没有改动任何内容" in answer.content.decode()


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"unit": "没有"}, 400, "unit"), ({"amount": "-1"}, 400, "amount"), ({"year": "2025.5"}, 400, "year"),
        ({"year": "99999"}, 400, "year"), ({"members": "9" * 20}, 400, "members"),
        ({"handed_on": "2024-12-31"}, 409, "handed_on"), ({"handed_on": "2026-05-12"}, 409, "handed_on"),
        ({"to_unit": "379901", "unit": "379902"}, 409, "unit"),
    ],
)  # fmt: skip
def test_wrong_dues_are_said_beside_their_field(client, treasury, tenths, changed, status, field):
    data = {**DUES, "unit": "379901", **changed}
    answer = send(client, treasury.fund_office, "/funds/dues/new/", status, **data)
    assert field in answer.context["form"].errors
    assert not DuesReturn.objects.exists()


def test_the_list_shows_the_year_and_what_was_set_aside(client, treasury, city, dues):
    client.force_login(treasury.fund_office)
    context = client.get("/funds/dues/").context
    assert (context["year"], [(line.kind, line.total, line.due, line.aside) for line in context["lines"]]) == (
        2025, [(kind, YUAN("1000.00"), YUAN("100.00"), YUAN("100.00")) for kind in ("党员学习培训", "生活困难党员帮扶")]
    )  # fmt: skip
    filtered = client.get("/funds/dues/?organisation=没有").context
    assert (filtered["page"].rows, filtered["lines"][0].total) == ([], YUAN("1000.00")), "whole years only"
    assert client.get("/funds/dues/?year=2024").context["lines"] == []
    assert client.get("/funds/dues/?year=x").status_code == 400


def test_a_unit_sees_what_it_handed_up_and_no_more(client, treasury, city, dues):
    """Its own return, but neither the year of the city nor the vouchers of the city's funds."""
    client.force_login(treasury.applicant)
    context = client.get("/funds/dues/").context
    assert ([row.pk for row in context["page"].rows], context["lines"]) == ([dues.pk], [])
    assert "还没有记账" in page(client, treasury.applicant, f"/funds/dues/{dues.pk}/")
    page(client, treasury.applicant_b, f"/funds/dues/{dues.pk}/", 404)


def test_a_kind_that_lost_its_share_still_shows_what_was_set_aside(client, treasury, city, dues):
    city.root.rules.filter(key="funds.dues_share").delete()
    client.force_login(treasury.fund_office)
    lines = client.get("/funds/dues/").context["lines"]
    assert [(line.ratio, line.due, line.missing) for line in lines] == [("", 0, YUAN("-100.00"))] * 2


def test_the_list_of_dues_asks_as_much_for_many_as_for_few(client, treasury, city, dues):
    client.force_login(treasury.fund_office)

    def queries():
        client.get("/funds/dues/")
        with CaptureQueriesContext(connection) as asked:
            client.get("/funds/dues/")
        return len(asked)

    few = queries()
    on = datetime.date(2025, 12, 24)
    drafts = [DuesDraft(city.b, city.root, f"第{n}支部", 2025, YUAN(n), on) for n in range(5)]
    record_dues(by=treasury.fund_office, drafts=drafts)
    assert queries() == few


def test_the_sample_is_uploaded_previewed_and_confirmed(client, treasury, city, tenths):
    build.unit("市财政局", city.root)
    path = next(SAMPLES.glob("07-*"))
    client.force_login(treasury.fund_office)
    upload = SimpleUploadedFile(path.name, path.read_bytes())
    answer = client.post("/funds/dues/import/", {"file": upload})
    assert answer.status_code == 302 and Voucher.objects.count() == 0
    text = client.get(answer.url).content.decode()
    assert "市财政局党委" in text and "没有党组织“市民政局党委”所属的单位" in text
    assert client.post(f"{answer.url}commit/").status_code == 302
    assert build.account(tenths.aid, "资金").balance == YUAN("3952.04")


# Who may --------------------------------------------------------------------------------------------------


OPENING = ("/funds/funds/new/", "/funds/funds/{fund}/edit/")
KEEPING = (
    "/funds/receipts/new/", "/funds/receipts/import/", "/funds/dues/new/", "/funds/dues/import/",
    "/funds/dues/{dues}/correct/", "/funds/funds/{fund}/receive/",
)  # fmt: skip
READING = ("/funds/receipts/", "/funds/receipts/{receipt}/", "/funds/dues/", "/funds/dues/{dues}/")


def test_each_page_opens_for_its_roles_only(client, treasury, cast, dues, fund, receipt):
    keys = {"fund": fund.pk, "receipt": receipt.pk, "dues": dues.pk}
    everyone = [*vars(treasury).values(), *vars(cast).values()]
    for paths, may in (
        (OPENING, [treasury.fund_lead]),
        (KEEPING, [treasury.fund_lead, treasury.fund_office]),
    ):
        for user in everyone:
            for path in paths:
                page(client, user, path.format(**keys), 200 if user in may else 403)
    for path in READING:
        page(client, cast.auditor, path.format(**keys))
        page(client, cast.admin, path.format(**keys), 403)


def test_rows_of_another_unit_do_not_exist(client, city, dues, fund, receipt):
    there = build.user("there", city.b, Role.FUND_LEAD, person=build.person(city.b))
    keys = {"fund": fund.pk, "receipt": receipt.pk, "dues": dues.pk}
    for path in (*OPENING[1:], *KEEPING[4:], READING[1], READING[3]):
        page(client, there, path.format(**keys), 404)
    for path in ("/funds/funds/{fund}/refresh/", "/funds/receipts/{receipt}/reverse/"):
        send(client, there, path.format(**keys), 404, version=1)
    assert "市财政局" not in page(client, there, "/funds/receipts/")


def test_buttons_stand_only_where_they_work(client, treasury, cast, dues, receipt):
    assert "/funds/receipts/new/" in page(client, treasury.fund_office, "/funds/receipts/")
    assert "/funds/receipts/new/" not in page(client, cast.auditor, "/funds/receipts/")
    assert "更正" in page(client, treasury.fund_office, f"/funds/dues/{dues.pk}/")
    assert "更正" not in page(client, cast.auditor, f"/funds/dues/{dues.pk}/")
    assert "/funds/funds/new/" in page(client, treasury.fund_lead, "/funds/funds/")
    assert "/funds/funds/new/" not in page(client, treasury.fund_office, "/funds/funds/")
