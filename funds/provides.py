"""What special funds contribute to desk, navigation, timelines and checks."""

from carecore.access import Can
from carecore.registry import NavGroup, NavItem, Provides
from funds import demo, desk
from funds.checks import CHECKS
from funds.models import Transfer, Voucher
from funds.resources.bank_results import BankResultImport
from funds.resources.dues import DuesImport
from funds.resources.openings import OpeningImport
from funds.views.applications import ApplicationList
from funds.views.dues import DuesList
from funds.views.funds import FundList
from funds.views.grants import GrantList
from funds.views.ledger import LedgerExport
from funds.views.meetings import MeetingList
from funds.views.payments import PaymentDetail, PaymentList
from funds.views.receipts import ReceiptList
from funds.views.registers import AccountabilityList, BudgetList, PeriodList, PublicationList
from funds.views.statement import StatementList
from funds.views.vouchers import VoucherList

NAV = NavGroup(
    "专项资金",
    (
        NavItem("资金", "fund_list", Can.SEE),
        NavItem("收入", "receipt_list", Can.SEE),
        NavItem("上缴党费", "dues_list", Can.SEE),
        NavItem("资金申请", "application_list", Can.SEE),
        NavItem("书记会议", "meeting_list", Can.SEE),
        NavItem("支付", "payment_list", Can.SEE),
        NavItem("拨付", "grant_list", Can.SEE),
        NavItem("凭证", "voucher_list", Can.SEE),
        NavItem("年度汇总", "fund_summary", Can.SEE),
        NavItem("预算", "budget_list", Can.SEE),
        NavItem("结账", "period_list", Can.SEE),
        NavItem("资助公布", "publication_list", Can.SEE),
        NavItem("责任追究", "accountability_list", Can.SEE),
    ),
    place=2,
)

ACTIONS = {
    "post": "记账", "reserve": "预留", "release": "释放预留", "adjust": "调整预留", "pass_down": "拨付", "confirm_arrival": "确认到账",
    "lapse": "结束资金", "close_period": "结账", "reopen_period": "反结账", "set_budget": "编制预算",
    "open_fund": "设立资金", "amend_fund": "修改资金", "refresh_accounts": "更新账户", "receive": "登记收入",
    "receive_many": "登记收入", "reverse_receipt": "冲销收入", "record_dues": "登记上缴党费", "correct_dues": "更正上缴党费",
    "open_accountability": "登记责任追究", "end_accountability": "办结责任追究", "publish": "公布资助",
    "prepare": "编制支付单", "prepare_application": "编制支付单", "amend_lines": "修改支付明细",
    "send_to_bank": "送银行代发", "bank_result": "登记代发结果", "pay_directly": "直接支付", "return_line": "登记退票",
    "repair_line": "更正退回明细", "cancel_payment": "作废支付单", "sign_for": "登记签领",
    "draft_application": "拟写资金申请", "amend_application": "修改资金申请", "apply": "提交资金申请",
    "accept": "受理", "send_back": "退回", "withdraw_application": "撤回资金申请", "decide": "审批",
    "refuse_application": "不同意", "record_meeting": "书记会议研究决定",
}  # fmt: skip

PROVIDES = Provides(
    nav=(NAV,),
    exports={
        "receipts": ReceiptList, "dues": DuesList,
        "applications": ApplicationList, "meetings": MeetingList,
        "funds": FundList, "vouchers": VoucherList, "statement": StatementList, "grants": GrantList,
        "budgets": BudgetList, "periods": PeriodList, "publications": PublicationList,
        "accountabilities": AccountabilityList, "ledger": LedgerExport,
        "payments": PaymentList, "payment_lines": PaymentDetail,
    },
    meters=(desk.funds,),
    importers=(DuesImport, OpeningImport, BankResultImport),
    documents={
        "funds.receipt": "receipt_detail", "funds.duesreturn": "dues_detail", "funds.application": "application_detail",
        "funds.payment": "payment_detail", "funds.grant": "grant_detail", "funds.voucher": "voucher_detail",
    },
    checks=CHECKS,
    append_only=(Voucher, Transfer),
    demo=demo.CHAPTERS,
    actions=ACTIONS,
    desk=(desk.applications,),
    open_work=(desk.open_work,),
)  # fmt: skip
