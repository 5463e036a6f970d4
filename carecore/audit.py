"""The audit trail (DESIGN 6.8): every change leaves exactly one event per row, in the same transaction.

`recorded()` opens the transaction, `record()` collects events in it, and just before the commit the head of
the chain is locked, last and once, and the events are appended: each hash is SM3 over the one before and
the row, so that a changed, swapped, inserted or missing row shows.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives import hashes
from django.db import models, transaction

from carecore import clock, privacy
from carecore.models import AuditEvent, AuditHead, Unit, User

_pending: ContextVar[list[AuditEvent] | None] = ContextVar("pending_events", default=None)
_source: ContextVar[str] = ContextVar("source", default="系统")


@dataclass(frozen=True)
class Broken:
    """A link of the chain that does not hold, in a plain sentence."""

    seq: int
    message: str


@contextmanager
def source(name: str) -> Iterator[None]:
    """Say where the changes inside come from: an address, or the name of a command."""
    token = _source.set(name[:60])
    try:
        yield
    finally:
        _source.reset(token)


def recording() -> bool:
    """Whether a transaction that collects events is open."""
    return _pending.get() is not None


@contextmanager
def recorded() -> Iterator[None]:
    """One transaction together with its audit events; inside another one it joins it."""
    events = _pending.get()
    if events is not None:
        kept = len(events)
        try:
            with transaction.atomic():
                yield
        except BaseException:
            del events[kept:]
            raise
        return
    token = _pending.set([])
    try:
        with transaction.atomic():
            yield
            _append(_pending.get() or [])
    finally:
        _pending.reset(token)


def record(
    *, by: User | None, action: str, rows: Iterable[models.Model] = (), reason: str = "", detail: str = ""
) -> None:
    """Collect one event for each row that was added or changed; `before` is what `remember` kept.

    Raises RuntimeError outside `recorded()`: a change without its event must not be possible by accident.
    """
    events = _collecting()
    for row in rows:
        after = snapshot(row)
        events.append(
            _event(by, action, row, reason, detail, before=getattr(row, "_before", None), after=after)
        )
        row._before = after


def record_removal(*, by: User | None, action: str, row: models.Model, reason: str = "") -> None:
    """Collect the last event of a remembered row that is about to be deleted: it has no `after`."""
    _collecting().append(_event(by, action, row, reason, "", before=row._before))


def _collecting() -> list[AuditEvent]:
    events = _pending.get()
    if events is None:
        raise RuntimeError("a change was recorded outside audit.recorded()")
    return events


def record_access(
    *, by: User | None, action: str, row: models.Model | None = None, unit: Unit | None = None,
    reason: str = "", detail: str = "",
) -> None:  # fmt: skip
    """Record something that changed no row: a sign-in, a reveal, an export, a refusal."""
    with recorded():
        event = _event(by, action, row, reason, detail)
        if unit is not None:
            event.unit_id = unit.pk
        elif event.unit_id is None and by is not None:
            event.unit_id = by.audit_unit_id  # an export or a refusal without a row: the user's own auditors
        _collecting().append(event)


def remember(rows: Sequence[models.Model]) -> None:
    """Keep each row as it now is, for the `before` of the event that its change will leave."""
    for row in rows:
        row._before = snapshot(row)


def differs(row: models.Model) -> bool:
    """Whether a row is new or not as it was remembered."""
    return snapshot(row) != getattr(row, "_before", None)


def snapshot(row: models.Model) -> dict[str, Any]:
    """Every column of a row as it will be read back, as plain JSON values; encrypted ones as digests."""
    fields = row._meta.concrete_fields
    return {field.attname: _plain(field, field.to_python(getattr(row, field.attname))) for field in fields}


def _plain(field: models.Field, value: Any) -> Any:
    if field.name in {"password", "last_login"}:
        return ""  # neither a hash nor every sign-in belongs in the trail
    if isinstance(field, privacy.EncryptedTextField):
        return privacy.digest(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value if isinstance(value, dict | list) else str(value)


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces, so that the same value always hashes the same."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _event(
    by: User | None, action: str, row: models.Model | None, reason: str, detail: str,
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None,
) -> AuditEvent:  # fmt: skip
    return AuditEvent(
        by=by, source=_source.get(), action=action, reason=reason, detail=detail,
        kind=row._meta.label_lower if row is not None else "",
        object_id=row.pk if row is not None else None,
        unit_id=getattr(row, "audit_unit_id", None) if row is not None else None,
        before=canonical(before) if before is not None else "",
        after=canonical(after) if after is not None else "",
    )  # fmt: skip


def _append(events: list[AuditEvent]) -> None:
    if not events:
        return
    head, _ = AuditHead.objects.select_for_update(no_key=True).get_or_create(pk=1)
    now = clock.now()
    for event in events:
        head.seq += 1
        event.seq, event.at, event.previous_hash = head.seq, now, head.hash
        event.hash = head.hash = seal(event)
    AuditEvent.objects.bulk_create(events, batch_size=500)
    AuditHead.objects.filter(pk=1).update(seq=head.seq, hash=head.hash)


def seal(event: AuditEvent) -> str:
    """SM3 over the previous hash and every column of the event, as hex."""
    digest = hashes.Hash(hashes.SM3())
    columns = [
        event.previous_hash, event.seq, _plain(AuditEvent._meta.get_field("at"), event.at), event.by_id,
        event.source, event.action, event.kind, event.object_id, event.unit_id, event.reason, event.before,
        event.after, event.detail,
    ]  # fmt: skip
    digest.update(canonical(columns).encode())
    return digest.finalize().hex()


def check_chain(*, anchor: tuple[int, str] | None = None) -> Iterator[Broken]:
    """Walk the chain from its first event and yield every link that does not hold; memory stays flat.

    `anchor` is a (seq, hash) kept outside the database: a tail cut off since then shows against it.
    """
    seq, last = 0, "0" * 64
    anchored = anchor is None or anchor[0] == 0
    for event in AuditEvent.objects.order_by("seq").iterator(chunk_size=2000):
        gap = event.seq != seq + 1
        if gap:
            yield Broken(seq + 1, f"第 {seq + 1} 号审计事件缺失")
        if (event.previous_hash != last and not gap) or seal(event) != event.hash:
            yield Broken(event.seq, f"第 {event.seq} 号审计事件被改动或次序不符")
        seq, last = event.seq, event.hash
        if anchor is not None and event.seq == anchor[0]:
            anchored = event.hash == anchor[1]
    head = AuditHead.objects.first() or AuditHead()
    if (head.seq, head.hash) != (seq, last):
        yield Broken(seq, f"审计链末尾应为第 {head.seq} 号,实为第 {seq} 号")
    if not anchored and anchor is not None:
        yield Broken(anchor[0], f"与外部留存的第 {anchor[0]} 号锚点不符,其后的记录可能被截断或重写")
