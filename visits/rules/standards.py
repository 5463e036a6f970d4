"""How much money and goods one visit may bring (BZ-22, BZ-23, BZ-27). Pure; amounts are Decimal yuan."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from carecore.models import Severity
from carecore.policy import Finding, Rulebook
from funds.rules.standards import Had
from visits.rules.drafts import VisitDraft

EACH_TIME = "visits.amount_person_time"
YEARLY = "visits.amount_person_year"
RESOLUTION = "visits.resolution"


def standard_of(book: Rulebook, draft: VisitDraft) -> Decimal | None:
    """The most that this visit may bring, as its row keeps it: what blocks by rule, and what the unit resolved."""
    amounts = [draft.standard] if draft.standard is not None else []
    each = book.limit(EACH_TIME, draft.unit, draft.occasion) if draft.receiver else None
    if each is not None and each.severity == Severity.BLOCK:
        amounts.append(each.value)
    return min(amounts, default=None)


def check_goods(draft: VisitDraft) -> Iterator[Finding]:
    """Goods have a name and a value, money and value are no less than nothing (BZ-22)."""
    if draft.money < 0 or draft.goods_value < 0:
        yield _wrong("money", f"{draft.name}的慰问金、慰问品折价不得为负")
    if bool(draft.goods.strip()) != bool(draft.goods_value):
        yield _wrong("goods", f"{draft.name}的慰问品须同时写明名称和折价(BZ-22)")


def check_standards(book: Rulebook, draft: VisitDraft, has_file: bool, had: Had) -> Iterator[Finding]:
    """What the visit exceeds, each time and over the year, and whether the unit has resolved on it."""
    yield from _by_resolution(book, draft, has_file)
    if draft.receiver is None or not draft.total:
        return
    each, yearly = book.limit(EACH_TIME, draft.unit, draft.occasion), book.limit(YEARLY, draft.unit)
    if each is not None and draft.total > each.value:
        over = draft.total - each.value
        message = f"{draft.name}慰问金和慰问品共{draft.total}元,超过每人每次{each.value}元的上限,超出{over}元"
        yield each.finding(message, asked=draft.total)
    year = had.total + draft.total
    if yearly is not None and year > yearly.value:
        known = f"本年度已有{had}," if had.total else ""
        over = year - yearly.value
        message = f"{draft.name}{known}连同本次共{year}元,超过每人每年{yearly.value}元的上限,超出{over}元"
        yield yearly.finding(message, asked=year)


def _by_resolution(book: Rulebook, draft: VisitDraft, has_file: bool) -> Iterator[Finding]:
    """Whoever has no hardship file gets what the party committee of the unit resolved, under its number (BZ-23)."""
    limit = book.limit(RESOLUTION, draft.unit)
    stated = draft.standard is not None and bool(draft.resolution.strip())
    if limit is not None and limit.value and draft.total and not has_file and not stated:
        message = f"{draft.name}没有困难档案,慰问标准由所在单位党委(党组)研究确定,请填写标准和决定文号"
        yield limit.finding(message, asked=draft.total)
    if (draft.standard is not None) != bool(draft.resolution.strip()):
        yield _wrong("resolution", f"{draft.name}:慰问标准和党委(党组)决定文号须同时填写(BZ-23)")
    elif draft.standard is not None and draft.total > draft.standard:
        over = draft.total - draft.standard
        message = f"{draft.name}慰问金和慰问品共{draft.total}元,超过{draft.resolution}确定的{draft.standard}元,超出{over}元(BZ-23)"
        yield _wrong("standard", message)


def _wrong(key: str, message: str) -> Finding:
    return Finding(key, Severity.BLOCK, message)
