"""What the value of a rule may look like: types, words, and which of two values is the tighter."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from carecore.money import yuan

# A case that a rule does not name falls under the broader one. A paired region lies in or out of the province:
# whoever asks about one knows which, and asks about that next.
BROADER = {"本市": "省内"}


@dataclass(frozen=True)
class Key:
    """One kind of limit: its type, which of two values is the tighter, its unit and its cases."""

    name: str
    label: str
    type: str
    direction: str
    unit: str = ""
    cases: tuple[str, ...] = ()
    checked: bool = True
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()  # the codes an order may name, with their labels
    open_cases: str = ""  # what the cases are called where the rules themselves name them


def typed(key: Key, value: Any) -> Any:
    """A rule's stored value as its Python type; raises ValueError, in Chinese, where it does not fit."""
    try:
        return _TYPES[key.type](value)
    except (TypeError, ValueError, KeyError, OverflowError, InvalidOperation) as error:
        raise ValueError(f"“{key.label}”的取值不符合要求:{EXPECTED[key.type]}") from error


def is_by_case(key: Key, value: Any) -> bool:
    """Whether a stored value is a table by case."""
    return isinstance(value, dict) and bool(key.cases or key.open_cases)


def named_cases(key: Key, value: Any) -> tuple[str, ...]:
    """The cases that a stored value names."""
    return tuple(value) if is_by_case(key, value) else ()


def for_case(key: Key, value: Any, case: str | None) -> Any:
    """The typed value for one case; None where the value is a table by case that says nothing of it."""
    if is_by_case(key, value):
        value = value.get(case, value.get(BROADER.get(case or "")))
    return None if value is None else typed(key, value)


def tighter(key: Key, left: Any, right: Any) -> Any:
    """The tighter of two typed values; of two ranges what they share, of two catalogues what is in both."""
    return _FOLDS[key.direction](left, right)


def is_looser(key: Key, lower: Any, upper: Any) -> bool:
    """Whether a stored value allows, in any case, what a stored value above it does not."""
    if key.type == "text":
        return False
    for case in key.cases or dict.fromkeys(named_cases(key, lower) + named_cases(key, upper)) or (None,):
        below, above = for_case(key, lower, case), for_case(key, upper, case)
        if below is not None and above is not None and not _inside(key, below, above):
            return True
    return False


def _inside(key: Key, below: Any, above: Any) -> bool:
    if key.direction == "exact":
        return below == above
    if key.direction == "subset":
        return {entry["code"] for entry in below} <= {entry["code"] for entry in above}
    return tighter(key, above, below) == below


def _overlap(left: list[int], right: list[int]) -> list[int]:
    return [max(left[0], right[0]), min(left[1], right[1])]


