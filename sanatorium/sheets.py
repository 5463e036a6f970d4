"""The rows of the official sheets of a sanatorium year, taken from the tables for one reader."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from carecore import access, clock
from carecore.access import Can
from carecore.models import QuotaClass, Unit, User
from carecore.money import ZERO
from carecore.policy import Rulebook
from carecore.sheets import formats
from carecore.sheets.official import Official
from sanatorium.models import COST_KINDS, HOLDING, LIVE, Batch, Cost, Nomination, Plan, State, UnitQuota
from sanatorium.queries import usage_of

Group = tuple[str, int]  # a class of places and the primary key of a unit
RECENT_YEARS = 3  # 近三年是否参加: a column of the form itself


def allocation(user: User, plan: Plan) -> Official:
    """The 名额分配表 of the units this user sees (FORMS 3.1.3).

    A unit stands with all its places; what it passed down is part of them and only remarked, so that the sheet
    adds up and may be read in again.
    """
    rows = UnitQuota.objects.visible_to(user).filter(class_quota__plan=plan, places__gt=0)
    rows = list(rows.select_related("unit", "class_quota").order_by("class_quota_id", "unit__path"))
    held = {(row.class_quota_id, row.unit_id) for row in rows}
    lines = [
        formats.AllocationRow(row.class_quota.quota_class, row.unit.name, row.places, _passed_down(row))
        for row in rows
        if not any((row.class_quota_id, pk) in held for pk in row.unit.ancestor_pks()[:-1])
    ]
    return formats.allocation(lines, year=plan.year)


def _passed_down(row: UnitQuota) -> str:
    return f"其中下拨下级单位{row.passed_down}个" if row.passed_down else ""


def statistics(user: User, plan: Plan) -> Official:
    """The 统计表 of a year by unit (FORMS 3.1.5): each person once, with the unit that proposed them.

    A unit's places are what it did not pass down; a unit whose people use the places above has none.
    """
    quotas = UnitQuota.objects.visible_to(user).filter(class_quota__plan=plan).select_related("class_quota")
    places = {(row.class_quota.quota_class, row.unit_id): row.own for row in quotas}
    visible = Nomination.objects.visible_to(user).filter(plan=plan, state__in=LIVE)
    states, grounds = _counted(visible)
    spent = _spent(visible)
    groups = {*places, *states}
    units = Unit.objects.in_bulk({unit for _, unit in groups})
    lines = []
    for group in sorted(groups, key=lambda group: _place(group, units)):
        seen = states[group]
        lines.append(formats.StatisticsRow(
            group[0], units[group[1]].name, places.get(group, 0), seen.total(),
            sum(seen[state] for state in HOLDING), seen[State.ATTENDED], seen[State.ABSENT],
            grounds[group], spent.get(group, ZERO),
        ))  # fmt: skip
    facts = {"filed_by": _filing_unit(user, plan), "filed_on": clock.today()}
    return formats.statistics(lines, year=plan.year, grounds=_labels(plan, grounds.values()), **facts)


def _counted(rows: QuerySet[Nomination]) -> tuple[dict[Group, Counter[str]], dict[Group, Counter[str]]]:
    """How many stand in each state, and how many went on each ground."""
    states: dict[Group, Counter[str]] = defaultdict(Counter)
    grounds: dict[Group, Counter[str]] = defaultdict(Counter)
    counted = rows.values_list("quota_class", "unit", "state", "ground_label").annotate(number=Count("pk"))
    for quota_class, unit, state, ground, number in counted.order_by():
        states[quota_class, unit][state] += number
        if state == State.ATTENDED:
            grounds[quota_class, unit][ground] += number
    return states, grounds


def _filing_unit(user: User, plan: Plan) -> str:
    """Whoever sees the whole plan files for its unit, everybody else for their own."""
    if access.may(user, Can.SEE, plan.unit):
        return plan.unit.name
    return Unit.objects.get(path=access.scope(user, Can.SEE)[0]).name


def _place(group: Group, units: dict[int, Unit]) -> tuple[int, str]:
    """Classes in their order, units of a class down the tree."""
    return QuotaClass.values.index(group[0]), units[group[1]].path


def _labels(plan: Plan, counted: Iterable[Counter[str]]) -> list[str]:
    """The grounds of the rule in force, then those of people who took part under another one."""
    entries = Rulebook(clock.today()).value("sanatorium.grounds", plan.unit) or []
    found = sorted({label for labels in counted for label in labels})
    return list(dict.fromkeys([*(entry["label"] for entry in entries), *found]))


def _spent(rows: QuerySet[Nomination]) -> dict[Group, Decimal]:
    """What the programme bore for each unit's people, in yuan."""
    columns = {f"sum_{kind}": Sum(kind) for kind in (*COST_KINDS, "self_paid")}
    costs = Cost.objects.filter(nomination__in=rows)
    groups = costs.values("nomination__quota_class", "nomination__unit").annotate(**columns).order_by()
    return {
        (sums["nomination__quota_class"], sums["nomination__unit"]):
        sum((sums[f"sum_{kind}"] for kind in COST_KINDS), ZERO) - sums["sum_self_paid"]
        for sums in groups
    }  # fmt: skip


