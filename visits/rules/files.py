"""What a hardship file must hold and what stands out in it (BZ-18, TX1-1, TX3-3): pure checks, as findings."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Callable, Iterator
from typing import Any

from carecore.models import Severity, Unit
from carecore.policy import Finding, Rulebook
from visits.models import HardshipCase, ObjectKind
from visits.rules.grades import LINE, MULTIPLES, Computed, Standard, compute

OBJECTS, CAUSES, FURTHER = "visits.object_kinds", "visits.causes", "visits.further_causes"
CATEGORIES, ELDER_AGE, ONE_EARNER = "visits.categories", "visits.elder_age", "visits.one_earner_size"
VERIFY_MONTHS = "visits.verify_months"


def assess(case: HardshipCase, book: Rulebook) -> tuple[Computed, Standard, list[Finding]]:
    """The grade, the standard it was computed by, and every finding of one file under the rules of a day."""
    standard = Standard.of(book, case.unit, case.area)
    computed = compute(case, standard)
    found = [*_gaps(case), *_listed(case, book), *_categories(case, book), *_graded(case, computed, standard)]
    return computed, standard, found


def _block(key: str, message: str) -> Finding:
    return Finding(key, Severity.BLOCK, message)


def _warn(key: str, message: str) -> Finding:
    return Finding(key, Severity.WARN, message)


def _gaps(case: HardshipCase) -> Iterator[Finding]:
    """What a file lacks before it can be reported."""
    if case.yearly_income is None:
        yield _block("yearly_income", "未填家庭年度总收入,请入户核实后补填")
    if not case.size:
        yield _block("size", "未填家庭人口,请入户核实后补填")
    if not case.main_cause:
        yield _block("main_cause", "未填主要致困原因,请选择")
    if case.object_kind == ObjectKind.SURVIVOR and not case.relation:
        yield _block("relation", "因公殉职家属须填写与干部职工的关系")
    if case.main_cause and case.main_cause in case.further_causes:
        yield _block("further_causes", "次要致困原因与主要致困原因重复")
    if case.size and case.earners is not None and case.earners > case.size:
        yield _block("earners", f"有工资收入{case.earners}人,多于家庭人口{case.size}人,请核对")


def _listed(case: HardshipCase, book: Rulebook) -> Iterator[Finding]:
    """Objects, causes and categories are those that the rules list; so many further causes at most."""
    asked = {
        OBJECTS: ("对象类别", [case.object_kind]),
        CAUSES: ("致困原因", [code for code in (case.main_cause, *case.further_causes) if code]),
        CATEGORIES: ("困难类别标记", case.categories),
    }
    for key, (label, codes) in asked.items():
        limit = book.limit(key, case.unit)
        known = {entry["code"] for entry in limit.value} if limit else set(codes)
        for code in codes:
            if limit and code not in known:
                yield limit.finding(f"{label}“{code}”不在规定的范围内", asked=code)
    limit = book.limit(FURTHER, case.unit)
    if limit and len(case.further_causes) > limit.value:
        yield limit.finding(f"次要致困原因{len(case.further_causes)}项,最多{limit.value}项", asked=len(case.further_causes))


def _categories(case: HardshipCase, book: Rulebook) -> Iterator[Finding]:
    """Categories that can be computed agree with the figures, whether they were ticked or not."""
    for entry in book.value(CATEGORIES, case.unit) or ():
        key, test = CHECKED.get(entry.get("check", ""), ("", None))
        limit = book.limit(key, case.unit) if key else None
        if limit is None or test is None:
            continue
        holds, ticked = test(case, book, limit.value), entry["code"] in case.categories
        if ticked and holds is False:
            yield limit.finding(f"标记了“{entry['label']}”,但与填报的年龄或家庭情况不符,请核对")
        if not ticked and holds:
            yield Finding(
                "categories", Severity.INFO, f"符合“{entry['label']}”的条件,请核对是否标记", clause=limit.clause,
                rule_id=limit.rule.pk,
            )  # fmt: skip


def is_one_earner(case: HardshipCase, book: Rulebook, size: int) -> bool | None:
    """一拖三 (TX3-3): so many in the household and one alone earns a wage; None where a figure is missing."""
    if not case.size or case.earners is None:
        return None
    return case.size >= size and case.earners == 1


def is_elder_alone(case: HardshipCase, book: Rulebook, age: int) -> bool | None:
    """高龄空巢 (TX1-1): of this age and alone in the household; None where age or size is not known."""
    years = age_of(case, book.on)
    if years is None or not case.size:
        return None
    return years >= age and case.size == 1


# What an entry of the catalogue of categories may name as its check: the rule key, and the test under its value.
CHECKED: dict[str, tuple[str, Callable[[HardshipCase, Rulebook, Any], bool | None]]] = {
    "one_earner": (ONE_EARNER, is_one_earner), "elder_alone": (ELDER_AGE, is_elder_alone),
}  # fmt: skip


def age_of(case: HardshipCase, on: datetime.date) -> int | None:
    """Full years of whom the file is about; a birth known to its month counts from the month's first day."""
    if not case.birth_month:
        return None
    year, month = map(int, case.birth_month.split("-"))
    return on.year - year - (on.month < month)


def _graded(case: HardshipCase, computed: Computed, standard: Standard) -> Iterator[Finding]:
    if computed.per_head is not None and standard.line is None:
        yield _warn(LINE, f"现行规则没有“{case.area or '本地'}”的最低生活保障标准,不能测算,请登记规则或填写低保地区")
    if not standard.multiples:
        yield _warn(MULTIPLES, "现行规则没有困难类别的收入标准,不能测算,认定时须写明类别和理由")
    if computed.per_head is None or not case.stated_grade or case.stated_grade == computed.grade:
        return
    found = f"测算为“{computed.grade}”" if computed.grade else "测算不符合任何困难类别"
    yield _warn("stated_grade", f"填报为“{case.stated_grade}”,{found}(人均月收入{computed.per_head:.2f}元),请核实收入支出")


def overdue_since(book: Rulebook, unit: Unit) -> datetime.date | None:
    """The day on or before which a file's last verification is too old (TX1-4); None where no rule asks for one."""
    months = book.value(VERIFY_MONTHS, unit)
    return months_before(book.on, months) if months else None


def months_before(day: datetime.date, months: int) -> datetime.date:
    """The same day so many months earlier, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(day.day, last))
