"""The audit trail: one event per changed row in the same transaction, chained so that tampering shows."""

import datetime
import json

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from carecore import audit, privacy
from carecore.models import AuditEvent, AuditHead, Person, Rule, Unit
from tests import build

START = "0" * 64


def renamed(unit, name, by=None):
    """Change one column of a unit and record it, as a verb does."""
    with audit.recorded():
        audit.remember([unit])
        unit.name = name
        unit.version += 1
        unit.save()
        audit.record(by=by, action="rename", rows=[unit], reason="更名", detail="说明")
    return unit


def broken(**kwargs):
    return [(one.seq, one.message) for one in audit.check_chain(**kwargs)]


def test_a_change_leaves_one_event_that_says_who_what_before_and_after(city, cast):
    with audit.source("10.0.0.1"):
        renamed(city.a, "甲一局", cast.org_lead)
    event = AuditEvent.objects.get()
    assert (event.seq, event.by, event.source, event.action) == (1, cast.org_lead, "10.0.0.1", "rename")
    assert (event.kind, event.object_id, event.unit) == ("carecore.unit", city.a.pk, city.a)
    assert (event.reason, event.detail) == ("更名", "说明")
    assert event.at.date() == datetime.date(2026, 5, 11)
    before, after = json.loads(event.before), json.loads(event.after)
    assert {name for name in after if after[name] != before[name]} == {"name", "version"}
    assert (before["name"], after["name"], after["version"]) == ("甲局", "甲一局", 2)
    assert set(after) == {field.attname for field in Unit._meta.concrete_fields}


def test_a_new_row_has_no_before(city):
    with audit.recorded():
        row = Unit.objects.create(
            code="x", name="新局", kind="企业", quota_class="企业、社区(村)", path="/9/"
        )
        audit.record(by=None, action="add", rows=[row])
    event = AuditEvent.objects.get()
    assert event.before == ""
    assert json.loads(event.after)["id"] == row.pk


def test_two_records_of_one_row_in_one_transaction_follow_each_other(city):
    with audit.recorded():
        audit.remember([city.a])
        city.a.name = "一"
        audit.record(by=None, action="first", rows=[city.a])
        city.a.name = "二"
        audit.record(by=None, action="second", rows=[city.a])
    first, second = AuditEvent.objects.order_by("seq")
    assert second.before == first.after


def test_a_removed_row_leaves_an_event_without_after(city):
    rule = build.rule(city.root, "sanatorium.days", [5, 7])
    with audit.recorded():
        audit.remember([rule])
        audit.record_removal(by=None, action="withdraw", row=rule, reason="重复")
        rule.delete()
    event = AuditEvent.objects.get()
    assert (event.kind, json.loads(event.before)["value"], event.after) == ("carecore.rule", [5, 7], "")


def test_recording_outside_a_recorded_transaction_is_an_error(city):
    with pytest.raises(RuntimeError, match="outside audit.recorded"):
        audit.record(by=None, action="rename", rows=[city.a])
    assert not audit.recording()


def test_encrypted_columns_are_keyed_digests(city):
    number = build.id_number()
    person = build.person(city.a, id_number=number)
    shown = audit.snapshot(person)
    assert shown["id_number"] == privacy.digest(number)
    assert shown["phone"] == ""
    assert number not in audit.canonical(shown)


def test_passwords_and_sign_ins_are_not_in_the_trail(cast):
    shown = audit.snapshot(cast.clerk)
    assert (shown["password"], shown["last_login"]) == ("", "")


def test_a_snapshot_is_what_the_database_gives_back(city, cast):
    venue = build.venue(city.root)
    batch = build.batch(build.plan(city.root), venue, cast.union_officer)  # its cap was given as a text
    rule = build.rule(city.root, "sanatorium.days", {"本市": (2, 3)})
    person = build.person(city.a, sex="女", born_on="1980-01-01")
    for row in (batch, rule, person, venue, cast.clerk):
        fresh = type(row)._default_manager.get(pk=row.pk)
        assert audit.canonical(audit.snapshot(row)) == audit.canonical(audit.snapshot(fresh))
    assert audit.snapshot(batch)["cost_cap"] == "3000.00"


def test_an_expression_is_never_recorded_as_a_value(city):
    city.a.version = F("version") + 1
    with pytest.raises((TypeError, ValidationError)):
        audit.snapshot(city.a)


def test_a_refused_transaction_leaves_no_event_and_no_row(city):
    with pytest.raises(ZeroDivisionError), audit.recorded():
        Unit.objects.filter(pk=city.a.pk).update(name="改")
        audit.record(by=None, action="rename", rows=[city.a])
        _ = 1 / 0
    assert not AuditEvent.objects.exists()
    assert Unit.objects.get(pk=city.a.pk).name == "甲局"


def test_an_inner_block_joins_the_outer_one_and_undoes_only_itself(city):
    with audit.recorded():
        audit.record(by=None, action="outer", rows=[city.a])
        with pytest.raises(ZeroDivisionError), audit.recorded():
            audit.record(by=None, action="inner", rows=[city.b])
            _ = 1 / 0
    assert [event.action for event in AuditEvent.objects.all()] == ["outer"]
    assert broken() == []


def test_events_wait_for_the_end_of_the_transaction(city):
    with audit.recorded():
        audit.record(by=None, action="one", rows=[city.a])
        assert not AuditEvent.objects.exists()
    assert AuditEvent.objects.count() == 1


