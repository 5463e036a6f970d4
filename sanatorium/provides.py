"""What the rest-and-recuperation business contributes to desk, navigation, timelines and checks."""

from carecore.access import Can
from carecore.registry import NavGroup, NavItem, Provides
from sanatorium import demo, desk
from sanatorium.checks import CHECKS
from sanatorium.resources.costs import CostImport
from sanatorium.resources.history import HistoryImport
from sanatorium.resources.nominations import NominationImport
from sanatorium.resources.quotas import QuotaImport
from sanatorium.views.batches import BatchList
from sanatorium.views.nominations import NominationList
from sanatorium.views.notices import NoticeList
from sanatorium.views.plans import PlanList, QuotaList
from sanatorium.views.venues import VenueList

NAV = NavGroup(
    "疗休养",
    (
        NavItem("年度计划", "plan_list", Can.SEE),
        NavItem("单位名额", "quota_list", Can.SEE),
        NavItem("推荐人选", "nomination_list", Can.SEE),
        NavItem("公示", "notice_list", Can.SEE),
        NavItem("疗休养院", "venue_list", Can.SEE),
        NavItem("批次", "batch_list", Can.SEE),
    ),
)

ACTIONS = {
    "open_plan": "编制计划", "copy_plan": "复制计划", "amend_plan": "修改计划", "publish_plan": "下达计划",
    "close_plan": "结束年度", "allocate": "分配名额", "transfer": "调剂名额", "return_places": "退回名额",
    "nominate": "推荐", "amend": "修改推荐", "attach_evidence": "补充佐证", "attach_sealed_form": "上传盖章推荐表",
    "withdraw": "撤销", "publish_notice": "公示", "cancel_notice": "撤回公示", "object_to": "登记异议",
    "settle_objection": "处理异议", "submit": "报送", "take_back": "撤回报送", "confirm": "组织人社确认",
    "review": "工会审核", "send_back": "退回", "approve": "批准", "reject": "不予批准", "give_up": "放弃",
    "replace": "递补", "prove": "补充佐证", "recheck": "重新核对佐证", "file_sealed_form": "上传盖章推荐表",
    "apply_venue": "申报疗休养院", "amend_venue": "修改疗休养院", "review_venue": "考察评估",
    "admit": "准入", "suspend": "暂停", "remove": "退出", "restore": "恢复", "open_batch": "开设批次",
    "amend_batch": "修改批次", "plan_programme": "安排活动", "assign": "编入批次", "unassign": "移出批次",
    "approve_batch": "批准批次", "amend_estimate": "调整每人预计费用", "cancel_batch": "取消批次", "record_attendance": "登记参加情况",
    "settle": "结算", "close_batch": "结清批次", "reopen_batch": "重开批次",
    "record_history": "登记历年参加情况",
}  # fmt: skip

PROVIDES = Provides(
    nav=(NAV,),
    exports={
        "plans": PlanList, "quotas": QuotaList, "nominations": NominationList, "notices": NoticeList,
        "venues": VenueList, "batches": BatchList,
    },
    importers=(QuotaImport, NominationImport, CostImport, HistoryImport),
    desk=(desk.nominations, desk.notices, desk.batches),
    meters=(desk.quotas, desk.costs),
    checks=CHECKS,
    actions=ACTIONS,
    open_work=(desk.open_work,),
    demo=demo.CHAPTERS,
    documents={"sanatorium.batch": "batch_detail"},
)
