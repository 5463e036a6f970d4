"""What an importer says: its columns, what the file must name, how a row becomes a draft, the checks, the verb.

A business registers its importers through `Provides.importers`; page and command find them by kind.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from carecore import access
from carecore.access import Can
from carecore.imports.sheet import Sheet
from carecore.models import Severity, Unit, User
from carecore.policy import Finding
from carecore.registry import provided
from carecore.sheets.reader import Line, Reading

D = TypeVar("D")


class Status(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


STATUS_LABELS = {Status.NEW: "新增", Status.CHANGED: "变更", Status.UNCHANGED: "无变化", Status.REJECTED: "不予导入"}


@dataclass(frozen=True)
class Outcome:
    """What a check says of one draft; a finding that blocks rejects the row, the others are warnings."""

    status: Status
    findings: Sequence[Finding] = field(default_factory=tuple)

    @classmethod
    def of(cls, status: Status, findings: Sequence[Finding]) -> Outcome:
        """The outcome that the findings leave: rejected where one of them blocks."""
        blocked = any(finding.severity == Severity.BLOCK for finding in findings)
        return cls(Status.REJECTED if blocked else status, tuple(findings))


@dataclass(frozen=True)
class Target:
    """What a file must say once for all its rows: a year, a batch, a unit.

    `pattern` finds it in a title line (half-width, without spaces), its first group is the value; --into or
    the page's form name it otherwise. `parse` makes the value of either and raises CellError.
    """

    key: str
    name: str
    example: str
    parse: Callable[[Any], Any]
    pattern: str = ""
    required: bool = True


class Importer(ABC, Generic[D]):
    """One kind of sheet. An instance serves one file: `into` holds the values of its targets by key."""

    kind: ClassVar[str]
    label: ClassVar[str]
    permission: ClassVar[Can]
    sheet: ClassVar[type[Sheet]]
    route: ClassVar[str]  # of the import page
    list_route: ClassVar[str]  # where one comes from and sees the rows, under the name of `list_label`
    list_label: ClassVar[str]
    targets: ClassVar[tuple[Target, ...]] = ()
    # Cells under which a finding is shown, by its key; a key that is a cell's own needs no entry.
    cell_of: ClassVar[Mapping[str, str]] = {}

    def __init__(self, by: User, into: Mapping[str, Any], reading: Reading) -> None:
        self.by, self.into, self.reading = by, into, reading

    @classmethod
    def allows(cls, user: User) -> bool:
        """Whether the user may import this kind of sheet for any unit at all."""
        return access.may(user, cls.permission)

    @abstractmethod
    def prepare(self, values: dict[str, Any], line: Line) -> D:
        """The draft that a line states; raises RowRefused. Reads nothing from the database row by row."""

    @abstractmethod
    def check(self, drafts: Sequence[D]) -> list[Outcome]:
        """What would become of each draft, in their order, in a constant number of queries."""

    @abstractmethod
    def commit(self, drafts: Sequence[D]) -> list[Outcome]:
        """Check all drafts again and carry out the verb for those not rejected, inside a transaction.

        Returns what became of each; the import is undone where that is not what the check had said.
        """

    def check_totals(self) -> list[tuple[Line, Finding]]:
        """What the sheet's own 小计 and 合计 rows find about the rows above them, as warnings."""
        return []

    def unit(self) -> Unit | None:
        """The unit whose auditors read the event of this import: the highest the right is held for."""
        heads = access.scope(self.by, self.permission)
        return next((a.unit for a in self.by.appointments_today if a.unit.path in heads[:1]), None)


def importer(kind: str) -> type[Importer] | None:
    """The importer of a kind, or None."""
    return next((found for found in importers() if found.kind == kind), None)


def importers() -> list[type[Importer]]:
    """Every importer, carecore's own first."""
    return [found for part in provided() for found in part.importers]
