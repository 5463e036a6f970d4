"""Whether a record tells of a collective decision (LYG-10): who attended, when, on whose money. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from carecore import clock
from carecore.models import Severity
from carecore.policy import Finding
from funds.models import Application, Meeting
from funds.rules.standards import Asked

BETWEEN_NAMES = re.compile(r"[、,,;;\s]+")


def attending(meeting: Meeting) -> set[str]:
    """The names of whoever attended, the chair among them."""
    return {name for name in [*BETWEEN_NAMES.split(meeting.attendees), meeting.chair] if name}


def check_meeting(
    meeting: Meeting, rows: Sequence[Application], lines: Mapping[int, Sequence[Asked]], number_taken: bool
) -> Iterator[Finding]:
    """What stands against recording this meeting for these accepted applications."""
    if number_taken:
        yield _wrong("number", f"会议号“{meeting.number}”已登记,请核对")
    if meeting.held_on > clock.today():
        yield _wrong("held_on", f"会议日期{meeting.held_on}晚于今天,会议召开后再登记")
    names = attending(meeting)
    if len(names) < 2:
        yield _wrong("attendees", "资金使用须经会议集体研究,请写明主持人以外的参会人员(LYG-10)")
    for row in rows:
        if row.fund.unit_id != meeting.unit_id:
            yield _wrong("applications", f"{row}使用{row.fund.unit}的资金,不由{meeting.unit}的会议研究")
        if row.accepted_on and meeting.held_on < row.accepted_on:
            yield _wrong("held_on", f"{row}于{row.accepted_on}受理,会议日期{meeting.held_on}不得早于受理日期")
        for line in lines[row.pk]:
            if line.payee.strip() in names:
                message = f"{line.payee}是{row}的收款人,研究时应当回避;参会的是重名人员的,请在姓名后注明单位"
                yield _wrong("attendees", message)


def _wrong(key: str, message: str) -> Finding:
    return Finding(key, Severity.BLOCK, message)
