"""The bank's answer as a sheet: matched by 序号 and amount, any difference a finding, the same file changes nothing."""

import pytest

from carecore.access import Role
from carecore.imports import run
from carecore.models import AuditEvent
from carecore.sheets import reader
from carecore.sheets.errors import UnreadableFile
from carecore.workflow import Forbidden, Stale
from funds.models import PaymentLine
from funds.resources.bank_results import BankResultImport
from tests import build
from tests.carecore.sheets.workbooks import text_table, workbook
from tests.funds.payouts import ACCOUNT, day, of_two

HEADER = ("序号", "账号", "户名", "金额", "结果", "原因")


@pytest.fixture
def sent(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    return payment


@pytest.fixture
def bring(payouts):
    """Examine the bank's answer and commit it, as the cashier."""

    def examine(sent, *rows, by=None, round=1, content=None, name="结果.xlsx", **into):
        content = content or workbook(HEADER, *rows)
        into = {"payment": str(sent.pk), "round": str(round), **into}
        reading = reader.read(content, name, BankResultImport.sheet.columns())
        by = by or payouts.treasury.cashier
        return run.examine_reading(by=by, importer=BankResultImport, reading=reading, file_name=name, into=into)

    def bring(sent, *rows, by=None, **facts):
        examined = examine(sent, *rows, by=by, **facts)
        return run.commit(by=by or payouts.treasury.cashier, examined=examined)

    bring.examine = examine
    return bring


def good(number=1, name="张三", amount=500, account=ACCOUNT, result="成功", reason=""):
    return (number, account, name, amount, result, reason)


def bad(reason="账号与户名不符"):
    return good(2, "李四", 300, result="失败", reason=reason)


def codes(report):
    return [(entry.column, entry.code) for entry in report.rejected]


def test_what_arrived_is_paid_and_what_did_not_comes_back(payouts, bring, sent):
    report = bring(sent, good(), bad())
    assert (report.rows, report.changed, report.rejected, report.committed) == (2, 2, [], True)
    assert payouts.states(sent) == ("部分支付", {"张三": "已付", "李四": "退回"})
    assert payouts.line(sent, "李四").returned_for == "账号与户名不符"
    assert len(payouts.vouchers(sent)) == 1


def test_the_same_file_again_changes_nothing(payouts, bring, sent):
    bring(sent, good(), bad())
    version, events = payouts.fresh(sent).version, AuditEvent.objects.exclude(action="import_sheet").count()
    report = bring(sent, good(), bad())
    assert (report.changed, report.unchanged, report.rejected) == (0, 2, [])
    assert payouts.fresh(sent).version == version
    assert AuditEvent.objects.exclude(action="import_sheet").count() == events


def test_an_old_answer_says_nothing_of_the_next_round(payouts, bring, sent):
    bring(sent, good(), bad())
    payouts.repair(sent, "李四")
    assert bring(sent, good(), bad()).unchanged == 2
    payouts.send(sent)
    report = bring.examine(sent, good(), bad()).report
    assert (report.unchanged, codes(report)) == (1, [("序号", "number")])
    assert "已在第2次代发中重新发送" in report.rejected[0].message
    assert codes(bring.examine(sent, good(), round=2).report) == [("序号", "number")]
    bring(sent, good(2, "李四", 300, account="6222029876543210987"), round=2)
    assert payouts.states(sent)[0] == "已付清"


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (good(number=3), "序号", "number"), (good(number=0), "序号", "number"),
        (good(amount="500.01"), "金额", "amount"), (good(amount=300), "金额", "amount"),
        (good(name="张四"), "户名", "payee"), (good(account="6222021234567890124"), "账号", "account"),
        (good(account=float(ACCOUNT)), "账号", "account.lost"), (good(account="6222****9999"), "账号", "account"),
        (good(result="处理中"), "结果", "result"), (good(result="失败"), "原因", "reason"),
        (good(result=""), "结果", "required"), (good(amount=""), "金额", "required"),
        (good(amount="-500"), "金额", "amount.negative"), (good(result="失败", reason="因" * 101), "原因", "too_long"),
    ],
)  # fmt: skip
def test_any_difference_is_a_finding(payouts, bring, sent, row, column, code):
    report = bring.examine(sent, row).report
    assert codes(report) == [(column, code)]
    assert payouts.states(sent)[0] == "已送银行"


