"""Files that are no sheets, or cost too much, are refused with a word on what to do; nothing else happens."""

import io
import random
import zipfile

import pytest
import xlsxwriter

from carecore.sheets.reader import Limits, UnreadableFile, read
from tests.carecore.sheets.workbooks import FEW, SAMPLES, workbook

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
GOOD = workbook(["姓名", "单位"], ["张三", "甲局"])


def code(data, **limits):
    with pytest.raises(UnreadableFile) as refused:
        read(data, "名册.xlsx", FEW, limits=Limits(**limits))
    assert "请" in refused.value.message
    return refused.value.code


def archive(**entries):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


def with_part(name, content):
    """Return the good workbook with one more part, or one part replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "file.empty"),
        (b" \r\n\x00", "file.empty"),
        (b"\x89PNG\r\n\x1a\n....", "file.kind"),
        (b"\xff\xd8\xff\xe0....", "file.kind"),
        (b"%PDF-1.7 ...", "file.kind"),
        (b"{\\rtf1 ...}", "file.kind"),
        (b"MZ\x00\x01\x02", "file.kind"),
        (archive(word__document_xml="<w/>"), "file.kind"),
        (archive(readme="x"), "file.kind"),
        (OLE2 + "WordDocument".encode("utf-16-le"), "file.kind"),
        (OLE2 + "EncryptedPackage".encode("utf-16-le"), "file.password"),
        (OLE2 + b"\x00" * 600, "file.damaged"),
        (b"PK\x03\x04abc", "file.damaged"),
        (GOOD[:3000], "file.damaged"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook></Workbook>', "file.xml"),
        (b"<html><body>404</body></html>", "file.no_table"),
        (b"\x81\xff\xff,\x80", "file.encoding"),
        (b"a,b\n1,2", "header.missing"),
    ],
)
def test_what_is_no_sheet_is_refused(data, expected):
    assert code(data) == expected


def test_an_xls_with_a_password_is_refused():
    data = bytearray(next(SAMPLES.glob("09-*")).read_bytes())
    after_start = data.index(b"\x09\x08\x10\x00\x00\x06\x05\x00") + 20
    data[after_start : after_start + 2] = b"\x2f\x00"
    assert code(bytes(data)) == "file.password"


def test_a_large_file_is_refused_unread():
    assert code(GOOD, file_bytes=100) == "file.too_large"


def test_a_bomb_is_refused_before_it_is_unpacked():
    bomb = with_part("xl/media/zeros.bin", bytes(30 * 1024 * 1024))
    assert len(bomb) < 60_000
    assert code(bomb) == "file.bomb"
    assert code(GOOD, unpacked_bytes=100) == "file.bomb"
    assert code(GOOD, entries=3) == "file.bomb"


def test_a_bomb_that_lies_about_its_size_breaks_only_the_process_that_reads_it():
    data = bytearray(with_part("xl/sharedStrings.xml", b"<sst>" + b"<si><t>" * 20_000_000))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        name_at = (
            data.rindex(b"xl/sharedStrings.xml") if offset == 24 else data.index(b"xl/sharedStrings.xml")
        )
        header = data.rindex(signature, 0, name_at)
        data[header + offset : header + offset + 4] = (1000).to_bytes(4, "little")
    assert code(bytes(data), memory_bytes=256 * 1024 * 1024, seconds=10) == "file.damaged"


def test_two_cells_far_apart_do_not_take_the_memory_between_them():
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "姓名")
    sheet.write(1048575, 16383, "远")
    book.close()
    assert code(stream.getvalue()) == "file.damaged"


def test_a_million_formatted_rows_are_not_rows():
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"constant_memory": True})
    sheet, border = book.add_worksheet(), book.add_format({"border": 1})
    sheet.write_row(0, 0, ["姓名", "单位"])
    sheet.write_row(1, 0, ["张三", "甲局"])
    for row in range(2, 1_000_000, 10):
        sheet.write_blank(row, 0, None, border)
    book.close()
    reading = read(stream.getvalue(), "x", FEW)
    assert (len(reading.lines), reading.skipped) == (1, [])


def test_the_dimension_of_a_sheet_is_not_trusted():
    sheet = zipfile.ZipFile(io.BytesIO(GOOD)).read("xl/worksheets/sheet1.xml")
    lying = sheet.replace(b'ref="A1:B2"', b'ref="A1:A1"')
    assert lying != sheet
    assert len(read(with_part("xl/worksheets/sheet1.xml", lying), "x", FEW).lines) == 1


def test_entities_in_a_sheet_are_refused():
    sheet = zipfile.ZipFile(io.BytesIO(GOOD)).read("xl/worksheets/sheet1.xml")
    start = sheet.index(b"<worksheet")
    hostile = b'<!DOCTYPE w [<!ENTITY a "aaaa">]>' + sheet[start:].replace(
        b"</sheetData>", b'</sheetData><f t="e"/>'
    )
    assert code(with_part("xl/worksheets/sheet1.xml", hostile)) == "file.damaged"


def test_macros_and_links_are_ignored_with_a_warning():
    data = with_part("xl/vbaProject.bin", b"macro")
    assert read(data, "x.xlsm", FEW).warnings == ["文件含有宏,宏未运行"]
    data = with_part("xl/externalLinks/externalLink1.xml", b"<externalLink/>")
    assert read(data, "x", FEW).warnings == ["文件引用了其他工作簿,引用未更新,按文件中保存的数值读取"]


def test_the_calendar_of_1904_is_reported():
    book = zipfile.ZipFile(io.BytesIO(GOOD)).read("xl/workbook.xml")
    dated = book.replace(b"<workbookPr ", b'<workbookPr date1904="1" ').replace(
        b"<workbookPr/>", b'<workbookPr date1904="1"/>'
    )
    assert dated != book
    assert read(with_part("xl/workbook.xml", dated), "x", FEW).epoch_1904 is True
    assert read(GOOD, "x", FEW).epoch_1904 is False


@pytest.mark.parametrize("pattern", ["08-*", "09-*"])
def test_damaged_bytes_never_raise_anything_but_a_refusal(pattern):
    data = next(SAMPLES.glob(pattern)).read_bytes()
    chance = random.Random(7)
    for _ in range(25):
        broken = bytearray(data)
        for _ in range(5):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            reading = read(bytes(broken), "x", FEW)
        except UnreadableFile as refused:
            assert refused.code.startswith(("file.", "header."))
        else:
            assert reading.tables
