"""An application on its way (LYG-10): each verb from its states, by its roles, with one event for each changed row."""

import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from carecore.models import Severity
from carecore.workflow import Forbidden, Refused, Stale
from funds.models import (
    PASSED_DOWN,
    AccountKind,
    Application,
    ApplicationState,
    Book,
    Fund,
    FundState,
    Reservation,
)
from funds.workflow import applications
from tests import build
from tests.trail import one_event_each, refused

YUAN = Decimal
DRAFT, APPLIED, ACCEPTED, DECIDED, PAYING, PAID, REFUSED, WITHDRAWN = ApplicationState
HOLD, FREE = ("reserve",), ("release",)


def run(verb, by, row, **facts):
    """One verb on one application, with what it needs filled in."""
    filled = {
        "amend_application": {"application": row, "subject": "改写"},
        "apply": {"application": row},
        "accept": {"rows": [row]},
        "send_back": {"row": row, "reason": "材料不全"},
        "withdraw_application": {"application": row, "reason": "不再需要"},
        "refuse_application": {"application": row, "reason": "不符合条件"},
        "decide": {"application": row, "amount": YUAN("800.00")},
    }[verb]
    return getattr(applications, verb)(by=by, **{**filled, **facts})


# verb: from which states to which, who may, which rows change, which of the ledger's actions go with it
VERBS = {
    "amend_application": ({DRAFT: DRAFT}, "applicant", {"application": 1}, ()),
    "apply": ({DRAFT: APPLIED}, "applicant", {"application": 1}, ()),
    "accept": ({APPLIED: ACCEPTED}, "fund_office", {"application": 1, "reservation": 1, "account": 1}, HOLD),
    "send_back": ({APPLIED: DRAFT, ACCEPTED: DRAFT}, "fund_office", {"application": 1}, FREE),
    "withdraw_application": (
        {DRAFT: WITHDRAWN, APPLIED: WITHDRAWN, ACCEPTED: WITHDRAWN}, "applicant", {"application": 1}, FREE,
    ),
    "refuse_application": ({APPLIED: REFUSED}, "fund_office", {"application": 1}, ()),
    "decide": ({ACCEPTED: DECIDED}, "fund_lead", {"application": 1}, ()),
}  # fmt: skip
MOVES = [(verb, start) for verb, (moves, *_rest) in VERBS.items() for start in moves]
WRONG = [
    (verb, state) for verb, (moves, *_rest) in VERBS.items() for state in ApplicationState
    if state not in moves and (verb, state) != ("refuse_application", ACCEPTED)
]  # fmt: skip
ROLES = ("applicant", "fund_office", "meeting_clerk", "cashier", "fund_lead")
MAY = {verb: {who} for verb, (_, who, *_rest) in VERBS.items()}


@pytest.fixture
def at(asks):
    """An application of 800.00 at a state, as far as this engineer's verbs bring it."""

    def make(state):
        if state == DRAFT:
            return asks.draft()
        if state == APPLIED:
            return asks.applied()
        row = asks.accepted()
        if state != ACCEPTED:
            Application.objects.filter(pk=row.pk).update(state=state)
            row = asks.fresh(row)
        return row

    return make


@pytest.mark.parametrize(("verb", "start"), MOVES)
def test_each_verb_moves_from_its_states(treasury, at, verb, start):
    moves, who, rows, also = VERBS[verb]
    row, by = at(start), getattr(treasury, who)
    reason = {"send_back": "材料不全", "withdraw_application": "不再需要", "refuse_application": "不符合条件"}
    with one_event_each(by, verb, reason.get(verb, ""), also=also) as seen:
        done = run(verb, by, row)
    held = {"reservation": 1, "account": 1} if start == ACCEPTED and also == FREE else {}
    assert seen.rows == {**rows, **held}
    assert Application.objects.get().state == moves[start] == (done[0] if verb == "accept" else done).state


@pytest.mark.parametrize(("verb", "state"), WRONG)
def test_and_from_no_other(treasury, at, verb, state):
    row, by = at(state), getattr(treasury, VERBS[verb][1])
    with refused(verb, by, f"现为“{state}”"):
        run(verb, by, row)


