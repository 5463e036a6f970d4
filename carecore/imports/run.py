"""The way of a file: read, prepare and check its rows outside any transaction; check again and commit inside one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from carecore import audit
from carecore.imports.contract import Importer, Outcome, Status
from carecore.imports.report import Entry, ImportReport
from carecore.imports.sheet import RowRefused
from carecore.imports.targets import find_targets
from carecore.models import Severity, User
from carecore.policy import Finding
from carecore.sheets import reader
from carecore.sheets.reader import Line, Reading
from carecore.workflow import Forbidden, Stale, verb

# (rows done, rows in all): what a job shows while it works.
Progress = Callable[[int, int], None]
REPORT_EVERY = 500  # rows


@dataclass
class Examined:
    """A file with what would become of each row that could be read; nothing is stored yet."""

    importer: Importer
    file_name: str
    report: ImportReport
    checked: list[tuple[Line, Any, Outcome]]

    @property
    def accepted(self) -> list[tuple[Line, Any, Outcome]]:
        """The rows that are new, changed or unchanged."""
        return [item for item in self.checked if item[2].status != Status.REJECTED]


def examine(
    *, by: User, importer: type[Importer], content: bytes, file_name: str, into: Mapping[str, str],
    progress: Progress | None = None,
) -> Examined:  # fmt: skip
    """Read a file and say what importing it would do; stores nothing.

    Raises UnreadableFile where the file cannot be read or does not say where it belongs, Forbidden where `by`
    holds the importer's right nowhere.
    """
    reading = reader.read(content, file_name, importer.sheet.columns())
    return examine_reading(by=by, importer=importer, reading=reading, file_name=file_name, into=into, progress=progress)


def examine_reading(
    *, by: User, importer: type[Importer], reading: Reading, file_name: str, into: Mapping[str, str],
    progress: Progress | None = None,
) -> Examined:  # fmt: skip
    """The same for a file that was read already."""
    if not importer.allows(by):
        message = f"您没有“{importer.permission.label}”权限,不能导入{importer.label}"
        raise Forbidden(Finding("access", Severity.BLOCK, message))
    worker = importer(by, find_targets(importer, reading, into), reading)
    prepared, refusals = _prepared(worker, progress)
    outcomes = worker.check([draft for _, draft in prepared])
    checked = [(line, draft, outcome) for (line, draft), outcome in zip(prepared, outcomes, strict=True)]
    examined = Examined(worker, file_name, ImportReport(), checked)
    rejected = [(line, _entries(worker, line, o)) for line, _, o in checked if o.status == Status.REJECTED]
    examined.report = _report(worker, examined.accepted, [*refusals, *rejected])
    return examined


def _prepared(
    worker: Importer, progress: Progress | None
) -> tuple[list[tuple[Line, Any]], list[tuple[Line, list[Entry]]]]:
    """The drafts of the lines that could be read, and the entries of those that could not."""
    drafts, refusals = [], []
    reading = worker.reading
    for number, line in enumerate(reading.lines):
        if progress and number % REPORT_EVERY == 0:
            progress(number, len(reading.lines))
        try:
            values = worker.sheet.values(line, epoch_1904=reading.epoch_1904)
            drafts.append((line, worker.prepare(values, line)))
        except RowRefused as refusal:
            problems = refusal.problems
            refusals.append((line, [_entry(worker, line, key, e.code, e.message) for key, e in problems]))
    return drafts, refusals


def _entry(worker: Importer, line: Line, key: str, code: str, message: str) -> Entry:
    return Entry(line.sheet, line.row, _heading(worker, line, key), code, message)


def _heading(worker: Importer, line: Line, key: str) -> str:
    """The file's own heading over a cell; the sheet's first name for it where the file has no such column."""
    table = worker.reading.tables[line.sheet]
    cell = worker.sheet.fields.get(key)
    return next((label for _, label, found in table.headings if found == key), cell.column_name if cell else "")


def _entries(worker: Importer, line: Line, outcome: Outcome) -> list[Entry]:
    """The findings of a checked row as entries, those that block first."""
    findings = sorted(outcome.findings, key=lambda finding: finding.severity != Severity.BLOCK)
    return [_found(worker, line, finding) for finding in findings]


def _found(worker: Importer, line: Line, finding: Finding) -> Entry:
    heading = _heading(worker, line, worker.cell_of.get(finding.key, finding.key))
    return Entry(
        line.sheet, line.row, heading, finding.key, finding.message, finding.asked, finding.limit, finding.clause
    )


def _report(
    worker: Importer, accepted: Sequence[tuple[Line, Any, Outcome]], refused: Sequence[tuple[Line, list[Entry]]]
) -> ImportReport:
    reading = worker.reading
    counts = Counter(outcome.status for _, _, outcome in accepted)
    return ImportReport(
        rows=len(reading.lines), accepted=len(accepted), new=counts[Status.NEW], changed=counts[Status.CHANGED],
        unchanged=counts[Status.UNCHANGED], rejected=sorted(map(_joined, refused), key=_in_file(reading)),
        skipped=len(reading.skipped), warnings=list(_warnings(worker, accepted)), sha256=reading.sha256,
    )  # fmt: skip


def _in_file(reading: Reading) -> Callable[[Entry], tuple[int, int]]:
    order = {sheet: number for number, sheet in enumerate(reading.tables)}
    return lambda entry: (order.get(entry.sheet, -1), entry.row)


def _joined(refused: tuple[Line, list[Entry]]) -> Entry:
    """One entry for a refused row: the first problem, with the messages of all."""
    first, *others = refused[1]
    messages = [first.message, *(entry.message for entry in others if entry.message != first.message)]
    return Entry(**{**vars(first), "message": ";".join(messages)})


def _warnings(worker: Importer, accepted: Sequence[tuple[Line, Any, Outcome]]) -> Iterator[Entry]:
    for message in worker.reading.warnings:
        yield Entry("", 0, "", "file", message)
    for line, finding in worker.check_totals():
        yield _found(worker, line, finding)
    for line, _, outcome in accepted:
        yield from _entries(worker, line, outcome)


def commit(*, by: User, examined: Examined, expected: str | None = None) -> ImportReport:
    """Carry out what an examination found, all or nothing.

    `expected` is the signature of the report that the user confirmed. Raises Stale where what would happen is
    no longer that, Refused with the verb's findings; then nothing is kept but the event of the refusal.
    """
    if expected is not None and examined.report.signature != expected:
        raise _moved()
    import_sheet(by=by, examined=examined)
    examined.report.committed = True
    return examined.report


@verb
def import_sheet(*, by: User, examined: Examined) -> None:
    """Check the accepted drafts again inside the transaction, write them, and leave the event of the import."""
    worker, report = examined.importer, examined.report
    if examined.accepted:
        outcomes = worker.commit([draft for _, draft, _ in examined.checked])
        if [outcome.status for outcome in outcomes] != [outcome.status for _, _, outcome in examined.checked]:
            raise _moved()
    detail = {"kind": worker.kind, "file": examined.file_name, "sha256": report.sha256, **report.counts}
    audit.record_access(by=by, action="import_sheet", unit=worker.unit(), detail=audit.canonical(detail))


def _moved() -> Stale:
    message = "预览之后资料、名额或您的权限已有变化,没有导入任何内容,请重新上传并核对预览"
    return Stale(Finding("stale", Severity.BLOCK, message))
