"""Where a file's rows go: named in its title lines, or given beside the file, or the file is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from carecore.imports.contract import Importer, Target
from carecore.sheets import cells
from carecore.sheets.errors import CellError, UnreadableFile
from carecore.sheets.reader import Reading

YEARS = range(1990, 2101)


def year(raw: object) -> int:
    """A year: 2024, 2024年, 2024年度; raises CellError."""
    found = cells.whole(re.sub(r"年度?$", "", cells.plain(raw)))
    if found not in YEARS:
        raise CellError("year", f"“{cells.text(raw)[:20]}”不是年度,请按2024的样式填写")
    return found


YEAR = Target("year", "年度", "2026年度", parse=year, pattern=r"(20\d{2})年度", required=False)


def find_targets(importer: type[Importer], reading: Reading, given: Mapping[str, str]) -> dict[str, Any]:
    """The targets of a file by key; an optional one that nobody names is absent.

    Raises UnreadableFile: a key that the importer does not know, a value that cannot be read, two values for
    one target, or a required one that is missing.
    """
    known = {target.key: target for target in importer.targets}
    for key in given:
        if key not in known:
            names = "、".join(f"{target.key}({target.name})" for target in importer.targets) or "无"
            raise UnreadableFile("target.unknown", f"{importer.label}没有名为“{key}”的指定项,可指定:{names}")
    found = {key: _one(target, reading, given.get(key, "")) for key, target in known.items()}
    return {key: value for key, value in found.items() if value is not None}


def _one(target: Target, reading: Reading, given: str) -> Any:
    """The value of one target, None where it is optional and nobody names it."""
    titles = [_parsed(target, written) for written in _in_titles(target, reading)]
    values = dict.fromkeys([*titles, *([_parsed(target, given)] if given.strip() else [])])
    if len(values) > 1:
        written = "、".join(str(value) for value in values)
        raise UnreadableFile("target.conflict", f"{target.name}不一致({written}),请核对标题行和指定的{target.name}")
    if not values and target.required:
        raise missing(target)
    return next(iter(values), None)


def missing(target: Target) -> UnreadableFile:
    """The refusal of a file that does not say where it belongs."""
    return UnreadableFile(
        "target.missing",
        f"表中没有写明{target.name},请在标题行写明(如“{target.example}”),或在导入时指定{target.name}({target.key})",
    )


def _in_titles(target: Target, reading: Reading) -> list[str]:
    if not target.pattern:
        return []
    lines = [cells.plain(title) for titles in reading.titles.values() for title in titles]
    return [match[1] for line in lines for match in re.finditer(target.pattern, line)]


def _parsed(target: Target, written: str) -> Any:
    try:
        return target.parse(written)
    except CellError as error:
        raise UnreadableFile("target.value", f"{target.name}“{written}”不能识别:{error.message}") from None
