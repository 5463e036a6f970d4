"""Dues handed up (上缴党费) and the shares of a year's total that are set aside for funds (LYG-8)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from carecore import clock
from carecore.models import Severity, Unit
from carecore.money import CENT, ZERO
from carecore.policy import Finding, Limit, Rulebook, describe
from carecore.workflow import refuse
from funds import ledger
from funds.models import Account, AccountKind, DuesReturn, Fund, Transfer
from funds.rules.funds import SHARE, dues_share

# How a catalogue names the source that dues flow from: by this code, or by the word in its label.
CODE, WORD = "dues", "党费"


@dataclass(frozen=True)
class DuesDraft:
    """Dues that a party organisation handed up for a year, in yuan, as a form or a sheet states it."""

    unit: Unit
    to_unit: Unit
    organisation: str
    year: int
    amount: Decimal
    handed_on: datetime.date
    members: int | None = None
    due: Decimal | None = None
    request_id: UUID | None = None

    @property
    def key(self) -> tuple[int, int, str, int, datetime.date]:
        """What makes two of them the same return."""
        return (self.to_unit.pk, self.unit.pk, self.organisation, self.year, self.handed_on)


def known_returns(drafts: Sequence[DuesDraft]) -> dict[tuple, DuesReturn]:
    """The returns recorded for the units and years of these drafts, by their key; one query."""
    rows = DuesReturn.objects.filter(
        to_unit__in={draft.to_unit for draft in drafts}, year__in={draft.year for draft in drafts}
    )
    return {(row.to_unit_id, row.unit_id, row.organisation, row.year, row.handed_on): row for row in rows}


def dues_findings(drafts: Sequence[DuesDraft]) -> list[list[Finding]]:
    """What stands against each draft by itself, in their order; whether it is known is not asked."""
    seen: set[tuple] = set()
    found = []
    for draft in drafts:
        found.append(list(_findings(draft)))
        if draft.key in seen:
            found[-1].append(_wrong("organisation", f"{draft.organisation}{draft.handed_on}重复出现,请合并为一行"))
        seen.add(draft.key)
    return found


def _findings(draft: DuesDraft) -> Iterator[Finding]:
    if not draft.to_unit.contains(draft.unit):
        yield _wrong("unit", f"{draft.unit}不是{draft.to_unit}的下级,不能向其上缴党费")
    if draft.amount < 0:
        yield _wrong("amount", "上缴金额不得小于零")
    yield from handed_on_findings(draft.handed_on, draft.year)


def handed_on_findings(handed_on: datetime.date, year: int) -> Iterator[Finding]:
    """A day on which the dues of that year cannot have been handed up."""
    if handed_on > clock.today():
        yield _wrong("handed_on", "上缴日期不得晚于今天")
    if handed_on.year < year:
        yield _wrong("handed_on", f"上缴日期{handed_on}早于{year}年度,请核对日期和年度")


def _wrong(key: str, message: str) -> Finding:
    return Finding(key, Severity.BLOCK, message)


def share_of(limit: Limit, total: Decimal) -> Decimal:
    """The ratio in force of a year's total, rounded half up to the fen."""
    return (limit.value * total).quantize(CENT, ROUND_HALF_UP)


def ratios_of(year: int) -> Rulebook:
    """The rules that say what of a year's dues is set aside: of its last day, or of today while it lasts."""
    return Rulebook(min(datetime.date(year, 12, 31), clock.today()), keys=[SHARE])


@dataclass
class Share:
    """What of a year's dues goes to one fund, and how much has been set aside so far, in yuan."""

    fund: Fund
    source: Account
    limit: Limit
    year: int
    aside: Decimal

    def take(self, total: Decimal) -> tuple[Decimal, str]:
        """What is to be set aside once the year's total is this, below zero for a correction; and its base."""
        due, before = share_of(self.limit, total), self.aside
        self.aside = due
        percent = describe(self.limit.key, self.limit.value)
        basis = f"{self.year}年度上缴党费累计{total}元×{percent}={due}元,已提取{before}元,本次{due - before}元"
        return due - before, f"{basis}({self.limit.clause})"


