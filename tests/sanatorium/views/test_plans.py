"""Pages of the year's plan (BZ-3, BZ-4): drawn up, published, closed, copied, and what each role sees of it."""

import uuid

import pytest

from carecore.models import QuotaClass, Severity
from sanatorium.models import Plan, PlanState, UnitQuota
from tests import build
from tests.sanatorium.stays import queries_of
from tests.sanatorium.trail import everything
from tests.sanatorium.views.conftest import versioned, words

URL = "/sanatorium/plans/"
ORGAN, FRONTLINE = QuotaClass


def plan_data(**data):
    return {"year": 2027, "total": 1000, "organ": 300, "frontline": 700, "request_id": uuid.uuid4(), **data}


@pytest.fixture
def draft(city, rules):
    return build.plan(city.root, year=2027, state=PlanState.DRAFT)


@pytest.fixture
def officer(cast):
    return cast.union_officer


# Drawing up -----------------------------------------------------------------------------------------------


def test_the_form_says_what_the_rule_asks_beside_each_number(desk, officer, rules):
    page = words(desk.get(officer, f"{URL}new/"))
    assert "名额总数*应为1000个BZ-4" in page
    assert "机关事业单位*应为300个BZ-4" in page
    assert "企业、社区(村)*应为700个BZ-4" in page


def test_a_plan_is_drawn_up_by_form(desk, officer, city, rules):
    answer = desk.post(officer, f"{URL}new/", **plan_data())
    plan = Plan.objects.get()
    assert answer["Location"] == f"{URL}{plan.pk}/"
    assert (plan.unit, plan.year, plan.total, plan.state) == (city.root, 2027, 1000, PlanState.DRAFT)
    shares = plan.class_quotas.values_list("quota_class", "places")
    assert list(shares) == [(ORGAN, 300), (FRONTLINE, 700)]
    page = words(desk.follow(officer, answer))
    assert "计划已编制,请分配名额后下达" in page and "下达计划" in page


def test_a_double_click_makes_one_plan(desk, officer, rules):
    data = plan_data()
    first, second = (desk.post(officer, f"{URL}new/", **data)["Location"] for _ in range(2))
    assert first == second and Plan.objects.count() == 1


def test_a_second_plan_of_a_year_is_refused_at_its_field(desk, officer, draft):
    page = words(desk.post(officer, f"{URL}new/", 409, **plan_data()))
    assert "2027年度计划已存在" in page
    body = desk.refused(officer, f"{URL}new/", **plan_data())
    assert (body["code"], body["findings"][0]["rule"]) == ("rule", "year")
    assert Plan.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"total": "一千"}, {"organ": -1}, {"year": 1900}, {"frontline": ""}, {"total": "9" * 30}]
)
def test_wrong_numbers_are_told_at_their_field(desk, officer, rules, wrong):
    body = desk.refused(officer, f"{URL}new/", 400, **plan_data(**wrong))
    assert (body["code"], list(body["fields"])) == ("fields", list(wrong))
    desk.post(officer, f"{URL}new/", 400, **plan_data(**wrong))
    assert not Plan.objects.exists()


def test_json_says_what_was_made(desk, officer, rules):
    body = desk.post(officer, f"{URL}new/", 200, json=True, **plan_data()).json()
    assert body == {"ok": True, "state": "编制中", "pk": Plan.objects.get().pk, "findings": []}


def test_a_draft_is_amended(desk, officer, draft):
    page = desk.get(officer, f"{URL}{draft.pk}/edit/")
    assert page.context["version"] == "1" and page.context["form"].initial["total"] == 1000
    desk.post(officer, f"{URL}{draft.pk}/edit/", total=900, organ=200, frontline=700, version=1)
    draft.refresh_from_db()
    assert (draft.total, draft.class_quotas.first().places, draft.version) == (900, 200, 2)


