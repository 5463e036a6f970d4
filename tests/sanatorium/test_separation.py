"""Separation of duties (invariant 5): nobody decides twice on one nomination, nor on their own case."""

import datetime

import pytest

from carecore.access import Role
from carecore.models import Notice
from carecore.workflow import Forbidden
from sanatorium.models import Nomination, State
from sanatorium.rules.nominations import Draft
from sanatorium.workflow import nominations, notices
from sanatorium.workflow.separation import separate
from tests import build
from tests.sanatorium.trail import refused

# verb: the state it starts from, who does it, which earlier steps it must not share a person with
DECISIONS = {
    "confirm": (State.SUBMITTED, "org_lead", ("nominated_by", "submitted_by")),
    "review": (State.CONFIRMED, "union_officer", ("nominated_by", "submitted_by", "confirmed_by")),
    "approve": (
        State.REVIEWED,
        "union_lead",
        ("nominated_by", "submitted_by", "confirmed_by", "reviewed_by"),
    ),
    "reject": (State.REVIEWED, "union_lead", ("nominated_by", "submitted_by", "confirmed_by", "reviewed_by")),
}
REASONED = {"reject", "send_back"}
PAIRS = [(verb, earlier) for verb, (_, _, steps) in DECISIONS.items() for earlier in steps]
DONE = {"nominated_by": "推荐", "submitted_by": "报送", "confirmed_by": "确认", "reviewed_by": "审核"}


def decide(verb, by, rows):
    reason = {"reason": "名额不足"} if verb in REASONED else {}
    return getattr(nominations, verb)(by=by, rows=rows, **reason)


@pytest.mark.parametrize(("verb", "earlier"), PAIRS)
def test_whoever_took_an_earlier_step_does_not_decide(city, cast, story, verb, earlier):
    state, name, _ = DECISIONS[verb]
    rows, by = story.in_state(state, city.a), getattr(cast, name)
    Nomination.objects.update(**{earlier: by})
    with refused(verb, by, f"张三由您{DONE[earlier]},不能再由您办理本环节,请由他人办理", Forbidden) as caught:
        decide(verb, by, rows)
    assert [finding.key for finding in caught.value.findings] == ["separation"]


@pytest.mark.parametrize(("verb", "earlier"), PAIRS)
def test_nor_under_another_account_of_the_same_person(city, cast, story, verb, earlier):
    state, name, _ = DECISIONS[verb]
    rows, by = story.in_state(state, city.a), getattr(cast, name)
    other = build.user("second", city.a, Role.CLERK, person=by.person)
    Nomination.objects.update(**{earlier: other})
    with refused(verb, by, f"张三由您{DONE[earlier]}", Forbidden):
        decide(verb, by, rows)


@pytest.mark.parametrize(("verb", "earlier"), PAIRS)
def test_one_such_row_among_many_refuses_them_all(city, cast, story, verb, earlier):
    state, name, _ = DECISIONS[verb]
    rows, by = story.in_state(state, city.a, "张三", "李四"), getattr(cast, name)
    Nomination.objects.filter(pk=rows[1].pk).update(**{earlier: by})
    with refused(verb, by, f"李四由您{DONE[earlier]}", Forbidden):
        decide(verb, by, rows)


@pytest.mark.parametrize("verb", DECISIONS)
def test_somebody_else_does_decide(city, cast, story, verb):
    state, name, _ = DECISIONS[verb]
    rows = story.in_state(state, city.a)
    assert decide(verb, getattr(cast, name), rows)[0].state != state


@pytest.mark.parametrize("verb", [*DECISIONS, "send_back"])
def test_nobody_decides_on_their_own_case(city, cast, story, verb):
    state, name, _ = DECISIONS.get(verb, (State.SUBMITTED, "union_officer", ()))
    [row] = story.in_state(state, city.a)
    by = getattr(cast, name)
    Nomination.objects.filter(pk=row.pk).update(person=by.person)
    with refused(verb, by, "张三是您本人,不能办理本人的事项,请由他人办理", Forbidden):
        decide(verb, by, [row])


# Who also had a hand in it --------------------------------------------------------------------------------


def amended(cast, rows, scan, by):
    nominations.amend(by=by, row=rows[0], deeds="补充事迹")


def proved(cast, rows, scan, by):
    nominations.attach_evidence(by=by, rows=rows, paper=scan)


@pytest.mark.parametrize(("act", "done"), [(amended, "修改"), (proved, "补充佐证")])
@pytest.mark.parametrize("verb", ["confirm", "review", "approve", "reject"])
def test_whoever_amended_or_proved_a_name_does_not_decide_on_it(city, cast, story, scan, verb, act, done):
    state, name, _ = DECISIONS[verb]
    by, rows = getattr(cast, name), story.nominated(city.a)
    build.appointment(by, city.a, Role.CLERK)
    act(cast, rows, scan, by)
    story.fresh(rows)
    rows = {
        State.SUBMITTED: story.submitted, State.CONFIRMED: story.confirmed, State.REVIEWED: story.reviewed,
    }[state](rows)  # fmt: skip
    with refused(verb, by, f"张三由您{done},不能再由您办理本环节,请由他人办理", Forbidden):
        decide(verb, by, rows)


