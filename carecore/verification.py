"""What `verify` recomputes from rows (DESIGN 6): carecore's own invariants, and those each business adds.

Rows are read in chunks under one snapshot: memory stays flat, and what is changed meanwhile is no finding.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.apps import apps
from django.db import connection, models
from django.db.models import Exists, Max, OuterRef, TextField
from django.db.models.functions import Cast

from carecore import audit, privacy
from carecore.models import AuditEvent, Person, Record, Rule, Unit
from carecore.policy import validate
from carecore.registry import Problem, provided

M = TypeVar("M", bound=models.Model)
CHUNK = 1000
CHAIN, TRAIL, TREE, INDEX, RULES = "8 审计链", "8 审计记录", "单位路径", "10 身份证号索引", "规则取值"
_SNAPSHOT = {
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "sqlite": "BEGIN DEFERRED",  # reads one state of the file and holds no writer up
}


@contextmanager
def snapshot() -> Iterator[None]:
    """One unchanging view of the database; inside a transaction it is that transaction's."""
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT[connection.vendor])
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def problems(*, anchor: tuple[int, str] | None = None) -> Iterator[Problem]:
    """Everything that does not hold; `anchor` is a (seq, hash) of the audit chain kept outside."""
    for link in audit.check_chain(anchor=anchor):
        yield Problem(CHAIN, f"审计事件 {link.seq}", link.message)
    yield from check_trail()
    yield from check_units()
    yield from check_id_index()
    yield from check_rules()
    for part in provided():
        for check in part.checks:
            yield from check()


def in_chunks(query: models.QuerySet[M]) -> Iterator[list[int]]:
    """The primary keys of a query in order, so many at a time."""
    last = 0
    while pks := list(query.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        yield pks
        last = pks[-1]


def name_of(row: models.Model) -> str:
    return f"{row._meta.verbose_name} {row.pk}"


def check_trail() -> Iterator[Problem]:
    """Every audited row equals the `after` of its last event, and none came or went without one."""
    for model in apps.get_models():
        if issubclass(model, Record):
            for pks in in_chunks(model._default_manager.all()):
                yield from _check_rows(model, pks)
            yield from _check_vanished(model)


def _check_rows(model: type[Record], pks: list[int]) -> Iterator[Problem]:
    events = _last_events(model, pks)
    for row in _readable(model, pks):
        if isinstance(row, Problem):
            yield row
        elif (event := events.get(row.pk)) is None:
            yield Problem(TRAIL, name_of(row), "没有审计记录,是在系统之外写入的")
        elif not event.after:
            yield Problem(TRAIL, name_of(row), f"第 {event.seq} 号审计记录为删除,但该记录仍在")
        elif columns := _differing(row, json.loads(event.after)):
            names = "、".join(columns)
            yield Problem(TRAIL, name_of(row), f"与最后一次审计记录(第 {event.seq} 号)不符:{names}")


def _readable(model: type[M], pks: list[int]) -> Iterator[M | Problem]:
    """The rows of these keys; a problem in the place of one whose encrypted columns cannot be opened."""
    try:
        yield from list(model._default_manager.filter(pk__in=pks).order_by("pk"))
    except privacy.DecryptionError as error:
        if len(pks) == 1:
            column = str(error).partition(":")[0]
            message = f"加密栏目 {column} 无法解密:在系统之外被改动,或缺少当时的密钥"
            yield Problem(TRAIL, f"{model._meta.verbose_name} {pks[0]}", message)
            return
        for pk in pks:
            yield from _readable(model, [pk])


def _last_events(model: type[Record], pks: list[int]) -> dict[int, AuditEvent]:
    """The last event of each row that says what it became; sign-ins, reveals and refusals say nothing of it."""
    changes = AuditEvent.objects.filter(kind=model._meta.label_lower, object_id__in=pks)
    changes = changes.exclude(before="", after="").order_by()
    last = changes.values("object_id").annotate(last=Max("seq")).values("last")
    return {event.object_id: event for event in AuditEvent.objects.filter(seq__in=last)}


def _differing(row: Record, after: dict[str, Any]) -> list[str]:
    """Names of the columns that differ; a column that the event does not know was added since."""
    now = json.loads(audit.canonical(audit.snapshot(row)))
    return [
        str(field.verbose_name)
        for field in row._meta.concrete_fields
        if field.attname in after and now[field.attname] != after[field.attname]
    ]


def _check_vanished(model: type[Record]) -> Iterator[Problem]:
    there = model._default_manager.filter(pk=OuterRef("object_id"))
    gone = AuditEvent.objects.filter(~Exists(there), kind=model._meta.label_lower, object_id__isnull=False)
    gone = gone.exclude(before="", after="").order_by().values("object_id").annotate(last=Max("seq"))
    last = AuditEvent.objects.filter(seq__in=gone.values("last")).exclude(after="")
    for event in last.order_by("seq").iterator(chunk_size=CHUNK):
        name = f"{model._meta.verbose_name} {event.object_id}"
        yield Problem(TRAIL, name, f"有第 {event.seq} 号审计记录,该记录却已不存在,是在系统之外删除的")


def check_units() -> Iterator[Problem]:
    """A unit's path is its parent's path and its own key."""
    for unit in Unit.objects.select_related("parent").order_by("pk").iterator(chunk_size=CHUNK):
        expected = unit.path_by_parent()
        if unit.path != expected:
            yield Problem(TREE, name_of(unit), f"路径为 {unit.path},按上级单位应为 {expected}")


def check_id_index() -> Iterator[Problem]:
    """The blind index of a person belongs to the encrypted number beside it."""
    label = f"{Person._meta.label_lower}.id_number"
    rows = Person.objects.annotate(stored=Cast("id_number", TextField())).values_list(
        "pk", "stored", "id_index"
    )
    for pk, stored, index in rows.order_by("pk").iterator(chunk_size=CHUNK):
        try:
            number = privacy.decrypt(stored, label) if stored else ""
        except privacy.DecryptionError:
            continue  # check_trail names it
        if index != (privacy.blind_index(number, "person.id_number") if number else None):
            yield Problem(INDEX, f"人员 {pk}", "身份证号与其查重索引不符")


def check_rules() -> Iterator[Problem]:
    """Every rule carries a value that its key admits."""
    for rule in Rule.objects.order_by("pk").iterator(chunk_size=CHUNK):
        try:
            validate(rule.key, rule.value)
        except ValueError as error:
            yield Problem(RULES, name_of(rule), str(error))
