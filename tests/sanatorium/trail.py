"""What a verb left behind: every row of the year and the audit trail, compared before and after."""

import json
from collections import Counter
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from carecore import audit
from carecore.models import AuditEvent, Notice, NoticeLine, Objection
from carecore.workflow import Refused
from sanatorium.models import Batch, ClassQuota, Nomination, PersonYear, Plan, UnitQuota

KEPT = (Plan, ClassQuota, UnitQuota, Nomination, PersonYear, Batch, Notice, NoticeLine, Objection)


def everything():
    """Every row of the year as its columns, by kind and primary key."""
    return {
        (model._meta.label_lower, row.pk): audit.snapshot(row)
        for model in KEPT
        for row in model.objects.all()
    }


def _last():
    return AuditEvent.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


@contextmanager
def one_event_each(by, action, reason=""):
    """Inside, one verb changes rows: each gets one event, with its columns before and after, and no other.

    Yields what is filled at the end: `rows`, how many of each model changed.
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
        assert (event.by, event.action) == (by, action)
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


EVERYONE = (
    "clerk", "clerk_b", "clerk_c", "lead", "lead_b", "lead_c", "union_officer", "union_lead", "org_officer", "org_lead",
    "auditor", "admin",
)  # fmt: skip


def all_but(*names):
    """The users of the cast, by name, besides those who may."""
    assert set(names) <= set(EVERYONE)
    return [name for name in EVERYONE if name not in names]
