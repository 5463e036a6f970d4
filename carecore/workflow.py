"""The few lines that every workflow shares: how a verb runs, how it refuses, how rows are locked and moved.

A verb is one keyword-only function: lock → require the state → may `by` do this → check the limits →
change → post → record → return.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, TypeVar

from django.db import models
from django.db.models import F

from carecore import access, audit
from carecore.access import DECIDING, Can
from carecore.models import Record, Severity, Unit, User
from carecore.policy import Finding

R = TypeVar("R", bound=Record)
M = TypeVar("M", bound=models.Model)
Verb = TypeVar("Verb", bound=Callable[..., Any])


class Refused(Exception):
    """A verb that was not carried out, with the findings that say why."""

    code = "rule"
    status = 409

    def __init__(self, *findings: Finding, row: models.Model | None = None) -> None:
        self.findings = list(findings)
        self.row = row
        super().__init__(";".join(finding.message for finding in findings))


class Stale(Refused):
    """The row was changed by somebody else since the form was shown."""

    code = "stale"


class Forbidden(Refused):
    """The user has no right to this verb here."""

    code = "forbidden"
    status = 403


def verb(function: Verb) -> Verb:
    """Run a verb in one recorded transaction; a refusal is recorded after the rollback, on its own."""

    @wraps(function)
    def run(*, by: User, **facts: Any) -> Any:
        outermost = not audit.recording()
        try:
            with audit.recorded():
                return function(by=by, **facts)
        except Refused as refusal:
            if outermost:
                _record_refusal(by, function.__name__, refusal)
            raise

    return run  # type: ignore[return-value]


def _record_refusal(by: User, name: str, refusal: Refused) -> None:
    row = refusal.row if refusal.row is not None and refusal.row.pk else None
    detail = audit.canonical([finding.as_dict() for finding in refusal.findings])
    audit.record_access(by=by, action=f"refused.{name}", row=row, detail=detail)


def refuse(message: str, *, key: str = "state", row: models.Model | None = None) -> Refused:
    """A refusal that no rule stands behind: a wrong state, a missing paper, an impossible input."""
    return Refused(Finding(key=key, severity=Severity.BLOCK, message=message), row=row)


def locked(rows: Iterable[R], *related: str) -> list[R]:
    """The same rows read afresh under a lock, in order of pk; raises Stale where a version differs.

    Each row given carries the version that its user saw. All rows are of one model.
    """
    given = {row.pk: row for row in rows}
    if not given:
        raise refuse("没有选中任何记录", key="empty")
    model = type(next(iter(given.values())))
    query = model._default_manager.filter(pk__in=given).order_by("pk")
    fresh = list(query.select_related(*related).select_for_update(no_key=True, of=("self",)))
    for row in fresh:
        if row.version != given[row.pk].version:
            raise Stale(
                Finding(
                    key="stale", severity=Severity.BLOCK,
                    message=f"{row}:该记录已被他人更新,请刷新后重新操作",
                ),
                row=row,
            )  # fmt: skip
    if len(fresh) != len(given):
        raise refuse("所选记录有的已不存在,请刷新后重新操作", key="stale")
    audit.remember(fresh)
    return fresh


def locked_all(query: models.QuerySet[R]) -> list[R]:
    """Whatever rows the query finds, locked in order of pk and remembered for their audit events."""
    rows = list(query.order_by("pk").select_for_update(no_key=True, of=("self",)))
    audit.remember(rows)
    return rows


def require_right(by: User, permission: Can, *units: Unit) -> None:
    """Raise Forbidden unless `by` holds the permission for each unit, as a known person where one decides."""
    for unit in units:
        if not access.may(by, permission, unit):
            raise Forbidden(
                Finding(
                    key="access", severity=Severity.BLOCK,
                    message=f"您没有{unit}的“{permission.label}”权限,请联系系统管理员",
                )
            )  # fmt: skip
    if permission in DECIDING and by.person_id is None:
        raise Forbidden(
            Finding(
                key="access.person", severity=Severity.BLOCK,
                message="您的账号未对应到人员,不能审核或审批,请联系系统管理员",
            )
        )  # fmt: skip


def require_state(rows: Iterable[R], states: Sequence[str], doing: str, field: str = "state") -> None:
    """Raise Refused unless every row is in one of these states."""
    for row in rows:
        now = getattr(row, field)
        if now not in states:
            raise refuse(f"{row}现为“{now}”,只有“{'、'.join(states)}”的才能{doing}", row=row)


def enforce(findings: Sequence[Finding], *, reason: str = "", row: models.Model | None = None) -> None:
    """Raise Refused on any finding that blocks, and on a warning for which no reason was written."""
    blocking = [f for f in findings if f.severity == Severity.BLOCK]
    if not blocking and not reason.strip():
        blocking = [f for f in findings if f.severity == Severity.WARN]
    if blocking:
        raise Refused(*blocking, row=row)


def move(rows: Sequence[R], **columns: Any) -> Sequence[R]:
    """Set the same columns on all these locked rows in one statement and raise their versions."""
    if not rows:
        return rows
    model = type(rows[0])
    model._default_manager.filter(pk__in=[row.pk for row in rows]).update(version=F("version") + 1, **columns)
    for row in rows:
        row.version += 1
        for name, value in columns.items():
            setattr(row, name, value)
    return rows


def change(rows: Sequence[R], *fields: str) -> Sequence[R]:
    """Write these fields of locked rows, each with its own value, and raise their versions."""
    if not rows:
        return rows
    for row in rows:
        row.version += 1
    write(rows, *fields, "version")
    return rows


def write(rows: Sequence[M], *fields: str) -> None:
    """Write these fields of locked rows of one table as they now are; versions stay as they are."""
    manager = type(rows[0])._default_manager
    if len(rows) == 1:  # one row needs no CASE, which is slow to build
        manager.filter(pk=rows[0].pk).update(**{name: getattr(rows[0], name) for name in fields})
    else:
        manager.bulk_update(rows, fields, batch_size=500)


def add(rows: Sequence[R]) -> list[R]:
    """Insert new rows in one statement per 500 and return them with their primary keys."""
    return type(rows[0])._default_manager.bulk_create(rows, batch_size=500) if rows else []
