"""The audit trail: rows are only ever added, each sealed over the one before it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from carecore.access import Can, scope
from carecore.models.accounts import User
from carecore.models.units import Unit, within

ROOT_SLASHES = 2  # the path of a root unit is /1/


class AuditEventQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> AuditEventQuerySet:
        """Events of the auditor's units; those of no unit, such as failed sign-ins, at the root alone."""
        paths = scope(user, Can.AUDIT)
        condition = within(paths, "unit__path")
        if any(path.count("/") == ROOT_SLASHES for path in paths):
            condition |= Q(unit=None)
        return self.filter(condition)

    def of(self, row: models.Model) -> AuditEventQuerySet:
        """The events of one row, oldest first: its timeline."""
        return self.filter(kind=row._meta.label_lower, object_id=row.pk).order_by("seq")


class AuditEvent(models.Model):
    """Who did what to which row, when and from where; `before` and `after` are canonical JSON."""

    seq = models.BigIntegerField("序号", primary_key=True)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="操作人")
    source = models.CharField("来源", max_length=60)
    action = models.CharField("动作", max_length=40)
    kind = models.CharField("对象", max_length=60, blank=True)
    object_id = models.BigIntegerField("对象编号", null=True)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", verbose_name="单位")
    reason = models.TextField("理由", blank=True)
    before = models.TextField("变更前", blank=True)
    after = models.TextField("变更后", blank=True)
    detail = models.TextField("说明", blank=True)
    previous_hash = models.CharField("前一散列", max_length=64)
    hash = models.CharField("散列", max_length=64)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "审计事件"
        ordering = ["-seq"]
        indexes = [
            models.Index(fields=["kind", "object_id", "seq"], name="audit_object"),
            models.Index(fields=["unit", "-seq"], name="audit_unit"),
            models.Index(fields=["by", "-seq"], name="audit_by"),
            models.Index(fields=["action", "-seq"], name="audit_action"),
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"


class AuditHead(models.Model):
    """The chain's last link: a single row, locked last and once in every transaction that records."""

    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        verbose_name = verbose_name_plural = "审计链首"

    def __str__(self) -> str:
        return f"{self.seq} {self.hash}"
