"""Pages of hardship files: filled in, shown with their sum, each verb by its address, who sees what, the cross-tab."""

import csv
import io
import uuid
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from carecore.models import Attachment, AuditEvent
from tests import build
from tests.sanatorium.views.conftest import JSON, words
from visits.case_queries import percent
from visits.models import CaseState, HardshipCase, HouseholdMember, ObjectKind
from visits.urls import urlpatterns

URL = "/visits/cases/"
PDF = b"%PDF-1.4\n%%EOF\n"
NUMBER = build.id_number("19800105", 11)
SEE = {"clerk", "lead", "union_officer", "union_lead", "org_officer", "org_lead", "auditor"}


def page_of(row):
    return f"{URL}{row.pk}/"


def only(row):
    return {"version": row.version}


@pytest.fixture
def data(files):
    build.person(files.city.a, "张三", id_number=NUMBER)
    return {
        "request_id": uuid.uuid4(), "person": "张三", "object_kind": "干部职工", "yearly_income": "36000", "size": "2",
        "earners": "1", "main_cause": "6", "further_causes": ["9"], "categories": ["ill"], "stated_grade": "相对困难",
        "rigid_costs": "6000", "health": "尿毒症", "address": "幸福小区1号楼",
    }  # fmt: skip


class TestForm:
    def test_it_offers_the_causes_categories_and_areas_of_the_rules_with_their_clauses(self, files, cast, desk):
        said = words(desk.get(cast.clerk, f"{URL}new/"))
        assert all(word in said for word in ("患重特大疾病", "高龄空巢", "滨海市", "深度困难", "滨民〔2026〕3号", "不超过3项"))

    def test_what_is_filled_in_becomes_a_draft_once(self, cast, desk, data):
        for _ in range(2):
            answer = desk.post(cast.clerk, f"{URL}new/", **data)
        row = HardshipCase.objects.get()
        assert answer["Location"] == page_of(row)
        assert (row.name, row.per_head, row.further_causes, row.categories) == ("张三", Decimal("1250.00"), ["9"], ["ill"])

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"person": "无此人"}, "person"), ({"yearly_income": "-1"}, "yearly_income"), ({"size": "0"}, "size"),
            ({"main_cause": "77"}, "main_cause"), ({"birth_month": "1958-13"}, "birth_month"),
            ({"object_kind": "因公殉职家属"}, "name"), ({"name": "李四"}, "name"), ({"id_number": "123"}, "id_number"),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_said_at_its_field(self, cast, desk, data, change, field):
        body = desk.refused(cast.clerk, f"{URL}new/", 400, **{**data, **change})
        assert list(body["fields"]) == [field]
        assert not HardshipCase.objects.exists()

    def test_a_draft_is_amended_and_a_stale_form_refused(self, files, cast, desk, data):
        [row] = files.opened()
        changed = {**data, "yearly_income": "20000"}
        del changed["person"], changed["request_id"]
        desk.post(cast.clerk, f"{page_of(row)}edit/", **only(row), **changed)
        row.refresh_from_db()
        assert (row.name, row.yearly_income, row.computed_grade) == ("张三", Decimal("20000.00"), "深度困难")
        assert desk.refused(cast.clerk, f"{page_of(row)}edit/", version=1, **changed)["code"] == "stale"

    def test_a_relative_has_a_name_of_their_own(self, cast, desk, data):
        relative = {"object_kind": "因公殉职家属", "name": "王秀英", "relation": "配偶", "birth_month": "1958.9"}
        desk.post(cast.clerk, f"{URL}new/", **{**data, **relative})
        row = HardshipCase.objects.get()
        assert (row.name, row.relation, row.birth_month, row.object_kind) == (
            "王秀英", "配偶", "1958-09", ObjectKind.SURVIVOR,
        )  # fmt: skip


