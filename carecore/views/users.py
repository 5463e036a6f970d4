"""Pages of accounts and appointments, for administrators."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from carecore import access, accounts, clock
from carecore.access import Can
from carecore.forms.accounts import AccountForm, AmendAccountForm, AppointForm, EndForm
from carecore.listing import ListingView
from carecore.lists.users import UserFilter, UserTable
from carecore.models import Appointment, User
from carecore.offers import timeline
from carecore.views.acts import needs, perform, refused, row_of, submit_form, wants_json
from carecore.views.entry import fetch, form_page, posted, saved
from carecore.workflow import Refused


class UserList(ListingView):
    title, table_class, filterset_class = "账号与授权", UserTable, UserFilter

    def visible_rows(self, user: User) -> QuerySet[User]:
        held = Appointment.objects.visible_to(user).in_force(clock.today()).select_related("unit")
        return User.objects.visible_to(user).prefetch_related(Prefetch("appointments", held, to_attr="held"))

    def create_url(self, user: User) -> str:
        return reverse("user_new")


def _users(request: HttpRequest) -> QuerySet[User]:
    return User.objects.visible_to(request.user).select_related("person__unit")


@needs(Can.ACCOUNTS, "GET", "POST")
def user_new(request: HttpRequest) -> HttpResponse:
    form = AccountForm(posted(request), user=request.user)
    if form.is_valid():
        made = submit_form(form, accounts.create_account, by=request.user, **form.facts)
        if made is not None:
            return _password_page(request, *made)
    return form_page(request, form, "新增账号", reverse("user_list"), submit="建立账号")


@needs(Can.ACCOUNTS, "GET", "POST")
def user_edit(request: HttpRequest, pk: int) -> HttpResponse:
    user = fetch(request, _users(request), pk)
    initial = {"name": user.name, "person": user.person}
    form = AmendAccountForm(posted(request), user=request.user, initial=initial)
    back = reverse("user_detail", args=[pk])
    if form.is_valid() and submit_form(
        form, accounts.amend_account, by=request.user, user=user, **form.cleaned_data
    ):
        return saved(request, user, "账号已修改", back)
    return form_page(request, form, f"修改账号 {user.username}", back, user)


@needs(Can.ACCOUNTS)
def user_detail(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(_users(request), pk=pk)
    today = clock.today()
    held = list(Appointment.objects.visible_to(request.user).filter(user=user).select_related("unit"))
    for appointment in held:
        appointment.over = appointment.ends_on is not None and appointment.ends_on < today
    context = {
        "title": f"账号 {user.username}", "row": user, "held": held, "verbs": _verbs(request.user, user),
        "own": user.pk == request.user.pk, "version": user.version, "events": timeline(user),
        "person_known": user.person is not None and access.may(request.user, Can.ACCOUNTS, user.person.unit),
    }  # fmt: skip
    return render(request, "carecore/user_detail.html", context)


def _verbs(by: User, user: User) -> list[dict[str, Any]]:
    """The buttons of the page, each possible or with the reason why it is not."""
    why_not = accounts.keeper_hindrance(by, user)
    switch = ("停用账号", "user_deactivate") if user.is_active else ("启用账号", "user_activate")
    return [
        {
            "label": label, "url": reverse(route, args=[user.pk]), "enabled": not why_not, "why_not": why_not,
            "danger": danger,
        }
        for label, route, danger in (("重置密码", "user_reset_password", True), (*switch, user.is_active))
    ]  # fmt: skip


@needs(Can.ACCOUNTS, "POST")
def user_reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    user = row_of(request, User.objects.visible_to(request.user), pk)
    try:
        made = accounts.reset_password(by=request.user, user=user)
    except Refused as refusal:
        return refused(request, refusal, reverse("user_detail", args=[pk]))
    return _password_page(request, *made)


def _password_page(request: HttpRequest, user: User, password: str) -> HttpResponse:
    """The one-time password, shown once: it is stored nowhere and cannot be read again."""
    if wants_json(request):
        return JsonResponse({"ok": True, "state": "", "pk": user.pk, "password": password, "findings": []})
    context = {"title": "一次性密码", "row": user, "password": password}
    return render(request, "carecore/user_password.html", context)


@needs(Can.ACCOUNTS, "POST")
def user_deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    return _switch(request, pk, active=False)


@needs(Can.ACCOUNTS, "POST")
def user_activate(request: HttpRequest, pk: int) -> HttpResponse:
    return _switch(request, pk, active=True)


def _switch(request: HttpRequest, pk: int, *, active: bool) -> HttpResponse:
    user = row_of(request, User.objects.visible_to(request.user), pk)
    done = "账号已启用" if active else "账号已停用"
    back = reverse("user_detail", args=[pk])
    return perform(request, accounts.set_active, done=done, back=back, user=user, active=active)


@needs(Can.ACCOUNTS, "GET", "POST")
def user_appoint(request: HttpRequest, pk: int) -> HttpResponse:
    user = fetch(request, _users(request), pk)
    form = AppointForm(posted(request), user=request.user)
    back = reverse("user_detail", args=[pk])
    if form.is_valid() and submit_form(
        form, accounts.appoint, by=request.user, user=user, **form.cleaned_data
    ):
        return saved(request, user, "已授权", back)
    return form_page(request, form, f"授权:{user}({user.username})", back, user, submit="授权")


@needs(Can.ACCOUNTS, "GET", "POST")
def appointment_end(request: HttpRequest, pk: int) -> HttpResponse:
    query = Appointment.objects.visible_to(request.user).select_related("user", "unit")
    held = fetch(request, query, pk)
    form = EndForm(posted(request), user=request.user, appointment=held)
    back = reverse("user_detail", args=[held.user_id])
    if form.is_valid() and submit_form(
        form, accounts.end_appointment, by=request.user, appointment=held, **form.cleaned_data
    ):
        return saved(request, held, "授权已终止", back)
    works = [f"{work.label}{work.rows.count()}件" for work in accounts.open_work(held)]
    intro = [f"未办事项:{'、'.join(works)},终止后由接替人继续办理。"] if works else ["没有未办事项。"]
    return form_page(request, form, f"终止授权:{held}", back, held, intro=intro, submit="终止授权")


urlpatterns = [
    path("accounts/users/", needs(Can.ACCOUNTS, "GET", "POST")(UserList.as_view()), name="user_list"),
    path("accounts/users/new/", user_new, name="user_new"),
    path("accounts/users/<int:pk>/", user_detail, name="user_detail"),
    path("accounts/users/<int:pk>/edit/", user_edit, name="user_edit"),
    path("accounts/users/<int:pk>/reset_password/", user_reset_password, name="user_reset_password"),
    path("accounts/users/<int:pk>/deactivate/", user_deactivate, name="user_deactivate"),
    path("accounts/users/<int:pk>/activate/", user_activate, name="user_activate"),
    path("accounts/users/<int:pk>/appoint/", user_appoint, name="user_appoint"),
    path("accounts/appointments/<int:pk>/end/", appointment_end, name="appointment_end"),
]
