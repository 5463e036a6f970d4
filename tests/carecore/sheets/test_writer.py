"""Lists leave typed, never as a formula; refused rows go back with their reasons and can be sent in again."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from carecore.sheets import writer
from carecore.sheets.cells import CellError, id_number
from carecore.sheets.reader import Column, read
from carecore.sheets.typed import FIRST_YEAR, sheet_name
from carecore.sheets.writer import Field, Kind, Problem, problems, write_csv, write_list
from tests.carecore.sheets.workbooks import FEW, PEOPLE, SAMPLES, column, sample, text_table, workbook

FIELDS = (
    Field("姓名", width=10),
    Field("身份证号", Kind.ID),
    Field("人数", Kind.NUMBER),
    Field("金额", Kind.MONEY),
    Field("日期", Kind.DATE),
    Field("时间", Kind.MOMENT),
)
ROW = ("张三", "379999198711226890", 39, Decimal("3000.10"), date(2026, 5, 11), datetime(2026, 5, 11, 8, 30))
HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    " =1",
    "http://a.example",
    "%1|x",
]


def written(rows, fields=FIELDS, title="人员名单", **options):
    stream = io.BytesIO()
    count = write_list(stream, title, fields, rows, **options)
    return openpyxl.load_workbook(stream), count


def as_csv(rows, fields=FIELDS):
    stream = io.BytesIO()
    write_csv(stream, fields, rows)
    return stream.getvalue()


def test_list_is_typed_by_kind():
    book, count = written([ROW, (None, "", None, None, None, None)])
    sheet = book["人员名单"]
    assert count == 2
    assert [cell.value for cell in sheet[1]] == [field.heading for field in FIELDS]
    assert [cell.value for cell in sheet[2]] == [
        "张三",
        "379999198711226890",
        39,
        3000.1,
        datetime(2026, 5, 11),
        datetime(2026, 5, 11, 8, 30),
    ]
    assert [cell.data_type for cell in sheet[2]] == ["s", "s", "n", "n", "d", "d"]
    assert [cell.number_format for cell in sheet[2]][:4] == ["@", "@", "General", "#,##0.00"]
    assert [cell.value for cell in sheet[3]] == [None] * 6


def test_list_has_a_frozen_header_a_filter_widths_and_the_exporter():
    book, _ = written([ROW], exporter="王&五")
    sheet = book["人员名单"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:F2"
    assert sheet.column_dimensions["A"].width == pytest.approx(10, abs=1)
    assert sheet.column_dimensions["B"].width == pytest.approx(21, abs=1)
    assert sheet.oddFooter.left.text == "导出人:王&&五"


def test_a_list_prints_landscape_one_page_wide_with_its_header_on_each_page():
    book, _ = written([ROW])
    sheet = book["人员名单"]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.print_title_rows == "$1:$1"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_list_keeps_hostile_text_as_text(hostile):
    book, _ = written([(hostile,)], fields=(Field("姓名"),))
    cell = book["人员名单"]["A2"]
    assert (cell.data_type, cell.hyperlink) == ("s", None)
    assert cell.value.replace("_x000D_", "\r") == hostile


def test_numbers_that_a_cell_cannot_hold_become_text():
    odd = [10**17, float("nan"), True, "长" * 40_000, date(FIRST_YEAR - 1, 1, 1)]
    book, _ = written([odd], fields=[Field(str(n), Kind.NUMBER) for n in range(5)])
    values = [cell.value for cell in book["人员名单"][2]]
    assert values[:3] == ["100000000000000000", "nan", "True"]
    assert (len(values[3]), values[4]) == (32_767, "1899-01-01")


def test_an_empty_list_still_has_its_header():
    book, count = written([])
    assert (count, book["人员名单"].max_row) == (0, 1)


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch):
    monkeypatch.setattr(writer, "ROWS_MAX", 2)
    with pytest.raises(ValueError, match="最多2行"):
        written([ROW] * 3)


@pytest.mark.parametrize(
    ("title", "expected"),
    [("名单[2026]/A:B", "名单 2026  A B"), ("", "Sheet1"), ("长" * 40, "长" * 31), ("'名单'", "名单")],
)
def test_sheet_names_are_what_excel_allows(title, expected):
    assert sheet_name(title) == expected


def test_csv_has_its_mark_and_keeps_long_numbers_as_text():
    data = as_csv([ROW])
    assert data.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(data.decode("utf-8-sig")))) == [
        [field.heading for field in FIELDS],
        ["张三", "379999198711226890\t", "39", "3000.10", "2026-05-11", "2026-05-11 08:30"],
    ]


@pytest.mark.parametrize("hostile", [text for text in HOSTILE if not text.startswith("http")])
def test_csv_text_never_begins_a_formula(hostile):
    (_, (cell,)) = csv.reader(
        io.StringIO(as_csv([(hostile,)], (Field("姓名"),)).decode("utf-8-sig"), newline="")
    )
    assert cell == f"'{hostile}"


def test_csv_numbers_stay_numbers_and_none_is_empty():
    data = as_csv([(-5, None, "0543")], (Field("差", Kind.NUMBER), Field("空"), Field("区号", Kind.ID)))
    assert data.decode("utf-8-sig").splitlines()[1] == "-5,,0543\t"


def test_a_list_can_be_read_back():
    columns = (Column("name", ("姓名",)), Column("id_number", ("身份证号",)))
    stream = io.BytesIO()
    write_list(stream, "名单", FIELDS, [ROW])
    for data in (stream.getvalue(), as_csv([ROW])):
        (line,) = read(data, "名单.csv", columns).lines
        assert line.cells["id_number"].strip() == "379999198711226890"


def test_refused_rows_go_back_with_reasons_and_can_be_sent_in_again():
    reading = sample("01", PEOPLE)
    found = [
        Problem("市直机关", 7, "姓名有误"),
        Problem("市直机关", 51, "重复"),
        Problem("市直机关", 7, "缺佐证"),
    ]
    data = problems(reading, found)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["市直机关"]
    assert sheet.max_row == 5 + 2
    assert [sheet.cell(row, 15).value for row in (5, 6, 7)] == ["问题", "姓名有误;缺佐证", "重复"]
    original = openpyxl.load_workbook(next(SAMPLES.glob("01-*"))).active
    assert [cell.value for cell in sheet[4]][:14] == [cell.value for cell in original[4]]
    assert [cell.value for cell in sheet[6]][2:14] == [cell.value for cell in original[7]][2:]
    again = read(data, "问题.xlsx", PEOPLE)
    assert [line.cells for line in again.lines] == [
        line.cells for line in reading.lines if line.row in (7, 51)
    ]
    assert again.tables["市直机关"].title_value("填报单位") == "市直机关工委"


def test_refused_rows_of_several_sheets_stay_on_their_sheets():
    reading = sample("02", PEOPLE)
    lost = next(line for line in reading.lines if isinstance(line.cells["id_number"], float))
    data = problems(reading, [Problem(lost.sheet, lost.row, "精度已丢失,需重填")])
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == [lost.sheet]
    cell = book[lost.sheet].cell(4, 4)
    assert (cell.data_type, cell.value) == ("s", "3.799991992070675e+17")
    with pytest.raises(CellError) as refused:
        id_number(cell.value)
    assert refused.value.code == "id.lost_digits"


def test_units_filled_down_are_written_into_the_rows_that_go_back():
    data = text_table(
        ["姓名", "单位", "职务"],
        ["张三", "甲局", "科长"],
        ["李四"],
        ["=1+1", "", date(2026, 1, 1).isoformat()],
    )
    reading = read(data, "名单.csv", FEW)
    back = problems(reading, [Problem("名单", 3, "重复"), Problem("名单", 4, "姓名有误")])
    cells = openpyxl.load_workbook(io.BytesIO(back))["名单"]
    assert [cells.cell(2, place).value for place in (1, 2, 4)] == ["李四", "甲局", "重复"]
    assert cells.cell(3, 1).data_type == "s"
    assert column(read(back, "x", FEW), "unit") == ["甲局", "甲局"]


def test_real_dates_go_back_as_dates():
    reading = read(
        workbook(["姓名", "单位"], ["张三", date(2026, 5, 1)], ["李四", datetime(2026, 5, 1, 8)]), "x", FEW
    )
    back = openpyxl.load_workbook(
        io.BytesIO(problems(reading, [Problem("表", 2, "问"), Problem("表", 3, "问")]))
    )["表"]
    assert [back["B2"].value, back["B3"].value] == [datetime(2026, 5, 1), datetime(2026, 5, 1, 8)]


def test_nothing_refused_gives_an_empty_workbook():
    data = problems(sample("01", PEOPLE), [])
    assert openpyxl.load_workbook(io.BytesIO(data)).active.max_row == 1
