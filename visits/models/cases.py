"""Hardship files (困难档案): one per household, its members, and its yearly verification (BZ-18, TX1-4)."""

from __future__ import annotations

import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q

from carecore import privacy
from carecore.access import Can, scope
from carecore.models import Benefit, Person, Posted, Record, Unit, User
from carecore.models.units import within
from carecore.money import ZERO, MoneyField


class ObjectKind(models.TextChoices):
    """Whom a file is about (BZ-18, TX1-1)."""

    WORKER = "干部职工", "干部职工"
    SURVIVOR = "因公殉职家属", "因公殉职家属"
    RETIRED = "离退休干部", "离退休干部"
    MEMBER = "党员", "党员"


class CaseState(models.TextChoices):
    DRAFT = "草稿", "草稿"
    REPORTED = "已上报", "已上报"
    ENDORSED = "单位已审", "单位已审"
    GIVEN_OPINION = "已提意见", "已提意见"
    RECOGNISED = "已认定", "已认定"
    REFUSED = "不予认定", "不予认定"
    EXITED = "已退出", "已退出"
    MERGED = "已合并", "已合并"
    WITHDRAWN = "已撤销", "已撤销"


ENDED = (CaseState.REFUSED, CaseState.EXITED, CaseState.MERGED, CaseState.WITHDRAWN)
NOT_HELP = ("疗休养",)  # channels of care that everybody may have: not the help that a hardship file is for


class CaseQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> CaseQuerySet:
        return self.filter(within(scope(user, Can.SEE_HARDSHIP), "unit__path"))

    def standing(self) -> CaseQuerySet:
        """Files that are recognised and not ended."""
        return self.filter(state=CaseState.RECOGNISED)

    def living(self) -> CaseQuerySet:
        """Files under way or recognised: what a second file of the same household would double."""
        return self.exclude(state__in=ENDED)

    def never_helped(self) -> CaseQuerySet:
        """Recognised files whose person has no help on record in any channel."""
        helped = Benefit.objects.standing().filter(person=OuterRef("person")).exclude(channel__in=NOT_HELP)
        return self.standing().filter(~Exists(helped))

    def unverified_since(self, day: datetime.date) -> CaseQuerySet:
        """Recognised files neither recognised nor verified after this day (TX1-4)."""
        return self.standing().filter(verified_on__lte=day)

    def matching(self, text: str) -> CaseQuerySet:
        """Search by part of the name, by pinyin or initials of the person it is about."""
        people = Person.objects.matching(text)
        return self.filter(Q(name__contains=text.strip()) | Q(person__in=people))


