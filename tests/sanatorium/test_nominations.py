"""Nominating, amending, proving, confirming and reviewing (BZ-5, BZ-15): exact results and every refusal."""

import uuid

import pytest

from carecore.models import AuditEvent, Person, QuotaClass, Severity
from carecore.workflow import Forbidden
from sanatorium.models import Nomination, Plan, State, UnitQuota
from sanatorium.rules.nominations import Draft
from sanatorium.workflow import nominations, plans
from tests import build
from tests.sanatorium.trail import all_but, one_event_each, refused


def lacking(row):
    return [finding["rule"] for finding in row.findings]


def excellent(person, *years):
    for one in years:
        person.appraisals.create(year=one, grade="优秀")


class TestNominate:
    def test_a_draft_keeps_person_unit_class_and_ground_as_they_are_now(self, city, cast, year):
        person = build.person(city.a, "单雄信", post="科长", phone="13800000000")
        draft = Draft(
            person, city.a, "none", deeds="抢险", wish="本市", health="良好", emergency_contact="李四"
        )
        with one_event_each(cast.clerk, "nominate") as seen:
            [row] = nominations.nominate(by=cast.clerk, plan=year.plan, drafts=[draft])
        assert seen.rows == {"nomination": 1}
        row = Nomination.objects.get(pk=row.pk)
        assert (row.person, row.name, row.initials, row.unit, row.plan) == (
            person, "单雄信", "sxx", city.a, year.plan
        )  # fmt: skip
        assert (row.quota, row.quota_class, row.ground, row.ground_label) == (
            year.a, QuotaClass.ORGAN, "none", "一线岗位"
        )  # fmt: skip
        assert (row.deeds, row.post, row.wish, row.phone) == ("抢险", "科长", "本市", "13800000000")
        assert (row.health, row.emergency_contact) == ("良好", "李四")
        assert (row.state, row.findings, row.nominated_by, row.version) == ("草稿", [], cast.clerk, 1)
        assert (row.submitted_by, row.batch, row.notice, row.closing_reason) == (None, None, None, "")

    def test_a_nomination_uses_no_place(self, city, story, year):
        story.nominated(city.a, "张三", "李四")
        assert UnitQuota.objects.get(pk=year.a.pk).used == 0

    def test_many_at_once_each_leave_their_event(self, city, cast, story, year):
        drafts = [story.draft(city.a, name) for name in ("张三", "李四", "王五")]
        with one_event_each(cast.clerk, "nominate") as seen:
            rows = nominations.nominate(by=cast.clerk, plan=year.plan, drafts=drafts)
        assert [row.name for row in rows] == ["张三", "李四", "王五"]
        assert seen.rows == {"nomination": 3}

    def test_what_blocks_one_stores_none(self, city, cast, story, year):
        drafts = [story.draft(city.a, "张三"), story.draft(city.a, "李四", ground="friend")]
        with refused("nominate", cast.clerk, "推荐类别“friend”不在规定的类别之内(BZ-5)"):
            nominations.nominate(by=cast.clerk, plan=year.plan, drafts=drafts)

    def test_one_person_twice_in_a_list_is_refused(self, city, cast, story, year):
        draft = story.draft(city.a)
        with refused("nominate", cast.clerk, "张三在本次名单中重复"):
            nominations.nominate(by=cast.clerk, plan=year.plan, drafts=[draft, draft])

    @pytest.mark.parametrize("ground", ["merit", "excellent"])
    def test_what_lacks_its_evidence_waits_as_a_draft_that_says_so(self, city, story, ground):
        [row] = story.nominated(city.a, ground=ground)
        assert (row.state, lacking(row), row.lacks_evidence) == ("草稿", ["evidence"], True)

    def test_two_excellent_years_on_record_are_the_evidence(self, city, cast, year):
        person = build.person(city.a)
        excellent(person, 2024, 2025)
        [row] = nominations.nominate(
            by=cast.clerk, plan=year.plan, drafts=[Draft(person, city.a, "excellent")]
        )
        assert lacking(row) == []

    def test_excellent_years_with_a_gap_are_not(self, city, cast, year):
        person = build.person(city.a)
        excellent(person, 2023, 2025)
        [row] = nominations.nominate(
            by=cast.clerk, plan=year.plan, drafts=[Draft(person, city.a, "excellent")]
        )
        assert lacking(row) == ["evidence"]

    def test_a_paper_is_evidence_from_the_start(self, city, story, scan):
        [row] = story.nominated(city.a, ground="merit", evidence=scan)
        assert (lacking(row), row.evidence) == ([], scan)

    def test_a_ground_of_the_other_class_is_kept_as_a_warning(self, city, story, scan):
        [row] = story.nominated(city.company, ground="excellent", evidence=scan)
        assert [(f["rule"], f["severity"]) for f in row.findings] == [("sanatorium.grounds", "warn")]

    def test_a_form_sent_twice_makes_one(self, city, cast, story, year):
        facts = {"plan": year.plan, "drafts": [story.draft(city.a)], "request_id": uuid.uuid4()}
        first = nominations.nominate(by=cast.clerk, **facts)
        with one_event_each(cast.clerk, "nominate") as seen:
            assert nominations.nominate(by=cast.clerk, **facts) == first
        assert seen.rows == {}

    @pytest.mark.parametrize("state", ["编制中", "已结束"])
    def test_only_in_a_published_year_whatever_the_page_showed(self, city, cast, story, year, state):
        drafts = [story.draft(city.a)]
        Plan.objects.update(state=state)
        assert year.plan.state == "已下达"
        with refused("nominate", cast.clerk, f"现为“{state}”"):
            nominations.nominate(by=cast.clerk, plan=year.plan, drafts=drafts)

    @pytest.mark.parametrize("name", all_but("clerk", "union_officer", "org_officer"))
    def test_every_other_role_and_the_other_units_clerk_is_forbidden(self, city, cast, story, year, name):
        by, drafts = getattr(cast, name), [story.draft(city.a)]
        with refused("nominate", by, "没有甲局的“推荐、公示”权限", Forbidden):
            nominations.nominate(by=by, plan=year.plan, drafts=drafts)

    def test_a_list_over_two_units_asks_for_the_right_in_both(self, city, cast, story, year):
        drafts = [story.draft(city.a), story.draft(city.b, "李四")]
        with refused("nominate", cast.clerk, "没有乙局的", Forbidden):
            nominations.nominate(by=cast.clerk, plan=year.plan, drafts=drafts)
        assert len(nominations.nominate(by=cast.org_officer, plan=year.plan, drafts=drafts)) == 2

    def test_a_person_of_another_unit_is_refused(self, city, cast, year):
        draft = Draft(build.person(city.b), city.a, "none")
        with refused("nominate", cast.clerk, "张三不是甲局的在册人员"):
            nominations.nominate(by=cast.clerk, plan=year.plan, drafts=[draft])

    def test_a_person_who_has_moved_or_left_since_the_page_was_shown_is_refused(self, city, cast, year):
        drafts = [Draft(build.person(city.a), city.a, "none")]
        Person.objects.filter(pk=drafts[0].person.pk).update(unit=city.b, status="退休")
        with refused("nominate", cast.clerk, "张三的状态为“退休”") as caught:
            nominations.nominate(by=cast.clerk, plan=year.plan, drafts=drafts)
        assert "张三不是甲局的在册人员" in str(caught.value)


