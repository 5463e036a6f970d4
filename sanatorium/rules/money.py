"""What a stay may cost (BZ-11, BZ-12, BZ-14): caps frozen with the batch, lines checked against them.

Amounts are Decimal yuan. `check_costs` is pure: preview, import and commit share it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from carecore.models import Severity
from carecore.money import ZERO, yuan
from carecore.policy import PROVINCE, Finding, Rulebook
from sanatorium.models import COST_KINDS, Batch, Cost, Nomination, State
from sanatorium.rules.frozen import Entry, blocks, entry_of, frozen, under, wrong

YEARLY = "sanatorium.cost_person_year"
DAILY = "sanatorium.cost_person_day"
EACH_TRIP = "sanatorium.cost_person_trip"
CASH = "sanatorium.cash_forbidden"
CASH_WORDS = "sanatorium.cash_words"
KINDS = "sanatorium.cost_kinds"
# No stay costs this much: a slip of the pen, and the sums of a batch would not fit their column.
TOO_MUCH = Decimal(10_000_000)


@dataclass(frozen=True)
class CostLine:
    """What one person's stay cost, as a page or a sheet states it.

    `stated_total` is the row's own sum where it has one; `version` that of the cost the page showed, 0 for
    none yet, None where nobody looked at it before (an import).
    """

    nomination: Nomination
    transport: Decimal = ZERO
    board: Decimal = ZERO
    training: Decimal = ZERO
    medical: Decimal = ZERO
    insurance: Decimal = ZERO
    self_paid: Decimal = ZERO
    note: str = ""
    stated_total: Decimal | None = None
    version: int | None = None

    @property
    def total(self) -> Decimal:
        """The five kinds together."""
        return sum((getattr(self, kind) for kind in COST_KINDS), ZERO)

    @property
    def borne(self) -> Decimal:
        """What the programme bears: the total less what the person pays."""
        return self.total - self.self_paid

    def same_as(self, cost: Cost | None) -> bool:
        """Whether this line would change nothing."""
        fields = (*COST_KINDS, "self_paid", "note")
        return cost is not None and all(getattr(self, name) == getattr(cost, name) for name in fields)


@dataclass(frozen=True)
class Spent:
    """What a person's year holds besides the line that is checked."""

    in_province: Decimal = ZERO
    out_of_province: Decimal = ZERO


def freeze_costs(batch: Batch, book: Rulebook) -> list[dict[str, Any]]:
    """The cost limits of a stay with their amounts per person; those of the year in both cases."""
    unit, case = batch.plan.unit, batch.province_case
    wanted = [(YEARLY, place, 1) for place in PROVINCE] + [(DAILY, case, batch.days), (EACH_TRIP, case, 1)]
    entries = []
    for key, place, times in wanted:
        limit = book.limit(key, unit, place)
        if limit is not None:
            entries.append(frozen(limit, case=place, amount=str(limit.value * times)))
    return entries


def tightest(entries: Sequence[Entry], case: str) -> Decimal | None:
    """The lowest amount that blocks for a stay in this case; None where nothing does."""
    return min((Decimal(e["amount"]) for e in entries if e["case"] == case and blocks(e)), default=None)


def year_caps(batch: Batch) -> tuple[Decimal | None, Decimal | None]:
    """What a person's year may cost in all (the higher tier) and in the province, where rules block."""
    tiers = {e["case"]: Decimal(e["amount"]) for e in batch.limits if e["rule"] == YEARLY and blocks(e)}
    whole = max(tiers.values()) if len(tiers) == len(PROVINCE) else None
    return whole, tiers.get(PROVINCE[0])


def check_costs(batch: Batch, lines: Sequence[CostLine], spent: Mapping[int, Spent]) -> list[list[Finding]]:
    """What each line would be refused or warned for, in the order of the lines; `spent` is by person."""
    times = Counter(line.nomination.pk for line in lines)
    found = []
    for line in lines:
        findings = [*_belongs(batch, line), *_adds_up(batch, line), *_kinds(batch, line), *_cash(batch, line)]
        if times[line.nomination.pk] > 1:
            findings.append(wrong("nomination", f"{line.nomination}在本次费用中重复"))
        if not findings:
            findings = [*_stay_caps(batch, line)]
            if not any(finding.severity == Severity.BLOCK for finding in findings):
                findings += _year_caps(batch, line, spent.get(line.nomination.person_id, Spent()))
        found.append(findings)
    return found


