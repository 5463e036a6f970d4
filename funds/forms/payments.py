"""Forms of payments: payees line by line, what came back, who signed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from carecore import clock
from carecore.forms.exports import FullListForm
from carecore.forms.fields import DayField
from carecore.money import CENT, MAX_DIGITS
from funds.models import ApplicationLine, PaymentLine
from funds.workflow.payments import LineChange, LineDraft

BLANK_LINES = 3
FORMATS = [("xlsx", "Excel(.xlsx)"), ("csv", "文本(.csv)")]


class LineForm(forms.Form):
    """One payee of a list; a line left empty altogether is none. The stored account is never shown."""

    def __init__(
        self, *args: Any, number: int, known: ApplicationLine | PaymentLine | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, prefix=f"n{number}", **kwargs)
        self.number, self.known = number, known
        self.masked = getattr(known, "masked_account", "")
        name = known.payee if known else f"第{number}行"
        for key, label, longest, size in (
            ("payee", "收款人", 100, 10), ("amount", "金额", 0, 8), ("bank", "开户银行", 100, 16),
            ("account", "银行账号", 40, 20), ("note", "备注", 100, 8),
        ):  # fmt: skip
            widget = forms.TextInput({
                "autocomplete": "off", "size": size, "class": "w-auto", "aria-label": f"{name}的{label}",
                **({"inputmode": "decimal"} if key == "amount" else {}),
                **({"placeholder": self.masked} if key == "account" and self.masked else {}),
            })  # fmt: skip
            options = {"label": f"{name}的{label}", "required": False, "widget": widget}
            self.fields[key] = (
                forms.CharField(max_length=longest, initial=getattr(known, key, "") if key != "account" else "", **options)
                if longest else forms.DecimalField(
                    min_value=CENT, max_digits=MAX_DIGITS, decimal_places=2, initial=getattr(known, key, None), **options
                )
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if self.stated and not self.errors:
            if not data["payee"]:
                self.add_error("payee", "请填写收款人")
            if data["amount"] is None:
                self.add_error("amount", "请填写金额")
        return data

    @property
    def stated(self) -> bool:
        """Whether payee or amount was filled in."""
        return bool(self.cleaned_data.get("payee")) or self.cleaned_data.get("amount") is not None

    @property
    def draft(self) -> LineDraft:
        """The line of a payment that is being prepared; it keeps the person of the application's line."""
        data = self.cleaned_data
        person = self.known.person if self.known else None
        return LineDraft(data["payee"], data["amount"], person, data["bank"], data["account"], data["note"])

    @property
    def change(self) -> LineChange:
        """What a line that is listed already is to say."""
        data = self.cleaned_data
        amount = self.known.amount if data["amount"] is None else data["amount"]
        return LineChange(self.known, data["payee"], amount, data["bank"], data["account"], data["note"])


def drafts_of(lines: Sequence[ApplicationLine]) -> list[LineDraft]:
    """The lines of an application as they stand, accounts still to be filled in."""
    return [LineDraft(line.payee, line.amount, line.person, note=line.note) for line in lines]


def total_of(lines: Sequence[ApplicationLine]) -> Decimal:
    """What an application's lines add up to, in yuan."""
    return sum((line.amount for line in lines), Decimal("0.00"))


class PaidOnForm(forms.Form):
    """The day on which money was handed out."""

    paid_on = DayField(label="支付日期")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"paid_on": clock.today()}, **kwargs)


class RepairForm(forms.Form):
    """What is put right of a returned line."""

    payee = forms.CharField(label="收款人(户名)", max_length=100)
    bank = forms.CharField(label="开户银行", max_length=100, required=False)
    account = forms.CharField(
        label="银行账号", max_length=40, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )

    def __init__(self, *args: Any, line: PaymentLine, **kwargs: Any) -> None:
        super().__init__(*args, initial={"payee": line.payee, "bank": line.bank}, **kwargs)
        if line.account:
            self.fields["account"].help_text = f"现为{line.masked_account},不改则留空"


class ReturnForm(forms.Form):
    """A paid line that came back after all."""

    returned_on = DayField(label="退票日期")
    reason = forms.CharField(label="退票原因", max_length=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"returned_on": clock.today()}, **kwargs)


class SignForm(forms.Form):
    """Who signed, and when: each in person, or all through one proxy."""

    signed_on = DayField(label="签领日期")
    proxy = forms.CharField(label="代领人", max_length=50, required=False, help_text="本人签领的不填")
    relation = forms.CharField(label="与本人关系", max_length=20, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"signed_on": clock.today()}, **kwargs)


class BankFileForm(FullListForm):
    """The file for the bank: to which bank, why, in which format."""

    format = forms.ChoiceField(label="文件格式", choices=FORMATS, initial="xlsx")
