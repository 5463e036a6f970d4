"""Pages of the rules: what is in force on a day, what changes when, documents, and keeping rules."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse

from carecore import access, clock, rulekeeping
from carecore.access import Can
from carecore.forms.policy import AskForm, DocumentForm, EndForm, KeyForm, RuleForm
from carecore.listing import ListingView
from carecore.lists.in_force import Line, lines_in_force, turns
from carecore.lists.policy import (
    PHASE_TONES,
    DocumentFilter,
    DocumentTable,
    RuleFilter,
    RuleTable,
)  # fmt: skip
from carecore.models import Document, Phase, Rule, Unit, User
from carecore.offers import Offer, offered, timeline
from carecore.policy import KEYS, label_of
from carecore.views.acts import field_errors, form_status, needs, perform, row_of, submit_form, wants_json

OFFERS = (
    Offer("终止", "rule_end", (Can.KEEP_RULES,), (Phase.COMING, Phase.IN_FORCE)),
    Offer("撤回", "rule_withdraw", (Can.KEEP_RULES,), (Phase.COMING,), needs_reason=True, danger=True),
)
PAST_SHOWN = 100


def _asked(request: HttpRequest) -> tuple[AskForm, Unit, datetime.date]:
    """The unit and the day asked about: else the user's own unit, and today."""
    own = Unit.objects.get(path=access.scope(request.user, Can.SEE)[0])
    initial = {"unit": own, "day": clock.today()}
    form = AskForm(request.GET or None, user=request.user, initial=initial)
    data = form.cleaned_data if form.is_bound and form.is_valid() else {}
    return form, data.get("unit") or own, data.get("day") or clock.today()


@needs(Can.SEE)
def policy_in_force(request: HttpRequest) -> HttpResponse:
    form, unit, day = _asked(request)
    context = {
        "title": "政策规则", "form": form, "unit": unit, "day": day, "groups": lines_in_force(unit, day),
        "may_keep": access.may(request.user, Can.KEEP_RULES),
    }  # fmt: skip
    return render(request, "carecore/policy_in_force.html", context, status=form_status(form))


@needs(Can.SEE)
def policy_changes(request: HttpRequest) -> HttpResponse:
    form, unit, _ = _asked(request)
    today, found = clock.today(), turns(unit)
    context = {
        "title": "规则变化", "form": form, "unit": unit, "today": today,
        "coming": [turn for turn in found if turn.day > today],
        "past": [turn for turn in reversed(found) if turn.day <= today][:PAST_SHOWN], "shown": PAST_SHOWN,
    }  # fmt: skip
    return render(request, "carecore/policy_changes.html", context, status=form_status(form))


class RuleList(ListingView):
    title, table_class, filterset_class = "规则清单", RuleTable, RuleFilter

    def visible_rows(self, user: User) -> QuerySet[Rule]:
        return Rule.objects.visible_to(user).select_related("unit", "document")

    def create_url(self, user: User) -> str:
        return reverse("rule_new") if access.may(user, Can.KEEP_RULES) else ""


class DocumentList(ListingView):
    title, table_class, filterset_class = "政策文件", DocumentTable, DocumentFilter

    def visible_rows(self, user: User) -> QuerySet[Document]:
        return Document.objects.visible_to(user).select_related("unit")

    def create_url(self, user: User) -> str:
        return reverse("document_new") if access.may(user, Can.KEEP_RULES) else ""


