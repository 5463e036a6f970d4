"""The desk: what waits for whoever is signed in, which deadlines come, how quotas stand."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from carecore.registry import provided
from carecore.views.entry import signed_in


@signed_in()
def desk(request: HttpRequest) -> HttpResponse:
    """Gather the desk items and meters of every business for this user."""
    items = [item for part in provided() for ask in part.desk for item in ask(request.user)]
    meters = [meter for part in provided() for ask in part.meters for meter in ask(request.user)]
    context = {
        "title": "工作台",
        "items": [item for item in items if not item.due],
        "deadlines": [item for item in items if item.due],
        "meters": meters,
    }
    return render(request, "home.html", context)


urlpatterns = [path("", desk, name="desk")]
