"""Values of rules: what each type admits, how it reads, and which of two values is the tighter."""

from decimal import Decimal

import pytest

from carecore.policy import KEYS
from carecore.rulevalues import Key, describe, for_case, is_looser, tighter, typed

AMOUNT = Key("t.amount", "费用上限", "amount", "cap", "元/人年", ("省内", "省外"))
WHOLE = Key("t.whole", "年限", "whole", "floor", "年")
RANGE = Key("t.range", "天数", "range", "range", "天", ("本市", "省内", "省外", "结对地区"))
MONTHS = Key("t.months", "月份", "months", "range", "月")
FLAG = Key("t.flag", "公示", "flag", "exact")
CATALOGUE = Key("t.catalogue", "类别", "catalogue", "subset")
ORDER = Key("t.order", "次序", "order", "exact")
RATIO = Key("t.ratio", "比例", "ratio", "cap", "%")
TABLE = Key("t.table", "名额", "table", "exact", "人")
DAY = Key("t.day", "期限", "monthday", "cap")
TEXT = Key("t.text", "其他", "text", "exact")


@pytest.mark.parametrize(
    ("key", "stored", "value"),
    [
        (AMOUNT, 3000, Decimal("3000.00")),
        (AMOUNT, "400.5", Decimal("400.50")),
        (AMOUNT, 0.1, Decimal("0.10")),
        (WHOLE, 0, 0),
        (WHOLE, 3.0, 3),
        (RANGE, [5, 7], [5, 7]),
        (RANGE, [6, 6], [6, 6]),
        (MONTHS, [1, 12], [1, 12]),
        (FLAG, False, False),
        (CATALOGUE, ["甲"], [{"code": "甲", "label": "甲"}]),
        (CATALOGUE, [{"code": "a", "label": "甲", "classes": ["企业"]}],
         [{"code": "a", "label": "甲", "classes": ["企业"]}]),
        (ORDER, ["乙", "甲"], ["乙", "甲"]),
        (RATIO, 0, Decimal(0)),
        (RATIO, 1, Decimal(1)),
        (RATIO, 0.33, Decimal("0.33")),
        (TABLE, {"合计": 1000}, {"合计": 1000}),
        (DAY, "11-15", (11, 15)),
        (DAY, "02-29", (2, 29)),
        (TEXT, " 说明 ", "说明"),
    ],
)  # fmt: skip
def test_a_value_of_each_type(key, stored, value):
    assert typed(key, stored) == value


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        (AMOUNT, 0), (AMOUNT, -1), (AMOUNT, "3000.005"), (AMOUNT, "三千"), (AMOUNT, True), (AMOUNT, [3000]),
        (AMOUNT, float("nan")), (AMOUNT, 10**15),
        (WHOLE, -1), (WHOLE, 1.5), (WHOLE, "3"), (WHOLE, True), (WHOLE, float("inf")),
        (RANGE, [7, 5]), (RANGE, [5]), (RANGE, [5, 6, 7]), (RANGE, "57"), (RANGE, 5), (RANGE, [-1, 5]),
        (MONTHS, [0, 11]), (MONTHS, [5, 13]), (MONTHS, [11, 5]),
        (FLAG, 1), (FLAG, "true"),
        (CATALOGUE, "甲"), (CATALOGUE, []), (CATALOGUE, [{"code": "a"}]), (CATALOGUE, ["甲", "甲"]),
        (CATALOGUE, [{"code": "", "label": "甲"}]), (CATALOGUE, {"甲": 1}), (CATALOGUE, [3]),
        (ORDER, "甲乙"), (ORDER, []), (ORDER, ["甲", "甲"]), (ORDER, [1]),
        (RATIO, -0.1), (RATIO, 1.1), (RATIO, "一半"), (RATIO, True),
        (TABLE, []), (TABLE, {}), (TABLE, {"合计": -1}), (TABLE, {"合计": "千"}),
        (DAY, "13-01"), (DAY, "02-30"), (DAY, "W01-1"), (DAY, 1115),
        (TEXT, ""), (TEXT, " "), (TEXT, 5), (TEXT, {"a": 1}),
        (WHOLE, None),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_words(key, bad):
    with pytest.raises(ValueError, match=f"“{key.label}”的取值不符合要求:应为"):
        typed(key, bad)


