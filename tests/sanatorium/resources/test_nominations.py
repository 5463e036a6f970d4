"""Rosters as sheets: samples 01, 02 and 03, who is meant, which ground, what stands already."""

import pytest

from carecore.models import AuditEvent, Person, Unit
from sanatorium.models import Nomination, State
from tests import build
from tests.carecore.sheets.workbooks import workbook

HEADER = ("单位", "姓名", "身份证号", "职务", "推荐类别", "荣誉称号", "获得时间", "近三年是否参加", "联系电话")
ZHANG = build.id_number("19800105", 11)
SAMPLE_01_OF_THE_STREET = 7


def row(unit="市财政局", name="张三", number=ZHANG, ground="三等功", **cells):
    return (unit, name, number, "科长", ground, cells.get("honour", ""), cells.get("awarded", ""),
            cells.get("took_part", "否"), "13900000001")  # fmt: skip


def test_sample_01_nominates_46_people_of_eight_units(allotted, bring):
    report = bring(allotted.org, "nominations", "01")
    assert (report.rows, report.new, report.rejected, report.skipped) == (46, 46, [], 3)
    assert Nomination.objects.count() == 46
    assert Nomination.objects.values("unit").distinct().count() == 8
    tang = Nomination.objects.get(person__name="汤丽")
    assert (tang.unit.name, tang.ground, tang.deeds, tang.state) == ("市财政局", "arduous", "县优秀教师", State.DRAFT)
    assert (tang.person.id_number, tang.phone, tang.post) == ("379999199111209530", "13900003711", "护士")
    lin = Nomination.objects.get(person__name="林松梅")
    assert (lin.deeds, lin.ground) == ("三等功(2025年1月)", "merit")
    assert all(row.lacks_evidence for row in Nomination.objects.all())


def test_sample_01_again_changes_nothing(allotted, bring):
    bring(allotted.org, "nominations", "01")
    before = [list(model.objects.order_by("pk").values()) for model in (Nomination, Person)]
    report = bring(allotted.org, "nominations", "01")
    assert (report.new, report.unchanged) == (0, 46)
    assert [list(model.objects.order_by("pk").values()) for model in (Nomination, Person)] == before


def test_sample_02_takes_58_and_refuses_two_that_lost_digits(allotted, bring):
    report = bring(allotted.union, "nominations", "02", year="2026")
    assert (report.rows, report.accepted, report.new) == (60, 58, 58)
    assert [(entry.column, entry.code) for entry in report.rejected] == [("证件号码", "id.lost_digits")] * 2
    assert {entry.sheet for entry in report.rejected} <= {"省内", "省外"}
    assert Nomination.objects.filter(wish="省内").count() + Nomination.objects.filter(wish="省外").count() == 58
    meant_for_organs = [entry for entry in report.warnings if entry.code == "sanatorium.grounds"]
    assert len(meant_for_organs) == Nomination.objects.filter(ground="excellent").count() > 0
    assert meant_for_organs[0].column == "推荐类别"
    assert "机关事业单位" in meant_for_organs[0].message and "BZ-5" in meant_for_organs[0].clause
    assert Person.objects.filter(name="孙国", id_number__isnull=False).count() == 1


def test_sample_03_is_read_by_its_own_clerk(allotted, bring):
    report = bring(allotted.street_clerk, "nominations", "03")
    assert (report.rows, report.new, report.rejected) == (20, 20, [])
    assert Nomination.objects.filter(person__name="李𬭎", unit=allotted.street).exists()


def test_units_of_others_are_unknown_to_a_clerk(allotted, bring):
    report = bring.examine(allotted.street_clerk, "nominations", "01").report
    assert (report.rows, report.accepted) == (46, SAMPLE_01_OF_THE_STREET)
    assert {entry.code for entry in report.rejected} == {"unit.unknown"}


