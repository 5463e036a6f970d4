"""What stands beside a field: the limits in force in words, with their clauses."""

import datetime

import pytest
from django import forms

from carecore.forms.limits import show
from carecore.policy import Rulebook
from tests import build


def shown(city, *keys):
    field = forms.CharField()
    show(field, Rulebook(datetime.date(2026, 5, 11)), city.root, *keys)
    return field.limit_hint, field.clause


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("sanatorium.days", [5, 7], "每期天数:5—7天"),
        ("sanatorium.days", {"省内": [1, 5], "省外": [1, 7]}, "每期天数:本市1—5天、省内1—5天、省外1—7天"),
        ("sanatorium.cost_person_year", {"省内": 3000, "省外": 5000},
         "每人每年费用上限:省内不超过3000.00元/人年、省外不超过5000.00元/人年"),
        ("sanatorium.months", [5, 11], "安排月份:5—11月"),
        ("sanatorium.union_venue", True, "须选工会系统疗休养院"),
        ("sanatorium.union_venue", False, ""),
    ],
)  # fmt: skip
def test_a_limit_in_words(city, key, value, words):
    build.rule(city.root, key, value, clause="第四条")
    assert shown(city, key) == (words, "第四条")


def test_several_limits_stand_together_each_clause_once(city):
    build.rule(city.root, "sanatorium.months", [5, 11], clause="BZ-8")
    build.rule(city.root, "sanatorium.deadline", "11-15", clause="BZ-8")
    assert shown(city, "sanatorium.months", "sanatorium.deadline") == (
        "安排月份:5—11月;当年完成日期:11月15日前",
        "BZ-8",
    )


def test_without_a_rule_nothing_is_said_but_findings_still_find_their_field(city):
    field = forms.CharField()
    field.rule_keys = ("venue",)
    show(field, Rulebook(datetime.date(2026, 5, 11)), city.root, "sanatorium.days")
    assert (field.limit_hint, field.clause, field.rule_keys) == ("", "", ("venue", "sanatorium.days"))
