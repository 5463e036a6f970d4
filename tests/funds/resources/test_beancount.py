"""The exported ledger: the public program bean-check accepts it, and its balances are ours to the fen (invariant 3)."""

import subprocess
import sys
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from beancount import loader
from beancount.core import data, inventory
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore.models import AuditEvent
from funds.models import Account, Voucher
from tests import build

BEAN_CHECK = Path(sys.executable).parent / "bean-check"
NASTY = '慰问"困难"党员\\\n第二批 @#^ 1.00 CNY'


@pytest.fixture
def ledger_of_two(city, fund, money, treasury, today):
    """Two funds, of the city and of 甲局: income, a list of payments, a reversal, words that would break a file."""
    other = build.fund(city.a, "甲局资金", opened_by=treasury.fund_lead)
    money.come("1000.10")
    paper = build.document(city.root, "慰问")
    wrong = money.pay("0.07", document=paper, summary=NASTY, basis=NASTY)
    money.reverse(wrong, paper)
    today.move_to("2027-01-04 10:00:00+08:00")
    money.pay("333.33", "走访慰问")
    money.come("80.00", "党费划拨", fund=other)
    return fund, other


def exported(path, *options):
    out = StringIO()
    call_command("export", "ledger", str(path), *options, stdout=out)
    return out.getvalue()


def check(path):
    """What bean-check says and its exit code."""
    done = subprocess.run([BEAN_CHECK, "--no-cache", path], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def balances_in(entries):
    """Fen by account, summed by beancount itself."""
    sums = {entry.account: inventory.Inventory() for entry in entries if isinstance(entry, data.Open)}
    for entry in entries:
        if isinstance(entry, data.Transaction):
            for posting in entry.postings:
                sums[posting.account].add_position(posting)
    return {name: held.get_currency_units("CNY").number for name, held in sums.items()}


def test_bean_check_accepts_it_and_its_balances_are_ours(ledger_of_two, tmp_path):
    path = tmp_path / "ledger.beancount"
    assert exported(path) == f"专项资金账簿:5 条,已写入 {path}\n"
    assert check(path) == (0, "")
    entries, errors, _ = loader.load_file(str(path))
    assert errors == []
    ours = {
        f"{top}:Fund{a.fund_id}:Account{a.pk}": a.balance
        for kind, top in (("来源", "Equity"), ("资金", "Assets"), ("用途", "Expenses"))
        for a in Account.objects.filter(kind=kind)
    }
    assert balances_in(entries) == ours
    assert Decimal("666.77") in ours.values()


def test_a_transaction_says_what_its_voucher_says(ledger_of_two, tmp_path, treasury):
    path = tmp_path / "ledger.beancount"
    exported(path)
    entries, _, _ = loader.load_file(str(path))
    found = [entry for entry in entries if isinstance(entry, data.Transaction)]
    voucher = Voucher.objects.get(kind="冲销")
    [entry] = [entry for entry in found if "reverses" in entry.meta]
    facts = {key: entry.meta[key] for key in ("fund", "voucher", "document", "revision", "reverses", "by")}
    assert facts == {
        "fund": "帮扶资金", "voucher": "2026-0003", "document": f"carecore.document {voucher.document_id}",
        "revision": "2", "reverses": "2026-0002", "by": treasury.fund_lead.name,
    }  # fmt: skip
    assert (entry.date, entry.payee, entry.narration) == (voucher.dated, "冲销", " ".join(voucher.summary.split()))
    assert {str(entry.date.year) for entry in found} == {"2026", "2027"}
    names = {entry.meta["name"] for entry in entries if isinstance(entry, data.Open)}
    assert {"帮扶资金", "甲局资金", "财政拨付", "走访慰问"} <= names


@pytest.mark.parametrize("fen", ["0.01", "-0.01"])
def test_bean_check_sees_one_fen(ledger_of_two, tmp_path, fen):
    path = tmp_path / "ledger.beancount"
    Account.objects.filter(label="走访慰问", fund=ledger_of_two[0]).update(balance=Decimal("333.33") + Decimal(fen))
    exported(path)
    code, said = check(path)
    assert code == 1
    assert "Balance failed" in said


def test_a_user_exports_what_they_may_see(ledger_of_two, treasury, city, tmp_path):
    path = tmp_path / "ledger.beancount"
    assert exported(path, "--user", "applicant").startswith("专项资金账簿:1 条")
    text = path.read_text()
    assert "甲局资金" in text
    assert "帮扶资金" not in text
    assert check(path) == (0, "")
    event = AuditEvent.objects.get(action="export")
    assert (event.by, '"rows":1' in event.detail, '"format":"beancount"' in event.detail) == (treasury.applicant, True, True)


def test_the_filters_of_the_list_of_funds_apply(ledger_of_two, tmp_path):
    path = tmp_path / "ledger.beancount"
    assert exported(path, "--filter", "unit=甲局").startswith("专项资金账簿:1 条")


def test_a_ledger_without_vouchers_is_a_ledger(fund, tmp_path):
    path = tmp_path / "ledger.beancount"
    assert exported(path).startswith("专项资金账簿:0 条")
    assert check(path) == (0, "")


def test_more_vouchers_cost_no_more_queries(money, tmp_path):
    def queries():
        with CaptureQueriesContext(connection) as counted:
            exported(tmp_path / "ledger.beancount")
        return len(counted)

    money.come("1000.00")
    before = queries()
    for _ in range(5):
        money.pay("1.00")
    assert queries() == before
