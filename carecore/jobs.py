"""Work that runs beside the web process: started with a row that shows how far it is, run by django-tasks.

The page answers at once and leads to `/jobs/<pk>/`; a worker process does the work and leaves its result there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files import File
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django_tasks import task
from django_tasks.base import Task

from carecore import audit, clock
from carecore.models import Job, User
from carecore.models.jobs import JobState
from carecore.registry import provided
from carecore.sheets.errors import SheetError
from carecore.workflow import Refused

UNEXPECTED = "出现意外错误,没有完成,请联系系统管理员"
MESSAGE_MAX = 200


class Cancelled(Exception):
    """The job was cancelled while it ran."""


class GivenUp(Exception):
    """The work cannot be done, for the reason that the message says to whoever started it."""


def job(work: Callable[[Job], str]) -> Task:
    """Make a task of a function that does a job's work and returns what its page says at the end.

    A refusal ends the job as failed with its reason; what it changed is rolled back by its own verb.
    """

    @wraps(work)
    def run(pk: int) -> None:
        if not Job.objects.filter(pk=pk, state=JobState.WAITING).update(state=JobState.RUNNING):
            return  # cancelled before it began, or taken by another worker
        row = Job.objects.select_related("started_by").get(pk=pk)
        state, message = JobState.FAILED, UNEXPECTED
        try:
            with audit.source(f"后台任务 {pk}"):
                message = work(row)
            state = JobState.DONE
        except (Refused, SheetError, GivenUp) as refusal:
            message = str(refusal)
        except Cancelled:
            state, message = JobState.CANCELLED, ""
        finally:
            _save(pk, state=state, message=message[:MESSAGE_MAX])

    return task(run)


def start(work: Task, *, by: User, kind: str, title: str, **arguments: Any) -> str:
    """Add a job and hand it to a worker; returns the address of its page. `arguments` are plain JSON values."""
    row = Job.objects.create(started_by=by, kind=kind, title=title[:100], arguments=arguments)
    work.enqueue(row.pk)
    return reverse("job_detail", args=[row.pk])


def progress(row: Job, done: int, total: int) -> None:
    """Say how far a running job is; raises Cancelled when it was cancelled meanwhile."""
    if not _save(row.pk, Q(state=JobState.RUNNING), done=done, total=total):
        raise Cancelled


def cancel(row: Job) -> None:
    """Ask a job that is not over yet to stop; a running one stops at its next sign of progress."""
    _save(row.pk, Q(state__in=[JobState.WAITING, JobState.RUNNING]), state=JobState.CANCELLED)


def lead_on(row: Job, url: str) -> None:
    """Name the page that shows what came of a job."""
    row.arguments["next"] = url
    _save(row.pk, arguments=row.arguments)


def _save(pk: int, condition: Q | None = None, **columns: Any) -> int:
    return Job.objects.filter(condition or Q(), pk=pk).update(seen_at=timezone.now(), **columns)


# Exports too long for one request -----------------------------------------------------------------------------


def listings() -> dict[str, Any]:
    """Every list that can be exported, by its name: the view class that the page uses."""
    return {name: view for part in provided() for name, view in part.exports.items()}


def start_export(user: User, view: Any, filters: QueryDict, format: str) -> str:
    """Start the job that writes a list's export; returns the address of its page."""
    name = next(name for name, found in listings().items() if found is type(view))
    return start(
        write_export, by=user, kind="export", title=f"导出{view.title}", list=name, format=format,
        filters=filters.urlencode(),
    )  # fmt: skip


@job
def write_export(row: Job) -> str:
    """Write the file of a list as its starter sees it now."""
    asked = row.arguments
    view = listings()[asked["list"]]()
    with tempfile.TemporaryFile() as stream:
        count = view.write_export(row.started_by, QueryDict(asked["filters"]), asked["format"], stream)
        stream.seek(0)
        row.result.save(f"{view.title}-{clock.today():%Y%m%d}.{asked['format']}", File(stream), save=False)
    _save(row.pk, result=row.result.name, done=count, total=count)
    return f"共导出 {count} 条"
