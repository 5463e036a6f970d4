"""Addresses under /funds/, one list a subject."""

from funds.views import funds, grants, registers, sheets, statement, vouchers

urlpatterns = [
    *funds.urlpatterns,
    *statement.urlpatterns,
    *sheets.urlpatterns,
    *vouchers.urlpatterns,
    *grants.urlpatterns,
    *registers.urlpatterns,
]
