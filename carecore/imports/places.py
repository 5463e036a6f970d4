"""Which unit a row belongs to: its own cell, the title over its sheet, or what was given beside the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carecore import access, clock
from carecore.access import Can
from carecore.directory import UnitNames
from carecore.imports.contract import Target
from carecore.imports.sheet import wrong
from carecore.imports.targets import missing
from carecore.models import Unit, User
from carecore.sheets import cells
from carecore.sheets.errors import CellError, UnreadableFile
from carecore.sheets.reader import Line, Reading

UNIT = Target("unit", "单位", "填报单位:市财政局", parse=cells.text, required=False)
TITLES = ("填报单位", "推荐单位", "报送单位", "申报单位", "单位名称", "单位")


class Places:
    """The units of one file, among those for which the user holds a permission."""

    def __init__(self, by: User, permission: Can, into: Mapping[str, Any], reading: Reading) -> None:
        units = Unit.objects.under(access.scope(by, permission)).valid_on(clock.today())
        self._names = UnitNames(units)
        self._found: dict[str, Unit | CellError] = {}
        self._over: dict[str, str] = {}
        for name, table in reading.tables.items():
            self._over[name] = into.get(UNIT.key) or table.title_value(*TITLES)
            if not self._over[name] and all(key != "unit" for _, _, key in table.headings):
                raise missing(UNIT)
        if UNIT.key in into and isinstance(found := self._match(into[UNIT.key]), CellError):
            raise UnreadableFile("target.value", found.message)

    def of(self, written: str | None, line: Line) -> Unit:
        """The unit of a row whose cell says `written`; raises RowRefused."""
        name = written or self._over[line.sheet]
        if not name:
            raise wrong("unit", "unit.required", "单位为空,请填写")
        found = self._match(name)
        if isinstance(found, CellError):
            raise wrong("unit", found.code, found.message)
        return found

    def _match(self, name: str) -> Unit | CellError:
        if name not in self._found:
            match = self._names.match(name)
            likely = "、".join(f"{unit.name}({unit.code})" for unit in match.candidates)
            message = f"没有单位“{name}”,或不在您的管理范围内" + (f",是否为:{likely}" if likely else ",请核对")
            self._found[name] = match.unit or CellError("unit.unknown", message)
        return self._found[name]
