"""What a row below the header is: data, or one of the lines that offices write between and below the data."""

import re

from carecore.sheets.grids import Grid
from carecore.sheets.headings import Header, normal
from carecore.sheets.texts import ERROR_VALUE, plain, text

BLANK, TOTAL, SUBTOTAL, SIGNATURE, NOTE = "空行", "合计行", "小计行", "签字行", "说明行"
REPEATED, SAMPLE, TITLE, NUMBERING = "重复表头", "示例行", "标题行", "栏次行"

TOTALS = re.compile(r"(.{0,20}?(合计|小计|总计)|共计|累计)([(:\d].*|人民币.*)?")
SIGNATURES = re.compile(
    r"(单位|部门|工会|党委|党组|党支部|分管|主管|填报)?"
    r"(领导|主席|书记|负责人|责任人|审核人?|复核人?|批准人?|审批人?|经办人?|经手人|证明人|制表人?|填表人?|填报人|录入人|领队|单位)"
    r"(\(?(签字|签名|签章|盖章|公章)\)?)?:.*"
)
NOTES = re.compile(r"(备?注|说明|填表说明|填报说明|要求|提示)\d*:.*|[※*★]+.{4,}")
SAMPLES = re.compile(r"\(?(填写|模板)?(示例|样例|范例|例子|例如|例|样表)\d*\)?(:.*)?")
NAMED_SAMPLE = re.compile(r".+\((示例|样例|范例|例)\)")
SAMPLE_ROWS = re.compile(r"第(\d+)(?:[-—–~至到](\d+))?行[^。;]*?[例样]")
SAMPLE_ROWS_MAX = 20
INDEX_HEADINGS = {"序号", "编号", "no", "no.", "#"}
# A total says so among its first cells; a remark that mentions one stands further right.
LEADING = 4
# A title across the sheet is merged over at least this many columns.
TITLE_WIDTH = 3


class Judge:
    """Says of each row of one sheet, asked from top to bottom, what it is."""

    def __init__(self, grid: Grid, header: Header) -> None:
        self._grid = grid
        self._samples = sample_rows(grid)
        self._titles = {(a.top, a.left) for a in grid.merges if a.right - a.left + 1 >= TITLE_WIDTH}
        self._index = {h.index for h in header.headings if normal(h.parts[-1]) in INDEX_HEADINGS}
        self._names = {h.index: {normal(part) for part in h.parts} for h in header.headings}
        self._closing = False

    def why(self, row: int) -> str:
        """Return why a row (from 0) is no data, '' when it is."""
        cells = {index: cell for index, cell in enumerate(self._grid.rows[row]) if str(cell).strip()}
        if self._empty(cells):
            return BLANK
        if row in self._samples:
            return SAMPLE
        reason = self._repeated(cells) or wording(cells) or self._alone(row, cells)
        self._closing = reason in {SIGNATURE, NOTE}
        return reason

    def _empty(self, cells: dict[int, object]) -> bool:
        """Say whether a row holds nothing but the number, or failed look-ups, that its template came with."""
        return all(
            (index in self._index and plain(cell).isdigit())
            or not text(cell)
            or ERROR_VALUE.fullmatch(str(cell))
            for index, cell in cells.items()
        )

    def _repeated(self, cells: dict[int, object]) -> str:
        """Say whether the cells repeat the header or number its columns."""
        columns = sorted(cells)
        if any(self._is_heading(index, cells[index]) for index in columns[:3]):
            equal = sum(self._is_heading(index, cells[index]) for index in columns)
            if equal >= 2 and equal * 5 >= len(cells) * 4:
                return REPEATED
        numbers = [plain(cells[index]) for index in columns[:3]]
        if numbers == ["1", "2", "3"] and plain(cells[columns[-1]]) == str(len(columns)):
            return NUMBERING
        return ""

    def _is_heading(self, index: int, cell: object) -> bool:
        return isinstance(cell, str) and normal(cell) in self._names.get(index, ())

    def _alone(self, row: int, cells: dict[int, object]) -> str:
        """Say what a single text in a row is: a title across the sheet, or more of the closing notes."""
        (index, cell), *others = cells.items()
        if others or not isinstance(cell, str):
            return ""
        if self._closing:
            return NOTE
        return TITLE if (row, index) in self._titles else ""


def wording(cells: dict[int, object]) -> str:
    """Return what the words of a row say it is: total, signature, note or sample; '' for none of them."""
    leading = [plain(cells[index]) for index in sorted(cells)[:LEADING]]
    if SIGNATURES.fullmatch(leading[0]):
        return SIGNATURE
    if NOTES.fullmatch(leading[0]):
        return NOTE
    if SAMPLES.fullmatch(leading[0]) or any(NAMED_SAMPLE.fullmatch(cell) for cell in leading):
        return SAMPLE
    total = next((cell for cell in leading if TOTALS.fullmatch(cell)), "")
    return (SUBTOTAL if "小计" in total else TOTAL) if total else ""


def sample_rows(grid: Grid) -> set[int]:
    """Return the rows (from 0) that a note calls examples: 第2-4行为模板例子,不得删除."""
    found: set[int] = set()
    for row in grid.rows[:10]:
        for match in SAMPLE_ROWS.finditer("".join(plain(cell) for cell in row if isinstance(cell, str))):
            first = int(match[1])
            found.update(range(first - 1, min(int(match[2] or first), first + SAMPLE_ROWS_MAX)))
    return found
