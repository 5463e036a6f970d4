"""Pages of nominations: list, card, forms, and one address for every verb, for one row and for many."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access
from carecore.access import Can
from carecore.forms.papers import PaperForm
from carecore.listing import BulkVerb, ListingView
from carecore.models import User
from carecore.offers import offered, timeline
from carecore.views.acts import needs, perform, refused, row_of, rows_of, submit_form, wants_json
from carecore.views.entry import form_page, posted, reason_of, saved, shown_version, way_back
from carecore.workflow import refuse
from sanatorium.filters.nominations import NominationFilter
from sanatorium.forms.nominations import NominationForm
from sanatorium.models import Nomination, State
from sanatorium.offers import next_step, offers_of
from sanatorium.queries import usage_of
from sanatorium.tables.nominations import TONES, NominationTable
from sanatorium.workflow import evidence, nominations, notices

PICKED = "sanatorium/nomination_pick_form.html"
SUBSTITUTE = re.compile(r"(\d{1,18}):(\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Step:
    """A verb of the nomination's way as the pages offer it."""

    function: Callable[..., Any]
    right: Can
    label: str
    done: str
    reason: bool = False  # the verb takes a reason
    danger: bool = False


STEPS = {
    "recheck": Step(evidence.recheck, Can.NOMINATE, "重新核对佐证", "佐证已重新核对"),
    "submit": Step(notices.submit, Can.SUBMIT, "报送", "已报送", reason=True),
    "confirm": Step(nominations.confirm, Can.CONFIRM, "确认", "已确认"),
    "review": Step(nominations.review, Can.REVIEW, "审核", "审核通过,已列入候补"),
    "approve": Step(nominations.approve, Can.APPROVE, "批准", "已批准"),
    "take_back": Step(notices.take_back, Can.SUBMIT, "撤回报送", "已撤回报送", reason=True, danger=True),
    "send_back": Step(nominations.send_back, Can.SEE, "退回", "已退回单位", reason=True, danger=True),
    "reject": Step(nominations.reject, Can.APPROVE, "不予批准", "已不予批准", reason=True, danger=True),
    "withdraw": Step(nominations.withdraw, Can.SEE, "撤销", "已撤销", reason=True, danger=True),
}
# Verbs that more than one right may take: whom the list offers them to.
BULK_RIGHTS = {
    "send_back": (Can.CONFIRM, Can.REVIEW, Can.APPROVE), "withdraw": (Can.NOMINATE, Can.SUBMIT)
}  # fmt: skip


class NominationList(ListingView):
    title, table_class, filterset_class = "推荐人选", NominationTable, NominationFilter

    def visible_rows(self, user: User) -> QuerySet[Nomination]:
        # What a list does not show need not be decrypted row by row.
        rows = Nomination.objects.visible_to(user).defer("phone", "health", "emergency_contact")
        return rows.select_related("unit", "plan", "batch__plan")

    def create_url(self, user: User) -> str:
        return reverse("nomination_new") if access.may(user, Can.NOMINATE) else ""

    def import_url(self, user: User) -> str:
        return reverse("nomination_import") if access.may(user, Can.NOMINATE) else ""

    def bulk_verbs(self, user: User) -> list[BulkVerb]:
        verbs = []
        if access.may(user, Can.NOMINATE):
            verbs += [
                BulkVerb("补充佐证", reverse("nomination_evidence")),
                BulkVerb("公示", reverse("notice_new")),
            ]
        for name, step in STEPS.items():
            if any(access.may(user, right) for right in BULK_RIGHTS.get(name, (step.right,))):
                needed = step.reason and name != "submit"
                verbs.append(BulkVerb(step.label, reverse(f"nominations_{name}"), needed, step.danger))
        return verbs


def _visible(request: HttpRequest) -> QuerySet[Nomination]:
    return Nomination.objects.visible_to(request.user).select_related("unit", "plan")


@needs(Can.NOMINATE, "GET", "POST")
def nomination_new(request: HttpRequest) -> HttpResponse:
    form = NominationForm(posted(request), user=request.user)
    if form.is_valid():
        data = form.cleaned_data
        facts = {"plan": data["plan"], "drafts": [form.draft], "request_id": data["request_id"]}
        rows = submit_form(form, nominations.nominate, by=request.user, **facts)
        if rows is not None:
            target = reverse("nomination_detail", args=[rows[0].pk])
            return saved(request, rows[0], "已保存为草稿", target)
    return form_page(request, form, "推荐人选", reverse("nomination_list"))


