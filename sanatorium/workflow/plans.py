"""The year's plan and its places (BZ-3, BZ-4): opened, published, allocated, transferred, returned."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from carecore import access, audit, clock
from carecore.access import Can
from carecore.models import QuotaClass, Severity, Unit, User
from carecore.policy import Finding, Rulebook
from carecore.reasons import fitting, written
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
from sanatorium.models import ClassQuota, Plan, PlanState, UnitQuota

TOTAL = "合计"


@dataclass(frozen=True)
class Share:
    """So many places for a unit in a class: the new number, not a difference."""

    unit: Unit
    quota_class: str
    places: int


@verb
def open_plan(
    *, by: User, unit: Unit, year: int, total: int, split: dict[str, int], request_id: uuid.UUID | None = None
) -> Plan:
    """Open a year's plan with its places by class (BZ-3, BZ-4); raises Refused where the year exists."""
    require_right(by, Can.PLAN, unit)
    locked_all(Unit.objects.filter(pk=unit.pk))  # so that one year is not opened twice
    if request_id and (made := Plan.objects.filter(request_id=request_id).first()):
        return made
    if Plan.objects.filter(unit=unit, year=year).exists():
        raise refuse(f"{year}年度计划已存在", key="year")
    _require_numbers(total, split)
    plan = add([Plan(unit=unit, year=year, total=total, request_id=request_id)])[0]
    classes = add([ClassQuota(plan=plan, quota_class=name, places=split.get(name, 0)) for name in QuotaClass])
    audit.record(by=by, action="open_plan", rows=[plan, *classes])
    return plan


def _require_numbers(total: int, split: dict[str, int]) -> None:
    if total <= 0:
        raise refuse("名额总数须大于零", key="total")
    for name, places in split.items():
        if name not in QuotaClass.values:
            raise refuse(f"没有“{name}”这一名额类别,请按{'、'.join(QuotaClass.values)}分列", key="split")
        if places < 0:
            raise refuse(f"{name}的名额不得为负", key="split")


@verb
def copy_plan(*, by: User, plan: Plan, year: int) -> Plan:
    """Next year's plan with the same total, classes and allocation; nothing of it is used yet."""
    [plan] = locked([plan], "unit")
    classes = {share.quota_class: share.places for share in plan.class_quotas.all()}
    new = open_plan(by=by, unit=plan.unit, year=year, total=plan.total, split=classes)
    old = UnitQuota.objects.filter(class_quota__plan=plan).select_related("unit", "class_quota")
    on = clock.today()
    shares = [
        Share(row.unit, row.class_quota.quota_class, row.places)
        for row in old
        if row.unit.valid_to is None or row.unit.valid_to >= on
    ]
    allocate(by=by, plan=new, shares=shares)
    new.refresh_from_db()
    return new


@verb
def amend_plan(*, by: User, plan: Plan, total: int, split: dict[str, int]) -> Plan:
    """Change the total and the split while the plan is being drawn up; never below what is allocated."""
    [plan] = locked([plan], "unit")
    require_state([plan], [PlanState.DRAFT], "修改")
    require_right(by, Can.PLAN, plan.unit)
    _require_numbers(total, split)
    classes = locked_all(ClassQuota.objects.filter(plan=plan))
    for share in classes:
        share.places = split.get(share.quota_class, 0)
        if share.free < 0:
            message = f"{share.quota_class}已分配{share.allocated}个名额,不能减为{share.places}个"
            raise refuse(message, key="split", row=plan)
    change(classes, "places")
    move([plan], total=total)
    audit.record(by=by, action="amend_plan", rows=[plan, *classes])
    return plan


@verb
def publish_plan(*, by: User, plan: Plan, reason: str = "") -> Plan:
    """Publish the plan: the classes must add up to the total, and both to what the rule says (BZ-3, BZ-4)."""
    [plan] = locked([plan], "unit")
    require_state([plan], [PlanState.DRAFT], "下达")
    require_right(by, Can.PLAN, plan.unit)
    split = {share.quota_class: share.places for share in plan.class_quotas.all()}
    reason = fitting(reason, plan)
    enforce(check_split(plan, split), reason=reason, row=plan)
    move([plan], state=PlanState.PUBLISHED, note=reason or plan.note)
    audit.record(by=by, action="publish_plan", rows=[plan], reason=reason)
    return plan


