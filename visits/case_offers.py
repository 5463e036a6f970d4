"""Which verbs a hardship file's page offers to whom, in which states, and what else may stand against them."""

from __future__ import annotations

from collections.abc import Callable

from carecore import clock
from carecore.access import Can
from carecore.models import Severity, User
from carecore.offers import Offer
from carecore.workflow import Refused
from visits.models import CaseState, HardshipCase
from visits.workflow.cases import require_apart

BEFORE = (CaseState.DRAFT, CaseState.REPORTED, CaseState.ENDORSED)


def _apart_from(*earlier: str) -> Callable[[User, HardshipCase], str]:
    """Why-not text of the separation of duties: the verb's own check is asked."""

    def why(user: User, row: HardshipCase) -> str:
        try:
            require_apart(user, [row], *earlier)
        except Refused as refusal:
            return refusal.findings[0].message
        return ""

    return why


def _lacking(user: User, row: HardshipCase) -> str:
    blocking = [one["message"] for one in row.findings if one["severity"] == Severity.BLOCK]
    return ";".join(blocking)


def _verified(user: User, row: HardshipCase) -> str:
    year = clock.today().year
    return f"{year}年度已核实,每年核实一次" if row.verifications.filter(year=year).exists() else ""


KEEP, ENDORSE, ADVISE, RECOGNISE = (
    (right,) for right in (Can.KEEP_HARDSHIP, Can.ENDORSE_HARDSHIP, Can.ADVISE_HARDSHIP, Can.RECOGNISE_HARDSHIP)
)
DECIDING = _apart_from("reported_by", "endorsed_by", "opinion_by")
CASE_OFFERS = (
    Offer("上报", "case_report", KEEP, (CaseState.DRAFT,), why=_lacking),
    Offer("审核同意", "case_endorse", ENDORSE, (CaseState.REPORTED,), why=_apart_from("reported_by"),
          later=(CaseState.DRAFT,)),
    Offer("提出意见", "case_opinion", ADVISE, (CaseState.ENDORSED,), why=_apart_from("reported_by", "endorsed_by"),
          later=BEFORE[:2]),
    Offer("认定", "case_recognise", RECOGNISE, (CaseState.GIVEN_OPINION,), why=DECIDING, later=BEFORE),
    Offer("不予认定", "case_refuse", RECOGNISE, (CaseState.GIVEN_OPINION,), needs_reason=True, danger=True, why=DECIDING),
    Offer("年度核实:保持", "case_keep", KEEP, (CaseState.RECOGNISED,), why=_verified),
    Offer("年度核实:调整", "case_adjust", KEEP, (CaseState.RECOGNISED,), why=_verified),
    Offer("退回", "case_return", ENDORSE, (CaseState.REPORTED,), needs_reason=True, danger=True, why=_apart_from()),
    Offer("退回", "case_return", ADVISE, (CaseState.ENDORSED,), needs_reason=True, danger=True, why=_apart_from()),
    Offer("退回", "case_return", RECOGNISE, (CaseState.GIVEN_OPINION,), needs_reason=True, danger=True, why=_apart_from()),
    Offer("撤回上报", "case_take_back", KEEP, (CaseState.REPORTED,), needs_reason=True, danger=True),
    Offer("合并到另一份档案", "case_merge", KEEP, (CaseState.DRAFT, CaseState.RECOGNISED), danger=True),
    Offer("退出", "case_exit", KEEP, (CaseState.RECOGNISED,), needs_reason=True, danger=True),
    Offer("撤销", "case_withdraw", KEEP, (CaseState.DRAFT,), needs_reason=True, danger=True),
)  # fmt: skip
NEXT = {
    CaseState.DRAFT: "草稿,补全后由经办人上报。", CaseState.REPORTED: "待单位负责人审核。",
    CaseState.ENDORSED: "待组织人社部门提出意见(BZ-26)。", CaseState.GIVEN_OPINION: "待负责人认定。",
}  # fmt: skip


def next_step(row: HardshipCase) -> str:
    """What comes next for this file and who does it; nothing where it has come to its end."""
    return NEXT.get(CaseState(row.state), "")
