"""Rules as data: the keys that rules may carry, the limit in force on a day, and findings.

This module knows limits, never usage: what has been used, spent or nominated is the businesses' own.
"""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from carecore.models import Rule, Severity, Unit
from carecore.rulevalues import Key, describe, for_case, is_by_case, named_cases, tighter, typed

PROVINCE = ("省内", "省外")
FUND_KIND = "资金类别"
VISITED = ("单位主要负责人", "党组织负责人", "市管干部", "其他")
_KEYS = (
    Key("sanatorium.places", "年度名额总数及类别分配", "table", "exact", "人/年",
        hint="先写合计,再写各类别"),
    Key("sanatorium.grounds", "推荐类别", "catalogue", "subset",
        hint="每项含 code、label、evidence(appraisal、attachment 或 none)、classes、synonyms"),
    Key("sanatorium.excellent_years", "连续考核优秀年数", "whole", "floor", "年"),
    Key("sanatorium.service_years", "在本单位工作年限", "whole", "floor", "年"),
    Key("sanatorium.age", "年龄上限", "whole", "cap", "周岁"),
    Key("sanatorium.lookback_years", "再次参加的间隔年数", "whole", "floor", "年", PROVINCE,
        hint="3 表示此前三个年度内参加过的不再安排"),
    Key("sanatorium.trips_person_year", "每人每年疗休养次数", "whole", "cap", "次/年", ("本市", *PROVINCE)),
    Key("sanatorium.days", "每期天数", "range", "range", "天", ("本市", *PROVINCE, "结对地区")),
    Key("sanatorium.months", "安排月份", "months", "range", "月"),
    Key("sanatorium.union_venue", "须选工会系统疗休养院", "flag", "exact"),
    Key("sanatorium.out_of_province", "选择省外须说明理由", "flag", "exact"),
    Key("sanatorium.cost_person_year", "每人每年费用上限", "amount", "cap", "元/人年", PROVINCE),
    Key("sanatorium.cost_person_day", "每人每天费用上限", "amount", "cap", "元/人天", PROVINCE),
    Key("sanatorium.cost_person_trip", "每人每次费用上限", "amount", "cap", "元/人次", PROVINCE),
    Key("sanatorium.self_pay", "超出部分由个人自理", "flag", "exact"),
    Key("sanatorium.cost_kinds", "费用项目", "catalogue", "subset"),
    Key("sanatorium.cash_forbidden", "禁止发放钱物、变相旅游", "flag", "exact"),
    Key("sanatorium.cash_words", "费用备注禁用词", "catalogue", "exact",
        hint="备注含其中一词即视为发放钱物,与“禁止发放钱物、变相旅游”一并适用"),
    Key("sanatorium.care_share", "休养、疗养等服务占比下限", "ratio", "floor", "%"),
    Key("sanatorium.sightseeing_share", "游览项目占比上限", "ratio", "cap", "%"),
    Key("sanatorium.annual_leave", "疗休养占用年休假", "flag", "exact", checked=False),
    Key("sanatorium.fund_source", "经费来源", "catalogue", "subset",
        hint="资金类别,如 工会经费;批次批准时须从该类资金中预留"),
    Key("sanatorium.notice_days", "公示工作日数", "whole", "floor", "个工作日"),
    Key("sanatorium.notice_required", "须在本单位公示", "flag", "exact"),
    Key("sanatorium.confirmed_classes", "须组织人社确认的类别", "catalogue", "subset"),
    Key("sanatorium.ranking", "编排次序", "order", "exact", options=(
        ("ground", "推荐类别"), ("never_been", "从未参加"), ("years_since", "间隔年数"), ("service_years", "工龄"),
        ("frontline", "一线岗位"), ("number", "编号"))),
    Key("sanatorium.venue_review_score", "疗休养院考察最低得分", "whole", "floor", "分"),
    Key("sanatorium.local_share", "安排在本市的比例", "ratio", "floor", "%", checked=False),
    Key("sanatorium.group_size", "每期最少人数", "whole", "floor", "人"),
    Key("sanatorium.deadline", "当年完成日期", "monthday", "cap"),
    Key("sanatorium.note", "其他要求", "text", "exact", checked=False),
    Key("funds.sources", "资金来源", "catalogue", "subset", open_cases=FUND_KIND),
    Key("funds.purposes", "资金用途", "catalogue", "subset", open_cases=FUND_KIND),
    Key("funds.dues_share", "从上缴党费中提取的比例", "ratio", "exact", open_cases=FUND_KIND),
    Key("funds.publish", "给予的资助须公布", "flag", "exact", open_cases=FUND_KIND),
    Key("funds.misuse_kinds", "资金使用问题类别", "catalogue", "subset"),
    Key("funds.decisions", "资金使用的审批权限", "steps", "exact", open_cases=FUND_KIND, options=(
        ("office", "组织处审定"), ("leader", "分管领导审批"), ("meeting", "书记会议研究决定"))),
    Key("funds.amount_person_time", "每人每次金额上限", "amount", "cap", "元/人次", open_cases=FUND_KIND),
    Key("funds.amount_person_year", "每人每年金额上限", "amount", "cap", "元/人年", open_cases=FUND_KIND),
    Key("visits.object_kinds", "困难帮扶对象", "catalogue", "subset"),
    Key("visits.causes", "致困原因", "catalogue", "subset", hint="每项含 code、label,可含 synonyms"),
    Key("visits.further_causes", "次要致困原因", "whole", "cap", "项"),
    Key("visits.categories", "困难类别标记", "catalogue", "subset", hint="每项含 code、label,可含 synonyms"),
    Key("visits.poverty_line", "最低生活保障标准", "amount", "exact", "元/人月", open_cases="低保地区"),
    Key("visits.grade_multiples", "困难类别的人均收入上限", "multiple", "exact", "倍低保标准",
        open_cases="困难类别"),
    Key("visits.below_multiple", "人均收入须低于标准(相等不算)", "flag", "exact"),
    Key("visits.event_loss_share", "意外致困的损失占家庭年收入之比", "ratio", "exact", "%",
        hint="损失超过家庭年收入的这一比例"),
    Key("visits.elder_age", "高龄空巢人员年龄", "whole", "floor", "周岁"),
    Key("visits.one_earner_size", "一拖三家庭人口", "whole", "floor", "人"),
    Key("visits.verify_months", "困难档案核实间隔", "whole", "cap", "个月"),
    Key("funds.local_match", "本级配套", "text", "exact", checked=False),
    Key("funds.note", "资金管理的其他要求", "text", "exact", checked=False),
    Key("visits.campaigns", "集中走访节点", "catalogue", "exact"),
    Key("visits.campaign_budget", "走访活动预算", "range", "range", "元"),
    Key("visits.occasions", "走访事由", "catalogue", "exact",
        hint="每项含 code、label,可含 days(事件发生后须走访的天数)"),
    Key("visits.visitors", "规定走访人", "text", "exact", cases=VISITED, hint="写“所在单位…”的以其单位名称代入"),
    Key("visits.amount_person_time", "走访慰问每人每次金额上限", "amount", "cap", "元/人次", open_cases="走访事由"),
    Key("visits.amount_person_year", "走访慰问每人每年金额上限", "amount", "cap", "元/人年"),
    Key("visits.resolution", "未建困难档案的慰问标准由单位党委(党组)研究确定", "flag", "exact"),
    Key("visits.exclusive", "视为同一慰问的事由", "catalogue", "exact",
        hint="每项含 code、label、occasions(互相视为同一慰问的事由),可含 per(year 或 quarter)"),
)  # fmt: skip
KEYS: dict[str, Key] = {key.name: key for key in _KEYS}
GRAVITY = (Severity.INFO, Severity.WARN, Severity.BLOCK)
ROOT_FIRST = ("unit__path", "effective_from", "pk")


