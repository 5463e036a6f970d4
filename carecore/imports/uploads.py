"""Uploaded files that wait for their user's word: the bytes that were previewed, together with the preview.

They lie in the storage under a random name until they are committed, and at most until the day after.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import secrets
from dataclasses import asdict, dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from carecore import clock
from carecore.imports.contract import STATUS_LABELS
from carecore.imports.report import ImportReport
from carecore.imports.run import Examined
from carecore.models import Severity, User
from carecore.policy import Finding
from carecore.privacy import mask_id
from carecore.sheets import cells
from carecore.sheets.reader import Line
from carecore.workflow import Stale

FOLDER = "imports"
KEPT_DAYS = 1
SAMPLE_ROWS = 20
TOKEN = re.compile(r"\d{8}-[0-9a-f]{48}")


class Lost(Exception):
    """There is no such upload of this user: it was committed, it is too old, or it is somebody else's."""


@dataclass
class Upload:
    """A file on its way: whose it is, what it is to become, and what its preview said."""

    token: str
    user: int
    kind: str
    file_name: str
    into: dict[str, str]
    sha256: str
    report: dict[str, Any] | None = None
    headings: list[str] | None = None
    sample: list[list[str]] | None = None

    @property
    def content(self) -> bytes:
        """The bytes as they were uploaded; raises Lost where they are gone, Stale where they are others."""
        try:
            with default_storage.open(_path(self.token)) as file:
                content = file.read()
        except FileNotFoundError:
            raise Lost from None
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise Stale(Finding("stale", Severity.BLOCK, "暂存的文件已有变化,没有导入任何内容,请重新上传"))
        return content

    def keep_preview(self, examined: Examined) -> None:
        """Store what the examination found beside the bytes, masked as the page shows it."""
        self.report = examined.report.as_dict()
        fields = examined.importer.sheet.fields
        used = [key for key in fields if any(key in line.cells for line, _, _ in examined.accepted[:1])]
        self.headings = ["处理", *(fields[key].column_name for key in used)]
        self.sample = [
            [STATUS_LABELS[outcome.status], *(_shown(line, key, fields[key].private) for key in used)]
            for line, _, outcome in examined.accepted[:SAMPLE_ROWS]
        ]
        _write(self)

    def keep_result(self, report: ImportReport) -> None:
        """Store that the file was imported and remove its bytes: nothing needs them any more."""
        self.report = report.as_dict()
        default_storage.delete(_path(self.token))
        _write(self)

    def preview(self) -> ImportReport | None:
        """The report of the preview or of the import, None while there is none."""
        return ImportReport.of(self.report) if self.report else None

    @property
    def signature(self) -> str:
        """What its user confirms: the digest of the preview; empty while there is none."""
        report = self.preview()
        return report.signature if report else ""


def _shown(line: Line, key: str, private: bool) -> str:
    written = cells.text(line.cells.get(key))
    return mask_id(written) if private else written


def keep(*, by: User, kind: str, file_name: str, content: bytes, into: dict[str, str]) -> Upload:
    """Store an uploaded file for its user and clear away what was left lying on earlier days."""
    sweep()
    token = f"{clock.today():%Y%m%d}-{secrets.token_hex(24)}"
    upload = Upload(token, by.pk, kind, file_name, into, hashlib.sha256(content).hexdigest())
    default_storage.save(_path(token), ContentFile(content))
    _write(upload)
    return upload


def fetch(*, by: User, kind: str, token: str) -> Upload:
    """The user's own upload; raises Lost."""
    if not TOKEN.fullmatch(token):
        raise Lost
    try:
        with default_storage.open(_path(token) + ".json") as file:
            upload = Upload(**json.loads(file.read()))
    except FileNotFoundError:
        raise Lost from None
    if (upload.user, upload.kind) != (by.pk, kind):
        raise Lost
    return upload


def sweep() -> None:
    """Delete uploads of the day before yesterday and earlier: they hold full ID numbers."""
    if not default_storage.exists(FOLDER):
        return
    oldest = f"{clock.today() - datetime.timedelta(days=KEPT_DAYS):%Y%m%d}"
    for day in default_storage.listdir(FOLDER)[0]:
        if day < oldest:
            for name in default_storage.listdir(f"{FOLDER}/{day}")[1]:
                default_storage.delete(f"{FOLDER}/{day}/{name}")
            default_storage.delete(f"{FOLDER}/{day}")


def _write(upload: Upload) -> None:
    path = _path(upload.token) + ".json"
    default_storage.delete(path)
    default_storage.save(path, ContentFile(json.dumps(asdict(upload), ensure_ascii=False).encode()))


def _path(token: str) -> str:
    return f"{FOLDER}/{token[:8]}/{token}"
