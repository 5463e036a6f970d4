"""What a nomination's page offers to whom, state by state, and why a verb is not possible."""

import pytest

from carecore.models import Appraisal
from carecore.models.people import Grade
from carecore.offers import offered
from sanatorium.models import Nomination, State
from sanatorium.offers import next_step, offers_of
from sanatorium.workflow import nominations
from tests import build

ROLES = ("clerk", "lead", "union_officer", "union_lead", "org_officer", "org_lead", "auditor")
PROVE, SEAL, END = "补充佐证", "上传盖章推荐表", "撤销"


@pytest.fixture
def offers(cast):
    """The enabled verbs by label, and those that are not possible with their reasons."""

    def of(who, row):
        row = Nomination.objects.select_related("unit", "quota__unit", "notice", "person").get(pk=row.pk)
        shown = offered(getattr(cast, who), row, row.unit, offers_of(row))
        assert all(bool(verb["why_not"]) != verb["enabled"] for verb in shown)
        enabled = [verb["label"] for verb in shown if verb["enabled"]]
        return enabled, {verb["label"]: verb["why_not"] for verb in shown if not verb["enabled"]}

    return of


def everybodys(offers, row):
    return {who: offers(who, row)[0] for who in ROLES if offers(who, row)[0]}


# What each role may do where nothing stands against it; `over`: on notice, its days run.
ENABLED = {
    State.DRAFT: {
        "clerk": [PROVE, END, SEAL], "lead": [END, SEAL],
        "union_officer": [PROVE, END, SEAL], "org_officer": [PROVE, END, SEAL],
    },
    "over": {
        "clerk": [END, SEAL], "lead": ["报送", END, SEAL],
        "union_officer": [END, SEAL], "org_officer": [END, SEAL],
    },
    State.SUBMITTED: {
        "clerk": [END, SEAL], "lead": ["撤回报送", END, SEAL], "union_officer": ["退回", END, SEAL],
        "union_lead": ["退回"], "org_officer": ["确认", "退回", END, SEAL], "org_lead": ["确认", "退回"],
    },
    State.CONFIRMED: {
        "clerk": [END, SEAL], "lead": [END, SEAL], "union_officer": ["审核", "退回", END, SEAL],
        "union_lead": ["退回"], "org_officer": [END, SEAL],
    },
    State.REVIEWED: {
        "clerk": [SEAL], "lead": [SEAL], "union_officer": ["退回", SEAL],
        "union_lead": ["批准", "不予批准", "退回"], "org_officer": [SEAL],
    },
    State.APPROVED: {
        "clerk": ["放弃", SEAL], "lead": [SEAL], "union_officer": ["放弃", SEAL], "org_officer": ["放弃", SEAL],
    },
    State.GIVEN_UP: {},
}  # fmt: skip


@pytest.mark.parametrize("state", ENABLED)
def test_each_role_is_offered_what_it_may_do(offers, story, city, state):
    if state == "over":
        [row] = story.after_notice(story.nominated(city.a))
    else:
        [row] = story.in_state(state, city.a)
    assert everybodys(offers, row) == ENABLED[state]


def test_a_company_needs_no_confirmation(offers, story, city, cast):
    [row] = story.submitted(story.nominated(city.company))
    assert offers("union_officer", row)[0] == ["审核", "退回", END, SEAL]
    why = "“企业、社区(村)”的人选不需组织人社确认"
    assert offers("org_lead", row) == (["退回"], {"确认": why})


def test_what_lacks_evidence_is_looked_at_again_or_proved(offers, story, city):
    [row] = story.nominated(city.a, ground="merit")
    assert offers("clerk", row)[0] == [PROVE, "重新核对佐证", END, SEAL]
    assert offers("lead", row)[1] == {"报送": "缺佐证,请先补充佐证材料(BZ-5)"}


def test_before_the_notice_is_over_the_page_says_until_when(offers, story, city):
    [row] = story.nominated(city.a)
    assert offers("lead", row)[1] == {"报送": "张三尚未公示,须在本单位公示后再办理(BZ-17)"}
    story.on_notice([row])
    assert offers("lead", row)[1] == {"报送": "张三公示至2026年05月15日,期满后再办理(BZ-17)"}


def test_later_steps_say_what_comes_first(offers, story, city):
    [row] = story.in_state(State.ON_NOTICE, city.a)
    assert offers("union_lead", row) == ([], {"批准": "现为“公示中”,须先到“已审核”"})
    assert offers("union_officer", row)[1] == {"审核": "现为“公示中”,须先到“已报送”或“已确认”"}
    assert offers("org_lead", row) == ([], {"确认": "现为“公示中”,须先到“已报送”"})
    [row] = story.in_state(State.SUBMITTED, city.a, "李四")
    assert offers("union_officer", row)[1] == {"审核": "“机关事业单位”的人选须先由组织人社确认(BZ-15)"}


