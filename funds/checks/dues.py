"""Dues (invariant 3): of each year's total just the ratio in force is set aside, rounded half up to the fen (LYG-8)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Max, Sum

from carecore.models import Unit
from carecore.money import CENT, ZERO
from carecore.policy import Rulebook
from carecore.registry import Problem
from funds.models import DuesReturn, Fund, Voucher
from funds.rules.dues import set_aside
from funds.rules.funds import SHARE, dues_share

DUES = "3 党费提取"


def check_dues() -> Iterator[Problem]:
    """What the funds of a unit got of a year's dues, against the rules on the day of the last setting aside."""
    years = DuesReturn.objects.order_by("to_unit", "year").values_list("to_unit", "year")
    units = Unit.objects.in_bulk(DuesReturn.objects.order_by().values_list("to_unit", flat=True).distinct())
    for pk, year, total in years.annotate(total=Sum("amount")):
        day = _last_day(units[pk], year)
        if day is None:
            continue
        book = Rulebook(min(datetime.date(year, 12, 31), day), keys=[SHARE])
        kept = {kind: amount for (_, kind), amount in set_aside([units[pk]], year).items()}
        for kind in sorted({*kept, *_kinds(units[pk], day)}):
            due = _due(book, units[pk], kind, total)
            if kept.get(kind, ZERO) != due:
                message = f"上缴党费累计{total}元,应提取{due}元,实际提取{kept.get(kind, ZERO)}元"
                yield Problem(DUES, f"{units[pk]}{year}年度“{kind}”", message)


def _last_day(unit: Unit, year: int) -> datetime.date | None:
    """When something was last set aside of a year's dues; None while no fund takes a share."""
    returns = DuesReturn.objects.filter(to_unit=unit, year=year).values("pk")
    rows = Voucher.objects.filter(document_kind=DuesReturn._meta.label_lower, document_id__in=returns)
    return rows.aggregate(last=Max("dated"))["last"]


def _kinds(unit: Unit, day: datetime.date) -> list[str]:
    """The kinds of fund that were there to take a share."""
    funds = Fund.objects.open().filter(unit=unit, parent=None, opened_on__lte=day)
    return list(funds.values_list("kind", flat=True))


def _due(book: Rulebook, unit: Unit, kind: str, total: Decimal) -> Decimal:
    limit = dues_share(book, unit, kind)
    return (limit.value * total).quantize(CENT, ROUND_HALF_UP) if limit else ZERO
