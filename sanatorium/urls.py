"""Addresses under /sanatorium/, one list a subject."""

from sanatorium.views import batches, imports, nominations, notices, plans, settlement, sheets, venues

urlpatterns = [
    *plans.urlpatterns,
    *nominations.urlpatterns,
    *notices.urlpatterns,
    *venues.urlpatterns,
    *batches.urlpatterns,
    *settlement.urlpatterns,
    *sheets.urlpatterns,
    *imports.urlpatterns,
]
