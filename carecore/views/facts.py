"""Forms of the facts about a person: appraisals, honours, times of service."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse

from carecore import people
from carecore.access import Can
from carecore.forms.people import AppraisalForm, FactForm, HonourForm, ServiceForm
from carecore.models import Appraisal, Honour, Person, ServicePeriod
from carecore.models.people import OfPerson
from carecore.people import AppraisalDraft, HonourDraft, ServiceDraft
from carecore.views.acts import needs, submit_form
from carecore.views.entry import fetch, form_page, posted, saved


@dataclass(frozen=True)
class Kind:
    """One kind of fact: its model, form and draft."""

    model: type[OfPerson]
    form: type[FactForm]
    draft: type

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name)


KINDS = {
    "appraisals": Kind(Appraisal, AppraisalForm, AppraisalDraft),
    "honours": Kind(Honour, HonourForm, HonourDraft),
    "service": Kind(ServicePeriod, ServiceForm, ServiceDraft),
}


@needs(Can.KEEP_PEOPLE, "GET", "POST")
def fact_new(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    known = KINDS[kind]
    person = get_object_or_404(Person.objects.visible_to(request.user).select_related("unit"), pk=pk)
    form = known.form(posted(request), request.FILES or None, user=request.user)
    back = reverse("person_detail", args=[pk])
    if form.is_valid():
        facts, upload = form.facts
        draft = known.draft(person=person, **facts)
        if submit_form(form, people.add_fact, by=request.user, draft=draft, upload=upload):
            return saved(request, person, f"{known.label}已登记", back)
    return form_page(request, form, f"登记{known.label}:{person}", back)


@needs(Can.KEEP_PEOPLE, "GET", "POST")
def fact_edit(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    known = KINDS[kind]
    visible = Person.objects.visible_to(request.user)
    query = known.model._default_manager.filter(person__in=visible).select_related("person__unit", "evidence")
    fact = fetch(request, query, pk)
    form = known.form(posted(request), request.FILES or None, user=request.user, fact=fact)
    back = reverse("person_detail", args=[fact.person_id])
    if form.is_valid():
        changes, upload = form.facts
        facts = {"fact": fact, "changes": changes, "upload": upload}
        if submit_form(form, people.amend_fact, by=request.user, **facts):
            return saved(request, fact, f"{known.label}已更正", back)
    return form_page(request, form, f"更正{known.label}:{fact.person}", back, fact)


urlpatterns = [
    pattern
    for kind in KINDS
    for pattern in (
        path(f"people/<int:pk>/{kind}/new/", fact_new, {"kind": kind}, name=f"{kind}_new"),
        path(f"people/{kind}/<int:pk>/edit/", fact_edit, {"kind": kind}, name=f"{kind}_edit"),
    )
]
