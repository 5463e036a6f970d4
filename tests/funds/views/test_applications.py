"""Pages of applications as each role meets them: what is shown, filled in, refused, and answered as JSON."""

import io
import uuid
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from carecore.models import Attachment, AuditEvent
from funds.models import Application
from funds.urls import urlpatterns
from funds.views import applications as views
from tests import build
from tests.sanatorium.views.conftest import JSON, words

YUAN = Decimal
URL = "/funds/applications/"
PDF = b"%PDF-1.4 invented"


def page(row, verb=""):
    return f"{URL}{row.pk}/{verb}"


def typed(fund, *lines, **facts):
    """What the form posts: each line (person, payee, amount, note)."""
    facts = {
        "unit": "379901 甲局", "purpose": build.account(fund, "困难补助").pk, "subject": "住院补助",
        "request_id": uuid.uuid4(), "lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": 0, **facts,
    }  # fmt: skip
    for place, line in enumerate(lines):
        names = ("person", "payee", "amount", "note")
        facts.update({f"lines-{place}-{name}": value for name, value in zip(names, line, strict=True)})
    return facts


@pytest.fixture
def zhang(city):
    return build.person(city.a, "张三")


def test_an_application_goes_its_whole_way_by_pages(desk, treasury, fund, asks, zhang):
    form = typed(fund, (f"张三 #{zhang.pk}", "", "600.00", "住院"), ("", "某医院", "200.50", ""), ("", "", "", ""))
    desk.post(treasury.applicant, f"{URL}new/", **form)
    row = Application.objects.get()
    assert (row.state, row.asked, row.unit.name) == ("草稿", YUAN("800.50"), "甲局")
    assert list(row.lines.values_list("payee", "person", "note")) == [("张三", zhang.pk, "住院"), ("某医院", None, "")]
    desk.post(treasury.applicant, page(row, "apply/"), version=row.version)
    desk.post(treasury.fund_office, f"{URL}accept/", rows=f"{row.pk}:2")
    shown = words(desk.get(treasury.fund_lead, page(row)))
    assert "待分管领导审批" in shown and "可用余额9,199.50元" in shown and "捌佰元零伍角整" not in shown
    assert "申请金额800.50元(捌佰元伍角整)" in shown
    desk.post(treasury.fund_lead, page(row, "decide/"), version=3, amount="700.00", opinion="情况属实")
    row.refresh_from_db()
    assert (row.state, row.decided, row.opinion) == ("已批准", YUAN("700.00"), "情况属实")


def test_a_row_is_added_and_what_was_typed_stays(desk, treasury, fund, asks):
    form = typed(fund, ("没有此人", "", "abc", ""), ("", "", "", ""))
    answer = desk.post(treasury.applicant, f"{URL}new/", 200, add_row="1", **form)
    rows = answer.context["form"].lines.forms
    assert len(rows) == 3 and not answer.context["form"].is_bound
    assert [form["amount"].value() for form in rows] == ["abc", "", None]
    assert "没有此人" in answer.content.decode() and "care-error" not in answer.content.decode()
    assert Application.objects.count() == 0


def test_wrong_rows_are_named(desk, treasury, fund, asks, city):
    build.person(city.b, "外人")
    form = typed(fund, ("外人", "", "5.00", ""), ("", "", "5.00", ""), ("", "甲", "abc", ""), ("", "乙", "1.005", ""))
    said = words(desk.post(treasury.applicant, f"{URL}new/", 400, **form))
    assert "第1行对应人员:没有找到“外人”" in said
    assert "第2行收款人:请填写收款人或对应人员" in said
    assert "第3行金额:" in said and "第4行金额:" in said


def test_namesakes_are_told_apart_by_number(desk, treasury, fund, asks, city, zhang):
    build.person(city.a, "张三")
    said = words(desk.post(treasury.applicant, f"{URL}new/", 400, **typed(fund, ("张三", "", "5.00", ""))))
    assert "“张三”对应不止一条" in said
    desk.post(treasury.applicant, f"{URL}new/", **typed(fund, (f"张三 #{zhang.pk}", "", "5.00", "")))


