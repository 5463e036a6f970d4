"""What waits for each role about hardship files."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from django.urls import reverse

from carecore.access import Can, scope
from carecore.models import User
from carecore.models.units import within
from carecore.registry import DeskItem, OpenWork
from visits.case_queries import overdue_day
from visits.models import CaseState, HardshipCase

# What each right waits for: the state it acts on, in which words.
WAITING = (
    (Can.KEEP_HARDSHIP, CaseState.DRAFT, "困难档案草稿待上报"),
    (Can.ENDORSE_HARDSHIP, CaseState.REPORTED, "困难档案待单位审核"),
    (Can.ADVISE_HARDSHIP, CaseState.ENDORSED, "困难档案待提出意见"),
    (Can.RECOGNISE_HARDSHIP, CaseState.GIVEN_OPINION, "困难档案待认定"),
)


def cases(user: User) -> Iterator[DeskItem]:
    """Files that stand where one of the user's rights acts, and those that were not verified in time (TX1-4)."""
    for right, state, title in WAITING:
        if paths := scope(user, right):
            rows = HardshipCase.objects.filter(within(paths, "unit__path"), state=state)
            yield from _item(title, rows.count(), state=state)
    paths, day = scope(user, Can.KEEP_HARDSHIP), overdue_day(user)
    if paths and day:
        rows = HardshipCase.objects.filter(within(paths, "unit__path")).unverified_since(day)
        yield from _item("困难档案逾期未核实", rows.count(), tone="urgent", overdue="yes")


def _item(title: str, count: int, tone: str = "normal", **filters: str) -> Iterator[DeskItem]:
    if count:
        asked = urlencode({name: str(value) for name, value in filters.items()})
        yield DeskItem(title, count, f"{reverse('case_list')}?{asked}", tone=tone)


def open_work(user: User) -> Iterator[OpenWork]:
    """Drafts of a clerk, which a successor takes over."""
    rows = HardshipCase.objects.filter(reported_by=user, state=CaseState.DRAFT)
    yield OpenWork("困难档案草稿", Can.KEEP_HARDSHIP, rows, "reported_by")
