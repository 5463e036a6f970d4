"""Funds (专项资金), their accounts, and the months that are closed in them."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, FilteredRelation, Q

from carecore.access import Can, scope
from carecore.models import Document, Posted, Record, Unit, User
from carecore.models.units import within
from carecore.money import ZERO, MoneyField

# Accounts that every fund may need whatever its rules say: where an opening balance comes from, and both ends of
# money that one fund hands to another.
OPENING = "期初余额"
PASSED_DOWN = "拨付、上缴"


class OfFundQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> OfFundQuerySet:
        return self.filter(within(scope(user, Can.SEE), "fund__unit__path"))


class FundState(models.TextChoices):
    OPEN = "启用", "启用"
    LAPSED = "已结束", "已结束"


class FundQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> FundQuerySet:
        return self.filter(within(scope(user, Can.SEE), "unit__path"))

    def open(self) -> FundQuerySet:
        return self.filter(state=FundState.OPEN)

    def with_money(self) -> FundQuerySet:
        """Each with `balance`, `reserved` and `available` of its own account, in yuan, read in the same query."""
        own = FilteredRelation("accounts", condition=Q(accounts__kind=AccountKind.FUND))
        columns = {"balance": F("own__balance"), "reserved": F("own__reserved")}
        return self.annotate(own=own, **columns, available=F("own__balance") - F("own__reserved"))

    def serving(self, unit: Unit) -> FundQuerySet:
        """Open funds to which this unit may apply: its own and those of the units above it."""
        return self.open().filter(unit__in=unit.ancestor_pks())


class Fund(Posted):
    """Money set aside for purposes; which sources and purposes, the rules say by its kind (LYG-8, LYG-9)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="funds", verbose_name="单位")
    name = models.CharField("资金名称", max_length=60)
    kind = models.CharField("资金类别", max_length=30)
    document = models.ForeignKey(Document, models.PROTECT, related_name="funds", verbose_name="依据文件")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级资金"
    )
    ends_on = models.DateField("使用期限", null=True, blank=True)
    state = models.CharField("状态", max_length=3, choices=FundState, default=FundState.OPEN)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="设立人")
    opened_on = models.DateField("设立日期")

    objects = FundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "专项资金"
        ordering = ["unit__path", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "name"], name="fund_name_once", violation_error_message="该单位已有同名资金"
            )
        ]

    def __str__(self) -> str:
        return self.name


class AccountKind(models.TextChoices):
    SOURCE = "来源", "来源"
    FUND = "资金", "资金"
    PURPOSE = "用途", "用途"


class AccountQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> AccountQuerySet:
        return self.filter(within(scope(user, Can.SEE), "fund__unit__path"))


class Account(Record):
    """One account of a fund: money flows source → fund → purpose. Balances are yuan, kept by the ledger alone.

    A source's balance is what it has given, below zero; a purpose's is what it has used.
    """

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="accounts", verbose_name="资金")
    kind = models.CharField("类别", max_length=2, choices=AccountKind)
    code = models.CharField("代码", max_length=30)
    label = models.CharField("名称", max_length=60)
    balance = MoneyField("余额", default=ZERO)
    reserved = MoneyField("已预留", default=ZERO)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "资金账户"
        ordering = ["fund", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fund", "kind", "code"], name="account_once", violation_error_message="该账户已存在"
            ),
            models.CheckConstraint(
                condition=Q(kind=AccountKind.SOURCE) | Q(reserved__gte=0, balance__gte=F("reserved")),
                name="account_not_overdrawn", violation_error_message="资金余额不足",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.label

    @property
    def audit_unit_id(self) -> int | None:
        return self.fund.unit_id

    @property
    def available(self) -> Decimal:
        """What may still be spent or reserved, in yuan."""
        return self.balance - self.reserved


class PeriodState(models.TextChoices):
    CLOSED = "已结账", "已结账"
    REOPENED = "已反结账", "已反结账"


class Period(Record):
    """A month of a fund that was closed, with its frozen figures; nothing is dated into it any more."""

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="periods", verbose_name="资金")
    year = models.PositiveSmallIntegerField("年度")
    month = models.PositiveSmallIntegerField("月份")
    state = models.CharField("状态", max_length=4, choices=PeriodState, default=PeriodState.CLOSED)
    opening = MoneyField("期初余额")
    income = MoneyField("本期收入")
    spent = MoneyField("本期支出")
    closing = MoneyField("期末余额")
    closed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="结账人")
    closed_on = models.DateField("结账日期")

    objects = OfFundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "结账"
        ordering = ["fund", "-year", "-month"]
        constraints = [
            models.UniqueConstraint(
                fields=["fund", "year", "month"], name="period_once", violation_error_message="该月已结账"
            ),
            models.CheckConstraint(condition=Q(month__gte=1, month__lte=12), name="period_month"),
            models.CheckConstraint(
                condition=Q(closing=F("opening") + F("income") - F("spent")), name="period_adds_up",
                violation_error_message="期末余额应等于期初余额加收入减支出",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.fund}{self.year}年{self.month}月"

    @property
    def audit_unit_id(self) -> int | None:
        return self.fund.unit_id
