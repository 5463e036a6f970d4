"""Pages of sanatoria: list, card with reviews, forms, and one address for each move of their state (BZ-16)."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access
from carecore.access import Can
from carecore.listing import ListingView
from carecore.models import Unit, User
from carecore.offers import Offer, offered, timeline
from carecore.views.acts import needs, perform, row_of, submit_form
from carecore.views.entry import form_page, reason_of, saved, shown_version
from sanatorium.filters.venues import VenueFilter
from sanatorium.forms.venues import ReviewForm, VenueForm
from sanatorium.models import Batch, Venue, VenueReview, VenueState
from sanatorium.tables.venues import VENUE_TONES, VenueTable
from sanatorium.workflow import venues

APPLIED, ADMITTED, SUSPENDED, REMOVED = VenueState


def _not_admissible(user: User, venue: Venue) -> str:
    """Why this venue cannot be admitted by this user: the verb's own conditions are asked."""
    if venue.applied_by_id == user.pk:
        return f"{venue}由您申报,请由他人办理准入"
    blocking = [finding for finding in venues.check_review(venue) if finding.severity == "block"]
    return blocking[0].message if blocking else ""


RIGHT = (Can.ADMIT_VENUES,)
OFFERS = (
    Offer("准入", "venue_admit", RIGHT, (APPLIED,), needs_reason=True, why=_not_admissible),
    Offer("暂停", "venue_suspend", RIGHT, (ADMITTED,), needs_reason=True, danger=True),
    Offer("恢复准入", "venue_restore", RIGHT, (SUSPENDED, REMOVED), needs_reason=True, why=_not_admissible),
    Offer("退出", "venue_remove", RIGHT, (APPLIED, ADMITTED, SUSPENDED), needs_reason=True, danger=True),
)


class VenueList(ListingView):
    title, table_class, filterset_class = "疗休养院", VenueTable, VenueFilter

    def visible_rows(self, user: User) -> QuerySet[Venue]:
        latest = VenueReview.objects.filter(venue=OuterRef("pk")).order_by("-reviewed_on", "-pk")
        return Venue.objects.visible_to(user).annotate(score=Subquery(latest.values("score")[:1]))

    def create_url(self, user: User) -> str:
        return reverse("venue_new") if access.may(user, Can.KEEP_VENUES) else ""


def _visible(request: HttpRequest) -> QuerySet[Venue]:
    return Venue.objects.visible_to(request.user).select_related("unit", "applied_by")


@needs(Can.KEEP_VENUES, "GET", "POST")
def venue_new(request: HttpRequest) -> HttpResponse:
    unit = Unit.objects.get(path=access.scope(request.user, Can.KEEP_VENUES)[0])
    form = VenueForm(request.POST or None, unit=unit)
    if form.is_valid():
        facts = {"unit": unit, "request_id": form.cleaned_data["request_id"], **form.facts}
        venue = submit_form(form, venues.apply_venue, by=request.user, **facts)
        if venue is not None:
            return saved(request, venue, "已登记申报", reverse("venue_detail", args=[venue.pk]))
    return form_page(request, form, "申报疗休养院", reverse("venue_list"))


@needs(Can.KEEP_VENUES, "GET", "POST")
def venue_edit(request: HttpRequest, pk: int) -> HttpResponse:
    venue = get_object_or_404(_visible(request), pk=pk)
    form = VenueForm(request.POST or None, unit=venue.unit, venue=venue)
    version, back = shown_version(request, venue), reverse("venue_detail", args=[pk])
    if form.is_valid():
        facts = {"venue": row_of(request, _visible(request), pk), **form.facts}
        amended = submit_form(form, venues.amend_venue, by=request.user, **facts)
        if amended is not None:
            return saved(request, amended, "已保存", back)
    return form_page(request, form, f"修改{venue}", back, version=version)


@needs(Can.KEEP_VENUES, "GET", "POST")
def venue_review(request: HttpRequest, pk: int) -> HttpResponse:
    venue = get_object_or_404(_visible(request), pk=pk)
    form = ReviewForm(request.POST or None, venue=venue)
    version, back = shown_version(request, venue), reverse("venue_detail", args=[pk])
    if form.is_valid():
        facts = {"venue": row_of(request, _visible(request), pk), **form.cleaned_data}
        review = submit_form(form, venues.review_venue, by=request.user, **facts)
        if review is not None:
            return saved(request, review, "考察评估已登记", back)
    return form_page(request, form, f"登记{venue}的考察评估", back, version=version, submit="登记")


@needs(Can.SEE)
def venue_detail(request: HttpRequest, pk: int) -> HttpResponse:
    venue = get_object_or_404(_visible(request), pk=pk)
    keeps = access.may(request.user, Can.KEEP_VENUES, venue.unit)
    context = {
        "venue": venue, "title": venue.name, "tone": VENUE_TONES[venue.state],
        "reviews": venue.reviews.select_related("recorded_by"), "keeps": keeps,
        "editable": keeps and venue.state != REMOVED,
        "batches": Batch.objects.visible_to(request.user).filter(venue=venue).select_related("plan")[:20],
        "verbs": offered(request.user, venue, venue.unit, OFFERS), "version": venue.version,
        "events": timeline(venue),
    }  # fmt: skip
    return render(request, "sanatorium/venue_detail.html", context)


def _move(name: str, verb: Callable[..., Venue], done: str) -> Callable[..., HttpResponse]:
    """The address of one move of a venue's state."""

    def answer(request: HttpRequest, pk: int) -> HttpResponse:
        venue, back = row_of(request, _visible(request), pk), reverse("venue_detail", args=[pk])
        reason = reason_of(request)
        return perform(request, verb, done=done, back=back, venue=venue, reason=reason)

    answer.__name__ = f"venue_{name}"
    return needs(Can.ADMIT_VENUES, "POST")(answer)


MOVES = {
    "admit": (venues.admit, "已准入"), "suspend": (venues.suspend, "已暂停"),
    "restore": (venues.restore, "已恢复准入"), "remove": (venues.remove, "已退出"),
}  # fmt: skip

urlpatterns = [
    path("venues/", VenueList.as_view(), name="venue_list"),
    path("venues/new/", venue_new, name="venue_new"),
    path("venues/<int:pk>/", venue_detail, name="venue_detail"),
    path("venues/<int:pk>/edit/", venue_edit, name="venue_edit"),
    path("venues/<int:pk>/review/", venue_review, name="venue_review"),
    *[
        path(f"venues/<int:pk>/{name}/", _move(name, verb, done), name=f"venue_{name}")
        for name, (verb, done) in MOVES.items()
    ],
]