@dataclass(frozen=True)
class Limit:
    """The tightest value in force for a unit on a day, and the rule it comes from."""

    key: Key
    value: Any
    rule: Rule

    @property
    def severity(self) -> str:
        return self.rule.severity

    @property
    def clause(self) -> str:
        return self.rule.source

    def __str__(self) -> str:
        return f"{self.key.label}{describe(self.key, self.value)}"

    def finding(self, message: str, *, asked: object = "") -> Finding:
        """A finding under this rule: what was asked against what is allowed."""
        return Finding(
            key=self.key.name, severity=self.severity, message=f"{message}({self.clause})", asked=str(asked),
            limit=describe(self.key, self.value), clause=self.clause, rule_id=self.rule.pk,
        )  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What a check found: block refuses, warn needs a reason, info is only shown."""

    key: str
    severity: str
    message: str
    asked: str = ""
    limit: str = ""
    clause: str = ""
    rule_id: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The shape that JSON answers and frozen findings have."""
        return {
            "rule": self.key, "severity": str(self.severity), "message": self.message, "asked": self.asked,
            "limit": self.limit, "clause": self.clause, "rule_id": self.rule_id,
        }  # fmt: skip


class Rulebook:
    """All rules in force on one day, read in one query and folded for any unit in memory."""

    def __init__(
        self, on: datetime.date, rules: Iterable[Rule] | None = None, *, keys: Iterable[str] = ()
    ) -> None:
        self.on = on
        self._by_key: dict[str, list[Rule]] = defaultdict(list)
        if rules is None:
            rules = Rule.objects.in_force(on).select_related("document", "unit").order_by(*ROOT_FIRST)
            rules = rules.filter(key__in=keys) if keys else rules
        for rule in rules:
            self._by_key[rule.key].append(rule)

    def limit(self, key: str, unit: Unit, case: str | None = None) -> Limit | None:
        """The tightest limit from the root down to the unit; None where no rule says anything.

        Only rules of the gravest severity are folded: a hint below never hides what blocks above.
        """
        declared = KEYS[key]
        found: list[Limit] = []
        for rule in self._by_key.get(key, ()):
            if unit.path.startswith(rule.unit.path):
                value = for_case(declared, rule.value, case)
                if value is not None:
                    found = [upper for upper in found if not _yields(upper.rule, rule)]
                    found.append(Limit(declared, value, rule))
        if not found:
            return None
        gravest = max(GRAVITY.index(one.severity) for one in found)
        return reduce(_fold, (one for one in found if GRAVITY.index(one.severity) == gravest))

    def value(self, key: str, unit: Unit, case: str | None = None) -> Any:
        """Only the value of the limit, or None."""
        limit = self.limit(key, unit, case)
        return None if limit is None else limit.value

    def cases(self, key: str, unit: Unit) -> list[str]:
        """The cases that the rules in force for this unit name, in their order."""
        rules = [rule for rule in self._by_key.get(key, ()) if unit.path.startswith(rule.unit.path)]
        return list(dict.fromkeys(case for rule in rules for case in named_cases(KEYS[key], rule.value)))

    def hint(self, key: str, unit: Unit, case: str | None = None) -> str:
        """The limit in words with its clauses in one line; empty where nothing limits."""
        words, clauses = self.said(key, unit, case)
        return f"{words}({'、'.join(clauses)})" if words else ""

    def said(self, key: str, unit: Unit, case: str | None = None) -> tuple[str, list[str]]:
        """The limit in words, by case where the cases differ, and its clauses; a flag is its label alone."""
        declared = KEYS[key]
        known = self.cases(key, unit) if declared.open_cases else declared.cases
        asked = (case,) if case else known or (None,)
        found = {name or "": self.limit(key, unit, name) for name in asked}
        limits = {name: one for name, one in found.items() if one is not None}
        clauses = list(dict.fromkeys(one.clause for one in limits.values()))
        if declared.type == "flag":
            return declared.label if any(one.value for one in limits.values()) else "", clauses
        values = {name: describe(declared, one.value) for name, one in limits.items()}
        if len(values) == len(found) and len(set(values.values())) == 1:
            values = {"": next(iter(values.values()))}
        words = "、".join(name + text for name, text in values.items())
        return f"{declared.label}:{words}" if words else "", clauses

    def entry(self, key: str, unit: Unit, code: str, case: str | None = None) -> dict[str, Any] | None:
        """One entry of a catalogue by its code."""
        entries: list[dict[str, Any]] = self.value(key, unit, case) or []
        return next((entry for entry in entries if entry["code"] == code), None)

    def in_force(self, unit: Unit) -> list[Rule]:
        """Every rule that governs this unit, for the page that shows them."""
        return [r for rules in self._by_key.values() for r in rules if unit.path.startswith(r.unit.path)]


