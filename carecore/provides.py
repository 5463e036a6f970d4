"""What carecore itself contributes: navigation, desk, lists to export, importers, names of its actions."""

import datetime

from carecore import desk
from carecore.access import Can
from carecore.crowd import populate
from carecore.models import AuditEvent
from carecore.registry import Chapter, NavGroup, NavItem, Provides
from carecore.resources.facts import AppraisalImport, HonourImport
from carecore.resources.people import PersonImport
from carecore.resources.units import UnitImport
from carecore.views.attachments import AttachmentList
from carecore.views.audit import AuditList
from carecore.views.jobs import JobList
from carecore.views.people import PersonList
from carecore.views.policy import DocumentList, RuleList
from carecore.views.units import UnitList
from carecore.views.users import UserList

NAV = (
    NavGroup("工作台", (NavItem("工作台", "desk"), NavItem("后台任务", "job_list")), place=0),
    NavGroup(
        "基础资料",
        (
            NavItem("人员", "person_list", Can.SEE),
            NavItem("单位", "unit_list"),
            NavItem("政策规则", "policy_in_force", Can.SEE),
            NavItem("附件", "attachment_list", Can.SEE),
            NavItem("表格导入", "import_index", Can.KEEP_PEOPLE),
        ),
        place=3,
    ),
    NavGroup(
        "管理",
        (NavItem("审计", "audit_list", Can.AUDIT), NavItem("账号与授权", "user_list", Can.ACCOUNTS)),
        place=4,
    ),
)

ACTIONS = {
    "sign_in": "登录",
    "sign_in_failed": "登录失败",
    "sign_in_locked": "登录被锁定",
    "sign_out": "退出登录",
    "install": "建立首个账号",
    "create_account": "建立账号",
    "amend_account": "修改账号",
    "appoint": "任职授权",
    "end_appointment": "终止授权",
    "hand_over": "移交未办事项",
    "reset_password": "重置密码",
    "change_password": "修改密码",
    "set_active": "停用或启用账号",
    "add_units": "新增单位",
    "amend_unit": "修改单位",
    "close_unit": "停用单位",
    "reopen_unit": "恢复单位",
    "register_people": "登记人员",
    "amend_person": "修改人员资料",
    "transfer_person": "调动人员",
    "reveal": "查看完整号码",
    "add_appraisals": "登记年度考核",
    "add_honours": "登记荣誉",
    "add_service": "登记任职经历",
    "amend_fact": "更正登记事项",
    "attach": "上传附件",
    "download": "下载文件",
    "duplicate_elsewhere": "证件号码在其他单位已登记",
    "settle_duplicate": "维持原登记",
    "add_fact": "登记考核、荣誉或经历",
    "export": "导出", "export_full": "导出含完整号码的名册",
    "add_document": "登记政策文件",
    "amend_document": "修改政策文件",
    "add_rule": "新增规则",
    "amend_rule": "修改未生效的规则",
    "end_rule": "终止规则",
    "follow_rule": "接续规则",
    "reopen_rule": "恢复原规则",
    "withdraw_rule": "撤回规则",
    "load_policy": "载入预置政策",
    "import_sheet": "导入",
}

PROVIDES = Provides(
    append_only=(AuditEvent,),
    nav=NAV,
    desk=(desk.duplicates, desk.ending_roles, desk.failed_jobs),
    importers=(UnitImport, PersonImport, AppraisalImport, HonourImport),
    exports={
        "people": PersonList, "units": UnitList, "users": UserList, "attachments": AttachmentList,
        "audit": AuditList, "jobs": JobList, "documents": DocumentList, "rules": RuleList,
    },
    actions=ACTIONS,
    demo=(Chapter(datetime.date(2026, 6, 19), populate),),
)  # fmt: skip
