"""Pages of the rules: what is in force, what changes when, and keeping rules by form."""

import datetime
import re
import uuid
from html import unescape

import pytest
from django.urls import reverse

from carecore import presets, rulekeeping
from carecore.models import AuditEvent, Document, Rule, Severity
from tests import build

DAYS = "sanatorium.days"
COST = "sanatorium.cost_person_year"


@pytest.fixture
def lead(client, cast):
    client.force_login(cast.union_lead)
    return client


@pytest.fixture
def clerk(client, cast):
    client.force_login(cast.clerk)
    return client


def page(client, url, status=200, **query):
    answer = client.get(url, query)
    assert answer.status_code == status
    return answer


def send(client, url, status=302, **data):
    answer = client.post(url, data)
    assert answer.status_code == status, answer.context and answer.context["form"].errors
    return answer


def rule_data(**data):
    return {
        "unit": "3799", "value": "5-7", "severity": "block", "clause": "滨工发〔2026〕3号", "decided_on": "2026-05-08",
        "effective_from": "2026-06-01", "request_id": str(uuid.uuid4()), **data,
    }  # fmt: skip


# What is in force -----------------------------------------------------------------------------------------


def test_the_page_shows_what_governs_the_users_unit_today(clerk, city, cast):
    presets.load_policy(by=cast.union_lead, preset="binzhou-2018", unit=city.root)
    answer = page(clerk, "/policy/")
    assert (answer.context["unit"], answer.context["day"]) == (city.a, datetime.date(2026, 5, 11))
    groups = dict(answer.context["groups"])
    (line,) = groups["每期天数"]
    assert (line.words, line.checked, line.tightest, line.cases) == ("5—7天", True, True, ())
    text = answer.content.decode()
    assert "「疗休养工作一般安排在5月至11月进行,每期5至7天」" in text
    assert "《关于进一步加强干部职工疗休养工作的意见(试行)》</a>BZ-8" in text
    assert [line.checked for line in groups["其他要求"]] == [False] * 7
    assert text.count("仅提示,系统不检查") == 8


def test_keys_come_in_the_order_in_which_they_are_declared(clerk, city):
    for key, value in (("old.key", [1]), ("sanatorium.note", "甲"), (DAYS, [5, 7]), (COST, 3000)):
        build.rule(city.root, key, value)
    labels = [label for label, _ in page(clerk, "/policy/").context["groups"]]
    assert labels == ["每期天数", "每人每年费用上限", "其他要求", "old.key"]


def test_the_tightest_rule_is_marked_in_its_cases(clerk, city):
    build.rule(city.root, COST, {"省内": 3000, "省外": 5000})
    build.rule(city.a, COST, {"省内": 2500})
    ((_, lines),) = page(clerk, "/policy/").context["groups"]
    assert [(line.rule.unit, line.tightest, line.cases) for line in lines] == [
        (city.root, True, ("省外",)), (city.a, True, ("省内",))
    ]  # fmt: skip
    Rule.objects.filter(unit=city.a).update(value=2500)
    ((_, lines),) = page(clerk, "/policy/").context["groups"]
    assert [(line.tightest, line.cases) for line in lines] == [(False, ()), (True, ())]


def test_another_day_and_another_unit_can_be_chosen(lead, city):
    build.rule(city.b, DAYS, [5, 7], effective_to=datetime.date(2026, 6, 30))
    shown = {
        day: [label for label, _ in page(lead, "/policy/", unit="乙局", day=day).context["groups"]]
        for day in ("2026-06-30", "2026-07-01")
    }
    assert shown == {"2026-06-30": ["每期天数"], "2026-07-01": []}
    assert page(lead, "/policy/", unit="379901").context["groups"] == []


