"""Keeping rules: added, ended and followed; amended or withdrawn only before their day; below only stricter."""

import datetime
import uuid

import pytest

from carecore import rulekeeping
from carecore.models import AuditEvent, Document, Rule, Severity
from carecore.policy import limit
from carecore.workflow import Forbidden, Refused, Stale
from tests import build

TODAY = datetime.date(2026, 5, 11)
TOMORROW = datetime.date(2026, 5, 12)
JUNE = datetime.date(2026, 6, 1)
DAYS = "sanatorium.days"
COST = "sanatorium.cost_person_year"


@pytest.fixture
def document(city, cast):
    return rulekeeping.add_document(by=cast.union_lead, unit=city.root, slug="bz", name="意见(试行)")


def add(by, unit, key=DAYS, value=(5, 7), **facts):
    value = list(value) if isinstance(value, tuple) else value
    facts = {"clause": "滨工发〔2026〕3号", "effective_from": JUNE, **facts}
    return rulekeeping.add_rule(by=by, unit=unit, key=key, value=value, **facts)


def refused(function, **facts):
    """The field and the message of a refusal, which leaves its own event."""
    with pytest.raises(Refused) as caught:
        function(**facts)
    assert AuditEvent.objects.latest("seq").action.startswith("refused.")
    finding = caught.value.findings[0]
    return finding.key, finding.message


def trail(row):
    return [event.action for event in AuditEvent.objects.of(row)]


# Documents ------------------------------------------------------------------------------------------------


def test_a_document_is_registered_with_its_issuers(city, cast):
    row = rulekeeping.add_document(
        by=cast.org_lead, unit=city.root, slug="binzhou-2018", name="意见(试行)", number="滨工发〔2018〕1号",
        issuers=["市委组织部", "市总工会"], issued_on=datetime.date(2018, 5, 1), is_trial=True,
        based_on="鲁工发〔2017〕9号", note="",
    )  # fmt: skip
    stored = Document.objects.get(pk=row.pk)
    assert (stored.issuers, stored.is_trial, stored.based_on) == (
        ["市委组织部", "市总工会"], True, "鲁工发〔2017〕9号"
    )  # fmt: skip
    assert trail(row) == ["add_document"]
    assert AuditEvent.objects.get().unit == city.root


def test_a_unit_registers_a_document_once_and_another_unit_its_own(city, cast, document):
    lead_a = build.user("lead_a", city.a, "union_lead")
    facts = {"slug": "bz", "name": "意见"}
    assert refused(rulekeeping.add_document, by=cast.union_lead, unit=city.root, **facts) == (
        "slug", "标识为“bz”的文件已登记,请直接使用"
    )  # fmt: skip
    assert rulekeeping.add_document(by=lead_a, unit=city.a, **facts).pk != document.pk


def test_a_document_can_be_put_right(cast, document):
    rulekeeping.amend_document(by=cast.union_lead, document=document, number="滨工发〔2018〕1号")
    assert Document.objects.get().number == "滨工发〔2018〕1号"
    assert trail(document) == ["add_document", "amend_document"]


def test_one_request_makes_one_document_and_one_rule(city, cast):
    number = uuid.uuid4()
    facts = {"by": cast.union_lead, "unit": city.root, "slug": "x", "name": "意见", "request_id": number}
    assert rulekeeping.add_document(**facts) == rulekeeping.add_document(**facts)
    assert add(cast.union_lead, city.root, request_id=number) == add(
        cast.union_lead, city.root, request_id=number
    )
    rule = Rule.objects.get()
    following = {
        "by": cast.union_lead, "rule": rule, "value": [5, 6], "clause": "x", "request_id": uuid.uuid4(),
        "effective_from": datetime.date(2026, 7, 1),
    }  # fmt: skip
    assert rulekeeping.follow_rule(**following) == rulekeeping.follow_rule(**following)
    assert Rule.objects.count() == 2


