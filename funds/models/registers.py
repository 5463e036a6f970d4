"""Budgets (预算) and who answered for what went wrong (责任追究, BZ-27)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from carecore.models import Posted, Record, Unit, User
from carecore.models.papers import OfUnitQuerySet
from carecore.money import MoneyField
from funds.models.funds import Account, Fund, OfFundQuerySet


class Budget(Record):
    """What a fund needs and plans to spend in a year, whole or for one purpose, in yuan (TX1-13)."""

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="budgets", verbose_name="资金")
    year = models.PositiveSmallIntegerField("年度")
    purpose = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="budgets", verbose_name="用途"
    )
    planned = MoneyField("预算金额")
    need = MoneyField("需求金额", null=True, blank=True)

    objects = OfFundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "预算"
        ordering = ["fund", "-year", "purpose"]
        constraints = [
            models.UniqueConstraint(
                fields=["fund", "year", "purpose"], name="budget_once",
                violation_error_message="该年度该用途的预算已登记",
            ),
            models.UniqueConstraint(
                fields=["fund", "year"], condition=Q(purpose=None), name="budget_whole_once",
                violation_error_message="该年度的预算已登记",
            ),
            models.CheckConstraint(condition=Q(planned__gte=0), name="budget_not_negative"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.fund}{self.year}年预算"

    @property
    def audit_unit_id(self) -> int | None:
        return self.fund.unit_id


class AccountabilityState(models.TextChoices):
    OPEN = "处理中", "处理中"
    ENDED = "已办结", "已办结"


class Accountability(Posted):
    """A finding that somebody answered for: what was found, who answered, what was done and how it ended."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="accountabilities", verbose_name="单位")
    fund = models.ForeignKey(
        Fund, models.PROTECT, null=True, blank=True, related_name="accountabilities", verbose_name="资金"
    )
    kind = models.CharField("问题类别", max_length=20)
    finding = models.CharField("发现的问题", max_length=300)
    amount = MoneyField("涉及金额", null=True, blank=True)
    found_on = models.DateField("发现日期")
    responsible = models.CharField("责任人", max_length=100)
    measure = models.CharField("处理方式", max_length=100, blank=True)
    outcome = models.CharField("处理结果", max_length=300, blank=True)
    ended_on = models.DateField("办结日期", null=True, blank=True)
    state = models.CharField("状态", max_length=3, choices=AccountabilityState, default=AccountabilityState.OPEN)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")

    objects = OfUnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "责任追究"
        ordering = ["-found_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.unit}{self.kind}"


class Channel(models.TextChoices):
    """How party affairs are disclosed (TX2-7)."""

    MEETING = "会议", "会议"
    BOARD = "公开栏", "公开栏"
    CIRCULAR = "通报", "通报"


class Publication(Posted):
    """Money given was made public: what was paid out of a fund through a day, by which channel (TX1-14, TX2-7)."""

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="publications", verbose_name="资金")
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("截止日期")
    channel = models.CharField("公布方式", max_length=3, choices=Channel)
    place = models.CharField("公布地点", max_length=100, blank=True)
    people = models.PositiveIntegerField("笔数")
    amount = MoneyField("金额")
    published_on = models.DateField("公布日期")
    published_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="公布人")

    objects = OfFundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "资助公布"
        ordering = ["-ends_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fund", "ends_on"], name="publication_once", violation_error_message="该期间已公布"
            ),
            models.CheckConstraint(condition=Q(starts_on__lte=models.F("ends_on")), name="publication_days"),
        ]

    def __str__(self) -> str:
        return f"{self.fund}资助公布({self.starts_on}至{self.ends_on})"

    @property
    def audit_unit_id(self) -> int | None:
        return self.fund.unit_id
