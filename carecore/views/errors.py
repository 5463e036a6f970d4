"""Answers to what goes wrong before a view answers: the page, or the same as JSON where that was asked for."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import csrf, defaults

from carecore.views.acts import wants_json


class PlainAnswers:
    """Middleware: a demonstration (DEBUG) too answers in the product's words, not with Django's technical pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Http404):
            return not_found(request, exception)
        return bad_request(request, exception) if isinstance(exception, BadRequest) else None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: what was sent cannot be read; only our own exceptions speak to people."""
    said = str(exception) if isinstance(exception, BadRequest) else ""
    answer = _json(request, "bad_request", 400)
    return answer or render(request, "400.html", {"exception": said}, status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the right is missing."""
    return _json(request, "forbidden", 403) or defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: there is no such thing, or not for this user."""
    return _json(request, "not_found", 404) or defaults.page_not_found(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form is too old or was sent from elsewhere (CSRF_FAILURE_VIEW)."""
    return _json(request, "csrf", 403) or csrf.csrf_failure(request, reason)


def _json(request: HttpRequest, code: str, status: int) -> JsonResponse | None:
    if not wants_json(request):
        return None
    return JsonResponse({"ok": False, "code": code, "findings": []}, status=status)
