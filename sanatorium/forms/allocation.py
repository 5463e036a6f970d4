"""The form that gives units their places: a number for each, and beside it what its level still has (BZ-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from carecore.access import Can
from carecore.forms.fields import UnitField
from carecore.models import Unit, User
from sanatorium.models import ClassQuota, UnitQuota
from sanatorium.workflow.plans import Share

MOST = 1_000_000  # places that a field takes
CLAUSE = "BZ-4"


@dataclass(frozen=True)
class Line:
    """One unit: its places of a class now, how many of them are bound, and what whoever gives more still has."""

    unit: Unit
    share: ClassQuota
    places: int
    bound: int
    giver: str
    free: int

    @property
    def hint(self) -> str:
        """What there is at the level above, and what cannot be taken back."""
        least = f",不少于{self.bound}个(已使用、已下拨)" if self.bound else ""
        return f"{self.giver}尚可分配{self.free}个{least}"


def lines(
    classes: Iterable[ClassQuota], held: Iterable[UnitQuota], others: Iterable[Unit] = ()
) -> list[Line]:
    """A line for each quota in `held` and for each of the other units that holds none yet.

    Whoever gives is the nearest unit above that holds places of the class, or else the class itself (BZ-4).
    """
    shares = {share.pk: share for share in classes}
    quotas = {(row.class_quota_id, row.unit_id): row for row in held}
    found = [_line(quotas, shares[pk], row.unit, row) for (pk, _), row in quotas.items()]
    by_name = {share.quota_class: share for share in shares.values()}
    return found + [
        _line(quotas, by_name[unit.quota_class], unit)
        for unit in others
        if (by_name[unit.quota_class].pk, unit.pk) not in quotas
    ]


def _line(
    quotas: dict[tuple[int, int], UnitQuota], share: ClassQuota, unit: Unit, row: UnitQuota | None = None
) -> Line:
    above = (quotas.get((share.pk, pk)) for pk in reversed(unit.ancestor_pks()[:-1]))
    giver = next(
        (quota for quota in above if quota is not None and (quota.places or quota.passed_down)), None
    )
    places, bound = (row.places, row.used + row.passed_down) if row else (0, 0)
    name, free = (giver.unit.name, giver.free) if giver else (f"“{share.quota_class}”", share.free)
    return Line(unit, share, places, bound, name, free)


class AllocateForm(forms.Form):
    """One number for each line, and one more unit by name; only numbers that differ are asked for."""

    new_unit = UnitField(label="增加单位", required=False, help_text="填单位名称或代码")
    new_places = forms.IntegerField(label="该单位名额", min_value=0, max_value=MOST, required=False)

    def __init__(
        self, *args: Any, user: User, right: Can, lines: Sequence[Line], hint: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {f"places_{line.share.pk}_{line.unit.pk}": line for line in lines}
        extra = {name: self.fields.pop(name) for name in ("new_unit", "new_places")}
        for name, line in self.lines.items():
            self.fields[name] = _places(line)
        self.fields |= extra
        self.fields["new_unit"].for_user(user, right)
        self.fields["new_places"].limit_hint, self.fields["new_places"].clause = hint, CLAUSE

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        unit = data.get("new_unit")
        if unit and data.get("new_places") is None:
            self.add_error("new_places", "请填写该单位的名额")
        if unit is None and data.get("new_places") and "new_unit" not in self.errors:
            self.add_error("new_unit", "请填写要增加的单位")
        if unit and unit in {line.unit for line in self.lines.values()}:
            self.add_error("new_unit", f"{unit}已在上面列出,请在那里填写名额")
        return data

    @property
    def shares(self) -> list[Share]:
        """The shares asked for where they are not as they are already, parents before children."""
        data = self.cleaned_data
        shares = [
            Share(line.unit, line.share.quota_class, data[name])
            for name, line in self.lines.items()
            if data[name] != line.places
        ]
        if unit := data.get("new_unit"):
            shares.append(Share(unit, unit.quota_class, data["new_places"]))
        return sorted(shares, key=lambda share: share.unit.path)


def _places(line: Line) -> forms.IntegerField:
    field = forms.IntegerField(label=line.unit.name, min_value=0, max_value=MOST, initial=line.places)
    field.limit_hint, field.clause = line.hint, CLAUSE
    return field
