"""Accounts and appointments: who gets in, and what for. The administrator's verbs, within own units only."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from axes.utils import reset as unlock
from django.db.models import Q, QuerySet
from django.utils.crypto import get_random_string

from carecore import access, audit, clock
from carecore.access import DECIDING, RIGHTS, Can, Role
from carecore.models import Appointment, Person, QuotaClass, Severity, Unit, UnitKind, User
from carecore.models.units import within
from carecore.people import PersonDraft, newcomer
from carecore.policy import Finding
from carecore.registry import OpenWork, provided
from carecore.workflow import (
    Forbidden,
    add,
    change,
    locked,
    locked_all,
    move,
    refuse,
    require_right,
    verb,
)  # fmt: skip

# Letters and digits that are not mistaken for one another on paper.
LEGIBLE = "abcdefghjkmnpqrstuvwxyz23456789"
INITIAL_LENGTH = 12


def _initial_password() -> str:
    return get_random_string(INITIAL_LENGTH, LEGIBLE)


@verb
def create_account(
    *, by: User, username: str, name: str, person: Person | PersonDraft
) -> tuple[User, str]:
    """Open an account for a person and return it with its one-time password; shown once, never stored.

    A draft is registered with the account: in a new installation nobody is there yet to register anybody.
    Raises Refused where the sign-in name is taken, the person has an account in use already, or the draft
    is of somebody on record.
    """
    require_right(by, Can.ACCOUNTS, person.unit)
    if isinstance(person, PersonDraft):
        person = newcomer(person)
        audit.record(by=by, action="register_people", rows=[person])
    _require_single(person)
    if User.objects.filter(username=username).exists():
        raise refuse(f"登录名“{username}”已被使用,请换一个", key="username")
    password = _initial_password()
    user = User(username=username, name=name, person=person, must_change_password=True)
    user.set_password(password)
    add([user])
    audit.record(by=by, action="create_account", rows=[user])
    return user, password


@verb
def amend_account(*, by: User, user: User, name: str, person: Person) -> User:
    """Correct an account's name and the person it belongs to; raises Refused for one's own account."""
    (user,) = locked([user])
    _require_keeper(by, user)
    require_right(by, Can.ACCOUNTS, person.unit)
    if person.pk != user.person_id and user.is_active:
        _require_single(person)
    user.name, user.person = name, person
    change([user], "name", "person")
    audit.record(by=by, action="amend_account", rows=[user])
    return user


@verb
def reset_password(*, by: User, user: User) -> tuple[User, str]:
    """Give an account a new one-time password and unlock it; return both."""
    (user,) = locked([user])
    _require_keeper(by, user)
    password = _initial_password()
    user.set_password(password)
    user.must_change_password = True
    change([user], "password", "must_change_password")
    unlock(username=user.username)
    audit.record(by=by, action="reset_password", rows=[user])
    return user, password


@verb
def change_password(*, by: User, password: str) -> User:
    """Set one's own password and return the account; raises Refused where it is the old one."""
    (user,) = locked_all(User.objects.filter(pk=by.pk))
    if user.check_password(password):
        raise refuse("新密码不得与原密码相同,请另设一个", key="new_password1")
    user.set_password(password)
    user.must_change_password = False
    change([user], "password", "must_change_password")
    audit.record(by=user, action="change_password", rows=[user])
    return user


@verb
def set_active(*, by: User, user: User, active: bool) -> User:
    """Put an account out of use or back into use; its appointments stay as they are."""
    (user,) = locked([user])
    _require_keeper(by, user)
    if user.is_active == active:
        raise refuse(f"账号“{user.username}”已是{'启用' if active else '停用'}状态", row=user)
    if active and user.person is not None:
        _require_single(user.person)
    move([user], is_active=active)
    audit.record(by=by, action="set_active", rows=[user])
    return user


