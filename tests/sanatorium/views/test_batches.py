"""Pages of batches until they set out: what each role sees, what is refused, and how it is said."""

import uuid

import pytest

from sanatorium.models import Batch, BatchState, State
from sanatorium.workflow import batches
from tests import build
from tests.sanatorium.stays import Stay, day, queries_of

URL = "/sanatorium/batches/"
JSON = {"Accept": "application/json"}


@pytest.fixture
def stay(city, cast, today):
    return Stay(city, cast, today)


@pytest.fixture
def as_user(client, cast):
    def sign_in(who):
        client.force_login(getattr(cast, who))
        return client

    return sign_in


def form(stay, **terms):
    given = {
        **stay.terms(),
        "plan": stay.plan.pk,
        "venue": stay.venue.pk,
        "request_id": uuid.uuid4(),
        **terms,
    }
    return {name: value for name, value in given.items() if value is not None}


def text(answer):
    return answer.content.decode()


def picked(*rows):
    return {"rows": [f"{row.pk}:{row.version}" for row in rows]}


def test_the_form_shows_each_limit_with_its_clause(stay, as_user):
    page = text(as_user("union_officer").get(f"{URL}new/"))
    assert "每期天数:5—7天" in page and "BZ-8" in page
    assert "须选工会系统疗休养院;选择省外须说明理由" in page
    assert "安排月份:5—11月" in page


def test_a_batch_is_opened_by_form(stay, as_user):
    answer = as_user("union_officer").post(f"{URL}new/", form(stay))
    batch = Batch.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{URL}{batch.pk}/")
    assert (batch.days, batch.opened_by) == (6, stay.cast.union_officer)


def test_the_next_number_is_suggested(stay, as_user):
    client = as_user("union_officer")
    assert client.get(f"{URL}new/").context["form"].initial["number"] == 1
    stay.open(number=7)
    assert client.get(f"{URL}new/").context["form"].initial["number"] == 8


def test_a_form_carried_out_answers_json_too(stay, as_user):
    answer = as_user("union_officer").post(f"{URL}new/", form(stay), headers=JSON)
    assert answer.json() == {"ok": True, "state": "编排中", "pk": Batch.objects.get().pk, "findings": []}


def test_steps_that_are_over_are_not_mentioned(stay, as_user):
    batch = stay.went("张三")
    page = text(as_user("union_officer").get(f"{URL}{batch.pk}/"))
    assert "不能" not in page and "费用结算" in page


def test_a_double_click_opens_one_batch(stay, as_user):
    client, sent = as_user("union_officer"), form(stay)
    assert client.post(f"{URL}new/", sent)["Location"] == client.post(f"{URL}new/", sent)["Location"]
    assert Batch.objects.count() == 1


def test_eight_days_are_an_error_at_the_last_day(stay, as_user):
    answer = as_user("union_officer").post(f"{URL}new/", form(stay, ends_on=day("6-15")))
    assert answer.status_code == 409
    assert answer.context["form"].errors == {
        "ends_on": ["6月8日至6月15日首尾相加共8天,每期应为5至7天(BZ-8)"],
    }  # fmt: skip


def test_a_warning_asks_for_a_reason_and_is_kept_with_it(stay, as_user):
    client = as_user("union_officer")
    sent = form(stay, starts_on=day("4-6"), ends_on=day("4-11"))
    answer = client.post(f"{URL}new/", sent)
    assert answer.status_code == 409
    assert answer.context["form"].errors["reason"] == ["请写明理由后再次提交"]
    assert client.post(f"{URL}new/", {**sent, "reason": "场地只有此时"}).status_code == 302
    assert Batch.objects.get().reason == "场地只有此时"


@pytest.mark.parametrize(
    "change",
    [
        {"starts_on": "昨天"},
        {"number": "三"},
        {"capacity": "-1"},
        {"venue": "99999"},
        {"plan": None},
        {"number": "9" * 40},
    ],
)
def test_wrong_input_is_a_form_error(stay, as_user, change):
    answer = as_user("union_officer").post(f"{URL}new/", form(stay, **change))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == list(change)


def test_json_answers_name_fields_and_findings(stay, as_user):
    client = as_user("union_officer")
    wrong = client.post(f"{URL}new/", form(stay, number="三"), headers=JSON)
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["number"])
    refused = client.post(f"{URL}new/", form(stay, ends_on=day("6-15")), headers=JSON)
    [finding] = refused.json()["findings"]
    assert (refused.status_code, finding["rule"], finding["asked"], finding["limit"]) == (
        409, "sanatorium.days", "8天", "5—7天",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "status"),
    [("union_officer", 200), ("union_lead", 403), ("clerk", 403), ("admin", 403), ("auditor", 403)],
)
def test_only_whoever_arranges_sees_the_form(stay, as_user, who, status):
    assert as_user(who).get(f"{URL}new/").status_code == status


