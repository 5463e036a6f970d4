"""Accounts and appointments: who may give them, what cannot be given, and what happens to open work."""

import datetime

import pytest

from carecore import access, accounts, audit
from carecore.access import Can, Role
from carecore.models import Attachment, AuditEvent, Person, Unit, User
from carecore.people import PersonDraft
from carecore.registry import OpenWork, Provides
from carecore.workflow import Forbidden, Refused, Stale
from tests import build

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 5, 11)


@pytest.fixture
def admin_a(city):
    """An administrator of 甲局 alone, without a person of his own."""
    return build.user("admin_a", city.a, Role.ADMINISTRATOR, name="管理员甲")


def message(refusal):
    return refusal.value.findings[0].message


# Opening and amending --------------------------------------------------------------------------------------


def test_an_account_begins_with_a_one_time_password(city, cast):
    person = build.person(city.a, "李四")
    user, password = accounts.create_account(by=cast.admin, username="lisi", name="李四", person=person)
    assert len(password) == 12 and user.must_change_password and user.is_active
    assert User.objects.get(username="lisi").check_password(password)
    event = AuditEvent.objects.get(action="create_account")
    assert (event.by, event.object_id, event.unit) == (cast.admin, user.pk, city.a)
    assert password not in event.after and user.password not in event.after


def test_whoever_is_not_registered_yet_is_with_the_account(city, cast):
    number = build.id_number("19700101")
    draft = PersonDraft(unit=city.a, name="李四", id_number=number)
    user, _ = accounts.create_account(by=cast.admin, username="lisi", name="李四", person=draft)
    person = Person.objects.get(name="李四")
    assert (user.person, person.unit, person.id_number) == (person, city.a, number)
    assert person.born_on == datetime.date(1970, 1, 1)
    actions = list(AuditEvent.objects.order_by("seq").values_list("action", "object_id"))
    assert actions == [("register_people", person.pk), ("create_account", user.pk)]


def test_nobody_is_registered_a_second_time_by_an_account(city, cast):
    known = build.person(city.b, "李四")
    build.person(city.a, "王五", id_number=None)
    for key, name, number in (
        ("id_number", "李四", known.id_number),
        ("id_number", "李四", "379999197001010000"),
        ("id_number", "李四", ""),
        ("person", "王五", build.id_number()),
    ):
        draft = PersonDraft(unit=city.a, name=name, id_number=number)
        with pytest.raises(Refused) as refusal:
            accounts.create_account(by=cast.admin, username="new", name=name, person=draft)
        assert refusal.value.findings[0].key == key
    assert not User.objects.filter(username="new").exists()


def test_only_an_administrator_of_the_unit_registers_with_an_account(city, cast, admin_a):
    draft = PersonDraft(unit=city.b, name="李四", id_number=build.id_number())
    for by in (admin_a, cast.org_lead):
        with pytest.raises(Forbidden):
            accounts.create_account(by=by, username="new", name="李四", person=draft)
    assert not Person.objects.filter(name="李四").exists()


def test_a_sign_in_name_is_taken_once(city, cast):
    person = build.person(city.a, "李四")
    with pytest.raises(Refused) as refusal:
        accounts.create_account(by=cast.admin, username="clerk", name="李四", person=person)
    assert message(refusal) == "登录名“clerk”已被使用,请换一个"
    assert refusal.value.findings[0].key == "username"


def test_a_person_has_one_account_in_use(cast):
    with pytest.raises(Refused) as refusal:
        accounts.create_account(by=cast.admin, username="second", name="经办甲", person=cast.clerk.person)
    assert message(refusal) == "该人员已有启用的账号“clerk”,一人只能有一个账号"
    accounts.set_active(by=cast.admin, user=cast.clerk, active=False)
    accounts.create_account(by=cast.admin, username="second", name="经办甲", person=cast.clerk.person)
    with pytest.raises(Refused):
        accounts.set_active(by=cast.admin, user=User.objects.get(username="clerk"), active=True)


def test_an_account_is_opened_only_within_ones_units(city, cast, admin_a):
    accounts.create_account(
        by=admin_a, username="lisi", name="李四", person=build.person(city.a_office, "李四")
    )
    with pytest.raises(Forbidden):
        accounts.create_account(by=admin_a, username="w", name="王五", person=build.person(city.b, "王五"))
    for other in (cast.clerk, cast.union_lead, cast.auditor):
        with pytest.raises(Forbidden):
            accounts.create_account(by=other, username="w", name="王五", person=build.person(city.a, "王五"))
    assert not User.objects.filter(username="w").exists()


