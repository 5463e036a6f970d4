"""A visit on its way (BZ-20…BZ-25, LYG-1…LYG-3): planned, approved, carried out or cancelled, its needs met.

Locks: campaign → files → people, then visits. Amounts are yuan. A campaign's `planned` is kept here alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from carecore import audit, clock
from carecore.access import Can, may
from carecore.models import Person, Severity, Unit, User
from carecore.money import ZERO, yuan
from carecore.outcomes import faults
from carecore.policy import Finding, Rulebook
from carecore.reasons import fitting, written
from carecore.separation import not_own
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
from funds.rules.standards import Had
from visits.models import Campaign, CampaignState, HardshipCase, Visit, VisitState
from visits.queries import Households, alike, drafted, given_in_year, had
from visits.rules.drafts import VisitDraft
from visits.rules.exclusive import EXCLUSIVE, Given, check_exclusive, period_of
from visits.rules.occasions import CAMPAIGNS, OCCASIONS, check_occasion, due_on
from visits.rules.routing import VISITORS, check_visitor, proposed, rule_for
from visits.rules.standards import EACH_TIME, RESOLUTION, YEARLY, check_goods, check_standards, standard_of
from visits.workflow.giving import give
from visits.workflow.separation import apart_all

KEYS = (CAMPAIGNS, OCCASIONS, VISITORS, EACH_TIME, YEARLY, RESOLUTION, EXCLUSIVE)
RELATED = ("unit", "campaign", "person__unit", "case__person__unit", "case__unit", "visited_unit")
CANCELLABLE = [VisitState.PLANNED, VisitState.APPROVED]
DONE = [VisitState.DONE, VisitState.PAYING, VisitState.PAID]


# Planning --------------------------------------------------------------------------------------------------


@verb
def plan_visits(*, by: User, drafts: Sequence[VisitDraft], campaign: Campaign | None = None) -> list[Visit]:
    """Plan visits, all or none: on listed occasions, within standards and budget, nobody helped twice (LYG-16).

    Raises Refused with every finding that blocks, and with each warning of a draft that gives no reason.
    """
    if made := _made(drafts):
        return made
    if not drafts:
        raise refuse("没有填写任何走访对象", key="target")
    units = {draft.unit.pk: draft.unit for draft in drafts}
    require_right(by, Can.PLAN_VISITS, *units.values())
    campaign = _locked_campaign(campaign, units.values())
    drafts = [_exact(draft, campaign) for draft in drafts]
    _lock_people(drafts)
    book = Rulebook(clock.today(), keys=KEYS)
    blocked: list[Finding] = []
    rows = []
    for draft, findings in zip(drafts, check_drafts(by, drafts, campaign, book), strict=True):
        blocked += _standing(findings, draft.reason)
        rows.append(_row(by, draft, campaign, book, findings))
        not_own(by, rows[-1], [draft.receiver and draft.receiver.pk])
    blocked = blocked or [fault for row in rows for fault in faults(row, "request_id", "findings")]
    if blocked:
        raise Refused(*blocked)
    _count(campaign, sum((row.total for row in rows), ZERO))
    add(rows)
    audit.record(by=by, action="plan_visits", rows=[*rows, *([campaign] if campaign else [])])
    return rows


def _made(drafts: Sequence[VisitDraft]) -> list[Visit]:
    """What the same form has made already."""
    sent = [draft.request_id for draft in drafts if draft.request_id]
    return list(Visit.objects.filter(request_id__in=sent).order_by("pk")) if sent else []


def _locked_campaign(campaign: Campaign | None, units: Iterable[Unit]) -> Campaign | None:
    """The campaign under lock, whatever was planned in it since the form was shown."""
    if campaign is None:
        return None
    [row] = locked_all(Campaign.objects.filter(pk=campaign.pk).select_related("unit"))
    require_state([row], [CampaignState.OPEN], "安排走访")
    for unit in units:
        if not row.unit.contains(unit):
            raise refuse(f"{row}由{row.unit}组织,{unit}不在其中", key="target", row=row)
    return row


def _exact(draft: VisitDraft, campaign: Campaign | None) -> VisitDraft:
    """A draft with amounts of two places; one of a campaign is on its occasion."""
    try:
        amounts = {name: yuan(getattr(draft, name)) for name in ("money", "goods_value")}
        amounts["standard"] = None if draft.standard is None else yuan(draft.standard)
    except (ValueError, TypeError) as error:
        raise refuse(f"{draft.name}:{error}", key="money") from error
    return replace(draft, occasion=campaign.occasion if campaign else draft.occasion.strip(), **amounts)


def _lock_people(drafts: Sequence[VisitDraft]) -> None:
    """Everybody whose year or household is counted: two clerks plan for one of them one after the other."""
    homes = Households(*drafted(drafts))
    locked_all(HardshipCase.objects.filter(pk__in=homes.cases))
    locked_all(Person.objects.filter(pk__in=homes.people))


def day_of(draft: VisitDraft, campaign: Campaign | None) -> datetime.date:
    """The day that says to which period a visit belongs."""
    if campaign is not None:
        return max(campaign.starts_on, datetime.date(campaign.year, 1, 1))
    return draft.event_on or clock.today()


def check_drafts(
    by: User, drafts: Sequence[VisitDraft], campaign: Campaign | None = None, book: Rulebook | None = None
) -> list[list[Finding]]:
    """What the rules find of each draft, in their order; they count for one another. A constant number of queries."""
    book = book or Rulebook(clock.today(), keys=KEYS)
    people, cases = drafted(drafts)
    homes = Households(people, cases)
    years = {day_of(draft, campaign).year for draft in drafts}
    names = {person.name for person in people}
    given = [one for year in years for one in given_in_year(by, year, homes, names)]
    sums = {year: had({person.pk for person in people}, year) for year in years}
    found = []
    for draft in drafts:
        year, receiver = day_of(draft, campaign).year, draft.receiver
        before = sums[year].get(receiver.pk, Had()) if receiver else Had()
        own = _as_given(draft, campaign, homes)
        found.append([
            *_impossible(draft), *check_goods(draft), *check_occasion(book, draft.unit, draft.occasion, draft.event_on),
            *check_visitor(rule_for(book, draft.unit, receiver), draft.unit, draft.name, draft.visitor),
            *check_standards(book, draft, isinstance(draft.target, HardshipCase) or homes.has_file(receiver), before),
            *(check_exclusive(book.limit(EXCLUSIVE, draft.unit), own, given) if receiver else ()),
        ])  # fmt: skip
        if receiver:
            given.append(own)
            sums[year][receiver.pk] = before.plus(draft.total)
    return found


def _as_given(draft: VisitDraft, campaign: Campaign | None, homes: Households) -> Given:
    person = draft.receiver.pk if draft.receiver else None
    case = draft.target.pk if isinstance(draft.target, HardshipCase) else None
    same = alike(draft.receiver) or (draft.name,)
    period = period_of(day_of(draft, campaign))
    return Given(homes.keys(person, case), "走访慰问", draft.occasion, period, draft.unit.name, alike=same)


def _impossible(draft: VisitDraft) -> Iterator[Finding]:
    if not draft.occasion:
        yield Finding("occasion", Severity.BLOCK, f"{draft.name}:请填写走访事由")
    if draft.event_on is not None and draft.event_on > clock.today():
        yield Finding("event_on", Severity.BLOCK, f"{draft.name}:事件日期{draft.event_on}晚于今天,请改正")


def _standing(findings: Sequence[Finding], reason: str) -> list[Finding]:
    """What of the findings refuses a draft with this reason."""
    try:
        enforce(findings, reason=reason)
    except Refused as refusal:
        return refusal.findings
    return []


def _row(
    by: User, draft: VisitDraft, campaign: Campaign | None, book: Rulebook, findings: Sequence[Finding]
) -> Visit:
    target, by_rule = draft.target, proposed(rule_for(book, draft.unit, draft.receiver), draft.unit)
    due = campaign.ends_on if campaign else due_on(book, draft.unit, draft.occasion, draft.event_on)
    return Visit(
        unit=draft.unit, campaign=campaign, name=draft.name[:100], occasion=draft.occasion, form=draft.form,
        person=target if isinstance(target, Person) else None,
        case=target if isinstance(target, HardshipCase) else None,
        visited_unit=target if isinstance(target, Unit) else None,
        category=draft.category.strip(), period=period_of(day_of(draft, campaign)), event_on=draft.event_on, due_on=due,
        visitor=draft.visitor.strip() or by_rule, proposed_visitor=by_rule, money=draft.money,
        goods=draft.goods.strip(), goods_value=draft.goods_value, standard=standard_of(book, draft),
        resolution=draft.resolution.strip(), findings=[one.as_dict() for one in findings],
        reason=fitting(draft.reason), planned_by=by, request_id=draft.request_id,
    )  # fmt: skip


def _count(campaign: Campaign | None, amount: Decimal) -> None:
    """Add to what a locked campaign has planned; raises Refused beyond its budget."""
    if campaign is None:
        return
    if campaign.planned + amount > campaign.budget:
        over = campaign.planned + amount - campaign.budget
        message = f"{campaign}预算{campaign.budget}元,已安排{campaign.planned}元,本次{amount}元,超出{over}元"
        raise refuse(message, key="budget", row=campaign)
    campaign.planned += amount
    change([campaign], "planned")


# On its way ------------------------------------------------------------------------------------------------


@verb
def approve_visits(*, by: User, rows: Sequence[Visit], reason: str = "") -> list[Visit]:
    """The unit's lead approves; not who planned, and nobody their own (invariant 5)."""
    rows = locked(rows, *RELATED)
    require_state(rows, [VisitState.PLANNED], "批准")
    require_right(by, Can.APPROVE_VISITS, *{row.unit for row in rows})
    kept = fitting(reason)
    apart_all(by, rows, {"安排": "planned_by_id"})
    for row in rows:
        not_own(by, row, [row.receiver_id])
    move(rows, state=VisitState.APPROVED, approved_by=by)
    audit.record(by=by, action="approve_visits", rows=rows, reason=kept)
    return rows