def test_nobody_gets_in_unsigned(stay, client):
    batch = stay.open()
    assert client.get(f"{URL}{batch.pk}/").status_code == 302
    assert client.get(f"{URL}{batch.pk}/", headers=JSON).status_code == 401


def test_a_venue_that_is_not_admitted_or_known_is_no_choice(stay, as_user):
    build.venue(stay.city.root, "申报院", state="申报")
    page = text(as_user("union_officer").get(f"{URL}new/"))
    assert "青岛工人疗养院(省内,接待100人)" in page and "申报院" not in page


def test_the_card_shows_facts_limits_people_and_steps(stay, as_user):
    batch = stay.open()
    stay.seat(batch, "张三")
    page = text(as_user("union_officer").get(f"{URL}{batch.pk}/"))
    for part in (
        "2026年第3期",
        "青岛工人疗养院",
        "6天",
        "5个,不抵充年休假",
        "3,000.00元",
        "1 / 40人",
        "张三",
        "获得记功奖励",
        "每人每年费用上限(省外)",
        "不超过5000.00元/人年",
        "编入人员",
        "不能费用结算:现为“编排中”,须为“已成行”",
    ):
        assert part in page, part


def test_the_lead_is_told_why_a_batch_cannot_be_approved(stay, as_user):
    batch = stay.open()
    assert "不能批准批次:尚未编入人员" in text(as_user("union_lead").get(f"{URL}{batch.pk}/"))


def test_a_unit_sees_its_own_people_of_a_batch_and_no_others(stay, as_user):
    batch = stay.open()
    stay.seat(batch, "张三")
    stay.seat(batch, "乙某", unit=stay.city.b)
    page = text(as_user("clerk").get(f"{URL}{batch.pk}/"))
    assert "张三" in page and "乙某" not in page and "2 / 40" not in page
    assert as_user("clerk_c").get(f"{URL}{batch.pk}/").status_code == 404


def test_the_list_holds_only_batches_one_may_know(stay, as_user):
    stay.seat(stay.open(number=1), "张三")
    stay.open(number=2)
    seen = {who: text(as_user(who).get(URL)) for who in ("union_officer", "clerk", "clerk_b")}
    assert [("第1期" in page, "第2期" in page) for page in seen.values()] == [
        (True, True),
        (True, False),
        (False, False),
    ]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("state=编排中", {1, 2}), ("state=已结清", set()), ("province=省外", {2}), ("venue=黄山", {2}),
        ("starts_from=2026-07-01", {2}), ("starts_to=2026-06-30", {1}), ("year=2025", set()), ("year=2026", {1, 2}),
    ],
)  # fmt: skip
def test_the_list_is_filtered(stay, as_user, query, numbers):
    stay.open(number=1)
    outside = build.venue(stay.city.root, "黄山院", in_province=False)
    stay.open(number=2, venue=outside, starts_on=day("7-6"), ends_on=day("7-11"), reason="省内无档期")
    page = text(as_user("union_officer").get(f"{URL}?{query}"))
    assert {number for number in (1, 2) if f"第{number}期" in page} == numbers


@pytest.mark.parametrize("query", ["year=abc", "year=99999999999999999999", "starts_from=x", "state=无"])
def test_an_odd_filter_is_said_to_be_wrong(stay, as_user, query):
    assert as_user("union_officer").get(f"{URL}?{query}").status_code == 400


def test_the_list_exports_what_it_shows(stay, as_user):
    stay.open()
    answer = as_user("union_officer").get(f"{URL}?export=csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[1] == "2026年第3期,青岛工人疗养院,省内,2026-06-08,2026-06-13,6,0,40,编排中"


def test_pages_ask_no_more_queries_for_more_rows(stay, as_user):
    batch = stay.open(number=1)
    stay.seat(batch, "张三")
    stay.person("李四")
    client = as_user("union_officer")
    urls = [URL, f"{URL}{batch.pk}/", f"{URL}{batch.pk}/assign/"]
    before = [queries_of(client, url) for url in urls]
    stay.open(number=2)
    stay.seat(batch, "王五", "赵六")
    stay.person("钱七")
    assert [queries_of(client, url) for url in urls] == before


def test_terms_are_changed_by_form_and_a_stale_one_is_refused(stay, as_user):
    batch, client = stay.open(), as_user("union_officer")
    sent = {**form(stay, capacity=30), "version": batch.version}
    assert client.post(f"{URL}{batch.pk}/edit/", sent).status_code == 302
    answer = client.post(f"{URL}{batch.pk}/edit/", {**sent, "capacity": 20})
    assert answer.status_code == 409 and "已被他人更新" in text(answer)
    assert stay.fresh(batch).capacity == 30


def test_the_programme_is_a_grid_of_half_days(stay, as_user):
    batch, client = stay.open(), as_user("union_officer")
    url = f"{URL}{batch.pk}/programme/"
    assert text(client.get(url)).count("<select") == 18
    sent = {
        "version": batch.version,
        "kind_1_0": "休养",
        "content_1_0": "报到、海边散步",
        "place_1_0": "第一海水浴场",
    }
    assert client.post(url, sent).status_code == 302
    [item] = batches.programme_of(batch)
    assert (item.day, item.half, item.kind, item.place) == (1, "上午", "休养", "第一海水浴场")
    assert "海边散步" in text(client.get(f"{URL}{batch.pk}/"))


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"kind_1_0": "休养"}, "content_1_0"),
        ({"content_1_0": "散步"}, "kind_1_0"),
        ({"kind_1_0": "购物", "content_1_0": "商场"}, "kind_1_0"),
    ],
)
def test_half_a_half_day_is_a_form_error(stay, as_user, sent, field):
    batch = stay.open()
    answer = as_user("union_officer").post(f"{URL}{batch.pk}/programme/", {"version": 1, **sent})
    assert (answer.status_code, field in answer.context["form"].errors) == (400, True)