def _belongs(batch: Batch, line: CostLine) -> Iterator[Finding]:
    row = line.nomination
    if row.batch_id != batch.pk:
        yield wrong("nomination", f"{row}不在{batch}名单中")
    elif row.state != State.ATTENDED:
        yield wrong("nomination", f"{row}现为“{row.state}”,只登记已参加人员的费用")


def _adds_up(batch: Batch, line: CostLine) -> Iterator[Finding]:
    for name in (*COST_KINDS, "self_paid"):
        if getattr(line, name) < 0:
            yield wrong(name, f"{line.nomination}的{_label(name)}不得为负")
    if line.total >= TOO_MUCH:
        yield wrong("total", f"{line.nomination}的合计{line.total}元过大,请核对是否多写了位数")
    if line.stated_total is not None and line.stated_total != line.total:
        message = f"{line.nomination}的合计{yuan(line.stated_total)}元与五项之和{line.total}元不符,请核对"
        yield Finding("total", Severity.BLOCK, message, str(line.stated_total), str(line.total))
    if line.self_paid > max(line.total, ZERO):
        yield wrong("self_paid", f"{line.nomination}的个人自理{line.self_paid}元超过费用合计{line.total}元")
    if line.self_paid > 0 and not batch.self_pay:
        yield wrong("self_paid", f"{batch}的规则没有个人自理的规定,{line.nomination}不能登记个人自理")


def _label(name: str) -> str:
    return str(Cost._meta.get_field(name).verbose_name)


def _kinds(batch: Batch, line: CostLine) -> Iterator[Finding]:
    """Only kinds of cost that the rule lists by their column or their Chinese name."""
    entry = entry_of(batch, KINDS)
    if entry is None:
        return
    listed = {part[name] for part in entry["value"] for name in ("code", "label")}
    for kind in COST_KINDS:
        names = {kind, _label(kind), _label(kind).removesuffix("费")}
        if getattr(line, kind) > 0 and not names & listed:
            message = f"{line.nomination}的{_label(kind)}不在规定的费用项目之内"
            yield under(entry, message, asked=getattr(line, kind))


def _cash(batch: Batch, line: CostLine) -> Iterator[Finding]:
    """Where a rule forbids cash and gifts, no note that speaks of them in the words that the rule lists (BZ-14)."""
    entry, words = entry_of(batch, CASH), entry_of(batch, CASH_WORDS)
    if entry is None or not entry["value"] or words is None:
        return
    word = next((part["label"] for part in words["value"] if part["label"] in line.note), "")
    if word:
        yield under(entry, f"{line.nomination}的备注含“{word}”,禁止发放钱物", asked=line.note)


def _stay_caps(batch: Batch, line: CostLine) -> Iterator[Finding]:
    """The caps per day and per trip on this one stay, only the tightest of those that block."""
    over = [
        entry
        for entry in batch.limits
        if entry["rule"] in (DAILY, EACH_TRIP) and line.borne > Decimal(entry["amount"])
    ]
    blocking = sorted(filter(blocks, over), key=lambda entry: Decimal(entry["amount"]))
    for entry in blocking[:1] or over:
        yield _over(batch, entry, line.borne, f"{line.nomination}{batch.province_case}费用")


def _year_caps(batch: Batch, line: CostLine, spent: Spent) -> Iterator[Finding]:
    """Each tier's own cap on the person's year, and the higher of the two on the whole of it (BZ-11)."""
    tiers = {entry["case"]: entry for entry in batch.limits if entry["rule"] == YEARLY}
    before = spent.in_province if batch.province_case == PROVINCE[0] else spent.out_of_province
    entry = tiers.get(batch.province_case)
    if entry is not None and before + line.borne > Decimal(entry["amount"]):
        what = "全年累计" if before else ""
        yield _over(batch, entry, before + line.borne, f"{line.nomination}{batch.province_case}费用{what}")
        return
    whole = spent.in_province + spent.out_of_province + line.borne
    if len(tiers) == len(PROVINCE):
        higher = max(tiers.values(), key=lambda tier: Decimal(tier["amount"]))
        if whole > Decimal(higher["amount"]):
            yield _over(batch, higher, whole, f"{line.nomination}省内外费用全年累计")


def _over(batch: Batch, entry: Entry, asked: Decimal, what: str) -> Finding:
    cap = Decimal(entry["amount"])
    message = f"{what}{asked}元,上限{cap}元,超出{asked - cap}元"
    if batch.self_pay:
        message += ",超出部分应登记为个人自理"
    limit = f"{entry['limit']},{batch.days}天共{cap}元" if entry["rule"] == DAILY else ""
    return under(entry, message, asked=asked, limit=limit)