class TestPlacesOfADraft:
    def test_an_office_without_places_uses_those_of_its_bureau(self, city, story, year):
        [row] = story.nominated(city.a_office)
        assert (row.unit, row.quota) == (city.a_office, year.a)

    def test_an_office_with_places_uses_its_own(self, city, cast, story, year):
        share = plans.Share(city.a_office, QuotaClass.ORGAN, 1)
        [quota] = [
            row
            for row in plans.allocate(by=cast.lead, plan=year.plan, shares=[share])
            if row.unit == city.a_office
        ]
        [row] = story.nominated(city.a_office)
        assert row.quota == quota
        plans.return_places(by=cast.lead, quota=quota, places=1)
        [row] = story.nominated(city.a_office, "李四")
        assert row.quota == year.a

    def test_a_unit_without_any_is_told_to_ask_for_them(self, city, cast, story, year):
        unit = build.unit("丁局", city.root)
        drafts = [story.draft(unit)]
        with refused("nominate", cast.org_officer, "丁局2026年度没有“机关事业单位”名额,请先申请分配(BZ-4)"):
            nominations.nominate(by=cast.org_officer, plan=year.plan, drafts=drafts)


class TestAmend:
    def test_a_draft_changes_and_is_checked_again(self, city, cast, story, scan):
        [row] = story.nominated(city.a, ground="merit", evidence=scan)
        Nomination.objects.filter(pk=row.pk).update(accepted_reason="旧", accepted_by=cast.lead)
        with one_event_each(cast.clerk, "amend") as seen:
            nominations.amend(by=cast.clerk, row=row, ground="none", post="科员", deeds="记功", wish="省外")
        assert seen.rows == {"nomination": 1}
        [row] = story.fresh([row])
        assert (row.ground, row.ground_label, row.post) == ("none", "一线岗位", "科员")
        assert (row.deeds, row.wish, row.findings) == ("记功", "省外", [])
        assert (row.accepted_reason, row.accepted_by) == ("", None)

    def test_a_ground_without_its_evidence_is_marked(self, city, cast, story):
        [row] = story.nominated(city.a)
        row = nominations.amend(by=cast.clerk, row=row, ground="merit")
        assert lacking(row) == ["evidence"]

    def test_a_corrected_name_is_found_by_its_own_initials(self, city, cast, story):
        [row] = story.nominated(city.a, "张叁")
        nominations.amend(by=cast.clerk, row=row, name="单三")
        assert story.fresh([row])[0].initials == "ss"

    def test_what_blocks_is_refused_and_nothing_changes(self, city, cast, story):
        [row] = story.nominated(city.a)
        with refused("amend", cast.clerk, "不在规定的类别之内"):
            nominations.amend(by=cast.clerk, row=row, ground="friend", deeds="记功")

    @pytest.mark.parametrize("change", [{"name": "张四"}, {"post": "处长"}, {"ground": "merit"}])
    def test_what_is_published_cannot_change_while_it_is_up(self, city, cast, story, change):
        [row] = story.in_state(State.ON_NOTICE, city.a)
        with refused("amend", cast.clerk, "公示内容不能直接修改,请先撤回公示"):
            nominations.amend(by=cast.clerk, row=row, **change)

    def test_the_rest_can_and_a_form_may_repeat_what_is_published(self, city, cast, story):
        [row] = story.in_state(State.ON_NOTICE, city.a)
        row = nominations.amend(by=cast.clerk, row=row, ground=row.ground, post=row.post, phone="13900000000")
        assert (row.state, row.phone) == ("公示中", "13900000000")

    @pytest.mark.parametrize("field", ["state", "unit_id", "quota_id", "nominated_by"])
    def test_nothing_else_can_be_amended(self, city, cast, story, field):
        [row] = story.nominated(city.a)
        with pytest.raises(TypeError, match=field):
            nominations.amend(by=cast.clerk, row=row, **{field: "1"})


