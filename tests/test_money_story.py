"""Money from its source to its purpose: dues → set-aside → application → meeting → bank → ledger → auditor's workbook.

Each role does its part on its own desk; the dues are the sample workbook 07, all else is invented.
"""

import io
import json
import re

import openpyxl
import pytest
from django.core.management import call_command

from carecore import demo
from funds.models import Fund, Payment
from tests import build
from tests.browser.desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DUES = next(demo.SAMPLES.glob("07-*"))
PARTIES = ("市财政局", "市人力资源和社会保障局", "市民政局", "市教育局", "市水利局", "滨海县人民医院", "市第一中学", "青山街道办事处")
TRAINING, AID = "党员学习培训", "生活困难党员帮扶"
SET_ASIDE = "39,026.79"  # a tenth of 390267.92
ACCOUNT, REPAIRED = "6222021234567890123", "6222021234567890999"


@pytest.fixture
def at(signed_in, tmp_path):
    """The desk of a user."""

    def desk(user):
        page = signed_in(user)
        page.on("dialog", lambda dialog: dialog.accept())
        return Desk(page, tmp_path)

    return desk


@pytest.fixture
def parties(city):
    return [build.unit(name, city.root, party_name=f"{name}党委") for name in PARTIES]


def test_every_yuan_from_its_source_to_its_purpose(at, city, cast, treasury, parties, tmp_path):
    people = [build.person(city.a, name) for name in ("周一", "周二")]
    call_command("load_policy", "lianyungang-2009", "--unit", city.root.code, stdout=io.StringIO())
    the_fund_lead_opens_two_funds(at(treasury.fund_lead))
    the_office_imports_the_dues(at(treasury.fund_office))
    the_unit_applies(at(treasury.applicant), people)
    the_office_accepts(at(treasury.fund_office))
    the_meeting_decides(at(treasury.meeting_clerk))
    the_office_prepares_the_payment(at(treasury.fund_office))
    the_cashier_sends_it_to_the_bank(at(treasury.cashier), tmp_path)
    one_comes_back_is_repaired_and_paid(at(treasury.cashier), at(treasury.fund_office))
    the_cashier_has_it_signed_for(at(treasury.cashier))
    the_auditor_reads_and_exports(at(cast.auditor))
    the_operator_verifies()


def the_fund_lead_opens_two_funds(desk):
    for kind in (TRAINING, AID):
        desk.open("/funds/funds/new/").fill(name=f"{kind}资金", kind=kind)
        desk.page.select_option("select[name=document]", index=1)
        desk.press("设立").reads("资金已设立")


def the_office_imports_the_dues(desk):
    """Float noise, three spellings of a day and the 合计 are in the sheet; a tenth and a tenth come out exact."""
    desk.open("/funds/dues/import/").fill(file=DUES).press("上传并预览").press("确认导入")
    desk.reads("已导入。数据行8=新增8+变更0+无变化0+不予导入0")
    for fund in Fund.objects.all():
        desk.open(f"/funds/funds/{fund.pk}/").reads(SET_ASIDE)
        desk.open(f"/funds/vouchers/?fund={fund.pk}")
        assert desk.count() == 8


def the_unit_applies(desk, people):
    """A purpose of the other fund is not offered; what one person asks is kept with who it is for."""
    desk.open("/funds/applications/new/")
    fund = Fund.objects.get(kind=AID)
    choices = desk.page.locator("select[name=purpose] optgroup").nth(1).locator("option").all_inner_texts()
    assert any("疾病" in choice or "补助" in choice for choice in choices), choices
    group = desk.page.locator(f"optgroup[label^='{fund.name}'] option").first
    desk.page.select_option("select[name=purpose]", value=group.get_attribute("value"))
    desk.fill(subject="患重大疾病党员慰问补助")
    for row, person in enumerate(people):
        desk.set(f"[name='lines-{row}-person']", f"{person.name} #{person.pk}")
        desk.set(f"[name='lines-{row}-amount']", "1500")
    desk.press("保存").reads("已保存为草稿", "3,000.00").press("提交申请").reads("已申请")


def the_office_accepts(desk):
    desk.open("/").open("/funds/applications/").follow("患重大疾病党员慰问补助", within="#listing")
    desk.press("受理").reads("已受理", "待书记会议研究决定")


