"""What `verify` recomputes of hardship files: grades, states, years, single households, separation (DESIGN 6)."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Exists, F, Max, OuterRef, Q

from carecore.registry import Problem
from carecore.separation import same_person
from visits.models import ENDED, CaseState, HardshipCase, HouseholdMember, Verification, VerificationOutcome
from visits.rules.grades import Standard, compute

GRADES, STATES, DUTIES, DOUBLES = "困难类别", "困难档案状态", "5 职责分离", "困难档案重复"
FIGURES = ("yearly_income", "rigid_costs", "event_losses", "size", "standard", "computed_grade", "per_head", "grade", "state")
# Which of two steps must be another person's, from which state on.
APART = (
    ("reported_by", "endorsed_by", (CaseState.ENDORSED, CaseState.GIVEN_OPINION, CaseState.RECOGNISED)),
    ("reported_by", "opinion_by", (CaseState.GIVEN_OPINION, CaseState.RECOGNISED)),
    ("endorsed_by", "opinion_by", (CaseState.GIVEN_OPINION, CaseState.RECOGNISED)),
    ("reported_by", "recognised_by", (CaseState.RECOGNISED, CaseState.REFUSED)),
    ("endorsed_by", "recognised_by", (CaseState.RECOGNISED, CaseState.REFUSED)),
    ("opinion_by", "recognised_by", (CaseState.RECOGNISED, CaseState.REFUSED)),
)
DECIDED = ("endorsed_by", "opinion_by", "recognised_by")


def _named(row: HardshipCase) -> str:
    return f"困难档案 {row.pk}"


def check_grades() -> Iterator[Problem]:
    """The grade and income per head of every file follow from its figures and its frozen standard."""
    rows = HardshipCase.objects.only(*FIGURES, "grade_reason", "grade_by").order_by("pk")
    for row in rows.iterator(chunk_size=1000):
        computed = compute(row, Standard.from_dict(row.standard))
        if (computed.grade, computed.per_head) != (row.computed_grade, row.per_head):
            yield Problem(GRADES, _named(row), f"测算应为“{computed.grade}”{computed.per_head}元,实为“{row.computed_grade}”{row.per_head}元")
        if row.state == CaseState.RECOGNISED and row.grade != row.computed_grade and not (row.grade_reason and row.grade_by_id):
            yield Problem(GRADES, _named(row), f"认定为“{row.grade}”,测算为“{row.computed_grade}”,没有理由或认定人")


def check_states() -> Iterator[Problem]:
    """Each state has what it stands for; the day of the last check is that of recognition or of the last record."""
    lacking = (
        (Q(state=CaseState.MERGED, merged_into=None), "已合并而没有并入的档案"),
        (~Q(state=CaseState.MERGED) & ~Q(merged_into=None), "并入了另一份档案而状态不是已合并"),
        (Q(state__in=ENDED, exit_reason=""), "已终止而没有原因"),
        (Q(state=CaseState.RECOGNISED) & (Q(recognised_by=None) | Q(opinion_by=None) | Q(endorsed_by=None)), "已认定而缺前序环节"),
        (Q(state=CaseState.GIVEN_OPINION, opinion=""), "已提意见而没有意见内容"),
    )  # fmt: skip
    for condition, message in lacking:
        for row in HardshipCase.objects.filter(condition).order_by("pk"):
            yield Problem(STATES, _named(row), message)
    latest = HardshipCase.objects.filter(state=CaseState.RECOGNISED).annotate(last=Max("verifications__verified_on"))
    for row in latest.order_by("pk"):
        if row.verified_on != max(filter(None, (row.last, row.recognised_on))):
            yield Problem(STATES, _named(row), f"最近核实日期{row.verified_on}与核实记录不符")
    ended = Verification.objects.filter(outcome=VerificationOutcome.EXITED).exclude(case__state=CaseState.EXITED)
    for record in ended.select_related("case").order_by("pk"):
        yield Problem(STATES, _named(record.case), "核实为退出而档案没有退出")


def check_doubles() -> Iterator[Problem]:
    """No ID number stands in two living files, whether as head or as member."""
    living = HouseholdMember.objects.filter(dropped=False).exclude(id_index=None).exclude(case__state__in=ENDED)
    twice = living.values("id_index").annotate(files=Count("case", distinct=True)).filter(files__gt=1)
    for row in HardshipCase.objects.living().filter(members__id_index__in=twice.values("id_index"), members__dropped=False).distinct():
        yield Problem(DOUBLES, _named(row), "家庭成员同时列入另一份在用档案")
    as_member = living.filter(id_index=OuterRef("id_index")).exclude(case=OuterRef("pk"))
    for row in HardshipCase.objects.living().exclude(id_index=None).filter(Exists(as_member)).order_by("pk"):
        yield Problem(DOUBLES, _named(row), "户主同时列入另一份在用档案")


def check_case_duties() -> Iterator[Problem]:
    """No two steps of a file by one person, and none by whom it is about or whom it names."""
    for earlier, later, states in APART:
        for row in HardshipCase.objects.filter(same_person(earlier, later), state__in=states).order_by("pk"):
            yield Problem(DUTIES, _named(row), f"{_step(earlier)}与{_step(later)}为同一人")
    for step in DECIDED:
        named = HouseholdMember.objects.filter(case=OuterRef("pk"), id_index=OuterRef(f"{step}__person__id_index"))
        own = Q(**{f"{step}__person": F("person")}) | Q(Exists(named))
        for row in HardshipCase.objects.filter(own).order_by("pk"):
            yield Problem(DUTIES, _named(row), f"{_step(step)}为本户人员")


def _step(column: str) -> str:
    return str(HardshipCase._meta.get_field(column).verbose_name)
