"""What `verify` recomputes of hardship files and visits."""

from visits.checks.visits import check_benefits, check_campaigns, check_duties, check_standards

CHECKS = (check_campaigns, check_benefits, check_standards, check_duties)