class TestPapers:
    def test_one_paper_proves_many_drafts(self, city, cast, story, scan):
        rows = story.nominated(city.a, "张三", "李四", ground="merit")
        with one_event_each(cast.clerk, "attach_evidence") as seen:
            rows = nominations.attach_evidence(by=cast.clerk, rows=rows, paper=scan)
        assert seen.rows == {"nomination": 2}
        assert [(row.evidence, lacking(row)) for row in story.fresh(rows)] == [(scan, []), (scan, [])]
        assert set(AuditEvent.objects.filter(action="attach_evidence").values_list("detail", flat=True)) == {
            scan.sha256
        }

    def test_other_findings_stay(self, city, cast, story, rules, scan):
        rules.put("sanatorium.service_years", 3, severity=Severity.WARN)
        person = build.person(city.a, worked_since=None)
        drafts = [Draft(person, city.a, "merit")]
        [row] = nominations.nominate(by=cast.clerk, plan=Plan.objects.get(), drafts=drafts)
        [row] = nominations.attach_evidence(by=cast.clerk, rows=[row], paper=scan)
        assert lacking(row) == ["sanatorium.service_years"]

    def test_the_sealed_form_is_kept_with_its_nomination(self, city, cast, story, scan):
        [row] = story.in_state(State.APPROVED, city.a)
        with one_event_each(cast.lead, "attach_sealed_form") as seen:
            row = nominations.attach_sealed_form(by=cast.lead, row=row, paper=scan)
        assert seen.rows == {"nomination": 1}
        assert (row.sealed_form, row.state) == (scan, "已批准")


