"""Hardship files as sheets: sample 04, households over merged rows, what is found and what is refused."""

from decimal import Decimal

from carecore.models import AuditEvent, Person, Unit
from tests import build
from tests.carecore.sheets.workbooks import workbook
from visits.models import CaseState, HardshipCase, HouseholdMember

NUMBER = build.id_number("19800105", 11)
HEADER = ("序号", "困难类别", "姓名", "身份证号", "工作单位", "家庭年度总收入", "家庭人口", "主要致困原因", "次要致困原因")


def row(number=1, grade="相对困难", name="张三", id_number=NUMBER, unit="市财政局", income="2.4万", size=2, cause="6", further=""):
    return (number, grade, name, id_number, unit, income, size, cause, further)


def test_sample_04_opens_25_files_with_64_people_of_their_households(hard, bring):
    report = bring(hard.org, "hardship", "04")
    assert (report.rows, report.accepted, report.new, report.rejected) == (64, 64, 64, [])
    assert (HardshipCase.objects.count(), Person.objects.filter(hardship_cases__isnull=False).count()) == (25, 25)
    assert HouseholdMember.objects.count() == 64
    song = HardshipCase.objects.get(name="宋燕思")
    assert (song.own_monthly_income, song.yearly_income, song.size) == (Decimal("3000.00"), Decimal("30133.00"), 2)
    assert (song.main_cause, song.cause_label, song.further_causes) == ("7", "遭受自然灾害", ["2"])
    assert (song.unit.name, song.person.id_number, song.health) == ("市财政局", "379999197302044709", "残疾")
    assert (song.per_head, song.computed_grade, song.state) == (Decimal("1255.54"), "相对困难", CaseState.DRAFT)
    feng = HardshipCase.objects.get(name="冯亮")
    assert (feng.own_monthly_income, feng.earners) == (Decimal("2400.00"), 1)
    assert [(one.name, one.relation) for one in feng.members.all()] == [
        ("余娜", "女"), ("龙桂文", "父亲"), ("仇亮华", "母亲"), ("江平", "父亲"),
    ]  # fmt: skip
    assert HardshipCase.objects.get(name="马浩秀").further_causes == []


def test_a_stated_grade_that_differs_from_the_computed_one_is_a_warning(hard, bring):
    report = bring(hard.org, "hardship", "04")
    differing = [entry for entry in report.warnings if entry.code == "stated_grade"]
    assert len(differing) == sum(
        case.stated_grade != case.computed_grade for case in HardshipCase.objects.all()
    ) > 0
    assert differing[0].column == "困难类别"


def test_sample_04_again_changes_nothing(hard, bring):
    bring(hard.org, "hardship", "04")
    last = AuditEvent.objects.order_by("-seq").first().seq
    report = bring(hard.org, "hardship", "04")
    assert (report.new, report.unchanged, report.rejected) == (0, 64, [])
    assert [event.action for event in AuditEvent.objects.filter(seq__gt=last)] == ["import_sheet"]


def test_a_figure_that_differs_from_the_file_is_said_and_not_taken(hard, bring):
    bring(hard.org, "hardship", workbook(HEADER, row()))
    report = bring(hard.org, "hardship", workbook(HEADER, row(income="3.6万")))
    assert (report.unchanged, [entry.code for entry in report.warnings]) == (1, ["yearly_income"])
    assert HardshipCase.objects.get().yearly_income == Decimal("24000.00")


def test_a_known_person_is_found_by_number_and_another_name_is_refused(hard, bring):
    known = build.person(Unit.objects.get(name="市财政局"), "张三", id_number=NUMBER)
    bring(hard.org, "hardship", workbook(HEADER, row()))
    assert HardshipCase.objects.get().person == known
    report = bring.examine(hard.org, "hardship", workbook(HEADER, row(name="李四"))).report
    assert [(entry.column, entry.code) for entry in report.rejected] == [("姓名", "name")]


def test_a_cause_outside_the_list_and_a_household_twice_are_refused(hard, bring):
    other = build.id_number("19810105", 12)
    content = workbook(HEADER, row(cause="88"), row(2, name="李四", id_number=other), row(3, name="李四", id_number=other))
    report = bring(hard.org, "hardship", content)
    assert [(entry.row, entry.code) for entry in report.rejected] == [(2, "cause.unknown"), (4, "duplicate")]


def test_what_a_report_needs_later_is_only_a_warning_now(hard, bring):
    report = bring(hard.org, "hardship", workbook(HEADER, row(income="", cause="")))
    assert (report.new, {entry.code for entry in report.warnings}) == (1, {"yearly_income", "main_cause"})


def test_the_number_of_queries_does_not_grow_with_the_rows(hard, bring, django_assert_max_num_queries):
    def sheet(count, born):
        rows = [row(n, name=f"李{count}之{n}", id_number=build.id_number(born, n)) for n in range(1, count + 1)]
        return workbook(HEADER, *rows)

    with django_assert_max_num_queries(80) as few:
        bring(hard.org, "hardship", sheet(2, "19800105"))
    with django_assert_max_num_queries(len(few.captured_queries)):
        bring(hard.org, "hardship", sheet(20, "19810105"))
