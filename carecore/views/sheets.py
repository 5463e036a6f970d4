"""Official sheets as downloads, with the exporter's name in the footer."""

from __future__ import annotations

import io

from django.http import FileResponse, HttpRequest

from carecore import audit, clock
from carecore.listing import CONTENT_TYPES
from carecore.models import Record
from carecore.sheets.official import Official, write_official


def file_of(request: HttpRequest, official: Official) -> FileResponse:
    """An official sheet as a download; whoever calls records the export."""
    stream = io.BytesIO()
    write_official(stream, official, exporter=request.user.name)
    stream.seek(0)
    name = f"{official.title}-{clock.today():%Y%m%d}.xlsx"
    return FileResponse(stream, as_attachment=True, filename=name, content_type=CONTENT_TYPES["xlsx"])


def recorded_file(request: HttpRequest, official: Official, row: Record | None = None) -> FileResponse:
    """An official sheet as a download, with the audit event of its export; `row` is the document it is about."""
    detail = audit.canonical({"sheet": official.title, "rows": len(official.rows)})
    audit.record_access(by=request.user, action="export", row=row, detail=detail)
    return file_of(request, official)
