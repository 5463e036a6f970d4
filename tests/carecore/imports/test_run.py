"""What every import keeps (DESIGN 6.11): counts add up, all or nothing, what was previewed is what is committed."""

import pytest

from carecore.access import Role
from carecore.imports import run
from carecore.models import Appointment, AuditEvent, Unit
from carecore.resources.units import UnitImport
from carecore.sheets.errors import UnreadableFile
from carecore.workflow import Forbidden, Stale
from tests import build
from tests.carecore.sheets.workbooks import workbook

HEADER = ("单位代码", "单位名称", "上级单位代码", "单位类别")
GOOD, BAD = ("01", "甲局", "3799", "机关"), ("02", "", "3799", "工厂")


def examine(by, *rows, into=()):
    return run.examine(
        by=by, importer=UnitImport, content=workbook(*rows), file_name="单位.xlsx", into=dict(into)
    )


def test_an_examination_stores_nothing(empty_city):
    events = AuditEvent.objects.count()
    examined = examine(empty_city.keeper, HEADER, GOOD)
    assert (examined.report.new, examined.report.committed) == (1, False)
    assert (Unit.objects.count(), AuditEvent.objects.count()) == (1, events)


def test_a_row_with_two_problems_counts_once_and_says_both(empty_city):
    report = examine(empty_city.keeper, HEADER, GOOD, BAD, ("合计", "2", "", "")).report
    assert (report.rows, report.accepted, len(report.rejected), report.skipped) == (2, 1, 1, 1)
    assert report.rejected[0].column == "单位名称"
    assert report.rejected[0].message.startswith("“单位名称”为空,请填写;“工厂”不是单位类别")


def test_the_accepted_rows_are_committed_without_the_refused_ones(empty_city):
    report = run.commit(by=empty_city.keeper, examined=examine(empty_city.keeper, HEADER, GOOD, BAD))
    assert (report.committed, report.new) == (True, 1)
    assert set(Unit.objects.values_list("code", flat=True)) == {"3799", "01"}


def test_a_file_that_changed_after_its_preview_is_not_committed(empty_city):
    expected = examine(empty_city.keeper, HEADER, GOOD).report.signature
    with pytest.raises(Stale):
        run.commit(
            by=empty_city.keeper, examined=examine(empty_city.keeper, HEADER, GOOD, ("03", "丙局", "3799", "机关")),
            expected=expected,
        )  # fmt: skip
    assert Unit.objects.count() == 1


def test_what_became_different_after_the_examination_undoes_the_whole_import(empty_city):
    examined = examine(empty_city.keeper, HEADER, GOOD, ("03", "丙局", "3799", "机关"))
    build.unit("甲局", empty_city.root, code="01")
    with pytest.raises(Stale):
        run.commit(by=empty_city.keeper, examined=examined, expected=examined.report.signature)
    assert not Unit.objects.filter(code="03").exists()
    assert AuditEvent.objects.filter(action="refused.import_sheet").count() == 1


def test_a_right_that_ended_after_the_examination_undoes_the_whole_import(empty_city):
    examined = examine(empty_city.keeper, HEADER, GOOD)
    Appointment.objects.all().delete()
    del examined.importer.by._appointments
    with pytest.raises(Forbidden):
        run.commit(by=empty_city.keeper, examined=examined, expected=examined.report.signature)
    assert Unit.objects.count() == 1


def test_whoever_holds_the_right_nowhere_may_not_even_examine(empty_city):
    auditor = build.user("auditor", empty_city.root, Role.AUDITOR)
    with pytest.raises(Forbidden):
        examine(auditor, HEADER, GOOD)


def test_a_file_without_the_header_is_refused_as_a_whole(empty_city):
    with pytest.raises(UnreadableFile):
        examine(empty_city.keeper, ("姓名", "电话"), ("张三", "1"))


def test_an_unknown_target_is_refused(empty_city):
    with pytest.raises(UnreadableFile, match="没有名为“year”的指定项"):
        examine(empty_city.keeper, HEADER, GOOD, into={"year": "2026"})


def test_a_job_hears_how_far_the_rows_are(empty_city):
    heard = []
    rows = [(f"{number}", f"单位{number}", "3799", "企业") for number in range(501)]
    run.examine(
        by=empty_city.keeper, importer=UnitImport, content=workbook(HEADER, *rows), file_name="单位.xlsx", into={},
        progress=lambda done, total: heard.append((done, total)),
    )  # fmt: skip
    assert heard == [(0, 501), (500, 501)]
