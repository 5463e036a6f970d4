"""Every verb on a nomination: the states, roles, versions and reasons that it asks for, and what a refusal leaves.

The table says what is right; everything else in the product is wrong and is tried.
"""

from dataclasses import dataclass

import pytest

from carecore.access import Role
from carecore.workflow import Forbidden, Stale
from sanatorium.models import Nomination, State
from sanatorium.workflow import nominations, notices
from tests import build
from tests.sanatorium.trail import EVERYONE, all_but, one_event_each, refused


@dataclass(frozen=True)
class Way:
    """What a verb asks for: the states it starts from, who may, and whether it wants a reason."""

    call: object
    states: tuple
    users: tuple
    reason: bool = False


CLERKS = ("clerk", "union_officer", "org_officer")
ORGANISATION = ("org_officer", "org_lead")
WAYS = {
    "amend": Way(lambda by, rows, **_: nominations.amend(by=by, row=rows[0], deeds="记功"),
                 (State.DRAFT, State.ON_NOTICE), CLERKS),
    "attach_evidence": Way(lambda by, rows, scan, **_: nominations.attach_evidence(by=by, rows=rows, paper=scan),
                           (State.DRAFT,), CLERKS),
    "attach_sealed_form": Way(
        lambda by, rows, scan, **_: nominations.attach_sealed_form(by=by, row=rows[0], paper=scan),
        tuple(State), (*CLERKS, "lead")),
    "publish_notice": Way(
        lambda by, rows, story, **_: notices.publish_notice(
            by=by, unit=rows[0].unit, rows=rows, paper=story.notice_paper()),
        (State.DRAFT,), CLERKS),
    "withdraw": Way(lambda by, rows, reason="误报", **_: nominations.withdraw(by=by, rows=rows, reason=reason),
                    (State.DRAFT, State.ON_NOTICE, State.SUBMITTED, State.CONFIRMED), (*CLERKS, "lead"), True),
    "submit": Way(lambda by, rows, **_: notices.submit(by=by, rows=rows), (State.DRAFT, State.ON_NOTICE), ("lead",)),
    "take_back": Way(lambda by, rows, reason="误报", **_: notices.take_back(by=by, rows=rows, reason=reason),
                     (State.SUBMITTED,), ("lead",), True),
    "confirm": Way(lambda by, rows, **_: nominations.confirm(by=by, rows=rows), (State.SUBMITTED,), ORGANISATION),
    "review": Way(lambda by, rows, **_: nominations.review(by=by, rows=rows), (State.CONFIRMED,), ("union_officer",)),
    "send_back": Way(lambda by, rows, reason="材料不全", **_: nominations.send_back(by=by, rows=rows, reason=reason),
                     (State.SUBMITTED, State.CONFIRMED, State.REVIEWED), ("union_officer", "union_lead"), True),
    "approve": Way(lambda by, rows, **_: nominations.approve(by=by, rows=rows), (State.REVIEWED,), ("union_lead",)),
    "reject": Way(lambda by, rows, reason="名额不足", **_: nominations.reject(by=by, rows=rows, reason=reason),
                  (State.REVIEWED,), ("union_lead",), True),
    "give_up": Way(lambda by, rows, reason="家中有事", **_: nominations.give_up(by=by, row=rows[0], reason=reason),
                   (State.APPROVED,), CLERKS, True),
}  # fmt: skip
DONE_TO = {
    "amend": None, "attach_evidence": State.DRAFT, "attach_sealed_form": None, "publish_notice": State.ON_NOTICE,
    "withdraw": State.WITHDRAWN, "submit": State.SUBMITTED, "take_back": State.ON_NOTICE,
    "confirm": State.CONFIRMED, "review": State.REVIEWED, "send_back": State.DRAFT, "approve": State.APPROVED,
    "reject": State.REJECTED, "give_up": State.GIVEN_UP,
}  # fmt: skip
REASONS = {
    "withdraw": "误报",
    "take_back": "误报",
    "send_back": "材料不全",
    "reject": "名额不足",
    "give_up": "家中有事",
}
REAL_STATES = tuple(state for state in State if state in (
    State.DRAFT, State.ON_NOTICE, State.SUBMITTED, State.CONFIRMED, State.REVIEWED, State.APPROVED))  # fmt: skip


def start(name):
    """The state from which most users try the verb."""
    return WAYS[name].states[-1 if name == "submit" else 0]


@pytest.fixture
def ready(story, city):
    """A nomination of 甲局 at the state that the verb starts from, with its notice over where it has one."""

    def make(name, state=None):
        state = state or start(name)
        if name == "submit" and state == State.DRAFT:
            rows = story.in_state(State.SUBMITTED, city.a)
            return story.sent_back(rows)
        if name == "submit":
            return story.after_notice(story.nominated(city.a))
        return story.in_state(state, city.a)

    return make


@pytest.fixture
def put(story, city):
    """A nomination of 甲局 that merely says it is in a state: for what is refused before anything else is asked."""

    def make(state):
        rows = story.nominated(city.a)
        Nomination.objects.update(state=state)
        return story.fresh(rows)

    return make


def right_user(cast, name):
    return getattr(cast, WAYS[name].users[0])


RIGHT = [(name, state) for name, way in WAYS.items() for state in way.states if state in REAL_STATES]


@pytest.mark.parametrize(("name", "state"), RIGHT)
def test_from_each_right_state(ready, story, cast, scan, name, state):
    rows, by = ready(name, state), right_user(cast, name)
    with one_event_each(by, name, REASONS.get(name, "")):
        WAYS[name].call(by, rows, scan=scan, story=story)
    assert story.fresh(rows)[0].state == (DONE_TO[name] or state)


