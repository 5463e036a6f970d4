"""Addresses under /funds/, one list a subject."""

from funds.views import funds, grants, registers, statement, vouchers

urlpatterns = [
    *funds.urlpatterns,
    *statement.urlpatterns,
    *vouchers.urlpatterns,
    *grants.urlpatterns,
    *registers.urlpatterns,
]