@needs(Can.NOMINATE, "GET", "POST")
def nomination_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, back = get_object_or_404(_visible(request), pk=pk), reverse("nomination_detail", args=[pk])
    form = NominationForm(posted(request), user=request.user, row=row)
    version = shown_version(request, row)
    if form.is_valid():
        facts = {"row": row_of(request, _visible(request), pk), **form.cleaned_data}
        if submit_form(form, nominations.amend, by=request.user, **facts) is not None:
            return saved(request, row, "推荐已修改", back)
    return form_page(request, form, f"修改{row}的推荐", back, version=version)


@needs(Can.SEE)
def nomination_detail(request: HttpRequest, pk: int) -> HttpResponse:
    query = _visible(request).select_related(
        "person", "quota__unit", "quota__class_quota__plan", "notice", "batch__venue", "batch__plan",
        "evidence", "sealed_form", "accepted_by", "cost", "replaces", "replaced_by",
    )  # fmt: skip
    row, user = get_object_or_404(query, pk=pk), request.user
    may_nominate = access.may(user, Can.NOMINATE, row.unit)
    context = {
        "row": row, "title": f"{row.name}({row.unit})", "tone": TONES[row.state], "events": timeline(row),
        "verbs": offered(user, row, row.unit, offers_of(row), forms={
            "nomination_prove": PaperForm(auto_id="prove_%s"),
            "nomination_seal": PaperForm(initial={"title": "盖章推荐表"}, auto_id="seal_%s"),
        }),
        "version": row.version, "quota_visible": access.may(user, Can.SEE, row.quota.unit),
        "editable": may_nominate and row.state in (State.DRAFT, State.ON_NOTICE),
        "publishable": may_nominate and row.state == State.DRAFT and not row.lacks_evidence,
        "reserve": _reserve(user, row), "next_step": next_step(row),
    }  # fmt: skip
    return render(request, "sanatorium/nomination_detail.html", context)


def _reserve(user: User, row: Nomination) -> list[Nomination]:
    """Who could take the place that this person gave up, first in order first; for the officers who may."""
    if (
        row.state != State.GIVEN_UP
        or hasattr(row, "replaced_by")
        or not access.may(user, Can.APPROVE, row.unit)
    ):
        return []
    return list(Nomination.objects.reserve().filter(plan=row.plan, quota=row.quota)[:20])


@needs(Can.SEE)
def nomination_print(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_visible(request).select_related("person"), pk=pk)
    earlier = [
        year
        for year in usage_of(row.plan, [row.person_id])[row.person_id].years_taken
        if year < row.plan.year
    ]
    context = {"row": row, "person": row.person, "last_year": max(earlier, default=None)}
    return render(request, "sanatorium/nomination_print.html", context)


def _one(name: str, step: Step) -> Callable[..., HttpResponse]:
    """The address of a verb for one nomination."""

    def answer(request: HttpRequest, pk: int) -> HttpResponse:
        rows = [row_of(request, _visible(request), pk)]
        return _carry_out(request, step, rows, reverse("nomination_detail", args=[pk]))

    answer.__name__ = f"nomination_{name}"
    return needs(step.right, "POST")(answer)


def _many(name: str, step: Step) -> Callable[..., HttpResponse]:
    """The address of a verb for the rows picked in the list."""

    def answer(request: HttpRequest) -> HttpResponse:
        back = way_back(request, reverse("nomination_list"))
        return _carry_out(request, step, rows_of(request, _visible(request)), back)

    answer.__name__ = f"nominations_{name}"
    return needs(step.right, "POST")(answer)


def _carry_out(request: HttpRequest, step: Step, rows: list[Nomination], back: str) -> HttpResponse:
    facts = {"reason": reason_of(request)} if step.reason else {}
    done = step.done if len(rows) == 1 else f"{len(rows)}人{step.done}"
    return perform(request, step.function, done=done, back=back, rows=rows, **facts)


