"""The unit directory as a sheet: sample 10, kinds and classes, what differs from the register."""

import pytest

from carecore.imports import run
from carecore.models import AuditEvent, QuotaClass, Unit, UnitKind
from carecore.resources.units import UnitImport
from tests.carecore.sheets.workbooks import SAMPLES, workbook

HEADER = ("单位代码", "单位名称", "上级单位代码", "单位类别")
SAMPLE = next(SAMPLES.glob("10-*"))


def examine(by, content, name="单位.xlsx"):
    return run.examine(by=by, importer=UnitImport, content=content, file_name=name, into={})


def imported(by, *rows):
    return run.commit(by=by, examined=examine(by, workbook(HEADER, *rows)))


def test_sample_10_adds_sixteen_units_below_the_root(empty_city):
    examined = examine(empty_city.keeper, SAMPLE.read_bytes(), SAMPLE.name)
    assert Unit.objects.count() == 1
    report = run.commit(by=empty_city.keeper, examined=examined)
    assert (report.rows, report.accepted, report.new, report.unchanged) == (17, 17, 16, 1)
    assert (report.rejected, report.warnings, report.committed) == ([], [], True)
    finance = Unit.objects.get(code="379901")
    assert (finance.name, finance.parent, finance.path) == ("市财政局", empty_city.root, f"{empty_city.root.path}{finance.pk:08d}/")
    classes = {unit.code: (unit.kind, unit.quota_class) for unit in Unit.objects.all()}
    assert classes["379908"] == (UnitKind.STREET, QuotaClass.ORGAN)
    assert classes["379951"] == (UnitKind.COMPANY, QuotaClass.FRONTLINE)
    assert classes["379958"] == (UnitKind.COMMUNITY, QuotaClass.FRONTLINE)


def test_the_same_file_again_changes_nothing(empty_city):
    content = SAMPLE.read_bytes()
    run.commit(by=empty_city.keeper, examined=examine(empty_city.keeper, content))
    before = list(Unit.objects.order_by("pk").values())
    report = run.commit(by=empty_city.keeper, examined=examine(empty_city.keeper, content))
    assert (report.rows, report.unchanged, report.new) == (17, 17, 0)
    assert list(Unit.objects.order_by("pk").values()) == before


def test_each_unit_leaves_its_event_and_the_import_one_of_its_own(empty_city):
    imported(empty_city.keeper, ("01", "甲局", "3799", "机关"), ("02", "乙厂", "3799", "企业"))
    events = AuditEvent.objects.filter(action__in=["add_units", "import_sheet"]).order_by("seq")
    assert [event.action for event in events] == ["add_units", "add_units", "import_sheet"]
    assert events.last().unit == empty_city.root
    assert '"file":"单位.xlsx"' in events.last().detail
    assert '"new":2' in events.last().detail


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (("01", "", "3799", "企业"), "单位名称", "required"),
        (("01", "甲厂", "3799", "工厂"), "单位类别", "unit.kind"),
        (("01", "甲厂", "9999", "企业"), "上级单位代码", "parent"),
        (("3799", "别的市", "", "机关"), "单位名称", "name"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_in_its_place(empty_city, row, column, code):
    report = examine(empty_city.keeper, workbook(HEADER, ("02", "乙厂", "3799", "企业"), row)).report
    assert (report.rows, report.accepted) == (2, 1)
    [entry] = report.rejected
    assert (entry.sheet, entry.row, entry.column, entry.code) == ("表", 3, column, code)
    assert entry.message


def test_a_unit_that_is_known_otherwise_is_refused_with_the_difference(empty_city):
    imported(empty_city.keeper, ("01", "甲局", "3799", "机关"))
    report = imported(empty_city.keeper, ("01", "甲局(改)", "3799", "企业"))
    [entry] = report.rejected
    assert entry.message.startswith("单位名称:登记为“甲局”,此处为“甲局(改)”;单位类别:")
    assert Unit.objects.get(code="01").name == "甲局"
