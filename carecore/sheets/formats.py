"""The official sheets of a sanatorium year: which columns, in which order, with which totals (FORMS 3.1).

Each function takes plain rows and returns an Official. Money is Decimal yuan; days are dates, both ends
inclusive.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from carecore.money import CENT, ZERO
from carecore.sheets.official import Official
from carecore.sheets.typed import Field, Kind, Row, counted, summed

SIGNATURES = ("单位负责人:", "审核人:", "制表人:")


class RosterRow(NamedTuple):
    """One person of a roster; dates and months as they are to be printed."""

    unit: str
    name: str
    sex: str
    born: str
    id_number: str
    nation: str = ""
    political: str = ""
    post: str = ""
    ground: str = ""
    honours: str = ""
    service: str = ""
    recent: str = ""
    batch: str = ""
    venue: str = ""
    period: str = ""
    days: int | None = None
    phone: str = ""
    health: str = ""
    emergency: str = ""
    remark: str = ""


class AllocationRow(NamedTuple):
    """The places of one unit in its class."""

    kind: str
    unit: str
    places: int
    remark: str = ""


class CostRow(NamedTuple):
    """The five kinds of cost of one person, yuan (BZ-12)."""

    name: str
    id_number: str
    unit: str
    transport: Decimal
    board: Decimal
    training: Decimal
    medical: Decimal
    insurance: Decimal
    remark: str = ""

    @property
    def total(self) -> Decimal:
        """Return the sum of the five kinds, yuan."""
        return sum(self[3:8], start=ZERO)


class StatisticsRow(NamedTuple):
    """The year of one unit: places, people by state, those who took part by ground, what was spent (yuan)."""

    kind: str
    unit: str
    places: int
    nominated: int
    approved: int
    attended: int
    absent: int
    by_ground: Mapping[str, int]
    spent: Decimal


class TravellerRow(NamedTuple):
    """One person of a batch as the venue and the insurer need them."""

    name: str
    sex: str
    id_number: str
    unit: str
    phone: str
    health: str = ""
    emergency: str = ""
    remark: str = ""


class NoticeRow(NamedTuple):
    """One person of a public notice: never an identity number."""

    unit: str
    name: str
    post: str
    ground: str


def chinese_day(day: date) -> str:
    """Return a day as 2026年6月8日."""
    return f"{day.year}年{day.month}月{day.day}日"


def period(first: date, last: date) -> str:
    """Return the days of a batch as 2026年6月8日—6月13日(6天), both ends counted."""
    end = f"{last.month}月{last.day}日" if first.year == last.year else chinese_day(last)
    return f"{chinese_day(first)}—{end}({(last - first).days + 1}天)"


def roster(
    rows: Sequence[RosterRow], *, year: int, filed_by: str, filed_on: date, annex: str = "附件1"
) -> Official:
    """Return the 花名册 of a year, units merged, people counted (FORMS 3.1.4); rows come ordered by unit."""
    reason, stay = "推荐情况", "疗休养安排"
    fields = (
        Field("序号", Kind.NUMBER, 5),
        Field("单位", width=16),
        Field("姓名", width=9, total=counted),
        Field("性别", width=5),
        Field("出生年月", width=9),
        Field("身份证号", Kind.ID, 20),
        Field("民族", width=6),
        Field("政治面貌", width=9),
        Field("职务(岗位)", width=11),
        Field("推荐类别", width=18, group=reason),
        Field("荣誉称号及时间", width=16, group=reason),
        Field("参加工作时间", width=10),
        Field("近三年是否参加", width=9),
        Field("批次", width=7, group=stay),
        Field("地点", width=14, group=stay),
        Field("起止时间", width=16, group=stay),
        Field("天数", Kind.NUMBER, 5, group=stay),
        Field("联系电话", Kind.ID, 13),
        Field("健康状况", width=9),
        Field("紧急联系人", width=14),
        Field("备注", width=10),
    )
    return Official(
        title=f"{year}年度干部职工疗休养花名册",
        fields=fields,
        rows=_numbered(rows),
        annex=annex,
        left=f"填报单位(盖章):{filed_by}",
        right=f"填报时间:{chinese_day(filed_on)}",
        group=1,
        signatures=SIGNATURES,
    )


def allocation(rows: Sequence[AllocationRow], *, year: int) -> Official:
    """Return the 名额分配表 of a year: classes merged, 小计 per class, 合计; rows come ordered by class."""
    fields = (
        Field("类别", width=22),
        Field("单位", width=36),
        Field("名额", Kind.NUMBER, 12, total=summed),
        Field("备注", width=26),
    )
    return Official(f"{year}年度干部职工疗休养名额分配表", fields, list(rows), group=0, subtotals=True)


def settlement(
    rows: Sequence[CostRow], *, batch: str, province: str, venue: str, first: date, last: date
) -> Official:
    """Return the 费用结算明细表 of a batch (第3期, 省内) with its 合计 in figures and capital numerals (BZ-12)."""
    fields = (
        Field("序号", Kind.NUMBER, 6),
        Field("姓名", width=10, total=counted),
        Field("身份证号", Kind.ID),
        Field("单位", width=26),
        *(
            Field(name, Kind.MONEY, 12, total=summed)
            for name in ("交通费", "食宿费", "培训费", "医疗费", "保险费")
        ),
        Field("合计", Kind.MONEY, 13, total=summed),
        Field("备注", width=14),
    )
    return Official(
        title=f"疗休养费用结算明细表({batch} {province})",
        fields=fields,
        rows=[(number, *row[:8], row.total, row.remark) for number, row in enumerate(rows, 1)],
        left=f"疗休养院:{venue}",
        right=f"起止时间:{period(first, last)}",
        in_words=9,
        signatures=("负责人:", "审核:", "制表:"),
    )


def statistics(
    rows: Sequence[StatisticsRow], *, year: int, grounds: Sequence[str], filed_by: str, filed_on: date
) -> Official:
    """Return the 统计表 of a year by unit, 小计 per class (FORMS 3.1.5).

    Who took part is split by the grounds in force; 人均费用 is what was spent divided by who took part.
    """
    people = "人数"
    fields = (
        Field("类别", width=16),
        Field("单位", width=26),
        Field("名额", Kind.NUMBER, 8, total=summed),
        *(Field(name, Kind.NUMBER, 8, people, summed) for name in ("推荐", "批准", "参加", "未参加")),
        *(Field(ground, Kind.NUMBER, 11, "参加人员推荐类别", summed) for ground in grounds),
        Field("总金额", Kind.MONEY, 14, total=summed),
        Field("人均费用", Kind.MONEY, 12, total=_mean_of_column),
    )
    laid_out = [
        (
            *row[:7],
            *(row.by_ground.get(ground, 0) for ground in grounds),
            row.spent,
            _mean(row.spent, row.attended),
        )
        for row in rows
    ]
    return Official(
        title=f"{year}年度干部职工疗休养统计表",
        fields=fields,
        rows=laid_out,
        left=f"填报单位(盖章):{filed_by}",
        right=f"填报时间:{chinese_day(filed_on)}",
        group=0,
        subtotals=True,
        signatures=SIGNATURES,
        notes=("注:金额单位为元;人均费用=总金额÷参加人数,四舍五入到分。",),
    )


ATTENDED_PLACE = 5


def _mean(spent: Decimal, people: int) -> Decimal | None:
    return (Decimal(spent) / people).quantize(CENT, ROUND_HALF_UP) if people else None


def _mean_of_column(rows: Sequence[Row], place: int) -> Decimal | None:
    """Return what was spent on each who took part, over several rows; the money stands one place to the left."""
    return _mean(summed(rows, place - 1), summed(rows, ATTENDED_PLACE))


def travellers(rows: Sequence[TravellerRow], *, batch: str, venue: str, first: date, last: date) -> Official:
    """Return the 出团名单 of a batch for the venue and the insurer, full identity numbers included."""
    fields = (
        Field("序号", Kind.NUMBER, 6),
        Field("姓名", width=11, total=counted),
        Field("性别", width=6),
        Field("身份证号", Kind.ID),
        Field("单位", width=28),
        Field("联系电话", Kind.ID, 14),
        Field("健康状况", width=12),
        Field("紧急联系人", width=18),
        Field("备注", width=16),
    )
    return Official(
        title=f"干部职工疗休养出团名单({batch})",
        fields=fields,
        rows=_numbered(rows),
        left=f"疗休养院:{venue}",
        right=f"起止时间:{period(first, last)}",
        signatures=("领队:", "审核:", "制表:"),
    )


def notice(rows: Sequence[NoticeRow], *, year: int, unit: str, notes: Sequence[str] = ()) -> Official:
    """Return the 名单公示 of a unit: name, unit, post and ground only (BZ-17); `notes` say days and contact."""
    fields = (
        Field("序号", Kind.NUMBER, 8),
        Field("单位", width=32),
        Field("姓名", width=14),
        Field("职务(岗位)", width=24),
        Field("推荐类别", width=32),
    )
    title = f"{year}年度干部职工疗休养推荐人选名单公示"
    return Official(title, fields, _numbered(rows), left=f"公示单位:{unit}", notes=tuple(notes))


def _numbered(rows: Sequence[Row]) -> list[Row]:
    return [(number, *row) for number, row in enumerate(rows, 1)]
