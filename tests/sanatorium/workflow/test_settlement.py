"""A batch after it set out: who came, what it cost, closed, reopened (BZ-11, BZ-12, BZ-14; invariants 2 and 5)."""

from decimal import Decimal

import openpyxl
import pytest
from django.db import IntegrityError, transaction

from carecore.audit import canonical, snapshot
from carecore.demo import SAMPLES
from carecore.models import AuditEvent, Benefit
from carecore.workflow import Forbidden, Refused, Stale
from sanatorium.models import Batch, BatchState, Cost, Nomination, PersonYear, ProgrammeItem, State
from sanatorium.rules.money import CostLine
from sanatorium.rules.stays import Item
from sanatorium.workflow import batches, settlement
from tests import build
from tests.sanatorium.stays import Stay, day

SAMPLE = SAMPLES / "08-疗休养费用结算明细表.xlsx"


@pytest.fixture
def stay(city, cast, today):
    return Stay(city, cast, today)


def refusal(call, *args, **facts):
    with pytest.raises(Refused) as refused:
        call(*args, **facts)
    return refused.value.findings


def row(batch, name):
    return batch.nominations.get(name=name)


def year_of(nomination):
    return PersonYear.objects.get(person=nomination.person_id, plan=nomination.plan_id)


# Attendance ------------------------------------------------------------------------------------------------


def record(stay, batch, *absent, by=None):
    stay.fresh(batch)
    return settlement.record_attendance(by=by or stay.cast.union_officer, batch=batch, absent=list(absent))


def approved(stay, *names):
    batch = stay.open()
    stay.seat(batch, *names)
    return stay.approve(batch)


def test_everybody_came_but_those_named(stay, today):
    batch = approved(stay, "张三", "李四")
    today.move_to("2026-06-08 08:00:00+08:00")
    record(stay, batch, row(batch, "李四"))
    assert (stay.fresh(batch).state, row(batch, "张三").state, row(batch, "李四").state) == (
        "已成行",
        "已参加",
        "未参加",
    )


def test_a_no_show_keeps_the_place_and_the_seat(stay, today):
    batch = approved(stay, "张三")
    today.move_to("2026-06-08 08:00:00+08:00")
    [gone] = record(stay, batch, row(batch, "张三"))
    assert (gone.quota.used, stay.fresh(batch).seats, year_of(gone).places_used) == (1, 1, 1)
    assert not Benefit.objects.exists()


def test_nobody_has_attended_before_the_first_day(stay, today):
    batch = approved(stay, "张三")
    today.move_to("2026-06-07 23:59:00+08:00")
    assert refusal(record, stay, batch)[0].key == "starts_on"


def test_attendance_can_be_corrected_until_the_batch_is_closed(stay):
    batch = stay.went("张三", "李四")
    record(stay, batch, row(batch, "张三"))
    assert (row(batch, "张三").state, row(batch, "李四").version) == ("未参加", 3)
    record(stay, batch)
    assert row(batch, "张三").state == "已参加"


def test_somebody_with_costs_did_not_stay_away(stay):
    batch = stay.went("张三")
    stay.settle(batch, stay.line(row(batch, "张三")))
    assert (
        refusal(record, stay, batch, row(batch, "张三"))[0].message
        == "张三已登记费用,不能登记为未参加,请先将其费用改为0"
    )
    stay.settle(batch, stay.line(row(batch, "张三"), "0"))
    record(stay, batch, row(batch, "张三"))
    assert row(batch, "张三").state == "未参加"


def test_only_people_of_the_batch_can_be_absent(stay):
    batch = stay.went("张三")
    assert refusal(record, stay, batch, stay.person("外人"))[0].key == "absent"


@pytest.mark.parametrize("state", [BatchState.ARRANGING, BatchState.CLOSED, BatchState.CANCELLED])
def test_attendance_belongs_to_batches_that_go(stay, state):
    batch = stay.went("张三")
    type(batch).objects.update(state=state)
    assert f"现为“{state}”" in refusal(record, stay, batch)[0].message