def check_split(plan: Plan, split: dict[str, int]) -> list[Finding]:
    """The split against the total, and both against the rule in force."""
    findings = []
    if sum(split.values()) != plan.total:
        message = f"各类别名额之和为{sum(split.values())},与总数{plan.total}不符,请调整后再下达(BZ-4)"
        findings.append(Finding("sanatorium.places", Severity.BLOCK, message, clause="BZ-4"))
    limit = Rulebook(clock.today()).limit("sanatorium.places", plan.unit)
    if limit is not None:
        asked = {TOTAL: plan.total, **split}
        findings += [
            limit.finding(f"{name}应为{places}个,现为{asked.get(name, 0)}个", asked=asked.get(name, 0))
            for name, places in limit.value.items()
            if asked.get(name, 0) != places
        ]
    return findings


@verb
def close_plan(*, by: User, plan: Plan) -> Plan:
    """End the year: nothing more is nominated or approved in it."""
    [plan] = locked([plan], "unit")
    require_state([plan], [PlanState.PUBLISHED], "结束")
    require_right(by, Can.PLAN, plan.unit)
    move([plan], state=PlanState.CLOSED)
    audit.record(by=by, action="close_plan", rows=[plan])
    return plan


@verb
def allocate(*, by: User, plan: Plan, shares: Sequence[Share]) -> list[UnitQuota]:
    """Give units their places, each taken from the nearest unit above that has some, or from the class.

    A share that is already so changes nothing. Raises Refused where a level would give more than it has
    (BZ-4).
    """
    [plan] = locked([plan], "unit")
    require_state([plan], [PlanState.DRAFT, PlanState.PUBLISHED], "分配名额")
    board = Board(plan)
    for share in sorted(shares, key=lambda share: share.unit.path):  # whoever gives comes first
        board.set(share)
    board.require_rights(by)
    board.require_enough()
    return board.save(by, "allocate")


@verb
def transfer(*, by: User, source: UnitQuota, target: Unit, places: int, reason: str) -> list[UnitQuota]:
    """Move unused places from one unit to another of the same class; `reason` is required.

    Units above that had passed the places down pass them on: what they have themselves does not change.
    """
    board, source = _board_of(source)
    plan, quota_class = board.plan, source.class_quota.quota_class
    require_state([plan], [PlanState.DRAFT, PlanState.PUBLISHED], "调剂名额")
    require_right(by, Can.PLAN, plan.unit)
    reason = written(reason, "请写明调剂理由", source)
    if target.quota_class != quota_class:
        raise refuse(f"{target}不属于“{quota_class}”,名额只能在同类单位之间调剂", key="target", row=source)
    if target == source.unit:
        raise refuse(f"{target}就是调出单位,请另选调入单位", key="target", row=source)
    _require_free(source, places)
    board.shift(quota_class, source.unit, target, places)
    board.require_enough()
    return board.save(by, "transfer", reason)


@verb
def return_places(*, by: User, quota: UnitQuota, places: int) -> list[UnitQuota]:
    """Hand unused places back to where they came from; by the unit itself or by whoever plans."""
    board, quota = _board_of(quota)
    require_state([board.plan], [PlanState.PUBLISHED], "退回名额")
    if not access.may(by, Can.PLAN, board.plan.unit):
        require_right(by, Can.PASS_DOWN, quota.unit)
    _require_free(quota, places)
    board.set(Share(quota.unit, quota.class_quota.quota_class, quota.places - places))
    board.require_enough()
    return board.save(by, "return_places")


def _board_of(quota: UnitQuota) -> tuple[Board, UnitQuota]:
    """The board that a quota stands on and the quota read afresh; raises Stale.

    The board locks root before leaf; by then the quota's own lock is held already.
    """
    [plan] = locked_all(Plan.objects.filter(class_quotas__unit_quotas=quota.pk).select_related("unit"))
    board = Board(plan)
    [fresh] = locked([quota], "unit", "class_quota")
    return board, fresh


def _require_free(row: UnitQuota, places: int) -> None:
    if places <= 0:
        raise refuse("名额须大于零", key="places", row=row)
    if places > row.free:
        raise _short(row, row.free, places)


def _short(row: UnitQuota | ClassQuota, free: int, asked: int) -> Refused:
    message = f"{row}可用{free}个,本次需要{asked}个,超出{asked - free}个,请先调增上级名额或减少分配(BZ-4)"
    return Refused(
        Finding("sanatorium.places", Severity.BLOCK, message, str(asked), str(free), "BZ-4"), row=row
    )


