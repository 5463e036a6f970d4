"""Visits: planned within budget and standard, approved by another, made, given up (BZ-20…BZ-25, LYG-16, TX2-1)."""

import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from carecore.models import AuditEvent, Benefit, Severity
from carecore.workflow import Forbidden, Refused, Stale
from tests import build
from tests.funds.payouts import assert_one_event_each, last_event, refusal
from tests.visits.calls import day
from visits.models import Campaign, HouseholdMember, Visit
from visits.workflow import campaigns, visits

BLOCK, WARN = Severity.BLOCK, Severity.WARN


class TestCampaign:
    def test_it_opens_once_a_unit_year_and_occasion(self, calls):
        number = uuid.uuid4()
        row = calls.campaign(request_id=number)
        assert calls.campaign(request_id=number) == row
        assert refusal(calls.campaign) == ("occasion", "滨海市2026年春节走访活动已编制,不能重复编制")
        assert Campaign.objects.count() == 1

    def test_its_occasion_is_one_that_the_rule_lists(self, calls, city):
        build.rule(city.root, "visits.campaigns", ["元旦", "春节", "七一", "中秋"], severity=BLOCK, clause="BZ-19")
        assert refusal(calls.campaign, occasion="国庆")[0] == "visits.campaigns"
        assert calls.campaign(occasion="七一").occasion == "七一"

    def test_a_budget_outside_the_rule_needs_a_reason(self, calls, city):
        build.rule(city.root, "visits.campaign_budget", [30000, 50000], severity=WARN, clause="TX2-1")
        assert refusal(calls.campaign, "29999.99")[0] == "visits.campaign_budget"
        assert calls.campaign("30000.00", occasion="七一").findings == []
        assert calls.campaign("29999.99", reason="本年困难党员较少").findings[0]["clause"] == "TX2-1"

    def test_days_and_fund_must_fit(self, calls, city, treasury):
        other = build.fund(city.b, "乙局资金", opened_by=treasury.fund_lead)
        assert refusal(calls.campaign, starts_on=day("07-01"))[0] == "ends_on"
        assert refusal(calls.campaign, year=2024)[0] == "year"
        assert refusal(calls.campaign, fund=other)[0] == "fund"
        assert refusal(calls.campaign, purpose=build.account(other, "走访慰问"))[0] == "purpose"
        assert refusal(calls.campaign, "0.00")[0] == "budget"

    def test_only_who_keeps_campaigns_opens_one(self, calls, cast):
        for by in (cast.clerk, cast.lead, cast.auditor, cast.union_lead):
            with pytest.raises(Forbidden):
                calls.campaign(by=by)

    def test_the_budget_is_not_cut_below_what_is_planned(self, calls, cast):
        row = calls.campaign()
        calls.plan(campaign=row, money="800.00")
        amend = campaigns.amend_campaign
        facts = {"by": cast.union_officer, "campaign": calls.fresh(row)}
        assert refusal(amend, budget=Decimal("799.99"), **facts)[0] == "budget"
        assert amend(budget=Decimal("800.00"), **facts).left == 0

    def test_it_ends_when_nothing_is_left_to_visit(self, calls, cast):
        row = calls.campaign()
        planned = calls.plan(campaign=row)
        facts = {"by": cast.union_officer}
        assert refusal(campaigns.close_campaign, campaign=calls.fresh(row), **facts)[0] == "visits"
        visits.cancel_visits(by=cast.clerk, rows=planned, reason="已迁居")
        assert campaigns.close_campaign(campaign=calls.fresh(row), **facts).state == "已结束"
        assert refusal(calls.plan, campaign=row)[0] == "state"


