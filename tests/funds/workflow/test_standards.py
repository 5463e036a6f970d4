"""What a person may get (BZ-27): standards over every channel, counted with what is under way, when it is asked."""

import datetime
from decimal import Decimal

import pytest

from carecore.models import Benefit, Severity
from funds.workflow import applications, payments
from funds.workflow.usage import had_in_year
from tests import build
from tests.trail import refused

YUAN = Decimal
KIND = "生活困难党员帮扶"


@pytest.fixture
def standards(city):
    """1000.00 each time, 1500.00 a year."""
    build.rule(city.root, "funds.amount_person_time", {KIND: "1000"}, clause="BZ-20")
    build.rule(city.root, "funds.amount_person_year", {KIND: "1500"}, clause="BZ-21")


def given(person, amount, channel="走访慰问", on=datetime.date(2026, 2, 10), **columns):
    return Benefit.objects.create(
        person=person, unit=person.unit, channel=channel, occasion="春节", period="2026", amount=amount,
        document_kind="x", given_on=on, **columns,
    )  # fmt: skip


def apply(treasury, row, **facts):
    return applications.apply(by=treasury.applicant, application=row, **facts)


@pytest.mark.parametrize(("amount", "goes"), [("1000.00", True), ("1000.01", False)])
def test_each_time_to_the_fen(treasury, asks, standards, amount, goes):
    row = asks.draft(amount=amount)
    if goes:
        assert apply(treasury, row).state == "已申请"
        return
    with refused("apply", treasury.applicant, "张三申请1000.01元,超过每人每次1000.00元的上限,超出0.01元(BZ-20)") as caught:
        apply(treasury, row, reason="情况特殊")
    [finding] = caught.value.findings
    assert (finding.key, finding.severity, finding.asked, finding.clause) == (
        "funds.amount_person_time", Severity.BLOCK, "1000.01", "BZ-20"
    )  # fmt: skip


@pytest.mark.parametrize(("amount", "goes"), [("700.00", True), ("700.01", False)])
def test_each_year_over_every_channel(treasury, asks, standards, city, amount, goes):
    person = build.person(city.a, "张三")
    given(person, "500.00")
    given(person, "300.00", "疗休养")
    given(person, "9999.00", on=datetime.date(2025, 12, 31))
    given(person, "9999.00", on=datetime.date(2026, 3, 1), reversed_on=datetime.date(2026, 3, 2))
    given(build.person(city.a, "李四"), "9999.00")
    row = asks.draft(asks.line("张三", amount, person=person))
    if goes:
        assert apply(treasury, row).state == "已申请"
        return
    says = "张三本年度已有疗休养300.00元、走访慰问500.00元,连同本次共1500.01元,超过每人每年1500.00元的上限"
    with refused("apply", treasury.applicant) as caught:
        apply(treasury, row)
    [finding] = caught.value.findings
    assert finding.key == "funds.amount_person_year"
    assert set(finding.message) == set(says + ",超出0.01元(BZ-21)")


@pytest.mark.parametrize("state", ["已受理", "已批准"])
def test_what_is_under_way_counts_as_given(treasury, asks, standards, city, state):
    person = build.person(city.a, "张三")
    first = asks.accepted(asks.line("张三", "900.00", person=person))
    type(first).objects.update(state=state)
    row = asks.draft(asks.line("张三", "600.01", person=person))
    with refused("apply", treasury.applicant, "本年度已有办理中900.00元,连同本次共1500.01元"):
        apply(treasury, row)
    type(first).objects.filter(pk=first.pk).update(decided="899.99")
    assert apply(treasury, row).state == "已申请"


def test_what_is_being_paid_counts_once(treasury, asks, standards, city):
    """An unpaid line is under way; once it has arrived it is a benefit."""
    people = [build.person(city.a, name) for name in ("张三", "李四")]
    first = asks.decided(*(asks.line(person.name, "900.00", person=person) for person in people))
    drafts = [payments.LineDraft(person.name, YUAN("900.00"), person=person) for person in people]
    payment = payments.prepare_application(by=treasury.fund_office, application=first, lines=drafts)
    assert standing(people) == ["办理中900.00元"] * 2
    line = payment.lines.get(person=people[0])
    payments.pay_directly(by=treasury.cashier, payment=payment, lines=[line])
    assert standing(people) == ["专项资金900.00元", "办理中900.00元"]


def standing(people):
    had = had_in_year([person.pk for person in people], 2026)
    return [str(had[person.pk]) for person in people]


