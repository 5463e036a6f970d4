"""Policy documents and rules in the admin."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from carecore import clock, rulekeeping
from carecore.access import Can
from carecore.care_admin import HIDDEN, CareAdmin, VerbForm
from carecore.forms.fields import UnitField
from carecore.forms.rulevalues import json_text, plain_json
from carecore.models import Document, Phase, Rule, User
from carecore.policy import KEYS, in_words, is_checked, label_of
from carecore.rulekeeping import ONE_DAY
from carecore.workflow import refuse


class DocumentForm(VerbForm):
    unit = UnitField(label="登记单位", help_text="单位名称或代码;文件可用于该单位及其下级")
    issuers = forms.CharField(label="印发单位", required=False, max_length=300, help_text="以“、”分隔")

    def prepare(self) -> None:
        if self.instance.pk:
            self.initial["issuers"] = "、".join(self.instance.issuers)

    def clean_issuers(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["issuers"].split("、") if name.strip()]


class DocumentAdmin(CareAdmin):
    form = DocumentForm
    adds = changes = Can.KEEP_RULES
    edit_fields = ("name", "number", "issuers", "issued_on", "is_trial", "based_on", "note")
    add_fields = ("unit", "slug", *edit_fields)
    shown_fields = ("unit", "slug")
    list_display = ("name", "number", "issued_on", "is_trial", "unit")
    list_select_related = ("unit",)
    search_fields = ("name",)

    def carry_out(self, by: User, form: VerbForm, row: Document | None) -> Document:
        if row is None:
            return rulekeeping.add_document(by=by, **form.facts())
        return rulekeeping.amend_document(by=by, document=row, **form.facts(*self.edit_fields))


class JsonField(forms.CharField):
    """The value of a rule as JSON: 3000, [5, 7], {"省内": 3000, "省外": 5000}, true, "11-15"."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=10_000, widget=forms.Textarea({"rows": 4}), **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return plain_json(text)
        except ValueError as error:
            raise forms.ValidationError('应写作 JSON,如 3000、[5, 7]、true、"11-15"') from error


class RuleForm(VerbForm):
    unit = UnitField(label="适用单位(含下级)", help_text="单位名称或代码")
    key = forms.ChoiceField(
        label="规则", choices=[(key.name, f"{key.label}({key.name})") for key in KEYS.values()]
    )
    value = JsonField(label="取值", help_text='如 3000、[5, 7]、true、{"省内": 3000, "省外": 5000};按资金类别分列的如 {"生活困难党员帮扶": 0.1}')
    document = forms.ModelChoiceField(Document.objects.none(), label="政策文件", required=False)
    reason = forms.CharField(label="理由", required=False, max_length=200, help_text="日期在过去时须说明")
    follows = forms.ModelChoiceField(
        Rule.objects.none(), label="接续的规则编号", required=False, widget=forms.NumberInput,
        help_text="接续已有规则时填写其编号,原规则在新规则生效前一日失效",
    )  # fmt: skip

    def prepare(self) -> None:
        if "document" in self.fields:
            self.fields["document"].queryset = Document.objects.visible_to(self.user)
        if "follows" in self.fields:
            self.fields["follows"].queryset = Rule.objects.visible_to(self.user).select_related("unit")
        if "value" in self.fields and self.instance.pk:
            self.initial["value"] = json_text(self.instance.value)
        for name in ("effective_to", "text"):
            if name in self.fields:
                self.fields[name].required = False


class RuleAdmin(CareAdmin):
    """A rule is amended before its day; from its day on only its end can be set. A successor is a new rule."""

    form = RuleForm
    adds = changes = Can.KEEP_RULES
    terms = (
        "value",
        "severity",
        "document",
        "clause",
        "text",
        "effective_from",
        "effective_to",
        "lower_may_differ",
    )
    add_fields = ("unit", "key", *terms, "follows", "reason")
    list_display = (
        "label",
        "words",
        "severity",
        "source",
        "unit",
        "effective_from",
        "effective_to",
        "checked",
    )
    list_select_related = ("unit", "document")
    search_fields = ("clause",)
    list_filter = ("severity",)

    @admin.display(description="规则")
    def label(self, row: Rule) -> str:
        return label_of(row)

    @admin.display(description="取值")
    def words(self, row: Rule) -> str:
        return in_words(row)

    @admin.display(description="依据")
    def source(self, row: Rule) -> str:
        return row.source

    @admin.display(description="系统检查")
    def checked(self, row: Rule) -> str:
        return "检查" if is_checked(row) else "仅提示,系统不检查"

    def may_edit(self, row: Rule) -> bool:
        return row.phase(clock.today()) != Phase.ENDED

    def get_fields(self, request: HttpRequest, obj: Rule | None = None) -> list[str]:
        if obj is None:
            return list(self.add_fields)
        if not self.has_change_permission(request, obj):
            return list(self._shown(obj))
        return [*self._edited(obj), *self._shown(obj), HIDDEN]

    def get_readonly_fields(self, request: HttpRequest, obj: Rule | None = None) -> tuple[str, ...]:
        return () if obj is None else self._shown(obj)

    def _edited(self, row: Rule) -> tuple[str, ...]:
        return self.terms if row.phase(clock.today()) == Phase.COMING else ("effective_to", "reason")

    def _shown(self, row: Rule) -> tuple[str, ...]:
        if row.phase(clock.today()) == Phase.COMING:
            return ("label", "unit", "checked", "follows")
        return (
            "label", "words", "unit", "severity", "source", "text", "effective_from", "lower_may_differ",
            "checked", "follows",
        )  # fmt: skip

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Tomorrow; with `?follows=` what the successor of that rule begins with."""
        given = super().get_changeform_initial_data(request) | {"effective_from": clock.today() + ONE_DAY}
        pk = given.get("follows", "")
        old = self.get_queryset(request).filter(pk=pk).first() if pk.isdigit() and len(pk) < 19 else None
        if old is None:
            return given
        value = json_text(old.value)
        return given | {"unit": old.unit, "key": old.key, "value": value, "severity": old.severity}

    def carry_out(self, by: User, form: VerbForm, row: Rule | None) -> Rule:
        if row is None:
            return self._add(by, form)
        if row.phase(clock.today()) == Phase.COMING:
            return rulekeeping.amend_rule(by=by, rule=row, **form.facts(*self.terms))
        end: datetime.date | None = form.cleaned_data["effective_to"]
        if end is None:
            raise refuse("请填写失效日期;已生效的规则只能终止或接续", key="effective_to", row=row)
        reason = form.cleaned_data["reason"]
        return rulekeeping.end_rule(by=by, rule=row, effective_to=end, reason=reason)

    def _add(self, by: User, form: VerbForm) -> Rule:
        facts = form.facts(*self.terms)
        old: Rule | None = form.cleaned_data["follows"]
        key, unit = form.cleaned_data["key"], form.cleaned_data["unit"]
        if old is None:
            return rulekeeping.add_rule(by=by, unit=unit, key=key, **facts)
        if (old.key, old.unit_id) != (key, unit.pk):
            raise refuse("所接续的规则须为同一单位的同一事项", key="follows", row=old)
        return rulekeeping.follow_rule(by=by, rule=old, reason=form.cleaned_data["reason"], **facts)
