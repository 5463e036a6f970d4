"""Pages of nominations (BZ-5): typed by a clerk, amended, proved; what stands against one is said at its field."""

import datetime
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from carecore.models import Appraisal, Attachment, AuditEvent, Benefit, Severity
from carecore.models.people import Grade
from sanatorium.models import Nomination, PlanState, State
from sanatorium.workflow import nominations
from tests import build
from tests.sanatorium.stays import queries_of
from tests.sanatorium.trail import everything
from tests.sanatorium.views.conftest import picked, versioned, words

URL = "/sanatorium/nominations/"
PDF = b"%PDF-1.4\n%%EOF\n"


def page_of(row):
    return f"{URL}{row.pk}/"


def scanned(name="表彰决定.pdf", content=PDF):
    return {"title": "表彰决定", "upload": SimpleUploadedFile(name, content, "application/pdf")}


def stay(person, city, year):
    """An earlier stay on record."""
    Benefit.objects.create(
        person=person, unit=city.a, channel="疗休养", occasion="疗休养", period=str(year),
        document_kind="history", given_on=datetime.date(year, 6, 1),
    )  # fmt: skip


@pytest.fixture
def person(city):
    return build.person(city.a, "张三", post="科员", phone="13900001234")


@pytest.fixture
def data(year, person):
    return {
        "plan": year.plan.pk, "person": "张三", "ground": "none", "deeds": "抗洪一线", "wish": "省内",
        "health": "良好", "emergency_contact": "李四 13800000000", "request_id": uuid.uuid4(),
    }  # fmt: skip


# Nominating -----------------------------------------------------------------------------------------------


def test_the_form_says_beside_the_person_what_limits_the_choice(desk, cast, year, rules):
    rules.put("sanatorium.lookback_years", 3, clause="BZ-11")
    rules.put("sanatorium.trips_person_year", 1, clause="本地决定 甲(2026-01-01)")
    answer = desk.get(cast.clerk, f"{URL}new/")
    page = words(answer)
    assert "再次参加的间隔年数" in page and "BZ-11" in page and "每人每年疗休养次数" in page
    assert "获得记功奖励:保存后须补充佐证材料" in page and "连续两年年度考核优秀:由年度考核记录核对" in page
    assert "一线岗位:不需佐证BZ-5" in page
    assert answer.context["form"].fields["plan"].initial == year.plan


def test_a_nomination_is_kept_as_a_draft(desk, cast, data, person, city, year):
    answer = desk.post(cast.clerk, f"{URL}new/", **data)
    row = Nomination.objects.get()
    assert answer["Location"] == page_of(row)
    assert (row.person, row.unit, row.quota, row.state, row.nominated_by) == (
        person, city.a, year.a, State.DRAFT, cast.clerk
    )  # fmt: skip
    assert (row.post, row.phone, row.wish, row.health) == ("科员", "13900001234", "省内", "良好")
    page = words(desk.follow(cast.clerk, answer))
    assert "已保存为草稿" in page and "公示…" in page and "139****1234" in page
    assert "13900001234" not in page and "良好" not in page


def test_a_double_click_makes_one_nomination(desk, cast, data):
    first, second = (desk.post(cast.clerk, f"{URL}new/", **data)["Location"] for _ in range(2))
    assert first == second and Nomination.objects.count() == 1


def test_json_says_what_was_made(desk, cast, data):
    body = desk.post(cast.clerk, f"{URL}new/", 200, json=True, **data).json()
    assert body == {"ok": True, "state": "草稿", "pk": Nomination.objects.get().pk, "findings": []}


def test_a_namesake_must_be_told_apart(desk, cast, data, city, person):
    other = build.person(city.a, "张三")
    body = desk.refused(cast.clerk, f"{URL}new/", 400, **data)
    assert "对应不止一条" in body["fields"]["person"][0]
    desk.post(cast.clerk, f"{URL}new/", **{**data, "person": f"张三 #{other.pk}"})
    assert Nomination.objects.get().person == other


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"person": "外单位"}, "person", "没有找到“外单位”,或不在您的管理范围内"),
        ({"ground": "gold"}, "ground", "gold"),
        ({"ground": ""}, "ground", "必填"),
        ({"phone": "电话"}, "phone", "联系电话只能是数字"),
        ({"wish": "国外"}, "wish", "国外"),
        ({"plan": 99}, "plan", ""),
        ({"deeds": "长" * 301}, "deeds", "300"),
        ({"request_id": "x"}, "request_id", ""),
    ],
)
def test_wrong_input_is_told_at_its_field(desk, cast, data, city, wrong, field, says):
    build.person(city.b, "外单位")
    body = desk.refused(cast.clerk, f"{URL}new/", 400, **{**data, **wrong})
    assert body["code"] == "fields" and says in body["fields"][field][0]
    desk.post(cast.clerk, f"{URL}new/", 400, **{**data, **wrong})
    assert not Nomination.objects.exists()


