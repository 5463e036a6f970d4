"""Facts about people that rules ask for: appraisals, honours, service; added in sets, never overwritten."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError

from carecore import audit, papers
from carecore.access import Can
from carecore.models import Appraisal, Attachment, Honour, Person, ServicePeriod, Unit, User
from carecore.models.people import OfPerson
from carecore.outcomes import Became, Outcome, against, faults, finding
from carecore.workflow import Refused, add, change, locked, refuse, require_right, verb

AMENDABLE: dict[type[OfPerson], tuple[str, ...]] = {
    Appraisal: ("year", "grade", "evidence"),
    Honour: ("title", "level", "awarded_on", "to_month", "evidence"),
    ServicePeriod: ("unit", "post", "kind", "starts_on", "ends_on", "evidence"),
}


@dataclass(frozen=True, kw_only=True)
class AppraisalDraft:
    """One year's grade of a person."""

    person: Person
    year: int
    grade: str
    evidence: Attachment | None = None


@dataclass(frozen=True, kw_only=True)
class HonourDraft:
    """One honour; `to_month` where only the month is known and the day stands for it."""

    person: Person
    title: str
    level: str = ""
    awarded_on: datetime.date | None = None
    to_month: bool = False
    evidence: Attachment | None = None


@dataclass(frozen=True, kw_only=True)
class ServiceDraft:
    """Time served in a unit; both days inclusive, no end while it lasts."""

    person: Person
    unit: Unit
    starts_on: datetime.date
    ends_on: datetime.date | None = None
    post: str = ""
    kind: str = ""
    evidence: Attachment | None = None


# Parameters of one query; more people than this are read in several.
CHUNK = 10_000
Draft = AppraisalDraft | HonourDraft | ServiceDraft
# What each draft becomes, and the columns that besides the person make two rows the same fact.
BECOMES: dict[type, tuple[type[OfPerson], tuple[str, ...]]] = {
    AppraisalDraft: (Appraisal, ("year",)),
    HonourDraft: (Honour, ("title", "awarded_on")),
    ServiceDraft: (ServicePeriod, ("unit_id", "starts_on")),
}

ACTIONS = {AppraisalDraft: "add_appraisals", HonourDraft: "add_honours", ServiceDraft: "add_service"}


@verb
def add_appraisals(*, by: User, drafts: Sequence[AppraisalDraft]) -> list[Outcome[AppraisalDraft, Appraisal]]:
    """Add yearly appraisals; one a person and year, another grade for a known year differs."""
    return _add(by, "add_appraisals", drafts)


@verb
def add_honours(*, by: User, drafts: Sequence[HonourDraft]) -> list[Outcome[HonourDraft, Honour]]:
    """Add honours; one of a title and day a person."""
    return _add(by, "add_honours", drafts)


@verb
def add_service(*, by: User, drafts: Sequence[ServiceDraft]) -> list[Outcome[ServiceDraft, ServicePeriod]]:
    """Add times of service; one a person, unit and first day. An end before the first day is refused."""
    return _add(by, "add_service", drafts)


@verb
def add_fact(*, by: User, draft: Draft, upload: UploadedFile | None = None) -> OfPerson:
    """Add one fact together with the paper that proves it; raises Refused where it is known already."""
    if upload is not None:
        draft = replace(draft, evidence=_paper(by, draft.person, upload))
    (outcome,) = _add(by, ACTIONS[type(draft)], [draft])
    if outcome.became != Became.NEW:
        raise Refused(*(outcome.findings or (finding("known", "该事项已经登记"),)), row=outcome.row)
    return outcome.row


def _paper(by: User, person: Person, upload: UploadedFile) -> Attachment:
    return papers.attach(
        by=by, unit=person.unit, title=f"{person}佐证材料", purpose="佐证材料", upload=upload,
        document_kind=Person._meta.label_lower, document_id=person.pk,
    )  # fmt: skip


def _add(by: User, action: str, drafts: Sequence[Draft]) -> list[Outcome[Any, Any]]:
    outcomes = judge_facts(by=by, drafts=drafts)
    new = [outcome.row for outcome in outcomes if outcome.became == Became.NEW]
    try:
        add(new)
    except IntegrityError as error:
        raise refuse("该事项刚被他人登记,请刷新后重试") from error
    audit.record(by=by, action=action, rows=new)
    return outcomes


def judge_facts(*, by: User, drafts: Sequence[Draft]) -> list[Outcome[Any, Any]]:
    """What adding these drafts, all of one kind, would come to; changes nothing, new rows are not yet saved.

    The number of queries does not grow with the drafts. Raises Forbidden for people whom `by` does not keep.
    """
    if not drafts:
        return []
    model, key = BECOMES[type(drafts[0])]
    units = Unit.objects.filter(pk__in={draft.person.unit_id for draft in drafts})
    require_right(by, Can.KEEP_PEOPLE, *units)
    people = sorted({draft.person.pk for draft in drafts})
    parts = [people[start : start + CHUNK] for start in range(0, len(people), CHUNK)]
    rows = [row for part in parts for row in model._default_manager.filter(person__in=part)]
    known = {_key(row, key): row for row in rows}
    return [_judge(model, draft, key, known) for draft in drafts]


def _key(row: OfPerson, key: tuple[str, ...]) -> tuple[Any, ...]:
    return (row.person_id, *(getattr(row, name) for name in key))


def _judge(
    model: type[OfPerson], draft: Draft, key: tuple[str, ...], known: dict[tuple[Any, ...], OfPerson]
) -> Outcome[Any, Any]:
    stated = {name: getattr(draft, name) for name in AMENDABLE[model]}
    row = model(person=draft.person, **stated)
    wrong = _wrong(row)
    if wrong:
        return Outcome(draft, Became.REFUSED, findings=wrong)
    held = known.setdefault(_key(row, key), row)
    if held is row:
        return Outcome(draft, Became.NEW, row)
    # A flag that a sheet does not carry says nothing.
    said = {name: value for name, value in stated.items() if value is not False}
    return against(draft, held, said, {name: getattr(held, name) for name in said})


def _wrong(row: OfPerson) -> tuple[Any, ...]:
    """What the columns forbid, and what they forbid together."""
    wrong = faults(row)
    if not wrong and isinstance(row, ServicePeriod) and row.ends_on and row.ends_on < row.starts_on:
        wrong = tuple(refuse("截止日期不得早于起始日期", key="ends_on").findings)
    return wrong


@verb
def amend_fact(
    *, by: User, fact: OfPerson, changes: dict[str, Any], upload: UploadedFile | None = None
) -> OfPerson:
    """Correct an appraisal, an honour or a time of service (AMENDABLE), perhaps with another paper.

    Raises Refused where it would become the same as another one of the person.
    """
    (fact,) = locked([fact], "person__unit")
    require_right(by, Can.KEEP_PEOPLE, fact.person.unit)
    if upload is not None:
        changes = {**changes, "evidence": _paper(by, fact.person, upload)}
    columns = AMENDABLE[type(fact)]
    changed = [name for name in columns if name in changes and getattr(fact, name) != changes[name]]
    if not changed:
        return fact
    for name in changed:
        setattr(fact, name, changes[name])
    wrong = _wrong(fact)
    if wrong:
        raise Refused(*wrong, row=fact)
    try:
        fact.validate_constraints()
    except ValidationError as error:
        raise refuse("".join(error.messages), row=fact) from error
    change([fact], *changed)
    audit.record(by=by, action="amend_fact", rows=[fact])
    return fact