@verb
def appoint(
    *, by: User, user: User, unit: Unit, role: str, starts_on: datetime.date,
    ends_on: datetime.date | None = None,
) -> Appointment:  # fmt: skip
    """Give an account a role for a unit and everything under it; both days inclusive, no end if None.

    Raises Refused for a role of one's own, a closed unit, days that overlap the same role, and for a role
    that decides on others while the account belongs to no person.
    """
    (user,) = locked([user])
    require_right(by, Can.ACCOUNTS, unit)
    if user.pk == by.pk:
        raise refuse("不得给自己授权,请由其他系统管理员办理", row=user)
    if RIGHTS[role] & DECIDING and user.person_id is None:
        raise refuse(f"“{Role(role).label}”须对应到人员,请先在账号中填写对应人员", key="role", row=user)
    if ends_on is not None and ends_on < starts_on:
        raise refuse("截止日期不得早于起始日期", key="ends_on", row=user)
    if unit.valid_to is not None and unit.valid_to < starts_on:
        raise refuse(f"{unit}已于{unit.valid_to}停用,不能再授权", key="unit", row=user)
    _require_gap(user, unit, role, starts_on, ends_on)
    rows = add([Appointment(user=user, unit=unit, role=role, starts_on=starts_on, ends_on=ends_on)])
    audit.record(by=by, action="appoint", rows=rows)
    return rows[0]


def _require_gap(
    user: User, unit: Unit, role: str, starts_on: datetime.date, ends_on: datetime.date | None
) -> None:
    same = user.appointments.filter(unit=unit, role=role).filter(Q(ends_on=None) | Q(ends_on__gte=starts_on))
    if ends_on is not None:
        same = same.filter(starts_on__lte=ends_on)
    if same.exists():
        raise refuse(f"{user}在{unit}已有同一角色的授权,日期重叠,请先终止原授权", key="role", row=user)


@verb
def end_appointment(
    *, by: User, appointment: Appointment, ends_on: datetime.date, successor: User | None = None
) -> Appointment:
    """Let an appointment end after a day (inclusive) and hand the open work under it to a successor.

    Raises Refused where there is open work and no successor, where the successor does not hold the same
    role for the unit, and for a day before yesterday: what was done until then was done with the right.
    """
    (appointment,) = locked([appointment], "user", "unit")
    require_right(by, Can.ACCOUNTS, appointment.unit)
    if appointment.user_id == by.pk:
        raise refuse("自己的授权请由其他系统管理员终止", row=appointment)
    _require_end(appointment, ends_on)
    works = open_work(appointment)
    if works and successor is None:
        listed = "、".join(f"{work.label}{work.rows.count()}件" for work in works)
        raise refuse(f"还有未办事项:{listed}。请指定接替人,或办结后再终止", key="successor", row=appointment)
    if successor is not None:
        _require_successor(appointment, successor)
        _hand_over(by, works, successor)
    move([appointment], ends_on=ends_on)
    audit.record(by=by, action="end_appointment", rows=[appointment])
    return appointment


def _require_end(appointment: Appointment, ends_on: datetime.date) -> None:
    earliest = max(appointment.starts_on, clock.today() - datetime.timedelta(days=1))
    if ends_on < earliest:
        raise refuse(f"截止日期最早为{earliest}", key="ends_on", row=appointment)
    if appointment.ends_on is not None and ends_on > appointment.ends_on:
        raise refuse(
            f"原授权至{appointment.ends_on}止,终止只能提前;延长请另行授权", key="ends_on", row=appointment
        )


def _require_successor(appointment: Appointment, successor: User) -> None:
    if not successors(appointment).filter(pk=successor.pk).exists():
        raise refuse(
            f"{successor}不是{appointment.unit}的{appointment.get_role_display()},不能接替",
            key="successor", row=appointment,
        )  # fmt: skip


def successors(appointment: Appointment) -> QuerySet[User]:
    """Whoever else holds the same role for the unit today, there or above it."""
    held = Appointment.objects.in_force(clock.today()).filter(
        role=appointment.role, unit_id__in=appointment.unit.ancestor_pks()
    )
    return User.objects.filter(is_active=True, pk__in=held.values("user")).exclude(pk=appointment.user_id)


