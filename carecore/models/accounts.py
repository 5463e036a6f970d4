"""Accounts and appointments (任职授权): a right is held by an appointment to a unit, from a day to a day."""

from __future__ import annotations

import datetime

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from carecore import clock
from carecore.access import Can, Role, scope
from carecore.models.records import Record
from carecore.models.units import Unit, within


class UserQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> UserQuerySet:
        """Accounts that an administrator keeps: of people of his units, and whoever held a role there."""
        paths = scope(user, Can.ACCOUNTS)
        appointed = Appointment.objects.filter(within(paths, "unit__path")).values("user")
        return self.filter(within(paths, "person__unit__path") | Q(pk__in=appointed))

    def matching(self, text: str) -> UserQuerySet:
        """Search by part of a name or by the beginning of a sign-in name."""
        return self.filter(Q(name__contains=text.strip()) | Q(username__startswith=text.strip()))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def get_by_natural_key(self, username: str) -> User:
        return self.get(username=username)


class User(AbstractBaseUser, Record):
    """A person's account. It has no rights of its own: they come from appointments alone."""

    username = models.CharField("登录名", max_length=50, unique=True)
    name = models.CharField("姓名", max_length=50)
    person = models.ForeignKey(
        "carecore.Person",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
        verbose_name="对应人员",
    )
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField("下次登录须改密码", default=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True)

    USERNAME_FIELD = "username"
    objects = UserManager()

    class Meta:
        verbose_name = verbose_name_plural = "账号"
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_unit_id(self) -> int | None:
        """The unit whose auditors may read of this account: its person's, or else that of its first role."""
        if self.person_id is not None:
            return self.person.unit_id
        return self.appointments.order_by("starts_on", "pk").values_list("unit", flat=True).first()

    @property
    def is_staff(self) -> bool:
        """The admin opens for whoever holds an appointment; each of its pages asks `access.may` again."""
        return bool(self.appointments_today)

    @property
    def appointments_today(self) -> list[Appointment]:
        """Appointments in force today with their units, read once per instance."""
        if not hasattr(self, "_appointments"):
            self._appointments = list(self.appointments.in_force(clock.today()).select_related("unit"))
        return self._appointments

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django's own permissions are not used: nobody has any."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class AppointmentQuerySet(models.QuerySet):
    def in_force(self, day: datetime.date) -> AppointmentQuerySet:
        return self.open_on(day).filter(starts_on__lte=day)

    def open_on(self, day: datetime.date) -> AppointmentQuerySet:
        """Appointments not yet over on a day, those that begin later included."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day))

    def visible_to(self, user: User) -> AppointmentQuerySet:
        """Appointments that an administrator keeps."""
        return self.filter(within(scope(user, Can.ACCOUNTS), "unit__path"))


class Appointment(Record):
    """A role that a user holds for a unit and everything under it; both days inclusive."""

    user = models.ForeignKey(User, models.PROTECT, related_name="appointments", verbose_name="账号")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="appointments", verbose_name="单位")
    role = models.CharField("角色", max_length=20, choices=Role)
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("截止日期", null=True, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任职授权"
        ordering = ["unit__path", "role", "starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on__lte=models.F("ends_on")),
                name="appointment_starts_before_end",
                violation_error_message="截止日期不得早于起始日期",
            ),
            models.UniqueConstraint(
                fields=["user", "unit", "role"], condition=Q(ends_on=None), name="appointment_once_open",
                violation_error_message="该账号在此单位已有同一角色的有效授权",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.user}({self.unit}{self.get_role_display()})"
