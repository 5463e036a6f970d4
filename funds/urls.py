"""Addresses under /funds/, one list a subject."""

from funds.views import grants, registers

urlpatterns = [
    *grants.urlpatterns,
    *registers.urlpatterns,
]
