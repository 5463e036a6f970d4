"""Layouts that offices send in: headers, groups, lines between the data, several sheets, text tables."""

import hashlib
from datetime import date

import pytest

from carecore.sheets.cells import CellError, amount
from carecore.sheets.reader import Column, Limits, UnreadableFile, read
from tests.carecore.sheets.workbooks import FEW, PEOPLE, column, skipped, text_table, workbook

HEADER = ["序号", "单位", "姓名", "职务"]


def code(data, columns=FEW, **options):
    with pytest.raises(UnreadableFile) as refused:
        read(data, "名册.xlsx", columns, **options)
    return refused.value.code


def test_the_digest_is_that_of_the_bytes_read():
    data = workbook(HEADER, [1, "甲局", "张三", "科长"])
    assert read(data, "名册.xlsx", FEW).sha256 == hashlib.sha256(data).hexdigest()


def test_headings_with_stars_spaces_breaks_and_brackets_match():
    reading = read(
        workbook(["序号", "单 位﹡", "姓  名*", "职务\n（岗位）"], [1, "甲局", "张三", "科长"]), "x", FEW
    )
    assert reading.lines[0].cells == {"unit": "甲局", "name": "张三", "post": "科长"}


def test_a_heading_to_the_letter_wins_over_one_with_a_remark():
    columns = (Column("name", ("姓名",)), Column("paid", ("金额(实发)",)), Column("due", ("金额(应发)",)))
    reading = read(workbook(["姓名", "金额(应发)", "金额(实发)"], ["张三", 1, 2]), "x", columns)
    assert reading.lines[0].cells == {"name": "张三", "paid": 2, "due": 1}


def test_three_row_header_without_merging():
    data = text_table(
        ["花名册", "", "", "", ""],
        ["姓名", "费用", "", "", "备注"],
        ["", "省内", "", "省外", ""],
        ["", "交通", "食宿", "交通", ""],
        ["张三", "1", "2", "3", "无"],
    )
    columns = (
        Column("name", ("姓名",)),
        Column("inside", ("费用_省内_交通",)),
        Column("board", ("食宿",)),
        Column("outside", ("交通",), group="省外"),
    )
    reading = read(data, "x.csv", columns)
    assert reading.lines[0].cells == {"name": "张三", "inside": "1", "board": "2", "outside": "3"}
    assert reading.lines[0].row == 5


def test_the_nth_of_equal_headings_and_a_warning_for_one_left_over():
    data = workbook(["姓名", "电话", "电话", "电话"], ["张三", "1", "2", "3"])
    columns = (Column("name", ("姓名",)), Column("own", ("电话",)), Column("second", ("电话",), nth=2))
    reading = read(data, "x", columns)
    assert reading.lines[0].cells == {"name": "张三", "own": "1", "second": "2"}
    assert reading.warnings == ["工作表“表”的“电话”出现多次,取C列,未取D列"]


def test_a_relative_s_number_is_not_taken_for_the_person_s():
    data = text_table(["姓名", "家庭成员", ""], ["", "姓名", "身份证号"], ["张三", "李四", "1"])
    columns = (
        Column("name", ("姓名",)),
        Column("id_number", ("身份证号",)),
        Column("relative_id", ("身份证号",), group="家庭成员"),
    )
    assert read(data, "x.csv", columns).lines[0].cells == {"name": "张三", "relative_id": "1"}


def test_merged_units_fill_down_and_a_forgotten_one_stays_empty():
    data = workbook(
        HEADER,
        [1, "甲局", "张三", ""],
        [2, None, "李四", ""],
        [3, None, "王五", ""],
        [4, "乙局", "赵六", ""],
        merges=["B2:B3"],
    )
    assert column(read(data, "x", FEW), "unit") == ["甲局", "甲局", "", "乙局"]


def test_without_merging_an_empty_unit_repeats_the_one_above_until_a_total():
    data = text_table(
        HEADER, ["1", "甲局", "张三", ""], ["2", "", "李四", ""], ["小计", "", "", "2"], ["3", "", "王五", ""]
    )
    reading = read(data, "x.csv", FEW)
    assert column(reading, "unit") == ["甲局", "甲局", ""]
    assert reading.totals[0].cells["unit"] == "甲局"


def test_rows_that_are_no_data_are_skipped_and_counted():
    data = workbook(
        ["第2-3行为模板例子,不得删除"],
        HEADER,
        [1, 2, 3, 4],
        ["示例", "甲局", "张三", "科长"],
        [1, "甲局", "李四(示例)", "科长"],
        [1, "甲局", "王五", "科长"],
        [],
        [2, None, None, None],
        ["一、乙局"],
        [2, "乙局", "赵六", "科长"],
        ["序号", "单 位", "姓名", "职务"],
        [3, "乙局", "钱七", "#N/A"],
        ["合 计", None, "3人", None],
        ["负责人(签字):", None, "审核:", None],
        ["注:带*号为必填项"],
        ["2026年4月10日"],
        merges=["A9:D9"],
    )
    reading = read(data, "x", FEW)
    assert column(reading, "name") == ["王五", "赵六", "钱七"]
    assert skipped(reading) == [
        (3, "示例行"),
        (4, "示例行"),
        (5, "示例行"),
        (7, "空行"),
        (8, "空行"),
        (9, "标题行"),
        (11, "重复表头"),
        (13, "合计行"),
        (14, "签字行"),
        (15, "说明行"),
        (16, "说明行"),
    ]
    assert len(reading.lines) + len(reading.skipped) == 16 - 2