def test_a_refused_account_leaves_its_event_and_nothing_else(cast):
    with pytest.raises(Refused):
        accounts.create_account(by=cast.admin, username="second", name="经办甲", person=cast.clerk.person)
    assert [event.action for event in AuditEvent.objects.all()] == ["refused.create_account"]


def test_an_account_is_amended(city, cast):
    person = build.person(city.a, "赵六")
    accounts.amend_account(by=cast.admin, user=cast.clerk, name="赵六", person=person)
    user = User.objects.get(username="clerk")
    assert (user.name, user.person, user.version) == ("赵六", person, 2)


def test_nobody_changes_the_person_of_his_own_account(city, cast):
    with pytest.raises(Forbidden) as refusal:
        accounts.amend_account(by=cast.admin, user=cast.admin, name="管", person=build.person(city.a))
    assert message(refusal) == "自己的账号请由其他系统管理员办理"


def test_a_stale_form_changes_nothing(city, cast):
    seen = User.objects.get(pk=cast.clerk.pk)
    accounts.amend_account(by=cast.admin, user=cast.clerk, name="经办甲", person=cast.clerk.person)
    for late in (
        lambda: accounts.amend_account(by=cast.admin, user=seen, name="甲", person=cast.clerk.person),
        lambda: accounts.reset_password(by=cast.admin, user=seen),
        lambda: accounts.set_active(by=cast.admin, user=seen, active=False),
    ):
        with pytest.raises(Stale):
            late()


# Passwords -------------------------------------------------------------------------------------------------


def test_a_reset_gives_a_password_that_must_be_changed(cast):
    user, password = accounts.reset_password(by=cast.admin, user=cast.clerk)
    kept = User.objects.get(username="clerk")
    assert kept.check_password(password) and kept.must_change_password
    assert not kept.check_password(build.PASSWORD)
    assert AuditEvent.objects.get(action="reset_password").object_id == user.pk


def test_whoever_holds_a_role_elsewhere_is_out_of_reach(city, cast, admin_a):
    accounts.reset_password(by=admin_a, user=cast.clerk)
    clerk = User.objects.get(username="clerk")
    build.appointment(clerk, city.b, Role.CLERK)
    for act in (
        lambda: accounts.reset_password(by=admin_a, user=clerk),
        lambda: accounts.set_active(by=admin_a, user=clerk, active=False),
        lambda: accounts.amend_account(by=admin_a, user=clerk, name="甲", person=clerk.person),
    ):
        with pytest.raises(Forbidden) as refusal:
            act()
        assert message(refusal) == "该账号在您的管理范围之外另有授权,请由共同上级的系统管理员办理"
    accounts.reset_password(by=cast.admin, user=clerk)


def test_an_ended_role_elsewhere_does_not_matter(city, cast, admin_a):
    build.appointment(cast.clerk, city.b, Role.CLERK, ends_on=TODAY - datetime.timedelta(days=1))
    accounts.reset_password(by=admin_a, user=cast.clerk)


def test_an_account_of_no_unit_is_out_of_reach(cast, admin_a):
    stray = User.objects.create(username="stray", name="无")
    with pytest.raises(Forbidden):
        accounts.reset_password(by=admin_a, user=stray)


def test_nobody_resets_his_own_password(cast):
    with pytest.raises(Forbidden):
        accounts.reset_password(by=cast.admin, user=cast.admin)


def test_ones_own_password_is_changed_to_another_one(cast):
    with pytest.raises(Refused) as refusal:
        accounts.change_password(by=cast.clerk, password=build.PASSWORD)
    assert message(refusal) == "新密码不得与原密码相同,请另设一个"
    user = accounts.change_password(by=cast.clerk, password="Another-Horse-8")
    assert User.objects.get(pk=user.pk).check_password("Another-Horse-8") and not user.must_change_password


def test_an_account_is_put_out_of_use_once(cast):
    user = accounts.set_active(by=cast.admin, user=cast.clerk, active=False)
    assert not User.objects.get(pk=user.pk).is_active
    with pytest.raises(Refused) as refusal:
        accounts.set_active(by=cast.admin, user=user, active=False)
    assert message(refusal) == "账号“clerk”已是停用状态"
    assert not access.may(user, Can.SEE)


# Appointments ----------------------------------------------------------------------------------------------


def appoint(by, user, unit, role=Role.UNIT_LEAD, starts_on=TODAY, ends_on=None):
    return accounts.appoint(by=by, user=user, unit=unit, role=role, starts_on=starts_on, ends_on=ends_on)


