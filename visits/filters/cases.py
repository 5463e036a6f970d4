"""Filters of hardship files."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from carecore import clock
from carecore.filters import FilterSet, SearchFilter, StateFilter, UnitFilter
from carecore.policy import Rulebook
from visits.case_queries import head_unit, overdue_day
from visits.models import CaseState, HardshipCase, ObjectKind
from visits.rules.files import CAUSES
from visits.rules.grades import ACCIDENT, MULTIPLES

YES = [("yes", "是")]


class CaseFilter(FilterSet):
    q = SearchFilter("姓名或拼音首字母")
    state = StateFilter(choices=CaseState)
    grade = StateFilter("grade", "困难类别", choices=[], method="by_grade")
    cause = StateFilter("main_cause", "主要致困原因", choices=[])
    object_kind = StateFilter("object_kind", "对象类别", choices=ObjectKind)
    unit = UnitFilter()
    overdue = StateFilter("verified_on", "逾期未核实", choices=YES, method="by_overdue")
    never = StateFilter("person", "从未帮扶", choices=YES, method="by_never")

    class Meta:
        model = HardshipCase
        fields = ["q", "state", "grade", "cause", "object_kind", "unit", "overdue", "never"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit, book = head_unit(self.user), Rulebook(clock.today())
        grades = [*book.cases(MULTIPLES, unit), ACCIDENT] if unit else []
        causes = (book.value(CAUSES, unit) if unit else None) or []
        self.filters["grade"].extra["choices"] = [(grade, grade) for grade in grades]
        self.filters["cause"].extra["choices"] = [(entry["code"], entry["label"]) for entry in causes]

    def by_grade(self, rows: QuerySet[HardshipCase], _: str, grade: str) -> QuerySet[HardshipCase]:
        """As recognised, or where it is not yet, as computed."""
        return rows.filter(Q(grade=grade) | Q(grade="", computed_grade=grade))

    def by_overdue(self, rows: QuerySet[HardshipCase], _: str, __: str) -> QuerySet[HardshipCase]:
        day = overdue_day(self.user)
        return rows.unverified_since(day) if day else rows.none()

    def by_never(self, rows: QuerySet[HardshipCase], _: str, __: str) -> QuerySet[HardshipCase]:
        return rows.never_helped()


class SummaryFilter(FilterSet):
    """What the cross-tab is taken of."""

    object_kind = StateFilter("object_kind", "对象类别", choices=ObjectKind)
    unit = UnitFilter()

    class Meta:
        model = HardshipCase
        fields = ["object_kind", "unit"]
