"""Pages of public notices (BZ-17): published by a clerk, when they end and what follows, objections and their end."""

import csv
import io
import uuid

import pytest

from carecore.models import AuditEvent, Notice, NoticeLine, Objection
from carecore.models.papers import NoticeState, ObjectionState
from sanatorium.models import Nomination, State
from tests.sanatorium.stays import queries_of
from tests.sanatorium.trail import everything
from tests.sanatorium.views.conftest import picked, versioned, words

URL = "/sanatorium/notices/"


def paper(**data):
    return {
        "starts_on": "2026-05-11", "place": "单位公开栏", "contact": "经办甲", "contact_phone": "0543-1",
        "request_id": uuid.uuid4(), **data,
    }  # fmt: skip


@pytest.fixture
def drafts(story, city):
    return story.nominated(city.a, "张三", "李四")


@pytest.fixture
def notice(story, drafts):
    return story.on_notice(drafts)[0].notice


def page_of(notice):
    return f"{URL}{notice.pk}/"


def objection_data(**data):
    return {
        "line": "", "received_on": "2026-05-12", "raised_by": "职工代表", "text": "事迹不实",
        "request_id": uuid.uuid4(), **data,
    }  # fmt: skip


# Publishing -----------------------------------------------------------------------------------------------


def test_first_the_days_are_asked_for_beside_the_rule(desk, cast, drafts):
    page = words(desk.post(cast.clerk, f"{URL}new/", 200, **picked(*drafts)))
    assert "公示甲局推荐人选" in page and "已选2人:张三(甲局)、李四(甲局)" in page
    assert "公示结束不少于5个工作日滨组发〔2026〕3号" in page
    assert not Notice.objects.exists()


def test_a_notice_is_published(desk, cast, drafts, city):
    answer = desk.post(cast.clerk, f"{URL}new/", **picked(*drafts), **paper())
    notice = Notice.objects.get()
    assert answer["Location"] == page_of(notice)
    assert (notice.unit, str(notice.ends_on), notice.days, notice.published_by) == (
        city.a, "2026-05-15", 5, cast.clerk
    )  # fmt: skip
    assert set(Nomination.objects.values_list("state", "notice")) == {(State.ON_NOTICE, notice.pk)}
    assert list(NoticeLine.objects.values_list("name", flat=True)) == ["张三", "李四"]
    assert "公示已发布,请打印张贴" in words(desk.follow(cast.clerk, answer))


def test_a_double_click_publishes_one_notice(desk, cast, drafts):
    data = {**picked(*drafts), **paper()}
    first, second = (desk.post(cast.clerk, f"{URL}new/", **data)["Location"] for _ in range(2))
    assert first == second and Notice.objects.count() == 1


def test_json_says_what_was_published(desk, cast, drafts):
    body = desk.post(cast.clerk, f"{URL}new/", 200, json=True, **picked(*drafts), **paper()).json()
    assert body == {"ok": True, "state": "公示中", "pk": Notice.objects.get().pk, "findings": []}


def test_too_few_days_are_refused_at_their_field_with_limit_and_clause(desk, cast, drafts):
    data = {**picked(*drafts), **paper(ends_on="2026-05-14")}
    [finding] = desk.refused(cast.clerk, f"{URL}new/", **data)["findings"]
    assert (finding["rule"], finding["asked"], finding["clause"]) == (
        "sanatorium.notice_days", "4", "滨组发〔2026〕3号"
    )  # fmt: skip
    assert "5" in finding["limit"]
    answer = desk.post(cast.clerk, f"{URL}new/", 409, **data)
    assert answer.context["form"].errors["ends_on"] == ["公示4个工作日,不得少于5个工作日(滨组发〔2026〕3号)"]
    assert not Notice.objects.exists()


