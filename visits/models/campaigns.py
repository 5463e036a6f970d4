"""Campaigns (节日集中走访) and visits (走访慰问): to exactly one of a person, a file or a unit (BZ-19…BZ-25)."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from carecore import privacy
from carecore.access import Can, scope
from carecore.models import Person, Posted, Unit, User
from carecore.models.papers import OfUnitQuerySet
from carecore.models.units import within
from carecore.money import ZERO, MoneyField
from funds.models import Account, Fund, PaymentLine
from visits.models.cases import HardshipCase


class CampaignState(models.TextChoices):
    OPEN = "进行中", "进行中"
    CLOSED = "已结束", "已结束"


class CampaignQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> CampaignQuerySet:
        """A campaign is known to everybody who works in its unit's subtree."""
        paths = scope(user, Can.SEE)
        above = Q(pk__in=[])
        for path in paths:
            above |= Q(unit_id__in=[int(pk) for pk in path.strip("/").split("/")])
        return self.filter(above | within(paths, "unit__path"))


class Campaign(Posted):
    """A round of visits at one occasion of one year (BZ-19): its days, its budget in yuan, the fund that pays."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="campaigns", verbose_name="组织单位")
    year = models.PositiveSmallIntegerField("年度")
    occasion = models.CharField("节点", max_length=30)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    budget = MoneyField("预算")
    planned = MoneyField("已安排", default=ZERO)
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="campaigns", verbose_name="资金")
    purpose = models.ForeignKey(Account, models.PROTECT, related_name="campaigns", verbose_name="用途")
    state = models.CharField("状态", max_length=3, choices=CampaignState, default=CampaignState.OPEN)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="编制人")
    findings = models.JSONField("检查结果", default=list, blank=True)
    reason = models.CharField("说明理由", max_length=200, blank=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访活动"
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "year", "occasion"], name="campaign_once",
                violation_error_message="该节点的走访活动已编制",
            ),
            models.CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="campaign_days"),
            models.CheckConstraint(
                condition=Q(planned__gte=0, planned__lte=F("budget")), name="campaign_within_budget",
                violation_error_message="走访安排超过活动预算",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.year}年{self.occasion}走访慰问"

    @property
    def left(self) -> Decimal:
        """What of the budget is not planned yet, in yuan."""
        return self.budget - self.planned


class PayList(Posted):
    """One list of visits that are paid together (走访发放单): what their money is held and paid under, in yuan."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="pay_lists", verbose_name="单位")
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="pay_lists", verbose_name="走访活动"
    )
    subject = models.CharField("事由", max_length=100)
    total = MoneyField("金额")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="编制人")

    objects = OfUnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访发放单"
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=Q(total__gt=0), name="pay_list_positive")]

    def __str__(self) -> str:
        return f"走访发放单{self.pk}"


class VisitForm(models.TextChoices):
    """How somebody is met (LYG-1, BZ-22)."""

    CALL = "上门走访", "上门走访"
    FORUM = "座谈会", "座谈会"
    PARTY = "联欢会", "联欢会"
    TEA = "茶话会", "茶话会"


class VisitState(models.TextChoices):
    PLANNED = "拟走访", "拟走访"
    APPROVED = "已批准", "已批准"
    DONE = "已走访", "已走访"
    PAYING = "发放中", "发放中"
    PAID = "已发放", "已发放"
    CANCELLED = "已取消", "已取消"


class VisitQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> VisitQuerySet:
        return self.filter(within(scope(user, Can.SEE), "unit__path"))

    def standing(self) -> VisitQuerySet:
        return self.exclude(state=VisitState.CANCELLED)

    def matching(self, text: str) -> VisitQuerySet:
        """Search by part of a name, by pinyin or initials of the person or of whom a file is about."""
        people = Person.objects.matching(text)
        return self.filter(Q(name__contains=text.strip()) | Q(person__in=people) | Q(case__person__in=people))

    def in_need(self) -> VisitQuerySet:
        """Visits whose promised measure is not carried out yet (BZ-21)."""
        return self.exclude(measure="").filter(measure_done_on=None)


