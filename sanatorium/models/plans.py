"""The year's plan and its places: plan → class → unit, each level holding what the one above gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from carecore.access import Can, scope, unit_scope
from carecore.models import Posted, QuotaClass, Record, Unit
from carecore.models.units import within

if TYPE_CHECKING:
    from carecore.models import User


class PlanState(models.TextChoices):
    DRAFT = "编制中", "编制中"
    PUBLISHED = "已下达", "已下达"
    CLOSED = "已结束", "已结束"


class PlanQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> PlanQuerySet:
        """A plan is known to everybody who works in its unit's subtree."""
        paths = scope(user, Can.SEE)
        above = Q(pk__in=[])
        for path in paths:
            above |= Q(unit_id__in=[int(pk) for pk in path.strip("/").split("/")])
        return self.filter(above | within(paths, "unit__path"))


class Plan(Posted):
    """One year's programme of a city: its total number of places (BZ-3)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="plans", verbose_name="主办单位")
    year = models.PositiveSmallIntegerField("年度")
    total = models.PositiveIntegerField("名额总数")
    state = models.CharField("状态", max_length=3, choices=PlanState, default=PlanState.DRAFT)
    note = models.CharField("说明", max_length=200, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "年度计划"
        ordering = ["-year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "year"], name="plan_once_a_year", violation_error_message="该年度计划已存在"
            ),
            models.CheckConstraint(
                condition=Q(total__gt=0), name="plan_has_places", violation_error_message="名额总数须大于零"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}年度疗休养计划"


class ClassQuota(Record):
    """The places of one class in a plan (BZ-4); `allocated` is what its units hold at the top level."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="class_quotas", verbose_name="年度计划")
    quota_class = models.CharField("名额类别", max_length=10, choices=QuotaClass)
    places = models.PositiveIntegerField("名额")
    allocated = models.PositiveIntegerField("已分配", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "类别名额"
        ordering = ["plan", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "quota_class"], name="class_quota_once",
                violation_error_message="该类别名额已设置",
            ),
            models.CheckConstraint(
                condition=Q(allocated__lte=F("places")), name="class_quota_not_over",
                violation_error_message="分配给单位的名额之和不得超过该类别名额(BZ-4)",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.plan.year}年{self.quota_class}"

    @property
    def audit_unit_id(self) -> int | None:
        return self.plan.unit_id

    @property
    def free(self) -> int:
        return self.places - self.allocated


class UnitQuotaQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> UnitQuotaQuerySet:
        return self.filter(within(scope(user, Can.SEE), "unit__path"))

    def known_to(self, user: User) -> UnitQuotaQuerySet:
        return self.filter(within(unit_scope(user), "unit__path"))


class UnitQuota(Record):
    """The places of one unit in one class: what it used itself and what it passed down (BZ-4)."""

    class_quota = models.ForeignKey(
        ClassQuota, models.PROTECT, related_name="unit_quotas", verbose_name="类别名额"
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="sanatorium_quotas", verbose_name="单位")
    places = models.PositiveIntegerField("名额", default=0)
    passed_down = models.PositiveIntegerField("已下拨", default=0)
    used = models.PositiveIntegerField("已使用", default=0)

    objects = UnitQuotaQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "单位名额"
        ordering = ["class_quota", "unit__path"]
        constraints = [
            models.UniqueConstraint(
                fields=["class_quota", "unit"], name="unit_quota_once",
                violation_error_message="该单位此类名额已设置",
            ),
            models.CheckConstraint(
                condition=Q(places__gte=F("used") + F("passed_down")), name="unit_quota_not_over",
                violation_error_message="已使用与已下拨之和不得超过本单位名额(BZ-4)",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.unit}{self.class_quota}名额"

    @property
    def own(self) -> int:
        """The places that the unit keeps for its own people: what it did not pass down."""
        return self.places - self.passed_down

    @property
    def free(self) -> int:
        return self.places - self.used - self.passed_down
