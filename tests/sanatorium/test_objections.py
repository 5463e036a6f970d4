"""Objections to a notice (BZ-17): whom they hold up, how they end, and what they do not let slip away."""

import datetime
import uuid

import pytest

from carecore.models import AuditEvent, Notice, Objection
from carecore.models.papers import NoticeState
from carecore.workflow import Forbidden, Stale
from sanatorium.models import Nomination, State
from sanatorium.workflow import nominations, notices
from tests.sanatorium.trail import all_but, one_event_each, refused

CLERKS = ("clerk", "union_officer", "org_officer")
MAY = {day: datetime.date(2026, 5, day) for day in range(1, 32)}


@pytest.fixture
def posted(city, story):
    return story.on_notice(story.nominated(city.a, "张三", "李四"))


def object_to(by, notice, line=None, **facts):
    facts = {"text": "情况不实", "received_on": MAY[11], **facts}
    return notices.object_to(by=by, notice=Notice.objects.get(pk=notice.pk), line=line, **facts)


def against(cast, row):
    return object_to(cast.clerk, row.notice, row.notice.lines.get(document_id=row.pk))


def settle(by, objection, upheld, handling="已核查"):
    return notices.settle_objection(by=by, objection=objection, upheld=upheld, handling=handling)


def test_it_is_registered_and_counted(cast, posted):
    notice = posted[0].notice
    with one_event_each(cast.clerk, "object_to") as seen:
        objection = object_to(cast.clerk, notice, notice.lines.first(), raised_by="王五")
    assert seen.rows == {"objection": 1, "notice": 1}
    assert (objection.state, objection.raised_by, objection.text) == ("待处理", "王五", "情况不实")
    assert Notice.objects.get().open_objections == 1
    event = AuditEvent.objects.get(action="object_to", kind="carecore.objection")
    assert not any(word in event.after for word in ("王五", "情况不实"))


def test_nobody_on_the_notice_moves_on_until_it_is_handled(cast, story, posted):
    objection = against(cast, posted[0])
    story.go_to(MAY[18])
    with refused("submit", cast.lead, "李四所在公示有异议待处理"):
        notices.submit(by=cast.lead, rows=posted[1:])
    settle(cast.lead, objection, upheld=False)
    assert notices.submit(by=cast.lead, rows=posted)[0].state == "已报送"


def test_each_of_two_is_handled_before_anybody_moves_on(cast, story, posted):
    first, second = against(cast, posted[0]), against(cast, posted[1])
    story.go_to(MAY[18])
    settle(cast.lead, first, upheld=False)
    assert Notice.objects.get().open_objections == 1
    with refused("submit", cast.lead, "异议待处理"):
        notices.submit(by=cast.lead, rows=posted)
    settle(cast.lead, second, upheld=False)
    assert {row.state for row in notices.submit(by=cast.lead, rows=posted)} == {"已报送"}


def test_one_that_comes_after_the_submission_stops_the_approval(city, cast, story):
    rows = story.in_state(State.REVIEWED, city.a)
    objection = object_to(cast.clerk, rows[0].notice)
    with refused("approve", cast.union_lead, "张三所在公示有异议待处理"):
        nominations.approve(by=cast.union_lead, rows=rows)
    settle(cast.lead, objection, upheld=False)
    assert nominations.approve(by=cast.union_lead, rows=rows)[0].state == "已批准"


def test_also_where_no_rule_asks_for_a_notice(cast, story, posted, rules):
    rules.notice.delete()
    against(cast, posted[0])
    story.go_to(MAY[18])
    with refused("submit", cast.lead, "异议待处理"):
        notices.submit(by=cast.lead, rows=posted)


def test_taking_the_notice_down_does_not_get_rid_of_it(cast, story, posted):
    objection = against(cast, posted[0])
    notices.cancel_notice(by=cast.clerk, notice=Notice.objects.get(), reason="笔误")
    with refused("publish_notice", cast.clerk, "张三上次公示的异议尚未处理"):
        story.on_notice(story.fresh(posted))
    settle(cast.lead, objection, upheld=False)
    assert story.on_notice(story.fresh(posted))[0].state == "公示中"


def test_dismissed_it_leaves_the_names_alone(cast, story, posted):
    objection = against(cast, posted[0])
    with one_event_each(cast.lead, "settle_objection") as seen:
        objection = settle(cast.lead, objection, upheld=False, handling=" 查无此事 ")
    assert seen.rows == {"objection": 1, "notice": 1}
    assert (objection.state, objection.handling, objection.handled_by) == (
        "不成立",
        "查无此事",
        cast.lead,
    )
    assert (objection.handled_on, Notice.objects.get().open_objections) == (MAY[11], 0)
    assert {row.state for row in story.fresh(posted)} == {"公示中"}


