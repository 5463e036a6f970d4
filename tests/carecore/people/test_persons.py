"""Registering, amending and moving people; revealing a number with a reason."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore import audit, people, privacy
from carecore.access import Role
from carecore.models import AuditEvent, Person, Unit
from carecore.people import PersonDraft
from carecore.workflow import Forbidden, Refused, Stale
from tests import build

pytestmark = pytest.mark.django_db
NUMBER = build.id_number("19850412", 101)  # the last digit of 101 is odd: a man


def draft(unit, name="李四", **columns):
    return PersonDraft(unit=unit, name=name, **columns)


def registered(by, *drafts):
    return people.register_people(by=by, drafts=drafts)


def told(outcomes):
    return [(str(outcome.became), outcome.message) for outcome in outcomes]


def message(refusal):
    return refusal.value.findings[0].message


# Registering -----------------------------------------------------------------------------------------------


def test_a_person_is_registered_once_with_what_the_number_says(city, cast):
    (outcome,) = registered(cast.clerk, draft(city.a, id_number=NUMBER, phone="13900001234"))
    kept = Person.objects.get(pk=outcome.row.pk)
    assert (kept.sex, kept.born_on, kept.status) == ("男", datetime.date(1985, 4, 12), "在职")
    assert (kept.pinyin, kept.initials, kept.id_number) == ("lisi", "ls", NUMBER)
    assert list(Person.objects.with_id_number(NUMBER)) == [kept]
    assert told(registered(cast.clerk, draft(city.a, id_number=NUMBER))) == [("unchanged", "")]
    assert AuditEvent.objects.filter(action="register_people").count() == 1


def test_the_event_equals_the_row_and_holds_no_number(city, cast):
    (outcome,) = registered(cast.clerk, draft(city.a, id_number=NUMBER, phone="13900001234"))
    event = AuditEvent.objects.of(outcome.row).get()
    assert event.after == audit.canonical(audit.snapshot(Person.objects.get(pk=outcome.row.pk)))
    assert NUMBER not in event.after and "13900001234" not in event.after


def test_a_list_never_overwrites_what_is_known(city, cast):
    registered(
        cast.clerk, draft(city.a, id_number=NUMBER, post="科员", phone="13900001234", is_unit_head=False)
    )
    again = draft(city.a, "李斯", id_number=NUMBER, post="科长", phone="13900009999", is_unit_head=True)
    assert told(registered(cast.clerk, again)) == [
        (
            "differs",
            "姓名:登记为“李四”,此处为“李斯”;职务(岗位):登记为“科员”,此处为“科长”;"
            "单位主要负责人:登记为“否”,此处为“是”;联系电话与登记的不一致",
        )
    ]
    assert Person.objects.with_id_number(NUMBER).get().post == "科员"


def test_what_a_list_leaves_empty_says_nothing(city, cast):
    registered(
        cast.clerk, draft(city.a, id_number=NUMBER, post="科员", phone="13900001234", on_frontline=True)
    )
    assert told(registered(cast.clerk, draft(city.a, id_number=NUMBER))) == [("unchanged", "")]


def test_another_unit_of_ones_own_is_a_difference(city, cast):
    registered(cast.clerk, draft(city.a, id_number=NUMBER))
    assert told(registered(cast.clerk, draft(city.a_office, id_number=NUMBER))) == [
        ("differs", "单位:登记为“甲局”,此处为“甲局一所”")
    ]


def test_a_number_of_another_unit_names_nobody_and_leaves_a_task(city, cast):
    stranger = build.person(city.b, "王五", id_number=NUMBER)
    (outcome,) = registered(cast.clerk, draft(city.a, id_number=NUMBER))
    assert told([outcome]) == [
        ("refused", f"该证件号码已在其他单位登记,请联系共同上级单位处理(参考编号 {stranger.pk})")
    ]
    assert outcome.row is None
    event = AuditEvent.objects.get()
    assert (event.action, event.object_id, event.unit) == ("duplicate_elsewhere", stranger.pk, city.b)


def test_one_number_twice_in_a_list_makes_one_person(city, cast):
    outcomes = registered(
        cast.clerk, draft(city.a, id_number=NUMBER), draft(city.a, "李斯", id_number=NUMBER)
    )
    assert told(outcomes) == [("new", ""), ("differs", "姓名:登记为“李四”,此处为“李斯”")]
    assert Person.objects.with_id_number(NUMBER).count() == 1


def test_a_wrong_number_is_refused_and_the_others_are_taken(city, cast):
    outcomes = registered(cast.clerk, draft(city.a, id_number=NUMBER[:-1]), draft(city.a, "王五"))
    assert told(outcomes) == [("refused", "身份证号应为18位,现为17位,请核对"), ("new", "")]


def test_the_number_counts_against_what_is_said_beside_it(city, cast):
    born = datetime.date(1985, 4, 1)
    (outcome,) = registered(cast.clerk, draft(city.a, id_number=NUMBER, sex="女", born_on=born))
    assert told([outcome]) == [
        (
            "new",
            "性别“女”与身份证号不符,已按身份证号登记为“男”;"
            "出生日期“1985-04-01”与身份证号不符,已按身份证号登记为“1985-04-12”",
        )
    ]
    assert {finding.severity for finding in outcome.findings} == {"warn"}
    assert Person.objects.get(pk=outcome.row.pk).sex == "男"


@pytest.mark.parametrize(
    ("known", "stated", "became"),
    [
        ({}, {}, "unchanged"),
        ({"id_number": NUMBER}, {}, "unchanged"),
        ({}, {"id_number": NUMBER}, "differs"),
        ({"born_on": datetime.date(1980, 1, 1)}, {"born_on": datetime.date(1980, 1, 1)}, "unchanged"),
        ({"born_on": datetime.date(1980, 1, 1)}, {"born_on": datetime.date(1981, 1, 1)}, "new"),
        ({"born_on": datetime.date(1980, 1, 1)}, {"id_number": NUMBER}, "new"),
        ({"id_number": build.id_number("19850412", 103)}, {"id_number": NUMBER}, "new"),
    ],
)
def test_without_numbers_name_unit_and_birthday_decide(city, cast, known, stated, became):
    build.person(city.a, "李四", **{"id_number": None, **known})
    (outcome,) = registered(cast.clerk, draft(city.a, **stated))
    assert outcome.became == became


def test_a_namesake_without_a_number_is_looked_at_first(city, cast):
    build.person(city.a, "李四", id_number=None)
    assert told(registered(cast.clerk, draft(city.a, id_number=NUMBER))) == [
        ("differs", "甲局已有同名人员“李四”未登记证件号码,请先核对并补录其证件号码")
    ]
    assert not Person.objects.with_id_number(NUMBER).exists()


def test_of_several_namesakes_none_is_chosen(city, cast):
    build.person(city.a, "李四")
    build.person(city.a, "李四")
    assert told(registered(cast.clerk, draft(city.a))) == [("refused", "甲局有2位“李四”,请填写证件号码")]


def test_a_namesake_of_another_unit_is_somebody_else(city, cast):
    build.person(city.a_office, "李四", id_number=None)
    build.person(city.b, "李四", id_number=None)
    assert told(registered(cast.clerk, draft(city.a))) == [("new", "")]


def test_what_the_columns_forbid_is_refused(city, cast):
    (outcome,) = registered(cast.clerk, draft(city.a, "李" * 51, sex="不详", status="未知"))
    assert {finding.key for finding in outcome.findings} == {"name", "sex", "status"}


def test_people_are_registered_within_ones_units(city, cast):
    registered(cast.clerk, draft(city.a_office))
    for by, unit in ((cast.clerk, city.b), (cast.lead, city.a), (cast.auditor, city.a), (cast.admin, city.a)):
        with pytest.raises(Forbidden):
            registered(by, draft(unit))
    with pytest.raises(Forbidden):
        registered(cast.clerk, draft(city.a), draft(city.b))


def test_a_judgement_changes_nothing(city, cast):
    (outcome,) = people.judge_people(by=cast.clerk, drafts=[draft(city.a, id_number=NUMBER)])
    assert outcome.became == "new"
    assert not Person.objects.filter(name="李四").exists() and not AuditEvent.objects.exists()


def test_queries_do_not_grow_with_the_people(city, cast):
    def queries(serials):
        drafts = [draft(city.a, f"人{n}", id_number=build.id_number("19900101", n)) for n in serials]
        drafts += [draft(city.a, f"名{n}") for n in serials]
        with CaptureQueriesContext(connection) as captured:
            assert {o.became for o in people.register_people(by=cast.clerk, drafts=drafts)} == {"new"}
        return len(captured)

    queries([500])
    few = queries([501])
    assert queries(range(502, 512)) == few


# Amending and moving ---------------------------------------------------------------------------------------


def amend(by, person, **changes):
    return people.amend_person(by=by, person=person, changes=changes)


def test_a_person_is_amended_and_found_by_the_new_name(city, cast):
    person = amend(cast.clerk, build.person(city.a, "张三"), name="曾强", post="科长")
    kept = Person.objects.get(pk=person.pk)
    assert (kept.name, kept.pinyin, kept.initials, kept.post, kept.version) == (
        "曾强",
        "zengqiang",
        "zq",
        "科长",
        2,
    )
    assert AuditEvent.objects.of(kept).get().after == audit.canonical(audit.snapshot(kept))


def test_a_new_number_brings_sex_and_birthday(city, cast):
    person = amend(cast.clerk, build.person(city.a), id_number=NUMBER.lower())
    kept = Person.objects.get(pk=person.pk)
    assert (kept.id_number, kept.sex, kept.born_on) == (NUMBER, "男", datetime.date(1985, 4, 12))
    assert kept.id_index == privacy.blind_index(NUMBER, "person.id_number")


def test_a_number_taken_away_leaves_no_index(city, cast):
    person = amend(cast.clerk, build.person(city.a), id_number="")
    kept = Person.objects.get(pk=person.pk)
    assert (kept.id_number, kept.id_index) == (None, None)


def test_a_number_belongs_to_one_person(city, cast):
    person, known = build.person(city.a, "张三"), build.person(city.a_office, "李四")
    with pytest.raises(Refused) as refusal:
        amend(cast.clerk, person, id_number=known.id_number)
    assert message(refusal) == "该证件号码已登记给李四(甲局一所)"
    stranger = build.person(city.b, "王五")
    with pytest.raises(Refused) as refusal:
        amend(cast.clerk, person, id_number=stranger.id_number)
    assert message(refusal) == (f"该证件号码已在其他单位登记,请联系共同上级单位处理(参考编号 {stranger.pk})")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id_number": "123"}, "身份证号应为18位,现为3位,请核对"),
        ({"born_on": datetime.date(1999, 1, 1)}, "性别、出生日期与身份证号不符,请核对"),
        ({"name": "张" * 51}, "姓名:确保该变量包含不超过 50 字符 (目前字符数 51)。"),
    ],
)
def test_what_makes_no_sense_is_refused(city, cast, changes, said):
    person = build.person(city.a, "张三")
    with pytest.raises(Refused) as refusal:
        amend(cast.clerk, person, **changes)
    assert message(refusal) == said
    assert Person.objects.get(pk=person.pk).version == 1


def test_an_unchanged_form_leaves_no_event(city, cast):
    assert amend(cast.clerk, build.person(city.a, "张三"), name="张三").version == 1
    assert not AuditEvent.objects.exists()


def test_a_stale_form_and_other_units_amend_nothing(city, cast):
    person = build.person(city.a, "张三")
    seen = Person.objects.get(pk=person.pk)
    amend(cast.clerk, person, post="科长")
    with pytest.raises(Stale):
        amend(cast.clerk, seen, post="处长")
    for by in (cast.clerk_b, cast.lead, cast.admin):
        with pytest.raises(Forbidden):
            amend(by, Person.objects.get(pk=person.pk), post="处长")


def test_a_person_moves_between_units_that_one_keeps(city, cast):
    person = people.transfer_person(by=cast.org_officer, person=build.person(city.a, "张三"), unit=city.b)
    assert Person.objects.get(pk=person.pk).unit == city.b
    with pytest.raises(Forbidden):
        people.transfer_person(by=cast.clerk_b, person=person, unit=city.a)
    with pytest.raises(Refused) as refusal:
        people.transfer_person(by=cast.clerk_b, person=person, unit=city.b)
    assert message(refusal) == "张三已在乙局"


def test_nobody_moves_into_a_closed_unit(city, cast):
    Unit.objects.filter(pk=city.b.pk).update(valid_to=datetime.date(2026, 5, 10))
    with pytest.raises(Refused) as refusal:
        people.transfer_person(
            by=cast.org_officer, person=build.person(city.a), unit=Unit.objects.get(pk=city.b.pk)
        )
    assert message(refusal) == "乙局已停用,不能调入"


# Revealing -------------------------------------------------------------------------------------------------


def show(by, person, field="id_number", reason="核对参保信息"):
    return people.reveal(by=by, person=person, field=field, reason=reason)


def test_a_number_is_revealed_for_a_recorded_reason(city, cast):
    person = build.person(city.a, "张三", phone="13900001234")
    assert show(cast.clerk, person) == person.id_number
    assert show(cast.auditor, person, "phone") == "13900001234"
    first, second = AuditEvent.objects.order_by("seq")
    assert (first.by, first.action, first.object_id, first.unit) == (cast.clerk, "reveal", person.pk, city.a)
    assert (first.reason, first.detail, second.detail) == ("核对参保信息", "id_number", "phone")
    assert not any(
        text in event.detail + event.after for event in (first, second) for text in (person.id_number,)
    )


@pytest.mark.parametrize(
    ("field", "reason", "said"),
    [
        ("id_number", " ", "请填写查看理由"),
        ("phone", "联系", "没有登记该号码"),
        ("name", "联系", "没有登记该号码"),
        ("id_index", "联系", "没有登记该号码"),
    ],
)
def test_without_reason_or_number_nothing_is_revealed(city, cast, field, reason, said):
    with pytest.raises(Refused) as refusal:
        show(cast.clerk, build.person(city.a), field, reason)
    assert message(refusal) == said
    assert AuditEvent.objects.get().action == "refused.reveal"


def test_other_units_and_administrators_reveal_nothing(city, cast):
    person = build.person(city.a)
    for by in (cast.clerk_b, cast.admin, build.user("keeper", city.b, Role.ORG_OFFICER)):
        with pytest.raises(Forbidden):
            show(by, person)
