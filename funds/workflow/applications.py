"""An application on its way (LYG-10): drafted, handed in, accepted with its money held, decided, or ended before.

Locks: application → person → reservation → accounts. Amounts are yuan.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from carecore import audit, clock
from carecore.access import Can, may
from carecore.models import Person, Unit, User
from carecore.money import ZERO, yuan
from carecore.outcomes import faults
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
)  # fmt: skip
from funds import ledger
from funds.models import (
    Account,
    Application,
    ApplicationLine,
    ApplicationState,
    Book,
    Decision,
    Fund,
    Meeting,
)
from funds.rules.applications import check_decided, check_fund, check_lines, check_purpose
from funds.rules.decisions import DECISIONS, decision_on
from funds.rules.meetings import check_meeting
from funds.rules.standards import Asked, Had, capped, check_standards
from funds.workflow.separation import apart, not_own_case, not_own_lines
from funds.workflow.usage import had_in_year

DRAFT, APPLIED, ACCEPTED, DECIDED, _, _, REFUSED, WITHDRAWN = ApplicationState
WITHDRAWABLE = [DRAFT, APPLIED, ACCEPTED]
TERMS = ("fund", "purpose", "subject", "lines")
RELATED = ("unit", "fund__unit", "purpose")
# Which right decides on an amount that the rule leaves to one person.
DECIDES = {Decision.OFFICE: (Can.DECIDE_MONEY, Can.ACCEPT), Decision.LEADER: (Can.DECIDE_MONEY,)}


@dataclass(frozen=True)
class ApplicationLineDraft:
    """One payee: a known person, or whoever the name says; the person's own name where none is written."""

    payee: str
    amount: Decimal
    person: Person | None = None
    note: str = ""

    @property
    def person_id(self) -> int | None:
        return self.person.pk if self.person else None


@verb
def draft_application(
    *, by: User, unit: Unit, fund: Fund, purpose: Account, subject: str, lines: Sequence[ApplicationLineDraft],
    request_id: uuid.UUID | None = None,
) -> Application:  # fmt: skip
    """Write down what a unit asks of a fund and for whom; nothing is handed in or held yet."""
    if request_id and (made := Application.objects.filter(request_id=request_id).first()):
        return made
    require_right(by, Can.APPLY, unit)
    row = Application(
        unit=unit, fund=fund, purpose=purpose, subject=subject.strip(), asked=_sum(lines), applied_by=by,
        request_id=request_id,
    )  # fmt: skip
    lines = _judge(by, row, lines)
    add([row])
    added = add([_line(row, line) for line in lines])
    audit.record(by=by, action="draft_application", rows=[row, *added])
    return row


def _sum(lines: Sequence[ApplicationLineDraft]) -> Decimal:
    try:
        return sum((yuan(line.amount) for line in lines), ZERO)
    except (ValueError, TypeError) as error:
        raise refuse(str(error), key="lines") from error


def _judge(by: User, row: Application, lines: Sequence[ApplicationLineDraft]) -> list[ApplicationLineDraft]:
    """Check what a draft must hold; returns its lines with the names of people filled in."""
    named = [
        line if line.payee.strip() or line.person is None
        else ApplicationLineDraft(line.person.name, line.amount, line.person, line.note)
        for line in lines
    ]  # fmt: skip
    units = {line.person.pk: line.person.unit for line in named if line.person}
    fund = Fund.objects.select_related("unit", "book").get(pk=row.fund_id)
    findings = [
        *check_fund(fund, fund.book.closed_through, clock.today()),
        *check_purpose(Rulebook(clock.today(), keys=ledger.CATALOGUES.values()), fund, row.purpose, row.unit),
        *check_lines(row.unit, named, units),
    ]
    enforce(findings, row=row)
    unfit = [*faults(row, "request_id"), *(f for line in named for f in faults(_line(row, line)))]
    if unfit:
        raise Refused(*unfit, row=row)
    not_own_lines(by, row, named)
    return named


def _line(row: Application, line: ApplicationLineDraft) -> ApplicationLine:
    return ApplicationLine(
        application=row, person=line.person, payee=line.payee.strip(), amount=yuan(line.amount),
        note=line.note.strip(),
    )  # fmt: skip