@pytest.mark.parametrize(("verb", "who"), [(verb, who) for verb in VERBS for who in ROLES if who not in MAY[verb]])
def test_no_other_role_may(treasury, at, verb, who):
    row, by = at(next(iter(VERBS[verb][0]))), getattr(treasury, who)
    with refused(verb, by, "权限", Forbidden):
        run(verb, by, row)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if VERBS[verb][1] == "applicant"])
def test_nobody_of_another_unit_may(treasury, at, verb):
    row = at(next(iter(VERBS[verb][0])))
    with refused(verb, treasury.applicant_b, "您没有甲局的“申请使用资金”权限", Forbidden):
        run(verb, treasury.applicant_b, row)


@pytest.mark.parametrize(("verb", "role"), [("accept", "fund_office"), ("send_back", "fund_office"), ("decide", "fund_lead")])
def test_the_office_of_another_unit_may_not(city, at, verb, role):
    row = at(next(iter(VERBS[verb][0])))
    stranger = build.user("stranger", city.b, role, person=build.person(city.b, "外单位"))
    with refused(verb, stranger, "您没有滨海市的", Forbidden):
        run(verb, stranger, row)


@pytest.mark.parametrize("verb", VERBS)
def test_a_stale_form_changes_nothing(treasury, at, verb):
    row, by = at(next(iter(VERBS[verb][0]))), getattr(treasury, VERBS[verb][1])
    row.version -= 1
    with refused(verb, by, "已被他人更新", Stale):
        run(verb, by, row)


@pytest.mark.parametrize("verb", ["send_back", "withdraw_application", "refuse_application"])
@pytest.mark.parametrize(("reason", "says"), [("  ", "请写明"), ("长" * 201, "压缩到200字以内")])
def test_a_step_back_says_why_in_at_most_200_characters(treasury, at, verb, reason, says):
    row, by = at(APPLIED), getattr(treasury, VERBS[verb][1])
    with refused(verb, by, says):
        run(verb, by, row, reason=reason)


# Drafts -----------------------------------------------------------------------------------------------------


def test_a_draft_says_what_for_whom_and_how_much(treasury, asks, city):
    lines = [asks.line("张三", "500.00", note="住院"), asks.line("李四", "300.50"), asks.line("", "20.00", person=build.person(city.a, "王五"))]
    with one_event_each(treasury.applicant, "draft_application") as seen:
        row = asks.draft(*lines)
    assert seen.rows == {"application": 1, "applicationline": 3}
    assert (row.state, row.asked, row.applied_by, row.applied_on) == ("草稿", YUAN("820.50"), treasury.applicant, None)
    assert list(row.lines.values_list("payee", "amount", "note")) == [
        ("张三", YUAN("500.00"), "住院"), ("李四", YUAN("300.50"), ""), ("王五", YUAN("20.00"), ""),
    ]  # fmt: skip


def test_a_double_click_drafts_once(asks):
    once = uuid.uuid4()
    assert asks.draft(request_id=once) == asks.draft(request_id=once)
    assert Application.objects.count() == 1


def test_a_draft_holds_no_money(asks, money):
    asks.draft()
    assert money.own().reserved == 0


@pytest.mark.parametrize("who", [who for who in ROLES if who != "applicant"])
def test_only_an_applicant_drafts(treasury, asks, who):
    by = getattr(treasury, who)
    with refused("draft_application", by, "权限", Forbidden):
        asks.draft(by=by)


def test_nor_for_another_unit(treasury, asks, city):
    with refused("draft_application", treasury.applicant, "您没有乙局的", Forbidden):
        asks.draft(unit=city.b)


def test_an_office_below_asks_of_the_same_fund(asks, city):
    assert asks.draft(unit=city.a_office).unit == city.a_office


def test_a_fund_of_another_unit_does_not_serve(treasury, asks, city):
    other = build.fund(city.b, "乙局资金", opened_by=treasury.fund_lead)
    with refused("draft_application", treasury.applicant, "乙局资金属于乙局,不供甲局申请使用"):
        asks.draft(fund=other)


