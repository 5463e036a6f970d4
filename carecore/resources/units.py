"""The unit directory (单位目录) as a sheet: one row a unit, its parent by code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from carecore import directory
from carecore.access import Can
from carecore.directory import UnitDraft
from carecore.imports.contract import Importer, Outcome
from carecore.imports.register import outcomes
from carecore.imports.rehearsal import rehearse
from carecore.imports.sheet import Cell, Sheet
from carecore.models import QuotaClass, UnitKind
from carecore.sheets import cells
from carecore.sheets.errors import CellError
from carecore.sheets.reader import Line

# What offices write for a kind besides its own name.
KINDS = {
    **{cells.plain(kind): kind for kind in UnitKind},
    "机关": UnitKind.ORGAN, "事业单位": UnitKind.ORGAN, "机关单位": UnitKind.ORGAN,
    "社区": UnitKind.COMMUNITY, "村": UnitKind.COMMUNITY, "村(社区)": UnitKind.COMMUNITY,
    "乡镇": UnitKind.STREET, "乡镇(街道)": UnitKind.STREET, "镇街": UnitKind.STREET,
}  # fmt: skip
CLASSES = {cells.plain(quota_class): quota_class for quota_class in QuotaClass}


def kind(raw: object) -> UnitKind:
    """The kind of unit that a cell names; raises CellError."""
    found = KINDS.get(cells.plain(raw))
    if found is None:
        raise CellError("unit.kind", f"“{cells.text(raw)}”不是单位类别,应为{'、'.join(UnitKind)}之一")
    return found


def quota_class(raw: object) -> QuotaClass:
    """The class of places that a cell names; raises CellError."""
    found = CLASSES.get(cells.plain(raw))
    if found is None:
        raise CellError("unit.quota_class", f"“{cells.text(raw)}”不是名额类别,应为{'或'.join(QuotaClass)}")
    return found


def several(raw: object) -> tuple[str, ...]:
    """Names parted by 、 , ; or a slash."""
    return tuple(part for part in re.split(r"\s*[、,,;;/]\s*", cells.text(raw)) if part)


class UnitSheet(Sheet):
    """单位目录: 上级单位代码 is empty for the root only."""

    code = Cell("单位代码", "单位编码", "机构代码", "代码", required=True)
    name = Cell("单位名称", "单位", "名称", required=True)
    parent = Cell("上级单位代码", "上级代码", "主管单位代码", "上级编码")
    kind = Cell("单位类别", "单位性质", "类别", parse=kind, required=True)
    quota_class = Cell("名额类别", parse=quota_class)
    party_name = Cell("党组织名称", "党组织")
    aliases = Cell("别名", "简称", "曾用名", parse=several)
    division_code = Cell("行政区划代码", "区划代码")
    valid_from = Cell("启用日期", "成立日期", parse=cells.day)


class UnitImport(Importer[UnitDraft]):
    kind, route, label, permission = "units", "unit_import", "单位目录", Can.KEEP_UNITS
    sheet, list_route, list_label = UnitSheet, "unit_list", "单位"

    def prepare(self, values: dict[str, Any], line: Line) -> UnitDraft:
        texts = ("party_name", "division_code", "quota_class")
        return UnitDraft(
            code=values["code"], name=values["name"], kind=values["kind"], parent_code=values["parent"] or "",
            aliases=values["aliases"] or (), valid_from=values["valid_from"],
            **{name: values[name] or "" for name in texts},
        )  # fmt: skip

    def check(self, drafts: Sequence[UnitDraft]) -> list[Outcome]:
        return rehearse(lambda: self.commit(drafts))

    def commit(self, drafts: Sequence[UnitDraft]) -> list[Outcome]:
        return outcomes(directory.add_units(by=self.by, drafts=drafts))