@pytest.mark.parametrize("version", [{"version": 2}, {"version": ""}, {}])
def test_an_old_form_changes_nothing(desk, officer, draft, version):
    before = everything()
    data = {"total": 900, "organ": 200, "frontline": 700, **version}
    body = desk.refused(officer, f"{URL}{draft.pk}/edit/", **data)
    assert body["code"] == "stale" and "已被他人更新" in body["findings"][0]["message"]
    assert "已被他人更新" in words(desk.post(officer, f"{URL}{draft.pk}/edit/", 409, **data))
    assert everything() == before


def test_a_form_with_errors_keeps_the_version_it_was_shown_with(desk, officer, draft):
    page = desk.post(officer, f"{URL}{draft.pk}/edit/", 400, total="x", version=1)
    assert page.context["version"] == "1"


def test_less_than_what_is_allocated_is_refused(desk, officer, draft, city):
    build.quota(draft, city.a, 30)
    data = {"total": 720, "organ": 20, "frontline": 700, "version": 1}
    page = words(desk.post(officer, f"{URL}{draft.pk}/edit/", 409, **data))
    assert "机关事业单位已分配30个名额,不能减为20个" in page


def test_a_published_plan_is_not_amended(desk, officer, year):
    data = {"total": 900, "organ": 200, "frontline": 700, **versioned(year.plan)}
    body = desk.refused(officer, f"{URL}{year.plan.pk}/edit/", **data)
    assert "现为“已下达”,只有“编制中”的才能修改" in body["findings"][0]["message"]


# Publishing, closing, copying -----------------------------------------------------------------------------


def test_a_plan_is_published(desk, cast, draft):
    answer = desk.post(cast.union_lead, f"{URL}{draft.pk}/publish/", version=1)
    draft.refresh_from_db()
    assert (answer["Location"], draft.state) == (f"{URL}{draft.pk}/", PlanState.PUBLISHED)
    page = words(desk.follow(cast.union_lead, answer))
    assert "计划已下达" in page and "结束本年度" in page


def test_a_plan_that_does_not_add_up_says_why_it_cannot_be_published(desk, cast, draft):
    Plan.objects.filter(pk=draft.pk).update(total=999)
    page = words(desk.get(cast.union_lead, f"{URL}{draft.pk}/"))
    assert "不能下达计划:各类别名额之和为1000,与总数999不符,请调整后再下达(BZ-4)" in page
    body = desk.refused(cast.union_lead, f"{URL}{draft.pk}/publish/", version=1)
    assert body["findings"][0]["rule"] == "sanatorium.places"
    rule = body["findings"][1]
    assert (rule["asked"], rule["clause"]) == ("999", "BZ-4")
    assert "1000" in rule["limit"] and "合计应为1000个,现为999个(BZ-4)" in rule["message"]
    page = words(desk.post(cast.union_lead, f"{URL}{draft.pk}/publish/", 409, version=1))
    assert "不予通过" in page and "合计应为1000个,现为999个(BZ-4)" in page and "依据BZ-4" in page


def test_a_warning_asks_for_a_reason_and_goes_through_with_it(desk, cast, draft, rules):
    rules.places.severity = Severity.WARN
    rules.places.save()
    Plan.objects.filter(pk=draft.pk).update(total=900)
    draft.class_quotas.filter(quota_class=FRONTLINE).update(places=600)
    url = f"{URL}{draft.pk}/publish/"
    page = desk.post(cast.union_lead, url, 409, version=1)
    assert "须说明理由" in words(page) and ("version", "1") in page.context["posted"]
    desk.post(cast.union_lead, url, version=1, reason="本年经费减少")
    draft.refresh_from_db()
    assert (draft.state, draft.note) == (PlanState.PUBLISHED, "本年经费减少")
    assert "说明本年经费减少" in words(desk.get(cast.clerk, f"{URL}{draft.pk}/"))


def test_a_year_is_closed_and_then_nothing_is_offered_but_the_copy(desk, cast, year):
    desk.post(cast.union_lead, f"{URL}{year.plan.pk}/close/", **versioned(year.plan))
    page = words(desk.get(cast.union_lead, f"{URL}{year.plan.pk}/"))
    assert "复制为下一年度计划" in page
    assert "分配名额" not in page.split("办理记录")[0] and "结束本年度" not in page.split("办理记录")[0]
    assert desk.get(cast.union_lead, f"/sanatorium/quotas/{year.a.pk}/").context["forms"] == {}