def test_nor_whoever_published_it(city, cast, story):
    rows = story.nominated(city.a)
    build.appointment(cast.union_officer, city.a, Role.CLERK)
    paper = story.notice_paper()
    notices.publish_notice(by=cast.union_officer, unit=city.a, rows=rows, paper=paper)
    story.go_to(datetime.date(2026, 5, 25))
    rows = notices.submit(by=cast.lead, rows=story.fresh(rows))
    rows = nominations.confirm(by=cast.org_lead, rows=rows)
    with refused("review", cast.union_officer, "张三由您公示", Forbidden):
        nominations.review(by=cast.union_officer, rows=rows)


def reviewed_again(cast, city, story):
    """A name that the union's lead reviewed, sent back, and that somebody else reviewed in its second round."""
    build.appointment(cast.union_lead, city.root, Role.UNION_OFFICER)
    [row] = story.in_state(State.CONFIRMED, city.a)
    [row] = nominations.review(by=cast.union_lead, rows=[row])
    rows = story.reviewed(story.sent_back([row]))
    assert rows[0].reviewed_by == cast.union_officer
    return rows


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_the_reviewer_of_an_earlier_round_does_not_approve(city, cast, story, verb):
    rows = reviewed_again(cast, city, story)
    with refused(verb, cast.union_lead, "张三由您审核,不能再由您办理本环节", Forbidden):
        decide(verb, cast.union_lead, rows)


def test_who_reviewed_it_before_may_review_it_again(city, cast, story):
    [row] = story.reviewed(story.sent_back(story.in_state(State.REVIEWED, city.a)))
    assert (row.state, row.reviewed_by) == ("已审核", cast.union_officer)


def test_the_earlier_hands_are_looked_for_in_one_query(city, cast, story, django_assert_max_num_queries):
    rows = story.in_state(State.REVIEWED, city.a, "张三", "李四", "王五")
    with django_assert_max_num_queries(2):
        separate(cast.union_lead, rows, "nominated_by", "submitted_by", "confirmed_by", "reviewed_by")


def own(cast, year, user, clerk):
    """A nomination of this very user, at their own unit."""
    draft = Draft(user.person, user.person.unit, "none")
    return nominations.nominate(by=clerk, plan=year.plan, drafts=[draft])


def test_a_unit_lead_does_not_hand_up_their_own_name(cast, story, year):
    rows = story.after_notice(own(cast, year, cast.lead, cast.clerk))
    with refused("submit", cast.lead, "负责人甲是您本人", Forbidden):
        notices.submit(by=cast.lead, rows=rows)


@pytest.mark.parametrize("upheld", [True, False])
def test_nor_settles_an_objection_to_it(cast, story, year, upheld):
    story.on_notice(own(cast, year, cast.lead, cast.clerk))
    notice = Notice.objects.get()
    objection = notices.object_to(
        by=cast.clerk, notice=notice, line=notice.lines.get(), text="情况不实",
        received_on=datetime.date(2026, 5, 11),
    )  # fmt: skip
    with refused("settle_objection", cast.lead, "负责人甲是您本人", Forbidden):
        notices.settle_objection(by=cast.lead, objection=objection, upheld=upheld, handling="已核查")


def test_nor_dismisses_it_once_the_name_has_come_to_an_end(cast, story, year):
    [row] = story.on_notice(own(cast, year, cast.lead, cast.clerk))
    notice = Notice.objects.get()
    objection = notices.object_to(
        by=cast.clerk, notice=notice, line=notice.lines.get(), text="情况不实",
        received_on=datetime.date(2026, 5, 11),
    )  # fmt: skip
    nominations.withdraw(by=cast.clerk, rows=[row], reason="误报")
    with refused("settle_objection", cast.lead, "负责人甲是您本人", Forbidden):
        notices.settle_objection(by=cast.lead, objection=objection, upheld=False, handling="已核查")


def test_the_union_lead_is_not_their_own_substitute(city, cast, story, year):
    [leaver] = story.in_state(State.GIVEN_UP, city.a)
    [substitute] = story.in_state(State.REVIEWED, city.a, "李四")
    Nomination.objects.filter(pk=substitute.pk).update(person=cast.union_lead.person)
    with refused("replace", cast.union_lead, "是您本人", Forbidden):
        nominations.replace(by=cast.union_lead, leaver=leaver, substitute=substitute)


def test_one_who_holds_every_role_gets_no_further_than_the_submission(city, story, year):
    """Whoever may do everything still cannot do two things to one nomination."""
    person = build.person(city.root, "全能")
    everybody = build.user("everybody", city.root, Role.CLERK, person=person)
    for role in Role:
        if role != Role.CLERK:
            build.appointment(everybody, city.root, role)
    rows = nominations.nominate(by=everybody, plan=year.plan, drafts=[story.draft(city.a)])
    rows = notices.submit(by=everybody, rows=story.after_notice(rows))
    with refused("confirm", everybody, "张三由您推荐", Forbidden):
        nominations.confirm(by=everybody, rows=rows)
