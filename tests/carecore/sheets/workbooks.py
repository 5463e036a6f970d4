"""Small files for the tests of the reader, and the sample workbooks."""

import io

import openpyxl

from carecore.demo import SAMPLES
from carecore.sheets.reader import Column, read

PEOPLE = (
    Column("unit", ("单位", "单位名称", "所在单位", "工作单位"), required=True, fill_down=True),
    Column("name", ("姓名",), required=True),
    Column("id_number", ("身份证号", "身份证号码", "身份证", "证件号码"), required=True),
    Column("post", ("职务", "岗位")),
    Column("ground", ("推荐类别",)),
    Column("honour", ("荣誉称号",)),
    Column("phone", ("联系电话", "手机")),
)
FEW = (
    Column("unit", ("单位",), fill_down=True),
    Column("name", ("姓名",), required=True),
    Column("post", ("职务",)),
)


def sample(number, columns):
    path = next(SAMPLES.glob(f"{number}-*"))
    return read(path.read_bytes(), path.name, columns)


def workbook(*rows, merges=(), hidden=(), sheets=None):
    """Return .xlsx bytes of one sheet of rows, or of several given by name."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, content in (sheets or {"表": rows}).items():
        sheet = book.create_sheet(title)
        for row in content:
            sheet.append(row)
        for area in merges:
            sheet.merge_cells(area)
        if title in hidden:
            sheet.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def text_table(*rows, encoding="utf-8", separator=","):
    return "\r\n".join(separator.join(row) for row in rows).encode(encoding)


def column(reading, key):
    return [line.cells[key] for line in reading.lines]


def skipped(reading):
    return [(entry.row, entry.why) for entry in reading.skipped]