def shares(to_unit: Unit, year: int) -> list[Share]:
    """The shares of a year's dues that the funds of the receiving unit get.

    The ratio is the one in force on the year's last day, or today while it lasts. Raises Refused where a fund
    has no source for dues, or two funds of one kind are open.
    """
    book = ratios_of(year)
    now = Rulebook(clock.today(), keys=[ledger.CATALOGUES[AccountKind.SOURCE]])
    aside = set_aside([to_unit], year)
    found: dict[str, Share] = {}
    funds = Fund.objects.open().filter(unit=to_unit, parent=None).select_related("unit")
    for fund in funds.prefetch_related("accounts"):
        limit = dues_share(book, to_unit, fund.kind)
        if limit is None:
            continue
        if fund.kind in found:
            message = f"{to_unit}有{found[fund.kind].fund}、{fund}两项“{fund.kind}”资金,无法确定党费提取到哪一项,请先结束其一"
            raise refuse(message, key=SHARE, row=fund)
        found[fund.kind] = Share(fund, _source(fund, now), limit, year, aside.get((to_unit.pk, fund.kind), ZERO))
    return list(found.values())


def _source(fund: Fund, book: Rulebook) -> Account:
    """The account of the fund that dues flow from."""
    limit = ledger.allowed(book, fund, AccountKind.SOURCE)
    entries = limit.value if limit else []
    named = sorted(
        (entry for entry in entries if entry["code"] == CODE or WORD in entry["label"]), key=lambda e: e["code"] != CODE
    )
    accounts = {account.code: account for account in fund.accounts.all() if account.kind == AccountKind.SOURCE}
    for entry in named:
        if entry["code"] in accounts:
            return accounts[entry["code"]]
    missing = "请先更新该资金的账户" if named else "请先接续规则,在资金来源中增加“党费划拨”,再更新该资金的账户"
    raise refuse(f"{fund}没有“党费划拨”这一来源,不能提取党费,{missing}", key=SHARE, row=fund)


def set_aside(to_units: Iterable[Unit], year: int) -> dict[tuple[int, str], Decimal]:
    """What has been set aside of a year's dues so far, by receiving unit and kind of fund; one query.

    By kind, so that a successor goes on where a fund ended.
    """
    returns = DuesReturn.objects.filter(to_unit__in=to_units, year=year).values("pk")
    rows = Transfer.objects.filter(
        voucher__document_kind=DuesReturn._meta.label_lower, voucher__document_id__in=returns
    ).values("fund__unit", "fund__kind")
    summed = rows.annotate(
        into=Sum("amount", filter=Q(to_account__kind=AccountKind.FUND)),
        back=Sum("amount", filter=Q(from_account__kind=AccountKind.FUND)),
    ).order_by("fund__unit", "fund__kind")
    return {
        (row["fund__unit"], row["fund__kind"]): (row["into"] or ZERO) - (row["back"] or ZERO) for row in summed
    }  # fmt: skip


def year_totals(drafts: Sequence[DuesDraft] | Sequence[DuesReturn]) -> dict[tuple[int, int], Decimal]:
    """What was handed up so far for the receiving units and years of these rows, by (unit, year); one query."""
    pairs = {(row.to_unit.pk, row.year) for row in drafts}
    rows = DuesReturn.objects.filter(to_unit__in={pk for pk, _ in pairs}, year__in={year for _, year in pairs})
    summed = rows.values("to_unit", "year").order_by("to_unit", "year").annotate(total=Sum("amount"))
    return dict.fromkeys(pairs, ZERO) | {(row["to_unit"], row["year"]): row["total"] for row in summed}


@dataclass(frozen=True)
class YearLine:
    """What a unit received of dues in a year and what of it was set aside for one kind of fund, in yuan."""

    unit: Unit
    total: Decimal
    kind: str
    limit: Limit | None
    aside: Decimal

    @property
    def due(self) -> Decimal:
        return share_of(self.limit, self.total) if self.limit else ZERO

    @property
    def ratio(self) -> str:
        return describe(self.limit.key, self.limit.value) if self.limit else ""

    @property
    def missing(self) -> Decimal:
        return self.due - self.aside


def year_lines(rows: QuerySet[DuesReturn], year: int) -> list[YearLine]:
    """The year of these returns, by receiving unit and by kind of fund; a unit without a share has one line."""
    summed = rows.filter(year=year).order_by("to_unit__path").values_list("to_unit").annotate(total=Sum("amount"))
    totals = dict(summed)
    units = Unit.objects.in_bulk(totals)
    aside, book = set_aside(units.values(), year), ratios_of(year)
    lines = []
    for pk, total in totals.items():
        unit = units[pk]
        shares = {kind: dues_share(book, unit, kind) for kind in book.cases(SHARE, unit)}
        kinds = [kind for kind, limit in shares.items() if limit] + [k for u, k in aside if u == pk and not shares.get(k)]
        lines += [YearLine(unit, total, kind, shares.get(kind), aside.get((pk, kind), ZERO)) for kind in kinds or [""]]
    return lines
