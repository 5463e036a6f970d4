"""The way of a hardship file (BZ-18, BZ-26): opened, reported, endorsed, given an opinion, recognised or refused.

Each step is another person's; nobody decides on their own household.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError

from carecore import audit, clock
from carecore.access import Can
from carecore.models import Person, Severity, User
from carecore.outcomes import faults
from carecore.policy import Finding, Rulebook
from carecore.reasons import fitting, written
from carecore.separation import all_apart, not_own
from carecore.workflow import (
    Refused,
    add,
    change,
    enforce,
    locked,
    locked_all,
    move,
    refuse,
    require_right,
    require_state,
    verb,
)
from visits.models import CaseState, HardshipCase, HouseholdMember
from visits.rules.grades import ACCIDENT, Standard
from visits.workflow.files import ASSESSED, CaseDraft, check_cases, identified

STEPS = {"reported_by": "建档", "endorsed_by": "审核", "opinion_by": "提出意见"}
BACK = {"endorsed_by": None, "opinion_by": None, "opinion": ""}
# Who may send a file back from where it stands: whoever acts on it next.
RETURNING = {
    CaseState.REPORTED: Can.ENDORSE_HARDSHIP, CaseState.ENDORSED: Can.ADVISE_HARDSHIP,
    CaseState.GIVEN_OPINION: Can.RECOGNISE_HARDSHIP,
}  # fmt: skip
AMENDABLE = (
    "object_kind", "name", "relation", "id_number", "birth_month", "area", "address", "phone", "health", "housing",
    "own_monthly_income", "yearly_income", "rigid_costs", "event_losses", "size", "earners", "main_cause",
    "further_causes", "categories", "description", "stated_grade",
)  # fmt: skip


@verb
def open_cases(
    *, by: User, drafts: Sequence[CaseDraft], request_id: uuid.UUID | None = None
) -> list[HardshipCase]:
    """Open files as drafts, one for each household; what they lack is said and owed before they are reported.

    Raises Refused where somebody of a household stands in another living file (exact ID number).
    """
    require_right(by, Can.KEEP_HARDSHIP, *{draft.unit for draft in drafts})
    if request_id and (made := HardshipCase.objects.filter(request_id=request_id).first()):
        return [made]
    locked_all(Person.objects.filter(pk__in={draft.person.pk for draft in drafts}))  # two units at once
    rows, members = [draft.row for draft in drafts], [[one.row for one in draft.members] for draft in drafts]
    found = check_cases(by=by, cases=rows, members=members)
    enforce([one for findings in found for one in findings if one.key == "duplicate"])
    today = clock.today()
    for row in rows:
        row.reported_by, row.reported_on = by, today
        _require_fitting(row)
    if request_id and len(rows) == 1:
        rows[0].request_id = request_id
    rows = _added(rows)
    for row, people in zip(rows, members, strict=True):
        for member in people:
            member.case = row
    people = add([member for household in members for member in household])
    audit.record(by=by, action="open_cases", rows=[*rows, *people])
    return rows


def _added(rows: list[HardshipCase]) -> list[HardshipCase]:
    try:
        return add(rows)
    except IntegrityError as error:
        raise refuse("该对象刚由他人建档,请刷新后核对", key="duplicate") from error


def _require_fitting(row: HardshipCase | HouseholdMember) -> None:
    if wrong := faults(row, "findings", "standard", "further_causes", "categories", "request_id"):
        raise Refused(*wrong)


@verb
def amend_case(*, by: User, row: HardshipCase, **changes: Any) -> HardshipCase:
    """Change a draft; its grade is computed again. Raises Refused for a number that another file holds."""
    [row] = locked([row], "unit", "person")
    require_right(by, Can.KEEP_HARDSHIP, row.unit)
    require_state([row], [CaseState.DRAFT], "修改")
    for name, value in changes.items():
        if name not in AMENDABLE:
            raise TypeError(f"{name} cannot be amended")
        setattr(row, name, value)
    identified(row)
    _require_fitting(row)
    [findings] = check_cases(by=by, cases=[row], members=[_household(row)])
    enforce([one for one in findings if one.key == "duplicate"], row=row)
    _changed(row, *changes, "name", "id_number", "birth_month", "phone", "id_index", *ASSESSED)
    audit.record(by=by, action="amend_case", rows=[row])
    return row


def _changed(row: HardshipCase, *fields: str) -> None:
    try:
        change([row], *dict.fromkeys(fields))
    except IntegrityError as error:
        raise refuse("该对象已有困难档案,请核对", key="duplicate", row=row) from error


def _household(row: HardshipCase) -> list[HouseholdMember]:
    return list(row.members.filter(dropped=False))


@verb
def report(*, by: User, rows: list[HardshipCase]) -> list[HardshipCase]:
    """The clerk hands files up; what is missing or outside the rules refuses (BZ-26)."""
    rows = locked(rows, "unit", "person")
    require_right(by, Can.KEEP_HARDSHIP, *{row.unit for row in rows})
    require_state(rows, [CaseState.DRAFT], "上报")
    _assess(by, rows)
    for row in rows:
        row.state, row.reported_by = CaseState.REPORTED, by
    change(rows, *ASSESSED, "state", "reported_by")
    audit.record(by=by, action="report", rows=rows)
    return rows


def _assess(by: User, rows: Sequence[HardshipCase]) -> None:
    """Assess files anew; raises Refused with what blocks, each finding with the name of its file."""
    households: dict[int, list[HouseholdMember]] = {row.pk: [] for row in rows}
    for member in HouseholdMember.objects.filter(case__in=rows, dropped=False):
        households[member.case_id].append(member)
    found = check_cases(by=by, cases=rows, members=[households[row.pk] for row in rows])
    for row, findings in zip(rows, found, strict=True):
        enforce([one for one in findings if one.severity == Severity.BLOCK], row=row)


def _moved(by: User, action: str, rows: list[HardshipCase], *, reason: str = "", **columns: Any) -> list[HardshipCase]:
    move(rows, **columns)
    audit.record(by=by, action=action, rows=rows, reason=reason)
    return rows


def _not_own_household(by: User, rows: Sequence[HardshipCase]) -> None:
    """Raise Forbidden where the file is about the user, or names the user as somebody of the household."""
    mine = by.person.id_index if by.person else None
    named = set(
        HouseholdMember.objects.filter(case__in=rows, id_index=mine).values_list("case", flat=True) if mine else ()
    )
    for row in rows:
        not_own(by, row, [row.person_id, by.person_id if row.pk in named or (mine and row.id_index == mine) else None])


def require_apart(by: User, rows: Sequence[HardshipCase], *earlier: str) -> None:
    """Raise Forbidden where the user took one of these earlier steps, or the file is of the user's household."""
    all_apart(by, [(row, {STEPS[name]: getattr(row, f"{name}_id") for name in earlier}) for row in rows])
    _not_own_household(by, rows)


