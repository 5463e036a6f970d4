"""Pages of places (BZ-4): allocated from above, passed down, transferred, returned, each beside what there is."""

import csv
import io

import pytest

from carecore.models import AuditEvent, QuotaClass
from sanatorium.models import PlanState, UnitQuota
from tests import build
from tests.sanatorium.stays import queries_of
from tests.sanatorium.trail import everything
from tests.sanatorium.views.conftest import versioned, words

URL = "/sanatorium/quotas/"
ORGAN, FRONTLINE = QuotaClass


@pytest.fixture
def allocate(year):
    return f"/sanatorium/plans/{year.plan.pk}/allocate/"


@pytest.fixture
def numbers(year):
    """What the allocation form sends where nothing is changed; other numbers by unit."""

    def of(**changes):
        held = {name: getattr(year, name) for name in ("a", "b", "c")}
        return {
            f"places_{row.class_quota_id}_{row.unit_id}": changes.get(name, row.places) for name, row in held.items()
        } | versioned(year.plan)  # fmt: skip

    return of


def places():
    return {row.unit.name: row.places for row in UnitQuota.objects.select_related("unit")}


def child(year, unit):
    """The field of a unit below 甲局 on its page."""
    return f"places_{year.a.class_quota_id}_{unit.pk}"


# Allocating -----------------------------------------------------------------------------------------------


def test_each_number_stands_beside_what_its_level_still_has(desk, cast, year, city, allocate):
    UnitQuota.objects.filter(pk=year.a.pk).update(used=1, passed_down=1)
    UnitQuota.objects.create(class_quota=year.a.class_quota, unit=city.a_office, places=1)
    page = words(desk.get(cast.union_officer, allocate))
    assert "甲局*“机关事业单位”尚可分配296个,不少于2个(已使用、已下拨)BZ-4" in page
    assert "甲局一所*甲局尚可分配1个BZ-4" in page
    assert "丙公司*“企业、社区(村)”尚可分配698个BZ-4" in page
    assert "该单位名额“机关事业单位”尚可分配296个;“企业、社区(村)”尚可分配698个BZ-4" in page
    assert "填写每个单位的名额总数(含其下拨给下级单位的),不是增减数" in page


def test_only_numbers_that_differ_are_changed(desk, cast, year, allocate, numbers):
    answer = desk.post(cast.union_officer, allocate, **numbers(a=5))
    assert answer["Location"] == f"/sanatorium/plans/{year.plan.pk}/"
    assert places() == {"甲局": 5, "乙局": 1, "丙公司": 2}
    year.b.refresh_from_db()
    assert year.b.version == 1
    assert AuditEvent.objects.filter(action="allocate").count() == 3  # 甲局, its class, the plan


def test_a_unit_is_added_by_name(desk, cast, city, allocate, numbers):
    build.unit("丁局", city.root)
    desk.post(cast.union_officer, allocate, **numbers(), new_unit="丁局", new_places=7)
    assert places() == {"甲局": 3, "乙局": 1, "丙公司": 2, "丁局": 7}


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"new_unit": "甲局", "new_places": 4}, "new_unit", "甲局已在上面列出,请在那里填写名额"),
        ({"new_unit": "丁局"}, "new_places", "请填写该单位的名额"),
        ({"new_places": 3}, "new_unit", "请填写要增加的单位"),
        ({"new_unit": "无此单位", "new_places": 3}, "new_unit", "没有找到“无此单位”"),
    ],
)
def test_what_is_missing_of_another_unit_is_told_at_its_field(
    desk, cast, city, allocate, numbers, wrong, field, says
):
    build.unit("丁局", city.root)
    body = desk.refused(cast.union_officer, allocate, 400, **numbers(), **wrong)
    assert list(body["fields"]) == [field] and says in body["fields"][field][0]
    assert places() == {"甲局": 3, "乙局": 1, "丙公司": 2}


def test_more_than_the_class_has_is_refused_with_limit_and_clause(desk, cast, allocate, numbers):
    before = everything()
    [finding] = desk.refused(cast.union_officer, allocate, **numbers(a=301))["findings"]
    assert (finding["rule"], finding["asked"], finding["limit"], finding["clause"]) == (
        "sanatorium.places", "302", "300", "BZ-4"
    )  # fmt: skip
    page = words(desk.post(cast.union_officer, allocate, 409, **numbers(a=301)))
    assert "可用300个,本次需要302个,超出2个,请先调增上级名额或减少分配(BZ-4)" in page
    assert 'value="301"' in desk.post(cast.union_officer, allocate, 409, **numbers(a=301)).content.decode()
    assert everything() == before


def test_an_old_allocation_form_is_stale(desk, cast, allocate, numbers):
    old = numbers(a=9)
    desk.post(cast.union_officer, allocate, **numbers(b=2))
    assert desk.refused(cast.union_lead, allocate, **old)["code"] == "stale"
    assert places()["甲局"] == 3


