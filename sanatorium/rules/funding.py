"""Which fund pays for a stay, how much it must have, and what it pays for (BZ-12, BZ-13); amounts in yuan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from carecore.models import Severity
from carecore.money import ZERO
from carecore.policy import Finding
from funds.models import Fund
from sanatorium.models import COST_KINDS, Batch, Cost
from sanatorium.rules.frozen import entry_of, under, wrong

FUND_SOURCE = "sanatorium.fund_source"
# What the person pays himself is taken off these in turn: his own share is board and lodging first.
OWN_SHARE = ("board", *(kind for kind in COST_KINDS if kind != "board"))


def kinds_of(batch: Batch) -> list[str]:
    """The kinds of fund that may pay for this batch; none where no rule asked for one when it was opened."""
    entry = entry_of(batch, FUND_SOURCE)
    return [part["code"] for part in entry["value"]] if entry else []


def needs_estimate(batch: Batch) -> bool:
    """Whether whoever approves says what each seat may cost: a fund must hold the money and nothing caps it."""
    return batch.cost_cap is None and entry_of(batch, FUND_SOURCE) is not None


def check_funding(batch: Batch, fund: Fund | None, free: Decimal) -> Iterator[Finding]:
    """What stands against holding the batch's money in `fund`, of which `free` yuan may be held for it (BZ-13)."""
    entry = entry_of(batch, FUND_SOURCE)
    if entry is None:
        return
    kinds = "或".join(kinds_of(batch))
    if fund is None:
        message = f"{batch.plan.unit}及上级单位没有可列支{batch}费用的{kinds},请先由经费负责人设立该项资金"
        yield under(entry, message)
    elif batch.per_person is None or batch.per_person <= 0:
        yield wrong("estimate", f"{batch}没有规定每人费用上限,请填写大于零的每人预计费用,以便在{fund}中预留")
    elif batch.allotted > free:
        message = (
            f"{batch}{batch.seats}人,每人{batch.per_person}元,须在{fund}中预留{batch.allotted}元,可用余额{free}元,"
            f"还差{batch.allotted - free}元,请先落实资金来源或减少人数"
        )
        finding = under(entry, message, asked=batch.allotted, limit=f"{kinds},可用{free}元")
        yield replace(finding, severity=Severity.BLOCK)  # no reason makes up for money that is not there


def check_payable(batch: Batch, total: Decimal) -> Iterator[Finding]:
    """The fund pays no more than was approved; only an estimate can be too low, a cap holds every cost."""
    entry = entry_of(batch, FUND_SOURCE)
    if entry is not None and total > batch.allotted:
        message = (
            f"{batch}应由{batch.fund}支付{total}元,批准时{batch.seats}人、每人{batch.per_person}元共{batch.allotted}元,"
            f"超出{total - batch.allotted}元,请核对费用,或由批准人调整每人预计费用"
        )
        finding = under(entry, message, asked=total, limit=f"{batch.allotted}元")
        yield replace(finding, severity=Severity.BLOCK)


def borne_by_kind(costs: Iterable[Cost]) -> dict[str, Decimal]:
    """What the programme bears of these costs by kind, exactly to the fen; kinds without any are left out.

    What a person pays himself is taken off his own costs: off board and lodging first, then off transport,
    training, medical care and insurance in this order. The sum is the sum of what is borne.
    """
    sums = dict.fromkeys(COST_KINDS, ZERO)
    for cost in costs:
        own = cost.self_paid
        for kind in OWN_SHARE:
            taken = min(own, getattr(cost, kind))
            sums[kind] += getattr(cost, kind) - taken
            own -= taken
    return {kind: amount for kind, amount in sums.items() if amount}
