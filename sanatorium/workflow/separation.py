"""Separation of duties (invariant 5): nobody decides on their own case, nor twice on the same one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from carecore.models import Severity, User
from carecore.policy import Finding
from carecore.workflow import Forbidden
from sanatorium.models import Nomination


def not_own_case(by: User, rows: Iterable[Nomination]) -> None:
    """Raise Forbidden where the user is one of these people."""
    for row in rows:
        if by.person_id is not None and row.person_id == by.person_id:
            raise Forbidden(_finding(f"{row}是您本人,不能办理本人的事项,请由他人办理"), row=row)


def not_by(by: User, earlier: Iterable[int], message: str) -> None:
    """Raise Forbidden where one of these users is the same person as `by`, under whatever account."""
    if accounts_of(by) & set(earlier):
        raise Forbidden(_finding(message))


def separate(by: User, rows: Sequence[Nomination], *earlier: str) -> None:
    """Raise Forbidden for one's own case, and where `by` took one of these earlier steps on a row."""
    not_own_case(by, rows)
    myself = accounts_of(by)
    for row in rows:
        for name in earlier:
            if getattr(row, f"{name}_id") in myself:
                done = row._meta.get_field(name).verbose_name.removesuffix("人")
                raise Forbidden(_finding(f"{row}由您{done},不能再由您办理本环节,请由他人办理"), row=row)


def accounts_of(by: User) -> set[int]:
    """Every account of the same person."""
    if by.person_id is None:
        return {by.pk}
    return {by.pk, *User.objects.filter(person=by.person_id).values_list("pk", flat=True)}


def _finding(message: str) -> Finding:
    return Finding("separation", Severity.BLOCK, message)
