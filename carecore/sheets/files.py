"""From bytes to sheets of raw cells, whatever the file is."""

from pathlib import PurePath

from carecore.sheets import containers, delimited, markup, workbooks
from carecore.sheets.grids import Book, Limits


def load(data: bytes, name: str, limits: Limits) -> Book:
    """Return the sheets of a file, the hidden ones without rows; raises UnreadableFile.

    The kind is judged by content: a .xls that is really HTML, tab-separated text or an .xlsx is read as what
    it is. `name` names the sheet of a text table.
    """
    kind = containers.kind(data, limits)
    if kind == "text":
        return Book([delimited.load(data, PurePath(name).stem, limits)])
    if kind == "html":
        return Book(markup.load(data, limits), warnings=["文件实为网页表格,已按表格读取"])
    return workbooks.load(data, kind, limits)
