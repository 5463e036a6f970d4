"""Checks of a nomination as pure functions (BZ-5, BZ-11): what each rule finds at its very edge."""

import datetime

import pytest

from carecore.models import Attachment, Person, QuotaClass, Rule, Severity, Unit
from carecore.models.people import PersonStatus
from carecore.policy import Rulebook
from sanatorium.rules import nominations as rules
from sanatorium.rules.nominations import Draft, Usage

TODAY = datetime.date(2026, 5, 11)
CITY = Unit(pk=1, name="滨海市", path="/00000001/", quota_class=QuotaClass.ORGAN)
BUREAU = Unit(pk=2, name="甲局", path="/00000001/00000002/", quota_class=QuotaClass.ORGAN)
COMPANY = Unit(pk=3, name="丙公司", path="/00000001/00000003/", quota_class=QuotaClass.FRONTLINE)
GROUNDS = [
    {"code": "merit", "label": "记功", "evidence": "attachment"},
    {"code": "excellent", "label": "连续优秀", "evidence": "appraisal", "classes": [QuotaClass.ORGAN]},
    {"code": "frontline", "label": "一线岗位", "evidence": "none"},
    {"code": "silent", "label": "未写佐证"},
]


def book(**values):
    """The rules of the city today, `grounds` among them; a value alone blocks, a pair names its severity."""
    values = {"grounds": GROUNDS, **values}
    pairs = {
        key: value if isinstance(value, tuple) else (value, Severity.BLOCK) for key, value in values.items()
    }
    return Rulebook(
        TODAY,
        [
            Rule(pk=pk, key=f"sanatorium.{key}", value=value, severity=severity, unit=CITY, clause="BZ-5")
            for pk, (key, (value, severity)) in enumerate(pairs.items(), 1)
        ],
    )


def draft(unit=BUREAU, *, ground="frontline", wish="", evidence=None, **columns):
    return Draft(
        person=Person(name="张三", unit=unit, **columns),
        unit=unit,
        ground=ground,
        wish=wish,
        evidence=evidence,
    )


def found(a_draft, usage=None, **values):
    findings = rules.check(a_draft, usage or Usage(), book(**values), 2026)
    return [(finding.key, finding.severity, finding.message) for finding in findings]


def test_a_draft_that_nothing_is_wrong_with_finds_nothing():
    assert found(draft()) == []


class TestPerson:
    @pytest.mark.parametrize("status", [status for status in PersonStatus if status != PersonStatus.IN_POST])
    def test_only_people_in_post_are_nominated(self, status):
        assert found(draft(status=status)) == [
            ("person", "block", f"张三的状态为“{status}”,只能推荐、批准在职人员")
        ]

    def test_a_person_of_another_unit_is_refused(self):
        other = Draft(person=Person(name="张三", unit=COMPANY), unit=BUREAU, ground="frontline")
        assert found(other) == [("person", "block", "张三不是甲局的在册人员,请核对单位")]


class TestGround:
    def test_a_ground_that_the_rule_does_not_list_blocks(self):
        assert found(draft(ground="friend")) == [
            ("sanatorium.grounds", "block", "推荐类别“friend”不在规定的类别之内(BZ-5)")
        ]

    def test_without_a_rule_every_ground_goes(self):
        assert rules.check(draft(ground="friend"), Usage(), Rulebook(TODAY, []), 2026) == []

    def test_a_ground_of_the_other_class_warns(self):
        usage = Usage(grades={2025: "优秀", 2024: "优秀"})
        [(key, severity, message)] = found(draft(COMPANY, ground="excellent"), usage, excellent_years=2)
        assert (key, severity) == ("sanatorium.grounds", "warn")
        assert message == "“连续优秀”只适用于机关事业单位,丙公司属于“企业、社区(村)”(BZ-5)"

    def test_a_ground_of_its_own_class_does_not(self):
        usage = Usage(grades={2025: "优秀", 2024: "优秀"})
        assert found(draft(ground="excellent"), usage, excellent_years=2) == []