def test_a_role_reaches_the_unit_and_everything_under_it(city, cast):
    appoint(cast.admin, cast.clerk_b, city.a)
    user = User.objects.get(pk=cast.clerk_b.pk)
    assert access.may(user, Can.SUBMIT, city.a_office)
    assert not access.may(user, Can.SUBMIT, city.b)
    assert AuditEvent.objects.get(action="appoint").unit == city.a


def test_an_administrator_appoints_within_his_units_only(city, cast, admin_a):
    appoint(admin_a, cast.clerk, city.a_office)
    with pytest.raises(Forbidden):
        appoint(admin_a, cast.clerk, city.b)
    with pytest.raises(Forbidden):
        appoint(cast.org_lead, cast.clerk, city.a)


def test_nobody_appoints_himself(city, cast):
    with pytest.raises(Refused) as refusal:
        appoint(cast.admin, cast.admin, city.a, Role.UNION_LEAD)
    assert message(refusal) == "不得给自己授权,请由其他系统管理员办理"


@pytest.mark.parametrize("role", [Role.UNIT_LEAD, Role.UNION_OFFICER, Role.UNION_LEAD, Role.ORG_OFFICER])
def test_a_role_that_decides_needs_a_person(city, cast, admin_a, role):
    with pytest.raises(Refused) as refusal:
        appoint(cast.admin, admin_a, city.a, role)
    assert message(refusal) == f"“{role.label}”须对应到人员,请先在账号中填写对应人员"
    appoint(cast.admin, admin_a, city.a, Role.AUDITOR)


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "free"),
    [
        (datetime.date(2026, 6, 1), datetime.date(2026, 6, 30), False),
        (datetime.date(2026, 5, 1), datetime.date(2026, 6, 10), False),
        (datetime.date(2026, 6, 20), None, False),
        (datetime.date(2026, 5, 1), datetime.date(2026, 6, 9), True),
        (datetime.date(2026, 6, 21), None, True),
    ],
)
def test_days_of_the_same_role_do_not_overlap(city, cast, starts_on, ends_on, free):
    build.appointment(
        cast.clerk,
        city.a,
        Role.UNIT_LEAD,
        starts_on=datetime.date(2026, 6, 10),
        ends_on=datetime.date(2026, 6, 20),
    )
    if free:
        appoint(cast.admin, cast.clerk, city.a, starts_on=starts_on, ends_on=ends_on)
    else:
        with pytest.raises(Refused) as refusal:
            appoint(cast.admin, cast.clerk, city.a, starts_on=starts_on, ends_on=ends_on)
        assert message(refusal) == "经办甲在甲局已有同一角色的授权,日期重叠,请先终止原授权"


def test_a_role_does_not_end_before_it_begins_nor_begin_in_a_closed_unit(city, cast):
    with pytest.raises(Refused) as refusal:
        appoint(cast.admin, cast.clerk, city.a, ends_on=datetime.date(2026, 5, 10))
    assert message(refusal) == "截止日期不得早于起始日期"
    Unit.objects.filter(pk=city.b.pk).update(valid_to=datetime.date(2026, 5, 10))
    with pytest.raises(Refused) as refusal:
        appoint(cast.admin, cast.clerk, Unit.objects.get(pk=city.b.pk))
    assert message(refusal) == "乙局已于2026-05-10停用,不能再授权"


# Ending an appointment -------------------------------------------------------------------------------------


@pytest.fixture
def papers(city, cast, monkeypatch):
    """Two papers of the clerk in 甲局 and one in 乙局, declared as work that is open until handed over."""

    def work(user):
        yield OpenWork("草稿", Can.NOMINATE, Attachment.objects.filter(uploaded_by=user), "uploaded_by")

    monkeypatch.setattr(accounts, "provided", lambda: (Provides(open_work=(work,)),))
    made = [
        Attachment(unit=unit, title="表", purpose="佐证", file_name="a.pdf", size=1, uploaded_by=cast.clerk)
        for unit in (city.a, city.a_office, city.b)
    ]
    return Attachment.objects.bulk_create(made)


def end(cast, ends_on=TODAY, successor=None):
    held = cast.clerk.appointments.get()
    return accounts.end_appointment(by=cast.admin, appointment=held, ends_on=ends_on, successor=successor)


def test_an_appointment_ends_after_its_last_day(city, cast, today):
    end(cast)
    assert access.may(User.objects.get(pk=cast.clerk.pk), Can.NOMINATE, city.a)
    today.move_to("2026-05-12 10:00:00+08:00")
    assert not access.may(User.objects.get(pk=cast.clerk.pk), Can.NOMINATE, city.a)


