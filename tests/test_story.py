"""A city's sanatorium year, from an empty database to the auditor's workbook, each role at its own desk.

The story of 滨海市: its units, its rosters and the settlement of the third batch are the sample workbooks.
"""

import io
import json
import re
from decimal import ROUND_HALF_UP, Decimal

import openpyxl
import pytest
from django.core.management import call_command

from carecore import clock, demo
from carecore.models import Document, Unit, User
from carecore.sheets.identity import check_digit
from funds.workflow.funds import open_fund
from funds.workflow.income import receive
from tests.browser.desk import Office

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAMPLES = {path.name[:2]: path for path in demo.SAMPLES.iterdir()}
NOMINATIONS, PLACES = "/sanatorium/nominations/", "/sanatorium/quotas/"
ORGANS = (
    "市财政局", "市人力资源和社会保障局", "市民政局", "市教育局", "市水利局", "滨海县人民医院", "市第一中学",
    "青山街道办事处",
)  # fmt: skip
STREET, COMPANY = "青山街道办事处", "海丰化工有限公司"
STAFF = {  # sign-in name: name, role, unit
    "zuzhi": ("组织经办", "组织部门经办", "滨海市"),
    "zuzhi-lead": ("组织负责", "组织部门负责人", "滨海市"),
    "gonghui": ("工会经办", "工会经办", "滨海市"),
    "gonghui-lead": ("工会负责", "工会负责人", "滨海市"),
    "shoujian": ("工会收件", "工会经办", "滨海市"),
    "jingfei-lead": ("经费负责", "经费负责人", "滨海市"),
    "shenji": ("审计人员", "审计", "滨海市"),
}
UNIT_STAFF = {
    **{f"lead{place}": (f"负责{place}", "单位负责人", unit) for place, unit in enumerate((*ORGANS, COMPANY))},
    "qingshan": ("青山经办", "单位经办人", STREET),
}
# Who brings the evidence and publishes for a unit; for the other organs the organisation department does.
KEEPERS = {STREET: "qingshan", COMPANY: "shoujian"}
LEADS = {unit: username for username, (_, role, unit) in UNIT_STAFF.items() if role == "单位负责人"}
OVER_CAP = "蒋秀"  # 序号 23 of the settlement
LEAVER, SUBSTITUTE = "高伟", "江浩"


@pytest.fixture
def office(watched, today, tmp_path):
    return Office(watched, today, tmp_path)


def test_a_sanatorium_year(office):
    travellers = travellers_of_the_third_batch()

    office.day("1-5")
    the_operator_installs(office)
    the_administrator_opens_accounts(office, STAFF)
    the_organisation_officer_imports_the_units(office)
    the_administrator_opens_accounts(office, UNIT_STAFF)
    office.day("1-8")
    the_operator_loads_the_policy()
    the_union_lead_adds_the_local_decision(office)

    office.day("1-20")
    the_union_fund_receives_its_money()

    office.day("2-2")
    the_union_officer_plans_the_year(office)
    the_union_officer_moves_places(office)
    the_union_officer_applies_for_a_venue(office)
    the_union_lead_admits_the_venue(office)

    office.day("4-10")
    the_organisation_officer_imports_the_roster(office)
    the_union_officer_imports_the_sign_up(office)
    the_clerk_of_the_street_imports_the_list(office)
    the_organisation_officer_registers_the_appraisals(office)
    each_unit_brings_its_evidence(office)

    office.day("4-13")
    each_unit_publishes(office)
    office.day("4-15")
    an_objection_is_registered_and_dismissed(office)
    office.day("4-20")
    each_unit_lead_submits(office)
    office.day("4-22")
    the_organisation_lead_confirms(office)
    office.day("4-24")
    the_union_officer_sends_one_back_and_reviews(office)
    office.day("4-27")
    the_union_lead_approves(office, travellers)
    office.day("5-6")
    somebody_gives_up_and_is_replaced(office)

    office.day("5-20")
    the_union_officer_opens_the_third_batch(office)
    the_union_officer_fills_the_batch(office, travellers)
    the_union_lead_approves_the_batch(office)
    the_union_officer_exports_the_travellers(office, travellers)
    office.day("6-15")
    the_union_officer_records_who_came(office)
    the_union_officer_imports_the_settlement(office)
    the_union_officer_settles_the_last_one_within_the_cap(office)
    office.day("6-18")
    the_fund_lead_closes_the_batch(office, travellers)

    office.day("6-22")
    the_auditor_reads_and_exports(office, travellers)
    the_operator_verifies()


