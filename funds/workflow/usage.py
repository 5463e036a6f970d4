"""What people were given this year over all channels, what is under way to them, and what they may still be paid."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal

from django.db.models import Sum

from carecore import clock
from carecore.models import Benefit, Person
from carecore.money import ZERO
from carecore.policy import Finding, Rulebook
from carecore.workflow import locked_all
from funds.models import Application, ApplicationLine, LineState, PaymentLine
from funds.rules.standards import Asked, Had, check_standards

UNPAID = (LineState.WAITING, LineState.SENT, LineState.RETURNED)


def had_in_year(people: Collection[int], year: int, *, without: Collection[int] = ()) -> dict[int, Had]:
    """By person: the year's standing benefits of every channel, and what applications are still to pay.

    `without` are the applications that are being judged. Three queries, however many people. What a payment has
    brought is a benefit already, so that of an application being paid only the unpaid lines count as under way.
    """
    given: dict[int, Counter[str]] = defaultdict(Counter)
    sums = Benefit.objects.standing().filter(person__in=people, given_on__year=year, amount__isnull=False)
    for person, channel, amount in sums.values_list("person", "channel").annotate(sum=Sum("amount")).order_by():
        given[person][channel] += amount
    waiting: dict[int, Decimal] = defaultdict(lambda: ZERO)
    unprepared = Application.objects.unprepared().exclude(pk__in=without)
    lines = ApplicationLine.objects.standing().filter(person__in=people, application__in=unprepared)
    for person, amount, decided in lines.values_list("person", "amount", "application__decided"):
        waiting[person] += amount if decided is None else min(amount, decided)
    unpaid = PaymentLine.objects.filter(
        person__in=people, state__in=UNPAID, payment__document_kind=Application._meta.label_lower
    ).exclude(payment__document_id__in=without)
    for person, amount in unpaid.values_list("person", "amount"):
        waiting[person] += amount
    return {person: Had(given[person], waiting[person]) for person in people}


def payable(application: Application, lines: Sequence[Asked]) -> list[Finding]:
    """What the standards say of how a decided amount is shared out at last (BZ-27); locks the people."""
    people = {line.person_id for line in lines if line.person_id}
    locked_all(Person.objects.filter(pk__in=people))
    today = clock.today()
    had = had_in_year(people, today.year, without=[application.pk])
    return [*check_standards(Rulebook(today), application.unit, application.fund.kind, lines, had)]
