"""Funds are opened under the rules of their kind and follow them (LYG-8, LYG-9, TX3-12)."""

from __future__ import annotations

import datetime
from typing import Any
from uuid import UUID

from carecore import audit, clock
from carecore.access import Can
from carecore.models import Document, Unit, User
from carecore.policy import Rulebook
from carecore.workflow import (
    add,
    change,
    enforce,
    locked,
    locked_all,
    refuse,
    require_right,
    require_state,
    verb,
)
from funds import ledger
from funds.models import Account, AccountKind, Book, Fund, FundState
from funds.rules.funds import KIND_KEYS, fund_findings, kind_findings

AMENDABLE = ("name", "document", "ends_on")


@verb
def open_fund(
    *, by: User, unit: Unit, name: str, kind: str, document: Document, parent: Fund | None = None,
    ends_on: datetime.date | None = None, request_id: UUID | None = None,
) -> Fund:  # fmt: skip
    """Open a fund of a kind that the rules in force know, with its book and accounts (LYG-8, LYG-9).

    With a `parent` it is the fund below that money is passed down to (SX-4). Raises Refused for a kind without
    rules, a name that the unit's funds have, and a document or parent that does not reach the unit.
    """
    require_right(by, Can.MANAGE_FUNDS, unit)
    locked_all(Unit.objects.filter(pk=unit.pk))  # two of one name come one after the other
    if request_id and (made := Fund.objects.filter(request_id=request_id).first()):
        return made
    fund = Fund(
        unit=unit, name=name.strip(), kind=kind.strip(), document=document, parent=parent, ends_on=ends_on,
        opened_by=by, opened_on=clock.today(), request_id=request_id,
    )  # fmt: skip
    enforce([*kind_findings(fund, Rulebook(clock.today(), keys=KIND_KEYS)), *fund_findings(fund)])
    add([fund])
    Book.objects.create(fund=fund)
    accounts = ledger.open_accounts(fund=fund, on=clock.today())
    audit.record(by=by, action="open_fund", rows=[fund, *accounts])
    return fund


@verb
def amend_fund(*, by: User, fund: Fund, **facts: Any) -> Fund:
    """Put right a fund's name, document or last day; its kind stands, since its accounts do."""
    if unknown := set(facts) - set(AMENDABLE):
        raise TypeError(f"a fund has no {unknown} to amend")
    locked_all(Unit.objects.filter(pk=fund.unit_id))
    [fund] = locked([fund], "unit", "document__unit", "parent__unit")
    require_state([fund], [FundState.OPEN], "修改")
    require_right(by, Can.MANAGE_FUNDS, fund.unit)
    for name, value in facts.items():
        setattr(fund, name, value.strip() if isinstance(value, str) else value)
    enforce(list(fund_findings(fund)), row=fund)
    change([fund], *AMENDABLE)
    own = locked_all(Account.objects.filter(fund=fund, kind=AccountKind.FUND).exclude(label=fund.name))
    for account in own:
        account.label = fund.name
    change(own, "label")
    audit.record(by=by, action="amend_fund", rows=[fund, *own])
    return fund


@verb
def refresh_accounts(*, by: User, fund: Fund) -> list[Account]:
    """Add the accounts that the rules name for this kind of fund by now; raises Refused where none is missing."""
    [fund] = locked([fund], "unit")
    require_state([fund], [FundState.OPEN], "更新账户")
    require_right(by, Can.MANAGE_FUNDS, fund.unit)
    accounts = ledger.open_accounts(fund=fund, on=clock.today())
    if not accounts:
        raise refuse(f"{fund}的账户与现行规则一致,不用更新", key="accounts", row=fund)
    change([fund])
    audit.record(by=by, action="refresh_accounts", rows=[fund, *accounts])
    return accounts