# What the samples hold -------------------------------------------------------------------------------------


def travellers_of_the_third_batch():
    """Each name of sample 08 with its unit and what the stay cost; 序号 23 as it is settled in the end."""
    sheet = openpyxl.load_workbook(SAMPLES["08"]).active
    rows = [row for row in sheet.iter_rows(min_row=4, values_only=True) if isinstance(row[0], int | float)]
    found = {row[1]: (row[3], sum(Decimal(str(amount)) for amount in row[4:9])) for row in rows}
    assert len(found) == 40 and found[OVER_CAP][1] == 3150
    found[OVER_CAP] = (found[OVER_CAP][0], Decimal(3000))
    return found


def id_number(number):
    body = f"37999919700101{number:03d}"
    return body + check_digit(body)


def sheet_of(headings, rows, path):
    book = openpyxl.Workbook()
    for line in (headings, *rows):
        book.active.append(line)
    book.save(path)
    return path


def cells(path):
    return list(openpyxl.load_workbook(path).active.values)


# The beginning ---------------------------------------------------------------------------------------------


def the_operator_installs(office):
    printed = io.StringIO()
    call_command("first_admin", "admin", "3799", "滨海市", stdout=printed)
    office.given["admin"] = re.search(r"一次性密码 (\w+)", printed.getvalue())[1]


def the_administrator_opens_accounts(office, staff):
    desk = office.sign_in("admin")
    for username, (name, role, unit) in staff.items():
        desk.open("/accounts/users/new/")
        number = id_number(len(office.known))
        desk.fill(name=name, username=username, unit=unit, id_number=number).press("建立账号")
        office.given[username] = desk.page.get_by_label("一次性密码").inner_text()
        office.known.append(username)
        desk.follow("返回账号").follow("授权", within="main")
        desk.fill(unit=unit, role=role).press("授权").reads(unit, role)


def the_organisation_officer_imports_the_units(office):
    desk = office.sign_in("zuzhi").open("/units/import/")
    desk.fill(file=SAMPLES["10"]).press("上传并预览").reads("确认导入").press("确认导入")
    desk.reads("已导入。数据行17=新增16+变更0+无变化1+不予导入0")


def the_operator_loads_the_policy():
    call_command("load_policy", "binzhou-2018", stdout=io.StringIO())


def the_union_lead_adds_the_local_decision(office):
    """滨州 says 公示 but no number of days."""
    desk = office.sign_in("gonghui-lead").open("/policy/rules/new/?key=sanatorium.notice_days")
    desk.fill(
        unit="滨海市", value="5", severity="不予通过", clause="滨海工发〔2026〕1号", decided_on="2026-01-08",
        effective_from="2026-01-09", text="公示不少于5个工作日",
    ).press("保存")  # fmt: skip
    desk.open("/policy/?day=2026-04-13").reads("公示", "5个工作日", "滨海工发〔2026〕1号", "BZ-17")


def the_union_fund_receives_its_money():
    """工会经费, from which the stays are paid (BZ-13), exactly as much as forty people may cost."""
    lead, city = User.objects.get(username="jingfei-lead"), Unit.objects.get(code="3799")
    document = Document.objects.get(slug="binzhou-2018")
    fund = open_fund(by=lead, unit=city, name="工会经费", kind="工会经费", document=document)
    fiscal = fund.accounts.get(label="财政拨付")
    receive(by=lead, fund=fund, source=fiscal, amount=Decimal(120000), received_on=clock.today(), payer="市财政局")


# The year's places -----------------------------------------------------------------------------------------


