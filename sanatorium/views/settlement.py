"""Pages of batches after they set out: who came, what it cost, closed, reopened."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path

from carecore.access import Can
from carecore.models import Severity
from carecore.views.acts import needs, perform, refused, row_of, wants_json
from carecore.views.entry import reason_of, saved, shown_version
from carecore.workflow import Refused
from sanatorium.forms.settlement import CostForm
from sanatorium.models import HOLDING, Batch, Cost, Nomination, State
from sanatorium.views.batches import batch_page, move, visible_batches
from sanatorium.workflow import settlement


def _seated(request: HttpRequest, batch: Batch, *states: str) -> QuerySet[Nomination]:
    rows = Nomination.objects.visible_to(request.user).filter(batch=batch, state__in=states)
    return rows.select_related("unit", "cost").order_by("unit__path", "pk")


@needs(Can.SETTLE, "GET", "POST")
def batch_attendance(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody with a seat; whoever is ticked did not come."""
    batch = get_object_or_404(visible_batches(request), pk=pk)
    rows = _seated(request, batch, *HOLDING)
    if request.method == "POST":
        wanted = {text for text in request.POST.getlist("absent") if text.isascii() and text.isdigit()}
        absent = [row for row in rows if str(row.pk) in wanted]
        facts = {"batch": row_of(request, visible_batches(request), pk), "absent": absent}
        facts["reason"] = reason_of(request)
        return perform(
            request, settlement.record_attendance, done="参加情况已登记", back=batch_page(pk), **facts
        )
    context = {
        "batch": batch, "rows": rows, "title": f"{batch}登记参加情况", "back": batch_page(pk),
        "version": batch.version, "absent": State.ABSENT,
    }  # fmt: skip
    return render(request, "sanatorium/batch_attendance.html", context)


@needs(Can.SETTLE, "GET", "POST")
def batch_settlement(request: HttpRequest, pk: int) -> HttpResponse:
    """A line of amounts for each who came; all that is filled in is recorded at once, or nothing."""
    batch = get_object_or_404(visible_batches(request), pk=pk)
    version, data = shown_version(request, batch), request.POST or None
    lines = [CostForm(data, batch=batch, row=row) for row in _seated(request, batch, State.ATTENDED)]
    status, findings = 200, []
    if request.method == "POST":
        if any([not form.is_valid() for form in lines]):  # noqa: C419 - every form is to show its errors
            status = 400
        else:
            batch = row_of(request, visible_batches(request), pk)
            try:
                _settle(request, batch, lines)
            except Refused as refusal:
                if wants_json(request):
                    return refused(request, refusal, batch_page(pk))
                status, findings = refusal.status, _show(batch, lines, refusal)
            else:
                return saved(request, batch, "费用已登记", batch_page(pk))
    if status == 400 and wants_json(request):
        return _wrong_fields(lines)
    context = _context(batch, lines, version, findings)
    return render(request, "sanatorium/settlement_form.html", context, status=status)


def _settle(request: HttpRequest, batch: Batch, lines: list[CostForm]) -> None:
    stated = [form.line for form in lines if form.stated]
    reason = reason_of(request)
    settlement.settle(by=request.user, batch=batch, lines=stated, reason=reason)


def _wrong_fields(lines: list[CostForm]) -> JsonResponse:
    fields = {form.add_prefix(name): errors for form in lines for name, errors in form.errors.items()}
    return JsonResponse({"ok": False, "code": "fields", "fields": fields, "findings": []}, status=400)


def _show(batch: Batch, lines: list[CostForm], refusal: Refused) -> list[dict[str, Any]]:
    """Put each refusal at its line; what belongs to none is returned with the rest, for the top of the page."""
    stated = [form for form in lines if form.stated]
    found = settlement.cost_findings(batch, [form.line for form in stated])
    for form, findings in zip(stated, found, strict=True):
        for finding in findings:
            if finding.severity != Severity.INFO:
                form.add_error(finding.key if finding.key in form.fields else None, finding.message)
    return [finding.as_dict() for finding in refusal.findings]


def _context(
    batch: Batch, lines: list[CostForm], version: str, findings: list[dict[str, Any]]
) -> dict[str, Any]:
    kinds = lines[0].kinds if lines else []
    return {
        "batch": batch, "title": f"{batch}费用结算", "lines": lines, "back": batch_page(batch.pk),
        "version": version, "findings": findings, "wrong": [form for form in lines if form.errors],
        "kinds": [Cost._meta.get_field(kind).verbose_name for kind in kinds],
        "caps": [entry for entry in batch.limits if "amount" in entry and entry["case"] == batch.province_case],
        "needs_reason": bool(findings) and all(f["severity"] == Severity.WARN for f in findings),
    }  # fmt: skip


urlpatterns = [
    path("batches/<int:pk>/attendance/", batch_attendance, name="batch_attendance"),
    path("batches/<int:pk>/settlement/", batch_settlement, name="batch_settlement"),
    path("batches/<int:pk>/close/", move("close", Can.CLOSE, settlement.close_batch, "批次已结清", reasoned=False),
         name="batch_close"),
    path("batches/<int:pk>/reopen/", move("reopen", Can.CLOSE, settlement.reopen_batch, "批次已重开"),
         name="batch_reopen"),
]  # fmt: skip
