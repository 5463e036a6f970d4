"""Campaigns (节日集中走访): opened with their days, budget and fund, amended, ended (BZ-19, TX2-1). Amounts are yuan."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from carecore import audit, clock
from carecore.access import Can
from carecore.models import Unit, User
from carecore.money import yuan
from carecore.outcomes import faults
from carecore.policy import Finding, Rulebook
from carecore.reasons import fitting
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
from funds.models import Account, AccountKind, Fund, FundState
from visits.models import Campaign, CampaignState, VisitState
from visits.rules.occasions import BUDGET, CAMPAIGNS, check_campaign

TERMS = ("starts_on", "ends_on", "budget")
UNFINISHED = (VisitState.PLANNED, VisitState.APPROVED)


@verb
def open_campaign(
    *, by: User, unit: Unit, year: int, occasion: str, starts_on: datetime.date, ends_on: datetime.date,
    budget: Decimal, fund: Fund, purpose: Account, reason: str = "", request_id: uuid.UUID | None = None,
) -> Campaign:  # fmt: skip
    """Open a round of visits at one occasion of a year, once a unit; its visits together stay under its budget."""
    if request_id and (made := Campaign.objects.filter(request_id=request_id).first()):
        return made
    require_right(by, Can.KEEP_CAMPAIGNS, unit)
    locked_all(Unit.objects.filter(pk=unit.pk))  # the same campaign opened twice at once
    if Campaign.objects.filter(unit=unit, year=year, occasion=occasion).exists():
        raise refuse(f"{unit}{year}年{occasion}走访活动已编制,不能重复编制", key="occasion")
    row = Campaign(
        unit=unit, year=year, occasion=occasion, starts_on=starts_on, ends_on=ends_on, budget=_exact(budget), fund=fund,
        purpose=purpose, opened_by=by, reason=fitting(reason), request_id=request_id,
    )  # fmt: skip
    _require_money(row)
    row.findings = [one.as_dict() for one in _judged(row)]
    add([row])
    audit.record(by=by, action="open_campaign", rows=[row], reason=row.reason)
    return row


@verb
def amend_campaign(*, by: User, campaign: Campaign, reason: str = "", **terms: Any) -> Campaign:
    """Change the days or the budget of a running campaign; never below what is planned already."""
    if unknown := set(terms) - set(TERMS):
        raise TypeError(f"{unknown} cannot be amended")
    [row] = locked([campaign], "unit", "fund__unit", "purpose")
    require_state([row], [CampaignState.OPEN], "修改")
    require_right(by, Can.KEEP_CAMPAIGNS, row.unit)
    for name, value in terms.items():
        setattr(row, name, _exact(value) if name == "budget" else value)
    if row.budget < row.planned:
        raise refuse(f"已安排{row.planned}元,预算不能减少到{row.budget}元", key="budget", row=row)
    row.reason = fitting(reason, row)
    row.findings = [one.as_dict() for one in _judged(row)]
    change([row], *TERMS, "reason", "findings")
    audit.record(by=by, action="amend_campaign", rows=[row], reason=row.reason)
    return row


@verb
def close_campaign(*, by: User, campaign: Campaign) -> Campaign:
    """End a campaign whose visits are all carried out or cancelled; nothing can be planned in it any more."""
    [row] = locked([campaign], "unit")
    require_state([row], [CampaignState.OPEN], "结束")
    require_right(by, Can.KEEP_CAMPAIGNS, row.unit)
    if left := row.visits.filter(state__in=UNFINISHED).count():
        raise refuse(f"还有{left}次走访没有完成,请先走访登记或取消", key="visits", row=row)
    move([row], state=CampaignState.CLOSED)
    audit.record(by=by, action="close_campaign", rows=[row])
    return row


def _exact(amount: Decimal) -> Decimal:
    try:
        return yuan(amount)
    except (ValueError, TypeError) as error:
        raise refuse(str(error), key="budget") from error


def _require_money(row: Campaign) -> None:
    """The fund is open, of this unit or one above it, and the purpose is one of its own."""
    if row.fund.state != FundState.OPEN:
        raise refuse(f"{row.fund}已结束,不能再使用", key="fund")
    if not row.fund.unit.contains(row.unit):
        raise refuse(f"{row.fund}属于{row.fund.unit},不能用于{row.unit}的走访活动", key="fund")
    if row.purpose.fund_id != row.fund_id or row.purpose.kind != AccountKind.PURPOSE:
        raise refuse(f"“{row.purpose}”不是{row.fund}的用途,请重新选择", key="purpose")


def _judged(row: Campaign) -> Sequence[Finding]:
    """What the rules find of a campaign; raises Refused where they, its days or its columns forbid it."""
    if row.budget <= 0:
        raise refuse("预算须大于零", key="budget")
    if row.starts_on > row.ends_on:
        raise refuse("结束日期不得早于开始日期", key="ends_on")
    if row.year not in (row.starts_on.year, row.ends_on.year):
        raise refuse(f"{row.starts_on}至{row.ends_on}不在{row.year}年内,请核对年度和日期", key="year")
    if unfit := faults(row, "request_id", "findings"):
        raise Refused(*unfit)
    book = Rulebook(clock.today(), keys=(CAMPAIGNS, BUDGET))
    findings = list(check_campaign(book, row.unit, row.occasion, row.budget))
    enforce(findings, reason=row.reason)
    return findings


