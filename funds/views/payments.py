"""Pages of payments: list, card with its lines, preparing, amending, and the verbs of the whole."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access, documents
from carecore.access import Can, scope
from carecore.listing import BulkVerb, ListingView
from carecore.models import User
from carecore.models.units import within
from carecore.offers import timeline
from carecore.views.acts import form_status, needs, perform, refused, request_id, row_of, rows_of, wants_json
from carecore.views.entry import posted, reason_of, saved, shown_version
from carecore.workflow import Refused
from funds.filters.payments import LineFilter, PaymentFilter
from funds.forms.payments import BLANK_LINES, LineForm, PaidOnForm, drafts_of, total_of
from funds.models import Application, ApplicationState, LineState, Payment, PaymentLine, PaymentState, Voucher
from funds.tables.payments import PAYMENT_TONES, LineTable, PaymentTable
from funds.views.payment_steps import PREPARING, steps
from funds.workflow import payments

# So many lines stand on one page of a form; a longer list is amended page by page.
ON_FORM = 100
VOUCHERS = 20  # the latest that a card names


class PaymentList(ListingView):
    title, table_class, filterset_class = "支付单", PaymentTable, PaymentFilter

    def visible_rows(self, user: User) -> QuerySet[Payment]:
        return Payment.objects.visible_to(user).select_related("fund__unit", "purpose")

    def create_url(self, user: User) -> str:
        return reverse("payment_new") if any(access.may(user, right) for right in PREPARING) else ""


def visible_payments(request: HttpRequest) -> QuerySet[Payment]:
    """The payments of this user, with what their pages show."""
    return Payment.objects.visible_to(request.user).select_related(
        "fund__unit", "purpose", "prepared_by", "approved_by"
    )


def payment_page(pk: int) -> str:
    return reverse("payment_detail", args=[pk])


class PaymentDetail(ListingView):
    """The card of one payment, and its lines as a list of their own: filtered, paged, exported.

    Without its payment, as the command exports it, it is the list of all lines.
    """

    payment: Payment | None = None
    title, table_class, filterset_class = "支付明细", LineTable, LineFilter
    template_name, part_template_name = "funds/payment_detail.html", "_partials/list.html"
    start_export_job = None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            self.payment = get_object_or_404(visible_payments(request), pk=kwargs["pk"])
            self.title = f"{self.payment}明细"
        return super().get(request, *args, **kwargs)

    def visible_rows(self, user: User) -> QuerySet[PaymentLine]:
        lines = PaymentLine.objects.visible_to(user).select_related("person__unit", "payment")
        return lines.filter(payment=self.payment) if self.payment else lines

    def _may(self, user: User, *rights: Can) -> bool:
        return bool(self.payment) and any(access.may(user, right, self.payment.fund.unit) for right in rights)

    def bulk_verbs(self, user: User) -> list[BulkVerb]:
        if not self._may(user, Can.PAY) or self.payment.state == PaymentState.CANCELLED:
            return []
        pk = self.payment.pk
        paying = [BulkVerb("直接支付", reverse("payment_pay", args=[pk]))]
        signing = [BulkVerb("登记签领", reverse("payment_sign", args=[pk]))]
        return signing if self.payment.state == PaymentState.PAID else paying + signing

    def hidden_columns(self, user: User, filterset: LineFilter) -> tuple[str, ...]:
        hidden = (*super().hidden_columns(user, filterset), *(("payment",) if self.payment else ()))
        return hidden if self._may(user, *PREPARING) else (*hidden, "act")

    def context(self, filterset: Any, table: Any, page: Any) -> dict[str, Any]:
        user, payment = self.request.user, self.payment
        sums = _sums(payment)
        counts = Counter({state: count for state, count, _ in sums})
        vouchers = Voucher.objects.filter(document_kind=Payment._meta.label_lower, document_id=payment.pk)
        return {
            **super().context(filterset, table, page), "title": f"{payment} {payment.subject}", "payment": payment,
            "tone": PAYMENT_TONES[payment.state], "sums": sums, "events": timeline(payment), "version": payment.version,
            "vouchers": vouchers.order_by("-pk")[:VOUCHERS],
            "document": documents.link(user, payment.document_kind, payment.document_id),
            "may_export": self._may(user, Can.EXPORT_FULL), **steps(user, payment, counts),
        }  # fmt: skip


def _sums(payment: Payment) -> list[tuple[str, int, Any]]:
    """How many lines stand in each state, and what they add up to, in the order of the states."""
    rows = payment.lines.order_by().values_list("state").annotate(Count("pk"), Sum("amount"))
    found = {state: (count, amount) for state, count, amount in rows}
    return [(state, *found[state]) for state in LineState.values if state in found]


# Preparing -------------------------------------------------------------------------------------------------


def _payable(user: User) -> QuerySet[Application]:
    """The decided applications to funds of units whose payments this user prepares."""
    mine = within(sorted({path for right in PREPARING for path in scope(user, right)}), "fund__unit__path")
    rows = Application.objects.filter(mine, state=ApplicationState.DECIDED)
    return rows.select_related("unit", "fund__unit", "purpose", "decided_by").order_by("decided_on", "pk")


@needs(Can.SEE, "GET", "POST")
def payment_new(request: HttpRequest) -> HttpResponse:
    """The applications that wait for their payment, or the lines of the one that was chosen."""
    wanted = request.POST.get("application") or request.GET.get("application", "")
    if not wanted:
        rows = Paginator(_payable(request.user), ON_FORM).get_page(request.GET.get("page"))
        context = {"title": "编制支付单", "rows": rows, "back": reverse("payment_list")}
        return render(request, "funds/payment_pick.html", context)
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else 0
    visible = Application.objects.visible_to(request.user).select_related("unit", "fund__unit", "purpose", "decided_by")
    application = get_object_or_404(visible, pk=number)
    return _prepare(request, application, visible)


def _prepare(request: HttpRequest, application: Application, visible: QuerySet[Application]) -> HttpResponse:
    version = shown_version(request, application)
    known = list(application.lines.filter(dropped=False).select_related("person__unit"))
    whole = len(known) > ON_FORM  # too long for one form: it is taken as it stands and amended page by page
    filled = [None] * BLANK_LINES if not whole else []
    forms = [
        LineForm(posted(request), number=number, known=line)
        for number, line in enumerate([] if whole else [*known, *filled], start=1)
    ]  # fmt: skip
    context = {
        "title": "编制支付单", "application": application, "back": reverse("payment_new"), "version": version,
        "request_id": request.POST.get("request_id") or uuid.uuid4(), "decided": application.amount, "whole": whole,
        "listed": len(known), "lines_total": total_of(known), "submit": "编制",
    }  # fmt: skip

    def act() -> Payment:
        row = row_of(request, visible, application.pk)
        drafts = drafts_of(known) if whole else [form.draft for form in forms if form.stated]
        facts = {"application": row, "lines": drafts, "request_id": request_id(request)}
        return payments.prepare_application(by=request.user, **facts)

    return _lines_form(request, forms, context, act, "支付单已编制")


def _lines_form(request: HttpRequest, forms: list[LineForm], context: dict[str, Any], act: Any, done: str) -> HttpResponse:
    """A page of payees: shown, refused with every error, or carried out by `act`."""
    status, findings = 200, []
    if request.method == "POST":
        valid = [form.is_valid() for form in forms]
        try:
            if all(valid):
                payment = act()
                return saved(request, payment, done, payment_page(payment.pk))
        except Refused as refusal:
            if wants_json(request):
                return refused(request, refusal, context["back"])
            status, findings = refusal.status, [finding.as_dict() for finding in refusal.findings]
        else:
            status = 400
            if wants_json(request):
                fields = {form.add_prefix(name): errors for form in forms for name, errors in form.errors.items()}
                return JsonResponse({"ok": False, "code": "fields", "fields": fields, "findings": []}, status=400)
    wrong = [form for form in forms if form.errors]
    page = {**context, "lines": forms, "findings": findings, "wrong": wrong}
    return render(request, "funds/payment_lines.html", page, status=status)


@needs(Can.SEE, "GET", "POST")
def payment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The lines of a payment that nothing was paid of, a hundred to a page."""
    payment = get_object_or_404(visible_payments(request), pk=pk)
    version = shown_version(request, payment)
    lines = payment.lines.exclude(state=LineState.DROPPED).select_related("person__unit").order_by("number")
    part = Paginator(lines, ON_FORM).get_page(request.GET.get("page"))
    forms = [LineForm(posted(request), number=line.number, known=line) for line in part]
    context = {
        "title": f"修改{payment}明细", "payment": payment, "back": payment_page(pk), "version": version, "part": part,
        "decided": payment.total, "submit": "保存",
    }  # fmt: skip

    def act() -> Payment:
        row, changes = row_of(request, visible_payments(request), pk), [form.change for form in forms]
        return payments.amend_lines(by=request.user, payment=row, changes=changes)

    return _lines_form(request, forms, context, act, "支付明细已保存")


