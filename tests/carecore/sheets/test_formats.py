"""The official sheets come out with their headings in order, merged cells, totals, signatures and page setup."""

import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from carecore.sheets import formats
from carecore.sheets.cells import amount
from carecore.sheets.formats import AllocationRow, CostRow, NoticeRow, RosterRow, StatisticsRow, TravellerRow
from carecore.sheets.official import write_official
from carecore.sheets.reader import Column, read
from tests.carecore.sheets.workbooks import PEOPLE, column, sample

FILED = {"filed_by": "市直机关工委", "filed_on": date(2026, 4, 10)}
STAY = {"first": date(2026, 6, 8), "last": date(2026, 6, 13)}


def written(official, exporter="王五"):
    stream = io.BytesIO()
    write_official(stream, official, exporter=exporter)
    return stream.getvalue()


def opened(official):
    return openpyxl.load_workbook(io.BytesIO(written(official))).active


def texts(sheet, row):
    return [cell.value for cell in sheet[row]]


def merged(sheet):
    return {str(area) for area in sheet.merged_cells.ranges}


def roster():
    rows = [
        RosterRow("甲局", "张三", "男", "1987.11", "379999198711226890", ground="获得记功奖励", days=6),
        RosterRow("甲局", "=李四", "女", "1992.06", "379999199206155125", phone="13900003708"),
        RosterRow("乙局", "王五", "男", "1974.02", "379999197402046533"),
    ]
    return formats.roster(rows, year=2026, **FILED)


def test_roster_headings_in_two_rows_under_the_title():
    sheet = opened(roster())
    assert [sheet[f"A{row}"].value for row in (1, 2, 3)] == [
        "附件1",
        "2026年度干部职工疗休养花名册",
        "填报单位(盖章):市直机关工委",
    ]
    assert sheet["L3"].value == "填报时间:2026年4月10日"
    assert [value for value in texts(sheet, 4) if value] == [
        "序号", "单位", "姓名", "性别", "出生年月", "身份证号", "民族", "政治面貌", "职务(岗位)", "推荐情况", "参加工作时间",
        "近三年是否参加", "疗休养安排", "联系电话", "健康状况", "紧急联系人", "备注",
    ]  # fmt: skip
    assert [value for value in texts(sheet, 5) if value] == [
        "推荐类别", "荣誉称号及时间", "批次", "地点", "起止时间", "天数",
    ]  # fmt: skip


def test_roster_merges_titles_groups_and_units():
    areas = merged(opened(roster()))
    assert {"A1:U1", "A2:U2", "A3:K3", "L3:U3"} <= areas
    assert {"A4:A5", "J4:K4", "N4:Q4", "U4:U5"} <= areas
    assert "B6:B7" in areas and not any(area.startswith("B8") for area in areas)


def test_roster_counts_people_and_ends_with_signatures():
    sheet = opened(roster())
    assert (sheet["A9"].value, sheet["C9"].value) == ("合计", "3人")
    assert [value for value in texts(sheet, 10) if value] == ["单位负责人:", "审核人:", "制表人:"]
    assert (sheet["C7"].data_type, sheet["C7"].value) == ("s", "=李四")
    assert (sheet["F6"].data_type, sheet["Q6"].value) == ("s", 6)


def test_every_official_sheet_is_a4_landscape_one_page_wide_with_its_header_on_each_page():
    sheet = opened(roster())
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert sheet.sheet_properties.pageSetUpPr.fitToPage is True
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0)
    assert sheet.print_title_rows == "$4:$5"
    assert sheet.print_area == "'2026年度干部职工疗休养花名册'!$A$1:$U$10"
    assert sheet.oddFooter.left.text == "导出人:王五"
    assert sheet.oddFooter.right.text == "第&P页 共&N页"
    assert sheet["C6"].border.left.style == sheet["U9"].border.bottom.style == "thin"


