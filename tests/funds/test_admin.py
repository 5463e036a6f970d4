"""Funds in the admin: verbs and limits are those of the pages, and nothing that a workflow moves is typed over."""

from decimal import Decimal

import pytest
from django.urls import reverse

from carecore.models import AuditEvent
from funds.models import (
    Account,
    Application,
    Budget,
    Fund,
    Payment,
    PaymentLine,
    Period,
    Receipt,
    Reservation,
    Transfer,
    Voucher,
)
from tests import build

READ = {
    "account": Account, "voucher": Voucher, "transfer": Transfer, "reservation": Reservation, "period": Period,
}  # fmt: skip


def url(model, page="changelist", *args):
    return reverse(f"admin:funds_{model}_{page}", args=args)


@pytest.fixture
def signed_in(client, treasury):
    def sign_in(name):
        client.force_login(getattr(treasury, name))
        return client

    return sign_in


def send(client, page, answers=302, /, **data):
    answer = client.post(page, data)
    errors = answer.context["adminform"].form.errors if answer.context else {}
    assert answer.status_code == answers, errors
    return errors


def receipt(fund, source="财政拨付", **facts):
    account = build.account(fund, source)
    return {"fund": fund.pk, "source": account.pk, "amount": "10.01", "received_on": "2026-05-11", **facts}


@pytest.mark.parametrize("name", READ)
def test_the_ledger_is_read_and_never_typed_over(books, signed_in, name):
    client, row = signed_in("fund_lead"), READ[name].objects.filter(fund=books.fund).first()
    assert client.get(url(name)).status_code == 200
    page = url(name, "change", row.pk)
    assert client.get(page).status_code == 200
    assert client.post(page, {"balance": "1", "amount": "1", "total": "1", "state": "已结账"}).status_code == 403
    assert client.get(url(name, "add")).status_code == 403
    assert client.post(url(name, "delete", row.pk), {"post": "yes"}).status_code == 403
    before = READ[name].objects.filter(pk=row.pk).values().get()
    assert before == {**before, "version": row.version}


@pytest.mark.parametrize("name", ["fund", "receipt", "budget", *READ])
def test_another_units_rows_are_neither_listed_nor_found(books, signed_in, name):
    client = signed_in("applicant_b")
    model = {**READ, "fund": Fund, "receipt": Receipt, "budget": Budget}[name]
    listed = client.get(url(name)).context["cl"].queryset
    assert {row.audit_unit_id for row in listed} <= {books.other.unit_id}
    if foreign := model.objects.exclude(**{"unit" if name == "fund" else "fund__unit": books.other.unit}).first():
        assert client.get(url(name, "change", foreign.pk)).status_code == 404


def test_a_receipt_is_received_and_posted(fund, signed_in):
    send(signed_in("fund_office"), url("receipt", "add"), **receipt(fund))
    assert (Receipt.objects.get().amount, build.account(fund, "资金").balance) == (Decimal("10.01"), Decimal("10.01"))
    assert AuditEvent.objects.filter(action="receive").exists()


@pytest.mark.parametrize(
    ("facts", "field"), [({"received_on": "2026-05-12"}, "received_on"), ({"amount": "-1"}, "amount"), ({"amount": "1.001"}, "amount")]
)
def test_a_wrong_receipt_is_an_error_beside_its_field(fund, signed_in, facts, field):
    client = signed_in("fund_office")
    answer = client.post(url("receipt", "add"), receipt(fund, **facts))
    form = answer.context["adminform"].form
    assert answer.status_code in (200, 400, 409) and form.errors, field
    assert not Receipt.objects.exists()


def test_a_source_of_another_fund_is_refused_beside_it(city, fund, treasury, signed_in):
    other = build.fund(city.root, "学习资金", "党员学习培训", opened_by=treasury.fund_lead)
    wrong = {**receipt(fund), "source": build.account(other, "财政拨付").pk}
    assert list(send(signed_in("fund_office"), url("receipt", "add"), 409, **wrong))
    assert not Receipt.objects.exists()


def test_the_sources_that_the_rules_name_stand_beside_the_field(fund, signed_in):
    form = signed_in("fund_office").get(url("receipt", "add")).context["adminform"].form
    assert "LYG-9" in form.fields["source"].help_text


def test_another_units_fund_is_not_offered(books, signed_in):
    form = signed_in("fund_office").get(url("receipt", "add")).context["adminform"].form
    assert books.fund in form.fields["fund"].queryset
    assert signed_in("applicant_b").get(url("receipt", "add")).status_code == 403


def test_a_posted_receipt_is_not_changed(fund, signed_in):
    client = signed_in("fund_office")
    send(client, url("receipt", "add"), **receipt(fund))
    row = Receipt.objects.get()
    assert client.post(url("receipt", "change", row.pk), receipt(fund, amount="99")).status_code == 403
    assert Receipt.objects.get().amount == Decimal("10.01")


def test_a_fund_is_opened_and_its_name_put_right(city, fund, signed_in):
    client, paper = signed_in("fund_lead"), build.document(city.root)
    facts = {"unit": f"{city.a}", "name": "甲局帮扶", "kind": fund.kind, "document": paper.pk}
    send(client, url("fund", "add"), **facts)
    opened = Fund.objects.get(name="甲局帮扶")
    assert opened.accounts.filter(label="困难补助").exists()
    page = url("fund", "change", opened.pk)
    send(client, page, name="甲局帮扶资金", document=paper.pk, row_version=opened.version)
    send(client, page, 409, name="旧", document=paper.pk, row_version=opened.version)
    assert Fund.objects.get(pk=opened.pk).name == "甲局帮扶资金"


def test_a_kind_without_rules_is_an_error(city, fund, signed_in):
    facts = {"unit": f"{city.a}", "name": "x", "kind": "没有的类别", "document": build.document(city.root).pk}
    errors = send(signed_in("fund_lead"), url("fund", "add"), 409, **facts)
    assert list(errors) == ["kind"] and Fund.objects.count() == 1


def test_a_budget_is_set_and_changed(fund, signed_in):
    client = signed_in("fund_office")
    send(client, url("budget", "add"), fund=fund.pk, year=2026, planned="100")
    row = Budget.objects.get()
    send(client, url("budget", "change", row.pk), planned="120.50", need="200", row_version=row.version)
    assert Budget.objects.values_list("planned", "need").get() == (Decimal("120.50"), Decimal("200.00"))


def test_a_drafts_subject_is_put_right_and_nothing_else(asks, signed_in):
    row = asks.draft()
    client, page = signed_in("applicant"), url("application", "change", row.pk)
    send(client, page, subject="更正的事由", state="已批准", asked="1", row_version=row.version)
    changed = Application.objects.get()
    assert (changed.subject, changed.state, changed.asked) == ("更正的事由", row.state, row.asked)
    asks.applied()
    handed_in = Application.objects.order_by("-pk").first()
    assert client.post(url("application", "change", handed_in.pk), {"subject": "x"}).status_code == 403


def test_a_payees_account_is_never_shown_whole(paid, signed_in):
    line = PaymentLine.objects.filter(payment=paid).first()
    line.account = "6222021234567890123"
    line.save()
    client = signed_in("cashier")
    for page in (url("paymentline"), url("paymentline", "change", line.pk), url("payment", "change", Payment.objects.get().pk)):
        html = client.get(page).content.decode()
        assert "6222021234567890123" not in html
    assert "****0123" in client.get(url("paymentline")).content.decode()
