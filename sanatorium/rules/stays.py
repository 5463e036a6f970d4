"""What a stay may be: days, season, venue, places, programme (BZ-6, BZ-7, BZ-8, BZ-10, BZ-14, BZ-16).

Pure functions over a batch, its programme and the rulebook of one day: form, preview and verb share them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from carecore.models import Severity, Unit
from carecore.policy import Finding, Limit, Rulebook
from sanatorium.models import Batch, ProgrammeKind, Venue, VenueState
from sanatorium.models.batches import CARE_KINDS
from sanatorium.rules.frozen import entry_of, frozen, under, wrong
from sanatorium.rules.money import freeze_costs, tightest

# Looked up once when a batch is opened and kept on it, whatever policy says later.
AT_OPENING = (
    "sanatorium.days", "sanatorium.months", "sanatorium.union_venue", "sanatorium.out_of_province",
    "sanatorium.deadline", "sanatorium.sightseeing_share", "sanatorium.cash_forbidden",
    "sanatorium.cash_words", "sanatorium.care_share",
    "sanatorium.self_pay", "sanatorium.group_size", "sanatorium.annual_leave", "sanatorium.cost_kinds",
    "sanatorium.fund_source",
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One half-day of a programme as a form proposes it; `day` counts from 1."""

    day: int
    half: str
    kind: str
    content: str
    place: str = ""


def limit_at(book: Rulebook, key: str, unit: Unit, *cases: str) -> Limit | None:
    """The limit under the first of these cases that a rule speaks of: 本市 before 省内."""
    return next((limit for case in cases if (limit := book.limit(key, unit, case)) is not None), None)


def limits_of(batch: Batch, book: Rulebook) -> dict[str, Limit]:
    """The limits that govern this stay, by key; a key without a rule is absent."""
    unit, venue = batch.plan.unit, batch.venue
    found = {key: limit_at(book, key, unit, venue.place_case, venue.province_case) for key in AT_OPENING}
    return {key: limit for key, limit in found.items() if limit is not None}


def freeze(batch: Batch, book: Rulebook) -> dict[str, Limit]:
    """Write onto the batch the limits that it is opened under, and return them by key.

    What blocks also goes into the columns that the table's CHECKs hold; days are inclusive.
    """
    limits = limits_of(batch, book)
    batch.place_case, batch.province_case = batch.venue.place_case, batch.venue.province_case
    batch.days = (batch.ends_on - batch.starts_on).days + 1
    days = limits.get("sanatorium.days")
    enforced = days is not None and days.severity == Severity.BLOCK
    batch.days_min, batch.days_max = days.value if enforced else (None, None)
    batch.self_pay = "sanatorium.self_pay" in limits and limits["sanatorium.self_pay"].value
    costs = freeze_costs(batch, book)
    batch.cost_cap = tightest(costs, batch.province_case)
    batch.limits = [frozen(limit) for limit in limits.values()] + costs
    return limits


def check_stay(batch: Batch, limits: dict[str, Limit]) -> list[Finding]:
    """Everything found about the days, the season, the venue and the seats of a batch."""
    if batch.ends_on < batch.starts_on:
        return [wrong("ends_on", "结束日期不得早于开始日期")]
    return [
        *_inputs(batch),
        *_days(batch, limits),
        *_season(batch, limits),
        *check_venue(batch.venue, limits),
    ]


def _inputs(batch: Batch) -> Iterator[Finding]:
    year = batch.plan.year
    if batch.starts_on.year != year or batch.ends_on.year != year:
        yield wrong("starts_on", f"起止日期须在{year}年内")
    if batch.capacity < 1:
        yield wrong("capacity", "人数上限至少为1人")
    if batch.capacity > batch.venue.capacity:
        most = f"{batch.venue}接待能力为{batch.venue.capacity}人"
        yield wrong("capacity", f"{most},本期人数上限{batch.capacity}人,请减少人数或另选疗休养院")
    if batch.capacity < batch.seats:
        yield wrong("capacity", f"本期已安排{batch.seats}人,人数上限不能少于已安排人数")


