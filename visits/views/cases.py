"""Pages of hardship files: list, card, forms, people, papers, and one address for every verb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access, clock, papers
from carecore.access import Can
from carecore.forms.papers import PaperForm
from carecore.listing import BulkVerb, ListingView
from carecore.models import Attachment, User
from carecore.offers import offered, timeline
from carecore.policy import Rulebook
from carecore.views.acts import needs, perform, refused, row_of, rows_of, submit_form
from carecore.views.entry import fetch, form_page, posted, reason_of, saved, shown_version, way_back
from carecore.workflow import refuse
from visits.case_offers import CASE_OFFERS, next_step
from visits.case_queries import overdue_day
from visits.filters.cases import CaseFilter
from visits.forms.cases import AdjustForm, CaseForm, MemberForm, MergeForm, OpinionForm, RecogniseForm
from visits.models import ENDED, CaseState, HardshipCase, HouseholdMember
from visits.rules.files import CATEGORIES, CAUSES
from visits.rules.grades import Standard, compute
from visits.tables.cases import CASE_TONES, CaseTable
from visits.workflow import cases, households, verifying

KIND = HardshipCase._meta.label_lower
HIDDEN = ("address", "phone", "health", "description")  # a list does not show them: they need not be decrypted


@dataclass(frozen=True)
class Step:
    """A verb of the file's way as the pages offer it, for one file and for those picked in the list."""

    function: Callable[..., Any]
    right: Can
    label: str
    done: str
    reason: str = ""  # the name under which the verb takes words
    danger: bool = False
    bulk: bool = True


STEPS = {
    "report": Step(cases.report, Can.KEEP_HARDSHIP, "上报", "已上报"),
    "endorse": Step(cases.endorse, Can.ENDORSE_HARDSHIP, "审核同意", "已审核"),
    "opinion": Step(cases.give_opinion, Can.ADVISE_HARDSHIP, "提出意见", "已提出意见", reason="opinion"),
    "recognise": Step(cases.recognise, Can.RECOGNISE_HARDSHIP, "认定", "已认定", reason="reason"),
    "keep": Step(verifying.keep_cases, Can.KEEP_HARDSHIP, "年度核实:保持", "已核实,保持不变", reason="reason"),
    "refuse": Step(cases.refuse_case, Can.RECOGNISE_HARDSHIP, "不予认定", "已不予认定", reason="reason", danger=True, bulk=False),
    "return": Step(cases.return_case, Can.SEE_HARDSHIP, "退回", "已退回经办人", reason="reason", danger=True, bulk=False),
    "take_back": Step(cases.take_back_case, Can.KEEP_HARDSHIP, "撤回上报", "已撤回", reason="reason", danger=True, bulk=False),
    "withdraw": Step(cases.withdraw_case, Can.KEEP_HARDSHIP, "撤销", "已撤销", reason="reason", danger=True, bulk=False),
}  # fmt: skip
ASKED_FIRST = ("opinion",)  # in bulk the words are asked for before, not only where a warning needs them


class CaseList(ListingView):
    title, table_class, filterset_class = "困难档案", CaseTable, CaseFilter

    def visible_rows(self, user: User) -> QuerySet[HardshipCase]:
        return HardshipCase.objects.visible_to(user).defer(*HIDDEN).select_related("unit")

    def create_url(self, user: User) -> str:
        return reverse("case_new") if access.may(user, Can.KEEP_HARDSHIP) else ""

    def import_url(self, user: User) -> str:
        return reverse("case_import") if access.may(user, Can.KEEP_HARDSHIP) else ""

    def bulk_verbs(self, user: User) -> list[BulkVerb]:
        return [
            BulkVerb(step.label, reverse(f"cases_{name}"), name in ASKED_FIRST, step.danger)
            for name, step in STEPS.items()
            if step.bulk and access.may(user, step.right)
        ]


def _visible(request: HttpRequest) -> QuerySet[HardshipCase]:
    return HardshipCase.objects.visible_to(request.user).select_related("unit", "person")


def _page(pk: int) -> str:
    return reverse("case_detail", args=[pk])


@needs(Can.KEEP_HARDSHIP, "GET", "POST")
def case_new(request: HttpRequest) -> HttpResponse:
    form = CaseForm(posted(request), user=request.user)
    if form.is_valid():
        facts = {"drafts": [form.draft], "request_id": form.cleaned_data["request_id"]}
        rows = submit_form(form, cases.open_cases, by=request.user, **facts)
        if rows is not None:
            return saved(request, rows[0], "已保存为草稿,请登记家庭成员后上报", _page(rows[0].pk))
    return form_page(request, form, "建立困难档案", reverse("case_list"))