def test_what_lacks_its_evidence_says_so_and_waits(desk, cast, data):
    answer = desk.post(cast.clerk, f"{URL}new/", **{**data, "ground": "merit"})
    page = words(desk.follow(cast.clerk, answer))
    assert "缺佐证:请上传表彰决定、证书或岗位证明(BZ-5)" in page
    assert "补充佐证…" in page and "重新核对佐证" in page and "公示…" not in page
    assert "缺佐证" in words(desk.get(cast.clerk, URL))


def test_a_second_nomination_in_the_year_is_refused_at_the_person(desk, cast, data):
    desk.post(cast.clerk, f"{URL}new/", **data)
    again = {**data, "request_id": uuid.uuid4()}
    answer = desk.post(cast.clerk, f"{URL}new/", 409, **again)
    [error] = answer.context["form"].errors["person"]
    assert error == "张三2026年度已由甲局推荐,不得重复推荐"
    body = desk.refused(cast.clerk, f"{URL}new/", **again)
    assert (body["code"], body["findings"][0]["rule"]) == ("rule", "duplicate")
    assert Nomination.objects.count() == 1


def test_the_look_back_is_refused_with_its_limit_and_clause(desk, cast, data, rules, person, city):
    rules.put("sanatorium.lookback_years", 3, clause="BZ-11")
    stay(person, city, 2024)
    [finding] = desk.refused(cast.clerk, f"{URL}new/", **data)["findings"]
    assert (finding["rule"], finding["asked"], finding["clause"]) == (
        "sanatorium.lookback_years", "2024年", "BZ-11"
    )  # fmt: skip
    assert finding["limit"].startswith("3年") or "3" in finding["limit"]
    answer = desk.post(cast.clerk, f"{URL}new/", 409, **data)
    assert "2024年已参加过疗休养,3年内不再安排省内疗休养(BZ-11)" in answer.context["form"].errors["person"]


def test_a_unit_without_places_is_told_what_to_do(desk, cast, year, data, city):
    build.person(build.unit("丁公司", city.root, kind="企业"), "孙六")
    year.c.delete()
    page = words(desk.post(cast.union_officer, f"{URL}new/", 409, **{**data, "person": "孙六"}))
    assert "丁公司2026年度没有“企业、社区(村)”名额,请先申请分配(BZ-4)" in page


def test_a_ground_for_the_other_class_warns_and_is_kept(desk, cast, year, city, data):
    build.person(city.company, "钱五")
    desk.post(cast.clerk_c, f"{URL}new/", **{**data, "person": "钱五", "ground": "excellent"})
    row = Nomination.objects.get()
    assert (row.state, row.remark) == (State.DRAFT, "缺佐证")
    page = words(desk.get(cast.clerk_c, page_of(row)))
    assert "须说明理由“连续两年年度考核优秀”只适用于机关事业单位,丙公司属于“企业、社区(村)”(BZ-5)" in page


def test_without_a_catalogue_any_ground_may_be_written(desk, cast, rules, data):
    rules.grounds.delete()
    desk.post(cast.clerk, f"{URL}new/", **{**data, "ground": "劳动模范"})
    assert Nomination.objects.get().ground_label == "劳动模范"


def test_only_years_that_are_open_are_offered(desk, cast, year, data, city):
    year.plan.state = PlanState.CLOSED
    year.plan.save()
    body = desk.refused(cast.clerk, f"{URL}new/", 400, **data)
    assert list(body["fields"]) == ["plan"]


# Amending -------------------------------------------------------------------------------------------------


@pytest.fixture
def row(story, city):
    [row] = story.nominated(city.a)
    return row


def changed(**data):
    return {"ground": "none", "deeds": "抢险", "post": "科长", "wish": "", **data}


def test_a_draft_is_amended(desk, cast, row):
    assert desk.get(cast.clerk, f"{page_of(row)}edit/").context["version"] == "1"
    answer = desk.post(cast.clerk, f"{page_of(row)}edit/", **changed(version=1))
    row.refresh_from_db()
    assert (row.deeds, row.post, row.version) == ("抢险", "科长", 2)
    assert "推荐已修改" in words(desk.follow(cast.clerk, answer))


@pytest.mark.parametrize("version", ["0", "2", "", "x"])
def test_an_old_form_changes_nothing(desk, cast, row, version):
    before = everything()
    assert desk.refused(cast.clerk, f"{page_of(row)}edit/", **changed(version=version))["code"] == "stale"
    assert everything() == before


