"""What every verb on a hardship file shares: drafts, marks of a household, and its assessment."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from carecore import access, clock, privacy
from carecore.access import Can
from carecore.models import Person, Severity, Unit, User
from carecore.money import ZERO
from carecore.policy import Finding, Rulebook
from carecore.workflow import refuse
from visits.models import HardshipCase, HouseholdMember, ObjectKind
from visits.rules.doubles import ALIKE, Known, Marks, among, doubles
from visits.rules.files import CAUSES, assess

AT_ONCE = 5000  # values in one query: SQLite takes a bounded number of variables
ASSESSED = ("computed_grade", "per_head", "standard", "findings", "cause_label")


@dataclass(frozen=True, kw_only=True)
class MemberDraft:
    """Somebody of the household besides its head; income in yuan a month."""

    name: str
    relation: str
    id_number: str = ""
    monthly_income: Decimal | None = None
    health: str = ""
    identity: str = ""

    @property
    def row(self) -> HouseholdMember:
        return HouseholdMember(**vars(self), id_index=index_of(self.id_number))


@dataclass(frozen=True, kw_only=True)
class CaseDraft:
    """A hardship file as a form or a sheet states it; amounts in yuan, incomes of the household per year."""

    person: Person
    unit: Unit
    object_kind: str = ObjectKind.WORKER
    name: str = ""
    relation: str = ""
    id_number: str = ""
    birth_month: str = ""
    area: str = ""
    address: str = ""
    phone: str = ""
    health: str = ""
    housing: str = ""
    own_monthly_income: Decimal | None = None
    yearly_income: Decimal | None = None
    rigid_costs: Decimal = ZERO
    event_losses: Decimal = ZERO
    size: int | None = None
    earners: int | None = None
    main_cause: str = ""
    further_causes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    description: str = ""
    stated_grade: str = ""
    members: tuple[MemberDraft, ...] = ()

    @property
    def row(self) -> HardshipCase:
        """The file without its members, not yet saved; what is known of the person is taken over."""
        columns = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        del columns["members"]
        columns |= {"further_causes": list(self.further_causes), "categories": list(self.categories)}
        return identified(HardshipCase(**columns))


def identified(case: HardshipCase) -> HardshipCase:
    """Set name, number, birth and blind index: the person's own where the file is about that person."""
    if not case.relation:
        case.name = case.person.name
        case.id_number = case.person.id_number or ""
        case.phone = case.phone or case.person.phone
    if case.id_number:
        case.birth_month = f"{case.id_number[6:10]}-{case.id_number[10:12]}"
    elif not case.relation and case.person.born_on:
        case.birth_month = f"{case.person.born_on:%Y-%m}"
    case.id_index = index_of(case.id_number)
    return case


def index_of(number: str) -> str | None:
    """The blind index of an ID number, the same one as in the register of people; None without a number."""
    return privacy.blind_index(number, "person.id_number") if number else None


def marks(case: HardshipCase, members: Iterable[HouseholdMember]) -> Marks:
    """What the household is known by."""
    numbers = [case.id_index, *(member.id_index for member in members if not member.dropped)]
    return Marks(
        numbers=frozenset(number for number in numbers if number), name=case.name, birth_month=case.birth_month,
        unit_id=case.unit_id, person_id=case.person_id, object_kind=case.object_kind,
    )  # fmt: skip


def check_cases(
    *, by: User, cases: Sequence[HardshipCase], members: Sequence[Sequence[HouseholdMember]]
) -> list[list[Finding]]:
    """Assess each file under today's rules, in place, and return its findings, doubles among them.

    Preview and commit both ask here; the number of queries does not grow with the files.
    """
    book = Rulebook(clock.today())
    asked = [marks(case, people) for case, people in zip(cases, members, strict=True)]
    known = _Known(by, asked)
    found = []
    for place, case in enumerate(cases):
        others = [file for file in known.near(asked[place]) if file.pk != case.pk]
        again = [*doubles(asked[place], others), *among(asked, place)]
        found.append([*again, *assessed(case, book, [one for one in again if one.key == ALIKE])])
    return found


def assessed(case: HardshipCase, book: Rulebook, besides: Sequence[Finding] = ()) -> list[Finding]:
    """Set the computed columns (ASSESSED) of a file and return what its own figures find."""
    computed, standard, findings = assess(case, book)
    case.computed_grade, case.per_head, case.standard = computed.grade, computed.per_head, standard.as_dict()
    entry = book.entry(CAUSES, case.unit, case.main_cause)
    case.cause_label = entry["label"] if entry else case.main_cause
    case.findings = [finding.as_dict() for finding in (*besides, *findings)]
    return findings


def require_single(by: User, case: HardshipCase, members: Sequence[HouseholdMember], key: str = "id_number") -> None:
    """Raise Refused where another living file holds somebody of this household."""
    asked = marks(case, members)
    others = [file for file in _Known(by, [asked]).near(asked) if file.pk != case.pk]
    blocking = [one for one in doubles(asked, others) if one.severity == Severity.BLOCK]
    if blocking:
        raise refuse(blocking[0].message, key=key, row=case)


class _Known:
    """The living files that may be of one of these households, read in a constant number of queries."""

    def __init__(self, by: User, asked: Sequence[Marks]) -> None:
        self._paths = access.scope(by, Can.SEE_HARDSHIP)
        numbers = {number for one in asked for number in one.numbers}
        found: dict[int, HardshipCase] = {}
        for part in _parts(numbers):
            of_member = HouseholdMember.objects.filter(id_index__in=part, dropped=False).values("case")
            found |= self._read(Q(id_index__in=part) | Q(pk__in=of_member))
        for part in _parts({one.person_id for one in asked if one.person_id}):
            found |= self._read(Q(person__in=part))
        for part in _parts({one.name for one in asked}):
            found |= self._read(Q(name__in=part, unit__in={one.unit_id for one in asked}))
        held: dict[int, list[HouseholdMember]] = defaultdict(list)
        for part in _parts(found):
            for member in HouseholdMember.objects.filter(case__in=part).defer("id_number", "health"):
                held[member.case_id].append(member)
        self._files = [self._known(case, held[case.pk]) for case in found.values()]
        self._by_mark: dict[object, list[Known]] = defaultdict(list)
        for file in self._files:
            for mark in _keys(file.marks):
                self._by_mark[mark].append(file)

    @staticmethod
    def _read(condition: Q) -> dict[int, HardshipCase]:
        rows = HardshipCase.objects.living().filter(condition).select_related("unit")
        return {row.pk: row for row in rows.defer("id_number", "address", "phone", "health", "description")}

    def _known(self, case: HardshipCase, members: Sequence[HouseholdMember]) -> Known:
        visible = any(case.unit.path.startswith(path) for path in self._paths)
        return Known(case.pk, str(case), str(case.unit), marks(case, members), visible)

    def near(self, asked: Marks) -> list[Known]:
        """The files that share a mark with a household, in the order they were opened."""
        found = {file.pk: file for mark in _keys(asked) for file in self._by_mark[mark]}
        return [found[pk] for pk in sorted(found)]


def _keys(asked: Marks) -> Iterator[object]:
    yield from asked.numbers
    yield ("person", asked.person_id)
    yield ("name", asked.name, asked.unit_id)


def _parts(values: Iterable) -> Iterator[list]:
    ordered = sorted(values)
    return (ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE))
