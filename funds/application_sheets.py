"""The official form of an application: 专项资金使用审批表 (FORMS 3.4.7), on paper and as a file."""

from __future__ import annotations

from collections.abc import Sequence

from carecore.money import capital
from carecore.sheets.cards import Card
from carecore.sheets.formats import chinese_day
from funds.models import Application, ApplicationLine, Decision

TITLE = "专项资金使用审批表"
NAMED = 3  # so many payees stand in the form itself; more are listed below
SIGNED = "(盖章)    年    月    日"


def payees(lines: Sequence[ApplicationLine]) -> str:
    """张三、李四; of many the first and how many, since the list stands below."""
    names = "、".join(line.payee for line in lines[:NAMED])
    return names if len(lines) <= NAMED else f"{names}等{len(lines)}笔(明细附后)"


def boxes(row: Application) -> list[str]:
    """Whose opinion and seal the form asks for: the unit's, the office's, and that of whoever decides."""
    last = {Decision.OFFICE: "组织处审定意见", Decision.LEADER: "分管领导审批意见"}.get(row.decision, "书记会议研究决定意见")
    return ["申请单位党组织意见", "组织处受理意见", last]


def approval_form(row: Application, lines: Sequence[ApplicationLine], papers: Sequence[str]) -> Card:
    """The form with its empty boxes; the list of payees comes with more than one."""
    people = [(number, line.payee, line.amount, line.note) for number, line in enumerate(lines, 1)]
    decided = [] if row.decided is None else [_decided(row)]
    return Card(
        title=TITLE,
        left=f"申请单位:{row.unit}",
        right=f"申请日期:{chinese_day(row.applied_on) if row.applied_on else ''}",
        lines=[
            [("资金名称", row.fund.name), ("用途类别", row.purpose.label)],
            [("事由", row.subject)],
            [("申请金额(小写)", f"¥{row.asked:,.2f}"), ("申请金额(大写)", capital(row.asked))],
            [("收款人", payees(lines))],
            [("附件", "、".join(papers) or "无")],
            *decided,
        ],
        columns=("序号", "收款人", "金额(元)", "备注"),
        people=people if len(people) > 1 else (),
        boxes=[(label, SIGNED) for label in boxes(row)],
        foot=f"经办人:{row.applied_by.name}",
    )


def _decided(row: Application) -> list[tuple[str, object]]:
    words = f"¥{row.decided:,.2f}({capital(row.decided)})"
    return [("批准金额", words), ("会议号", row.meeting.number)] if row.meeting else [("批准金额", words)]