class TestConfirmAndReview:
    def test_a_class_that_needs_no_confirming_is_not_confirmed(self, city, cast, story):
        rows = story.in_state(State.SUBMITTED, city.company)
        with refused("confirm", cast.org_lead, "张三属于“企业、社区(村)”,不需组织人社确认"):
            nominations.confirm(by=cast.org_lead, rows=rows)

    def test_it_is_reviewed_as_submitted(self, city, cast, story):
        rows = story.in_state(State.SUBMITTED, city.company)
        with one_event_each(cast.union_officer, "review") as seen:
            [row] = nominations.review(by=cast.union_officer, rows=rows)
        assert seen.rows == {"nomination": 1}
        assert (row.state, row.reviewed_by, row.confirmed_by) == ("已审核", cast.union_officer, None)

    def test_an_organ_is_not_reviewed_unconfirmed(self, city, cast, story):
        rows = story.in_state(State.SUBMITTED, city.a)
        with refused("review", cast.union_officer, "张三现为“已报送”,只有“已确认”的才能审核"):
            nominations.review(by=cast.union_officer, rows=rows)

    def test_where_no_rule_asks_for_it_nothing_is_confirmed(self, city, cast, story, rules):
        rules.confirmed.delete()
        rows = story.in_state(State.SUBMITTED, city.a)
        with refused("confirm", cast.org_lead, "不需组织人社确认"):
            nominations.confirm(by=cast.org_lead, rows=rows)
        assert nominations.review(by=cast.union_officer, rows=rows)[0].state == "已审核"

    def test_both_classes_are_reviewed_together(self, city, cast, story):
        rows = [*story.in_state(State.CONFIRMED, city.a), *story.in_state(State.SUBMITTED, city.company)]
        assert {row.state for row in nominations.review(by=cast.union_officer, rows=rows)} == {"已审核"}

    def test_the_reserve_list_is_in_the_order_of_review(self, city, cast, story, today):
        rows = story.in_state(State.CONFIRMED, city.a, "甲", "乙", "丙")
        for row in reversed(rows):
            nominations.review(by=cast.union_officer, rows=[row])
            today.shift(60)
        assert [row.name for row in Nomination.objects.reserve()] == ["丙", "乙", "甲"]

    def test_who_did_what_and_when_is_kept(self, city, cast, story):
        [row] = story.in_state(State.APPROVED, city.a)
        assert (row.nominated_by, row.submitted_by, row.confirmed_by) == (
            cast.clerk,
            cast.lead,
            cast.org_lead,
        )
        assert (row.reviewed_by, row.approved_by) == (cast.union_officer, cast.union_lead)
        assert row.nominated_at < row.submitted_at <= row.reviewed_at <= row.approved_at
