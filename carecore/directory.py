"""The unit directory: adding, amending and closing units, and finding a unit by the name an office writes."""

from __future__ import annotations

import datetime
import difflib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError

from carecore import access, audit, clock
from carecore.access import Can
from carecore.models import Person, QuotaClass, Unit, UnitKind, User
from carecore.models.people import PersonStatus
from carecore.names import search_key
from carecore.outcomes import Became, Outcome, against, faults, refused
from carecore.policy import Finding
from carecore.workflow import add, change, locked, move, refuse, require_right, verb

# The class of places (BZ-4) that a kind of unit draws on, where nobody says otherwise.
CLASS_OF_KIND = {
    UnitKind.ORGAN: QuotaClass.ORGAN,
    UnitKind.STREET: QuotaClass.ORGAN,
    UnitKind.COMPANY: QuotaClass.FRONTLINE,
    UnitKind.COMMUNITY: QuotaClass.FRONTLINE,
}
AMENDABLE = (
    "code", "name", "kind", "quota_class", "party_name", "aliases", "division_code", "valid_from",
)  # fmt: skip
# How alike a misspelt name must be to be suggested, and how many suggestions there are.
LIKENESS = 0.6
SUGGESTED = 3


@dataclass(frozen=True, kw_only=True)
class UnitDraft:
    """A unit as a form or a sheet states it, its parent by code; an empty class follows from the kind."""

    code: str
    name: str
    kind: str
    parent_code: str = ""
    quota_class: str = ""
    party_name: str = ""
    aliases: tuple[str, ...] = ()
    division_code: str = ""
    valid_from: datetime.date | None = None


@verb
def add_units(*, by: User, drafts: Sequence[UnitDraft]) -> list[Outcome[UnitDraft, Unit]]:
    """Add units, in any order, each under its parent; return what became of each draft.

    A code that is known already makes no row: the outcome says unchanged or differs. The number of queries
    does not grow with the drafts. Raises Forbidden for whoever keeps no units at all, Refused where a code
    was taken in the same moment.
    """
    if not access.may(by, Can.KEEP_UNITS):
        require_right(by, Can.KEEP_UNITS, *Unit.objects.filter(parent=None))
    batch = _Batch(by, drafts)
    outcomes = [batch.judge(draft) for draft in drafts]
    new = [outcome.row for outcome in outcomes if outcome.became == Became.NEW]
    if new:
        _insert(new)
        audit.record(by=by, action="add_units", rows=new)
    return outcomes


class _Batch:
    """The drafts of one call beside the units they refer to, read in one query."""

    def __init__(self, by: User, drafts: Sequence[UnitDraft]) -> None:
        self.by = by
        self.drafts = {draft.code: draft for draft in reversed(drafts)}  # of two the first counts
        codes = {code for draft in drafts for code in (draft.code, draft.parent_code) if code}
        self.known = {
            unit.code: unit for unit in Unit.objects.filter(code__in=codes).select_related("parent")
        }
        self.new: dict[str, Unit] = {}

    def judge(self, draft: UnitDraft) -> Outcome[UnitDraft, Unit]:
        if self.drafts[draft.code] is not draft:
            return refused(draft, "code", f"单位代码“{draft.code}”重复出现,请保留一处")
        if draft.code in self.known:
            return self._compare(draft, self.known[draft.code])
        wrong = self._faults(draft)
        if wrong:
            return Outcome(draft, Became.REFUSED, findings=wrong)
        why_not = self._hindrance(draft)
        if why_not:
            return refused(draft, "parent", why_not)
        return Outcome(draft, Became.NEW, self._unit(draft))

    def _compare(self, draft: UnitDraft, unit: Unit) -> Outcome[UnitDraft, Unit]:
        if not access.may(self.by, Can.KEEP_UNITS, unit):
            return refused(draft, "code", f"单位代码“{draft.code}”已被使用,请联系上级组织部门")
        stated = {
            "name": draft.name, "kind": draft.kind, "quota_class": draft.quota_class,
            "party_name": draft.party_name, "division_code": draft.division_code,
            "valid_from": draft.valid_from,
            "aliases": sorted({*unit.aliases, *draft.aliases}),  # another alias is news, a missing one is not
            "parent": draft.parent_code,
        }  # fmt: skip
        known = {name: getattr(unit, name) for name in stated}
        known["aliases"] = sorted(unit.aliases)
        known["parent"] = unit.parent.code if unit.parent else ""
        return against(draft, unit, stated, known)

    def _hindrance(self, draft: UnitDraft) -> str:
        """Why the unit cannot stand under its parent, walking up to a unit that is known."""
        walked = {draft.code}
        while draft.parent_code not in self.known:
            parent = self.drafts.get(draft.parent_code)
            if parent is None:
                return (
                    f"上级单位代码“{draft.parent_code}”不存在,请核对"
                    if draft.parent_code
                    else "请填写上级单位"
                )
            if parent.code in walked:
                return "上下级关系成环,请核对上级单位代码"
            if self._faults(parent):
                return f"上级单位“{parent.code}”本身填写有误,请先更正"
            walked.add(parent.code)
            draft = parent
        parent = self.known[draft.parent_code]
        if not access.may(self.by, Can.KEEP_UNITS, parent):
            return f"上级单位代码“{draft.parent_code}”不存在,请核对"
        return f"上级单位{parent}已停用,不能新增下级" if _closed(parent) else ""

    def _faults(self, draft: UnitDraft) -> tuple[Finding, ...]:
        return faults(self._bare(draft), "path")

    def _bare(self, draft: UnitDraft) -> Unit:
        """The new unit, not yet under its parent."""
        if draft.code not in self.new:
            self.new[draft.code] = Unit(
                code=draft.code, name=draft.name, kind=draft.kind, path="/",
                quota_class=draft.quota_class or CLASS_OF_KIND.get(draft.kind, ""),
                party_name=draft.party_name, aliases=list(draft.aliases), division_code=draft.division_code,
                valid_from=draft.valid_from,
            )  # fmt: skip
        return self.new[draft.code]

    def _unit(self, draft: UnitDraft) -> Unit:
        """The new unit under its parent, which is known or itself new."""
        unit = self._bare(draft)
        if unit.parent is None:
            known = self.known.get(draft.parent_code)
            unit.parent = known if known is not None else self._unit(self.drafts[draft.parent_code])
        return unit


