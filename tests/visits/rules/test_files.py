"""What stands out in a hardship file: gaps, codes outside the rule, categories that the figures belie."""

import datetime
from decimal import Decimal

import pytest

from carecore import clock
from carecore.models import Person
from carecore.policy import Rulebook
from carecore.presets import load_policy
from tests import build
from visits.models import HardshipCase, ObjectKind
from visits.rules.files import age_of, assess, months_before, overdue_since


@pytest.fixture
def file(city, cast):
    for preset in ("hardship-form", "hardship-examples", "anqing-2025", "binzhou-visits-2018"):
        load_policy(by=cast.union_lead, preset=preset, unit=city.root)
    build.rule(city.root, "visits.poverty_line", {"滨海市": "900"})

    def make(**columns):
        columns = {
            "unit": city.a, "person": Person(name="张三"), "name": "张三", "yearly_income": Decimal("36000"), "size": 3,
            "earners": 2, "main_cause": "6", **columns,
        }  # fmt: skip
        return HardshipCase(**columns)

    return make


def said(case):
    _, _, findings = assess(case, Rulebook(clock.today()))
    return {(finding.key, finding.severity) for finding in findings}


def test_a_whole_file_has_no_finding(file):
    computed, standard, findings = assess(file(stated_grade="相对困难"), Rulebook(clock.today()))
    assert (computed.grade, standard.line, findings) == ("相对困难", Decimal("900.00"), [])


@pytest.mark.parametrize(
    ("columns", "finding"),
    [
        ({"yearly_income": None}, ("yearly_income", "block")),
        ({"size": None}, ("size", "block")),
        ({"main_cause": ""}, ("main_cause", "block")),
        ({"main_cause": "11"}, ("visits.causes", "block")),
        ({"further_causes": ["6"]}, ("further_causes", "block")),
        ({"further_causes": ["1", "2", "3", "4"]}, ("visits.further_causes", "block")),
        ({"object_kind": ObjectKind.SURVIVOR}, ("relation", "block")),
        ({"earners": 4}, ("earners", "block")),
        ({"object_kind": ObjectKind.MEMBER}, ("visits.object_kinds", "info")),
        ({"categories": ["rich"]}, ("visits.categories", "info")),
        ({"stated_grade": "深度困难"}, ("stated_grade", "warn")),
        ({"area": "外地"}, ("visits.poverty_line", "warn")),
        ({"categories": ["one_earner"]}, ("visits.one_earner_size", "info")),
        ({"earners": 1}, ("categories", "info")),
    ],
)
def test_what_is_wrong_is_said_under_its_rule(file, columns, finding):
    assert finding in said(file(**columns))


def test_a_household_of_three_with_one_wage_is_one_to_three(file):
    assert said(file(earners=1, categories=["one_earner"])) == set()
    assert ("visits.one_earner_size", "info") in said(file(earners=1, size=2, categories=["one_earner"]))


@pytest.mark.parametrize(("birth", "size", "holds"), [("1956-05", 1, True), ("1956-06", 1, False), ("1956-05", 2, False)])
def test_the_old_who_live_alone_are_seventy_and_alone(file, birth, size, holds):
    ticked = file(birth_month=birth, size=size, earners=0, categories=["elder"])
    assert (("visits.elder_age", "info") in said(ticked)) is not holds
    assert (("categories", "info") in said(file(birth_month=birth, size=size, earners=0))) is holds


def test_age_is_counted_to_the_month(file):
    assert age_of(file(birth_month="1956-05"), datetime.date(2026, 5, 1)) == 70
    assert age_of(file(birth_month="1956-05"), datetime.date(2026, 4, 30)) == 69
    assert age_of(file(), datetime.date(2026, 4, 30)) is None


def test_without_rules_nothing_is_listed_and_the_grade_needs_words(city):
    case = HardshipCase(unit=city.a, name="张三", yearly_income=Decimal("1"), size=1, main_cause="77")
    assert said(case) == {("visits.poverty_line", "warn"), ("visits.grade_multiples", "warn")}


def test_a_file_is_verified_every_so_many_months(city, file):
    assert overdue_since(Rulebook(clock.today()), city.a) == datetime.date(2025, 5, 11)
    assert overdue_since(Rulebook(clock.today(), []), city.a) is None
    assert months_before(datetime.date(2026, 3, 31), 13) == datetime.date(2025, 2, 28)
