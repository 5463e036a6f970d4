"""Forms of money that comes in: receipts, and dues handed up."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from carecore import clock
from carecore.access import Can, scope
from carecore.forms.fields import DayField, UnitField
from carecore.models import Unit, User
from carecore.models.units import within
from carecore.policy import Rulebook, describe
from funds.forms.registers import amount_field
from funds.ledger import ALWAYS, CATALOGUES, allowed
from funds.models import OPENING, Account, AccountKind, DuesReturn, Fund, FundState
from funds.rules.dues import DuesDraft
from funds.rules.funds import share_words

PERSONS = 10_000_000
CENT = Decimal("0.01")


class SourceField(forms.TypedChoiceField):
    """A source of one of the user's open funds, the funds as groups: whoever picks it has picked its fund too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=self._account, empty_value=None, **kwargs)
        self.accounts: dict[str, Account] = {}

    def for_user(self, user: User, fund: Fund | None = None) -> SourceField:
        """Offer what the rules in force name for the funds in which the user records income, or for this one."""
        mine = within(scope(user, Can.KEEP_FUNDS), "fund__unit__path")
        rows = Account.objects.filter(mine, kind=AccountKind.SOURCE, fund__state=FundState.OPEN)
        rows = rows.filter(fund=fund) if fund is not None else rows
        book = Rulebook(clock.today(), keys=[CATALOGUES[AccountKind.SOURCE]])
        groups: dict[str, list[tuple[str, str]]] = {}
        for row in rows.select_related("fund__unit").order_by("fund__unit__path", "fund", "pk"):
            if self._in_force(row, book):
                self.accounts[str(row.pk)] = row
                groups.setdefault(f"{row.fund}({row.fund.unit})", []).append((str(row.pk), row.label))
        self.choices = [("", "请选择"), *groups.items()]
        return self

    def _in_force(self, row: Account, book: Rulebook) -> bool:
        if row.code in ALWAYS[AccountKind.SOURCE]:
            return row.code == OPENING
        limit = allowed(book, row.fund, AccountKind.SOURCE)
        return limit is not None and row.code in {entry["code"] for entry in limit.value}

    def _account(self, pk: str) -> Account:
        return self.accounts[pk]


class ReceiptForm(forms.Form):
    """Money that came into a fund."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    source = SourceField(label="资金来源")
    amount = amount_field("金额", min_value=CENT)
    received_on = DayField(label="到账日期")
    payer = forms.CharField(label="付款单位(人)", max_length=100, required=False)
    reference = forms.CharField(label="票据(文)号", max_length=60, required=False)
    note = forms.CharField(label="备注", max_length=200, required=False)

    def __init__(self, *args: Any, user: User, fund: Fund | None = None, **kwargs: Any) -> None:
        super().__init__(*args, initial={"request_id": uuid.uuid4(), "received_on": clock.today()}, **kwargs)
        source = self.fields["source"]
        source.for_user(user, fund)
        source.rule_keys = (CATALOGUES[AccountKind.SOURCE],)
        self.fields["received_on"].rule_keys = ("dated", "period")
        if fund is not None:
            book = Rulebook(clock.today(), keys=source.rule_keys)
            limit = allowed(book, fund, AccountKind.SOURCE)
            if limit is not None:
                source.limit_hint, source.clause = f"只能是:{describe(limit.key, limit.value)}", limit.clause


class AmountsForm(forms.Form):
    """What a return of dues says; amounts in yuan."""

    members = forms.IntegerField(label="党员数", min_value=0, max_value=PERSONS, required=False)
    due = amount_field("应缴金额", min_value=0, required=False)
    amount = amount_field("上缴金额", min_value=0)
    handed_on = DayField(label="上缴日期")

    def show_share(self, unit: Unit) -> None:
        """Say beside the amount what of it is set aside."""
        self.fields["amount"].rule_keys = ("funds.dues_share", "balance")
        self.fields["amount"].limit_hint, self.fields["amount"].clause = share_words(unit)


class DuesForm(AmountsForm):
    """Dues that a party organisation handed up for a year."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    unit = UnitField(label="上缴单位", help_text="单位、党组织的名称,或单位代码")
    organisation = forms.CharField(
        label="党组织名称", max_length=100, required=False, help_text="不填时用单位目录中的党组织名称"
    )
    to_unit = UnitField(label="收缴单位")
    year = forms.IntegerField(label="年度", min_value=1990, max_value=2100)

    def __init__(self, *args: Any, user: User, to_unit: Unit, **kwargs: Any) -> None:
        today = clock.today()
        initial = {"request_id": uuid.uuid4(), "to_unit": to_unit, "year": today.year, "handed_on": today}
        super().__init__(*args, initial=initial, **kwargs)
        self.order_fields(["unit", "organisation", "to_unit", "year"])
        for name in ("unit", "to_unit"):
            self.fields[name].for_user(user, Can.KEEP_FUNDS)
        self.show_share(to_unit)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        unit = data.get("unit")
        if unit and not data.get("organisation"):
            data["organisation"] = unit.party_name or unit.name
        return data

    @property
    def draft(self) -> DuesDraft:
        return DuesDraft(**self.cleaned_data)


class CorrectionForm(AmountsForm):
    """A recorded return put right, with the reason."""

    reason = forms.CharField(label="更正理由", max_length=200)

    def __init__(self, *args: Any, dues: DuesReturn, **kwargs: Any) -> None:
        names = ("members", "due", "amount", "handed_on")
        super().__init__(*args, initial={name: getattr(dues, name) for name in names}, **kwargs)
        self.show_share(dues.to_unit)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.has_changed() or self.changed_data == ["reason"]:
            raise ValidationError("没有改动任何内容", code="unchanged")
        return data
