"""Opening balances (期初余额) as a sheet: what each fund began with, and on which day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from carecore import access
from carecore.access import Can
from carecore.imports.contract import Outcome, Status
from carecore.imports.sheet import Cell, Sheet, wrong
from carecore.imports.together import TogetherImport
from carecore.models import Severity
from carecore.models.units import within
from carecore.names import search_key
from carecore.policy import Finding
from carecore.resources.named import UNITS
from carecore.sheets import cells
from carecore.sheets.reader import Line
from funds.models import OPENING, Account, AccountKind, Fund, Receipt
from funds.rules.receipts import ReceiptDraft, openings, receipt_findings
from funds.workflow.income import receive_many


class OpeningSheet(Sheet):
    """期初余额表: one fund a row; the unit only where two funds have one name."""

    fund = Cell("资金名称", "专项资金", "资金", "名称", required=True)
    unit = Cell(*UNITS, fill_down=True)
    amount = Cell("期初余额", "期初余额(元)", "余额", "结余金额", "金额", parse=cells.amount, required=True)
    received_on = Cell("日期", "期初日期", "截止日期", parse=cells.day, required=True)
    note = Cell("备注", "说明", longest=200)


class OpeningImport(TogetherImport[ReceiptDraft]):
    kind, route, label, permission = "opening_balances", "opening_import", "资金期初余额", Can.KEEP_FUNDS
    sheet, list_route, list_label = OpeningSheet, "receipt_list", "资金收入"
    cell_of = {"source": "fund", "period": "received_on", "dated": "received_on"}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        mine = within(access.scope(self.by, self.permission), "fund__unit__path")
        accounts = Account.objects.filter(mine, kind=AccountKind.SOURCE, code=OPENING).select_related("fund__unit")
        self.accounts: dict[str, list[Account]] = defaultdict(list)
        for account in accounts:
            self.accounts[search_key(account.fund.name)].append(account)

    def prepare(self, values: dict[str, Any], line: Line) -> ReceiptDraft:
        account = self._account(values["fund"], values["unit"])
        return ReceiptDraft(account.fund, account, values["amount"], values["received_on"], note=values["note"] or "")

    def _account(self, name: str, unit: str | None) -> Account:
        """Where the opening balance of the fund comes from; raises RowRefused for none and for several."""
        found = self.accounts.get(search_key(name), [])
        if unit:
            found = [one for one in found if search_key(unit) in _names(one.fund)]
        if not found:
            where = f"{unit}的" if unit else ""
            raise wrong("fund", "fund.unknown", f"没有{where}资金“{name}”,或不由您登记,请核对名称或先设立资金")
        if len(found) > 1:
            units = "、".join(str(one.fund.unit) for one in found[:5])
            raise wrong("unit", "fund.several", f"{units}都有资金“{name}”,请填写单位")
        return found[0]

    def carry_out(self, drafts: Sequence[ReceiptDraft]) -> None:
        receive_many(by=self.by, drafts=drafts)

    def compared(self, drafts: Sequence[ReceiptDraft]) -> list[Outcome]:
        """Each draft against the opening balance that stands; nothing to open with is nothing to do."""
        known = {row.fund_id: row for row in openings([draft.fund for draft in drafts])}
        found = receipt_findings(drafts)
        outcomes, seen = [], set()
        for draft, findings in zip(drafts, found, strict=True):
            row = known.get(draft.fund.pk)
            if draft.fund.pk in seen:
                outcomes.append(_rejected("fund", f"{draft.fund}在表中重复,请合并为一行"))
            elif row is not None:
                outcomes.append(_against(draft, row))
            elif not draft.amount:
                outcomes.append(Outcome(Status.UNCHANGED))
            else:
                outcomes.append(Outcome.of(Status.NEW, findings))
            seen.add(draft.fund.pk)
        return outcomes


def _names(fund: Fund) -> set[str]:
    unit = fund.unit
    return {search_key(name) for name in (unit.code, unit.name, unit.party_name, *unit.aliases) if name}


def _against(draft: ReceiptDraft, row: Receipt) -> Outcome:
    if (row.amount, row.received_on) == (draft.amount, draft.received_on):
        return Outcome(Status.UNCHANGED)
    message = f"{draft.fund}的期初余额已登记为{row.received_on}的{row.amount}元,有误的请先冲销"
    return _rejected("amount", message)


def _rejected(key: str, message: str) -> Outcome:
    return Outcome(Status.REJECTED, (Finding(key, Severity.BLOCK, message),))