def test_access_is_recorded_without_before_and_after(city, cast):
    person = build.person(city.a)
    audit.record_access(by=cast.clerk, action="reveal", row=person, reason="核对保险")
    audit.record_access(by=cast.clerk, action="export", unit=city.b, detail="名册")
    audit.record_access(by=None, action="sign_in.failed")
    reveal, export, failed = AuditEvent.objects.order_by("seq")
    assert (reveal.kind, reveal.object_id, reveal.unit, reveal.reason) == (
        "carecore.person", person.pk, city.a, "核对保险"
    )  # fmt: skip
    assert (export.kind, export.object_id, export.unit) == ("", None, city.b)
    assert (failed.by, failed.unit, failed.before, failed.after) == (None, None, "", "")


def test_the_source_is_named_and_given_back():
    with audit.source("命令 load_policy" + "x" * 80), audit.source("内"):
        pass
    with audit.source("x" * 80):
        assert len(audit._source.get()) == 60
    assert audit._source.get() == "系统"


def test_events_of_a_row_are_its_timeline(city):
    for name in ("一", "二"):
        renamed(city.a, name)
    renamed(city.b, "三")
    assert [json.loads(e.after)["name"] for e in AuditEvent.objects.of(city.a)] == ["一", "二"]


def test_auditors_see_events_of_their_units_only(city, cast):
    renamed(city.a, "一")
    renamed(city.b, "二")
    inside = build.user("auditor_a", city.a, "auditor")
    assert [event.unit for event in AuditEvent.objects.visible_to(inside)] == [city.a]
    assert AuditEvent.objects.visible_to(cast.auditor).count() == 2
    assert not AuditEvent.objects.visible_to(cast.union_lead).exists()


def test_a_hundred_rows_are_recorded_with_a_constant_number_of_queries(city, django_assert_num_queries):
    rows = [city.a, city.b, city.root, city.company]
    renamed(city.a, "甲局")  # the head exists from here on
    for some in (rows[:1], rows):
        with django_assert_num_queries(5), audit.recorded():  # begin, head, events, head, commit
            audit.record(by=None, action="touch", rows=some)


# The chain ------------------------------------------------------------------------------------------------


@pytest.fixture
def chain(city):
    """Three events in two transactions."""
    with audit.recorded():
        audit.record(by=None, action="a", rows=[city.a, city.b])
    audit.record_access(by=None, action="b")
    return list(AuditEvent.objects.order_by("seq"))


def test_each_link_is_sealed_over_the_one_before(chain):
    assert [event.seq for event in chain] == [1, 2, 3]
    assert [event.previous_hash for event in chain] == [START, chain[0].hash, chain[1].hash]
    assert all(audit.seal(event) == event.hash and len(event.hash) == 64 for event in chain)
    assert (AuditHead.objects.get().seq, AuditHead.objects.get().hash) == (3, chain[2].hash)


def test_an_untouched_chain_holds(chain):
    assert broken() == []
    assert broken(anchor=(2, chain[1].hash)) == []
    assert broken(anchor=(0, START)) == []


def test_an_empty_chain_holds(db):
    assert broken() == []
    assert broken(anchor=(0, START)) == []


@pytest.mark.parametrize(
    "column",
    [
        {"reason": "改"}, {"action": "z"}, {"after": "{}"}, {"before": "{}"}, {"detail": "x"},
        {"source": "x"}, {"kind": "x.y"}, {"object_id": 99},
        {"at": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)},
        {"unit_id": None}, {"hash": "f" * 64}, {"previous_hash": "f" * 64},
    ],
)  # fmt: skip
def test_any_changed_column_shows(chain, column):
    AuditEvent.objects.filter(seq=2).update(**column)
    assert (2, "第 2 号审计事件被改动或次序不符") in broken()


def test_a_changed_actor_shows(chain, cast):
    AuditEvent.objects.filter(seq=1).update(by=cast.clerk)
    assert broken() == [(1, "第 1 号审计事件被改动或次序不符")]


def test_a_missing_event_shows_by_its_own_number(chain):
    AuditEvent.objects.filter(seq=2).delete()
    assert broken() == [(2, "第 2 号审计事件缺失")]


def test_a_tail_cut_off_shows_against_the_head(chain):
    AuditEvent.objects.filter(seq=3).delete()
    assert broken() == [(2, "审计链末尾应为第 3 号,实为第 2 号")]


def test_a_tail_cut_off_together_with_the_head_shows_against_the_anchor(chain):
    AuditEvent.objects.filter(seq=3).delete()
    AuditHead.objects.update(seq=2, hash=chain[1].hash)
    assert broken() == []
    message = "与外部留存的第 3 号锚点不符,其后的记录可能被截断或重写"
    assert broken(anchor=(3, chain[2].hash)) == [(3, message)]


def test_a_chain_written_anew_shows_against_the_anchor(chain):
    AuditEvent.objects.all().delete()
    AuditHead.objects.all().delete()
    for action in ("x", "y", "z"):
        audit.record_access(by=None, action=action)
    assert broken() == []
    assert [seq for seq, _ in broken(anchor=(3, chain[2].hash))] == [3]


def test_a_removed_head_shows(chain):
    AuditHead.objects.all().delete()
    assert broken() == [(3, "审计链末尾应为第 0 号,实为第 3 号")]


@pytest.mark.django_db(transaction=True)
def test_a_chain_is_kept_over_real_commits():
    root = build.unit("滨海市")
    renamed(root, "一")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        renamed(root, "二")
        _ = 1 / 0
    renamed(root, "三")
    assert [json.loads(e.after)["name"] for e in AuditEvent.objects.order_by("seq")] == ["一", "三"]
    assert broken() == []
    assert Rule.objects.count() == Person.objects.count() == 0


def test_what_has_no_row_of_its_own_is_read_by_the_users_own_auditors(cast):
    audit.record_access(by=cast.clerk, action="export", detail="list")
    assert AuditEvent.objects.order_by("seq").last().unit_id == cast.clerk.person.unit_id
