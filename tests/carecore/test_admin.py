"""The admin: the same rights and rows as everywhere, changes through the verbs, refusals as form errors."""

import datetime
import re

import pytest
from django.urls import reverse

from carecore import presets, rulekeeping
from carecore.models import Appointment, AuditEvent, Document, Person, Rule, Unit, User
from tests import build

DAYS = "sanatorium.days"
MODELS = ("unit", "person", "user", "appointment", "document", "rule")
TOMORROW = "2026-05-12"


def url(model, page="changelist", *args, app="carecore"):
    return reverse(f"admin:{app}_{model}_{page}", args=args)


@pytest.fixture
def signed_in(client, cast):
    def sign_in(name):
        client.force_login(getattr(cast, name))
        return client

    return sign_in


def send(client, address, answers=302, **data):
    answer = client.post(address, data)
    errors = answer.context["adminform"].form.errors if answer.context else ""
    assert answer.status_code == answers, errors
    return errors


def test_the_list_of_tables_is_read_out_in_chinese(signed_in):
    page = signed_in("union_officer").get("/admin/").content.decode()
    assert "资料名称" in page and "修改或查看" in page
    assert "Model name" not in page and "Add link" not in page and "list link" not in page


# Who gets in, and what is there ---------------------------------------------------------------------------


def test_the_admin_leads_strangers_to_the_one_sign_in_page(client, cast):
    answer = client.get("/admin/carecore/unit/", follow=True)
    assert answer.redirect_chain[-1] == ("/accounts/login/?next=%2Fadmin%2Fcarecore%2Funit%2F", 302)


def test_whoever_holds_no_appointment_does_not_get_in(client, cast):
    Appointment.objects.filter(user=cast.clerk).update(ends_on=datetime.date(2026, 5, 10))
    client.force_login(cast.clerk)
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "您没有任职授权,不能进入后台管理" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "seen", "added"),
    [
        ("clerk", {"unit", "person", "document", "rule"}, {"person"}),
        ("org_lead", {"unit", "person", "document", "rule"}, {"unit", "document", "rule"}),
        ("union_lead", {"unit", "person", "document", "rule"}, {"document", "rule"}),
        ("auditor", {"unit", "person", "document", "rule"}, set()),
        ("admin", {"unit", "user", "appointment"}, {"user", "appointment"}),
    ],
)
def test_each_role_finds_what_its_rights_open(signed_in, name, seen, added):
    client = signed_in(name)
    assert {model for model in MODELS if client.get(url(model)).status_code == 200} == seen
    assert {model for model in MODELS if client.get(url(model, "add")).status_code == 200} == added
    text = client.get("/admin/").content.decode()
    assert {model for model in MODELS if f'href="/admin/carecore/{model}/"' in text} == seen


def test_nobody_deletes(signed_in, city, cast):
    client = signed_in("org_lead")
    assert client.get(url("unit", "delete", city.a.pk)).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [city.a_office.pk], "post": "yes"}
    client.post(url("unit"), data)
    assert Unit.objects.filter(pk=city.a_office.pk).exists()


def test_rows_of_other_units_do_not_exist(signed_in, city, cast):
    person = build.person(city.b, "乙某")
    client = signed_in("clerk")
    listed = {row.unit for row in client.get(url("person")).context["cl"].result_list}
    assert listed == {city.a}
    for page in ("change", "history"):
        assert client.get(url("person", page, person.pk)).status_code == 404
    assert client.post(url("person", "change", person.pk), {"name": "x"}).status_code == 404


def test_lists_ask_the_same_whatever_their_length(signed_in, city, queries_of):
    client = signed_in("org_lead")
    few = queries_of(client, url("person"))
    for number in range(10):
        build.person(city.a, f"人{number}")
    assert queries_of(client, url("person")) == few


def test_people_are_found_by_initials(signed_in, city):
    build.person(city.a, "欧阳修远")
    rows = signed_in("clerk").get(url("person"), {"q": "oyxy"}).context["cl"].result_list
    assert [row.name for row in rows] == ["欧阳修远"]


