"""Addresses under /visits/, one list a subject."""

from visits.views import campaigns, cases, imports, summary, visits

urlpatterns = [
    *imports.urlpatterns,
    *summary.urlpatterns,
    *cases.urlpatterns,
    *campaigns.urlpatterns,
    *visits.urlpatterns,
]
