"""The same household twice: an exact ID number blocks, the same name, birth and unit ask for a look. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from carecore.models import Severity
from carecore.outcomes import finding
from carecore.policy import Finding

DOUBLE, ALIKE = "duplicate", "alike"


@dataclass(frozen=True)
class Marks:
    """What a household is known by: the blind indexes of its numbers, and whom its file is about."""

    numbers: frozenset[str]
    name: str
    birth_month: str
    unit_id: int
    person_id: int | None
    object_kind: str


@dataclass(frozen=True)
class Known:
    """A file that stands already; `visible` says whether the user may know whose it is."""

    pk: int
    title: str
    unit: str
    marks: Marks
    visible: bool = True


def doubles(asked: Marks, known: Iterable[Known]) -> list[Finding]:
    """What stands against one more file of this household, the exact matches first."""
    exact, alike = [], []
    for file in known:
        if asked.numbers & file.marks.numbers or _same_object(asked, file.marks):
            exact.append(finding(DOUBLE, _exact(file)))
        elif _alike(asked, file.marks):
            where = f"{file.title}({file.unit})" if file.visible else f"其他单位的档案(参考编号 {file.pk})"
            message = f"与{where}姓名、出生年月、单位相同,请核对是否为同一户"
            alike.append(finding(ALIKE, message, Severity.WARN))
    return [*exact, *alike]


def _exact(file: Known) -> str:
    if not file.visible:
        return f"该户有人已列入其他单位的困难档案,请联系共同上级单位处理(参考编号 {file.pk})"
    return f"该户有人已列入{file.title}({file.unit}),同一家庭只建一份档案"


def _same_object(one: Marks, other: Marks) -> bool:
    named = (one.person_id, one.object_kind, one.name)
    return one.person_id is not None and named == (other.person_id, other.object_kind, other.name)


def _alike(one: Marks, other: Marks) -> bool:
    return bool(one.birth_month) and (one.name, one.birth_month, one.unit_id) == (
        other.name, other.birth_month, other.unit_id,
    )  # fmt: skip


def among(files: Sequence[Marks], place: int) -> list[Finding]:
    """The same for the files that one sheet states before this one."""
    if any(files[place].numbers & other.numbers or _same_object(files[place], other) for other in files[:place]):
        return [finding(DOUBLE, "该户在本次名单中重复")]
    return []