def test_a_long_list_is_narrowed_by_name(desk, cast, year, allocate, numbers):
    answer = desk.get(cast.union_officer, allocate, unit="甲")
    assert [line.unit.name for line in answer.context["form"].lines.values()] == ["甲局"]
    name = f"places_{year.a.class_quota_id}_{year.a.unit_id}"
    desk.post(cast.union_officer, f"{allocate}?unit=甲", **{name: 4}, **versioned(year.plan))
    assert places() == {"甲局": 4, "乙局": 1, "丙公司": 2}


def test_a_form_never_grows_beyond_what_one_request_may_carry(desk, cast, city, allocate, year, monkeypatch):
    monkeypatch.setattr("sanatorium.views.plans.SHOWN", 2)
    answer = desk.get(cast.union_officer, allocate)
    assert len(answer.context["form"].lines) == 2
    assert "共3个单位,只列出前2个,其余请按单位筛选" in words(answer)


# Passing down ---------------------------------------------------------------------------------------------


def test_the_unit_lead_finds_every_child_to_pass_places_down_to(desk, cast, year, city):
    build.unit("甲局二所", city.a)
    build.unit("甲局幼儿园", city.a, valid_to="2020-01-01")
    build.unit("甲局服务公司", city.a, kind="企业")
    page = words(desk.get(cast.lead, f"{URL}{year.a.pk}/"))
    assert "甲局一所*甲局尚可分配3个BZ-4" in page and "甲局二所*" in page
    assert "甲局幼儿园" not in page and "甲局服务公司" not in page  # closed; of the other class
    assert "该单位名额甲局尚可下拨3个BZ-4" in page


def test_a_unit_with_nothing_below_passes_nothing_down(desk, cast, year):
    assert list(desk.get(cast.lead_b, f"{URL}{year.b.pk}/").context["forms"]) == ["return"]


def test_places_are_passed_down(desk, cast, year, city):
    url = f"{URL}{year.a.pk}/pass_down/"
    desk.post(cast.lead, url, **{child(year, city.a_office): 2}, **versioned(year.plan))
    year.a.refresh_from_db()
    assert (year.a.places, year.a.passed_down, year.a.own) == (3, 2, 1)
    assert places()["甲局一所"] == 2
    page = words(desk.get(cast.lead, f"{URL}{year.a.pk}/"))
    assert "名额3个" in page and "其中已下拨2个" in page and "可用1个" in page
    assert "本级已使用0/1个" in page and "甲局一所0/2个" in page


def test_no_more_is_passed_down_than_the_unit_has(desk, cast, year, city):
    url, before = f"{URL}{year.a.pk}/pass_down/", everything()
    data = {child(year, city.a_office): 4, **versioned(year.plan)}
    [finding] = desk.refused(cast.lead, url, **data)["findings"]
    assert (finding["asked"], finding["limit"], finding["clause"]) == ("4", "3", "BZ-4")
    answer = desk.post(cast.lead, url, 409, **data)
    assert "可用3个,本次需要4个,超出1个" in words(answer)
    assert answer.context["plan_version"] == str(data["version"])
    assert everything() == before


def test_an_old_form_of_passing_down_is_stale(desk, cast, year, city):
    old = versioned(year.plan)
    desk.post(cast.lead, f"{URL}{year.a.pk}/pass_down/", **{child(year, city.a_office): 1}, **old)
    data = {child(year, city.a_office): 2, **old}
    assert desk.refused(cast.lead, f"{URL}{year.a.pk}/pass_down/", **data)["code"] == "stale"
    assert places()["甲局一所"] == 1


@pytest.mark.parametrize("who", ["clerk", "auditor", "org_lead"])
def test_whoever_does_not_keep_places_is_offered_nothing_and_forbidden(desk, cast, year, city, who):
    user, before = getattr(cast, who), everything()
    assert desk.get(user, f"{URL}{year.a.pk}/").context["forms"] == {}
    data = {child(year, city.a_office): 1, **versioned(year.plan)}
    assert desk.refused(user, f"{URL}{year.a.pk}/pass_down/", 403, **data)["code"] == "forbidden"
    assert desk.refused(user, f"{URL}{year.a.pk}/return/", 403, places=1, version=1)["code"] == "forbidden"
    assert everything() == before


# Transferring and returning -------------------------------------------------------------------------------


def test_the_planner_moves_places_with_a_reason(desk, cast, year):
    page = words(desk.get(cast.union_officer, f"{URL}{year.a.pk}/"))
    assert "调剂名额*可用3个BZ-4" in page and "退回名额*可用3个BZ-4" in page
    data = {"target": "乙局", "places": 2, "reason": "乙局人选较多", "version": 1}
    desk.post(cast.union_officer, f"{URL}{year.a.pk}/transfer/", **data)
    assert places() == {"甲局": 1, "乙局": 3, "丙公司": 2}
    page = words(desk.get(cast.union_officer, f"{URL}{year.a.pk}/"))
    assert "调剂名额" in page and "理由:乙局人选较多" in page


