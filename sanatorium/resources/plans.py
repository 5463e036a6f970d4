"""Which year's plan a sheet belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from carecore.imports.contract import Target
from carecore.imports.targets import YEAR, missing
from carecore.models import User
from carecore.sheets import cells
from carecore.sheets.errors import UnreadableFile
from sanatorium.models import Plan, PlanState

# Only where several units of one tree run programmes of their own.
ORGANISER = Target("organiser", "主办单位", "主办单位:滨海市", parse=cells.text, required=False)
TARGETS = (YEAR, ORGANISER)


def plan_of(by: User, into: Mapping[str, Any]) -> Plan:
    """The plan of the year that the file names; where it names none, the only one that is published.

    Raises UnreadableFile where there is none, or where several leave it open.
    """
    plans = Plan.objects.visible_to(by).select_related("unit")
    if "organiser" in into:
        plans = plans.filter(Q(unit__code=into["organiser"]) | Q(unit__name=into["organiser"]))
    found = list(plans.filter(**({"year": into["year"]} if "year" in into else {"state": PlanState.PUBLISHED}))[:2])
    if len(found) == 1:
        return found[0]
    if "year" not in into:
        raise missing(YEAR)
    if found:
        raise missing(ORGANISER)
    raise UnreadableFile("plan.unknown", f"没有{into['year']}年度的疗休养计划,请先编制计划,或核对年度")
