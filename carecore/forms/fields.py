"""Form fields that the businesses share: a unit or a person chosen by typing, days, ID numbers.

A unit or a person is never offered as a select over all rows: the field takes a text, resolves it among the
rows its user may know of, and suggests rows while one types (htmx fills the datalist beside the input).
"""

from __future__ import annotations

import datetime
import re
from typing import Any, Generic, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from carecore import clock
from carecore.access import Can, scope, unit_scope
from carecore.models import Person, Unit, User
from carecore.sheets.dates import YEARS
from carecore.sheets.errors import CellError
from carecore.sheets.identity import id_number

R = TypeVar("R", bound=models.Model)
# How many of several matches an error names, and how many a search offers.
NAMED = 5
OFFERED = 20
# The end of a person's text that tells namesakes apart.
PERSON_NUMBER = re.compile(r"#(\d{1,18})$")


def unit_text(unit: Unit) -> str:
    """How a unit is written in its field: 379901 市财政局."""
    return f"{unit.code} {unit.name}"


def person_text(person: Person) -> str:
    """How a person is written in its field: 张三 #12, the number telling namesakes apart."""
    return f"{person.name} #{person.pk}"


class PickInput(forms.TextInput):
    """A text input with suggestions that the server fills in while one types."""

    def __init__(self, route: str) -> None:
        super().__init__({"autocomplete": "off", "maxlength": 150})
        self.route = route

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        options = f"{(attrs or {}).get('id', name)}_options"
        asking = {
            "list": options, "hx-post": reverse(self.route), "hx-params": name, "hx-target": f"#{options}",
            "hx-swap": "innerHTML", "hx-trigger": "input changed delay:250ms", "hx-sync": "this:replace",
        }  # fmt: skip
        shown = super().render(name, value, {**(attrs or {}), **asking}, renderer)
        return format_html('{}<datalist id="{}"></datalist>', shown, options)


class PickField(forms.CharField, Generic[R]):
    """A text that names one row of those `for_user` allows; cleans to the row, None for an empty text."""

    route = ""
    what = ""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 150)
        super().__init__(widget=PickInput(self.route), **kwargs)
        self.rows: models.QuerySet[R] | None = None

    def clean(self, value: Any) -> R | None:
        text = super().clean(value)
        return self.resolve(text) if text else None

    def prepare_value(self, value: Any) -> Any:
        row = self._row(value) if isinstance(value, int) else value
        return self.text_of(row) if isinstance(row, models.Model) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "") != (data or "").strip()

    def resolve(self, text: str) -> R:
        """The one row that the text names; raises ValidationError for none and for several."""
        found = list(self.named(text)[: NAMED + 1])
        if not found:
            raise ValidationError(f"没有找到“{text}”,或不在您的管理范围内,请核对{self.what}", code="unknown")
        if len(found) > 1:
            several = "、".join(self.offer(row) for row in found[:NAMED])
            raise ValidationError(f"“{text}”对应不止一条:{several},请写明其中之一", code="several")
        return found[0]

    def named(self, text: str) -> models.QuerySet[R]:
        raise NotImplementedError

    def text_of(self, row: R) -> str:
        raise NotImplementedError

    def offer(self, row: R) -> str:
        return self.text_of(row)

    def _rows(self) -> models.QuerySet[R]:
        if self.rows is None:
            raise RuntimeError("for_user() was not called on this field")
        return self.rows

    def _row(self, pk: int) -> R | None:
        return self._rows().filter(pk=pk).first()


class UnitField(PickField[Unit]):
    """A unit by its code, its name, its party organisation's name, or code and name as suggested."""

    route, what = "unit_search", "单位代码或名称"

    def for_user(self, user: User, permission: Can | None = None, *, closed: bool = False) -> UnitField:
        """Allow the units of the permission, or all that are known; closed ones only where asked."""
        paths = unit_scope(user) if permission is None else scope(user, permission)
        rows = Unit.objects.under(paths)
        self.rows = rows if closed else rows.valid_on(clock.today())
        return self

    def named(self, text: str) -> models.QuerySet[Unit]:
        by_code = self._rows().filter(code=text.split(maxsplit=1)[0])
        return by_code if by_code.exists() else self._rows().filter(Q(name=text) | Q(party_name=text))

    def text_of(self, row: Unit) -> str:
        return unit_text(row)


class PersonField(PickField[Person]):
    """A person by name, or by name and number as suggested."""

    route, what = "person_search", "姓名"

    def for_user(self, user: User, permission: Can | None = None) -> PersonField:
        """Allow the people of the units in which the user holds the permission, or all known."""
        rows = Person.objects.select_related("unit")
        if permission is None:
            self.rows = rows.known_to(user)
        else:
            self.rows = rows.filter(unit__in=Unit.objects.under(scope(user, permission)))
        return self

    def named(self, text: str) -> models.QuerySet[Person]:
        number = PERSON_NUMBER.search(text)
        return self._rows().filter(pk=int(number[1])) if number else self._rows().filter(name=text)

    def text_of(self, row: Person) -> str:
        return person_text(row)

    def offer(self, row: Person) -> str:
        return f"{person_text(row)}({row.unit})"


class DayField(forms.DateField):
    """A day, picked in the browser's own calendar, in the years that sheets may name too."""

    def __init__(self, **kwargs: Any) -> None:
        bounds = {"min": f"{YEARS[0]}-01-01", "max": f"{YEARS[-1]}-12-31"}
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", **bounds})
        super().__init__(widget=widget, **kwargs)

    def validate(self, value: datetime.date | None) -> None:
        super().validate(value)
        if value is not None and value.year not in YEARS:
            raise ValidationError(f"日期应在{YEARS[0]}年至{YEARS[-1]}年之间,请核对", code="year")


class IdNumberField(forms.CharField):
    """An 18-digit ID number; full-width digits and spaces are put right, everything else is refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}), **kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return id_number(text) if text else ""
        except CellError as error:
            raise ValidationError(error.message, code=error.code) from None


class PhoneField(forms.CharField):
    """A telephone number: digits only, spaces and dashes dropped."""

    def clean(self, value: Any) -> str:
        text = super().clean(value).replace(" ", "").replace("-", "")
        if text and not re.fullmatch(r"\+?\d{5,20}", text):
            raise ValidationError("联系电话只能是数字,请核对", code="phone")
        return text
