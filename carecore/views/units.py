"""Pages of the unit directory: the search behind unit fields, the tree, one unit, its forms."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access, clock, directory
from carecore.access import Can
from carecore.directory import UnitDraft
from carecore.forms.fields import OFFERED, unit_text
from carecore.forms.units import AmendUnitForm, CloseUnitForm, UnitForm, unit_initial
from carecore.listing import ListingView
from carecore.lists.units import UnitListFilter, UnitTable
from carecore.models import Person, Unit, User
from carecore.models.people import PersonStatus
from carecore.offers import timeline
from carecore.views.acts import needs, perform, row_of, submit_form
from carecore.views.entry import asked_text, fetch, form_page, offer, posted, saved, signed_in, single


@signed_in("GET", "HEAD", "POST")
def unit_search(request: HttpRequest) -> HttpResponse:
    """Options for a unit field: the known units that match what was typed."""
    rows = Unit.objects.visible_to(request.user).valid_on(clock.today()).matching(asked_text(request))
    options = [(unit_text(unit), "") for unit in rows.order_by("code")[:OFFERED]]
    return offer(options)


class UnitList(ListingView):
    title, table_class, filterset_class = "单位", UnitTable, UnitListFilter

    def visible_rows(self, user: User) -> QuerySet[Unit]:
        return Unit.objects.visible_to(user).select_related("parent")

    def create_url(self, user: User) -> str:
        return reverse("unit_new") if access.may(user, Can.KEEP_UNITS) else ""

    def import_url(self, user: User) -> str:
        return reverse("unit_import") if access.may(user, Can.KEEP_UNITS) else ""


def _units(request: HttpRequest) -> QuerySet[Unit]:
    return Unit.objects.visible_to(request.user)


@signed_in()
def unit_detail(request: HttpRequest, pk: int) -> HttpResponse:
    unit = get_object_or_404(_units(request), pk=pk)
    in_post = Person.objects.visible_to(request.user).filter(status=PersonStatus.IN_POST)
    context = {
        "title": unit.name, "row": unit, "version": unit.version, "verbs": _verbs(request.user, unit),
        "above": Unit.objects.visible_to(request.user).ancestors_of(unit).exclude(pk=unit.pk),
        "below": unit.children.visible_to(request.user), "may_keep": _may_keep(request.user, unit),
        "may_see": access.may(request.user, Can.SEE, unit), "people_here": in_post.filter(unit=unit).count(),
        "people_under": in_post.filter(unit__path__startswith=unit.path).count(),
        "closed": unit.valid_to is not None and unit.valid_to < clock.today(),
        "events": timeline(unit) if access.may(request.user, Can.SEE, unit) else [],
    }  # fmt: skip
    return render(request, "carecore/unit_detail.html", context)


def _may_keep(user: User, unit: Unit) -> bool:
    return access.may(user, Can.KEEP_UNITS, unit)


def _verbs(user: User, unit: Unit) -> list[dict[str, Any]]:
    if not _may_keep(user, unit):
        return []
    if unit.valid_to is not None:
        return [{"label": "恢复", "url": reverse("unit_reopen", args=[unit.pk]), "enabled": True}]
    close = {"label": "停用", "url": reverse("unit_close", args=[unit.pk]), "enabled": True, "danger": True}
    return [{**close, "fields": list(CloseUnitForm())}]


@needs(Can.KEEP_UNITS, "GET", "POST")
def unit_new(request: HttpRequest) -> HttpResponse:
    form = UnitForm(posted(request), user=request.user, initial={"parent": request.GET.get("parent")})
    if form.is_valid():
        facts = dict(form.cleaned_data)
        parent, aliases = facts.pop("parent"), tuple(facts.pop("aliases"))
        draft = UnitDraft(parent_code=parent.code, aliases=aliases, **facts)
        unit = submit_form(form, single(directory.add_units), by=request.user, drafts=[draft])
        if unit is not None:
            return saved(request, unit, "单位已新增", reverse("unit_detail", args=[unit.pk]))
    return form_page(request, form, "新增单位", reverse("unit_list"))


@needs(Can.KEEP_UNITS, "GET", "POST")
def unit_edit(request: HttpRequest, pk: int) -> HttpResponse:
    unit = fetch(request, _units(request), pk)
    form = AmendUnitForm(posted(request), initial=unit_initial(unit))
    back = reverse("unit_detail", args=[pk])
    if form.is_valid() and submit_form(
        form, directory.amend_unit, by=request.user, unit=unit, changes=form.cleaned_data
    ):
        return saved(request, unit, "单位已修改", back)
    return form_page(request, form, f"修改{unit}", back, unit)


@needs(Can.KEEP_UNITS, "POST")
def unit_close(request: HttpRequest, pk: int) -> HttpResponse:
    unit = row_of(request, _units(request), pk)
    form, back = CloseUnitForm(request.POST), reverse("unit_detail", args=[pk])
    if not form.is_valid():
        return form_page(request, form, f"停用{unit}", back, unit, submit="停用")
    valid_to = form.cleaned_data["valid_to"]
    return perform(request, directory.close_unit, done="单位已停用", back=back, unit=unit, valid_to=valid_to)


@needs(Can.KEEP_UNITS, "POST")
def unit_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    unit = row_of(request, _units(request), pk)
    back = reverse("unit_detail", args=[pk])
    return perform(request, directory.reopen_unit, done="单位已恢复", back=back, unit=unit)


urlpatterns = [
    path("units/", signed_in("GET", "POST")(UnitList.as_view()), name="unit_list"),
    path("units/search/", unit_search, name="unit_search"),
    path("units/new/", unit_new, name="unit_new"),
    path("units/<int:pk>/", unit_detail, name="unit_detail"),
    path("units/<int:pk>/edit/", unit_edit, name="unit_edit"),
    path("units/<int:pk>/close/", unit_close, name="unit_close"),
    path("units/<int:pk>/reopen/", unit_reopen, name="unit_reopen"),
]