def test_a_purpose_of_another_fund_is_none(treasury, asks, city, fund):
    other = build.fund(city.root, "学习资金", "党员学习培训", opened_by=treasury.fund_lead)
    with refused("draft_application", treasury.applicant, "“困难补助”不是帮扶资金的用途"):
        applications.draft_application(
            by=treasury.applicant, unit=city.a, fund=fund, purpose=build.account(other, "困难补助"), subject="补助",
            lines=[asks.line()],
        )  # fmt: skip


@pytest.mark.parametrize("named", [{"label": "财政拨付"}, {"kind": AccountKind.PURPOSE, "code": PASSED_DOWN}])
def test_nor_is_a_source_or_the_way_to_another_fund(treasury, asks, fund, named):
    account = fund.accounts.get(**named)
    with pytest.raises(Refused):
        applications.draft_application(
            by=treasury.applicant, unit=treasury.applicant.person.unit, fund=fund, purpose=account, subject="补助",
            lines=[asks.line()],
        )  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "says"),
    [("0.00", "金额须大于零"), ("-5.00", "金额须大于零"), ("3.005", "最多两位小数"), ("1e20", "金额超出范围"), ("NaN", "不是有效的金额")],
)
def test_impossible_amounts(treasury, asks, amount, says):
    with refused("draft_application", treasury.applicant, says):
        asks.draft(amount=amount)


def test_nobody_stands_twice_and_nobody_of_another_unit(treasury, asks, city):
    line = asks.line()
    with refused("draft_application", treasury.applicant, "张三重复,同一人员在一份申请中只能列一次"):
        asks.draft(line, line)
    with refused("draft_application", treasury.applicant, "李四不是甲局的人员"):
        asks.draft(asks.line("李四", unit=city.b))


@pytest.mark.parametrize(
    ("facts", "says"),
    [({"subject": " "}, "事由"), ({"subject": "长" * 201}, "事由"), ({"lines": []}, "请至少填写一名收款人")],
)
def test_a_draft_is_whole(treasury, asks, fund, city, facts, says):
    facts = {"subject": "补助", "lines": [asks.line()], **facts}
    with refused("draft_application", treasury.applicant, says):
        applications.draft_application(
            by=treasury.applicant, unit=city.a, fund=fund, purpose=build.account(fund, "困难补助"), **facts
        )


def test_lines_are_changed_dropped_and_added_in_place(treasury, asks):
    row = asks.draft(asks.line("张三", "500.00"), asks.line("李四", "300.00"))
    first, second = row.lines.all()
    keep = applications.ApplicationLineDraft("张三", YUAN("500.00"), first.person)
    new = asks.line("王五", "50.00")
    with one_event_each(treasury.applicant, "amend_application") as seen:
        row = applications.amend_application(by=treasury.applicant, application=row, lines=[keep, new])
    assert seen.rows == {"application": 1, "applicationline": 1}
    assert row.asked == YUAN("550.00")
    with one_event_each(treasury.applicant, "amend_application") as seen:
        applications.amend_application(by=treasury.applicant, application=row, lines=[new])
    assert seen.rows == {"application": 1, "applicationline": 2}
    assert list(row.lines.values_list("payee", "amount", "dropped")) == [
        ("王五", YUAN("50.00"), False), ("王五", YUAN("50.00"), True)
    ]  # fmt: skip
    assert [line.payee for line in row.lines.standing()] == ["王五"]


