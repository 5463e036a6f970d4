"""What `verify` recomputes of hardship files and visits."""

from visits.checks.cases import check_case_duties, check_doubles, check_grades, check_states
from visits.checks.visits import check_benefits, check_campaigns, check_duties, check_standards

CHECKS = (
    check_grades, check_states, check_doubles, check_case_duties, check_campaigns, check_benefits, check_standards,
    check_duties,
)  # fmt: skip