def test_the_form_asks_for_a_reason_only_where_the_rule_takes_one(desk, cast, drafts, rules):
    assert "reason" not in desk.post(cast.clerk, f"{URL}new/", 200, **picked(*drafts)).context["form"].fields
    rules.notice_days.severity = "warn"
    rules.notice_days.save()
    assert "说明理由" in words(desk.post(cast.clerk, f"{URL}new/", 200, **picked(*drafts)))
    data = {**picked(*drafts), **paper(ends_on="2026-05-14")}
    desk.post(cast.clerk, f"{URL}new/", 409, **data)
    desk.post(cast.clerk, f"{URL}new/", **data, reason="批次即将出发")
    assert AuditEvent.objects.get(action="publish_notice", kind="carecore.notice").reason == "批次即将出发"


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"starts_on": "2026-05-08"}, 409, "starts_on"),
        ({"ends_on": "2026-05-01"}, 409, "ends_on"),
        ({"ends_on": "2099-12-31"}, 409, "ends_on"),
        ({"ends_on": "9999-12-31"}, 400, "ends_on"),
        ({"starts_on": "9999-12-31"}, 400, "starts_on"),
        ({"starts_on": "昨天"}, 400, "starts_on"),
        ({"place": ""}, 400, "place"),
        ({"contact_phone": "1" * 31}, 400, "contact_phone"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(desk, cast, drafts, wrong, status, field):
    answer = desk.post(cast.clerk, f"{URL}new/", status, **picked(*drafts), **paper(**wrong))
    assert list(answer.context["form"].errors) == [field]
    assert "张三(甲局)" in words(answer) and not Notice.objects.exists()


def test_without_a_rule_the_last_day_must_be_filled_in(desk, cast, drafts, rules):
    rules.notice_days.delete()
    assert "现行规则没有规定公示天数,请填写" in words(
        desk.post(cast.clerk, f"{URL}new/", 200, **picked(*drafts))
    )
    body = desk.refused(cast.clerk, f"{URL}new/", 400, **picked(*drafts), **paper())
    assert list(body["fields"]) == ["ends_on"]


def test_each_unit_has_a_notice_of_its_own(desk, cast, drafts, story, city):
    [other] = story.nominated(city.b, "王五")
    page = words(desk.post(cast.org_officer, f"{URL}new/", 409, **picked(*drafts, other)))
    assert "所选人选属于甲局、乙局,各单位分别公示,请按单位筛选后再选" in page
    body = desk.refused(cast.org_officer, f"{URL}new/", **picked(*drafts, other), **paper())
    assert body["findings"][0]["rule"] == "unit" and not Notice.objects.exists()


def test_whoever_lacks_evidence_is_not_published(desk, cast, story, city):
    rows = story.nominated(city.a, "张三", ground="merit")
    page = words(desk.post(cast.clerk, f"{URL}new/", 409, **picked(*rows), **paper()))
    assert "张三缺佐证,请先补充佐证材料再公示(BZ-5)" in page


def test_a_row_changed_meanwhile_is_stale(desk, cast, drafts):
    data = picked(*drafts)
    Nomination.objects.filter(pk=drafts[0].pk).update(version=5)
    assert desk.refused(cast.clerk, f"{URL}new/", **data, **paper())["code"] == "stale"
    desk.post(cast.clerk, f"{URL}new/", 409, **data, **paper())
    assert not Notice.objects.exists()


# When it ends and what follows ----------------------------------------------------------------------------


def test_a_running_notice_says_when_it_ends_and_what_follows(desk, cast, notice):
    page = words(desk.get(cast.clerk, page_of(notice)))
    assert "公示进行中,至2026年5月15日结束(含当日)。没有异议的,2026年5月16日起由单位负责人报送。" in page
    assert "状态公示中" in page and "(5个工作日)不少于5个工作日滨组发〔2026〕3号" in page
    assert "1甲局张三一线岗位公示中" in page


def test_a_notice_to_come_says_when_it_begins(desk, cast, drafts):
    desk.post(cast.clerk, f"{URL}new/", **picked(*drafts), **paper(starts_on="2026-05-18"))
    page = words(desk.get(cast.clerk, page_of(Notice.objects.get())))
    assert "公示自2026年5月18日开始,至2026年5月22日结束(含当日)" in page and "状态未开始" in page


def test_a_notice_that_is_over_says_how_many_still_wait(desk, cast, story, notice, drafts):
    story.go_to(notice.ends_on.replace(day=18))
    page = words(desk.get(cast.lead, page_of(notice)))
    assert (
        "公示已于2026年5月15日期满,没有待处理的异议。还有2人待单位负责人报送。" in page
        and "状态已期满" in page
    )
    desk.post(cast.lead, "/sanatorium/nominations/submit/", **picked(*drafts))
    page = words(desk.get(cast.lead, page_of(notice)))
    assert "名单已全部办理" in page and "1甲局张三一线岗位已报送" in page


def test_a_notice_is_taken_down_with_a_reason(desk, cast, notice):
    assert "请写明撤回公示的理由" in words(desk.post(cast.clerk, f"{page_of(notice)}cancel/", 409, version=1))
    desk.post(cast.clerk, f"{page_of(notice)}cancel/", version=1, reason="职务有误")
    notice.refresh_from_db()
    assert notice.state == NoticeState.CANCELLED
    assert set(Nomination.objects.values_list("state", flat=True)) == {State.DRAFT}
    page = words(desk.get(cast.clerk, page_of(notice)))
    assert "公示已撤回,名单退回草稿,修改后须重新公示。" in page and "状态已撤回" in page
    assert "登记异议" not in page.split("办理记录")[0] and "打印公示" not in page


def test_a_notice_whose_names_moved_on_stays_up(desk, cast, story, notice, drafts):
    story.go_to(notice.ends_on.replace(day=18))
    desk.post(cast.lead, "/sanatorium/nominations/submit/", **picked(drafts[0]))
    body = desk.refused(cast.clerk, f"{page_of(notice)}cancel/", **versioned(notice), reason="职务有误")
    assert "名单已有人选报送,不能撤回公示" in body["findings"][0]["message"]


def test_the_printed_notice_holds_names_posts_and_grounds_alone(desk, cast, notice, drafts):
    page = words(desk.get(cast.clerk, f"{page_of(notice)}print/"))
    assert "关于甲局2026年度疗休养推荐人选的公示" in page
    assert "2026年5月11日至2026年5月15日(5个工作日)" in page and "1甲局张三一线岗位" in page
    for row in drafts:
        assert row.person.id_number not in page and row.person.masked_id not in page


# Objections -----------------------------------------------------------------------------------------------


def test_an_objection_is_registered_and_holds_the_list_up(desk, cast, notice):
    line = notice.lines.first()
    answer = desk.post(
        cast.clerk, f"{page_of(notice)}object/", 409, **objection_data(line=line.pk), version=1
    )
    assert "收到日期应在公示开始之后、今日之前" in answer.context["objection_form"].errors["received_on"]
    data = {**objection_data(line=line.pk, received_on="2026-05-11"), "version": 1}
    for _ in range(2):  # a double click
        answer = desk.post(cast.clerk, f"{page_of(notice)}object/", **data)
    objection = Objection.objects.get()
    assert (objection.line, objection.text, objection.raised_by) == (line, "事迹不实", "职工代表")
    page = words(desk.follow(cast.clerk, answer))
    assert "有1件异议待处理。由单位负责人处理完毕,且2026年5月15日公示期满后,名单才能报送。" in page
    assert "2026年5月11日收到,涉及张三待处理" in page and "待单位负责人处理。" in page
    assert "职工代表" not in page
    notice.refresh_from_db()
    assert notice.open_objections == 1


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"text": ""}, 400, "text"),
        ({"received_on": "2026-05-30"}, 409, "received_on"),
        ({"line": 999}, 400, "line"),
        ({"text": "长" * 1001}, 400, "text"),
    ],
)
def test_a_wrong_objection_is_told_at_its_field(desk, cast, notice, wrong, status, field):
    data = {**objection_data(received_on="2026-05-11"), **wrong, "version": 1}
    answer = desk.post(cast.lead, f"{page_of(notice)}object/", status, **data)
    assert list(answer.context["objection_form"].errors) == [field] and answer.context["version"] == 1
    assert not Objection.objects.exists()