@pytest.mark.parametrize("who", ["clerk", "union_lead", "auditor", "org_officer"])
def test_only_the_union_officer_records_attendance(stay, who, today):
    batch = approved(stay, "张三")
    today.move_to("2026-06-08 08:00:00+08:00")
    with pytest.raises(Forbidden):
        record(stay, batch, by=getattr(stay.cast, who))


def test_nobody_records_their_own_attendance(stay, today):
    batch = approved(stay, "张三")
    Nomination.objects.update(person=stay.cast.union_officer.person)
    today.move_to("2026-06-08 08:00:00+08:00")
    with pytest.raises(Forbidden, match="张三是您本人"):
        record(stay, batch)


# Settlement ------------------------------------------------------------------------------------------------


def test_a_cost_is_recorded_under_its_cap_and_the_year_counts_it(stay):
    batch = stay.went("张三")
    [cost] = stay.settle(batch, stay.line(row(batch, "张三"), "2200", transport="300", medical="400"))
    assert (cost.total, cost.cap, cost.recorded_by) == (
        Decimal("2900"),
        Decimal("3000"),
        stay.cast.union_officer,
    )
    year = year_of(row(batch, "张三"))
    assert (year.spent, year.spent_in_province, year.cap, year.cap_in_province) == tuple(
        Decimal(amount) for amount in (2900, 2900, 5000, 3000)
    )
    assert AuditEvent.objects.of(cost).get().action == AuditEvent.objects.of(year).last().action == "settle"


def test_the_same_lines_again_change_nothing(stay):
    batch = stay.went("张三", "李四")
    lines = [stay.line(row(batch, name)) for name in ("张三", "李四")]
    stay.settle(batch, *lines)
    events = AuditEvent.objects.count()
    stay.settle(batch, *lines)
    assert (AuditEvent.objects.count(), {cost.version for cost in Cost.objects.all()}) == (events, {1})


@pytest.mark.parametrize(("amount", "spent"), [("2000", 2000), ("1000", 1000), ("0", 0)])
def test_a_changed_amount_moves_the_year_by_its_difference(stay, amount, spent):
    batch = stay.went("张三")
    stay.settle(batch, stay.line(row(batch, "张三"), "1500"))
    [cost] = stay.settle(batch, stay.line(row(batch, "张三"), amount))
    assert (cost.total, cost.version, year_of(row(batch, "张三")).spent) == (
        Decimal(amount),
        2,
        Decimal(spent),
    )


def test_one_line_above_the_cap_refuses_them_all(stay):
    batch = stay.went("张三", "蒋秀")
    lines = [stay.line(row(batch, "张三"), "3000"), stay.line(row(batch, "蒋秀"), "3100")]
    [finding] = refusal(stay.settle, batch, *lines)
    assert (finding.key, finding.asked, finding.limit, finding.clause) == (
        "sanatorium.cost_person_year", "3100.00", "不超过3000.00元/人年", "BZ-11",
    )  # fmt: skip
    assert not Cost.objects.exists()
    assert set(PersonYear.objects.values_list("spent", flat=True)) == {Decimal("0")}
    assert AuditEvent.objects.first().action == "refused.settle"


def test_the_years_of_two_plans_are_one_year_of_the_person(stay):
    stay.rule("sanatorium.trips_person_year", 2)
    batch = stay.went("张三")
    first = row(batch, "张三")
    stay.settle(batch, stay.line(first, "2000"))
    plan = build.plan(stay.city.b)
    other = build.approved(plan, stay.city.b, "张三")
    PersonYear.objects.filter(person=other.person).update(person=first.person)
    Nomination.objects.filter(pk=other.pk).update(person=first.person)
    second = stay.open(
        plan=plan, number=1, starts_on=day("7-6"), ends_on=day("7-11"), by=stay.cast.union_officer
    )
    batches.assign(by=stay.cast.union_officer, batch=second, rows=[stay.fresh(other)])
    second = stay.set_out(second)
    [finding] = refusal(stay.settle, second, stay.line(other, "1000.01"))
    assert finding.asked == "3000.01"
    assert stay.settle(second, stay.line(other, "1000"))[0].total == Decimal("1000")