def the_meeting_decides(desk):
    """A collective decision; less than was asked, the rest is free again."""
    desk.open("/funds/meetings/new/").fill(
        number="滨工委书记会〔2026〕3号", held_on="2026-05-11", chair="书记", attendees="书记、副书记、组织处长",
        decision="同意补助,每人1200元。",
    )  # fmt: skip
    desk.page.get_by_label(re.compile("的会议决定")).select_option(label="同意")
    desk.page.get_by_label(re.compile("的批准金额")).fill("2400")
    desk.press("保存").reads("会议决定已登记", "2,400.00")


def the_office_prepares_the_payment(desk):
    desk.open("/funds/applications/").follow("患重大疾病党员慰问补助", within="#listing").reads("已批准")
    desk.follow("编制支付单", within="main")
    for number, name in enumerate(("周一", "周二"), start=1):
        desk.page.get_by_label(f"{name}的金额").fill("1200")
        desk.page.get_by_label(f"{name}的开户银行").fill("滨海银行")
        desk.page.get_by_label(f"{name}的银行账号").fill(ACCOUNT[:-1] + str(number))
    desk.page.locator("main form button[type=submit]").last.click()
    desk.page.wait_for_load_state("networkidle")
    desk.reads("待支付", "2,400.00")
    assert ACCOUNT[:-1] not in desk.page.content()


def payment_page():
    return f"/funds/payments/{Payment.objects.get().pk}/"


def the_cashier_sends_it_to_the_bank(desk, folder):
    """The file goes out with whole numbers; the bank's answer is the same sheet with its word in each row."""
    desk.open(payment_page()).press("送银行代发").reads("已送银行").follow("下载代发文件", within="main")
    desk.fill(recipient="滨海银行", reason="代发补助")
    sent = openpyxl.load_workbook(desk.fetch("导出"))
    sheet = sent.active
    header = next(row[0].row for row in sheet.iter_rows() if row[0].value == "序号")
    last = sheet.max_column
    sheet.cell(header, last + 1, "结果")
    sheet.cell(header, last + 2, "原因")
    for row in sheet.iter_rows(min_row=header + 1):
        if row[0].value in (1, 2):
            sheet.cell(row[0].row, last + 1, "成功" if row[0].value == 1 else "失败")
            sheet.cell(row[0].row, last + 2, "" if row[0].value == 1 else "账号户名不符")
    path = folder / "代发结果.xlsx"
    sent.save(path)
    desk.open(payment_page()).follow("上传银行结果", within="main").fill(file=path).press("上传并预览")
    desk.reads("确认导入").press("确认导入").reads("已导入")
    desk.open(payment_page()).reads("部分支付", "账号户名不符", "1,200.00")


def one_comes_back_is_repaired_and_paid(cashier, office):
    office.open(payment_page()).page.get_by_role("link", name=re.compile("^更正")).click()
    office.page.wait_for_url("**/repair/")
    office.fill(payee="周二", bank="滨海银行", account=REPAIRED).press("保存").reads("已更正,可重新支付")
    cashier.open(payment_page()).unfold("全部直接支付").press("确定全部直接支付(1笔)").reads("已付清")


def the_cashier_has_it_signed_for(desk):
    desk.open(payment_page()).follow("登记签领", within="main").pick().press("登记签领").reads("已登记2人签领")


def the_auditor_reads_and_exports(desk):
    """The statement runs to what is left; every figure leads to its voucher and on to the payment behind it."""
    fund = Fund.objects.get(kind=AID)
    desk.open(f"/funds/funds/{fund.pk}/statement/").reads("36,626.79")
    desk.open(f"/funds/vouchers/?fund={fund.pk}&kind=支出")
    assert desk.count() == 2
    rows = [row for row in openpyxl.load_workbook(desk.fetch("Excel")).active.values if row[0]]
    assert sum(float(cell) for row in rows for cell in row if cell == 1200) == 2400
    desk.open(payment_page()).reads("已付清")
    desk.open("/audit/").reads("登记代发结果")


def the_operator_verifies():
    """Nothing but the rows that the test itself put in place by hand has no trail."""
    printed = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("verify", "--json", stdout=printed)
    found = {problem["message"] for problem in json.loads(printed.getvalue())["problems"]}
    assert found == {"没有审计记录,是在系统之外写入的"}
