"""What the shared templates need: amounts, days, masks, icons, form controls, meters and bars."""

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from carecore import privacy
from carecore.money import capital as capital_numerals

register = template.Library()

SPRITE = "vendor/tabler-icons@3.51.0/sprite.svg"
TONES = frozenset({"neutral", "progress", "good", "warn", "bad"})
# From this share in percent on a meter warns that little is left.
NEARLY_FULL = 90

CONTROL_CLASSES: dict[type[forms.Widget], str] = {
    forms.HiddenInput: "",
    forms.CheckboxInput: "form-check-input",
    forms.RadioSelect: "care-choices",
    forms.CheckboxSelectMultiple: "care-choices",
    forms.Select: "form-select",
}


@register.filter
def money(value: Decimal | int | None) -> str:
    """An amount in yuan as 3,000.00; nothing for None or ''."""
    return "" if value in (None, "") else f"{Decimal(value):,.2f}"


@register.filter
def capital(value: Decimal) -> str:
    """An amount in yuan in the capital numerals of vouchers: 叁仟元整."""
    return capital_numerals(value)


@register.filter
def cn_date(value: datetime.date | None) -> str:
    """A day as 2026年5月11日, a moment with its local time 2026年5月11日 09:30; nothing for None."""
    if not value:
        return ""
    moment = isinstance(value, datetime.datetime)
    if moment and timezone.is_aware(value):
        value = timezone.localtime(value)
    day = f"{value.year}年{value.month}月{value.day}日"
    return f"{day} {value:%H:%M}" if moment else day


@register.filter
def masked(number: str | None) -> str:
    """An ID, telephone or card number with its middle hidden; nothing for None."""
    return privacy.mask_id(number) if number else ""


@register.filter
def masked_name(name: str) -> str:
    """A name as it is made public: 张*, 欧**远."""
    return privacy.mask_name(name)


@register.filter
def quantity(value: Decimal | int | None) -> str:
    """A number as offices write it: counts as 1000, amounts in yuan as 3,000.00; nothing for None."""
    if value is None:
        return ""
    return money(value) if isinstance(value, Decimal) else str(value)


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite, hidden from screen readers: the text beside it says what it means."""
    return format_html(
        '<svg class="icon" width="20" height="20" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        static(SPRITE), name,
    )  # fmt: skip


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """A form field's control with its style, tied to its help, limit and error texts by their ids."""
    widget = field.field.widget
    look = next((name for kind, name in CONTROL_CLASSES.items() if isinstance(widget, kind)), "form-control")
    classes = [widget.attrs.get("class", ""), look, "is-invalid" if field.errors else ""]
    attrs = {"class": " ".join(filter(None, classes))}
    described = _described_by(field)
    if described and not field.use_fieldset:
        attrs["aria-describedby"] = described
    return field.as_widget(attrs=attrs)


def _described_by(field: BoundField) -> str:
    limited = getattr(field.field, "limit_hint", "") or getattr(field.field, "clause", "")
    texts = {"helptext": field.help_text, "limit": limited, "error": field.errors}
    return " ".join(f"{field.auto_id}_{name}" for name, text in texts.items() if text)


@register.inclusion_tag("_partials/state.html")
def state(label: object, tone: str = "neutral") -> dict[str, Any]:
    """A status badge; tone is neutral, progress, good, warn or bad, anything else counts as neutral."""
    return {"label": label, "tone": tone if tone in TONES else "neutral"}


@register.inclusion_tag("_partials/meter.html")
def meter(
    value: Decimal | int, maximum: Decimal | int | None, label: str = "", unit: str = ""
) -> dict[str, Any]:
    """How much of a quota or cap is used, as a bar and in words; no maximum means that nothing limits it."""
    share = percent(value, maximum)
    left = None if maximum is None else maximum - value
    return {
        "label": label, "value": value, "maximum": maximum, "unit": unit, "share": share,
        "width": min(share, 100), "left": left, "over": -left if left is not None and left < 0 else None,
        "level": level(value, maximum),
    }  # fmt: skip


def percent(value: Decimal | int, maximum: Decimal | int | None) -> int:
    """Whole percent, rounded down so that only a full quota reads 100; 0 where there is no maximum."""
    return int(value * 100 // maximum) if maximum else 0


def level(value: Decimal | int, maximum: Decimal | int | None) -> str:
    """The colour class of a share: open, near, full or over."""
    if maximum is None:
        return "open"
    if value > maximum:
        return "over"
    if value == maximum:
        return "full"
    return "near" if percent(value, maximum) >= NEARLY_FULL else "open"


@register.inclusion_tag("_partials/bar_chart.html")
def bar_chart(
    rows: Iterable[Mapping[str, Any]], caption: str, unit: str = "", measure: str = "上限", unmeasured: str = "不设"
) -> dict[str, Any]:
    """Bars drawn to one scale inside the table that states their numbers.

    Each row has a label and a value, perhaps a maximum (what the value is measured against, called `measure`;
    `unmeasured` stands where a row has none) and a url. A value below zero has no bar.
    """
    bars = [{"maximum": None, "url": "", **row} for row in rows]
    longest = max((max(bar["value"], bar["maximum"] or 0) for bar in bars), default=0)
    for bar in bars:
        bar["width"] = percent(max(min(bar["value"], longest), 0), longest)
        bar["track"] = percent(bar["maximum"] or 0, longest)
        bar["share"] = percent(bar["value"], bar["maximum"])
        bar["level"] = level(bar["value"], bar["maximum"])
    measured = any(bar["maximum"] for bar in bars)
    names = {"measure": measure, "unmeasured": unmeasured}
    return {"bars": bars, "caption": caption, "unit": unit, "measured": measured, **names}
