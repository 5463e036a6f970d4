"""Pages of applications: list, card, forms, the printed form, and one address for every verb (LYG-10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access, papers
from carecore.access import Can
from carecore.forms.papers import PaperForm
from carecore.listing import BulkVerb, ListingView
from carecore.models import Attachment, User
from carecore.offers import timeline
from carecore.views.acts import needs, perform, row_of, rows_of, submit_form
from carecore.views.entry import fetch, form_page, posted, reason_of, saved, way_back
from carecore.views.sheets import recorded_file
from funds.application_sheets import approval_form, boxes, payees
from funds.filters.applications import ApplicationFilter
from funds.forms.applications import ApplicationForm, DecideForm
from funds.models import Application, ApplicationState, Meeting, Payment
from funds.offers import available, more_pages, next_step, verbs_of
from funds.tables.applications import APPLICATION_TONES, ApplicationTable
from funds.workflow import applications

FORM = "funds/application_form.html"
KIND = Application._meta.label_lower


class ApplicationList(ListingView):
    title, table_class, filterset_class = "资金申请", ApplicationTable, ApplicationFilter

    def visible_rows(self, user: User) -> QuerySet[Application]:
        return Application.objects.visible_to(user).select_related("unit", "fund", "purpose")

    def create_url(self, user: User) -> str:
        return reverse("application_new") if access.may(user, Can.APPLY) else ""

    def bulk_verbs(self, user: User) -> list[BulkVerb]:
        verbs = []
        if access.may(user, Can.ACCEPT):
            verbs.append(BulkVerb("受理", reverse("applications_accept")))
        if access.may(user, Can.RECORD_MEETING):
            verbs.append(BulkVerb("登记会议决定", reverse("meeting_new")))
        return verbs


def visible_applications(request: HttpRequest) -> QuerySet[Application]:
    """The applications of this user, with what their pages show."""
    return Application.objects.visible_to(request.user).select_related("unit", "fund__unit", "purpose")


def application_page(pk: int) -> str:
    return reverse("application_detail", args=[pk])


@needs(Can.APPLY, "GET", "POST")
def application_new(request: HttpRequest) -> HttpResponse:
    back = reverse("application_list")
    if "add_row" in request.POST:
        form = ApplicationForm(user=request.user, redrawn=request.POST)
        return form_page(request, form, "填写资金申请", back, template=FORM)
    form = ApplicationForm(posted(request), user=request.user)
    if form.is_valid():
        row = submit_form(form, applications.draft_application, by=request.user, **form.facts)
        if row is not None:
            return saved(request, row, "已保存为草稿", application_page(row.pk))
    return form_page(request, form, "填写资金申请", back, template=FORM)


@needs(Can.APPLY, "GET", "POST")
def application_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, back = fetch(request, visible_applications(request), pk), application_page(pk)
    redrawn = request.POST if "add_row" in request.POST else None
    form = ApplicationForm(None if redrawn else posted(request), user=request.user, row=row, redrawn=redrawn)
    if not redrawn and form.is_valid():
        facts = {"application": row, **form.facts}
        if submit_form(form, applications.amend_application, by=request.user, **facts) is not None:
            return saved(request, row, "已保存", back)
    return form_page(request, form, f"修改{row.subject}", back, row, template=FORM)


@needs(Can.SEE)
def application_detail(request: HttpRequest, pk: int) -> HttpResponse:
    query = visible_applications(request).select_related("applied_by", "accepted_by", "decided_by", "meeting")
    row, user = get_object_or_404(query, pk=pk), request.user
    keeps = access.may(user, Can.SEE, row.fund.unit)
    meeting = row.meeting
    context = {
        "row": row, "title": row.subject, "tone": APPLICATION_TONES[row.state], "lines": _lines(row),
        "verbs": verbs_of(user, row, {"application_decide": DecideForm(row=row)}), "version": row.version,
        "pages": more_pages(user, row), "next_step": next_step(row), "events": timeline(row),
        "own": available(row) if keeps else None,
        "meeting_visible": meeting and Meeting.objects.visible_to(user).filter(pk=meeting.pk).exists(),
        "papers": _papers(user, row), "attachable": _attachable(user, row), "paper_form": PaperForm(auto_id="paper_%s"),
        "payments": Payment.objects.visible_to(user).filter(document_kind=KIND, document_id=pk),
    }  # fmt: skip
    return render(request, "funds/application_detail.html", context)


def _lines(row: Application) -> list[Any]:
    return list(row.lines.standing().select_related("person").order_by("pk"))


def _papers(user: User, row: Application) -> QuerySet[Attachment]:
    return Attachment.objects.visible_to(user).filter(document_kind=KIND, document_id=row.pk).order_by("pk")


def _attachable(user: User, row: Application) -> bool:
    open_still = row.state not in (ApplicationState.REFUSED, ApplicationState.WITHDRAWN, ApplicationState.PAID)
    return open_still and (access.may(user, Can.APPLY, row.unit) or access.may(user, Can.ACCEPT, row.fund.unit))


@needs(Can.SEE, "POST")
def application_attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a paper with the application: proof of the hardship, minutes, lists."""
    row, back = get_object_or_404(visible_applications(request), pk=pk), application_page(pk)
    form = PaperForm(request.POST, request.FILES)
    if form.is_valid():
        facts = {"unit": row.unit, "purpose": "申请材料", "document_kind": KIND, "document_id": pk, **form.cleaned_data}
        paper = submit_form(form, papers.attach, by=request.user, **facts)
        if paper is not None:
            return saved(request, paper, "附件已上传", back)
    return form_page(request, form, f"上传{row.subject}的附件", back, submit="上传")


