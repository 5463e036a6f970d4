"""上缴党费情况表 (sample 07): whose dues, of which year, handed up to whom; a tenth and a tenth set aside."""

import datetime
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore.demo import SAMPLES
from carecore.models import Unit
from carecore.sheets.errors import UnreadableFile
from carecore.workflow import Forbidden
from funds.models import DuesReturn, Fund, FundState, Voucher
from funds.workflow.income import correct_dues
from tests import build
from tests.carecore.sheets.workbooks import workbook

YUAN = Decimal
TITLE = ("2025年度机关党组织上缴党费情况表",)
HEADER = ("序号", "党组织名称", "党员数", "应缴金额(元)", "上缴金额(元)", "上缴日期")
NAMES = (
    "市财政局", "市人力资源和社会保障局", "市民政局", "市教育局", "市水利局", "滨海县人民医院", "市第一中学", "青山街道办事处",
)  # fmt: skip


def sheet(*rows, title=TITLE):
    return workbook(title, HEADER, *((number, *row) for number, row in enumerate(rows, start=1)))


def row(name="甲局党委", amount=1000, on="2025.12.25", members=10, due=None):
    return (name, members, due or amount, amount, on)


@pytest.fixture
def binhai(city, tenths):
    """The units of sample 07 below the city."""
    for name in NAMES:
        build.unit(name, city.root)
    return city


@pytest.fixture
def sample():
    path = next(SAMPLES.glob("07-*"))
    return path.read_bytes(), path.name


def balance(fund):
    return build.account(fund, "资金").balance


def test_the_sample_is_taken_to_the_fen_and_again_changes_nothing(binhai, tenths, treasury, bring, sample):
    report = bring(treasury.fund_office, "dues", *sample)
    assert (report.rows, report.new, report.rejected, report.warnings) == (8, 8, [], [])
    rows = DuesReturn.objects.select_related("unit").order_by("pk")
    assert [row.unit.name for row in rows] == list(NAMES)
    last = rows.last()
    assert (last.organisation, last.year, last.members, last.to_unit) == (
        "青山街道办事处党委", 2025, 51, binhai.root
    )  # fmt: skip
    assert (last.due, last.amount) == (YUAN("75561.90"), YUAN("75561.90")), "75561.89999999999 in the file"
    assert {row.handed_on for row in rows} == {datetime.date(2025, 12, 22), datetime.date(2025, 12, 25)}
    assert [balance(fund) for fund in (tenths.training, tenths.aid)] == [YUAN("39026.79")] * 2
    assert "累计390267.92元×10%=39026.79元" in Voucher.objects.latest("pk").basis
    again = bring(treasury.fund_office, "dues", *sample)
    assert (again.unchanged, again.new, DuesReturn.objects.count(), Voucher.objects.count()) == (8, 0, 8, 16)


def test_the_command_imports_what_the_page_would(binhai, tenths, treasury, capsys):
    path = next(SAMPLES.glob("07-*"))
    call_command("import_sheet", "dues", str(path), "--user", "fund_office", "--commit", "--json")
    assert '"new": 8' in capsys.readouterr().out
    assert balance(tenths.aid) == YUAN("39026.79")


def test_a_preview_changes_nothing(binhai, treasury, bring, sample):
    assert bring.examine(treasury.fund_office, "dues", *sample).report.new == 8
    assert (DuesReturn.objects.count(), Voucher.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "name",
    ["甲局", "甲局党委", "甲局党组", "甲局机关党委", "甲局党支部", "甲局党总支", "中共甲局委员会", "甲 局 党委", "甲局直属机关党委"],
)
def test_a_party_organisation_belongs_to_the_unit_of_its_name(city, tenths, treasury, bring, name):
    bring(treasury.fund_office, "dues", sheet(row(name)))
    assert DuesReturn.objects.get().unit == city.a


def test_the_name_in_the_directory_comes_first(city, tenths, treasury, bring):
    Unit.objects.filter(pk=city.b.pk).update(party_name="甲局党委")
    bring(treasury.fund_office, "dues", sheet(row("甲局党委")))
    assert DuesReturn.objects.get().unit == city.b


def test_an_unknown_organisation_is_refused_by_its_cell(city, tenths, treasury, bring):
    report = bring(treasury.fund_office, "dues", sheet(row("丁局党委"), row()))
    assert [(e.row, e.column, e.code) for e in report.rejected] == [(3, "党组织名称", "unit.unknown")]
    assert (report.new, balance(tenths.aid)) == (1, YUAN("100.00"))


@pytest.mark.parametrize(
    ("changed", "column", "message"),
    [
        ({"on": "2026.5.12"}, "上缴日期", "上缴日期不得晚于今天"),
        ({"on": "2024.12.31"}, "上缴日期", "早于2025年度"),
        ({"amount": 3000.005}, "上缴金额(元)", "超过两位小数"),
        ({"amount": -1}, "上缴金额(元)", "负数"),
        ({"on": ""}, "上缴日期", "请填写"),
    ],
)
def test_a_wrong_cell_is_named(city, tenths, treasury, bring, changed, column, message):
    (entry,) = bring.examine(treasury.fund_office, "dues", sheet(row(**{"due": 1000, **changed}))).report.rejected
    assert (entry.row, entry.column) == (3, column)
    assert message in entry.message