@pytest.mark.parametrize(
    "facts",
    [{"lines-TOTAL_FORMS": "x"}, {"lines-TOTAL_FORMS": "999999999"}, {"purpose": "0"}, {"purpose": "x"}, {"unit": "乙局"},
     {"subject": "\0"}, {"request_id": "x"}, {"lines-0-person": "\0"}, {"lines-0-person": "#" + "9" * 18}, {"subject": ""}],
)  # fmt: skip
def test_what_does_not_fit_is_told_and_never_fails(desk, treasury, fund, asks, facts):
    form = {**typed(fund, ("", "某医院", "5.00", "")), **facts}
    desk.post(treasury.applicant, f"{URL}new/", 400, **form)
    body = desk.post(treasury.applicant, f"{URL}new/", 400, json=True, **form).json()
    assert (body["ok"], body["code"]) == (False, "fields")
    desk.post(treasury.applicant, f"{URL}new/", 200, add_row="1", **form)


def test_a_draft_is_edited_row_by_row(desk, treasury, fund, asks):
    row = asks.draft(asks.line("张三", "500.00"), asks.line("李四", "300.00"))
    shown = desk.get(treasury.applicant, page(row, "edit/"))
    assert [form["payee"].value() for form in shown.context["form"].lines.forms] == ["张三", "李四", None, None, None]
    lines = [(f"张三 #{row.lines.first().person_id}", "张三", "450.00", ""), ("", "", "", "")]
    desk.post(treasury.applicant, page(row, "edit/"), version=1, **typed(fund, *lines, subject="改写"))
    row.refresh_from_db()
    assert (row.subject, row.asked, [line.payee for line in row.lines.standing()]) == ("改写", YUAN("450.00"), ["张三"])
    answer = desk.post(treasury.applicant, page(row, "edit/"), 409, version=1, **typed(fund, *lines))
    assert "已被他人更新" in words(answer)


def test_only_funds_that_serve_the_unit_and_their_purposes_are_offered(desk, treasury, city, asks, fund):
    build.fund(city.b, "乙局资金", opened_by=treasury.fund_lead)
    lapsed = build.fund(city.root, "旧资金", opened_by=treasury.fund_lead)
    type(lapsed).objects.filter(pk=lapsed.pk).update(state="已结束")
    offered = desk.get(treasury.applicant, f"{URL}new/").context["form"].fields["purpose"].choices
    assert [group if isinstance(names, str) else (group, [name for _, name in names]) for group, names in offered] == [
        "", ("帮扶资金(滨海市)", ["困难补助", "走访慰问"])
    ]  # fmt: skip


def test_the_form_says_what_the_rules_say(desk, treasury, city, asks, fund):
    build.rule(city.root, "funds.amount_person_year", {fund.kind: "1500"}, clause="BZ-21")
    said = words(desk.get(treasury.applicant, f"{URL}new/"))
    assert "500.00元以下(含)组织处审定、2000.00元以下(含)分管领导审批、其余书记会议研究决定(LYG-10)" in said
    assert "每人每年金额上限:不超过1500.00元/人年(BZ-21)" in said


# Who sees what ----------------------------------------------------------------------------------------------


def test_an_applicant_sees_only_what_the_own_unit_asked_for(desk, treasury, asks, city):
    mine, other = asks.draft(), asks.draft(unit=city.b, by=treasury.applicant_b, subject="乙局申请")
    listed = desk.get(treasury.applicant, URL)
    assert [row.pk for row in listed.context["page"].rows] == [mine.pk]
    assert len(desk.get(treasury.fund_office, URL).context["page"].rows) == 2
    for verb in ("", "edit/", "print/", "sheet/"):
        desk.get(treasury.applicant, page(other, verb), 404)
    for verb in [*views.STEPS, "decide", "attach"]:
        status = {"accept": 403, "send_back": 403}.get(verb, 404)
        desk.post(treasury.applicant, page(other, f"{verb}/"), status, version=1, reason="x")


