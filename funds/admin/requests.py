"""Applications in the admin: what a draft is about may be put right; its lines and states move on its page (LYG-10)."""

from __future__ import annotations

from carecore.access import Can
from carecore.care_admin import CareAdmin, VerbForm
from carecore.models import User
from funds.models import Application, ApplicationState
from funds.workflow import applications


class ApplicationAdmin(CareAdmin):
    changes = Can.APPLY
    edit_fields = ("subject",)
    shown_fields = (
        "unit", "fund", "purpose", "asked", "decided", "state", "decision", "meeting", "opinion", "applied_by", "applied_on",
        "accepted_by", "accepted_on", "decided_by", "decided_on",
    )  # fmt: skip
    list_display = ("__str__", "fund", "purpose", "asked", "decided", "state")
    list_select_related = ("unit", "fund__unit", "purpose")
    list_filter = ("state",)
    search_fields = ("subject",)

    def may_edit(self, row: Application) -> bool:
        return row.state == ApplicationState.DRAFT

    def carry_out(self, by: User, form: VerbForm, row: Application) -> Application:
        return applications.amend_application(by=by, application=row, **form.facts(*self.edit_fields))
