"""A nomination's way over the pages: each step by its role, for one and for many, and the list it starts from."""

import csv
import datetime
import io

import pytest
from openpyxl import load_workbook

from carecore.models import AuditEvent, QuotaClass, Severity
from sanatorium.models import Nomination, State, UnitQuota
from tests.sanatorium.stays import queries_of
from tests.sanatorium.trail import everything
from tests.sanatorium.views.conftest import names_shown, picked, versioned, words

URL = "/sanatorium/nominations/"
ORGAN, FRONTLINE = QuotaClass
# The step, from which state, by whom, to which state, what the page then says.
STEPS = [
    ("submit", "over", "lead", State.SUBMITTED, "已报送"),
    ("take_back", State.SUBMITTED, "lead", State.ON_NOTICE, "已撤回报送"),
    ("confirm", State.SUBMITTED, "org_lead", State.CONFIRMED, "已确认"),
    ("review", State.CONFIRMED, "union_officer", State.REVIEWED, "审核通过,已列入候补"),
    ("approve", State.REVIEWED, "union_lead", State.APPROVED, "已批准"),
    ("reject", State.REVIEWED, "union_lead", State.REJECTED, "已不予批准"),
    ("send_back", State.SUBMITTED, "org_officer", State.DRAFT, "已退回单位"),
    ("send_back", State.REVIEWED, "union_officer", State.DRAFT, "已退回单位"),
    ("withdraw", State.ON_NOTICE, "clerk", State.WITHDRAWN, "已撤销"),
    ("withdraw", State.SUBMITTED, "lead", State.WITHDRAWN, "已撤销"),
    ("give_up", State.APPROVED, "clerk", State.GIVEN_UP, "已放弃,名额已退回"),
    ("give_up", State.APPROVED, "union_officer", State.GIVEN_UP, "已放弃,名额已退回"),
]
REASONED = {"take_back", "reject", "send_back", "withdraw", "give_up"}


def page_of(row):
    return f"{URL}{row.pk}/"


@pytest.fixture
def bring(story, city):
    """Nominations of a unit at a state; `over`: their notice has run its days."""

    def to(state, *names, unit=city.a):
        if state == "over":
            return story.after_notice(story.nominated(unit, *names))
        return story.in_state(state, unit, *names)

    return to


@pytest.mark.parametrize(("step", "state", "who", "then", "says"), STEPS)
def test_a_step_moves_the_nomination_and_says_so(desk, cast, bring, step, state, who, then, says):
    [row] = bring(state)
    user, data = getattr(cast, who), {**versioned(row), "reason": "家中有事" if step in REASONED else ""}
    answer = desk.post(user, f"{page_of(row)}{step}/", **data)
    row.refresh_from_db()
    assert (row.state, answer["Location"]) == (then, page_of(row))
    page = words(desk.follow(user, answer))
    assert says in page and (step not in REASONED or "家中有事" in page)


@pytest.mark.parametrize(("step", "state", "who", "then", "says"), STEPS)
def test_a_step_answers_json_with_the_new_state(desk, cast, bring, step, state, who, then, says):
    [row] = bring(state)
    data = {**versioned(row), "reason": "家中有事"}
    body = desk.post(getattr(cast, who), f"{page_of(row)}{step}/", 200, json=True, **data).json()
    assert body == {"ok": True, "state": then, "pk": row.pk, "findings": []}


@pytest.mark.parametrize(("step", "state", "who"), sorted({step[:3] for step in STEPS}))
def test_a_step_is_refused_without_its_version_or_out_of_turn(desk, cast, bring, step, state, who):
    [row] = bring(state)
    user, url, before = getattr(cast, who), f"{page_of(row)}{step}/", everything()
    for version in ({}, {"version": row.version + 1}, {"version": row.version - 1}):
        assert desk.refused(user, url, reason="家中有事", **version)["code"] == "stale"
    assert "该记录已被他人更新,请刷新后重新操作" in words(desk.post(user, url, 409, reason="家中有事"))
    assert everything() == before
    Nomination.objects.update(state=State.REJECTED)
    body = desk.refused(user, url, reason="家中有事", **versioned(row))
    assert body["code"] == "rule" and "现为“不予批准”" in body["findings"][0]["message"]


@pytest.mark.parametrize(
    ("step", "state", "who"), sorted({step[:3] for step in STEPS if step[0] in REASONED})
)
def test_a_step_that_needs_a_reason_asks_for_it(desk, cast, bring, step, state, who):
    [row] = bring(state)
    page = words(desk.post(getattr(cast, who), f"{page_of(row)}{step}/", 409, **versioned(row), reason=" "))
    assert "请写明" in page and "没有作任何改动" in page
    row.refresh_from_db()
    assert row.state in (state, State.SUBMITTED)