# Verbs of the whole ----------------------------------------------------------------------------------------


@needs(Can.PAY, "POST")
def payment_send(request: HttpRequest, pk: int) -> HttpResponse:
    row = row_of(request, visible_payments(request), pk)
    done = "已送银行,请下载代发文件交银行"
    return perform(request, payments.send_to_bank, done=done, back=payment_page(pk), payment=row)


@needs(Can.SEE, "POST")
def payment_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    row, reason = row_of(request, visible_payments(request), pk), reason_of(request)
    return perform(
        request, payments.cancel_payment, done="未付的明细已取消", back=payment_page(pk), payment=row, reason=reason
    )


@needs(Can.PAY, "POST")
def payment_pay_all(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Pay whatever waits, on the day that is said."""
    row = row_of(request, visible_payments(request), pk)
    form = PaidOnForm(request.POST)
    if not form.is_valid():
        if wants_json(request):
            return JsonResponse({"ok": False, "code": "fields", "fields": form.errors, "findings": []}, status=400)
        context = {"form": form, "title": f"支付{row}", "back": payment_page(pk), "version": row.version, "submit": "支付"}
        return render(request, "carecore/form.html", context, status=form_status(form))
    lines = list(row.lines.filter(state=LineState.WAITING))
    facts = {"payment": row, "lines": lines, **form.cleaned_data}
    return perform(request, payments.pay_directly, done=f"已支付{len(lines)}笔", back=payment_page(pk), **facts)


@needs(Can.PAY, "POST")
def payment_pay(request: HttpRequest, pk: int) -> HttpResponse:
    """Pay the lines that were picked, today; each carries the version that was shown."""
    payment = get_object_or_404(visible_payments(request), pk=pk)
    lines = rows_of(request, payment.lines.all())
    facts = {"payment": payment, "lines": lines}
    return perform(request, payments.pay_directly, done=f"已支付{len(lines)}笔", back=payment_page(pk), **facts)


urlpatterns = [
    path("payments/", PaymentList.as_view(), name="payment_list"),
    path("payments/new/", payment_new, name="payment_new"),
    path("payments/<int:pk>/", PaymentDetail.as_view(), name="payment_detail"),
    path("payments/<int:pk>/edit/", payment_edit, name="payment_edit"),
    path("payments/<int:pk>/send/", payment_send, name="payment_send"),
    path("payments/<int:pk>/pay_all/", payment_pay_all, name="payment_pay_all"),
    path("payments/<int:pk>/pay/", payment_pay, name="payment_pay"),
    path("payments/<int:pk>/cancel/", payment_cancel, name="payment_cancel"),
]