def test_what_is_on_notice_is_changed_only_where_it_was_not_published(desk, cast, story, row):
    story.on_notice([row])
    data = changed(**versioned(row))
    answer = desk.post(cast.clerk, f"{page_of(row)}edit/", 409, **data)
    assert answer.context["form"].errors["post"] == [
        "公示内容不能直接修改,请先撤回公示,修改后重新公示(BZ-17)"
    ]
    desk.post(cast.clerk, f"{page_of(row)}edit/", **{**data, "post": row.post})
    row.refresh_from_db()
    assert (row.deeds, row.state) == ("抢险", State.ON_NOTICE)


def test_the_wrong_class_of_ground_needs_no_reason_to_be_amended_away(desk, cast, story, city):
    [row] = story.nominated(city.company, ground="excellent")
    desk.post(cast.clerk_c, f"{page_of(row)}edit/", **changed(version=1, post=""))
    row.refresh_from_db()
    assert (row.findings, row.remark, row.ground_label) == ([], "", "一线岗位")


# Evidence -------------------------------------------------------------------------------------------------


@pytest.fixture
def lacking(story, city):
    return story.nominated(city.a, "张三", "李四", ground="merit")


def test_a_draft_is_proved_on_its_page(desk, cast, lacking, city):
    row = lacking[0]
    answer = desk.post(cast.clerk, f"{page_of(row)}prove/", version=1, **scanned())
    row.refresh_from_db()
    assert (row.lacks_evidence, row.evidence.title, row.evidence.unit) == (False, "表彰决定", city.a)
    page = words(desk.follow(cast.clerk, answer))
    assert "佐证材料已保存" in page and "公示…" in page and "佐证材料表彰决定" in page


def test_a_file_that_is_not_what_it_says_is_refused_at_its_field(desk, cast, lacking):
    url, before = f"{page_of(lacking[0])}prove/", everything()
    answer = desk.post(cast.clerk, url, 409, version=1, **scanned(content=b"MZ"))
    assert "文件内容不是PDF" in answer.context["form"].errors["upload"][0]
    assert answer.context["version"] == 1
    assert desk.refused(cast.clerk, url, 400, version=1, title="无文件")["fields"].keys() == {"upload"}
    assert everything() == before and not Attachment.objects.exists()


def test_one_paper_proves_everybody_picked(desk, cast, lacking):
    url = f"{URL}evidence/"
    form = desk.post(cast.clerk, url, 200, **picked(*lacking), next=f"{URL}?unit=379901")
    assert "已选2人:张三(甲局)、李四(甲局)" in words(form)
    answer = desk.post(cast.clerk, url, **picked(*lacking), next=f"{URL}?unit=379901", **scanned())
    assert answer["Location"] == f"{URL}?unit=379901"
    assert {row.evidence_id for row in Nomination.objects.all()} == {Attachment.objects.get().pk}
    assert "佐证材料已用于2人" in words(desk.follow(cast.clerk, answer))


def test_each_unit_keeps_its_copy_of_a_common_paper(desk, cast, lacking, story, city):
    [other] = story.nominated(city.b, "王五", ground="merit")
    desk.post(cast.org_officer, f"{URL}evidence/", **picked(*lacking, other), **scanned())
    other.refresh_from_db()
    assert (other.evidence.unit, other.evidence.file_name) == (city.b, "表彰决定.pdf")
    assert Attachment.objects.count() == 2 and len(set(Attachment.objects.values_list("sha256"))) == 1
    assert not any(row.lacks_evidence for row in Nomination.objects.all())


def test_a_paper_for_what_is_no_draft_is_not_kept(desk, cast, lacking, story, city):
    [there] = story.on_notice(story.nominated(city.a, "王五"))
    data = {**picked(*lacking, there), **scanned()}
    body = desk.refused(cast.clerk, f"{URL}evidence/", **data)
    assert "王五现为“公示中”,只有“草稿”的才能补充佐证" in body["findings"][0]["message"]
    assert not Attachment.objects.exists()
    assert AuditEvent.objects.filter(action="refused.prove").count() == 1


def test_a_double_click_keeps_one_paper(desk, cast, lacking):
    data = picked(*lacking)
    desk.post(cast.clerk, f"{URL}evidence/", **data, **scanned())
    assert desk.refused(cast.clerk, f"{URL}evidence/", **data, **scanned())["code"] == "stale"
    assert Attachment.objects.count() == 1


def test_appraisals_registered_since_prove_a_draft(desk, cast, story, city):
    [row, other] = story.nominated(city.a, "张三", "李四", ground="excellent")
    for year in (2024, 2025):
        Appraisal.objects.create(person=row.person, year=year, grade=Grade.EXCELLENT)
    desk.post(cast.clerk, f"{URL}recheck/", **picked(row, other))
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.lacks_evidence, row.version, other.lacks_evidence, other.version) == (False, 2, True, 1)
    assert AuditEvent.objects.filter(action="recheck").count() == 1


