"""The tables of the rest-and-recuperation year (疗休养)."""

from sanatorium.models.batches import Batch, BatchState, ProgrammeItem, ProgrammeKind
from sanatorium.models.costs import COST_KINDS, Cost, PersonYear
from sanatorium.models.nominations import DONE, HOLDING, LIVE, SETTLED, Nomination, State
from sanatorium.models.plans import ClassQuota, Plan, PlanState, UnitQuota
from sanatorium.models.venues import Venue, VenueReview, VenueState

__all__ = [
    "COST_KINDS", "DONE", "HOLDING", "LIVE", "SETTLED", "Batch", "BatchState", "ClassQuota", "Cost", "Nomination",
    "PersonYear", "Plan", "PlanState", "ProgrammeItem", "ProgrammeKind", "State", "UnitQuota", "Venue",
    "VenueReview", "VenueState",
]  # fmt: skip
