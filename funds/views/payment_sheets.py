"""What leaves the house of a payment: the file for the bank and the sheet to be signed, under the right for full numbers."""

from __future__ import annotations

import io

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import path

from carecore import clock
from carecore.access import Can
from carecore.listing import CONTENT_TYPES
from carecore.money import ZERO, capital
from carecore.sheets.writer import write_csv, write_list
from carecore.views.acts import needs
from carecore.views.imports import ImportPages
from carecore.views.sheets import INTRO, ask_to_whom, file_of, record_full
from funds import payment_sheets
from funds.forms.payments import BankFileForm
from funds.models import PaymentState
from funds.resources.bank_results import BankResultImport
from funds.views.payments import payment_page, visible_payments

BANK_INTRO = INTRO.replace("证件号码", "银行账号")
SIGN_INTRO = INTRO.replace("证件号码", "联系电话")


@needs(Can.EXPORT_FULL, "GET", "POST")
def payment_bank_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The lines of the present round with their accounts in full, as .xlsx or .csv."""
    payment = get_object_or_404(visible_payments(request), pk=pk)
    if payment.state != PaymentState.SENT:
        raise Http404("没有送银行代发的明细")
    facts = {"intro": BANK_INTRO, "form_class": BankFileForm}
    form, page = ask_to_whom(request, payment.fund.unit, "下载代发文件", payment_page(pk), **facts)
    if page is not None:
        return page
    lines, title = list(payment_sheets.on_their_way(payment)), payment_sheets.bank_title(payment)
    stream, format = io.BytesIO(), form.cleaned_data["format"]
    rows = payment_sheets.bank_rows(payment, lines)
    if format == "csv":
        write_csv(stream, payment_sheets.BANK_FIELDS, rows)
    else:
        write_list(stream, title, payment_sheets.BANK_FIELDS, rows, exporter=request.user.name)
    record_full(request, form, title, payment, lines=[line.pk for line in lines])
    stream.seek(0)
    name = f"{title}-{clock.today():%Y%m%d}.{format}"
    return FileResponse(stream, as_attachment=True, filename=name, content_type=CONTENT_TYPES[format])


@needs(Can.EXPORT_FULL, "GET", "POST")
def payment_sign_sheet(request: HttpRequest, pk: int) -> HttpResponseBase:
    payment = get_object_or_404(visible_payments(request), pk=pk)
    form, page = ask_to_whom(request, payment.fund.unit, "导出发放签领表", payment_page(pk), intro=SIGN_INTRO)
    if page is not None:
        return page
    lines = list(payment_sheets.to_be_signed(payment))
    official = payment_sheets.sign_sheet(payment, lines)
    record_full(request, form, official.title, payment, lines=[line.pk for line in lines])
    return file_of(request, official)


@needs(Can.SEE)
def payment_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The same sheet as a page to be printed, telephone numbers masked."""
    payment = get_object_or_404(visible_payments(request), pk=pk)
    lines = list(payment_sheets.to_be_signed(payment))
    total = sum((line.amount for line in lines), ZERO)
    context = {
        "payment": payment, "lines": [(line, payment_sheets.proxy_of(line)) for line in lines],
        "title": payment_sheets.sign_title(payment), "today": clock.today(),
        "total": total, "in_words": capital(total), "signatures": payment_sheets.SIGNATURES,
    }  # fmt: skip
    return render(request, "funds/payment_print.html", context)


urlpatterns = [
    path("payments/<int:pk>/bank_file/", payment_bank_file, name="payment_bank_file"),
    path("payments/<int:pk>/sign_sheet/", payment_sign_sheet, name="payment_sign_sheet"),
    path("payments/<int:pk>/print/", payment_print, name="payment_print"),
    *ImportPages(BankResultImport).paths("payments/"),
]