class TestPlan:
    def test_many_at_once_to_people_files_and_units_with_one_event_each(self, calls, cast, city):
        campaign, case = calls.campaign(), calls.case("李四")
        drafts = [
            calls.draft(build.person(city.a, "张三"), "500.00", campaign=True),
            calls.draft(case, "1000.00", goods="米面油", goods_value=Decimal("200.00"), campaign=True),
            calls.draft(city.a_office, "0.00", form="座谈会", campaign=True),
        ]
        last = last_event()
        rows = calls.plan(*drafts, campaign=campaign)
        assert [(row.name, row.total, row.period, row.occasion) for row in rows] == [
            ("张三", Decimal("500.00"), "2026Q1", "春节"), ("李四", Decimal("1200.00"), "2026Q1", "春节"),
            ("甲局一所", Decimal("0.00"), "2026Q1", "春节"),
        ]  # fmt: skip
        assert calls.planned() == Decimal("1700.00")
        assert_one_event_each(last, "plan_visits", *rows, campaign)

    def test_the_budget_to_the_fen(self, calls):
        campaign = calls.campaign("1000.00")
        calls.plan(campaign=campaign, money="999.99")
        key, message = refusal(calls.plan, campaign=campaign, money="0.02")
        assert (key, "超出0.01元" in message) == ("budget", True)
        calls.plan(campaign=campaign, money="0.01")
        assert calls.planned() == Decimal("1000.00")

    def test_the_database_itself_holds_budget_standard_and_goods(self, calls):
        campaign = calls.campaign()
        [row] = calls.plan(campaign=campaign)
        for change, rows in (
            ({"planned": Decimal("5000.01")}, Campaign.objects.filter(pk=campaign.pk)),
            ({"standard": Decimal("799.99")}, Visit.objects.filter(pk=row.pk)),
            ({"goods": "米面油"}, Visit.objects.filter(pk=row.pk)),
            ({"visited_unit": row.unit}, Visit.objects.filter(pk=row.pk)),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**change)

    def test_each_time_to_the_fen(self, calls, city):
        build.rule(city.root, "visits.amount_person_time", "3000", severity=BLOCK, clause="送温暖资金办法")
        key, message = refusal(calls.plan, money="3000.01")
        assert (key, "超出0.01元" in message) == ("visits.amount_person_time", True)
        [row] = calls.plan(money="2800.00", goods="米面油", goods_value=Decimal("200.00"))
        assert row.standard == Decimal("3000.00")

    def test_another_amount_for_another_occasion(self, calls, city):
        build.rule(city.root, "visits.amount_person_time", {"患病住院": "600"}, severity=BLOCK)
        assert refusal(calls.plan, money="600.01")[0] == "visits.amount_person_time"
        assert calls.plan(money="600.01", occasion="家庭受灾")[0].standard is None

    def test_the_year_over_every_channel_to_the_fen(self, calls, city):
        build.rule(city.root, "visits.amount_person_year", "6000", severity=BLOCK)
        person = build.person(city.a, "张三")
        Benefit.objects.create(
            person=person, unit=city.a, channel="专项资金", occasion="大病补助", period="2026", amount="5000.00",
            document_kind="x", document_id=1, given_on=day("03-01"),
        )  # fmt: skip
        calls.plan(calls.draft(person, "600.00"))
        key, message = refusal(calls.plan, calls.draft(person, "400.01", occasion="家庭受灾"))
        assert (key, "专项资金5000.00元、办理中600.00元" in message) == ("visits.amount_person_year", True)
        drafts = [calls.draft(person, "200.00", occasion=name) for name in ("家庭受灾", "家庭成员去世")]
        assert len(calls.plan(*drafts)) == 2
        assert refusal(calls.plan, calls.draft(person, "0.01", occasion="其他"))[0] == "visits.amount_person_year"

    def test_drafts_of_one_call_count_for_one_another(self, calls, city):
        build.rule(city.root, "visits.amount_person_year", "1000", severity=BLOCK)
        person = build.person(city.a, "张三")
        drafts = [calls.draft(person, "500.00", occasion="家庭受灾"), calls.draft(person, "500.01")]
        assert refusal(calls.plan, *drafts)[0] == "visits.amount_person_year"
        assert Visit.objects.count() == 0

    def test_goods_have_a_value(self, calls):
        assert refusal(calls.plan, goods="米面油")[0] == "goods"
        assert refusal(calls.plan, goods_value=Decimal("200.00"))[0] == "goods"

    def test_who_has_no_file_gets_what_the_unit_resolved(self, calls, city):
        """BZ-23: two branches."""
        build.rule(city.root, "visits.resolution", True, severity=BLOCK, clause="BZ-23")
        person, case = build.person(city.a, "张三"), calls.case("李四")
        resolved = {"resolution": "甲局党组〔2026〕3号", "standard": Decimal("800.00")}
        assert refusal(calls.plan, calls.draft(person))[0] == "visits.resolution"
        assert refusal(calls.plan, calls.draft(person, "800.01", **resolved))[0] == "standard"
        assert calls.plan(calls.draft(person, "800.00", **resolved))[0].standard == Decimal("800.00")
        assert calls.plan(calls.draft(case))[0].resolution == ""
        assert calls.plan(calls.draft(case.person, occasion="家庭受灾"))[0].resolution == ""

    def test_five_occasions_and_a_later_rule_makes_them_six(self, calls, city):
        five = ["患病住院", "家庭成员去世", "家庭受灾", "家庭发生意外", "生活遇到特殊困难"]
        build.rule(city.root, "visits.occasions", five, severity=BLOCK, clause="LYG-2")
        assert refusal(calls.plan, occasion="老党员老干部")[0] == "visits.occasions"
        build.rule(
            city.root, "visits.occasions", [*five, "老党员老干部"], severity=BLOCK, effective_from=day("05-01")
        )
        assert calls.plan(occasion="老党员老干部")[0].occasion == "老党员老干部"

    def test_a_deadline_runs_from_the_event(self, calls, city):
        entries = [{"code": "ill", "label": "患病住院", "days": 7}]
        build.rule(city.root, "visits.occasions", entries, severity=BLOCK, clause="LYG-2")
        assert refusal(calls.plan)[0] == "event_on"
        assert refusal(calls.plan, event_on=day("05-12"))[0] == "event_on"
        assert calls.plan(event_on=day("05-08"))[0].due_on == day("05-15")

    @pytest.mark.parametrize(
        ("columns", "visitor"),
        [
            ({"managed_by": "市管"}, "甲局主要负责同志"), ({"managed_by": "市管", "is_unit_head": True}, "市委组织部"),
            ({"post": "机关党委书记"}, "机关工委"), ({"post": "机关党委副书记"}, ""), ({}, ""),
        ],
    )  # fmt: skip
    def test_who_visits_is_proposed_by_rule(self, calls, city, columns, visitor):
        """BZ-25, LYG-3."""
        first = {"单位主要负责人": "市委组织部", "市管干部": "所在单位主要负责同志"}
        build.rule(city.root, "visits.visitors", first, severity=WARN, clause="BZ-25")
        build.rule(city.root, "visits.visitors", {"党组织负责人": "机关工委"}, severity=WARN, clause="LYG-3")
        [row] = calls.plan(calls.draft(build.person(city.a, **columns)))
        assert (row.proposed_visitor, row.visitor) == (visitor, visitor)

    def test_another_visitor_needs_a_reason(self, calls, city):
        build.rule(city.root, "visits.visitors", {"市管干部": "所在单位主要负责同志"}, severity=WARN, clause="BZ-25")
        person = build.person(city.a, managed_by="市管")
        assert refusal(calls.plan, calls.draft(person, visitor="办公室"))[0] == "visits.visitors"
        [row] = calls.plan(calls.draft(person, visitor="办公室", reason="主要负责同志出差"))
        assert (row.visitor, row.reason, row.findings[0]["clause"]) == ("办公室", "主要负责同志出差", "BZ-25")

    def test_roles_and_units(self, calls, cast, city):
        for by in (cast.clerk_b, cast.lead, cast.union_lead, cast.auditor):
            with pytest.raises(Forbidden):
                calls.plan(by=by)
        for by in (cast.clerk, cast.union_officer, cast.org_officer):
            calls.plan(by=by)

    def test_nobody_plans_for_oneself(self, calls, cast):
        with pytest.raises(Forbidden, match="本人"):
            calls.plan(calls.draft(cast.clerk.person))

    def test_a_form_sent_twice_plans_once(self, calls, city):
        draft = calls.draft(request_id=uuid.uuid4())
        assert calls.plan(draft) == calls.plan(draft)

    def test_a_campaign_of_another_unit_takes_nobody_from_here(self, calls, cast, city, treasury):
        other = calls.campaign(unit=city.b)
        assert refusal(calls.plan, campaign=other)[0] == "target"