def test_only_those_who_came_have_costs(stay):
    batch = stay.open()
    _, gone = stay.seat(batch, "张三", "李四")
    batch = stay.set_out(batch, absent=[gone])
    assert (
        refusal(stay.settle, batch, stay.line(gone))[0].message == "李四现为“未参加”,只登记已参加人员的费用"
    )


def test_the_excess_is_paid_by_the_person_under_another_citys_rules(city, cast, today):
    anhui = {
        "sanatorium.cost_person_day": ({"省内": 400, "省外": 400}, "block", "费用标准"),
        "sanatorium.self_pay": (True, "block", "费用标准"),
    }
    stay = Stay(city, cast, today, limits=anhui)
    batch = stay.went("张三")
    assert (batch.cost_cap, batch.self_pay) == (Decimal("2400"), True)
    [finding] = refusal(stay.settle, batch, stay.line(row(batch, "张三"), "3000"))
    assert finding.key == "sanatorium.cost_person_day"
    [cost] = stay.settle(batch, stay.line(row(batch, "张三"), "3000", self_paid="600"))
    assert (cost.borne, year_of(row(batch, "张三")).spent) == (Decimal("2400"), Decimal("2400"))


def test_a_cost_changed_since_the_page_was_shown_is_stale(stay):
    batch = stay.went("张三")
    [cost] = stay.settle(batch, stay.line(row(batch, "张三"), "1000", version=0))
    with pytest.raises(Stale):
        stay.settle(batch, stay.line(row(batch, "张三"), "2000", version=0))
    stay.settle(batch, stay.line(row(batch, "张三"), "2000", version=cost.version))
    assert stay.fresh(cost).total == Decimal("2000")


@pytest.mark.parametrize("who", ["clerk", "union_lead", "auditor"])
def test_only_the_union_officer_settles(stay, who):
    batch = stay.went("张三")
    with pytest.raises(Forbidden):
        settlement.settle(by=getattr(stay.cast, who), batch=batch, lines=[stay.line(row(batch, "张三"))])


def test_nobody_settles_their_own_costs(stay):
    batch = stay.went("张三", "李四")
    Nomination.objects.filter(name="张三").update(person=stay.cast.union_officer.person)
    PersonYear.objects.create(
        person=stay.cast.union_officer.person, plan=stay.plan, places_used=1, places_allowed=1
    )
    with pytest.raises(Forbidden, match="张三是您本人"):
        stay.settle(batch, stay.line(row(batch, "张三")), stay.line(row(batch, "李四")))
    assert stay.settle(batch, stay.line(row(batch, "李四")))[0].nomination.name == "李四"


@pytest.mark.parametrize("state", [state for state in BatchState if state != "已成行"])
def test_only_a_batch_that_set_out_is_settled(stay, state):
    batch = stay.went("张三")
    type(batch).objects.update(state=state)
    assert (
        f"现为“{state}”" in refusal(stay.settle, stay.fresh(batch), stay.line(row(batch, "张三")))[0].message
    )


def test_no_lines_settle_nothing(stay):
    assert refusal(stay.settle, stay.went("张三"))[0].key == "empty"


