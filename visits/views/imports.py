"""Import pages of hardship files."""

from __future__ import annotations

from carecore.views.imports import ImportPages
from visits.resources.hardship import HardshipImport
from visits.resources.party import PartyRegisterImport

urlpatterns = [
    *ImportPages(HardshipImport).paths("cases/"),
    *ImportPages(PartyRegisterImport).paths("cases/party/"),
]