class TestCard:
    def test_it_shows_the_sum_line_by_line_the_people_and_the_next_step(self, files, cast, desk):
        [row] = files.opened()
        said = words(desk.get(cast.clerk, page_of(row)))
        assert "家庭人均月收入=(家庭年度总收入36000.00元-刚性支出6000.00元)÷12个月÷2人=1250.00元(四舍五入到分)" in said
        assert "1250.00元&lt;1800.00元,属“相对困难”" in said
        assert "张三之子" in said and "草稿,补全后由经办人上报" in said

    def test_numbers_are_masked(self, files, cast, desk):
        [row] = files.opened(person=build.person(files.city.a, "张三", id_number=NUMBER, phone="13912345678"))
        text = desk.get(cast.clerk, page_of(row)).content.decode()
        member = row.members.get()
        assert NUMBER not in text and member.id_number not in text and "13912345678" not in text
        assert f"379***********{NUMBER[-4:]}" in text

    def test_why_a_verb_is_not_possible_is_said(self, files, cast, desk):
        [lacking] = files.opened(yearly_income=None)
        assert "不能上报:未填家庭年度总收入" in words(desk.get(cast.clerk, page_of(lacking)))
        assert "不能审核同意:现为“草稿”" in words(desk.get(cast.lead, page_of(lacking)))

    def test_a_file_long_unverified_says_so(self, files, cast, desk, today):
        [row] = files.at(CaseState.RECOGNISED)
        assert "超过规定期限未核实" not in words(desk.get(cast.clerk, page_of(row)))
        today.move_to("2027-05-11 10:00:00+08:00")
        assert "超过规定期限未核实" in words(desk.get(cast.clerk, page_of(row)))


def test_the_way_of_a_file_from_page_to_page(files, cast, desk):
    [row] = files.opened(stated_grade="深度困难")
    for user, verb, sent, state in (
        (cast.clerk, "report", {}, "已上报"), (cast.lead, "return", {"reason": "缺证明"}, "草稿"),
        (cast.clerk, "report", {}, "已上报"), (cast.clerk, "take_back", {"reason": "补充"}, "草稿"),
        (cast.clerk, "report", {}, "已上报"), (cast.lead, "endorse", {}, "单位已审"),
        (cast.org_officer, "opinion", {"opinion": "同意"}, "已提意见"),
    ):  # fmt: skip
        desk.post(user, f"{page_of(row)}{verb}/", **only(row), **sent)
        row.refresh_from_db()
        assert row.state == state
    body = desk.refused(cast.union_lead, f"{page_of(row)}recognise/", **only(row))
    assert "填报为“深度困难”" in body["findings"][0]["message"]
    asked = desk.post(cast.union_lead, f"{page_of(row)}recognise/", 409, **only(row), grade="深度困难")
    assert asked.context["needs_reason"] and 'name="grade" value="深度困难"' in asked.content.decode()
    desk.post(cast.union_lead, f"{page_of(row)}recognise/", **only(row), grade="深度困难", reason="护理支出未计")
    row.refresh_from_db()
    assert (row.state, row.grade, row.grade_reason) == ("已认定", "深度困难", "护理支出未计")
    desk.post(cast.clerk, f"{page_of(row)}keep/", **only(row), reason="维持")
    row.refresh_from_db()
    desk.post(cast.clerk, f"{page_of(row)}exit/", **only(row), reason="亡故")
    row.refresh_from_db()
    assert row.state == "已退出"
    assert [row.verifications.get().outcome, row.exit_reason] == ["保持", "亡故"]


def test_refusing_withdrawing_adjusting_and_merging(files, cast, desk):
    [refused] = files.at(CaseState.GIVEN_OPINION)
    desk.post(cast.union_lead, f"{page_of(refused)}refuse/", **only(refused), reason="收入偏高")
    [withdrawn] = files.opened(None, "李四")
    desk.post(cast.clerk, f"{page_of(withdrawn)}withdraw/", **only(withdrawn), reason="误建")
    [row] = files.at(CaseState.RECOGNISED, "王五")
    figures = {"yearly_income": "20000", "size": "2", "earners": "", "reason": "失业"}
    assert desk.refused(cast.clerk, f"{page_of(row)}adjust/", 400, **only(row))["code"] == "fields"
    desk.post(cast.clerk, f"{page_of(row)}adjust/", **only(row), **figures)
    [one], [other] = files.opened(None, "赵六"), files.opened(None, "钱七")
    sent = {"relation": "妻", "reason": "同一家庭"}
    missing = desk.refused(cast.clerk, f"{page_of(one)}merge/", **only(one), into=99999, **sent)
    assert "没有编号为99999的在用档案" in missing["findings"][0]["message"]
    desk.post(cast.clerk, f"{page_of(one)}merge/", **only(one), into=other.pk, **sent)
    states = [HardshipCase.objects.get(pk=file.pk).state for file in (refused, withdrawn, row, one)]
    assert states == ["不予认定", "已撤销", "已上报", "已合并"]


