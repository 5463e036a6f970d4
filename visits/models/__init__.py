"""The tables of hardship files (困难建档) and visits (走访慰问)."""

from visits.models.campaigns import Campaign, CampaignState, PayList, Visit, VisitForm, VisitState
from visits.models.cases import (
    ENDED,
    NOT_HELP,
    CaseState,
    HardshipCase,
    HouseholdMember,
    ObjectKind,
    Verification,
    VerificationOutcome,
)

__all__ = [
    "ENDED", "NOT_HELP", "Campaign", "CampaignState", "CaseState", "HardshipCase", "HouseholdMember", "ObjectKind",
    "PayList", "Verification", "VerificationOutcome", "Visit", "VisitForm", "VisitState",
]  # fmt: skip
