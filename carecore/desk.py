"""What waits on the desk in carecore itself: numbers wanted by two units, roles that end, jobs that failed."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone

from carecore import access, clock, people
from carecore.access import Can
from carecore.models import Appointment, Job, User
from carecore.models.jobs import JobState
from carecore.registry import DeskItem

# How long before its end a role is announced, and how long a failed job stays on the desk.
AHEAD = datetime.timedelta(days=30)
RECENT = datetime.timedelta(days=7)


def duplicates(user: User) -> Iterator[DeskItem]:
    """Numbers that another unit wanted to register, for whoever keeps the people of both."""
    if access.may(user, Can.KEEP_PEOPLE) and (count := len(people.open_duplicates(user))):
        yield DeskItem("证件号码重复登记待处理", count, reverse("person_duplicates"))


def ending_roles(user: User) -> Iterator[DeskItem]:
    """Appointments that end soon, for the administrator who may prolong them."""
    today = clock.today()
    ending = Appointment.objects.visible_to(user).filter(ends_on__gte=today, ends_on__lte=today + AHEAD)
    if not access.may(user, Can.ACCOUNTS) or (first := ending.order_by("ends_on").first()) is None:
        return
    yield DeskItem(
        "任职授权即将到期", ending.count(), reverse("user_list"), due=f"{first.ends_on:%m月%d日}到期"
    )  # fmt: skip


def failed_jobs(user: User) -> Iterator[DeskItem]:
    """One's own jobs that failed lately."""
    failed = Job.objects.filter(
        started_by=user, state=JobState.FAILED, created_at__gte=timezone.now() - RECENT
    )
    if count := failed.count():
        yield DeskItem(
            "后台任务未完成", count, f"{reverse('job_list')}?state={JobState.FAILED}", tone="urgent"
        )
