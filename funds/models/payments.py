"""Payments (支付) and their lines: one way to pay for applications, visits, allowances and batches."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from carecore import privacy
from carecore.access import Can, scope
from carecore.models import Person, Posted, Record, User
from carecore.models.units import within
from carecore.money import ZERO, MoneyField
from funds.models.funds import Account, Fund, OfFundQuerySet
from funds.models.ledger import Reservation


class PaymentState(models.TextChoices):
    PREPARED = "待支付", "待支付"
    SENT = "已送银行", "已送银行"
    PARTLY = "部分支付", "部分支付"
    PAID = "已付清", "已付清"
    CANCELLED = "已作废", "已作废"


class PaymentQuerySet(OfFundQuerySet):
    def matching(self, text: str) -> PaymentQuerySet:
        """Search by part of the subject or of a payee's name, or by the payment's number."""
        wanted = text.strip()
        found = Q(subject__contains=wanted) | Q(pk__in=PaymentLine.objects.matching(wanted).values("payment"))
        number = wanted.removeprefix("支付单")
        return self.filter(found | Q(pk=number) if number.isdecimal() and len(number) < 19 else found)


class Payment(Posted):
    """A list of payees under one document; `paid` is what has left the fund, in yuan."""

    fund = models.ForeignKey(Fund, models.PROTECT, related_name="payments", verbose_name="资金")
    purpose = models.ForeignKey(Account, models.PROTECT, related_name="payments", verbose_name="用途")
    reservation = models.OneToOneField(
        Reservation, models.PROTECT, null=True, related_name="payment", verbose_name="预留"
    )
    subject = models.CharField("事由", max_length=200)
    document_kind = models.CharField("来源类别", max_length=40)
    document_id = models.BigIntegerField("来源编号")
    total = MoneyField("总金额")
    paid = MoneyField("已付金额", default=ZERO)
    state = models.CharField("状态", max_length=4, choices=PaymentState, default=PaymentState.PREPARED)
    round = models.PositiveSmallIntegerField("代发次数", default=0)
    prepared_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="制表人")
    prepared_on = models.DateField("制表日期")
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="审批人")

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "支付单"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["document_kind", "document_id"], name="payment_document")]
        constraints = [
            models.UniqueConstraint(
                fields=["document_kind", "document_id"], condition=~Q(state=PaymentState.CANCELLED),
                name="payment_once_per_document", violation_error_message="该单据已有支付单",
            ),
            models.CheckConstraint(
                condition=Q(total__gt=0, paid__gte=0, paid__lte=F("total")), name="payment_not_exceeded",
                violation_error_message="已付金额不得超过总金额",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"支付单{self.pk}"

    @property
    def audit_unit_id(self) -> int | None:
        return self.fund.unit_id


class LineState(models.TextChoices):
    WAITING = "待付", "待付"
    SENT = "在途", "在途"
    PAID = "已付", "已付"
    RETURNED = "退回", "退回"
    DROPPED = "已取消", "已取消"


class LineQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> LineQuerySet:
        return self.filter(within(scope(user, Can.SEE), "payment__fund__unit__path"))

    def matching(self, text: str) -> LineQuerySet:
        """Search by part of the payee's name."""
        return self.filter(payee__contains=text.strip())


class PaymentLine(Record):
    """One payee: to which account, how much (yuan), whether it arrived, who signed for it."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="lines", verbose_name="支付单")
    number = models.PositiveIntegerField("序号")
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="payment_lines", verbose_name="人员"
    )
    payee = models.CharField("收款人", max_length=100)
    bank = models.CharField("开户银行", max_length=100, blank=True)
    account = privacy.EncryptedTextField("银行账号", blank=True, default="")
    amount = MoneyField("金额")
    state = models.CharField("状态", max_length=3, choices=LineState, default=LineState.WAITING)
    round = models.PositiveSmallIntegerField("代发次数", default=0)
    paid_on = models.DateField("支付日期", null=True, blank=True)
    returned_for = models.CharField("退回原因", max_length=100, blank=True)
    proxy = models.CharField("代领人", max_length=50, blank=True)
    relation = models.CharField("与本人关系", max_length=20, blank=True)
    signed_on = models.DateField("签领日期", null=True, blank=True)
    note = models.CharField("备注", max_length=100, blank=True)

    objects = LineQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "支付明细"
        ordering = ["payment", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "number"], name="payment_line_once", violation_error_message="序号重复"
            ),
            models.UniqueConstraint(
                fields=["payment", "person"],
                condition=Q(person__isnull=False) & ~Q(state=LineState.DROPPED),
                name="payment_person_once", violation_error_message="同一人员在一张支付单中只能列一次",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_line_positive"),
            models.CheckConstraint(
                condition=Q(signed_on=None) | Q(state=LineState.PAID), name="payment_line_signed_when_paid",
                violation_error_message="未支付的不能签领",
            ),
            models.CheckConstraint(
                condition=Q(proxy="", relation="") | ~Q(proxy="") & ~Q(relation=""),
                name="payment_line_proxy_related", violation_error_message="代领须写明代领人及与本人关系",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.payee} {self.amount}元"

    @property
    def audit_unit_id(self) -> int | None:
        return self.payment.fund.unit_id

    @property
    def masked_account(self) -> str:
        """The account as every page shows it: its last four digits."""
        return f"****{self.account[-4:]}" if self.account else ""