def test_rules_of_another_unit_do_not_exist_for_a_clerk(clerk, city):
    rule = build.rule(city.b, DAYS, [5, 7])
    document = Document.objects.create(unit=city.b, slug="b", name="乙局办法")
    assert page(clerk, "/policy/", status=400, unit="乙局").context["groups"] == []
    assert page(clerk, "/policy/rules/").context["page"].rows == []
    assert page(clerk, "/policy/documents/").context["page"].rows == []
    for url in (reverse("rule_detail", args=[rule.pk]), reverse("document_detail", args=[document.pk])):
        page(clerk, url, status=404)


@pytest.mark.parametrize("query", [{"day": "五月"}, {"unit": "没有"}, {"day": "2026-13-01"}])
def test_a_wrong_question_says_so(clerk, city, query):
    answer = page(clerk, "/policy/", status=400, **query)
    assert answer.context["form"].errors


def test_the_page_asks_the_database_the_same_whatever_the_rules(clerk, city, queries_of):
    build.rule(city.root, DAYS, [5, 7])
    few = queries_of(clerk, "/policy/")
    document = Document.objects.create(unit=city.root, slug="x", name="办法")
    for number in range(20):
        build.rule(city.root, "sanatorium.note", f"说明{number}", document=document)
    assert queries_of(clerk, "/policy/") == few
    assert queries_of(clerk, "/policy/changes/") <= few


# What changes when ----------------------------------------------------------------------------------------


def test_the_timeline_holds_every_beginning_and_end(clerk, city, cast):
    old = build.rule(city.root, DAYS, [5, 7], effective_from=datetime.date(2020, 1, 1))
    new = rulekeeping.follow_rule(
        by=cast.union_lead, rule=old, value=[5, 6], clause="新", effective_from=datetime.date(2026, 7, 1)
    )
    build.rule(city.b, DAYS, [1, 9])
    context = page(clerk, "/policy/changes/").context
    shown = {
        name: [(turn.day, turn.begins, turn.line.rule) for turn in context[name]]
        for name in ("coming", "past")
    }
    assert shown == {
        "coming": [(datetime.date(2026, 7, 1), False, old), (datetime.date(2026, 7, 1), True, new)],
        "past": [(datetime.date(2020, 1, 1), True, old)],
    }


def test_a_rule_that_begins_today_has_changed(clerk, city):
    build.rule(city.root, DAYS, [5, 7], effective_from=datetime.date(2026, 5, 11))
    context = page(clerk, "/policy/changes/").context
    assert (len(context["coming"]), len(context["past"])) == (0, 1)


# Lists ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "clauses"),
    [
        ({}, ["到期", "本年", "将来"]),
        ({"phase": "生效中"}, ["本年"]),
        ({"phase": "未生效"}, ["将来"]),
        ({"phase": "已失效"}, ["到期"]),
        ({"day": "2025-12-31"}, ["到期"]),
        ({"key": COST}, ["本年"]),
        ({"severity": "warn"}, ["将来"]),
        ({"unit": "甲局"}, ["将来"]),
        ({"governs": "乙局"}, ["到期", "本年"]),
        ({"governs": "甲局一所"}, ["到期", "本年", "将来"]),
    ],
)
def test_the_rules_are_filtered(lead, city, query, clauses):
    build.rule(city.root, DAYS, [5, 7], clause="到期", effective_to=datetime.date(2025, 12, 31))
    build.rule(city.root, COST, 3000, clause="本年", effective_from=datetime.date(2026, 1, 1))
    build.rule(
        city.a, DAYS, [5, 6], clause="将来", severity=Severity.WARN, effective_from=datetime.date(2027, 1, 1)
    )  # fmt: skip
    rows = page(lead, "/policy/rules/", **query).context["page"].rows
    assert sorted(row.clause for row in rows) == sorted(clauses)


def test_the_rules_are_exported_in_words(lead, city):
    build.rule(city.root, DAYS, [5, 7], clause="三(二)")
    text = b"".join(page(lead, "/policy/rules/", export="csv").streaming_content).decode("utf-8-sig")
    assert text.splitlines() == [
        "规则,取值,严重程度,依据,适用单位(含下级),生效日期,失效日期,系统检查",
        "每期天数,5—7天,不予通过,三(二),滨海市,2018-01-01,,检查",
    ]


