"""What hardship files and visits contribute to desk, navigation, timelines and checks."""

from carecore.registry import Provides

CASE_ACTIONS = {
    "open_cases": "建立困难档案", "amend_case": "修改困难档案", "report": "上报困难档案", "endorse": "单位审核",
    "give_opinion": "提出意见", "recognise": "认定困难档案", "refuse_case": "不予认定", "return_case": "退回困难档案",
    "take_back_case": "撤回上报", "withdraw_case": "撤销困难档案", "add_member": "增加家庭成员",
    "change_member": "修改家庭成员", "drop_member": "移出家庭成员", "merge_cases": "合并困难档案",
    "keep_cases": "年度核实:保持", "adjust_case": "年度核实:调整", "exit_case": "退出困难档案",
}  # fmt: skip

PROVIDES = Provides(actions=CASE_ACTIONS)
