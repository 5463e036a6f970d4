"""Pages of the audit trail, for auditors: the list, one event with what it changed. Nothing here changes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path

from carecore import audit
from carecore.access import Can
from carecore.listing import ListingView
from carecore.lists.audit import AuditFilter, AuditTable, columns, kind_label
from carecore.models import AuditEvent, User
from carecore.privacy import EncryptedTextField
from carecore.registry import action_label
from carecore.views.acts import needs

# How much of a keyed digest tells two values apart on the page.
DIGEST_SHOWN = 12
# The blind index says nothing that the digest of the number does not.
UNTOLD = {"id_index"}


class AuditList(ListingView):
    title, table_class, filterset_class = "审计记录", AuditTable, AuditFilter

    def visible_rows(self, user: User) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.visible_to(user).select_related("by", "unit")


@dataclass(frozen=True)
class Change:
    """One column before and after an event."""

    label: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after


@needs(Can.AUDIT)
def audit_detail(request: HttpRequest, pk: int) -> HttpResponse:
    query = AuditEvent.objects.visible_to(request.user).select_related("by", "unit")
    event = get_object_or_404(query, pk=pk)
    context = {
        "title": f"审计记录 {event.seq}", "row": event, "action": action_label(event.action),
        "kind": kind_label(event.kind), "changes": changes(event), "added": not event.before and event.after,
        "sound": audit.seal(event) == event.hash, "findings": _findings(event),
    }  # fmt: skip
    return render(request, "carecore/audit_detail.html", context)


def changes(event: AuditEvent) -> list[Change]:
    """Every column of the row before and after, those that differ first, in words that people can read."""
    if not event.before and not event.after:
        return []
    before, after = (json.loads(text) if text else {} for text in (event.before, event.after))
    labels, words = columns(event), _Words(event.kind, before, after)
    found = [
        Change(labels.get(name, name), *(words.of(name, row.get(name)) for row in (before, after)))
        for name in {**before, **after}
        if name not in UNTOLD
    ]
    return sorted(found, key=lambda change: not change.differs)


class _Words:
    """How the values of one event's columns are said: names of the rows they point at, digests cut short."""

    def __init__(self, kind: str, *snapshots: dict[str, Any]) -> None:
        fields = apps.get_model(kind)._meta.concrete_fields
        self.secret = {field.attname for field in fields if isinstance(field, EncryptedTextField)}
        self.named: dict[str, dict[int, Any]] = {}
        for field in fields:
            if field.is_relation:
                pks = {snapshot.get(field.attname) for snapshot in snapshots} - {None}
                self.named[field.attname] = field.related_model._default_manager.in_bulk(pks) if pks else {}

    def of(self, name: str, value: Any) -> str:
        if value is None or value == "":
            return ""
        if name in self.secret:
            return f"(已加密,摘要 {str(value)[:DIGEST_SHOWN]})"
        if name in self.named and (row := self.named[name].get(value)):
            return f"{row}(编号 {value})"
        if isinstance(value, bool):
            return "是" if value else "否"
        return audit.canonical(value) if isinstance(value, dict | list) else str(value)


def _findings(event: AuditEvent) -> list[dict[str, Any]]:
    """What a refusal said; the detail of other events is plain text."""
    return json.loads(event.detail) if event.action.startswith("refused.") and event.detail else []


urlpatterns = [
    path("audit/", needs(Can.AUDIT, "GET", "POST")(AuditList.as_view()), name="audit_list"),
    path("audit/<int:pk>/", audit_detail, name="audit_detail"),
]
