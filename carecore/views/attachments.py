"""Pages of attachments: the list, one attachment, filing one, downloading one."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access, audit, papers
from carecore.access import WORKING, Can
from carecore.forms.papers import AttachmentForm
from carecore.listing import ListingView
from carecore.lists.papers import AttachmentFilter, AttachmentTable
from carecore.models import Attachment, User
from carecore.offers import timeline
from carecore.views.acts import needs, submit_form
from carecore.views.entry import form_page, posted, saved


class AttachmentList(ListingView):
    title, table_class, filterset_class = "附件", AttachmentTable, AttachmentFilter

    def visible_rows(self, user: User) -> QuerySet[Attachment]:
        return Attachment.objects.visible_to(user).select_related("unit", "uploaded_by")

    def create_url(self, user: User) -> str:
        files_papers = any(access.may(user, permission) for permission in WORKING)
        return reverse("attachment_new") if files_papers else ""


def _papers(request: HttpRequest) -> QuerySet[Attachment]:
    return Attachment.objects.visible_to(request.user).select_related("unit", "uploaded_by")


@needs(Can.SEE, "GET", "POST")
def attachment_new(request: HttpRequest) -> HttpResponse:
    form = AttachmentForm(posted(request), request.FILES or None, user=request.user)
    if form.is_valid():
        paper = submit_form(form, papers.attach, by=request.user, **form.cleaned_data)
        if paper is not None:
            return saved(request, paper, "附件已上传", reverse("attachment_detail", args=[paper.pk]))
    return form_page(request, form, "上传附件", reverse("attachment_list"), submit="上传")


@needs(Can.SEE)
def attachment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    paper = get_object_or_404(_papers(request), pk=pk)
    context = {"title": paper.title, "row": paper, "events": timeline(paper)}
    return render(request, "carecore/attachment_detail.html", context)


@needs(Can.SEE)
def attachment_download(request: HttpRequest, pk: int) -> FileResponse:
    """The file itself, never shown within the site; who fetched it is recorded."""
    paper = get_object_or_404(_papers(request), pk=pk)
    stream = paper.file.open("rb")
    audit.record_access(by=request.user, action="download", row=paper)
    response = FileResponse(
        stream, as_attachment=True, filename=paper.file_name, content_type=papers.content_type(paper)
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


urlpatterns = [
    path("attachments/", needs(Can.SEE, "GET", "POST")(AttachmentList.as_view()), name="attachment_list"),
    path("attachments/new/", attachment_new, name="attachment_new"),
    path("attachments/<int:pk>/", attachment_detail, name="attachment_detail"),
    path("attachments/<int:pk>/file/", attachment_download, name="attachment_download"),
]
