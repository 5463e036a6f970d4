"""What `verify` recomputes of the rest-and-recuperation year (DESIGN 6, invariants 1 to 7)."""

from sanatorium.checks.costs import check_caps, check_totals, check_years
from sanatorium.checks.duties import check_duties, check_own_case
from sanatorium.checks.funding import check_held, check_sources, check_vouchers
from sanatorium.checks.nominations import check_attention
from sanatorium.checks.notices import check_notices, check_published
from sanatorium.checks.places import check_counters, check_levels, check_person_places, check_split
from sanatorium.checks.stays import check_batches, check_overlaps

CHECKS = (
    check_split, check_levels, check_counters, check_person_places, check_overlaps, check_caps, check_years,
    check_totals, check_duties, check_own_case, check_batches, check_notices, check_published,
    check_attention, check_sources, check_held, check_vouchers,
)  # fmt: skip

__all__ = ["CHECKS"]
