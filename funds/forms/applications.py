"""Forms of applications and of the meetings that decide on them; the rules in force stand beside the fields."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict

from carecore import clock
from carecore.access import Can, scope
from carecore.forms.fields import PERSON_NUMBER, DayField, PersonField, UnitField, unit_text
from carecore.models import Person, Unit, User
from carecore.money import MAX_DIGITS
from carecore.policy import Rulebook
from funds import ledger
from funds.models import Account, AccountKind, Application, Fund
from funds.rules.decisions import DECISIONS
from funds.rules.standards import EACH_TIME, YEARLY
from funds.workflow.applications import ApplicationLineDraft, Outcome

EMPTY_ROWS, MOST_ROWS = 3, 300
ROW_FIELDS = ("payee", "person", "amount", "note")


class LinePersonField(PersonField):
    """A person among those that were looked up for all lines at once."""

    known: Mapping[str, list[Person]] = {}

    def named(self, text: str) -> list[Person]:
        return self.known.get(text, [])


def people_named(rows: Any, texts: Iterable[str]) -> dict[str, list[Person]]:
    """Those of these people whom each text names, by name or by name and number; one query for all."""
    # The character that no database takes is the field's own to refuse.
    wanted = {text: PERSON_NUMBER.search(text) for text in texts if text and "\0" not in text}
    if not wanted:
        return {}
    numbers = {int(found[1]) for found in wanted.values() if found}
    people = list(rows.filter(Q(pk__in=numbers) | Q(name__in=[text for text, found in wanted.items() if not found])))
    return {
        text: [person for person in people if (person.pk == int(found[1]) if found else person.name == text)]
        for text, found in wanted.items()
    }


class LineForm(forms.Form):
    """One payee: somebody on record, or a name; a row left empty is none."""

    payee = forms.CharField(label="收款人", max_length=100, required=False)
    person = LinePersonField(label="对应人员", required=False)
    amount = forms.DecimalField(label="金额", max_digits=MAX_DIGITS, decimal_places=2)
    note = forms.CharField(label="备注", max_length=100, required=False)

    def __init__(self, *args: Any, user: User, known: Mapping[str, list[Person]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = int(self.prefix.rpartition("-")[2]) + 1
        self.fields["person"].for_user(user, Can.APPLY)
        self.fields["person"].known = known
        self.fields["amount"].widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "size": 9})
        for name in ROW_FIELDS:
            self.fields[name].widget.attrs["aria-label"] = f"第{self.number}行{self.fields[name].label}"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("payee") and not data.get("person") and not self.errors.get("person"):
            self.add_error("payee", "请填写收款人或对应人员")
        return data

    @property
    def cells(self) -> list[forms.BoundField]:
        """The fields in the order of the table: whoever is on record needs no name typed."""
        return [self["person"], self["payee"], self["amount"], self["note"]]

    @property
    def draft(self) -> ApplicationLineDraft:
        data = self.cleaned_data
        payee = data["payee"] or data["person"].name
        return ApplicationLineDraft(payee, data["amount"], data["person"], data["note"])


class PayeeRows(forms.BaseFormSet):
    """The payees of an application, row by row; whatever is left empty is left out."""

    def __init__(self, data: QueryDict | None = None, *, user: User, initial: list[dict[str, Any]], rows: int) -> None:
        people = Person.objects.select_related("unit").filter(unit__in=Unit.objects.under(scope(user, Can.APPLY)))
        texts = [text.strip() for name, text in (data or {}).items() if name.endswith("-person")]
        kwargs = {"user": user, "known": people_named(people, texts)}
        super().__init__(data, prefix="lines", initial=initial, form_kwargs=kwargs)
        self.extra = rows

    def initial_form_count(self) -> int:
        """None is there to stay: a row that is emptied is dropped."""
        return 0

    @property
    def drafts(self) -> list[ApplicationLineDraft]:
        return [form.draft for form in self.forms if form.has_changed()]


LineForms = forms.formset_factory(
    LineForm, formset=PayeeRows, max_num=MOST_ROWS, absolute_max=MOST_ROWS + 1, validate_max=True
)


class ApplicationForm(forms.Form):
    """What a unit asks for, of which fund and purpose, for whom (LYG-10)."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    unit = UnitField(label="申请单位", help_text="填写单位代码或名称")
    purpose = forms.ChoiceField(label="资金和用途", help_text="只列出本单位可以申请的资金及其规定的用途")
    subject = forms.CharField(label="事由", max_length=200, widget=forms.Textarea({"rows": 2}))

    def __init__(
        self, data: QueryDict | None = None, *, user: User, row: Application | None = None,
        redrawn: QueryDict | None = None,
    ) -> None:  # fmt: skip
        """`redrawn` is what was typed into a form that asks for one more row: shown again, not judged."""
        super().__init__(data, initial=_typed(redrawn) if redrawn else _initial(row, user))
        self.fields["unit"].for_user(user, Can.APPLY)
        self.purposes = _purposes(user)
        self._offer_purposes()
        if row is not None:
            del self.fields["request_id"], self.fields["unit"]
        # What is posted is the whole: compared with nothing, a row that was emptied is left out.
        lines = _typed_rows(redrawn) if redrawn else _stored_rows(row) if data is None else []
        self.lines = LineForms(data, user=user, initial=lines, rows=len(lines) + (1 if redrawn else EMPTY_ROWS))
        self.limits = _limits({account.fund for account in self.purposes.values()})

    def _offer_purposes(self) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for pk, account in self.purposes.items():
            groups.setdefault(f"{account.fund}({account.fund.unit})", []).append((pk, account.label))
        self.fields["purpose"].choices = [("", "请选择"), *groups.items()]
        self.fields["purpose"].rule_keys = ("fund", "period", "funds.purposes")

    def clean_purpose(self) -> Account:
        return self.purposes[self.cleaned_data["purpose"]]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for form in self.lines.forms:
            for name, errors in form.errors.items():
                for error in errors:
                    self.add_error(None, f"第{form.number}行{form.fields[name].label}:{error}")
        for error in self.lines.non_form_errors():
            self.add_error(None, error)
        return data

    @property
    def facts(self) -> dict[str, Any]:
        """What `draft_application` and `amend_application` take."""
        data = {**self.cleaned_data, "lines": self.lines.drafts}
        return {**data, "fund": data["purpose"].fund}