WRONG = [(name, state) for name, way in WAYS.items() for state in State if state not in way.states]


@pytest.mark.parametrize(("name", "state"), WRONG)
def test_from_every_other_state_it_is_refused(put, story, cast, scan, name, state):
    rows, by = put(state), right_user(cast, name)
    with refused(name, by, f"张三现为“{state}”"):
        WAYS[name].call(by, rows, scan=scan, story=story)


MAY = [(name, user) for name, way in WAYS.items() for user in way.users]


@pytest.mark.parametrize(("name", "user"), MAY)
def test_each_role_that_may(ready, story, cast, scan, name, user):
    rows, by = ready(name), getattr(cast, user)
    WAYS[name].call(by, rows, scan=scan, story=story)
    assert story.fresh(rows)[0].state == (DONE_TO[name] or start(name))


# Who returns a submission, besides those of the table, is the organisation department.
MAY_NOT = [
    (name, user)
    for name, way in WAYS.items()
    for user in all_but(*way.users)
    if not (name == "send_back" and user in ORGANISATION)
]


@pytest.mark.parametrize(("name", "user"), MAY_NOT)
def test_every_other_role_and_the_other_unit_is_forbidden(put, story, cast, scan, name, user):
    rows, by = put(start(name)), getattr(cast, user)
    with refused(name, by, "权限,请联系系统管理员", Forbidden):
        WAYS[name].call(by, rows, scan=scan, story=story)


@pytest.mark.parametrize("name", WAYS)
def test_a_row_that_somebody_else_changed_is_stale(put, story, cast, scan, name):
    [row] = put(start(name))
    Nomination.objects.filter(pk=row.pk).update(version=row.version + 1)
    by = right_user(cast, name)
    with refused(name, by, "已被他人更新", Stale):
        WAYS[name].call(by, [row], scan=scan, story=story)


@pytest.mark.parametrize("reason", ["", "  \n", "因" * 201])
@pytest.mark.parametrize("name", [name for name, way in WAYS.items() if way.reason])
def test_without_a_reason_that_its_column_can_keep_it_is_refused(ready, story, cast, name, reason):
    rows, by = ready(name), right_user(cast, name)
    with refused(name, by, "理由") as caught:
        WAYS[name].call(by, rows, reason=reason, story=story)
    assert [finding.key for finding in caught.value.findings] == ["reason"]


@pytest.mark.parametrize("name", [name for name, way in WAYS.items() if way.reason])
def test_a_reason_is_kept_without_its_margins(ready, story, cast, name):
    rows, by = ready(name), right_user(cast, name)
    WAYS[name].call(by, rows, reason=f"  {'因' * 200} ", story=story)
    assert story.fresh(rows)[0].closing_reason == "因" * 200


MANY = ("attach_evidence", "withdraw", "take_back", "confirm", "review", "send_back", "approve", "reject")


@pytest.mark.parametrize("name", MANY)
def test_one_wrong_row_among_many_refuses_them_all(story, city, cast, scan, name):
    rows = story.in_state(start(name), city.a, "张三", "李四")
    Nomination.objects.filter(pk=rows[1].pk).update(state=State.ATTENDED)
    by = right_user(cast, name)
    with refused(name, by, "李四现为“已参加”"):
        WAYS[name].call(by, rows, scan=scan, story=story)


@pytest.mark.parametrize("name", MANY)
def test_no_row_at_all_is_refused(story, cast, scan, name):
    with refused(name, cast.union_lead, "没有选中任何记录"):
        WAYS[name].call(cast.union_lead, [], scan=scan, story=story)


@pytest.mark.parametrize("user", ORGANISATION)
def test_the_organisation_department_returns_what_is_submitted_and_no_more(story, city, cast, user):
    rows, by = story.in_state(State.SUBMITTED, city.a), getattr(cast, user)
    with one_event_each(by, "send_back", "材料不全") as seen:
        WAYS["send_back"].call(by, rows)
    assert seen.rows == {"nomination": 1}
    for state in (State.CONFIRMED, State.REVIEWED):
        Nomination.objects.update(state=state)
        with refused("send_back", by, f"现为“{state}”"):
            WAYS["send_back"].call(by, story.fresh(rows))


@pytest.mark.parametrize("name", ["submit", "confirm", "review", "send_back", "approve", "reject"])
def test_an_account_that_is_no_known_person_decides_nothing(put, story, city, cast, scan, name):
    rows = put(start(name))
    role = getattr(cast, WAYS[name].users[0]).appointments_today[0]
    nobody = build.user("nobody", role.unit, role.role)
    with refused(name, nobody, "您的账号未对应到人员", Forbidden):
        WAYS[name].call(nobody, rows, scan=scan, story=story)


@pytest.mark.parametrize("name", WAYS)
def test_an_appointment_that_has_ended_gives_no_right(put, story, city, cast, scan, name):
    rows = put(start(name))
    old = build.user("old", build.unit("空局", city.root), Role.AUDITOR, person=build.person(city.b, "前任"))
    for role in Role:
        build.appointment(old, city.root, role, ends_on="2026-05-10")
    with refused(name, old, error=Forbidden):
        WAYS[name].call(old, rows, scan=scan, story=story)


def test_the_table_knows_every_user_of_the_cast(cast):
    assert set(EVERYONE) == set(vars(cast))