@pytest.mark.parametrize("name", ["clerk", "lead", "union_officer", "org_officer", "auditor", "admin"])
def test_only_the_leads_keep_rules(city, cast, document, name):
    by = getattr(cast, name)
    rule = build.rule(city.root, DAYS, [5, 7])
    calls = [
        (rulekeeping.add_document, {"unit": city.root, "slug": "y", "name": "y"}),
        (rulekeeping.amend_document, {"document": document, "name": "y"}),
        (rulekeeping.add_rule, {"unit": city.root, "key": DAYS, "value": [5, 7], "clause": "x",
                                "effective_from": JUNE}),
        (rulekeeping.amend_rule, {"rule": rule, "clause": "x"}),
        (rulekeeping.end_rule, {"rule": rule, "effective_to": TODAY}),
        (rulekeeping.follow_rule, {"rule": rule, "value": [5, 6], "clause": "x", "effective_from": JUNE}),
        (rulekeeping.withdraw_rule, {"rule": rule}),
    ]  # fmt: skip
    for function, facts in calls:
        with pytest.raises(Forbidden, match="“维护政策规则”权限"):
            function(by=by, **facts)


def test_rules_are_kept_in_ones_own_units_only(city):
    by = build.user("lead_a", city.a, "union_lead")
    assert add(by, city.a_office).unit == city.a_office
    for unit in (city.root, city.b):
        with pytest.raises(Forbidden):
            add(by, unit)


# Adding ---------------------------------------------------------------------------------------------------


def test_a_rule_is_in_force_from_its_day_with_document_and_clause(city, cast, document):
    row = add(cast.union_lead, city.root, document=document, clause="三(二)", text="每期5至7天")
    assert limit(DAYS, city.a, datetime.date(2026, 5, 31)) is None
    found = limit(DAYS, city.a, JUNE)
    assert (found.rule, found.value, found.clause) == (row, [5, 7], "《意见(试行)》三(二)")
    assert trail(row) == ["add_rule"]


@pytest.mark.parametrize(
    ("facts", "field", "message"),
    [
        ({"key": "sanatorium.colour"}, "value", "没有名为“sanatorium.colour”的规则"),
        ({"value": [7, 5]}, "value", "“每期天数”的取值不符合要求:应为[最小, 最大]"),
        ({"clause": " "}, "clause", "请写明条款,或本地决定的文号与日期"),
        ({"effective_to": datetime.date(2026, 5, 31)}, "effective_to", "失效日期不得早于生效日期"),
    ],
)
def test_a_rule_that_does_not_fit_is_refused(city, cast, facts, field, message):
    assert refused(lambda: add(cast.union_lead, city.root, **facts)) == (field, message)
    assert not Rule.objects.exists()


def test_one_source_gives_one_rule_of_a_key_on_a_day(city, cast, document):
    add(cast.union_lead, city.root, effective_to=datetime.date(2026, 12, 31))
    again = refused(lambda: add(cast.union_lead, city.root, effective_from=datetime.date(2026, 12, 31)))
    assert again == (
        "effective_from",
        "“每期天数”在这段时间已有规则(滨工发〔2026〕3号,2026-06-01至2026-12-31),请终止或接续该规则",
    )
    add(cast.union_lead, city.root, effective_from=datetime.date(2027, 1, 1))
    add(cast.union_lead, city.root, document=document)
    add(cast.union_lead, city.a)
    assert Rule.objects.count() == 4


def test_notes_may_stand_side_by_side(city, cast):
    for text in ("厉行节约", "注意安全"):
        add(cast.union_lead, city.root, "sanatorium.note", text)
    assert Rule.objects.count() == 2


