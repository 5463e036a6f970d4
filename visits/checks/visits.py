"""Visits (invariants 3 and 5): budgets as planned, what is paid is given once, standards, separate duties."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, Sum

from carecore.models import Benefit
from carecore.money import ZERO
from carecore.registry import Problem
from funds.models import LineState
from visits.models import Campaign, Visit, VisitState
from visits.queries import CHANNEL
from visits.workflow.giving import KIND

BUDGET, GIVEN, STANDARD, DUTIES = "3 走访预算", "3 走访发放", "3 慰问标准", "5 走访分工"
CHUNK = 500


def check_campaigns() -> Iterator[Problem]:
    """What each campaign has planned is what its standing visits bring, within its budget."""
    sums = dict(
        Visit.objects.standing().filter(campaign__isnull=False).order_by().values_list("campaign")
        .annotate(sum=Sum(F("money") + F("goods_value")))
    )  # fmt: skip
    for row in Campaign.objects.order_by("pk").iterator(chunk_size=CHUNK):
        counted = sums.get(row.pk, ZERO)
        if counted != row.planned:
            yield Problem(BUDGET, str(row), f"已安排记为{row.planned}元,按走访应为{counted}元")
        if counted > row.budget:
            yield Problem(BUDGET, str(row), f"走访共{counted}元,超过预算{row.budget}元")


def check_benefits() -> Iterator[Problem]:
    """A paid visit to somebody has its one standing benefit of that amount, and no other visit has one."""
    held = Benefit.objects.standing().filter(document_kind=KIND, channel=CHANNEL)
    mine = held.filter(document_id=OuterRef("pk"))
    rows = Visit.objects.select_related("case", "line").annotate(given=Exists(mine))
    for row in rows.filter(Q(state=VisitState.PAID) | Q(given=True)).order_by("pk").iterator(chunk_size=CHUNK):
        paid = row.state == VisitState.PAID
        if row.receiver_id and paid != row.given:
            yield Problem(GIVEN, f"走访 {row.pk}", "已发放而没有关爱记录" if paid else f"现为“{row.state}”而有关爱记录")
        if row.line is not None and paid != (row.line.state == LineState.PAID):
            yield Problem(GIVEN, f"走访 {row.pk}", f"现为“{row.state}”,支付明细为“{row.line.state}”")
        if paid and row.money and row.line is None:
            yield Problem(GIVEN, f"走访 {row.pk}", "已发放慰问金而没有支付明细")
    amounts = dict(Visit.objects.filter(pk__in=held.values("document_id")).values_list("pk", F("money") + F("goods_value")))
    for benefit in held.order_by("pk").iterator(chunk_size=CHUNK):
        if benefit.amount != amounts.get(benefit.document_id):
            yield Problem(GIVEN, f"关爱记录 {benefit.pk}", f"金额{benefit.amount}元与走访不一致")


def check_standards() -> Iterator[Problem]:
    """No visit brings more than the standard that was frozen with it."""
    for row in Visit.objects.filter(standard__lt=F("money") + F("goods_value")).order_by("pk"):
        yield Problem(STANDARD, f"走访 {row.pk}", f"慰问金和慰问品共{row.total}元,超过标准{row.standard}元")


def check_duties() -> Iterator[Problem]:
    """Whoever planned a visit did not approve it, and nobody approved their own."""
    own = Q(approved_by__person=F("person")) | Q(approved_by__person=F("case__person"))
    same = Q(approved_by=F("planned_by")) | Q(approved_by__person=F("planned_by__person"))
    for row in Visit.objects.filter(same | own, approved_by__isnull=False).order_by("pk"):
        yield Problem(DUTIES, f"走访 {row.pk}", "安排、批准由同一人办理,或批准了本人的走访")