@verb
def carry_out(
    *, by: User, rows: Sequence[Visit], done_on: datetime.date, visitor: str = "", needs: str = "", measure: str = "",
    measure_by: str = "", measure_due_on: datetime.date | None = None, reason: str = "",
) -> list[Visit]:  # fmt: skip
    """Record approved visits as made on one day, with what was found and who sees to it until when (BZ-21).

    Goods are handed over at the visit; where no money is to be paid the visit is 已发放 and leaves its benefit.
    Raises Refused for a day before the event or after today; another visitor or a day outside the campaign's own
    needs its reason.
    """
    rows = locked(rows, *RELATED)
    require_state(rows, [VisitState.APPROVED], "登记走访")
    require_right(by, Can.PLAN_VISITS, *{row.unit for row in rows})
    book, kept = Rulebook(clock.today(), keys=KEYS), fitting(reason)
    for row in rows:
        not_own(by, row, [row.receiver_id])
        _require_day(row, done_on)
        row.visitor, row.done_on, row.needs = visitor.strip() or row.visitor, done_on, needs.strip()
        row.measure, row.measure_by, row.measure_due_on = measure.strip(), measure_by.strip(), measure_due_on
        found = list(_done_otherwise(book, row))
        enforce(found, reason=kept or row.reason, row=row)
        row.findings = [*row.findings, *(one.as_dict() for one in found if one.as_dict() not in row.findings)]
        row.reason = kept or row.reason
        only_goods = not row.money and row.goods_value
        row.state = VisitState.PAID if only_goods else VisitState.DONE
        _require_fit(row)
    columns = ("visitor", "done_on", "needs", "measure", "measure_by", "measure_due_on", "findings", "reason", "state")
    change(rows, *columns)
    benefits = give([row for row in rows if row.state == VisitState.PAID], done_on)
    audit.record(by=by, action="carry_out", rows=[*rows, *benefits], reason=kept)
    return rows


