"""Where a notice stands on a day: its state says only whether it was taken down, its days say the rest (BZ-17)."""

from __future__ import annotations

import datetime

from django.db import models
from django.db.models import Q

from carecore.models import Notice
from carecore.models.papers import NoticeState


class Phase(models.TextChoices):
    COMING = "未开始", "未开始"
    RUNNING = "公示中", "公示中"
    OVER = "已期满", "已期满"
    CANCELLED = "已撤回", "已撤回"


PHASE_TONES = {
    Phase.COMING: "neutral", Phase.RUNNING: "progress", Phase.OVER: "good", Phase.CANCELLED: "neutral"
}  # fmt: skip


def phase_of(notice: Notice, day: datetime.date) -> Phase:
    """Where the notice stands on this day; first and last day inclusive."""
    if notice.state == NoticeState.CANCELLED:
        return Phase.CANCELLED
    if day > notice.ends_on:
        return Phase.OVER
    return Phase.COMING if day < notice.starts_on else Phase.RUNNING


def at_phase(phase: str, day: datetime.date) -> Q:
    """The notices that stand there on this day."""
    if phase == Phase.CANCELLED:
        return Q(state=NoticeState.CANCELLED)
    days = {
        Phase.COMING: Q(starts_on__gt=day),
        Phase.RUNNING: Q(starts_on__lte=day, ends_on__gte=day),
        Phase.OVER: Q(ends_on__lt=day),
    }
    return days[Phase(phase)] & ~Q(state=NoticeState.CANCELLED)
