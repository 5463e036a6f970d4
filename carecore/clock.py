"""The one place that knows what day it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.conf import settings
from django.utils import timezone

_fixed: ContextVar[date | None] = ContextVar("fixed_day", default=None)


def today() -> date:
    """Return today's date in the office's time zone, or the day that a demonstration fixes."""
    return _fixed.get() or settings.CARE_TODAY or timezone.localdate()


def now() -> datetime:
    """Return this moment; while a day is fixed, the same time of that day."""
    fixed = _fixed.get() or settings.CARE_TODAY
    moment = timezone.localtime()
    return moment.replace(year=fixed.year, month=fixed.month, day=fixed.day) if fixed else moment


@contextmanager
def at(day: date) -> Iterator[None]:
    """Let a demonstration tell its story on the days on which it happened."""
    token = _fixed.set(day)
    try:
        yield
    finally:
        _fixed.reset(token)