def the_union_officer_plans_the_year(office):
    desk = office.sign_in("gonghui").open("/sanatorium/plans/new/")
    desk.fill(year=2026, total=1000, organ=299, frontline=700).press("保存")
    desk.reads("各类别名额之和为999,与总数1000不符", "BZ-4").follow("修改", within="main")
    desk.fill(organ=300).press("保存")
    desk.open(f"{PLACES}import/").fill(file=SAMPLES["09"]).press("上传并预览").press("确认导入")
    desk.reads("已导入。数据行16=新增16+变更0+无变化0+不予导入0")
    desk.open("/sanatorium/plans/").follow("2026").press("下达计划").reads("计划已下达")


def the_union_officer_moves_places(office):
    """Seven people of each are to go: one office holds 3 places, the other 6."""
    desk = office.sign_in("gonghui")
    for unit, number in (("市人力资源和社会保障局", 4), ("市水利局", 1)):
        desk.open(f"{PLACES}?unit={STREET}").row(STREET).get_by_role("link").first.click()
        desk.unfold("调剂到其他单位").fill(target=unit, places=number, reason="推荐人数较多")
        desk.press("确定调剂到其他单位")
    desk.open(PLACES)
    assert [desk.row(unit).inner_text().split()[3] for unit in ORGANS[1:5:3]] == ["7", "7"]


def the_union_officer_applies_for_a_venue(office):
    desk = office.sign_in("gonghui").open("/sanatorium/venues/new/")
    desk.fill(
        name="青岛工人疗养院", address="青岛市海滨路1号", place="省内", union_owned=True, capacity=120,
        contact="接待处", contact_phone="0532-0000000",
    )  # fmt: skip
    desk.page.get_by_label("海滨").check()
    desk.press("保存").follow("登记考察评估")
    desk.fill(reviewed_on="2026-01-30", score=92, reviewers="市总工会考察组", opinion="医疗、食宿条件较好")
    desk.press("登记").reads("92", "申报")


def the_union_lead_admits_the_venue(office):
    desk = office.sign_in("gonghui-lead").open("/sanatorium/venues/").follow("青岛工人疗养院")
    desk.unfold("准入").fill(reason="考察合格").press("确定准入").reads("已准入")


# Whom the units propose ------------------------------------------------------------------------------------


def import_roster(desk, sample, *said, **into):
    desk.open(f"{NOMINATIONS}import/").fill(file=SAMPLES[sample], **into).press("上传并预览").reads(*said)
    return desk


def the_organisation_officer_imports_the_roster(office):
    desk = import_roster(office.sign_in("zuzhi"), "01").press("确认导入")
    desk.reads("已导入。数据行46=新增46+变更0+无变化0+不予导入0")
    import_roster(desk, "01", "46行与已登记的内容一致,导入后没有变化")


def the_union_officer_imports_the_sign_up(office):
    """Two numbers of sample 02 have lost their last digits: their rows leave with the reason beside them."""
    desk = import_roster(office.sign_in("shoujian"), "02", "精度已丢失", year=2026)
    refused = cells(desk.fetch("下载问题表"))
    assert [row[1] for row in refused if row[1] in ("蒋子春", "朱勇") and "精度已丢失" in row[-1]] == ["蒋子春", "朱勇"]
    desk.press("确认导入").reads("已导入。数据行60=新增58+变更0+无变化0+不予导入2")


def the_clerk_of_the_street_imports_the_list(office):
    desk = import_roster(office.sign_in("qingshan"), "03").press("确认导入")
    desk.reads("已导入。数据行20=新增20+变更0+无变化0+不予导入0")
    desk.open(NOMINATIONS).reads("李𬭎", "㛃慧", "缺佐证")
    assert desk.count() == 27


def of_unit(unit, **state):
    return f"{NOMINATIONS}?" + "&".join(f"{name}={value}" for name, value in {"unit": unit, **state}.items())


def the_organisation_officer_registers_the_appraisals(office):
    """Two excellent years are computed, not proved by a paper."""
    desk = office.sign_in("zuzhi")
    rows = [(unit, name, year, "优秀") for unit, name in excellent_people(desk) for year in (2024, 2025)]
    path = sheet_of(("单位", "姓名", "年度", "考核等次"), rows, office.downloads / "2024—2025年度考核.xlsx")
    desk.open("/people/appraisals/import/").fill(file=path).press("上传并预览").press("确认导入")
    desk.reads(f"已导入。数据行{len(rows)}=新增{len(rows)}")