@pytest.fixture
def objection(desk, cast, notice):
    data = objection_data(line=notice.lines.first().pk, received_on="2026-05-11")
    desk.post(cast.clerk, f"{page_of(notice)}object/", **data, version=1)
    return Objection.objects.get()


def settle(objection):
    return f"{URL}objections/{objection.pk}/settle/"


def test_an_objection_that_does_not_hold_frees_the_list(desk, cast, notice, objection):
    answer = desk.post(cast.lead, settle(objection), upheld="0", handling="经核查属实", version=1)
    objection.refresh_from_db()
    notice.refresh_from_db()
    assert (objection.state, objection.handled_by, notice.open_objections) == (
        ObjectionState.DISMISSED, cast.lead, 0
    )  # fmt: skip
    page = words(desk.follow(cast.lead, answer))
    assert "异议已处理" in page and "处理:经核查属实(负责人甲,2026年5月11日)" in page


def test_an_objection_that_holds_withdraws_the_name(desk, cast, objection, drafts):
    desk.post(cast.lead, settle(objection), upheld="1", handling="事迹不实", version=1)
    states = [Nomination.objects.get(pk=row.pk).state for row in drafts]
    assert states == [State.WITHDRAWN, State.ON_NOTICE]


def test_handling_asks_for_its_words_and_the_right_version(desk, cast, notice, objection):
    before = everything()
    answer = desk.post(cast.lead, settle(objection), 400, upheld="0", handling="", version=1)
    assert f'id="o{objection.pk}_handling"' in answer.content.decode()
    [shown] = answer.context["objections"]
    assert list(shown.form.errors) == ["handling"]
    assert desk.refused(cast.lead, settle(objection), 400, upheld="x", version=1)["fields"].keys() == {
        "upheld", "handling"
    }  # fmt: skip
    body = desk.refused(cast.lead, settle(objection), upheld="0", handling="属实", version=9)
    assert body["code"] == "stale"
    assert everything() == before


