"""Pages of the people register: search, list, one person, forms, reveal, numbers wanted by two units."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse

from carecore import access, people
from carecore.access import Can
from carecore.forms.fields import OFFERED, person_text
from carecore.forms.people import (
    AmendPersonForm,
    FindForm,
    PersonForm,
    RevealForm,
    TransferForm,
)
from carecore.listing import ListingView
from carecore.lists.people import STATUS_TONES, PersonFilter, PersonTable
from carecore.models import Benefit, Person, User
from carecore.offers import timeline
from carecore.people import PersonDraft
from carecore.views.acts import form_status, needs, perform, row_of, submit_form, wants_json
from carecore.views.entry import asked_text, fetch, form_page, offer, posted, saved, signed_in, single

BENEFITS_SHOWN = 50


@signed_in("GET", "HEAD", "POST")
def person_search(request: HttpRequest) -> HttpResponse:
    """Options for a person field: known people by part of a name, by pinyin or initials."""
    rows = Person.objects.known_to(request.user).select_related("unit").matching(asked_text(request))
    found = rows.order_by("pinyin", "pk")[:OFFERED]
    # A browser shows only options whose value or label holds what was typed, hence the reading.
    options = [(person_text(person), f"{person.unit} {person.initials} {person.pinyin}") for person in found]
    return offer(options)


class PersonList(ListingView):
    title, table_class, filterset_class = "人员", PersonTable, PersonFilter
    template_name = "carecore/person_list.html"

    def visible_rows(self, user: User) -> QuerySet[Person]:
        return Person.objects.visible_to(user).select_related("unit")

    def create_url(self, user: User) -> str:
        return reverse("person_new") if access.may(user, Can.KEEP_PEOPLE) else ""

    def import_url(self, user: User) -> str:
        return reverse("person_import") if access.may(user, Can.KEEP_PEOPLE) else ""

    def context(self, *args: Any) -> dict[str, Any]:
        return {**super().context(*args), "find": FindForm()}


def _people(request: HttpRequest) -> QuerySet[Person]:
    return Person.objects.visible_to(request.user).select_related("unit")


@needs(Can.SEE, "POST")
def person_find(request: HttpRequest) -> HttpResponse:
    """The person of an ID number, where visible; otherwise only that there is none in one's units."""
    form = FindForm(request.POST)
    if form.is_valid():
        person = _people(request).with_id_number(form.cleaned_data["id_number"]).first()
        if person is not None:
            return redirect("person_detail", person.pk)
        form.add_error("id_number", "您的管理范围内没有登记该证件号码")
    return form_page(request, form, "按证件号码查找", reverse("person_list"), submit="查找")


@needs(Can.KEEP_PEOPLE, "GET", "POST")
def person_new(request: HttpRequest) -> HttpResponse:
    form = PersonForm(posted(request), user=request.user)
    if form.is_valid():
        draft = PersonDraft(**form.cleaned_data)
        person = submit_form(form, single(people.register_people), by=request.user, drafts=[draft])
        if person is not None:
            return saved(request, person, "人员已登记", reverse("person_detail", args=[person.pk]))
    return form_page(request, form, "新增人员", reverse("person_list"))


@needs(Can.KEEP_PEOPLE, "GET", "POST")
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    person = fetch(request, _people(request), pk)
    form = AmendPersonForm(posted(request), person=person)
    back = reverse("person_detail", args=[pk])
    if form.is_valid() and submit_form(
        form, people.amend_person, by=request.user, person=person, changes=form.changes
    ):
        return saved(request, person, "人员资料已修改", back)
    return form_page(request, form, f"修改人员资料:{person}", back, person)


@needs(Can.KEEP_PEOPLE, "GET", "POST")
def person_transfer(request: HttpRequest, pk: int) -> HttpResponse:
    person = fetch(request, _people(request), pk)
    form = TransferForm(posted(request), user=request.user)
    back = reverse("person_detail", args=[pk])
    if form.is_valid() and submit_form(
        form, people.transfer_person, by=request.user, person=person, **form.cleaned_data
    ):
        return saved(request, person, "已调动", back)
    intro = [f"现单位:{person.unit}。已办理的推荐、批次仍记在原单位名下。"]
    return form_page(request, form, f"调动:{person}", back, person, intro=intro, submit="调动")


