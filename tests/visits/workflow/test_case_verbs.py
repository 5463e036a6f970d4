"""Every verb on a hardship file: the states, roles, versions and reasons it asks for, and what a refusal leaves."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from carecore.workflow import Forbidden, Stale
from tests.sanatorium.trail import all_but, one_event_each, refused
from visits.models import CaseState, HardshipCase
from visits.workflow import cases, households, verifying
from visits.workflow.files import MemberDraft

CLERKS = ("clerk", "union_officer", "org_officer")
FIGURES = {
    "yearly_income": Decimal("60000"), "rigid_costs": Decimal("0"), "event_losses": Decimal("0"), "size": 2, "earners": 1
}  # fmt: skip
SON = MemberDraft(name="张小三", relation="子")


@dataclass(frozen=True)
class Way:
    """What a verb asks for: the states it starts from, who may, where it leads, whether it wants a reason."""

    call: object
    states: tuple
    users: tuple
    leads: str | None = None
    reason: bool = False


DRAFT, REPORTED, ENDORSED, ADVISED, RECOGNISED = list(CaseState)[:5]
WAYS = {
    "amend_case": Way(lambda by, rows, reason: cases.amend_case(by=by, row=rows[0], housing="租房"), (DRAFT,), CLERKS),
    "report": Way(lambda by, rows, reason: cases.report(by=by, rows=rows), (DRAFT,), CLERKS, REPORTED),
    "withdraw_case": Way(lambda by, rows, reason: cases.withdraw_case(by=by, rows=rows, reason=reason), (DRAFT,), CLERKS,
                         CaseState.WITHDRAWN, True),
    "take_back_case": Way(lambda by, rows, reason: cases.take_back_case(by=by, rows=rows, reason=reason), (REPORTED,),
                          CLERKS, DRAFT, True),
    "endorse": Way(lambda by, rows, reason: cases.endorse(by=by, rows=rows), (REPORTED,), ("lead",), ENDORSED),
    "give_opinion": Way(lambda by, rows, reason: cases.give_opinion(by=by, rows=rows, opinion=reason), (ENDORSED,),
                        ("org_officer", "org_lead"), ADVISED, True),
    "recognise": Way(lambda by, rows, reason: cases.recognise(by=by, rows=rows), (ADVISED,), ("union_lead", "org_lead"),
                     RECOGNISED),
    "refuse_case": Way(lambda by, rows, reason: cases.refuse_case(by=by, rows=rows, reason=reason), (ADVISED,),
                       ("union_lead", "org_lead"), CaseState.REFUSED, True),
    "keep_cases": Way(lambda by, rows, reason: verifying.keep_cases(by=by, rows=rows), (RECOGNISED,), CLERKS, RECOGNISED),
    "adjust_case": Way(lambda by, rows, reason: verifying.adjust_case(by=by, row=rows[0], reason=reason, **FIGURES),
                       (RECOGNISED,), CLERKS, REPORTED, True),
    "exit_case": Way(lambda by, rows, reason: verifying.exit_case(by=by, row=rows[0], reason=reason), (RECOGNISED,), CLERKS,
                     CaseState.EXITED, True),
    "add_member": Way(lambda by, rows, reason: households.add_member(by=by, case=rows[0], draft=SON), (DRAFT, RECOGNISED),
                      CLERKS),
}  # fmt: skip
REASON = "生活确有困难"


def call(name, by, rows, reason=REASON):
    return WAYS[name].call(by, rows, reason)


def right_user(cast, name):
    return getattr(cast, WAYS[name].users[0])


@pytest.fixture
def put(files):
    """A file that merely says it is in a state: for what is refused before anything else is asked."""

    def make(state):
        rows = files.opened()
        whole = {"grade": "相对困难", "recognised_on": "2026-01-05", "verified_on": "2026-01-05"}
        HardshipCase.objects.update(state=state, **(whole if state == RECOGNISED else {}))
        return files.fresh(rows)

    return make


@pytest.mark.parametrize(("name", "state"), [(name, state) for name, way in WAYS.items() for state in way.states])
def test_from_each_right_state(files, cast, name, state):
    rows, by = files.at(state), right_user(cast, name)
    with one_event_each(by, name, REASON if WAYS[name].reason else ""):
        call(name, by, rows)
    assert files.fresh(rows)[0].state == (WAYS[name].leads or state)


@pytest.mark.parametrize(
    ("name", "state"), [(name, state) for name, way in WAYS.items() for state in CaseState if state not in way.states]
)
def test_from_every_other_state_it_is_refused(put, cast, name, state):
    rows, by = put(state), right_user(cast, name)
    with refused(name, by, f"张三困难档案现为“{state}”"):
        call(name, by, rows)


@pytest.mark.parametrize(("name", "user"), [(name, user) for name, way in WAYS.items() for user in way.users])
def test_each_role_that_may(files, cast, name, user):
    rows = files.at(WAYS[name].states[0])
    call(name, getattr(cast, user), rows)
    assert files.fresh(rows)[0].state == (WAYS[name].leads or WAYS[name].states[0])


@pytest.mark.parametrize(("name", "user"), [(name, user) for name, way in WAYS.items() for user in all_but(*way.users)])
def test_every_other_role_and_the_other_unit_is_forbidden(put, cast, name, user):
    rows, by = put(WAYS[name].states[0]), getattr(cast, user)
    with refused(name, by, "权限,请联系系统管理员", Forbidden):
        call(name, by, rows)


@pytest.mark.parametrize("name", WAYS)
def test_a_file_that_somebody_else_changed_is_stale(put, cast, name):
    [row] = put(WAYS[name].states[0])
    HardshipCase.objects.filter(pk=row.pk).update(version=row.version + 1)
    by = right_user(cast, name)
    with refused(name, by, "已被他人更新", Stale):
        call(name, by, [row])


@pytest.mark.parametrize("reason", ["", "  \n", "因" * 201])
@pytest.mark.parametrize("name", [name for name, way in WAYS.items() if way.reason])
def test_without_a_reason_that_its_column_can_keep_it_is_refused(files, cast, name, reason):
    rows, by = files.at(WAYS[name].states[0]), right_user(cast, name)
    with refused(name, by) as caught:
        call(name, by, rows, reason)
    assert [finding.key for finding in caught.value.findings] == ["reason"]


RETURNS = {REPORTED: ("lead",), ENDORSED: ("org_officer", "org_lead"), ADVISED: ("union_lead", "org_lead")}


@pytest.mark.parametrize(("state", "user"), [(state, user) for state, users in RETURNS.items() for user in users])
def test_whoever_acts_next_may_send_a_file_back(files, cast, state, user):
    rows, by = files.at(state), getattr(cast, user)
    with one_event_each(by, "return_case", REASON):
        cases.return_case(by=by, rows=rows, reason=REASON)
    [row] = files.fresh(rows)
    assert (row.state, row.endorsed_by, row.opinion_by, row.opinion) == (DRAFT, None, None, "")


@pytest.mark.parametrize(
    ("state", "user"), [(state, user) for state, users in RETURNS.items() for user in all_but(*users)]
)
def test_nobody_else_sends_it_back(files, cast, state, user):
    rows, by = files.at(state), getattr(cast, user)
    with refused("return_case", by, "权限", Forbidden):
        cases.return_case(by=by, rows=rows, reason=REASON)


@pytest.mark.parametrize("state", [state for state in CaseState if state not in RETURNS])
def test_what_is_not_on_its_way_is_not_sent_back(put, cast, state):
    rows = put(state)
    with refused("return_case", cast.union_lead, f"现为“{state}”"):
        cases.return_case(by=cast.union_lead, rows=rows, reason=REASON)


MANY = ("report", "withdraw_case", "take_back_case", "endorse", "give_opinion", "recognise", "refuse_case", "keep_cases")


@pytest.mark.parametrize("name", MANY)
def test_one_wrong_file_among_many_refuses_them_all(files, cast, name):
    rows = files.at(WAYS[name].states[0], "张三", "李四")
    HardshipCase.objects.filter(pk=rows[1].pk).update(state=CaseState.MERGED)
    by = right_user(cast, name)
    with refused(name, by, "李四困难档案现为“已合并”"):
        call(name, by, rows)


@pytest.mark.parametrize("name", MANY)
def test_the_number_of_queries_does_not_grow_with_the_files(files, cast, name, django_assert_max_num_queries):
    few = files.at(WAYS[name].states[0], "张三")
    many = files.at(WAYS[name].states[0], *(f"李{number}" for number in range(12)))
    by = right_user(cast, name)
    with django_assert_max_num_queries(60) as spent:
        call(name, by, few)
    with django_assert_max_num_queries(len(spent.captured_queries)):
        call(name, by, many)
