"""The form of one person's costs: a page holds one for each who came (BZ-12)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from carecore.money import MAX_DIGITS, ZERO
from sanatorium.models import COST_KINDS, Batch, Cost, Nomination
from sanatorium.rules.money import CostLine


def _shown(amount: Decimal | None) -> Decimal | int | None:
    """An amount as short as it can be typed: whole yuan without their .00."""
    return int(amount) if amount is not None and amount == int(amount) else amount


class CostForm(forms.Form):
    """Amounts in yuan by kind of cost; left empty altogether where they are not known yet."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, batch: Batch, row: Nomination, **kwargs: Any) -> None:
        self.row, self.cost = row, getattr(row, "cost", None)
        super().__init__(*args, prefix=f"n{row.pk}", **kwargs)
        self.kinds = [*COST_KINDS, "self_paid"] if batch.self_pay else list(COST_KINDS)
        for kind in self.kinds:
            label = Cost._meta.get_field(kind).verbose_name
            self.fields[kind] = forms.DecimalField(
                label=f"{row.name}的{label}", required=False, min_value=ZERO, max_digits=MAX_DIGITS,
                decimal_places=2, initial=_shown(getattr(self.cost, kind, None)),
                widget=forms.TextInput({
                    "inputmode": "decimal", "autocomplete": "off", "size": 7, "class": "w-auto",
                    "aria-label": f"{row.name}的{label}",
                }),
            )  # fmt: skip
        self.fields["note"] = forms.CharField(
            label=f"{row.name}的备注", required=False, max_length=100, initial=getattr(self.cost, "note", ""),
            widget=forms.TextInput({"size": 6, "class": "w-auto", "aria-label": f"{row.name}的备注"}),
        )  # fmt: skip
        self.initial["version"] = self.cost.version if self.cost else 0

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if self.cost is not None and not self.errors and not self.stated:
            raise forms.ValidationError(f"{self.row.name}已登记费用,如未发生请填0")
        return data

    @property
    def stated(self) -> bool:
        """Whether any amount was filled in."""
        return any(self.cleaned_data.get(kind) is not None for kind in self.kinds)

    @property
    def line(self) -> CostLine:
        """The amounts as the line that `settle` takes; what was left empty is nothing."""
        data = self.cleaned_data
        amounts: dict[str, Decimal] = {kind: data[kind] or ZERO for kind in self.kinds}
        return CostLine(self.row, **amounts, note=data["note"], version=data["version"])

    @property
    def amounts(self) -> list[forms.BoundField]:
        """The fields of the amounts, in the order of the kinds."""
        return [self[kind] for kind in self.kinds]
