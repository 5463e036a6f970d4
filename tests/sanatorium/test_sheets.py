"""The official sheets of a sanatorium year, cell by cell: they add up to the fen and name each person once."""

import datetime
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from carecore.models import Benefit, QuotaClass
from carecore.sheets.official import write_official
from sanatorium import sheets
from sanatorium.models import Cost, State, UnitQuota
from tests import build

ORGAN, FRONTLINE = QuotaClass


def cells(official):
    """What stands in the written file, row by row; what a merged cell covers is None."""
    stream = io.BytesIO()
    write_official(stream, official, exporter="审计员")
    return [list(row) for row in load_workbook(stream).active.iter_rows(values_only=True)]


def body(rows, heading):
    """The rows under the header that begins with this."""
    return rows[next(number for number, row in enumerate(rows) if row[0] == heading) :]


@pytest.fixture
def went(year, city, cast):
    """People of 甲局 who went and stayed away, one of its office, one of 丙公司; with what they cost."""
    batch = build.batch(year.plan, build.venue(city.root), cast.union_officer, number=3)

    def person(unit, name, state, cost=None, **columns):
        row = build.approved(year.plan, unit, name, state=state, batch=batch, **columns)
        if cost is not None:
            Cost.objects.create(nomination=row, recorded_by=cast.union_officer, **cost)
        return row

    person(city.a, "张三", State.ATTENDED, {"board": "2400.33", "transport": "599.34"})
    person(
        city.a, "李四", State.ATTENDED, {"board": "3100.00", "self_paid": "100.00"}, ground_label="劳动模范"
    )
    person(city.a, "王五", State.ABSENT)
    person(
        city.company,
        "钱七",
        State.ATTENDED,
        {"medical": "1000.01", "insurance": "50.00"},
        ground_label="一线岗位",
    )
    office = person(city.a_office, "赵六", State.APPROVED)
    office.quota, office.batch = year.a, None  # its people use the places above
    office.save()
    return batch


def test_the_allocation_adds_up_where_places_were_passed_down(year, cast, city):
    UnitQuota.objects.filter(pk=year.a.pk).update(passed_down=1)
    UnitQuota.objects.create(class_quota=year.a.class_quota, unit=city.a_office, places=1)
    assert cells(sheets.allocation(cast.auditor, year.plan)) == [
        ["2026年度干部职工疗休养名额分配表", None, None, None],
        ["类别", "单位", "名额", "备注"],
        [ORGAN, "甲局", 3, "其中下拨下级单位1个"],
        [None, "乙局", 1, None],
        [None, "小计", 4, None],
        [FRONTLINE, "丙公司", 2, None],
        [None, "小计", 2, None],
        ["合计", None, 6, None],
    ]


def test_a_unit_that_only_has_what_was_passed_down_finds_it_in_its_sheet(year, city, cast):
    UnitQuota.objects.create(class_quota=year.a.class_quota, unit=city.a_office, places=1)
    office = build.user("office", city.a_office, "clerk")
    assert cells(sheets.allocation(office, year.plan))[2] == [ORGAN, "甲局一所", 1, None]


def test_the_statistics_count_everybody_once_and_money_to_the_fen(year, cast, went):
    UnitQuota.objects.filter(unit__name="甲局一所").delete()
    rows = body(cells(sheets.statistics(cast.union_lead, year.plan)), "类别")
    assert rows[0][:3] == ["类别", "单位", "名额"]
    assert rows[1][3:] == [
        "推荐", "批准", "参加", "未参加", "获得记功奖励", "连续两年年度考核优秀", "一线岗位", "劳动模范", None, None
    ]  # fmt: skip
    assert rows[2:8] == [
        [ORGAN, "甲局", 3, 3, 3, 2, 1, 1, 0, 0, 1, 5999.67, 2999.84],
        [None, "甲局一所", 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, None],
        [None, "乙局", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, None],
        [None, "小计", 4, 4, 4, 2, 1, 1, 0, 0, 1, 5999.67, 2999.84],
        [FRONTLINE, "丙公司", 2, 1, 1, 1, 0, 0, 0, 1, 0, 1050.01, 1050.01],
        [None, "小计", 2, 1, 1, 1, 0, 0, 0, 1, 0, 1050.01, 1050.01],
    ]
    assert rows[8] == ["合计", None, 6, 5, 5, 3, 1, 1, 0, 1, 1, 7049.68, 2349.89]


def test_the_statistics_of_a_unit_are_filed_by_it_and_hold_no_other(year, cast, went):
    rows = cells(sheets.statistics(cast.clerk_c, year.plan))
    assert rows[1][0] == "填报单位(盖章):丙公司"
    assert [row[1] for row in body(rows, "类别")[2:4]] == ["丙公司", "小计"]
    assert cells(sheets.statistics(cast.auditor, year.plan))[1][0] == "填报单位(盖章):滨海市"


def test_whoever_gave_up_or_was_refused_is_not_counted(year, cast, went, city):
    UnitQuota.objects.filter(pk=year.b.pk).update(places=2)
    build.approved(year.plan, city.b, "孙八", state=State.GIVEN_UP)
    build.approved(year.plan, city.b, "周九", state=State.REJECTED)
    rows = body(cells(sheets.statistics(cast.auditor, year.plan)), "类别")
    assert next(row for row in rows if row[1] == "乙局")[2:7] == [2, 0, 0, 0, 0]