def _require_day(row: Visit, done_on: datetime.date) -> None:
    if done_on > clock.today():
        raise refuse(f"走访日期{done_on}晚于今天,请改正", key="done_on", row=row)
    if row.event_on is not None and done_on < row.event_on:
        raise refuse(f"{row}的走访日期{done_on}早于事件日期{row.event_on},请改正", key="done_on", row=row)


def _require_fit(row: Visit) -> None:
    if not row.visitor:
        raise refuse(f"请填写{row}的走访人", key="visitor", row=row)
    stated = [bool(row.measure), bool(row.measure_by), row.measure_due_on is not None]
    if any(stated) and not all(stated):
        raise refuse("帮扶措施须同时写明责任人和完成期限(BZ-21)", key="measure", row=row)
    if row.measure_due_on is not None and row.measure_due_on < row.done_on:
        raise refuse("措施完成期限不得早于走访日期", key="measure_due_on", row=row)
    if unfit := faults(row, "request_id", "findings"):
        raise Refused(*unfit, row=row)


def _done_otherwise(book: Rulebook, row: Visit) -> Iterator[Finding]:
    """What needs a reason: another visitor than the rule's, a day outside those of the campaign, a day too late."""
    yield from check_visitor(rule_for(book, row.unit, row.receiver), row.unit, row.name, row.visitor)
    campaign = row.campaign
    if campaign is not None and not campaign.starts_on <= row.done_on <= campaign.ends_on:
        message = f"走访日期{row.done_on}不在活动期间({campaign.starts_on}至{campaign.ends_on})"
        yield Finding("done_on", Severity.WARN, message, str(row.done_on))
    elif campaign is None and row.due_on is not None and row.done_on > row.due_on:
        yield Finding("done_on", Severity.WARN, f"{row}应于{row.due_on}前走访,逾期须说明理由", str(row.done_on))