def test_the_other_units_objection_does_not_exist(desk, cast, objection):
    desk.post(cast.lead_b, settle(objection), 404, upheld="0", handling="属实", version=1)


# The list -------------------------------------------------------------------------------------------------


@pytest.fixture
def three(story, city, desk, cast, notice):
    """甲局's is over, 乙局's runs, 丙公司's was taken down."""
    story.go_to(notice.ends_on.replace(day=18))
    story.on_notice(story.nominated(city.b, "王五"))
    down = story.on_notice(story.nominated(city.company, "赵六"))[0].notice
    desk.post(cast.clerk_c, f"{page_of(down)}cancel/", version=1, reason="有误")


@pytest.mark.parametrize(
    ("query", "units"),
    [
        ({}, ["丙公司", "乙局", "甲局"]),
        ({"state": "公示中"}, ["乙局"]),
        ({"state": "已期满"}, ["甲局"]),
        ({"state": "已撤回"}, ["丙公司"]),
        ({"state": "未开始"}, []),
        ({"unit": "379901"}, ["甲局"]),
        ({"sort": "ends_on"}, ["甲局", "乙局", "丙公司"]),
    ],
)
def test_the_list_says_where_each_notice_stands(desk, cast, three, query, units):
    answer = desk.get(cast.union_officer, URL, **query)
    assert [notice.unit.name for notice in answer.context["page"].rows] == units


def test_the_list_and_its_export_show_ones_own_alone(desk, cast, three):
    page = words(desk.get(cast.clerk_b, URL))
    assert "共1条" in page and "甲局" not in page and "乙局2026-05-182026-05-2250公示中" in page
    text = b"".join(desk.get(cast.clerk_b, URL, export="csv").streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["公示事项", "公示单位", "开始", "结束", "工作日", "待处理异议", "状态"],
        ["2026年度疗休养推荐人选", "乙局", "2026-05-18", "2026-05-22", "5", "0", "公示中"],
    ]


def test_an_empty_list_says_where_a_notice_begins(desk, cast):
    assert "没有公示。在“推荐人选”中勾选草稿,点“公示”发布。" in words(desk.get(cast.clerk, URL))


def test_a_notice_asks_as_many_queries_for_one_name_as_for_thirty(desk, cast, story, city):
    client, counts = desk.client(cast.clerk), []
    for number in (1, 3, 30):
        rows = story.on_notice(story.nominated(city.a, *[f"人{number}-{i}" for i in range(number)]))
        counts.append((queries_of(client, page_of(rows[0].notice)), queries_of(client, URL)))
    assert counts[0] == counts[1] == counts[2]
