"""Verbs on policy documents and rules: added, ended and followed; amended or withdrawn only before their day.

`by` is None for an operator's command, which needs no right of its own.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from carecore import audit, clock
from carecore.access import Can
from carecore.models import AuditEvent, Document, Rule, Severity, Unit, User
from carecore.policy import GRAVITY, KEYS, Finding, describe, in_words, validate
from carecore.rulevalues import is_looser
from carecore.workflow import Refused, add, change, locked, locked_all, refuse, require_right, verb

ONE_DAY = datetime.timedelta(days=1)


@verb
def add_document(
    *, by: User | None, unit: Unit, slug: str, name: str, number: str = "", issuers: Iterable[str] = (),
    issued_on: datetime.date | None = None, is_trial: bool = False, based_on: str = "", note: str = "",
    request_id: UUID | None = None,
) -> Document:  # fmt: skip
    """Register a policy document (BZ-1); raises Refused where the unit already keeps one of that slug."""
    _require_right(by, unit)
    _queue_at(unit)
    if request_id and (made := Document.objects.filter(request_id=request_id).first()):
        return made
    if Document.objects.filter(unit=unit, slug=slug).exists():
        raise refuse(f"标识为“{slug}”的文件已登记,请直接使用", key="slug")
    (document,) = add([
        Document(
            unit=unit, slug=slug, name=name, number=number, issuers=list(issuers), issued_on=issued_on,
            is_trial=is_trial, based_on=based_on, note=note, request_id=request_id,
        )
    ])  # fmt: skip
    audit.record(by=by, action="add_document", rows=[document])
    return document


@verb
def amend_document(*, by: User | None, document: Document, **columns: Any) -> Document:
    """Put right what was registered of a document: name, number, issuers, dates, basis, note."""
    (document,) = locked([document], "unit")
    _require_right(by, document.unit)
    for column, value in columns.items():
        setattr(document, column, value)
    change([document], *columns)
    audit.record(by=by, action="amend_document", rows=[document])
    return document


@verb
def add_rule(
    *, by: User | None, unit: Unit, key: str, value: Any, severity: str = Severity.BLOCK,
    document: Document | None = None, clause: str, text: str = "", effective_from: datetime.date,
    effective_to: datetime.date | None = None, lower_may_differ: bool = False, request_id: UUID | None = None,
) -> Rule:  # fmt: skip
    """Put a rule in force for a unit and its subtree; both days inclusive.

    Raises Refused for a value that does not fit the key, for a key that already has a rule of this source in
    these days, and for a value looser than what a unit above lays down (下级只能从严).
    """
    _require_right(by, unit)
    _queue_at(unit)
    if request_id and (made := Rule.objects.filter(request_id=request_id).first()):
        return made
    rule = Rule(
        unit=unit, key=key, value=value, severity=severity, document=document, clause=clause.strip(), text=text,
        effective_from=effective_from, effective_to=effective_to, lower_may_differ=lower_may_differ,
        request_id=request_id,
    )  # fmt: skip
    return _store(by, rule, "add_rule")


@verb
def amend_rule(*, by: User | None, rule: Rule, **columns: Any) -> Rule:
    """Change a rule whose day has not yet come; raises Refused once it has come."""
    (rule,) = locked([rule], "unit", "document", "follows")
    _require_right(by, rule.unit)
    _require_not_begun(rule, "修改")
    if rule.follows_id and columns.get("effective_from", rule.effective_from) != rule.effective_from:
        raise refuse("接续的规则不能改生效日期,请撤回后重新接续", key="effective_from", row=rule)
    for column, value in columns.items():
        setattr(rule, column, value)
    _check(rule)
    change([rule], *columns)
    audit.record(by=by, action="amend_rule", rows=[rule])
    return rule


@verb
def end_rule(*, by: User | None, rule: Rule, effective_to: datetime.date, reason: str = "") -> Rule:
    """Let a rule end with a day, inclusive; a day before yesterday rewrites the past and needs a reason."""
    (rule,) = locked([rule], "unit")
    _require_right(by, rule.unit)
    if effective_to < rule.effective_from:
        raise refuse("失效日期不得早于生效日期;尚未生效的规则请撤回", key="effective_to", row=rule)
    if rule.effective_to is not None and effective_to >= rule.effective_to:
        raise refuse(
            f"该规则已定于{rule.effective_to}失效,不能延长,请接续新的规则", key="effective_to", row=rule
        )
    _require_reason(effective_to + ONE_DAY, reason, rule)
    rule.effective_to = effective_to
    change([rule], "effective_to")
    audit.record(by=by, action="end_rule", rows=[rule], reason=reason)
    return rule


@verb
def follow_rule(
    *, by: User | None, rule: Rule, value: Any, effective_from: datetime.date, clause: str,
    severity: str | None = None, document: Document | None = None, text: str = "",
    effective_to: datetime.date | None = None, lower_may_differ: bool | None = None, reason: str = "",
    request_id: UUID | None = None,
) -> Rule:  # fmt: skip
    """End a rule on the day before and put its successor in force; a day in the past needs a reason."""
    _require_right(by, rule.unit)
    _queue_at(rule.unit)
    if request_id and (made := Rule.objects.filter(request_id=request_id).first()):
        return made
    (old,) = locked([rule], "unit")
    if effective_from <= old.effective_from:
        raise refuse("接续的规则须晚于原规则生效", key="effective_from", row=old)
    if Rule.objects.filter(follows=old).exists():
        raise refuse("该规则已有接续的规则,请从最后一条接续", row=old)
    _require_reason(effective_from, reason, old)
    if old.effective_to is None or old.effective_to >= effective_from:
        old.effective_to = effective_from - ONE_DAY
        change([old], "effective_to")
        audit.record(by=by, action="follow_rule", rows=[old], reason=reason)
    new = Rule(
        unit=old.unit, key=old.key, value=value, severity=severity or old.severity, document=document,
        clause=clause.strip(), text=text, effective_from=effective_from, effective_to=effective_to,
        lower_may_differ=old.lower_may_differ if lower_may_differ is None else lower_may_differ,
        follows=old, request_id=request_id,
    )  # fmt: skip
    return _store(by, new, "follow_rule", reason)


@verb
def withdraw_rule(*, by: User | None, rule: Rule, reason: str = "") -> Rule:
    """Take back a rule whose day has not yet come; what it would have followed goes on as before."""
    (rule,) = locked([rule], "unit", "follows")
    _require_right(by, rule.unit)
    _require_not_begun(rule, "撤回")
    if Rule.objects.filter(follows=rule).exists():
        raise refuse("该规则已有接续的规则,请先撤回后者", row=rule)
    if rule.follows_id:
        _reopen(by, rule.follows, reason)
    audit.record_removal(by=by, action="withdraw_rule", row=rule, reason=reason)
    Rule.objects.filter(pk=rule.pk).delete()
    return rule


def _reopen(by: User | None, old: Rule, reason: str) -> None:
    """Give a followed rule back the end it had before it was followed, unless it was changed since."""
    (old,) = locked([old])
    last = AuditEvent.objects.of(old).exclude(before="", after="").last()
    if last is not None and last.action == "follow_rule" and last.before:
        end = json.loads(last.before)["effective_to"]
        old.effective_to = datetime.date.fromisoformat(end) if end else None
        change([old], "effective_to")
        audit.record(by=by, action="reopen_rule", rows=[old], reason=reason)


def _store(by: User | None, rule: Rule, action: str, reason: str = "") -> Rule:
    _check(rule)
    add([rule])
    audit.record(by=by, action=action, rows=[rule], reason=reason)
    return rule


def _require_right(by: User | None, unit: Unit) -> None:
    if by is not None:
        require_right(by, Can.KEEP_RULES, unit)


def _queue_at(unit: Unit) -> None:
    """Two who keep the rules of one unit at the same moment come one after the other."""
    locked_all(Unit.objects.filter(pk=unit.pk))


def _require_not_begun(rule: Rule, doing: str) -> None:
    if rule.effective_from <= clock.today():
        raise refuse(
            f"该规则已于{rule.effective_from}生效,不能{doing},只能终止或接续", key="effective_from", row=rule
        )


def _require_reason(changed_from: datetime.date, reason: str, rule: Rule) -> None:
    """Decisions of past days were taken under the rule: rewriting them is for putting records right only."""
    if changed_from < clock.today() and not reason.strip():
        message = "该日期早于今天,会改变过去适用的规则,请说明理由"
        raise Refused(Finding(key="reason", severity=Severity.WARN, message=message), row=rule)


def _last_day(rule: Rule) -> datetime.date:
    return rule.effective_to or datetime.date.max


def _check(rule: Rule) -> None:
    """Raise Refused unless the rule's value, source and days fit each other and what stands beside and above."""
    try:
        validate(rule.key, rule.value)
    except ValueError as error:
        raise refuse(str(error), key="value", row=rule) from error
    if not rule.clause:
        raise refuse("请写明条款,或本地决定的文号与日期", key="clause", row=rule)
    if _last_day(rule) < rule.effective_from:
        raise refuse("失效日期不得早于生效日期", key="effective_to", row=rule)
    if rule.document and not rule.document.unit.contains(rule.unit):
        raise refuse(
            f"{rule.document}由{rule.document.unit}登记,不适用于{rule.unit}", key="document", row=rule
        )
    _require_one_of_its_kind(rule)
    findings = [finding for upper in _rules_above(rule) if (finding := _looser(rule, upper))]
    if findings:
        raise Refused(*findings, row=rule)


