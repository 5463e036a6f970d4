"""Django's admin for appointed staff: the same rights, the same visible rows, every change through a verb.

A `CareAdmin` names the rights and the fields; `carry_out` calls one verb. What the verb refuses comes back as
errors of the form, beside the field whose limit it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import IntegrityError, models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import escape
from django.utils.http import urlencode

from carecore import access, clock
from carecore.access import Can
from carecore.forms.fields import PickField
from carecore.models import Record, Severity, Unit, User
from carecore.offers import timeline
from carecore.policy import KEYS, Finding, Rulebook
from carecore.views.accounts import SignOut
from carecore.workflow import Refused, Stale

HIDDEN = "row_version"


class CareAdminSite(admin.AdminSite):
    """The site under /admin/; signing in and out and one's password are those of the other pages."""

    site_title = site_header = "Carecore 后台管理"
    index_title = "资料目录"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_staff

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.user.is_authenticated:
            return render(request, "403.html", {"exception": "您没有任职授权,不能进入后台管理"}, status=403)
        target = request.GET.get("next", reverse("admin:index"))
        return redirect(f"{reverse('login')}?{urlencode({'next': target})}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return SignOut.as_view()(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("password_change")

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("password_change")


site = CareAdminSite(name="admin")


class VerbForm(forms.ModelForm):
    """A form whose row is changed by a verb. The class made for a request carries what belongs to it."""

    user: ClassVar[User]
    rights: ClassVar[tuple[Can, ...]] = ()
    refusal: ClassVar[Refused | None] = None
    hints: ClassVar[dict[str, str]] = {}
    rule_fields: ClassVar[dict[str, tuple[str, ...]]] = {}
    wanted: ClassVar[tuple[str, ...]] = ()

    row_version = forms.IntegerField(widget=forms.HiddenInput, required=False, label="版本")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(self.wanted):
            del self.fields[name]
        if self.instance.pk:
            self.initial[HIDDEN] = self.instance.version
        for name, field in self.fields.items():
            if isinstance(field, PickField):
                field.for_user(self.user, *self.rights)
            if hint := self.hints.get(name):
                field.help_text = f"{field.help_text} {hint}".strip()
        self.prepare()

    def prepare(self) -> None:
        """Set choices that depend on the user or the row; a subclass says which."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for finding in self.refusal.findings if self.refusal else ():
            self.add_error(self._field_of(finding), finding.message)
        return data

    def _field_of(self, finding: Finding) -> str | None:
        """The field that a finding is about: named by it, or limited by its rule."""
        if finding.key in self.fields:
            return finding.key
        return next((name for name, keys in self.rule_fields.items() if finding.key in keys), None)

    def facts(self, *names: str) -> dict[str, Any]:
        """The cleaned values of these fields, or of all that the form shows, for a verb."""
        chosen = names or [name for name in self.fields if name != HIDDEN]
        return {name: self.cleaned_data[name] for name in chosen if name in self.cleaned_data}


class CareAdmin(admin.ModelAdmin):
    """The base of every admin page. Rights are asked of `access.may`; nothing is ever deleted."""

    form = VerbForm
    sees: ClassVar[tuple[Can, ...]] = (Can.SEE,)
    adds: ClassVar[Can | None] = None
    changes: ClassVar[Can | None] = None
    add_fields: ClassVar[tuple[str, ...]] = ()
    edit_fields: ClassVar[tuple[str, ...]] = ()
    shown_fields: ClassVar[tuple[str, ...]] = ()  # on the page of a row, never to be typed over
    limited: ClassVar[dict[str, tuple[str, ...]]] = {}  # field → the rules that limit it, or other findings

    actions = None
    list_per_page = 50
    show_full_result_count = False
    view_on_site = False
    formfield_overrides = {
        models.DateField: {"widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})}
    }

    # What a subclass says -------------------------------------------------------------------------------

    def carry_out(self, by: User, form: VerbForm, row: Any) -> Record:
        """Call the verb that adds (`row` is None) or changes the row; returns it."""
        raise NotImplementedError

    def visible(self, user: User) -> models.QuerySet:
        return self.model._default_manager.visible_to(user)

    def unit_of(self, row: Any) -> Unit:
        """The unit whose right is asked for a change."""
        return row.unit

    def may_edit(self, row: Any) -> bool:
        """Whether the row's state lets it be changed here at all."""
        return True

    # Rights and rows ------------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return any(access.may(request.user, right) for right in self.sees)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.adds is not None and access.may(request.user, self.adds)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if self.changes is None:
            return False
        unit = self.unit_of(obj) if obj is not None else None
        return access.may(request.user, self.changes, unit) and (obj is None or self.may_edit(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        rows = self.visible(request.user).order_by(*self.get_ordering(request))
        return rows.select_related(*self.list_select_related) if self.list_select_related else rows

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """What the lists of the other pages find, where the model says how it is searched."""
        if search_term and hasattr(queryset, "matching"):
            return queryset.matching(search_term.replace("\0", "")[:50]), False
        return super().get_search_results(request, queryset, search_term)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        raise Http404("没有这条记录")

    # The form -------------------------------------------------------------------------------------------

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return list(self.add_fields)
        if self.has_change_permission(request, obj):
            return [*self.edit_fields, *self.shown_fields, HIDDEN]
        return [name for name in (*self.edit_fields, *self.shown_fields) if self._can_be_shown(name)]

    def _can_be_shown(self, name: str) -> bool:
        return hasattr(self, name) or name in {field.name for field in self.opts.get_fields()}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Iterable[str]:
        return self.shown_fields if obj is not None else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type:
        form = super().get_form(request, obj, change, **kwargs)
        right = self.changes if change else self.adds
        own = {
            "user": request.user, "rights": (right,) if right else (), "rule_fields": self.limited,
            "refusal": getattr(request, "refusal", None), "wanted": tuple(kwargs.get("fields") or ()), "hints": self._hints(request, obj, right),
        }  # fmt: skip
        return type(form.__name__, (form,), own)

    def _hints(self, request: HttpRequest, obj: Any, right: Can | None) -> dict[str, str]:
        """For each limited field the limits in force today with their clauses."""
        paths = access.scope(request.user, right) if right and obj is None else []
        if not self.limited or (obj is None and not paths):
            return {}
        unit = self.unit_of(obj) if obj is not None else Unit.objects.get(path=paths[0])
        book = Rulebook(clock.today())
        found = {
            name: [book.hint(key, unit) for key in keys if key in KEYS] for name, keys in self.limited.items()
        }
        return {name: escape(";".join(filter(None, hints))) for name, hints in found.items() if any(hints)}

    # Saving ---------------------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Show or carry out; a refusal shows the same form again with its findings as errors.

        There is no transaction around it: the verb opens its own, and its refusal is recorded after that.
        """
        try:
            return self._changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            request.refusal = refusal
        except IntegrityError as error:
            request.refusal = Refused(self._violated(error))
        response = self._changeform_view(request, object_id, form_url, extra_context)
        response.status_code = request.refusal.status
        return response

    def _violated(self, error: IntegrityError) -> Finding:
        """What a table's own constraint refused, in the words that the constraint carries."""
        named = (one for one in self.opts.constraints if one.name in str(error))
        constraint = next(named, None)
        message = constraint.violation_error_message if constraint else "与已有记录冲突,请刷新后核对"
        return Finding("constraint", Severity.BLOCK, str(message))

    def save_model(self, request: HttpRequest, obj: Any, form: VerbForm, change: bool) -> None:
        row = self._row_as_seen(request, obj, form) if change else None
        saved = self.carry_out(request.user, form, row)
        obj.__dict__.update(saved.__dict__)

    def _row_as_seen(self, request: HttpRequest, obj: Any, form: VerbForm) -> Any:
        """The stored row, carrying the version that the form showed; raises Stale where it moved on."""
        row = self.get_queryset(request).get(pk=obj.pk)
        if row.version != form.cleaned_data.get(HIDDEN):
            message = f"{row}:该记录已被他人更新,请刷新后重新操作"
            raise Stale(Finding("stale", Severity.BLOCK, message), row=row)
        return row

    # The audit trail is the log: Django's own stays empty -----------------------------------------------

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            raise Http404("没有这条记录")
        context = {
            **self.admin_site.each_context(request), "title": f"办理记录:{row}", "opts": self.opts,
            "object": row, "events": timeline(row),
        }  # fmt: skip
        return render(request, "admin/care_history.html", context)


def raise_findings(findings: Iterable[Finding]) -> None:
    """Raise Refused with these findings, if there are any."""
    found = list(findings)
    if found:
        raise Refused(*found)


__all__ = ["CareAdmin", "CareAdminSite", "VerbForm", "raise_findings", "site"]
