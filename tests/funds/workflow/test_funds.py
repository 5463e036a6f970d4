"""Funds: opened under the rules of their kind, amended while they are open, their accounts following the rules."""

import datetime
import uuid

import pytest

from carecore import rulekeeping
from carecore.access import RIGHTS, Can, Role
from carecore.models import AuditEvent, Rule
from carecore.workflow import Forbidden, Refused, Stale
from funds.models import Account, Book, Fund, FundState
from funds.workflow.funds import amend_fund, open_fund, refresh_accounts
from tests import build

KIND = "生活困难党员帮扶"
LATER = datetime.date(2026, 12, 31)


@pytest.fixture
def rules(city):
    """Sources and purposes of one kind of fund, for the whole city."""
    return [
        build.rule(city.root, "funds.sources", {KIND: build.SOURCES}, clause="LYG-8"),
        build.rule(city.root, "funds.purposes", {KIND: build.PURPOSES}, clause="LYG-9"),
    ]


@pytest.fixture
def facts(city, treasury, rules):
    return {
        "by": treasury.fund_lead, "unit": city.root, "name": "帮扶资金", "kind": KIND,
        "document": build.document(city.root),
    }  # fmt: skip


def labels(fund):
    return [(account.kind, account.label) for account in fund.accounts.order_by("pk")]


# Opening --------------------------------------------------------------------------------------------------


def test_a_fund_opens_with_its_book_and_the_accounts_that_the_rules_name(facts):
    fund = open_fund(**facts, ends_on=LATER)
    assert (fund.state, fund.opened_by, fund.opened_on, fund.ends_on) == (
        "启用", facts["by"], datetime.date(2026, 5, 11), LATER
    )  # fmt: skip
    assert (fund.book.number, fund.book.dated, fund.book.closed_through) == (0, None, None)
    assert labels(fund) == [
        ("资金", "帮扶资金"), ("来源", "期初余额"), ("来源", "资金拨入"), ("用途", "资金拨出"),
        ("来源", "财政拨付"), ("来源", "党费划拨"), ("用途", "困难补助"), ("用途", "走访慰问"),
    ]  # fmt: skip
    events = AuditEvent.objects.filter(action="open_fund")
    assert [(event.kind, event.object_id) for event in events.order_by("seq")] == [
        ("funds.fund", fund.pk), *(("funds.account", pk) for pk in fund.accounts.order_by("pk").values_list("pk", flat=True))
    ]  # fmt: skip


def test_a_double_click_opens_one_fund(facts):
    number = uuid.uuid4()
    assert open_fund(**facts, request_id=number) == open_fund(**facts, request_id=number)
    assert (Fund.objects.count(), Book.objects.count()) == (1, 1)


def test_a_kind_without_rules_is_refused_with_those_there_are(facts):
    with pytest.raises(Refused, match=f"没有规定“旅游基金”这一资金类别的资金来源,请先登记政策规则;现有类别:{KIND}") as refusal:
        open_fund(**{**facts, "kind": "旅游基金"})
    assert [finding.key for finding in refusal.value.findings] == ["funds.sources", "funds.purposes"]
    assert not Fund.objects.exists()
    assert AuditEvent.objects.get().action == "refused.open_fund"


@pytest.mark.parametrize("key", ["funds.sources", "funds.purposes"])
def test_a_kind_needs_both_its_sources_and_its_purposes(facts, key):
    Rule.objects.filter(key=key).delete()
    with pytest.raises(Refused, match="现有类别:无") as refusal:
        open_fund(**facts)
    assert [finding.key for finding in refusal.value.findings] == [key]


def test_rules_that_begin_tomorrow_open_no_fund_today(facts):
    Rule.objects.update(effective_from=datetime.date(2026, 5, 12))
    with pytest.raises(Refused, match="请先登记政策规则"):
        open_fund(**facts)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "帮扶资金 "}, "滨海市已有名为“帮扶资金”的资金"),
        ({"name": " "}, "请填写资金名称"),
        ({"name": "另一资金", "ends_on": datetime.date(2026, 5, 10)}, "使用期限不得早于今天"),
    ],
)
def test_what_a_fund_may_not_be(facts, changed, message):
    open_fund(**facts)
    with pytest.raises(Refused, match=message):
        open_fund(**{**facts, **changed})
    assert Fund.objects.count() == 1