def _require_one_of_its_kind(rule: Rule) -> None:
    """Notes may stand side by side; any other key has one rule of one source on one day."""
    if KEYS[rule.key].type == "text":
        return
    beside = Rule.objects.filter(unit=rule.unit, key=rule.key, document=rule.document).exclude(pk=rule.pk)
    other = beside.overlapping(rule.effective_from, rule.effective_to).first()
    if other is not None:
        until = other.effective_to or "长期"
        raise refuse(
            f"“{KEYS[rule.key].label}”在这段时间已有规则({other.source},{other.effective_from}至{until}),"
            "请终止或接续该规则",
            key="effective_from", row=rule,
        )  # fmt: skip


def _rules_above(rule: Rule) -> list[Rule]:
    above = Rule.objects.governing(rule.unit).exclude(unit=rule.unit)
    return list(
        above.filter(key=rule.key, lower_may_differ=False)
        .overlapping(rule.effective_from, rule.effective_to)
        .select_related("document", "unit")
    )


def _looser(rule: Rule, upper: Rule) -> Finding | None:
    """What is looser in a rule than in the one above it, in value or in severity; None for a stricter one."""
    key = KEYS[rule.key]
    asked, allowed = describe(key, rule.value), in_words(upper)
    if is_looser(key, rule.value, upper.value):
        field = "value"
    elif GRAVITY.index(rule.severity) < GRAVITY.index(upper.severity) and key.type != "text":
        field, asked, allowed = "severity", rule.get_severity_display(), upper.get_severity_display()
    else:
        return None
    return Finding(
        key=field, severity=Severity.BLOCK, asked=asked, limit=allowed, clause=upper.source, rule_id=upper.pk,
        message=f"“{key.label}”“{asked}”宽于{upper.unit}的“{allowed}”({upper.source}),下级只能从严",
    )  # fmt: skip
