"""Funds in the admin: the same verbs and limits as on the pages; the ledger and what a workflow moves is only read."""

from carecore.care_admin import site
from funds.admin.funds import BudgetAdmin, FundAdmin, ReceiptAdmin
from funds.admin.read import (
    AccountAdmin,
    DuesReturnAdmin,
    GrantAdmin,
    MeetingAdmin,
    PaymentAdmin,
    PaymentLineAdmin,
    PeriodAdmin,
    ReservationAdmin,
    TransferAdmin,
    VoucherAdmin,
)
from funds.admin.requests import ApplicationAdmin
from funds.models import (
    Account,
    Application,
    Budget,
    DuesReturn,
    Fund,
    Grant,
    Meeting,
    Payment,
    PaymentLine,
    Period,
    Receipt,
    Reservation,
    Transfer,
    Voucher,
)

for model, page in (
    (Fund, FundAdmin), (Account, AccountAdmin), (Receipt, ReceiptAdmin), (DuesReturn, DuesReturnAdmin),
    (Grant, GrantAdmin), (Budget, BudgetAdmin), (Application, ApplicationAdmin), (Meeting, MeetingAdmin),
    (Payment, PaymentAdmin), (PaymentLine, PaymentLineAdmin), (Reservation, ReservationAdmin),
    (Voucher, VoucherAdmin), (Transfer, TransferAdmin), (Period, PeriodAdmin),
):  # fmt: skip
    site.register(model, page)
