"""People (人员) and the facts about them that rules ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from carecore import names, privacy
from carecore.access import Can, scope, unit_scope
from carecore.models.records import Posted, Record
from carecore.models.units import Unit, within

if TYPE_CHECKING:
    from carecore.models import User


class Sex(models.TextChoices):
    MALE = "男", "男"
    FEMALE = "女", "女"


class PersonStatus(models.TextChoices):
    IN_POST = "在职", "在职"
    RETIRED_CADRE = "离休", "离休"
    RETIRED = "退休", "退休"
    LEFT = "调离", "调离"
    DEAD = "亡故", "亡故"


class PersonQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> PersonQuerySet:
        return self.filter(within(scope(user, Can.SEE), "unit__path"))

    def known_to(self, user: User) -> PersonQuerySet:
        """People whom the user may choose by name: also those whose accounts an administrator keeps."""
        return self.filter(within(unit_scope(user), "unit__path"))

    def with_id_number(self, number: str) -> PersonQuerySet:
        return self.filter(id_index=privacy.blind_index(number, "person.id_number"))

    def matching(self, text: str) -> PersonQuerySet:
        """Search by part of a name, by pinyin or by initials: 张三, zhangsan and zs find the same person."""
        text = text.strip()
        if text.isascii():
            key = text.lower().replace(" ", "")
            return self.filter(Q(initials__startswith=key) | Q(pinyin__startswith=key))
        return self.filter(name__contains=text)


class Person(Posted):
    """Somebody who is cared for or who acts; the ID number is encrypted and found by its blind index."""

    name = models.CharField("姓名", max_length=50)
    pinyin = models.CharField("拼音", max_length=200, editable=False, db_index=True)
    initials = models.CharField("拼音首字母", max_length=50, editable=False, db_index=True)
    id_number = privacy.EncryptedTextField("身份证号", null=True, blank=True)
    id_index = models.CharField(max_length=64, null=True, unique=True, editable=False)
    sex = models.CharField("性别", max_length=1, choices=Sex, blank=True)
    born_on = models.DateField("出生日期", null=True, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="people", verbose_name="单位")
    post = models.CharField("职务(岗位)", max_length=50, blank=True)
    rank = models.CharField("职级", max_length=30, blank=True)
    on_frontline = models.BooleanField("一线岗位", default=False)
    managed_by = models.CharField("管理权限", max_length=20, blank=True)
    is_unit_head = models.BooleanField("单位主要负责人", default=False)
    politics = models.CharField("政治面貌", max_length=20, blank=True)
    party_joined_on = models.DateField("入党时间", null=True, blank=True)
    party_joined_to_month = models.BooleanField("入党时间只到月", default=False)
    worked_since = models.DateField("参加工作时间", null=True, blank=True)
    phone = privacy.EncryptedTextField("联系电话", blank=True, default="")
    status = models.CharField("状态", max_length=4, choices=PersonStatus, default=PersonStatus.IN_POST)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "人员"
        ordering = ["pk"]
        indexes = [models.Index(fields=["unit", "name"], name="person_unit_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def masked_id(self) -> str:
        return privacy.mask_id(self.id_number or "")

    @property
    def masked_phone(self) -> str:
        return privacy.mask_phone(self.phone)

    def derive(self) -> Person:
        """Set what follows from name and ID number: pinyin, initials and the blind index."""
        self.pinyin, self.initials = names.pinyin(self.name), names.initials(self.name)
        self.id_index = privacy.blind_index(self.id_number, "person.id_number") if self.id_number else None
        return self


class OfPerson(Record):
    """A dated fact about a person, with the paper that proves it."""

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="人员")
    evidence = models.ForeignKey(
        "carecore.Attachment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="佐证材料",
    )

    class Meta:
        abstract = True

    @property
    def audit_unit_id(self) -> int | None:
        return self.person.unit_id


class Honour(OfPerson):
    """An award or commendation (荣誉) with its level, such as 县区级."""

    title = models.CharField("荣誉称号", max_length=100)
    level = models.CharField("级别", max_length=20, blank=True)
    awarded_on = models.DateField("获得时间", null=True, blank=True)
    to_month = models.BooleanField("只到月", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "荣誉"
        ordering = ["-awarded_on", "pk"]
        default_related_name = "honours"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "title", "awarded_on"], name="honour_once", nulls_distinct=None,
                violation_error_message="该荣誉已登记",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title


class Grade(models.TextChoices):
    EXCELLENT = "优秀", "优秀"
    COMPETENT = "称职", "称职"
    BASIC = "基本称职", "基本称职"
    INCOMPETENT = "不称职", "不称职"


class Appraisal(OfPerson):
    """A yearly appraisal (年度考核); two consecutive 优秀 are the ground of BZ-5 (c)."""

    year = models.PositiveSmallIntegerField(
        "年度", validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )
    grade = models.CharField("等次", max_length=4, choices=Grade)

    class Meta:
        verbose_name = verbose_name_plural = "年度考核"
        ordering = ["-year"]
        default_related_name = "appraisals"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "year"],
                name="appraisal_once_a_year",
                violation_error_message="该年度考核已登记",
            )
        ]

    def __str__(self) -> str:
        return f"{self.year}年 {self.grade}"


class ServicePeriod(OfPerson):
    """Time served in a post of a unit; both days inclusive, no end while it lasts."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="单位")
    post = models.CharField("职务(岗位)", max_length=50, blank=True)
    kind = models.CharField("性质", max_length=20, blank=True)
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("截止日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "任职经历"
        ordering = ["starts_on", "pk"]
        default_related_name = "service_periods"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on__lte=models.F("ends_on")),
                name="service_starts_before_end",
                violation_error_message="截止日期不得早于起始日期",
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.post}"
