"""What people were given this year over all channels, and what is under way to them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from decimal import Decimal

from django.db.models import Sum

from carecore.models import Benefit
from carecore.money import ZERO
from funds.models import Application, ApplicationLine
from funds.rules.standards import Had


def had_in_year(people: Collection[int], year: int, *, without: Collection[int] = ()) -> dict[int, Had]:
    """By person: the year's standing benefits of every channel, and accepted applications not paid yet.

    `without` are the applications that are being judged. Two queries, however many people.
    """
    given: dict[int, Counter[str]] = defaultdict(Counter)
    sums = Benefit.objects.standing().filter(person__in=people, given_on__year=year, amount__isnull=False)
    for person, channel, amount in sums.values_list("person", "channel").annotate(sum=Sum("amount")).order_by():
        given[person][channel] += amount
    waiting: dict[int, Decimal] = defaultdict(lambda: ZERO)
    under_way = Application.objects.under_way().exclude(pk__in=without)
    lines = ApplicationLine.objects.standing().filter(person__in=people, application__in=under_way)
    for person, amount, decided in lines.values_list("person", "amount", "application__decided"):
        waiting[person] += amount if decided is None else min(amount, decided)
    return {person: Had(given[person], waiting[person]) for person in people}
