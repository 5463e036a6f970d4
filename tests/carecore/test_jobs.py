"""Background jobs: started, refused, cancelled, failed; the export of a list that is too long for one request."""

import pytest
from django.http import QueryDict

from carecore import jobs
from carecore.models import AuditEvent, Job
from carecore.models.jobs import JobState
from carecore.views.people import PersonList
from carecore.workflow import refuse
from tests import build


@jobs.job
def count_to_three(row):
    for number in range(3):
        jobs.progress(row, number, 3)
    return "数到 3"


@jobs.job
def be_refused(row):
    raise refuse("不能这样做")


@jobs.job
def break_down(row):
    raise ZeroDivisionError


@jobs.job
def be_cancelled(row):
    Job.objects.filter(pk=row.pk).update(state=JobState.CANCELLED)
    jobs.progress(row, 1, 3)
    return "没有停下"


@pytest.mark.parametrize(
    ("work", "state", "message"),
    [
        (count_to_three, JobState.DONE, "数到 3"),
        (be_refused, JobState.FAILED, "不能这样做"),
        (break_down, JobState.FAILED, jobs.UNEXPECTED),
        (be_cancelled, JobState.CANCELLED, ""),
    ],
)
def test_a_job_ends_in_a_state_and_says_why(cast, work, state, message):
    url = jobs.start(work, by=cast.clerk, kind="test", title="试验")
    row = Job.objects.get()
    assert url == f"/jobs/{row.pk}/"
    assert (row.state, row.message, row.started_by) == (state, message, cast.clerk)


def test_progress_is_kept_on_the_row(cast):
    jobs.start(count_to_three, by=cast.clerk, kind="test", title="试验")
    assert Job.objects.values_list("done", "total").get() == (2, 3)


def test_a_job_that_was_cancelled_before_it_began_does_nothing(cast):
    row = Job.objects.create(started_by=cast.clerk, kind="test", title="试验", state=JobState.CANCELLED)
    count_to_three.call(row.pk)
    row.refresh_from_db()
    assert (row.state, row.done, row.message) == (JobState.CANCELLED, 0, "")


def test_an_export_job_writes_what_its_starter_may_see(cast, city):
    build.person(city.a, "张三丰")
    build.person(city.b, "张三四")
    url = jobs.start_export(cast.clerk, PersonList(), QueryDict("q=zs"), "csv")
    row = Job.objects.get()
    assert url == f"/jobs/{row.pk}/"
    assert (row.state, row.message, row.done) == (JobState.DONE, "共导出 1 条", 1)
    with row.result.open() as file:
        text = file.read().decode("utf-8-sig")
    assert "张三丰" in text and "张三四" not in text
    event = AuditEvent.objects.get(action="export")
    assert (event.by, event.source) == (cast.clerk, f"后台任务 {row.pk}")
