"""A fund with money and decided applications, and each step of paying them as the cast takes it."""

import datetime
from decimal import Decimal

import pytest

from carecore import clock
from carecore.audit import canonical, snapshot
from carecore.models import AuditEvent, Benefit
from carecore.workflow import Refused
from funds.models import Application, Payment, PaymentLine, Reservation, Voucher
from funds.workflow import payments
from funds.workflow.payments import LineDraft, Result
from tests import build

ACCOUNT = "6222021234567890123"
BANK = "滨海银行城东支行"


class Payouts:
    """Every step reads its row afresh, so that it carries the version in force, unless one is given."""

    def __init__(self, city, fund, treasury, money):
        self.city, self.fund, self.treasury, self.money = city, fund, treasury, money
        money.come("100000")

    def person(self, name, unit=None):
        return build.person(unit or self.city.a, name)

    def decided(self, *lines, **columns):
        """An application over lines of (payee, amount[, person])."""
        lines = lines or (("张三", "500"), ("李四", "300"))
        return build.decided(self.fund, self.city.a, lines, treasury=self.treasury, **columns)

    def drafts(self, application, account=ACCOUNT, bank=BANK):
        return [
            LineDraft(line.payee, line.amount, line.person, bank if account else "", account)
            for line in application.lines.all()
        ]

    def prepared(self, *lines, account=ACCOUNT, by=None, **columns):
        """The payment of a new application, everybody with an account."""
        application = self.decided(*lines, **columns)
        by = by or self.treasury.fund_office
        drafts = self.drafts(application, account)
        return payments.prepare_application(by=by, application=application, lines=drafts)

    def fresh(self, row):
        return type(row).objects.get(pk=row.pk)

    def line(self, payment, name):
        return PaymentLine.objects.get(payment=payment, payee=name)

    def lines(self, payment, *names):
        rows = PaymentLine.objects.filter(payment=payment)
        return list(rows.filter(payee__in=names) if names else rows)

    def states(self, payment):
        """State of the payment, and of each line by payee."""
        return self.fresh(payment).state, {line.payee: str(line.state) for line in self.lines(payment)}

    def application(self, payment):
        return Application.objects.get(pk=payment.document_id)

    def held(self, payment):
        """What is still held for the payment's document: amount, paid, released and state of its reservation."""
        held = Reservation.objects.get(document_kind=payment.document_kind, document_id=payment.document_id)
        return held.amount, held.paid, held.released, str(held.state)

    def vouchers(self, payment):
        rows = Voucher.objects.filter(document_kind=Payment._meta.label_lower, document_id=payment.pk)
        return [(str(v.kind), v.total, v.revision, v.summary) for v in rows.order_by("pk")]

    def benefits(self, payment):
        """Who has a standing benefit of this payment, and how much."""
        rows = Benefit.objects.standing().filter(document_kind="funds.payment", document_id=payment.pk)
        return {row.person.name: row.amount for row in rows}

    def send(self, payment, by=None):
        return payments.send_to_bank(by=by or self.treasury.cashier, payment=self.fresh(payment))

    def result(self, payment, by=None, lines=None, **failed):
        """The bank's word on all lines on their way, or on these: those of `failed` came back, with the reason."""
        rows = lines if lines is not None else self.lines(payment)
        rows = [row for row in rows if lines is not None or row.state == "在途"]
        results = [Result(row, row.payee not in failed, failed.get(row.payee, "")) for row in rows]
        return payments.bank_result(by=by or self.treasury.cashier, payment=self.fresh(payment), results=results)

    def pay(self, payment, *names, by=None, **columns):
        by, lines = by or self.treasury.cashier, self.lines(payment, *names)
        return payments.pay_directly(by=by, payment=self.fresh(payment), lines=lines, **columns)

    def give_back(self, payment, name, reason="账号已销户", by=None, **columns):
        by, line = by or self.treasury.cashier, self.line(payment, name)
        return payments.return_line(by=by, line=line, reason=reason, **columns)

    def repair(self, payment, name, by=None, **columns):
        columns = {"payee": name, "bank": BANK, "account": "6222029876543210987", **columns}
        return payments.repair_line(by=by or self.treasury.cashier, line=self.line(payment, name), **columns)

    def cancel(self, payment, by=None, reason="名单有误"):
        by = by or self.treasury.fund_office
        return payments.cancel_payment(by=by, payment=self.fresh(payment), reason=reason)

    def sign(self, payment, *names, by=None, signed_on=None, **columns):
        by, signed_on = by or self.treasury.cashier, signed_on or clock.today()
        return payments.sign_for(by=by, lines=self.lines(payment, *names), signed_on=signed_on, **columns)


def day(text):
    return datetime.date.fromisoformat(f"2026-{text}")


def yuan(*amounts):
    return tuple(Decimal(amount) for amount in amounts)


def refusal(call, *args, **facts):
    """The one finding of a refusal: its key and message."""
    with pytest.raises(Refused) as refused:
        call(*args, **facts)
    [finding] = refused.value.findings
    return finding.key, finding.message


def of_two(payouts, **columns):
    """A payment of 500 to 张三 and 300 to 李四, both people of 甲局."""
    people = [payouts.person(name) for name in ("张三", "李四")]
    return payouts.prepared(("张三", "500", people[0]), ("李四", "300", people[1]), **columns)


def assert_one_event_each(last, action, *rows):
    """Since event number `last` each of these rows and no other left one event, and it says what the row is now."""
    events = list(AuditEvent.objects.filter(seq__gt=last))
    assert sorted((e.kind, e.object_id) for e in events) == sorted((r._meta.label_lower, r.pk) for r in rows)
    for row in rows:
        event = next(e for e in events if (e.kind, e.object_id) == (row._meta.label_lower, row.pk))
        assert event.after == canonical(snapshot(type(row).objects.get(pk=row.pk)))
    assert action in {e.action for e in events}


def last_event():
    return AuditEvent.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def draft(payee="张三", amount="800", **columns):
    return LineDraft(payee, Decimal(amount), **columns)


def reserved(payouts, document, amount="100", fund=None):
    return payouts.money.reserve(amount, document, fund=fund or payouts.fund)


def any_document(payouts, document, held, **facts):
    facts = {
        "fund": payouts.fund, "purpose": build.account(payouts.fund, "困难补助"), "subject": "走访慰问",
        "lines": [draft(amount="100")], "approved_by": payouts.treasury.fund_lead, "document": document,
        "reservation": held, **facts,
    }  # fmt: skip
    return payments.prepare(by=payouts.treasury.cashier, **facts)
