"""Signing in and out, and one's own password; each leaves its audit event."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import update_session_auth_hash, views
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path

from carecore import accounts, audit, privacy
from carecore.forms.accounts import SignInForm
from carecore.views.acts import submit_form
from carecore.views.entry import signed_in


class SignIn(views.LoginView):
    """The sign-in page. A failed attempt keeps the name only as a digest: people type passwords there."""

    form_class = SignInForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        audit.record_access(by=user, action="sign_in", row=user)
        return super().form_valid(form)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        locked = getattr(self.request, "axes_locked_out", False)
        name = privacy.digest(form.data.get("username", ""))
        audit.record_access(by=None, action="sign_in_locked" if locked else "sign_in_failed", detail=name)
        if locked:
            form.errors.clear()
            form.add_error(None, settings.AXES_COOLOFF_MESSAGE)
        return self.render_to_response(self.get_context_data(form=form), status=429 if locked else 400)


def locked_out(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any]) -> HttpResponse:
    """What axes answers to a locked name: the sign-in page, which says so already (AXES_LOCKOUT_CALLABLE)."""
    return response


class SignOut(views.LogoutView):
    """Signing out, recorded."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        audit.record_access(by=request.user, action="sign_out", row=request.user)
        return super().post(request, *args, **kwargs)


class ChangePassword(views.PasswordChangeView):
    """One's own password; the session goes on, every other session of the account ends."""

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        chosen = form.cleaned_data["new_password1"]
        user = submit_form(form, accounts.change_password, by=self.request.user, password=chosen)
        if user is None:
            return self.form_invalid(form)
        update_session_auth_hash(self.request, user)
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)


urlpatterns = [
    path("accounts/login/", SignIn.as_view(), name="login"),
    path("accounts/logout/", signed_in("POST")(SignOut.as_view()), name="logout"),
    path("accounts/password/", signed_in("GET", "POST")(ChangePassword.as_view()), name="password_change"),
    path(
        "accounts/password/done/",
        signed_in()(views.PasswordChangeDoneView.as_view()),
        name="password_change_done",
    ),
]
