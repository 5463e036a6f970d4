"""名额分配表 as a sheet: sample 09, places above what there is, totals that do not add up."""

import pytest

from carecore.models import QuotaClass, Unit
from carecore.sheets.errors import UnreadableFile
from sanatorium.models import ClassQuota, UnitQuota
from tests import build
from tests.carecore.sheets.workbooks import workbook

TITLE = ("2026年度干部职工疗休养名额分配表",)
HEADER = ("类别", "单位", "名额")


def test_sample_09_gives_a_thousand_places(binhai, bring):
    report = bring(binhai.union, "quotas", "09")
    assert (report.rows, report.new, report.rejected, report.warnings) == (16, 16, [], [])
    assert report.skipped == 3
    assert UnitQuota.objects.get(unit__name="柳行村村民委员会").places == 277
    assert dict(ClassQuota.objects.values_list("quota_class", "allocated")) == {
        QuotaClass.ORGAN: 300, QuotaClass.FRONTLINE: 700,
    }  # fmt: skip


def test_the_same_file_again_changes_nothing(allotted, bring):
    before = list(UnitQuota.objects.order_by("pk").values())
    report = bring(allotted.union, "quotas", "09")
    assert (report.new, report.changed, report.unchanged) == (0, 0, 16)
    assert list(UnitQuota.objects.order_by("pk").values()) == before


def test_only_what_differs_is_changed(allotted, bring):
    content = workbook(TITLE, HEADER, ("机关事业单位", "市财政局", 38), ("", "市民政局", 48))
    report = bring(allotted.union, "quotas", content)
    assert (report.new, report.changed, report.unchanged) == (0, 2, 0)
    assert UnitQuota.objects.get(unit__name="市民政局").places == 48


def test_more_places_than_there_are_are_refused_all_together(binhai, bring):
    content = workbook(TITLE, HEADER, ("机关事业单位", "市财政局", 200), ("", "市民政局", 101))
    report = bring.examine(binhai.union, "quotas", content).report
    assert (report.rows, report.accepted) == (2, 0)
    assert [(entry.row, entry.column, entry.code) for entry in report.rejected] == [
        (3, "名额", "sanatorium.places"), (4, "名额", "sanatorium.places"),
    ]  # fmt: skip
    assert (report.rejected[0].asked, report.rejected[0].limit) == ("301", "300")
    assert UnitQuota.objects.count() == 0


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (("机关事业单位", "滨北纺织有限公司", 5), "", "state"),
        (("机关事业单位", "市税务局", 5), "单位", "unit.unknown"),
        (("机关事业单位", "市财政局", "5.5"), "名额", "whole.fraction"),
        (("领导", "市财政局", 5), "类别", "unit.quota_class"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(binhai, bring, row, column, code):
    [entry] = bring.examine(binhai.union, "quotas", workbook(TITLE, HEADER, row)).report.rejected
    assert (entry.row, entry.column, entry.code) == (3, column, code)


def test_a_unit_named_twice_is_refused_the_second_time(binhai, bring):
    content = workbook(TITLE, HEADER, ("机关事业单位", "市财政局", 5), ("", "市财政局", 6))
    report = bring.examine(binhai.union, "quotas", content).report
    assert (report.new, [entry.row for entry in report.rejected]) == (1, [4])


def test_totals_that_differ_from_the_sums_are_said(binhai, bring):
    content = workbook(
        TITLE, HEADER, ("机关事业单位", "市财政局", 5), ("", "市民政局", 7), ("", "小计", 13),
        ("企业、社区(村)", "沾东盐场", 3), ("", "小计", 3), ("合计", "", 14),
    )  # fmt: skip
    warnings = bring.examine(binhai.union, "quotas", content).report.warnings
    assert [(entry.row, entry.asked, entry.limit) for entry in warnings] == [(5, "13", "12"), (8, "14", "15")]
    assert warnings[0].message == "小计为13个,与各单位之和12个不符,请核对"


def test_the_year_must_have_a_plan(binhai, bring):
    content = workbook(("2027年度名额分配表",), HEADER, ("机关事业单位", "市财政局", 5))
    with pytest.raises(UnreadableFile, match="没有2027年度的疗休养计划"):
        bring.examine(binhai.union, "quotas", content)


def test_without_a_year_the_one_published_plan_is_meant(binhai, bring):
    content = workbook(HEADER, ("机关事业单位", "市财政局", 5))
    assert bring.examine(binhai.union, "quotas", content).importer.plan == binhai.plan
    build.plan(binhai.root, 2027)
    with pytest.raises(UnreadableFile, match=r"没有写明年度.*\(year\)"):
        bring.examine(binhai.union, "quotas", content)


def test_the_units_of_the_sample_are_those_of_the_directory(binhai):
    assert Unit.objects.count() == 17