def test_no_full_number_is_shown(signed_in, city, cast):
    person = build.person(city.a, "张三", phone="13900001111")
    client = signed_in("clerk")
    for address in (url("person"), url("person", "change", person.pk)):
        text = client.get(address).content.decode()
        assert person.masked_id in text
        assert person.id_number not in text and "13900001111" not in text


INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", re.I)


@pytest.mark.parametrize("name", ["org_lead", "admin", "union_lead"])
def test_no_page_needs_an_inline_script_or_style(signed_in, city, cast, name):
    build.rule(city.root, DAYS, [5, 7])
    build.rule(city.root, DAYS, [5, 6], effective_from=datetime.date(2027, 1, 1))
    Document.objects.create(unit=city.root, slug="x", name="办法")
    client = signed_in(name)
    pages = ["/admin/", "/admin/carecore/"]
    for model in MODELS:
        if client.get(url(model)).status_code == 200:
            rows = client.get(url(model)).context["cl"].result_list
            pages += [url(model), url(model, "change", rows[0].pk), url(model, "history", rows[0].pk)]
        if client.get(url(model, "add")).status_code == 200:
            pages.append(url(model, "add"))
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert not INLINE.search(answer.content.decode()), page
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_signing_out_and_passwords_go_their_own_way(signed_in):
    client = signed_in("clerk")
    assert client.get("/admin/password_change/").headers["Location"] == "/accounts/password/"
    assert client.post("/admin/logout/").status_code == 302
    assert AuditEvent.objects.get().action == "sign_out"


# Changes --------------------------------------------------------------------------------------------------


def test_a_unit_is_added_and_corrected_by_its_verbs(signed_in, city):
    client = signed_in("org_lead")
    data = {"parent": "379901", "code": "37990102", "name": "甲局二所", "kind": "机关事业单位",
            "quota_class": "机关事业单位"}  # fmt: skip
    send(client, url("unit", "add"), **data)
    unit = Unit.objects.get(code="37990102")
    assert unit.path == f"{city.a.path}{unit.pk:08d}/"
    change = {**data, "name": "甲局第二所", "row_version": "1"}
    send(client, url("unit", "change", unit.pk), **change)
    unit.refresh_from_db()
    assert (unit.name, unit.version) == ("甲局第二所", 2)
    assert [event.action for event in AuditEvent.objects.of(unit)] == ["add_units", "amend_unit"]


def test_a_stale_form_is_refused(signed_in, city):
    client = signed_in("org_lead")
    data = {
        "code": "379901",
        "name": "甲",
        "kind": "机关事业单位",
        "quota_class": "机关事业单位",
        "row_version": "9",
    }
    errors = send(client, url("unit", "change", city.a.pk), answers=409, **data)
    assert errors["__all__"] == ["甲局:该记录已被他人更新,请刷新后重新操作"]
    assert Unit.objects.get(pk=city.a.pk).name == "甲局"


def test_a_code_that_is_taken_is_an_error_of_its_field(signed_in, city):
    data = {
        "parent": "3799",
        "code": "379902",
        "name": "又一局",
        "kind": "机关事业单位",
        "quota_class": "机关事业单位",
    }
    errors = send(signed_in("org_lead"), url("unit", "add"), answers=200, **data)
    assert list(errors) == ["code"]
    data |= {"row_version": "1"}
    errors = send(signed_in("org_lead"), url("unit", "change", city.a.pk), answers=200, **data)
    assert list(errors) == ["code"]


def test_a_person_is_registered_and_corrected(signed_in, city):
    client, number = signed_in("clerk"), build.id_number()
    send(client, url("person", "add"), unit="379901", name="张三", id_number=number, status="在职")
    person = Person.objects.get(name="张三")
    assert (person.id_number, person.initials, person.unit) == (number, "zs", city.a)
    send(client, url("person", "change", person.pk), name="张叁", status="在职", row_version="1",
         sex=person.sex, born_on=person.born_on)  # fmt: skip
    person.refresh_from_db()
    assert (person.name, person.id_number) == ("张叁", number)


