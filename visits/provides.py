"""What hardship files and visits contribute to desk, navigation, timelines and checks."""

from carecore.access import Can
from carecore.registry import NavGroup, NavItem, Provides
from visits import case_desk, demo, desk
from visits.checks import CHECKS
from visits.models import HardshipCase, PayList
from visits.resources.hardship import HardshipImport
from visits.resources.party import PartyRegisterImport
from visits.resources.pay_lists import PayListImport
from visits.views.campaigns import CampaignList
from visits.views.cases import CaseList
from visits.views.visits import VisitList
from visits.workflow.paying import follow_payment

CASES = NavGroup(
    "困难帮扶",
    (NavItem("困难档案", "case_list", Can.SEE_HARDSHIP), NavItem("分类统计", "case_summary", Can.SEE_HARDSHIP)),
)

VISITS = NavGroup(
    "走访慰问",
    (
        NavItem("走访活动", "campaign_list", Can.SEE),
        NavItem("走访", "visit_list", Can.SEE),
    ),
)

CASE_ACTIONS = {
    "open_cases": "建立困难档案", "amend_case": "修改困难档案", "report": "上报困难档案", "endorse": "单位审核",
    "give_opinion": "提出意见", "recognise": "认定困难档案", "refuse_case": "不予认定", "return_case": "退回困难档案",
    "take_back_case": "撤回上报", "withdraw_case": "撤销困难档案", "add_member": "增加家庭成员",
    "change_member": "修改家庭成员", "drop_member": "移出家庭成员", "merge_cases": "合并困难档案",
    "keep_cases": "年度核实:保持", "adjust_case": "年度核实:调整", "exit_case": "退出困难档案",
}  # fmt: skip

VISIT_ACTIONS = {
    "open_campaign": "编制走访活动", "amend_campaign": "修改走访活动", "close_campaign": "结束走访活动",
    "plan_visits": "安排走访", "approve_visits": "批准走访", "carry_out": "登记走访", "cancel_visits": "取消走访",
    "meet_need": "办结帮扶措施", "prepare_payment": "编制走访发放单",
}  # fmt: skip

PROVIDES = Provides(
    nav=(CASES, VISITS),
    exports={"cases": CaseList, "campaigns": CampaignList, "visits": VisitList},
    importers=(HardshipImport, PartyRegisterImport, PayListImport),
    desk=(case_desk.cases, desk.visits),
    open_work=(case_desk.open_work, desk.open_work),
    checks=CHECKS,
    demo=demo.CHAPTERS,
    actions=CASE_ACTIONS | VISIT_ACTIONS,
    confidential={HardshipCase._meta.label_lower: Can.SEE_HARDSHIP},
    documents={HardshipCase._meta.label_lower: "case_detail", "visits.paylist": "pay_list_detail"},
    followers={PayList._meta.label_lower: follow_payment},
)