@needs(Can.SEE, "POST")
def nomination_give_up(request: HttpRequest, pk: int) -> HttpResponse:
    row, reason = row_of(request, _visible(request), pk), reason_of(request)
    back = reverse("nomination_detail", args=[pk])
    return perform(request, nominations.give_up, done="已放弃,名额已退回", back=back, row=row, reason=reason)


@needs(Can.APPROVE, "POST")
def nomination_replace(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve the reserve chosen (`substitute=pk:version`) in the place given up."""
    leaver = row_of(request, _visible(request), pk)
    back = reverse("nomination_detail", args=[pk])
    chosen = SUBSTITUTE.fullmatch(request.POST.get("substitute", ""))
    if chosen is None:
        return refused(request, refuse("请选择递补人选", key="substitute"), back)
    substitute = get_object_or_404(_visible(request), pk=int(chosen[1]))
    substitute.version = int(chosen[2])
    facts = {"leaver": leaver, "substitute": substitute}
    return perform(request, nominations.replace, done=f"已由{substitute}递补", back=back, **facts)


@needs(Can.NOMINATE, "POST")
def nomination_evidence(request: HttpRequest) -> HttpResponse:
    """First the paper is asked for, for the rows picked; then it is kept and proves them all."""
    rows = rows_of(request, _visible(request).order_by("unit__path", "pk"))
    back = way_back(request, reverse("nomination_list"))
    if not rows:
        return refused(request, refuse("没有勾选人选,请返回名单,勾选后再办理", key="empty"), back)
    sent = "title" in request.POST or wants_json(request)
    form = PaperForm(request.POST, request.FILES) if sent else PaperForm()
    if form.is_valid():
        facts = {"rows": rows, **form.cleaned_data}
        if submit_form(form, evidence.prove, by=request.user, **facts) is not None:
            return saved(request, rows[0], f"佐证材料已用于{len(rows)}人", back)
    context = {"rows": rows, "submit": "上传并关联", "next": request.POST.get("next", "")}
    return form_page(request, form, "补充佐证", back, template=PICKED, **context)


@needs(Can.NOMINATE, "POST")
def nomination_prove(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the paper that proves this draft."""
    row, back = row_of(request, _visible(request), pk), reverse("nomination_detail", args=[pk])
    form = PaperForm(request.POST, request.FILES)
    if form.is_valid():
        facts = {"rows": [row], **form.cleaned_data}
        if submit_form(form, evidence.prove, by=request.user, **facts) is not None:
            return saved(request, row, "佐证材料已保存", back)
    return form_page(request, form, f"补充{row}的佐证", back, version=row.version, submit="上传")


@needs(Can.SEE, "POST")
def nomination_seal(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the scan of the sealed form."""
    row, back = row_of(request, _visible(request), pk), reverse("nomination_detail", args=[pk])
    form = PaperForm(request.POST, request.FILES)
    if form.is_valid():
        facts = {"row": row, **form.cleaned_data}
        if submit_form(form, evidence.file_sealed_form, by=request.user, **facts) is not None:
            return saved(request, row, "盖章推荐表已保存", back)
    return form_page(request, form, f"上传{row}的盖章推荐表", back, version=row.version, submit="上传")


urlpatterns = [
    path(
        "nominations/",
        needs(Can.SEE, "GET", "HEAD", "POST")(NominationList.as_view()),
        name="nomination_list",
    ),
    path("nominations/new/", nomination_new, name="nomination_new"),
    path("nominations/evidence/", nomination_evidence, name="nomination_evidence"),
    path("nominations/<int:pk>/", nomination_detail, name="nomination_detail"),
    path("nominations/<int:pk>/edit/", nomination_edit, name="nomination_edit"),
    path("nominations/<int:pk>/print/", nomination_print, name="nomination_print"),
    path("nominations/<int:pk>/prove/", nomination_prove, name="nomination_prove"),
    path("nominations/<int:pk>/seal/", nomination_seal, name="nomination_seal"),
    path("nominations/<int:pk>/give_up/", nomination_give_up, name="nomination_give_up"),
    path("nominations/<int:pk>/replace/", nomination_replace, name="nomination_replace"),
    *(path(f"nominations/<int:pk>/{n}/", _one(n, s), name=f"nomination_{n}") for n, s in STEPS.items()),
    *(path(f"nominations/{n}/", _many(n, s), name=f"nominations_{n}") for n, s in STEPS.items()),
]
