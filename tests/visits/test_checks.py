"""What verify recomputes of hardship files: each fault made behind the product's back is found, and nothing else."""

import pytest

from tests import build
from visits.checks import CHECKS
from visits.models import CaseState, HardshipCase, HouseholdMember, Verification
from visits.workflow import verifying


def problems():
    return [problem.message for check in CHECKS for problem in check()]


@pytest.fixture
def recognised(files, cast):
    [row] = files.at(CaseState.RECOGNISED)
    verifying.keep_cases(by=cast.clerk, rows=files.fresh([row]))
    return files.fresh([row])[0]


def test_files_made_by_the_verbs_have_no_problem(files, cast, recognised):
    for number, state in enumerate(list(CaseState)[:4]):
        files.at(state, f"李{number}")
    verifying.exit_case(by=cast.clerk, row=recognised, reason="亡故")
    assert problems() == []


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"yearly_income": "9600"}, "测算应为“深度困难”150.00元,实为“相对困难”1250.00元"),
        ({"grade": "深度困难"}, "认定为“深度困难”,测算为“相对困难”,没有理由或认定人"),
        ({"verified_on": "2026-05-10"}, "最近核实日期2026-05-10与核实记录不符"),
        ({"opinion_by": None}, "已认定而缺前序环节"),
        ({"state": CaseState.EXITED}, "已终止而没有原因"),
        ({"state": CaseState.MERGED, "exit_reason": "x"}, "已合并而没有并入的档案"),
    ],
)
def test_what_was_changed_behind_the_products_back_is_found(recognised, columns, said):
    HardshipCase.objects.update(**columns)
    assert problems() == [said]


def test_one_person_at_two_steps_is_found(recognised):
    HardshipCase.objects.update(recognised_by=recognised.endorsed_by)
    assert problems() == ["单位审核人与认定人为同一人"]


def test_somebody_of_the_household_who_decided_is_found(recognised, cast):
    HouseholdMember.objects.update(id_index=cast.lead.person.id_index)
    assert problems() == ["单位审核人为本户人员"]


def test_an_exit_on_record_without_an_exit_is_found(recognised):
    Verification.objects.update(outcome="退出")
    assert problems() == ["核实为退出而档案没有退出"]


def test_a_number_in_two_files_is_found(files, recognised):
    [other] = files.opened(person=build.person(files.city.a, "李四"), members=())
    HouseholdMember.objects.create(case=other, name="某人", relation="子", id_index=recognised.members.get().id_index)
    assert problems() == ["家庭成员同时列入另一份在用档案"] * 2
    HouseholdMember.objects.filter(case=other).update(id_index=recognised.id_index)
    assert problems() == ["户主同时列入另一份在用档案"]
