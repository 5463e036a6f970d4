"""What every audited table has in common."""

from django.db import models


class Record(models.Model):
    """A row each of whose changes leaves one audit event; `version` counts them and tells a stale form."""

    version = models.PositiveIntegerField("版本", default=1, editable=False)

    class Meta:
        abstract = True

    @property
    def audit_unit_id(self) -> int | None:
        """The unit whose auditors may read this row's events."""
        return getattr(self, "unit_id", None)


class Posted(Record):
    """A record made by a create form: the form's one-time `request_id` makes a double click one row."""

    request_id = models.UUIDField("一次性请求号", null=True, unique=True, editable=False)

    class Meta:
        abstract = True