def test_the_database_holds_the_amounts(asks):
    row = asks.accepted()
    for columns in ({"decided": YUAN("800.01")}, {"decided": YUAN(0)}, {"asked": YUAN(0)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Application.objects.filter(pk=row.pk).update(**columns)


# Handing in and accepting -----------------------------------------------------------------------------------


def test_accepting_holds_what_is_asked_and_settles_who_decides(treasury, asks, money):
    row = asks.accepted()
    held = Reservation.objects.get()
    assert (held.amount, held.document_kind, held.document_id, held.purpose.label) == (
        YUAN("800.00"), "funds.application", row.pk, "困难补助"
    )  # fmt: skip
    assert (money.own().reserved, row.decision, row.accepted_by) == (YUAN("800.00"), "leader", treasury.fund_office)
    assert row.findings[-1]["message"].startswith("申请金额800.00元,审批权限为分管领导审批")
    assert row.findings[-1]["severity"] == Severity.INFO


@pytest.mark.parametrize(("amount", "goes"), [("10000.00", True), ("10000.01", False)])
def test_the_balance_is_asked_for_to_the_last_fen(treasury, asks, money, amount, goes):
    row = asks.applied(amount=amount)
    if goes:
        applications.accept(by=treasury.fund_office, rows=[row])
        assert money.own().available == 0
        return
    with refused("accept", treasury.fund_office, "帮扶资金可用余额10000.00元,不足10000.01元"):
        applications.accept(by=treasury.fund_office, rows=[row])


def test_several_are_accepted_all_or_none(treasury, asks, money):
    rows = [asks.applied(amount=amount) for amount in ("6000.00", "4000.01")]
    with refused("accept", treasury.fund_office, "可用余额4000.00元,不足4000.01元"):
        applications.accept(by=treasury.fund_office, rows=rows)
    rows[1] = asks.applied(amount="4000.00")
    with one_event_each(treasury.fund_office, "accept", also=HOLD) as seen:
        applications.accept(by=treasury.fund_office, rows=rows)
    assert seen.rows == {"application": 2, "reservation": 2, "account": 1}


@pytest.mark.parametrize("verb", ["apply", "accept"])
def test_a_purpose_taken_out_of_the_rules_is_refused(treasury, asks, city, verb):
    """LYG-9: what the catalogue no longer names is not asked for any more, and says so with its clause."""
    row = asks.draft(purpose="走访慰问") if verb == "apply" else asks.applied(purpose="走访慰问")
    build.rule(city.root, "funds.purposes", {"生活困难党员帮扶": build.PURPOSES[:1]}, clause="LYG-9")
    by = treasury.applicant if verb == "apply" else treasury.fund_office
    with refused(verb, by, "“走访慰问”不在帮扶资金的用途范围内,只能是:困难补助") as caught:
        run(verb, by, row)
    assert [(f.key, f.clause) for f in caught.value.findings] == [("funds.purposes", "LYG-9")]


@pytest.mark.parametrize("verb", ["draft_application", "apply", "accept", "decide"])
@pytest.mark.parametrize(
    ("how", "says"),
    [("closed", "已结账至2026-05-31"), ("lapsed", "帮扶资金已结束"), ("ended", "使用期限为2026-05-10")],
)
def test_nothing_goes_into_a_closed_period_or_a_fund_that_ended(treasury, asks, fund, verb, how, says):
    rows = {"apply": asks.draft, "accept": asks.applied, "decide": asks.accepted}
    row = rows[verb]() if verb in rows else None
    if how == "closed":
        Book.objects.update(closed_through="2026-05-31")
    else:
        Fund.objects.update(**({"state": FundState.LAPSED} if how == "lapsed" else {"ends_on": "2026-05-10"}))
    by = treasury.applicant if row is None else getattr(treasury, VERBS[verb][1])
    with refused(verb, by, says):
        asks.draft() if row is None else run(verb, by, row)


def test_what_was_sent_back_is_put_right_and_handed_in_again(treasury, asks, money):
    row = run("send_back", treasury.fund_office, asks.accepted())
    assert (row.decision, row.accepted_by, row.reason, money.own().reserved) == ("", None, "材料不全", 0)
    row = applications.amend_application(by=treasury.applicant, application=row, subject="补充材料后申请")
    row = applications.apply(by=treasury.applicant, application=row)
    assert applications.accept(by=treasury.fund_office, rows=[row])[0].state == ACCEPTED
    assert money.own().reserved == YUAN("800.00")
    assert [held.state for held in Reservation.objects.all()] == ["已了结", "预留中"]
