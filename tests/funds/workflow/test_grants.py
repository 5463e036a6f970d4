"""Money from fund to fund: passed down, confirmed, swept up when a fund lapses (SX-4)."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from carecore.access import Role
from carecore.models import AuditEvent
from carecore.workflow import Forbidden, Refused, Stale
from funds.models import Fund, Grant, GrantState, Voucher
from funds.workflow import grants
from tests import build

YUAN = Decimal


@pytest.fixture
def child(city, treasury, fund):
    """甲局's fund of the same kind under the city's."""
    return build.fund(city.a, "甲局帮扶资金", opened_by=treasury.fund_lead, parent=fund)


@pytest.fixture
def there(city):
    """The fund office of 甲局."""
    person = build.person(city.a, "甲局管账")
    return build.user("there", city.a, Role.FUND_LEAD, person=person, name="甲局管账")


def sent(treasury, fund, child, amount="400.00", **columns):
    return grants.pass_down(
        by=treasury.fund_lead, from_fund=fund, to_fund=child, amount=YUAN(amount), reference="滨财〔2026〕1号", **columns
    )


def test_what_is_sent_is_on_its_way_until_it_is_confirmed(money, treasury, fund, child, there):
    money.come("1000.00")
    grant = sent(treasury, fund, child)
    assert (grant.state, money.balances(), money.balances(child)) == (
        GrantState.SENT, {"帮扶资金": YUAN("600.00"), "财政拨付": YUAN("-1000.00"), "资金拨出": YUAN("400.00")}, {}
    )  # fmt: skip
    grant = grants.confirm_arrival(by=there, grant=grant)
    assert grant.state == GrantState.RECEIVED
    assert money.balances(child) == {"甲局帮扶资金": YUAN("400.00"), "资金拨入": YUAN("-400.00")}
    vouchers = Voucher.objects.filter(document_kind="funds.grant", document_id=grant.pk).order_by("pk")
    assert [(v.fund, v.kind, v.basis) for v in vouchers] == [
        (fund, "支出", "滨财〔2026〕1号"), (child, "收入", "滨财〔2026〕1号")
    ]  # fmt: skip


def test_it_arrives_once(money, treasury, fund, child, there):
    money.come("1000.00")
    grant = sent(treasury, fund, child)
    done = grants.confirm_arrival(by=there, grant=Grant.objects.get(pk=grant.pk))
    with pytest.raises(Stale):
        grants.confirm_arrival(by=there, grant=grant)
    with pytest.raises(Refused, match="现为“已到账”"):
        grants.confirm_arrival(by=there, grant=done)


def test_whoever_sent_it_does_not_say_that_it_came(money, treasury, fund, child):
    money.come("1000.00")
    grant = sent(treasury, fund, child)
    with pytest.raises(Forbidden, match="由您拨付"):
        grants.confirm_arrival(by=treasury.fund_lead, grant=grant)
    assert AuditEvent.objects.filter(action="refused.confirm_arrival").count() == 1


@pytest.mark.parametrize("who", ["applicant", "meeting_clerk", "cashier", "fund_office"])
def test_only_who_manages_the_fund_passes_down(who, money, treasury, fund, child):
    money.come("1000.00")
    with pytest.raises(Forbidden):
        grants.pass_down(by=getattr(treasury, who), from_fund=fund, to_fund=child, amount=YUAN("1.00"))


def test_the_units_below_do_not_pass_the_citys_money_down(money, fund, child, there):
    money.come("1000.00")
    with pytest.raises(Forbidden):
        grants.pass_down(by=there, from_fund=fund, to_fund=child, amount=YUAN("1.00"))


@pytest.mark.parametrize(("amount", "goes"), [("1000.00", True), ("1000.01", False), ("0.00", False)])
def test_no_more_than_there_is(money, treasury, fund, child, amount, goes):
    money.come("1000.00")
    if goes:
        assert sent(treasury, fund, child, amount).amount == YUAN(amount)
        return
    with pytest.raises(Refused, match="还差0.01元|须大于零"):
        sent(treasury, fund, child, amount)
    assert not Grant.objects.exists()


def test_money_goes_only_to_a_child_of_its_kind_that_is_open(city, money, treasury, fund, child):
    money.come("1000.00")
    other = build.fund(city.b, "乙局帮扶资金", opened_by=treasury.fund_lead)
    with pytest.raises(Refused, match="不是帮扶资金的下级资金"):
        sent(treasury, fund, other)
    Fund.objects.filter(pk=child.pk).update(state="已结束")
    child.refresh_from_db()
    with pytest.raises(Refused, match="已结束"):
        sent(treasury, fund, child)


def test_a_form_sent_twice_sends_once(money, treasury, fund, child):
    money.come("1000.00")
    number = "3f0c2f5e-8a52-4c3a-9a38-5b3a2b0f6c11"
    assert sent(treasury, fund, child, request_id=number) == sent(treasury, fund, child, request_id=number)
    assert money.own().balance == YUAN("600.00")


class TestLapse:
    def test_what_is_left_goes_to_the_parent_in_one_transaction(self, money, treasury, fund, child, there):
        money.come("1000.00")
        grants.confirm_arrival(by=there, grant=sent(treasury, fund, child))
        child.refresh_from_db()
        ended = grants.lapse(by=there, fund=child, into=fund, reason="项目结束")
        assert ended.state == "已结束"
        assert (money.own(child).balance, money.own().balance) == (0, YUAN("1000.00"))
        assert Grant.objects.get(kind="结余收回").amount == YUAN("400.00")

    def test_an_empty_fund_just_ends(self, treasury, fund):
        assert grants.lapse(by=treasury.fund_lead, fund=fund, reason="期满").state == "已结束"
        fund.refresh_from_db()
        with pytest.raises(Refused, match="现为“已结束”"):
            grants.lapse(by=treasury.fund_lead, fund=fund, reason="期满")

    def test_not_without_a_reason_nor_by_somebody_else(self, treasury, fund):
        with pytest.raises(Refused, match="请写明结束资金的理由"):
            grants.lapse(by=treasury.fund_lead, fund=fund, reason=" ")
        with pytest.raises(Forbidden):
            grants.lapse(by=treasury.cashier, fund=fund, reason="期满")

    def test_money_left_needs_a_fund_that_may_take_it(self, city, money, treasury, fund):
        money.come("1000.00")
        stranger = build.fund(city.b, "乙局资金", opened_by=treasury.fund_lead)
        for into in (None, fund, stranger):
            with pytest.raises(Refused, match="尚余1000.00元"):
                grants.lapse(by=treasury.fund_lead, fund=fund, into=into, reason="期满")
        sister = build.fund(city.root, "其他资金", opened_by=treasury.fund_lead)
        grants.lapse(by=treasury.fund_lead, fund=fund, into=sister, reason="期满")
        assert money.own(sister).balance == YUAN("1000.00")

    def test_not_while_money_is_held_or_on_its_way(self, money, treasury, fund, child, there):
        money.come("1000.00")
        money.reserve("1.00")
        with pytest.raises(Refused, match="尚有预留1.00元"):
            grants.lapse(by=treasury.fund_lead, fund=fund, reason="期满")
        sent(treasury, fund, child)
        with pytest.raises(Refused, match="尚有在途拨款"):
            grants.lapse(by=there, fund=child, reason="期满")


def test_grants_are_seen_at_both_ends_and_nowhere_else(city, cast, money, treasury, fund, child):
    money.come("1000.00")
    grant = sent(treasury, fund, child)
    assert list(Grant.objects.visible_to(cast.clerk)) == [grant] == list(Grant.objects.visible_to(treasury.cashier))
    assert not Grant.objects.visible_to(cast.clerk_b).exists()


@pytest.mark.parametrize("change", [{"state": "已到账"}, {"amount": YUAN(0)}, {"received_on": "2026-01-01"}])
def test_the_database_keeps_a_grant_whole(money, treasury, fund, child, change):
    money.come("1000.00")
    sent(treasury, fund, child)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.update(**change)
