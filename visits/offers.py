"""Which verbs the pages of campaigns and visits offer to whom, and in words why one is not possible."""

from __future__ import annotations

from carecore.access import Can
from carecore.models import User
from carecore.offers import Offer
from carecore.workflow import Refused
from visits.models import Campaign, CampaignState, Visit, VisitState
from visits.workflow.campaigns import UNFINISHED
from visits.workflow.separation import apart_all

PLANNED, APPROVED, DONE, PAYING, PAID, _ = VisitState


def _not_approvable(user: User, row: Visit) -> str:
    try:
        apart_all(user, [row], {"安排": "planned_by_id"})
    except Refused as refusal:
        return refusal.findings[0].message
    return "涉及您本人,请由他人办理" if user.person_id and user.person_id == row.receiver_id else ""


def _no_need(user: User, row: Visit) -> str:
    return "" if row.measure and row.measure_done_on is None else "没有待办结的帮扶措施"


def _not_closable(user: User, row: Campaign) -> str:
    left = row.visits.filter(state__in=UNFINISHED).count()
    return f"还有{left}次走访没有完成" if left else ""


VISIT_OFFERS = (
    Offer("批准", "visit_approve", (Can.APPROVE_VISITS,), (PLANNED,), why=_not_approvable),
    Offer("登记走访", "visit_carry_out", (Can.PLAN_VISITS,), (APPROVED,), later=(PLANNED,)),
    Offer("办结帮扶措施", "visit_meet_need", (Can.PLAN_VISITS,), (DONE, PAYING, PAID), why=_no_need),
    Offer("取消", "visit_cancel", (Can.PLAN_VISITS, Can.APPROVE_VISITS), (PLANNED, APPROVED), needs_reason=True, danger=True),
)
CAMPAIGN_OFFERS = (
    Offer("结束活动", "campaign_close", (Can.KEEP_CAMPAIGNS,), (CampaignState.OPEN,), danger=True, why=_not_closable),
)  # fmt: skip