def roster_rows(user: User, plan: Plan) -> QuerySet[Nomination]:
    """The nominations of a roster, ordered by unit."""
    rows = Nomination.objects.visible_to(user).filter(plan=plan, state__in=LIVE)
    return rows.select_related("person", "unit", "batch__venue", "batch__plan").order_by("unit__path", "pk")


def roster(plan: Plan, rows: Iterable[Nomination], filed_by: str) -> Official:
    """The 花名册 with full ID numbers and phones (FORMS 3.1.4)."""
    rows = list(rows)
    usage = usage_of(plan, [row.person_id for row in rows])
    lines = [_roster_row(row, usage[row.person_id].years_taken, plan.year) for row in rows]
    return formats.roster(lines, year=plan.year, filed_by=filed_by, filed_on=clock.today())


def _roster_row(row: Nomination, years_taken: set[int], year: int) -> formats.RosterRow:
    person, batch = row.person, row.batch
    recent = any(year - RECENT_YEARS <= taken < year for taken in years_taken)
    return formats.RosterRow(
        unit=row.unit.name, name=row.name, sex=person.sex, born=f"{person.born_on:%Y.%m}" if person.born_on else "",
        id_number=person.id_number or "", political=person.politics, post=row.post, ground=row.ground_label,
        honours=row.deeds, service=f"{person.worked_since:%Y.%m}" if person.worked_since else "",
        recent="是" if recent else "否", batch=f"第{batch.number}期" if batch else "",
        venue=batch.venue.name if batch else "", days=batch.days if batch else None,
        period=formats.period(batch.starts_on, batch.ends_on) if batch else "", phone=row.phone,
        health=row.health, emergency=row.emergency_contact,
    )  # fmt: skip


def seated(batch: Batch) -> QuerySet[Nomination]:
    """Everybody with a seat in a batch, by unit."""
    return batch.nominations.select_related("person", "unit").order_by("unit__path", "pk")


def costed(batch: Batch) -> QuerySet[Nomination]:
    """Everybody in a batch whose costs are recorded, by unit."""
    return seated(batch).filter(cost__isnull=False).select_related("cost")


def travellers(batch: Batch, rows: Iterable[Nomination]) -> Official:
    """The 出团名单 with full ID numbers, for the venue and the insurer."""
    lines = [
        formats.TravellerRow(
            row.name, row.person.sex, row.person.id_number or "", row.unit.name, row.phone, row.health,
            row.emergency_contact,
        )
        for row in rows
    ]  # fmt: skip
    return formats.travellers(lines, **_stay(batch))


def settlement(batch: Batch, rows: Iterable[Nomination]) -> Official:
    """The 费用结算明细表 of everybody whose costs are recorded, with its 合计 and 大写 (BZ-12)."""
    lines = [
        formats.CostRow(
            row.name, row.person.id_number or "", row.unit.name, *(getattr(row.cost, kind) for kind in COST_KINDS),
            remark=f"个人自理{row.cost.self_paid}" if row.cost.self_paid else row.cost.note,
        )
        for row in rows
    ]  # fmt: skip
    return formats.settlement(lines, province=batch.province_case, **_stay(batch))


def _stay(batch: Batch) -> dict[str, object]:
    return {
        "batch": f"第{batch.number}期", "venue": batch.venue.name, "first": batch.starts_on, "last": batch.ends_on
    }  # fmt: skip