SAME = [{"code": "spring", "label": "春节慰问", "occasions": ["春节", "元旦", "送温暖"]}]


class TestSameHelpOnce:
    """LYG-16."""

    @pytest.fixture(autouse=True)
    def rule(self, city):
        return build.rule(city.root, "visits.exclusive", SAME, severity=BLOCK, clause="LYG-16")

    def test_without_a_rule_nothing_excludes(self, calls, city, rule):
        rule.delete()
        person = build.person(city.a, "张三")
        calls.plan(calls.draft(person, occasion="春节"))
        calls.plan(calls.draft(person, occasion="元旦"))

    def test_the_same_person_in_the_same_year_is_refused(self, calls, cast, city):
        person = build.person(city.a, "张三")
        [first] = calls.plan(calls.draft(person, occasion="春节"))
        key, message = refusal(calls.plan, calls.draft(person, occasion="元旦"))
        assert (key, "已有“春节”(走访慰问,甲局)" in message) == ("visits.exclusive", True)
        visits.cancel_visits(by=cast.clerk, rows=[first], reason="改元旦")
        calls.plan(calls.draft(person, occasion="元旦"))

    def test_other_occasions_and_other_years_are_free(self, calls, city, today):
        person = build.person(city.a, "张三")
        calls.plan(calls.draft(person, occasion="春节"))
        calls.plan(calls.draft(person, occasion="患病住院"))
        today.move_to("2027-01-11 10:00:00+08:00")
        calls.plan(calls.draft(person, occasion="春节"))

    def test_the_household_counts_as_one(self, calls, city):
        case = calls.case("李四")
        child = build.person(city.a, "李小四")
        HouseholdMember.objects.create(case=case, name=child.name, relation="子", id_index=child.id_index)
        calls.plan(calls.draft(case, occasion="春节"))
        for target in (case.person, child):
            assert refusal(calls.plan, calls.draft(target, occasion="元旦"))[0] == "visits.exclusive"

    def test_help_through_another_channel_counts(self, calls, city):
        person = build.person(city.a, "张三")
        Benefit.objects.create(
            person=person, unit=city.b, channel="专项资金", occasion="2026年送温暖活动", period="2026",
            amount="500.00", document_kind="x", document_id=1, given_on=day("02-01"),
        )  # fmt: skip
        _, message = refusal(calls.plan, calls.draft(person, occasion="春节"))
        assert "其他单位" in message and "乙局" not in message
        with pytest.raises(Refused, match="专项资金,乙局"):
            calls.plan(calls.draft(person, occasion="春节"), by=calls.cast.union_officer)

    def test_a_rule_that_warns_is_overridden_with_a_recorded_reason(self, calls, city, rule):
        rule.severity = WARN
        rule.save()
        person = build.person(city.a, "张三")
        calls.plan(calls.draft(person, occasion="春节"))
        assert refusal(calls.plan, calls.draft(person, occasion="元旦"))[0] == "visits.exclusive"
        [row] = calls.plan(calls.draft(person, occasion="元旦", reason="两次困难不同"))
        assert (row.reason, row.findings[0]["rule"]) == ("两次困难不同", "visits.exclusive")

    def test_a_namesake_born_that_day_in_that_unit_is_looked_at(self, calls, city):
        born = {"born_on": day("01-01")}
        first, second = (build.person(city.a, "张三", **born) for _ in range(2))
        calls.plan(calls.draft(first, occasion="春节"))
        key, message = refusal(calls.plan, calls.draft(second, occasion="春节"))
        assert (key, "核实是否为同一人" in message) == ("visits.exclusive", True)
        calls.plan(calls.draft(second, occasion="春节", reason="已核实,不是同一人"))

    def test_by_the_quarter(self, calls, city, rule, today):
        rule.value = [{"code": "q", "label": "季度走访", "per": "quarter"}]
        rule.save()
        person = build.person(city.a, "张三")
        calls.plan(calls.draft(person, occasion="季度走访"))
        assert refusal(calls.plan, calls.draft(person, occasion="季度走访"))[0] == "visits.exclusive"
        today.move_to("2026-07-01 10:00:00+08:00")
        calls.plan(calls.draft(person, occasion="季度走访"))


