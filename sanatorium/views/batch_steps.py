"""Which steps a batch's page offers to whom, and in words why one is not possible yet."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from carecore import access, clock
from carecore.access import Can
from carecore.models import Severity, User
from carecore.offers import Offer, offered
from sanatorium.forms.batches import AmendEstimateForm, EstimateForm
from sanatorium.models import Batch, BatchState, Cost, State
from sanatorium.queries import held_by
from sanatorium.rules.frozen import entry_of
from sanatorium.rules.funding import FUND_SOURCE, needs_estimate
from sanatorium.rules.stays import check_group
from sanatorium.workflow import funding
from sanatorium.workflow.batches import SEATING

ARRANGING, APPROVED, ATTENDED, CLOSED, _ = BatchState
COURSE = (ARRANGING, APPROVED, ATTENDED, CLOSED)


def _not_approvable(user: User, batch: Batch) -> str:
    if batch.seats == 0:
        return "尚未编入人员"
    if batch.opened_by_id == user.pk:
        return f"{batch}由您编排,请由他人批准"
    found = [*check_group(batch), *funding.choose(batch, None)]
    blocking = [f for f in found if f.severity == Severity.BLOCK and f.key != "estimate"]
    return blocking[0].message if blocking else ""


def _not_closable(user: User, batch: Batch) -> str:
    came = batch.nominations.filter(state=State.ATTENDED)
    if missing := came.filter(cost=None).count():
        return f"还有{missing}人未登记费用"
    if batch.approved_by_id == user.pk:
        return f"{batch}由您批准,请由他人结清"
    if Cost.objects.filter(nomination__batch=batch, recorded_by=user).exists():
        return f"{batch}由您结算,请由他人结清"
    return ""


OFFERS = (
    Offer("批准批次", "batch_approve", (Can.APPROVE,), (ARRANGING,), why=_not_approvable),
    Offer("取消批次", "batch_cancel", (Can.ARRANGE,), (ARRANGING,), needs_reason=True, danger=True),
    Offer("取消批次", "batch_cancel", (Can.APPROVE,), (APPROVED,), needs_reason=True, danger=True),
    Offer("结清批次", "batch_close", (Can.CLOSE,), (ATTENDED,), why=_not_closable, later=(APPROVED,)),
    Offer("重开批次", "batch_reopen", (Can.CLOSE,), (CLOSED,), needs_reason=True, danger=True),
)
ESTIMATE = Offer("调整每人预计费用", "batch_amend_estimate", (Can.APPROVE,), (APPROVED, ATTENDED))
# Steps that have a page of their own: label, route, right, states.
PAGES = (
    ("修改", "batch_edit", Can.ARRANGE, (ARRANGING,)),
    ("活动安排", "batch_programme", Can.ARRANGE, (ARRANGING,)),
    ("编入人员", "batch_assign", Can.ARRANGE, tuple(SEATING)),
    ("登记参加情况", "batch_attendance", Can.SETTLE, (APPROVED, ATTENDED)),
    ("费用结算", "batch_settlement", Can.SETTLE, (ATTENDED,)),
)


def steps(user: User, batch: Batch) -> dict[str, list[dict[str, Any]]]:
    """`pages` as links, and `verbs` with what stands against those that are not possible."""
    unit, links, blocked = batch.plan.unit, [], []
    for label, route, right, states in PAGES:
        if not access.may(user, right, unit) or _is_over(batch, states):
            continue
        why = _why_no_page(batch, route, states)
        if why:
            blocked.append({"label": label, "enabled": False, "why_not": why})
        else:
            links.append({"label": label, "url": reverse(route, args=[batch.pk])})
    offers, forms = OFFERS, {}
    if needs_estimate(batch):
        offers = (*OFFERS, ESTIMATE) if batch.fund_id else OFFERS
        forms = {
            "batch_approve": EstimateForm(auto_id="approve_%s"),
            "batch_amend_estimate": AmendEstimateForm(initial={"estimate": batch.estimate}, auto_id="amend_%s"),
        }
    return {"pages": links, "verbs": [*offered(user, batch, unit, offers, forms=forms), *blocked]}


def money(user: User, batch: Batch) -> dict[str, Any] | None:
    """Which fund pays for a batch, what is held and what was paid, for its card; None where no rule asks for one.

    While it is being arranged: the fund that its approval would hold the money in, and what stands against it.
    """
    if entry_of(batch, FUND_SOURCE) is None:
        return None
    proposed = batch.state == ARRANGING
    against = funding.choose(batch, None) if proposed else []
    fund, voucher = batch.fund, batch.voucher
    seen = fund is not None and access.may(user, Can.SEE, fund.unit)
    return {
        "proposed": proposed, "fund": fund, "held": held_by(batch), "voucher": voucher,
        "against": [f for f in against if f.key != "estimate"],
        "fund_url": reverse("fund_detail", args=[fund.pk]) if seen else "",
        "voucher_url": reverse("voucher_detail", args=[voucher.pk]) if seen and voucher else "",
    }  # fmt: skip


def next_step(batch: Batch) -> str:
    """What comes next for this batch and who does it; nothing where it has come to its end."""
    if batch.state == APPROVED:
        return f"{batch.starts_on.month}月{batch.starts_on.day}日开始后,由工会经办登记参加情况。"
    if batch.state == ATTENDED:
        missing = batch.nominations.filter(state=State.ATTENDED, cost=None).count()
        return f"待工会经办登记费用,还缺{missing}人。" if missing else "费用已登记,待经费负责人或未批准本期的工会负责人核对结清。"
    if batch.state == ARRANGING:
        return "编排完成,待工会负责人批准。" if batch.seats else "先编入人员,再由工会负责人批准。"
    return ""


def _is_over(batch: Batch, states: tuple[str, ...]) -> bool:
    """Whether the batch is past all these states: then the step needs no word any more."""
    return batch.state not in COURSE or COURSE.index(batch.state) > max(COURSE.index(s) for s in states)


def _why_no_page(batch: Batch, route: str, states: tuple[str, ...]) -> str:
    if batch.state not in states:
        return f"现为“{batch.state}”,须为“{'”或“'.join(states)}”"
    if route == "batch_assign" and not batch.free_seats:
        return f"{batch.capacity}个席位已满"
    if route == "batch_attendance" and clock.today() < batch.starts_on:
        return f"{batch.starts_on.month}月{batch.starts_on.day}日开始后才能登记"
    return ""
