"""Who decides on an application (LYG-10): the step of the rule that its amount falls under. Pure."""

from __future__ import annotations

from decimal import Decimal

from carecore.models import Severity, Unit
from carecore.policy import Finding, Rulebook, describe
from funds.models import Decision

DECISIONS = "funds.decisions"


def decision_on(book: Rulebook, unit: Unit, kind: str, amount: Decimal) -> tuple[Decision, Finding]:
    """Who decides on an amount in yuan, each step's end included, and in words why.

    Where no rule says so, or names nobody known, it is the meeting: the collective decision of LYG-10.
    """
    limit = book.limit(DECISIONS, unit, kind)
    if limit is None:
        message = f"没有规定{kind}的审批权限,按{Decision.MEETING.label}办理(LYG-10)"
        return Decision.MEETING, Finding(DECISIONS, Severity.INFO, message, str(amount), clause="LYG-10")
    step = next(step for step in limit.value if step["up_to"] is None or amount <= step["up_to"])
    decision = Decision(step["by"]) if step["by"] in Decision.values else Decision.MEETING
    message = f"申请金额{amount}元,审批权限为{decision.label}({limit.clause})"
    words = describe(limit.key, limit.value)
    return decision, Finding(DECISIONS, Severity.INFO, message, str(amount), words, limit.clause, limit.rule.pk)
