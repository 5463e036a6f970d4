"""What every verb shares: refusals that are recorded, rows that are locked, moved and changed."""

import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore import audit, workflow
from carecore.access import Can
from carecore.models import AuditEvent, Person, Severity, Unit
from carecore.policy import Finding
from carecore.workflow import Forbidden, Refused, Stale, enforce, refuse, require_right, require_state, verb
from sanatorium.models import Batch, Plan, PlanState
from tests import build


@verb
def rename(*, by, unit, name, refuse_after=False):
    """A verb as they all are."""
    (unit,) = workflow.locked([unit])
    workflow.move([unit], name=name)
    audit.record(by=by, action="rename", rows=[unit])
    if refuse_after:
        raise refuse("名称不合适", row=unit)
    return unit


@verb
def rename_two(*, by, units):
    """A verb that calls another one."""
    rename(by=by, unit=units[0], name="一")
    return rename(by=by, unit=units[1], name="二", refuse_after=True)


def events():
    return [(e.action, e.object_id) for e in AuditEvent.objects.order_by("seq")]


# A verb ---------------------------------------------------------------------------------------------------


def test_a_verb_changes_and_records_in_one_transaction(city, cast):
    row = rename(by=cast.org_lead, unit=city.a, name="甲一局")
    fresh = Unit.objects.get(pk=city.a.pk)
    assert (row.name, row.version, fresh.name, fresh.version) == ("甲一局", 2, "甲一局", 2)
    event = AuditEvent.objects.get()
    assert (event.action, event.by, event.object_id) == ("rename", cast.org_lead, city.a.pk)
    assert json.loads(event.before)["name"] == "甲局"


def test_a_refused_verb_leaves_its_event_and_nothing_else(city, cast):
    with pytest.raises(Refused, match="名称不合适"):
        rename(by=cast.org_lead, unit=city.a, name="甲一局", refuse_after=True)
    assert Unit.objects.get(pk=city.a.pk).name == "甲局"
    event = AuditEvent.objects.get()
    assert (event.action, event.by, event.object_id) == ("refused.rename", cast.org_lead, city.a.pk)
    assert (event.before, event.after) == ("", "")
    assert json.loads(event.detail) == [
        {"rule": "state", "severity": "block", "message": "名称不合适", "asked": "", "limit": "",
         "clause": "", "rule_id": None}
    ]  # fmt: skip


def test_a_refusal_inside_another_verb_undoes_both_and_is_recorded_once(city, cast):
    with pytest.raises(Refused):
        rename_two(by=cast.org_lead, units=[city.a, city.b])
    assert [unit.name for unit in Unit.objects.filter(pk__in=[city.a.pk, city.b.pk])] == ["甲局", "乙局"]
    assert events() == [("refused.rename_two", city.b.pk)]


def test_a_refusal_of_a_row_that_was_never_stored_names_none(city, cast):
    @verb
    def open_office(*, by):
        raise refuse("不设", row=Unit(name="新"))

    with pytest.raises(Refused):
        open_office(by=cast.org_lead)
    assert events() == [("refused.open_office", None)]


def test_an_error_that_is_no_refusal_is_not_recorded_as_one(city, cast):
    @verb
    def stumble(*, by):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble(by=cast.org_lead)
    assert events() == []


def test_what_a_refusal_carries():
    findings = [Finding("a", Severity.BLOCK, "甲"), Finding("b", Severity.WARN, "乙")]
    refusal = Refused(*findings)
    assert (str(refusal), refusal.findings, refusal.code, refusal.status) == ("甲;乙", findings, "rule", 409)
    assert (Stale().code, Stale().status) == ("stale", 409)
    assert (Forbidden().code, Forbidden().status) == ("forbidden", 403)


# Locking --------------------------------------------------------------------------------------------------


def test_locked_rows_are_fresh_in_order_and_remembered(city):
    stale_name = Unit.objects.get(pk=city.a.pk)
    stale_name.name = "没有保存"
    with audit.recorded():
        first, second = workflow.locked([city.b, stale_name], "parent")
    assert [first, second] == [city.a, city.b]
    assert (first.name, first._before["name"]) == ("甲局", "甲局")
    assert "parent" in first._state.fields_cache


def test_a_row_that_was_changed_meanwhile_is_stale(city, cast):
    seen = Unit.objects.get(pk=city.a.pk)
    rename(by=cast.org_lead, unit=city.a, name="先到")
    with pytest.raises(Stale) as caught:
        rename(by=cast.org_lead, unit=seen, name="后到")
    assert caught.value.findings[0].message == "先到:该记录已被他人更新,请刷新后重新操作"
    assert Unit.objects.get(pk=city.a.pk).name == "先到"
    assert events() == [("rename", city.a.pk), ("refused.rename", city.a.pk)]


