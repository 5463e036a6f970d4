"""The bank's file, the sheet to be signed and the bank's answer: who gets full numbers, and what comes back."""

import csv
import io
import json
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from carecore.models import AuditEvent
from funds.models import PaymentLine
from tests.carecore.sheets.workbooks import workbook
from tests.funds.payouts import ACCOUNT, BANK, of_two
from tests.sanatorium.views.conftest import words

URL = "/funds/payments/"
ASKED = {"recipient": "滨海银行", "reason": "代发慰问金"}


@pytest.fixture
def cashier(payouts):
    return payouts.treasury.cashier


@pytest.fixture
def sent(payouts):
    payment = of_two(payouts)
    payouts.send(payment)
    return payouts.fresh(payment)


def content(answer):
    return b"".join(answer.streaming_content)


def grid(answer):
    sheet = load_workbook(io.BytesIO(content(answer))).active
    return sheet, [list(row) for row in sheet.iter_rows(values_only=True)]


# The bank's file -------------------------------------------------------------------------------------------


def test_the_bank_gets_full_accounts_as_text_for_a_reason(desk, payouts, cashier, sent):
    url = f"{URL}{sent.pk}/bank_file/"
    assert "本表含完整银行账号。导出须写明提供给谁、作何用途" in words(desk.get(cashier, url))
    last = AuditEvent.objects.count()
    answer = desk.post(cashier, url, 200, format="xlsx", **ASKED)
    sheet, cells = grid(answer)
    assert cells == [
        ["序号", "收款人", "账号", "开户行", "金额", "摘要"],
        [1, "张三", ACCOUNT, BANK, 500, "慰问困难党员"],
        [2, "李四", ACCOUNT, BANK, 300, "慰问困难党员"],
    ]
    assert (sheet["C2"].data_type, sheet["E2"].data_type) == ("s", "n")
    assert sheet.oddFooter.left.text == "导出人:出纳员"
    assert answer["Content-Disposition"].endswith(quote(f"代发清单(支付单{sent.pk}第1次)-20260511.xlsx"))
    [event] = AuditEvent.objects.order_by("seq")[last:]
    assert (event.action, event.by, event.reason, event.kind, event.object_id) == (
        "export_full", cashier, "代发慰问金", "funds.payment", sent.pk,
    )  # fmt: skip
    assert json.loads(event.detail) == {
        "sheet": f"代发清单(支付单{sent.pk}第1次)", "recipient": "滨海银行",
        "lines": list(PaymentLine.objects.order_by("number").values_list("pk", flat=True)),
    }  # fmt: skip