def test_a_fund_may_end_today(facts):
    assert open_fund(**facts, ends_on=datetime.date(2026, 5, 11)).ends_on == datetime.date(2026, 5, 11)


def test_the_document_must_reach_the_unit(facts, city):
    other = build.document(city.b, "乙局办法")
    with pytest.raises(Refused, match="《乙局办法》由乙局登记,不适用于滨海市"):
        open_fund(**{**facts, "document": other})


def test_a_unit_below_goes_by_its_own_rules(facts, city):
    """TX3-13: a unit may lay down its own way, within what the unit above allows."""
    build.rule(city.a, "funds.purposes", {KIND: build.PURPOSES[:1]}, clause="甲局办法")
    fund = open_fund(**{**facts, "unit": city.a})
    assert ("用途", "困难补助") in labels(fund)
    assert ("用途", "走访慰问") not in labels(fund)


def test_a_second_fund_for_the_same_share_of_the_dues_is_refused(facts, city):
    open_fund(**facts)
    second = {**facts, "name": "第二项"}
    assert open_fund(**{**second, "unit": city.a}).unit == city.a, "another unit has dues of its own"
    build.rule(city.root, "funds.dues_share", {KIND: 0.1}, clause="LYG-8")
    with pytest.raises(Refused, match=r"滨海市已有帮扶资金,上缴党费的同一份额只能提取到一项资金\(LYG-8\)"):
        open_fund(**second)


def test_a_catalogue_entry_too_long_for_an_account_is_said(facts):
    Rule.objects.filter(key="funds.purposes").update(value={KIND: ["长" * 31]})
    with pytest.raises(Refused, match="过长,代码最多30字"):
        open_fund(**facts)


# Funds below ----------------------------------------------------------------------------------------------


def test_a_fund_below_is_of_the_kind_of_its_parent_and_ends_no_later(facts, city):
    parent = open_fund(**facts, ends_on=LATER)
    child = {**facts, "unit": city.a, "name": "甲局帮扶资金", "parent": parent, "ends_on": LATER}
    wrong = [
        ({"unit": city.root}, "不是滨海市的上级"),
        ({"ends_on": None}, "使用期限不得晚于上级资金的2026-12-31"),
        ({"ends_on": LATER + datetime.timedelta(days=1)}, "使用期限不得晚于上级资金的2026-12-31"),
    ]
    for changed, message in wrong:
        with pytest.raises(Refused, match=message):
            open_fund(**{**child, **changed})
    assert open_fund(**child).parent == parent


def test_a_parent_of_another_kind_or_that_has_ended_is_refused(facts, city):
    parent = open_fund(**facts)
    build.rule(city.root, "funds.sources", {"学习": build.SOURCES}, clause="另")
    build.rule(city.root, "funds.purposes", {"学习": build.PURPOSES}, clause="另")
    child = {**facts, "unit": city.a, "name": "甲局资金", "parent": parent}
    with pytest.raises(Refused, match=f"上级资金帮扶资金为“{KIND}”,资金类别须与其一致"):
        open_fund(**{**child, "kind": "学习"})
    Fund.objects.update(state=FundState.LAPSED)
    parent.refresh_from_db()
    with pytest.raises(Refused, match="上级资金帮扶资金已结束"):
        open_fund(**child)


# Amending -------------------------------------------------------------------------------------------------


def test_name_document_and_last_day_are_put_right(facts, city):
    fund = open_fund(**facts)
    other = build.document(city.root, "新办法")
    amended = amend_fund(by=facts["by"], fund=fund, name="生活困难党员帮扶资金", document=other, ends_on=LATER)
    amended.refresh_from_db()
    assert (amended.name, amended.document, amended.ends_on, amended.version) == (
        "生活困难党员帮扶资金", other, LATER, 2
    )  # fmt: skip
    assert build.account(amended, "资金").label == "生活困难党员帮扶资金"
    assert [e.kind for e in AuditEvent.objects.filter(action="amend_fund").order_by("seq")] == [
        "funds.fund", "funds.account"
    ]  # fmt: skip