@pytest.mark.parametrize(
    ("data", "status", "says"),
    [
        ({"target": "丙公司"}, 409, "丙公司不属于“机关事业单位”,名额只能在同类单位之间调剂"),
        ({"target": "甲局"}, 409, "甲局就是调出单位"),
        ({"places": 4}, 409, "可用3个,本次需要4个,超出1个"),
        ({"places": 0}, 400, "大于或等于1"),
        ({"reason": ""}, 400, "这个字段是必填项"),
        ({"target": "无"}, 400, "没有找到“无”"),
        ({"version": 7}, 409, "已被他人更新"),
    ],
)
def test_a_transfer_that_is_not_possible_says_why(desk, cast, year, data, status, says):
    before = everything()
    data = {"target": "乙局", "places": 1, "reason": "人选较多", "version": 1, **data}
    answer = desk.post(cast.union_officer, f"{URL}{year.a.pk}/transfer/", status, **data)
    assert says in words(answer)
    assert everything() == before
    desk.refused(cast.union_officer, f"{URL}{year.a.pk}/transfer/", status, **data)


def test_the_unit_hands_unused_places_back(desk, cast, year):
    desk.post(cast.lead, f"{URL}{year.a.pk}/return/", places=1, version=1)
    year.a.refresh_from_db()
    assert year.a.places == 2
    assert "已退回" in words(desk.get(cast.lead, f"{URL}{year.a.pk}/"))
    body = desk.refused(cast.lead, f"{URL}{year.a.pk}/return/", places=3, version=2)
    assert "可用2个,本次需要3个" in body["findings"][0]["message"]


def test_two_forms_of_one_page_share_no_id(desk, cast, year):
    page = desk.get(cast.union_officer, f"{URL}{year.a.pk}/").content.decode()
    assert page.count('id="transfer_places"') == page.count('id="return_places"') == 1


def test_a_plan_being_drawn_up_takes_no_places_back(desk, cast, city):
    plan = build.plan(city.root, state=PlanState.DRAFT)
    forms = desk.get(cast.union_officer, f"{URL}{build.quota(plan, city.a, 3).pk}/").context["forms"]
    assert list(forms) == ["transfer"]


# The list -------------------------------------------------------------------------------------------------


def shown(answer):
    return [row.unit.name for row in answer.context["page"].rows]


def test_the_list_shows_ones_own_units_alone(desk, cast, year):
    assert shown(desk.get(cast.union_officer, URL)) == ["甲局", "乙局", "丙公司"]
    assert shown(desk.get(cast.clerk, URL)) == ["甲局"]
    assert shown(desk.get(cast.clerk_b, URL)) == ["乙局"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"unit": "甲"}, ["甲局"]),
        ({"unit": "379902"}, ["乙局"]),
        ({"quota_class": FRONTLINE}, ["丙公司"]),
        ({"year": 2025}, []),
        ({"year": 2026, "sort": "places"}, ["乙局", "丙公司", "甲局"]),
        ({"sort": "-places"}, ["甲局", "丙公司", "乙局"]),
    ],
)
def test_the_list_is_filtered_and_sorted(desk, cast, year, query, found):
    assert shown(desk.get(cast.union_officer, URL, **query)) == found


def test_the_list_says_how_the_places_stand(desk, cast, year, city):
    build.approved(year.plan, city.a)
    UnitQuota.objects.filter(pk=year.a.pk).update(passed_down=1)
    assert "2026机关事业单位甲局311/2个余1个·50%1" in words(desk.get(cast.clerk, URL))


def test_the_export_holds_what_is_shown(desk, cast, year):
    answer = desk.get(cast.union_officer, URL, quota_class=ORGAN, export="csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["年度", "类别", "单位", "名额", "其中已下拨", "本级已使用", "可用"],
        ["2026", ORGAN, "甲局", "3", "0", "0", "3"],
        ["2026", ORGAN, "乙局", "1", "0", "0", "1"],
    ]
    event = AuditEvent.objects.get(action="export")
    assert event.by == cast.union_officer and '"rows":2' in event.detail


def test_a_page_asks_as_many_queries_with_one_unit_below_as_with_thirty(desk, cast, year, city):
    client, counts = desk.client(cast.lead), []
    for number in (1, 3, 30):
        while city.a.children.count() < number:
            build.unit("科室", city.a)
        below = [unit for unit in city.a.children.all() if not unit.sanatorium_quotas.exists()]
        for unit in below:
            UnitQuota.objects.create(class_quota=year.a.class_quota, unit=unit, places=0)
        counts.append(queries_of(client, f"{URL}{year.a.pk}/"))
    assert counts[0] == counts[1] == counts[2]