class TestOnItsWay:
    def test_whoever_planned_does_not_approve(self, calls, cast):
        rows = calls.plan(by=cast.union_officer)
        build.appointment(cast.union_officer, calls.city.root, "union_lead")
        with pytest.raises(Forbidden, match="安排"):
            visits.approve_visits(by=calls.fresh(cast.union_officer), rows=rows)

    def test_who_approves_and_whom(self, calls, cast):
        rows = calls.plan()
        for by in (cast.lead_b, cast.clerk, cast.auditor):
            with pytest.raises(Forbidden):
                visits.approve_visits(by=by, rows=rows)
        [own] = calls.plan(calls.draft(cast.lead.person))
        with pytest.raises(Forbidden, match="本人"):
            visits.approve_visits(by=cast.lead, rows=[own])
        last = last_event()
        [row] = visits.approve_visits(by=cast.lead, rows=rows)
        assert (row.state, row.approved_by) == ("已批准", cast.lead)
        assert_one_event_each(last, "approve_visits", row)

    def test_a_stale_row_is_refused(self, calls, cast):
        rows = calls.plan()
        Visit.objects.update(version=7)
        for verb, facts in (
            (visits.approve_visits, {"by": cast.lead}),
            (visits.cancel_visits, {"by": cast.clerk, "reason": "已迁居"}),
            (visits.carry_out, {"by": cast.clerk, "done_on": day("05-11")}),
        ):
            with pytest.raises(Stale):
                verb(rows=rows, **facts)

    def test_each_verb_only_from_its_state(self, calls, cast):
        [row] = calls.plan()
        assert refusal(calls.carry_out, [row])[0] == "state"
        assert refusal(calls.prepared, [row])[0] == "state"
        [row] = visits.approve_visits(by=cast.lead, rows=[row])
        assert refusal(visits.approve_visits, by=cast.lead, rows=[calls.fresh(row)])[0] == "state"
        [row] = calls.carry_out([row])
        assert refusal(visits.cancel_visits, by=cast.clerk, rows=[calls.fresh(row)], reason="误")[0] == "state"

    def test_made_with_what_was_found_and_who_sees_to_it(self, calls, cast):
        """BZ-21."""
        [row] = calls.approved()
        for facts, key in (
            ({"done_on": day("05-12")}, "done_on"), ({"measure": "协调住院"}, "measure"),
            ({"measure": "协调住院", "measure_by": "王科长", "measure_due_on": day("05-10")}, "measure_due_on"),
        ):  # fmt: skip
            assert refusal(calls.carry_out, [row], **facts)[0] == key
        facts = {"needs": "需手术", "measure": "协调住院", "measure_by": "王科长", "measure_due_on": day("05-20")}
        last = last_event()
        [row] = calls.carry_out([row], **facts)
        assert (row.state, row.done_on, row.visitor) == ("已走访", day("05-11"), "局领导")
        assert_one_event_each(last, "carry_out", row)
        assert "需手术" not in AuditEvent.objects.order_by("-seq")[0].after
        assert list(Visit.objects.in_need()) == [row]
        done = visits.meet_need(by=cast.clerk, visit=calls.fresh(row), done_on=day("05-11"), result="已住院")
        assert (done.measure_result, Visit.objects.in_need().count()) == ("已住院", 0)
        assert refusal(visits.meet_need, by=cast.clerk, visit=done, done_on=day("05-11"), result="再")[0] == "measure"

    def test_a_visit_needs_a_visitor_and_a_day_after_its_event(self, calls):
        [row] = calls.approved(event_on=day("05-08"))
        assert refusal(calls.carry_out, [row], visitor="")[0] == "visitor"
        assert refusal(calls.carry_out, [row], done_on=day("05-07"))[0] == "done_on"

    def test_outside_the_campaigns_days_or_too_late_needs_a_reason(self, calls, city):
        campaign = calls.campaign(ends_on=day("02-20"))
        rows = calls.approved(campaign=campaign)
        assert refusal(calls.carry_out, rows)[0] == "done_on"
        assert calls.carry_out(rows, reason="节后回乡")[0].reason == "节后回乡"
        build.rule(city.root, "visits.occasions", [{"code": "i", "label": "患病住院", "days": 1}], severity=BLOCK)
        [late] = calls.approved(event_on=day("05-08"))
        assert refusal(calls.carry_out, [late])[0] == "done_on"

    def test_goods_alone_are_given_at_the_visit(self, calls):
        [row] = calls.done(money="0.00", goods="米面油", goods_value=Decimal("200.00"))
        assert (row.state, calls.benefits()) == ("已发放", {"张三": Decimal("200.00")})
        [talk] = calls.done(calls.draft(money="0.00", occasion="谈心"))
        assert (talk.state, Benefit.objects.count()) == ("已走访", 1)

    def test_cancelling_gives_the_budget_back(self, calls, cast):
        campaign = calls.campaign()
        rows = calls.plan(calls.draft(money="800.00"), calls.draft(money="300.00"), campaign=campaign)
        assert calls.planned() == Decimal("1100.00")
        assert refusal(visits.cancel_visits, by=cast.clerk, rows=rows[:1], reason=" ")[0] == "reason"
        with pytest.raises(Forbidden):
            visits.cancel_visits(by=cast.clerk_b, rows=rows[:1], reason="已迁居")
        last = last_event()
        [row] = visits.cancel_visits(by=cast.clerk, rows=rows[:1], reason="已迁居")
        assert (row.state, calls.planned()) == ("已取消", Decimal("300.00"))
        assert_one_event_each(last, "cancel_visits", row, campaign)


