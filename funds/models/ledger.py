"""The ledger: vouchers (凭证) and transfers are only ever added; books and turnovers are counters of the ledger."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from carecore.models import Record, User
from carecore.money import ZERO, MoneyField
from funds.models.funds import Account, AccountKind, Fund, OfFundQuerySet


class Book(models.Model):
    """The head of a fund's ledger: its last voucher and the last closed day. It is the lock of the series."""

    fund = models.OneToOneField(Fund, models.PROTECT, related_name="book", verbose_name="资金")
    year = models.PositiveSmallIntegerField("年度", default=0)
    number = models.PositiveIntegerField("末号", default=0)
    dated = models.DateField("末笔日期", null=True, blank=True)
    closed_through = models.DateField("已结账至", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "账簿"

    def __str__(self) -> str:
        return str(self.fund)


class VoucherKind(models.TextChoices):
    INCOME = "收入", "收入"
    PAYMENT = "支出", "支出"
    REFUND = "退回", "退回"
    REVERSAL = "冲销", "冲销"


class Voucher(Record):
    """One voucher of one fund, numbered without gaps per year; it names the document that caused it."""

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="vouchers", verbose_name="资金")
    year = models.PositiveSmallIntegerField("年度")
    number = models.PositiveIntegerField("凭证号")
    dated = models.DateField("日期")
    kind = models.CharField("类型", max_length=2, choices=VoucherKind)
    summary = models.CharField("摘要", max_length=120)
    basis = models.CharField("依据", max_length=300, blank=True)
    total = MoneyField("金额")
    document_kind = models.CharField("来源类别", max_length=40)
    document_id = models.BigIntegerField("来源编号")
    revision = models.PositiveSmallIntegerField("次序", default=1)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name="冲销凭证"
    )
    closed_through = models.DateField("制证时已结账至", null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="经手人")
    posted_at = models.DateTimeField("记账时间")

    objects = OfFundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "凭证"
        ordering = ["fund", "pk"]
        indexes = [
            models.Index(fields=["document_kind", "document_id"], name="voucher_document"),
            models.Index(fields=["fund", "dated", "id"], name="voucher_fund_dated"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["fund", "year", "number"], name="voucher_number_once",
                violation_error_message="凭证号重复",
            ),
            models.UniqueConstraint(
                fields=["fund", "document_kind", "document_id", "revision"], name="voucher_once_per_document",
                violation_error_message="该单据已记账",
            ),
            models.CheckConstraint(condition=Q(total__gt=0), name="voucher_positive"),
            models.CheckConstraint(
                condition=Q(closed_through=None) | Q(dated__gt=F("closed_through")), name="voucher_in_open_period",
                violation_error_message="凭证日期所在期间已结账",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.year}-{self.number:04d}"

    @property
    def audit_unit_id(self) -> int | None:
        return self.fund.unit_id


class Transfer(Record):
    """One movement from account to account, balanced by construction; `balance` is the fund's after it."""

    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="transfers", verbose_name="凭证")
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="transfers", verbose_name="资金")
    from_account = models.ForeignKey(Account, models.PROTECT, related_name="transfers_out", verbose_name="转出账户")
    to_account = models.ForeignKey(Account, models.PROTECT, related_name="transfers_in", verbose_name="转入账户")
    amount = MoneyField("金额")
    balance = MoneyField("结余")
    note = models.CharField("说明", max_length=100, blank=True)

    objects = OfFundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "分录"
        ordering = ["fund", "pk"]
        indexes = [models.Index(fields=["fund", "id"], name="transfer_fund")]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="transfer_positive", violation_error_message="金额须大于零"
            ),
            models.CheckConstraint(
                condition=~Q(from_account=F("to_account")), name="transfer_between_two",
                violation_error_message="转出与转入不能是同一账户",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.voucher} {self.amount}"

    @property
    def audit_unit_id(self) -> int | None:
        return self.fund.unit_id

    @property
    def into_fund(self) -> bool:
        return self.to_account.kind == AccountKind.FUND

    @property
    def other(self) -> Account:
        """Where the money came from or went to: the side that is not the fund's own account."""
        return self.from_account if self.into_fund else self.to_account

    @property
    def income(self) -> Decimal | None:
        """What a source gave, below zero where it took back; None for spending."""
        return self._signed(AccountKind.SOURCE)

    @property
    def spent(self) -> Decimal | None:
        """What went to a purpose, below zero where it came back; None for income."""
        return self._signed(AccountKind.PURPOSE)

    def _signed(self, kind: str) -> Decimal | None:
        if self.other.kind != kind:
            return None
        return self.amount if self.into_fund == (kind == AccountKind.SOURCE) else -self.amount


class Turnover(models.Model):
    """What went into and out of an account in one month, in yuan: reports read it instead of adding rows up."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="turnovers", verbose_name="账户")
    year = models.PositiveSmallIntegerField("年度")
    month = models.PositiveSmallIntegerField("月份")
    incoming = MoneyField("转入", default=ZERO)
    outgoing = MoneyField("转出", default=ZERO)

    class Meta:
        verbose_name = verbose_name_plural = "发生额"
        ordering = ["account", "year", "month"]
        constraints = [models.UniqueConstraint(fields=["account", "year", "month"], name="turnover_once")]

    def __str__(self) -> str:
        return f"{self.account}{self.year}年{self.month}月"


class ReservationState(models.TextChoices):
    HELD = "预留中", "预留中"
    DONE = "已了结", "已了结"


class Reservation(Record):
    """Money of a fund held for one document until it is paid or released, in yuan."""

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="reservations", verbose_name="资金")
    purpose = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="reservations", verbose_name="用途"
    )
    document_kind = models.CharField("来源类别", max_length=40)
    document_id = models.BigIntegerField("来源编号")
    amount = MoneyField("预留金额")
    paid = MoneyField("已付", default=ZERO)
    released = MoneyField("已释放", default=ZERO)
    state = models.CharField("状态", max_length=3, choices=ReservationState, default=ReservationState.HELD)
    made_on = models.DateField("预留日期")

    objects = OfFundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "预留"
        ordering = ["fund", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fund", "document_kind", "document_id"], condition=Q(state=ReservationState.HELD),
                name="reservation_once", violation_error_message="该单据已预留资金",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, paid__gte=0, released__gte=0, amount__gte=F("paid") + F("released")),
                name="reservation_not_exceeded", violation_error_message="支付与释放之和不得超过预留金额",
            ),
            models.CheckConstraint(
                condition=Q(state=ReservationState.HELD) | Q(amount=F("paid") + F("released")),
                name="reservation_done_is_used_up",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.fund}预留{self.amount}元"

    @property
    def audit_unit_id(self) -> int | None:
        return self.fund.unit_id

    @property
    def left(self) -> Decimal:
        """What is still held, in yuan."""
        return self.amount - self.paid - self.released
