"""The tree of units (单位)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from carecore.access import unit_scope
from carecore.models.records import Record

if TYPE_CHECKING:
    from carecore.models import User


PATH_DIGITS = 8


class UnitKind(models.TextChoices):
    ORGAN = "机关事业单位", "机关事业单位"
    COMPANY = "企业", "企业"
    COMMUNITY = "社区(村)", "社区(村)"
    STREET = "街道", "街道"


class QuotaClass(models.TextChoices):
    """The two classes of BZ-4 between which a year's places are split."""

    ORGAN = "机关事业单位", "机关事业单位"
    FRONTLINE = "企业、社区(村)", "企业、社区(村)"


class UnitQuerySet(models.QuerySet):
    def under(self, paths: list[str]) -> UnitQuerySet:
        """Units in the subtrees that these paths head, heads included."""
        return self.filter(within(paths, "path"))

    def visible_to(self, user: User) -> UnitQuerySet:
        """Units that the user may know of, whatever the role."""
        return self.under(unit_scope(user))

    def matching(self, text: str) -> UnitQuerySet:
        """Search by the beginning of a code or by part of a name or of a party organisation's name."""
        text = text.strip()
        return self.filter(Q(code__startswith=text) | Q(name__contains=text) | Q(party_name__contains=text))

    def valid_on(self, day: datetime.date) -> UnitQuerySet:
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day)
        )

    def ancestors_of(self, unit: Unit) -> UnitQuerySet:
        """The unit and everything above it, root first."""
        return self.filter(pk__in=unit.ancestor_pks()).order_by("path")


def within(paths: list[str], field: str) -> Q:
    """Rows whose unit path lies in one of these subtrees; no path means no row at all."""
    condition = Q(pk__in=[])
    for path in paths:
        condition |= Q(**{f"{field}__startswith": path})
    return condition


class Unit(Record):
    """A unit in the tree; `path` is the chain of primary keys from the root, `/00000001/00000005/`.

    The numbers are padded so that paths sort as the directory does: heads first, then in order of entry.
    """

    code = models.CharField("单位代码", max_length=30, unique=True)
    name = models.CharField("单位名称", max_length=100)
    kind = models.CharField("单位类别", max_length=10, choices=UnitKind)
    quota_class = models.CharField("名额类别", max_length=10, choices=QuotaClass)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级单位"
    )
    path = models.CharField("路径", max_length=200, db_index=True, editable=False)
    party_name = models.CharField("党组织名称", max_length=100, blank=True)
    aliases = models.JSONField("别名", default=list, blank=True)
    division_code = models.CharField("行政区划代码", max_length=12, blank=True)
    valid_from = models.DateField("启用日期", null=True, blank=True)
    valid_to = models.DateField("停用日期", null=True, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        ordering = ["path"]
        indexes = [models.Index(fields=["name"], name="unit_name")]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_from__lte=models.F("valid_to")),
                name="unit_valid_from_before_to",
                violation_error_message="停用日期不得早于启用日期",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_unit_id(self) -> int | None:
        return self.pk

    @property
    def depth(self) -> int:
        return self.path.count("/") - 2

    def path_by_parent(self) -> str:
        """What the path should be, by the parent's path and the unit's own key."""
        return f"{self.parent.path if self.parent else '/'}{self.pk:0{PATH_DIGITS}d}/"

    def ancestor_pks(self) -> list[int]:
        """Primary keys from the root down to this unit itself."""
        return [int(part) for part in self.path.strip("/").split("/")]

    def contains(self, other: Unit) -> bool:
        return other.path.startswith(self.path)
