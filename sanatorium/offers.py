"""Which verbs a nomination's page offers to whom, in which states, and what else may stand against them."""

from __future__ import annotations

from collections.abc import Callable

from carecore import clock
from carecore.access import Can
from carecore.models import User
from carecore.offers import Offer
from carecore.policy import Rulebook
from carecore.workflow import Refused
from sanatorium.models import LIVE, Nomination, State
from sanatorium.models.nominations import Attention
from sanatorium.rules.nominations import person_fits
from sanatorium.workflow.nominations import WITHDRAWABLE, needs_confirming, notice_findings
from sanatorium.workflow.separation import separate

BEFORE_REVIEW = (State.DRAFT, State.ON_NOTICE, State.SUBMITTED, State.CONFIRMED)


def _apart_from(*earlier: str) -> Callable[[User, Nomination], str]:
    """Why-not text of the separation of duties: the verb's own check is asked."""

    def why(user: User, row: Nomination) -> str:
        try:
            separate(user, [row], *earlier)
        except Refused as refusal:
            return refusal.findings[0].message
        return ""

    return why


def _not_yet_submittable(user: User, row: Nomination) -> str:
    if row.lacks_evidence:
        return "缺佐证,请先补充佐证材料(BZ-5)"
    return next((finding.message for finding in notice_findings(row)), "") or _apart_from()(user, row)


def _not_yet_reviewable(user: User, row: Nomination) -> str:
    if row.state == State.SUBMITTED and needs_confirming(Rulebook(clock.today()), row):
        return f"“{row.quota_class}”的人选须先由组织人社确认(BZ-15)"
    return _apart_from("nominated_by", "submitted_by", "confirmed_by")(user, row)


def _not_confirmable(user: User, row: Nomination) -> str:
    if not needs_confirming(Rulebook(clock.today()), row):
        return f"“{row.quota_class}”的人选不需组织人社确认"
    return _apart_from("nominated_by", "submitted_by")(user, row)


_DECIDED = _apart_from("nominated_by", "submitted_by", "confirmed_by", "reviewed_by")


def _not_yet_approvable(user: User, row: Nomination) -> str:
    if not row.quota.free:
        return f"{row.quota.unit}的{row.quota.places}个名额已用完,可调剂名额或留作候补(BZ-4)"
    against = (*person_fits(row.person, row.unit), *notice_findings(row))
    return next((finding.message for finding in against), "") or _DECIDED(user, row)


RECHECK = Offer("重新核对佐证", "nomination_recheck", (Can.NOMINATE,), (State.DRAFT,))
NOMINATION_OFFERS = (
    Offer("补充佐证", "nomination_prove", (Can.NOMINATE,), (State.DRAFT,), multipart=True),
    Offer("报送", "nomination_submit", (Can.SUBMIT,), (State.ON_NOTICE, State.DRAFT), why=_not_yet_submittable),
    Offer("确认", "nomination_confirm", (Can.CONFIRM,), (State.SUBMITTED,), why=_not_confirmable,
          later=(State.DRAFT, State.ON_NOTICE)),
    Offer("审核", "nomination_review", (Can.REVIEW,), (State.SUBMITTED, State.CONFIRMED), why=_not_yet_reviewable,
          later=(State.DRAFT, State.ON_NOTICE)),
    Offer("批准", "nomination_approve", (Can.APPROVE,), (State.REVIEWED,), why=_not_yet_approvable,
          later=BEFORE_REVIEW),
    Offer("不予批准", "nomination_reject", (Can.APPROVE,), (State.REVIEWED,), needs_reason=True, danger=True,
          why=_DECIDED),
    Offer("撤回报送", "nomination_take_back", (Can.SUBMIT,), (State.SUBMITTED,), needs_reason=True, danger=True),
    Offer("退回", "nomination_send_back", (Can.REVIEW, Can.APPROVE),
          (State.SUBMITTED, State.CONFIRMED, State.REVIEWED), needs_reason=True, danger=True, why=_apart_from()),
    Offer("退回", "nomination_send_back", (Can.CONFIRM,), (State.SUBMITTED,), needs_reason=True, danger=True,
          why=_apart_from()),
    Offer("放弃", "nomination_give_up", (Can.NOMINATE, Can.ARRANGE), (State.APPROVED,), needs_reason=True, danger=True),
    Offer("撤销", "nomination_withdraw", (Can.NOMINATE, Can.SUBMIT), tuple(WITHDRAWABLE), needs_reason=True,
          danger=True),
    Offer("上传盖章推荐表", "nomination_seal", (Can.NOMINATE, Can.SUBMIT), LIVE, multipart=True),
)  # fmt: skip


def offers_of(row: Nomination) -> tuple[Offer, ...]:
    """The verbs of this nomination; evidence is looked at again only where some is missing."""
    if not row.lacks_evidence:
        return NOMINATION_OFFERS
    proving, *others = NOMINATION_OFFERS
    return (proving, RECHECK, *others)


def next_step(row: Nomination) -> str:
    """What comes next for this nomination and who does it; nothing where it has come to its end."""
    if row.state in (State.DRAFT, State.ON_NOTICE):
        owed = ";报送时须说明理由" if row.attention == Attention.REASON else ""
        return f"{_before_submission(row)}{owed}。"
    if row.state == State.SUBMITTED:
        first = needs_confirming(Rulebook(clock.today()), row)
        return "待组织人社确认(BZ-15)。" if first else "待工会审核。"
    if row.state == State.APPROVED:
        batch = row.batch
        return (
            f"已编入{batch},{batch.starts_on.month}月{batch.starts_on.day}日出发。"
            if batch
            else "已占用名额,待编入批次。"
        )
    return {State.CONFIRMED: "待工会审核。", State.REVIEWED: "已列入候补,待工会负责人批准。"}.get(
        row.state, ""
    )


def _before_submission(row: Nomination) -> str:
    if row.lacks_evidence:
        return "缺佐证,补充佐证材料后才能公示、报送"
    against = next((finding.message for finding in notice_findings(row)), "")
    if row.state == State.ON_NOTICE:
        return against or "公示期满,待单位负责人报送"
    if row.closing_reason:
        return f"已退回:{row.closing_reason}。修改后重新报送,公示内容有变更的须重新公示"
    return "草稿,下一步在本单位公示" if against else "草稿,待单位负责人报送"
