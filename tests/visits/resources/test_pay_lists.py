"""走访慰问金发放签领表 as a sheet: sample 06, whoever has no file, amounts and goods as offices write them (BZ-22, BZ-23)."""

from decimal import Decimal

import pytest

from carecore.models import Severity
from carecore.sheets.errors import CellError, UnreadableFile
from tests import build
from tests.carecore.sheets.workbooks import workbook
from tests.sanatorium.resources.conftest import read_sample
from visits.models import Visit
from visits.resources.pay_lists import PayListSheet, goods

TITLE = ("2026年春节走访慰问金(品)发放签领表",)
HEADER = ("序号", "姓名", "身份证号", "所在单位", "慰问事由", "慰问金(元)", "慰问品(折价)", "备注")
WITH_FILE = 25


@pytest.fixture
def files(calls, city):
    """The first 25 payees of sample 06 have a recognised file; the last ten are known, without one."""
    people = []
    for line in read_sample("06", "visit_payments").lines:
        name, number = (PayListSheet.values(line)[key] for key in ("name", "id_number"))
        people.append(build.person(city.a, name, id_number=number))
    return [calls.case(person=person, id_index=person.id_index) for person in people[:WITH_FILE]]


def test_sample_06_plans_25_and_refuses_the_ten_without_a_file(calls, cast, bring, files):
    campaign = calls.campaign("40000.00")
    report = bring(cast.org_officer, "visit_payments", "06")
    assert (report.rows, report.accepted, report.new, report.committed) == (35, 25, 25, True)
    assert {(entry.column, entry.code) for entry in report.rejected} == {("姓名", "case.missing")}
    assert [entry.row for entry in report.rejected] == list(range(30, 40))
    assert report.warnings == []
    rows = Visit.objects.filter(campaign=campaign)
    first = rows.get(name="冯亮")
    assert (first.money, first.goods, first.goods_value) == (Decimal("1000.00"), "米面油", Decimal("200.00"))
    assert (first.category, first.occasion, first.state, first.case) == ("因公殉职家属", "春节", "拟走访", files[0])
    assert calls.planned() == sum(row.total for row in rows)


def test_sample_06_again_changes_nothing(calls, cast, bring, files):
    calls.campaign("40000.00")
    bring(cast.org_officer, "visit_payments", "06")
    before = list(Visit.objects.order_by("pk").values())
    report = bring(cast.org_officer, "visit_payments", "06")
    assert (report.new, report.changed, report.unchanged, len(report.rejected)) == (0, 0, 25, 10)
    assert list(Visit.objects.order_by("pk").values()) == before


def test_without_a_campaign_they_are_visits_of_the_occasion(calls, cast, bring, files):
    report = bring(cast.org_officer, "visit_payments", "06")
    assert (report.new, report.unchanged) == (25, 0)
    assert set(Visit.objects.values_list("campaign", "occasion")) == {(None, "春节")}
    assert bring(cast.org_officer, "visit_payments", "06").unchanged == 25


def row(name="张三", number=None, money="800.00", stuff="", category="重病"):
    return (1, name, number or "", "甲局", category, money, stuff, "")


def examined(calls, bring, *rows, title=TITLE, by=None, **into):
    return bring.examine(by or calls.cast.clerk, "visit_payments", workbook(title, HEADER, *rows), **into).report


@pytest.mark.parametrize(
    ("columns", "column", "code"),
    [
        ({"money": ""}, "慰问金(元)", "required"), ({"money": "-1"}, "慰问金(元)", "amount.negative"),
        ({"stuff": "米面油"}, "慰问品(折价)", "goods.value"),
        ({"name": "李四"}, "姓名", "case.missing"), ({"category": "重" * 31}, "慰问事由", "too_long"),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_is_refused(calls, bring, columns, column, code):
    calls.case()
    [entry] = examined(calls, bring, row(**columns)).rejected
    assert (entry.column, entry.code) == (column, code)


def test_a_name_that_differs_from_the_number_is_refused(calls, bring):
    case = calls.case()
    [entry] = examined(calls, bring, row("李四", case.person.id_number)).rejected
    assert (entry.column, entry.code) == ("姓名", "person.name")


def test_other_amounts_than_planned_are_refused(calls, cast, bring):
    calls.case()
    bring(cast.clerk, "visit_payments", workbook(TITLE, HEADER, row()))
    [entry] = examined(calls, bring, row(money="900")).rejected
    assert entry.code == "differs"
    assert examined(calls, bring, row(money="800元")).unchanged == 1


def test_the_campaigns_budget_is_not_passed(calls, bring):
    calls.campaign("1000.00")
    for name in ("张三", "李四"):
        calls.case(name)
    report = examined(calls, bring, row(money="600"), row("李四", money="400.01"))
    assert (report.new, [entry.code for entry in report.rejected]) == (1, ["budget"])


def test_who_stands_twice_is_refused_once(calls, bring):
    calls.case()
    report = examined(calls, bring, row(), row())
    assert (report.new, [entry.code for entry in report.rejected]) == (1, ["case"])


@pytest.mark.parametrize("state", ["草稿", "已上报", "不予认定"])
def test_a_file_not_recognised_is_warned_of(calls, bring, state):
    calls.case(state=state)
    report = examined(calls, bring, row())
    assert (report.new, [entry.code for entry in report.warnings]) == (1, ["case"])


def test_what_needs_a_reason_is_left_to_its_page(calls, city, bring):
    build.rule(city.root, "visits.amount_person_time", "500", severity=Severity.WARN)
    calls.case()
    [entry] = examined(calls, bring, row()).rejected
    assert (entry.code, "须说明理由" in entry.message) == ("visits.amount_person_time", True)


def test_another_units_file_is_not_found(calls, cast, city, bring):
    calls.case(unit=city.b)
    [entry] = examined(calls, bring, row()).rejected
    assert entry.code == "case.missing"


def test_the_file_must_name_year_and_occasion(calls, bring):
    with pytest.raises(UnreadableFile, match="没有写明年度"):
        examined(calls, bring, row(), title=("发放签领表",))
    with pytest.raises(UnreadableFile, match="没有2025年春节走访活动"):
        examined(calls, bring, row(), title=("2025年春节走访慰问金发放表",))
    calls.case()
    assert examined(calls, bring, row(), title=("发放签领表",), year="2026", occasion="春节").new == 1


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("米面油(折价200元)", ("米面油", "200.00")), ("米面油(折价200元)", ("米面油", "200.00")),
        ("大米(价值1,000元)", ("大米", "1000.00")), ("1000(含水果)", ("水果", "1000.00")), (200, ("慰问品", "200.00")),
    ],
)  # fmt: skip
def test_goods_with_their_value(raw, value):
    assert goods(raw) == (value[0], Decimal(value[1]))


@pytest.mark.parametrize("raw", ["米面油", "米面油(若干)", "米面油(折价0元)"])
def test_goods_without_a_value(raw):
    with pytest.raises(CellError):
        goods(raw)
