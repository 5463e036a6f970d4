"""Not twice in a year (invariant 4) and not again too soon (BZ-11): over units, years and severities."""

import datetime

import pytest

from carecore.models import AuditEvent, Benefit, Severity
from sanatorium.models import Nomination, State
from sanatorium.rules.nominations import Draft
from sanatorium.workflow import nominations, notices
from tests import build
from tests.sanatorium.trail import refused


class TestOnceAYear:
    def again(self, cast, year, row, unit, by=None):
        person = row.person
        person.unit = unit
        person.save()
        return nominations.nominate(by=by or cast.clerk, plan=year.plan, drafts=[Draft(person, unit, "none")])

    @pytest.mark.parametrize("state", [State.DRAFT, State.ON_NOTICE, State.REVIEWED, State.APPROVED])
    def test_the_same_unit_does_not_nominate_again_while_one_is_on_its_way(
        self, city, cast, story, year, state
    ):
        [row] = story.in_state(state, city.a)
        with refused("nominate", cast.clerk, "张三2026年度已由甲局推荐,不得重复推荐"):
            self.again(cast, year, row, city.a)

    def test_another_unit_is_told_without_the_name_of_the_first(self, city, cast, story, year):
        [row] = story.nominated(city.a)
        with pytest.raises(nominations.Refused) as caught:
            self.again(cast, year, row, city.b, cast.clerk_b)
        [finding] = caught.value.findings
        assert finding.message == "张三2026年度已在其他单位推荐,请与共同上级联系,不得重复推荐"
        event = AuditEvent.objects.get(action="refused.nominate")
        assert "甲局" not in event.detail

    def test_a_common_superior_is_told_the_name(self, city, cast, story, year):
        [row] = story.nominated(city.a)
        with pytest.raises(nominations.Refused, match="已由甲局推荐"):
            self.again(cast, year, row, city.b, cast.org_officer)

    @pytest.mark.parametrize("state", ["已撤销", "不予批准", "已放弃"])
    def test_after_an_end_without_a_place_one_may_be_nominated_again(self, city, cast, story, year, state):
        [row] = story.nominated(city.a)
        Nomination.objects.filter(pk=row.pk).update(state=state)
        [second] = self.again(cast, year, row, city.a)
        assert second.state == "草稿"

    def test_in_the_next_years_plan_it_is_another_matter(self, city, cast, story, year):
        [row] = story.nominated(city.a)
        following = build.plan(city.root, year=2027)
        build.quota(following, city.a, 1)
        [second] = nominations.nominate(
            by=cast.clerk, plan=following, drafts=[Draft(row.person, city.a, "none")]
        )
        assert second.plan == following


