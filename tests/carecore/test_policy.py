"""The limit in force: which rules govern a unit on a day, and how they fold."""

import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from carecore.models import Document, Severity
from carecore.policy import KEYS, Finding, Limit, Rulebook, in_words, is_checked, label_of, limit, validate
from tests import build

MAY = datetime.date(2026, 5, 11)


def test_no_rule_is_no_limit(city):
    assert limit("sanatorium.days", city.a, MAY) is None
    assert Rulebook(MAY).value("sanatorium.days", city.a) is None


def test_both_days_of_a_rule_are_inclusive(city):
    build.rule(
        city.root, "sanatorium.days", [5, 7],
        effective_from=datetime.date(2026, 5, 1), effective_to=datetime.date(2026, 5, 31),
    )  # fmt: skip
    on = {day: limit("sanatorium.days", city.a, datetime.date(2026, *day)) for day in
          ((4, 30), (5, 1), (5, 31), (6, 1))}  # fmt: skip
    assert [day for day, found in on.items() if found] == [(5, 1), (5, 31)]


def test_a_rule_governs_its_unit_and_what_is_under_it(city):
    build.rule(city.a, "sanatorium.days", [5, 6])
    governed = [name for name, unit in vars(city).items() if limit("sanatorium.days", unit, MAY)]
    assert governed == ["a", "a_office"]


@pytest.mark.parametrize(
    ("key", "case", "root", "below", "tightest", "from_below"),
    [
        ("sanatorium.cost_person_year", "省内", 3000, 2500, Decimal("2500.00"), True),
        ("sanatorium.cost_person_year", "省内", 3000, 3500, Decimal("3000.00"), False),
        ("sanatorium.lookback_years", "省内", 2, 3, 3, True),
        ("sanatorium.days", "省内", [5, 7], [5, 6], [5, 6], True),
        ("sanatorium.days", "省内", [5, 7], [5, 7], [5, 7], True),
        ("sanatorium.days", "省内", [5, 7], [4, 6], [5, 6], True),
        ("sanatorium.fund_source", None, ["工会经费", "福利费"], ["工会经费"],
         [{"code": "工会经费", "label": "工会经费"}], True),
        ("sanatorium.union_venue", None, True, False, True, False),
        ("sanatorium.deadline", None, "11-15", "10-31", (10, 31), True),
    ],
)  # fmt: skip
def test_limits_fold_from_the_root_to_the_tightest(city, key, case, root, below, tightest, from_below):
    upper = build.rule(city.root, key, root, clause="上级")
    lower = build.rule(city.a, key, below, clause="本级")
    found = limit(key, city.a, MAY, case)
    assert found.value == tightest
    assert found.rule == (lower if from_below else upper)
    assert limit(key, city.b, MAY, case).rule == upper


def test_a_catalogue_below_keeps_the_details_of_the_one_above_and_cites_the_narrower(city):
    ground = {"code": "a", "label": "记功奖励", "evidence": "attachment"}
    build.rule(city.root, "sanatorium.grounds", [ground, {"code": "b", "label": "表彰"}])
    narrower = build.rule(city.a, "sanatorium.grounds", ["a"])
    found = limit("sanatorium.grounds", city.a, MAY)
    assert (found.value, found.rule) == ([ground], narrower)
    assert Rulebook(MAY).entry("sanatorium.grounds", city.a, "a") == ground
    assert Rulebook(MAY).entry("sanatorium.grounds", city.a, "b") is None


def test_catalogues_with_nothing_in_common_allow_nothing_and_say_so(city):
    build.rule(city.root, "sanatorium.cost_kinds", ["交通费"])
    build.rule(city.a, "sanatorium.cost_kinds", ["食宿费"])
    found = limit("sanatorium.cost_kinds", city.a, MAY)
    assert (found.value, str(found), found.finding("不在范围内").limit) == ([], "费用项目无", "无")


def test_a_hint_or_a_warning_below_never_hides_what_blocks_above(city):
    block = build.rule(city.root, "sanatorium.cost_person_day", 400)
    build.rule(city.a, "sanatorium.cost_person_day", 300, severity=Severity.WARN)
    build.rule(city.a, "sanatorium.cost_person_day", 200, severity=Severity.INFO)
    assert limit("sanatorium.cost_person_day", city.a, MAY, "省内").rule == block


def test_a_unit_may_differ_where_the_rule_above_leaves_it_free(city):
    build.rule(city.root, "sanatorium.days", [5, 7], lower_may_differ=True)
    own = build.rule(city.a, "sanatorium.days", [2, 9], severity=Severity.WARN)
    assert limit("sanatorium.days", city.a, MAY).rule == own
    assert limit("sanatorium.days", city.a, MAY).value == [2, 9]
    assert limit("sanatorium.days", city.b, MAY).value == [5, 7]


def test_of_two_exact_rules_of_one_unit_the_later_holds(city):
    build.rule(city.root, "sanatorium.annual_leave", True, effective_from=datetime.date(2020, 1, 1))
    later = build.rule(city.root, "sanatorium.annual_leave", False, effective_from=datetime.date(2021, 1, 1))
    assert limit("sanatorium.annual_leave", city.a, MAY).rule == later


def test_the_case_chooses_within_a_rule(city):
    build.rule(city.root, "sanatorium.cost_person_year", {"省内": 3000, "省外": 5000})
    book = Rulebook(MAY)
    assert book.value("sanatorium.cost_person_year", city.a, "省内") == Decimal("3000.00")
    assert book.value("sanatorium.cost_person_year", city.a, "省外") == Decimal("5000.00")
    assert book.value("sanatorium.cost_person_year", city.a) is None