class TestEvidence:
    @pytest.mark.parametrize(
        ("grades", "lacks"),
        [
            ({2025: "优秀", 2024: "优秀"}, False),
            ({2025: "优秀", 2024: "优秀", 2023: "称职"}, False),
            ({2025: "优秀"}, True),
            ({2025: "优秀", 2023: "优秀"}, True),  # a gap
            ({2025: "优秀", 2024: "称职", 2023: "优秀"}, True),
            ({2024: "优秀", 2023: "优秀"}, True),  # the last year is missing
            ({2026: "优秀", 2025: "优秀"}, True),  # the plan's own year is not over
            ({2025: "称职", 2024: "优秀"}, True),
            ({}, True),
        ],
    )
    def test_two_excellent_years_in_a_row_before_the_plan_prove_the_ground(self, grades, lacks):
        findings = found(draft(ground="excellent"), Usage(grades=grades), excellent_years=2)
        message = "缺佐证:未见2024—2025年度考核连续2年优秀的记录,请登记考核或上传证明(BZ-5)"
        assert findings == ([("evidence", "info", message)] if lacks else [])

    def test_the_number_of_years_is_the_rules(self):
        usage = Usage(grades={2025: "优秀", 2024: "优秀"})
        [(_, _, message)] = found(draft(ground="excellent"), usage, excellent_years=3)
        assert "未见2023—2025年度考核连续3年优秀的记录" in message

    def test_a_paper_proves_it_instead(self):
        assert found(draft(ground="excellent", evidence=Attachment()), excellent_years=2) == []

    @pytest.mark.parametrize("ground", ["merit", "silent"])
    def test_other_grounds_take_a_paper(self, ground):
        message = "缺佐证:请上传表彰决定、证书或岗位证明(BZ-5)"
        assert found(draft(ground=ground)) == [("evidence", "info", message)]
        assert found(draft(ground=ground, evidence=Attachment())) == []

    def test_excellent_years_do_not_prove_a_merit(self):
        usage = Usage(grades={2025: "优秀", 2024: "优秀"})
        assert [key for key, _, _ in found(draft(ground="merit"), usage)] == ["evidence"]


class TestOnceAYear:
    def test_a_running_nomination_of_a_unit_one_may_see_is_named(self):
        assert found(draft(), Usage(current="乙局")) == [
            ("duplicate", "block", "张三2026年度已由乙局推荐,不得重复推荐")
        ]

    def test_that_of_a_unit_one_may_not_see_is_not(self):
        assert found(draft(), Usage(current="乙局", current_visible=False)) == [
            ("duplicate", "block", "张三2026年度已在其他单位推荐,请与共同上级联系,不得重复推荐")
        ]

    def test_one_place_a_year_where_no_rule_says_more(self):
        assert found(draft(), Usage(places_used=1, cases_used=("省内",))) == [
            ("sanatorium.trips_person_year", "block", "张三2026年度疗休养名额已用1次,每人每年不超过1次")
        ]

    TRIPS = {"本市": 2, "省内": 1}

    @pytest.mark.parametrize(
        ("wish", "used", "allowed"),
        [
            ("本市", ("本市",), True),
            ("本市", ("本市", "本市"), False),
            ("本市", ("省内",), False),
            ("省内", ("本市",), False),
            ("", ("本市",), False),  # no wish is a stay in the province
            ("省外", ("本市",), False),  # the rule says nothing of it: once
            ("省内", (), True),
            ("本市", (), True),
        ],
    )
    def test_a_second_stay_where_the_rule_allows_two(self, wish, used, allowed):
        usage = Usage(places_used=len(used), cases_used=used)
        findings = found(draft(wish=wish), usage, trips_person_year=self.TRIPS)
        assert [key for key, _, _ in findings] == ([] if allowed else ["sanatorium.trips_person_year"])

    def test_the_refusal_says_asked_limit_and_clause(self):
        usage = Usage(places_used=2, cases_used=("本市", "本市"))
        [finding] = rules.check(draft(wish="本市"), usage, book(trips_person_year=self.TRIPS), 2026)
        assert (finding.asked, finding.limit, finding.clause) == ("3", "2", "BZ-5")