def test_a_number_known_elsewhere_names_nobody(signed_in, city):
    other = build.person(city.b, "乙某")
    data = {"unit": "379901", "name": "张三", "id_number": other.id_number, "status": "在职"}
    errors = send(signed_in("clerk"), url("person", "add"), answers=409, **data)
    assert "已在其他单位登记" in str(errors) and "乙某" not in str(errors)


def test_a_person_of_another_unit_is_not_registered(signed_in, city):
    data = {"unit": "379902", "name": "张三", "status": "在职"}
    errors = send(signed_in("clerk"), url("person", "add"), answers=200, **data)
    assert list(errors) == ["unit"]


def test_an_account_shows_its_one_time_password_once(signed_in, city):
    person, client = build.person(city.b, "新人"), signed_in("admin")
    data = {"username": "new", "name": "新人", "person": f"新人 #{person.pk}"}
    answer = client.post(url("user", "add"), data, follow=True)
    user = User.objects.get(username="new")
    shown = re.search("一次性密码:(.+?)。", answer.content.decode())[1]
    assert user.check_password(shown) and user.must_change_password
    assert shown not in client.get(url("user", "change", user.pk)).content.decode()


def test_an_appointment_is_given_and_ended(signed_in, city, cast):
    client = signed_in("admin")
    data = {"user": "clerk", "unit": "379902", "role": "clerk", "starts_on": "2026-05-11"}
    send(client, url("appointment", "add"), **data)
    row = Appointment.objects.get(user=cast.clerk, unit=city.b)
    data = {"ends_on": "2026-06-30", "row_version": "1"}
    send(client, url("appointment", "change", row.pk), **data)
    row.refresh_from_db()
    assert row.ends_on == datetime.date(2026, 6, 30)
    errors = send(
        client, url("appointment", "change", row.pk), answers=409, ends_on="2026-07-31", row_version="2"
    )
    assert list(errors) == ["ends_on"]


def test_nobody_appoints_themselves(signed_in, cast):
    data = {"user": "admin", "unit": "3799", "role": "union_lead", "starts_on": "2026-05-11"}
    errors = send(signed_in("admin"), url("appointment", "add"), answers=409, **data)
    assert errors["__all__"] == ["不得给自己授权,请由其他系统管理员办理"]
    assert AuditEvent.objects.get().action == "refused.appoint"


# Rules ----------------------------------------------------------------------------------------------------


def rule_data(**data):
    return {
        "unit": "3799", "key": DAYS, "value": "[5, 7]", "severity": "block", "clause": "滨工发〔2026〕3号",
        "effective_from": TOMORROW, **data,
    }  # fmt: skip


def test_a_rule_is_added_amended_ended_and_followed(signed_in, city, today):
    client = signed_in("union_lead")
    send(client, url("rule", "add"), **rule_data())
    rule = Rule.objects.get()
    change = url("rule", "change", rule.pk)
    send(client, change, **rule_data(value="[5, 6]", row_version="1"))
    today.move_to("2026-05-12 08:00:00+08:00")
    client = signed_in("union_lead")
    assert list(client.get(change).context["adminform"].form.fields) == [
        "effective_to",
        "reason",
        "row_version",
    ]
    send(client, url("rule", "add"), **rule_data(
        value="[6, 6]", effective_from="2026-07-01", follows=str(rule.pk)))  # fmt: skip
    send(client, change, effective_to="2026-05-31", row_version="3")
    old, new = Rule.objects.order_by("effective_from")
    assert (old.value, old.effective_to) == ([5, 6], datetime.date(2026, 5, 31))
    assert (new.value, new.follows) == ([6, 6], old)
    actions = ["add_rule", "amend_rule", "follow_rule", "end_rule"]
    assert [event.action for event in AuditEvent.objects.of(old)] == actions


def test_a_successor_begins_with_what_the_old_rule_was(signed_in, city):
    rule = build.rule(city.a, "sanatorium.cost_person_year", {"省内": 3000})
    form = signed_in("union_lead").get(url("rule", "add"), {"follows": rule.pk}).context["adminform"].form
    assert [form[name].value() for name in ("unit", "key", "value", "effective_from")] == [
        "379901 甲局", "sanatorium.cost_person_year", '{\n "省内": 3000\n}', datetime.date(2026, 5, 12)
    ]  # fmt: skip
    assert signed_in("union_lead").get(url("rule", "add"), {"follows": "x"}).status_code == 200


