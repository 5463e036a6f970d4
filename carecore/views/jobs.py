"""Pages of background jobs: the list, one job with its progress, its file, cancelling it."""

from __future__ import annotations

from pathlib import PurePath

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from carecore import audit, jobs
from carecore.listing import ListingView
from carecore.lists.jobs import JOB_TONES, JobFilter, JobTable
from carecore.models import Job, User
from carecore.models.jobs import JobState
from carecore.views.entry import signed_in

OPEN = (JobState.WAITING, JobState.RUNNING)


class JobList(ListingView):
    title, table_class, filterset_class = "后台任务", JobTable, JobFilter

    def visible_rows(self, user: User) -> QuerySet[Job]:
        return Job.objects.visible_to(user).select_related("started_by")


@signed_in()
def job_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a job is; while it runs the part with the progress asks for itself anew."""
    job = get_object_or_404(Job.objects.visible_to(request.user).select_related("started_by"), pk=pk)
    own = job.started_by_id == request.user.pk
    context = {
        "title": job.title, "row": job, "tone": JOB_TONES[job.state], "open": job.state in OPEN, "own": own,
        "result_name": PurePath(job.result.name).name if job.result else "",
        "next": job.arguments.get("next", "") if own else "",
    }  # fmt: skip
    part = request.htmx and not request.htmx.history_restore_request
    return render(request, "carecore/job_progress.html" if part else "carecore/job_detail.html", context)


@signed_in()
def job_file(request: HttpRequest, pk: int) -> FileResponse:
    """The file that a job left, for whoever started it alone: it holds what that user may see."""
    job = get_object_or_404(Job, pk=pk, started_by=request.user)
    if not job.result:
        raise Http404("该任务没有文件")
    stream = job.result.open("rb")
    audit.record_access(by=request.user, action="download", detail=f"后台任务 {job.pk} {job.title}")
    return FileResponse(stream, as_attachment=True, filename=PurePath(job.result.name).name)


@signed_in("POST")
def job_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a job of one's own or, as an administrator, of an account one keeps."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    jobs.cancel(job)
    return redirect("job_detail", pk)


urlpatterns = [
    path("jobs/", signed_in("GET", "POST")(JobList.as_view()), name="job_list"),
    path("jobs/<int:pk>/", job_detail, name="job_detail"),
    path("jobs/<int:pk>/file/", job_file, name="job_file"),
    path("jobs/<int:pk>/cancel/", job_cancel, name="job_cancel"),
]
