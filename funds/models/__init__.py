"""The tables of special funds (专项资金): funds and their ledger, who asks for money, decides on it and pays it."""

from funds.models.applications import Application, ApplicationLine, ApplicationState, Decision, Meeting
from funds.models.funds import (
    OPENING,
    PASSED_DOWN,
    Account,
    AccountKind,
    Fund,
    FundState,
    Period,
    PeriodState,
)
from funds.models.income import DuesReturn, Grant, GrantKind, GrantState, Receipt, ReceiptState
from funds.models.ledger import (
    Book,
    Reservation,
    ReservationState,
    Transfer,
    Turnover,
    Voucher,
    VoucherKind,
)
from funds.models.payments import LineState, Payment, PaymentLine, PaymentState
from funds.models.registers import Accountability, AccountabilityState, Budget, Channel, Publication

__all__ = [
    "OPENING", "PASSED_DOWN", "Account", "AccountKind", "Accountability", "AccountabilityState", "Application",
    "ApplicationLine", "ApplicationState", "Book", "Budget", "Channel", "Decision", "DuesReturn", "Fund", "FundState",
    "Grant", "GrantKind", "GrantState", "LineState", "Meeting", "Payment", "PaymentLine", "PaymentState", "Period",
    "PeriodState", "Publication", "Receipt", "ReceiptState", "Reservation", "ReservationState", "Transfer", "Turnover", "Voucher", "VoucherKind",
]  # fmt: skip
