"""Separation of duties (invariant 5): nobody decides on their own case, nor takes two steps that must be apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import F, Q

from carecore.models import Record, Severity, User
from carecore.policy import Finding
from carecore.workflow import Forbidden


def accounts_of(by: User) -> set[int]:
    """Every account of the same person."""
    if by.person_id is None:
        return {by.pk}
    return {by.pk, *User.objects.filter(person=by.person_id).values_list("pk", flat=True)}


def apart(by: User, row: Record, earlier: Mapping[str, int | None]) -> None:
    """Raise Forbidden where `by`, under whatever account, took one of these earlier steps (step -> user's pk)."""
    all_apart(by, [(row, earlier)])


def all_apart(by: User, rows: Iterable[tuple[Record, Mapping[str, int | None]]]) -> None:
    """The same for many rows, each with its earlier steps, in one query."""
    mine = accounts_of(by)
    for row, earlier in rows:
        if done := [step for step, user in earlier.items() if user in mine]:
            raise _forbidden(f"{row}由您{done[0]},不能再由您办理本环节,请由他人办理", row)


def not_own(by: User, row: Record, people: Iterable[int | None]) -> None:
    """Raise Forbidden where the user is one of these people (pks), whom the row is about."""
    if by.person_id is not None and by.person_id in set(people):
        raise _forbidden(f"{row}涉及您本人,不能办理本人的事项,请由他人办理", row)


def same_person(one: str, other: str) -> Q:
    """The two columns name one account, or two accounts of one person."""
    return Q(**{one: F(other)}) | Q(**{f"{one}__person": F(f"{other}__person")})


def _forbidden(message: str, row: Record) -> Forbidden:
    return Forbidden(Finding("separation", Severity.BLOCK, message), row=row)