class TestLookBack:
    """Three years: whoever went in 2023 waits, whoever went in 2022 does not."""

    def person(self, city, *years, **columns):
        person = build.person(city.a)
        for year in years:
            Benefit.objects.create(
                person=person, unit=city.a, channel="疗休养", occasion="疗休养", period=str(year), amount="3000.00",
                document_kind="history", given_on=datetime.date(year, 6, 1), **columns,
            )  # fmt: skip
        return person

    def nominate(self, cast, year, person, wish=""):
        draft = Draft(person, person.unit, "none", wish=wish)
        return nominations.nominate(by=cast.clerk, plan=year.plan, drafts=[draft])

    @pytest.mark.parametrize("went", [2023, 2024, 2025])
    def test_a_rule_that_blocks_refuses_within_three_years(self, city, cast, year, rules, went):
        rules.put("sanatorium.lookback_years", 3, clause="四部门意见")
        person = self.person(city, went)
        with refused(
            "nominate", cast.clerk, f"{went}年已参加过疗休养,3年内不再安排省内疗休养(四部门意见)"
        ) as caught:
            self.nominate(cast, year, person)
        assert [(f.key, f.asked, f.limit) for f in caught.value.findings] == [
            ("sanatorium.lookback_years", f"{went}年", "不少于3年")
        ]

    def test_the_fourth_year_back_does_not_count(self, city, cast, year, rules):
        rules.put("sanatorium.lookback_years", 3)
        [row] = self.nominate(cast, year, self.person(city, 2022, 2019))
        assert row.findings == []

    def test_what_was_reversed_does_not_count(self, city, cast, year, rules):
        rules.put("sanatorium.lookback_years", 3)
        person = self.person(city, 2025, reversed_on=datetime.date(2025, 7, 1))
        assert self.nominate(cast, year, person)[0].findings == []

    def test_other_care_does_not_count(self, city, cast, year, rules):
        rules.put("sanatorium.lookback_years", 3)
        person = self.person(city, 2025)
        Benefit.objects.update(channel="慰问")
        assert self.nominate(cast, year, person)[0].findings == []

    def test_a_rule_of_one_place_leaves_the_other_free(self, city, cast, year, rules):
        rules.put("sanatorium.lookback_years", {"省外": 3})
        person = self.person(city, 2025, case="省外")
        with refused("nominate", cast.clerk, "3年内不再安排省外疗休养"):
            self.nominate(cast, year, person, "省外")
        assert self.nominate(cast, year, person, "省内")[0].findings == []

    def test_a_stay_in_the_province_leaves_the_others_free(self, city, cast, year, rules):
        rules.put("sanatorium.lookback_years", {"省外": 3})
        assert self.nominate(cast, year, self.person(city, 2025, case="省内"), "省外")[0].findings == []

    def test_a_stay_of_unknown_place_asks_the_unit_lead_for_a_reason(self, city, cast, year, rules):
        rules.put("sanatorium.lookback_years", {"省外": 3})
        [row] = self.nominate(cast, year, self.person(city, 2025), "省外")
        assert [(f["rule"], f["severity"]) for f in row.findings] == [("sanatorium.lookback_years", "warn")]
        assert row.attention == "须说明理由"

    def test_a_wish_amended_to_the_limited_place_is_refused(self, city, cast, year, rules):
        rules.put("sanatorium.lookback_years", {"省外": 3})
        [row] = self.nominate(cast, year, self.person(city, 2025, case="省外"), "省内")
        with refused("amend", cast.clerk, "3年内不再安排省外疗休养"):
            nominations.amend(by=cast.clerk, row=row, wish="省外")

    def test_a_rule_that_warns_asks_the_unit_lead_for_a_reason(self, city, cast, year, rules, story):
        rules.put("sanatorium.lookback_years", 3, severity=Severity.WARN, clause="四部门意见")
        rows = story.after_notice(self.nominate(cast, year, self.person(city, 2025)))
        assert [(f["rule"], f["severity"]) for f in rows[0].findings] == [
            ("sanatorium.lookback_years", "warn")
        ]
        with refused("submit", cast.lead, "2025年已参加过疗休养"):
            notices.submit(by=cast.lead, rows=rows)
        [row] = notices.submit(by=cast.lead, rows=rows, reason="重点工程骨干")
        assert (row.accepted_reason, row.accepted_by) == ("重点工程骨干", cast.lead)

    def test_a_hint_asks_for_nothing(self, city, cast, year, rules, story):
        rules.put("sanatorium.lookback_years", 3, severity=Severity.INFO)
        rows = story.after_notice(self.nominate(cast, year, self.person(city, 2025)))
        assert notices.submit(by=cast.lead, rows=rows)[0].state == "已报送"

    def test_a_rule_that_ended_yesterday_is_not_asked(self, city, cast, year, rules):
        rules.put("sanatorium.lookback_years", 3, effective_to=datetime.date(2026, 5, 10))
        assert self.nominate(cast, year, self.person(city, 2025))[0].findings == []

    def test_the_other_citys_rule_is_not_asked(self, city, cast, year):
        build.rule(build.unit("远山市"), "sanatorium.lookback_years", 3)
        assert self.nominate(cast, year, self.person(city, 2025))[0].findings == []
