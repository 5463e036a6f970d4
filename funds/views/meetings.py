"""Pages of meetings: list, card, and the record of what one meeting decided on many applications (LYG-10)."""

from __future__ import annotations

from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access
from carecore.access import Can, scope
from carecore.listing import ListingView
from carecore.models import User
from carecore.models.units import within
from carecore.offers import timeline
from carecore.views.acts import needs, submit_form, wants_json
from carecore.views.entry import form_page, saved
from funds.filters.applications import MeetingFilter
from funds.forms.applications import MeetingForm
from funds.models import Application, ApplicationState, Decision, Meeting
from funds.tables.applications import APPLICATION_TONES, MeetingTable
from funds.workflow import applications

FORM = "funds/meeting_form.html"
MOST = 200  # applications that one page asks about


class MeetingList(ListingView):
    title, table_class, filterset_class = "书记会议", MeetingTable, MeetingFilter

    def visible_rows(self, user: User) -> QuerySet[Meeting]:
        rows = Meeting.objects.visible_to(user).select_related("unit")
        return rows.annotate(decided=Count("applications"), amount=Sum("applications__decided"))

    def create_url(self, user: User) -> str:
        return reverse("meeting_new") if access.may(user, Can.RECORD_MEETING) else ""


def _waiting(request: HttpRequest) -> list[Application]:
    """The accepted applications to the funds of this clerk's units; what only a meeting decides comes first."""
    paths = scope(request.user, Can.RECORD_MEETING)
    rows = Application.objects.filter(within(paths, "fund__unit__path"), state=ApplicationState.ACCEPTED)
    found = list(rows.select_related("unit", "fund__unit", "purpose").order_by("pk")[:MOST])
    return sorted(found, key=lambda row: (row.decision != Decision.MEETING, row.fund_id, row.pk))


def _picked(request: HttpRequest) -> set[int]:
    """Those that were ticked in the list, or the one whose page led here."""
    texts = [text.partition(":")[0] for text in request.POST.getlist("rows")] + request.GET.getlist("application")
    return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19}


@needs(Can.RECORD_MEETING, "GET", "POST")
def meeting_new(request: HttpRequest) -> HttpResponse:
    """A line for each accepted application: agreed with an amount, refused, or not discussed."""
    sent = request.method == "POST" and ("number" in request.POST or wants_json(request))
    rows, back = _waiting(request), reverse("meeting_list")
    form = MeetingForm(request.POST if sent else None, user=request.user, rows=rows, picked=_picked(request))
    if sent and form.is_valid():
        meeting = submit_form(form, applications.record_meeting, by=request.user, **form.facts)
        if meeting is not None:
            return saved(request, meeting, "会议决定已登记", reverse("meeting_detail", args=[meeting.pk]))
    return form_page(request, form, "登记会议决定", back, template=FORM)


@needs(Can.SEE)
def meeting_detail(request: HttpRequest, pk: int) -> HttpResponse:
    query = Meeting.objects.visible_to(request.user).select_related("unit", "recorded_by")
    meeting = get_object_or_404(query, pk=pk)
    rows = list(meeting.applications.select_related("unit", "fund", "purpose").order_by("pk"))
    for row in rows:
        row.tone = APPLICATION_TONES[row.state]
    totals = meeting.applications.aggregate(asked=Sum("asked"), decided=Sum("decided"))
    context = {"row": meeting, "title": meeting.number, "rows": rows, "totals": totals, "events": timeline(meeting)}
    return render(request, "funds/meeting_detail.html", context)


urlpatterns = [
    path("meetings/", needs(Can.SEE, "GET", "HEAD", "POST")(MeetingList.as_view()), name="meeting_list"),
    path("meetings/new/", meeting_new, name="meeting_new"),
    path("meetings/<int:pk>/", meeting_detail, name="meeting_detail"),
]