def _days(batch: Batch, limits: dict[str, Limit]) -> Iterator[Finding]:
    limit = limits.get("sanatorium.days")
    if limit is not None and not limit.value[0] <= batch.days <= limit.value[1]:
        low, high = limit.value
        span = f"{_day(batch.starts_on)}至{_day(batch.ends_on)}"
        yield limit.finding(
            f"{span}首尾相加共{batch.days}天,每期应为{low}至{high}天", asked=f"{batch.days}天"
        )


def _season(batch: Batch, limits: dict[str, Limit]) -> Iterator[Finding]:
    months = limits.get("sanatorium.months")
    if months is not None:
        low, high = months.value
        if not (low <= batch.starts_on.month and batch.ends_on.month <= high):
            asked = f"{_day(batch.starts_on)}至{_day(batch.ends_on)}"
            yield months.finding(f"{asked}不在{low}月至{high}月之内", asked=asked)
    deadline = limits.get("sanatorium.deadline")
    if deadline is not None:
        last = datetime.date(batch.plan.year, *deadline.value)
        if batch.ends_on > last:
            yield deadline.finding(
                f"须在{_day(last)}前完成,本期至{_day(batch.ends_on)}结束", asked=_day(batch.ends_on)
            )


def _day(day: datetime.date) -> str:
    return f"{day.month}月{day.day}日"


def check_venue(venue: Venue, limits: dict[str, Limit]) -> Iterator[Finding]:
    """Only an admitted venue (BZ-16); of the union, and out of the province with a reason (BZ-10)."""
    if venue.state != VenueState.ADMITTED:
        yield wrong("venue", f"{venue}现为“{venue.state}”,只能选择准入的疗休养院(BZ-16)")
    union = limits.get("sanatorium.union_venue")
    if union is not None and union.value and not venue.union_owned:
        yield union.finding(f"{venue}不属于工会系统,应选择工会系统所属的疗休养院(基地)", asked=str(venue))
    outside = limits.get("sanatorium.out_of_province")
    if outside is not None and outside.value and not venue.in_province:
        yield outside.finding(f"{venue}在省外,应优先选择省内疗休养院(基地),选择省外须说明理由", asked="省外")


def check_programme(batch: Batch, items: Sequence[Item], limits: dict[str, Limit]) -> list[Finding]:
    """Everything found about a programme: its days, care first (BZ-6), the share of sightseeing (BZ-14)."""
    return [*_placed(batch, items), *_care_first(items, limits), *_sightseeing(items, limits)]


def _placed(batch: Batch, items: Sequence[Item]) -> Iterator[Finding]:
    taken = set()
    for item in items:
        if not 1 <= item.day <= batch.days:
            yield wrong("programme", f"第{item.day}天超出本期{batch.days}天,请调整活动安排")
        if (item.day, item.half) in taken:
            yield wrong("programme", f"第{item.day}天{item.half}有两项安排,请只保留一项")
        taken.add((item.day, item.half))


def _care_first(items: Sequence[Item], limits: dict[str, Limit]) -> Iterator[Finding]:
    """Rest, treatment and their services make up at least the share that the rule asks for (BZ-6)."""
    limit = limits.get("sanatorium.care_share")
    care = sum(item.kind in CARE_KINDS for item in items)
    if limit is not None and items and Decimal(care) < limit.value * len(items):
        message = f"{len(items)}个时段中休养、疗养等服务占{care}个,不得少于{limit.value:.0%}"
        yield limit.finding(message, asked=f"{care}/{len(items)}")


def _sightseeing(items: Sequence[Item], limits: dict[str, Limit]) -> Iterator[Finding]:
    limit = limits.get("sanatorium.sightseeing_share")
    tours = sum(item.kind == ProgrammeKind.VISIT for item in items)
    if limit is not None and items and Decimal(tours) > limit.value * len(items):
        share = Decimal(tours) / len(items)
        yield limit.finding(
            f"参观游览占{len(items)}个时段中的{tours}个({share:.0%}),不得超过{limit.value:.0%}",
            asked=f"{share:.0%}",
        )


def check_group(batch: Batch) -> list[Finding]:
    """Whether enough people go, under the group size that the batch was opened with."""
    entry = entry_of(batch, "sanatorium.group_size")
    if entry is None or batch.seats >= entry["value"]:
        return []
    message = f"本期已安排{batch.seats}人,每期不少于{entry['value']}人"
    return [under(entry, message, asked=f"{batch.seats}人")]
