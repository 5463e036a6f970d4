"""Batches (批次): one venue, a number of days, so many seats (BZ-7, BZ-8)."""

from __future__ import annotations

import datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from carecore import clock
from carecore.access import Can, scope
from carecore.models import Posted, Record, User
from carecore.models.units import within
from carecore.money import ZERO, MoneyField
from funds.models import Fund, Voucher
from sanatorium.models.plans import Plan
from sanatorium.models.venues import Venue


class BatchState(models.TextChoices):
    ARRANGING = "编排中", "编排中"
    APPROVED = "已批准", "已批准"
    ATTENDED = "已成行", "已成行"
    CLOSED = "已结清", "已结清"
    CANCELLED = "已取消", "已取消"


class BatchQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> BatchQuerySet:
        """Batches of plans in one's units, and those in which somebody of one's units has a seat."""
        paths = scope(user, Can.SEE)
        seated = within(paths, "nominations__unit__path")
        visible = self.model.objects.filter(within(paths, "plan__unit__path") | seated)
        return self.filter(pk__in=visible.values("pk"))

    def in_year(self, year: int) -> BatchQuerySet:
        return self.filter(plan__year=year)


class Batch(Posted):
    """One stay of a group; days inclusive; the limits of the day it was opened are frozen on the row."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="batches", verbose_name="年度计划")
    number = models.PositiveSmallIntegerField("期次")
    venue = models.ForeignKey(Venue, models.PROTECT, related_name="batches", verbose_name="疗休养院")
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    days = models.PositiveSmallIntegerField("天数")
    capacity = models.PositiveSmallIntegerField("人数上限")
    seats = models.PositiveSmallIntegerField("已安排", default=0)
    place_case = models.CharField("地域", max_length=10)
    province_case = models.CharField("省内外", max_length=10)
    days_min = models.PositiveSmallIntegerField("最少天数", null=True, blank=True)
    days_max = models.PositiveSmallIntegerField("最多天数", null=True, blank=True)
    cost_cap = MoneyField("每人费用上限", null=True, blank=True)
    self_pay = models.BooleanField("超出部分个人自理", default=False)
    limits = models.JSONField("开期时的规则", default=list, blank=True)
    findings = models.JSONField("检查结果", default=list, blank=True)
    reason = models.CharField("说明理由", max_length=200, blank=True)
    reason_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="理由认可人"
    )
    estimate = MoneyField("每人预计费用", null=True, blank=True)
    fund = models.ForeignKey(
        Fund, models.PROTECT, null=True, blank=True, related_name="batches", verbose_name="列支资金"
    )
    voucher = models.OneToOneField(
        Voucher, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="支付凭证"
    )
    leader = models.CharField("带队人", max_length=50, blank=True)
    state = models.CharField("状态", max_length=3, choices=BatchState, default=BatchState.ARRANGING)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="编排人")
    opened_on = models.DateField("编排日期", default=clock.today)
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="批准人")
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="结清人")
    closed_on = models.DateField("结清日期", null=True, blank=True)
    total_cost = MoneyField("费用合计", null=True, blank=True)
    total_self_paid = MoneyField("个人自理合计", null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "批次"
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "number"], name="batch_number_once", violation_error_message="该期次已存在"
            ),
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")), name="batch_starts_before_end",
                violation_error_message="结束日期不得早于开始日期",
            ),
            models.CheckConstraint(
                condition=(Q(days_min=None) | Q(days__gte=F("days_min")))
                & (Q(days_max=None) | Q(days__lte=F("days_max"))),
                name="batch_days_in_range",
                violation_error_message="天数超出本期适用的天数范围(BZ-8)",
            ),
            models.CheckConstraint(
                condition=Q(seats__lte=F("capacity")), name="batch_seats_in_capacity",
                violation_error_message="安排人数不得超过本期人数上限",
            ),
            models.CheckConstraint(
                condition=Q(estimate=None) | Q(estimate__gt=0), name="batch_estimate_positive",
                violation_error_message="每人预计费用须大于零",
            ),
            models.CheckConstraint(
                condition=Q(voucher=None) | Q(state=BatchState.CLOSED, fund__isnull=False),
                name="batch_voucher_when_closed", violation_error_message="结清的批次才有支付凭证",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return f"{self.plan.year}年第{self.number}期"

    @property
    def audit_unit_id(self) -> int | None:
        return self.plan.unit_id

    @property
    def free_seats(self) -> int:
        return self.capacity - self.seats

    @property
    def per_person(self) -> Decimal | None:
        """What is held for each seat in yuan: the cap, or where no rule caps, what the approver expects."""
        return self.estimate if self.cost_cap is None else self.cost_cap

    @property
    def allotted(self) -> Decimal:
        """The most that the batch's fund may pay for it, in yuan: so many seats at so much each."""
        return self.seats * (self.per_person or ZERO)

    def overlaps(self, starts_on: datetime.date, ends_on: datetime.date) -> bool:
        return self.starts_on <= ends_on and starts_on <= self.ends_on


class ProgrammeKind(models.TextChoices):
    """What a stay consists of (BZ-6)."""

    REST = "休养", "休养"
    TREATMENT = "疗养", "疗养"
    CHECKUP = "体检", "体检"
    CARE = "保健理疗", "保健理疗"
    MIND = "心理健康", "心理健康"
    MEDICAL = "医疗", "医疗"
    TRAINING = "培训", "培训"
    VISIT = "参观游览", "参观游览"


HALVES = ("上午", "下午", "晚上")
# Services that a stay is about, rest and treatment first; training and sightseeing come besides.
CARE_KINDS = (
    ProgrammeKind.REST, ProgrammeKind.TREATMENT, ProgrammeKind.CHECKUP, ProgrammeKind.CARE,
    ProgrammeKind.MIND, ProgrammeKind.MEDICAL,
)  # fmt: skip


class ProgrammeItem(Record):
    """One half-day of a batch's programme; activity points are free text (一地多点).

    An item that is taken out is kept as dropped, so that its events keep their row.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="programme", verbose_name="批次")
    day = models.PositiveSmallIntegerField("第几天")
    half = models.CharField("时段", max_length=2, choices=[(half, half) for half in HALVES])
    kind = models.CharField("类型", max_length=4, choices=ProgrammeKind)
    content = models.CharField("内容", max_length=100)
    place = models.CharField("活动点", max_length=100, blank=True)
    dropped = models.BooleanField("已取消", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "活动安排"
        ordering = ["batch", "day", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "day", "half"], name="programme_item_once",
                violation_error_message="该时段已有安排",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"第{self.day}天{self.half}{self.content}"

    @property
    def audit_unit_id(self) -> int | None:
        return self.batch.plan.unit_id