class TestLookBack:
    @pytest.mark.parametrize(("taken", "hit"), [(2026, False), (2025, True), (2023, True), (2022, False)])
    def test_three_years_back_count_and_the_fourth_does_not(self, taken, hit):
        findings = found(draft(), Usage(stays={(taken, "")}), lookback_years=3)
        message = f"{taken}年已参加过疗休养,3年内不再安排省内疗休养(BZ-5)"
        assert findings == ([("sanatorium.lookback_years", "block", message)] if hit else [])

    def test_the_latest_stay_is_named(self):
        [(_, _, message)] = found(draft(), Usage(stays={(2019, ""), (2023, "省内"), (2024, "")}), lookback_years=3)
        assert message.startswith("2024年已参加过")

    def test_the_rule_may_only_warn(self):
        [(_, severity, _)] = found(draft(), Usage(stays={(2025, "省内")}), lookback_years=(3, Severity.WARN))
        assert severity == "warn"

    @pytest.mark.parametrize(("wish", "years"), [("省内", 2), ("", 2), ("本市", 2), ("省外", 4)])
    def test_each_place_has_its_own_years_and_the_city_lies_in_the_province(self, wish, years):
        values = {"省内": 2, "省外": 4}
        a_draft, went = draft(wish=wish), "省外" if wish == "省外" else "省内"
        assert found(a_draft, Usage(stays={(2026 - years - 1, went)}), lookback_years=values) == []
        assert len(found(a_draft, Usage(stays={(2026 - years, went)}), lookback_years=values)) == 1

    @pytest.mark.parametrize(("wish", "went", "hit"), [
        ("省外", "省外", True), ("省外", "省内", False), ("省内", "省外", False), ("本市", "省内", True),
    ])  # fmt: skip
    def test_a_rule_by_place_counts_the_stays_of_that_place(self, wish, went, hit):
        usage = Usage(stays={(2025, went)})
        findings = found(draft(wish=wish), usage, lookback_years={"省内": 2, "省外": 4})
        assert [severity for _, severity, _ in findings] == (["block"] if hit else [])
        assert len(found(draft(wish=wish), usage, lookback_years=2)) == 1

    def test_a_stay_of_unknown_place_warns_and_says_so(self):
        usage = Usage(stays={(2024, ""), (2025, "省内")})
        message = (
            "2024年已参加过疗休养,未登记省内还是省外,按省外核对:3年内不再安排省外疗休养,请核实后写明理由(BZ-5)"
        )
        findings = found(draft(wish="省外"), usage, lookback_years={"省外": 3})
        assert findings == [("sanatorium.lookback_years", "warn", message)]

    def test_a_known_stay_counts_before_an_unknown_one(self):
        usage = Usage(stays={(2025, ""), (2024, "省外")})
        [(_, severity, message)] = found(draft(wish="省外"), usage, lookback_years={"省外": 3})
        assert (severity, message[:5]) == ("block", "2024年")

    def test_no_years_and_no_rule_look_nowhere(self):
        assert found(draft(), Usage(stays={(2025, "省内")}), lookback_years=0) == []
        assert found(draft(), Usage(stays={(2025, "省内")})) == []


class TestSeniority:
    @pytest.mark.parametrize(
        ("since", "years"),
        [
            (datetime.date(2023, 5, 11), None),  # three years to the day
            (datetime.date(2023, 5, 12), 2),
            (datetime.date(2024, 2, 29), 2),
            (datetime.date(2026, 5, 12), -1),
        ],
    )
    def test_years_are_counted_to_the_day(self, since, years):
        message = f"在本单位工作{years}年,须满3年(BZ-5)"
        expected = [] if years is None else [("sanatorium.service_years", "block", message)]
        assert found(draft(worked_since=since), service_years=3) == expected

    def test_the_service_in_the_unit_goes_before_the_working_life(self):
        usage = Usage(in_unit_since=datetime.date(2025, 1, 1))
        a_draft = draft(worked_since=datetime.date(2000, 1, 1))
        assert [key for key, _, _ in found(a_draft, usage, service_years=3)] == ["sanatorium.service_years"]

    def test_an_unknown_beginning_warns_and_does_not_block(self):
        assert found(draft(), service_years=3) == [
            ("sanatorium.service_years", "warn", "未登记参加工作时间,无法核对工作年限(BZ-5)")
        ]


class TestAge:
    @pytest.mark.parametrize(
        ("born", "age"),
        [
            (datetime.date(1960, 5, 12), None),  # 65 until tomorrow
            (datetime.date(1960, 5, 11), 66),
            (datetime.date(1961, 5, 11), None),
        ],
    )
    def test_age_is_counted_to_the_day(self, born, age):
        message = f"年龄{age}周岁,不得超过65周岁(BZ-5)"
        expected = [] if age is None else [("sanatorium.age", "block", message)]
        assert found(draft(born_on=born), age=65) == expected

    def test_an_unknown_birthday_finds_nothing(self):
        assert found(draft(), age=65) == []


@pytest.mark.parametrize(
    ("since", "on", "years"),
    [
        ((2020, 2, 29), (2026, 2, 28), 5),
        ((2020, 2, 29), (2026, 3, 1), 6),
        ((2020, 2, 29), (2024, 2, 29), 4),
        ((2025, 12, 31), (2026, 1, 1), 0),
    ],
)
def test_whole_years_over_leap_days(since, on, years):
    assert rules.whole_years(datetime.date(*since), datetime.date(*on)) == years
