"""Pages of single lines of a payment: put right what came back, say that it came back, who signed for it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path

from carecore.access import Can
from carecore.views.acts import form_status, needs, row_of, rows_of, submit_form
from carecore.views.entry import asked_text, form_page, posted, saved, shown_version
from funds.forms.payments import RepairForm, ReturnForm, SignForm
from funds.models import LineState, PaymentLine
from funds.views.payments import ON_FORM, payment_page, visible_payments
from funds.workflow import payments


def _visible_lines(request: HttpRequest) -> QuerySet[PaymentLine]:
    return PaymentLine.objects.visible_to(request.user).select_related("payment__fund__unit")


@needs(Can.SEE, "GET", "POST")
def payment_line_repair(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_visible_lines(request), pk=pk)
    form, version = RepairForm(posted(request), line=row), shown_version(request, row)
    if form.is_valid():
        facts = {"line": row_of(request, _visible_lines(request), pk), **form.cleaned_data}
        if done := submit_form(form, payments.repair_line, by=request.user, **facts):
            return saved(request, done, "已更正,可重新支付", payment_page(row.payment_id))
    intro = [f"{row.payee} {row.amount}元,退回原因:{row.returned_for or '—'}"]
    return form_page(request, form, "更正退回明细", payment_page(row.payment_id), intro=intro, version=version)


@needs(Can.PAY, "GET", "POST")
def payment_line_return(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_visible_lines(request), pk=pk)
    form, version = ReturnForm(posted(request)), shown_version(request, row)
    if form.is_valid():
        facts = {"line": row_of(request, _visible_lines(request), pk), **form.cleaned_data}
        if done := submit_form(form, payments.return_line, by=request.user, **facts):
            return saved(request, done, "退票已登记,款项已退回资金", payment_page(row.payment_id))
    intro = [f"{row.payee} {row.amount}元。登记后款项退回资金并重新预留,更正后可再次支付。"]
    return form_page(
        request, form, "登记退票", payment_page(row.payment_id), intro=intro, version=version, submit="登记"
    )


@needs(Can.PAY, "GET", "POST")
def payment_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody who was paid and has not signed, those picked in the list ticked already."""
    payment = get_object_or_404(visible_payments(request), pk=pk)
    lines = payment.lines.filter(state=LineState.PAID, signed_on=None).select_related("person__unit").order_by("number")
    signing = request.method == "POST" and "signed_on" in request.POST
    form = SignForm(request.POST if signing else None)
    if form.is_valid():
        facts = {"lines": rows_of(request, payment.lines.all()), **form.cleaned_data}
        if signed := submit_form(form, payments.sign_for, by=request.user, **facts):
            return saved(request, payment, f"已登记{len(signed)}人签领", payment_page(pk))
    picked, text = set(request.POST.getlist("rows")), asked_text(request)
    shown = lines.matching(text) if text else lines
    rows = [(row, f"{row.pk}:{row.version}") for row in shown[:ON_FORM]]
    context = {
        "lines": [(row, value, value in picked) for row, value in rows], "payment": payment, "q": text,
        "more": max(shown.count() - ON_FORM, 0), "template": "funds/payment_sign.html",
    }  # fmt: skip
    if signing:
        return form_page(request, form, f"{payment}登记签领", payment_page(pk), **context)
    template = context.pop("template")
    page = {"form": form, "title": f"{payment}登记签领", "back": payment_page(pk), **context}
    return render(request, template, page, status=form_status(form))


urlpatterns = [
    path("payments/<int:pk>/sign/", payment_sign, name="payment_sign"),
    path("payments/lines/<int:pk>/repair/", payment_line_repair, name="payment_line_repair"),
    path("payments/lines/<int:pk>/return/", payment_line_return, name="payment_line_return"),
]
