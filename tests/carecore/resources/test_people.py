"""The people register as a sheet: who is new, known, different, elsewhere; units by name, title or --into."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore.imports import run
from carecore.models import AuditEvent, Person
from carecore.resources.people import PersonImport
from carecore.sheets.errors import UnreadableFile
from tests import build
from tests.carecore.sheets.workbooks import workbook

HEADER = ("姓名", "身份证号", "单位", "出生年月", "入党时间", "职务", "联系电话")
ZHANG = build.id_number("19800105", 11)
LI = build.id_number("19901120", 22)


def examine(by, *rows, into=()):
    return run.examine(
        by=by, importer=PersonImport, content=workbook(*rows), file_name="人员.xlsx", into=dict(into)
    )


def imported(by, *rows, into=()):
    return run.commit(by=by, examined=examine(by, *rows, into=into))


def test_new_people_are_registered_with_what_the_row_says(city, cast):
    report = imported(cast.clerk, HEADER, ("张 三", ZHANG, "甲局", "1980.01", "2005年7月", "科长", "13900000001"))
    assert (report.rows, report.new, report.rejected, report.warnings) == (1, 1, [], [])
    person = Person.objects.get(name="张三")
    assert (person.unit, person.id_number, person.born_on) == (city.a, ZHANG, datetime.date(1980, 1, 5))
    assert (person.party_joined_on, person.party_joined_to_month) == (datetime.date(2005, 7, 1), True)
    assert (person.post, person.phone) == ("科长", "13900000001")


def test_the_same_file_again_changes_nothing(city, cast):
    rows = [HEADER, ("张三", ZHANG, "甲局", "1980.01", "2005.07", "科长", ""), ("李四", LI, "甲局一所", "", "", "", "")]
    imported(cast.clerk, *rows)
    before = list(Person.objects.order_by("pk").values())
    report = imported(cast.clerk, *rows)
    assert (report.new, report.unchanged) == (0, 2)
    assert list(Person.objects.order_by("pk").values()) == before


def test_what_is_known_is_never_overwritten(city, cast):
    build.person(city.a, "张三", id_number=ZHANG, post="科员")
    report = imported(cast.clerk, HEADER, ("张三", ZHANG, "甲局", "", "", "局长", ""))
    [entry] = report.rejected
    assert (entry.column, entry.message) == ("职务", "职务(岗位):登记为“科员”,此处为“局长”")
    assert Person.objects.get(name="张三").post == "科员"


def test_a_birth_month_against_the_number_is_refused(city, cast):
    [entry] = examine(cast.clerk, HEADER, ("张三", ZHANG, "甲局", "1980.11", "", "", "")).report.rejected
    assert (entry.column, entry.code) == ("出生年月", "born.differs")


def test_a_number_of_another_unit_names_nobody_and_leaves_a_task(city, cast):
    build.person(city.b, "张三丰", id_number=ZHANG)
    report = imported(cast.clerk, HEADER, ("张三", ZHANG, "甲局", "", "", "", ""), ("李四", LI, "甲局", "", "", "", ""))
    [entry] = report.rejected
    assert (entry.column, entry.code) == ("身份证号", "person.elsewhere")
    assert "张三丰" not in entry.message and "乙局" not in entry.message
    assert AuditEvent.objects.filter(action="duplicate_elsewhere").count() == 1
    assert Person.objects.filter(name="李四").exists()


@pytest.mark.parametrize("unit", ["乙局", "没有的局", "甲 局 办"])
def test_a_unit_outside_the_users_units_is_as_unknown_as_one_that_does_not_exist(city, cast, unit):
    [entry] = examine(cast.clerk, HEADER, ("张三", ZHANG, unit, "", "", "", "")).report.rejected
    assert (entry.column, entry.code) == ("单位", "unit.unknown")
    assert entry.message.startswith(f"没有单位“{unit}”,或不在您的管理范围内")


def test_the_unit_may_stand_in_the_title_or_be_given(city, cast):
    rows = [("姓名", "身份证号"), ("张三", ZHANG)]
    assert examine(cast.clerk, ("单位:甲局一所",), *rows).report.new == 1
    assert examine(cast.clerk, *rows, into={"unit": "37990101"}).checked[0][1].unit == city.a_office
    with pytest.raises(UnreadableFile, match=r"没有写明单位.*\(unit\)"):
        examine(cast.clerk, *rows)
    with pytest.raises(UnreadableFile, match="没有单位“乙局”"):
        examine(cast.clerk, *rows, into={"unit": "乙局"})


def test_queries_do_not_grow_with_the_rows(city, cast):
    def queries(count):
        rows = [("张" + "甲乙丙丁"[n % 4], build.id_number("19790303", n), "甲局", "", "", "", "") for n in range(count)]
        with CaptureQueriesContext(connection) as asked:
            imported(cast.clerk, HEADER, *rows)
        return len(asked)

    queries(1)
    assert queries(3) == queries(30)
