"""Sanatoria and bases (疗休养院、基地): admitted, reviewed, suspended, removed (BZ-10, BZ-16, BZ-29)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat

from carecore.access import Can, scope
from carecore.models import Posted, Unit, User
from carecore.models.units import within

# What venues are usually known for; a venue may have others.
USUAL_TAGS = ("海滨", "矿泉", "温泉", "森林", "湖泊", "中医药", "康复")


class VenueState(models.TextChoices):
    APPLIED = "申报", "申报"
    ADMITTED = "准入", "准入"
    SUSPENDED = "暂停", "暂停"
    REMOVED = "退出", "退出"


class VenueQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> VenueQuerySet:
        """A venue is known to everybody who works in the subtree of the unit that keeps it, and above."""
        paths = scope(user, Can.SEE)
        above = {int(pk) for path in paths for pk in path.strip("/").split("/")}
        return self.filter(Q(unit_id__in=above) | within(paths, "unit__path"))

    def admitted(self) -> VenueQuerySet:
        return self.filter(state=VenueState.ADMITTED)

    def matching(self, text: str) -> VenueQuerySet:
        return self.filter(Q(name__contains=text) | Q(address__contains=text))

    def tagged(self, tag: str) -> VenueQuerySet:
        """Venues that carry exactly this tag."""
        marked = Concat(Value("、"), F("tags"), Value("、"))
        return self.alias(marked=marked).filter(marked__contains=f"、{tag}、")


class Venue(Posted):
    """A place where a batch stays; only an admitted one can be chosen (BZ-16)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="管理单位")
    name = models.CharField("名称", max_length=100)
    address = models.CharField("地址", max_length=200)
    in_city = models.BooleanField("在本市", default=False)
    in_province = models.BooleanField("在省内", default=True)
    in_paired_region = models.BooleanField("在结对地区", default=False)
    union_owned = models.BooleanField("工会系统所属", default=True)
    tags = models.CharField("资源特色", max_length=100, blank=True, help_text="多项以“、”分隔")
    capacity = models.PositiveIntegerField("接待能力(人)")
    contact = models.CharField("联系人", max_length=50, blank=True)
    contact_phone = models.CharField("联系电话", max_length=30, blank=True)
    state = models.CharField("状态", max_length=2, choices=VenueState, default=VenueState.APPLIED)
    state_on = models.DateField("状态日期")
    state_reason = models.CharField("状态说明", max_length=200, blank=True)
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="申报人")

    objects = VenueQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "疗休养院"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="venue_name", violation_error_message="该疗休养院已登记"),
            models.CheckConstraint(
                condition=Q(in_province=True) | Q(in_city=False), name="venue_city_is_in_province",
                violation_error_message="在本市的疗休养院必在省内",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def province_case(self) -> str:
        return "省内" if self.in_province else "省外"

    @property
    def place_case(self) -> str:
        """The narrowest case that rules tell apart: 本市, 结对地区, or else the province."""
        if self.in_city:
            return "本市"
        return "结对地区" if self.in_paired_region else self.province_case

    @property
    def tag_list(self) -> list[str]:
        return [tag for tag in self.tags.split("、") if tag]


class VenueReview(Posted):
    """A scored inspection of a venue (考察评估), out of 100."""

    venue = models.ForeignKey(Venue, models.PROTECT, related_name="reviews", verbose_name="疗休养院")
    reviewed_on = models.DateField("考察日期")
    score = models.PositiveSmallIntegerField("得分")
    opinion = models.TextField("考察意见")
    reviewers = models.CharField("考察人员", max_length=100)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")

    class Meta:
        verbose_name = verbose_name_plural = "考察评估"
        ordering = ["-reviewed_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(score__lte=100), name="venue_score_of_100", violation_error_message="得分为0至100"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reviewed_on} {self.score}分"

    @property
    def audit_unit_id(self) -> int | None:
        return self.venue.unit_id