def test_what_was_decided_is_not_shared_out_above_a_standard(treasury, asks, standards, city):
    """BZ-27: neither when the payment is prepared nor when its lines are changed."""
    people = [build.person(city.a, name) for name in ("张三", "李四")]
    row = asks.decided(*(asks.line(person.name, "800.00", person=person) for person in people))

    def drafts(*amounts):
        return [payments.LineDraft(p.name, YUAN(a), person=p) for p, a in zip(people, amounts, strict=True)]

    with refused("prepare_application", treasury.fund_office, "张三申请1000.01元,超过每人每次1000.00元的上限"):
        payments.prepare_application(by=treasury.fund_office, application=row, lines=drafts("1000.01", "599.99"))
    with refused("prepare_application", treasury.fund_office, "收款人“某人”未对应到人员"):
        stranger = payments.LineDraft("某人", YUAN("800.00"))
        lines = [drafts("800.00", "800.00")[0], stranger]
        payments.prepare_application(by=treasury.fund_office, application=row, lines=lines)
    payment = payments.prepare_application(by=treasury.fund_office, application=row, lines=drafts("1000.00", "600.00"))
    first, second = payment.lines.order_by("number")
    changes = [payments.LineChange(first, "张三", YUAN("599.99")), payments.LineChange(second, "李四", YUAN("1000.01"))]
    with refused("amend_lines", treasury.fund_office, "李四申请1000.01元"):
        payments.amend_lines(by=treasury.fund_office, payment=payment, changes=changes)
    given(people[1], "1000.00")
    changes = [payments.LineChange(first, "张三", YUAN("900.00")), payments.LineChange(second, "李四", YUAN("700.00"))]
    with refused("amend_lines", treasury.fund_office, "李四本年度已有走访慰问1000.00元,连同本次共1700.00元"):
        payments.amend_lines(by=treasury.fund_office, payment=payment, changes=changes)


@pytest.mark.parametrize("state", ["草稿", "已申请", "不同意", "已撤回", "已支付"])
def test_what_is_not_accepted_or_has_ended_does_not(treasury, asks, standards, city, state):
    person = build.person(city.a, "张三")
    first = asks.draft(asks.line("张三", "1000.00", person=person))
    type(first).objects.update(state=state)
    assert apply(treasury, asks.draft(asks.line("张三", "1000.00", person=person))).state == "已申请"


def test_two_handed_in_side_by_side_are_not_both_accepted(treasury, asks, standards, city):
    """Each alone is within the year, together they are not: in one call and one after the other."""
    person = build.person(city.a, "张三")
    rows = [asks.applied(asks.line("张三", "800.00", person=person)) for _ in range(2)]
    with refused("accept", treasury.fund_office, "本年度已有办理中800.00元,连同本次共1600.00元"):
        applications.accept(by=treasury.fund_office, rows=rows)
    applications.accept(by=treasury.fund_office, rows=rows[:1])
    with refused("accept", treasury.fund_office, "连同本次共1600.00元"):
        applications.accept(by=treasury.fund_office, rows=rows[1:])


def test_what_was_given_elsewhere_meanwhile_counts_when_it_is_decided(treasury, asks, standards, city):
    person = build.person(city.a, "张三")
    row = asks.accepted(asks.line("张三", "800.00", person=person))
    given(person, "1000.00")
    with refused("decide", treasury.fund_lead, "张三本年度已有走访慰问1000.00元,连同本次共1800.00元"):
        applications.decide(by=treasury.fund_lead, application=row, amount=YUAN("800.00"))
    row = applications.decide(by=treasury.fund_lead, application=row, amount=YUAN("500.00"))
    assert row.state == "已批准"
    assert [finding["rule"] for finding in row.findings] == ["funds.decisions"]


def test_a_payee_who_is_no_known_person_needs_a_reason(treasury, asks, standards):
    row = asks.draft(asks.line("某商店", "5000.00", person=None))
    with refused("apply", treasury.applicant, "收款人“某商店”未对应到人员,无法核对每人金额上限") as caught:
        apply(treasury, row)
    assert [finding.severity for finding in caught.value.findings] == [Severity.WARN]
    row = apply(treasury, row, reason="采购慰问品")
    assert (row.state, row.reason, row.findings[0]["severity"]) == ("已申请", "采购慰问品", "warn")
    row = applications.accept(by=treasury.fund_office, rows=[row])[0]
    assert (row.reason, row.accepted_by) == ("采购慰问品", treasury.fund_office)


def test_without_a_standard_nobody_invents_one(treasury, asks):
    assert apply(treasury, asks.draft(asks.line("某商店", "9000.00", person=None))).findings == []


def test_a_stricter_rule_of_the_unit_below_holds_for_its_people(treasury, asks, standards, city):
    build.rule(city.a, "funds.amount_person_time", {KIND: "300"}, clause="甲局决定")
    row = asks.draft(amount="300.01")
    with refused("apply", treasury.applicant, "超过每人每次300.00元的上限,超出0.01元(甲局决定)"):
        apply(treasury, row)
