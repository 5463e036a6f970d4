"""Forms of funds: what one is opened as, and what of it may be put right."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q

from carecore import clock
from carecore.access import Can, scope
from carecore.forms.fields import DayField, UnitField
from carecore.models import Document, Rule, Unit, User
from carecore.models.units import within
from carecore.policy import KEYS, Limit, Rulebook, describe
from carecore.rulevalues import named_cases
from funds.ledger import CATALOGUES
from funds.models import Fund
from funds.rules.funds import KIND_KEYS


class FundForm(forms.Form):
    """A fund of a kind that the rules know; with `fund` it is that one put right."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    unit = UnitField(label="单位", help_text="单位名称或代码")
    name = forms.CharField(label="资金名称", max_length=60)
    kind = forms.CharField(label="资金类别", max_length=30)
    document = forms.ModelChoiceField(Document.objects.none(), label="依据文件", empty_label="请选择")
    parent = forms.ModelChoiceField(
        Fund.objects.none(), label="上级资金", required=False, empty_label="没有",
        help_text="接受上级下拨的资金在此选择上级资金",
    )  # fmt: skip
    ends_on = DayField(label="使用期限", required=False, help_text="长期使用的不填")

    def __init__(self, *args: Any, user: User, unit: Unit, fund: Fund | None = None, **kwargs: Any) -> None:
        super().__init__(*args, initial=_initial(unit, fund), **kwargs)
        self.fields["document"].queryset = Document.objects.visible_to(user)
        if fund is not None:
            for name in ("request_id", "unit", "kind", "parent"):
                del self.fields[name]
            return
        paths = scope(user, Can.MANAGE_FUNDS)
        above = {pk for path in paths for pk in path.strip("/").split("/")}
        funds = Fund.objects.open().filter(within(paths, "unit__path") | Q(unit__in=above))
        self.fields["parent"].queryset = funds.select_related("unit")
        self.fields["parent"].label_from_instance = lambda row: f"{row}({row.unit})"
        self.fields["unit"].for_user(user, Can.MANAGE_FUNDS)
        if names := kinds_known(user):
            choices = [("", "请选择"), *((name, name) for name in names)]
            self.fields["kind"] = forms.ChoiceField(label="资金类别", choices=choices)
        self.fields["kind"].rule_keys = KIND_KEYS


def _initial(unit: Unit, fund: Fund | None) -> dict[str, Any]:
    if fund is None:
        return {"request_id": uuid.uuid4(), "unit": unit}
    return {"name": fund.name, "document": fund.document, "ends_on": fund.ends_on}


def kinds_known(user: User) -> list[str]:
    """The kinds of fund that rules in force name for the user's units; the verb says which fit which unit."""
    rules = Rule.objects.visible_to(user).in_force(clock.today()).filter(key__in=CATALOGUES.values())
    return list(dict.fromkeys(case for rule in rules for case in named_cases(KEYS[rule.key], rule.value)))


@dataclass(frozen=True)
class KindLine:
    """What a kind of fund may be fed from and pay for at a unit, its share of the dues, and where that stands."""

    name: str
    words: list[str]
    basis: str


def kind_lines(user: User, unit: Unit) -> list[KindLine]:
    """The kinds of fund that are known, as the rules in force for this unit describe them."""
    book = Rulebook(clock.today(), keys=KIND_KEYS)
    return [_line(kind, [book.limit(key, unit, kind) for key in KIND_KEYS]) for kind in kinds_known(user)]


def _line(kind: str, limits: list[Limit | None]) -> KindLine:
    words = [describe(limit.key, limit.value) if limit else "" for limit in limits]
    clauses: dict[str, list[str]] = {}
    for limit in filter(None, limits):
        clauses.setdefault(str(limit.rule.document or ""), []).append(limit.rule.clause)
    basis = [f"{document}{'、'.join(dict.fromkeys(found))}" for document, found in clauses.items()]
    return KindLine(kind, words, ";".join(basis))