@pytest.mark.parametrize(
    ("step", "state", "who"),
    [
        ("give_up", State.APPROVED, "auditor"),
        ("give_up", State.APPROVED, "union_lead"),
        ("send_back", State.SUBMITTED, "clerk"),
        ("withdraw", State.SUBMITTED, "org_lead"),
        ("withdraw", State.SUBMITTED, "auditor"),
    ],
)
def test_who_may_look_may_not_act(desk, cast, bring, step, state, who):
    [row] = bring(state)
    before = everything()
    body = desk.refused(
        getattr(cast, who), f"{page_of(row)}{step}/", 403, **versioned(row), reason="家中有事"
    )
    assert (body["code"], body["findings"][0]["rule"]) == ("forbidden", "access")
    assert everything() == before


# Rules on the way -----------------------------------------------------------------------------------------


def test_nothing_is_submitted_before_its_notice_is_over(desk, cast, bring):
    [row] = bring(State.ON_NOTICE)
    body = desk.refused(cast.lead, f"{page_of(row)}submit/", **versioned(row))
    [finding] = body["findings"]
    assert (finding["rule"], finding["severity"], finding["clause"]) == (
        "sanatorium.notice_required", "block", "BZ-17"
    )  # fmt: skip
    assert "张三公示至2026年05月15日,期满后再办理(BZ-17)" in words(desk.get(cast.lead, page_of(row)))


def test_no_more_are_approved_than_there_are_places(desk, cast, bring, year):
    rows = bring(State.REVIEWED, "张三", "李四", "王五", "赵六")
    before = everything()
    [finding] = desk.refused(cast.union_lead, f"{URL}approve/", **picked(*rows))["findings"]
    assert (finding["rule"], finding["asked"], finding["limit"], finding["clause"]) == (
        "sanatorium.places", "4", "3", "BZ-4"
    )  # fmt: skip
    page = words(desk.post(cast.union_lead, f"{URL}approve/", 409, **picked(*rows)))
    assert "甲局名额3个,剩余3个,本次批准4人,超出1人。请调剂名额,或将其余人选留作递补(BZ-4)" in page
    assert everything() == before
    desk.post(cast.union_lead, f"{URL}approve/", **picked(*rows[:3]))
    year.a.refresh_from_db()
    assert year.a.used == 3
    page = words(desk.get(cast.union_lead, page_of(rows[3])))
    assert "不能批准:甲局的3个名额已用完,可调剂名额或留作候补(BZ-4)" in page


def test_a_warning_asks_for_a_reason_and_goes_through_with_it(desk, cast, bring, rules, city):
    rules.put("sanatorium.service_years", 30, severity=Severity.WARN, clause="BZ-5")
    rows = bring("over", "张三", "李四", unit=city.company)
    answer = desk.post(cast.lead_c, f"{URL}submit/", 409, **picked(*rows))
    page = words(answer)
    assert "须说明理由" in page and "在本单位工作20年,须满30年(BZ-5)" in page and "说明理由并继续" in page
    assert [value for name, value in answer.context["posted"] if name == "rows"] == picked(*rows)["rows"]
    body = desk.refused(cast.lead_c, f"{URL}submit/", **picked(*rows))
    assert {finding["severity"] for finding in body["findings"]} == {"warn"}
    desk.post(cast.lead_c, f"{URL}submit/", **picked(*rows), reason="急难险重任务")
    for row in Nomination.objects.all():
        assert (row.state, row.accepted_reason, row.accepted_by) == (
            State.SUBMITTED, "急难险重任务", cast.lead_c
        )  # fmt: skip


def test_nobody_decides_on_what_they_brought_along(desk, cast, story, city):
    rows = story.submitted(story.nominated(city.company, clerk=cast.union_officer))
    page = words(desk.get(cast.union_officer, page_of(rows[0])))
    assert "不能审核:张三由您推荐,不能再由您办理本环节,请由他人办理" in page
    body = desk.refused(cast.union_officer, f"{page_of(rows[0])}review/", 403, **versioned(rows[0]))
    assert body["findings"][0]["rule"] == "separation"