@needs(Can.KEEP_HARDSHIP, "GET", "POST")
def case_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = fetch(request, _visible(request), pk)
    form = CaseForm(posted(request), user=request.user, row=row)
    if form.is_valid():
        facts = {"row": row, **form.cleaned_data}
        if submit_form(form, cases.amend_case, by=request.user, **facts) is not None:
            return saved(request, row, "困难档案已修改", _page(pk))
    return form_page(request, form, f"修改{row}", _page(pk), version=shown_version(request, row))


@needs(Can.SEE_HARDSHIP)
def case_detail(request: HttpRequest, pk: int) -> HttpResponse:
    people = ("reported_by", "endorsed_by", "opinion_by", "recognised_by", "grade_by", "merged_into")
    row, user = get_object_or_404(_visible(request).select_related(*people), pk=pk), request.user
    keeps = access.may(user, Can.KEEP_HARDSHIP, row.unit)
    standard, day = Standard.from_dict(row.standard), overdue_day(user)
    context = {
        "row": row, "title": str(row), "tone": CASE_TONES[CaseState(row.state)], "events": timeline(row), "version": row.version,
        "lines": compute(row, standard).lines, "clauses": standard.clauses, "next_step": next_step(row),
        "overdue": bool(day and row.state == CaseState.RECOGNISED and row.verified_on <= day),
        "verbs": offered(user, row, row.unit, CASE_OFFERS, forms=_forms(row)),
        "further": _labels(row, CAUSES, row.further_causes), "categories": _labels(row, CATEGORIES, row.categories),
        "members": row.members.filter(dropped=False).order_by("pk"),
        "verifications": row.verifications.select_related("verified_by"),
        "papers": Attachment.objects.visible_to(user).filter(document_kind=KIND, document_id=pk).order_by("pk"),
        "editable": keeps and row.state == CaseState.DRAFT,
        "changeable": keeps and row.state in households.CHANGEABLE,
        "paper_form": PaperForm(auto_id="paper_%s") if keeps and row.state not in ENDED else None,
    }  # fmt: skip
    return render(request, "visits/case_detail.html", context)


def _forms(row: HardshipCase) -> dict[str, Any]:
    """What the verbs of the page ask for; only the forms of the state the file is in are made."""
    if row.state == CaseState.ENDORSED:
        return {"case_opinion": OpinionForm(auto_id="opinion_%s")}
    if row.state == CaseState.GIVEN_OPINION:
        return {"case_recognise": RecogniseForm(row=row, auto_id="recognise_%s")}
    forms: dict[str, Any] = {"case_merge": MergeForm(auto_id="merge_%s")}
    if row.state == CaseState.RECOGNISED:
        forms["case_adjust"] = AdjustForm(row=row, auto_id="adjust_%s")
    return forms


def _labels(row: HardshipCase, key: str, codes: list[str]) -> str:
    """Codes by the labels of the rule in force; one that it does not list stands as it is."""
    entries = Rulebook(clock.today()).value(key, row.unit) or [] if codes else []
    known = {entry["code"]: entry["label"] for entry in entries}
    return "、".join(known.get(code, code) for code in codes)


def _one(name: str, step: Step) -> Callable[..., HttpResponse]:
    """The address of a verb for one file."""

    def answer(request: HttpRequest, pk: int) -> HttpResponse:
        return _carry_out(request, step, [row_of(request, _visible(request), pk)], _page(pk))

    answer.__name__ = f"case_{name}"
    return needs(step.right, "POST")(answer)


def _many(name: str, step: Step) -> Callable[..., HttpResponse]:
    """The address of a verb for the files picked in the list."""

    def answer(request: HttpRequest) -> HttpResponse:
        return _carry_out(request, step, rows_of(request, _visible(request)), way_back(request, reverse("case_list")))

    answer.__name__ = f"cases_{name}"
    return needs(step.right, "POST")(answer)


def _carry_out(request: HttpRequest, step: Step, rows: list[HardshipCase], back: str) -> HttpResponse:
    facts = {step.reason: _words(request, step.reason)} if step.reason else {}
    if step.function is cases.recognise:
        facts["grade"] = request.POST.get("grade", "").replace("\0", "")
    done = step.done if len(rows) == 1 else f"{len(rows)}户{step.done}"
    return perform(request, step.function, done=done, back=back, rows=rows, **facts)


def _words(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "") or reason_of(request)


@needs(Can.KEEP_HARDSHIP, "POST")
def case_adjust(request: HttpRequest, pk: int) -> HttpResponse:
    row = row_of(request, _visible(request), pk)
    form = AdjustForm(request.POST, row=row)
    if form.is_valid():
        facts = {"row": row, **form.cleaned_data}
        if submit_form(form, verifying.adjust_case, by=request.user, **facts) is not None:
            return saved(request, row, "已按核实情况调整,重新上报", _page(pk))
    return form_page(request, form, f"年度核实:调整{row}", _page(pk), row)


