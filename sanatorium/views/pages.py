"""What the pages of one subject after another share: forms on a page of their own, and what follows them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render

from carecore.models import Record
from carecore.views.acts import field_errors, form_status, safe, wants_json

FORM = "sanatorium/form.html"


def form_page(
    request: HttpRequest, form: Form, title: str, back: str, *, template: str = FORM, **more: Any
) -> HttpResponse:
    """A form on a page of its own, or its errors as JSON."""
    if form.is_bound and wants_json(request):
        return field_errors(form)
    context = {"form": form, "title": title, "back": back, **more}
    return render(request, template, context, status=form_status(form))


def saved(request: HttpRequest, row: Record, done: str, target: str) -> HttpResponse:
    """What follows a form that was carried out: a message and the next page, or the row's state as JSON."""
    if wants_json(request):
        state = getattr(row, "state", "")
        return JsonResponse({"ok": True, "state": state, "pk": row.pk, "findings": []})
    messages.success(request, done)
    return redirect(way_back(request, target))


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The list as it was filtered when its rows were picked."""
    return safe(request, request.POST.get("next", ""), otherwise)


def posted(request: HttpRequest) -> QueryDict | None:
    """What was posted, even if nothing; None where the page is only looked at."""
    return request.POST if request.method == "POST" else None


def shown_version(request: HttpRequest, row: Record) -> str:
    """The version that a form carries: the one first shown, also when it comes back with errors."""
    return request.POST.get("version", str(row.version))