@pytest.mark.parametrize(
    "state", [State.ON_NOTICE, State.DRAFT, State.SUBMITTED, State.CONFIRMED, State.REVIEWED]
)
def test_upheld_it_withdraws_the_one_name(cast, story, posted, state):
    objection = against(cast, posted[0])
    Nomination.objects.filter(pk=posted[0].pk).update(state=state)
    with one_event_each(cast.lead, "settle_objection", "公示异议成立") as seen:
        objection = settle(cast.lead, objection, upheld=True)
    assert seen.rows == {"objection": 1, "notice": 1, "nomination": 1}
    assert objection.state == "成立"
    assert [(row.state, row.closing_reason) for row in story.fresh(posted)] == [
        ("已撤销", "公示异议成立"), ("公示中", "")
    ]  # fmt: skip


def test_upheld_against_an_approved_name_the_place_is_given_up_first(city, cast, story):
    [row] = story.in_state(State.APPROVED, city.a)
    objection = against(cast, row)
    with refused("settle_objection", cast.lead, "张三已批准,请先办理放弃"):
        settle(cast.lead, objection, upheld=True)
    nominations.give_up(by=cast.clerk, row=row, reason="公示异议成立")
    assert settle(cast.lead, objection, upheld=True).state == "成立"
    assert story.fresh([row])[0].state == "已放弃"


def test_upheld_it_must_name_somebody(cast, posted):
    objection = object_to(cast.clerk, posted[0].notice)
    with refused("settle_objection", cast.lead, "异议未指明人员"):
        settle(cast.lead, objection, upheld=True)


def test_a_line_of_another_notice_is_refused(city, cast, story, posted):
    [other] = story.on_notice(story.nominated(city.b, "王五"))
    with refused("object_to", cast.clerk, "王五不在本次公示名单之内"):
        object_to(cast.clerk, posted[0].notice, other.notice.lines.get())


@pytest.mark.parametrize("day", [MAY[10], MAY[12]])
def test_it_comes_neither_before_the_notice_nor_after_today(cast, posted, day):
    with refused("object_to", cast.clerk, "收到日期应在公示开始之后、今日之前"):
        object_to(cast.clerk, posted[0].notice, received_on=day)


def test_without_a_text_it_is_refused(cast, posted):
    with refused("object_to", cast.clerk, "请填写反映内容"):
        object_to(cast.clerk, posted[0].notice, text=" ")


def test_without_its_handling_it_stays_open(cast, posted):
    objection = against(cast, posted[0])
    with refused("settle_objection", cast.lead, "请写明核查与处理情况"):
        settle(cast.lead, objection, upheld=False, handling="\t")


def test_it_is_settled_once(cast, posted):
    objection = settle(cast.lead, against(cast, posted[0]), upheld=False)
    with refused("settle_objection", cast.lead, "现为“不成立”"):
        settle(cast.lead, objection, upheld=True)


def test_a_stale_one_is_refused(cast, posted):
    objection = against(cast, posted[0])
    Objection.objects.update(version=7)
    with refused("settle_objection", cast.lead, error=Stale):
        settle(cast.lead, objection, upheld=False)
    shown = Notice.objects.get()
    Notice.objects.update(version=99)
    with refused("object_to", cast.clerk, error=Stale):
        notices.object_to(by=cast.clerk, notice=shown, text="再次反映", received_on=MAY[11])


@pytest.mark.parametrize("state", [NoticeState.CLOSED, NoticeState.CANCELLED])
def test_against_a_notice_that_is_not_up_none_is_registered(cast, posted, state):
    Notice.objects.update(state=state)
    with refused("object_to", cast.clerk, f"现为“{state}”"):
        object_to(cast.clerk, posted[0].notice)


@pytest.mark.parametrize("name", all_but(*CLERKS, "lead"))
def test_registering_is_for_the_unit_and_its_superiors(cast, posted, name):
    by = getattr(cast, name)
    with refused("object_to", by, error=Forbidden):
        object_to(by, posted[0].notice)


@pytest.mark.parametrize("name", all_but("lead"))
def test_settling_is_for_the_unit_lead(cast, posted, name):
    by, objection = getattr(cast, name), against(cast, posted[0])
    with refused("settle_objection", by, error=Forbidden):
        settle(by, objection, upheld=False)


def test_a_form_sent_twice_makes_one(cast, posted):
    notice, request_id = Notice.objects.get(), uuid.uuid4()
    first = object_to(cast.clerk, notice, request_id=request_id)
    assert object_to(cast.clerk, notice, request_id=request_id) == first
    assert Notice.objects.get().open_objections == 1