def test_the_tables_themselves_hold_the_caps(stay):
    batch = stay.went("张三")
    [cost] = stay.settle(batch, stay.line(row(batch, "张三"), "3000"))
    for query, columns in (
        (Cost.objects, {"transport": Decimal("0.01")}), (Cost.objects, {"board": Decimal("-1")}),
        (Cost.objects, {"self_paid": Decimal("3000.01")}), (PersonYear.objects, {"spent": Decimal("5000.01")}),
        (PersonYear.objects, {"spent_in_province": Decimal("3000.01")}),
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            query.update(**columns)
    assert stay.fresh(cost).total == Decimal("3000")


def sample_lines(stay, batch):
    """The forty lines of the settlement sheet for people of the same names."""
    cells = [r for r in openpyxl.load_workbook(SAMPLE).active.iter_rows(min_row=4, values_only=True) if r[0]]
    rows = {found.name: found for found in batch.nominations.all()}
    kinds = ("transport", "board", "training", "medical", "insurance")
    return [
        CostLine(rows[r[1]], **{kind: Decimal(value) for kind, value in zip(kinds, r[4:9], strict=True)})
        for r in cells
    ]


def sample_names():
    return [
        r[1] for r in openpyxl.load_workbook(SAMPLE).active.iter_rows(min_row=4, values_only=True) if r[0]
    ]


def test_of_the_forty_of_the_sample_one_is_refused_and_nothing_is_half_done(stay):
    batch = stay.went(*sample_names())
    lines = sample_lines(stay, batch)
    found = settlement.cost_findings(batch, lines)
    assert [(n, [f.asked for f in findings]) for n, findings in enumerate(found, 1) if findings] == [
        (23, ["3150.00"])
    ]
    [finding] = refusal(stay.settle, batch, *lines)
    assert finding.message == "蒋秀省内费用3150.00元,上限3000.00元,超出150.00元(BZ-11)"
    assert not Cost.objects.exists()
    accepted = [line for line, findings in zip(lines, found, strict=True) if not findings]
    assert len(stay.settle(batch, *accepted)) == 39
    assert sum(cost.total for cost in Cost.objects.all()) == sum(line.total for line in accepted)
    assert Cost.objects.exclude(nomination__name="蒋秀").count() == 39


def test_settling_costs_the_same_queries_for_one_and_for_many(stay, django_assert_max_num_queries):
    batch = stay.went(*"甲乙丙丁戊己庚辛")
    lines = [stay.line(found) for found in batch.nominations.all()]
    with django_assert_max_num_queries(22):
        stay.settle(batch, lines[0])
    with django_assert_max_num_queries(22):
        stay.settle(batch, *lines[1:])


# Closing and reopening -------------------------------------------------------------------------------------


def close(stay, batch, by=None):
    return settlement.close_batch(by=by or stay.payer, batch=stay.fresh(batch))


def settled(stay, **boards):
    batch = stay.went(*boards)
    stay.settle(batch, *[stay.line(row(batch, name), board) for name, board in boards.items()])
    return batch


def test_a_closed_batch_has_its_totals_and_each_who_came_a_benefit(stay):
    batch = stay.open()
    _, gone = stay.seat(batch, "张三", "李四")
    batch = stay.set_out(batch, absent=[gone])
    stay.settle(batch, stay.line(row(batch, "张三"), "2800"))
    batch = close(stay, batch)
    assert (batch.state, batch.total_cost, batch.total_self_paid, batch.closed_by, batch.closed_on) == (
        "已结清", Decimal("2800"), Decimal("0"), stay.payer, day("6-13"),
    )  # fmt: skip
    [benefit] = Benefit.objects.all()
    assert (benefit.person, benefit.channel, benefit.occasion, benefit.period, benefit.amount, benefit.given_on) == (
        row(batch, "张三").person, "疗休养", "青岛工人疗养院", "2026", Decimal("2800"), day("6-8"),
    )  # fmt: skip
    assert (benefit.case, benefit.reversed_on) == ("省内", None)
    assert (benefit.document_kind, benefit.document_id, benefit.unit) == (
        "sanatorium.batch",
        batch.pk,
        stay.city.a,
    )


def test_everybody_who_came_must_have_a_cost(stay):
    batch = stay.went(*"甲乙丙丁戊己庚")
    stay.settle(batch, stay.line(row(batch, "甲")))
    [finding] = refusal(close, stay, batch)
    assert finding.message == "乙、丙、丁、戊、己等6人尚未登记费用,全部登记后再结清"


def test_whoever_settled_does_not_close(stay):
    build.appointment(stay.cast.union_officer, stay.city.root, "union_lead")
    batch = settled(stay, 张三="2800")
    with pytest.raises(Forbidden, match="由您结算"):
        close(stay, batch, by=stay.cast.union_officer)


def test_nor_somebody_who_went_along(stay):
    batch = settled(stay, 张三="2800")
    Nomination.objects.update(person=stay.payer.person)
    with pytest.raises(Forbidden, match="您本人"):
        close(stay, batch)


def test_nor_whoever_approved_it(stay):
    batch = settled(stay, 张三="2800")
    with pytest.raises(Forbidden, match="由您批准,请由他人结清"):
        close(stay, batch, by=stay.cast.union_lead)
    other = build.user("other", stay.city.root, "union_lead", person=stay.cast.union_lead.person)
    with pytest.raises(Forbidden, match="由您批准"):  # another account of the same person
        close(stay, batch, by=other)


@pytest.mark.parametrize("who", ["union_officer", "clerk", "auditor", "org_lead"])
def test_only_a_lead_of_the_union_or_the_funds_closes(stay, who):
    batch = settled(stay, 张三="2800")
    with pytest.raises(Forbidden):
        close(stay, batch, by=getattr(stay.cast, who))


@pytest.mark.parametrize("state", [state for state in BatchState if state != "已成行"])
def test_only_a_batch_that_set_out_is_closed(stay, state):
    batch = settled(stay, 张三="2800")
    type(batch).objects.update(state=state)
    assert f"现为“{state}”" in refusal(close, stay, batch)[0].message


def test_a_stay_that_the_imported_history_already_holds_is_named(stay):
    batch = settled(stay, 张三="2800")
    Benefit.objects.create(
        person=row(batch, "张三").person, unit=stay.city.a, channel="疗休养", occasion="往年", period="2026",
        document_kind="", given_on=day("6-8"),
    )  # fmt: skip
    [finding] = refusal(close, stay, batch)
    assert finding.message == "张三在2026-06-08已有疗休养记录,请先核对历年参加记录"


def test_a_reopened_batch_reverses_its_benefits_and_can_be_corrected_and_closed_again(stay):
    batch = close(stay, settled(stay, 张三="2800"))
    batch = settlement.reopen_batch(by=stay.cast.union_lead, batch=batch, reason="发票有误")
    assert (batch.state, batch.total_cost, batch.closed_by, batch.closed_on) == ("已成行", None, None, None)
    assert [benefit.reversed_on for benefit in Benefit.objects.all()] == [day("6-13")]
    stay.settle(batch, stay.line(row(batch, "张三"), "2700"))
    assert close(stay, batch).total_cost == Decimal("2700")
    standing = Benefit.objects.standing().get()
    assert (standing.amount, Benefit.objects.count()) == (Decimal("2700"), 2)


def test_reopening_needs_a_reason_and_the_union_lead(stay):
    batch = close(stay, settled(stay, 张三="2800"))
    assert (
        refusal(settlement.reopen_batch, by=stay.cast.union_lead, batch=batch, reason=" ")[0].key == "reason"
    )
    with pytest.raises(Forbidden):
        settlement.reopen_batch(by=stay.cast.union_officer, batch=batch, reason="发票有误")
    assert refusal(settlement.reopen_batch, by=stay.cast.union_lead, batch=stay.open(number=9), reason="有误")


def test_an_absent_person_may_be_nominated_again_but_has_had_the_place(stay):
    batch = stay.open()
    [gone] = stay.seat(batch, "张三")
    stay.set_out(batch, absent=[gone])
    assert (stay.fresh(gone).state, year_of(gone).places_used) == (State.ABSENT, 1)


def test_every_row_equals_what_its_last_event_says(stay):
    batch = stay.open(programme=[Item(1, "上午", "休养", "散步"), Item(1, "下午", "疗养", "理疗")])
    batches.plan_programme(by=stay.cast.union_officer, batch=batch, items=[Item(1, "上午", "体检", "体检")])
    stay.seat(batch, "张三", "李四")
    batch = stay.set_out(batch, absent=[row(batch, "李四")])
    for amount in ("2800.50", "2700"):
        stay.settle(batch, stay.line(row(batch, "张三"), amount))
    batch = settlement.reopen_batch(by=stay.cast.union_lead, batch=close(stay, batch), reason="发票有误")
    close(stay, batch)
    rows = [*Batch.objects.all(), *ProgrammeItem.objects.all(), *Nomination.objects.all(), *Cost.objects.all(),
            *Benefit.objects.all(), *PersonYear.objects.filter(spent__gt=0)]  # fmt: skip
    assert len(rows) == 9
    for kept in rows:
        events = AuditEvent.objects.of(kept)
        assert canonical(snapshot(kept)) == events.last().after, kept
        assert len(set(events.values_list("after", flat=True))) == events.count(), kept