def test_the_kind_of_a_fund_stands(facts):
    with pytest.raises(TypeError):
        amend_fund(by=facts["by"], fund=open_fund(**facts), kind="学习")


def test_a_name_that_is_taken_is_refused(facts):
    open_fund(**{**facts, "name": "别的资金"})
    with pytest.raises(Refused, match="已有名为“别的资金”的资金"):
        amend_fund(by=facts["by"], fund=open_fund(**facts), name="别的资金")


def test_a_fund_that_has_ended_is_neither_amended_nor_refreshed(facts):
    fund = open_fund(**facts)
    Fund.objects.update(state=FundState.LAPSED)
    with pytest.raises(Refused, match="只有“启用”的才能修改"):
        amend_fund(by=facts["by"], fund=fund, name="新名")
    with pytest.raises(Refused, match="只有“启用”的才能更新账户"):
        refresh_accounts(by=facts["by"], fund=fund)


def test_a_stale_fund_is_not_amended(facts):
    fund = open_fund(**facts)
    fund.version = 0
    with pytest.raises(Stale):
        amend_fund(by=facts["by"], fund=fund, name="新名")
    with pytest.raises(Stale):
        refresh_accounts(by=facts["by"], fund=fund)


# Accounts that follow the rules ---------------------------------------------------------------------------


def test_a_purpose_that_the_rules_add_gets_its_account(facts, rules, cast):
    fund = open_fund(**facts)
    longer = [*build.PURPOSES, {"code": "study", "label": "助学"}]
    rulekeeping.follow_rule(
        by=cast.union_lead, rule=rules[1], value={KIND: longer}, clause="新", effective_from=datetime.date(2026, 5, 11)
    )
    [added] = refresh_accounts(by=facts["by"], fund=fund)
    assert (added.kind, added.code, added.label, added.balance) == ("用途", "study", "助学", 0)
    fund.refresh_from_db()
    with pytest.raises(Refused, match="账户与现行规则一致"):
        refresh_accounts(by=facts["by"], fund=fund)


def test_a_purpose_that_the_rules_drop_keeps_its_account(facts, rules):
    fund = open_fund(**facts)
    Rule.objects.filter(pk=rules[1].pk).update(value={KIND: build.PURPOSES[:1]})
    with pytest.raises(Refused, match="账户与现行规则一致"):
        refresh_accounts(by=facts["by"], fund=fund)
    assert Account.objects.filter(fund=fund, label="走访慰问").exists()


# Rights ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if Can.MANAGE_FUNDS not in RIGHTS[role]])
def test_every_other_role_is_refused(facts, city, role):
    fund = open_fund(**facts)
    other = build.user("other", city.root, role, person=build.person(city.root))
    for verb, more in ((amend_fund, {"fund": fund, "name": "新名"}), (refresh_accounts, {"fund": fund})):
        with pytest.raises(Forbidden, match="设立资金"):
            verb(by=other, **more)
    with pytest.raises(Forbidden, match="设立资金"):
        open_fund(**{**facts, "by": other, "name": "新名"})
    assert Fund.objects.get() == fund


def test_not_for_another_unit_and_not_by_an_account_without_a_person(facts, city):
    fund = open_fund(**facts)
    elsewhere = build.user("elsewhere", city.b, Role.FUND_LEAD, person=build.person(city.b))
    nobody = build.user("nobody", city.root, Role.FUND_LEAD)
    for by, message in ((elsewhere, "您没有滨海市"), (nobody, "未对应到人员")):
        with pytest.raises(Forbidden, match=message):
            open_fund(**{**facts, "by": by, "name": "新名"})
        with pytest.raises(Forbidden, match=message):
            amend_fund(by=by, fund=fund, name="新名")
