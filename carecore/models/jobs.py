"""Long work that runs beside the web process (后台任务)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from carecore.models.accounts import User


class JobState(models.TextChoices):
    WAITING = "等待", "等待"
    RUNNING = "进行中", "进行中"
    DONE = "完成", "完成"
    FAILED = "失败", "失败"
    CANCELLED = "已取消", "已取消"


class JobQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> JobQuerySet:
        """One's own jobs; an administrator sees those of the accounts he keeps too, without their files."""
        return self.filter(Q(started_by=user.pk) | Q(started_by__in=User.objects.visible_to(user)))


class Job(models.Model):
    """A job somebody started: what it does, how far it is, and the file it left."""

    kind = models.CharField("类别", max_length=30)
    title = models.CharField("名称", max_length=100)
    arguments = models.JSONField("参数", default=dict)
    state = models.CharField("状态", max_length=3, choices=JobState, default=JobState.WAITING)
    done = models.PositiveIntegerField("已处理", default=0)
    total = models.PositiveIntegerField("总数", null=True, blank=True)
    message = models.CharField("结果", max_length=200, blank=True)
    result = models.FileField("结果文件", upload_to="jobs/%Y%m/", blank=True)
    started_by = models.ForeignKey(User, models.PROTECT, related_name="jobs", verbose_name="发起人")
    created_at = models.DateTimeField("发起时间", auto_now_add=True)
    seen_at = models.DateTimeField("最近进展", auto_now=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "后台任务"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["started_by", "-id"], name="job_started_by")]

    def __str__(self) -> str:
        return self.title
