"""The money of a batch (BZ-13): held in its fund when it is approved, paid by one voucher when it is closed.

These are no verbs: the verbs of a batch call them last, after every lock of their own. The batch's lock guards its
reservation. Locks: batch → … → reservation → accounts → book.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from carecore import clock
from carecore.models import User
from carecore.money import ZERO
from carecore.policy import Finding
from carecore.workflow import enforce, refuse
from funds import ledger
from funds.ledger import Entry, Leg
from funds.models import Account, AccountKind, Reservation, ReservationState, Voucher, VoucherKind
from sanatorium.models import Batch, BatchState, Cost
from sanatorium.queries import free_for, fund_for
from sanatorium.rules.funding import borne_by_kind, check_funding, check_payable


def choose(batch: Batch, estimate: Decimal | None) -> list[Finding]:
    """Name on the batch the fund that shall pay for it, and return what stands against holding its money there."""
    batch.fund = fund_for(batch)
    batch.estimate = estimate if batch.fund and batch.cost_cap is None else None
    return list(check_funding(batch, batch.fund, free_for(batch)))


def shortfall(batch: Batch) -> list[Finding]:
    """What stands against holding the money of all the seats that an approved batch has now."""
    if batch.fund is None or batch.state == BatchState.ARRANGING:
        return []
    return list(check_funding(batch, batch.fund, free_for(batch)))


def hold(*, by: User, batches: Sequence[Batch]) -> None:
    """Hold in the fund of each approved batch what its seats may cost now, no more and no less."""
    funded = {batch.pk: batch for batch in batches if batch.fund_id and batch.state != BatchState.ARRANGING}
    if not funded:
        return
    rows = Reservation.objects.filter(
        document_kind=Batch._meta.label_lower, document_id__in=funded, state=ReservationState.HELD
    )
    known = {row.document_id: row for row in rows}
    ledger.adjust(by=by, wanted={row: funded[pk].allotted for pk, row in known.items()})
    for pk, batch in funded.items():
        if pk not in known and batch.allotted:
            ledger.reserve(by=by, fund=batch.fund, amount=batch.allotted, document=batch)


def let_go(*, by: User, batch: Batch) -> None:
    """Give back whatever is held for a batch that will not set out."""
    if batch.fund_id:
        ledger.release(by=by, reservations=ledger.held_for(batch))


def pay(*, by: User, batch: Batch, costs: Sequence[Cost]) -> Voucher | None:
    """Pay a batch out of its fund by one voucher, a leg for each kind of cost (BZ-12), and give back the rest.

    Nothing is posted for a batch without a fund or without cost. Raises Refused above what was approved, where the
    fund has no such purpose, and where the ledger refuses.
    """
    if batch.fund is None:
        return None
    amounts = borne_by_kind(costs)
    total = sum(amounts.values(), ZERO)
    enforce(list(check_payable(batch, total)), row=batch)
    held = ledger.held_for(batch)
    if not total:
        ledger.release(by=by, reservations=held)
        return None
    if held:
        [reservation] = ledger.adjust(by=by, wanted={held[0]: total})
    else:  # it was closed without any cost before
        reservation = ledger.reserve(by=by, fund=batch.fund, amount=total, document=batch)
    [voucher] = ledger.post(by=by, entries=[
        Entry(
            fund=batch.fund, dated=clock.today(), kind=VoucherKind.PAYMENT, document=batch,
            summary=f"{batch}疗休养费用", basis=f"{batch.seats}人,批准{batch.allotted}元", reservation=reservation,
            legs=_legs(batch, amounts), revision=ledger.next_revision(batch),
        )
    ])  # fmt: skip
    return voucher


def _legs(batch: Batch, amounts: dict[str, Decimal]) -> list[Leg]:
    """One movement for each kind of cost, to the purpose of the same code."""
    rows = Account.objects.filter(fund=batch.fund_id, kind=AccountKind.PURPOSE, code__in=amounts)
    purposes = {row.code: row for row in rows}
    if missing := [str(Cost._meta.get_field(kind).verbose_name) for kind in amounts if kind not in purposes]:
        message = f"{batch.fund}没有{'、'.join(missing)}的用途,请由经费负责人按现行规则更新该资金的用途后再结清"
        raise refuse(message, key="funds.purposes", row=batch)
    return [Leg(other=purposes[kind], amount=amount) for kind, amount in amounts.items()]


def take_back(*, by: User, batch: Batch, reason: str) -> None:
    """Reverse the voucher of a closed batch and hold the same money again for its second closing."""
    if batch.voucher is None:
        return
    ledger.reverse(by=by, vouchers=[batch.voucher], dated=clock.today(), document=batch, reason=reason)
    ledger.reserve(by=by, fund=batch.fund, amount=batch.voucher.total, document=batch)
