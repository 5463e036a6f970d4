"""What is known of whom visits are to be planned for: households, what they were given, what is under way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.db.models import Q

from carecore import access
from carecore.access import Can
from carecore.models import Benefit, Person, Unit, User
from funds.rules.standards import Had
from funds.workflow.usage import had_in_year
from visits.models import ENDED, HardshipCase, HouseholdMember, Visit, VisitState
from visits.rules.drafts import VisitDraft
from visits.rules.exclusive import Given, Key, period_of

CHANNEL = "走访慰问"

UNDER_WAY = (VisitState.PLANNED, VisitState.APPROVED, VisitState.DONE, VisitState.PAYING)


class Households:
    """Who belongs together: people and the files they head or stand in; three queries, however many."""

    def __init__(self, people: Collection[Person], cases: Collection[HardshipCase]) -> None:
        indexes = [person.id_index for person in people if person.id_index]
        known = Q(pk__in=[case.pk for case in cases]) | Q(person__in=people)
        in_them = HouseholdMember.objects.filter(id_index__in=indexes, dropped=False).values("case")
        rows = HardshipCase.objects.exclude(state__in=ENDED).filter(known | Q(pk__in=in_them))
        self.cases = {row.pk: row for row in rows.only("pk", "person", "state", "name", "version", "unit")}
        self._of: dict[int, set[int]] = defaultdict(set)
        for row in self.cases.values():
            self._of[row.person_id].add(row.pk)
        members: dict[str, set[int]] = defaultdict(set)
        rows = HouseholdMember.objects.filter(case__in=self.cases, dropped=False, id_index__isnull=False)
        for case, index in rows.values_list("case", "id_index"):
            members[index].add(case)
        for pk, index in Person.objects.filter(id_index__in=members).values_list("pk", "id_index"):
            self._of[pk] |= members[index]
        self.people = {*self._of, *(person.pk for person in people), *(case.person_id for case in cases)}

    def has_file(self, person: Person | None) -> bool:
        """Whether somebody stands in a file that has not ended."""
        return person is not None and bool(self._of.get(person.pk))

    def keys(self, person: int | None, case: int | None) -> frozenset[Key]:
        """By what somebody is known: themselves, and every household they belong to."""
        own = self.cases.get(case) if case else None
        people = {person, own.person_id if own else None} - {None}
        cases = set().union(*(self._of.get(pk, set()) for pk in people), {case} - {None})
        return frozenset([*(("person", pk) for pk in people), *(("case", pk) for pk in cases)])


def given_in_year(by: User, year: int, homes: Households, names: Iterable[str]) -> list[Given]:
    """What these households have or are to have this year through any channel, and their namesakes' visits."""
    paths = access.scope(by, Can.SEE)
    rows = Visit.objects.standing().filter(
        Q(person__in=homes.people) | Q(case__in=homes.cases) | Q(case__person__in=homes.people)
        | Q(person__name__in=list(names)), period__startswith=str(year),
    ).select_related("unit", "person", "case")  # fmt: skip
    found = [
        Given(homes.keys(row.receiver_id, row.case_id), CHANNEL, row.occasion, row.period, row.unit.name,
              _within(row.unit, paths), alike(row.person))
        for row in rows
    ]  # fmt: skip
    benefits = Benefit.objects.standing().exclude(channel=CHANNEL)
    for row in benefits.filter(person__in=homes.people, given_on__year=year).select_related("unit"):
        shown, period = _within(row.unit, paths), period_of(row.given_on)
        found.append(Given(homes.keys(row.person_id, None), row.channel, row.occasion, period, row.unit.name, shown))
    return found


def alike(person: Person | None) -> tuple[object, ...] | None:
    """What namesakes share who may be one person; None where the birthday is not known."""
    if person is None or person.born_on is None:
        return None
    return person.name, person.born_on, person.unit_id


def _within(unit: Unit, paths: Sequence[str]) -> bool:
    return any(unit.path.startswith(path) for path in paths)


def had(people: Collection[int], year: int) -> dict[int, Had]:
    """By person: what the year gave over all channels, what applications and visits are under way."""
    sums = had_in_year(people, year)
    rows = Visit.objects.filter(Q(person__in=people) | Q(case__person__in=people), state__in=UNDER_WAY)
    rows = rows.filter(period__startswith=str(year))
    for person, owner, money, goods in rows.values_list("person", "case__person", "money", "goods_value"):
        pk = person or owner
        sums[pk] = sums[pk].plus(money + goods)
    return sums


def drafted(drafts: Sequence[VisitDraft]) -> tuple[list[Person], list[HardshipCase]]:
    """The people and the files that visits are drafted to."""
    people = [draft.receiver for draft in drafts if draft.receiver is not None]
    return people, [draft.target for draft in drafts if isinstance(draft.target, HardshipCase)]


