"""The next possible verbs of a document, and why one is not possible, for its page.

An offer repeats no check: it looks at rights and state only; the verb itself decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from carecore import access
from carecore.access import Can
from carecore.models import AuditEvent, Record, Unit, User
from carecore.registry import action_label

Why = Callable[[User, Any], str]


@dataclass(frozen=True)
class Offer:
    """One verb: who may, in which states, what it asks for; `why` says in words what else stands against it."""

    label: str
    route: str
    rights: tuple[Can, ...]
    states: tuple[str, ...]
    needs_reason: bool = False
    danger: bool = False
    why: Why | None = None
    later: tuple[str, ...] = ()  # states in which it is worth saying that the verb is not possible yet
    multipart: bool = False


def offered(
    user: User,
    row: Record,
    unit: Unit,
    offers: Sequence[Offer],
    *,
    state: str = "",
    forms: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """What `_partials/verbs.html` shows for this row: the offers whose right the user holds for the unit."""
    now = state or row.state
    shown = []
    for offer in offers:
        if not any(access.may(user, right, unit) for right in offer.rights):
            continue
        possible = now in offer.states
        if not possible and now not in offer.later:
            continue
        why = "" if possible else f"现为“{now}”,须先到“{'”或“'.join(offer.states)}”"
        if possible and offer.why is not None:
            why = offer.why(user, row)
        shown.append({
            "label": offer.label, "url": reverse(offer.route, args=[row.pk]), "enabled": not why,
            "why_not": why, "needs_reason": offer.needs_reason, "danger": offer.danger,
            "multipart": offer.multipart, "fields": (forms or {}).get(offer.route),
        })  # fmt: skip
    return shown


def timeline(row: Record, *, without: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What happened to a row, newest first, from its audit events, as `_partials/timeline.html` shows it."""
    events = AuditEvent.objects.of(row).exclude(action__in=without).select_related("by").order_by("-seq")[:50]
    return [
        {
            "when": timezone.localtime(event.at), "who": event.by.name if event.by else event.source,
            "what": action_label(event.action), "reason": event.reason,
            "tone": "bad" if event.action.startswith("refused.") else "neutral",
        }
        for event in events
    ]  # fmt: skip
