"""Shared table columns: each knows how it is shown and as which kind of cell it is exported."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import django_tables2 as tables
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tables2.tables import TableOptions
from django_tables2.utils import Accessor

from carecore.sheets.typed import Kind
from carecore.templatetags import care

# Numbers stand under each other at the right edge.
AT_RIGHT = {"th": {"class": "text-end"}, "td": {"class": "text-end"}}


class Table(tables.Table):
    """The look of every list. A column can be sorted only where it says `orderable=True`."""

    class Meta:
        template_name = "_partials/table.html"
        orderable = False
        attrs = {"class": "table table-vcenter care-table"}
        empty_text = "没有符合条件的记录"
        default = "—"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Keep this Meta in a table that declares none: django-tables2 would forget it."""
        super().__init_subclass__(**kwargs)
        if "Meta" not in vars(cls):
            cls._meta = TableOptions(cls.Meta, cls.__name__)


class NameColumn(tables.Column):
    """A name, wide enough that Chinese does not fall into one character a line."""

    kind = Kind.TEXT
    attrs = {"td": {"class": "care-name"}}


class NumberColumn(tables.Column):
    """A whole number."""

    kind = Kind.NUMBER
    attrs = AT_RIGHT

    def value(self, value: int) -> int:
        return value


class MoneyColumn(NumberColumn):
    """An amount in yuan."""

    kind = Kind.MONEY

    def render(self, value: Decimal) -> str:
        return care.money(value)

    def value(self, value: Decimal) -> Decimal:
        return value


class DateColumn(tables.Column):
    """A day, written 2026-05-11."""

    kind = Kind.DATE
    attrs = {"td": {"class": "text-nowrap"}}

    def render(self, value: datetime.date) -> str:
        return value.isoformat()

    def value(self, value: datetime.date) -> datetime.date:
        return value


class MomentColumn(tables.Column):
    """A moment in the office's time zone, written 2026-05-11 09:30."""

    kind = Kind.MOMENT
    attrs = {"td": {"class": "text-nowrap"}}

    def render(self, value: datetime.datetime) -> str:
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"

    def value(self, value: datetime.datetime) -> datetime.datetime:
        return timezone.localtime(value)


class IdColumn(tables.Column):
    """An ID, telephone or card number: masked on the page and in the export, where it stays text."""

    kind = Kind.ID
    attrs = {"td": {"class": "text-nowrap care-number"}}

    def render(self, value: str) -> str:
        return care.masked(value)


class StateColumn(tables.Column):
    """A state as a badge; `tones` maps the stored value to neutral, progress, good, warn or bad."""

    kind = Kind.TEXT

    def __init__(self, *args: Any, tones: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tones = tones

    def render(self, value: object, record: Model, bound_column: tables.columns.BoundColumn) -> SafeString:
        stored = Accessor(bound_column.accessor).resolve(record)
        return render_to_string("_partials/state.html", care.state(value, self.tones.get(stored, "neutral")))

    def value(self, value: object) -> str:
        return str(value)


class YesNoColumn(tables.Column):
    """是 or 否."""

    kind = Kind.TEXT

    def render(self, value: bool) -> str:
        return "是" if value else "否"


class MeterColumn(tables.Column):
    """What is used of what there is, as a meter; `maximum` names the attribute that says how much there is.

    The export holds the used number alone: give the maximum a column of its own.
    """

    kind = Kind.NUMBER

    def __init__(self, *args: Any, maximum: str, unit: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.maximum = Accessor(maximum)
        self.unit = unit

    def render(self, value: Decimal | int, record: Model) -> SafeString:
        return render_to_string(
            "_partials/meter.html", care.meter(value, self.maximum.resolve(record), unit=self.unit)
        )

    def value(self, value: Decimal | int) -> Decimal | int:
        return value


class SelectColumn(tables.Column):
    """The box that picks a row for a bulk verb; it posts `rows=pk:version` with the form `bulk`."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"th": {"data-select-all": "bulk"}, "td": {"class": "care-pick"}}
        super().__init__("选择", accessor="pk", exclude_from_export=True, attrs=attrs, **kwargs)

    def render(self, record: Model) -> SafeString:
        return format_html(
            '<input class="form-check-input" type="checkbox" name="rows" form="bulk" value="{}:{}" '
            'aria-label="选择 {}">',
            record.pk, record.version, record,
        )  # fmt: skip
