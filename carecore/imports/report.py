"""What an import did or would do, in the counts and lines that page, command and audit event show.

Data rows = accepted (new, changed, unchanged) + refused rows: each refused row stands once in `rejected`,
under its first problem, with all its problems in the message.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from carecore import audit


@dataclass(frozen=True)
class Entry:
    """What is said of one row: where it stands in the file, a stable code, and what is wrong and what to do.

    `row` counts from 1 as in the file, 0 for the sheet or file as a whole; `column` is the file's heading.
    """

    sheet: str
    row: int
    column: str
    code: str
    message: str
    asked: str = ""
    limit: str = ""
    clause: str = ""


@dataclass
class ImportReport:
    """The counts of one import; they add up: rows = accepted + len(rejected)."""

    rows: int = 0
    accepted: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[Entry] = field(default_factory=list)
    skipped: int = 0
    warnings: list[Entry] = field(default_factory=list)
    sha256: str = ""
    committed: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The stable shape that `import_sheet --json` prints."""
        return asdict(self)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> ImportReport:
        """A report from its stored shape."""
        lists = {name: [Entry(**entry) for entry in stored[name]] for name in ("rejected", "warnings")}
        return cls(**{**stored, **lists})

    @property
    def signature(self) -> str:
        """A digest of everything a user confirms: what would happen to which rows of which bytes."""
        said = {**self.as_dict(), "committed": False}
        return hashlib.sha256(audit.canonical(said).encode()).hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        """The numbers alone, for the audit event."""
        numbers = {name: getattr(self, name) for name in ("rows", "new", "changed", "unchanged", "skipped")}
        return {**numbers, "rejected": len(self.rejected)}

    def warnings_by_message(self) -> list[tuple[str, str, int]]:
        """The warnings with the first place each stands at and how often it comes, for a page that people read."""
        times = Counter(entry.message for entry in self.warnings)
        first: dict[str, Entry] = {}
        for entry in self.warnings:
            first.setdefault(entry.message, entry)
        return [(message, place(first[message]), times[message]) for message in first]


def place(entry: Entry) -> str:
    """Where an entry stands, in words: 省内第8行“证件号码”."""
    row = f"第{entry.row}行" if entry.row else ""
    return f"{entry.sheet}{row}" + (f"“{entry.column}”" if entry.column else "")
