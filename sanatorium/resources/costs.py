"""The settlement of a batch (疗休养费用结算明细表) as a sheet (BZ-11, BZ-12)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carecore import privacy
from carecore.access import Can, scope
from carecore.imports.contract import Importer, Outcome, Status, Target
from carecore.imports.sheet import Cell, wrong
from carecore.imports.targets import missing, year
from carecore.models import Severity
from carecore.models.units import within
from carecore.money import ZERO
from carecore.policy import Finding
from carecore.resources.named import NamedSheet
from carecore.sheets import cells
from carecore.sheets.errors import UnreadableFile
from carecore.sheets.reader import Line
from sanatorium.models import COST_KINDS, Batch, BatchState, Cost, Nomination
from sanatorium.rules.money import CostLine
from sanatorium.workflow.settlement import cost_findings, settle

NUMERALS = "0123456789一二三四五六七八九十百〇零两"


def batch_number(raw: object) -> int:
    """The number of a batch: 3, 第3期, 第三期; raises CellError."""
    return cells.whole(re.sub(r"^第|期$", "", cells.plain(raw)))


BATCH = Target("batch", "期次", "第3期", parse=batch_number, pattern=rf"第([{NUMERALS}]+)期")
# The year of the stay, not of the day on which the sheet was filled in.
YEAR = Target(
    "year", "年度", "2026年度", parse=year, required=False,
    pattern=r"(20\d{2})年(?=度|\d{1,2}月\d{1,2}日?[—–~～至-])",
)  # fmt: skip


class CostSheet(NamedSheet):
    """疗休养费用结算明细表: the five kinds of BZ-12; an empty cell is no cost."""

    transport = Cell("交通费", "交通", parse=cells.amount, required=True, needed=False)
    board = Cell("食宿费", "食宿", "住宿餐饮费", parse=cells.amount, required=True, needed=False)
    training = Cell("培训费", "培训", parse=cells.amount, required=True, needed=False)
    medical = Cell("医疗费", "医疗", "体检医疗费", parse=cells.amount, required=True, needed=False)
    insurance = Cell("保险费", "保险", parse=cells.amount, required=True, needed=False)
    total = Cell("合计", "费用合计", "小计", "总计", "金额合计", parse=cells.amount)
    self_paid = Cell("个人自理", "自理费用", "个人承担", "自费", parse=cells.amount)
    note = Cell("备注", "说明", longest=100)


@dataclass(frozen=True)
class CostRow:
    """The cost of one nomination as its row states it; `unsummed` where the row gives no sum of its own."""

    line: CostLine
    unsummed: bool


class CostImport(Importer[CostRow]):
    kind, route, label, permission = "batch_costs", "cost_import", "费用结算明细表", Can.SETTLE
    sheet, list_route, list_label, targets = CostSheet, "batch_list", "批次", (BATCH, YEAR)
    cell_of = {
        "nomination": "name", "separation": "name", "sanatorium.cost_person_year": "total",
        "sanatorium.cost_person_day": "total", "sanatorium.cost_person_trip": "total",
        "sanatorium.cash_forbidden": "note",
    }  # fmt: skip

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.batch = self._batch()
        self.has_total = any(key == "total" for t in self.reading.tables.values() for _, _, key in t.headings)
        self.by_index: dict[str, Nomination] = {}
        self.by_name: dict[str, list[Nomination]] = defaultdict(list)
        for row in Nomination.objects.filter(batch=self.batch).select_related("person", "unit"):
            self.by_name[row.person.name].append(row)
            if row.person.id_index:
                self.by_index[row.person.id_index] = row

    def _batch(self) -> Batch:
        """The batch that the file names, of those which the user settles; raises UnreadableFile."""
        mine = within(scope(self.by, self.permission), "plan__unit__path")
        batches = Batch.objects.filter(mine, number=self.into["batch"]).select_related("plan__unit")
        if "year" in self.into:
            batches = batches.filter(plan__year=self.into["year"])
        found = list(batches[:2])
        if len(found) > 1:
            raise missing(YEAR)
        if not found:
            raise UnreadableFile("batch.unknown", f"没有第{self.into['batch']}期,或不由您结算,请核对期次和年度")
        if found[0].state != BatchState.ATTENDED:
            message = f"{found[0]}现为“{found[0].state}”,登记参加情况后、结清前才能导入费用"
            raise UnreadableFile("batch.state", message)
        return found[0]

    def prepare(self, values: dict[str, Any], line: Line) -> CostRow:
        amounts = {name: values[name] or ZERO for name in (*COST_KINDS, "self_paid")}
        stated = values["total"]
        return CostRow(
            CostLine(
                nomination=self._nomination(values), note=values["note"] or "", stated_total=stated, **amounts
            ),
            unsummed=self.has_total and stated is None,
        )

    def _nomination(self, values: dict[str, Any]) -> Nomination:
        name, number = values["name"], values["id_number"]
        if number:
            row = self.by_index.get(privacy.blind_index(number, "person.id_number"))
            found = [row] if row else []
        else:
            found = self.by_name.get(name, [])
        if not found:
            raise wrong("name", "nomination.unknown", f"{name}不在{self.batch}名单中,请核对姓名和身份证号")
        if len(found) > 1:
            raise wrong("id_number", "nomination.several", f"{self.batch}有{len(found)}位“{name}”,请填写身份证号")
        if found[0].person.name != name:
            raise wrong("name", "person.name", f"该证件号码登记的姓名为“{found[0].person.name}”,表中为“{name}”,请核对")
        return found[0]

    def check(self, drafts: Sequence[CostRow]) -> list[Outcome]:
        rows = Cost.objects.filter(nomination__batch=self.batch)
        costs = {cost.nomination_id: cost for cost in rows}
        found = cost_findings(self.batch, [draft.line for draft in drafts])
        return [
            self._outcome(draft, costs.get(draft.line.nomination.pk), findings)
            for draft, findings in zip(drafts, found, strict=True)
        ]

    def _outcome(self, draft: CostRow, cost: Cost | None, findings: Sequence[Finding]) -> Outcome:
        """A warning needs a written reason, which a sheet does not carry: it is given on the batch's page."""
        if findings:
            return Outcome(Status.REJECTED, findings)
        if draft.line.nomination.person_id == self.by.person_id:
            message = f"{draft.line.nomination}是您本人,请由他人登记"
            return Outcome(Status.REJECTED, (Finding("separation", Severity.BLOCK, message),))
        if draft.line.same_as(cost):
            return Outcome(Status.UNCHANGED, _unsummed(draft))
        return Outcome(Status.CHANGED if cost else Status.NEW, _unsummed(draft))

    def commit(self, drafts: Sequence[CostRow]) -> list[Outcome]:
        outcomes = self.check(drafts)
        lines = [
            draft.line for draft, outcome in zip(drafts, outcomes, strict=True)
            if outcome.status in {Status.NEW, Status.CHANGED}
        ]  # fmt: skip
        if lines:
            settle(by=self.by, batch=self.batch, lines=lines)
        return outcomes


def _unsummed(draft: CostRow) -> tuple[Finding, ...]:
    if not draft.unsummed:
        return ()
    message = "合计未填写或公式没有计算结果,已按五项之和核算"
    return (Finding("total", Severity.WARN, message),)
