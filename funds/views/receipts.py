"""Pages of money that comes into funds: list, recording, one receipt with its reversal (TX1-12, TX3-11)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access
from carecore.access import Can
from carecore.listing import ListingView
from carecore.models import User
from carecore.offers import Offer, offered, timeline
from carecore.templatetags.care import cn_date, money
from carecore.views.acts import needs, perform, row_of, submit_form
from carecore.views.entry import form_page, posted, reason_of, saved
from carecore.views.imports import ImportPages
from funds.filters.income import ReceiptFilter
from funds.forms.income import ReceiptForm
from funds.models import Fund, Receipt, ReceiptState
from funds.queries import vouchers_of
from funds.resources.openings import OpeningImport
from funds.tables.income import RECEIPT_TONES, ReceiptTable
from funds.workflow import income

OFFERS = (
    Offer("冲销", "receipt_reverse", (Can.MANAGE_FUNDS,), (ReceiptState.POSTED,), needs_reason=True, danger=True),
)


class ReceiptList(ListingView):
    title, table_class, filterset_class = "资金收入", ReceiptTable, ReceiptFilter

    def visible_rows(self, user: User) -> QuerySet[Receipt]:
        return _receipts(user)

    def create_url(self, user: User) -> str:
        return reverse("receipt_new") if access.may(user, Can.KEEP_FUNDS) else ""

    def import_url(self, user: User) -> str:
        return reverse("opening_import") if access.may(user, Can.KEEP_FUNDS) else ""


def _receipts(user: User) -> QuerySet[Receipt]:
    rows = Receipt.objects.visible_to(user).with_state()
    return rows.select_related("fund__unit", "source", "voucher", "recorded_by")


@needs(Can.KEEP_FUNDS, "GET", "POST")
def receipt_new(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Record money that came in; with `pk` into that fund."""
    funds = Fund.objects.visible_to(request.user).select_related("unit")
    fund = get_object_or_404(funds, pk=pk) if pk is not None else None
    form = ReceiptForm(posted(request), user=request.user, fund=fund)
    if form.is_valid():
        facts = {**form.cleaned_data, "fund": form.cleaned_data["source"].fund}
        row = submit_form(form, income.receive, by=request.user, **facts)
        if row is not None:
            return saved(request, row, "收入已登记并记账", reverse("receipt_detail", args=[row.pk]))
    title = f"登记{fund}收入" if fund else "登记资金收入"
    back = reverse("fund_detail", args=[pk]) if fund else reverse("receipt_list")
    return form_page(request, form, title, back, submit="登记")


@needs(Can.SEE)
def receipt_detail(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_receipts(request.user), pk=pk)
    facts = [
        ("单位", row.fund.unit), ("来源", row.source), ("金额", f"{money(row.amount)}元"),
        ("到账日期", cn_date(row.received_on)), ("付款单位(人)", row.payer), ("票据(文)号", row.reference),
        ("备注", row.note), ("登记人", row.recorded_by),
    ]  # fmt: skip
    context = {
        "title": f"{row.source}{money(row.amount)}元", "state": row.state, "tone": RECEIPT_TONES[row.state], "facts": facts, "funds": [row.fund],
        "vouchers": vouchers_of(request.user, row), "version": row.version, "events": timeline(row),
        "verbs": offered(request.user, row, row.fund.unit, OFFERS),
    }  # fmt: skip
    return render(request, "funds/income_detail.html", context)


@needs(Can.MANAGE_FUNDS, "POST")
def receipt_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    row, back = row_of(request, _receipts(request.user), pk), reverse("receipt_detail", args=[pk])
    facts = {"receipt": row, "reason": reason_of(request)}
    return perform(request, income.reverse_receipt, done="已冲销", back=back, **facts)


LIST = needs(Can.SEE, "GET", "HEAD", "POST")
urlpatterns = [
    path("receipts/", LIST(ReceiptList.as_view()), name="receipt_list"),
    path("receipts/new/", receipt_new, name="receipt_new"),
    path("receipts/<int:pk>/", receipt_detail, name="receipt_detail"),
    path("receipts/<int:pk>/reverse/", receipt_reverse, name="receipt_reverse"),
    path("funds/<int:pk>/receive/", receipt_new, name="fund_receive"),
    *ImportPages(OpeningImport).paths("receipts/"),
]
