"""What a verb left behind: every audited row and the audit trail, compared before and after."""

import json
from collections import Counter
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.apps import apps

from carecore import audit
from carecore.models import Appointment, AuditEvent, Person, Record, Unit, User
from carecore.workflow import Refused

# Whom and what a story tells of is built while it is told.
REGISTER = (Appointment, Person, Unit, User)


def everything():
    """Every audited row of the businesses as its columns, by kind and primary key."""
    return {
        (model._meta.label_lower, row.pk): audit.snapshot(row)
        for model in apps.get_models() if issubclass(model, Record) and model not in REGISTER
        for row in model._default_manager.all()
    }  # fmt: skip


def _last():
    return AuditEvent.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


@contextmanager
def one_event_each(by, action, reason="", also=()):
    """Inside, one verb changes rows: each gets one event, with its columns before and after, and no other.

    Every event is of this action or of one of the ledger's, named in `also`. Yields what is filled at the end:
    `rows`, how many of each model changed.
    """
    before, last = everything(), _last()
    seen = SimpleNamespace(rows={})
    yield seen
    after = everything()
    changed = sorted(key for key in after if after[key] != before.get(key))
    events = list(AuditEvent.objects.filter(seq__gt=last).order_by("seq"))
    assert set(before) <= set(after)
    assert sorted((event.kind, event.object_id) for event in events) == changed
    for event in events:
        key = (event.kind, event.object_id)
        assert event.by == by and event.action in (action, *also)
        assert event.before == (audit.canonical(before[key]) if key in before else "")
        assert event.after == audit.canonical(after[key])
        assert key not in before or after[key]["version"] == before[key]["version"] + 1
    assert {event.reason for event in events} <= {reason, ""}
    assert not reason or any(event.reason == reason for event in events)
    seen.rows.update(Counter(kind.rpartition(".")[2] for kind, _ in changed))


@contextmanager
def refused(verb, by, says="", error=Refused):
    """Inside, one verb is refused: the rows stay as they are and one event says what was refused.

    Yields pytest's caught exception, so that the findings can be read afterwards.
    """
    before, last = everything(), _last()
    with pytest.raises(Refused) as caught:
        yield caught
    assert type(caught.value) is error, caught.value
    assert says in str(caught.value)
    assert everything() == before
    [event] = AuditEvent.objects.filter(seq__gt=last)
    assert (event.by, event.action, event.before, event.after) == (by, f"refused.{verb}", "", "")
    assert json.loads(event.detail) == [finding.as_dict() for finding in caught.value.findings]