def _insert(units: list[Unit]) -> None:
    """Insert units whose parents may be new too: first the rows, then parents and paths by the new keys."""
    parents = [unit.parent for unit in units]
    for unit in units:
        unit.parent = None
    try:
        add(units)
    except IntegrityError as error:
        raise refuse("单位代码刚被他人使用,请刷新后重试", key="code") from error
    for unit, parent in zip(units, parents, strict=True):
        unit.parent = parent
    for unit in units:
        unit.path = _path(unit)
    Unit.objects.bulk_update(units, ["parent", "path"], batch_size=500)


def _path(unit: Unit) -> str:
    if unit.path == "/":
        _path(unit.parent)
        unit.path = unit.path_by_parent()
    return unit.path


def _closed(unit: Unit) -> bool:
    return unit.valid_to is not None and unit.valid_to < clock.today()


@verb
def amend_unit(*, by: User, unit: Unit, changes: dict[str, Any]) -> Unit:
    """Correct columns of a unit (AMENDABLE); raises Refused where the code belongs to another unit."""
    (unit,) = locked([unit])
    require_right(by, Can.KEEP_UNITS, unit)
    changed = [name for name in AMENDABLE if name in changes and getattr(unit, name) != changes[name]]
    if not changed:
        return unit
    if "code" in changed and Unit.objects.filter(code=changes["code"]).exists():
        raise refuse(f"单位代码“{changes['code']}”已被使用,请换一个", key="code", row=unit)
    for name in changed:
        setattr(unit, name, changes[name])
    change([unit], *changed)
    audit.record(by=by, action="amend_unit", rows=[unit])
    return unit


@verb
def close_unit(*, by: User, unit: Unit, valid_to: datetime.date) -> Unit:
    """Close a unit after a day (inclusive).

    Raises Refused while it has open units below it, people in post, or appointments that last longer.
    """
    (unit,) = locked([unit])
    require_right(by, Can.KEEP_UNITS, unit)
    if unit.valid_from is not None and valid_to < unit.valid_from:
        raise refuse("停用日期不得早于启用日期", key="valid_to", row=unit)
    left = _left_in(unit, valid_to)
    if left:
        raise refuse(f"{unit}还有{left},请先处理后再停用", key="valid_to", row=unit)
    move([unit], valid_to=valid_to)
    audit.record(by=by, action="close_unit", rows=[unit])
    return unit


def _left_in(unit: Unit, valid_to: datetime.date) -> str:
    """What stands against closing a unit, in words."""
    after = valid_to + datetime.timedelta(days=1)
    counts = {
        "启用中的下级单位{}个": unit.children.valid_on(after).count(),
        "在职人员{}人": Person.objects.filter(unit=unit, status=PersonStatus.IN_POST).count(),
        "未到期的任职授权{}项": unit.appointments.open_on(after).count(),
    }
    return "、".join(text.format(count) for text, count in counts.items() if count)


@verb
def reopen_unit(*, by: User, unit: Unit) -> Unit:
    """Take back the closing of a unit; raises Refused where it is not closed or its parent is."""
    (unit,) = locked([unit], "parent")
    require_right(by, Can.KEEP_UNITS, unit)
    if unit.valid_to is None:
        raise refuse(f"{unit}未停用", row=unit)
    if unit.parent is not None and _closed(unit.parent):
        raise refuse(f"上级单位{unit.parent}已停用,不能恢复", row=unit)
    move([unit], valid_to=None)
    audit.record(by=by, action="reopen_unit", rows=[unit])
    return unit


# Names as offices write them -------------------------------------------------------------------------------


@dataclass(frozen=True)
class UnitMatch:
    """The unit that a name means, or None with the units that it may have meant."""

    unit: Unit | None
    candidates: tuple[Unit, ...] = ()


class UnitNames:
    """The names, aliases and party names of some units; spaces, widths and punctuation do not count."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._by_key: dict[str, dict[int, Unit]] = defaultdict(dict)
        for unit in units:
            for name in (unit.code, unit.name, unit.party_name, *unit.aliases):
                if name:
                    self._by_key[search_key(name)][unit.pk] = unit

    def match(self, name: str) -> UnitMatch:
        """The one unit of that name; several of it, or those with a like name, are candidates."""
        key = search_key(name)
        found = tuple(self._by_key.get(key, {}).values())
        if len(found) == 1:
            return UnitMatch(found[0])
        if found:
            return UnitMatch(None, found)
        alike = difflib.get_close_matches(key, self._by_key, SUGGESTED, LIKENESS) if key else []
        near = {unit.pk: unit for close in alike for unit in self._by_key[close].values()}
        return UnitMatch(None, tuple(near.values()))


def match_unit(name: str, within_units: Iterable[Unit]) -> UnitMatch:
    """Find one name among some units; for many names keep a `UnitNames`."""
    return UnitNames(within_units).match(name)
