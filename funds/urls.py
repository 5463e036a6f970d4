"""Addresses under /funds/, one list a subject."""

from funds.views import (
    applications,
    dues,
    funds,
    grants,
    meetings,
    openings,
    payment_lines,
    payment_sheets,
    payments,
    receipts,
    registers,
    sheets,
    statement,
    vouchers,
)

urlpatterns = [
    *openings.urlpatterns,
    *receipts.urlpatterns,
    *dues.urlpatterns,
    *applications.urlpatterns,
    *meetings.urlpatterns,
    *funds.urlpatterns,
    *statement.urlpatterns,
    *sheets.urlpatterns,
    *vouchers.urlpatterns,
    *grants.urlpatterns,
    *registers.urlpatterns,
    *payments.urlpatterns,
    *payment_lines.urlpatterns,
    *payment_sheets.urlpatterns,
]