def test_whoever_took_an_earlier_step_is_told_so(offers, story, city, cast, year):
    [row] = story.confirmed(story.nominated(city.a, clerk=cast.union_officer))
    assert offers("union_officer", row)[1] == {"审核": "张三由您推荐,不能再由您办理本环节,请由他人办理"}
    Nomination.objects.filter(pk=row.pk).update(state=State.REVIEWED, reviewed_by=cast.union_lead)
    why = "张三由您审核,不能再由您办理本环节,请由他人办理"
    assert offers("union_lead", row) == (["退回"], {"批准": why, "不予批准": why})


@pytest.mark.parametrize("who", ["union_officer", "org_lead"])
def test_nor_does_anybody_send_back_their_own_name(offers, story, city, cast, who):
    [row] = story.in_state(State.SUBMITTED, city.a)
    Nomination.objects.filter(pk=row.pk).update(person=getattr(cast, who).person)
    assert offers(who, row)[1]["退回"] == "张三是您本人,不能办理本人的事项,请由他人办理"


def test_ones_own_case_is_for_others(offers, story, city, cast):
    [row] = story.after_notice(story.nominated(city.a))
    Nomination.objects.filter(pk=row.pk).update(person=cast.lead.person)
    assert offers("lead", row)[1] == {"报送": "张三是您本人,不能办理本人的事项,请由他人办理"}


def test_an_objection_holds_up_what_waits(offers, story, city):
    [row] = story.after_notice(story.nominated(city.a))
    type(row.notice).objects.update(open_objections=1)
    assert offers("lead", row)[1] == {"报送": "张三所在公示有异议待处理,处理完毕后再办理(BZ-17)"}


def test_where_the_places_are_used_up_the_page_says_what_to_do(offers, story, city, year):
    [row] = story.reviewed(story.nominated(city.a))
    type(year.a).objects.filter(pk=year.a.pk).update(used=3)
    assert offers("union_lead", row)[1] == {"批准": "甲局的3个名额已用完,可调剂名额或留作候补(BZ-4)"}


def test_whoever_has_left_since_cannot_be_approved_and_the_page_says_so(offers, story, city, cast):
    [row] = story.reviewed(story.nominated(city.a))
    type(row.person).objects.filter(pk=row.person_id).update(status="退休")
    assert offers("union_lead", row)[1] == {"批准": "张三的状态为“退休”,只能推荐、批准在职人员"}


def test_the_other_units_people_are_offered_nothing(offers, story, city):
    [row] = story.submitted(story.nominated(city.a))
    assert offers("clerk_b", row) == offers("lead_b", row) == ([], {})


# What comes next ------------------------------------------------------------------------------------------


def says(row):
    return next_step(Nomination.objects.select_related("unit", "notice", "batch__plan").get(pk=row.pk))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.DRAFT, "草稿,下一步在本单位公示。"),
        (State.ON_NOTICE, "张三公示至2026年05月15日,期满后再办理(BZ-17)。"),
        (State.SUBMITTED, "待组织人社确认(BZ-15)。"),
        (State.CONFIRMED, "待工会审核。"),
        (State.REVIEWED, "已列入候补,待工会负责人批准。"),
        (State.APPROVED, "已占用名额,待编入批次。"),
        (State.GIVEN_UP, ""),
    ],
)
def test_the_page_says_what_comes_next(story, city, state, words):
    [row] = story.in_state(state, city.a)
    assert says(row) == words


def test_after_its_notice_the_lead_is_waited_for(story, city):
    [row] = story.after_notice(story.nominated(city.a))
    assert says(row) == "公示期满,待单位负责人报送。"


def test_a_company_goes_straight_to_the_union(story, city):
    [row] = story.submitted(story.nominated(city.company))
    assert says(row) == "待工会审核。"


def test_without_the_rule_a_draft_waits_for_the_lead(story, city, rules):
    [row] = story.nominated(city.a)
    rules.notice.delete()
    assert says(row) == "草稿,待单位负责人报送。"


def test_what_is_owed_comes_first(story, city, cast):
    [lacking] = story.nominated(city.a, "李四", ground="merit")
    assert says(lacking) == "缺佐证,补充佐证材料后才能公示、报送。"
    draft = story.draft(city.company, "王五", ground="excellent")
    for year in (2024, 2025):
        Appraisal.objects.create(person=draft.person, year=year, grade=Grade.EXCELLENT)
    [warned] = nominations.nominate(by=cast.clerk_c, plan=lacking.plan, drafts=[draft])
    assert (warned.attention, says(warned)) == ("须说明理由", "草稿,下一步在本单位公示;报送时须说明理由。")


def test_what_came_back_says_why(story, city, cast):
    rows = story.submitted(story.nominated(city.a))
    nominations.send_back(by=cast.org_lead, rows=rows, reason="材料不全")
    assert says(rows[0]) == "已退回:材料不全。修改后重新报送,公示内容有变更的须重新公示。"


def test_who_has_a_seat_is_told_when_it_sets_out(story, city, cast, year):
    [row] = story.approved(story.nominated(city.a))
    batch = build.batch(year.plan, build.venue(city.root), cast.union_officer, number=3)
    Nomination.objects.filter(pk=row.pk).update(batch=batch)
    assert says(row) == "已编入2026年第3期,6月8日出发。"
