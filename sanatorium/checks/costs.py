"""Money (invariant 2): no stay and no year above its cap, and every sum is its rows."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from carecore.models import Benefit
from carecore.money import ZERO, MoneyField, fen
from carecore.policy import PROVINCE
from carecore.registry import Problem
from sanatorium.models import COST_KINDS, Batch, BatchState, Cost, PersonYear

COSTS = "2 费用"
TOTAL = sum((F(kind) for kind in COST_KINDS[1:]), F(COST_KINDS[0]))
BORNE = TOTAL - F("self_paid")


def check_caps() -> Iterator[Problem]:
    """A stay costs no more than the cap that its batch was opened with, and carries that cap (BZ-11)."""
    costs = Cost.objects.annotate(borne_fen=BORNE).select_related("nomination__batch__plan").order_by("pk")
    for cost in costs.filter(borne_fen__gt=F("nomination__batch__cost_cap")):
        cap = cost.nomination.batch.cost_cap
        yield Problem(COSTS, _name(cost), f"费用{cost.borne}元,超过开期时的上限{cap}元")
    same = Q(cap=F("nomination__batch__cost_cap")) | Q(cap=None, nomination__batch__cost_cap=None)
    for cost in costs.exclude(same):
        yield Problem(COSTS, _name(cost), "所记上限与批次开期时的上限不符")


def check_years() -> Iterator[Problem]:
    """What a person's year has spent is the sum of the year's stays, within the yearly caps (BZ-11)."""
    years = PersonYear.objects.select_related("plan").order_by("pk")
    years = years.annotate(whole=_sum(), inside=_sum(nomination__batch__province_case=PROVINCE[0]))
    for year in years.exclude(spent=F("whole"), spent_in_province=F("inside")):
        message = (
            f"已发生费用记为{year.spent}元(省内{year.spent_in_province}元),"
            f"各期合计{year.whole}元(省内{year.inside}元)"
        )
        yield Problem(COSTS, f"人员 {year.person_id} {year.plan.year}年", message)
    over = Q(whole__gt=F("cap")) | Q(inside__gt=F("cap_in_province"))
    for year in years.filter(over):
        message = f"各期费用合计{year.whole}元(省内{year.inside}元),超过每人每年上限"
        yield Problem(COSTS, f"人员 {year.person_id} {year.plan.year}年", message)
    kept = PersonYear.objects.filter(person=OuterRef("nomination__person"), plan=OuterRef("nomination__plan"))
    for cost in Cost.objects.filter(~Exists(kept)).select_related("nomination").order_by("pk"):
        yield Problem(COSTS, _name(cost), "有费用,但没有该人员的年度记录")


def _sum(**where: str) -> Coalesce:
    """What the programme bore of a person's stays in the year of a plan."""
    costs = Cost.objects.filter(
        nomination__person=OuterRef("person"), nomination__plan=OuterRef("plan"), **where
    )
    return _or_zero(costs.order_by().values("nomination__plan").annotate(sum=Sum(BORNE)).values("sum"))


def _or_zero(query: QuerySet) -> Coalesce:
    return Coalesce(Subquery(query, output_field=MoneyField()), fen(ZERO))


def check_totals() -> Iterator[Problem]:
    """A closed batch has the totals of its costs, and gave each who came one benefit of that amount."""
    costs = Cost.objects.filter(nomination__batch=OuterRef("pk")).order_by().values("nomination__batch")
    closed = Batch.objects.filter(state=BatchState.CLOSED).select_related("plan").order_by("pk")
    closed = closed.annotate(
        costs=_or_zero(costs.annotate(sum=Sum(TOTAL)).values("sum")),
        own=_or_zero(costs.annotate(sum=Sum("self_paid")).values("sum")),
    )
    for batch in closed.exclude(total_cost=F("costs"), total_self_paid=F("own")):
        message = f"费用合计记为{batch.total_cost}元(自理{batch.total_self_paid}元),应为{batch.costs}元(自理{batch.own}元)"
        yield Problem(COSTS, str(batch), message)
    given = Benefit.objects.standing().filter(
        document_kind=Batch._meta.label_lower, document_id=OuterRef("nomination__batch"),
        person=OuterRef("nomination__person"), amount=OuterRef("borne_fen"),
    )  # fmt: skip
    rows = Cost.objects.filter(nomination__batch__state=BatchState.CLOSED).annotate(borne_fen=BORNE)
    for cost in rows.filter(~Exists(given)).select_related("nomination").order_by("pk"):
        yield Problem(COSTS, _name(cost), f"批次已结清,但没有金额为{cost.borne}元的关爱记录")


def _name(cost: Cost) -> str:
    return f"费用 {cost.pk}(推荐人选 {cost.nomination_id})"
