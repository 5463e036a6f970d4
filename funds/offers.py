"""Which verbs an application's page offers to whom, in which states, and what else may stand against them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from carecore import access
from carecore.access import Can
from carecore.models import Severity, User
from carecore.offers import Offer, offered
from carecore.workflow import Refused
from funds.models import Account, AccountKind, Application, ApplicationState, Decision
from funds.workflow.applications import DECIDES, WITHDRAWABLE, judged, lines_of
from funds.workflow.separation import apart, not_own_case

DRAFT, APPLIED, ACCEPTED, DECIDED, PAYING, *_ = ApplicationState


def _apart_from(*earlier: str) -> Callable[[User, Application], str]:
    """Why-not text of the separation of duties: the verb's own checks are asked."""

    def why(user: User, row: Application) -> str:
        try:
            apart(user, [row], *earlier)
            not_own_case(user, [row], lines_of([row]))
        except Refused as refusal:
            return refusal.findings[0].message
        return ""

    return why


_OWN, _AFTER_APPLYING, _AFTER_ACCEPTING = _apart_from(), _apart_from("applied_by"), _apart_from("applied_by", "accepted_by")


def _blocked(row: Application) -> str:
    """What a rule blocks today, in the words of the first finding."""
    found = judged([row], lines_of([row]))[row.pk]
    return next((finding.message for finding in found if finding.severity == Severity.BLOCK), "")


def _not_yet_handed_in(user: User, row: Application) -> str:
    return _blocked(row) or _OWN(user, row)


def available(row: Application) -> Account:
    """The fund's own account, whose balance the application draws on."""
    return Account.objects.get(fund=row.fund_id, kind=AccountKind.FUND)


def _not_acceptable(user: User, row: Application) -> str:
    left = available(row).available
    if row.asked > left:
        return f"{row.fund}可用余额{left}元,不足{row.asked}元"
    return _blocked(row) or _AFTER_APPLYING(user, row)


def _not_decidable(user: User, row: Application) -> str:
    rights = DECIDES.get(row.decision)
    if rights is None:
        return f"须由{Decision.MEETING.label}"
    if not any(access.may(user, right, row.fund.unit) for right in rights):
        return f"须由{Decision(row.decision).label},您没有“{rights[0].label}”权限"
    return _AFTER_ACCEPTING(user, row)


# What the unit may do, and what those who keep the fund may.
UNIT_OFFERS = (
    Offer("提交申请", "application_apply", (Can.APPLY,), (DRAFT,), why=_not_yet_handed_in),
    Offer("撤回申请", "application_withdraw", (Can.APPLY,), tuple(WITHDRAWABLE), needs_reason=True, danger=True),
)
FUND_OFFERS = (
    Offer("受理", "application_accept", (Can.ACCEPT,), (APPLIED,), why=_not_acceptable, later=(DRAFT,)),
    Offer("批准", "application_decide", (Can.DECIDE_MONEY, Can.ACCEPT), (ACCEPTED,), why=_not_decidable, later=(APPLIED,)),
    Offer("不予受理", "application_refuse", (Can.ACCEPT,), (APPLIED,), needs_reason=True, danger=True,
          why=_AFTER_APPLYING),
    Offer("不同意", "application_refuse", (Can.DECIDE_MONEY, Can.ACCEPT), (ACCEPTED,), needs_reason=True, danger=True,
          why=_not_decidable),
    Offer("退回", "application_send_back", (Can.ACCEPT,), (APPLIED, ACCEPTED), needs_reason=True, danger=True, why=_OWN),
)  # fmt: skip


def verbs_of(user: User, row: Application, forms: dict[str, Any]) -> list[dict[str, Any]]:
    """What `_partials/verbs.html` shows for this application; a reason is said once for verbs that share it."""
    shown = [*offered(user, row, row.unit, UNIT_OFFERS, forms=forms), *offered(user, row, row.fund.unit, FUND_OFFERS, forms=forms)]
    said: set[str] = set()
    for verb in shown:
        if verb["why_not"] in said:
            verb["why_not"] = ""
        said.add(verb["why_not"])
    return shown


def next_step(row: Application) -> str:
    """What comes next for this application and who does it; nothing where it has come to its end."""
    if row.state == DRAFT:
        return f"已退回:{row.reason}。修改后重新提交。" if row.reason else "草稿,核对无误后提交申请。"
    return {
        APPLIED: f"待{row.fund.unit}受理。",
        ACCEPTED: f"已受理并预留资金,待{row.get_decision_display()}。",
        DECIDED: "已批准,待编制支付单。",
        PAYING: "正在支付。",
    }.get(row.state, "")


def more_pages(user: User, row: Application) -> list[dict[str, str]]:
    """Links to the pages that take the application on."""
    unit, links = row.fund.unit, []
    if row.state == DRAFT and access.may(user, Can.APPLY, row.unit):
        links.append({"label": "修改", "url": reverse("application_edit", args=[row.pk])})
    if row.state == ACCEPTED and access.may(user, Can.RECORD_MEETING, unit):
        links.append({"label": "登记会议决定", "url": f"{reverse('meeting_new')}?application={row.pk}"})
    if row.state == DECIDED and any(access.may(user, right, unit) for right in (Can.PAY, Can.ACCEPT)):
        links.append({"label": "编制支付单", "url": f"{reverse('payment_new')}?application={row.pk}"})
    return links
