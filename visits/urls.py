"""Addresses under /visits/, one list a subject."""

from visits.views import campaigns, visits

urlpatterns = [
    *campaigns.urlpatterns,
    *visits.urlpatterns,
]
