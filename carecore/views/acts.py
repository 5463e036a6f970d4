"""How a page carries out a verb: fetch the visible row, call one function, answer in HTML or JSON."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms import BaseForm
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from carecore import access
from carecore.access import Can
from carecore.models import Record, Severity
from carecore.workflow import Refused, refuse

R = TypeVar("R", bound=Record)
View = Callable[..., HttpResponseBase]


def needs(permission: Can, *methods: str) -> Callable[[View], View]:
    """A page for whoever holds the permission anywhere: 401 or the sign-in page, 403, 405, or the view."""

    def wrap(view: View) -> View:
        @require_http_methods(methods or ("GET", "HEAD"))
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _sign_in_first(request)
            if not access.may(request.user, permission):
                raise PermissionDenied(f"您没有“{permission.label}”权限")
            return view(request, *args, **kwargs)

        answer.permission, answer.methods = permission, methods or ("GET",)  # for list_routes
        return answer

    return wrap


# What wraps a list of the business; an export too long for one request is started by POST.
LIST = needs(Can.SEE, "GET", "HEAD", "POST")


def _sign_in_first(request: HttpRequest) -> HttpResponseBase:
    if wants_json(request):
        return JsonResponse({"ok": False, "code": "unauthenticated", "findings": []}, status=401)
    return redirect_to_login(request.get_full_path())


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def row_of(request: HttpRequest, query: models.QuerySet[R], pk: int) -> R:
    """The visible row, carrying the version that the form showed; 404 where it is not visible."""
    row = get_object_or_404(query, pk=pk)
    row.version = _whole(request.POST.get("version", ""))
    return row


def rows_of(request: HttpRequest, query: models.QuerySet[R]) -> list[R]:
    """The visible rows of `rows=pk:version`, each with the version that the list showed."""
    versions: dict[int, int] = {}
    for text in request.POST.getlist("rows"):
        pk, _, version = text.partition(":")
        versions[_whole(pk)] = _whole(version)
    rows = list(query.filter(pk__in=versions))
    if len(rows) != len(versions):
        raise Http404("所选记录不存在")
    for row in rows:
        row.version = versions[row.pk]
    return rows


def _whole(text: str) -> int:
    """A posted number; what is none becomes 0, which no row's pk or version ever is."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def request_id(request: HttpRequest) -> uuid.UUID | None:
    """The one-time number of a create form, or None where it is missing or damaged."""
    try:
        return uuid.UUID(request.POST.get("request_id", ""))
    except ValueError:
        return None


def perform(
    request: HttpRequest, function: Callable[..., Any], *, done: str, back: str, **facts: Any
) -> HttpResponse:
    """Carry out a verb and answer: a message and a redirect, or JSON; a refusal as 409 or 403 with its findings."""
    try:
        result = function(by=request.user, **facts)
    except Refused as refusal:
        return refused(request, refusal, back)
    if wants_json(request):
        first = result[0] if isinstance(result, list) and result else result
        state = getattr(first, "state", "")
        return JsonResponse({"ok": True, "state": state, "pk": getattr(first, "pk", None), "findings": []})
    messages.success(request, done)
    return HttpResponseRedirect(safe(request, request.POST.get("next", ""), back))


def safe(request: HttpRequest, target: str, otherwise: str) -> str:
    """A posted return address if it is a path of this site; never the name of a route."""
    good = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return target if good else otherwise


def refused(request: HttpRequest, refusal: Refused, back: str) -> HttpResponse:
    """The answer to a refused verb; where only reasons are missing the page asks for one and posts again."""
    findings = [finding.as_dict() for finding in refusal.findings]
    if wants_json(request):
        return JsonResponse({"ok": False, "code": refusal.code, "findings": findings}, status=refusal.status)
    context = {
        "findings": findings,
        "back": back,
        "needs_reason": all(f.severity == Severity.WARN for f in refusal.findings),
        "posted": [
            (name, value)
            for name in request.POST
            if name not in {"csrfmiddlewaretoken", "reason"}
            for value in request.POST.getlist(name)
        ],
    }
    return render(request, "_partials/refused.html", context, status=refusal.status)


def submit_form(form: BaseForm, function: Callable[..., Any], **facts: Any) -> Any | None:
    """Carry out a verb for a valid form; a refusal becomes the form's errors and None is returned."""
    try:
        return function(**facts)
    except Refused as refusal:
        form.refusal = refusal
        for finding in refusal.findings:
            form.add_error(_field(form, finding.key), finding.message)
        return None


def _field(form: BaseForm, key: str) -> str | None:
    """The field that a finding belongs to, by the rule keys that the form's fields declare."""
    for name, field in form.fields.items():
        if key == name or key in getattr(field, "rule_keys", ()):
            return name
    return None


def form_status(form: BaseForm) -> int:
    """200 for a form not yet sent, 400 for wrong input, 409 or 403 for a refusal."""
    refusal: Refused | None = getattr(form, "refusal", None)
    if refusal is not None:
        return refusal.status
    return 400 if form.is_bound and form.errors else 200


def field_errors(form: BaseForm) -> JsonResponse:
    """The JSON body of a form that was refused or does not fit."""
    refusal: Refused | None = getattr(form, "refusal", None)
    if refusal is not None:
        findings = [finding.as_dict() for finding in refusal.findings]
        return JsonResponse({"ok": False, "code": refusal.code, "findings": findings}, status=refusal.status)
    return JsonResponse({"ok": False, "code": "fields", "fields": form.errors, "findings": []}, status=400)


__all__ = [
    "field_errors", "form_status", "needs", "perform", "refuse", "refused", "request_id", "row_of", "rows_of",
    "submit_form", "wants_json",
]  # fmt: skip
