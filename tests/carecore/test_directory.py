"""The unit directory: units added in sets, amended, closed; names found as offices write them."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore import audit, directory
from carecore.access import Role
from carecore.directory import UnitDraft, UnitNames, match_unit
from carecore.models import AuditEvent, QuotaClass, Unit, UnitKind
from carecore.outcomes import Became
from carecore.workflow import Forbidden, Refused, Stale
from tests import build

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 5, 31)


def draft(code, name=None, parent_code="3799", kind=UnitKind.ORGAN, **columns):
    return UnitDraft(code=code, name=name or f"单位{code}", kind=kind, parent_code=parent_code, **columns)


def added(by, *drafts):
    return directory.add_units(by=by, drafts=drafts)


def told(outcomes):
    return [(str(outcome.became), outcome.message) for outcome in outcomes]


# Adding ----------------------------------------------------------------------------------------------------


def test_units_come_in_the_order_of_the_directory(city):
    """The tenth unit after the ninth, and each right below its head."""
    made = [build.unit(f"科室{number}", city.a) for number in range(12)]
    assert list(Unit.objects.under([city.a.path])) == [city.a, city.a_office, *made]
    assert list(Unit.objects.all())[-2:] == [city.b, city.company]


def test_units_are_added_whatever_their_order(city, cast):
    child, parent = draft("37990301", parent_code="379903"), draft("379903", "丁局")
    outcomes = added(cast.org_officer, child, parent)
    assert [outcome.became for outcome in outcomes] == [Became.NEW, Became.NEW]
    top, below = Unit.objects.get(code="379903"), Unit.objects.get(code="37990301")
    assert top.path == f"{city.root.path}{top.pk:08d}/" and below.path == f"{top.path}{below.pk:08d}/"
    assert below.parent == top and outcomes[0].row == below
    assert AuditEvent.objects.filter(action="add_units").count() == 2


def test_every_new_unit_equals_the_after_of_its_event(city, cast):
    added(cast.org_officer, draft("37990301", parent_code="379903"), draft("379903"))
    for unit in Unit.objects.filter(code__startswith="379903"):
        assert AuditEvent.objects.of(unit).get().after == audit.canonical(audit.snapshot(unit))


@pytest.mark.parametrize(
    ("kind", "quota_class"),
    [
        (UnitKind.ORGAN, QuotaClass.ORGAN),
        (UnitKind.STREET, QuotaClass.ORGAN),
        (UnitKind.COMPANY, QuotaClass.FRONTLINE),
        (UnitKind.COMMUNITY, QuotaClass.FRONTLINE),
    ],
)
def test_the_class_of_places_follows_the_kind(city, cast, kind, quota_class):
    (outcome,) = added(cast.org_officer, draft("379903", kind=kind))
    assert outcome.row.quota_class == quota_class
    (outcome,) = added(cast.org_officer, draft("379904", kind=kind, quota_class=QuotaClass.FRONTLINE))
    assert outcome.row.quota_class == QuotaClass.FRONTLINE


def test_a_list_given_again_changes_nothing(city, cast):
    listed = [draft("379903"), draft("37990301", parent_code="379903", aliases=("丁一所",))]
    added(cast.org_officer, *listed)
    before = AuditEvent.objects.count()
    assert told(added(cast.org_officer, *listed)) == [("unchanged", ""), ("unchanged", "")]
    assert AuditEvent.objects.count() == before


def test_a_difference_is_said_and_not_written(city, cast):
    outcomes = added(cast.org_officer, draft("379901", "甲局(新)", kind=UnitKind.STREET))
    assert told(outcomes) == [
        ("differs", "单位名称:登记为“甲局”,此处为“甲局(新)”;单位类别:登记为“机关事业单位”,此处为“街道”")
    ]
    assert Unit.objects.get(code="379901").name == "甲局"


def test_a_unit_needs_a_known_parent(city, cast):
    outcomes = added(
        cast.org_officer,
        draft("379903", parent_code=""),
        draft("379904", parent_code="999"),
        draft("37990401", parent_code="379904"),
        draft("379905", parent_code="379906"),
        draft("379906", parent_code="379905"),
    )
    assert told(outcomes) == [
        ("refused", "请填写上级单位"),
        ("refused", "上级单位代码“999”不存在,请核对"),
        ("refused", "上级单位代码“999”不存在,请核对"),
        ("refused", "上下级关系成环,请核对上级单位代码"),
        ("refused", "上下级关系成环,请核对上级单位代码"),
    ]
    assert not Unit.objects.filter(code__startswith="37990").exclude(
        code__in=["379901", "379902", "37990101"]
    )


def test_a_code_counts_once_in_a_list(city, cast):
    outcomes = added(cast.org_officer, draft("379903", "丁局"), draft("379903", "戊局"))
    assert told(outcomes) == [("new", ""), ("refused", "单位代码“379903”重复出现,请保留一处")]
    assert Unit.objects.get(code="379903").name == "丁局"


def test_what_lies_outside_ones_units_looks_unknown(city, cast):
    keeper = build.user("keeper", city.a, Role.ORG_OFFICER)
    outcomes = added(keeper, draft("379903"), draft("379902"), draft("37990102", parent_code="379901"))
    assert told(outcomes) == [
        ("refused", "上级单位代码“3799”不存在,请核对"),
        ("refused", "单位代码“379902”已被使用,请联系上级组织部门"),
        ("new", ""),
    ]


def test_only_whoever_keeps_units_adds_them(city, cast):
    for other in (cast.clerk, cast.union_lead, cast.admin, cast.auditor):
        with pytest.raises(Forbidden):
            added(other, draft("37990102", parent_code="379901"))


def test_a_closed_unit_takes_no_children(city, cast):
    Unit.objects.filter(pk=city.a.pk).update(valid_to=datetime.date(2026, 5, 10))
    assert told(added(cast.org_officer, draft("37990102", parent_code="379901"))) == [
        ("refused", "上级单位甲局已停用,不能新增下级")
    ]


def test_what_the_columns_forbid_is_said_and_holds_back_what_stands_under_it(city, cast):
    outcomes = added(
        cast.org_officer, draft("379903", "丁" * 101, kind="公司"), draft("37990301", parent_code="379903")
    )
    assert {finding.key for finding in outcomes[0].findings} == {"name", "kind", "quota_class"}
    assert outcomes[1].message == "上级单位“379903”本身填写有误,请先更正"
    assert not Unit.objects.filter(code__startswith="379903").exists()


def test_queries_do_not_grow_with_the_units(city, cast):
    def queries(codes):
        drafts = [draft(code) for code in codes]
        with CaptureQueriesContext(connection) as captured:
            directory.add_units(by=cast.org_officer, drafts=drafts)
        return len(captured)

    queries(["379909"])
    few = queries(["379910"])
    assert queries([f"3799{number}" for number in range(11, 51)]) == few


# Amending, closing -----------------------------------------------------------------------------------------


def test_a_unit_is_amended(city, cast):
    unit = directory.amend_unit(
        by=cast.org_officer, unit=city.a, changes={"name": "甲委", "aliases": ["甲局"]}
    )
    kept = Unit.objects.get(pk=unit.pk)
    assert (kept.name, kept.aliases, kept.version, kept.path) == ("甲委", ["甲局"], 2, city.a.path)
    assert AuditEvent.objects.get(action="amend_unit").unit == kept


def test_nothing_changed_leaves_no_event(city, cast):
    assert directory.amend_unit(by=cast.org_officer, unit=city.a, changes={"name": "甲局"}).version == 1
    assert not AuditEvent.objects.exists()


def test_a_taken_code_a_stale_form_and_other_roles_are_refused(city, cast):
    with pytest.raises(Refused) as refusal:
        directory.amend_unit(by=cast.org_officer, unit=city.a, changes={"code": "379902"})
    assert refusal.value.findings[0].message == "单位代码“379902”已被使用,请换一个"
    seen = Unit.objects.get(pk=city.a.pk)
    directory.amend_unit(by=cast.org_officer, unit=city.a, changes={"name": "甲委"})
    with pytest.raises(Stale):
        directory.amend_unit(by=cast.org_officer, unit=seen, changes={"name": "甲厅"})
    keeper = build.user("keeper", city.b, Role.ORG_OFFICER)
    for other in (cast.clerk, cast.union_officer, keeper):
        with pytest.raises(Forbidden):
            directory.amend_unit(by=other, unit=Unit.objects.get(pk=city.a.pk), changes={"name": "甲厅"})


def test_an_empty_unit_is_closed_and_opened_again(city, cast):
    unit = directory.close_unit(by=cast.org_officer, unit=city.a_office, valid_to=DAY)
    assert Unit.objects.valid_on(DAY).filter(pk=unit.pk).exists()
    assert not Unit.objects.valid_on(DAY + datetime.timedelta(days=1)).filter(pk=unit.pk).exists()
    directory.reopen_unit(by=cast.org_officer, unit=unit)
    assert Unit.objects.get(pk=unit.pk).valid_to is None
    with pytest.raises(Refused) as refusal:
        directory.reopen_unit(by=cast.org_officer, unit=Unit.objects.get(pk=unit.pk))
    assert refusal.value.findings[0].message == "甲局一所未停用"


def test_a_unit_with_units_people_or_roles_stays_open(city, cast):
    with pytest.raises(Refused) as refusal:
        directory.close_unit(by=cast.org_officer, unit=city.a, valid_to=DAY)
    assert refusal.value.findings[0].message == (
        "甲局还有启用中的下级单位1个、在职人员2人、未到期的任职授权2项,请先处理后再停用"
    )


def test_a_unit_does_not_close_before_it_opened_nor_open_under_a_closed_one(city, cast):
    city.a_office.valid_from = datetime.date(2026, 6, 1)
    city.a_office.save()
    with pytest.raises(Refused) as refusal:
        directory.close_unit(by=cast.org_officer, unit=city.a_office, valid_to=DAY)
    assert refusal.value.findings[0].message == "停用日期不得早于启用日期"
    Unit.objects.filter(pk__in=[city.a.pk, city.a_office.pk]).update(valid_from=None, valid_to="2026-05-10")
    with pytest.raises(Refused) as refusal:
        directory.reopen_unit(by=cast.org_officer, unit=Unit.objects.get(pk=city.a_office.pk))
    assert refusal.value.findings[0].message == "上级单位甲局已停用,不能恢复"


# Names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["甲局", " 甲 局 ", "甲局", "市甲", "中共甲局党组", "379901", "379901"])
def test_a_unit_is_found_by_what_it_is_called(city, name):
    city.a.party_name, city.a.aliases = "中共甲局党组", ["市甲"]
    assert match_unit(name, [city.root, city.a, city.b]).unit == city.a


def test_a_misspelt_name_has_candidates_and_no_unit(city):
    bureau = build.unit("市人力资源和社会保障局", city.root)
    found = match_unit("市人力资源社会保障局", [city.a, bureau])
    assert (found.unit, found.candidates) == (None, (bureau,))
    assert match_unit("全然不同的名称", [city.a, bureau]).candidates == ()
    assert match_unit("", [city.a]).unit is None


def test_a_name_of_two_units_is_left_to_people(city):
    twin = build.unit("甲局", city.b)
    found = UnitNames([city.a, twin]).match("甲局")
    assert (found.unit, found.candidates) == (None, (city.a, twin))