def test_a_row_is_as_high_as_its_longest_text_needs():
    ground = "长期从事苦、脏、累、险、有毒有害工种"
    person = ("男", "1987.11", "379999198711226890")
    rows = [RosterRow("甲局", name, *person, ground=why) for name, why in (("张三", ground), ("李四", "立功"))]
    sheet = opened(formats.roster(rows, year=2026, **FILED))
    assert [round(sheet.row_dimensions[row].height) for row in (6, 7)] == [30, 22]
    lines = [StatisticsRow("机关事业单位", "甲局", 39, 1, 1, 1, 0, {ground: 1}, Decimal("10.00"))]
    sheet = opened(formats.statistics(lines, year=2026, grounds=[ground], **FILED))
    header = next(row for row in range(1, 9) if ground in texts(sheet, row))
    assert sheet.row_dimensions[header].height > 30


def test_roster_is_read_back_as_it_was_written():
    reading = read(written(roster()), "花名册.xlsx", PEOPLE)
    assert [(line.cells["unit"], line.cells["name"]) for line in reading.lines] == [
        ("甲局", "张三"),
        ("甲局", "=李四"),
        ("乙局", "王五"),
    ]
    assert [entry.why for entry in reading.skipped] == ["合计行", "签字行"]


ALLOCATION = (
    Column("kind", ("类别",), fill_down=True),
    Column("unit", ("单位",), required=True),
    Column("places", ("名额",), required=True),
)


def allocation():
    lines = sample("09", ALLOCATION).lines
    return formats.allocation([AllocationRow(*line.cells.values()) for line in lines], year=2026)


def test_allocation_looks_like_the_sample_it_was_made_from():
    sheet = opened(allocation())
    assert sheet["A1"].value == "2026年度干部职工疗休养名额分配表"
    assert texts(sheet, 2) == ["类别", "单位", "名额", "备注"]
    assert {"A1:D1", "A3:A11", "A12:A20", "A21:B21"} == merged(sheet)
    assert [texts(sheet, row)[1:3] for row in (3, 11, 20)] == [["市财政局", 39], ["小计", 300], ["小计", 700]]
    assert texts(sheet, 21)[0:3:2] == ["合计", 1000]
    original = sample("09", ALLOCATION)
    again = read(written(allocation()), "x", ALLOCATION)
    assert [line.cells for line in again.lines] == [line.cells for line in original.lines]
    assert column(again, "kind").count("机关事业单位") == 8
    assert [total.cells["places"] for total in again.totals] == [300, 700, 1000]


COSTS = ("交通费", "食宿费", "培训费", "医疗费", "保险费")


def settlement():
    columns = [Column(key, (key,)) for key in ("姓名", "身份证号", "单位", *COSTS)]
    rows = [
        CostRow(*list(line.cells.values())[:3], *(amount(line.cells[key]) for key in COSTS))
        for line in sample("08", columns).lines
    ]
    return formats.settlement(rows, batch="第3期", province="省内", venue="青岛工人疗养院", **STAY), rows


def test_settlement_sums_each_kind_and_writes_the_total_in_capitals():
    official, rows = settlement()
    sheet = opened(official)
    assert sheet["A1"].value == "疗休养费用结算明细表(第3期 省内)"
    assert (sheet["A2"].value, sheet["G2"].value) == (
        "疗休养院:青岛工人疗养院",
        "起止时间:2026年6月8日—6月13日(6天)",
    )
    assert texts(sheet, 3) == ["序号", "姓名", "身份证号", "单位", *COSTS, "合计", "备注"]
    assert texts(sheet, 4)[4:10] == [279, 1864, 154, 256, 50, 2603]
    total = sum(row.total for row in rows)
    assert texts(sheet, 44)[:2] == ["合计", "40人"]
    assert Decimal(str(sheet["J44"].value)) == total
    assert Decimal(str(sheet["E44"].value)) == sum(row.transport for row in rows)
    assert sheet["A45"].value.startswith("合计人民币(大写):") and sheet["A45"].value.endswith(
        f"元整  ¥{total:,.2f}"
    )
    assert [value for value in texts(sheet, 46) if value] == ["负责人:", "审核:", "制表:"]
    assert sheet["E4"].number_format == "#,##0.00"


