"""What of the visits waits for each role: to approve, to make, late, measures to meet, money to pay."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from django.urls import reverse

from carecore import clock
from carecore.access import Can, scope
from carecore.models import User
from carecore.models.units import within
from carecore.registry import DeskItem, OpenWork
from visits.models import Visit, VisitState


def visits(user: User) -> Iterator[DeskItem]:
    """Visits that stand where one of the user's rights acts."""
    if paths := scope(user, Can.APPROVE_VISITS):
        yield from _item("走访待批准", paths, state=VisitState.PLANNED)
    if paths := scope(user, Can.PLAN_VISITS):
        today = clock.today()
        yield from _item("已批准走访待登记", paths, state=VisitState.APPROVED)
        made = {"state__in": (VisitState.PLANNED, VisitState.APPROVED), "due_on__lt": today}
        yield from _item("走访逾期", paths, {"due": "late"}, tone="bad", **made)
        yield from _item("走访帮扶措施待办结", paths, {"due": "need"}, measure_done_on=None, measure__gt="")
    paths = sorted({*scope(user, Can.ACCEPT), *scope(user, Can.PAY)})
    if paths:
        yield from _item("走访慰问金待发放", paths, {"due": "pay"}, state=VisitState.DONE, money__gt=0)


def _item(
    title: str, paths: list[str], query: dict[str, str] | None = None, tone: str = "normal", **facts: object
) -> Iterator[DeskItem]:
    if count := Visit.objects.filter(within(paths, "unit__path"), **facts).count():
        asked = query or {"state": str(facts["state"])}
        yield DeskItem(title, count, f"{reverse('visit_list')}?{urlencode(asked)}", tone=tone)


def open_work(user: User) -> Iterator[OpenWork]:
    """Visits planned and not made yet; a successor takes them over."""
    rows = Visit.objects.filter(planned_by=user, state__in=[VisitState.PLANNED, VisitState.APPROVED])
    yield OpenWork("未走访登记的走访安排", Can.PLAN_VISITS, rows, "planned_by")