def test_balances_and_meetings_are_for_those_who_keep_the_fund(desk, treasury, asks):
    row = asks.accepted(amount="3000.00")
    asks.meeting((row, "2500.00"))
    own, kept = words(desk.get(treasury.applicant, page(row))), desk.get(treasury.fund_office, page(row))
    assert "可用余额" not in own and "2026-05" in own and "研究同意" in own
    assert "可用余额7,500.00元" in words(kept) and "/funds/meetings/" in kept.content.decode()
    assert "/funds/meetings/1" not in desk.get(treasury.applicant, page(row)).content.decode()


@pytest.mark.parametrize(
    ("who", "verb", "status"),
    [
        ("applicant", "accept/", 403), ("cashier", "apply/", 403), ("meeting_clerk", "send_back/", 403),
        ("fund_lead", "withdraw/", 403), ("cashier", "refuse/", 403), ("cashier", "edit/", 403),
    ],
)  # fmt: skip
def test_a_missing_right_is_a_403(desk, treasury, asks, who, verb, status):
    row = asks.applied()
    desk.post(getattr(treasury, who), page(row, verb), status, json=True, version=row.version, reason="x")


# JSON -------------------------------------------------------------------------------------------------------


def test_a_verb_answers_its_state_as_json(desk, treasury, asks):
    row = asks.draft()
    body = desk.post(treasury.applicant, page(row, "apply/"), 200, json=True, version=1).json()
    assert body == {"ok": True, "state": "已申请", "pk": row.pk, "findings": []}
    body = desk.post(treasury.applicant, page(row, "apply/"), 409, json=True, version=1).json()
    assert (body["ok"], body["code"]) == (False, "stale")
    body = desk.post(treasury.applicant, page(row, "apply/"), 409, json=True, version=2).json()
    assert body["code"] == "rule" and "现为“已申请”" in body["findings"][0]["message"]


def test_a_rule_that_refuses_is_named_with_its_limit_and_clause(desk, treasury, asks, city, fund):
    build.rule(city.root, "funds.amount_person_time", {fund.kind: "500"}, clause="BZ-20")
    body = desk.post(treasury.applicant, page(asks.draft(), "apply/"), 409, json=True, version=1).json()
    [finding] = body["findings"]
    assert {name: finding[name] for name in ("rule", "severity", "asked", "limit", "clause")} == {
        "rule": "funds.amount_person_time", "severity": "block", "asked": "800.00", "limit": "不超过500.00元/人次",
        "clause": "BZ-20",
    }  # fmt: skip


def test_a_warning_asks_for_a_reason_and_goes_on(desk, treasury, asks, city, fund):
    build.rule(city.root, "funds.amount_person_time", {fund.kind: "500"}, clause="BZ-20")
    row = asks.draft(asks.line("某医院", "800.00", person=None))
    said = words(desk.post(treasury.applicant, page(row, "apply/"), 409, version=1))
    assert "须说明理由" in said and "未对应到人员" in said
    desk.post(treasury.applicant, page(row, "apply/"), version=1, reason="直接付给医院")
    assert asks.fresh(row).reason == "直接付给医院"


def test_nobody_signed_in_is_a_401(client, asks):
    answer = client.post(page(asks.draft(), "apply/"), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_a_decision_that_does_not_fit_stays_in_its_form(desk, treasury, asks):
    row = asks.accepted()
    said = words(desk.post(treasury.fund_lead, page(row, "decide/"), 409, version=row.version, amount="800.01"))
    assert "须大于零且不超过申请金额800.00元" in said
    desk.post(treasury.fund_lead, page(row, "decide/"), 400, version=row.version, amount="x")


# The list ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "李四"}, ["二"]), ({"q": "一"}, ["一"]), ({"state": "已受理"}, ["二"]), ({"decision": "meeting"}, ["二"]),
        ({"unit": "乙局"}, []), ({"since": "2026-05-11"}, ["二"]), ({"until": "2026-05-10"}, []), ({}, ["二", "一"]),
    ],
)  # fmt: skip
def test_filters(desk, treasury, asks, query, found):
    asks.draft(subject="一")
    asks.accepted(asks.line("李四", "3000.00"), subject="二")
    listed = desk.get(treasury.fund_office, URL, **query)
    assert [row.subject for row in listed.context["page"].rows] == found