def test_a_document_of_a_unit_holds_for_that_subtree_only(city, cast):
    document = rulekeeping.add_document(by=cast.union_lead, unit=city.a, slug="a", name="甲局办法")
    assert add(cast.union_lead, city.a_office, document=document).document == document
    assert refused(lambda: add(cast.union_lead, city.b, document=document)) == (
        "document", "《甲局办法》由甲局登记,不适用于乙局"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("key", "above", "below"),
    [
        (COST, {"省内": 3000, "省外": 5000}, {"省内": 3000.01}),
        (COST, {"省内": 3000, "省外": 5000}, 4000),
        ("sanatorium.lookback_years", 3, 2),
        (DAYS, [5, 7], [5, 8]),
        ("sanatorium.fund_source", ["工会经费"], ["工会经费", "福利费"]),
        ("sanatorium.union_venue", True, False),
    ],
)
def test_a_unit_below_may_only_be_stricter(city, cast, key, above, below):
    upper = add(cast.union_lead, city.root, key, above)
    field, message = refused(lambda: add(cast.union_lead, city.a, key, below))
    assert field == "value"
    assert message.endswith(f"({upper.source}),下级只能从严")
    assert "滨海市" in message
    upper.lower_may_differ = True
    upper.save()
    assert add(cast.union_lead, city.a, key, below).unit == city.a


@pytest.mark.parametrize(
    ("key", "above", "below"),
    [
        (COST, {"省内": 3000, "省外": 5000}, {"省内": 2500}),
        ("sanatorium.lookback_years", 3, 5),
        (DAYS, [5, 7], [6, 7]),
        ("sanatorium.note", "甲", "乙"),
    ],
)
def test_what_is_stricter_below_is_taken(city, cast, key, above, below):
    add(cast.union_lead, city.root, key, above)
    assert add(cast.union_lead, city.a, key, below).value == below


def test_a_lighter_severity_below_is_not_stricter(city, cast):
    add(cast.union_lead, city.root)
    field, message = refused(lambda: add(cast.union_lead, city.a, value=[6, 6], severity=Severity.WARN))
    assert field == "severity"
    assert message == ("“每期天数”“须说明理由”宽于滨海市的“不予通过”(滨工发〔2026〕3号),下级只能从严")
    add(cast.union_lead, city.root, "sanatorium.months", [5, 11], severity=Severity.WARN)
    assert add(cast.union_lead, city.a, "sanatorium.months", [6, 10]).severity == Severity.BLOCK


def test_only_rules_above_that_are_in_force_in_these_days_bind(city, cast):
    add(cast.union_lead, city.root, effective_to=datetime.date(2026, 6, 30))
    add(cast.union_lead, city.b, value=[5, 6])
    july = datetime.date(2026, 7, 1)
    assert add(cast.union_lead, city.a, value=[1, 9], effective_from=july).value == [1, 9]


# Before its day -------------------------------------------------------------------------------------------


def test_a_rule_can_be_amended_until_the_day_before(city, cast, today):
    row = add(cast.union_lead, city.root)
    rulekeeping.amend_rule(by=cast.union_lead, rule=row, value=[5, 6], effective_from=TOMORROW)
    row = Rule.objects.get()
    assert (row.value, row.effective_from, trail(row)) == ([5, 6], TOMORROW, ["add_rule", "amend_rule"])
    today.move_to("2026-05-12 08:00:00+08:00")
    assert refused(rulekeeping.amend_rule, by=cast.union_lead, rule=row, value=[5, 7]) == (
        "effective_from", "该规则已于2026-05-12生效,不能修改,只能终止或接续"
    )  # fmt: skip
    assert refused(rulekeeping.withdraw_rule, by=cast.union_lead, rule=row) == (
        "effective_from", "该规则已于2026-05-12生效,不能撤回,只能终止或接续"
    )  # fmt: skip
    assert Rule.objects.get().value == [5, 6]


def test_what_is_amended_is_checked_again(city, cast):
    row = add(cast.union_lead, city.root)
    assert refused(rulekeeping.amend_rule, by=cast.union_lead, rule=row, value=[0])[0] == "value"