def test_the_place_given_up_goes_to_the_reserve_chosen(desk, cast, bring, story, city, year):
    [leaver] = bring(State.GIVEN_UP, "张三")
    first, second = story.reviewed(story.nominated(city.a, "李四", "王五"))
    page = words(desk.get(cast.union_lead, page_of(leaver)))
    assert "按审核先后排列的候补人选1.李四" in page and "2.王五" in page
    assert "递补" not in words(desk.get(cast.clerk, page_of(leaver))).split("办理记录")[0]
    url = f"{page_of(leaver)}replace/"
    assert "请选择递补人选" in words(desk.post(cast.union_lead, url, 409, **versioned(leaver)))
    stale = {"substitute": f"{second.pk}:{second.version - 1}", **versioned(leaver)}
    assert desk.refused(cast.union_lead, url, **stale)["code"] == "stale"
    data = {"substitute": f"{second.pk}:{second.version}", **versioned(leaver)}
    answer = desk.post(cast.union_lead, url, **data)
    second.refresh_from_db()
    year.a.refresh_from_db()
    assert (second.state, second.replaces, year.a.used) == (State.APPROVED, leaver, 1)
    page = words(desk.follow(cast.union_lead, answer))
    assert "已由王五递补" in page and "名额已由王五递补" in page
    assert "递补张三放弃的名额" in words(desk.get(cast.clerk, page_of(second)))


# Many at once ---------------------------------------------------------------------------------------------


def test_each_role_is_offered_its_own_verbs_for_the_rows_it_picks(desk, cast, bring):
    bring(State.DRAFT)
    offered = {
        who: [verb.label for verb in desk.get(getattr(cast, who), URL).context["bulk_verbs"]]
        for who in ("clerk", "lead", "union_officer", "union_lead", "org_officer", "org_lead", "auditor")
    }
    drafts = ["补充佐证", "公示", "重新核对佐证"]
    assert offered == {
        "clerk": [*drafts, "撤销"],
        "lead": ["报送", "撤回报送", "撤销"],
        "union_officer": [*drafts, "审核", "退回", "撤销"],
        "union_lead": ["批准", "退回", "不予批准"],
        "org_officer": [*drafts, "确认", "退回", "撤销"],
        "org_lead": ["确认", "退回"],
        "auditor": [],
    }
    assert 'name="rows"' not in desk.get(cast.auditor, URL).content.decode()


def test_many_are_reviewed_at_once_and_the_list_is_shown_again(desk, cast, bring):
    rows = bring(State.CONFIRMED, "张三", "李四", "王五")
    answer = desk.post(cast.union_officer, f"{URL}review/", **picked(*rows), next=f"{URL}?unit=379901")
    assert answer["Location"] == f"{URL}?unit=379901"
    assert "3人审核通过,已列入候补" in words(desk.follow(cast.union_officer, answer))
    assert set(Nomination.objects.values_list("state", flat=True)) == {State.REVIEWED}


def test_a_refusal_leads_back_to_the_list_as_it_was(desk, cast, bring):
    rows = bring(State.DRAFT)
    data = {**picked(*rows), "next": f"{URL}?unit=379901"}
    answer = desk.post(cast.union_officer, f"{URL}review/", 409, **data)
    assert answer.context["back"] == f"{URL}?unit=379901"
    answer = desk.post(cast.clerk, f"{URL}evidence/", 200, **{**data, "next": "//elsewhere.example/"})
    assert answer.context["back"] == URL


def test_one_stale_row_leaves_all_as_they_are(desk, cast, bring):
    rows = bring(State.CONFIRMED, "张三", "李四")
    data = picked(*rows)
    Nomination.objects.filter(pk=rows[1].pk).update(version=99)
    body = desk.refused(cast.union_officer, f"{URL}review/", **data)
    assert body["code"] == "stale" and "李四" in body["findings"][0]["message"]
    assert set(Nomination.objects.values_list("state", flat=True)) == {State.CONFIRMED}


def test_rows_of_another_unit_do_not_exist(desk, cast, bring, city):
    [own], [other] = bring(State.DRAFT), bring(State.DRAFT, "李四", unit=city.b)
    desk.post(cast.clerk, f"{URL}withdraw/", 404, **picked(own, other), reason="填错了")
    desk.post(cast.clerk, f"{URL}evidence/", 404, **picked(other))
    own.refresh_from_db()
    assert own.state == State.DRAFT


def test_many_need_one_reason(desk, cast, bring):
    rows = bring(State.SUBMITTED, "张三", "李四")
    assert "请写明理由" in words(desk.post(cast.org_officer, f"{URL}send_back/", 409, **picked(*rows)))
    desk.post(cast.org_officer, f"{URL}send_back/", **picked(*rows), reason="材料不全")
    assert set(Nomination.objects.values_list("state", "closing_reason")) == {(State.DRAFT, "材料不全")}
    assert "已退回" in words(desk.get(cast.clerk, URL))