@verb
def amend_application(*, by: User, application: Application, **terms: Any) -> Application:
    """Change fund, purpose, subject or lines of a draft; all of it is checked again."""
    if unknown := set(terms) - set(TERMS):
        raise TypeError(f"{unknown} cannot be amended")
    [row] = locked([application], *RELATED)
    require_state([row], [DRAFT], "修改")
    require_right(by, Can.APPLY, row.unit)
    lines = terms.pop("lines", None)
    for name, value in terms.items():
        setattr(row, name, value.strip() if name == "subject" else value)
    kept = locked_all(ApplicationLine.objects.filter(application=row).select_related("person__unit"))
    if lines is None:
        lines = [
            ApplicationLineDraft(line.payee, line.amount, line.person, line.note)
            for line in kept if not line.dropped
        ]  # fmt: skip
    row.asked = _sum(lines)
    wanted = [_line(row, line) for line in _judge(by, row, lines)]
    changed, new = _redraw(kept, wanted)
    change([row], "fund", "purpose", "subject", "asked")
    change(changed, "person", "payee", "amount", "note", "dropped")
    audit.record(by=by, action="amend_application", rows=[row, *changed, *add(new)])
    return row


def _redraw(
    kept: Sequence[ApplicationLine], wanted: Sequence[ApplicationLine]
) -> tuple[list[ApplicationLine], list[ApplicationLine]]:
    """Make the stored lines what is wanted, in order; those that changed, and those to be added."""
    changed = []
    for place, line in enumerate(kept):
        if place < len(wanted):
            new = wanted[place]
            facts = (new.person_id, new.payee, new.amount, new.note, False)
        else:
            facts = (line.person_id, line.payee, line.amount, line.note, True)
        if facts != (line.person_id, line.payee, line.amount, line.note, line.dropped):
            line.person_id, line.payee, line.amount, line.note, line.dropped = facts
            changed.append(line)
    return changed, list(wanted[len(kept) :])


def lines_of(rows: Sequence[Application]) -> dict[int, list[ApplicationLine]]:
    """The standing lines of these applications, by application."""
    lines: dict[int, list[ApplicationLine]] = {row.pk: [] for row in rows}
    for line in ApplicationLine.objects.standing().filter(application__in=rows).order_by("pk"):
        lines[line.application_id].append(line)
    return lines


def judged(
    rows: Sequence[Application], lines: Mapping[int, Sequence[Asked]], *days: datetime.date
) -> dict[int, list[Finding]]:
    """What stands against each of these today and on these days, by primary key; they count for one another."""
    today = clock.today()
    people = {line.person_id for part in lines.values() for line in part if line.person_id}
    had = had_in_year(people, today.year, without=[row.pk for row in rows])
    books = Book.objects.filter(fund__in={row.fund_id for row in rows})
    closed, book = dict(books.values_list("fund", "closed_through")), Rulebook(today)
    found = {}
    for row in rows:
        found[row.pk] = [
            *check_fund(row.fund, closed[row.fund_id], *sorted({today, *days})),
            *check_purpose(book, row.fund, row.purpose, row.unit),
            *check_standards(book, row.unit, row.fund.kind, lines[row.pk], had),
        ]
        for line in lines[row.pk]:
            if line.person_id:
                had[line.person_id] = had.get(line.person_id, Had()).plus(line.amount)
    return found


@verb
def apply(*, by: User, application: Application, reason: str = "") -> Application:
    """Hand in a draft: within the fund's purposes and standards; warnings need a reason (LYG-10, BZ-27)."""
    [row] = locked([application], *RELATED)
    require_state([row], [DRAFT], "提交")
    require_right(by, Can.APPLY, row.unit)
    lines = lines_of([row])
    not_own_case(by, [row], lines)
    findings = judged([row], lines)[row.pk]
    enforce(findings, reason=reason, row=row)
    move(
        [row], state=APPLIED, applied_by=by, applied_on=clock.today(), reason=fitting(reason, row),
        findings=[finding.as_dict() for finding in findings],
    )  # fmt: skip
    audit.record(by=by, action="apply", rows=[row], reason=row.reason)
    return row


