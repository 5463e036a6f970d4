"""Hardship files: what is taken over, doubles, whose steps must be apart, grades with and without a reason."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from carecore.access import Role
from carecore.models import AuditEvent
from carecore.workflow import Forbidden
from tests import build
from tests.trail import one_event_each, refused
from visits.models import CaseState, HardshipCase, ObjectKind
from visits.workflow import cases
from visits.workflow.files import MemberDraft

NUMBER = build.id_number("19800105", 11)


class TestOpening:
    def test_a_file_takes_name_number_and_birth_from_the_person_and_computes_its_grade(self, files, cast):
        person = build.person(files.city.a, "张三", id_number=NUMBER, phone="13900000001")
        with one_event_each(cast.clerk, "open_cases") as seen:
            cases.open_cases(by=cast.clerk, drafts=[files.draft(person=person)])
        assert seen.rows == {"hardshipcase": 1, "householdmember": 1}
        row = HardshipCase.objects.get()
        assert (row.name, row.id_number, row.birth_month, row.phone) == ("张三", NUMBER, "1980-01", "13900000001")
        assert (row.per_head, row.computed_grade, row.grade) == (Decimal("1250.00"), "相对困难", "")
        assert (row.state, row.cause_label, row.findings) == (CaseState.DRAFT, "患重特大疾病", [])
        assert (row.standard["area"], row.standard["line"]) == ("滨海市", "900.00")

    def test_a_file_about_a_relative_keeps_the_relatives_own_name(self, files, cast):
        facts = {"object_kind": ObjectKind.SURVIVOR, "name": "王秀英", "relation": "配偶", "id_number": NUMBER}
        [row] = cases.open_cases(by=cast.clerk, drafts=[replace(files.draft(), **facts)])
        assert (row.name, row.person.name, row.birth_month) == ("王秀英", "张三", "1980-01")

    def test_a_double_click_makes_one(self, files, cast):
        draft, once = files.draft(), "0b0f3f0a-1111-4222-8333-444455556666"
        first = cases.open_cases(by=cast.clerk, drafts=[draft], request_id=once)
        again = cases.open_cases(by=cast.clerk, drafts=[draft], request_id=once)
        assert first == again and HardshipCase.objects.count() == 1

    def test_a_draft_may_lack_what_a_report_needs(self, files, cast):
        rows = files.opened(yearly_income=None, main_cause="")
        assert {finding["rule"] for finding in rows[0].findings} == {"yearly_income", "main_cause"}
        with refused("report", cast.clerk, "未填家庭年度总收入"):
            cases.report(by=cast.clerk, rows=rows)

    def test_what_no_column_holds_is_refused(self, files, cast):
        with refused("open_cases", cast.clerk, "住房类型"):
            cases.open_cases(by=cast.clerk, drafts=[files.draft(housing="房" * 21)])

    def test_another_units_clerk_opens_none(self, files, cast):
        with refused("open_cases", cast.clerk_b, "权限", Forbidden):
            cases.open_cases(by=cast.clerk_b, drafts=[files.draft()])


class TestDoubles:
    def test_the_same_number_blocks_and_names_the_file(self, files, cast):
        files.opened(members=(MemberDraft(name="李四", relation="妻", id_number=NUMBER),))
        wife = build.person(files.city.a, "李四", id_number=NUMBER)
        with refused("open_cases", cast.clerk, "该户有人已列入张三困难档案(甲局),同一家庭只建一份档案"):
            cases.open_cases(by=cast.clerk, drafts=[files.draft(person=wife, members=())])

    def test_outside_ones_units_only_a_reference_is_told(self, files, cast):
        [row] = files.opened(members=(MemberDraft(name="李四", relation="妻", id_number=NUMBER),))
        wife = build.person(files.city.b, "李四", id_number=NUMBER)
        with refused("open_cases", cast.clerk_b, f"请联系共同上级单位处理(参考编号 {row.pk})") as caught:
            cases.open_cases(by=cast.clerk_b, drafts=[files.draft(person=wife, members=())])
        assert "张三" not in str(caught.value)

    def test_a_file_that_ended_stands_in_nobodys_way(self, files, cast):
        rows = files.opened(person=build.person(files.city.a, "张三", id_number=NUMBER))
        cases.withdraw_case(by=cast.clerk, rows=rows, reason="重复")
        again = cases.open_cases(by=cast.clerk, drafts=[files.draft(person=rows[0].person, members=())])
        assert again[0].state == CaseState.DRAFT

    def test_the_same_household_twice_in_one_list_is_refused(self, files, cast):
        draft = files.draft(person=build.person(files.city.a, "张三", id_number=NUMBER), members=())
        with refused("open_cases", cast.clerk, "在本次名单中重复"):
            cases.open_cases(by=cast.clerk, drafts=[draft, draft])

    def test_same_name_birth_and_unit_without_a_number_asks_for_a_look(self, files, cast):
        files.opened(person=build.person(files.city.a, "张三", id_number=None), birth_month="1980-01", members=())
        [row] = files.opened(person=build.person(files.city.a, "张三", id_number=NUMBER), members=())
        assert [(one["rule"], one["severity"]) for one in row.findings] == [("alike", "warn")]
        assert "张三困难档案(甲局)姓名、出生年月、单位相同" in row.findings[0]["message"]

    def test_the_table_itself_holds_a_number_once(self, files):
        [row] = files.opened(person=build.person(files.city.a, "张三", id_number=NUMBER), members=())
        other = build.person(files.city.b, "李四")
        with pytest.raises(IntegrityError), transaction.atomic():
            HardshipCase.objects.create(
                unit=files.city.b, person=other, name="李四", id_index=row.id_index, reported_by=row.reported_by,
                reported_on=row.reported_on,
            )  # fmt: skip


class TestSeparation:
    def test_nobody_takes_two_steps(self, files, cast, city):
        build.appointment(cast.lead, city.root, Role.ORG_LEAD)
        rows = files.at(CaseState.ENDORSED)
        with refused("give_opinion", cast.lead, "由您审核,不能再由您办理本环节", Forbidden):
            cases.give_opinion(by=cast.lead, rows=rows, opinion="同意")
        rows = files.at(CaseState.GIVEN_OPINION, "李四")
        with refused("recognise", cast.lead, "由您审核", Forbidden):
            cases.recognise(by=cast.lead, rows=rows)

    def test_nor_under_another_account(self, files, cast, city):
        twin = build.user("twin", city.a, Role.UNIT_LEAD, person=cast.clerk.person)
        rows = files.at(CaseState.REPORTED)
        with refused("endorse", twin, "由您建档", Forbidden):
            cases.endorse(by=twin, rows=rows)

    def test_nobody_decides_on_their_own_household(self, files, cast):
        own = files.opened(person=cast.lead.person)
        files.report(own)
        with refused("endorse", cast.lead, "涉及您本人", Forbidden):
            cases.endorse(by=cast.lead, rows=files.fresh(own))

    def test_nor_on_one_that_names_them(self, files, cast):
        brother = MemberDraft(name="负责人甲", relation="兄", id_number=cast.lead.person.id_number)
        rows = files.at(CaseState.REPORTED, members=(brother,))
        with refused("endorse", cast.lead, "涉及您本人", Forbidden):
            cases.endorse(by=cast.lead, rows=rows)


class TestRecognition:
    def test_the_computed_grade_is_recognised_with_its_day_and_needs_no_reason(self, files, cast):
        [row] = files.at(CaseState.RECOGNISED)
        assert (row.grade, row.grade_reason, row.grade_by) == ("相对困难", "", None)
        assert row.recognised_by == cast.union_lead
        assert str(row.recognised_on) == str(row.verified_on) == "2026-05-11"

    def test_a_stated_grade_that_differs_needs_a_reason_and_a_name(self, files, cast):
        rows = files.at(CaseState.GIVEN_OPINION, stated_grade="深度困难")
        with refused("recognise", cast.union_lead, "填报为“深度困难”,测算为“相对困难”(人均月收入1250.00元)") as caught:
            cases.recognise(by=cast.union_lead, rows=rows)
        assert caught.value.findings[0].key == "reason"
        cases.recognise(by=cast.union_lead, rows=rows, reason="按测算认定")
        [row] = files.fresh(rows)
        assert (row.grade, row.grade_reason, row.grade_by) == ("相对困难", "按测算认定", cast.union_lead)

    def test_another_grade_than_computed_needs_a_reason(self, files, cast):
        rows = files.at(CaseState.GIVEN_OPINION)
        with refused("recognise", cast.union_lead, "测算为“相对困难”,拟认定“深度困难”"):
            cases.recognise(by=cast.union_lead, rows=rows, grade="深度困难")
        cases.recognise(by=cast.union_lead, rows=rows, grade="深度困难", reason="长期护理支出未计")
        assert files.fresh(rows)[0].grade == "深度困难"

    def test_a_grade_that_no_rule_knows_is_refused(self, files, cast):
        rows = files.at(CaseState.GIVEN_OPINION)
        with refused("recognise", cast.union_lead, "应为深度困难、相对困难、意外致困"):
            cases.recognise(by=cast.union_lead, rows=rows, grade="特困", reason="困难")

    def test_who_fits_no_grade_is_recognised_only_with_one_chosen(self, files, cast):
        rows = files.at(CaseState.GIVEN_OPINION, yearly_income=Decimal("99999"), stated_grade="")
        with refused("recognise", cast.union_lead, "测算不符合任何困难类别"):
            cases.recognise(by=cast.union_lead, rows=rows, reason="困难")

    def test_the_poverty_line_of_the_day_of_recognition_counts(self, files, cast):
        rows = files.at(CaseState.GIVEN_OPINION)
        build.rule(files.city.root, "visits.poverty_line", {"滨海市": "1300"}, effective_from="2026-05-01")
        with refused("recognise", cast.union_lead, "测算为“深度困难”"):
            cases.recognise(by=cast.union_lead, rows=rows)
        cases.recognise(by=cast.union_lead, rows=rows, reason="标准已调整")
        assert (files.fresh(rows)[0].grade, files.fresh(rows)[0].standard["line"]) == ("深度困难", "1300.00")


def test_amending_computes_again_and_refuses_a_number_of_another_file(files, cast):
    [row] = files.opened()
    row = cases.amend_case(by=cast.clerk, row=row, yearly_income=Decimal("20000"))
    assert (row.per_head, row.computed_grade) == (Decimal("583.33"), "深度困难")
    files.opened(person=build.person(files.city.a, "李四", id_number=NUMBER), members=())
    with refused("amend_case", cast.clerk, "该户有人已列入李四困难档案"):
        cases.amend_case(
            by=cast.clerk, row=row, object_kind=ObjectKind.SURVIVOR, name="王五", relation="子", id_number=NUMBER
        )
    with pytest.raises(TypeError):
        cases.amend_case(by=cast.clerk, row=row, grade="深度困难")


def test_what_is_confidential_is_neither_in_the_trail_nor_in_the_clear(files, cast):
    files.opened(address="幸福小区1号楼", health="尿毒症", description="妻子失业")
    text = "".join(AuditEvent.objects.values_list("after", flat=True))
    assert not any(word in text for word in ("幸福小区", "尿毒症", "妻子失业"))
    raw = HardshipCase.objects.extra(select={"raw": "address"}).values_list("raw", flat=True).get()  # noqa: S610
    assert "幸福" not in raw


def test_a_file_is_seen_only_in_ones_units_and_with_the_right(files, cast, treasury):
    files.opened()
    seen = {user.username for user in (*vars(cast).values(), *vars(treasury).values())
            if HardshipCase.objects.visible_to(user).exists()}  # fmt: skip
    assert seen == {"clerk", "lead", "union_officer", "union_lead", "org_officer", "org_lead", "auditor"}
