"""Working days and festivals, from the dated table in workdays.toml."""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ONE_DAY = timedelta(days=1)
SATURDAY = 5


def _days(first: date, last: date) -> list[date]:
    """Return the days from first to last, both inclusive."""
    return [first + ONE_DAY * offset for offset in range((last - first).days + 1)]


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


_TABLE = _read(Path(__file__).with_suffix(".toml"))
NOTICES: dict[int, str] = {entry["year"]: entry["notice"] for entry in _TABLE["years"]}
_FREE = {
    day
    for entry in _TABLE["years"]
    for holiday in entry["holidays"]
    for day in _days(holiday["first"], holiday["last"])
}
_WORKED = {day for entry in _TABLE["years"] for day in entry["worked"]}
_FESTIVALS = {(name, day.year): day for name, days in _TABLE["festivals"].items() for day in days}


def year_known(year: int) -> bool:
    """Say whether the State Council's notice for a year is in the table; if not, only weekends are free."""
    return year in NOTICES


def is_workday(day: date) -> bool:
    """Say whether a day is worked: a weekday that is no holiday, or a weekend day worked in exchange."""
    return day in _WORKED or (day.weekday() < SATURDAY and day not in _FREE)


def workdays_between(start: date, end: date) -> int:
    """Return how many days from start to end, both inclusive, are worked; 0 when end is before start."""
    return sum(is_workday(day) for day in _days(start, end))


def add_workdays(start: date, count: int) -> date:
    """Return the count-th working day after start, start itself not counted; count 0 gives start."""
    day = start
    while count > 0:
        day += ONE_DAY
        count -= is_workday(day)
    return day


def festival(name: str, year: int) -> date | None:
    """Return the day of 春节, 清明, 端午 or 中秋 in a year, or None beyond the table."""
    return _FESTIVALS.get((name, year))
