"""The yearly check of recognised files (TX1-4, TX3-1): kept, adjusted or ended, each with that year's figures."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from carecore import audit, clock
from carecore.access import Can
from carecore.models import Severity, User
from carecore.policy import Finding, Rulebook
from carecore.reasons import fitting, written
from carecore.workflow import (
    Refused,
    add,
    change,
    enforce,
    locked,
    refuse,
    require_right,
    require_state,
    verb,
)
from visits.models import CaseState, HardshipCase, Verification, VerificationOutcome
from visits.workflow.files import ASSESSED, assessed

FIGURES = ("yearly_income", "rigid_costs", "event_losses", "size", "earners")


def _begun(by: User, rows: Sequence[HardshipCase]) -> list[HardshipCase]:
    """Recognised files under their locks, none of which was verified this year."""
    rows = locked(rows, "unit", "person")
    require_right(by, Can.KEEP_HARDSHIP, *{row.unit for row in rows})
    require_state(rows, [CaseState.RECOGNISED], "核实")
    year = clock.today().year
    done = set(Verification.objects.filter(case__in=rows, year=year).values_list("case", flat=True))
    for row in rows:
        if row.pk in done:
            raise refuse(f"{row}{year}年度已核实,每年核实一次", row=row)
    return rows


def _verified(by: User, row: HardshipCase, outcome: VerificationOutcome, grade: str, note: str) -> Verification:
    """This year's record of a file with the figures that it now holds."""
    today = clock.today()
    return Verification(
        case=row, year=today.year, outcome=outcome, grade=grade, yearly_income=row.yearly_income,
        rigid_costs=row.rigid_costs, size=row.size, note=note, verified_by=by, verified_on=today,
    )  # fmt: skip


@verb
def keep_cases(*, by: User, rows: list[HardshipCase], reason: str = "") -> list[HardshipCase]:
    """Confirm that files hold as they are: last year's figures are copied into this year's record.

    Raises Refused where today's rules compute another grade than the one recognised and no reason is given.
    """
    rows, note = _begun(by, rows), fitting(reason)
    book = Rulebook(clock.today())
    for row in rows:
        assessed(row, book)
        if row.computed_grade != row.grade and not note:
            now = row.computed_grade or "不符合任何困难类别"
            said = f"{row}按现行标准测算为“{now}”,原认定“{row.grade}”"
            message = f"{said};保持原类别请写明理由,否则请办理调整或退出"
            raise Refused(Finding("reason", Severity.WARN, message), row=row)
        if row.computed_grade != row.grade:
            row.grade_reason, row.grade_by = note, by
        row.verified_on = book.on
    change(rows, *ASSESSED, "grade_reason", "grade_by", "verified_on")
    records = add([_verified(by, row, VerificationOutcome.KEPT, row.grade, note) for row in rows])
    audit.record(by=by, action="keep_cases", rows=[*rows, *records], reason=note)
    return rows


@verb
def adjust_case(
    *, by: User, row: HardshipCase, reason: str, yearly_income: Decimal, rigid_costs: Decimal,
    event_losses: Decimal, size: int, earners: int | None = None,
) -> HardshipCase:  # fmt: skip
    """Record this year's figures; the file goes its way again from 已上报, so that the new grade is recognised."""
    [row] = _begun(by, [row])
    note = written(reason, "请写明核实情况", row)
    stated = (yearly_income, rigid_costs, event_losses, size, earners)
    for name, value in zip(FIGURES, stated, strict=True):
        setattr(row, name, value)
    findings = assessed(row, Rulebook(clock.today()))
    enforce([one for one in findings if one.severity == Severity.BLOCK], row=row)
    row.state, row.reported_by, row.stated_grade = CaseState.REPORTED, by, ""
    row.grade, row.grade_reason, row.grade_by, row.endorsed_by, row.opinion, row.opinion_by = "", "", None, None, "", None
    row.verified_on = clock.today()
    change(
        [row], *FIGURES, *ASSESSED, "state", "reported_by", "stated_grade", "grade", "grade_reason", "grade_by",
        "endorsed_by", "opinion", "opinion_by", "verified_on",
    )  # fmt: skip
    record = add([_verified(by, row, VerificationOutcome.ADJUSTED, row.computed_grade, note)])
    audit.record(by=by, action="adjust_case", rows=[row, *record], reason=note)
    return row


@verb
def exit_case(*, by: User, row: HardshipCase, reason: str) -> HardshipCase:
    """End a recognised file, with the reason; its history stays. This year's record says 退出 unless there is one."""
    [row] = locked([row], "unit")
    require_right(by, Can.KEEP_HARDSHIP, row.unit)
    require_state([row], [CaseState.RECOGNISED], "退出")
    reason = written(reason, "请写明退出的原因", row)
    row.state, row.exit_reason = CaseState.EXITED, reason
    records = []
    if not row.verifications.filter(year=clock.today().year).exists():
        row.verified_on = clock.today()
        records = add([_verified(by, row, VerificationOutcome.EXITED, row.grade, reason)])
    change([row], "state", "exit_reason", "verified_on")
    audit.record(by=by, action="exit_case", rows=[row, *records], reason=reason)
    return row
