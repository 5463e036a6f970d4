"""The register of party members: sample 05, who is meant without a number or a unit column."""

import datetime

import pytest

from carecore.models import Person, Unit
from carecore.sheets.errors import UnreadableFile
from tests import build
from visits.models import HardshipCase, ObjectKind

UNIT = "市财政局"


def test_sample_05_registers_thirty_members_of_the_unit_given(hard, bring):
    report = bring(hard.org, "party_register", "05", unit=UNIT)
    assert (report.rows, report.new, report.rejected) == (30, 30, [])
    luo = HardshipCase.objects.select_related("person").get(name="罗芳芳")
    assert (luo.object_kind, luo.unit.name, luo.birth_month) == (ObjectKind.MEMBER, UNIT, "1958-09")
    assert (luo.phone, luo.address, luo.health) == ("13900005493", "幸福小区21号楼", "癌症")
    assert luo.description == "子女无业;结对党员:叶静玲 13900005260 2026年3月"
    person = luo.person
    assert (person.party_joined_on, person.party_joined_to_month) == (datetime.date(1986, 9, 1), True)
    assert (person.phone, person.born_on, person.id_number) == ("13900005493", None, None)


def test_a_difficulty_in_words_names_cause_or_category(hard, bring):
    bring(hard.org, "party_register", "05", unit=UNIT)
    assert HardshipCase.objects.get(name="罗芳芳").main_cause == "2"
    ill = HardshipCase.objects.get(name="冯超")
    assert (ill.main_cause, ill.categories) == ("6", ["ill"])
    assert HardshipCase.objects.get(name="江洋春").categories == ["elder"]
    assert HardshipCase.objects.get(name="黎超").categories == ["one_earner"]


def test_sample_05_again_changes_nothing(hard, bring):
    bring(hard.org, "party_register", "05", unit=UNIT)
    report = bring(hard.org, "party_register", "05", unit=UNIT)
    assert (report.new, report.unchanged) == (0, 30)
    assert HardshipCase.objects.count() == 30


def test_a_member_known_in_another_unit_is_found_by_month_of_birth_and_phone(hard, bring):
    elsewhere = Unit.objects.get(name="市教育局")
    known = build.person(elsewhere, "罗芳芳", born_on=datetime.date(1958, 9, 12), phone="13900005493")
    build.person(elsewhere, "黎超", born_on=datetime.date(1951, 5, 1))
    bring(hard.org, "party_register", "05", unit=UNIT)
    assert HardshipCase.objects.get(name="罗芳芳").person == known
    assert HardshipCase.objects.get(name="黎超").person.unit.name == UNIT, "another month of birth: somebody else"


def test_several_who_fit_and_a_namesake_who_does_not_are_refused(hard, bring):
    unit = Unit.objects.get(name=UNIT)
    for number in (1, 2):
        build.person(unit, "罗芳芳", born_on=datetime.date(1958, 9, number))
    build.person(unit, "黎超", born_on=datetime.date(1951, 4, 1), phone="13911112222")
    report = bring(hard.org, "party_register", "05", unit=UNIT)
    assert [(entry.row, entry.column) for entry in report.rejected] == [(3, "姓名"), (4, "姓名")]
    assert "有2位“罗芳芳”" in report.rejected[0].message
    assert Person.objects.filter(name="黎超").count() == 1


def test_without_a_unit_the_file_is_refused(hard, bring):
    with pytest.raises(UnreadableFile, match="没有写明单位"):
        bring(hard.org, "party_register", "05")
