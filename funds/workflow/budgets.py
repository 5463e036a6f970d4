"""What a fund needs and plans to spend in a year (TX1-13)."""

from __future__ import annotations

from decimal import Decimal

from carecore import audit
from carecore.access import Can
from carecore.models import User
from carecore.workflow import add, change, locked_all, refuse, require_right, verb
from funds.models import Account, AccountKind, Budget, Fund


@verb
def set_budget(
    *, by: User, fund: Fund, year: int, planned: Decimal, purpose: Account | None = None, need: Decimal | None = None
) -> Budget:
    """Set what is planned and, where known, needed (yuan) for a fund's year, whole or for one of its purposes."""
    require_right(by, Can.KEEP_FUNDS, fund.unit)
    locked_all(Fund.objects.filter(pk=fund.pk))  # two budgets of one year cannot be begun at once
    if purpose is not None and (purpose.fund_id != fund.pk or purpose.kind != AccountKind.PURPOSE):
        raise refuse(f"“{purpose}”不是{fund}的用途", key="purpose", row=fund)
    if planned < 0 or (need is not None and need < 0):
        raise refuse("预算金额不得为负", key="planned", row=fund)
    known = locked_all(Budget.objects.filter(fund=fund, year=year, purpose=purpose))
    budget = known[0] if known else Budget(fund=fund, year=year, purpose=purpose)
    budget.planned, budget.need = planned, need
    if known:
        change([budget], "planned", "need")
    else:
        add([budget])
    audit.record(by=by, action="set_budget", rows=[budget])
    return budget
