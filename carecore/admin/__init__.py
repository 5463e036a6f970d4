"""carecore's own tables in the admin."""

from carecore.admin.policy import DocumentAdmin, RuleAdmin
from carecore.admin.registers import AppointmentAdmin, PersonAdmin, UnitAdmin, UserAdmin
from carecore.care_admin import site
from carecore.models import Appointment, Document, Person, Rule, Unit, User

for model, page in (
    (Unit, UnitAdmin), (Person, PersonAdmin), (User, UserAdmin), (Appointment, AppointmentAdmin),
    (Document, DocumentAdmin), (Rule, RuleAdmin),
):  # fmt: skip
    site.register(model, page)
