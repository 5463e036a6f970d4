"""verify finds what somebody with the database's own password did to visits (invariants 3 and 5)."""

from decimal import Decimal

import pytest

from carecore.models import Benefit
from visits.checks import CHECKS
from visits.models import Campaign, Visit


def findings():
    return [one.message for check in CHECKS for one in check()]


@pytest.fixture
def paid(calls):
    """Two visits of a campaign, paid."""
    campaign = calls.campaign()
    calls.pay(calls.prepared(calls.done(calls.draft(), calls.draft(calls.case("李四")), campaign=campaign)))
    return campaign


def test_a_sound_year_has_no_finding(calls, paid):
    calls.plan()
    calls.done(calls.draft(money="0.00", goods="米面油", goods_value=Decimal("200.00"), occasion="家庭受灾"))
    assert findings() == []


def test_a_counter_that_is_wrong(paid):
    Campaign.objects.update(planned="1.00")
    assert findings() == ["已安排记为1.00元,按走访应为1600.00元"]


def test_a_paid_visit_without_its_benefit(paid):
    Benefit.objects.filter(person__name="李四").update(reversed_on="2026-05-11")
    assert findings() == ["已发放而没有关爱记录"]


def test_a_benefit_without_its_payment(paid):
    Visit.objects.filter(name="张三").update(state="已走访")
    assert findings() == ["现为“已走访”而有关爱记录", "现为“已走访”,支付明细为“已付”"]


def test_a_benefit_of_another_amount(paid):
    Benefit.objects.filter(person__name="李四").update(amount="900.00")
    assert findings() == ["金额900.00元与走访不一致"]


def test_a_standard_that_is_passed(paid, unchecked):
    unchecked(Visit, "visit_within_standard")
    Visit.objects.filter(name="张三").update(standard="700.00")
    assert findings() == ["慰问金和慰问品共800.00元,超过标准700.00元"]


def test_who_planned_approved(paid, cast):
    Visit.objects.filter(name="张三").update(approved_by=cast.clerk)
    assert findings() == ["安排、批准由同一人办理,或批准了本人的走访"]
