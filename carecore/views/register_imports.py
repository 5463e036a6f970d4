"""Import pages of the register: units, people, and the facts about them."""

from __future__ import annotations

from django.urls import path

from carecore.resources.facts import AppraisalImport, HonourImport
from carecore.resources.people import PersonImport
from carecore.resources.units import UnitImport
from carecore.views.imports import ImportPages, import_index

urlpatterns = [
    path("imports/", import_index, name="import_index"),
    *ImportPages(UnitImport).paths("units/"),
    *ImportPages(PersonImport).paths("people/"),
    *ImportPages(AppraisalImport).paths("people/appraisals/"),
    *ImportPages(HonourImport).paths("people/honours/"),
]