def excellent_people(desk):
    """Unit and name of the organs' people who are proposed as excellent two years running."""
    found = []
    for unit in ORGANS:
        found += [(unit, name) for name in desk.open(of_unit(unit)).names(having="连续两年年度考核优秀")]
    assert len(found) == 16
    return found


def each_unit_brings_its_evidence(office):
    """What the appraisals do not prove is proved by one decision for all whom it names."""
    paper = office.downloads / "表彰决定.pdf"
    paper.write_bytes(b"%PDF-1.4 invented")
    for unit in (*ORGANS, COMPANY):
        desk = office.sign_in(KEEPERS.get(unit, "zuzhi")).open(of_unit(unit)).pick().press("重新核对佐证")
        lacking = desk.open(of_unit(unit)).names(having="缺佐证")
        desk.pick(*lacking).press("补充佐证")
        desk.fill(title=f"关于表彰{unit}有关人员的决定", upload=paper).press("上传并关联")
        assert desk.open(of_unit(unit)).names(having="缺佐证") == []


# Notice, objection, submission -----------------------------------------------------------------------------


def each_unit_publishes(office):
    """The organisation officer for the organs, the street's clerk and the union's desk for their own."""
    for unit in (*ORGANS, COMPANY):
        desk = office.sign_in(KEEPERS.get(unit, "zuzhi")).open(of_unit(unit)).pick().press("公示")
        desk.fill(place="单位公开栏", contact="办公室", contact_phone="0543-0000000", basis="市疗休养计划")
        desk.press("发布公示").reads("2026年4月13日至2026年4月17日(5个工作日)")
        assert not re.search(r"\d{17}", desk.page.content())


def an_objection_is_registered_and_dismissed(office):
    desk = office.sign_in("zuzhi").open("/sanatorium/notices/?unit=市财政局")
    desk.follow("2026年度疗休养推荐人选", within="#listing").unfold("登记异议")
    desk.fill(line="汤丽", raised_by="群众来电", text="反映其考勤情况").press("登记").reads("反映其考勤情况")
    office.day("4-16")
    desk = office.sign_in(LEADS["市财政局"]).open("/").reads("公示异议待处理")
    desk.open("/sanatorium/notices/").follow("2026年度疗休养推荐人选", within="#listing")
    desk.fill(handling="经核查,考勤正常,反映的情况不属实").press("确定处理结果").reads("不成立", "考勤正常")


def each_unit_lead_submits(office):
    for unit, username in LEADS.items():
        desk = office.sign_in(username).open(f"{NOMINATIONS}?state=公示中").pick().press("报送")
        if unit == COMPANY:  # a ground that BZ-5 gives to organs only
            desk.reads("须说明理由", "BZ-5").fill(reason="一线岗位骨干,经班子研究同意推荐").press("说明理由并继续")
        desk.reads("已报送")
        assert desk.open(f"{NOMINATIONS}?state=公示中").count() == 0


def in_pages(desk, path, verb):
    """Carry out a verb for all rows of a list, page after page; returns how many rows there were."""
    total = desk.open(path).count()
    for left in range(total, 0, -50):
        assert desk.open(path).count() == left
        desk.pick().press(verb, within="#bulk")
        desk.page.wait_for_load_state("networkidle")
    assert desk.open(path).count() == 0
    return total


def the_organisation_lead_confirms(office):
    path = f"{NOMINATIONS}?state=已报送&quota_class=机关事业单位"
    assert in_pages(office.sign_in("zuzhi-lead"), path, "确认") == 66


