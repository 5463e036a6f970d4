"""What a stay cost, and what a person may cost in a year (BZ-11, BZ-12)."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from carecore.models import Person, Record, User
from carecore.money import ZERO, MoneyField
from sanatorium.models.nominations import Nomination
from sanatorium.models.plans import Plan

# The five kinds of BZ-12, column by column; there is none for cash or gifts (BZ-14).
COST_KINDS = ("transport", "board", "training", "medical", "insurance")


class Cost(Record):
    """The cost of one person's stay in yuan; all-in, and never above the cap frozen with the batch."""

    nomination = models.OneToOneField(Nomination, models.PROTECT, related_name="cost", verbose_name="人员")
    transport = MoneyField("交通费", default=ZERO)
    board = MoneyField("食宿费", default=ZERO)
    training = MoneyField("培训费", default=ZERO)
    medical = MoneyField("医疗费", default=ZERO)
    insurance = MoneyField("保险费", default=ZERO)
    self_paid = MoneyField("个人自理", default=ZERO)
    cap = MoneyField("费用上限", null=True, blank=True)
    note = models.CharField("备注", max_length=100, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")

    class Meta:
        verbose_name = verbose_name_plural = "费用"
        ordering = ["nomination__unit__path", "nomination_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cap=None) | Q(
                    cap__gte=F("transport") + F("board") + F("training") + F("medical") + F("insurance")
                    - F("self_paid")
                ),
                name="cost_within_cap", violation_error_message="费用(扣除个人自理)不得超过每人上限(BZ-11)",
            ),
            models.CheckConstraint(
                condition=Q(transport__gte=0, board__gte=0, training__gte=0, medical__gte=0, insurance__gte=0,
                            self_paid__gte=0),
                name="cost_not_negative", violation_error_message="各项费用不得为负",
            ),
            models.CheckConstraint(
                condition=Q(
                    self_paid__lte=F("transport") + F("board") + F("training") + F("medical") + F("insurance")
                ),
                name="cost_self_paid_within_total", violation_error_message="个人自理不得超过费用合计",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.nomination.name} {self.total}元"

    @property
    def audit_unit_id(self) -> int | None:
        return self.nomination.unit_id

    @property
    def total(self) -> Decimal:
        """The five kinds together, in yuan."""
        return sum((getattr(self, kind) for kind in COST_KINDS), ZERO)

    @property
    def borne(self) -> Decimal:
        """What the programme bears: the total less what the person pays."""
        return self.total - self.self_paid


class PersonYear(Record):
    """What is limited per person and year, and the lock for it: places and money (BZ-11)."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="sanatorium_years", verbose_name="人员")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="person_years", verbose_name="年度计划")
    places_used = models.PositiveSmallIntegerField("已用次数", default=0)
    places_allowed = models.PositiveSmallIntegerField("允许次数")
    spent = MoneyField("已发生费用", default=ZERO)
    cap = MoneyField("年度上限", null=True, blank=True)
    spent_in_province = MoneyField("其中省内", default=ZERO)
    cap_in_province = MoneyField("省内年度上限", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "人员年度"
        ordering = ["plan", "person"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "plan"], name="person_year_once", violation_error_message="该人员年度已登记"
            ),
            models.CheckConstraint(
                condition=Q(places_used__lte=F("places_allowed")), name="person_year_places",
                violation_error_message="该人员本年度疗休养次数已满",
            ),
            models.CheckConstraint(
                condition=Q(cap=None) | Q(spent__lte=F("cap")), name="person_year_spent",
                violation_error_message="该人员本年度费用超过每人每年上限(BZ-11)",
            ),
            models.CheckConstraint(
                condition=Q(cap_in_province=None) | Q(spent_in_province__lte=F("cap_in_province")),
                name="person_year_spent_in_province",
                violation_error_message="该人员本年度省内费用超过每人每年上限(BZ-11)",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.person} {self.plan.year}年"

    @property
    def audit_unit_id(self) -> int | None:
        return self.person.unit_id
