"""Batches (invariants 4 and 6): days, season, venue and seats as the limits frozen with them say."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Exists, OuterRef

from carecore.models import Severity
from carecore.registry import Problem
from sanatorium.models import Batch, Nomination, VenueState
from sanatorium.rules.frozen import blocks, entry_of

BATCHES, OVERLAP = "6 批次", "4 批次重叠"
CHUNK = 500


def check_overlaps() -> Iterator[Problem]:
    """Nobody sits in two batches that overlap."""
    other = Nomination.objects.filter(
        person=OuterRef("person"), pk__lt=OuterRef("pk"), batch__starts_on__lte=OuterRef("batch__ends_on"),
        batch__ends_on__gte=OuterRef("batch__starts_on"),
    )  # fmt: skip
    rows = Nomination.objects.filter(Exists(other), batch__isnull=False).select_related("batch__plan")
    for row in rows.order_by("pk"):
        yield Problem(OVERLAP, f"推荐人选 {row.pk}", f"{row.batch}与其另一批次时间重叠")


def check_batches() -> Iterator[Problem]:
    """Each batch under the limits it was opened with; its seats are its people."""
    batches = Batch.objects.annotate(people=Count("nominations")).select_related("plan", "venue")
    for batch in batches.order_by("pk").iterator(chunk_size=CHUNK):
        for message in (*_seats(batch), *_venue(batch), *_days(batch), *_season(batch)):
            yield Problem(BATCHES, str(batch), message)


def _seats(batch: Batch) -> Iterator[str]:
    if batch.seats != batch.people:
        yield f"已安排记为{batch.seats}人,名单为{batch.people}人"
    if batch.people > batch.capacity:
        yield f"名单{batch.people}人,超过人数上限{batch.capacity}人"


def _venue(batch: Batch) -> Iterator[str]:
    """A venue may leave after the batch was opened, not before (BZ-16)."""
    venue = batch.venue
    if venue.state != VenueState.ADMITTED and venue.state_on < batch.opened_on:
        yield f"编排时{venue}为“{venue.state}”,不是准入的疗休养院"


def _days(batch: Batch) -> Iterator[str]:
    days = (batch.ends_on - batch.starts_on).days + 1
    if batch.days != days:
        yield f"天数记为{batch.days}天,起止日期首尾相加为{days}天"
    entry = entry_of(batch, "sanatorium.days")
    span = entry["value"] if entry and blocks(entry) else None
    if (batch.days_min, batch.days_max) != (tuple(span) if span else (None, None)):
        yield "所记天数范围与开期时的规则不符"
    if (
        entry
        and not entry["value"][0] <= days <= entry["value"][1]
        and not _excused(batch, entry["severity"])
    ):
        yield f"共{days}天,开期时的规则为{entry['limit']}({entry['clause']})"


def _season(batch: Batch) -> Iterator[str]:
    entry = entry_of(batch, "sanatorium.months")
    if entry:
        low, high = entry["value"]
        inside = low <= batch.starts_on.month and batch.ends_on.month <= high
        if not inside and not _excused(batch, entry["severity"]):
            yield f"{_span(batch)}不在{entry['limit']}之内({entry['clause']}),且没有说明理由"


def _excused(batch: Batch, severity: str) -> bool:
    """Whether what was found is only shown, or was accepted with a written reason."""
    return severity == Severity.INFO or (severity == Severity.WARN and bool(batch.reason))


def _span(batch: Batch) -> str:
    return "至".join(f"{day.month}月{day.day}日" for day in (batch.starts_on, batch.ends_on))