class Visit(Posted):
    """One visit: whom, why, by whom, with how much money and goods (yuan); paid through a fund's payment."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="visits", verbose_name="单位")
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, blank=True, related_name="visits", verbose_name="走访活动"
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="visits", verbose_name="人员"
    )
    case = models.ForeignKey(
        HardshipCase, models.PROTECT, null=True, blank=True, related_name="visits", verbose_name="困难档案"
    )
    visited_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="visited", verbose_name="慰问单位"
    )
    name = models.CharField("走访对象", max_length=100)
    occasion = models.CharField("事由", max_length=30)
    category = models.CharField("慰问类别", max_length=30, blank=True)
    period = models.CharField("期间", max_length=10)
    form = models.CharField("形式", max_length=4, choices=VisitForm, default=VisitForm.CALL)
    event_on = models.DateField("事件日期", null=True, blank=True)
    due_on = models.DateField("应走访日期", null=True, blank=True)
    visitor = models.CharField("走访人", max_length=100, blank=True)
    proposed_visitor = models.CharField("规定走访人", max_length=100, blank=True)
    money = MoneyField("慰问金", default=ZERO)
    goods = models.CharField("慰问品", max_length=100, blank=True)
    goods_value = MoneyField("慰问品折价", default=ZERO)
    standard = MoneyField("慰问标准", null=True, blank=True)
    resolution = models.CharField("党委(党组)决定文号", max_length=60, blank=True)
    findings = models.JSONField("检查结果", default=list, blank=True)
    reason = models.CharField("说明理由", max_length=200, blank=True)
    state = models.CharField("状态", max_length=3, choices=VisitState, default=VisitState.PLANNED)
    planned_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="安排人")
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="批准人")
    done_on = models.DateField("走访日期", null=True, blank=True)
    needs = privacy.EncryptedTextField("了解到的需求", blank=True, default="")
    measure = models.CharField("帮扶措施", max_length=200, blank=True)
    measure_by = models.CharField("措施责任人", max_length=50, blank=True)
    measure_due_on = models.DateField("措施完成期限", null=True, blank=True)
    measure_done_on = models.DateField("措施完成日期", null=True, blank=True)
    measure_result = models.CharField("措施办理结果", max_length=200, blank=True)
    line = models.ForeignKey(
        PaymentLine, models.PROTECT, null=True, blank=True, related_name="visits", verbose_name="支付明细"
    )

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访慰问"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["unit", "state", "id"], name="visit_unit_state"),
            models.Index(fields=["campaign", "id"], name="visit_campaign"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, case=None, visited_unit=None)
                | Q(person=None, case__isnull=False, visited_unit=None)
                | Q(person=None, case=None, visited_unit__isnull=False),
                name="visit_to_exactly_one", violation_error_message="走访对象应为人员、困难档案、单位之一",
            ),
            models.CheckConstraint(
                condition=Q(goods="", goods_value=0) | ~Q(goods="") & Q(goods_value__gt=0),
                name="visit_goods_valued", violation_error_message="慰问品须写明名称并折价",
            ),
            models.CheckConstraint(
                condition=Q(measure="", measure_by="", measure_due_on=None, measure_done_on=None)
                | ~Q(measure="") & ~Q(measure_by="") & Q(measure_due_on__isnull=False),
                name="visit_measure_whole", violation_error_message="帮扶措施须写明责任人和完成期限",
            ),
            models.CheckConstraint(
                condition=Q(money__gte=0, goods_value__gte=0)
                & (Q(standard=None) | Q(standard__gte=F("money") + F("goods_value"))),
                name="visit_within_standard", violation_error_message="慰问金和慰问品折价合计不得超过慰问标准",
            ),
            models.UniqueConstraint(
                fields=["campaign", "person"], condition=~Q(state=VisitState.CANCELLED) & Q(person__isnull=False),
                name="visit_person_once", violation_error_message="同一活动中该人员已有走访安排",
            ),
            models.UniqueConstraint(
                fields=["campaign", "case"], condition=~Q(state=VisitState.CANCELLED) & Q(case__isnull=False),
                name="visit_case_once", violation_error_message="同一活动中该困难家庭已有走访安排",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name}:{self.occasion}"

    @property
    def total(self) -> Decimal:
        """Money and goods together, in yuan."""
        return self.money + self.goods_value

    @property
    def target(self) -> Person | HardshipCase | Unit:
        """Whom the visit is to."""
        return self.person or self.case or self.visited_unit

    @property
    def receiver(self) -> Person | None:
        """Whose year the visit counts for: the person, or who stands behind the file; nobody where it is to a unit."""
        return self.case.person if self.case_id else self.person

    @property
    def receiver_id(self) -> int | None:
        return self.case.person_id if self.case_id else self.person_id
