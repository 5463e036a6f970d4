"""The order of a proposal (BZ-2): one order for one set of candidates, with reasons."""

import datetime
import random
from types import SimpleNamespace

import pytest

from carecore.policy import KEYS, describe
from sanatorium.rules.ranking import Candidate, candidate, ranked


def row(number, label="获得记功奖励", **person):
    person = {"worked_since": None, "on_frontline": False, **person}
    return SimpleNamespace(pk=number, ground="merit", ground_label=label, person=SimpleNamespace(**person))


def facts(number, *, ground=1, last=None, service=10, frontline=False):
    return Candidate(row(number), ground, last, 2026, service, frontline)


def order(candidates, *codes):
    return [line.nomination.pk for line in ranked(candidates, codes)]


@pytest.mark.parametrize(
    ("code", "first", "second"),
    [
        ("ground", {"ground": 1}, {"ground": 2}), ("ground", {"ground": 2}, {"ground": None}),
        ("never_been", {"last": None}, {"last": 2010}), ("years_since", {"last": 2018}, {"last": 2024}),
        ("years_since", {"last": None}, {"last": 2001}), ("service_years", {"service": 20}, {"service": 5}),
        ("service_years", {"service": 0}, {"service": None}), ("frontline", {"frontline": True}, {}),
    ],
)  # fmt: skip
def test_each_criterion_puts_the_right_one_first(code, first, second):
    assert order([facts(1, **second), facts(2, **first)], code) == [2, 1]


def test_earlier_criteria_weigh_more_than_later_ones():
    pair = [facts(1, ground=2, last=None), facts(2, ground=1, last=2025)]
    assert order(pair, "ground", "never_been") == [2, 1]
    assert order(pair, "never_been", "ground") == [1, 2]


def test_ties_end_by_number_whatever_order_they_are_given_in():
    candidates = [facts(number) for number in range(20)]
    expected = order(candidates, "ground", "service_years")
    shuffled = random.Random(1).sample(candidates, len(candidates))
    assert order(shuffled, "ground", "service_years") == expected == list(range(20))


def test_without_a_rule_the_number_decides():
    assert [line.nomination.pk for line in ranked([facts(2), facts(1)])] == [1, 2]


def test_an_unknown_criterion_is_passed_over_and_named():
    assert order([facts(2), facts(1)], "astrology") == [1, 2]
    assert describe(KEYS["sanatorium.ranking"], ["ground", "astrology"]) == "推荐类别→astrology(系统不识别)"


def test_reasons_follow_the_order_of_the_criteria_without_repeats():
    [line] = ranked([facts(7, last=2022)], ["never_been", "years_since", "frontline", "service_years"])
    assert line.reasons == ["上次参加2022年,已隔4年", "非一线岗位", "工龄10年", "编号7"]


def test_the_facts_of_a_candidate():
    grounds = [{"code": "front"}, {"code": "merit"}]
    since = datetime.date(2006, 6, 9)
    found = candidate(row(1, worked_since=since), grounds, {2020, 2023, 2027}, datetime.date(2026, 6, 8))
    assert (found.ground_place, found.last_year, found.year, found.service_years) == (2, 2023, 2026, 19)
    unknown = candidate(row(1), [], set(), datetime.date(2026, 6, 8))
    assert (unknown.ground_place, unknown.last_year, unknown.service_years) == (None, None, None)
