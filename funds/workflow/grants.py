"""Money from fund to fund (SX-4): passed down and confirmed on arrival, or swept up when a fund lapses.

Locks: the grant → accounts → books. Sent less received is what is on its way (在途).
"""

from __future__ import annotations

import uuid
from decimal import Decimal

from carecore import audit, clock
from carecore.access import Can
from carecore.models import User
from carecore.money import yuan
from carecore.reasons import written
from carecore.separation import apart
from carecore.workflow import add, locked, move, refuse, require_right, require_state, verb
from funds import ledger
from funds.models import (
    PASSED_DOWN,
    Account,
    AccountKind,
    Fund,
    FundState,
    Grant,
    GrantKind,
    GrantState,
    VoucherKind,
)


@verb
def pass_down(
    *, by: User, from_fund: Fund, to_fund: Fund, amount: Decimal, reference: str = "",
    request_id: uuid.UUID | None = None,
) -> Grant:  # fmt: skip
    """Send an amount (yuan) from a fund to one of the funds under it; it stays 在途 until its arrival is confirmed.

    Raises Refused where the other fund is not its child or not of its kind, and where not so much is available.
    """
    if request_id and (made := Grant.objects.filter(request_id=request_id).first()):
        return made
    require_right(by, Can.MANAGE_FUNDS, from_fund.unit)
    if to_fund.parent_id != from_fund.pk or to_fund.kind != from_fund.kind:
        raise refuse(f"{to_fund}不是{from_fund}的下级资金,不能拨付", key="to_fund", row=from_fund)
    if to_fund.state != FundState.OPEN:
        raise refuse(f"{to_fund}已结束,不能再拨入", key="to_fund", row=from_fund)
    grant = Grant(
        kind=GrantKind.DOWN, from_fund=from_fund, to_fund=to_fund, amount=yuan(amount), sent_on=clock.today(),
        sent_by=by, reference=reference, request_id=request_id,
    )  # fmt: skip
    if grant.amount <= 0:
        raise refuse("拨付金额须大于零", key="amount", row=from_fund)
    add([grant])
    ledger.post(by=by, entries=[_out(grant, f"拨付{to_fund.unit}{to_fund}")])
    audit.record(by=by, action="pass_down", rows=[grant])
    return grant


def _out(grant: Grant, summary: str) -> ledger.Entry:
    return _entry(grant, grant.from_fund, AccountKind.PURPOSE, VoucherKind.PAYMENT, summary)


def _in(grant: Grant, summary: str) -> ledger.Entry:
    return _entry(grant, grant.to_fund, AccountKind.SOURCE, VoucherKind.INCOME, summary)


def _entry(grant: Grant, fund: Fund, kind: AccountKind, voucher: VoucherKind, summary: str) -> ledger.Entry:
    """One end of a grant, today: the money leaves to, or comes from, the account that all such money goes by."""
    account = Account.objects.get(fund=fund, kind=kind, code=PASSED_DOWN)
    return ledger.Entry(
        fund=fund, dated=clock.today(), kind=voucher, summary=summary, document=grant,
        legs=[ledger.Leg(account, grant.amount)], basis=grant.reference,
    )  # fmt: skip


@verb
def confirm_arrival(*, by: User, grant: Grant) -> Grant:
    """The receiving unit says that the money has come; not whoever sent it. It may be used from then on."""
    [grant] = locked([grant], "from_fund__unit", "to_fund__unit")
    require_state([grant], [GrantState.SENT], "确认到账")
    require_right(by, Can.KEEP_FUNDS, grant.to_fund.unit)
    apart(by, grant, {"拨付": grant.sent_by_id})
    ledger.post(by=by, entries=[_in(grant, f"{grant.from_fund.unit}{grant.from_fund}拨入")])
    move([grant], state=GrantState.RECEIVED, received_on=clock.today(), received_by=by)
    audit.record(by=by, action="confirm_arrival", rows=[grant])
    return grant


@verb
def lapse(*, by: User, fund: Fund, into: Fund | None = None, reason: str) -> Fund:
    """End a fund: whatever it still holds goes into its parent, or another fund of the unit, in one transaction.

    Raises Refused while money is reserved or on its way, and where money is left and no fund takes it.
    """
    [fund] = locked([fund], "unit", "parent__unit")
    require_state([fund], [FundState.OPEN], "结束")
    require_right(by, Can.MANAGE_FUNDS, fund.unit)
    reason = written(reason, "请写明结束资金的理由", fund)
    own = Account.objects.get(fund=fund, kind=AccountKind.FUND)
    if own.reserved:
        raise refuse(f"{fund}尚有预留{own.reserved}元,付清或释放后再结束", key="reserved", row=fund)
    if fund.received.filter(state=GrantState.SENT).exists():
        raise refuse(f"{fund}尚有在途拨款,确认到账后再结束", key="grants", row=fund)
    rows = [fund]
    if own.balance:
        rows.append(_sweep(by, fund, into, own.balance, reason))
    move([fund], state=FundState.LAPSED)
    audit.record(by=by, action="lapse", rows=rows, reason=reason)
    return fund


def _sweep(by: User, fund: Fund, into: Fund | None, amount: Decimal, reason: str) -> Grant:
    """Two vouchers under one document, posted together."""
    takes = into is not None and into.pk != fund.pk and (into.pk == fund.parent_id or into.unit_id == fund.unit_id)
    if into is None or not takes or into.state != FundState.OPEN:
        raise refuse(f"{fund}尚余{amount}元,请选择收回结余的上级资金或本单位其他资金", key="into", row=fund)
    grant = Grant(
        kind=GrantKind.SWEEP, from_fund=fund, to_fund=into, amount=amount, sent_on=clock.today(), sent_by=by,
        received_on=clock.today(), received_by=by, state=GrantState.RECEIVED, reference=reason[:60],
    )  # fmt: skip
    add([grant])
    ledger.post(by=by, entries=[_out(grant, f"结余收回{into}"), _in(grant, f"收回{fund}结余")])
    return grant
