"""Forms of batches and their programme; each limit stands beside its field (BZ-6…BZ-8, BZ-10)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Max
from django.forms import BoundField

from carecore.access import Can, scope
from carecore.forms.fields import DayField
from carecore.forms.limits import show
from carecore.models import Unit, User
from carecore.models.units import within
from carecore.money import CENT, MAX_DIGITS
from carecore.policy import Rulebook
from carecore.reasons import MOST
from sanatorium.models import Batch, Plan, PlanState, ProgrammeKind, Venue
from sanatorium.models.batches import HALVES
from sanatorium.rules.stays import Item

REASON = "起止月份、省外地点等提示须说明理由"


class BatchForm(forms.Form):
    """The terms of a batch: number, venue, days (inclusive), capacity."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    plan = forms.ModelChoiceField(Plan.objects.none(), label="年度计划", empty_label=None)
    number = forms.IntegerField(label="期次", min_value=1, max_value=999)
    venue = forms.ModelChoiceField(Venue.objects.none(), label="疗休养院", empty_label="请选择")
    starts_on = DayField(label="开始日期")
    ends_on = DayField(label="结束日期", help_text="首尾两天都计入天数")
    capacity = forms.IntegerField(label="人数上限", min_value=1, max_value=32767)
    leader = forms.CharField(label="带队人", max_length=50, required=False)
    reason = forms.CharField(label="说明理由", max_length=200, required=False, help_text=REASON)

    def __init__(
        self, *args: Any, user: User, book: Rulebook, batch: Batch | None = None, **kwargs: Any
    ) -> None:
        kwargs["initial"] = _initial(batch) if batch else {"request_id": uuid.uuid4()}
        super().__init__(*args, **kwargs)
        venues = Venue.objects.visible_to(user).admitted()
        if batch is not None:
            del self.fields["request_id"], self.fields["plan"]
            venues = venues | Venue.objects.filter(pk=batch.venue_id)
        else:
            paths = scope(user, Can.ARRANGE)
            plans = Plan.objects.filter(within(paths, "unit__path"), state=PlanState.PUBLISHED)
            self.fields["plan"].queryset = plans.select_related("unit")
            held = Batch.objects.filter(plan=plans.first()).aggregate(last=Max("number"))["last"]
            self.initial["number"] = (held or 0) + 1
        self.fields["venue"].queryset = venues
        self.fields["venue"].label_from_instance = _venue_label
        unit = batch.plan.unit if batch else Unit.objects.get(path=scope(user, Can.ARRANGE)[0])
        self._show_limits(book, unit)

    def _show_limits(self, book: Rulebook, unit: Unit) -> None:
        show(self.fields["starts_on"], book, unit, "sanatorium.months", "sanatorium.deadline")
        show(self.fields["ends_on"], book, unit, "sanatorium.days")
        show(self.fields["venue"], book, unit, "sanatorium.union_venue", "sanatorium.out_of_province")
        show(self.fields["capacity"], book, unit, "sanatorium.group_size")


def _venue_label(venue: Venue) -> str:
    return f"{venue.name}({venue.place_case},接待{venue.capacity}人)"


def _initial(batch: Batch) -> dict[str, Any]:
    names = ("number", "venue", "starts_on", "ends_on", "capacity", "leader", "reason")
    return {name: getattr(batch, name) for name in names}


class EstimateForm(forms.Form):
    """What each seat may cost in yuan, asked of whoever approves where no rule caps it (BZ-13)."""

    estimate = forms.DecimalField(
        label="每人预计费用(元)", min_value=CENT, max_digits=MAX_DIGITS, decimal_places=2,
        help_text="没有规定每人费用上限,按此为每个席位预留资金;结清时不得超过",
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip


class AmendEstimateForm(EstimateForm):
    """Another estimate for a batch that was approved, and why."""

    reason = forms.CharField(label="理由", max_length=MOST, widget=forms.Textarea({"rows": 3}))


@dataclass(frozen=True)
class Slot:
    """One half-day of the programme's grid with its three fields."""

    day: int
    half: str
    kind: BoundField
    content: BoundField
    place: BoundField

    @property
    def fields(self) -> list[BoundField]:
        return [self.kind, self.content, self.place]


class ProgrammeForm(forms.Form):
    """The programme as a grid of half-days: a kind and its content, or nothing (BZ-6)."""

    def __init__(self, *args: Any, batch: Batch, items: list[Item], book: Rulebook, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.batch = batch
        held = {(item.day, item.half): item for item in items}
        for name, day, half in self._names():
            self._add_slot(name, f"第{day}天{half}", held.get((day, half)))
        self.fields["reason"] = forms.CharField(
            label="说明理由", max_length=200, required=False, initial=batch.reason,
            help_text="休养、疗养等服务不占多数时须说明理由",
        )  # fmt: skip
        keys = ("sanatorium.care_share", "sanatorium.sightseeing_share")
        show(self.fields["reason"], book, batch.plan.unit, *keys)

    def _names(self) -> Iterator[tuple[str, int, str]]:
        for day in range(1, self.batch.days + 1):
            for number, half in enumerate(HALVES):
                yield f"{day}_{number}", day, half

    def _add_slot(self, name: str, label: str, item: Item | None) -> None:
        self.fields[f"kind_{name}"] = forms.ChoiceField(
            label=f"{label}类型", required=False, choices=[("", "—"), *ProgrammeKind.choices],
            initial=item.kind if item else "", widget=forms.Select({"aria-label": f"{label}类型"}),
        )  # fmt: skip
        for part, text in (("content", "内容"), ("place", "活动点")):
            self.fields[f"{part}_{name}"] = forms.CharField(
                label=f"{label}{text}", required=False, max_length=100, initial=getattr(item, part, ""),
                widget=forms.TextInput({"aria-label": f"{label}{text}"}),
            )  # fmt: skip

    @property
    def slots(self) -> list[Slot]:
        """The grid, for the page."""
        return [
            Slot(day, half, self[f"kind_{name}"], self[f"content_{name}"], self[f"place_{name}"])
            for name, day, half in self._names()
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for name, _, _ in self._names():
            kind, content = data.get(f"kind_{name}"), data.get(f"content_{name}")
            if kind and not content:
                self.add_error(f"content_{name}", "请填写内容")
            elif (content or data.get(f"place_{name}")) and not kind:
                self.add_error(f"kind_{name}", "请选择类型")
        return data

    @property
    def items(self) -> list[Item]:
        """The half-days that are filled in."""
        data = self.cleaned_data
        return [
            Item(day, half, data[f"kind_{name}"], data[f"content_{name}"], data[f"place_{name}"])
            for name, day, half in self._names()
            if data[f"kind_{name}"]
        ]
