"""Text tables: .csv and the like, in the encodings and with the separators that offices use."""

import csv
import io

from carecore.sheets import containers
from carecore.sheets.errors import UnreadableFile
from carecore.sheets.grids import Grid, Limits
from carecore.sheets.workbooks import too_long

SEPARATORS = ",\t;"
SAMPLE_LINES = 30


def load(data: bytes, name: str, limits: Limits) -> Grid:
    """Return the one sheet of a text table; raises UnreadableFile."""
    text = decode(data)
    lines = text.splitlines()[:SAMPLE_LINES]
    separator = max(SEPARATORS, key=lambda candidate: sum(line.count(candidate) for line in lines))
    try:
        rows: list[list[object]] = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        raise containers.damaged() from None
    width = max(map(len, rows), default=0)
    if len(rows) > limits.rows or width > limits.columns:
        raise too_long(name, len(rows), width, limits)
    return Grid(name, rows)


def decode(data: bytes) -> str:
    """Return bytes as text: UTF-8, UTF-16 with its mark, else GB18030; raises UnreadableFile."""
    encodings = ["utf-16"] if data.startswith(containers.UTF16) else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile("file.encoding", f"文字编码无法识别,{containers.SAVE_AS}")
