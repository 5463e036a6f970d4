"""The allocation of places (名额分配表) as a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from carecore.access import Can
from carecore.imports.contract import Outcome, Status
from carecore.imports.places import Places
from carecore.imports.sheet import Cell, Sheet
from carecore.imports.together import TogetherImport
from carecore.models import Severity
from carecore.policy import Finding
from carecore.resources.named import UNITS
from carecore.resources.units import quota_class
from carecore.sheets import cells
from carecore.sheets.errors import CellError
from carecore.sheets.reader import Line
from sanatorium.models import UnitQuota
from sanatorium.resources.plans import TARGETS, plan_of
from sanatorium.workflow.plans import Share, allocate


class QuotaSheet(Sheet):
    """名额分配表: a class once for many units, 小计 and 合计 below them."""

    quota_class = Cell("类别", "名额类别", "人员类别", parse=quota_class, fill_down=True)
    unit = Cell(*UNITS, required=True)
    places = Cell("名额", "分配名额", "名额数", "名额(人)", "人数", parse=cells.whole, required=True)


class QuotaImport(TogetherImport[Share]):
    kind, route, label, permission = "quotas", "quota_import", "名额分配表", Can.PLAN
    sheet, list_route, list_label, targets = QuotaSheet, "quota_list", "单位名额", TARGETS
    cell_of = {"sanatorium.places": "places", "total": "places"}
    together = "本表名额一并分配"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.plan = plan_of(self.by, self.into)
        self.places = Places(self.by, self.permission, {}, self.reading)

    def prepare(self, values: dict[str, Any], line: Line) -> Share:
        unit = self.places.of(values["unit"], line)
        return Share(unit, values["quota_class"] or unit.quota_class, values["places"])

    def carry_out(self, drafts: Sequence[Share]) -> None:
        """Places are given all together: what one unit gets too much, another lacks."""
        allocate(by=self.by, plan=self.plan, shares=drafts)

    def compared(self, drafts: Sequence[Share]) -> list[Outcome]:
        """Each share against what its unit holds now."""
        held = UnitQuota.objects.filter(class_quota__plan=self.plan).select_related("class_quota")
        places = {(row.unit_id, row.class_quota.quota_class): row.places for row in held}
        seen: set[tuple[int, str]] = set()
        outcomes = []
        for draft in drafts:
            key = (draft.unit.pk, draft.quota_class)
            if key in seen:
                outcomes.append(_rejected(_finding("unit", f"{draft.unit}在表中重复,请合并为一行")))
            elif key in places:
                same = places[key] == draft.places
                outcomes.append(Outcome(Status.UNCHANGED if same else Status.CHANGED))
            else:
                outcomes.append(Outcome(Status.NEW if draft.places else Status.UNCHANGED))
            seen.add(key)
        return outcomes

    def check_totals(self) -> list[tuple[Line, Finding]]:
        """小计 against the rows since the total before it, 合计 against all rows of its sheet."""
        found, start = [], 0
        for total in self.reading.totals:
            part = any("小计" in cells.text(cell) for cell in total.raw)
            rows = [line for line in self.reading.lines if line.sheet == total.sheet and line.row < total.row]
            summed = sum(_places(line) or 0 for line in rows if not part or line.row > start)
            stated, start = _places(total), total.row
            if stated is not None and stated != summed:
                name = "小计" if part else "合计"
                message = f"{name}为{stated}个,与各单位之和{summed}个不符,请核对"
                found.append((total, _finding("total", message, Severity.WARN, str(stated), str(summed))))
        return found


def _places(line: Line) -> int | None:
    try:
        return cells.whole(line.cells.get("places"))
    except CellError:
        return None


def _finding(key: str, message: str, severity: str = Severity.BLOCK, asked: str = "", limit: str = "") -> Finding:
    return Finding(key, severity, message, asked, limit)


def _rejected(*findings: Finding) -> Outcome:
    return Outcome(Status.REJECTED, findings)