def the_union_officer_sends_one_back_and_reviews(office):
    desk = office.sign_in("gonghui").open(f"{NOMINATIONS}?state=已确认&q=张华").pick("张华")
    desk.page.locator("#bulk-reason").fill("请补充表彰文号")
    desk.press("退回", within="#bulk").reads("已退回单位")
    desk = office.sign_in("qingshan").open(f"{NOMINATIONS}?state=草稿").follow("张华", within="#listing")
    desk.reads("请补充表彰文号").follow("修改", within="main").fill(deeds="青政发〔2025〕6号表彰").press("保存")
    desk = office.sign_in(LEADS[STREET]).open(f"{NOMINATIONS}?state=草稿").pick("张华").press("报送")
    desk.reads("已报送")
    assert in_pages(office.sign_in("zuzhi-lead"), f"{NOMINATIONS}?state=已报送&q=张华", "确认") == 1
    desk = office.sign_in("gonghui")
    assert in_pages(desk, f"{NOMINATIONS}?state=已确认", "审核") == 66
    assert in_pages(desk, f"{NOMINATIONS}?state=已报送", "审核") > 0


# Approval --------------------------------------------------------------------------------------------------


def the_union_lead_approves(office, travellers):
    """The forty travellers and one more of the street; the others of the street stay on the reserve list."""
    desk = office.sign_in("gonghui-lead")
    for unit in ORGANS:
        names = [name for name, (at, _) in travellers.items() if at == unit]
        wanted = [*names, LEAVER] if unit == STREET else names
        desk.open(of_unit(unit, state="已审核")).pick(*wanted).press("批准", within="#bulk")
        desk.reads("已批准" if len(wanted) == 1 else f"{len(wanted)}人已批准")
    desk.open(f"{PLACES}?unit=市水利局").reads("7/7个", "已满")
    desk.open("/").reads("41/300个")


def somebody_gives_up_and_is_replaced(office):
    """A place given up goes back, exactly one, and to the first of the reserve list who is chosen."""
    desk = office.sign_in("qingshan").open(f"{PLACES}?unit={STREET}").reads("2/112个")
    desk.open(of_unit(STREET, state="已批准", q=LEAVER)).follow(LEAVER, within="#listing")
    desk.unfold("放弃").fill(within="aside details[open]", reason="家中有事").press("确定放弃")
    desk.reads("已放弃").open(f"{PLACES}?unit={STREET}").reads("1/112个")
    desk = office.sign_in("gonghui-lead").open(of_unit(STREET, state="已放弃")).follow(LEAVER, within="#listing")
    desk.page.get_by_label(re.compile(rf"\d+\. {SUBSTITUTE}")).check()
    desk.press("由所选人选递补").reads(f"已由{SUBSTITUTE}递补")
    desk.open(f"{PLACES}?unit={STREET}").reads("2/112个")


# The third batch -------------------------------------------------------------------------------------------


def the_union_officer_opens_the_third_batch(office):
    desk = office.sign_in("gonghui").open("/sanatorium/batches/new/")
    desk.fill(
        number=3, venue="青岛工人疗养院(省内,接待120人)", starts_on="2026-06-08", ends_on="2026-06-15", capacity=40,
        leader="工会经办",
    ).press("保存").reads("没有保存", "共8天", "5至7天", "BZ-8")  # fmt: skip
    desk.fill(ends_on="2026-06-13").press("保存").follow("活动安排", within="main")
    kinds = ("体检", "保健理疗", "休养", "心理健康", "疗养", "休养")
    for number, kind in enumerate(kinds, 1):
        desk.fill(**{f"kind_{number}_0": kind, f"content_{number}_0": f"{kind}服务"})
    desk.press("保存").reads("6天", "保健理疗服务", "BZ-11")


def the_union_officer_fills_the_batch(office, travellers):
    """Forty-one wait for forty seats, in an order that says its reasons; the substitute stays for a later batch."""
    desk = office.sign_in("gonghui").open("/sanatorium/batches/").follow("2026年第3期")
    desk.follow("编入人员", within="main").reads("待编入41人", "可安排40人", "从未参加")
    for row in desk.page.locator("tbody tr").all():
        name = row.get_by_role("link").first.inner_text().strip()
        row.locator("input[name=rows]").set_checked(name in travellers)
    desk.press("编入所选人员").reads("已编入40人", "40/40人已满")


def the_union_lead_approves_the_batch(office):
    desk = office.sign_in("gonghui-lead").open("/").reads("批次待批准")
    desk.open("/sanatorium/batches/").follow("2026年第3期").press("批准批次").reads("批次已批准")