# The list -------------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(bring, city, story):
    """甲局 has a draft and an approved one, 乙局 a draft, 丙公司 one without evidence."""
    bring(State.APPROVED, "张三")
    bring(State.DRAFT, "李四")
    bring(State.DRAFT, "张珊", unit=city.b)
    story.nominated(city.company, "曾国强", ground="merit")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["曾国强", "张珊", "李四", "张三"]),
        ({"q": "张"}, ["张珊", "张三"]),
        ({"q": "zs"}, ["张珊", "张三"]),
        ({"q": "ZGQ"}, ["曾国强"]),
        ({"state": "已批准"}, ["张三"]),
        ({"state": "已批准", "seat": "yes"}, []),
        ({"seat": "no", "unit": "甲局"}, ["李四", "张三"]),
        ({"quota_class": FRONTLINE}, ["曾国强"]),
        ({"unit": "379902"}, ["张珊"]),
        ({"year": "2025"}, []),
        ({"attention": "缺佐证"}, ["曾国强"]),
        ({"attention": "须说明理由"}, []),
        ({"sort": "name"}, ["李四", "曾国强", "张三", "张珊"]),
        ({"sort": "-name"}, ["张珊", "张三", "曾国强", "李四"]),
        ({"sort": "-unit"}, ["曾国强", "张珊", "李四", "张三"]),
    ],
)
def test_the_list_is_filtered_searched_and_sorted(desk, cast, crowd, query, found):
    assert names_shown(desk.get(cast.union_officer, URL, **query)) == found


def test_the_lead_finds_those_whose_notice_is_over(desk, cast, bring, story):
    bring("over", "张三", "李四")
    [held] = bring("over", "王五")
    type(held.notice).objects.filter(pk=held.notice_id).update(open_objections=1)
    story.go_to(held.notice.ends_on + datetime.timedelta(days=3))
    bring(State.ON_NOTICE, "赵六")
    assert names_shown(desk.get(cast.lead, URL, notice="over")) == ["李四", "张三"]
    assert names_shown(desk.get(cast.lead, URL, notice="running")) == ["赵六", "王五"]


def test_the_list_shows_ones_own_units_alone(desk, cast, crowd):
    assert names_shown(desk.get(cast.clerk, URL)) == ["李四", "张三"]
    assert names_shown(desk.get(cast.clerk_b, URL)) == ["张珊"]
    assert names_shown(desk.get(cast.clerk_b, URL, q="zs")) == ["张珊"]
    assert desk.get(cast.clerk_b, URL).context["page"].count == 1


def test_the_export_is_what_is_shown(desk, cast, crowd):
    answer = desk.get(cast.union_officer, URL, q="zs", export="csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    heading = ["姓名", "年度", "单位", "类别", "职务(岗位)", "推荐类别", "状态", "提示", "批次"]
    assert list(csv.reader(io.StringIO(text))) == [
        heading,
        ["张珊", "2026", "乙局", ORGAN, "", "一线岗位", "草稿", "", ""],
        ["张三", "2026", "甲局", ORGAN, "", "一线岗位", "已批准", "", ""],
    ]
    answer = desk.get(cast.clerk_b, URL, export="xlsx")
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = [row for row in sheet.iter_rows(values_only=True) if row[0]]
    start = rows.index(tuple(heading))
    assert [row[0] for row in rows[start + 1 :]] == ["张珊"]
    assert "工会经办" not in str(rows) and "经办乙" in sheet.oddFooter.left.text
    assert [event.by for event in AuditEvent.objects.filter(action="export")] == [
        cast.clerk_b,
        cast.union_officer,
    ]


def test_the_list_asks_as_many_queries_for_one_row_as_for_thirty(desk, cast, story, city, year):
    UnitQuota.objects.filter(pk=year.a.pk).update(places=200)
    client, counts = desk.client(cast.clerk), []
    for number in (1, 3, 30):
        story.nominated(city.a, *[f"人{number}{i}" for i in range(number - Nomination.objects.count())])
        counts.append(queries_of(client, URL))
    assert counts[0] == counts[1] == counts[2]


def test_no_number_stands_in_the_list(desk, cast, story, city):
    [row] = story.nominated(city.a, phone="13900001234", health="高血压")
    page = words(desk.get(cast.clerk, URL))
    assert "13900001234" not in page and row.person.id_number not in page and "高血压" not in page