def test_what_is_in_force_is_exported_as_it_is_shown(clerk, city):
    build.rule(city.root, DAYS, [5, 7])
    build.rule(city.root, COST, 3000, effective_from=datetime.date(2027, 1, 1))
    text = page(clerk, "/policy/").content.decode()
    (link,) = re.findall(r'href="(/policy/rules/[^"]*export=csv)"', text)
    rows = b"".join(page(clerk, unescape(link)).streaming_content).decode("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["每期天数"]


def test_documents_are_listed_and_found(lead, city, cast):
    presets.load_policy(by=cast.union_lead, preset="anhui", unit=city.root)
    presets.load_policy(by=cast.union_lead, preset="binzhou-2018", unit=city.root)
    rows = page(lead, "/policy/documents/", search="安徽").context["page"].rows
    assert [row.slug for row in rows] == ["anhui"]
    answer = page(lead, reverse("document_detail", args=[rows[0].pk]))
    assert len(answer.context["lines"]) == len(presets.read("anhui")["rule"])


# Keeping rules by form ------------------------------------------------------------------------------------


def test_first_the_kind_of_rule_is_chosen(lead):
    answer = page(lead, "/policy/rules/new/")
    assert [name for name, _ in answer.context["form"].fields["key"].choices][:2] == [
        "sanatorium.places", "sanatorium.grounds"
    ]  # fmt: skip
    page(lead, "/policy/rules/new/", status=404, key="sanatorium.colour")


def test_a_local_decision_becomes_a_rule(lead, city):
    data = rule_data()
    for _ in range(2):  # a double click makes one
        answer = send(lead, f"/policy/rules/new/?key={DAYS}", **data)
    rule = Rule.objects.get()
    assert (rule.unit, rule.key, rule.value, rule.clause) == (
        city.root, DAYS, [5, 7], "本地决定 滨工发〔2026〕3号(2026-05-08)"
    )  # fmt: skip
    assert answer.headers["Location"] == reverse("rule_detail", args=[rule.pk])
    assert "5—7天" in page(lead, answer.headers["Location"]).content.decode()


def test_a_rule_by_cases(lead, city):
    cases = {"value": "", "value_0": "3000", "value_1": "5000.5"}
    send(lead, f"/policy/rules/new/?key={COST}", **rule_data(**cases))
    assert Rule.objects.get().value == {"省内": "3000.00", "省外": "5000.50"}


def test_a_rule_from_a_document_needs_no_date_of_decision(lead, city, cast):
    document = rulekeeping.add_document(by=cast.union_lead, unit=city.root, slug="x", name="办法")
    send(
        lead, f"/policy/rules/new/?key={DAYS}", **rule_data(document=document.pk, clause="三", decided_on="")
    )
    assert (Rule.objects.get().document, Rule.objects.get().clause) == (document, "三")


@pytest.mark.parametrize(
    ("data", "status", "field", "error"),
    [
        ({"decided_on": ""}, 400, "decided_on", "本地决定须写明日期"),
        ({"value": ""}, 400, "value", "请填写取值"),
        ({"value": "5-7", "value_0": "2-3"}, 400, "value", "各种情形相同时只填此项;分情形填写时请留空"),
        ({"value": "七天"}, 400, "value", "应写作“5-7”,前小后大"),
        ({"value": "7-5"}, 400, "value", "应写作“5-7”,前小后大"),
        ({"effective_to": "2026-05-31"}, 409, "effective_to", "失效日期不得早于生效日期"),
        ({"unit": "没有"}, 400, "unit", "没有找到“没有”,或不在您的管理范围内,请核对单位代码或名称"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(lead, city, data, status, field, error):
    answer = send(lead, f"/policy/rules/new/?key={DAYS}", status=status, **rule_data(**data))
    assert answer.context["form"].errors[field] == [error]
    assert not Rule.objects.exists()


def test_below_only_stricter_stands_beside_the_value(lead, city):
    build.rule(city.root, DAYS, [5, 7])
    answer = send(lead, f"/policy/rules/new/?key={DAYS}", status=409, **rule_data(unit="甲局", value="5-8"))
    assert answer.context["form"].errors["value"] == [
        "“每期天数”“5—8天”宽于滨海市的“5—7天”(本地决定),下级只能从严"
    ]


def test_a_coming_rule_is_edited_and_withdrawn(lead, city):
    rule = build.rule(city.root, DAYS, [5, 7], effective_from=datetime.date(2026, 6, 1), clause="x")
    url = reverse("rule_edit", args=[rule.pk])
    assert page(lead, url).context["form"]["value"].value() == "5-7"
    data = rule_data(value="5-6", version="1", effective_from="2026-06-02")
    send(lead, url, **data)
    rule.refresh_from_db()
    assert (rule.value, rule.effective_from, rule.version) == ([5, 6], datetime.date(2026, 6, 2), 2)
    assert (
        send(lead, url, status=409, **data).context["form"].errors["__all__"][0].endswith("请刷新后重新操作")
    )
    answer = page(lead, reverse("rule_detail", args=[rule.pk]))
    assert [verb["label"] for verb in answer.context["verbs"]] == ["终止", "撤回"]
    send(lead, reverse("rule_withdraw", args=[rule.pk]), version="2", reason="误登")
    assert not Rule.objects.exists()


def test_a_rule_whose_day_has_come_is_not_edited(lead, city):
    rule = build.rule(city.root, DAYS, [5, 7])
    answer = page(lead, reverse("rule_detail", args=[rule.pk]))
    assert [verb["label"] for verb in answer.context["verbs"]] == ["终止"]
    assert reverse("rule_edit", args=[rule.pk]) not in answer.content.decode()
    send(lead, reverse("rule_edit", args=[rule.pk]), status=409, **rule_data(version="1"))
    send(lead, reverse("rule_withdraw", args=[rule.pk]), status=409, version="1", reason="x")
    rule.refresh_from_db()
    assert rule.version == 1


def test_a_rule_is_ended(lead, city):
    rule = build.rule(city.root, DAYS, [5, 7])
    url = reverse("rule_end", args=[rule.pk])
    assert (
        send(lead, url, status=400, version="1", effective_to="x").context["end_form"].errors["effective_to"]
    )
    late = send(lead, url, status=409, version="1", effective_to="2026-01-31")
    assert late.context["needs_reason"]
    send(lead, url, version="1", effective_to="2026-01-31", reason="补录")
    rule.refresh_from_db()
    assert rule.effective_to == datetime.date(2026, 1, 31)
    assert AuditEvent.objects.latest("seq").reason == "补录"


def test_a_rule_is_followed_with_what_it_was_filled_in(lead, city):
    rule = build.rule(city.root, COST, {"省内": 3000, "省外": 5000}, lower_may_differ=True)
    url = reverse("rule_follow", args=[rule.pk])
    form = page(lead, url).context["form"]
    assert [form[name].value() for name in ("value", "value_0", "value_1")] == [None, 3000, 5000]
    assert (form["lower_may_differ"].value(), form["effective_from"].value()) == (
        True, datetime.date(2026, 5, 12)
    )  # fmt: skip
    assert "unit" not in form.fields
    data = rule_data(value="", value_0="3500", value_1="5000", version="1")
    send(lead, url, **data)
    new = Rule.objects.get(follows=rule)
    assert (new.value, new.effective_from) == (
        {"省内": "3500.00", "省外": "5000.00"}, datetime.date(2026, 6, 1)
    )  # fmt: skip
    text = page(lead, reverse("rule_detail", args=[rule.pk])).content.decode()
    assert "由下一条接续" in text and url not in text


def test_a_document_is_registered_and_put_right(lead, city):
    data = {
        "request_id": str(uuid.uuid4()), "unit": "3799", "slug": "bh-2026", "name": "办法", "issuers": "市总工会、 市财政局",
        "issued_on": "2026-05-01", "is_trial": "on",
    }  # fmt: skip
    send(lead, "/policy/documents/new/", **data)
    row = Document.objects.get()
    assert (row.issuers, row.is_trial, row.unit) == (["市总工会", "市财政局"], True, city.root)
    data["request_id"] = str(uuid.uuid4())
    answer = send(lead, "/policy/documents/new/", status=409, **data)
    assert answer.context["form"].errors["slug"] == ["标识为“bh-2026”的文件已登记,请直接使用"]
    send(lead, reverse("document_edit", args=[row.pk]), version="1", name="管理办法", issuers="市总工会")
    row.refresh_from_db()
    assert (str(row), row.issuers, row.is_trial, row.slug) == ("《管理办法》", ["市总工会"], False, "bh-2026")


def test_readers_are_offered_no_change(clerk, city):
    rule = build.rule(city.root, DAYS, [5, 7])
    for url in ("/policy/", "/policy/rules/", reverse("rule_detail", args=[rule.pk])):
        text = page(clerk, url).content.decode()
        assert "/policy/rules/new/" not in text and "/follow/" not in text and "/end/" not in text


@pytest.mark.parametrize("route", ["rule_new", "document_new"])
def test_readers_open_no_form(clerk, route):
    page(clerk, reverse(route), status=403)


@pytest.mark.parametrize("route", ["rule_edit", "rule_follow", "rule_end", "rule_withdraw"])
def test_readers_change_nothing(clerk, city, route):
    rule = build.rule(city.a, DAYS, [5, 7])
    assert clerk.post(reverse(route, args=[rule.pk]), {"version": "1"}).status_code == 403


def test_administrators_see_no_rules_and_strangers_sign_in_first(client, cast):
    assert client.get("/policy/").headers["Location"] == "/accounts/login/?next=/policy/"
    client.force_login(cast.admin)
    page(client, "/policy/", status=403)


def test_a_refusal_in_json_names_rule_limit_and_clause(lead, city):
    build.rule(city.root, DAYS, [5, 7], clause="BZ-8")
    answer = lead.post(
        f"/policy/rules/new/?key={DAYS}",
        rule_data(unit="甲局", value="5-8"),
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 409
    (finding,) = answer.json()["findings"]
    assert (finding["asked"], finding["limit"], finding["clause"]) == ("5—8天", "5—7天", "BZ-8")


# Rules by kind of fund ------------------------------------------------------------------------------------


def test_a_rule_by_kind_of_fund_is_added_and_followed_without_writing_code(lead, city):
    url = reverse("rule_new") + "?key=funds.purposes"
    assert "资金类别1" in page(lead, url).content.decode()
    kinds = {"value_0_case": "帮扶", "value_0": "困难补助(aid)\n助学", "value_1_case": "学习培训", "value_1": "资料"}
    send(lead, url, **rule_data(value="", effective_from="2026-05-11", **kinds))
    rule = Rule.objects.get()
    assert rule.value == {"帮扶": [{"code": "aid", "label": "困难补助"}, "助学"], "学习培训": ["资料"]}
    follow = reverse("rule_follow", args=[rule.pk])
    form = page(lead, follow).context["form"]
    text = "".join(form["value_0"].value())
    assert text == '困难补助(aid)\n助学'
    more = {**kinds, "value_0": f"{text}\n丧葬", "version": rule.version}
    send(lead, follow, **rule_data(value="", **more))
    assert Rule.objects.get(follows=rule).value["帮扶"][2] == "丧葬"
    assert "帮扶:困难补助、助学" in page(lead, "/policy/").content.decode()


def test_a_kind_without_its_value_is_said_beside_its_field(lead, city):
    url = reverse("rule_new") + "?key=funds.dues_share"
    answer = send(lead, url, status=400, **rule_data(value="", value_0_case="帮扶"))
    assert answer.context["form"].errors == {"value_0": ["请填写“帮扶”的取值;不再需要的请同时清除名称"]}
