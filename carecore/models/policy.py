"""Policy documents and the rules taken from them (政策文件、规则)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from carecore.access import Can, scope
from carecore.models.records import Posted
from carecore.models.units import Unit, within

if TYPE_CHECKING:
    from carecore.models import User


class Severity(models.TextChoices):
    BLOCK = "block", "不予通过"
    WARN = "warn", "须说明理由"
    INFO = "info", "仅提示"


def reaching(user: User, field: str) -> Q:
    """Rows of the units above the user's own, which govern them, and of those under them."""
    paths = scope(user, Can.SEE)
    above = {pk for path in paths for pk in path.strip("/").split("/")}
    return Q(**{f"{field}_id__in": above}) | within(paths, f"{field}__path")


class Phase(models.TextChoices):
    """Where a rule stands on a day."""

    COMING = "未生效", "未生效"
    IN_FORCE = "生效中", "生效中"
    ENDED = "已失效", "已失效"


class DocumentQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> DocumentQuerySet:
        return self.filter(reaching(user, "unit"))

    def matching(self, text: str) -> DocumentQuerySet:
        return self.filter(Q(name__contains=text) | Q(number__contains=text))


class Document(Posted):
    """A policy document: who issued it, when, on what basis (BZ-1, LYG-18); kept by one unit."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="登记单位")
    slug = models.SlugField("标识", max_length=60)
    name = models.CharField("文件名称", max_length=200)
    number = models.CharField("文号", max_length=60, blank=True)
    issuers = models.JSONField("印发单位", default=list, blank=True)
    issued_on = models.DateField("印发日期", null=True, blank=True)
    is_trial = models.BooleanField("试行", default=False)
    based_on = models.CharField("依据", max_length=200, blank=True)
    note = models.TextField("说明", blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "政策文件"
        ordering = ["-issued_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "slug"], name="document_once_a_unit", violation_error_message="该文件已登记"
            )
        ]

    def __str__(self) -> str:
        return f"《{self.name}》" if not self.name.startswith("《") else self.name


class RuleQuerySet(models.QuerySet):
    def in_force(self, day: datetime.date) -> RuleQuerySet:
        return self.filter(Q(effective_to=None) | Q(effective_to__gte=day), effective_from__lte=day)

    def at_phase(self, phase: Phase, day: datetime.date) -> RuleQuerySet:
        if phase == Phase.IN_FORCE:
            return self.in_force(day)
        return (
            self.filter(effective_from__gt=day)
            if phase == Phase.COMING
            else self.filter(effective_to__lt=day)
        )

    def governing(self, unit: Unit) -> RuleQuerySet:
        """Rules of the unit and of everything above it."""
        return self.filter(unit_id__in=unit.ancestor_pks())

    def visible_to(self, user: User) -> RuleQuerySet:
        return self.filter(reaching(user, "unit"))

    def overlapping(self, first: datetime.date, last: datetime.date | None) -> RuleQuerySet:
        """Rules in force on any day from the first to the last, both inclusive; no last day: for good."""
        begun = self if last is None else self.filter(effective_from__lte=last)
        return begun.filter(Q(effective_to=None) | Q(effective_to__gte=first))


class Rule(Posted):
    """One limit, from a day to a day (both inclusive), for a unit and its subtree; value as its key says."""

    key = models.CharField("规则", max_length=60)
    value = models.JSONField("取值")
    severity = models.CharField("严重程度", max_length=5, choices=Severity, default=Severity.BLOCK)
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="rules", verbose_name="政策文件"
    )
    clause = models.CharField("条款", max_length=100)
    text = models.TextField("条款原文", blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="rules", verbose_name="适用单位(含下级)")
    effective_from = models.DateField("生效日期")
    effective_to = models.DateField("失效日期", null=True, blank=True)
    lower_may_differ = models.BooleanField("下级可另行规定", default=False)
    follows = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by", verbose_name="接续"
    )

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "规则"
        ordering = ["key", "unit__path", "effective_from", "pk"]
        indexes = [models.Index(fields=["key", "effective_from"], name="rule_key_from")]
        constraints = [
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_from__lte=F("effective_to")),
                name="rule_from_before_to",
                violation_error_message="失效日期不得早于生效日期",
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.clause}"

    def phase(self, day: datetime.date) -> Phase:
        if self.effective_from > day:
            return Phase.COMING
        return Phase.ENDED if self.effective_to is not None and self.effective_to < day else Phase.IN_FORCE

    @property
    def source(self) -> str:
        """How a refusal cites this rule: the document and its clause, or the local decision."""
        return f"{self.document}{self.clause}" if self.document_id else self.clause