@verb
def endorse(*, by: User, rows: list[HardshipCase]) -> list[HardshipCase]:
    """The unit's lead vouches for reported files."""
    rows = locked(rows, "unit")
    require_right(by, Can.ENDORSE_HARDSHIP, *{row.unit for row in rows})
    require_state(rows, [CaseState.REPORTED], "审核")
    require_apart(by, rows, "reported_by")
    return _moved(by, "endorse", rows, state=CaseState.ENDORSED, endorsed_by=by)


@verb
def give_opinion(*, by: User, rows: list[HardshipCase], opinion: str) -> list[HardshipCase]:
    """组织人社部门提出意见建议 on endorsed files (BZ-26); the words are required."""
    rows = locked(rows, "unit")
    require_right(by, Can.ADVISE_HARDSHIP, *{row.unit for row in rows})
    require_state(rows, [CaseState.ENDORSED], "提出意见")
    require_apart(by, rows, "reported_by", "endorsed_by")
    words = written(opinion, "请填写意见建议(BZ-26)", rows[0])
    return _moved(
        by, "give_opinion", rows, reason=words, state=CaseState.GIVEN_OPINION, opinion=words, opinion_by=by
    )


@verb
def recognise(
    *, by: User, rows: list[HardshipCase], reason: str = "", grade: str = ""
) -> list[HardshipCase]:
    """Recognise files with the grade computed by the rules in force today, or `grade` against it with a reason.

    Raises Refused where a warning (such as a stated grade that differs) or another grade has no reason, and
    where no grade is computed and none is given.
    """
    rows = locked(rows, "unit", "person")
    require_right(by, Can.RECOGNISE_HARDSHIP, *{row.unit for row in rows})
    require_state(rows, [CaseState.GIVEN_OPINION], "认定")
    require_apart(by, rows, *STEPS)
    _assess(by, rows)
    reason, today = fitting(reason, rows[0]), clock.today()
    for row in rows:
        explained = _graded(row, grade, reason)
        row.grade_reason, row.grade_by = (reason, by) if explained else ("", None)
        row.state, row.recognised_by, row.recognised_on, row.verified_on = CaseState.RECOGNISED, by, today, today
    change(
        rows, *ASSESSED, "grade", "grade_reason", "grade_by", "state", "recognised_by", "recognised_on", "verified_on"
    )
    audit.record(by=by, action="recognise", rows=rows, reason=reason)
    return rows