def open_work(appointment: Appointment) -> list[OpenWork]:
    """The unfinished work that nobody could go on with once this appointment is over."""
    user, today = appointment.user, clock.today()
    others = user.appointments.in_force(today).exclude(pk=appointment.pk).select_related("unit")
    found = []
    for work in _declared_work(user):
        if work.permission not in RIGHTS[appointment.role]:
            continue
        still = [other.unit.path for other in others if work.permission in RIGHTS[other.role]]
        rows = work.rows.filter(within([appointment.unit.path], "unit__path"))
        rows = rows.exclude(within(still, "unit__path"))
        if rows.exists():
            found.append(OpenWork(work.label, work.permission, rows, work.owner))
    return found


def _declared_work(user: User) -> Iterator[OpenWork]:
    for part in provided():
        for gather in part.open_work:
            yield from gather(user)


def _hand_over(by: User, works: list[OpenWork], successor: User) -> None:
    for work in works:
        rows = locked_all(work.rows)
        move(rows, **{work.owner: successor})
        audit.record(by=by, action="hand_over", rows=rows, reason=f"由{successor}接替")


def keeper_hindrance(by: User, user: User) -> str:
    """Why `by` may not change this account, or nothing: it is one's own, or reaches beyond one's units."""
    if user.pk == by.pk:
        return "自己的账号请由其他系统管理员办理"
    units = _units_of(user)
    if not units or not all(access.may(by, Can.ACCOUNTS, unit) for unit in units):
        return "该账号在您的管理范围之外另有授权,请由共同上级的系统管理员办理"
    return ""


def _units_of(user: User) -> list[Unit]:
    """The units whose administrators answer for an account: its person's and those of its open roles."""
    held = list(user.appointments.open_on(clock.today()).select_related("unit"))
    home = [user.person.unit] if user.person is not None else []
    if not held and not home:
        held = list(user.appointments.select_related("unit"))
    return home + [appointment.unit for appointment in held]


def _require_keeper(by: User, user: User) -> None:
    """Raise Forbidden unless `by` administers every unit in which the account means anything.

    Whoever can set a password can act as that account: a right for one of its units is not enough.
    """
    why_not = keeper_hindrance(by, user)
    if why_not:
        raise Forbidden(Finding(key="access", severity=Severity.BLOCK, message=why_not), row=user)


def _require_single(person: Person) -> None:
    """Raise Refused where the person has an account in use: two accounts would undo separated duties."""
    locked_all(Person.objects.filter(pk=person.pk))  # two administrators at once queue here
    held = person.users.filter(is_active=True).first()
    if held is not None:
        raise refuse(f"该人员已有启用的账号“{held.username}”,一人只能有一个账号", key="person")


def install(*, username: str, unit_code: str, unit_name: str) -> tuple[User, str]:
    """Make the root unit, unless the unit is there, and its first administrator; return him with his password.

    Raises Refused where an administrator is in office already or the unit is not the root.
    """
    password = _initial_password()
    with audit.recorded():
        if Appointment.objects.in_force(clock.today()).filter(role=Role.ADMINISTRATOR).exists():
            raise refuse("系统管理员已存在,请由其在“账号与授权”中办理")
        if User.objects.filter(username=username).exists():
            raise refuse(f"登录名“{username}”已被使用,请换一个", key="username")
        root = _root(unit_code, unit_name)
        user = User(username=username, name="系统管理员", must_change_password=True)
        user.set_password(password)
        add([user])
        held = add([Appointment(user=user, unit=root, role=Role.ADMINISTRATOR, starts_on=clock.today())])
        audit.record(by=None, action="install", rows=[user, *held])
    return user, password


def _root(code: str, name: str) -> Unit:
    """The root unit of that code, made where there is no unit at all."""
    root = Unit.objects.filter(parent=None).first()
    if root is None:
        root = Unit(code=code, name=name, kind=UnitKind.ORGAN, quota_class=QuotaClass.ORGAN, path="/")
        add([root])
        root.path = root.path_by_parent()
        Unit.objects.filter(pk=root.pk).update(path=root.path)
        audit.record(by=None, action="install", rows=[root])
    if root.code != code:
        raise refuse(f"根单位已存在:{root.code} {root.name}")
    return root
