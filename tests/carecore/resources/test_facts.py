"""Appraisals and honours as sheets: years from column, title or --into; people by number or by name."""

import datetime

import pytest

from carecore.imports import run
from carecore.models import Appraisal, Honour
from carecore.resources.facts import AppraisalImport, HonourImport
from carecore.sheets.errors import UnreadableFile
from tests import build
from tests.carecore.sheets.workbooks import workbook

ZHANG = build.id_number("19800105", 11)


def examine(importer, by, *rows, into=()):
    return run.examine(by=by, importer=importer, content=workbook(*rows), file_name="表.xlsx", into=dict(into))


def imported(importer, by, *rows, into=()):
    return run.commit(by=by, examined=examine(importer, by, *rows, into=into))


@pytest.fixture
def zhang(city):
    return build.person(city.a, "张三", id_number=ZHANG)


def test_appraisals_are_added_once(cast, zhang):
    rows = [("姓名", "身份证号", "年度", "考核等次"), ("张三", ZHANG, 2024, "优秀"), ("张三", "", 2025, "合格")]
    report = imported(AppraisalImport, cast.clerk, *rows)
    assert (report.rows, report.new, report.rejected) == (2, 2, [])
    assert list(Appraisal.objects.values_list("person", "year", "grade")) == [
        (zhang.pk, 2025, "称职"), (zhang.pk, 2024, "优秀"),
    ]  # fmt: skip
    assert imported(AppraisalImport, cast.clerk, *rows).unchanged == 2
    assert Appraisal.objects.count() == 2


def test_the_year_of_appraisals_may_stand_in_the_title_or_be_given(cast, zhang):
    rows = [("姓名", "考核等次"), ("张三", "优秀")]
    titled = examine(AppraisalImport, cast.clerk, ("甲局2025年度考核结果",), *rows)
    assert titled.checked[0][1].columns["year"] == 2025
    given = examine(AppraisalImport, cast.clerk, *rows, into={"year": "2024"})
    assert given.checked[0][1].columns["year"] == 2024
    with pytest.raises(UnreadableFile, match=r"没有写明年度.*\(year\)"):
        examine(AppraisalImport, cast.clerk, *rows)
    with pytest.raises(UnreadableFile, match="年度不一致"):
        examine(AppraisalImport, cast.clerk, ("2025年度考核结果",), *rows, into={"year": "2024"})


def test_another_grade_for_a_known_year_is_refused(cast, zhang):
    Appraisal.objects.create(person=zhang, year=2024, grade="优秀")
    report = imported(AppraisalImport, cast.clerk, ("姓名", "年度", "考核等次"), ("张三", 2024, "称职"))
    [entry] = report.rejected
    assert (entry.column, entry.message) == ("考核等次", "等次:登记为“优秀”,此处为“称职”")
    assert Appraisal.objects.get().grade == "优秀"


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (("李四", "", 2024, "优秀"), "姓名", "person.unknown"),
        (("王五", ZHANG, 2024, "优秀"), "姓名", "person.name"),
        (("乙局的人", "", 2024, "优秀"), "姓名", "person.unknown"),
        (("同名", "", 2024, "优秀"), "身份证号", "person.several"),
        (("张三", ZHANG, 1024, "优秀"), "年度", "year"),
        (("张三", ZHANG, 2024, "很好"), "考核等次", "grade"),
        (("张三", ZHANG, "", "优秀"), "年度", "required"),
    ],
)
def test_a_row_that_means_nobody_or_nothing_is_refused(city, cast, zhang, row, column, code):
    build.person(city.b, "乙局的人")
    build.person(city.a, "同名")
    build.person(city.a_office, "同名")
    header = ("姓名", "身份证号", "年度", "考核等次")
    [entry] = examine(AppraisalImport, cast.clerk, header, row).report.rejected
    assert (entry.column, entry.code) == (column, code)


def test_honours_keep_whether_the_day_or_only_the_month_is_known(cast, zhang):
    rows = [
        ("姓名", "荣誉称号", "级别", "获得时间"),
        ("张三", "市先进工作者", "市级", "2024年5月1日"),
        ("张三", "三等功", "县区级", "2025年1月"),
    ]
    assert imported(HonourImport, cast.clerk, *rows).new == 2
    assert set(Honour.objects.values_list("title", "level", "awarded_on", "to_month")) == {
        ("市先进工作者", "市级", datetime.date(2024, 5, 1), False),
        ("三等功", "县区级", datetime.date(2025, 1, 1), True),
    }
    assert imported(HonourImport, cast.clerk, *rows).unchanged == 2


def test_a_month_that_may_have_lost_a_zero_is_refused(cast, zhang):
    rows = [("姓名", "荣誉称号", "获得时间"), ("张三", "三等功", 2024.1)]
    [entry] = examine(HonourImport, cast.clerk, *rows).report.rejected
    assert (entry.column, entry.code) == ("获得时间", "month.uncertain")