class HardshipCase(Posted):
    """A household in difficulty; amounts in yuan, incomes of the household per year, encrypted what is confidential.

    `person` is who works (or worked) in the unit; where the object is a relative, `name` and `relation` say who.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="hardship_cases", verbose_name="单位")
    person = models.ForeignKey(Person, models.PROTECT, related_name="hardship_cases", verbose_name="干部职工")
    object_kind = models.CharField("对象类别", max_length=6, choices=ObjectKind, default=ObjectKind.WORKER)
    name = models.CharField("姓名", max_length=50)
    relation = models.CharField("与干部职工关系", max_length=20, blank=True)
    id_number = privacy.EncryptedTextField("身份证号", blank=True, default="")
    id_index = models.CharField(max_length=64, null=True, db_index=True, editable=False)
    birth_month = models.CharField("出生年月", max_length=7, blank=True)
    area = models.CharField("低保地区", max_length=30, blank=True)
    address = privacy.EncryptedTextField("家庭住址", blank=True, default="")
    phone = privacy.EncryptedTextField("联系电话", blank=True, default="")
    health = privacy.EncryptedTextField("健康状况", blank=True, default="")
    housing = models.CharField("住房类型", max_length=20, blank=True)
    own_monthly_income = MoneyField("本人月平均收入", null=True, blank=True)
    yearly_income = MoneyField("家庭年度总收入", null=True, blank=True)
    rigid_costs = MoneyField("刚性支出", default=ZERO)
    event_losses = MoneyField("意外损失", default=ZERO)
    size = models.PositiveSmallIntegerField("家庭人口", null=True, blank=True)
    earners = models.PositiveSmallIntegerField("有工资收入人数", null=True, blank=True)
    main_cause = models.CharField("主要致困原因", max_length=4, blank=True)
    cause_label = models.CharField("主要致困原因", max_length=60, blank=True, editable=False)
    further_causes = models.JSONField("次要致困原因", default=list, blank=True)
    categories = models.JSONField("困难类别标记", default=list, blank=True)
    description = privacy.EncryptedTextField("困难情况", blank=True, default="")
    stated_grade = models.CharField("填报困难类别", max_length=20, blank=True)
    computed_grade = models.CharField("测算困难类别", max_length=20, blank=True)
    per_head = MoneyField("家庭人均月收入", null=True, blank=True)
    standard = models.JSONField("测算标准", default=dict, blank=True)
    grade = models.CharField("认定困难类别", max_length=20, blank=True)
    grade_reason = models.CharField("类别调整理由", max_length=200, blank=True)
    grade_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="类别调整人"
    )
    findings = models.JSONField("检查结果", default=list, blank=True)
    state = models.CharField("状态", max_length=4, choices=CaseState, default=CaseState.DRAFT)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name="并入档案"
    )
    exit_reason = models.CharField("退出原因", max_length=200, blank=True)
    reported_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="建档人")
    reported_on = models.DateField("建档日期")
    endorsed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="单位审核人")
    opinion = models.CharField("组织部门意见", max_length=200, blank=True)
    opinion_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="提出意见人")
    recognised_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="认定人")
    recognised_on = models.DateField("认定日期", null=True, blank=True)
    verified_on = models.DateField("最近核实日期", null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "困难档案"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["unit", "state", "id"], name="case_unit_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "object_kind", "name"],
                condition=~Q(state__in=[str(state) for state in ENDED]),
                name="case_once", violation_error_message="该对象已有困难档案",
            ),
            models.UniqueConstraint(
                fields=["id_index"], condition=~Q(state__in=[str(state) for state in ENDED]),
                name="case_number_once", violation_error_message="该证件号码已有困难档案",
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.RECOGNISED)
                | Q(recognised_on__isnull=False, verified_on__isnull=False) & ~Q(grade=""),
                name="case_recognised_whole", violation_error_message="已认定的档案须有类别和认定日期",
            ),
            models.CheckConstraint(
                condition=Q(rigid_costs__gte=0, event_losses__gte=0)
                & (Q(yearly_income=None) | Q(yearly_income__gte=0)) & (Q(size=None) | Q(size__gte=1)),
                name="case_amounts", violation_error_message="金额不得为负,家庭人口不少于1人",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name}困难档案"

    @property
    def masked_id(self) -> str:
        return privacy.mask_id(self.id_number)

    @property
    def masked_phone(self) -> str:
        return privacy.mask_phone(self.phone)

    @property
    def shown_grade(self) -> str:
        """The grade that holds: as recognised, or as computed so far."""
        return self.grade or self.computed_grade


class HouseholdMember(Record):
    """Somebody of the household besides the head; income in yuan a month."""

    case = models.ForeignKey(HardshipCase, models.PROTECT, related_name="members", verbose_name="困难档案")
    name = models.CharField("姓名", max_length=50)
    relation = models.CharField("与户主关系", max_length=20)
    id_number = privacy.EncryptedTextField("身份证号", blank=True, default="")
    id_index = models.CharField(max_length=64, null=True, db_index=True, editable=False)
    monthly_income = MoneyField("月收入", null=True, blank=True)
    health = privacy.EncryptedTextField("健康状况", blank=True, default="")
    identity = models.CharField("人员身份", max_length=20, blank=True)
    dropped = models.BooleanField("已移出", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "家庭成员"
        ordering = ["case", "pk"]

    def __str__(self) -> str:
        return f"{self.name}({self.relation})"

    @property
    def audit_unit_id(self) -> int | None:
        return self.case.unit_id

    @property
    def masked_id(self) -> str:
        return privacy.mask_id(self.id_number)


class VerificationOutcome(models.TextChoices):
    KEPT = "保持", "保持"
    ADJUSTED = "调整", "调整"
    EXITED = "退出", "退出"


class Verification(Posted):
    """The yearly check of a file (TX1-4): what came of it, with the figures as they then were."""

    case = models.ForeignKey(HardshipCase, models.PROTECT, related_name="verifications", verbose_name="困难档案")
    year = models.PositiveSmallIntegerField("年度")
    outcome = models.CharField("核实结果", max_length=2, choices=VerificationOutcome)
    grade = models.CharField("困难类别", max_length=20, blank=True)
    yearly_income = MoneyField("家庭年度总收入", null=True, blank=True)
    rigid_costs = MoneyField("刚性支出", default=ZERO)
    size = models.PositiveSmallIntegerField("家庭人口", null=True, blank=True)
    note = models.CharField("核实情况", max_length=200, blank=True)
    verified_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="核实人")
    verified_on = models.DateField("核实日期")

    class Meta:
        verbose_name = verbose_name_plural = "年度核实"
        ordering = ["case", "-year"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "year"], name="verification_once", violation_error_message="该年度已核实"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case}{self.year}年核实"

    @property
    def audit_unit_id(self) -> int | None:
        return self.case.unit_id
