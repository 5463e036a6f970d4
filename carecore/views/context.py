"""What every request carries: where its changes come from, and the navigation of whoever is signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from carecore import access, audit
from carecore.registry import NavGroup, provided


class AuditSource:
    """Names the address that changes come from, and holds a first sign-in at the password page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit.source(request.META.get("REMOTE_ADDR", "")):
            if must_change_password(request):
                return redirect("password_change")
            response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def must_change_password(request: HttpRequest) -> bool:
    """Whether this request must wait until its user has chosen a password."""
    if not request.user.is_authenticated or not request.user.must_change_password:
        return False
    open_to_all = {reverse("password_change"), reverse("logout")}
    return request.path not in open_to_all and not request.path.startswith(settings.STATIC_URL)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `nav` for base.html and the date that a demonstration is fixed at."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav": [], "demo_today": settings.CARE_TODAY}
    groups = sorted((group for part in provided() for group in part.nav), key=lambda group: group.place)
    nav = [shown for group in groups if (shown := _group(group, request))["items"]]
    return {
        "nav": nav,
        "section": _section(nav, request.path),
        "demo_today": settings.CARE_TODAY,
        "roles_today": user.appointments_today,
    }


def _group(group: NavGroup, request: HttpRequest) -> dict[str, Any]:
    items = [
        {"label": item.label, "url": url, "active": _active(request.path, url)}
        for item in group.items
        if (item.permission is None or access.may(request.user, item.permission))
        and (url := reverse(item.route))
    ]
    return {"title": group.title, "items": items}


def _section(nav: list[dict[str, Any]], path: str) -> dict[str, Any] | None:
    """The entry that this page lies below, for its crumbs; None on the entry's own page."""
    items = (item for group in nav for item in group["items"])
    return next((item for item in items if item["active"] and item["url"] != path), None)


def _active(path: str, url: str) -> bool:
    """Whether a page lies under an entry; the desk is above all and lies under itself alone."""
    return path == url if url == "/" else path.startswith(url)
