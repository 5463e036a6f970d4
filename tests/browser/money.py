"""The money of the small city: at least one row behind every page of funds, made by the verbs of the product."""

import datetime
from decimal import Decimal

from carecore.models import Document, Severity
from carecore.presets import load_policy
from carecore.rulekeeping import add_rule
from funds.models import (
    Account,
    Accountability,
    AccountKind,
    Application,
    DuesReturn,
    Fund,
    Grant,
    Meeting,
    Payment,
    PaymentLine,
    Period,
    Publication,
    Receipt,
    Voucher,
)
from funds.rules.dues import DuesDraft
from funds.workflow import (
    accountability,
    applications,
    budgets,
    grants,
    income,
    payments,
    periods,
    publications,
)
from funds.workflow.applications import ApplicationLineDraft, Outcome
from funds.workflow.funds import open_fund
from tests import build

# The word before a row's number in an address, and whose rows they are.
BEHIND = {
    "funds": Fund, "accounts": Account, "vouchers": Voucher, "receipts": Receipt, "dues": DuesReturn, "grants": Grant,
    "periods": Period, "accountabilities": Accountability, "publications": Publication, "applications": Application,
    "meetings": Meeting, "payments": Payment, "lines": PaymentLine,
}  # fmt: skip
KIND = "生活困难党员帮扶"


def day(month, number):
    return datetime.date(2026, month, number)


def spent(city, treasury, today):
    """A spring of the fund for members in difficulty; it ends in the middle of June."""
    today.move_to("2026-04-01 10:00:00+08:00")
    fund = _opened(city, treasury)
    applied = [_applied(city, treasury, fund, name, amount) for name, amount in (("周一", 900), ("周二", 1500), ("周三", 400))]
    _draft(city, treasury, fund)
    applications.accept(by=treasury.fund_office, rows=fresh(applied))
    today.move_to("2026-05-06 10:00:00+08:00")
    _met(city, treasury, fresh(applied))
    first, second = fresh(applied)[:2]
    _paid(treasury, first)
    today.move_to("2026-06-01 10:00:00+08:00")
    _prepared(treasury, second)
    grants.pass_down(by=treasury.fund_lead, from_fund=fund, to_fund=_child(city, treasury, fund), amount=Decimal(500))
    for month in (4, 5):
        periods.close_period(by=treasury.fund_lead, fund=fund, year=2026, month=month)
    publications.publish(by=treasury.fund_office, fund=fund, until=day(5, 31), channel="公开栏", place="一楼大厅")
    budgets.set_budget(by=treasury.fund_office, fund=fund, year=2026, planned=Decimal(50000), need=Decimal(80000))
    accountability.open_accountability(
        by=treasury.fund_lead, unit=city.root, kind="超标准", finding="补助超过标准", found_on=day(5, 20), responsible="某科"
    )
    today.move_to("2026-06-15 10:00:00+08:00")
    return fund, _purpose(fund)


def _opened(city, treasury):
    lead = treasury.fund_lead
    load_policy(by=lead, preset="lianyungang-2009", unit=city.root)
    add_rule(
        by=lead, unit=city.root, key="funds.publish", value={KIND: True}, severity=Severity.BLOCK,
        clause="本地决定 滨工委〔2026〕2号", text="资助情况按季公布", effective_from=day(4, 1),
    )  # fmt: skip
    document = Document.objects.get(slug="lianyungang-2009")
    fund = open_fund(by=lead, unit=city.root, name="生活困难党员帮扶资金", kind=KIND, document=document)
    income.record_dues(by=treasury.fund_office, drafts=[
        DuesDraft(unit=city.a, to_unit=city.root, organisation="甲局党委", year=2026, amount=Decimal("100000.05"),
                  handed_on=day(3, 31), members=60)
    ])  # fmt: skip
    source = fund.accounts.filter(kind=AccountKind.SOURCE, code="donation").first() or fund.accounts.get(label="期初余额")
    income.receive(by=treasury.fund_office, fund=fund, source=source, amount=Decimal(20000), received_on=day(4, 1), payer="市财政局")
    return fund


def _purpose(fund):
    return fund.accounts.filter(kind=AccountKind.PURPOSE).exclude(label="资金拨出").order_by("pk").first()


def _application(city, treasury, fund, name, amount):
    line = ApplicationLineDraft(name, Decimal(amount), person=build.person(city.a, name))
    return applications.draft_application(
        by=treasury.applicant, unit=city.a, fund=fund, purpose=_purpose(fund), subject=f"{name}患重大疾病", lines=[line]
    )


def _draft(city, treasury, fund):
    return _application(city, treasury, fund, "周四", 300)


def _applied(city, treasury, fund, name, amount):
    row = _application(city, treasury, fund, name, amount)
    return applications.apply(by=treasury.applicant, application=row)


def _met(city, treasury, rows):
    outcomes = [Outcome(rows[0], Decimal(800)), Outcome(rows[1], Decimal(1500)), Outcome(rows[2], None)]
    applications.record_meeting(
        by=treasury.meeting_clerk, unit=city.root, number="滨工委书记会〔2026〕3号", held_on=day(5, 6), chair="书记",
        attendees="书记、副书记、组织处长", decision="原则同意,按批准金额支付。", outcomes=outcomes,
    )  # fmt: skip


def _paid(treasury, row):
    """Paid by hand, and signed for."""
    payment = _prepared(treasury, row)
    payments.pay_directly(by=treasury.cashier, payment=payment, lines=list(payment.lines.all()))
    payments.sign_for(by=treasury.cashier, lines=list(PaymentLine.objects.filter(payment=payment)), signed_on=day(5, 6))


def _prepared(treasury, row):
    lines = [payments.LineDraft(line.payee, row.decided, line.person, "滨海银行", "6222021234567890123") for line in row.lines.all()]
    return payments.prepare_application(by=treasury.fund_office, application=row, lines=lines)


def _child(city, treasury, fund):
    document = fund.document
    return open_fund(
        by=treasury.fund_lead, unit=city.a, name="甲局困难党员帮扶资金", kind=KIND, document=document, parent=fund
    )


def fresh(rows):
    for row in rows:
        row.refresh_from_db()
    return rows