def test_open_work_holds_an_appointment(city, cast, papers):
    with pytest.raises(Refused) as refusal:
        end(cast)
    assert message(refusal) == "还有未办事项:草稿2件。请指定接替人,或办结后再终止"
    assert refusal.value.findings[0].key == "successor"
    assert cast.clerk.appointments.get().ends_on is None


def test_a_successor_takes_over_the_open_work_of_the_unit(city, cast, papers):
    heir = build.user("heir", city.root, Role.CLERK, name="接替人")
    end(cast, successor=heir)
    owners = [row.uploaded_by for row in Attachment.objects.order_by("pk")]
    assert owners == [heir, heir, cast.clerk]
    events = AuditEvent.objects.filter(action="hand_over")
    assert sorted(event.object_id for event in events) == [papers[0].pk, papers[1].pk]
    assert {event.reason for event in events} == {"由接替人接替"}
    assert list(audit.check_chain()) == []


def test_a_successor_holds_the_same_role_for_the_unit(city, cast, papers):
    for other in (cast.clerk_b, cast.lead, cast.clerk):
        with pytest.raises(Refused) as refusal:
            end(cast, successor=other)
        assert message(refusal) == f"{other.name}不是甲局的单位经办人,不能接替"
    assert not Attachment.objects.exclude(uploaded_by=cast.clerk).exists()


def test_work_that_another_appointment_covers_stays(city, cast, papers):
    held = cast.clerk.appointments.get()
    build.appointment(cast.clerk, city.root, Role.UNION_OFFICER)
    accounts.end_appointment(by=cast.admin, appointment=held, ends_on=TODAY)
    assert not Attachment.objects.exclude(uploaded_by=cast.clerk).exists()


def test_a_role_without_the_right_has_no_open_work(city, cast, papers):
    held = build.appointment(cast.clerk, city.a, Role.UNIT_LEAD)
    accounts.end_appointment(by=cast.admin, appointment=held, ends_on=TODAY)


def test_an_end_does_not_reach_back_nor_prolong(city, cast):
    with pytest.raises(Refused) as refusal:
        end(cast, datetime.date(2026, 5, 9))
    assert message(refusal) == "截止日期最早为2026-05-10"
    end(cast, datetime.date(2026, 5, 20))
    with pytest.raises(Refused) as refusal:
        end(cast, datetime.date(2026, 5, 21))
    assert message(refusal) == "原授权至2026-05-20止,终止只能提前;延长请另行授权"
    end(cast, datetime.date(2026, 5, 10))


def test_an_appointment_is_ended_by_another_administrator_of_the_unit(city, cast, admin_a):
    own = cast.admin.appointments.get()
    with pytest.raises(Refused) as refusal:
        accounts.end_appointment(by=cast.admin, appointment=own, ends_on=TODAY)
    assert message(refusal) == "自己的授权请由其他系统管理员终止"
    for by, held in ((admin_a, cast.clerk_b.appointments.get()), (cast.clerk, cast.lead.appointments.get())):
        with pytest.raises(Forbidden):
            accounts.end_appointment(by=by, appointment=held, ends_on=TODAY)


# Who sees which account ------------------------------------------------------------------------------------


def test_an_administrator_sees_the_accounts_of_his_units(city, cast, admin_a):
    seen = set(User.objects.visible_to(admin_a).values_list("username", flat=True))
    assert seen == {"admin_a", "clerk", "lead"}
    assert not User.objects.visible_to(cast.clerk).exists()
    assert not User.objects.visible_to(cast.auditor).exists()


# The first administrator -----------------------------------------------------------------------------------


def test_the_first_administrator_comes_with_the_root_unit(db):
    user, password = accounts.install(username="root", unit_code="3799", unit_name="滨海市")
    root = Unit.objects.get()
    assert (root.code, root.name, root.path) == ("3799", "滨海市", f"/{root.pk:08d}/")
    assert user.check_password(password) and access.may(user, Can.ACCOUNTS, root)
    assert sorted(AuditEvent.objects.values_list("kind", flat=True)) == [
        "carecore.appointment", "carecore.unit", "carecore.user"
    ]  # fmt: skip


def test_there_is_one_first_administrator(city, cast):
    with pytest.raises(Refused) as refusal:
        accounts.install(username="second", unit_code="3799", unit_name="滨海市")
    assert message(refusal) == "系统管理员已存在,请由其在“账号与授权”中办理"


def test_the_first_administrator_stands_at_the_root(city):
    with pytest.raises(Refused) as refusal:
        accounts.install(username="root", unit_code="379901", unit_name="甲局")
    assert message(refusal) == "根单位已存在:3799 滨海市"