def test_a_row_that_is_gone_is_refused(city, cast):
    gone = Unit(pk=999_999, version=1)
    with pytest.raises(Refused, match="所选记录有的已不存在"):
        rename(by=cast.org_lead, unit=gone, name="x")


def test_no_row_at_all_is_refused(cast):
    with pytest.raises(Refused, match="没有选中任何记录") as caught, audit.recorded():
        workflow.locked([])
    assert caught.value.findings[0].key == "empty"


def test_locked_all_takes_what_the_query_finds(city):
    with audit.recorded():
        rows = workflow.locked_all(Unit.objects.filter(parent=city.root).order_by("-pk"))
    assert rows == [city.a, city.b, city.company]
    assert all(row._before["name"] == row.name for row in rows)


@pytest.mark.parametrize("count", [1, 4])
def test_locking_takes_one_query_however_many_rows(city, count):
    rows = [city.root, city.a, city.b, city.company][:count]
    with (
        audit.recorded(),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        workflow.locked(rows)
    assert len([q for q in queries if q["sql"].startswith("SELECT")]) == 1


# Changing -------------------------------------------------------------------------------------------------


def test_move_sets_the_same_columns_on_all(city, django_assert_num_queries):
    rows = [city.a, city.b]
    with django_assert_num_queries(1):
        workflow.move(rows, name="同名", party_name="党组")
    assert [(row.name, row.version) for row in rows] == [("同名", 2)] * 2
    stored = Unit.objects.filter(name="同名").values_list("party_name", "version")
    assert list(stored) == [("党组", 2)] * 2


def test_change_writes_each_row_its_own_value(city, cast, django_assert_num_queries):
    plan, venue = build.plan(city.root), build.venue(city.root)
    rows = [build.batch(plan, venue, cast.union_officer, number) for number in (1, 2)]
    rows[0].cost_cap, rows[1].cost_cap = Decimal("2999.99"), Decimal("0.01")
    rows[1].leader = "不写入"
    with django_assert_num_queries(1):
        workflow.change(rows, "cost_cap")
    stored = Batch.objects.order_by("number").values_list("cost_cap", "leader", "version")
    assert list(stored) == [(Decimal("2999.99"), "", 2), (Decimal("0.01"), "", 2)]


def test_add_inserts_and_gives_the_keys(city):
    rows = workflow.add([Person(name="甲", unit=city.a).derive(), Person(name="乙", unit=city.a).derive()])
    assert [row.name for row in Person.objects.order_by("pk")] == ["甲", "乙"]
    assert [row.pk for row in rows] == list(Person.objects.order_by("pk").values_list("pk", flat=True))


def test_nothing_to_change_is_no_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert workflow.add([]) == []
        assert workflow.change([], "name") == []
        assert workflow.move([], name="x") == []


# Requirements ---------------------------------------------------------------------------------------------


def test_a_wrong_state_names_the_state_and_the_right_ones(city):
    plan = Plan(unit=city.root, year=2026, total=1, state=PlanState.CLOSED)
    with pytest.raises(Refused) as caught:
        require_state([plan], [PlanState.DRAFT, PlanState.PUBLISHED], "调整")
    message = "2026年度疗休养计划现为“已结束”,只有“编制中、已下达”的才能调整"
    assert [finding.message for finding in caught.value.findings] == [message]
    assert caught.value.row is plan
    require_state([plan], [PlanState.CLOSED], "重开")


def test_a_right_is_asked_for_every_unit(city, cast):
    require_right(cast.clerk, Can.NOMINATE, city.a, city.a_office)
    with pytest.raises(Forbidden, match="您没有乙局的“推荐、公示”权限,请联系系统管理员"):
        require_right(cast.clerk, Can.NOMINATE, city.a, city.b)


def test_who_decides_must_be_known_as_a_person(city):
    nobody = build.user("nobody", city.root, "union_lead")
    with pytest.raises(Forbidden, match="您的账号未对应到人员,不能审核或审批"):
        require_right(nobody, Can.APPROVE, city.a)
    require_right(nobody, Can.PLAN, city.a)


BLOCK = Finding("a", Severity.BLOCK, "不可")
WARN = Finding("b", Severity.WARN, "说明理由")
INFO = Finding("c", Severity.INFO, "提示")


@pytest.mark.parametrize(
    ("findings", "reason", "refused"),
    [
        ([], "", None),
        ([INFO], "", None),
        ([WARN, INFO], "", [WARN]),
        ([WARN, INFO], " ", [WARN]),
        ([WARN, INFO], "因公", None),
        ([WARN, BLOCK], "", [BLOCK]),
        ([BLOCK, WARN], "因公", [BLOCK]),
    ],
)
def test_block_refuses_warn_needs_a_reason_info_is_only_shown(findings, reason, refused):
    if refused is None:
        enforce(findings, reason=reason)
        return
    with pytest.raises(Refused) as caught:
        enforce(findings, reason=reason)
    assert caught.value.findings == refused