def _common(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> list[dict[str, Any]]:
    codes = {entry["code"] for entry in right}
    return [entry for entry in left if entry["code"] in codes]


_FOLDS: dict[str, Callable[[Any, Any], Any]] = {
    "cap": min, "floor": max, "range": _overlap, "subset": _common
}  # fmt: skip


def _positive_amount(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise TypeError
    amount = yuan(Decimal(str(value)))
    if amount <= 0:
        raise ValueError
    return amount


def _whole(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or value < 0:
        raise ValueError
    return int(value)


def _pair(value: Any) -> list[int]:
    low, high = (_whole(part) for part in _list(value))
    if low > high:
        raise ValueError
    return [low, high]


def _month_pair(value: Any) -> list[int]:
    low, high = _pair(value)
    if low < 1 or high > 12:
        raise ValueError
    return [low, high]


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError
    return list(value)


def _entries(value: Any) -> list[dict[str, Any]]:
    entries = [{"code": e, "label": e} if isinstance(e, str) else dict(e) for e in _list(value)]
    codes = [_text(entry["code"]) for entry in entries if _text(entry["label"])]
    if not codes or len(set(codes)) != len(codes):
        raise ValueError
    return entries


def _order(value: Any) -> list[str]:
    names = [_text(part) for part in _list(value)]
    if not names or len(set(names)) != len(names):
        raise ValueError
    return names


def _ratio(value: Any) -> Decimal:
    ratio = Decimal(str(value))
    if isinstance(value, bool) or not 0 <= ratio <= 1:
        raise ValueError
    return ratio


def _thresholds(value: Any) -> list[dict[str, Any]]:
    """Who decides up to which amount: [{"up_to": 500, "by": "office"}, …, {"by": "meeting"}]; the last has no end."""
    steps = [{"up_to": _limit_of(step), "by": _text(step["by"])} for step in _list(value)]
    ends = [step["up_to"] for step in steps]
    if not steps or ends[-1] is not None or None in ends[:-1] or ends[:-1] != sorted(set(ends[:-1])):
        raise ValueError
    return steps


def _multiple(value: Any) -> Decimal:
    times = Decimal(str(value))
    if isinstance(value, bool) or not 0 < times <= 100:
        raise ValueError
    return times


def _limit_of(step: dict[str, Any]) -> Decimal | None:
    return None if step.get("up_to") is None else _positive_amount(step["up_to"])


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _table(value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or not value:
        raise TypeError
    return {str(name): _whole(part) for name, part in value.items()}


def _monthday(value: Any) -> tuple[int, int]:
    day = datetime.datetime.strptime(f"2024-{_text(value)}", "%Y-%m-%d")  # a leap year: 02-29 is a day
    return day.month, day.day


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    if not value.strip():
        raise ValueError
    return value.strip()


_TYPES: dict[str, Callable[[Any], Any]] = {
    "amount": _positive_amount, "whole": _whole, "range": _pair, "months": _month_pair, "flag": _flag,
    "catalogue": _entries, "order": _order, "ratio": _ratio, "table": _table, "monthday": _monthday,
    "text": _text, "steps": _thresholds, "multiple": _multiple,
}  # fmt: skip
EXPECTED = {
    "amount": "应为大于零、至多两位小数的金额(元)", "whole": "应为非负整数", "range": "应为[最小, 最大]",
    "months": "应为[起始月, 截止月],1至12", "flag": "应为 true 或 false",
    "catalogue": "应为由 code、label 组成的列表,code 不重复", "order": "应为不重复的次序列表",
    "ratio": "应为0至1的小数", "table": "应为“名称: 整数”的表", "monthday": "应为“月-日”,如 11-15",
    "text": "应为文字", "steps": "应为由小到大的审批档次,末档不限金额",
    "multiple": "应为大于0、不超过100的倍数",
}  # fmt: skip
_BOUND = {"cap": "不超过", "floor": "不少于"}


def describe(key: Key, value: Any) -> str:
    """A value in words, stored or typed, as pages and refusals print it."""
    if is_by_case(key, value):
        return ";".join(f"{case}{':' if key.open_cases else ''}{describe(key, typed(key, part))}" for case, part in value.items())
    return _WORDS.get(key.type, _plain)(key, value)


def _plain(key: Key, value: Any) -> str:
    return f"{_BOUND.get(key.direction, '')}{value}{key.unit}"


def _span(key: Key, value: Any) -> str:
    return f"{value[0]}—{value[1]}{key.unit}" if value[0] != value[1] else f"{value[0]}{key.unit}"


def _percent(key: Key, value: Any) -> str:
    return f"{_BOUND.get(key.direction, '')}{(Decimal(str(value)) * 100).normalize():f}%"


def _day_in_words(key: Key, value: Any) -> str:
    month, day = value if isinstance(value, tuple) else _monthday(value)
    return f"{month}月{day}日前"


def _steps(key: Key, value: Any) -> str:
    known = dict(key.options)
    return "→".join(known.get(code, f"{code}(系统不识别)" if known else code) for code in value)


def _who_decides(key: Key, value: Any) -> str:
    known = dict(key.options)
    parts = [
        f"{step['up_to']}元以下(含){known.get(step['by'], step['by'])}" if step["up_to"] is not None
        else f"其余{known.get(step['by'], step['by'])}"
        for step in _thresholds(value)
    ]  # fmt: skip
    return "、".join(parts) if len(parts) > 1 else parts[0].removeprefix("其余")


_WORDS: dict[str, Callable[[Key, Any], str]] = {
    "flag": lambda key, value: "是" if value else "否",
    "range": _span,
    "months": _span,
    # What rules of several levels have in common may be nothing.
    "catalogue": lambda key, value: "、".join(entry["label"] for entry in _entries(value)) if value else "无",
    "order": _steps,
    "table": lambda key, value: "、".join(f"{name} {part}" for name, part in value.items()),
    "monthday": _day_in_words,
    "ratio": _percent,
    "amount": lambda key, value: _plain(key, yuan(Decimal(str(value)))),
    "text": lambda key, value: str(value),
    "steps": _who_decides,
    "multiple": lambda key, value: f"{Decimal(str(value)).normalize():f}{key.unit}",
}
