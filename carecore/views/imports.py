"""The import pages of every kind: upload → preview → confirm; what the preview showed is what is committed."""

from __future__ import annotations

import io
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse

from carecore import audit, jobs
from carecore.forms.imports import UploadForm
from carecore.imports import run, uploads, work
from carecore.imports.contract import Importer, importers
from carecore.imports.uploads import Upload
from carecore.listing import CONTENT_TYPES
from carecore.sheets import reader, writer
from carecore.sheets.errors import SheetError
from carecore.views.acts import needs, refused, wants_json
from carecore.views.entry import signed_in
from carecore.workflow import Refused, refuse

GONE = "没有这个待导入的文件,或已超过保留时间,请重新上传"
SHOWN = 100  # refused rows on the page; the workbook holds them all


@signed_in()
def import_index(request: HttpRequest) -> HttpResponse:
    """Every kind of sheet that this user may import."""
    found = [(one.label, reverse(one.route)) for one in importers() if one.allows(request.user)]
    return render(request, "carecore/import_index.html", {"title": "表格导入", "importers": found})


class ImportPages:
    """The four pages of one importer; routes are its own, `…_preview`, `…_problems`, `…_commit`."""

    def __init__(self, importer: type[Importer]) -> None:
        self.importer, self.route = importer, importer.route

    def paths(self, at: str) -> list[URLPattern]:
        """The addresses below `at`, such as nominations/."""
        right = self.importer.permission
        return [
            path(f"{at}import/", needs(right, "GET", "HEAD", "POST")(self.upload), name=self.route),
            path(f"{at}import/<str:token>/", needs(right)(self.preview), name=f"{self.route}_preview"),
            path(f"{at}import/<str:token>/problems/", needs(right)(self.problems), name=f"{self.route}_problems"),
            path(f"{at}import/<str:token>/commit/", needs(right, "POST")(self.commit), name=f"{self.route}_commit"),
        ]

    def upload(self, request: HttpRequest) -> HttpResponseBase:
        """Take a file, examine it, and lead to its preview; a file that cannot be read is answered with 400.

        The address may fill in targets, as a link from the page of what the file is about does.
        """
        if request.method != "POST":
            return self._upload_page(request, UploadForm(self.importer, initial=request.GET.dict()))
        form = UploadForm(self.importer, request.POST, request.FILES)
        if not form.is_valid():
            return self._upload_page(request, form)
        try:
            return self._examine(request, form)
        except SheetError as error:
            form.add_error("file", error.message)
            return self._upload_page(request, form)
        except Refused as refusal:
            return refused(request, refusal, reverse(self.route))

    def _examine(self, request: HttpRequest, form: UploadForm) -> HttpResponseBase:
        file = form.cleaned_data["file"]
        content, name = file.read(), file.name
        reading = reader.read(content, name, self.importer.sheet.columns())
        facts = {"by": request.user, "file_name": name, "into": form.into}
        if len(reading.lines) > settings.CARE_IMPORT_ROWS_AT_ONCE:
            upload = uploads.keep(kind=self.importer.kind, content=content, **facts)
            return self._start(request, upload, work.preview, "校验")
        examined = run.examine_reading(importer=self.importer, reading=reading, **facts)
        upload = uploads.keep(kind=self.importer.kind, content=content, **facts)
        upload.keep_preview(examined)
        url = self._url("preview", upload)
        if wants_json(request):
            return JsonResponse({"ok": True, "url": url, **examined.report.as_dict()})
        return redirect(url)

    def _start(self, request: HttpRequest, upload: Upload, task: Any, doing: str) -> HttpResponseBase:
        url = jobs.start(
            task, by=request.user, kind="import", title=f"{doing}{self.importer.label}:{upload.file_name}",
            import_kind=upload.kind, token=upload.token, route=f"{self.route}_preview",
        )  # fmt: skip
        return JsonResponse({"ok": True, "url": url}, status=202) if wants_json(request) else redirect(url)

    def preview(self, request: HttpRequest, token: str) -> HttpResponse:
        """What will happen, or what has happened, to each row of an upload."""
        upload = self._fetch(request, token)
        report = upload.preview()
        if report is None:
            raise Http404("文件仍在校验")
        title = f"导入{self.importer.label}"
        context = {
            "title": f"{title}结果" if report.committed else f"{title}预览", "upload": upload, "report": report,
            "refused": report.rejected[:SHOWN], "more": max(len(report.rejected) - SHOWN, 0),
            "warnings": report.warnings_by_message(), "back": reverse(self.route),
            "list_url": reverse(self.importer.list_route), "commit_url": self._url("commit", upload),
            "problems_url": self._url("problems", upload),
            "crumbs": [(self.importer.list_label, reverse(self.importer.list_route)), (title, "")],
        }  # fmt: skip
        return render(request, "carecore/import_preview.html", context)

    def problems(self, request: HttpRequest, token: str) -> HttpResponseBase:
        """The uploaded workbook's refused rows, each with its reason in a 问题 column."""
        upload = self._fetch(request, token)
        report = upload.preview()
        if report is None or report.committed:
            raise Http404("没有待处理的问题行")
        reading = reader.read(_content(upload), upload.file_name, self.importer.sheet.columns())
        found = [writer.Problem(entry.sheet, entry.row, entry.message) for entry in report.rejected]
        book = writer.problems(reading, found)
        detail = {"list": "导入问题", "kind": upload.kind, "sha256": upload.sha256, "rows": len(report.rejected)}
        audit.record_access(by=request.user, action="export", detail=audit.canonical(detail))
        name = f"问题-{upload.file_name.rpartition('.')[0]}.xlsx"
        return FileResponse(io.BytesIO(book), as_attachment=True, filename=name, content_type=CONTENT_TYPES["xlsx"])

    def commit(self, request: HttpRequest, token: str) -> HttpResponseBase:
        """Import what the preview showed, all or nothing; 409 where it is no longer what would happen."""
        upload = self._fetch(request, token)
        report = upload.preview()
        if report is None:
            raise Http404("文件仍在校验")
        if report.committed:  # a second click
            return redirect(self._url("preview", upload))
        if report.rows > settings.CARE_IMPORT_ROWS_AT_ONCE:
            return self._start(request, upload, work.commit, "导入")
        try:
            examined = run.examine(
                by=request.user, importer=self.importer, content=_content(upload), file_name=upload.file_name,
                into=upload.into,
            )  # fmt: skip
            done = run.commit(by=request.user, examined=examined, expected=upload.signature)
        except SheetError as error:
            return refused(request, refuse(error.message, key=error.code), reverse(self.route))
        except Refused as refusal:
            return refused(request, refusal, reverse(self.route))
        upload.keep_result(done)
        if wants_json(request):
            return JsonResponse({"ok": True, **done.as_dict()})
        messages.success(request, f"已导入:新增{done.new}行,变更{done.changed}行,无变化{done.unchanged}行")
        return redirect(self._url("preview", upload))

    def _fetch(self, request: HttpRequest, token: str) -> Upload:
        try:
            return uploads.fetch(by=request.user, kind=self.importer.kind, token=token)
        except uploads.Lost:
            raise Http404(GONE) from None

    def _url(self, page: str, upload: Upload) -> str:
        return reverse(f"{self.route}_{page}", args=[upload.token])

    def _upload_page(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        title = f"导入{self.importer.label}"
        cells = self.importer.sheet.fields.values()
        context = {
            "title": title, "form": form, "cells": cells, "back": reverse(self.importer.list_route),
            "crumbs": [(self.importer.list_label, reverse(self.importer.list_route)), (title, "")],
        }  # fmt: skip
        status = 400 if form.is_bound else 200
        if wants_json(request) and form.is_bound:
            return JsonResponse({"ok": False, "code": "fields", "fields": form.errors, "findings": []}, status=400)
        return render(request, "carecore/import_upload.html", context, status=status)


def _content(upload: Upload) -> bytes:
    try:
        return upload.content
    except uploads.Lost:
        raise Http404(GONE) from None