def test_the_roster_says_of_each_person_what_the_form_asks(year, cast, city, went):
    row = went.nominations.get(name="张三")
    person = row.person
    person.sex, person.politics, person.born_on = "男", "中共党员", datetime.date(1980, 1, 1)
    person.save()
    row.phone, row.health, row.emergency_contact, row.deeds = "13900001234", "良好", "李四 138", "记功"
    row.save()
    for taken in ("2023-06-01", "2022-06-01"):
        Benefit.objects.create(
            person=person, unit=city.a, channel="疗休养", occasion="疗休养", period=taken[:4],
            document_kind="history", given_on=taken,
        )  # fmt: skip
    rows = sheets.roster_rows(cast.union_officer, year.plan)
    table = cells(sheets.roster(year.plan, rows, "滨海市"))
    assert table[:3] == [
        ["附件1", *[None] * 20],
        ["2026年度干部职工疗休养花名册", *[None] * 20],
        ["填报单位(盖章):滨海市", *[None] * 10, "填报时间:2026年5月11日", *[None] * 9],
    ]
    assert table[3][:3] == ["序号", "单位", "姓名"] and table[4][9:11] == ["推荐类别", "荣誉称号及时间"]
    assert table[5] == [
        1, "甲局", "张三", "男", "1980.01", person.id_number, None, "中共党员", "科员", "获得记功奖励", "记功",
        "2005.07", "是", "第3期", "青岛工人疗养院", "2026年6月8日—6月13日(6天)", 6, "13900001234", "良好", "李四 138",
        None,
    ]  # fmt: skip
    assert [(line[0], line[2], line[12]) for line in table[6:10]] == [
        (2, "李四", "否"), (3, "王五", "否"), (4, "赵六", "否"), (5, "钱七", "否")
    ]  # fmt: skip
    assert table[10][:3] == ["合计", None, "5人"]


@pytest.mark.parametrize(("taken", "said"), [(2022, "否"), (2023, "是"), (2025, "是"), (2026, "否")])
def test_recent_means_the_three_years_before(year, cast, city, went, taken, said):
    row = went.nominations.get(name="钱七")
    Benefit.objects.create(
        person=row.person, unit=city.company, channel="疗休养", occasion="疗休养", period=str(taken),
        document_kind="history", given_on=datetime.date(taken, 6, 1),
    )  # fmt: skip
    official = sheets.roster(year.plan, sheets.roster_rows(cast.auditor, year.plan), "滨海市")
    [line] = [line for line in official.rows if line[2] == "钱七"]
    assert line[12] == said


def test_the_travellers_are_everybody_with_a_seat(went):
    table = cells(sheets.travellers(went, sheets.seated(went)))
    assert table[0][0] == "干部职工疗休养出团名单(第3期)"
    assert table[1][0] == "疗休养院:青岛工人疗养院"
    assert [(line[0], line[1], line[4]) for line in table[3:7]] == [
        (1, "张三", "甲局"), (2, "李四", "甲局"), (3, "王五", "甲局"), (4, "钱七", "丙公司")
    ]  # fmt: skip
    assert all(len(line[3]) == 18 for line in table[3:7])  # text, not a number that lost its end


def test_the_settlement_sums_to_the_fen_in_figures_and_words(went):
    table = cells(sheets.settlement(went, sheets.costed(went)))
    assert table[0][0] == "疗休养费用结算明细表(第3期 省内)"
    assert table[2] == [
        "序号", "姓名", "身份证号", "单位", "交通费", "食宿费", "培训费", "医疗费", "保险费", "合计", "备注"
    ]  # fmt: skip
    assert [line[4:] for line in table[3:6]] == [
        [599.34, 2400.33, 0, 0, 0, 2999.67, None],
        [0, 3100, 0, 0, 0, 3100, "个人自理100.00"],
        [0, 0, 0, 1000.01, 50, 1050.01, None],
    ]
    assert [line[1] for line in table[3:7]] == ["张三", "李四", "钱七", "3人"]
    assert table[6][4:10] == [599.34, 5500.33, 0, 1000.01, 50, 7149.68]
    assert table[7][0] == "合计人民币(大写):柒仟壹佰肆拾玖元陆角捌分  ¥7,149.68"


def test_sheets_ask_as_many_queries_for_a_few_people_as_for_thirty(year, cast, city, went):
    UnitQuota.objects.filter(pk=year.b.pk).update(places=40)
    assert cast.auditor.appointments_today
    counts = []
    for number in (0, 30):
        for index in range(number):
            row = build.approved(year.plan, city.b, f"人{index}", state=State.ATTENDED, batch=went)
            Cost.objects.create(nomination=row, board="1.00", recorded_by=cast.union_officer)
        with CaptureQueriesContext(connection) as queries:
            sheets.statistics(cast.auditor, year.plan)
            sheets.allocation(cast.auditor, year.plan)
            sheets.roster(year.plan, sheets.roster_rows(cast.auditor, year.plan), "滨海市")
            sheets.travellers(went, sheets.seated(went))
            sheets.settlement(went, sheets.costed(went))
        counts.append(len(queries))
    assert counts[0] == counts[1]