@pytest.mark.parametrize(
    ("data", "status", "field", "error"),
    [
        ({"value": "[7, 5]"}, 409, "value", "“每期天数”的取值不符合要求:应为[最小, 最大]"),
        ({"value": "五到七"}, 200, "value", '应写作 JSON,如 3000、[5, 7]、true、"11-15"'),
        ({"value": "[NaN, 7]"}, 200, "value", '应写作 JSON,如 3000、[5, 7]、true、"11-15"'),
        ({"unit": "379901", "value": "[5, 8]"}, 409, "value",
         "“每期天数”“5—8天”宽于滨海市的“5—7天”(BZ-8),下级只能从严"),
        ({"effective_to": "2026-05-01"}, 200, "__all__", "失效日期不得早于生效日期"),
        ({"follows": "1", "key": "sanatorium.months"}, 409, "follows", "所接续的规则须为同一单位的同一事项"),
    ],
)  # fmt: skip
def test_a_rule_that_does_not_fit_says_so_beside_its_field(signed_in, city, data, status, field, error):
    build.rule(city.root, DAYS, [5, 7], pk=1, clause="BZ-8")
    errors = send(signed_in("union_lead"), url("rule", "add"), answers=status, **rule_data(**data))
    assert errors[field] == [error]
    assert Rule.objects.count() == 1


def test_an_end_needs_a_day(signed_in, city):
    rule = build.rule(city.root, DAYS, [5, 7])
    errors = send(signed_in("union_lead"), url("rule", "change", rule.pk), answers=409, row_version="1")
    assert errors["effective_to"] == ["请填写失效日期;已生效的规则只能终止或接续"]


def test_an_ended_rule_is_read_only(signed_in, city):
    rule = build.rule(city.root, DAYS, [5, 7], effective_to=datetime.date(2020, 1, 1))
    client = signed_in("union_lead")
    assert not client.get(url("rule", "change", rule.pk)).context["has_change_permission"]
    assert client.post(url("rule", "change", rule.pk), {"row_version": "1"}).status_code == 403


def test_rules_of_the_city_are_not_changed_from_below(client, city, cast):
    rule = build.rule(city.root, DAYS, [5, 7])
    client.force_login(build.user("lead_a", city.a, "union_lead"))
    assert client.get(url("rule", "change", rule.pk)).status_code == 200
    assert client.post(url("rule", "change", rule.pk), {"effective_to": "2026-12-31"}).status_code == 403


def test_a_document_is_registered_and_put_right(signed_in, city):
    client = signed_in("org_lead")
    data = {"unit": "3799", "slug": "bh", "name": "办法", "issuers": "市总工会、市财政局"}
    send(client, url("document", "add"), **data)
    row = Document.objects.get()
    send(client, url("document", "change", row.pk), name="新办法", issuers="市总工会", row_version="1")
    row.refresh_from_db()
    assert (row.name, row.issuers, row.slug) == ("新办法", ["市总工会"], "bh")


def test_the_record_of_a_row_is_its_audit_events(signed_in, city, cast):
    rule = rulekeeping.add_rule(
        by=cast.union_lead, unit=city.root, key=DAYS, value=[5, 7], clause="x",
        effective_from=datetime.date(2026, 5, 12),
    )  # fmt: skip
    answer = signed_in("union_lead").get(url("rule", "history", rule.pk))
    assert [event["what"] for event in answer.context["events"]] == ["新增规则"]


def test_rules_loaded_from_a_preset_read_in_words(signed_in, city, cast):
    presets.load_policy(by=cast.union_lead, preset="binzhou-2018", unit=city.root)
    text = signed_in("clerk").get(url("rule")).content.decode()
    assert "省内不超过3000.00元/人年;省外不超过5000.00元/人年" in text
    assert text.count("仅提示,系统不检查") == 8
