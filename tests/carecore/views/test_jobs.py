"""Pages of background jobs."""

import pytest
from django.core.files.base import ContentFile

from carecore.access import Role
from carecore.models import AuditEvent, Job
from carecore.models.jobs import JobState
from tests import build

pytestmark = pytest.mark.django_db


def job(user, **columns):
    return Job.objects.create(**{"kind": "export", "title": "导出人员", "started_by": user, **columns})


@pytest.fixture
def clerk(client, cast):
    client.force_login(cast.clerk)
    return client


def test_a_running_job_shows_its_progress_and_asks_anew(clerk, cast):
    row = job(cast.clerk, state=JobState.RUNNING, done=30, total=120)
    page = clerk.get(f"/jobs/{row.pk}/").content.decode()
    assert "30 / 120条" in page and 'hx-trigger="every 2s"' in page and "<html" in page
    part = clerk.get(f"/jobs/{row.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "30 / 120条" in part and "<html" not in part


def test_a_finished_job_gives_its_file_to_its_starter(clerk, cast, city):
    row = job(cast.clerk, state=JobState.DONE, message="共导出 2 条", arguments={"next": "/people/"})
    row.result.save("人员-20260511.csv", ContentFile(b"a,b"))
    page = clerk.get(f"/jobs/{row.pk}/").content.decode()
    assert "共导出 2 条" in page and f"/jobs/{row.pk}/file/" in page and 'href="/people/"' in page
    assert "every 2s" not in page
    answer = clerk.get(f"/jobs/{row.pk}/file/")
    assert answer.getvalue() == b"a,b" and answer.headers["Content-Disposition"].startswith("attachment")
    assert AuditEvent.objects.get().action == "download"


def test_an_administrator_sees_the_job_and_not_its_file(client, clerk, cast):
    row = job(cast.clerk, state=JobState.DONE, arguments={"next": "/people/"})
    row.result.save("人员-20260511.csv", ContentFile(b"a,b"))
    client.force_login(cast.admin)
    page = client.get(f"/jobs/{row.pk}/").content.decode()
    assert "导出人员" in page and "/file/" not in page and 'href="/people/">查看结果' not in page
    assert client.get(f"/jobs/{row.pk}/file/").status_code == 404


def test_the_job_of_somebody_else_does_not_exist(client, city, cast):
    row = job(cast.clerk)
    for user in (cast.clerk_b, cast.lead, cast.auditor, build.user("admin_b", city.b, Role.ADMINISTRATOR)):
        client.force_login(user)
        assert client.get(f"/jobs/{row.pk}/").status_code == 404
        assert client.post(f"/jobs/{row.pk}/cancel/").status_code == 404
        assert f"/jobs/{row.pk}/" not in client.get("/jobs/").content.decode()


def test_a_job_without_a_file_has_none(clerk, cast):
    assert clerk.get(f"/jobs/{job(cast.clerk).pk}/file/").status_code == 404


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (JobState.WAITING, JobState.CANCELLED),
        (JobState.RUNNING, JobState.CANCELLED),
        (JobState.DONE, JobState.DONE),
        (JobState.FAILED, JobState.FAILED),
    ],
)
def test_a_job_that_is_not_over_is_cancelled(clerk, cast, state, after):
    row = job(cast.clerk, state=state)
    assert clerk.post(f"/jobs/{row.pk}/cancel/").status_code == 302
    assert Job.objects.get(pk=row.pk).state == after


def test_jobs_are_filtered_by_state(clerk, cast):
    done, failed = job(cast.clerk, state=JobState.DONE), job(cast.clerk, state=JobState.FAILED)
    page = clerk.get("/jobs/?state=失败").content.decode()
    assert f"/jobs/{failed.pk}/" in page and f"/jobs/{done.pk}/" not in page


def test_queries_do_not_grow_with_the_jobs(clerk, cast, queries_of):
    job(cast.clerk)
    one = queries_of(clerk, "/jobs/")
    job(cast.clerk)
    job(cast.clerk)
    assert queries_of(clerk, "/jobs/") == one