def test_whoever_is_unknown_is_registered_with_the_nomination(allotted, bring):
    bring(allotted.org, "nominations", workbook(HEADER, row()))
    [nomination] = Nomination.objects.select_related("person")
    assert (nomination.person.id_number, nomination.person.unit.name) == (ZHANG, "市财政局")
    actions = list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))
    assert actions[-3:] == ["register_people", "nominate", "import_sheet"]


def test_a_known_person_is_not_overwritten_but_the_difference_is_said(allotted, bring):
    person = build.person(Unit.objects.get(name="市财政局"), "张三", id_number=ZHANG, post="处长", phone="13900000001")
    report = bring(allotted.org, "nominations", workbook(HEADER, row()))
    assert (report.new, report.rejected) == (1, [])
    assert ("职务", "职务(岗位):登记为“处长”,此处为“科长”") in [(e.column, e.message) for e in report.warnings]
    person.refresh_from_db()
    assert (person.post, Nomination.objects.get().post) == ("处长", "科长")


@pytest.mark.parametrize(
    ("known", "column", "code"),
    [
        ({"name": "张三丰"}, "姓名", "name"),
        ({"unit": "市民政局"}, "单位", "unit"),
        ({"status": "退休"}, "单位", "person"),
    ],
)
def test_a_person_who_is_known_as_somebody_else_is_refused(allotted, bring, known, column, code):
    unit = Unit.objects.get(name=known.pop("unit", "市财政局"))
    build.person(unit, known.pop("name", "张三"), id_number=ZHANG, **known)
    report = bring.examine(allotted.org, "nominations", workbook(HEADER, row())).report
    assert [(entry.column, entry.code) for entry in report.rejected] == [(column, code)]


def test_the_same_person_twice_in_a_file_is_refused_the_second_time(allotted, bring):
    content = workbook(HEADER, row(), row())
    report = bring(allotted.org, "nominations", content)
    assert (report.new, [(entry.row, entry.code) for entry in report.rejected]) == (1, [(3, "duplicate")])
    again = bring(allotted.org, "nominations", content)
    assert (again.unchanged, [(entry.row, entry.code) for entry in again.rejected]) == (1, [(3, "duplicate")])


def test_another_ground_for_a_standing_nomination_is_refused(allotted, bring):
    bring(allotted.org, "nominations", workbook(HEADER, row()))
    report = bring.examine(allotted.org, "nominations", workbook(HEADER, row(ground="县区级表彰"))).report
    assert [(entry.code, report.accepted) for entry in report.rejected] == [("duplicate", 0)]


def test_what_was_withdrawn_can_be_nominated_again(allotted, bring):
    bring(allotted.org, "nominations", workbook(HEADER, row()))
    Nomination.objects.update(state=State.WITHDRAWN)
    assert bring(allotted.org, "nominations", workbook(HEADER, row())).new == 1


def test_a_ground_that_no_rule_lists_is_refused_with_those_it_lists(allotted, bring):
    [entry] = bring.examine(allotted.org, "nominations", workbook(HEADER, row(ground="人缘好"))).report.rejected
    assert (entry.column, entry.code) == ("推荐类别", "ground.unknown")
    assert "获得记功奖励以上" in entry.message


def test_a_stated_earlier_stay_is_a_warning(allotted, bring):
    report = bring.examine(allotted.org, "nominations", workbook(HEADER, row(took_part="2024年"))).report
    assert report.new == 1
    assert ("近三年是否参加", "took_part") in [(entry.column, entry.code) for entry in report.warnings]


def test_deeds_that_are_too_long_are_refused_and_not_cut(allotted, bring):
    [entry] = bring.examine(allotted.org, "nominations", workbook(HEADER, row(honour="奖" * 251))).report.rejected
    assert (entry.column, entry.code) == ("荣誉称号", "too_long")


def test_a_unit_without_places_is_refused(binhai, bring):
    [entry] = bring.examine(binhai.org, "nominations", workbook(HEADER, row())).report.rejected
    assert (entry.column, entry.code) == ("单位", "sanatorium.places")