def test_a_rulebook_answers_every_unit_with_one_query(city, django_assert_num_queries):
    build.rule(city.root, "sanatorium.days", [5, 7])
    build.rule(city.a, "sanatorium.months", [5, 11])
    with django_assert_num_queries(1):
        book = Rulebook(MAY)
        assert [str(book.limit("sanatorium.days", unit)) for unit in (city.a, city.b)] == [
            "每期天数5—7天"
        ] * 2
        assert [rule.key for rule in book.in_force(city.a)] == ["sanatorium.days", "sanatorium.months"]
        assert [rule.key for rule in book.in_force(city.b)] == ["sanatorium.days"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([5, 7], "每期天数:5—7天(BZ-8)"),
        ({"省内": [5, 7], "省外": [5, 6]}, "每期天数:本市5—7天、省内5—7天、省外5—6天(BZ-8)"),
        ({"省外": [5, 6]}, "每期天数:省外5—6天(BZ-8)"),
    ],
)
def test_a_limit_in_words_for_beside_a_field(city, value, words):
    build.rule(city.root, "sanatorium.days", value, clause="BZ-8")
    assert Rulebook(MAY).hint("sanatorium.days", city.a) == words


def test_a_limit_whose_cases_the_rules_name_is_said_for_each_of_them(city):
    build.rule(city.root, "funds.dues_share", {"党员学习培训": "0.1", "生活困难党员帮扶": "0.05"}, clause="LYG-8")
    words = Rulebook(MAY).hint("funds.dues_share", city.a)
    assert words == "从上缴党费中提取的比例:党员学习培训10%、生活困难党员帮扶5%(LYG-8)"
    assert Rulebook(MAY).hint("sanatorium.months", city.a) == ""


def test_a_finding_names_what_was_asked_the_limit_and_the_clause(city):
    document = Document.objects.create(unit=city.root, slug="bz", name="意见(试行)")
    rule = build.rule(city.root, "sanatorium.days", [5, 7], document=document, clause="三(二)")
    found = Limit(KEYS["sanatorium.days"], [5, 7], rule).finding("本期8天,超出每期天数", asked="8天")
    assert found == Finding(
        key="sanatorium.days", severity="block", message="本期8天,超出每期天数(《意见(试行)》三(二))",
        asked="8天", limit="5—7天", clause="《意见(试行)》三(二)", rule_id=rule.pk,
    )  # fmt: skip
    assert found.as_dict() == {
        "rule": "sanatorium.days", "severity": "block", "rule_id": rule.pk,
        "message": "本期8天,超出每期天数(《意见(试行)》三(二))", "asked": "8天", "limit": "5—7天",
        "clause": "《意见(试行)》三(二)",
    }  # fmt: skip


def test_a_local_decision_is_cited_by_itself(city):
    rule = build.rule(city.root, "sanatorium.notice_days", 5, clause="滨工发〔2026〕3号")
    assert rule.source == "滨工发〔2026〕3号"


@pytest.mark.parametrize(
    ("key", "value"),
    [("sanatorium.days", [5, 7]), ("sanatorium.days", {"本市": [2, 3], "省内": [5, 7]}),
     ("sanatorium.places", {"合计": 1000})],
)  # fmt: skip
def test_values_that_a_rule_may_carry(key, value):
    assert validate(key, value) is None


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("sanatorium.colour", 1, "没有名为“sanatorium.colour”的规则"),
        ("sanatorium.days", {"国外": [5, 7]}, "“每期天数”只能按本市、省内、省外、结对地区分列"),
        ("sanatorium.days", {}, "“每期天数”只能按"),
        ("sanatorium.days", {"省内": [7, 5]}, "“每期天数”的取值不符合要求:应为\\[最小, 最大\\]"),
        ("sanatorium.months", {"省内": [5, 11]}, "“安排月份”的取值不符合要求"),
    ],
)
def test_values_that_no_rule_may_carry(key, value, message):
    with pytest.raises(ValueError, match=message):
        validate(key, value)


def test_a_rule_reads_in_words_even_when_its_value_does_not_fit(city):
    assert in_words(build.rule(city.root, "sanatorium.days", [5, 7])) == "5—7天"
    assert in_words(build.rule(city.root, "sanatorium.days", "五到七天")) == '"五到七天"'
    assert in_words(build.rule(city.root, "old.key", [1])) == "[1]"
    assert label_of(build.rule(city.root, "sanatorium.days", [5, 7])) == "每期天数"
    assert label_of(build.rule(city.root, "old.key", [1])) == "old.key"


def test_a_key_that_says_it_is_checked_is_asked_for_by_a_rule_or_a_verb():
    """Otherwise the page must say 仅提示,系统不检查."""
    root = Path(__file__).parents[2]
    patterns = ("*/rules/*.py", "*/workflow/*.py", "*/ledger.py")
    code = "".join(file.read_text(encoding="utf-8") for pattern in patterns for file in root.glob(pattern))
    assert [key.name for key in KEYS.values() if key.checked and f'"{key.name}"' not in code] == []


def test_what_nothing_checks_says_so(city):
    assert is_checked(build.rule(city.root, "sanatorium.days", [5, 7]))
    assert not is_checked(build.rule(city.root, "sanatorium.days", [5, 7], severity=Severity.INFO))
    assert is_checked(build.rule(city.root, "sanatorium.ranking", ["number"], severity=Severity.INFO))
    assert not is_checked(build.rule(city.root, "sanatorium.note", "厉行节约"))
    assert not is_checked(build.rule(city.root, "old.key", [1]))