@pytest.mark.parametrize(
    ("key", "stored", "words"),
    [
        (AMOUNT, 3000, "不超过3000.00元/人年"),
        (AMOUNT, Decimal("400.50"), "不超过400.50元/人年"),
        (AMOUNT, {"省内": 3000, "省外": 5000}, "省内不超过3000.00元/人年;省外不超过5000.00元/人年"),
        (WHOLE, 5, "不少于5年"),
        (RANGE, [5, 7], "5—7天"),
        (RANGE, [6, 6], "6天"),
        (RANGE, {"省内": [5, 5]}, "省内5天"),
        (MONTHS, [5, 11], "5—11月"),
        (FLAG, True, "是"),
        (FLAG, False, "否"),
        (CATALOGUE, ["甲", {"code": "b", "label": "乙"}], "甲、乙"),
        (ORDER, ["乙", "甲"], "乙→甲"),
        (RATIO, 0.5, "不超过50%"),
        (RATIO, "0.333", "不超过33.3%"),
        (TABLE, {"合计": 1000, "企业": 700}, "合计 1000、企业 700"),
        (DAY, "11-15", "11月15日前"),
        (DAY, (11, 15), "11月15日前"),
        (TEXT, "说明", "说明"),
    ],
)
def test_values_in_words(key, stored, words):
    assert describe(key, stored) == words


@pytest.mark.parametrize(
    ("case", "value"),
    [("本市", [2, 7]), ("省内", [2, 7]), ("省外", [5, 7]), ("结对地区", None), (None, None)],
)
def test_a_case_that_is_not_named_falls_under_the_broader_one(case, value):
    assert for_case(RANGE, {"省内": [2, 7], "省外": [5, 7]}, case) == value


def test_a_case_of_its_own_comes_before_the_broader_one():
    assert for_case(RANGE, {"本市": [2, 3], "省内": [2, 7]}, "本市") == [2, 3]


def test_a_table_says_nothing_of_a_case_it_does_not_hold():
    assert for_case(RANGE, {"省外": [5, 7]}, "本市") is None


def test_a_plain_value_holds_for_every_case():
    assert for_case(RANGE, [5, 7], "省外") == [5, 7]
    assert for_case(RANGE, [5, 7], None) == [5, 7]


@pytest.mark.parametrize(
    ("key", "left", "right", "result"),
    [
        (AMOUNT, Decimal(3000), Decimal(2500), Decimal(2500)),
        (WHOLE, 3, 5, 5),
        (RANGE, [5, 7], [3, 6], [5, 6]),
        (CATALOGUE, [{"code": "a", "label": "甲"}, {"code": "b", "label": "乙"}], ["b"],
         [{"code": "b", "label": "乙"}]),
        (DAY, (11, 15), (10, 31), (10, 31)),
    ],
)  # fmt: skip
def test_the_tighter_of_two_values(key, left, right, result):
    assert tighter(key, left, typed(key, right) if key is CATALOGUE else right) == result


@pytest.mark.parametrize(
    ("key", "lower", "upper", "looser"),
    [
        (AMOUNT, 3000, 3000, False),
        (AMOUNT, 3000.01, 3000, True),
        (AMOUNT, 4000, {"省内": 3000, "省外": 5000}, True),
        (AMOUNT, {"省外": 5000}, {"省内": 3000, "省外": 5000}, False),
        (WHOLE, 4, 5, True),
        (WHOLE, 6, 5, False),
        (RANGE, [5, 6], [5, 7], False),
        (RANGE, [4, 6], [5, 7], True),
        (RANGE, {"本市": [1, 2]}, {"省内": [2, 7]}, True),
        (CATALOGUE, ["甲"], ["甲", "乙"], False),
        (CATALOGUE, ["丙"], ["甲", "乙"], True),
        (FLAG, True, True, False),
        (FLAG, True, False, True),
        (TEXT, "甲", "乙", False),
    ],
)
def test_what_is_looser_than_the_level_above(key, lower, upper, looser):
    assert is_looser(key, lower, upper) is looser


def test_every_declared_key_has_a_type_and_a_direction_that_exist():
    directions = {"cap", "floor", "range", "subset", "exact"}
    assert {key.direction for key in KEYS.values()} <= directions
    for key in KEYS.values():
        with pytest.raises(ValueError, match="应为"):
            typed(key, None)
