"""Whether the process answers and whether it can work: for monitors, without a sign-in."""

from __future__ import annotations

import datetime

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult

WAITING_TOO_LONG = datetime.timedelta(minutes=10)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database reachable, migrations applied, no job left waiting: 200, or 503 with what is amiss."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        late = DBTaskResult.objects.ready().filter(enqueued_at__lt=timezone.now() - WAITING_TOO_LONG).exists()
    except DatabaseError:
        return JsonResponse({"database": False, "migrations": None, "worker": None}, status=503)
    state = {"database": True, "migrations": not pending, "worker": not late}
    return JsonResponse(state, status=200 if all(state.values()) else 503)


urlpatterns = [path("healthz", healthz, name="healthz"), path("readyz", readyz, name="readyz")]
