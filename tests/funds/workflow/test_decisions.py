"""Who decides on an application (LYG-10): by its amount one person, or the meeting; each step by somebody else."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from carecore.access import Role
from carecore.models import AuditEvent, Rule
from carecore.workflow import Forbidden, Stale
from funds.models import Application, ApplicationState, Book, FundState, Meeting, Reservation
from funds.workflow import applications
from funds.workflow.applications import Outcome
from tests import build
from tests.trail import one_event_each, refused

YUAN = Decimal
ROLES = ("applicant", "fund_office", "meeting_clerk", "cashier", "fund_lead")


def decide(by, row, amount=None, **facts):
    return applications.decide(by=by, application=row, amount=YUAN(amount or row.asked), **facts)


def colleague(city, role, name="同事"):
    return build.user(name, city.root, role, person=build.person(city.root, name))


# By one person ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "decision"),
    [
        ("0.01", "office"), ("500.00", "office"), ("500.01", "leader"), ("2000.00", "leader"), ("2000.01", "meeting"),
        ("9000.00", "meeting"),
    ],
)  # fmt: skip
def test_the_amount_says_who_decides_to_the_fen(asks, amount, decision):
    assert asks.accepted(amount=amount).decision == decision


def test_where_no_rule_says_so_it_is_the_meeting(asks):
    Rule.objects.filter(key="funds.decisions").delete()
    row = asks.accepted(amount="0.01")
    assert row.decision == "meeting"
    assert row.findings[-1]["message"] == "没有规定生活困难党员帮扶的审批权限,按书记会议研究决定办理(LYG-10)"


@pytest.mark.parametrize(("amount", "who"), [("500.00", "fund_lead"), ("500.00", "colleague"), ("500.01", "fund_lead")])
def test_whoever_may_decides(city, treasury, asks, amount, who):
    row = asks.accepted(amount=amount)
    by = colleague(city, Role.FUND_OFFICE) if who == "colleague" else getattr(treasury, who)
    with one_event_each(by, "decide", "情况属实") as seen:
        row = decide(by, row, opinion="情况属实")
    assert seen.rows == {"application": 1}
    assert (row.state, row.decided, row.decided_by, row.decided_on, row.opinion) == (
        "已批准", YUAN(amount), by, datetime.date(2026, 5, 11), "情况属实"
    )  # fmt: skip


def test_the_office_does_not_decide_on_what_the_leader_must(city, asks):
    row, by = asks.accepted(amount="500.01"), colleague(city, Role.FUND_OFFICE)
    with refused("decide", by, "您没有滨海市的“审批资金使用”权限", Forbidden):
        decide(by, row)


@pytest.mark.parametrize("verb", ["decide", "refuse_application"])
def test_nobody_alone_decides_on_what_the_meeting_must(treasury, asks, verb):
    row = asks.accepted(amount="2000.01")
    facts = {"amount": YUAN("1.00")} if verb == "decide" else {"reason": "不符合条件"}
    with refused(verb, treasury.fund_lead, "须由书记会议研究决定,请登记会议决定"):
        getattr(applications, verb)(by=treasury.fund_lead, application=row, **facts)


@pytest.mark.parametrize("who", ["applicant", "meeting_clerk", "cashier"])
@pytest.mark.parametrize("verb", ["decide", "refuse_application"])
def test_others_do_not_decide(treasury, asks, who, verb):
    row, by = asks.accepted(amount="500.00"), getattr(treasury, who)
    facts = {"amount": YUAN("1.00")} if verb == "decide" else {"reason": "不符合条件"}
    with refused(verb, by, "权限", Forbidden):
        getattr(applications, verb)(by=by, application=row, **facts)


def test_a_lower_amount_frees_the_rest(treasury, asks, money):
    row = asks.accepted()
    with one_event_each(treasury.fund_lead, "decide", also=("release",)) as seen:
        decide(treasury.fund_lead, row, "799.99")
    assert seen.rows == {"application": 1, "reservation": 1, "account": 1}
    held = Reservation.objects.get()
    assert (held.left, held.released, held.state) == (YUAN("799.99"), YUAN("0.01"), "预留中")
    assert (money.own().reserved, Application.objects.get().amount) == (YUAN("799.99"), YUAN("799.99"))


@pytest.mark.parametrize(
    ("amount", "says"),
    [("800.01", "须大于零且不超过申请金额800.00元"), ("0.00", "须大于零"), ("-1.00", "须大于零"), ("1.001", "最多两位小数")],
)
def test_neither_more_than_was_asked_nor_nothing(treasury, asks, amount, says):
    row = asks.accepted()
    with refused("decide", treasury.fund_lead, says):
        decide(treasury.fund_lead, row, amount)


def test_a_no_frees_what_was_held(treasury, asks, money):
    row = asks.accepted()
    with one_event_each(treasury.fund_lead, "refuse_application", "不符合条件", also=("release",)) as seen:
        applications.refuse_application(by=treasury.fund_lead, application=row, reason="不符合条件")
    assert seen.rows == {"application": 1, "reservation": 1, "account": 1}
    row = Application.objects.get()
    assert (row.state, row.opinion, row.decided, row.decided_by) == ("不同意", "不符合条件", None, treasury.fund_lead)
    assert (money.own().reserved, Reservation.objects.get().state) == (0, "已了结")


def test_a_rule_that_comes_later_does_not_move_the_decision(city, treasury, asks, fund):
    row = asks.accepted()
    Rule.objects.filter(key="funds.decisions").update(value={fund.kind: [{"by": "meeting"}]})
    assert decide(treasury.fund_lead, row).state == "已批准"


# Each step by somebody else, nobody on their own case ---------------------------------------------------------

STEPS = {
    "accept": ("applied", "fund_office", ("applied_by",)),
    "decide": ("accepted", "fund_lead", ("applied_by", "accepted_by")),
    "refuse_application": ("accepted", "fund_lead", ("applied_by", "accepted_by")),
    "record_meeting": ("accepted", "meeting_clerk", ("applied_by", "accepted_by")),
}
DONE = {"applied_by": "申请", "accepted_by": "受理"}
PAIRS = [(verb, step) for verb, (_, _, steps) in STEPS.items() for step in steps]


def act(asks, verb, by, row):
    if verb == "record_meeting":
        return asks.meeting((row, row.asked), by=by)
    if verb == "accept":
        return applications.accept(by=by, rows=[row])
    facts = {"amount": row.asked} if verb == "decide" else {"reason": "不符合条件"}
    if verb == "send_back":
        return applications.send_back(by=by, row=row, **facts)
    return getattr(applications, verb)(by=by, application=row, **facts)


@pytest.mark.parametrize("same", ["account", "person"])
@pytest.mark.parametrize(("verb", "earlier"), PAIRS)
def test_whoever_took_an_earlier_step_does_not_take_this_one(city, treasury, asks, verb, earlier, same):
    start, who, _ = STEPS[verb]
    row, by = getattr(asks, start)(), getattr(treasury, who)
    other = by if same == "account" else build.user("second", city.a, Role.CLERK, person=by.person)
    Application.objects.update(**{earlier: other})
    with refused(verb, by, f"由您{DONE[earlier]},不能再由您办理本环节", Forbidden) as caught:
        act(asks, verb, by, row)
    assert [finding.key for finding in caught.value.findings] == ["separation"]


@pytest.mark.parametrize(("verb", "start", "who"), [
    ("accept", "applied", "fund_office"), ("send_back", "applied", "fund_office"), ("decide", "accepted", "fund_lead"),
    ("refuse_application", "applied", "fund_office"), ("record_meeting", "accepted", "meeting_clerk"),
])  # fmt: skip
@pytest.mark.parametrize("named", [True, False])
def test_nobody_acts_on_their_own_case(treasury, asks, verb, start, who, named):
    by, row = getattr(treasury, who), getattr(asks, start)()
    columns = {"person": by.person} if named else {"person": None, "payee": by.person.name}
    row.lines.update(**columns)
    with refused(verb, by, "您本人" if named else "与您同名", Forbidden):
        act(asks, verb, by, row)


def test_nobody_asks_for_money_for_themselves(treasury, asks):
    own = asks.line("申请甲", person=treasury.applicant.person)
    with refused("draft_application", treasury.applicant, "收款人中有您本人", Forbidden):
        asks.draft(own)
    row = asks.draft()
    with refused("amend_application", treasury.applicant, "收款人中有您本人", Forbidden):
        applications.amend_application(by=treasury.applicant, application=row, lines=[own])
    row.lines.update(person=treasury.applicant.person)
    with refused("apply", treasury.applicant, "收款人中有您本人", Forbidden):
        applications.apply(by=treasury.applicant, application=row)


def test_one_who_holds_every_role_gets_no_further_than_handing_in(city, asks):
    everybody = colleague(city, Role.FUND_APPLICANT, "全能")
    for role in set(Role) - {Role.FUND_APPLICANT}:
        build.appointment(everybody, city.root, role)
    row = asks.applied(by=everybody)
    with refused("accept", everybody, "由您申请", Forbidden):
        applications.accept(by=everybody, rows=[row])


def test_who_decides_is_known_as_a_person(city, asks):
    row, by = asks.accepted(), build.user("nobody", city.root, Role.FUND_LEAD)
    with refused("decide", by, "您的账号未对应到人员", Forbidden):
        decide(by, row)


# By a meeting -----------------------------------------------------------------------------------------------


def test_one_meeting_decides_many(treasury, asks, money):
    rows = [asks.accepted(asks.line(name, amount)) for name, amount in (("张三", "3000.00"), ("李四", "2500.00"), ("王五", "2100.00"))]
    with one_event_each(treasury.meeting_clerk, "record_meeting", also=("release",)) as seen:
        meeting = asks.meeting((rows[0], "3000.00"), (rows[1], "2000.50"), (rows[2], None))
    assert seen.rows == {"meeting": 1, "application": 3, "reservation": 2, "account": 1}
    told = Application.objects.order_by("pk").values_list("state", "decided", "meeting", "decided_by", "decided_on")
    by, day = treasury.meeting_clerk.pk, datetime.date(2026, 5, 11)
    assert list(told) == [
        ("已批准", YUAN("3000.00"), meeting.pk, by, day), ("已批准", YUAN("2000.50"), meeting.pk, by, day),
        ("不同意", None, meeting.pk, by, day),
    ]  # fmt: skip
    assert money.own().reserved == YUAN("5000.50")
    assert (meeting.number, meeting.recorded_by, str(meeting)) == ("2026-05", treasury.meeting_clerk, "2026-05")


def test_a_meeting_may_decide_what_one_person_could(asks):
    row = asks.accepted(amount="100.00")
    asks.meeting((row, "100.00"))
    assert asks.fresh(row).state == "已批准"


def test_a_double_click_records_once(asks):
    row, once = asks.accepted(amount="3000.00"), uuid.uuid4()
    assert asks.meeting((row, "3000.00"), request_id=once) == asks.meeting((row, "3000.00"), request_id=once)


@pytest.mark.parametrize("state", [state for state in ApplicationState if state != "已受理"])
def test_a_meeting_decides_on_accepted_applications_only(treasury, asks, state):
    row = asks.accepted(amount="3000.00")
    Application.objects.update(state=state)
    with refused("record_meeting", treasury.meeting_clerk, f"现为“{state}”"):
        asks.meeting((asks.fresh(row), "3000.00"))


@pytest.mark.parametrize("who", [who for who in ROLES if who != "meeting_clerk"])
def test_only_the_clerk_of_the_meeting_records_it(treasury, asks, who):
    row, by = asks.accepted(amount="3000.00"), getattr(treasury, who)
    with refused("record_meeting", by, "“登记书记会议决定”权限", Forbidden):
        asks.meeting((row, "3000.00"), by=by)


def test_a_meeting_of_another_unit_decides_nothing_here(city, asks):
    by = build.user("clerk_of_b", city.b, Role.MEETING_CLERK, person=build.person(city.b, "乙局记录"))
    row = asks.accepted(amount="3000.00")
    with refused("record_meeting", by, "使用滨海市的资金,不由乙局的会议研究"):
        asks.meeting((row, "3000.00"), by=by, unit=city.b)
    with refused("record_meeting", by, "您没有滨海市的", Forbidden):
        asks.meeting((row, "3000.00"), by=by)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"held_on": datetime.date(2026, 5, 12)}, "晚于今天"),
        ({"held_on": datetime.date(2026, 5, 10)}, "会议日期2026-05-10不得早于受理日期"),
        ({"attendees": "主持人"}, "资金使用须经会议集体研究"),
        ({"attendees": "主持人、 主持人"}, "资金使用须经会议集体研究"),
        ({"attendees": "参会甲,张三"}, "张三是甲局:困难党员补助的收款人,研究时应当回避"),
        ({"chair": "张三"}, "研究时应当回避"),
        ({"number": " "}, "会议号"), ({"number": "长" * 41}, "会议号"), ({"chair": ""}, "主持人"),
        ({"decision": ""}, "会议决定"), ({"attendees": "长" * 501}, "参会人员"),
    ],
)  # fmt: skip
def test_a_record_tells_of_a_collective_decision(treasury, asks, facts, says):
    row = asks.accepted(amount="3000.00")
    with refused("record_meeting", treasury.meeting_clerk, says):
        asks.meeting((row, "3000.00"), **facts)


def test_a_number_is_recorded_once(treasury, asks):
    asks.meeting((asks.accepted(amount="3000.00"), "3000.00"))
    row = asks.accepted(asks.line("李四", "3000.00"))
    with refused("record_meeting", treasury.meeting_clerk, "会议号“2026-05”已登记"):
        asks.meeting((row, "3000.00"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Meeting.objects.create(
            unit=row.fund.unit, number="2026-05", held_on="2026-05-11", chair="甲", attendees="乙", decision="同意",
            recorded_by=treasury.meeting_clerk,
        )  # fmt: skip


def test_a_meeting_without_an_application_decides_nothing(treasury, asks):
    with refused("record_meeting", treasury.meeting_clerk, "没有选中任何记录"):
        asks.meeting()


def test_a_namesake_who_attended_is_told_apart_by_unit(asks):
    row = asks.accepted(amount="3000.00")
    assert asks.meeting((row, "3000.00"), attendees="参会甲、张三(市委办)").pk


@pytest.mark.parametrize("amount", ["3000.01", "0.00"])
def test_one_wrong_amount_stops_the_whole_meeting(treasury, asks, amount):
    rows = [asks.accepted(asks.line(name, "3000.00")) for name in ("张三", "李四")]
    with refused("record_meeting", treasury.meeting_clerk, "须大于零且不超过申请金额3000.00元"):
        asks.meeting((rows[0], "3000.00"), (rows[1], amount))


def test_a_stale_form_records_no_meeting(treasury, asks):
    row = asks.accepted(amount="3000.00")
    row.version -= 1
    with refused("record_meeting", treasury.meeting_clerk, "已被他人更新", Stale):
        asks.meeting((row, "3000.00"))


def test_a_decision_is_not_dated_into_a_closed_month(treasury, asks, today):
    row = asks.accepted(amount="3000.00")
    today.move_to("2026-06-02 10:00:00+08:00")
    Book.objects.update(closed_through="2026-05-31")
    with refused("record_meeting", treasury.meeting_clerk, "已结账至2026-05-31,不能再办理2026-05-11的使用申请"):
        asks.meeting((row, "3000.00"))
    assert asks.meeting((row, "3000.00"), held_on=datetime.date(2026, 6, 2)).pk


def test_what_a_lapsed_fund_cannot_give_can_still_be_refused(asks, fund, money):
    row = asks.accepted(amount="3000.00")
    type(fund).objects.update(state=FundState.LAPSED)
    asks.meeting((row, None))
    assert (asks.fresh(row).state, money.own().reserved) == ("不同意", 0)


def test_every_refusal_names_its_verb_in_the_trail(treasury, asks):
    row = asks.accepted(amount="3000.00")
    with refused("record_meeting", treasury.meeting_clerk):
        applications.record_meeting(
            by=treasury.meeting_clerk, unit=row.fund.unit, number="1", held_on=datetime.date(2027, 1, 1), chair="甲",
            attendees="乙", decision="同意", outcomes=[Outcome(row, None)],
        )  # fmt: skip
    assert AuditEvent.objects.order_by("-seq").first().action == "refused.record_meeting"