def _purposes(user: User) -> dict[str, Account]:
    """The purposes of the open funds that serve the user's units, where the rules in force name them."""
    paths = scope(user, Can.APPLY)
    above = {int(pk) for path in paths for pk in path.strip("/").split("/")}
    funds = Fund.objects.open().filter(unit__in=above) | Fund.objects.open().filter(
        unit__in=Unit.objects.under(paths).values("pk")
    )
    accounts = Account.objects.filter(kind=AccountKind.PURPOSE, fund__in=funds).select_related("fund__unit")
    book = Rulebook(clock.today(), keys=ledger.CATALOGUES.values())
    offered = [a for a in accounts.order_by("fund__unit__path", "fund", "pk") if not ledger.outside_catalogue(book, a.fund, a)]
    return {str(account.pk): account for account in offered}


def _limits(funds: set[Fund]) -> list[str]:
    """What the rules say of these funds: who decides up to which amount, and what one person may get."""
    book = Rulebook(clock.today(), keys=(DECISIONS, EACH_TIME, YEARLY))
    said = (
        f"{fund}:{hint}"
        for fund in sorted(funds, key=lambda fund: fund.pk)
        for key in (DECISIONS, EACH_TIME, YEARLY)
        if (hint := book.hint(key, fund.unit, fund.kind))
    )
    return list(dict.fromkeys(said))


def _initial(row: Application | None, user: User) -> dict[str, Any]:
    if row is not None:
        return {"purpose": str(row.purpose_id), "subject": row.subject}
    heads = scope(user, Can.APPLY)
    unit = Unit.objects.filter(path=heads[0]).first() if heads else None
    return {"request_id": uuid.uuid4(), "unit": unit and unit_text(unit)}


def _typed(data: QueryDict) -> dict[str, Any]:
    return {name: data.get(name, "") for name in ("request_id", "unit", "purpose", "subject")}


