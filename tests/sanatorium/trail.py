"""Who takes part in the stories of a year; what a verb left behind, `tests.trail` compares."""

from tests.trail import everything, one_event_each, refused

__all__ = ["EVERYONE", "all_but", "everything", "one_event_each", "refused"]

EVERYONE = (
    "clerk", "clerk_b", "clerk_c", "lead", "lead_b", "lead_c", "union_officer", "union_lead", "org_officer", "org_lead",
    "auditor", "admin",
)  # fmt: skip


def all_but(*names):
    """The users of the cast, by name, besides those who may."""
    assert set(names) <= set(EVERYONE)
    return [name for name in EVERYONE if name not in names]