def test_the_funds_of_ones_own_applications_are_offered_and_the_list_is_exported(desk, treasury, asks, fund, city):
    build.fund(city.root, "别的资金", opened_by=treasury.fund_lead)
    asks.accepted()
    listed = desk.get(treasury.applicant, URL, fund=fund.pk)
    assert [str(one) for one in listed.context["filterset"].form.fields["fund"].queryset] == ["帮扶资金"]
    answer = desk.get(treasury.applicant, URL, export="csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0] == "事由,申请单位,资金,用途,申请(元),批准(元),状态,审批权限,申请日期"
    assert text.splitlines()[1] == "困难党员补助,甲局,帮扶资金,困难补助,800.00,,已受理,分管领导审批,2026-05-11"


@pytest.mark.parametrize("who", ["applicant", "fund_office", "meeting_clerk"])
def test_pages_run_as_many_queries_for_many_rows_as_for_few(desk, treasury, asks, money, who):
    money.come("90000.00")
    by = getattr(treasury, who)

    def counted(url):
        with CaptureQueriesContext(connection) as queries:
            desk.get(by, url)
        return len(queries)

    urls = [URL, "/"] + {"meeting_clerk": ["/funds/meetings/new/"]}.get(who, [])
    asks.accepted(amount="2500.00")
    counted(urls[0])
    few = [counted(url) for url in urls]
    for index in range(10):
        asks.accepted(asks.line(f"人{index}", "2500.00"))
    assert [counted(url) for url in urls] == few


def test_a_card_and_a_form_do_not_ask_for_each_line(desk, treasury, asks, fund):
    def counted(number):
        row = asks.draft(*(asks.line(f"人{index}", "5.00") for index in range(number)))
        lines = [(f"人{index}", "", "5.00", "") for index in range(number)]
        counts = []
        for call in (
            lambda: desk.get(treasury.applicant, page(row)), lambda: desk.get(treasury.applicant, page(row, "edit/")),
            lambda: desk.get(treasury.applicant, page(row, "print/")),
            lambda: desk.post(treasury.applicant, page(row, "edit/"), 200, add_row="1", **typed(fund, *lines)),
            lambda: desk.post(treasury.applicant, f"{URL}new/", 400, **typed(fund, *lines, subject="")),
        ):  # fmt: skip
            with CaptureQueriesContext(connection) as queries:
                call()
            counts.append(len(queries))
        row.lines.update(dropped=True)
        type(row.lines.first().person).objects.filter(name__startswith="人").update(name="以前")
        return counts

    counted(1)
    assert counted(2) == counted(20)


# Papers, the printed form, the desk -------------------------------------------------------------------------


def test_papers_are_kept_with_the_application(desk, treasury, asks):
    row = asks.applied()
    facts = {"title": "住院证明", "upload": SimpleUploadedFile("证明.pdf", PDF, "application/pdf")}
    desk.post(treasury.applicant, page(row, "attach/"), **facts)
    paper = Attachment.objects.get()
    assert (paper.document_kind, paper.document_id, paper.unit) == ("funds.application", row.pk, row.unit)
    for who in (treasury.applicant, treasury.fund_office):
        assert "住院证明" in words(desk.get(who, page(row)))
    assert "住院证明" not in words(desk.get(treasury.applicant, page(asks.draft())))
    desk.get(treasury.applicant_b, f"/attachments/{paper.pk}/", 404)
    desk.post(treasury.applicant, page(row, "attach/"), 400, title="")


def cells(answer):
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    return [[value for value in row if value is not None] for row in sheet.iter_rows(values_only=True)], sheet


def test_the_official_form_is_a_golden_sheet(desk, treasury, asks):
    row = asks.decided(asks.line("张三", "500.00", note="住院"), asks.line("李四", "300.05"), to="700.00")
    rows, sheet = cells(desk.get(treasury.fund_office, page(row, "sheet/")))
    assert rows == [
        ["专项资金使用审批表"],
        ["申请单位:甲局", "申请日期:2026年5月11日"],
        ["资金名称", "帮扶资金", "用途类别", "困难补助"],
        ["事由", "困难党员补助"],
        ["申请金额(小写)", "¥800.05", "申请金额(大写)", "捌佰元零伍分"],
        ["收款人", "张三、李四"],
        ["附件", "无"],
        ["批准金额", "¥700.00(柒佰元整)"],
        ["序号", "收款人", "金额(元)", "备注"],
        [1, "张三", 500, "住院"],
        [2, "李四", 300.05],
        ["申请单位党组织意见", "(盖章)    年    月    日"],
        ["组织处受理意见", "(盖章)    年    月    日"],
        ["分管领导审批意见", "(盖章)    年    月    日"],
        ["经办人:申请甲"],
    ]
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == ("9", "portrait") or sheet.page_setup.paperSize == 9
    assert "A1:F1" in {str(area) for area in sheet.merged_cells.ranges}
    assert AuditEvent.objects.filter(action="export", object_id=row.pk, kind="funds.application").count() == 1


def test_a_formula_in_the_subject_stays_text(desk, treasury, asks):
    _, sheet = cells(desk.get(treasury.fund_office, page(asks.draft(subject="=1+1"), "sheet/")))
    assert (sheet["B4"].value, sheet["B4"].data_type) == ("=1+1", "s")


def test_the_printed_form_says_the_same(desk, treasury, asks):
    row = asks.accepted(*(asks.line(f"人{index}", "600.00") for index in range(4)))
    asks.meeting((row, "2000.00"))
    said = words(desk.get(treasury.applicant, page(row, "print/")))
    for part in ("申请金额(大写)贰仟肆佰元整", "人0、人1、人2等4笔(明细附后)", "会议号2026-05", "书记会议研究决定意见(盖章)", "经办人:申请甲"):
        assert part in said


def test_every_verb_shows_its_reason_where_it_is_not_possible(desk, treasury, asks, money):
    row = asks.applied(amount="9000.00")
    money.reserve("1500.00")
    assert "不能受理:帮扶资金可用余额8500.00元,不足9000.00元" in words(desk.get(treasury.fund_office, page(row)))
    row = asks.accepted(amount="2000.01")
    said = words(desk.get(treasury.fund_lead, page(row)))
    assert "不能批准:须由书记会议研究决定" in said and "不能不同意" not in said
    assert "登记会议决定" in words(desk.get(treasury.meeting_clerk, page(row)))
    row = asks.accepted(amount="300.00")
    assert "由您受理,不能再由您办理本环节" in words(desk.get(treasury.fund_office, page(row)))


def test_the_desk_says_what_waits_for_whom(desk, treasury, asks):
    asks.draft()
    asks.applied()
    asks.accepted(amount="300.00")
    asks.accepted(amount="800.00")
    asks.accepted(amount="3000.00")
    asks.decided()

    def waiting(who):
        items = desk.get(getattr(treasury, who), "/").context["items"]
        return {item.title: item.count for item in items if "申请" in item.title}

    assert waiting("applicant") == {"资金申请草稿待提交": 1}
    assert waiting("applicant_b") == {}
    assert waiting("fund_office") == {"资金申请待受理": 1}
    assert waiting("fund_lead") == {"资金申请待组织处审定": 1, "资金申请待分管领导审批": 1}
    assert waiting("meeting_clerk") == {"资金申请待书记会议研究决定": 1}
    assert waiting("cashier") == {"已批准申请待支付": 1}


def test_an_empty_post_to_every_address_is_answered(desk, treasury, asks):
    row = asks.applied()
    for pattern in urlpatterns:
        if pattern.callback.__module__ != views.__name__:
            continue
        for who in vars(treasury).values():
            url = reverse(pattern.name, args=[row.pk] if "pk" in str(pattern.pattern) else [])
            assert desk.client(who).post(url).status_code in {400, 403, 404, 405, 409, 302}, (pattern.name, who)
