"""Vouchers: the list, and one with its transfers, who posted it and which document caused it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path

from carecore import documents
from carecore.access import Can
from carecore.listing import ListingView
from carecore.models import User
from carecore.offers import timeline
from carecore.views.acts import LIST, needs
from funds.filters.books import VoucherFilter
from funds.models import Voucher
from funds.tables.books import VOUCHER_TONES, VoucherTable


class VoucherList(ListingView):
    title, table_class, filterset_class = "凭证", VoucherTable, VoucherFilter

    def visible_rows(self, user: User) -> QuerySet[Voucher]:
        return Voucher.objects.visible_to(user).select_related("fund", "by", "reversed_by")


@needs(Can.SEE)
def voucher_detail(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Voucher.objects.visible_to(request.user)
    row = get_object_or_404(rows.select_related("fund__unit", "by", "reverses", "reversed_by"), pk=pk)
    context = {
        "row": row, "title": f"凭证{row}", "tone": VOUCHER_TONES[row.kind],
        "transfers": row.transfers.select_related("from_account", "to_account").order_by("pk"),
        "document": documents.link(request.user, row.document_kind, row.document_id),
        "siblings": rows.filter(document_kind=row.document_kind, document_id=row.document_id).exclude(pk=row.pk)
        .select_related("fund").order_by("pk"),
        "events": timeline(row),
    }  # fmt: skip
    return render(request, "funds/voucher_detail.html", context)


urlpatterns = [
    path("vouchers/", LIST(VoucherList.as_view()), name="voucher_list"),
    path("vouchers/<int:pk>/", voucher_detail, name="voucher_detail"),
]