@needs(Can.SEE)
def person_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _person_page(request, get_object_or_404(_people(request), pk=pk), RevealForm())


def _person_page(request: HttpRequest, person: Person, form: RevealForm) -> HttpResponse:
    user = request.user
    benefits = Benefit.objects.visible_to(user).filter(person=person).select_related("unit")
    context = {
        "title": person.name, "row": person, "tone": STATUS_TONES[person.status],
        "may_keep": access.may(user, Can.KEEP_PEOPLE, person.unit),
        "reveal": form if access.may(user, Can.REVEAL, person.unit) else None,
        "appraisals": person.appraisals.select_related("evidence"),
        "honours": person.honours.select_related("evidence"),
        "service": person.service_periods.select_related("evidence", "unit"),
        "benefits": benefits[:BENEFITS_SHOWN],
        # Who of another unit asked for this number is for the common superior alone.
        "events": timeline(person, without=["duplicate_elsewhere"]),
    }  # fmt: skip
    return render(request, "carecore/person_detail.html", context, status=form_status(form))


@needs(Can.REVEAL, "POST")
def person_reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """One full number on a page of its own, kept nowhere: every look has its own reason."""
    person, form = get_object_or_404(_people(request), pk=pk), RevealForm(request.POST)
    value = None
    if form.is_valid():
        value = submit_form(form, people.reveal, by=request.user, person=person, **form.cleaned_data)
    if value is None:
        return form_page(request, form, f"查看完整号码:{person}", reverse("person_detail", args=[pk]))
    if wants_json(request):
        return JsonResponse({"ok": True, "state": "", "pk": pk, "value": value, "findings": []})
    label = dict(form.fields["field"].choices)[form.cleaned_data["field"]]
    context = {"title": f"{person}的{label}", "row": person, "label": label, "value": value}
    return render(request, "carecore/person_reveal.html", context)


@needs(Can.KEEP_PEOPLE)
def person_duplicates(request: HttpRequest) -> HttpResponse:
    """Numbers that another unit wanted to register, for whoever keeps the people of both."""
    context = {"title": "证件号码重复登记", "tasks": people.open_duplicates(request.user)}
    return render(request, "carecore/person_duplicates.html", context)


@needs(Can.KEEP_PEOPLE, "POST")
def person_settle(request: HttpRequest, pk: int) -> HttpResponse:
    person = row_of(request, _people(request), pk)
    reason, back = request.POST.get("reason", "")[:200], reverse("person_duplicates")
    done = "已维持原登记"
    return perform(request, people.settle_duplicate, done=done, back=back, person=person, reason=reason)


@needs(Can.KEEP_PEOPLE, "POST")
def person_take(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle a duplicate the other way: move the person to the unit that asked."""
    person = row_of(request, _people(request), pk)
    wanted = [task.wanted_by for task in people.open_duplicates(request.user) if task.person.pk == pk]
    chosen = [unit for unit in wanted if str(unit.pk) == request.POST.get("unit")]
    back = reverse("person_duplicates")
    if not chosen:
        messages.error(request, "该事项已处理,请刷新")
        return redirect(back)
    return perform(request, people.transfer_person, done="已调入", back=back, person=person, unit=chosen[0])


urlpatterns = [
    path("people/", needs(Can.SEE, "GET", "POST")(PersonList.as_view()), name="person_list"),
    path("people/search/", person_search, name="person_search"),
    path("people/find/", person_find, name="person_find"),
    path("people/new/", person_new, name="person_new"),
    path("people/duplicates/", person_duplicates, name="person_duplicates"),
    path("people/<int:pk>/", person_detail, name="person_detail"),
    path("people/<int:pk>/edit/", person_edit, name="person_edit"),
    path("people/<int:pk>/transfer/", person_transfer, name="person_transfer"),
    path("people/<int:pk>/reveal/", person_reveal, name="person_reveal"),
    path("people/<int:pk>/settle/", person_settle, name="person_settle"),
    path("people/<int:pk>/take/", person_take, name="person_take"),
]
