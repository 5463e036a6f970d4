"""Addresses under /funds/, one list a subject."""

from funds.views import (
    funds,
    grants,
    payment_lines,
    payment_sheets,
    payments,
    registers,
    sheets,
    statement,
    vouchers,
)

urlpatterns = [
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
