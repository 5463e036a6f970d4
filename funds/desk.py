"""What waits for each role about money, and how much of each fund may still be spent."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from carecore import clock
from carecore.models import User
from carecore.money import ZERO
from carecore.registry import Meter
from funds.models import Fund
from funds.queries import accounts_in, figures_of

MOST_METERS = 12


def funds(user: User) -> Iterator[Meter]:
    """What each open fund has spent this year or holds back, out of all it had; the rest is available."""
    shown = list(Fund.objects.visible_to(user).open().with_money().order_by("unit__path", "pk")[:MOST_METERS])
    years = accounts_in(shown, clock.today().year)
    for fund in shown:
        used = max(figures_of(years[fund.pk]).spent, ZERO) + fund.reserved
        if whole := fund.available + used:
            yield Meter(f"{fund}(已用和预留)", used, whole, "元", reverse("fund_detail", args=[fund.pk]))