def test_a_programme_of_tours_asks_for_a_reason(stay, as_user):
    batch = stay.open()
    sent = {"version": 1, "kind_1_0": "参观游览", "content_1_0": "古城"}
    answer = as_user("union_officer").post(f"{URL}{batch.pk}/programme/", sent)
    assert answer.status_code == 409
    assert "休养、疗养等服务占0个,不得少于51%" in answer.context["form"].errors["reason"][0]


def test_a_batch_says_what_comes_next(stay, as_user):
    batch, client = stay.open(), as_user("union_officer")

    def said():
        return client.get(f"{URL}{batch.pk}/").context["next_step"]

    assert said() == "先编入人员,再由工会负责人批准。"
    [row] = stay.seat(batch, "张三")
    assert said() == "编排完成,待工会负责人批准。"
    stay.approve(batch)
    assert said() == "6月8日开始后,由工会经办登记参加情况。"
    batch = stay.set_out(stay.fresh(batch))
    client.force_login(stay.cast.union_officer)
    assert said() == "待工会经办登记费用,还缺1人。"
    stay.settle(batch, stay.line(row))
    assert said() == "费用已登记,待经费负责人或未批准本期的工会负责人核对结清。"
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.CLOSED)
    assert said() == ""


# Seats -----------------------------------------------------------------------------------------------------


def test_the_proposal_ticks_those_who_fit_and_says_why(stay, as_user):
    batch = stay.open(capacity=1)
    first, second = stay.person("张三"), stay.person("李四")
    answer = as_user("union_officer").get(f"{URL}{batch.pk}/assign/")
    assert [(line["row"], line["ticked"]) for line in answer.context["lines"]] == [
        (first, True),
        (second, False),
    ]
    assert "编号" in text(answer)


def test_somebody_who_wishes_to_go_elsewhere_is_not_ticked_beforehand(stay, as_user):
    batch = stay.open()
    for wish in ("省外", "省内", ""):
        stay.person(f"愿{wish}", wish=wish)
    answer = as_user("union_officer").get(f"{URL}{batch.pk}/assign/")
    assert {line["row"].name: line["ticked"] for line in answer.context["lines"]} == {
        "愿省外": False,
        "愿省内": True,
        "愿": True,
    }
    assert text(answer).count("与本期不符") == 1
    assert "待编入3人,按次序列出3人;可安排40人。已按次序预选2人" in text(answer)


def test_somebody_who_may_not_go_has_no_box_and_a_reason(stay, as_user):
    [row] = stay.seat(stay.open(number=1), "张三")
    type(row).objects.update(state=State.ATTENDED)
    other = stay.person("张三")
    type(row).objects.filter(pk=other.pk).update(person=row.person)
    batch = stay.open(number=2)
    page = text(as_user("union_officer").get(f"{URL}{batch.pk}/assign/"))
    assert "不能编入:张三已编入2026年第1期" in page and f'value="{other.pk}:' not in page


def test_a_proposal_is_searched_by_name_initials_and_unit(stay, as_user):
    batch, client = stay.open(), as_user("union_officer")
    stay.person("张三")
    stay.person("李四", unit=stay.city.b)
    found = {
        q: [line["row"].name for line in client.get(f"{URL}{batch.pk}/assign/?q={q}").context["lines"]]
        for q in ("张", "ls", "乙局", "无")
    }
    assert found == {"张": ["张三"], "ls": ["李四"], "乙局": ["李四"], "无": []}


def test_what_is_ticked_gets_a_seat(stay, as_user):
    batch, rows = stay.open(), [stay.person("张三"), stay.person("李四")]
    answer = as_user("union_officer").post(f"{URL}{batch.pk}/assign/", picked(*rows))
    assert answer.status_code == 302
    assert stay.fresh(batch).seats == 2


