"""Reads over several tables that checks and pages share; a constant number of queries for any number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from django.db.models import Min

from carecore import access
from carecore.access import Can
from carecore.models import Appraisal, Benefit, ServicePeriod, User
from carecore.money import ZERO
from funds.models import Account, AccountKind, Fund, Reservation, ReservationState
from sanatorium.models import HOLDING, SETTLED, Batch, Nomination, PersonYear, Plan
from sanatorium.rules.funding import kinds_of
from sanatorium.rules.nominations import Usage

CHANNEL = "疗休养"
AT_ONCE = 5000  # primary keys in one query: SQLite takes a bounded number of variables


def usage_of(
    plan: Plan, people: Iterable[int], user: User | None = None, *, besides: int | None = None
) -> dict[int, Usage]:
    """What is on record of these people in the plan's year and before, by primary key.

    `user` decides whether the unit of a running nomination may be named; `besides` leaves one nomination out.
    """
    found: dict[int, Usage] = defaultdict(Usage)
    for pks in in_parts(people):
        _earlier(found, plan, pks)
        _this_year(found, plan, pks, user, besides)
    return found


def in_parts(pks: Iterable[int]) -> Iterator[Sequence[int]]:
    """The primary keys without repeats, in parts that one query can take."""
    keys = sorted(set(pks))
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def _earlier(found: dict[int, Usage], plan: Plan, pks: Sequence[int]) -> None:
    for person, year, grade in Appraisal.objects.filter(person__in=pks).values_list(
        "person", "year", "grade"
    ):
        found[person].grades[year] = grade
    taken = Benefit.objects.of_channel(CHANNEL).filter(person__in=pks)
    for person, given_on, case in taken.values_list("person", "given_on", "case"):
        found[person].stays.add((given_on.year, case))
    served = ServicePeriod.objects.filter(person__in=pks, ends_on=None).values_list("person")
    for person, since in served.annotate(since=Min("starts_on")):
        found[person].in_unit_since = since


def _this_year(
    found: dict[int, Usage], plan: Plan, pks: Sequence[int], user: User | None, besides: int | None
) -> None:
    """A running nomination counts within its plan, places and where they led over all plans of the year."""
    rows = (
        Nomination.objects.filter(plan__year=plan.year, person__in=pks)
        .exclude(pk=besides)
        .select_related("unit", "batch")
    )
    for row in rows:
        usage = found[row.person_id]
        if row.plan_id == plan.pk and row.state not in SETTLED:
            usage.current = str(row.unit)
            usage.current_visible = user is None or access.may(user, Can.SEE, row.unit)
        if row.state in HOLDING:
            case = row.batch.place_case if row.batch else row.wish or "省内"
            usage.cases_used = (*usage.cases_used, case)
    years = PersonYear.objects.filter(plan__year=plan.year, person__in=pks)
    for person, used in years.values_list("person", "places_used"):
        found[person].places_used += used


def fund_for(batch: Batch) -> Fund | None:
    """The open fund that its rule lets pay for a batch: of the plan's unit, else of the nearest unit above (BZ-13)."""
    kinds = kinds_of(batch)
    if not kinds:
        return None
    funds = Fund.objects.serving(batch.plan.unit).filter(kind__in=kinds).select_related("unit")
    return funds.order_by("-unit__path", "pk").first()


def held_by(batch: Batch) -> Decimal:
    """What is held for a batch now, in yuan."""
    rows = Reservation.objects.filter(
        document_kind=batch._meta.label_lower, document_id=batch.pk, state=ReservationState.HELD
    )
    return sum((row.left for row in rows), ZERO)


def free_for(batch: Batch) -> Decimal:
    """What may be held for a batch in its fund: what is available, and what is held for it already; in yuan."""
    if batch.fund is None:
        return ZERO
    own = Account.objects.get(fund=batch.fund, kind=AccountKind.FUND)
    return own.available + held_by(batch)
