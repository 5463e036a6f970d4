"""Where money comes from: receipts, dues handed up (党费), money passed from one fund to another."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, F, Q, Value, When

from carecore.access import Can, scope
from carecore.models import Posted, Unit, User
from carecore.models.units import within
from carecore.money import MoneyField
from funds.models.funds import Account, Fund, OfFundQuerySet
from funds.models.ledger import Voucher


class ReceiptState(models.TextChoices):
    """Whether the voucher of a receipt stands; it follows from the ledger and is no column."""

    POSTED = "已记账", "已记账"
    REVERSED = "已冲销", "已冲销"


class ReceiptQuerySet(OfFundQuerySet):
    def with_state(self) -> ReceiptQuerySet:
        """Each row with its `state`."""
        reversed_ = When(voucher__reversed_by__isnull=False, then=Value(ReceiptState.REVERSED))
        return self.annotate(state=Case(reversed_, default=Value(ReceiptState.POSTED)))


class Receipt(Posted):
    """Money that came into a fund from one of its sources, an opening balance included (TX1-12, TX3-11)."""

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="receipts", verbose_name="资金")
    source = models.ForeignKey(Account, models.PROTECT, related_name="receipts", verbose_name="来源")
    received_on = models.DateField("到账日期")
    amount = MoneyField("金额")
    payer = models.CharField("付款单位(人)", max_length=100, blank=True)
    reference = models.CharField("票据(文)号", max_length=60, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)
    voucher = models.OneToOneField(
        Voucher, models.PROTECT, null=True, related_name="receipt", verbose_name="凭证"
    )
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "资金收入"
        ordering = ["-received_on", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_positive")]

    def __str__(self) -> str:
        return f"{self.received_on}{self.source}{self.amount}元"

    @property
    def audit_unit_id(self) -> int | None:
        return self.fund.unit_id


class DuesQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> DuesQuerySet:
        """Dues handed up by, or handed up to, one's units."""
        paths = scope(user, Can.SEE)
        return self.filter(within(paths, "unit__path") | within(paths, "to_unit__path"))


class DuesReturn(Posted):
    """Dues that a party organisation handed up in a year (上缴党费); a share of them is set aside (LYG-8)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="dues", verbose_name="上缴单位")
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="dues_received", verbose_name="收缴单位")
    organisation = models.CharField("党组织名称", max_length=100)
    year = models.PositiveSmallIntegerField("年度")
    members = models.PositiveIntegerField("党员数", null=True, blank=True)
    due = MoneyField("应缴金额", null=True, blank=True)
    amount = MoneyField("上缴金额")
    handed_on = models.DateField("上缴日期")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")

    objects = DuesQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "上缴党费"
        ordering = ["-year", "unit__path", "-handed_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["to_unit", "unit", "organisation", "year", "handed_on"], name="dues_once",
                violation_error_message="该党组织当日上缴党费已登记",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="dues_not_negative"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.organisation}{self.year}年上缴党费"


class GrantKind(models.TextChoices):
    DOWN = "下拨", "下拨"
    MATCH = "本级配套", "本级配套"
    SWEEP = "结余收回", "结余收回"


class GrantState(models.TextChoices):
    SENT = "在途", "在途"
    RECEIVED = "已到账", "已到账"


class GrantQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> GrantQuerySet:
        """Money sent from, or to, funds of one's units."""
        paths = scope(user, Can.SEE)
        return self.filter(within(paths, "from_fund__unit__path") | within(paths, "to_fund__unit__path"))


class Grant(Posted):
    """Money that one fund hands to another: a voucher when it is sent, one when its arrival is confirmed (SX-4)."""

    kind = models.CharField("类型", max_length=4, choices=GrantKind, default=GrantKind.DOWN)
    from_fund = models.ForeignKey(Fund, models.PROTECT, related_name="sent", verbose_name="拨出资金")
    to_fund = models.ForeignKey(Fund, models.PROTECT, related_name="received", verbose_name="拨入资金")
    amount = MoneyField("金额")
    sent_on = models.DateField("拨付日期")
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="拨付人")
    received_on = models.DateField("到账日期", null=True, blank=True)
    received_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name="确认到账人"
    )
    reference = models.CharField("文号", max_length=60, blank=True)
    state = models.CharField("状态", max_length=3, choices=GrantState, default=GrantState.SENT)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "资金拨付"
        ordering = ["-sent_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="grant_positive"),
            models.CheckConstraint(condition=~Q(from_fund=F("to_fund")), name="grant_between_two"),
            models.CheckConstraint(
                condition=Q(state=GrantState.SENT, received_on=None)
                | Q(state=GrantState.RECEIVED, received_on__isnull=False, received_on__gte=F("sent_on")),
                name="grant_received_after_sent",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind}{self.to_fund}{self.amount}元"

    @property
    def audit_unit_id(self) -> int | None:
        return self.from_fund.unit_id
