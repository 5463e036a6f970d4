"""What is only read in the admin: the ledger is written by postings, the rest moves by its workflow."""

from __future__ import annotations

from django.contrib import admin
from django.db import models

from carecore.access import Can, scope
from carecore.care_admin import CareAdmin
from carecore.models import User
from carecore.models.units import within
from funds.models import PaymentLine, Period, Reservation


class AccountAdmin(CareAdmin):
    shown_fields = ("fund", "kind", "code", "label", "balance", "reserved")
    list_display = ("label", "fund", "kind", "balance", "reserved")
    list_select_related = ("fund__unit",)
    list_filter = ("kind",)
    search_fields = ("label", "fund__name")


class VoucherAdmin(CareAdmin):
    shown_fields = (
        "fund", "year", "number", "dated", "kind", "summary", "basis", "total", "document_kind", "document_id", "revision",
        "reverses", "by", "posted_at",
    )  # fmt: skip
    list_display = ("__str__", "fund", "dated", "kind", "summary", "total", "by")
    list_select_related = ("fund__unit", "by")
    list_filter = ("kind", "year")
    search_fields = ("summary",)


class TransferAdmin(CareAdmin):
    shown_fields = ("voucher", "fund", "from_account", "to_account", "amount", "balance", "note")
    list_display = ("voucher", "fund", "from_account", "to_account", "amount", "balance")
    list_select_related = ("voucher", "fund__unit", "from_account", "to_account")


class ReservationAdmin(CareAdmin):
    shown_fields = (
        "fund", "purpose", "document_kind", "document_id", "amount", "paid", "released", "left", "state", "made_on"
    )
    list_display = ("fund", "document_kind", "document_id", "amount", "paid", "released", "left", "state")
    list_select_related = ("fund__unit",)
    list_filter = ("state",)

    @admin.display(description="尚余")
    def left(self, row: Reservation) -> str:
        return f"{row.left}"


class DuesReturnAdmin(CareAdmin):
    shown_fields = (
        "unit", "to_unit", "organisation", "year", "members", "due", "amount", "handed_on", "recorded_by"
    )
    list_display = ("organisation", "unit", "year", "amount", "handed_on")
    list_select_related = ("unit",)
    list_filter = ("year",)
    search_fields = ("organisation",)


class GrantAdmin(CareAdmin):
    shown_fields = (
        "kind", "from_fund", "to_fund", "amount", "sent_on", "sent_by", "received_on", "received_by", "reference", "state"
    )
    list_display = ("kind", "from_fund", "to_fund", "amount", "sent_on", "received_on", "state")
    list_select_related = ("from_fund__unit", "to_fund")
    list_filter = ("kind", "state")


class MeetingAdmin(CareAdmin):
    shown_fields = ("unit", "number", "held_on", "chair", "attendees", "decision", "recorded_by")
    list_display = ("number", "unit", "held_on", "chair")
    list_select_related = ("unit",)
    search_fields = ("number",)


class PaymentAdmin(CareAdmin):
    shown_fields = (
        "fund", "purpose", "subject", "document_kind", "document_id", "total", "paid", "state", "round", "prepared_by",
        "prepared_on", "approved_by",
    )  # fmt: skip
    list_display = ("__str__", "fund", "purpose", "subject", "total", "paid", "state")
    list_select_related = ("fund__unit", "purpose")
    list_filter = ("state",)
    search_fields = ("subject",)


class PaymentLineAdmin(CareAdmin):
    """A payee's account is never shown whole here."""

    shown_fields = (
        "payment", "number", "payee", "bank", "account_end", "amount", "state", "paid_on", "returned_for", "proxy",
        "relation", "signed_on",
    )  # fmt: skip
    list_display = ("payee", "payment", "amount", "account_end", "state", "paid_on")
    list_select_related = ("payment__fund__unit",)
    list_filter = ("state",)
    search_fields = ("payee",)

    @admin.display(description="银行账号")
    def account_end(self, row: PaymentLine) -> str:
        return row.masked_account


class PeriodAdmin(CareAdmin):
    shown_fields = (
        "fund", "year", "month", "state", "opening", "income", "spent", "closing", "closed_by", "closed_on"
    )
    list_display = ("fund", "year", "month", "state", "opening", "income", "spent", "closing")
    list_select_related = ("fund__unit",)
    list_filter = ("state", "year")

    def visible(self, user: User) -> models.QuerySet[Period]:
        return Period.objects.filter(within(scope(user, Can.SEE), "fund__unit__path"))