def test_a_row_of_column_numbers_is_skipped():
    reading = read(workbook(HEADER, ["1", "2", "3", "4"], [1, "甲局", "张三", "科长"]), "x", FEW)
    assert skipped(reading) == [(2, "栏次行")]


def test_a_line_with_nothing_but_a_name_is_data_to_be_refused_by_its_importer():
    assert column(read(workbook(HEADER, [1, None, "张三", None]), "x", FEW), "name") == ["张三"]


def test_several_sheets_each_with_its_own_header_and_others_passed_over():
    data = workbook(
        sheets={
            "市内": [["市内名单"], HEADER, [1, "甲局", "张三", "科长"]],
            "市外": [["姓名", "单位"], ["李四", "乙局"]],
            "说明": [["请如实填写"]],
            "空": [],
            "字典": [["姓名", "单位"], ["隐藏", "隐藏"]],
        },
        hidden=["字典"],
    )
    reading = read(data, "x", FEW)
    assert [(line.sheet, line.row, line.cells["name"]) for line in reading.lines] == [
        ("市内", 3, "张三"),
        ("市外", 2, "李四"),
    ]
    assert reading.titles == {"市内": ["市内名单"], "市外": []}
    assert reading.headers["市外"] == [("A", "姓名", "name"), ("B", "单位", "unit")]
    assert reading.warnings == ["工作表“说明”没有找到表头,已跳过", "隐藏的工作表“字典”已跳过"]


def test_missing_required_columns_are_named():
    with pytest.raises(UnreadableFile, match="工作表“表”缺少列:身份证号,请补齐") as refused:
        read(workbook(["单位", "姓名"], ["甲局", "张三"]), "x", PEOPLE)
    assert refused.value.code == "header.columns"


def test_another_sheet_with_few_of_the_required_columns_is_passed_over():
    data = workbook(
        sheets={
            "名单": [["单位", "姓名", "身份证号"], ["甲局", "张三", "1"]],
            "汇总": [["单位", "岗位", "人数"], ["甲局", "科长", 1]],
        }
    )
    reading = read(data, "x", PEOPLE)
    assert [line.sheet for line in reading.lines] == ["名单"]
    assert reading.warnings == ["工作表“汇总”没有找到表头,已跳过"]


def test_a_file_without_any_header_says_which_columns_it_should_have():
    with pytest.raises(UnreadableFile, match="没有找到表头,应有的列:单位、姓名、身份证号") as refused:
        read(workbook(["请如实填写"]), "x", PEOPLE)
    assert refused.value.code == "header.missing"


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", ","), ("utf-8-sig", "\t"), ("gb18030", ";"), ("utf-16", "\t"), ("gb18030", "\t")],
)
def test_text_tables_in_every_encoding_and_separator(encoding, separator):
    data = text_table(["姓名", "单位"], ["李𬭎", "甲局"], encoding=encoding, separator=separator)
    reading = read(data, "名册.xls", FEW)
    assert [line.cells for line in reading.lines] == [{"unit": "甲局", "name": "李𬭎"}]


def test_quoted_text_with_breaks_stays_one_row():
    reading = read('姓名,单位\n"张三","甲局\n一科"\n李四,乙局\n'.encode(), "x.csv", FEW)
    assert [(line.row, line.cells["unit"]) for line in reading.lines] == [(2, "甲局\n一科"), (3, "乙局")]


def test_an_html_table_named_xls_is_read_with_its_spans():
    page = """<html><head><style>td{}</style></head><body><p>住院慰问</p><table>
    <tr><td colspan=3>2026年花名册</td></tr>
    <tr><th>单位</th><th>姓<br>名</th><th>职务</th></tr>
    <tr><td rowspan="2">甲局</td><td>张三</td><td>科&nbsp;长</td></tr>
    <tr><td>李四</td><td></td></tr></table></body></html>"""
    reading = read(page.encode("gb18030"), "名册.xls", FEW)
    assert [list(line.cells.values()) for line in reading.lines] == [
        ["甲局", "张三", "科\xa0长"],
        ["甲局", "李四", ""],
    ]
    assert reading.titles == {"表1": ["2026年花名册"]}
    assert reading.warnings == ["文件实为网页表格,已按表格读取"]


def test_real_dates_arrive_as_dates_and_error_values_as_what_they_say():
    book = workbook(["姓名", "单位", "职务"], ["张三", date(2018, 5, 1), "#N/A"])
    cells = read(book, "x", FEW).lines[0].cells
    assert (cells["unit"], cells["post"]) == (date(2018, 5, 1), "#N/A")
    with pytest.raises(CellError):
        amount(cells["post"])


def test_a_formula_that_yields_an_empty_text_was_calculated():
    reading = read(workbook(["姓名", "单位", "职务"], ["张三", "=A1", 3]), "x", FEW)
    assert reading.lines[0].formulas == {"unit"}


def test_too_many_rows_are_refused_with_the_place():
    data = workbook(["姓名", "单位"], *[["张三", "甲局"]] * 10)
    with pytest.raises(UnreadableFile, match="“表”的内容到第11行第2列,最多10行") as refused:
        read(data, "x", FEW, limits=Limits(rows=10))
    assert refused.value.code == "file.too_many_rows"
    assert (
        code(text_table(["姓名", "单位"], *[["张三", "甲局"]] * 10), limits=Limits(rows=10))
        == "file.too_many_rows"
    )
