"""Form fields for the value of a rule: plain inputs where its type is plain, lines or JSON where it is not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from carecore.money import MAX_DIGITS
from carecore.rulevalues import EXPECTED, Key, is_by_case, typed

# A code in brackets behind a name: 党费划拨(dues).
CODED = re.compile(r"(.+?)\s*[((]([A-Za-z][\w.-]*)[))]", re.ASCII)
STEP = re.compile(r"(?:(\d[\d,]*(?:\.\d{1,2})?)\s*元?(?:以下|以内)?|其余)\s*[::]?\s*(\S+)")
SPARE = 3  # kinds that a form offers to add beside those a rule names already
SPAN = re.compile(r"(\d{1,4})(?:\s*(?:-|—|–|~|~|至|到)\s*(\d{1,4}))?")


class ValueField(forms.CharField):
    """A text that cleans to the stored value of one type; subclasses say how it is written."""

    def __init__(self, key: Key, **options: Any) -> None:
        options.setdefault("max_length", 100)
        super().__init__(**options)
        self.key = key

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            stored = self.read(text)
            typed(self.key, stored)
        except ValueError as error:
            raise ValidationError(f"应{self.expected()}", code="invalid") from error
        return stored

    def expected(self) -> str:
        return EXPECTED[self.key.type].removeprefix("应")

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else self.write(value)

    def read(self, text: str) -> Any:
        return text

    def write(self, stored: Any) -> str:
        return str(stored)


class SpanField(ValueField):
    """From the least to the most, as one writes it: 5-7."""

    def expected(self) -> str:
        return "写作“5-7”,前小后大" + (",月份为1至12" if self.key.type == "months" else "")

    def read(self, text: str) -> list[int]:
        found = SPAN.fullmatch(text)
        if found is None:
            raise ValueError(text)
        return [int(found[1]), int(found[2] or found[1])]

    def write(self, stored: Any) -> str:
        return f"{stored[0]}-{stored[1]}"


class PercentField(ValueField):
    """A share between 0 and 1, written in percent."""

    def expected(self) -> str:
        return "为0至100的百分数"

    def read(self, text: str) -> float:
        if not re.fullmatch(r"\d{1,3}(\.\d{1,2})?%?", text):
            raise ValueError(text)
        return float(Decimal(text.removesuffix("%")) / 100)

    def write(self, stored: Any) -> str:
        return f"{(Decimal(str(stored)) * 100).normalize():f}"


class LinesField(ValueField):
    """Several names, one a line."""

    def __init__(self, key: Key, **options: Any) -> None:
        stored = options.get("initial") or ()
        rows = max(len(stored) + 1, 3 if stored == () and key.open_cases else 5)
        super().__init__(key, max_length=10_000, widget=forms.Textarea({"rows": rows}), **options)

    def expected(self) -> str:
        return "每行写一项,不重复"

    def read(self, text: str) -> Any:
        return [line.strip() for line in text.splitlines() if line.strip()]

    def write(self, stored: Any) -> str:
        return "\n".join(stored)


class OrderField(LinesField):
    """An order of the things that the key knows: one name a line; stored are their codes."""

    def expected(self) -> str:
        return f"{super().expected()},可选:{'、'.join(label for _, label in self.key.options)}"

    def read(self, text: str) -> Any:
        codes = {name: code for code, label in self.key.options for name in (code, label)}
        names = super().read(text)
        if set(names) - set(codes):
            raise ValueError(text)
        return [codes[name] for name in names]

    def write(self, stored: Any) -> str:
        labels = dict(self.key.options)
        return super().write([labels.get(code, code) for code in stored])


class TableField(LinesField):
    """Numbers by name: one “名称: 整数” a line."""

    def expected(self) -> str:
        return "每行写一项,如“合计: 1000”"

    def read(self, text: str) -> dict[str, int]:
        pairs = [re.split("[::]", line, maxsplit=1) for line in super().read(text)]
        return {name.strip(): int(number) for name, number in pairs}

    def write(self, stored: Any) -> str:
        return "\n".join(f"{name}: {number}" for name, number in stored.items())


class CatalogueField(LinesField):
    """A catalogue: one name a line, its code in brackets behind it, or JSON where an entry carries more."""

    def expected(self) -> str:
        return '每行写一项,代码写在括号里,或写作 JSON:[{"code": "…", "label": "…"}],code 不重复'

    def read(self, text: str) -> Any:
        if text.startswith(("[", "{")):
            return plain_json(text)
        found = [(line, CODED.fullmatch(line)) for line in super().read(text)]
        return [{"code": coded[2], "label": coded[1]} if coded else line for line, coded in found]

    def write(self, stored: Any) -> str:
        lines = [entry if isinstance(entry, str) else _coded(entry) for entry in stored]
        return super().write(lines) if all(lines) else json_text(stored)


def _coded(entry: dict[str, Any]) -> str:
    """An entry as one line that reads back the same; empty where there is none."""
    line = f"{entry['label']}({entry['code']})"
    plain = set(entry) == {"code", "label"} and (found := CODED.fullmatch(line))
    return line if plain and found.groups() == (entry["label"], entry["code"]) else ""


class StepsField(LinesField):
    """Who decides up to which amount, one step a line, the last without an amount."""

    def expected(self) -> str:
        names = [label for _, label in self.key.options]
        return f"每行写一档,由小到大,末行写“其余”,如“500 {names[0]}”、“其余 {names[-1]}”;可选:{'、'.join(names)}"

    def read(self, text: str) -> list[dict[str, Any]]:
        return [self._step(line) for line in super().read(text)]

    def _step(self, line: str) -> dict[str, Any]:
        codes = {name: code for code, label in self.key.options for name in (code, label)}
        found = STEP.fullmatch(line)
        amount, name = found.groups() if found else (None, line)
        if name not in codes:
            raise ValueError(line)
        return {"by": codes[name]} if amount is None else {"up_to": amount.replace(",", ""), "by": codes[name]}

    def write(self, stored: Any) -> str:
        labels = dict(self.key.options)
        steps = [(step.get("up_to"), labels.get(step["by"], step["by"])) for step in stored]
        return super().write([f"{'其余' if amount is None else amount} {name}" for amount, name in steps])


def plain_json(text: str) -> Any:
    """What a JSON text holds; raises ValueError for what no database keeps: NaN, NUL, half a character."""
    try:
        found = json.loads(text, parse_constant=_no_number)
        plain = json.dumps(found, ensure_ascii=False)
    except RecursionError as error:
        raise ValueError(text) from error
    plain.encode()
    if "\\u0000" in plain:
        raise ValueError(text)
    return found


def json_text(value: Any) -> str:
    """A value as JSON that people can read and change."""
    return json.dumps(value, ensure_ascii=False, indent=1 if isinstance(value, list | dict) else None)


def _no_number(name: str) -> Any:
    raise ValueError(name)


class AmountField(forms.DecimalField):
    """An amount in yuan; stored as a text, which keeps its two places."""

    def __init__(self, key: Key, **options: Any) -> None:
        super().__init__(min_value=Decimal("0.01"), max_digits=MAX_DIGITS, decimal_places=2, **options)

    def clean(self, value: Any) -> str | None:
        amount = super().clean(value)
        return None if amount is None else f"{amount:.2f}"


class MultipleField(forms.DecimalField):
    """How many times something; stored as a text, which keeps its places."""

    def __init__(self, key: Key, **options: Any) -> None:
        super().__init__(min_value=Decimal("0.01"), max_value=100, decimal_places=2, **options)

    def clean(self, value: Any) -> str | None:
        times = super().clean(value)
        return None if times is None else f"{times.normalize():f}"


class WholeField(forms.IntegerField):
    def __init__(self, key: Key, **options: Any) -> None:
        super().__init__(min_value=0, max_value=10_000, **options)


class FlagField(forms.TypedChoiceField):
    def __init__(self, key: Key, **options: Any) -> None:
        super().__init__(
            choices=[("True", "是"), ("False", "否")],
            coerce=lambda text: text == "True",
            empty_value=None,
            **options,
        )


_FIELDS: dict[str, Callable[..., forms.Field]] = {
    "amount": AmountField, "whole": WholeField, "range": SpanField, "months": SpanField, "flag": FlagField,
    "catalogue": CatalogueField, "order": OrderField, "ratio": PercentField, "table": TableField,
    "monthday": ValueField, "multiple": MultipleField, "steps": StepsField,
}  # fmt: skip


def value_fields(key: Key, stored: Any = None) -> dict[str, forms.Field]:
    """The fields `value`, and `value_<n>` for each case of the key, with the stored value filled in.

    Where the rules themselves name the cases, `value_<n>_case` asks for the name of each.
    """
    by_case = is_by_case(key, stored)
    unit = f"({key.unit})" if key.unit else ""
    what = key.open_cases or "情形"
    several = bool(key.cases or key.open_cases)
    same = f"各{what.removeprefix('资金')}相同时只填此项" if several else ""
    fields = {
        "value": _field(
            key, label=f"{key.label}{unit}", required=not several, initial=None if by_case else stored,
            help_text="。".join(filter(None, [same, _hint(key)])) if key.open_cases else same or _hint(key),
        )
    }  # fmt: skip
    for number, case in enumerate(key.cases):
        initial = stored.get(case) if by_case else None
        fields[f"value_{number}"] = _field(key, label=f"其中{case}{unit}", required=False, initial=initial)
    return fields | (_open_fields(key, stored if by_case else {}, unit) if key.open_cases else {})


def _open_fields(key: Key, stored: dict[str, Any], unit: str) -> dict[str, forms.Field]:
    """For each case that the rule names, and a few more: its name and its value."""
    fields: dict[str, forms.Field] = {}
    for number, (case, value) in enumerate([*stored.items(), *[("", None)] * SPARE]):
        name = f"{key.open_cases}{number + 1}"
        fields[f"value_{number}_case"] = forms.CharField(
            label=name, max_length=30, required=False, initial=case, help_text="如“生活困难党员帮扶”" if not number else ""
        )
        label = f"{name}的{key.label}{unit}"
        fields[f"value_{number}"] = _field(key, label=label, required=False, initial=value)
    return fields


def _field(key: Key, **options: Any) -> forms.Field:
    if key.type == "text":
        return ValueField(key, max_length=2000, widget=forms.Textarea({"rows": 3}), **options)
    return _FIELDS[key.type](key, **options)


def _hint(key: Key) -> str:
    hints = {
        "range": "写作“5-7”", "months": "写作“5-11”", "catalogue": "每行写一项,需要代码的写在括号里", "order": "每行写一项",
        "table": "每行写一项,如“合计: 1000”", "monthday": "写作“月-日”,如 11-15", "ratio": "百分数,如 50",
        "steps": "每行写一档,由小到大,如“500 组织处审定”,末行写“其余 书记会议研究决定”",
    }  # fmt: skip
    options = f"可选:{'、'.join(label for _, label in key.options)}" if key.options else ""
    return "。".join(filter(None, [hints.get(key.type, ""), options, key.hint]))


def cleaned_value(key: Key, data: dict[str, Any]) -> Any:
    """The stored value that cleaned fields say; raises ValidationError where they say nothing, or both ways."""
    plain = data.get("value")
    named = _named(data) if key.open_cases else [(case, data.get(f"value_{n}")) for n, case in enumerate(key.cases)]
    cases = {case: value for case, value in named if value is not None}
    if plain is not None and cases:
        raise ValidationError({"value": "各种情形相同时只填此项;分情形填写时请留空"})
    if plain is None and not cases:
        raise ValidationError({"value": "请填写取值"})
    return cases or plain


def _named(data: dict[str, Any]) -> list[tuple[str, Any]]:
    """The cases that a form names, with their values; raises ValidationError for one without the other, or twice."""
    found: dict[str, Any] = {}
    number = 0
    while f"value_{number}_case" in data:
        case, value = data[f"value_{number}_case"], data.get(f"value_{number}")
        if case and value is None:
            raise ValidationError({f"value_{number}": f"请填写“{case}”的取值;不再需要的请同时清除名称"})
        if value is not None and not case:
            raise ValidationError({f"value_{number}_case": "请填写类别名称"})
        if case in found:
            raise ValidationError({f"value_{number}_case": f"“{case}”重复,请合并"})
        if case:
            found[case] = value
        number += 1
    return list(found.items())