def test_twice_in_one_file_the_second_is_refused(city, tenths, treasury, bring):
    report = bring.examine(treasury.fund_office, "dues", sheet(row(), row(amount=5))).report
    assert [(e.row, e.message) for e in report.rejected] == [(4, "甲局党委2025-12-25重复出现,请合并为一行")]


def test_a_list_never_overwrites_what_is_recorded(city, tenths, treasury, bring):
    bring(treasury.fund_office, "dues", sheet(row()))
    changed = sheet(row(amount=900, members=9))
    (entry,) = bring.examine(treasury.fund_office, "dues", changed).report.rejected
    assert entry.message == (
        "党员数:登记为10,表中为9,请在上缴党费页面更正;应缴金额:登记为1000.00,表中为900.00,请在上缴党费页面更正;"
        "上缴金额:登记为1000.00,表中为900.00,请在上缴党费页面更正"
    )  # fmt: skip
    facts = {"amount": YUAN(900), "due": YUAN(900), "members": 9}
    correct_dues(by=treasury.fund_office, dues=DuesReturn.objects.get(), reason="更正", **facts)
    assert bring(treasury.fund_office, "dues", changed).unchanged == 1


def test_totals_that_differ_are_said(city, tenths, treasury, bring):
    content = workbook(TITLE, HEADER, (1, *row()), (2, *row("乙局党委")), ("合计", "", "", 2000, 1999.99, ""))
    report = bring.examine(treasury.fund_office, "dues", content).report
    assert [(e.row, e.column, e.asked, e.limit) for e in report.warnings] == [(5, "上缴金额(元)", "1999.99", "2000.00")]
    assert (report.rows, report.skipped) == (2, 1)


def test_what_stands_against_the_posting_is_said_beforehand(city, tenths, treasury, bring):
    build.fund(city.root, "另一帮扶资金", opened_by=treasury.fund_lead)
    (entry,) = bring.examine(treasury.fund_office, "dues", sheet(row())).report.rejected
    assert entry.message.startswith("本表一并登记,未通过:滨海市有生活困难党员帮扶资金、另一帮扶资金两项")


# The year and the receiving unit --------------------------------------------------------------------------


def test_the_year_is_in_the_title_or_given(city, tenths, treasury, bring):
    untitled = sheet(row(), title=("上缴党费情况表",))
    with pytest.raises(UnreadableFile, match=r"没有写明年度.*“2025年度”.*\(year\)"):
        bring.examine(treasury.fund_office, "dues", untitled)
    with pytest.raises(UnreadableFile, match="年度不一致"):
        bring.examine(treasury.fund_office, "dues", sheet(row()), year="2024")
    bring(treasury.fund_office, "dues", untitled, year="2025")
    assert DuesReturn.objects.get().year == 2025


def test_it_goes_to_the_unit_that_has_the_funds_or_to_the_one_named(city, tenths, treasury, bring):
    content = sheet(row("甲局一所党支部"))
    assert bring.examine(treasury.fund_office, "dues", content).importer.to_unit == city.root
    assert bring.examine(treasury.fund_office, "dues", content, to_unit="甲局").importer.to_unit == city.a
    with pytest.raises(UnreadableFile, match="没有单位“丁局”,或不由您登记党费"):
        bring.examine(treasury.fund_office, "dues", content, to_unit="丁局")
    Fund.objects.filter(unit=city.root).update(unit=city.a)
    assert bring.examine(treasury.fund_office, "dues", content).importer.to_unit == city.a
    Fund.objects.filter(pk=tenths.aid.pk).update(unit=city.root)
    with pytest.raises(UnreadableFile, match=r"没有写明收缴单位.*\(to_unit\)"):
        bring.examine(treasury.fund_office, "dues", content)
    Fund.objects.update(state=FundState.LAPSED)
    assert bring.examine(treasury.fund_office, "dues", content).importer.to_unit == city.root


def test_only_for_whoever_records_income(city, tenths, cast, treasury, bring):
    for by in (cast.clerk, treasury.cashier, cast.auditor):
        with pytest.raises(Forbidden, match="不能导入上缴党费情况表"):
            bring.examine(by, "dues", sheet(row()))
    there = build.user("there", city.b, "fund_office", person=build.person(city.b))
    (entry,) = bring.examine(there, "dues", sheet(row())).report.rejected
    assert entry.code == "unit.unknown", "甲局 is not of 乙局"


def test_a_longer_list_asks_no_more_queries(city, tenths, treasury, bring):
    def queries(count):
        content = sheet(*(row(f"甲局{'第' * n}党委", on=f"2025.11.{n}") for n in range(1, count + 1)))
        with CaptureQueriesContext(connection) as asked:
            bring.examine(treasury.fund_office, "dues", content)
        return len(asked)

    Unit.objects.filter(pk=city.a.pk).update(aliases=[f"甲局{'第' * n}" for n in range(1, 9)])
    queries(1)
    assert queries(8) == queries(2)
