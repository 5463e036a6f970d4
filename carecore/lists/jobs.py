"""The list of background jobs."""

from __future__ import annotations

import django_tables2 as tables

from carecore.filters import FilterSet, StateFilter
from carecore.models import Job
from carecore.models.jobs import JobState
from carecore.tables import MomentColumn, NumberColumn, StateColumn, Table

JOB_TONES = {
    JobState.WAITING: "neutral", JobState.RUNNING: "progress", JobState.DONE: "good", JobState.FAILED: "bad",
    JobState.CANCELLED: "neutral",
}  # fmt: skip


class JobTable(Table):
    title = tables.Column("名称", linkify=("job_detail", [tables.A("pk")]))
    state = StateColumn(verbose_name="状态", tones=JOB_TONES)
    done = NumberColumn(verbose_name="已处理")
    total = NumberColumn(verbose_name="总数", default="")
    started_by = tables.Column("发起人", accessor="started_by__name")
    created_at = MomentColumn(verbose_name="发起时间")
    message = tables.Column("结果", default="")

    class Meta(Table.Meta):
        order_by = "-pk"


class JobFilter(FilterSet):
    state = StateFilter("state", choices=JobState)

    class Meta:
        model = Job
        fields = ["state"]
