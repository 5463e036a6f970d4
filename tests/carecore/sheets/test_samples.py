"""The ten sample workbooks are read as offices wrote them: exact lines, skips, totals and titles."""

import pytest

from carecore.sheets import cells
from carecore.sheets.cells import CellError
from carecore.sheets.reader import Column, Skipped
from tests.carecore.sheets.workbooks import PEOPLE, column, sample, skipped

SHEET_01 = "市直机关"


def test_01_two_row_header_merged_units_and_closing_lines():
    reading = sample("01", PEOPLE)
    assert len(reading.lines) == 46
    assert [(line.row, line.cells["unit"]) for line in reading.lines if line.row in (6, 12, 13, 51)] == [
        (6, "市财政局"),
        (12, "市财政局"),
        (13, "市人力资源和社会保障局"),
        (51, "青山街道办事处"),
    ]
    assert reading.lines[1].cells["name"] == "汤 丽"
    assert reading.lines[0].letters == {
        "unit": "B", "name": "C", "id_number": "F", "post": "H", "ground": "I", "honour": "J", "phone": "M"
    }  # fmt: skip
    assert reading.skipped == [
        Skipped(SHEET_01, 52, "合计行"),
        Skipped(SHEET_01, 53, "签字行"),
        Skipped(SHEET_01, 54, "说明行"),
    ]
    assert [total.cells["name"] for total in reading.totals] == ["46人"]
    assert reading.warnings == []


def test_01_titles_name_the_year_and_the_unit_that_filed():
    table = sample("01", PEOPLE).tables[SHEET_01]
    assert (table.first, table.last) == (4, 5)
    assert table.titles == [
        "附件1",
        "2026年度干部职工疗休养推荐人选花名册",
        "填报单位(盖章):市直机关工委\t填报时间:2026年4月10日",
    ]
    assert table.title_value("填报单位") == "市直机关工委"
    assert table.title_value("填报时间") == "2026年4月10日"
    assert table.title_value("疗休养院") == ""
    assert ("I", "推荐情况_推荐类别", "ground") in table.headings


def test_02_two_sheets_a_hidden_one_and_two_numbers_that_lost_digits():
    reading = sample("02", PEOPLE)
    assert [line.sheet for line in reading.lines].count("省内") == 30
    assert [line.sheet for line in reading.lines].count("省外") == 30
    assert reading.warnings == ["隐藏的工作表“字典”已跳过"]
    assert [entry.why for entry in reading.skipped] == ["重复表头", "合计行"] * 2
    refused = []
    for line in reading.lines:
        try:
            cells.id_number(line.cells["id_number"])
        except CellError as error:
            refused.append((line.sheet, line.row, error.code))
    assert [code for *_where, code in refused] == ["id.lost_digits"] * 2
    assert refused[0][:2] == ("省内", 10)


def test_03_gb18030_with_a_name_outside_the_basic_plane():
    reading = sample("03", PEOPLE)
    assert len(reading.lines) == 20
    assert {"李𬭎", "㛃慧"} <= set(column(reading, "name"))
    assert cells.id_number(reading.lines[0].cells["id_number"]) == "379999196207286967"
    assert reading.tables["03-乡镇街道推荐名单"].title_value("单位") == "青山街道办事处"


def test_04_household_rows_under_merged_heads():
    reading = sample(
        "04",
        (
            Column("name", ("姓名",), required=True, fill_down=True),
            Column("id_number", ("身份证号",), fill_down=True),
            Column("income", ("本人月平均收入",), fill_down=True),
            Column("relative", ("姓名",), group="家庭成员"),
            Column("relation", ("关系",)),
            Column("relative_id", ("家庭成员_身份证号",)),
        ),
    )
    assert len(reading.lines) == 64
    assert [list(line.cells.values()) for line in reading.lines[1:3]] == [
        ["冯亮", "379999197710175812", "2,400元", "余娜", "女", "379999194011264652"],
        ["冯亮", "379999197710175812", "2,400元", "龙桂文", "父亲", "37999919590416475X"],
    ]
    assert str(cells.amount(reading.lines[0].cells["income"])) == "3000.00"
    assert len(set(column(reading, "id_number"))) == 25


def test_04_second_header_row_is_header_even_when_nobody_asks_for_it():
    reading = sample("04", (Column("name", ("姓名",)), Column("unit", ("工作单位",))))
    assert (len(reading.lines), reading.lines[0].row) == (64, 4)