def test_settlement_is_read_back_with_its_total():
    official, rows = settlement()
    reading = read(written(official), "x", [Column("name", ("姓名",)), Column("total", ("合计",))])
    assert len(reading.lines) == 40
    assert [entry.why for entry in reading.skipped] == ["合计行", "合计行", "签字行"]
    assert amount(reading.totals[0].cells["total"]) == sum(row.total for row in rows)


def test_no_cost_at_all_is_written_as_zero():
    empty = formats.settlement([], batch="第1期", province="省外", venue="甲院", **STAY)
    assert opened(empty)["A5"].value == "合计人民币(大写):零元整  ¥0.00"


def test_statistics_split_those_who_took_part_by_ground_and_average_the_cost():
    grounds = ("获得记功奖励", "县区级表彰")
    rows = [
        StatisticsRow("机关事业单位", "甲局", 5, 4, 3, 2, 1, {"县区级表彰": 2}, Decimal("5000.00")),
        StatisticsRow("机关事业单位", "乙局", 2, 2, 2, 1, 1, {"获得记功奖励": 1}, Decimal("2500.00")),
        StatisticsRow("企业、社区(村)", "丙公司", 1, 0, 0, 0, 0, {}, Decimal("0.00")),
    ]
    sheet = opened(formats.statistics(rows, year=2026, grounds=grounds, **FILED))
    assert [value for value in texts(sheet, 3) if value] == [
        "类别", "单位", "名额", "人数", "参加人员推荐类别", "总金额", "人均费用",
    ]  # fmt: skip
    assert [value for value in texts(sheet, 4) if value] == ["推荐", "批准", "参加", "未参加", *grounds]
    assert texts(sheet, 5)[1:] == ["甲局", 5, 4, 3, 2, 1, 0, 2, 5000, 2500]
    assert texts(sheet, 7)[1:] == ["小计", 7, 6, 5, 3, 2, 1, 2, 7500, 2500]
    assert texts(sheet, 8)[1:] == ["丙公司", 1, 0, 0, 0, 0, 0, 0, 0, None]
    assert texts(sheet, 10)[2:] == [8, 6, 5, 3, 2, 1, 2, 7500, 2500]
    assert sheet["A10"].value == "合计"
    assert {"D3:G3", "H3:I3", "A5:A7", "A8:A9", "A10:B10"} <= merged(sheet)
    assert sheet["A12"].value.startswith("注:金额单位为元")


def test_travellers_carry_what_venue_and_insurer_need():
    rows = [
        TravellerRow("张三", "男", "379999198711226890", "甲局", "13900003860", emergency="李四 13900003861")
    ]
    sheet = opened(formats.travellers(rows, batch="第3期", venue="青岛工人疗养院", **STAY))
    assert sheet["A1"].value == "干部职工疗休养出团名单(第3期)"
    assert texts(sheet, 3) == [
        "序号",
        "姓名",
        "性别",
        "身份证号",
        "单位",
        "联系电话",
        "健康状况",
        "紧急联系人",
        "备注",
    ]
    assert texts(sheet, 4)[:4] == [1, "张三", "男", "379999198711226890"]
    assert sheet["D4"].data_type == sheet["F4"].data_type == "s"
    assert texts(sheet, 5)[:2] == ["合计", "1人"]


def test_notice_shows_unit_name_post_and_ground_only():
    official = formats.notice(
        [NoticeRow("甲局", "张三", "科长", "获得记功奖励")],
        year=2026,
        unit="甲局",
        notes=["公示时间:2026年5月6日—5月12日"],
    )
    sheet = opened(official)
    assert texts(sheet, 3) == ["序号", "单位", "姓名", "职务(岗位)", "推荐类别"]
    assert texts(sheet, 4) == [1, "甲局", "张三", "科长", "获得记功奖励"]
    assert sheet["A5"].value == "公示时间:2026年5月6日—5月12日"
    assert not any(isinstance(cell.value, datetime) for row in sheet for cell in row)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 6, 8), date(2026, 6, 13), "2026年6月8日—6月13日(6天)"),
        (date(2026, 12, 30), date(2027, 1, 3), "2026年12月30日—2027年1月3日(5天)"),
    ],
)
def test_a_stay_is_named_with_its_days_inclusive(first, last, expected):
    assert formats.period(first, last) == expected