@needs(Can.KEEP_HARDSHIP, "POST")
def case_exit(request: HttpRequest, pk: int) -> HttpResponse:
    row, reason = row_of(request, _visible(request), pk), reason_of(request)
    return perform(request, verifying.exit_case, done="已退出", back=_page(pk), row=row, reason=reason)


@needs(Can.KEEP_HARDSHIP, "POST")
def case_merge(request: HttpRequest, pk: int) -> HttpResponse:
    row = row_of(request, _visible(request), pk)
    form = MergeForm(request.POST)
    if not form.is_valid():
        return form_page(request, form, f"合并{row}", _page(pk), row, submit="合并")
    number = form.cleaned_data.pop("into")
    into = _visible(request).living().filter(pk=number).first() if number < 2**63 else None
    if into is None:
        return refused(request, refuse(f"没有编号为{number}的在用档案,或不在您的管理范围内,请核对", key="into"), _page(pk))
    return perform(request, households.merge_cases, done="已合并", back=_page(into.pk), row=row, into=into, **form.cleaned_data)


@needs(Can.KEEP_HARDSHIP, "GET", "POST")
def member_new(request: HttpRequest, pk: int) -> HttpResponse:
    case = fetch(request, _visible(request), pk)
    form = MemberForm(posted(request))
    if form.is_valid():
        member = submit_form(form, households.add_member, by=request.user, case=case, draft=form.draft)
        if member is not None:
            return saved(request, member, "家庭成员已登记", _page(pk))
    return form_page(request, form, f"{case}:增加家庭成员", _page(pk), case)


def _members(request: HttpRequest) -> QuerySet[HouseholdMember]:
    return HouseholdMember.objects.filter(case__in=_visible(request)).select_related("case__unit", "case__person")


@needs(Can.KEEP_HARDSHIP, "GET", "POST")
def member_edit(request: HttpRequest, pk: int) -> HttpResponse:
    member = fetch(request, _members(request), pk)
    form = MemberForm(posted(request), member=member)
    back = _page(member.case_id)
    if form.is_valid():
        facts = {"member": member, **form.cleaned_data}
        if submit_form(form, households.change_member, by=request.user, **facts) is not None:
            return saved(request, member, "家庭成员已修改", back)
    return form_page(request, form, f"修改家庭成员:{member}", back, member)


@needs(Can.KEEP_HARDSHIP, "POST")
def member_drop(request: HttpRequest, pk: int) -> HttpResponse:
    member = row_of(request, _members(request), pk)
    facts = {"member": member, "reason": reason_of(request)}
    return perform(request, households.drop_member, done="已移出", back=_page(member.case_id), **facts)


@needs(Can.KEEP_HARDSHIP, "POST")
def case_attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a paper with the file: diagnosis, income, household register."""
    row, back = get_object_or_404(_visible(request), pk=pk), _page(pk)
    form = PaperForm(request.POST, request.FILES)
    if form.is_valid():
        facts = {"unit": row.unit, "purpose": "困难档案", "document_kind": KIND, "document_id": pk, **form.cleaned_data}
        paper = submit_form(form, papers.attach, by=request.user, **facts)
        if paper is not None:
            return saved(request, paper, "附件已上传", back)
    return form_page(request, form, f"上传{row}的附件", back, submit="上传")


urlpatterns = [
    path("cases/", needs(Can.SEE_HARDSHIP, "GET", "HEAD", "POST")(CaseList.as_view()), name="case_list"),
    path("cases/new/", case_new, name="case_new"),
    path("cases/<int:pk>/", case_detail, name="case_detail"),
    path("cases/<int:pk>/edit/", case_edit, name="case_edit"),
    path("cases/<int:pk>/adjust/", case_adjust, name="case_adjust"),
    path("cases/<int:pk>/exit/", case_exit, name="case_exit"),
    path("cases/<int:pk>/merge/", case_merge, name="case_merge"),
    path("cases/<int:pk>/attach/", case_attach, name="case_attach"),
    path("cases/<int:pk>/members/new/", member_new, name="member_new"),
    path("cases/members/<int:pk>/edit/", member_edit, name="member_edit"),
    path("cases/members/<int:pk>/drop/", member_drop, name="member_drop"),
    *(path(f"cases/<int:pk>/{n}/", _one(n, s), name=f"case_{n}") for n, s in STEPS.items()),
    *(path(f"cases/{n}/", _many(n, s), name=f"cases_{n}") for n, s in STEPS.items() if s.bulk),
]