class Board:
    """All places of one plan under their locks, from the root to the leaves, while an allocation is made."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.classes = {row.quota_class: row for row in locked_all(ClassQuota.objects.filter(plan=plan))}
        rows = (
            UnitQuota.objects.filter(class_quota__plan=plan)
            .select_related("unit")
            .order_by("unit__path", "pk")
        )
        self.units = {
            (row.class_quota_id, row.unit.path): row
            for row in rows.select_for_update(no_key=True, of=("self",))
        }
        audit.remember(list(self.units.values()))
        self.changed: dict[int, UnitQuota | ClassQuota] = {}
        self.givers: dict[int, UnitQuota | ClassQuota] = {}

    def set(self, share: Share) -> None:
        """Note the new number of places of a unit and the difference at whoever gives them."""
        self._refuse_misplaced(share)
        giving = self.classes[share.quota_class]
        row = self.units.get((giving.pk, share.unit.path)) or UnitQuota(class_quota=giving, unit=share.unit)
        difference = share.places - row.places
        if difference == 0:
            return
        if row.places == 0:
            self._refuse_between(giving, share.unit)
        self.units[giving.pk, share.unit.path] = row
        row.places = share.places
        giver = self._giver(giving, share.unit)
        if isinstance(giver, ClassQuota):
            giver.allocated += difference
        else:
            giver.passed_down += difference
        self.givers[id(giver)] = giver
        self.changed |= {id(giver): giver, id(row): row}

    def shift(self, quota_class: str, source: Unit, target: Unit, places: int) -> None:
        """Move places from one unit to another, and with them at every unit that passed them down."""
        losing, gaining = (self._chain(self.classes[quota_class], unit) for unit in (source, target))
        less = [(unit, -places) for unit in losing if unit not in gaining]
        more = [(unit, places) for unit in reversed(gaining) if unit not in losing]
        for unit, difference in less + more:
            row = self.units.get((self.classes[quota_class].pk, unit.path))
            self.set(Share(unit, quota_class, (row.places if row else 0) + difference))

    def _chain(self, giving: ClassQuota, unit: Unit) -> list[Unit]:
        """The unit and every one above that passed its places down to it, the unit itself first."""
        chain = [unit]
        while isinstance(giver := self._giver(giving, chain[-1]), UnitQuota):
            chain.append(giver.unit)
        return chain

    def _refuse_misplaced(self, share: Share) -> None:
        unit, root = share.unit, self.plan.unit
        if unit.quota_class != share.quota_class:
            raise refuse(f"{unit}属于“{unit.quota_class}”,不能分配“{share.quota_class}”的名额(BZ-4)")
        if not root.contains(unit):
            raise refuse(f"{unit}不是{root}的下级单位,不能从{self.plan}分配名额")
        if share.places < 0:
            raise refuse(f"{unit}的名额不得为负", key="places")

    def _refuse_between(self, giving: ClassQuota, unit: Unit) -> None:
        """Places given past a unit cannot become its own afterwards: what is passed down would not add up."""
        below = [
            row for (pk, path), row in self.units.items() if pk == giving.pk and path.startswith(unit.path)
        ]
        if any(row.places for row in below):
            raise refuse(f"{unit}的下级单位已直接分得名额,请先将其退回,再分配给{unit}")

    def _giver(self, giving: ClassQuota, unit: Unit) -> UnitQuota | ClassQuota:
        """The nearest unit above that holds places of this class, or the class itself."""
        parts = unit.path.strip("/").split("/")
        for depth in range(len(parts) - 1, 0, -1):
            above = self.units.get((giving.pk, f"/{'/'.join(parts[:depth])}/"))
            if above is not None and (above.places or above.passed_down):
                return above
        return giving

    def require_rights(self, by: User) -> None:
        """Whoever plans gives from anywhere; a unit passes down only what it holds itself."""
        if access.may(by, Can.PLAN, self.plan.unit):
            return
        if not self.givers:
            require_right(by, Can.PASS_DOWN, self.plan.unit)
        for giver in self.givers.values():
            unit = giver.unit if isinstance(giver, UnitQuota) else self.plan.unit
            require_right(by, Can.PASS_DOWN if isinstance(giver, UnitQuota) else Can.PLAN, unit)

    def require_enough(self) -> None:
        """No level gives or uses more than it has; the tables' CHECKs say the same."""
        for row in self.changed.values():
            if row.free < 0:
                has = row.places
                raise _short(row, has, has - row.free)

    def save(self, by: User, action: str, reason: str = "") -> list[UnitQuota]:
        """Write what changed in sets, with one audit event a row, and return the units' rows.

        The plan's version rises with them: it tells whoever still has the old numbers on a form.
        """
        kinds: dict[str, list] = defaultdict(list)
        for row in self.changed.values():
            if audit.differs(row):
                kinds["new" if row.pk is None else type(row).__name__].append(row)
        if not kinds:
            return []
        change(kinds["ClassQuota"], "allocated")
        change(kinds["UnitQuota"], "places", "passed_down")
        units = [*kinds["UnitQuota"], *add(kinds["new"])]
        rows = [*kinds["ClassQuota"], *units, *move([self.plan])]
        audit.record(by=by, action=action, rows=rows, reason=reason)
        return units
