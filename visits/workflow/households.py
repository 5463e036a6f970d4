"""The people of a household: added, corrected, dropped; and two files of one household made one."""

from __future__ import annotations

from typing import Any

from carecore import audit
from carecore.access import Can
from carecore.models import User
from carecore.outcomes import faults
from carecore.reasons import written
from carecore.workflow import Refused, add, change, locked, move, refuse, require_right, require_state, verb
from visits.models import CaseState, HardshipCase, HouseholdMember
from visits.workflow.files import MemberDraft, index_of, require_single

CHANGEABLE = (CaseState.DRAFT, CaseState.RECOGNISED)
MEMBER_FIELDS = ("name", "relation", "id_number", "monthly_income", "health", "identity")


def _require_open(by: User, case: HardshipCase) -> HardshipCase:
    """The file locked, where its household may be changed; its own version is the member form's business."""
    [case] = locked([case], "unit", "person")
    require_right(by, Can.KEEP_HARDSHIP, case.unit)
    require_state([case], CHANGEABLE, "调整家庭成员")
    return case


def _require_member(by: User, case: HardshipCase, member: HouseholdMember) -> None:
    """Raise Refused for a column that does not fit, somebody named twice, or somebody in another file."""
    if wrong := faults(member):
        raise Refused(*wrong, row=case)
    others = list(case.members.filter(dropped=False).exclude(pk=member.pk))
    if member.id_index and member.id_index in {case.id_index, *(one.id_index for one in others)}:
        raise refuse("该证件号码已在本户中登记", key="id_number", row=case)
    require_single(by, case, [*others, member])


@verb
def add_member(*, by: User, case: HardshipCase, draft: MemberDraft) -> HouseholdMember:
    """Add somebody to a household; raises Refused where another living file holds their number."""
    case = _require_open(by, case)
    member = draft.row
    member.case = case
    _require_member(by, case, member)
    [member] = add([member])
    audit.record(by=by, action="add_member", rows=[member])
    return member


@verb
def change_member(*, by: User, member: HouseholdMember, **changes: Any) -> HouseholdMember:
    """Correct what is known of somebody of a household."""
    case = _require_open(by, member.case)
    [member] = locked([member])
    _require_standing(member)
    for name, value in changes.items():
        if name not in MEMBER_FIELDS:
            raise TypeError(f"{name} cannot be changed")
        setattr(member, name, value)
    member.case, member.id_index = case, index_of(member.id_number)
    _require_member(by, case, member)
    change([member], *changes, "id_index")
    audit.record(by=by, action="change_member", rows=[member])
    return member


@verb
def drop_member(*, by: User, member: HouseholdMember, reason: str) -> HouseholdMember:
    """Take somebody out of a household, with the reason; the row stays on record."""
    case = _require_open(by, member.case)
    [member] = locked([member])
    _require_standing(member)
    member.case = case
    reason = written(reason, "请写明移出的理由", member)
    move([member], dropped=True)
    audit.record(by=by, action="drop_member", rows=[member], reason=reason)
    return member


def _require_standing(member: HouseholdMember) -> None:
    if member.dropped:
        raise refuse(f"{member}已移出本户", row=member)


@verb
def merge_cases(
    *, by: User, row: HardshipCase, into: HardshipCase, relation: str, reason: str
) -> HardshipCase:
    """End `row` in favour of `into`, the file of the same household: its head and people become members there.

    `relation` is what the head of `row` is to the head of `into`. A recognised file merges only into another
    recognised one. Returns `into`.
    """
    if row.pk == into.pk:
        raise refuse("不能与自身合并,请选择另一份档案", key="into", row=row)
    files = {one.pk: one for one in locked([row, into], "unit", "person")}
    row, into = files[row.pk], files[into.pk]
    require_right(by, Can.KEEP_HARDSHIP, row.unit, into.unit)
    require_state([row, into], CHANGEABLE, "合并")
    if row.state == CaseState.RECOGNISED != into.state:
        raise refuse("已认定的档案只能并入另一份已认定的档案", key="into", row=row)
    reason = written(reason, "请写明合并的理由", row)
    taken = _taken_over(row, into, relation)
    move([row], state=CaseState.MERGED, merged_into=into, exit_reason=reason)
    added = add(taken)
    audit.record(by=by, action="merge_cases", rows=[row, *added], reason=reason)
    return into


def _taken_over(row: HardshipCase, into: HardshipCase, relation: str) -> list[HouseholdMember]:
    """The head and the people of `row` that `into` does not hold yet, as its members."""
    standing = list(into.members.filter(dropped=False))
    numbers = {into.id_index, *(one.id_index for one in standing)} - {None}
    names = {into.name, *(one.name for one in standing)}
    head = HouseholdMember(
        name=row.name, relation=relation, id_number=row.id_number, id_index=row.id_index,
        monthly_income=row.own_monthly_income, health=row.health,
    )  # fmt: skip
    others = [
        HouseholdMember(
            name=one.name, relation=f"{row.name}的{one.relation}"[:20], id_number=one.id_number, id_index=one.id_index,
            monthly_income=one.monthly_income, health=one.health, identity=one.identity,
        )
        for one in row.members.filter(dropped=False)
    ]  # fmt: skip
    found = [one for one in (head, *others) if not _is_held(one, numbers, names)]
    for one in found:
        one.case = into
    return found


def _is_held(member: HouseholdMember, numbers: set[str], names: set[str]) -> bool:
    """Whether a household holds somebody already: by number, or by name where a number is missing."""
    return member.id_index in numbers if member.id_index else member.name in names