def the_union_officer_exports_the_travellers(office, travellers):
    desk = office.sign_in("gonghui").open("/sanatorium/batches/").follow("2026年第3期").follow("出团名单")
    desk.fill(recipient="青岛工人疗养院、保险公司", reason="办理入住和保险")
    rows = cells(desk.fetch("导出"))
    people = [row for row in rows if row[1] in travellers]
    assert len(people) == 40
    assert all(re.fullmatch(r"\d{17}[\dX]", row[3]) for row in people)


def the_union_officer_records_who_came(office):
    desk = office.sign_in("gonghui").open("/").reads("批次待登记参加情况")
    desk.open("/sanatorium/batches/").follow("2026年第3期").follow("登记参加情况", within="main")
    desk.press("登记", within="main").reads("参加情况已登记", "年休假")


def the_union_officer_imports_the_settlement(office):
    """序号 23 is above the cap: refused with rule, limit, asked and clause; the other thirty-nine are settled."""
    desk = office.sign_in("gonghui").open("/sanatorium/batches/import/").fill(file=SAMPLES["08"])
    desk.press("上传并预览").reads(OVER_CAP, "申请3150.00", "限额不超过3000.00元/人年", "BZ-11")
    desk.press("确认导入").reads("已导入。数据行40=新增39+变更0+无变化0+不予导入1")


def the_union_officer_settles_the_last_one_within_the_cap(office):
    desk = office.sign_in("gonghui").open("/sanatorium/batches/").follow("2026年第3期")
    desk.follow("费用结算", within="main")

    def settle(board):
        for label, amount in (("交通费", 300), ("食宿费", board), ("培训费", 200), ("医疗费", 400), ("保险费", 50)):
            desk.page.get_by_label(f"{OVER_CAP}的{label}").fill(str(amount))
        desk.press("保存", within="main")

    settle("2050.01")
    desk.reads("没有保存", "3000.01", "BZ-11")
    settle("2050")
    desk.reads("2026年第3期", OVER_CAP, "3,000.00")


def the_fund_lead_closes_the_batch(office, travellers):
    """Whoever approved it does not pay it."""
    total = sum(cost for _, cost in travellers.values())
    desk = office.sign_in("gonghui-lead").open("/sanatorium/batches/").follow("2026年第3期")
    desk.reads("不能结清批次:2026年第3期由您批准,请由他人结清", "批准金额", "120,000.00")
    desk = office.sign_in("jingfei-lead").open("/sanatorium/batches/").follow("2026年第3期")
    desk.press("结清批次").reads("批次已结清", f"{total:,.2f}", "已支付", "2026-0002")


# The end ---------------------------------------------------------------------------------------------------


def the_auditor_reads_and_exports(office, travellers):
    total = sum(cost for _, cost in travellers.values())
    desk = office.sign_in("shenji").open("/audit/").reads("结清批次", "未通过")
    assert len(cells(desk.fetch("Excel"))) > desk.count() > 500
    took_part = cells(desk.open(f"{NOMINATIONS}?state=已参加").fetch("Excel"))
    assert {row[0] for row in took_part} >= set(travellers)
    desk.open("/sanatorium/plans/").follow("2026")
    statistics = cells(desk.fetch("统计表"))
    closing = next(row for row in statistics if row[0] == "合计")
    assert closing[2:7] == (1000, 123, 41, 40, 0)  # places, proposed, approved, came, did not
    assert fen(closing[-2]) == total and fen(closing[-1]) == fen(total / 40)
    desk.open("/sanatorium/batches/").follow("2026年第3期").follow("费用结算明细表")
    desk.fill(recipient="市审计局", reason="年度审计")
    settlement = cells(desk.fetch("导出"))
    assert {row[1]: fen(row[9]) for row in settlement if row[1] in travellers} == {
        name: cost for name, (_, cost) in travellers.items()
    }
    assert next(fen(row[9]) for row in settlement if row[0] == "合计") == total


def fen(amount):
    """An amount of a cell, to the fen."""
    return Decimal(str(amount)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def the_operator_verifies():
    printed = io.StringIO()
    try:
        call_command("verify", "--json", stdout=printed)
    except SystemExit as end:
        assert end.code == 0, printed.getvalue()
    assert json.loads(printed.getvalue())["clean"]
