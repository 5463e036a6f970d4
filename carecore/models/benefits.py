"""The one ledger of what each person was given, over all channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from carecore.access import Can, scope
from carecore.models.people import Person
from carecore.models.records import Record
from carecore.models.units import Unit, within
from carecore.money import MoneyField

if TYPE_CHECKING:
    from carecore.models import User


# Channels in which nobody is given two things that begin on one day: a person stays at one place at a time.
ONCE_A_DAY = ("疗休养",)


class BenefitQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> BenefitQuerySet:
        return self.filter(within(scope(user, Can.SEE), "unit__path"))

    def standing(self) -> BenefitQuerySet:
        return self.filter(reversed_on=None)

    def of_channel(self, channel: str) -> BenefitQuerySet:
        return self.standing().filter(channel=channel)


class Benefit(Record):
    """One benefit to one person (amount in yuan); written by the giving verb in its own transaction."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="benefits", verbose_name="人员")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="单位")
    channel = models.CharField("渠道", max_length=20)
    occasion = models.CharField("事由", max_length=60)
    case = models.CharField("地域", max_length=10, blank=True)  # 省内、省外 as it was; blank where nobody wrote it down
    period = models.CharField("期间", max_length=10)
    amount = MoneyField("金额", null=True, blank=True)
    document_kind = models.CharField("来源类别", max_length=40)
    document_id = models.BigIntegerField("来源编号", null=True, blank=True)
    given_on = models.DateField("发生日期")
    reversed_on = models.DateField("冲销日期", null=True, blank=True)

    objects = BenefitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "关爱记录"
        ordering = ["-given_on", "-pk"]
        indexes = [
            models.Index(fields=["channel", "person", "given_on"], name="benefit_channel_person"),
            models.Index(fields=["document_kind", "document_id"], name="benefit_document"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["document_kind", "document_id", "person"],
                condition=Q(reversed_on=None) & Q(document_id__isnull=False),
                name="benefit_once_per_document",
                violation_error_message="同一单据不得重复记录",
            ),
            models.UniqueConstraint(
                fields=["channel", "person", "given_on"],
                condition=Q(reversed_on=None, channel__in=ONCE_A_DAY),
                name="benefit_once_per_day",
                violation_error_message="同一渠道同一日已有记录",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.period}"