@needs(Can.SEE)
def document_detail(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_object_or_404(Document.objects.visible_to(request.user).select_related("unit"), pk=pk)
    rules = Rule.objects.visible_to(request.user).filter(document=document).select_related("unit", "document")
    context = {
        "title": str(document), "document": document, "lines": [Line(rule) for rule in rules],
        "may_keep": access.may(request.user, Can.KEEP_RULES, document.unit), "events": timeline(document),
    }  # fmt: skip
    return render(request, "carecore/policy_document.html", context)


@needs(Can.KEEP_RULES, "GET", "POST")
def document_new(request: HttpRequest) -> HttpResponse:
    form = DocumentForm(request.POST or None, user=request.user)
    if form.is_valid():
        row = submit_form(form, rulekeeping.add_document, by=request.user, **form.cleaned_data)
        if row is not None:
            return redirect("document_detail", row.pk)
    return _form_page(request, form, "登记政策文件", reverse("document_list"))


@needs(Can.KEEP_RULES, "GET", "POST")
def document_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = _shown(request, Document.objects.visible_to(request.user), pk)
    form = DocumentForm(request.POST or None, user=request.user, document=row)
    facts = form.cleaned_data if form.is_valid() else None
    if facts is not None and submit_form(
        form, rulekeeping.amend_document, by=request.user, document=row, **facts
    ):
        return redirect("document_detail", pk)
    return _form_page(request, form, f"修改{row}", reverse("document_detail", args=[pk]), version=row.version)


@needs(Can.SEE)
def rule_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _rule_page(request, get_object_or_404(_rules(request), pk=pk))


def _rules(request: HttpRequest) -> QuerySet[Rule]:
    return Rule.objects.visible_to(request.user).select_related(
        "unit", "document__unit", "follows", "followed_by"
    )


def _rule_page(request: HttpRequest, rule: Rule, form: EndForm | None = None) -> HttpResponse:
    phase = rule.phase(clock.today())
    forms = {"rule_end": form or EndForm()}
    context = {
        "title": f"{label_of(rule)}({rule.unit})", "line": Line(rule), "rule": rule, "phase": phase,
        "phase_tone": PHASE_TONES[phase], "coming": phase == Phase.COMING,
        "follower": getattr(rule, "followed_by", None), "end_form": form,
        "may_keep": access.may(request.user, Can.KEEP_RULES, rule.unit) and rule.key in KEYS,
        "verbs": offered(request.user, rule, rule.unit, OFFERS, state=phase, forms=forms),
        "version": rule.version, "events": timeline(rule),
    }  # fmt: skip
    return render(request, "carecore/policy_rule.html", context, status=form_status(form) if form else 200)


@needs(Can.KEEP_RULES, "GET", "POST")
def rule_new(request: HttpRequest) -> HttpResponse:
    """First what the rule is about, then a form with the fields of its type."""
    if "key" not in request.GET:
        context = {"title": "新增规则", "form": KeyForm(), "back": reverse("rule_list")}
        return render(request, "carecore/policy_key_form.html", context)
    key = _key(request.GET["key"])
    form = RuleForm(request.POST or None, user=request.user, key=key)
    if form.is_valid():
        row = submit_form(form, rulekeeping.add_rule, by=request.user, key=key, **form.facts)
        if row is not None:
            return redirect("rule_detail", row.pk)
    return _form_page(request, form, f"新增规则:{KEYS[key].label}", reverse("rule_list"))


def _key(name: str) -> str:
    """The name of a declared key; raises Http404 for any other."""
    if name not in KEYS:
        raise Http404("没有这种规则")
    return name


@needs(Can.KEEP_RULES, "GET", "POST")
def rule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    rule = _shown(request, _rules(request), pk)
    form = RuleForm(request.POST or None, user=request.user, key=_key(rule.key), rule=rule)
    facts = form.facts if form.is_valid() else None
    if facts and submit_form(form, rulekeeping.amend_rule, by=request.user, rule=rule, **facts):
        return redirect("rule_detail", pk)
    title = f"修改规则:{label_of(rule)}"
    return _form_page(request, form, title, reverse("rule_detail", args=[pk]), version=rule.version)


@needs(Can.KEEP_RULES, "GET", "POST")
def rule_follow(request: HttpRequest, pk: int) -> HttpResponse:
    rule = _shown(request, _rules(request), pk)
    form = RuleForm(request.POST or None, user=request.user, key=_key(rule.key), follows=rule)
    if form.is_valid():
        row = submit_form(form, rulekeeping.follow_rule, by=request.user, rule=rule, **form.facts)
        if row is not None:
            return redirect("rule_detail", row.pk)
    title = f"接续规则:{label_of(rule)}({rule.unit})"
    return _form_page(request, form, title, reverse("rule_detail", args=[pk]), version=rule.version)


@needs(Can.KEEP_RULES, "POST")
def rule_end(request: HttpRequest, pk: int) -> HttpResponse:
    rule = row_of(request, _rules(request), pk)
    form = EndForm(request.POST)
    if not form.is_valid():
        return field_errors(form) if wants_json(request) else _rule_page(request, rule, form)
    back = reverse("rule_detail", args=[pk])
    return perform(
        request, rulekeeping.end_rule, done="已终止", back=back, rule=rule, **form.cleaned_data
    )  # fmt: skip


@needs(Can.KEEP_RULES, "POST")
def rule_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    rule, reason = row_of(request, _rules(request), pk), request.POST.get("reason", "")[:200]
    back = reverse("rule_list")
    return perform(
        request, rulekeeping.withdraw_rule, done="规则已撤回", back=back, rule=rule, reason=reason
    )  # fmt: skip


def _shown(request: HttpRequest, query: QuerySet, pk: int) -> Any:
    """The visible row of a form, with the version that the form was first shown with."""
    return row_of(request, query, pk) if request.method == "POST" else get_object_or_404(query, pk=pk)


def _form_page(request: HttpRequest, form: Form, title: str, back: str, version: int = 0) -> HttpResponse:
    if form.is_bound and wants_json(request):
        return field_errors(form)
    context = {"form": form, "title": title, "back": back, "version": version}
    return render(request, "carecore/policy_form.html", context, status=form_status(form))


urlpatterns = [
    path("policy/", policy_in_force, name="policy_in_force"),
    path("policy/changes/", policy_changes, name="policy_changes"),
    path("policy/rules/", RuleList.as_view(), name="rule_list"),
    path("policy/rules/new/", rule_new, name="rule_new"),
    path("policy/rules/<int:pk>/", rule_detail, name="rule_detail"),
    path("policy/rules/<int:pk>/edit/", rule_edit, name="rule_edit"),
    path("policy/rules/<int:pk>/end/", rule_end, name="rule_end"),
    path("policy/rules/<int:pk>/follow/", rule_follow, name="rule_follow"),
    path("policy/rules/<int:pk>/withdraw/", rule_withdraw, name="rule_withdraw"),
    path("policy/documents/", DocumentList.as_view(), name="document_list"),
    path("policy/documents/new/", document_new, name="document_new"),
    path("policy/documents/<int:pk>/", document_detail, name="document_detail"),
    path("policy/documents/<int:pk>/edit/", document_edit, name="document_edit"),
]