def _graded(row: HardshipCase, grade: str, reason: str) -> bool:
    """Set the grade of a row; returns whether a reason stands behind it. Raises Refused without one."""
    known = [*(name for name, _ in Standard.from_dict(row.standard).multiples), ACCIDENT]
    row.grade = grade or row.computed_grade
    if not row.grade:
        raise refuse(f"{row}测算不符合任何困难类别,认定须选择类别并写明理由,或不予认定", key="grade", row=row)
    if row.grade not in known:
        raise refuse(f"困难类别“{row.grade}”不在规定的范围内,应为{'、'.join(known)}", key="grade", row=row)
    warned = [one for one in row.findings if one["severity"] == Severity.WARN]
    if row.grade == row.computed_grade and not warned:
        return False
    said = warned[0]["message"] if warned else f"测算为“{row.computed_grade or '不符合'}”,拟认定“{row.grade}”"
    if not reason:
        raise Refused(Finding("reason", Severity.WARN, f"{row}:{said}。请写明认定理由"), row=row)
    return True


@verb
def refuse_case(*, by: User, rows: list[HardshipCase], reason: str) -> list[HardshipCase]:
    """Do not recognise files, with the reason."""
    rows = locked(rows, "unit")
    require_right(by, Can.RECOGNISE_HARDSHIP, *{row.unit for row in rows})
    require_state(rows, [CaseState.GIVEN_OPINION], "不予认定")
    require_apart(by, rows, *STEPS)
    reason = written(reason, "请写明不予认定的理由", rows[0])
    return _moved(by, "refuse_case", rows, reason=reason, state=CaseState.REFUSED, exit_reason=reason, recognised_by=by)


@verb
def return_case(*, by: User, rows: list[HardshipCase], reason: str) -> list[HardshipCase]:
    """Send files back to the clerk as drafts, with the reason in their timeline."""
    rows = locked(rows, "unit")
    require_state(rows, list(RETURNING), "退回")
    for row in rows:
        require_right(by, RETURNING[CaseState(row.state)], row.unit)
    require_apart(by, rows)
    reason = written(reason, "请写明退回的理由", rows[0])
    return _moved(by, "return_case", rows, reason=reason, state=CaseState.DRAFT, **BACK)


@verb
def take_back_case(*, by: User, rows: list[HardshipCase], reason: str) -> list[HardshipCase]:
    """The clerk takes reported files back as drafts before the lead has vouched for them."""
    rows = locked(rows, "unit")
    require_right(by, Can.KEEP_HARDSHIP, *{row.unit for row in rows})
    require_state(rows, [CaseState.REPORTED], "撤回")
    reason = written(reason, "请写明撤回的理由", rows[0])
    return _moved(by, "take_back_case", rows, reason=reason, state=CaseState.DRAFT, **BACK)


@verb
def withdraw_case(*, by: User, rows: list[HardshipCase], reason: str) -> list[HardshipCase]:
    """End drafts that were opened by mistake, with the reason; they stay on record."""
    rows = locked(rows, "unit")
    require_right(by, Can.KEEP_HARDSHIP, *{row.unit for row in rows})
    require_state(rows, [CaseState.DRAFT], "撤销")
    reason = written(reason, "请写明撤销的理由", rows[0])
    return _moved(by, "withdraw_case", rows, reason=reason, state=CaseState.WITHDRAWN, exit_reason=reason)



def allowed_grades(row: HardshipCase) -> list[str]:
    """The grades that the rules in force know for this file's unit."""
    standard = Standard.of(Rulebook(clock.today()), row.unit, row.area)
    return [*(name for name, _ in standard.multiples), ACCIDENT]
