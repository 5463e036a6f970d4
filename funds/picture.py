"""The picture of a fund's year: ribbons from where money came through the fund to where it went, as wide as the money.

Pure geometry for an SVG: whole units of its view box, nothing of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

WIDTH, BAR, TOP = 760, 14, 6
LEFT, MIDDLE, RIGHT = 190, 373, 556  # where the three columns of bars begin
TALL, THIN, ROOM = 180, 2, 38  # all money of a side together; the least of a flow; what two lines of text need


@dataclass(frozen=True)
class Flow:
    """One source or purpose with the money that flowed, above zero, in yuan."""

    label: str
    amount: Decimal
    url: str = ""


@dataclass(frozen=True)
class Strand:
    """A flow as drawn: its bar, its ribbon, where its text stands."""

    flow: Flow
    side: str
    x: int
    y: int
    height: int
    ribbon: str

    @property
    def text_x(self) -> int:
        return self.x - 8 if self.side == "source" else self.x + BAR + 8

    @property
    def text_y(self) -> int:
        return self.y + self.height // 2

    @property
    def amount_y(self) -> int:
        return self.text_y + 16


@dataclass(frozen=True)
class Picture:
    """Everything the template draws."""

    strands: list[Strand] = field(default_factory=list)
    height: int = 0
    fund_y: int = 0
    fund_height: int = 0
    width: int = WIDTH
    bar: int = BAR
    middle: int = MIDDLE


def picture(came: Sequence[Flow], went: Sequence[Flow]) -> Picture | None:
    """Draw what came on the left and what went on the right; None where nothing moved."""
    total = max(sum(flow.amount for flow in side) for side in (came, went))
    if not total:
        return None
    sides = [[max(int(flow.amount * TALL / total), THIN) for flow in side] for side in (came, went)]
    heights = [sum(max(height, ROOM) for height in side) for side in sides]
    thick = max(sum(side) for side in sides)
    height = max(*heights, thick)
    fund_y = TOP + (height - thick) // 2
    strands = []
    for side, flows, thickness, tall in zip(("source", "purpose"), (came, went), sides, heights, strict=True):
        strands += _strands(side, flows, thickness, TOP + (height - tall) // 2, fund_y)
    return Picture(strands, height + 2 * TOP, fund_y, thick)


def _strands(side: str, flows: Sequence[Flow], heights: Sequence[int], y: int, fund_y: int) -> list[Strand]:
    x = LEFT if side == "source" else RIGHT
    strands = []
    for flow, height in zip(flows, heights, strict=True):
        room = max(height, ROOM)
        top = y + (room - height) // 2
        ends = (LEFT + BAR, top, MIDDLE, fund_y) if side == "source" else (MIDDLE + BAR, fund_y, RIGHT, top)
        strands.append(Strand(flow, side, x, top, height, _ribbon(*ends, height)))
        y, fund_y = y + room, fund_y + height
    return strands


def _ribbon(x: int, y: int, to_x: int, to_y: int, height: int) -> str:
    """The path of a ribbon of one height from a point to another, bent softly."""
    bend = (x + to_x) // 2
    there = f"M{x} {y}C{bend} {y} {bend} {to_y} {to_x} {to_y}"
    back = f"V{to_y + height}C{bend} {to_y + height} {bend} {y + height} {x} {y + height}Z"
    return there + back
