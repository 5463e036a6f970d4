"""Attachments: what is kept, under which name, and what is not taken."""

import hashlib
import io
import uuid
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from carecore import audit, papers
from carecore.models import Attachment, AuditEvent
from carecore.workflow import Forbidden, Refused

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 scan"
PNG = b"\x89PNG\r\n\x1a\n picture"


def office(*parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for part in parts:
            archive.writestr(part, "x")
    return stream.getvalue()


def attach(by, unit, name="表彰决定.pdf", content=PDF, title="表彰决定", **columns):
    upload = SimpleUploadedFile(name, content)
    return papers.attach(by=by, unit=unit, title=title, purpose="佐证材料", upload=upload, **columns)


def test_a_file_is_kept_with_its_hash_under_another_name(city, cast):
    paper = attach(cast.clerk, city.a)
    kept = Attachment.objects.get(pk=paper.pk)
    assert (kept.file_name, kept.size, kept.sha256) == ("表彰决定.pdf", 13, hashlib.sha256(PDF).hexdigest())
    assert kept.file.read() == PDF
    assert "表彰" not in kept.file.name and kept.file.name.startswith("attachments/202605/")
    event = AuditEvent.objects.of(kept).get()
    assert (event.action, event.by, event.unit) == ("attach", cast.clerk, city.a)
    assert event.after == audit.canonical(audit.snapshot(kept))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("照片.JPG", b"\xff\xd8\xff\xe0 picture"),
        ("照片.jpeg", b"\xff\xd8\xff\xe1 picture"),
        ("照片.png", PNG),
        ("名册.xlsx", office("[Content_Types].xml", "xl/workbook.xml")),
        ("决定.docx", office("[Content_Types].xml", "word/document.xml")),
    ],
)
def test_the_allowed_kinds_are_taken(city, cast, name, content):
    assert papers.content_type(attach(cast.clerk, city.a, name, content))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("空.pdf", b"", "文件是空的,请重新选择"),
        ("程序.exe", b"MZ", "只接受PDF、JPG、PNG、DOCX、XLSX文件"),
        ("无后缀", PDF, "只接受PDF、JPG、PNG、DOCX、XLSX文件"),
        ("网页.pdf", b"<html>", "文件内容不是PDF(或含有宏),请核对后重新选择"),
        ("图片.png", PDF, "文件内容不是PNG(或含有宏),请核对后重新选择"),
        ("坏.xlsx", b"PK\x03\x04 broken", "文件内容不是XLSX(或含有宏),请核对后重新选择"),
        ("文档.xlsx", office("word/document.xml"), "文件内容不是XLSX(或含有宏),请核对后重新选择"),
        (
            "宏.xlsx",
            office("xl/workbook.xml", "xl/vbaProject.bin"),
            "文件内容不是XLSX(或含有宏),请核对后重新选择",
        ),
    ],
)
def test_anything_else_is_refused(city, cast, name, content, said):
    with pytest.raises(Refused) as refusal:
        attach(cast.clerk, city.a, name, content)
    assert refusal.value.findings[0].message == said
    assert refusal.value.findings[0].key == "upload"
    assert not Attachment.objects.exists()


def test_a_file_has_a_largest_size(city, cast, settings):
    settings.CARE_MAX_UPLOAD = 2**20
    attach(cast.clerk, city.a, content=PDF.ljust(2**20))
    with pytest.raises(Refused) as refusal:
        attach(cast.clerk, city.a, content=PDF.ljust(2**20 + 1))
    assert refusal.value.findings[0].message == "文件超过1MB,请压缩后再传"


def test_a_file_name_is_only_a_name(city, cast):
    assert attach(cast.clerk, city.a, "../../etc/passwd.pdf").file_name == "passwd.pdf"
    with pytest.raises(Refused):
        attach(cast.clerk, city.a, title="题" * 101)


def test_a_double_click_keeps_one_file(city, cast):
    number = uuid.uuid4()
    first = attach(cast.clerk, city.a, request_id=number)
    assert attach(cast.clerk, city.a, request_id=number) == first
    assert Attachment.objects.count() == 1


def test_only_whoever_works_for_the_unit_files_papers(city, cast):
    for by in (cast.clerk, cast.lead, cast.union_officer, cast.org_lead):
        attach(by, city.a)
    for by in (cast.clerk_b, cast.auditor, cast.admin):
        with pytest.raises(Forbidden):
            attach(by, city.a)