@verb
def cancel_visits(*, by: User, rows: Sequence[Visit], reason: str) -> list[Visit]:
    """Give up visits that were not made; a campaign's budget has their amounts again."""
    campaigns = {row.campaign_id for row in rows if row.campaign_id}
    held = {row.pk: row for row in locked_all(Campaign.objects.filter(pk__in=campaigns))}
    rows = locked(rows, *RELATED)
    require_state(rows, CANCELLABLE, "取消")
    for unit in {row.unit for row in rows}:
        require_right(by, Can.APPROVE_VISITS if may(by, Can.APPROVE_VISITS, unit) else Can.PLAN_VISITS, unit)
    kept = written(reason, "请写明取消走访的理由", row=rows[0])
    for row in rows:
        if row.campaign_id:
            held[row.campaign_id].planned -= row.total
    change(list(held.values()), "planned")
    move(rows, state=VisitState.CANCELLED, reason=kept)
    audit.record(by=by, action="cancel_visits", rows=[*rows, *held.values()], reason=kept)
    return rows


@verb
def meet_need(*, by: User, visit: Visit, done_on: datetime.date, result: str) -> Visit:
    """Close what was promised at a visit, with what came of it (BZ-21)."""
    [row] = locked([visit], *RELATED)
    require_state([row], DONE, "办结措施")
    require_right(by, Can.PLAN_VISITS, row.unit)
    not_own(by, row, [row.receiver_id])
    if not row.measure or row.measure_done_on is not None:
        raise refuse(f"{row}没有待办结的帮扶措施", key="measure", row=row)
    if not row.done_on <= done_on <= clock.today():
        raise refuse("措施完成日期应在走访日期与今天之间", key="done_on", row=row)
    text = written(result, "请写明办理结果", row=row)
    move([row], measure_done_on=done_on, measure_result=text)
    audit.record(by=by, action="meet_need", rows=[row], reason=text)
    return row