def test_a_stale_rule_is_refused(city, cast):
    seen = add(cast.union_lead, city.root)
    rulekeeping.amend_rule(by=cast.union_lead, rule=seen, value=[5, 6])
    with pytest.raises(Stale):
        rulekeeping.amend_rule(by=cast.union_lead, rule=seen, value=[5, 5])


def test_a_withdrawn_rule_is_gone_and_its_last_event_says_so(city, cast):
    row = add(cast.union_lead, city.root)
    rulekeeping.withdraw_rule(by=cast.union_lead, rule=row, reason="重复登记")
    assert not Rule.objects.exists()
    last = AuditEvent.objects.latest("seq")
    assert (last.action, last.object_id, last.reason, last.after) == ("withdraw_rule", row.pk, "重复登记", "")


# Ending ---------------------------------------------------------------------------------------------------


def test_a_rule_ends_with_its_last_day(city, cast):
    row = build.rule(city.root, DAYS, [5, 7])
    rulekeeping.end_rule(by=cast.union_lead, rule=row, effective_to=datetime.date(2026, 5, 31))
    assert limit(DAYS, city.a, datetime.date(2026, 5, 31)).rule == row
    assert limit(DAYS, city.a, JUNE) is None
    assert trail(row) == ["end_rule"]


def test_an_end_before_yesterday_rewrites_the_past_and_needs_a_reason(city, cast):
    row = build.rule(city.root, DAYS, [5, 7])
    facts = {"by": cast.union_lead, "rule": row}
    assert refused(rulekeeping.end_rule, **facts, effective_to=datetime.date(2026, 5, 9)) == (
        "reason", "该日期早于今天,会改变过去适用的规则,请说明理由"
    )  # fmt: skip
    rulekeeping.end_rule(**facts, effective_to=datetime.date(2026, 5, 9), reason="补录")
    assert AuditEvent.objects.latest("seq").reason == "补录"


def test_yesterday_needs_no_reason(city, cast):
    row = build.rule(city.root, DAYS, [5, 7])
    rulekeeping.end_rule(by=cast.union_lead, rule=row, effective_to=datetime.date(2026, 5, 10))
    assert limit(DAYS, city.a, TODAY) is None


def test_an_end_comes_after_the_beginning_and_never_later_than_one_already_set(city, cast):
    row = build.rule(city.root, DAYS, [5, 7], effective_to=datetime.date(2026, 12, 31))
    facts = {"by": cast.union_lead, "rule": row}
    assert (
        refused(rulekeeping.end_rule, **facts, effective_to=datetime.date(2017, 12, 31))[0] == "effective_to"
    )
    assert refused(rulekeeping.end_rule, **facts, effective_to=datetime.date(2026, 12, 31)) == (
        "effective_to", "该规则已定于2026-12-31失效,不能延长,请接续新的规则"
    )  # fmt: skip
    rulekeeping.end_rule(**facts, effective_to=datetime.date(2026, 12, 30))
    assert Rule.objects.get().effective_to == datetime.date(2026, 12, 30)


# Following ------------------------------------------------------------------------------------------------


def follow(by, rule, **facts):
    facts = {"value": [5, 6], "clause": "滨工发〔2026〕9号", "effective_from": JUNE, **facts}
    return rulekeeping.follow_rule(by=by, rule=rule, **facts)


def test_a_follower_begins_where_the_old_rule_ends(city, cast, document):
    old = build.rule(city.root, DAYS, [5, 7], severity=Severity.WARN, lower_may_differ=True)
    new = follow(cast.union_lead, old)
    old.refresh_from_db()
    assert (old.effective_to, new.effective_from) == (datetime.date(2026, 5, 31), JUNE)
    assert (new.follows, new.unit, new.key) == (old, city.root, DAYS)
    assert (new.severity, new.lower_may_differ) == (Severity.WARN, True)
    assert [limit(DAYS, city.a, day).value for day in (old.effective_to, JUNE)] == [[5, 7], [5, 6]]
    assert (trail(old), trail(new)) == (["follow_rule"], ["follow_rule"])


