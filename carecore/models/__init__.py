"""The tables that the three businesses share. Import from here, never from the modules below."""

from carecore.models.accounts import Appointment, User
from carecore.models.audit import AuditEvent, AuditHead
from carecore.models.benefits import Benefit
from carecore.models.jobs import Job
from carecore.models.papers import Attachment, Notice, NoticeLine, Objection
from carecore.models.people import Appraisal, Honour, Person, ServicePeriod
from carecore.models.policy import Document, Phase, Rule, Severity
from carecore.models.records import Posted, Record
from carecore.models.units import QuotaClass, Unit, UnitKind

__all__ = [
    "Appointment", "Appraisal", "Attachment", "AuditEvent", "AuditHead", "Benefit", "Document", "Honour",
    "Job", "Notice", "NoticeLine", "Objection", "Person", "Phase", "Posted", "QuotaClass", "Record", "Rule",
    "ServicePeriod", "Severity", "Unit", "UnitKind", "User",
]  # fmt: skip
