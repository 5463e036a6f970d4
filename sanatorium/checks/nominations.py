"""What a nomination's row says of its findings: the hint that lists filter by and deadlines count."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q

from carecore.registry import Problem
from sanatorium.models import Nomination

HINTS = "推荐提示"
CHUNK = 500


def check_attention() -> Iterator[Problem]:
    """A nomination owes its evidence or a reason exactly where its findings say so."""
    rows = Nomination.objects.filter(~Q(findings=[]) | ~Q(attention=""))
    for row in rows.only("findings", "attention", "accepted_reason").order_by("pk").iterator(chunk_size=CHUNK):
        kept, due = row.attention, row.note_attention().attention
        if kept != due:
            message = f"提示记为“{kept or '无'}”,按检查结果应为“{due or '无'}”"
            yield Problem(HINTS, f"推荐人选 {row.pk}", message)
