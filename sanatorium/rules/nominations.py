"""Checks of a nomination (BZ-5, BZ-11 look-back, BZ-17): pure functions over facts, usage and limits."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field

from carecore.models import Attachment, Person, Severity, Unit
from carecore.models.people import Grade, PersonStatus
from carecore.policy import PROVINCE, Finding, Rulebook
from sanatorium.rules.frozen import softened

PLACES_BY_DEFAULT = 1  # invariant 4: one place per person and year unless a rule says more
NO_EVIDENCE = "evidence"


@dataclass
class Draft:
    """What a page or a sheet proposes for one person; nothing is stored yet."""

    person: Person
    unit: Unit
    ground: str
    deeds: str = ""
    post: str = ""
    wish: str = ""
    phone: str = ""
    health: str = ""
    emergency_contact: str = ""
    evidence: Attachment | None = None

    @property
    def case(self) -> str:
        """The case under which limits by place are asked; in the province unless another wish is stated."""
        return self.wish or "省内"


@dataclass
class Usage:
    """What is already on record of one person, as far as the checks ask."""

    grades: dict[int, str] = field(default_factory=dict)
    stays: set[tuple[int, str]] = field(default_factory=set)  # year and 省内/省外, blank where unknown
    current: str = ""
    current_visible: bool = True
    places_used: int = 0
    cases_used: tuple[str, ...] = ()
    in_unit_since: datetime.date | None = None

    @property
    def years_taken(self) -> set[int]:
        """The years of earlier stays, wherever they were."""
        return {year for year, _ in self.stays}


def check(draft: Draft, usage: Usage, book: Rulebook, year: int) -> list[Finding]:
    """Everything found about one draft under the rules in force; blocks first in no particular order."""
    return [
        *person_fits(draft.person, draft.unit),
        *_ground(draft, book),
        *evidence(draft, usage, book, year),
        *_once_a_year(draft, usage, book, year),
        *look_back(draft.unit, draft.case, usage, book, year),
        *_seniority(draft, usage, book),
        *_age(draft, book),
    ]


def person_fits(person: Person, unit: Unit) -> Iterator[Finding]:
    """Only who is in post, and in the unit that nominates; asked again when the place is given."""
    if person.status != PersonStatus.IN_POST:
        yield Finding("person", Severity.BLOCK, f"{person}的状态为“{person.status}”,只能推荐、批准在职人员")
    if person.unit_id != unit.pk:
        yield Finding("person", Severity.BLOCK, f"{person}不是{unit}的在册人员,请核对单位")


def _ground(draft: Draft, book: Rulebook) -> Iterator[Finding]:
    limit = book.limit("sanatorium.grounds", draft.unit)
    if limit is None:
        return
    entry = next((entry for entry in limit.value if entry["code"] == draft.ground), None)
    if entry is None:
        yield limit.finding(f"推荐类别“{draft.ground}”不在规定的类别之内", asked=draft.ground)
        return
    classes = entry.get("classes")
    if classes and draft.unit.quota_class not in classes:
        yield Finding(
            limit.key.name, Severity.WARN,
            f"“{entry['label']}”只适用于{'、'.join(classes)},{draft.unit}属于“{draft.unit.quota_class}”({limit.clause})",
            asked=draft.unit.quota_class, limit="、".join(classes), clause=limit.clause, rule_id=limit.rule.pk,
        )  # fmt: skip


def evidence(draft: Draft, usage: Usage, book: Rulebook, year: int) -> Iterator[Finding]:
    """缺佐证 unless the ground needs none, a paper is attached, or the appraisals prove it (BZ-5 (c))."""
    entry = book.entry("sanatorium.grounds", draft.unit, draft.ground)
    needed = entry.get("evidence", "attachment") if entry else "none"
    if needed == "none" or draft.evidence is not None:
        return
    clause = getattr(book.limit("sanatorium.grounds", draft.unit), "clause", "")
    if needed == "appraisal":
        years = book.value("sanatorium.excellent_years", draft.unit) or 1
        if all(usage.grades.get(year - back) == Grade.EXCELLENT for back in range(1, years + 1)):
            return
        message = f"缺佐证:未见{year - years}—{year - 1}年度考核连续{years}年优秀的记录,请登记考核或上传证明"
    else:
        message = "缺佐证:请上传表彰决定、证书或岗位证明"
    yield Finding(NO_EVIDENCE, Severity.INFO, f"{message}({clause})", clause=clause)


def _once_a_year(draft: Draft, usage: Usage, book: Rulebook, year: int) -> Iterator[Finding]:
    if usage.current:
        where = f"已由{usage.current}推荐" if usage.current_visible else "已在其他单位推荐,请与共同上级联系"
        yield Finding("duplicate", Severity.BLOCK, f"{draft.person}{year}年度{where},不得重复推荐")
    allowed, clause = places_allowed(draft.unit, (draft.case, *usage.cases_used), book)
    if usage.places_used >= allowed:
        yield too_often(draft.person, year, usage.places_used, allowed, clause)


def too_often(who: Person, year: int, used: int, allowed: int, clause: str) -> Finding:
    """One place more than so many used would be one too many in the year."""
    message = f"{who}{year}年度疗休养名额已用{used}次,每人每年不超过{allowed}次"
    return Finding(
        "sanatorium.trips_person_year",
        Severity.BLOCK,
        f"{message}({clause})" if clause else message,
        asked=str(used + 1),
        limit=str(allowed),
        clause=clause,
    )


def places_allowed(unit: Unit, cases: tuple[str, ...], book: Rulebook) -> tuple[int, str]:
    """Times a person may go in one year, the fewest over the places gone to or wished for, and its clause."""
    limits = [book.limit("sanatorium.trips_person_year", unit, case) for case in set(cases)]
    values = [(limit.value, limit.clause) if limit else (PLACES_BY_DEFAULT, "") for limit in limits]
    return min(values, default=(PLACES_BY_DEFAULT, ""))


def look_back(unit: Unit, case: str, usage: Usage, book: Rulebook, year: int) -> Iterator[Finding]:
    """Not again within so many years of an earlier stay; a value of one place counts the stays there only.

    A stay that may have been there, because nobody wrote down where it was, counts too but no more than warns.
    """
    limit = book.limit("sanatorium.lookback_years", unit, case)
    if limit is None:
        return
    here = case if case in PROVINCE else PROVINCE[0]
    recent = {(taken, where) for taken, where in usage.stays if year - limit.value <= taken < year}
    by_place = isinstance(limit.rule.value, dict)
    counted = {taken for taken, where in recent if where == here or not by_place}
    again = f"{limit.value}年内不再安排{case}疗休养"
    if counted:
        last = f"{max(counted)}年"
        yield limit.finding(f"{last}已参加过疗休养,{again}", asked=last)
    elif unknown := {taken for taken, where in recent if not where}:
        last = f"{max(unknown)}年"
        message = f"{last}已参加过疗休养,未登记省内还是省外,按{here}核对:{again},请核实后写明理由"
        yield softened(limit.finding(message, asked=last))


def _seniority(draft: Draft, usage: Usage, book: Rulebook) -> Iterator[Finding]:
    limit = book.limit("sanatorium.service_years", draft.unit)
    since = usage.in_unit_since or draft.person.worked_since
    if limit is None:
        return
    if since is None:
        yield Finding(
            limit.key.name, Severity.WARN, f"未登记参加工作时间,无法核对工作年限({limit.clause})",
            limit=str(limit.value), clause=limit.clause, rule_id=limit.rule.pk,
        )  # fmt: skip
    elif (years := whole_years(since, book.on)) < limit.value:
        yield limit.finding(f"在本单位工作{years}年,须满{limit.value}年", asked=f"{years}年")


def _age(draft: Draft, book: Rulebook) -> Iterator[Finding]:
    limit = book.limit("sanatorium.age", draft.unit)
    if limit is None or draft.person.born_on is None:
        return
    if (age := whole_years(draft.person.born_on, book.on)) > limit.value:
        yield limit.finding(f"年龄{age}周岁,不得超过{limit.value}周岁", asked=f"{age}周岁")


def whole_years(since: datetime.date, on: datetime.date) -> int:
    """Completed years between two days."""
    return on.year - since.year - ((on.month, on.day) < (since.month, since.day))