@verb
def accept(*, by: User, rows: list[Application], reason: str = "") -> list[Application]:
    """The office accepts: what is asked is held in the fund, and who must decide on it is settled (LYG-10).

    Raises Refused over a purpose, a standard or the available balance. What needed a reason has the applicant's.
    """
    rows = locked(rows, *RELATED)
    require_state(rows, [APPLIED], "受理")
    require_right(by, Can.ACCEPT, *{row.fund.unit for row in rows})
    lines = lines_of(rows)
    apart(by, rows, "applied_by")
    not_own_case(by, rows, lines)
    people = {line.person_id for part in lines.values() for line in part if line.person_id}
    locked_all(Person.objects.filter(pk__in=people))  # no two applications to the limit of one year at once
    found, book, kept = judged(rows, lines), Rulebook(clock.today()), fitting(reason)
    for row in rows:
        enforce(found[row.pk], reason=kept or row.reason, row=row)
        row.decision, basis = decision_on(book, row.fund.unit, row.fund.kind, row.asked)
        row.findings = [finding.as_dict() for finding in (*found[row.pk], basis)]
        row.reason = kept or row.reason
        row.state, row.accepted_by, row.accepted_on = ACCEPTED, by, clock.today()
    change(rows, "state", "decision", "findings", "reason", "accepted_by", "accepted_on")
    ledger.reserve_all(by=by, holds=[ledger.Hold(row.fund, row.asked, row, row.purpose) for row in rows])
    audit.record(by=by, action="accept", rows=rows, reason=kept)
    return rows


@verb
def send_back(*, by: User, row: Application, reason: str) -> Application:
    """Return an application to its unit to be put right; what was held for it is free again."""
    [row] = locked([row], *RELATED)
    require_state([row], [APPLIED, ACCEPTED], "退回")
    require_right(by, Can.ACCEPT, row.fund.unit)
    not_own_case(by, [row], lines_of([row]))
    text = written(reason, "请写明退回的理由", row)
    return _back(by, row, "send_back", text, state=DRAFT, accepted_by=None, accepted_on=None, decision="", findings=[])


@verb
def withdraw_application(*, by: User, application: Application, reason: str) -> Application:
    """The unit gives up its application before it is decided; what was held for it is free again."""
    [row] = locked([application], *RELATED)
    require_state([row], WITHDRAWABLE, "撤回")
    require_right(by, Can.APPLY, row.unit)
    return _back(
        by, row, "withdraw_application", written(reason, "请写明撤回的理由", row), state=WITHDRAWN
    )


def _back(by: User, row: Application, action: str, reason: str, **columns: Any) -> Application:
    move([row], reason=reason, **columns)
    ledger.release(by=by, reservations=ledger.held_for(row))
    audit.record(by=by, action=action, rows=[row], reason=reason)
    return row


@verb
def decide(*, by: User, application: Application, amount: Decimal, opinion: str = "") -> Application:
    """The office or the leader decides where the amount's rule says so; a lower amount frees the rest (LYG-10)."""
    [row] = locked([application], *RELATED)
    lines = _deciding(by, row, "审批")
    _decide(by, [(row, _exact(amount))], lines, opinion=fitting(opinion, row), on=clock.today(), action="decide")
    return row


def _deciding(by: User, row: Application, doing: str) -> dict[int, list[ApplicationLine]]:
    """The lines of an accepted application that this user alone may decide on."""
    require_state([row], [ACCEPTED], doing)
    rights = DECIDES.get(row.decision)
    if rights is None:
        raise refuse(f"{row}须由{Decision.MEETING.label},请登记会议决定", key="funds.decisions", row=row)
    right = next((right for right in rights if may(by, right, row.fund.unit)), rights[0])
    require_right(by, right, row.fund.unit)
    lines = lines_of([row])
    apart(by, [row], "applied_by", "accepted_by")
    not_own_case(by, [row], lines)
    return lines


def _exact(amount: Decimal) -> Decimal:
    try:
        return yuan(amount)
    except (ValueError, TypeError) as error:
        raise refuse(str(error), key="amount") from error


