"""The many invented people of a demonstration city of full size: any number of them, the same for the same seed."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator

from carecore import clock
from carecore.demo import SURNAMES, City
from carecore.models import QuotaClass, Unit
from carecore.models.people import PersonStatus
from carecore.people.register import PersonDraft, register_people
from carecore.sheets.identity import check_digit

DISTRICT = "379999"  # belongs to no county
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰春梅海波建国志远文博雨晨思齐子涵嘉宁晓光永健立新"
POSTS = {
    QuotaClass.ORGAN: ("科员", "一级科员", "主任科员", "副科长", "科长", "工程师", "教师", "医师"),
    QuotaClass.FRONTLINE: ("操作工", "班组长", "驾驶员", "技术员", "环卫工", "社区工作者", "销售员"),
}  # fmt: skip
OLDEST, YOUNGEST = datetime.date(1950, 1, 1), datetime.date(2004, 1, 1)
RETIREMENT = 60
AT_ONCE = 2000


def populate(city: City) -> None:
    """Register the city's further people, each unit's by its clerk, some of them retired (DESIGN 10)."""
    chance, taken = random.Random(city.seed), set()  # noqa: S311 - invented people, no secrets
    units = list(Unit.objects.exclude(pk=city.root.pk).order_by("code"))
    weights = [chance.randint(1, 6) for _ in units]
    of_unit = chance.choices(units, weights, k=city.people)
    with clock.at(datetime.date(2026, 6, 19)):
        for unit in units:
            drafts = [_invented(chance, unit, taken) for _ in range(of_unit.count(unit))]
            for part in _parts(drafts):
                register_people(by=city.clerk(unit), drafts=part)


def _parts(drafts: list[PersonDraft]) -> Iterator[list[PersonDraft]]:
    return (drafts[start : start + AT_ONCE] for start in range(0, len(drafts), AT_ONCE))


def _invented(chance: random.Random, unit: Unit, taken: set[str]) -> PersonDraft:
    born_on = OLDEST + datetime.timedelta(days=chance.randrange((YOUNGEST - OLDEST).days))
    working = born_on + datetime.timedelta(days=chance.randint(20, 26) * 365)
    member = chance.random() < 0.35
    joined = working + datetime.timedelta(days=chance.randint(0, 10) * 365)
    frontline = unit.quota_class == QuotaClass.FRONTLINE
    return PersonDraft(
        unit=unit, name=chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, chance.choice((1, 2, 2)))),
        id_number=_number(chance, born_on, taken), post=chance.choice(POSTS[QuotaClass(unit.quota_class)]),
        on_frontline=frontline or None, politics="中共党员" if member else "群众",
        party_joined_on=joined if member and joined < clock.today() else None,
        worked_since=min(working, clock.today()), phone=f"139{chance.randrange(10**8):08d}",
        status=PersonStatus.RETIRED if clock.today().year - born_on.year > RETIREMENT else PersonStatus.IN_POST,
    )  # fmt: skip


def _number(chance: random.Random, born_on: datetime.date, taken: set[str]) -> str:
    """A number of that birthday that nobody has yet."""
    while True:
        body = f"{DISTRICT}{born_on:%Y%m%d}{chance.randrange(1000):03d}"
        if body not in taken and f"{born_on:%m%d}" != "0101":  # the staff's birthday
            taken.add(body)
            return body + check_digit(body)
        born_on += datetime.timedelta(days=1)
