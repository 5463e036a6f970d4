"""Who may do what: permission names, what each role may do, and the three questions asked of them.

A right is held by an appointment to a unit and reaches everything under that unit. There is no superuser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from carecore.models import Unit, User


class Role(models.TextChoices):
    CLERK = "clerk", "单位经办人"
    UNIT_LEAD = "unit_lead", "单位负责人"
    UNION_OFFICER = "union_officer", "工会经办"
    UNION_LEAD = "union_lead", "工会负责人"
    ORG_OFFICER = "org_officer", "组织部门经办"
    ORG_LEAD = "org_lead", "组织部门负责人"
    FUND_APPLICANT = "fund_applicant", "经费申请"
    FUND_OFFICE = "fund_office", "组织处受理"
    MEETING_CLERK = "meeting_clerk", "会议记录"
    CASHIER = "cashier", "出纳"
    FUND_LEAD = "fund_lead", "经费负责人"
    AUDITOR = "auditor", "审计"
    ADMINISTRATOR = "administrator", "系统管理员"


class Can(models.TextChoices):
    SEE = "see", "查看业务资料"
    REVEAL = "reveal", "查看完整证件号码"
    KEEP_PEOPLE = "keep_people", "维护人员资料"
    KEEP_UNITS = "keep_units", "维护单位目录"
    KEEP_RULES = "keep_rules", "维护政策规则"
    NOMINATE = "nominate", "推荐、公示"
    SUBMIT = "submit", "报送"
    PASS_DOWN = "pass_down", "向下分配名额"
    CONFIRM = "confirm", "组织人社确认"
    REVIEW = "review", "工会审核"
    APPROVE = "approve", "工会审批"
    PLAN = "plan", "编制计划、分配名额"
    KEEP_VENUES = "keep_venues", "维护疗休养院"
    ADMIT_VENUES = "admit_venues", "疗休养院准入、暂停、退出"
    ARRANGE = "arrange", "编排批次"
    SETTLE = "settle", "登记参加情况、结算"
    CLOSE = "close", "批次结清、重开"
    SEE_HARDSHIP = "see_hardship", "查看困难档案"
    KEEP_HARDSHIP = "keep_hardship", "建立、核实困难档案"
    ENDORSE_HARDSHIP = "endorse_hardship", "审核本单位困难档案"
    ADVISE_HARDSHIP = "advise_hardship", "对困难档案提出意见"
    RECOGNISE_HARDSHIP = "recognise_hardship", "认定困难档案"
    PLAN_VISITS = "plan_visits", "安排走访慰问"
    APPROVE_VISITS = "approve_visits", "批准走访慰问"
    KEEP_CAMPAIGNS = "keep_campaigns", "编制走访活动"
    APPLY = "apply", "申请使用资金"
    ACCEPT = "accept", "受理资金申请"
    RECORD_MEETING = "record_meeting", "登记书记会议决定"
    DECIDE_MONEY = "decide_money", "审批资金使用"
    PAY = "pay", "支付、发放"
    KEEP_FUNDS = "keep_funds", "登记资金收入、党费、预算"
    MANAGE_FUNDS = "manage_funds", "设立资金、下拨、结账、冲销"
    EXPORT_FULL = "export_full", "导出含完整证件号码的名册"
    AUDIT = "audit", "查看审计记录"
    ACCOUNTS = "accounts", "账号与授权"


RIGHTS: dict[str, frozenset[Can]] = {
    Role.CLERK: frozenset({
        Can.SEE, Can.REVEAL, Can.KEEP_PEOPLE, Can.NOMINATE, Can.SEE_HARDSHIP, Can.KEEP_HARDSHIP, Can.PLAN_VISITS,
    }),
    Role.UNIT_LEAD: frozenset({
        Can.SEE, Can.REVEAL, Can.SUBMIT, Can.PASS_DOWN, Can.SEE_HARDSHIP, Can.ENDORSE_HARDSHIP, Can.APPROVE_VISITS,
    }),
    Role.UNION_OFFICER: frozenset({
        Can.SEE, Can.REVEAL, Can.KEEP_PEOPLE, Can.NOMINATE, Can.PLAN, Can.REVIEW, Can.KEEP_VENUES,
        Can.ARRANGE, Can.SETTLE, Can.EXPORT_FULL, Can.SEE_HARDSHIP, Can.KEEP_HARDSHIP, Can.PLAN_VISITS,
        Can.KEEP_CAMPAIGNS,
    }),
    Role.UNION_LEAD: frozenset({
        Can.SEE, Can.REVEAL, Can.PLAN, Can.APPROVE, Can.ADMIT_VENUES, Can.CLOSE, Can.KEEP_RULES,
        Can.EXPORT_FULL, Can.SEE_HARDSHIP, Can.RECOGNISE_HARDSHIP, Can.APPROVE_VISITS,
    }),
    Role.ORG_OFFICER: frozenset({
        Can.SEE, Can.REVEAL, Can.KEEP_PEOPLE, Can.KEEP_UNITS, Can.NOMINATE, Can.CONFIRM, Can.SEE_HARDSHIP,
        Can.KEEP_HARDSHIP, Can.ADVISE_HARDSHIP, Can.PLAN_VISITS, Can.KEEP_CAMPAIGNS,
    }),
    Role.ORG_LEAD: frozenset({
        Can.SEE, Can.REVEAL, Can.KEEP_UNITS, Can.KEEP_RULES, Can.CONFIRM, Can.SEE_HARDSHIP, Can.ADVISE_HARDSHIP,
        Can.RECOGNISE_HARDSHIP, Can.APPROVE_VISITS,
    }),
    Role.FUND_APPLICANT: frozenset({Can.SEE, Can.REVEAL, Can.APPLY}),
    Role.FUND_OFFICE: frozenset({Can.SEE, Can.REVEAL, Can.ACCEPT, Can.KEEP_FUNDS, Can.EXPORT_FULL}),
    Role.MEETING_CLERK: frozenset({Can.SEE, Can.RECORD_MEETING}),
    Role.CASHIER: frozenset({Can.SEE, Can.REVEAL, Can.PAY, Can.EXPORT_FULL}),
    Role.FUND_LEAD: frozenset({
        Can.SEE, Can.REVEAL, Can.DECIDE_MONEY, Can.KEEP_FUNDS, Can.MANAGE_FUNDS, Can.KEEP_RULES,
        Can.CLOSE, Can.EXPORT_FULL,
    }),
    Role.AUDITOR: frozenset({Can.SEE, Can.REVEAL, Can.AUDIT, Can.EXPORT_FULL, Can.SEE_HARDSHIP}),
    Role.ADMINISTRATOR: frozenset({Can.ACCOUNTS}),
}  # fmt: skip

# Whoever decides on others must be known as a person, so that nobody decides on their own case.
DECIDING = frozenset({
    Can.SUBMIT, Can.CONFIRM, Can.REVIEW, Can.APPROVE, Can.CLOSE, Can.ACCEPT, Can.RECORD_MEETING,
    Can.DECIDE_MONEY, Can.PAY, Can.MANAGE_FUNDS, Can.ENDORSE_HARDSHIP, Can.ADVISE_HARDSHIP,
    Can.RECOGNISE_HARDSHIP, Can.APPROVE_VISITS,
})  # fmt: skip

# Whoever changes something in the business may also file papers; who only reads may not.
WORKING = frozenset(Can) - {Can.SEE, Can.SEE_HARDSHIP, Can.REVEAL, Can.EXPORT_FULL, Can.AUDIT, Can.ACCOUNTS}


def scope(user: User, permission: Can) -> list[str]:
    """Paths of the subtrees in which the user holds this permission today; nested ones are dropped."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return []
    paths = sorted({a.unit.path for a in user.appointments_today if permission in RIGHTS[a.role]})
    heads: list[str] = []
    for path in paths:
        if not heads or not path.startswith(heads[-1]):
            heads.append(path)
    return heads


def may(user: User, permission: Can, unit: Unit | None = None) -> bool:
    """Whether the user holds the permission for this unit, or, without a unit, anywhere."""
    paths = scope(user, permission)
    return bool(paths) if unit is None else any(unit.path.startswith(path) for path in paths)


def unit_scope(user: User) -> list[str]:
    """Paths of the subtrees whose units the user may know of at all, whatever the role."""
    return sorted({path for permission in (Can.SEE, Can.ACCOUNTS) for path in scope(user, permission)})