def test_next_years_plan_is_copied_once(desk, cast, year, city):
    url = f"{URL}{year.plan.pk}/copy/"
    answer = desk.post(cast.union_officer, url, **versioned(year.plan))
    new = Plan.objects.get(year=2027)
    assert "已复制为2027年度计划,请核对后下达" in words(desk.follow(cast.union_officer, answer))
    assert (new.state, new.total) == (PlanState.DRAFT, 1000)
    places = UnitQuota.objects.filter(class_quota__plan=new).values_list("unit__name", "places", "used")
    assert sorted(places) == [("丙公司", 2, 0), ("乙局", 1, 0), ("甲局", 3, 0)]
    body = desk.refused(cast.union_officer, url, **versioned(year.plan))
    assert "2027年度计划已存在" in body["findings"][0]["message"]


# What is seen ---------------------------------------------------------------------------------------------


def buttons(page):
    return words(page).split("办理记录")[0]


def test_the_planner_finds_every_step_on_the_page(desk, cast, draft):
    page = buttons(desk.get(cast.union_lead, f"{URL}{draft.pk}/"))
    for text in ("分配名额", "导入名额分配表", "修改", "名额分配表", "统计表", "花名册…", "下达计划"):
        assert text in page
    assert "结束本年度" not in page


def test_a_clerk_reads_the_plan_and_only_the_own_unit(desk, cast, year):
    answer = desk.get(cast.clerk, f"{URL}{year.plan.pk}/")
    assert [(bar["label"], bar["value"], bar["maximum"]) for bar in answer.context["chart"]] == [
        ("甲局", 0, 3)
    ]
    page = buttons(answer)
    assert "乙局" not in page and "丙公司" not in page
    assert "导入名额分配表" not in page and "花名册…" not in page and "下达计划" not in page
    assert "没有可办理的事项" in page


def test_the_picture_adds_up_where_places_were_passed_down(desk, cast, year, city):
    build.approved(year.plan, city.a)
    UnitQuota.objects.filter(pk=year.a.pk).update(passed_down=1)
    UnitQuota.objects.create(class_quota=year.a.class_quota, unit=city.a_office, places=1)
    chart = desk.get(cast.auditor, f"{URL}{year.plan.pk}/").context["chart"]
    assert [(bar["label"], bar["value"], bar["maximum"]) for bar in chart] == [
        ("甲局", 1, 2), ("甲局一所", 0, 1), ("乙局", 0, 1), ("丙公司", 0, 2)
    ]  # fmt: skip


def test_the_meters_say_what_the_classes_gave_out(desk, cast, year):
    page = words(desk.get(cast.clerk_b, f"{URL}{year.plan.pk}/"))
    assert "已分配到单位的名额机关事业单位4/300个余296个·1%企业、社区(村)2/700个余698个·0%" in page


def test_the_list_of_plans_is_filtered_by_year_and_state(desk, cast, year, draft):
    def years(**query):
        return [plan.year for plan in desk.get(cast.clerk, URL, **query).context["page"].rows]

    assert years() == [2027, 2026]
    assert years(year=2026) == years(state="已下达") == [2026]
    assert years(sort="year") == [2026, 2027]
    assert years(state="已结束") == []


def test_pages_ask_as_many_queries_for_one_unit_as_for_thirty(desk, cast, city, rules):
    plan, client, counts = build.plan(city.root), desk.client(cast.union_officer), []
    pages = [f"{URL}{plan.pk}/", f"{URL}{plan.pk}/allocate/", "/sanatorium/quotas/", URL]
    for number in (1, 3, 30):
        while plan.class_quotas.first().unit_quotas.count() < number:
            build.quota(plan, build.unit("单位", city.root), 1)
        counts.append([queries_of(client, page) for page in pages])
    assert counts[0] == counts[1] == counts[2]