def _typed_rows(data: QueryDict) -> list[dict[str, Any]]:
    """The rows as they were typed, the empty ones among them."""
    number = data.get("lines-TOTAL_FORMS", "")
    rows = min(int(number), MOST_ROWS - 1) if number.isascii() and number.isdigit() and len(number) < 5 else 0
    return [{name: data.get(f"lines-{place}-{name}", "") for name in ROW_FIELDS} for place in range(rows)]


def _stored_rows(row: Application | None) -> list[dict[str, Any]]:
    if row is None:
        return []
    lines = row.lines.standing().select_related("person").order_by("pk")
    return [{name: getattr(line, name) for name in ROW_FIELDS} for line in lines]


class DecideForm(forms.Form):
    """The amount that one person decides on, and in words why."""

    amount = forms.DecimalField(label="批准金额(元)", max_digits=MAX_DIGITS, decimal_places=2)
    opinion = forms.CharField(label="审批意见", max_length=200, required=False, widget=forms.Textarea({"rows": 2}))

    def __init__(self, *args: Any, row: Application, **kwargs: Any) -> None:
        super().__init__(*args, initial={"amount": row.asked}, auto_id="decide_%s", **kwargs)
        self.fields["amount"].limit_hint = f"不超过申请金额{row.asked}元,低于申请金额的,其余不再预留"


class MeetingForm(forms.Form):
    """A meeting as its minutes tell of it."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    unit = UnitField(label="召开单位", help_text="填写单位代码或名称")
    number = forms.CharField(label="会议号", max_length=40, help_text="如 2026年第5次书记会议")
    held_on = DayField(label="会议日期")
    chair = forms.CharField(label="主持人", max_length=50)
    attendees = forms.CharField(
        label="参会人员", max_length=500, help_text="用顿号分开;收款人应当回避", widget=forms.Textarea({"rows": 2})
    )
    decision = forms.CharField(label="会议决定", max_length=2000, widget=forms.Textarea({"rows": 3}))

    def __init__(self, data: QueryDict | None = None, *, user: User, rows: list[Application], picked: set[int]) -> None:
        heads = scope(user, Can.RECORD_MEETING)
        unit = Unit.objects.filter(path=heads[0]).first()
        initial = {"request_id": uuid.uuid4(), "held_on": clock.today(), "unit": unit and unit_text(unit)}
        super().__init__(data, initial=initial)
        self.fields["unit"].for_user(user, Can.RECORD_MEETING)
        self.outcomes = [OutcomeForm(data, row=row, picked=row.pk in picked) for row in rows]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for form in self.outcomes:
            for errors in form.errors.values():
                for error in errors:
                    self.add_error(None, f"{form.row}:{error}")
        if not any(form.is_bound and form.told for form in self.outcomes):
            self.add_error(None, "请至少对一份申请登记同意或不同意")
        return data

    @property
    def facts(self) -> dict[str, Any]:
        """What `record_meeting` takes."""
        return {**self.cleaned_data, "outcomes": [form.outcome for form in self.outcomes if form.told]}


class OutcomeForm(forms.Form):
    """What a meeting said of one accepted application; nothing where it was not discussed."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    choice = forms.ChoiceField(
        label="会议决定", required=False, choices=[("", "未研究"), ("yes", "同意"), ("no", "不同意")]
    )
    amount = forms.DecimalField(label="批准金额", required=False, max_digits=MAX_DIGITS, decimal_places=2)

    def __init__(self, data: QueryDict | None = None, *, row: Application, picked: bool) -> None:
        initial = {"version": row.version, "amount": row.asked, "choice": "yes" if picked else ""}
        # An application that was accepted since the page was shown has no part in what was posted.
        shown = data is None or f"a{row.pk}-version" in data
        super().__init__(data if shown else None, prefix=f"a{row.pk}", initial=initial)
        self.row = row
        self.fields["amount"].widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "size": 10})
        for name in ("choice", "amount"):
            self.fields[name].widget.attrs["aria-label"] = f"{row}的{self.fields[name].label}"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("choice") == "yes" and data.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", "同意的请填写批准金额")
        return data

    @property
    def told(self) -> bool:
        return self.is_bound and bool(self.cleaned_data.get("choice"))

    @property
    def outcome(self) -> Outcome:
        self.row.version = self.cleaned_data["version"]
        data = self.cleaned_data
        return Outcome(self.row, data["amount"] if data["choice"] == "yes" else None)
