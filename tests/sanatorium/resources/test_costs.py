"""疗休养费用结算明细表 as a sheet: sample 08, caps, sums of a row, who belongs to the batch."""

import datetime

import pytest

from carecore.models import Person
from carecore.sheets.errors import UnreadableFile
from sanatorium.models import BatchState, Cost, Nomination, PersonYear, State
from tests import build
from tests.carecore.sheets.workbooks import workbook
from tests.sanatorium.resources.conftest import read_sample

TITLE = ("疗休养费用结算明细表(第3期 省内)",)
HEADER = ("序号", "姓名", "身份证号", "单位", "交通费", "食宿费", "培训费", "医疗费", "保险费", "合计", "备注")
CAPPED_ROW = 23 + 3


@pytest.fixture
def batch(allotted, bring, today):
    """第3期 with the 40 people of sample 08, back from their stay."""
    bring(allotted.org, "nominations", "01")
    today.move_to("2026-06-20 10:00:00+08:00")
    venue = build.venue(allotted.root)
    days = {"starts_on": datetime.date(2026, 6, 8), "ends_on": datetime.date(2026, 6, 13)}
    limit = {
        "rule": "sanatorium.cost_person_year", "label": "每人每年费用上限", "case": "省内", "amount": "3000.00",
        "value": "3000.00", "limit": "不超过3000.00元/人年", "severity": "block", "clause": "BZ-11", "rule_id": None,
    }  # fmt: skip
    batch = build.batch(
        allotted.plan, venue, allotted.union, 3, state=BatchState.ATTENDED, seats=40, limits=[limit], **days
    )
    lines = read_sample("08", "batch_costs").lines
    people = [Person.objects.with_id_number(line.cells["id_number"]).get() for line in lines]
    Nomination.objects.filter(person__in=people).update(state=State.ATTENDED, batch=batch)
    PersonYear.objects.bulk_create(
        PersonYear(person=person, plan=allotted.plan, places_used=1, places_allowed=1) for person in people
    )
    return batch


def test_sample_08_settles_39_and_refuses_the_one_above_the_cap(allotted, batch, bring):
    report = bring(allotted.union, "batch_costs", "08")
    assert (report.rows, report.accepted, report.new, report.committed) == (40, 39, 39, True)
    [entry] = report.rejected
    assert (entry.row, entry.column, entry.code) == (CAPPED_ROW, "合计", "sanatorium.cost_person_year")
    assert (entry.asked, entry.limit, entry.clause) == ("3150.00", "不超过3000.00元/人年", "BZ-11")
    assert {(warning.column, warning.code) for warning in report.warnings} == {("合计", "total")}
    assert len(report.warnings) == 39
    cost = Cost.objects.get(nomination__person__name="付磊红")
    assert (str(cost.transport), str(cost.board), str(cost.total)) == ("279.00", "1864.00", "2603.00")
    assert Cost.objects.count() == 39
    assert str(PersonYear.objects.get(person__name="付磊红").spent) == "2603.00"


def test_sample_08_again_changes_nothing(allotted, batch, bring):
    bring(allotted.union, "batch_costs", "08")
    before = list(Cost.objects.order_by("pk").values())
    report = bring(allotted.union, "batch_costs", "08")
    assert (report.new, report.changed, report.unchanged, len(report.rejected)) == (0, 0, 39, 1)
    assert list(Cost.objects.order_by("pk").values()) == before


def line(name="付磊红", number="379999198711226890", costs=(100, 200, 0, "", 50), total="", note=""):
    return (1, name, number, "市财政局", *costs, total, note)


def examined(allotted, bring, *rows, title=TITLE):
    return bring.examine(allotted.union, "batch_costs", workbook(title, HEADER, *rows)).report


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (line(total=351), "合计", "total"),
        (line(name="付磊"), "姓名", "person.name"),
        (line(name="王五", number=build.id_number("19800105", 77)), "姓名", "nomination.unknown"),
        (line(costs=(-1, 0, 0, 0, 0)), "交通费", "amount.negative"),
        (line(costs=("3000.005", 0, 0, 0, 0)), "交通费", "amount.decimals"),
        (line(note="备" * 101), "备注", "too_long"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(allotted, batch, bring, row, column, code):
    report = examined(allotted, bring, row)
    assert [(entry.column, entry.code) for entry in report.rejected] == [(column, code)]


def test_a_stated_sum_that_holds_is_no_warning(allotted, batch, bring):
    report = examined(allotted, bring, line(total="350元"))
    assert (report.new, report.rejected, report.warnings) == (1, [], [])


def test_a_corrected_cost_counts_as_changed(allotted, batch, bring):
    bring(allotted.union, "batch_costs", "08")
    report = bring(allotted.union, "batch_costs", workbook(TITLE, HEADER, line(total=350)))
    assert (report.changed, report.new) == (1, 0)
    assert str(Cost.objects.get(nomination__person__name="付磊红").total) == "350.00"


def test_the_file_must_name_its_batch(allotted, batch, bring):
    with pytest.raises(UnreadableFile, match=r"没有写明期次.*第3期.*\(batch\)"):
        examined(allotted, bring, line(), title=("结算表",))
    with pytest.raises(UnreadableFile, match="没有第4期"):
        examined(allotted, bring, line(), title=("结算表(第四期)",))


def test_a_batch_that_is_not_back_yet_takes_no_costs(allotted, batch, bring):
    batch.state = BatchState.APPROVED
    batch.save()
    with pytest.raises(UnreadableFile, match="登记参加情况后"):
        examined(allotted, bring, line())
