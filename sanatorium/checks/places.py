"""Places (invariants 1 and 4): no level gives or uses more than it has, and every counter is its rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from carecore.registry import Problem
from sanatorium.models import HOLDING, ClassQuota, Nomination, PersonYear, Plan, PlanState, UnitQuota

PLACES, YEARLY = "1 名额", "4 每人每年次数"
CHUNK = 2000


def check_split() -> Iterator[Problem]:
    """The classes of a plan in force add up to its total (BZ-4)."""
    plans = Plan.objects.exclude(state=PlanState.DRAFT).annotate(
        split=Coalesce(Sum("class_quotas__places"), 0)
    )
    for plan in plans.exclude(split=F("total")).select_related("unit").order_by("pk"):
        yield Problem(PLACES, f"{plan.unit}{plan}", f"各类别名额之和为{plan.split},总数为{plan.total}")


def check_levels() -> Iterator[Problem]:
    """What a class or a unit has given is what its units, or the units below it, hold."""
    rows = UnitQuota.objects.select_related("unit", "class_quota__plan").order_by(
        "class_quota_id", "unit__path"
    )
    given: dict[int, int] = {}
    for pk, same in groupby(rows.iterator(chunk_size=CHUNK), key=lambda row: row.class_quota_id):
        given[pk] = yield from _passed_down(same)
    for share in ClassQuota.objects.select_related("plan").order_by("pk"):
        if share.allocated != given.get(share.pk, 0):
            message = f"已分配记为{share.allocated}个,各单位合计{given.get(share.pk, 0)}个"
            yield Problem(PLACES, str(share), message)


def _passed_down(rows: Iterator[UnitQuota]) -> Iterator[Problem]:
    """Walk the quotas of one class in tree order; returns what its top level holds."""
    top, chain = 0, []  # of (row, what the units below it got from it)
    for row in rows:
        while chain and not row.unit.path.startswith(chain[-1][0].unit.path):
            yield from _level(*chain.pop())
        if chain:
            chain[-1][1] += row.places
        else:
            top += row.places
        if row.places or row.passed_down:
            chain.append([row, 0])
    while chain:
        yield from _level(*chain.pop())
    return top


def _level(row: UnitQuota, given: int) -> Iterator[Problem]:
    if row.passed_down != given:
        yield Problem(PLACES, str(row), f"已下拨记为{row.passed_down}个,下级单位合计{given}个")


def check_counters() -> Iterator[Problem]:
    """A unit's used places are its people who hold one; used and passed down are within its places."""
    held = Count("nominations", filter=Q(nominations__state__in=HOLDING))
    quotas = UnitQuota.objects.annotate(held=held).select_related("unit", "class_quota__plan").order_by("pk")
    for row in quotas.exclude(used=F("held")):
        yield Problem(PLACES, str(row), f"已使用记为{row.used}个,占用名额的人选为{row.held}人")
    for row in quotas.filter(places__lt=F("used") + F("passed_down")):
        total = row.used + row.passed_down
        yield Problem(PLACES, str(row), f"已使用与已下拨共{total}个,超出名额{row.places}个")
    misplaced = ~Q(quota__class_quota__plan=F("plan")) | ~Q(quota__class_quota__quota_class=F("quota_class"))
    for row in Nomination.objects.filter(misplaced).order_by("pk"):
        yield Problem(PLACES, f"推荐人选 {row.pk}", "占用的名额不属于该年度、该类别")


def check_person_places() -> Iterator[Problem]:
    """A person's used places are the approved nominations of a plan; those of all its year's plans are allowed."""
    places = Nomination.objects.filter(person=OuterRef("person"), state__in=HOLDING).order_by().values("person")
    in_plan, in_year = (
        Coalesce(Subquery(places.filter(**same).annotate(rows=Count("pk")).values("rows")), 0)
        for same in ({"plan": OuterRef("plan")}, {"plan__year": OuterRef("plan__year")})
    )
    years = PersonYear.objects.annotate(held=in_plan, held_in_year=in_year).select_related("plan").order_by("pk")
    for year in years.exclude(places_used=F("held")):
        message = f"已用次数记为{year.places_used},占用名额的推荐为{year.held}条"
        yield Problem(YEARLY, _name(year), message)
    for year in years.filter(held_in_year__gt=F("places_allowed")):
        yield Problem(YEARLY, _name(year), f"占用{year.held_in_year}个名额,允许{year.places_allowed}个")
    kept = PersonYear.objects.filter(person=OuterRef("person"), plan=OuterRef("plan"))
    for row in Nomination.objects.filter(~Exists(kept), state__in=HOLDING).order_by("pk"):
        yield Problem(YEARLY, f"推荐人选 {row.pk}", "占用名额,但没有该人员的年度记录")


def _name(year: PersonYear) -> str:
    return f"人员 {year.person_id} {year.plan.year}年"
