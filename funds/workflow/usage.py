"""What people were given this year over all channels, and what is under way to them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from decimal import Decimal

from django.db.models import Sum

from carecore.models import Benefit
from carecore.money import ZERO
from funds.models import Application, ApplicationLine, LineState, PaymentLine
from funds.rules.standards import Had

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
