"""Forms of policy documents and rules."""

from __future__ import annotations

import datetime
import re
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from carecore import clock
from carecore.access import Can
from carecore.forms.fields import DayField, UnitField
from carecore.forms.rulevalues import cleaned_value, value_fields
from carecore.models import Document, Rule, Severity, User
from carecore.policy import KEYS, in_words

LOCAL = "本地决定"
LOCAL_DECISION = re.compile(rf"{LOCAL} .+(\d{{4}}-\d\d-\d\d)")


class AskForm(forms.Form):
    """Which unit and which day the policy page is asked about."""

    unit = UnitField(label="单位名称或代码", required=False)
    day = DayField(label="日期", required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].for_user(user, Can.SEE, closed=True)


class KeyForm(forms.Form):
    """What a new rule is about."""

    key = forms.ChoiceField(label="规则", choices=[(key.name, key.label) for key in KEYS.values()])


class DocumentForm(forms.Form):
    """A policy document as it was issued."""

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    unit = UnitField(label="登记单位", help_text="单位名称或代码;文件可用于该单位及其下级")
    slug = forms.SlugField(label="标识", max_length=60, help_text="小写字母、数字和连字符,如 binzhou-2018")
    name = forms.CharField(label="文件名称", max_length=200)
    number = forms.CharField(label="文号", max_length=60, required=False)
    issuers = forms.CharField(
        label="印发单位", max_length=300, required=False, help_text="多个单位以“、”分隔"
    )
    issued_on = DayField(label="印发日期", required=False)
    is_trial = forms.BooleanField(label="试行", required=False)
    based_on = forms.CharField(label="依据", max_length=200, required=False)
    note = forms.CharField(label="说明", required=False, max_length=2000, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, user: User, document: Document | None = None, **kwargs: Any) -> None:
        super().__init__(*args, initial=_document_initial(document), **kwargs)
        self.fields["unit"].for_user(user, Can.KEEP_RULES)
        if document is not None:
            for name in ("request_id", "unit", "slug"):
                del self.fields[name]

    def clean_issuers(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["issuers"].split("、") if name.strip()]


def _document_initial(document: Document | None) -> dict[str, Any]:
    if document is None:
        return {"request_id": uuid.uuid4()}
    names = ("name", "number", "issued_on", "is_trial", "based_on", "note")
    return {name: getattr(document, name) for name in names} | {"issuers": "、".join(document.issuers)}


class RuleForm(forms.Form):
    """A rule of one key: its value by type, where it is laid down, from when to when.

    With `rule` it is that rule changed before its day; with `follows` the successor of that one.
    """

    request_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    unit = UnitField(label="适用单位(含下级)", help_text="单位名称或代码")
    severity = forms.ChoiceField(label="严重程度", choices=Severity, initial=Severity.BLOCK)
    document = forms.ModelChoiceField(
        Document.objects.none(), label="政策文件", required=False, empty_label=f"{LOCAL}(不引文件)"
    )
    clause = forms.CharField(
        label="条款或文号", max_length=80, help_text="引文件的写条款,如“三(二)”;本地决定写文号"
    )
    decided_on = DayField(label="本地决定的日期", required=False)
    text = forms.CharField(
        label="条款原文", max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )
    effective_from = DayField(label="生效日期")
    effective_to = DayField(label="失效日期", required=False, help_text="当日仍有效;长期有效的不填")
    lower_may_differ = forms.BooleanField(
        label="下级可另行规定", required=False, help_text="不勾选时,下级只能从严"
    )
    reason = forms.CharField(
        label="补录理由", max_length=200, required=False, help_text="生效日期早于今天时须说明"
    )

    def __init__(
        self, *args: Any, user: User, key: str, rule: Rule | None = None, follows: Rule | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        source = rule or follows
        super().__init__(*args, initial=_rule_initial(rule, follows), **kwargs)
        self.key = KEYS[key]
        self.fields |= value_fields(self.key, source.value if source else None)
        self.order_fields(["unit", *[name for name in self.fields if name.startswith("value")]])
        self.fields["unit"].for_user(user, Can.KEEP_RULES)
        self.fields["document"].queryset = Document.objects.visible_to(user)
        if source is not None:
            del self.fields["unit"]
        if follows is None:
            del self.fields["reason"]
        if rule is not None:
            del self.fields["request_id"]
        self.fields["value"].limit_hint = f"现行:{in_words(source)}" if source else ""
        self.fields["value"].clause = source.source if source else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not any(name.startswith("value") for name in self.errors):
            try:
                data["value"] = cleaned_value(self.key, data)
            except ValidationError as error:
                self.add_error(None, error)
        clause = data.get("clause")
        if clause and not data.get("document") and not LOCAL_DECISION.fullmatch(clause):
            if data.get("decided_on"):
                data["clause"] = f"{LOCAL} {clause}({data['decided_on']})"
            else:
                self.add_error("decided_on", "本地决定须写明日期")
        return data

    @property
    def facts(self) -> dict[str, Any]:
        """The cleaned form as the keyword arguments of a verb."""
        extra = {"decided_on", *(name for name in self.fields if name.startswith("value_"))}
        return {name: value for name, value in self.cleaned_data.items() if name not in extra}


def _rule_initial(rule: Rule | None, follows: Rule | None) -> dict[str, Any]:
    names = ("severity", "document", "clause", "text", "lower_may_differ")
    if rule is not None:
        return {name: getattr(rule, name) for name in (*names, "effective_from", "effective_to")}
    first = {"request_id": uuid.uuid4(), "effective_from": clock.today() + datetime.timedelta(days=1)}
    return (
        first
        if follows is None
        else first | {name: getattr(follows, name) for name in ("severity", names[-1])}
    )


class EndForm(forms.Form):
    """The last day of a rule."""

    effective_to = DayField(label="失效日期", help_text="当日仍有效")
    reason = forms.CharField(label="理由", max_length=200, required=False, help_text="日期早于昨天时须说明")