@pytest.mark.parametrize(
    ("facts", "field", "message"),
    [
        ({"effective_from": datetime.date(2018, 1, 1)}, "effective_from", "接续的规则须晚于原规则生效"),
        ({"effective_from": datetime.date(2026, 5, 10)}, "reason", "该日期早于今天,会改变过去适用的规则,请说明理由"),
        ({"value": "六天"}, "value", "“每期天数”的取值不符合要求:应为[最小, 最大]"),
    ],
)  # fmt: skip
def test_a_refused_follower_leaves_the_old_rule_as_it_was(city, cast, facts, field, message):
    old = build.rule(city.root, DAYS, [5, 7])
    assert refused(lambda: follow(cast.union_lead, old, **facts)) == (field, message)
    old.refresh_from_db()
    assert (old.effective_to, old.version, Rule.objects.count()) == (None, 1, 1)


def test_a_rule_is_followed_once(city, cast):
    old = build.rule(city.root, DAYS, [5, 7])
    new = follow(cast.union_lead, old)
    old.refresh_from_db()
    later = datetime.date(2026, 7, 1)
    assert refused(lambda: follow(cast.union_lead, old, effective_from=later))[1] == (
        "该规则已有接续的规则,请从最后一条接续"
    )
    assert follow(cast.union_lead, new, effective_from=later).follows == new


def test_a_rule_that_has_ended_is_followed_without_touching_its_end(city, cast):
    ended = datetime.date(2026, 4, 30)
    old = build.rule(city.root, DAYS, [5, 7], effective_to=ended)
    assert follow(cast.union_lead, old).follows == old
    old.refresh_from_db()
    assert (old.effective_to, old.version) == (ended, 1)


@pytest.mark.parametrize("end", [None, datetime.date(2026, 12, 31)])
def test_a_withdrawn_follower_gives_the_old_rule_its_end_back(city, cast, end):
    old = build.rule(city.root, DAYS, [5, 7], effective_to=end)
    new = follow(cast.union_lead, old)
    rulekeeping.withdraw_rule(by=cast.union_lead, rule=new)
    old.refresh_from_db()
    assert (old.effective_to, list(Rule.objects.all())) == (end, [old])
    assert trail(old) == ["follow_rule", "reopen_rule"]


def test_a_rule_with_a_follower_is_not_withdrawn(city, cast):
    row = add(cast.union_lead, city.root)
    follow(cast.union_lead, row, effective_from=datetime.date(2026, 7, 1))
    row.refresh_from_db()
    assert refused(rulekeeping.withdraw_rule, by=cast.union_lead, rule=row)[1] == (
        "该规则已有接续的规则,请先撤回后者"
    )


def test_a_follower_keeps_its_first_day(city, cast):
    new = follow(cast.union_lead, build.rule(city.root, DAYS, [5, 7]))
    later = datetime.date(2026, 7, 1)
    assert refused(rulekeeping.amend_rule, by=cast.union_lead, rule=new, effective_from=later) == (
        "effective_from", "接续的规则不能改生效日期,请撤回后重新接续"
    )  # fmt: skip
    rulekeeping.amend_rule(by=cast.union_lead, rule=new, effective_from=JUNE, value=[6, 6])
    assert Rule.objects.get(pk=new.pk).value == [6, 6]


# Who sees what --------------------------------------------------------------------------------------------


def test_rules_and_documents_above_and_below_are_seen_others_are_not(city, cast):
    rules = {name: build.rule(unit, DAYS, [5, 7]) for name, unit in vars(city).items()}
    for name, unit in vars(city).items():
        Document.objects.create(unit=unit, slug=name, name=name)
    seen = {name for name, row in rules.items() if row in Rule.objects.visible_to(cast.clerk)}
    assert seen == {"root", "a", "a_office"}
    assert {d.slug for d in Document.objects.visible_to(cast.clerk)} == {"root", "a", "a_office"}
    assert not Rule.objects.visible_to(cast.admin).exists()
