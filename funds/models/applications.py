"""Applications to use a fund (申请) and the meetings that decide on them (书记会议, LYG-10)."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from carecore.access import Can, scope
from carecore.models import Person, Posted, Record, Unit, User
from carecore.models.papers import OfUnitQuerySet
from carecore.models.units import within
from carecore.money import MoneyField
from funds.models.funds import Account, Fund


class MeetingQuerySet(OfUnitQuerySet):
    def matching(self, text: str) -> MeetingQuerySet:
        """Search by part of the number, the decision or the names of who attended."""
        words = text.strip()
        return self.filter(Q(number__contains=words) | Q(decision__contains=words) | Q(attendees__contains=words))


class Meeting(Posted):
    """A collective decision: number, day, who attended, what was decided; one meeting decides many applications."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="meetings", verbose_name="单位")
    number = models.CharField("会议号", max_length=40)
    held_on = models.DateField("会议日期")
    chair = models.CharField("主持人", max_length=50)
    attendees = models.CharField("参会人员", max_length=500)
    decision = models.TextField("会议决定")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="记录人")

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "书记会议"
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "number"], name="meeting_number_once", violation_error_message="该会议号已登记"
            )
        ]

    def __str__(self) -> str:
        return self.number


class ApplicationState(models.TextChoices):
    DRAFT = "草稿", "草稿"
    APPLIED = "已申请", "已申请"
    ACCEPTED = "已受理", "已受理"
    DECIDED = "已批准", "已批准"
    PAYING = "支付中", "支付中"
    PAID = "已支付", "已支付"
    REFUSED = "不同意", "不同意"
    WITHDRAWN = "已撤回", "已撤回"


class Decision(models.TextChoices):
    """Who must decide on an amount; the codes of the rule `funds.decisions`."""

    OFFICE = "office", "组织处审定"
    LEADER = "leader", "分管领导审批"
    MEETING = "meeting", "书记会议研究决定"


class ApplicationQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ApplicationQuerySet:
        """What one's units applied for, and what was applied for from their funds."""
        paths = scope(user, Can.SEE)
        return self.filter(within(paths, "unit__path") | within(paths, "fund__unit__path"))

    def matching(self, text: str) -> ApplicationQuerySet:
        """Search by part of the subject or of a payee's name."""
        words = text.strip()
        paid = ApplicationLine.objects.standing().filter(application=OuterRef("pk"), payee__contains=words)
        return self.filter(Q(subject__contains=words) | Exists(paid))

    def unprepared(self) -> ApplicationQuerySet:
        """Accepted or decided: money is held for them, and no payment lists their people yet."""
        return self.filter(state__in=[ApplicationState.ACCEPTED, ApplicationState.DECIDED])


class Application(Posted):
    """A unit asks for money of a fund for one of its purposes; amounts in yuan (LYG-10)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="fund_applications", verbose_name="申请单位")
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="applications", verbose_name="资金")
    purpose = models.ForeignKey(Account, models.PROTECT, related_name="applications", verbose_name="用途")
    subject = models.CharField("事由", max_length=200)
    asked = MoneyField("申请金额")
    decided = MoneyField("批准金额", null=True, blank=True)
    state = models.CharField("状态", max_length=3, choices=ApplicationState, default=ApplicationState.DRAFT)
    decision = models.CharField("审批权限", max_length=10, choices=Decision, blank=True)
    meeting = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="applications", verbose_name="会议"
    )
    opinion = models.CharField("审批意见", max_length=200, blank=True)
    findings = models.JSONField("检查结果", default=list, blank=True)
    reason = models.CharField("说明理由", max_length=200, blank=True)
    applied_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="申请人")
    applied_on = models.DateField("申请日期", null=True, blank=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="受理人")
    accepted_on = models.DateField("受理日期", null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="审批(记录)人")
    decided_on = models.DateField("批准日期", null=True, blank=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "资金申请"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["fund", "state", "id"], name="application_fund_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(asked__gt=0) & (Q(decided=None) | Q(decided__gt=0, decided__lte=F("asked"))),
                name="application_amounts", violation_error_message="批准金额不得超过申请金额",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.unit}:{self.subject}"

    @property
    def amount(self) -> Decimal:
        """What stands: decided, or asked while nobody decided."""
        return self.asked if self.decided is None else self.decided


class ApplicationLineQuerySet(models.QuerySet):
    def standing(self) -> ApplicationLineQuerySet:
        return self.filter(dropped=False)


class ApplicationLine(Record):
    """Whom the money is for, and how much of it, in yuan."""

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="lines", verbose_name="资金申请"
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="人员"
    )
    payee = models.CharField("收款人", max_length=100)
    amount = MoneyField("金额")
    note = models.CharField("备注", max_length=100, blank=True)
    dropped = models.BooleanField("已取消", default=False)

    objects = ApplicationLineQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "申请明细"
        ordering = ["application", "pk"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="application_line_positive")]

    def __str__(self) -> str:
        return f"{self.payee} {self.amount}元"

    @property
    def audit_unit_id(self) -> int | None:
        return self.application.unit_id
