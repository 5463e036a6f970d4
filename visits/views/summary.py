"""The cross-tab of hardship files: category × count × share of the base (TX1-11), as a page and as a file."""

from __future__ import annotations

import io

from django.core.exceptions import BadRequest
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from carecore import audit, clock
from carecore.access import Can
from carecore.listing import CONTENT_TYPES
from carecore.sheets import writer
from carecore.sheets.typed import Kind
from carecore.views.acts import needs
from visits.case_queries import ROUNDING, Share, cross_tab
from visits.filters.cases import SummaryFilter
from visits.models import HardshipCase

TITLE = "困难档案分类统计"
FIELDS = [
    writer.Field("分类", Kind.TEXT), writer.Field("项目", Kind.TEXT), writer.Field("户数", Kind.NUMBER),
    writer.Field("总户数", Kind.NUMBER), writer.Field("比例(%)", Kind.MONEY),
]  # fmt: skip


@needs(Can.SEE_HARDSHIP)
def case_summary(request: HttpRequest) -> HttpResponse:
    rows = HardshipCase.objects.visible_to(request.user).standing()
    filterset = SummaryFilter(request.GET, rows, user=request.user)
    chosen = filterset.qs if filterset.is_valid() else rows.none()
    shares = cross_tab(request.user, chosen)
    if "export" in request.GET:
        return _export(request, shares)
    context = {
        "title": TITLE, "shares": shares, "filterset": filterset, "rounding": ROUNDING, "base": chosen.count(),
        "query": request.GET.urlencode(),
    }  # fmt: skip
    return render(request, "visits/case_summary.html", context, status=200 if filterset.is_valid() else 400)


def _export(request: HttpRequest, shares: list[Share]) -> FileResponse:
    format = request.GET["export"]
    if format not in CONTENT_TYPES:
        raise BadRequest("导出格式只有 xlsx 和 csv")
    rows = [[one.group, one.label, one.count, one.base, one.percent] for one in shares]
    rows.append(["说明", ROUNDING, None, None, None])
    stream = io.BytesIO()
    if format == "csv":
        writer.write_csv(stream, FIELDS, rows)
    else:
        writer.write_list(stream, TITLE, FIELDS, rows, exporter=request.user.name)
    detail = audit.canonical({"list": TITLE, "format": format, "rows": len(shares)})
    audit.record_access(by=request.user, action="export", detail=detail)
    stream.seek(0)
    name = f"{TITLE}-{clock.today():%Y%m%d}.{format}"
    return FileResponse(stream, as_attachment=True, filename=name, content_type=CONTENT_TYPES[format])


urlpatterns = [path("cases/summary/", case_summary, name="case_summary")]