def test_people_of_a_household_are_added_changed_and_dropped(files, cast, desk):
    [row] = files.opened(members=())
    desk.post(cast.clerk, f"{page_of(row)}members/new/", **only(row), name="李四", relation="妻", monthly_income="900")
    member = HouseholdMember.objects.get()
    at = f"{URL}members/{member.pk}/"
    desk.post(cast.clerk, f"{at}edit/", **only(member), name="李四", relation="配偶", id_number=NUMBER)
    member.refresh_from_db()
    assert (member.relation, member.id_number, member.monthly_income) == ("配偶", NUMBER, None)
    desk.refused(cast.clerk, f"{at}drop/", **only(member))
    desk.post(cast.clerk, f"{at}drop/", **only(member), reason="离异")
    assert "还没有登记家庭成员" in words(desk.get(cast.clerk, page_of(row)))
    desk.get(cast.clerk_b, f"{at}edit/", 404)


def test_many_are_handled_from_the_list(files, cast, desk):
    rows = files.opened(None, "张三", "李四")
    picked = {"rows": [f"{row.pk}:{row.version}" for row in rows], "next": f"{URL}?overdue=yes"}
    assert desk.post(cast.clerk, f"{URL}report/", **picked)["Location"] == f"{URL}?overdue=yes"
    assert set(HardshipCase.objects.values_list("state", flat=True)) == {"已上报"}


class TestWhoSees:
    def test_the_list_and_a_file_are_for_those_with_the_right_in_their_units(self, files, cast, treasury, desk):
        [row] = files.opened()
        for name, user in {**vars(cast), **vars(treasury)}.items():
            seen = name in SEE
            held = seen or name in ("clerk_b", "clerk_c", "lead_b", "lead_c")
            desk.get(user, URL, 200 if held else 403)
            desk.get(user, page_of(row), 200 if seen else 404 if held else 403)

    def test_no_address_opens_without_signing_in(self, files, client):
        [row] = files.opened()
        for pattern in urlpatterns:
            if "<str:token>" not in str(pattern.pattern):
                args = [row.pk] if "<int:pk>" in str(pattern.pattern) else []
                url = reverse(pattern.name, args=args)
                answers = {ask(url, headers=JSON).status_code for ask in (client.get, client.post)}
                assert answers <= {401, 405} and 401 in answers, url

    def test_papers_of_a_file_are_as_confidential_as_the_file(self, files, cast, treasury, desk):
        [row] = files.opened()
        upload = SimpleUploadedFile("诊断证明.pdf", PDF, "application/pdf")
        desk.post(cast.clerk, f"{page_of(row)}attach/", title="诊断证明", upload=upload)
        paper = Attachment.objects.get()
        assert "诊断证明" in words(desk.get(cast.clerk, page_of(row)))
        desk.get(cast.auditor, f"/attachments/{paper.pk}/", 200)
        desk.get(treasury.fund_office, f"/attachments/{paper.pk}/", 404)
        assert "诊断证明" not in words(desk.get(treasury.applicant, "/attachments/"))

    def test_the_export_masks_numbers_and_is_recorded(self, files, cast, desk):
        files.opened(person=build.person(files.city.a, "张三", id_number=NUMBER))
        text = b"".join(desk.get(cast.clerk, URL, export="csv").streaming_content).decode("utf-8-sig")
        assert NUMBER not in text and f"379***********{NUMBER[-4:]}" in text and "1250.00" in text
        assert AuditEvent.objects.filter(action="export", by=cast.clerk).count() == 1


