"""Attachments: scans and files that prove something, kept with their hash under an unguessable name."""

from __future__ import annotations

import hashlib
import uuid
import zipfile
from collections.abc import Callable
from pathlib import PurePath
from typing import BinaryIO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError

from carecore import access, audit
from carecore.access import WORKING
from carecore.models import Attachment, Severity, Unit, User
from carecore.outcomes import faults
from carecore.policy import Finding
from carecore.workflow import Forbidden, Refused, add, refuse, verb


def _begins(*heads: bytes) -> Callable[[BinaryIO], bool]:
    def begins(file: BinaryIO) -> bool:
        return file.read(max(map(len, heads))).startswith(heads)

    return begins


def _office(part: str) -> Callable[[BinaryIO], bool]:
    """Whether a file is an office document with this part and without macros."""

    def holds(file: BinaryIO) -> bool:
        try:
            names = zipfile.ZipFile(file).namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError):
            return False
        return part in names and not any(name.endswith("vbaProject.bin") for name in names)

    return holds


# What a file may be: by its suffix, how its first bytes or parts prove it, and what it is sent as.
KINDS: dict[str, tuple[Callable[[BinaryIO], bool], str]] = {
    ".pdf": (_begins(b"%PDF-"), "application/pdf"),
    ".jpg": (_begins(b"\xff\xd8\xff"), "image/jpeg"),
    ".jpeg": (_begins(b"\xff\xd8\xff"), "image/jpeg"),
    ".png": (_begins(b"\x89PNG\r\n\x1a\n"), "image/png"),
    ".docx": (
        _office("word/document.xml"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ".xlsx": (
        _office("xl/workbook.xml"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}
ALLOWED = "PDF、JPG、PNG、DOCX、XLSX"


@verb
def attach(
    *, by: User, unit: Unit, title: str, purpose: str, upload: UploadedFile, document_kind: str = "",
    document_id: int | None = None, request_id: uuid.UUID | None = None,
) -> Attachment:  # fmt: skip
    """Keep an uploaded file for a unit and return it; `document_*` name the row that it belongs to.

    Raises Refused for a file that is empty, larger than CARE_MAX_UPLOAD bytes, or not what its name says;
    Forbidden for whoever only reads. The same `request_id` again returns the file kept before.
    """
    if not any(access.may(by, permission, unit) for permission in WORKING):
        message = f"您没有在{unit}上传附件的权限,请联系系统管理员"
        raise Forbidden(Finding(key="access", severity=Severity.BLOCK, message=message))
    if request_id is not None:
        kept = Attachment.objects.visible_to(by).filter(request_id=request_id).first()
        if kept is not None:
            return kept
    suffix = _require_kind(upload)
    paper = Attachment(
        unit=unit, title=title, purpose=purpose, document_kind=document_kind, document_id=document_id,
        file_name=PurePath(upload.name).name, size=upload.size, sha256=_sha256(upload), uploaded_by=by,
        request_id=request_id,
    )  # fmt: skip
    wrong = faults(paper, "file", "request_id")
    if wrong:
        raise Refused(*wrong)
    upload.name = f"{uuid.uuid4().hex}{suffix}"
    paper.file = upload
    try:
        add([paper])
    except IntegrityError as error:
        raise refuse("该文件刚已上传,请刷新后查看", key="upload") from error
    audit.record(by=by, action="attach", rows=[paper])
    return paper


def _require_kind(upload: UploadedFile) -> str:
    """The suffix of a file whose content is what the suffix says."""
    if not upload.size:
        raise refuse("文件是空的,请重新选择", key="upload")
    if upload.size > settings.CARE_MAX_UPLOAD:
        raise refuse(f"文件超过{settings.CARE_MAX_UPLOAD // 2**20}MB,请压缩后再传", key="upload")
    suffix = PurePath(upload.name).suffix.lower()
    if suffix not in KINDS:
        raise refuse(f"只接受{ALLOWED}文件", key="upload")
    upload.seek(0)
    if not KINDS[suffix][0](upload):
        raise refuse(f"文件内容不是{suffix[1:].upper()}(或含有宏),请核对后重新选择", key="upload")
    upload.seek(0)
    return suffix


def _sha256(upload: UploadedFile) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()


def content_type(paper: Attachment) -> str:
    """What a kept file is sent as."""
    return KINDS[PurePath(paper.file_name).suffix.lower()][1]
