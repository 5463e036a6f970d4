"""The sanatorium year in the admin: a limit is named with its clause beforehand and when it is passed."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from carecore import audit
from carecore.models import AuditEvent
from sanatorium.admin.places import UnitQuotaAdmin
from sanatorium.models import Batch, ClassQuota, Cost, Nomination, Plan, PlanState, State, UnitQuota, Venue
from sanatorium.workflow import plans
from tests import build
from tests.carecore.test_admin import INLINE
from tests.sanatorium.stays import LIMITS, Stay, day

MODELS = ("plan", "classquota", "unitquota", "venue", "batch", "cost", "nomination")


def url(model, page="changelist", *args):
    return reverse(f"admin:sanatorium_{model}_{page}", args=args)


@pytest.fixture
def signed_in(client, cast):
    def sign_in(name):
        client.force_login(getattr(cast, name))
        return client

    return sign_in


@pytest.fixture
def limits(rules):
    for key, (value, severity, clause) in LIMITS.items():
        rules.put(key, value, severity=severity, clause=clause)
    rules.put("sanatorium.trips_person_year", 1, clause="BZ-11")


def send(client, page, answers=302, /, **data):
    answer = client.post(page, data)
    errors = answer.context["adminform"].form.errors if answer.context else {}
    assert answer.status_code == answers, errors
    return errors


def form_of(client, address):
    return client.get(address).context["adminform"].form


# Batches --------------------------------------------------------------------------------------------------


@pytest.fixture
def terms(year, limits, city):
    return {
        "plan": year.plan.pk, "number": 1, "venue": build.venue(city.root).pk, "starts_on": "2026-06-08",
        "ends_on": "2026-06-13", "capacity": 40,
    }  # fmt: skip


def test_the_limits_of_a_batch_stand_beside_its_fields(terms, signed_in):
    form = form_of(signed_in("union_officer"), url("batch", "add"))
    assert form.fields["ends_on"].help_text == "首尾两天都计入天数 每期天数:5—7天(BZ-8)"
    assert form.fields["starts_on"].help_text == "安排月份:5—11月(BZ-8)"
    assert "须选工会系统疗休养院(BZ-10)" in form.fields["venue"].help_text


def test_a_batch_of_six_days_is_opened(terms, signed_in):
    send(signed_in("union_officer"), url("batch", "add"), **terms)
    batch = Batch.objects.get()
    assert (batch.days, batch.cost_cap, batch.state) == (6, Decimal("3000.00"), "编排中")
    assert AuditEvent.objects.get().action == "open_batch"


def test_a_batch_of_eight_days_is_an_error_that_names_the_limit_and_its_clause(terms, signed_in):
    terms["ends_on"] = "2026-06-15"
    errors = send(signed_in("union_officer"), url("batch", "add"), 409, **terms)
    assert errors == {"ends_on": ["6月8日至6月15日首尾相加共8天,每期应为5至7天(BZ-8)"]}
    assert not Batch.objects.exists()
    assert AuditEvent.objects.get().action == "refused.open_batch"


def test_what_only_needs_a_reason_is_taken_with_one(terms, signed_in):
    terms |= {"starts_on": "2026-03-02", "ends_on": "2026-03-06"}
    client = signed_in("union_officer")
    errors = send(client, url("batch", "add"), 409, **terms)
    assert errors == {"starts_on": ["3月2日至3月6日不在5月至11月之内(BZ-8)"]}
    send(client, url("batch", "add"), **terms, reason="场所五月停业")
    assert Batch.objects.get().reason == "场所五月停业"


def test_a_batch_that_was_changed_to_eight_days_is_refused(terms, signed_in):
    client = signed_in("union_officer")
    send(client, url("batch", "add"), **terms)
    batch = Batch.objects.get()
    page = url("batch", "change", batch.pk)
    errors = send(client, page, 409, **terms | {"ends_on": "2026-06-15", "row_version": 1})
    assert list(errors) == ["ends_on"]
    send(client, page, **terms | {"ends_on": "2026-06-14", "row_version": 1})
    assert Batch.objects.get().days == 7


@pytest.fixture
def stay(city, cast, today):
    return Stay(city, cast, today)


def test_what_the_workflow_moves_is_read_only(stay, signed_in):
    batch = stay.went("张三")
    client = signed_in("union_officer")
    answer = client.get(url("batch", "change", batch.pk))
    assert not answer.context["has_change_permission"]
    assert client.post(url("batch", "change", batch.pk), {"capacity": 1}).status_code == 403
    row = Nomination.objects.get()
    assert client.post(url("nomination", "change", row.pk), {"state": "草稿"}).status_code == 403
    row.refresh_from_db()
    assert row.state == State.ATTENDED


# Costs ----------------------------------------------------------------------------------------------------


def cost(row, **amounts):
    zero = dict.fromkeys(("transport", "board", "training", "medical", "insurance", "self_paid"), "0")
    return {"nomination": row.pk, **zero, **amounts}


def test_a_cost_at_the_cap_is_recorded(stay, signed_in):
    stay.went("张三")
    row = Nomination.objects.get()
    client = signed_in("union_officer")
    hint = form_of(client, url("cost", "add")).fields["transport"].help_text
    assert hint == "每人每年费用上限:省内不超过3000.00元/人年、省外不超过5000.00元/人年(BZ-11)"
    send(client, url("cost", "add"), **cost(row, board="3000"))
    assert Cost.objects.get().borne == Decimal("3000.00")


def test_a_cost_of_one_fen_more_is_an_error_that_names_the_limit_and_its_clause(stay, signed_in):
    stay.went("张三")
    row = Nomination.objects.get()
    client = signed_in("union_officer")
    data = cost(row, board="2900", transport="100.01")
    errors = send(client, url("cost", "add"), 409, **data)
    message = "张三省内费用3000.01元,上限3000.00元,超出0.01元(BZ-11)"
    assert errors == {"transport": [message]}
    assert not Cost.objects.exists()


def test_a_cost_is_corrected_within_the_cap_only(stay, signed_in):
    batch = stay.went("张三")
    stay.settle(batch, stay.line(Nomination.objects.get(), "2000"))
    row, client = Cost.objects.get(), signed_in("union_officer")
    page, data = url("cost", "change", row.pk), cost(row.nomination, board="3000.01", row_version=1)
    assert "上限3000.00元" in str(send(client, page, 409, **data))
    send(client, page, **data | {"board": "2500"})
    row.refresh_from_db()
    assert (row.board, row.version) == (Decimal("2500.00"), 2)
    assert send(client, page, 409, **data | {"board": "2400"})["__all__"][0].endswith("请刷新后重新操作")


def test_costs_of_a_closed_batch_are_read_only(stay, signed_in):
    batch = stay.went("张三")
    stay.settle(batch, stay.line(Nomination.objects.get(), "2000"))
    Batch.objects.update(state="已结清")
    page = url("cost", "change", Cost.objects.get().pk)
    assert signed_in("union_officer").post(page, {"board": "1", "row_version": 1}).status_code == 403


# Places ---------------------------------------------------------------------------------------------------


def test_places_within_the_class_are_allocated(year, signed_in, city):
    share = ClassQuota.objects.get(quota_class="机关事业单位")
    client = signed_in("union_officer")
    hint = form_of(client, url("unitquota", "add")).fields["places"].help_text
    assert "机关事业单位 300" in hint and "(BZ-4)" in hint
    send(client, url("unitquota", "change", year.b.pk), places=5, row_version=1)
    year.b.refresh_from_db()
    share.refresh_from_db()
    assert (year.b.places, share.allocated) == (5, 8)


def test_a_place_above_the_quota_is_an_error_that_names_the_limit_and_its_clause(year, signed_in):
    client = signed_in("union_officer")
    errors = send(client, url("unitquota", "change", year.b.pk), 409, places=298, row_version=1)
    message = "2026年机关事业单位可用300个,本次需要301个,超出1个,请先调增上级名额或减少分配(BZ-4)"
    assert errors == {"places": [message]}
    year.b.refresh_from_db()
    assert year.b.places == 1


def test_what_only_the_tables_own_check_refuses_is_an_error_in_its_words(year, signed_in, monkeypatch):
    def careless(self, by, form, row):
        with audit.recorded():
            UnitQuota.objects.filter(pk=row.pk).update(used=99)

    monkeypatch.setattr(UnitQuotaAdmin, "carry_out", careless)
    client = signed_in("union_officer")
    errors = send(client, url("unitquota", "change", year.a.pk), 409, places=3, row_version=1)
    assert errors == {"__all__": ["已使用与已下拨之和不得超过本单位名额(BZ-4)"]}


def test_a_unit_is_given_its_first_places(year, signed_in, city):
    share = ClassQuota.objects.get(quota_class="机关事业单位")
    data = {"class_quota": share.pk, "unit": "37990101", "places": 1}
    send(signed_in("union_officer"), url("unitquota", "add"), **data)
    assert UnitQuota.objects.get(unit=city.a_office).places == 1
    assert UnitQuota.objects.get(unit=city.a).passed_down == 1


def test_a_plan_is_drawn_up_and_amended_until_it_is_published(rules, signed_in, cast):
    client = signed_in("union_lead")
    data = {"unit": "3799", "year": 2027, "total": 1000, "organ": 300, "frontline": 700}
    send(client, url("plan", "add"), **data)
    plan = Plan.objects.get()
    page = url("plan", "change", plan.pk)
    form = form_of(client, page)
    assert [form[name].value() for name in ("total", "organ", "frontline")] == [1000, 300, 700]
    assert form.fields["total"].help_text == (
        "年度名额总数及类别分配:合计 1000、机关事业单位 300、企业、社区(村) 700(BZ-4)"
    )
    send(client, page, total=900, organ=300, frontline=600, row_version=1)
    assert Plan.objects.get().total == 900
    send(client, page, total=1000, organ=300, frontline=700, row_version=2)
    plans.publish_plan(by=cast.union_lead, plan=Plan.objects.get())
    assert client.post(page, {"total": 1, "row_version": 4}).status_code == 403
    assert Plan.objects.get().state == PlanState.PUBLISHED


# Nominations ----------------------------------------------------------------------------------------------


def test_a_person_is_nominated(year, limits, signed_in, city):
    person = build.person(city.a, "张三")
    client = signed_in("clerk")
    form = form_of(client, url("nomination", "add"))
    assert "每人每年疗休养次数:不超过1次/年(BZ-11)" in form.fields["person"].help_text
    data = {"plan": year.plan.pk, "person": f"张三 #{person.pk}", "ground": "none", "wish": "省内"}
    send(client, url("nomination", "add"), **data)
    row = Nomination.objects.get()
    assert (row.state, row.quota, row.initials) == (State.DRAFT, year.a, "zs")
    send(client, url("nomination", "change", row.pk), ground="none", post="科长", row_version=1)
    row.refresh_from_db()
    assert row.post == "科长"


def test_a_second_place_in_the_year_is_an_error_that_names_the_limit_and_its_clause(
    year, limits, signed_in, story, city
):
    [row] = story.approved(story.nominated(city.a, "张三", wish="省内"))
    Nomination.objects.filter(pk=row.pk).update(state=State.ATTENDED)
    data = {"plan": year.plan.pk, "person": f"张三 #{row.person_id}", "ground": "none", "wish": "省内"}
    errors = send(signed_in("clerk"), url("nomination", "add"), 409, **data)
    assert errors == {"person": ["张三2026年度疗休养名额已用1次,每人每年不超过1次(BZ-11)"]}
    assert Nomination.objects.count() == 1


def test_people_of_other_units_are_not_nominated(year, signed_in, city):
    person = build.person(city.b, "乙某")
    data = {"plan": year.plan.pk, "person": f"乙某 #{person.pk}", "ground": "none"}
    errors = send(signed_in("clerk"), url("nomination", "add"), 200, **data)
    assert list(errors) == ["person"]


# Venues, rights and pages ---------------------------------------------------------------------------------


def test_a_venue_applies_and_is_corrected(limits, signed_in, city):
    client = signed_in("union_officer")
    data = {"unit": "3799", "name": "海滨疗养院", "address": "海滨路1号", "in_province": "on", "union_owned": "on",
            "capacity": 50}  # fmt: skip
    send(client, url("venue", "add"), **data)
    venue = Venue.objects.get()
    assert (venue.state, venue.state_on) == ("申报", datetime.date(2026, 5, 11))
    send(client, url("venue", "change", venue.pk), **data | {"capacity": 60, "row_version": 1})
    venue.refresh_from_db()
    assert venue.capacity == 60


@pytest.mark.parametrize(
    ("name", "added"),
    [
        ("clerk", {"nomination"}),
        ("union_officer", {"plan", "unitquota", "venue", "batch", "cost", "nomination"}),
        ("union_lead", {"plan", "unitquota"}),
        ("auditor", set()),
    ],
)
def test_each_role_adds_what_its_rights_open(year, signed_in, name, added):
    client = signed_in(name)
    assert {model for model in MODELS if client.get(url(model)).status_code == 200} == set(MODELS)
    assert {model for model in MODELS if client.get(url(model, "add")).status_code == 200} == added


def test_an_administrator_sees_no_business_data(year, signed_in):
    client = signed_in("admin")
    assert {client.get(url(model)).status_code for model in MODELS} == {403}


def test_nothing_of_another_unit_is_listed_or_opened(stay, signed_in, city):
    batch = stay.went("张三")
    stay.settle(batch, stay.line(Nomination.objects.get(), "2000"))
    client = signed_in("clerk_b")
    for model in ("unitquota", "batch", "cost", "nomination"):
        assert list(client.get(url(model)).context["cl"].result_list) == []
    assert client.get(url("nomination", "change", Nomination.objects.get().pk)).status_code == 404
    assert client.get(url("cost", "change", Cost.objects.get().pk)).status_code == 404


def test_no_page_needs_an_inline_script_or_style(stay, signed_in):
    batch = stay.went("张三")
    stay.open(number=4, starts_on=day("9-7"), ends_on=day("9-12"))
    stay.settle(batch, stay.line(Nomination.objects.get(), "2000"))
    client = signed_in("union_officer")
    for model in MODELS:
        rows = client.get(url(model)).context["cl"].result_list
        pages = [url(model), *(url(model, "change", row.pk) for row in rows)]
        pages += [url(model, "history", rows[0].pk)] + ([] if model == "classquota" else [url(model, "add")])
        for page in pages:
            answer = client.get(page)
            assert answer.status_code == 200, page
            assert not INLINE.search(answer.content.decode()), page
