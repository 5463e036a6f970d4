"""What `verify` recomputes of special funds (DESIGN 6, invariant 3): every figure from its rows."""

from funds.checks.balances import (
    check_balances,
    check_reservations,
    check_running,
    check_turnovers,
)
from funds.checks.catalogues import check_catalogues
from funds.checks.documents import check_grants, check_receipts
from funds.checks.dues import check_dues
from funds.checks.duties import check_own_payment, check_payers, check_steps
from funds.checks.payments import check_applications, check_benefits, check_payments
from funds.checks.periods import check_periods
from funds.checks.vouchers import check_books, check_reversals, check_series, check_totals, check_transfers

CHECKS = (
    check_balances, check_running, check_turnovers, check_reservations, check_periods, check_series, check_books,
    check_totals, check_transfers, check_reversals, check_catalogues, check_grants, check_receipts,
    check_payments, check_benefits, check_applications, check_steps, check_payers, check_own_payment, check_dues,
)  # fmt: skip

__all__ = ["CHECKS"]
