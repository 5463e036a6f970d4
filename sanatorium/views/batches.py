"""Pages of batches until they set out: list, card, forms, programme, seats, approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access, clock, workdays
from carecore.access import Can
from carecore.listing import ListingView
from carecore.models import Severity, User
from carecore.offers import timeline
from carecore.policy import KEYS, Finding, Rulebook, describe
from carecore.views.acts import (
    needs,
    perform,
    row_of,
    rows_of,
    submit_form,
)
from carecore.views.entry import form_page, reason_of, saved, shown_version
from sanatorium.filters.batches import BatchFilter
from sanatorium.forms.batches import AmendEstimateForm, BatchForm, EstimateForm, ProgrammeForm
from sanatorium.models import Batch, Nomination
from sanatorium.rules.frozen import entry_of
from sanatorium.rules.funding import needs_estimate
from sanatorium.rules.ranking import BY_DEFAULT, Ranked
from sanatorium.tables.batches import BATCH_TONES, BatchTable
from sanatorium.tables.nominations import TONES
from sanatorium.views.batch_steps import money, next_step, steps
from sanatorium.workflow import batches

# So many people beyond the free seats does a proposal show; a search finds the others.
BEYOND = 20


class BatchList(ListingView):
    title, table_class, filterset_class = "批次", BatchTable, BatchFilter

    def visible_rows(self, user: User) -> QuerySet[Batch]:
        return Batch.objects.visible_to(user).select_related("plan", "venue")

    def create_url(self, user: User) -> str:
        return reverse("batch_new") if access.may(user, Can.ARRANGE) else ""


def visible_batches(request: HttpRequest) -> QuerySet[Batch]:
    """The batches of this user, with what their pages show."""
    return Batch.objects.visible_to(request.user).select_related("plan__unit", "venue")


def batch_page(pk: int) -> str:
    return reverse("batch_detail", args=[pk])


def ask_for_reason(form: Form) -> None:
    """Where only warnings stand against a form, say at its reason that one is needed."""
    refusal = getattr(form, "refusal", None)
    if refusal is not None and all(f.severity == Severity.WARN for f in refusal.findings):
        form.add_error("reason", "请写明理由后再次提交")


@needs(Can.ARRANGE, "GET", "POST")
def batch_new(request: HttpRequest) -> HttpResponse:
    form = BatchForm(request.POST or None, user=request.user, book=Rulebook(clock.today()))
    if form.is_valid():
        batch = submit_form(form, batches.open_batch, by=request.user, **form.cleaned_data)
        if batch is not None:
            return saved(request, batch, "批次已开设", batch_page(batch.pk))
        ask_for_reason(form)
    return form_page(request, form, "开设批次", reverse("batch_list"))


@needs(Can.ARRANGE, "GET", "POST")
def batch_edit(request: HttpRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(visible_batches(request), pk=pk)
    book, version = Rulebook(batch.opened_on), shown_version(request, batch)
    form = BatchForm(request.POST or None, user=request.user, book=book, batch=batch)
    if form.is_valid():
        facts = {"batch": row_of(request, visible_batches(request), pk), **form.cleaned_data}
        amended = submit_form(form, batches.amend_batch, by=request.user, **facts)
        if amended is not None:
            return saved(request, amended, "已保存", batch_page(pk))
        ask_for_reason(form)
    return form_page(request, form, f"修改{batch}", batch_page(pk), version=version)


@needs(Can.ARRANGE, "GET", "POST")
def batch_programme(request: HttpRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(visible_batches(request), pk=pk)
    version, book = shown_version(request, batch), Rulebook(batch.opened_on)
    form = ProgrammeForm(request.POST or None, batch=batch, items=batches.programme_of(batch), book=book)
    if form.is_valid():
        facts = {"batch": row_of(request, visible_batches(request), pk), "items": form.items}
        facts["reason"] = form.cleaned_data["reason"]
        planned = submit_form(form, batches.plan_programme, by=request.user, **facts)
        if planned is not None:
            return saved(request, planned, "活动安排已保存", batch_page(pk))
        ask_for_reason(form)
    page = {"batch": batch, "version": version, "template": "sanatorium/batch_programme.html"}
    return form_page(request, form, f"{batch}活动安排", batch_page(pk), **page)


@needs(Can.SEE)
def batch_detail(request: HttpRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(visible_batches(request).select_related("opened_by", "reason_by", "fund__unit", "voucher"), pk=pk)
    people = _people(request, batch)
    whole = access.may(request.user, Can.SEE, batch.plan.unit)
    unassigns = access.may(request.user, Can.ARRANGE, batch.plan.unit) and batch.state in batches.SEATING
    context = {
        "batch": batch, "title": str(batch), "tone": BATCH_TONES[batch.state], "people": people,
        "whole": whole, "unassigns": unassigns, "programme": batches.programme_of(batch),
        "costs": [_bar(row) for row in people if hasattr(row, "cost")],
        "workdays": workdays.workdays_between(batch.starts_on, batch.ends_on),
        "workdays_known": workdays.year_known(batch.starts_on.year),
        "leave": entry_of(batch, "sanatorium.annual_leave"), "version": batch.version,
        "may_export": access.may(request.user, Can.EXPORT_FULL, batch.plan.unit),
        "events": timeline(batch), "next_step": next_step(batch) if whole else "",
        "money": money(request.user, batch) if whole else None, **steps(request.user, batch),
    }  # fmt: skip
    return render(request, "sanatorium/batch_detail.html", context)


def _people(request: HttpRequest, batch: Batch) -> list[Nomination]:
    """Those of the batch whom this user may see."""
    rows = Nomination.objects.visible_to(request.user).filter(batch=batch)
    rows = list(rows.select_related("unit", "cost").order_by("unit__path", "pk"))
    for row in rows:
        row.tone = TONES[row.state]
    return rows


def _bar(row: Nomination) -> dict[str, Any]:
    """One line of the picture of costs against their cap."""
    url = reverse("nomination_detail", args=[row.pk])
    return {"label": row.name, "value": row.cost.borne, "maximum": row.cost.cap, "url": url}


@needs(Can.ARRANGE, "GET", "POST")
def batch_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """The proposal with its reasons; what is ticked gets a seat."""
    batch = get_object_or_404(visible_batches(request), pk=pk)
    if request.method == "POST":
        rows = rows_of(request, Nomination.objects.visible_to(request.user))
        facts = {"batch": batch, "rows": rows, "reason": reason_of(request)}
        back = reverse("batch_assign", args=[pk])
        return perform(request, batches.assign, done=f"已编入{len(rows)}人", back=back, **facts)
    proposal = batches.propose(batch)
    text = request.GET.get("q", "").strip()[:50]
    shown = [line for line in proposal if _matches(line.nomination, text)][: batch.free_seats + BEYOND]
    lines = _choices(batch, shown, batches.check_seats(batch, [line.nomination for line in shown]))
    order = Rulebook(clock.today()).limit("sanatorium.ranking", batch.plan.unit)
    context = {
        "batch": batch, "title": f"{batch}编入人员", "q": text, "total": len(proposal),
        "order": describe(KEYS["sanatorium.ranking"], order.value if order else BY_DEFAULT), "clause": order.clause if order else "",
        "lines": lines, "ticked": sum(line["ticked"] for line in lines),
    }  # fmt: skip
    return render(request, "sanatorium/batch_assign.html", context)


def _matches(row: Nomination, text: str) -> bool:
    return not text or text in row.name or row.initials.startswith(text.lower()) or text in row.unit.name


def _choices(batch: Batch, shown: list[Ranked], against: dict[int, list[Finding]]) -> list[dict[str, Any]]:
    """The rows of the proposal; the first that fit and wish to go there are ticked, others say why not."""
    lines, seats = [], batch.free_seats
    for line in shown:
        findings = against[line.nomination.pk]
        blocked = any(finding.severity == Severity.BLOCK for finding in findings)
        wish = line.nomination.wish
        astray = bool(wish) and wish not in (batch.place_case, batch.province_case)
        ticked = not findings and not astray and seats > 0
        seats -= ticked
        lines.append({
            "place": line.place, "row": line.nomination, "reasons": line.reasons, "blocked": blocked,
            "ticked": ticked, "findings": findings, "astray": astray,
        })  # fmt: skip
    return lines


@needs(Can.ARRANGE, "POST")
def batch_unassign(request: HttpRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(visible_batches(request), pk=pk)
    rows = rows_of(request, Nomination.objects.visible_to(request.user).filter(batch=batch))
    facts = {"rows": rows, "reason": reason_of(request)}
    return perform(request, batches.unassign, done=f"已调出{len(rows)}人", back=batch_page(pk), **facts)


@needs(Can.APPROVE, "POST")
def batch_approve(request: HttpRequest, pk: int) -> HttpResponse:
    batch = row_of(request, visible_batches(request), pk)
    facts = {"batch": batch, "reason": reason_of(request)}
    if needs_estimate(batch):
        form = EstimateForm(request.POST)
        if not form.is_valid():
            return form_page(request, form, f"批准{batch}", batch_page(pk), version=batch.version, submit="批准批次")
        facts |= form.cleaned_data
    return perform(request, batches.approve_batch, done="批次已批准", back=batch_page(pk), **facts)


@needs(Can.APPROVE, "POST")
def batch_amend_estimate(request: HttpRequest, pk: int) -> HttpResponse:
    batch, form = row_of(request, visible_batches(request), pk), AmendEstimateForm(request.POST)
    if not form.is_valid():
        return form_page(request, form, f"调整{batch}每人预计费用", batch_page(pk), version=batch.version)
    facts, done = {"batch": batch, **form.cleaned_data}, "每人预计费用已调整"
    return perform(request, batches.amend_estimate, done=done, back=batch_page(pk), **facts)


def move(
    name: str, right: Can, verb: Callable[..., Batch], done: str, *, reasoned: bool = True
) -> Callable[..., HttpResponse]:
    """The address of a verb that moves the batch itself."""

    def answer(request: HttpRequest, pk: int) -> HttpResponse:
        batch = row_of(request, visible_batches(request), pk)
        facts = {"reason": reason_of(request)} if reasoned else {}
        return perform(request, verb, done=done, back=batch_page(pk), batch=batch, **facts)

    answer.__name__ = f"batch_{name}"
    return needs(right, "POST")(answer)


urlpatterns = [
    path("batches/", BatchList.as_view(), name="batch_list"),
    path("batches/new/", batch_new, name="batch_new"),
    path("batches/<int:pk>/", batch_detail, name="batch_detail"),
    path("batches/<int:pk>/edit/", batch_edit, name="batch_edit"),
    path("batches/<int:pk>/programme/", batch_programme, name="batch_programme"),
    path("batches/<int:pk>/assign/", batch_assign, name="batch_assign"),
    path("batches/<int:pk>/unassign/", batch_unassign, name="batch_unassign"),
    path("batches/<int:pk>/approve/", batch_approve, name="batch_approve"),
    path("batches/<int:pk>/amend_estimate/", batch_amend_estimate, name="batch_amend_estimate"),
    path("batches/<int:pk>/cancel/", move("cancel", Can.SEE, batches.cancel_batch, "批次已取消"),
         name="batch_cancel"),
]  # fmt: skip
