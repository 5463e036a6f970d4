"""The demonstration's year of money, told by those whose steps they are, on the days on which they were taken."""

from __future__ import annotations

import datetime
from decimal import Decimal

from carecore import clock
from carecore.demo import City
from carecore.models import Document
from carecore.registry import Chapter
from funds.models import Account, AccountKind, Fund
from funds.workflow import funds, income

UNION = "工会经费"


def day(month: int, number: int) -> datetime.date:
    return datetime.date(2026, month, number)


def _open(city: City) -> None:
    """工会经费 under 滨州's policy, and what the city's finance transfers into it (BZ-13)."""
    with clock.at(day(1, 5)):
        document = Document.objects.get(slug="binzhou-2018")
        fund = funds.open_fund(
            by=city.users["jingfei_lead"], unit=city.root, name=UNION, kind=UNION, document=document
        )
    for on, amount, reference in (
        (day(1, 20), "180000", "滨海财拨〔2026〕5号(演示)"), (day(4, 15), "120000", "滨海财拨〔2026〕31号(演示)"),
    ):  # fmt: skip
        with clock.at(on):
            income.receive(
                by=city.users["jingfei"], fund=fund, source=source(fund, "财政拨付"), amount=Decimal(amount),
                received_on=on, payer="市财政局", reference=reference,
            )  # fmt: skip


def source(fund: Fund, label: str) -> Account:
    return Account.objects.get(fund=fund, kind=AccountKind.SOURCE, label=label)


CHAPTERS = (Chapter(day(1, 5), _open),)
