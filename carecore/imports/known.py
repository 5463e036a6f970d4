"""Finding the people whom the rows of a sheet name, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from carecore import access, privacy
from carecore.access import Can
from carecore.models import Person, Severity, Unit, User
from carecore.models.units import within
from carecore.policy import Finding

AT_ONCE = 5000  # values in one query: SQLite takes a bounded number of variables


@dataclass(frozen=True)
class Named:
    """A person as a row names them: by ID number, or else by name and perhaps unit."""

    name: str
    id_number: str | None
    unit: Unit | None


def find_people(by: User, permission: Can, wanted: Sequence[Named]) -> list[Person | Finding]:
    """Each person meant among those of the user's units, or why there is none."""
    seen = Person.objects.filter(within(access.scope(by, permission), "unit__path")).select_related("unit")
    indexes = {_index(one.id_number) for one in wanted if one.id_number}
    by_index = {p.id_index: p for part in _parts(indexes) for p in seen.filter(id_index__in=part)}
    namesakes: dict[str, list[Person]] = defaultdict(list)
    for part in _parts({one.name for one in wanted if not one.id_number}):
        for person in seen.filter(name__in=part):
            namesakes[person.name].append(person)
    return [
        _by_number(one, by_index.get(_index(one.id_number))) if one.id_number else _by_name(one, namesakes[one.name])
        for one in wanted
    ]


def _index(number: str) -> str:
    return privacy.blind_index(number, "person.id_number")


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(values)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))


def _by_number(one: Named, person: Person | None) -> Person | Finding:
    if person is None:
        return _wrong("person.unknown", f"没有登记{one.name}的证件号码,或不在您的管理范围内,请先登记人员")
    if person.name != one.name:
        return _wrong("person.name", f"该证件号码登记的姓名为“{person.name}”,表中为“{one.name}”,请核对")
    return person


def _by_name(one: Named, namesakes: list[Person]) -> Person | Finding:
    found = [person for person in namesakes if one.unit is None or person.unit_id == one.unit.pk]
    if not found:
        return _wrong("person.unknown", f"没有登记{one.name},或不在您的管理范围内,请先登记人员")
    if len(found) > 1:
        return _wrong("person.several", f"有{len(found)}位“{one.name}”,请填写身份证号")
    return found[0]


def _wrong(key: str, message: str) -> Finding:
    return Finding(key, Severity.BLOCK, message)
