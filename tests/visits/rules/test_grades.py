"""The grade of a household from its figures: to the fen, at the edge, under other cities' rules (BZ-18, TX1-19)."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from carecore import clock
from carecore.models import Unit
from carecore.policy import Rulebook
from tests import build
from visits.rules.grades import Standard, compute, per_head


@dataclass
class Figures:
    yearly_income: Decimal | None = Decimal("36000")
    rigid_costs: Decimal = Decimal("0")
    event_losses: Decimal = Decimal("0")
    size: int | None = 3


STANDARD = Standard("滨海市", Decimal("900"), (("深度困难", Decimal(1)), ("相对困难", Decimal(2))), False, Decimal("0.8"))


def figures(income, size=1, costs="0", losses="0"):
    return Figures(Decimal(income), Decimal(costs), Decimal(losses), size)


@pytest.mark.parametrize(
    ("facts", "amount"),
    [
        (figures("36000", 3), "1000.00"),
        (figures("36000", 3, "12000"), "666.67"),
        (figures("100", 3), "2.78"),
        (figures("10000", 1, "22000"), "-1000.00"),
        (figures("0.06", 1), "0.01"),
    ],
)
def test_income_per_head_is_what_is_left_over_twelve_months_and_the_household(facts, amount):
    assert per_head(facts) == Decimal(amount)


def test_without_income_or_size_nothing_is_computed():
    for facts in (Figures(yearly_income=None), Figures(size=None)):
        assert compute(facts, STANDARD).lines == ("未填家庭年度总收入或家庭人口,不能测算",)
        assert compute(facts, STANDARD).grade == ""


@pytest.mark.parametrize(
    ("income", "strictly", "grade"),
    [
        ("10800", False, "深度困难"), ("10800.12", False, "相对困难"), ("10800", True, "相对困难"),
        ("10799.88", True, "深度困难"), ("21600", False, "相对困难"), ("21600", True, ""), ("21600.12", False, ""),
    ],
)  # fmt: skip
def test_the_line_itself_counts_unless_the_rule_says_below(income, strictly, grade):
    standard = Standard("滨海市", Decimal("900"), STANDARD.multiples, strictly, None)
    assert compute(figures(income), standard).grade == grade


def test_the_sum_is_shown_line_by_line():
    assert compute(figures("36000", 2, "6000"), STANDARD).lines == (
        "家庭人均月收入=(家庭年度总收入36000.00元-刚性支出6000.00元)÷12个月÷2人=1250.00元(四舍五入到分)",
        "深度困难:滨海市最低生活保障标准900.00元×1=900.00元,1250.00元>900.00元,不属“深度困难”",
        "相对困难:滨海市最低生活保障标准900.00元×2=1800.00元,1250.00元<1800.00元,属“相对困难”",
    )


@pytest.mark.parametrize(("losses", "grade"), [("96000", ""), ("96000.01", "意外致困"), ("0", "")])
def test_losses_above_the_share_of_the_years_income_are_an_accident(losses, grade):
    computed = compute(figures("120000", 2, losses=losses), STANDARD)
    assert computed.grade == grade
    assert any(line.startswith("意外致困") for line in computed.lines) == (losses != "0")


def test_a_low_income_counts_before_an_accident():
    assert compute(figures("6000", 1, losses="6000"), STANDARD).grade == "深度困难"


def test_without_a_line_the_losses_still_count():
    computed = compute(figures("12000", 1, losses="12000"), Standard(loss_share=Decimal("0.8")))
    assert computed.grade == "意外致困"
    assert "没有该地区的最低生活保障标准" in computed.lines[1]


def test_a_frozen_standard_computes_the_same_later():
    assert Standard.from_dict(STANDARD.as_dict()) == STANDARD
    assert Standard.from_dict({}) == Standard()


class TestFromRules:
    @pytest.fixture
    def rules(self, city):
        build.rule(city.root, "visits.poverty_line", {"滨海市": "900"}, clause="滨民〔2026〕3号")
        build.rule(city.root, "visits.grade_multiples", {"相对困难": 2, "深度困难": 1}, clause="认定办法")
        return city

    def test_the_only_area_holds_for_a_file_that_names_none(self, rules):
        standard = Standard.of(Rulebook(clock.today()), rules.a, "")
        assert (standard.area, standard.line) == ("滨海市", Decimal("900.00"))
        assert [name for name, _ in standard.multiples] == ["深度困难", "相对困难"], "the lowest first"
        assert standard.clauses == ("滨民〔2026〕3号", "认定办法")

    def test_another_area_has_its_own_line_and_an_unknown_one_none(self, rules):
        build.rule(rules.root, "visits.poverty_line", {"滨海市": "900", "沾东县": "820.50"}, clause="滨民〔2026〕3号")
        book = Rulebook(clock.today())
        assert Standard.of(book, rules.a, "沾东县").line == Decimal("820.50")
        assert Standard.of(book, rules.a, "").line is None, "two areas: the file must say which"
        assert Standard.of(book, rules.a, "外地").line is None

    def test_a_later_line_holds_from_its_day(self, rules, today):
        before = Standard.of(Rulebook(clock.today()), rules.a, "").line
        Unit.objects.get(pk=rules.a.pk)
        build.rule(rules.root, "visits.poverty_line", {"滨海市": "960"}, effective_from="2026-07-01")
        today.move_to("2026-07-01 10:00:00+08:00")
        assert (before, Standard.of(Rulebook(clock.today()), rules.a, "").line) == (Decimal("900.00"), Decimal("960.00"))