def test_more_than_fit_are_refused_with_the_numbers(stay, as_user):
    batch = stay.open(capacity=1)
    sent = picked(stay.person("张三"), stay.person("李四"))
    answer = as_user("union_officer").post(f"{URL}{batch.pk}/assign/", sent, headers=JSON)
    assert (answer.status_code, answer.json()["findings"][0]["rule"]) == (409, "seats")
    assert "剩余1个,本次编入2人" in text(as_user("union_officer").post(f"{URL}{batch.pk}/assign/", sent))


def test_people_of_the_batch_are_taken_out_from_its_card(stay, as_user):
    batch = stay.open()
    [row] = stay.seat(batch, "张三")
    assert as_user("union_officer").post(f"{URL}{batch.pk}/unassign/", picked(row)).status_code == 302
    assert (stay.fresh(batch).seats, stay.fresh(row).state) == (0, State.APPROVED)


@pytest.mark.parametrize("rows", ["", "x", "1", "0:0", "999999:1", "1:" + "9" * 40])
def test_odd_rows_are_refused_plainly(stay, as_user, rows):
    batch = stay.open()
    for verb in ("assign", "unassign"):
        answer = as_user("union_officer").post(f"{URL}{batch.pk}/{verb}/", {"rows": rows} if rows else {})
        assert answer.status_code in (404, 409)


@pytest.mark.parametrize("text_sent", ["\0", "%", "'", "💥", "x" * 5000])
def test_odd_texts_break_no_page(stay, as_user, text_sent):
    batch, client = stay.open(), as_user("union_officer")
    rows = {"assign": stay.person("张三"), "unassign": stay.seat(batch, "李四")[0]}
    assert client.get(f"{URL}{batch.pk}/assign/", {"q": text_sent}).status_code == 200
    assert client.get(URL, {"venue": text_sent}).status_code in (200, 400)
    opened = client.post(f"{URL}new/", form(stay, number=9, leader=text_sent, reason=text_sent))
    assert opened.status_code in (302, 400)
    wanted = 409 if len(text_sent) > 200 else 302
    for verb, row in rows.items():
        sent = {**picked(row), "reason": text_sent}
        assert client.post(f"{URL}{batch.pk}/{verb}/", sent).status_code == wanted


# Approving and cancelling ----------------------------------------------------------------------------------


def post(client, batch, verb, **facts):
    return client.post(f"{URL}{batch.pk}/{verb}/", {"version": batch.version, **facts}, headers=JSON)


def test_the_lead_approves_and_cancels_with_a_reason(stay, as_user):
    batch = stay.open()
    stay.seat(batch, "张三")
    lead = as_user("union_lead")
    assert post(lead, stay.fresh(batch), "approve").json()["state"] == "已批准"
    assert post(lead, stay.fresh(batch), "cancel").json()["findings"][0]["rule"] == "reason"
    assert post(lead, stay.fresh(batch), "cancel", reason="台风").json()["state"] == "已取消"


@pytest.mark.parametrize("verb", ["approve", "cancel", "close", "reopen", "assign", "unassign"])
def test_a_verb_without_its_right_is_forbidden_and_outside_ones_units_unknown(stay, as_user, verb):
    batch = stay.open()
    assert post(as_user("auditor"), batch, verb, reason="x").status_code == 403
    assert post(as_user("clerk_c"), batch, verb, reason="x").status_code in (403, 404)
    build.user("elsewhere", stay.city.b, "union_lead", person=build.person(stay.city.b, "他处负责人"))
    other = build.appointment(build.user("x", stay.city.b, "union_officer"), stay.city.b, "union_lead").user
    client = as_user("clerk")
    client.force_login(other)
    assert post(client, batch, verb, reason="x").status_code == 404


@pytest.mark.parametrize("version", ["", "x", "99", "9" * 40])
def test_a_stale_or_missing_version_is_a_409(stay, as_user, version):
    batch = stay.open()
    stay.seat(batch, "张三")
    answer = as_user("union_lead").post(f"{URL}{batch.pk}/approve/", {"version": version}, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "stale")


@pytest.mark.parametrize("verb", ["approve", "cancel", "close", "reopen", "unassign"])
def test_verbs_are_posts(stay, as_user, verb):
    assert as_user("union_lead").get(f"{URL}{stay.open().pk}/{verb}/").status_code == 405


@pytest.mark.parametrize("state", list(BatchState))
def test_the_card_opens_in_every_state_for_every_reader(stay, as_user, state):
    batch = stay.open()
    stay.seat(batch, "张三")
    Batch.objects.update(state=state)
    for who in ("union_officer", "union_lead", "auditor", "clerk", "org_lead"):
        assert as_user(who).get(f"{URL}{batch.pk}/").status_code == 200