def test_the_same_as_csv(desk, cashier, sent):
    text = content(desk.post(cashier, f"{URL}{sent.pk}/bank_file/", 200, format="csv", **ASKED)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["序号", "收款人", "账号", "开户行", "金额", "摘要"]
    assert [rows[1][0], rows[1][2].strip(), rows[1][4]] == ["1", ACCOUNT, "500.00"]


@pytest.mark.parametrize("missing", ["recipient", "reason", "format"])
def test_without_recipient_reason_or_format_nothing_is_given(desk, cashier, sent, missing):
    last = AuditEvent.objects.count()
    body = desk.refused(cashier, f"{URL}{sent.pk}/bank_file/", 400, **{"format": "xlsx", **ASKED, missing: " "})
    assert (list(body["fields"]), AuditEvent.objects.count()) == ([missing], last)


def test_only_the_round_on_its_way_goes_to_the_bank(desk, payouts, cashier, sent):
    payouts.result(sent, 李四="户名不符")
    desk.get(cashier, f"{URL}{sent.pk}/bank_file/", 404)
    payouts.repair(sent, "李四")
    payouts.send(sent)
    _, cells = grid(desk.post(cashier, f"{URL}{sent.pk}/bank_file/", 200, format="xlsx", **ASKED))
    assert [row[:2] for row in cells[1:]] == [[2, "李四"]]


@pytest.mark.parametrize("who", ["applicant", "meeting_clerk"])
def test_full_accounts_are_a_right_of_their_own(desk, payouts, sent, who):
    for path in ("bank_file/", "sign_sheet/"):
        desk.post(getattr(payouts.treasury, who), f"{URL}{sent.pk}/{path}", 403, format="xlsx", **ASKED)


# 发放签领表 ------------------------------------------------------------------------------------------------


def test_the_sheet_to_be_signed_cell_by_cell(desk, payouts, cashier):
    person = payouts.person("张三")
    person.phone = "13900003860"
    person.save()
    payment = payouts.prepared(("张三", "500.50", person), ("=李四", "300"))
    payouts.pay(payment)
    payouts.sign(payment, "张三", proxy="张小三", relation="父子")
    sheet, cells = grid(desk.post(cashier, f"{URL}{payment.pk}/sign_sheet/", 200, **ASKED))
    day = sheet["I4"].value
    assert cells == [
        ["慰问困难党员发放签领表"] + [None] * 9,
        ["单位:滨海市", *[None] * 4, "时间:2026年5月11日", *[None] * 4],
        ["序号", "姓名", "所在单位", "事由", "金额", "领取人签字", "代领人及关系", "联系电话", "领取日期", "备注"],
        [1, "张三", "甲局", "慰问困难党员", 500.5, None, "张小三(父子)", "13900003860", day, None],
        [2, "=李四", None, "慰问困难党员", 300, None, None, None, None, None],
        ["合计", "2人", None, None, 800.5, *[None] * 5],
        ["合计人民币(大写):捌佰元零伍角整  ¥800.50".replace("元零伍角", "元伍角"), *[None] * 9],
        ["负责人:", None, "审核:", None, None, "经办人:", None, "制表人:", None, None],
    ]
    assert f"{day:%Y-%m-%d}" == "2026-05-11" and sheet["B5"].data_type == "s"
    assert {"A1:J1", "A2:E2", "F2:J2", "A7:J7"} <= {str(area) for area in sheet.merged_cells.ranges}
    assert (sheet.print_title_rows, sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("$3:$3", "landscape", 9)
    assert sheet.oddFooter.left.text == "导出人:出纳员"
    assert AuditEvent.objects.order_by("-seq")[0].action == "export_full"


def test_the_printed_page_masks_the_telephone(desk, payouts, cashier):
    person = payouts.person("张三")
    person.phone = "13900003860"
    person.save()
    payment = payouts.prepared(("张三", "500", person), ("李四", "300"))
    page = words(desk.get(payouts.treasury.meeting_clerk, f"{URL}{payment.pk}/print/"))
    for text in (
        "慰问困难党员发放签领表", "单位:滨海市", "139****3860", "合计(2人)800.00", "人民币(大写):捌佰元整",
        "负责人:审核:经办人:制表人:",
    ):  # fmt: skip
        assert text in page, text


# The bank's answer -----------------------------------------------------------------------------------------


def upload(desk, who, content, **into):
    file = SimpleUploadedFile("结果.xlsx", content)
    return desk.client(who).post(f"{URL}import/", {"file": file, **into})


def test_the_answer_is_uploaded_previewed_and_committed_once(desk, payouts, cashier, sent):
    page = desk.get(cashier, f"{URL}{sent.pk}/").content.decode()
    link = f"{URL}import/?payment={sent.pk}&amp;round=1"
    assert link in page
    asked = desk.get(cashier, f"{URL}import/", payment=sent.pk, round=1).content.decode()
    assert f'name="payment" value="{sent.pk}"' in asked
    book = workbook(
        ("序号", "账号", "户名", "金额", "结果", "原因"),
        (1, ACCOUNT, "张三", 500, "成功", ""), (2, ACCOUNT, "李四", 300, "失败", "账号与户名不符"),
    )  # fmt: skip
    preview = upload(desk, cashier, book, payment=sent.pk, round=1)
    shown = words(desk.follow(cashier, preview))
    assert "变更2" in shown.replace("行", "")
    desk.post(cashier, f"{preview['Location']}commit/")
    assert payouts.states(sent) == ("部分支付", {"张三": "已付", "李四": "退回"})
    again = upload(desk, cashier, book, payment=sent.pk, round=1)
    desk.post(cashier, f"{again['Location']}commit/")
    assert payouts.fresh(sent).paid == 500 and len(payouts.vouchers(sent)) == 1


def test_an_answer_to_nothing_is_refused_in_words(desk, payouts, cashier, sent):
    book = workbook(("序号", "金额", "结果"), (1, 500, "成功"))
    answer = upload(desk, cashier, book, payment=999, round=1)
    assert answer.status_code == 400 and "没有支付单999" in words(answer)
    answer = upload(desk, payouts.treasury.fund_office, book, payment=sent.pk, round=1)
    assert answer.status_code == 403