def test_a_different_amount_says_both(bring, sent):
    [entry] = bring.examine(sent, good(amount="500.01")).report.rejected
    assert (entry.asked, entry.limit, entry.row) == ("500.01", "500.00", 2)


@pytest.mark.parametrize("account", ["", ACCOUNT, "6222****0123", f"'{ACCOUNT}", "6222 0212 3456 7890 123"])
@pytest.mark.parametrize("result", ["成功", "交易成功", "已到账"])
def test_accounts_and_results_as_banks_write_them(bring, sent, account, result):
    assert bring.examine(sent, good(account=account, result=result)).report.changed == 1


def test_a_row_twice_counts_for_nothing(bring, sent):
    assert codes(bring.examine(sent, good(), good()).report) == [("序号", "number")] * 2


def test_our_own_file_with_two_columns_more_comes_back(payouts, bring, sent):
    rows = [
        ("序号", "收款人", "账号", "开户行", "金额", "摘要", "结果", "原因"),
        ("1", "张三", f"{ACCOUNT}\t", "滨海银行", "500.00", "慰问", "成功", ""),
        ("2", "李四", f"{ACCOUNT}\t", "滨海银行", "300.00", "慰问", "成功", ""),
        ("合计", "", "", "", "800.00", "", "", ""),
    ]
    report = bring(sent, content=text_table(*rows), name="结果.csv")
    assert (report.rows, report.changed) == (2, 2)
    assert payouts.states(sent)[0] == "已付清"


def test_the_title_may_name_payment_round_and_day(payouts, bring, sent, today):
    today.move_to("2026-05-13 09:00:00+08:00")
    title = (f"代发结果(支付单{sent.pk} 第1次) 到账日期:2026-05-12",)
    reading = reader.read(workbook(title, HEADER, good(), bad()), "结果.xlsx", BankResultImport.sheet.columns())
    facts = {"by": payouts.treasury.cashier, "importer": BankResultImport, "file_name": "结果.xlsx", "into": {}}
    run.commit(by=payouts.treasury.cashier, examined=run.examine_reading(reading=reading, **facts))
    assert payouts.line(sent, "张三").paid_on == day("05-12")


@pytest.mark.parametrize(
    ("into", "message"),
    [
        ({"payment": "999"}, "没有支付单999"), ({"payment": "甲"}, "支付单“甲”不能识别"), ({"round": "2"}, "没有第2次代发"),
        ({"round": "0"}, "没有第0次代发"), ({"payment": ""}, "没有写明支付单"), ({"round": ""}, "没有写明代发次数"),
        ({"paid_on": "2026-05-12"}, "晚于今天"), ({"payment": "9" * 18}, "没有支付单|不能识别"),
    ],
)  # fmt: skip
def test_the_file_belongs_to_a_round_of_a_payment(bring, sent, into, message):
    with pytest.raises(UnreadableFile, match=message):
        bring.examine(sent, good(), **into)


def test_a_paid_line_that_now_failed_is_a_late_return(payouts, bring, sent):
    bring(sent, good(), bad())
    report = bring.examine(sent, good(result="失败", reason="退汇"), good(2, "李四", 300)).report
    assert codes(report) == [("结果", "result")] * 2
    assert "如为退票请在支付单上登记退票" in report.rejected[0].message


def test_who_may_not_pay_may_not_bring_the_answer(payouts, bring, sent):
    with pytest.raises(Forbidden):
        bring.examine(sent, good(), by=payouts.treasury.fund_office)
    stranger = build.user("stranger", payouts.city.b, Role.CASHIER, person=payouts.person("外人", payouts.city.b))
    with pytest.raises(UnreadableFile, match="或不由您支付"):
        bring.examine(sent, good(), by=stranger)
    type(sent).objects.update(approved_by=payouts.treasury.cashier)
    with pytest.raises(Forbidden, match="由您审批"):
        bring.examine(sent, good())


def test_ones_own_line_is_left_to_others(payouts, bring, sent):
    PaymentLine.objects.filter(payee="张三").update(person=payouts.treasury.cashier.person)
    assert codes(bring.examine(sent, good()).report) == [("户名", "separation")]


def test_what_changed_since_the_preview_is_not_committed(payouts, bring, sent):
    examined = bring.examine(sent, good(), bad())
    payouts.result(sent, lines=payouts.lines(sent, "张三"))
    with pytest.raises(Stale):
        run.commit(by=payouts.treasury.cashier, examined=examined)
    assert len(payouts.vouchers(sent)) == 1