def _decide(
    by: User, outcomes: Sequence[tuple[Application, Decimal | None]], lines: dict[int, list[ApplicationLine]], *,
    opinion: str, on: datetime.date, action: str, meeting: Meeting | None = None,
) -> None:  # fmt: skip
    """Check what is decided, freeze it and free what is not needed; None refuses an application."""
    rows = [row for row, _ in outcomes]
    amounts = {row.pk: amount for row, amount in outcomes if amount is not None}
    # Nobody's share is more than what is decided; an application that is refused gives nothing.
    found = judged(rows, {row.pk: capped(lines[row.pk], amounts.get(row.pk)) for row in rows}, on)
    for row, amount in outcomes:
        if amount is not None:
            enforce([*check_decided(str(row), row.asked, amount), *found[row.pk]], reason=row.reason or opinion, row=row)
            basis = [finding for finding in row.findings if finding["rule"] == DECISIONS]
            row.findings = [*(finding.as_dict() for finding in found[row.pk]), *basis]
        row.state, row.decided = (REFUSED, None) if amount is None else (DECIDED, amount)
        row.opinion, row.meeting, row.decided_by, row.decided_on = opinion, meeting, by, on
    change(rows, "state", "decided", "opinion", "meeting", "decided_by", "decided_on", "findings")
    held = ledger.held_for(*rows)
    keep = {one.pk: amounts[one.document_id] for one in held if one.document_id in amounts}
    ledger.release(by=by, reservations=held, keep=keep)
    audit.record(by=by, action=action, rows=rows, reason=opinion)


@verb
def refuse_application(*, by: User, application: Application, reason: str) -> Application:
    """The office does not accept it, or whoever decides alone says no; a meeting's no is recorded with the meeting."""
    [row] = locked([application], *RELATED)
    require_state([row], [APPLIED, ACCEPTED], "不予同意")
    text = written(reason, "请写明不同意的理由", row)
    if row.state == ACCEPTED:
        lines = _deciding(by, row, "不予同意")
    else:
        require_right(by, Can.ACCEPT, row.fund.unit)
        lines = lines_of([row])
        apart(by, [row], "applied_by")
        not_own_case(by, [row], lines)
    facts = {"opinion": text, "decided_by": by, "decided_on": clock.today()}
    move([row], state=REFUSED, **facts)
    ledger.release(by=by, reservations=ledger.held_for(row))
    audit.record(by=by, action="refuse_application", rows=[row], reason=text)
    return row


@dataclass(frozen=True)
class Outcome:
    """What a meeting decided on one application: the amount in yuan, or None for 不同意."""

    application: Application
    amount: Decimal | None


@verb
def record_meeting(
    *, by: User, unit: Unit, number: str, held_on: datetime.date, chair: str, attendees: str, decision: str,
    outcomes: Sequence[Outcome], request_id: uuid.UUID | None = None,
) -> Meeting:  # fmt: skip
    """Record what a meeting (书记会议) decided on accepted applications to its unit's funds, all or none (LYG-10).

    Raises Refused where it is no collective decision, lies before an acceptance or after today, or where
    somebody attended who is to be paid.
    """
    if request_id and (made := Meeting.objects.filter(request_id=request_id).first()):
        return made
    rows = locked([outcome.application for outcome in outcomes], *RELATED)
    require_state(rows, [ACCEPTED], "登记会议决定")
    require_right(by, Can.RECORD_MEETING, unit)
    amounts = {outcome.application.pk: outcome.amount for outcome in outcomes}
    meeting = Meeting(
        unit=unit, number=number.strip(), held_on=held_on, chair=chair.strip(), attendees=attendees.strip(),
        decision=decision.strip(), recorded_by=by, request_id=request_id,
    )  # fmt: skip
    lines = lines_of(rows)
    enforce([*check_meeting(meeting, rows, lines, Meeting.objects.filter(unit=unit, number=meeting.number).exists())])
    if unfit := faults(meeting, "request_id"):
        raise Refused(*unfit)
    apart(by, rows, "applied_by", "accepted_by")
    not_own_case(by, rows, lines)
    add([meeting])
    decided = [(row, None if amounts[row.pk] is None else _exact(amounts[row.pk])) for row in rows]
    _decide(by, decided, lines, opinion="", on=held_on, action="record_meeting", meeting=meeting)
    audit.record(by=by, action="record_meeting", rows=[meeting])
    return meeting