@needs(Can.SEE)
def application_print(request: HttpRequest, pk: int) -> HttpResponse:
    query = visible_applications(request).select_related("applied_by", "meeting", "accepted_by")
    row = get_object_or_404(query, pk=pk)
    lines = _lines(row)
    context = {
        "row": row, "lines": lines, "payees": payees(lines), "boxes": boxes(row), "papers": _papers(request.user, row),
    }  # fmt: skip
    return render(request, "funds/application_print.html", context)


@needs(Can.SEE)
def application_sheet(request: HttpRequest, pk: int) -> HttpResponseBase:
    row = get_object_or_404(visible_applications(request).select_related("applied_by", "meeting"), pk=pk)
    titles = [paper.title for paper in _papers(request.user, row)]
    return recorded_file(request, approval_form(row, _lines(row), titles), row)


@dataclass(frozen=True)
class Step:
    """A verb of the application's way: who may ask for it at all, and what it takes."""

    function: Callable[..., Any]
    right: Can
    done: str
    argument: str = "application"
    many: bool = False


STEPS = {
    "apply": Step(applications.apply, Can.APPLY, "申请已提交"),
    "withdraw": Step(applications.withdraw_application, Can.APPLY, "申请已撤回"),
    "accept": Step(applications.accept, Can.ACCEPT, "已受理,资金已预留", "rows", many=True),
    "send_back": Step(applications.send_back, Can.ACCEPT, "已退回申请单位", "row"),
    "refuse": Step(applications.refuse_application, Can.SEE, "已登记不同意"),
}


def _one(name: str, step: Step) -> Callable[..., HttpResponse]:
    """The address of a verb for one application."""

    def answer(request: HttpRequest, pk: int) -> HttpResponse:
        row = row_of(request, visible_applications(request), pk)
        facts = {step.argument: [row] if step.many else row, "reason": reason_of(request)}
        return perform(request, step.function, done=step.done, back=application_page(pk), **facts)

    answer.__name__ = f"application_{name}"
    return needs(step.right, "POST")(answer)


@needs(Can.ACCEPT, "POST")
def applications_accept(request: HttpRequest) -> HttpResponse:
    """Accept the applications picked in the list."""
    rows = rows_of(request, visible_applications(request))
    facts = {"rows": rows, "reason": reason_of(request)}
    back = way_back(request, reverse("application_list"))
    return perform(request, applications.accept, done=f"已受理{len(rows)}份申请,资金已预留", back=back, **facts)


@needs(Can.SEE, "POST")
def application_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The decision of one person, with its amount."""
    row, back = row_of(request, visible_applications(request), pk), application_page(pk)
    form = DecideForm(request.POST, row=row)
    if form.is_valid():
        facts = {"application": row, **form.cleaned_data}
        decided = submit_form(form, applications.decide, by=request.user, **facts)
        if decided is not None:
            return saved(request, decided, "已批准", back)
    return form_page(request, form, f"审批{row.subject}", back, row, submit="批准")


LIST = needs(Can.SEE, "GET", "HEAD", "POST")
urlpatterns = [
    path("applications/", LIST(ApplicationList.as_view()), name="application_list"),
    path("applications/new/", application_new, name="application_new"),
    path("applications/accept/", applications_accept, name="applications_accept"),
    path("applications/<int:pk>/", application_detail, name="application_detail"),
    path("applications/<int:pk>/edit/", application_edit, name="application_edit"),
    path("applications/<int:pk>/print/", application_print, name="application_print"),
    path("applications/<int:pk>/sheet/", application_sheet, name="application_sheet"),
    path("applications/<int:pk>/attach/", application_attach, name="application_attach"),
    path("applications/<int:pk>/decide/", application_decide, name="application_decide"),
    *(path(f"applications/<int:pk>/{n}/", _one(n, s), name=f"application_{n}") for n, s in STEPS.items()),
]
