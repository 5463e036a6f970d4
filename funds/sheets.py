"""The official sheets of funds (FORMS 3.4.8): the 收支明细账 of a fund and the 年度收支汇总表 over funds.

What they say is taken from the ledger's rows and monthly counters; amounts in yuan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from carecore import clock
from carecore.models import User
from carecore.money import ZERO
from carecore.sheets.official import Official
from carecore.sheets.typed import Field, Kind, Row, summed
from carecore.templatetags.care import cn_date
from funds.models import AccountKind, Budget, Fund, Transfer
from funds.queries import (
    AccountYear,
    Figures,
    Line,
    accounts_in,
    before_month,
    figures_of,
    month_lines,
    months_in,
    on_days,
    opening_label,
    span,
)

SIGNATURES = ("单位负责人:", "审核:", "出纳:", "制表:")
RED = "注:金额单位为元;冲销、退回以负数(红字)列在原栏。"
NUMBER, BALANCE = 1, 7  # places of the voucher's number and of the balance in a statement


def entries(fund: Fund, year: int, month: int | None = None) -> list[Transfer]:
    """What the statement of a fund lists for a year or one of its months, in order."""
    rows = on_days(Transfer.objects.all(), fund, *span(year, month))
    return list(rows.select_related("voucher__by", "from_account", "to_account").order_by("pk"))


def statement(fund: Fund, rows: Sequence[Transfer], year: int, month: int | None = None) -> Official:
    """The 专项资金收支明细账: carried over, each entry with its balance, 本月合计 and 本年累计, 合计."""
    opening = figures_of(accounts_in([fund], year)[fund.pk]).opening
    found, begins = months_in(fund, year, opening), month or 1
    months = {one.number: one for one in found}
    carried = Line(opening_label(begins), None, None, before_month(found, begins, opening))
    lines: list[Row] = [_line(fund, carried)]
    for place, row in enumerate(rows):
        lines.append(_entry(fund, row))
        number = row.voucher.dated.month
        if place + 1 == len(rows) or rows[place + 1].voucher.dated.month != number:
            lines += [_line(fund, line) for line in month_lines(months[number])]
    return Official(
        title="专项资金收支明细账",
        fields=(
            Field("日期", Kind.DATE), Field("凭证号", width=12), Field("摘要", width=34), Field("资金名称", width=22),
            Field("来源/去向", width=16), Field("收入", Kind.MONEY, 15, total=_of_entries),
            Field("支出", Kind.MONEY, 15, total=_of_entries), Field("结余", Kind.MONEY, 15, total=_last),
            Field("经手人", width=11), Field("备注", width=16),
        ),
        rows=lines,
        left=f"单位(盖章):{fund.unit}",
        right=f"期间:{year}年{month or ''}{'月' if month else ''}",
        signatures=SIGNATURES,
        notes=(RED,),
    )  # fmt: skip


def _entry(fund: Fund, row: Transfer) -> Row:
    voucher = row.voucher
    return (
        voucher.dated, str(voucher), voucher.summary, fund.name, row.other.label, row.income, row.spent, row.balance,
        voucher.by.name if voucher.by else "系统", row.note,
    )  # fmt: skip


def _line(fund: Fund, line: Line) -> Row:
    return ("", "", line.label, fund.name, "", line.income, line.spent, line.balance, "", "")


def _of_entries(rows: Sequence[Row], place: int) -> object:
    """The sum of the entries alone, without the lines that sum up months."""
    return summed([row for row in rows if row[NUMBER]], place)


def _last(rows: Sequence[Row], place: int) -> object:
    return rows[-1][place]


# The year over all funds ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One line of a fund's year: what was planned for it, came from it or went to it."""

    label: str
    planned: Decimal | None = None
    income: Decimal | None = None
    spent: Decimal | None = None
    account: int | None = None


@dataclass(frozen=True)
class FundYear:
    """A fund's year in the summary."""

    fund: Fund
    figures: Figures
    items: list[Item]

    @property
    def planned(self) -> Decimal:
        return sum((item.planned or ZERO for item in self.items), ZERO)


def yearly(user: User, year: int) -> list[FundYear]:
    """The year of every fund this user sees, by unit; three queries however many funds there are."""
    funds = list(Fund.objects.visible_to(user).select_related("unit").order_by("unit__path", "pk"))
    accounts = accounts_in(funds, year)
    planned: dict[int, dict[int | None, Decimal]] = {fund.pk: {} for fund in funds}
    for fund, purpose, amount in Budget.objects.filter(fund__in=funds, year=year).values_list("fund", "purpose", "planned"):
        planned[fund][purpose] = amount
    return [FundYear(fund, figures_of(accounts[fund.pk]), _items(accounts[fund.pk], planned[fund.pk])) for fund in funds]


def _items(rows: Iterable[AccountYear], planned: dict[int | None, Decimal]) -> list[Item]:
    """Sources and purposes that moved or were planned for; what was planned beyond them has a line of its own."""
    items = []
    for row in rows:
        account, plan = row.account, planned.get(row.account.pk)
        moved = row.incoming or row.outgoing
        if account.kind == AccountKind.SOURCE and moved:
            items.append(Item(f"收入:{account}", income=row.net, account=account.pk))
        elif account.kind == AccountKind.PURPOSE and (moved or plan is not None):
            items.append(Item(f"支出:{account}", planned=plan, spent=row.net, account=account.pk))
    rest = planned.get(None, ZERO) - sum((amount for purpose, amount in planned.items() if purpose), ZERO)
    return [*items, *([Item("未分用途的预算", planned=rest)] if rest > 0 else [])]


def summary(user: User, year: int) -> Official:
    """The 专项资金年度收支汇总表 of every fund this user sees: 小计 a fund, 合计 over all."""
    rows: list[Row] = []
    for one in yearly(user, year):
        name = f"{one.fund}({one.fund.unit})"
        rows.append((name, "上年结转", None, one.figures.opening, None, None, None))
        rows += [(name, item.label, item.planned, None, item.income, item.spent, None) for item in one.items]
    return Official(
        title=f"{year}年度专项资金收支汇总表",
        fields=(
            Field("资金名称", width=30), Field("项目", width=26), Field("本年预算", Kind.MONEY, 15, total=summed),
            Field("上年结转", Kind.MONEY, 15, total=summed), Field("本年收入", Kind.MONEY, 15, total=summed),
            Field("本年支出", Kind.MONEY, 15, total=summed), Field("年末结余", Kind.MONEY, 15, total=_closing),
        ),
        rows=rows,
        left="填报单位(盖章):",
        right=f"填报时间:{cn_date(clock.today())}",
        group=0,
        subtotals=True,
        signatures=SIGNATURES,
        notes=(RED, "注:“拨付、上缴”为资金之间的往来,合计中拨出与拨入各计一次;本年未结束的,年末结余为现有结余。"),
    )  # fmt: skip


def _closing(rows: Sequence[Row], place: int) -> object:
    """Carried over and income, less spending: the three columns before."""
    opening, income, spent = (summed(rows, place - back) for back in (3, 2, 1))
    return opening + income - spent
