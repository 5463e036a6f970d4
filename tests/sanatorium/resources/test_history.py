"""Earlier stays as a sheet: by year or by day, once each, and what look-back then says."""

import datetime

import pytest

from carecore.models import Benefit, Unit
from carecore.sheets.errors import UnreadableFile
from tests import build
from tests.carecore.sheets.workbooks import workbook

ZHANG = build.id_number("19800105", 11)


@pytest.fixture
def zhang(binhai):
    return build.person(Unit.objects.get(name="市财政局"), "张三", id_number=ZHANG)


def test_stays_are_recorded_once_by_year_or_by_day(binhai, zhang, bring):
    content = workbook(
        ("姓名", "身份证号", "年度", "起止时间", "疗休养地点", "费用"),
        ("张三", ZHANG, "2023年", "", "", ""),
        ("张三", "", "", "2024年6月8日—6月13日", "青岛工人疗养院", 2800),
    )
    report = bring(binhai.union, "history", content)
    assert (report.new, report.rejected) == (2, [])
    rows = Benefit.objects.order_by("given_on").values_list(
        "person", "channel", "period", "given_on", "occasion", "amount", "document_kind"
    )
    assert [(*row[:5], str(row[5]), row[6]) for row in rows] == [
        (zhang.pk, "疗休养", "2023", datetime.date(2023, 1, 1), "疗休养", "None", "history"),
        (zhang.pk, "疗休养", "2024", datetime.date(2024, 6, 8), "青岛工人疗养院", "2800.00", "history"),
    ]
    assert bring(binhai.union, "history", content).unchanged == 2
    assert Benefit.objects.count() == 2


def test_the_year_may_stand_in_the_title_or_be_given(binhai, zhang, bring):
    rows = [("姓名", "身份证号"), ("张三", ZHANG)]
    assert bring.examine(binhai.union, "history", workbook(("2024年度疗休养名单",), *rows)).report.new == 1
    assert bring.examine(binhai.union, "history", workbook(*rows), year="2024").report.new == 1
    with pytest.raises(UnreadableFile, match="没有写明年度"):
        bring.examine(binhai.union, "history", workbook(*rows))


@pytest.mark.parametrize(
    ("year", "taken_on", "column", "code"),
    [
        (2024, "2023.6.8", "起止时间", "year.differs"),
        ("", "", "年度", "required"),
        ("", "2026年12月1日", "起止时间", "given_on"),
        (0, "", "年度", "year"),
    ],
)
def test_a_time_that_does_not_fit_is_refused(binhai, zhang, bring, year, taken_on, column, code):
    content = workbook(("姓名", "身份证号", "年度", "起止时间"), ("张三", ZHANG, year, taken_on))
    report = bring.examine(binhai.union, "history", content).report
    assert [(entry.column, entry.code) for entry in report.rejected] == [(column, code)]


def test_another_place_for_a_known_stay_is_refused(binhai, zhang, bring):
    header = ("姓名", "身份证号", "年度", "疗休养地点")
    bring(binhai.union, "history", workbook(header, ("张三", ZHANG, 2024, "青岛工人疗养院")))
    report = bring(binhai.union, "history", workbook(header, ("张三", ZHANG, 2024, "泰山工人疗养院")))
    assert [(entry.column, report.accepted) for entry in report.rejected] == [("疗休养地点", 0)]
    assert Benefit.objects.get().occasion == "青岛工人疗养院"


@pytest.mark.parametrize(
    ("stated", "place", "case"),
    [
        ("省外", "", "省外"), ("跨省", "泰山工人疗养院", "省外"), ("本市", "", "省内"), ("", "省外(黄山)", "省外"),
        ("", "黄山工人疗养院", "省外"), ("", "不知名疗养院", ""), ("", "", ""),
    ],
)  # fmt: skip
def test_where_a_stay_was_is_stated_or_known_by_its_venue(binhai, zhang, bring, stated, place, case):
    build.venue(binhai.root, "黄山工人疗养院", in_province=False)
    content = workbook(("姓名", "身份证号", "年度", "疗休养地点", "省内外"), ("张三", ZHANG, 2024, place, stated))
    assert bring(binhai.union, "history", content).new == 1
    assert Benefit.objects.get().case == case
    assert bring(binhai.union, "history", content).unchanged == 1


def test_a_place_neither_inside_nor_outside_is_refused(binhai, zhang, bring):
    content = workbook(("姓名", "身份证号", "年度", "省内外"), ("张三", ZHANG, 2024, "海边"))
    [entry] = bring.examine(binhai.union, "history", content).report.rejected
    assert (entry.column, entry.code, entry.message) == ("省内外", "case", "“海边”不能识别,请填写省内或省外")


def test_look_back_reads_an_imported_stay(allotted, zhang, bring):
    build.rule(allotted.root, "sanatorium.lookback_years", 3, clause="本地决定")
    bring(allotted.union, "history", workbook(("姓名", "身份证号", "年度"), ("张三", ZHANG, 2024)))
    roster = workbook(("单位", "姓名", "身份证号", "推荐类别"), ("市财政局", "张三", ZHANG, "三等功"))
    [entry] = bring.examine(allotted.org, "nominations", roster).report.rejected
    assert (entry.column, entry.code, entry.asked) == ("姓名", "sanatorium.lookback_years", "2024年")