def test_05_the_same_heading_twice():
    reading = sample(
        "05",
        (
            Column("name", ("姓名",)),
            Column("phone", ("联系电话",)),
            Column("partner_phone", ("联系电话",), after="结对党员姓名"),
            Column("joined", ("入党时间",)),
        ),
    )
    assert len(reading.lines) == 30
    first = reading.lines[0]
    assert (first.letters["phone"], first.letters["partner_phone"]) == ("H", "J")
    assert (first.cells["phone"], first.cells["partner_phone"]) == ("13900005493", "13900005260")
    assert [cells.month(joined).month for joined in column(reading, "joined")[:3]] == [9, 4, 11]


def test_06_grouped_amounts():
    reading = sample(
        "06", (Column("name", ("姓名",)), Column("money", ("慰问金",)), Column("goods", ("慰问品",)))
    )
    assert len(reading.lines) == 35
    assert sum(cells.amount(line.cells["money"]) for line in reading.lines) == 26900
    assert [entry.why for entry in reading.skipped] == ["合计行", "签字行"]


def test_07_float_noise_and_its_total():
    reading = sample(
        "07",
        (Column("organ", ("党组织名称",)), Column("paid", ("上缴金额",)), Column("paid_on", ("上缴日期",))),
    )
    assert len(reading.lines) == 8
    assert str(cells.amount(reading.lines[-1].cells["paid"])) == "75561.90"
    assert sum(cells.amount(paid) for paid in column(reading, "paid")) == cells.amount(
        reading.totals[0].cells["paid"]
    )
    assert len({cells.day(line.cells["paid_on"]) for line in reading.lines}) >= 2


def test_08_formulas_without_value():
    keys = {
        "transport": "交通费",
        "board": "食宿费",
        "training": "培训费",
        "medical": "医疗费",
        "insurance": "保险费",
    }
    columns = [Column(key, (heading,), required=True) for key, heading in keys.items()]
    reading = sample("08", (Column("number", ("序号",)), *columns, Column("total", ("合计",))))
    assert len(reading.lines) == 40
    assert {line.formulas for line in reading.lines} == {frozenset({"total"})}
    assert set(column(reading, "total")) == {""}
    table = reading.tables["Sheet"]
    assert "第3期" in table.titles[0] and table.title_value("疗休养院") == "青岛工人疗养院"
    over = [
        cells.whole(line.cells["number"])
        for line in reading.lines
        if sum(cells.amount(line.cells[key]) for key in keys) > 3000
    ]
    assert over == [23]


def test_09_classes_with_subtotals_in_an_xls():
    reading = sample(
        "09",
        (
            Column("kind", ("类别",), fill_down=True),
            Column("unit", ("单位",), required=True),
            Column("places", ("名额",), required=True),
        ),
    )
    assert len(reading.lines) == 16
    sums = {}
    for line in reading.lines:
        sums[line.cells["kind"]] = sums.get(line.cells["kind"], 0) + cells.whole(line.cells["places"])
    assert sums == {"机关事业单位": 300, "企业、社区(村)": 700}
    assert [(total.row, total.cells["kind"], total.cells["places"]) for total in reading.totals] == [
        (11, "机关事业单位", 300),
        (20, "企业、社区(村)", 700),
        (21, "合计", 1000),
    ]
    assert skipped(reading) == [(11, "小计行"), (20, "小计行"), (21, "合计行")]


def test_10_plain_directory():
    reading = sample(
        "10",
        (
            Column("code", ("单位代码",), required=True),
            Column("name", ("单位名称",), required=True),
            Column("parent", ("上级单位代码",)),
            Column("kind", ("单位类别",), required=True),
        ),
    )
    assert len(reading.lines) == 17
    assert list(reading.lines[0].cells.values()) == ["3799", "滨海市", "", "机关"]


@pytest.mark.parametrize(("number", "rows"), [("01", 54), ("03", 22), ("09", 21)])
def test_lines_and_skipped_rows_are_all_rows_below_the_header(number, rows):
    columns = (Column("unit", ("单位",)), Column("name", ("姓名", "名额")))
    reading = sample(number, columns)
    (table,) = reading.tables.values()
    assert len(reading.lines) + len(reading.skipped) == rows - table.last
