"""What the page of a fund offers besides its figures: verbs, pages that change it, lists of its rows.

Each subject adds its own lines; a list is filtered by `?fund=`.
"""

from __future__ import annotations

from dataclasses import dataclass

from carecore import clock
from carecore.access import Can
from carecore.models import User
from carecore.offers import Offer
from funds.ledger import missing_accounts
from funds.models import Fund, FundState


@dataclass(frozen=True)
class FundPage:
    """A page about one fund for whoever holds the right for its unit; its route takes the fund's pk."""

    label: str
    route: str
    right: Can


def accounts_up_to_date(user: User, fund: Fund) -> str:
    """Why there is no account to open."""
    return "" if missing_accounts(fund, clock.today()) else "账户与现行规则一致"


FUND_OFFERS: tuple[Offer, ...] = (
    Offer("更新账户", "fund_refresh", (Can.MANAGE_FUNDS,), (FundState.OPEN,), why=accounts_up_to_date),
)
FUND_PAGES = (
    FundPage("登记收入", "fund_receive", Can.KEEP_FUNDS),
    FundPage("修改", "fund_edit", Can.MANAGE_FUNDS),
    FundPage("拨付下级", "grant_new", Can.MANAGE_FUNDS),
    FundPage("编制预算", "budget_edit", Can.KEEP_FUNDS),
    FundPage("结账", "fund_close", Can.MANAGE_FUNDS),
    FundPage("公布资助", "publication_new", Can.KEEP_FUNDS),
    FundPage("结束资金", "fund_lapse", Can.MANAGE_FUNDS),
)
# Lists with a filter `fund`: label and route.
FUND_LISTS: tuple[tuple[str, str], ...] = (
    ("收入", "receipt_list"), ("凭证", "voucher_list"), ("资金申请", "application_list"), ("支付", "payment_list"),
    ("预算", "budget_list"), ("结账", "period_list"),
)  # fmt: skip
