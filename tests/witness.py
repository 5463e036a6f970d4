"""Events for rows that tests build without verbs, so that `verify` takes them as properly made."""

from django.apps import apps

from carecore import audit
from carecore.models import Record


def witnessed():
    """Leave one event for every audited row there is."""
    with audit.recorded():
        for model in apps.get_models():
            if issubclass(model, Record):
                audit.record(by=None, action="built", rows=model._default_manager.order_by("pk"))
