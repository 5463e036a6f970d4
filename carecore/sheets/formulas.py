"""What calamine cannot tell of an .xlsx: formulas never calculated, error values, the calendar of dates."""

import io
import posixpath
import re
import zipfile
from collections.abc import Callable
from xml.parsers import expat

from carecore.sheets.grids import column_place

CELL = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
RELATIONSHIP_ID = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"
STRICT_RELATIONSHIP_ID = "http://purl.oclc.org/ooxml/officeDocument/relationships id"

Attributes = dict[str, str]


class Doctype(ValueError):
    """A part declares a document type, which no spreadsheet program writes: entities could hide there."""


def parse(
    part: bytes,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    characters: Callable[[str], None] | None = None,
) -> None:
    """Stream one XML part to handlers that see local names; raises expat.ExpatError or Doctype."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(" ")[2], attributes)
    if end:
        parser.EndElementHandler = lambda name: end(name.rpartition(" ")[2])
    if characters:
        parser.CharacterDataHandler = characters
    parser.Parse(part, True)


def _refuse_doctype(*_declaration: object) -> None:
    raise Doctype


def _canonical(name: str) -> str:
    return name.replace("\\", "/").lower()


class Parts:
    """The parts of an .xlsx archive by what they hold; raises KeyError for a part that is missing."""

    def __init__(self, data: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        # Some writers use capitals or backslashes; calamine does not mind.
        self._names = {_canonical(name): name for name in self._archive.namelist()}
        self.sheets: dict[str, str] = {}
        self.epoch_1904 = False
        self._targets: dict[str, str] = {}
        parse(self._read("xl/_rels/workbook.xml.rels"), self._relationship)
        parse(self._read("xl/workbook.xml"), self._workbook)

    def _read(self, name: str) -> bytes:
        return self._archive.read(self._names[_canonical(name)])

    def _relationship(self, name: str, attributes: Attributes) -> None:
        if name == "Relationship":
            target = posixpath.join("/xl", attributes.get("Target", ""))
            self._targets[attributes.get("Id", "")] = posixpath.normpath(target).lstrip("/")

    def _workbook(self, name: str, attributes: Attributes) -> None:
        if name == "workbookPr":
            self.epoch_1904 = attributes.get("date1904") in {"1", "true"}
        elif name == "sheet":
            number = attributes.get(RELATIONSHIP_ID) or attributes.get(STRICT_RELATIONSHIP_ID, "")
            self.sheets[attributes.get("name", "")] = self._targets.get(number, "")

    def unknown(self, sheet: str) -> dict[tuple[int, int], str]:
        """Return the cells without a value: '' for a formula never calculated, '#N/A' and its like for an error."""
        part = self._read(self.sheets[sheet])
        if b"<f" not in part and b":f" not in part and b't="e"' not in part:
            return {}
        scan = Scan()
        parse(part, scan.start, scan.end, scan.characters)
        return scan.unknown


class Scan:
    """One pass over the cells of a sheet, remembering those without a value; its methods are handlers."""

    def __init__(self) -> None:
        self.unknown: dict[tuple[int, int], str] = {}
        self._row = self._column = -1
        self._kind = self._value = ""
        self._formula = self._inside = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "v":
            self._inside = True
        elif name == "f":
            self._formula = True
        elif name == "c":
            self._kind, self._value, self._formula = attributes.get("t", "n"), "", False
            self._move(attributes.get("r", ""))
        elif name == "row":
            self._row = int(attributes.get("r", self._row + 2)) - 1
            self._column = -1

    def _move(self, reference: str) -> None:
        """Stand on the cell a reference names, or on the next one of the row when it names none."""
        match = CELL.fullmatch(reference)
        if match is None:
            self._column += 1
            return
        self._column, self._row = column_place(match[1]), int(match[2]) - 1

    def end(self, name: str) -> None:
        if name == "v":
            self._inside = False
        elif name == "c":
            # A formula whose result is an empty text has t="str" and is calculated.
            if self._kind == "e":
                self.unknown[self._row, self._column] = self._value or "#N/A"
            elif self._formula and not self._value and self._kind != "str":
                self.unknown[self._row, self._column] = ""

    def characters(self, text: str) -> None:
        if self._inside:
            self._value += text
