"""Who took part in earlier years, before this system kept the record: what look-back reads from the first day."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError

from carecore import audit, clock
from carecore.access import Can
from carecore.models import Benefit, Person, Unit, User
from carecore.outcomes import Became, Outcome, against, faults, refused
from carecore.workflow import add, refuse, require_right, verb
from sanatorium.models import Venue
from sanatorium.queries import CHANNEL, in_parts

SOURCE = "history"


@dataclass(frozen=True, kw_only=True)
class HistoryDraft:
    """One earlier stay; `given_on` is its first day, or 1 January where only the year is known. Amount in yuan.

    `case` is 省内 or 省外; where it is blank, that of the venue with the name of the occasion.
    """

    person: Person
    given_on: datetime.date
    only_year: bool = False
    occasion: str = ""
    case: str = ""
    amount: Decimal | None = None


@verb
def record_history(*, by: User, drafts: Sequence[HistoryDraft]) -> list[Outcome[HistoryDraft, Benefit]]:
    """Record earlier stays as benefits and return what became of each draft.

    A stay that is known already makes no row. The number of queries does not grow with the drafts. Raises
    Forbidden for people of units whose stays the user does not settle.
    """
    outcomes = judge_history(by=by, drafts=drafts)
    new = [outcome.row for outcome in outcomes if outcome.became == Became.NEW]
    try:
        add(new)
    except IntegrityError as error:
        raise refuse("该次疗休养刚被他人登记,请刷新后重试") from error
    audit.record(by=by, action="record_history", rows=new)
    return outcomes


def judge_history(*, by: User, drafts: Sequence[HistoryDraft]) -> list[Outcome[HistoryDraft, Benefit]]:
    """What recording these drafts would come to; changes nothing."""
    units = Unit.objects.filter(pk__in={draft.person.unit_id for draft in drafts})
    require_right(by, Can.SETTLE, *units)
    known: dict[int, list[Benefit]] = {}
    for part in in_parts(draft.person.pk for draft in drafts):
        for row in Benefit.objects.of_channel(CHANNEL).filter(person__in=part):
            known.setdefault(row.person_id, []).append(row)
    places = {venue.name: venue.province_case for venue in Venue.objects.visible_to(by)}
    return [
        _judge(draft, known.setdefault(draft.person.pk, []), draft.case or places.get(draft.occasion, ""))
        for draft in drafts
    ]


def _judge(draft: HistoryDraft, known: list[Benefit], case: str) -> Outcome[HistoryDraft, Benefit]:
    if draft.given_on > clock.today():
        return refused(draft, "given_on", f"{draft.given_on}尚未到来,历年参加情况只登记以前的疗休养")
    row = Benefit(
        person=draft.person, unit=draft.person.unit, channel=CHANNEL, occasion=draft.occasion or CHANNEL,
        case=case, period=str(draft.given_on.year), amount=draft.amount, document_kind=SOURCE,
        given_on=draft.given_on,
    )  # fmt: skip
    wrong = faults(row)
    if wrong:
        return Outcome(draft, Became.REFUSED, findings=wrong)
    held = next((one for one in known if _same(one, draft)), None)
    if held is None:
        known.append(row)
        return Outcome(draft, Became.NEW, row)
    stated: dict[str, Any] = {"occasion": draft.occasion, "case": draft.case, "amount": draft.amount}
    return against(draft, held, stated, {name: getattr(held, name) for name in stated})


def _same(known: Benefit, draft: HistoryDraft) -> bool:
    """Whether a benefit is this stay: of the same day, or of the year where no more is known."""
    return known.given_on.year == draft.given_on.year if draft.only_year else known.given_on == draft.given_on
