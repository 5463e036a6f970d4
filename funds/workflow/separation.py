"""Separation of duties about money (invariant 5): each step by another person, nobody on their own case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from carecore.models import Severity, User
from carecore.policy import Finding
from carecore.separation import accounts_of
from carecore.workflow import Forbidden
from funds.models import Application
from funds.rules.standards import Asked


def apart(by: User, rows: Iterable[Application], *earlier: str) -> None:
    """Raise Forbidden where `by`, under whatever account, took one of these earlier steps on a row."""
    myself = accounts_of(by)
    for row in rows:
        for name in earlier:
            if getattr(row, f"{name}_id") in myself:
                done = row._meta.get_field(name).verbose_name.removesuffix("人")
                raise _forbidden(f"{row}由您{done},不能再由您办理本环节,请由他人办理", row)


def not_own_case(by: User, rows: Iterable[Application], lines: Mapping[int, Sequence[Asked]]) -> None:
    """Raise Forbidden where the money of one of these applications is for the user."""
    for row in rows:
        not_own_lines(by, row, lines[row.pk])


def not_own_lines(by: User, row: Application, lines: Iterable[Asked]) -> None:
    """Raise Forbidden where one of the lines is for the user; a payee of the same name may be the user."""
    if by.person_id is None:
        return
    for line in lines:
        if line.person_id == by.person_id:
            raise _forbidden(f"{row}的收款人中有您本人,不能办理本人的事项,请由他人办理", row)
        if line.person_id is None and line.payee.strip() == by.person.name:
            raise _forbidden(f"收款人“{line.payee}”与您同名,请先对应到人员,或由他人办理", row)


def _forbidden(message: str, row: Application) -> Forbidden:
    return Forbidden(Finding("separation", Severity.BLOCK, message), row=row)
