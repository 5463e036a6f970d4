"""What the pages of one subject after another share: who may enter, a form on a page of its own, what follows."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods

from carecore.models import Record
from carecore.outcomes import Became, Outcome, finding
from carecore.views.acts import View, field_errors, form_status, row_of, safe, wants_json
from carecore.workflow import Refused

R = TypeVar("R", bound=Record)


def signed_in(*methods: str) -> Callable[[View], View]:
    """A page for whoever is signed in, whatever the role: it shows only what that user may see."""

    def wrap(view: View) -> View:
        @require_http_methods(methods or ("GET", "HEAD"))
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated:
                return view(request, *args, **kwargs)
            if wants_json(request):
                return JsonResponse({"ok": False, "code": "unauthenticated", "findings": []}, status=401)
            return redirect_to_login(request.get_full_path())

        answer.permission, answer.methods = "signed_in", methods or ("GET",)  # for list_routes
        return answer

    return wrap


def fetch(request: HttpRequest, query: QuerySet[R], pk: int) -> R:
    """The visible row for a page with a form: with the version that the form carries once it is posted."""
    return row_of(request, query, pk) if request.method == "POST" else get_object_or_404(query, pk=pk)


def form_page(
    request: HttpRequest, form: Form, title: str, back: str, row: Record | None = None, *,
    template: str = "carecore/form.html", **more: Any,
) -> HttpResponse:  # fmt: skip
    """A page that is one form, also when it comes back refused, or its errors as JSON; `row` is what it amends."""
    if form.is_bound and wants_json(request):
        return field_errors(form)
    context = {"form": form, "title": title, "back": back, "version": row and row.version, **more}
    return render(request, template, context, status=form_status(form))


def posted(request: HttpRequest) -> QueryDict | None:
    """What was posted, even if nothing; None where the page is only looked at."""
    return request.POST if request.method == "POST" else None


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


def shown_version(request: HttpRequest, row: Record) -> str:
    """The version that a form carries: the one first shown, also when it comes back with errors."""
    return request.POST.get("version", str(row.version))


def reason_of(request: HttpRequest) -> str:
    """The text of the reason that is posted with a verb, without the one character that no database keeps."""
    return request.POST.get("reason", "").replace("\0", "")


def single(function: Callable[..., list[Outcome]]) -> Callable[..., Any]:
    """A verb of many drafts as a form uses it: one draft gives its new row or raises Refused.

    The verb itself has been carried out by then, so that what it recorded stays recorded.
    """

    def run(**facts: Any) -> Any:
        (outcome,) = function(**facts)
        sent_twice = outcome.row is not None and _same_request(outcome)
        if outcome.became == Became.NEW or sent_twice:
            return outcome.row
        raise Refused(*(outcome.findings or [finding("known", "已经登记过,没有重复登记")]))

    return run


def _same_request(outcome: Outcome) -> bool:
    asked = getattr(outcome.draft, "request_id", None)
    return asked is not None and asked == outcome.row.request_id


def asked_text(request: HttpRequest) -> str:
    """What was typed into a search: `q`, or the field that htmx sent; at most 50 characters."""
    typed = request.GET.get("q") or request.POST.get(request.htmx.trigger_name or "q", "")
    return typed.replace("\0", "").strip()[:50]


def offer(options: list[tuple[str, str]]) -> HttpResponse:
    """The options of a datalist: pairs of the text that is filled in and what is said beside it."""
    return HttpResponse(render_to_string("carecore/options.html", {"options": options}))
