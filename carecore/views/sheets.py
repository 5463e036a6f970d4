"""Sheets as downloads, with the exporter's name in the footer; full numbers only to somebody and for a reason."""

from __future__ import annotations

import io

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse

from carecore import access, audit, clock
from carecore.access import Can
from carecore.forms.exports import FullListForm
from carecore.listing import CONTENT_TYPES
from carecore.models import Record, Unit
from carecore.sheets.cards import Card, write_card
from carecore.sheets.official import Official, write_official
from carecore.views.entry import form_page, posted

INTRO = "本表含完整证件号码。导出须写明提供给谁、作何用途,连同您的姓名和名单记入审计记录。"


def file_of(request: HttpRequest, official: Official | Card) -> FileResponse:
    """An official sheet or form as a download; whoever calls records the export."""
    stream = io.BytesIO()
    write = write_card if isinstance(official, Card) else write_official
    write(stream, official, exporter=request.user.name)
    stream.seek(0)
    name = f"{official.title}-{clock.today():%Y%m%d}.xlsx"
    return FileResponse(stream, as_attachment=True, filename=name, content_type=CONTENT_TYPES["xlsx"])


def recorded_file(request: HttpRequest, official: Official | Card, row: Record | None = None) -> FileResponse:
    """An official sheet as a download, with the audit event of its export; `row` is the document it is about."""
    detail = audit.canonical({"sheet": official.title, "rows": len(official.rows)})
    audit.record_access(by=request.user, action="export", row=row, detail=detail)
    return file_of(request, official)


def ask_to_whom(
    request: HttpRequest, unit: Unit, title: str, back: str, *, intro: str = INTRO,
    form_class: type[FullListForm] = FullListForm,
) -> tuple[FullListForm, HttpResponse | None]:  # fmt: skip
    """Ask to whom a list with full numbers is given and why: the form, and the page that asks until it is answered.

    Raises PermissionDenied without the right for the unit.
    """
    if not access.may(request.user, Can.EXPORT_FULL, unit):
        raise PermissionDenied(f"您没有“{Can.EXPORT_FULL.label}”权限")
    form = form_class(posted(request))
    page = None if form.is_valid() else form_page(request, form, title, back, submit="导出", intro=[intro])
    return form, page


def record_full(request: HttpRequest, form: FullListForm, sheet: str, row: Record, **named: list[int]) -> None:
    """Leave the one event of such an export; `named` are the primary keys of all that stand in it, by what they are."""
    asked = form.cleaned_data
    detail = {"sheet": sheet, "recipient": asked["recipient"], **named}
    audit.record_access(
        by=request.user, action="export_full", row=row, reason=asked["reason"], detail=audit.canonical(detail)
    )
