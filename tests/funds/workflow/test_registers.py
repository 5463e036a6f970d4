"""Budgets (TX1-13), who answered for misuse (BZ-27), and money given made public (TX1-14)."""

import datetime
from decimal import Decimal

import pytest

from carecore.workflow import Forbidden, Refused, Stale
from funds.models import Accountability, Budget, Publication
from funds.workflow import accountability, budgets, publications
from tests import build

YUAN, DAY = Decimal, datetime.date


class TestBudget:
    def test_a_year_has_one_whole_budget_and_one_for_each_purpose(self, treasury, fund):
        aid = build.account(fund, "困难补助")
        for planned in ("860000.00", "900000.00"):
            budgets.set_budget(by=treasury.fund_office, fund=fund, year=2026, planned=YUAN(planned), need=YUAN("1360000"))
        budgets.set_budget(by=treasury.fund_office, fund=fund, year=2026, planned=YUAN(0), purpose=aid)
        rows = Budget.objects.values_list("purpose__label", "planned", "need", "version").order_by("pk")
        assert list(rows) == [(None, YUAN("900000.00"), YUAN("1360000.00"), 2), ("困难补助", YUAN("0.00"), None, 1)]

    def test_not_below_zero_not_for_another_funds_purpose(self, city, treasury, fund):
        other = build.fund(city.root, "学习资金", opened_by=treasury.fund_lead)
        with pytest.raises(Refused, match="不得为负"):
            budgets.set_budget(by=treasury.fund_office, fund=fund, year=2026, planned=YUAN("-0.01"))
        for purpose in (build.account(other, "困难补助"), build.account(fund, "财政拨付")):
            with pytest.raises(Refused, match="不是帮扶资金的用途"):
                budgets.set_budget(by=treasury.fund_office, fund=fund, year=2026, planned=YUAN(1), purpose=purpose)

    @pytest.mark.parametrize("who", ["applicant", "meeting_clerk", "cashier"])
    def test_only_who_keeps_the_fund(self, who, treasury, fund):
        with pytest.raises(Forbidden):
            budgets.set_budget(by=getattr(treasury, who), fund=fund, year=2026, planned=YUAN(1))


class TestAccountability:
    @pytest.fixture
    def kinds(self, city):
        entries = [{"code": "over", "label": "超标准"}, {"code": "diverted", "label": "挪用"}]
        return build.rule(city.root, "funds.misuse_kinds", entries, clause="BZ-27")

    def found(self, treasury, city, kind="超标准", **columns):
        columns = {"finding": "补助超过标准200元", "found_on": DAY(2026, 5, 8), "responsible": "某科", **columns}
        return accountability.open_accountability(by=treasury.fund_lead, unit=city.a, kind=kind, **columns)

    def test_a_finding_is_followed_to_its_end(self, kinds, city, treasury):
        row = self.found(treasury, city, amount=YUAN("200.00"))
        ended = accountability.end_accountability(
            by=treasury.fund_lead, row=row, measure="批评教育", outcome="多发部分已收回", ended_on=DAY(2026, 5, 11)
        )
        assert (ended.state, ended.measure, ended.outcome) == ("已办结", "批评教育", "多发部分已收回")
        with pytest.raises(Refused, match="现为“已办结”"):
            accountability.end_accountability(
                by=treasury.fund_lead, row=ended, measure="x", outcome="y", ended_on=DAY(2026, 5, 11)
            )

    def test_its_kind_is_one_that_the_rule_names(self, kinds, city, treasury):
        with pytest.raises(Refused, match="问题类别不能是“贪污”") as refused:
            self.found(treasury, city, "贪污")
        assert refused.value.findings[0].clause == "BZ-27"

    @pytest.mark.parametrize("day", [DAY(2026, 5, 7), DAY(2026, 5, 12)])
    def test_it_ends_between_the_finding_and_today(self, kinds, city, treasury, day):
        row = self.found(treasury, city)
        with pytest.raises(Refused, match="办结日期应在"):
            accountability.end_accountability(by=treasury.fund_lead, row=row, measure="x", outcome="y", ended_on=day)

    def test_nothing_is_found_tomorrow(self, kinds, city, treasury):
        with pytest.raises(Refused, match="不能晚于今天"):
            self.found(treasury, city, found_on=DAY(2026, 5, 12))

    def test_stale_and_by_others(self, kinds, city, treasury):
        row = self.found(treasury, city)
        facts = {"measure": "x", "outcome": "y", "ended_on": DAY(2026, 5, 11)}
        for who in (treasury.cashier, treasury.fund_office, treasury.applicant):
            with pytest.raises(Forbidden):
                accountability.end_accountability(by=who, row=row, **facts)
        Accountability.objects.update(version=9)
        with pytest.raises(Stale):
            accountability.end_accountability(by=treasury.fund_lead, row=row, **facts)


class TestPublication:
    def test_what_was_paid_since_the_last_time_is_made_public(self, paid, fund, treasury):
        def publish(day, **columns):
            return publications.publish(by=treasury.fund_office, fund=fund, until=day, channel="公开栏", **columns)

        first = publish(DAY(2026, 5, 6))
        second = publish(DAY(2026, 5, 10))
        assert [(p.starts_on, p.ends_on, p.people, p.amount) for p in (first, second)] == [
            (DAY(2026, 5, 5), DAY(2026, 5, 6), 1, YUAN("100.00")), (DAY(2026, 5, 8), DAY(2026, 5, 10), 1, YUAN("100.00"))
        ]  # fmt: skip
        assert [line.payee for line in publications.published(second)] == ["李四"]
        with pytest.raises(Refused, match="没有待公布的支付"):
            publish(DAY(2026, 5, 10))
        with pytest.raises(Refused, match="须早于今天"):
            publish(DAY(2026, 5, 11))
        assert Publication.objects.count() == 2

    def test_by_a_channel_that_is_one_and_by_who_keeps_the_fund(self, paid, fund, treasury):
        with pytest.raises(Refused, match="会议、公开栏、通报"):
            publications.publish(by=treasury.fund_office, fund=fund, until=DAY(2026, 5, 6), channel="微博")
        with pytest.raises(Forbidden):
            publications.publish(by=treasury.cashier, fund=fund, until=DAY(2026, 5, 6), channel="会议")

    def test_a_rule_says_which_kinds_of_fund_must_be_made_public(self, city, fund):
        assert publications.must_publish(fund) is False
        build.rule(city.root, "funds.publish", {fund.kind: True}, clause="TX1-14")
        assert publications.must_publish(fund) is True