class TestFilters:
    @pytest.mark.parametrize(
        ("asked", "names"),
        [
            ({"grade": "深度困难"}, ["李四"]), ({"cause": "9"}, ["李四"]), ({"state": "已认定"}, ["张三"]),
            ({"never": "yes"}, ["张三"]), ({"overdue": "yes"}, []), ({"q": "ls"}, ["李四"]), ({"unit": "甲局"}, ["张三", "李四"]),
            ({"object_kind": "党员"}, []),
        ],
    )  # fmt: skip
    def test_each_finds_its_own(self, files, cast, desk, asked, names):
        files.at(CaseState.RECOGNISED)
        files.opened(None, "李四", yearly_income=Decimal("9000"), main_cause="9")
        rows = desk.get(cast.clerk, URL, **asked).context["page"].rows
        assert sorted(row.name for row in rows) == sorted(names)

    def test_overdue_after_the_months_of_the_rule(self, files, cast, desk, today):
        files.at(CaseState.RECOGNISED)
        today.move_to("2027-05-11 10:00:00+08:00")
        assert len(desk.get(cast.clerk, URL, overdue="yes").context["page"].rows) == 1
        assert "困难档案逾期未核实" in words(desk.get(cast.clerk, "/"))

    def test_the_list_asks_as_much_for_many_as_for_few(self, files, cast, desk, django_assert_max_num_queries):
        files.opened()
        desk.get(cast.clerk, URL)
        with django_assert_max_num_queries(40) as few:
            desk.get(cast.clerk, URL)
        files.opened(None, *(f"李{number}" for number in range(12)))
        with django_assert_max_num_queries(len(few.captured_queries)):
            desk.get(cast.clerk, URL)


class TestSummary:
    def test_26_of_46_is_56_52_percent(self):
        assert percent(26, 46) == Decimal("56.52")
        assert percent(1, 3) == Decimal("33.33")
        assert percent(1, 800) == Decimal("0.13"), "half up"
        assert percent(0, 0) == Decimal("0.00")

    def test_each_category_is_counted_and_measured_against_the_recognised_files(self, files, cast, desk):
        files.at(CaseState.RECOGNISED, "张三", "李四", categories=("ill",))
        files.at(CaseState.RECOGNISED, "王五", main_cause="9")
        files.opened(None, "赵六")
        shares = desk.get(cast.clerk, f"{URL}summary/").context["shares"]
        found = {(one.group, one.label): (one.count, str(one.percent)) for one in shares}
        assert found["困难类别", "相对困难"] == (3, "100.00")
        assert found["主要致困原因", "患重特大疾病"] == (2, "66.67")
        assert found["困难类别标记", "重症"] == (2, "66.67")
        assert found["困难类别标记", "老军人"] == (0, "0.00")
        assert found["帮扶与核实", "从未帮扶"] == (3, "100.00")
        said = words(desk.get(cast.clerk, f"{URL}summary/"))
        assert "共3户" in said and "四舍五入到两位小数(如26÷46=56.52%)" in said

    def test_the_export_says_the_same_and_how_it_was_rounded(self, files, cast, desk):
        files.at(CaseState.RECOGNISED)
        answer = desk.get(cast.clerk, f"{URL}summary/", export="csv")
        rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        assert rows[0] == ["分类", "项目", "户数", "总户数", "比例(%)"]
        assert ["困难类别", "相对困难", "1", "1", "100.00"] in rows
        assert "四舍五入" in rows[-1][1]
        desk.get(cast.clerk, f"{URL}summary/", export="xlsx")
        desk.get(cast.clerk, f"{URL}summary/", 400, export="pdf")
        assert AuditEvent.objects.filter(action="export").count() == 2

    def test_another_unit_counts_only_its_own(self, files, cast, desk):
        files.at(CaseState.RECOGNISED)
        assert desk.get(cast.clerk_b, f"{URL}summary/").context["base"] == 0
        assert desk.get(cast.clerk, f"{URL}summary/", object_kind="党员").context["base"] == 0