def test_an_appraisal_taken_back_leaves_the_draft_without_proof(desk, cast, story, city, year):
    draft = story.draft(city.a, ground="excellent")
    for past in (2024, 2025):
        Appraisal.objects.create(person=draft.person, year=past, grade=Grade.EXCELLENT)
    [row] = nominations.nominate(by=cast.clerk, plan=year.plan, drafts=[draft])
    assert not row.lacks_evidence
    Appraisal.objects.filter(year=2025).update(grade=Grade.COMPETENT)
    desk.post(cast.clerk, f"{page_of(row)}recheck/", version=1)
    row.refresh_from_db()
    assert row.lacks_evidence


def test_the_scan_with_the_seals_is_kept_by_the_lead(desk, cast, row):
    answer = desk.post(cast.lead, f"{page_of(row)}seal/", version=1, **scanned("推荐表.pdf"))
    row.refresh_from_db()
    assert (row.sealed_form.purpose, row.sealed_form.file_name) == ("盖章推荐表", "推荐表.pdf")
    assert "盖章推荐表已保存" in words(desk.follow(cast.lead, answer))
    body = desk.refused(cast.auditor, f"{page_of(row)}seal/", 403, **versioned(row), **scanned())
    assert body["code"] == "forbidden" and Attachment.objects.count() == 1


def test_what_the_unit_owes_is_kept_by_every_step(desk, cast, story, city):
    """A company's ground of the other class, unproved: evidence is owed first, then a reason, then nothing."""
    [row] = story.nominated(city.company, ground="excellent")

    def owed():
        row.refresh_from_db()
        return row.attention

    assert owed() == "缺佐证"
    desk.post(cast.clerk_c, f"{page_of(row)}prove/", version=1, **scanned())
    assert owed() == "须说明理由"
    story.after_notice([row])
    assert owed() == "须说明理由"
    desk.post(cast.lead_c, f"{page_of(row)}submit/", **versioned(row), reason="急难险重任务")
    assert owed() == ""
    desk.post(cast.union_officer, f"{page_of(row)}send_back/", **versioned(row), reason="材料不全")
    desk.post(
        cast.clerk_c,
        f"{page_of(row)}edit/",
        **{**changed(), **versioned(row), "ground": "excellent", "post": ""},
    )
    assert owed() == "须说明理由"  # amended: the reason given before no longer holds
    desk.post(cast.clerk_c, f"{page_of(row)}edit/", **{**changed(), **versioned(row)})
    assert owed() == ""


# The card -------------------------------------------------------------------------------------------------


def test_the_card_links_to_what_the_reader_may_open(desk, cast, story, city, year):
    office = build.user("office", city.a_office, "clerk", person=build.person(city.a_office, "经办所"))
    [row] = story.nominated(city.a_office)
    page = desk.get(office, page_of(row)).content.decode()
    assert f"/sanatorium/quotas/{year.a.pk}/" not in page and "甲局2026年机关事业单位名额" in page
    assert f"/sanatorium/quotas/{year.a.pk}/" in desk.get(cast.clerk, page_of(row)).content.decode()


def test_the_printed_form_has_its_boxes_and_no_whole_number(desk, cast, row, city):
    stay(row.person, city, 2021)
    page = words(desk.get(cast.clerk, f"{page_of(row)}print/"))
    assert "上次疗休养2021年健康状况主要事迹" in page  # health is written by hand
    for text in (
        "2026年度干部职工疗休养推荐(审批)表",
        "单位党组织意见",
        "单位工会意见",
        "组织人社意见",
        "市总工会审批",
    ):
        assert text in page
    assert row.person.masked_id in page and row.person.id_number not in page


def test_the_card_asks_as_many_queries_whatever_is_on_it(desk, cast, story, city, year):
    [short] = story.nominated(city.a)
    rows = story.in_state(State.APPROVED, city.a, "李四", "王五")
    client = desk.client(cast.clerk)
    counts = [queries_of(client, page_of(row)) for row in rows]
    assert counts[0] == counts[1]
    assert queries_of(client, page_of(short)) <= counts[0] + 3  # the checks of a draft that is not over


def test_a_warning_that_was_accepted_names_who_took_it(desk, cast, story, city, rules):
    rules.put("sanatorium.service_years", 30, severity=Severity.WARN, clause="BZ-5")
    [row] = story.submitted(story.nominated(city.company), reason="急难险重任务")
    page = words(desk.get(cast.clerk_c, page_of(row)))
    assert "提示已说明急难险重任务(负责人丙)" in page
    assert "在本单位工作20年,须满30年(BZ-5)" in page
