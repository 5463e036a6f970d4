"""Pages of public notices and of the objections to them (BZ-17)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access, clock
from carecore.access import Can
from carecore.listing import ListingView
from carecore.models import Notice, NoticeLine, Objection, User
from carecore.models.papers import NoticeState, ObjectionState
from carecore.offers import Offer, offered, timeline
from carecore.policy import Rulebook
from carecore.views.acts import (
    field_errors,
    form_status,
    needs,
    perform,
    refused,
    row_of,
    rows_of,
    submit_form,
    wants_json,
)
from carecore.views.entry import form_page, reason_of, saved, way_back
from carecore.workdays import ONE_DAY
from carecore.workflow import refuse
from sanatorium.filters.nominations import NoticeFilter
from sanatorium.forms.nominations import HandlingForm, NoticeForm, ObjectionForm
from sanatorium.models import Nomination, State
from sanatorium.phases import PHASE_TONES, Phase, phase_of
from sanatorium.tables.nominations import TONES, NoticeTable
from sanatorium.workflow import notices

PICKED = "sanatorium/nomination_pick_form.html"
OFFERS = (
    Offer(
        "撤回公示", "notice_cancel", (Can.NOMINATE,), (NoticeState.RUNNING,), needs_reason=True, danger=True
    ),
)


class NoticeList(ListingView):
    title, table_class, filterset_class = "公示", NoticeTable, NoticeFilter

    def visible_rows(self, user: User) -> QuerySet[Notice]:
        return Notice.objects.visible_to(user).select_related("unit")


def _visible(request: HttpRequest) -> QuerySet[Notice]:
    return Notice.objects.visible_to(request.user).select_related("unit", "published_by")


@needs(Can.NOMINATE, "POST")
def notice_new(request: HttpRequest) -> HttpResponse:
    """First the days and the place are asked for, for the rows picked; then the notice is published."""
    picked = Nomination.objects.visible_to(request.user).select_related("unit", "plan").order_by("pk")
    rows, back = rows_of(request, picked), way_back(request, reverse("nomination_list"))
    if not rows:
        return refused(request, refuse("没有勾选人选,请返回名单,勾选后再办理", key="empty"), back)
    units = list(dict.fromkeys(str(row.unit) for row in rows))
    if len(units) > 1:
        message = f"所选人选属于{'、'.join(units)},各单位分别公示,请按单位筛选后再选"
        return refused(request, refuse(message, key="unit"), back)
    sent = "starts_on" in request.POST or wants_json(request)
    unit = rows[0].unit
    form = NoticeForm(request.POST, unit=unit) if sent else NoticeForm(unit=unit)
    if form.is_valid():
        facts = {
            "unit": unit,
            "rows": rows,
            "paper": form.paper,
            "reason": form.cleaned_data.get("reason", ""),
            "request_id": form.cleaned_data["request_id"],
        }
        notice = submit_form(form, notices.publish_notice, by=request.user, **facts)
        if notice is not None:
            return saved(request, notice, "公示已发布,请打印张贴", reverse("notice_detail", args=[notice.pk]))
    context = {"rows": rows, "submit": "发布公示"}
    return form_page(request, form, f"公示{unit}推荐人选", back, template=PICKED, **context)


@needs(Can.SEE)
def notice_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(_visible(request), pk=pk))


def _page(
    request: HttpRequest, notice: Notice, objecting: Form | None = None, handling: Form | None = None,
    wrong: int = 0,
) -> HttpResponse:  # fmt: skip
    """The notice with its names, its objections and the forms that its readers may use."""
    user, phase = request.user, phase_of(notice, clock.today())
    may_settle = access.may(user, Can.SUBMIT, notice.unit)
    may_object = (may_settle or access.may(user, Can.NOMINATE, notice.unit)) and phase != Phase.CANCELLED
    lines = _lines(notice)
    objections = list(notice.objections.select_related("line", "handled_by"))
    for objection in objections:
        objection.form = handling if objection.pk == wrong else HandlingForm(auto_id=f"o{objection.pk}_%s")
    context = {
        "notice": notice, "title": str(notice), "phase": phase, "tone": PHASE_TONES[phase], "lines": lines,
        "waiting": sum(line.row is not None and line.row.state == State.ON_NOTICE for line in lines),
        "objections": objections, "next_day": notice.ends_on + ONE_DAY, "open": ObjectionState.OPEN,
        "may_settle": may_settle, "objection_form": _objecting(notice, objecting) if may_object else None,
        "verbs": offered(user, notice, notice.unit, OFFERS), "version": notice.version,
        "events": timeline(notice),
        "limit": Rulebook(notice.starts_on).limit("sanatorium.notice_days", notice.unit),
    }  # fmt: skip
    sent = objecting or handling
    status = 200 if sent is None else form_status(sent)
    return render(request, "sanatorium/notice_detail.html", context, status=status)


def _lines(notice: Notice) -> list[NoticeLine]:
    """The names as they were published, each with where its nomination stands now."""
    lines = list(notice.lines.filter(document_kind=notices.KIND))
    rows = Nomination.objects.only("state").in_bulk([line.document_id for line in lines])
    for line in lines:
        line.row = rows.get(line.document_id)
        line.tone = TONES[line.row.state] if line.row else "neutral"
    return lines


def _objecting(notice: Notice, sent: Form | None) -> Form:
    return sent or ObjectionForm(lines=notice.lines.all(), auto_id="objection_%s")


@needs(Can.SEE)
def notice_print(request: HttpRequest, pk: int) -> HttpResponse:
    notice = get_object_or_404(_visible(request), pk=pk)
    return render(request, "sanatorium/notice_print.html", {"notice": notice, "lines": notice.lines.all()})


@needs(Can.NOMINATE, "POST")
def notice_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    notice, reason = row_of(request, _visible(request), pk), reason_of(request)
    back = reverse("notice_detail", args=[pk])
    return perform(request, notices.cancel_notice, done="公示已撤回", back=back, notice=notice, reason=reason)


@needs(Can.SEE, "POST")
def notice_object(request: HttpRequest, pk: int) -> HttpResponse:
    notice = row_of(request, _visible(request), pk)
    form = ObjectionForm(request.POST, lines=notice.lines.all(), auto_id="objection_%s")
    if form.is_valid():
        facts = {"notice": notice, **form.cleaned_data}
        if submit_form(form, notices.object_to, by=request.user, **facts) is not None:
            return saved(
                request, notice, "异议已登记,处理完毕前名单不能报送", reverse("notice_detail", args=[pk])
            )
    return field_errors(form) if wants_json(request) else _page(request, notice, objecting=form)


@needs(Can.SUBMIT, "POST")
def objection_settle(request: HttpRequest, pk: int) -> HttpResponse:
    visible = Objection.objects.filter(notice__in=Notice.objects.visible_to(request.user))
    objection = row_of(request, visible.select_related("line"), pk)
    form = HandlingForm(request.POST, auto_id=f"o{pk}_%s")
    if form.is_valid():
        facts = {"objection": objection, **form.cleaned_data}
        if submit_form(form, notices.settle_objection, by=request.user, **facts) is not None:
            target = reverse("notice_detail", args=[objection.notice_id])
            return saved(request, objection, "异议已处理", target)
    if wants_json(request):
        return field_errors(form)
    notice = get_object_or_404(_visible(request), pk=objection.notice_id)
    return _page(request, notice, handling=form, wrong=pk)


urlpatterns = [
    path("notices/", needs(Can.SEE, "GET", "HEAD", "POST")(NoticeList.as_view()), name="notice_list"),
    path("notices/new/", notice_new, name="notice_new"),
    path("notices/<int:pk>/", notice_detail, name="notice_detail"),
    path("notices/<int:pk>/print/", notice_print, name="notice_print"),
    path("notices/<int:pk>/cancel/", notice_cancel, name="notice_cancel"),
    path("notices/<int:pk>/object/", notice_object, name="notice_object"),
    path("notices/objections/<int:pk>/settle/", objection_settle, name="objection_settle"),
]