def limit(key: str, unit: Unit, on: datetime.date, case: str | None = None) -> Limit | None:
    """The limit of one key for one unit on one day; a `Rulebook` answers many with one query."""
    return Rulebook(on).limit(key, unit, case)


def _yields(upper: Rule, lower: Rule) -> bool:
    """Whether the upper rule leaves the matter to the unit below that the other one belongs to."""
    return upper.lower_may_differ and upper.unit_id != lower.unit_id


def _fold(left: Limit, right: Limit) -> Limit:
    """The tighter of two limits, root first; of exact ones the upper, or the later of one unit."""
    if left.key.direction == "exact":
        return right if right.rule.unit_id == left.rule.unit_id else left
    value = tighter(left.key, left.value, right.value)
    return Limit(left.key, value, left.rule if value == left.value != right.value else right.rule)


def validate(key_name: str, value: Any) -> None:
    """Check a whole rule value, by case where the key has cases; raises ValueError with a Chinese message."""
    if key_name not in KEYS:
        raise ValueError(f"没有名为“{key_name}”的规则")
    key = KEYS[key_name]
    if is_by_case(key, value):
        if not value or (key.cases and set(value) - set(key.cases)) or not all(map(str.strip, value)):
            raise ValueError(f"“{key.label}”只能按{'、'.join(key.cases) or key.open_cases}分列")
        for part in value.values():
            typed(key, part)
    else:
        typed(key, value)


def in_words(rule: Rule) -> str:
    """The value of any rule as it stands in the database, even one that its key does not admit."""
    try:
        validate(rule.key, rule.value)
    except ValueError:
        return json.dumps(rule.value, ensure_ascii=False)
    return describe(KEYS[rule.key], rule.value)


def label_of(rule: Rule) -> str:
    """What the rule is about, in Chinese."""
    return KEYS[rule.key].label if rule.key in KEYS else rule.key


def is_checked(rule: Rule) -> bool:
    """Whether the system itself goes by the rule, rather than only showing it (仅提示)."""
    key = KEYS.get(rule.key)
    return key is not None and key.checked and (key.type == "order" or rule.severity != Severity.INFO)


__all__ = [
    "GRAVITY", "KEYS", "PROVINCE", "ROOT_FIRST", "Finding", "Key", "Limit", "Rulebook", "describe",
    "in_words", "is_checked", "label_of", "limit", "typed", "validate",
]  # fmt: skip
