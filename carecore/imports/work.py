"""Imports too long for one request, as jobs: the preview, and what its user confirmed."""

from __future__ import annotations

from functools import partial

from django.urls import reverse

from carecore import jobs
from carecore.imports import run, uploads
from carecore.imports.contract import importer
from carecore.imports.uploads import Upload
from carecore.models import Job

LOST = "上传的文件已不在,请重新上传"


def _upload(row: Job) -> Upload:
    try:
        return uploads.fetch(by=row.started_by, kind=row.arguments["import_kind"], token=row.arguments["token"])
    except uploads.Lost:
        raise jobs.GivenUp(LOST) from None


def _examined(row: Job, upload: Upload) -> run.Examined:
    found = importer(upload.kind)
    try:
        content = upload.content
    except uploads.Lost:
        raise jobs.GivenUp(LOST) from None
    return run.examine(
        by=row.started_by, importer=found, content=content, file_name=upload.file_name, into=upload.into,
        progress=partial(jobs.progress, row),
    )  # fmt: skip


@jobs.job
def preview(row: Job) -> str:
    """Examine an uploaded file and keep its preview."""
    upload = _upload(row)
    examined = _examined(row, upload)
    upload.keep_preview(examined)
    jobs.lead_on(row, reverse(row.arguments["route"], args=[upload.token]))
    report = examined.report
    return f"校验完成:{report.rows} 行,可导入 {report.accepted} 行,不予导入 {len(report.rejected)} 行"


@jobs.job
def commit(row: Job) -> str:
    """Import a file as its preview said."""
    upload = _upload(row)
    examined = _examined(row, upload)
    run.commit(by=row.started_by, examined=examined, expected=upload.signature)
    upload.keep_result(examined.report)
    jobs.lead_on(row, reverse(row.arguments["route"], args=[upload.token]))
    report = examined.report
    return f"已导入:新增 {report.new} 行,变更 {report.changed} 行,无变化 {report.unchanged} 行"
