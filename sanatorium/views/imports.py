"""Import pages of the sanatorium year."""

from __future__ import annotations

from carecore.views.imports import ImportPages
from sanatorium.resources.costs import CostImport
from sanatorium.resources.history import HistoryImport
from sanatorium.resources.nominations import NominationImport
from sanatorium.resources.quotas import QuotaImport

urlpatterns = [
    *ImportPages(QuotaImport).paths("quotas/"),
    *ImportPages(NominationImport).paths("nominations/"),
    *ImportPages(CostImport).paths("batches/"),
    *ImportPages(HistoryImport).paths("history/"),
]
