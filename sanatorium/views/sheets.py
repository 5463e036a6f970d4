"""Official sheets as files. A list with full ID numbers says to whom and why, and leaves one event naming all."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse

from carecore.access import Can
from carecore.models import Record, Unit
from carecore.sheets.official import Official
from carecore.views.acts import needs
from carecore.views.sheets import ask_to_whom, file_of, record_full, recorded_file
from sanatorium import sheets
from sanatorium.models import Batch, Nomination, Plan


def _plan(request: HttpRequest, pk: int) -> Plan:
    return get_object_or_404(Plan.objects.visible_to(request.user).select_related("unit"), pk=pk)


def _batch(request: HttpRequest, pk: int) -> Batch:
    query = Batch.objects.visible_to(request.user).select_related("plan__unit", "venue")
    return get_object_or_404(query, pk=pk)


@needs(Can.SEE)
def plan_quota_sheet(request: HttpRequest, pk: int) -> HttpResponseBase:
    plan = _plan(request, pk)
    return recorded_file(request, sheets.allocation(request.user, plan), plan)


@needs(Can.SEE)
def plan_statistics(request: HttpRequest, pk: int) -> HttpResponseBase:
    plan = _plan(request, pk)
    return recorded_file(request, sheets.statistics(request.user, plan), plan)


def _full_list(
    request: HttpRequest, row: Record, unit: Unit, people: Iterable[Nomination],
    make: Callable[[list[Nomination]], Official], title: str, back: str,
) -> HttpResponseBase:  # fmt: skip
    """Ask to whom and why; then record one event that names every row, and give the file."""
    form, page = ask_to_whom(request, unit, title, back)
    if page is not None:
        return page
    rows = list(people)
    official = make(rows)
    record_full(request, form, official.title, row, people=[r.person_id for r in rows])
    return file_of(request, official)


@needs(Can.EXPORT_FULL, "GET", "POST")
def plan_roster(request: HttpRequest, pk: int) -> HttpResponseBase:
    plan = _plan(request, pk)
    return _full_list(
        request, plan, plan.unit, sheets.roster_rows(request.user, plan),
        lambda rows: sheets.roster(plan, rows, plan.unit.name), "导出花名册", reverse("plan_detail", args=[pk]),
    )  # fmt: skip


@needs(Can.EXPORT_FULL, "GET", "POST")
def batch_travellers(request: HttpRequest, pk: int) -> HttpResponseBase:
    batch = _batch(request, pk)
    return _full_list(
        request, batch, batch.plan.unit, sheets.seated(batch), lambda rows: sheets.travellers(batch, rows),
        "导出出团名单", reverse("batch_detail", args=[pk]),
    )  # fmt: skip


@needs(Can.EXPORT_FULL, "GET", "POST")
def batch_settlement_sheet(request: HttpRequest, pk: int) -> HttpResponseBase:
    batch = _batch(request, pk)
    return _full_list(
        request, batch, batch.plan.unit, sheets.costed(batch), lambda rows: sheets.settlement(batch, rows),
        "导出费用结算明细表", reverse("batch_detail", args=[pk]),
    )  # fmt: skip


urlpatterns = [
    path("plans/<int:pk>/quota_sheet/", plan_quota_sheet, name="plan_quota_sheet"),
    path("plans/<int:pk>/statistics/", plan_statistics, name="plan_statistics"),
    path("plans/<int:pk>/roster/", plan_roster, name="plan_roster"),
    path("batches/<int:pk>/travellers/", batch_travellers, name="batch_travellers"),
    path("batches/<int:pk>/settlement_sheet/", batch_settlement_sheet, name="batch_settlement_sheet"),
]
