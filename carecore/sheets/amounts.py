"""Amounts in yuan and whole numbers as offices write them: 3,000元, ￥3000, 壹仟元整, 0.3万, 46人."""

import re
from decimal import Decimal

from carecore.money import CENT, capital
from carecore.sheets.errors import CellError
from carecore.sheets.texts import ERROR_VALUE, plain

# Far below half a fen and far above what binary floats add to a sum: 75561.89999999999 is 75561.90.
NOISE = Decimal("0.000001")
AMOUNT_LIMIT = Decimal(10) ** 12
WHOLE_LIMIT = 10**9

# A remark that begins with a number may change the amount: it stays, and the cell is refused.
REMARK = re.compile(r"(?<=.)\((?![-+\d])[^()]*\)$")
CURRENCY = re.compile(r"^(人民币|RMB|CNY|[¥￥])+:?|(元|圆|块)?(整|正)?$", re.IGNORECASE)
ARABIC = re.compile(r"([+-]?)((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(万|亿)?")
COUNTED = re.compile(r"(人次|人|名|个|户|期|天|日|岁|年|次|份|位|批)$")
SCALES = {"": 1, "万": 10**4, "亿": 10**8}

CAPITALS = str.maketrans("〇一二两三四五六七八九十百千圆正", "零壹贰贰叁肆伍陆柒捌玖拾佰仟元整")
DIGIT = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACE = {"": 1, "拾": 10, "佰": 100, "仟": 1000}
NUMERALS = "[零壹贰叁肆伍陆柒捌玖拾佰仟]+"
CHINESE = re.compile(
    rf"(?:人民币:?)?(?:({NUMERALS})亿)?(?:({NUMERALS})万)?(?:({NUMERALS})?(?:元|$|(?=整)))?"
    r"零?(?:([壹贰叁肆伍陆柒捌玖])角)?零?(?:([壹贰叁肆伍陆柒捌玖])分)?整?"
)
PLACED = re.compile(r"([壹贰叁肆伍陆柒捌玖]?)([拾佰仟])|([壹贰叁肆伍陆柒捌玖])")


def amount(raw: object) -> Decimal:
    """Return an amount in yuan with exactly two places; raises CellError.

    Thousands separators, currency signs, a remark in brackets, 万 and Chinese numerals are understood;
    the noise of binary floats is taken away, a real third decimal is refused, and so is anything below zero.
    """
    value = _number(raw, "amount", "金额")
    if value < 0:
        raise CellError("amount.negative", f"金额“{value}”为负数,请填写不小于0的金额")
    if value >= AMOUNT_LIMIT:
        raise CellError("amount.too_large", "金额超出范围,请核对")
    rounded = value.quantize(CENT)
    if abs(rounded - value) > NOISE:
        raise CellError("amount.decimals", f"金额“{value}”超过两位小数,请核对到分")
    return abs(rounded)


def whole(raw: object) -> int:
    """Return a whole number of at least zero, a counting word such as 人 allowed; raises CellError."""
    value = _number(COUNTED.sub("", plain(raw)) if isinstance(raw, str) else raw, "whole", "数量")
    if value < 0 or value >= WHOLE_LIMIT:
        raise CellError("whole.range", f"数量“{str(raw)[:20]}”超出范围,请填写不小于0的整数")
    if value != value.to_integral_value():
        raise CellError("whole.fraction", f"数量“{str(raw)[:20]}”不是整数,请核对")
    return int(value)


def _number(raw: object, kind: str, label: str) -> Decimal:
    """Return the number a cell holds; raises CellError with codes of `kind`, `label` in its message."""
    written = plain(raw)
    if not written:
        raise CellError(f"{kind}.empty", f"{label}为空,请填写")
    if ERROR_VALUE.fullmatch(written):
        raise CellError(f"{kind}.error_value", f"{label}为公式错误“{written}”,请改为数值")
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return _finite(raw, kind, label)
    stripped = CURRENCY.sub("", REMARK.sub("", written))
    arabic = ARABIC.fullmatch(stripped)
    if arabic:
        sign, digits, scale = arabic.groups(default="")
        return Decimal(sign + digits.replace(",", "")) * SCALES[scale]
    value = _chinese(REMARK.sub("", written))
    if value is None:
        raise CellError(f"{kind}.form", f"“{written[:20]}”不是有效的{label},请填写数字")
    return value


def _finite(raw: int | float, kind: str, label: str) -> Decimal:
    value = Decimal(repr(raw))
    if not value.is_finite() or abs(value) >= AMOUNT_LIMIT:
        raise CellError(f"{kind}.too_large", f"{label}超出范围,请核对")
    return value


def _chinese(written: str) -> Decimal | None:
    """Return what Chinese numerals such as 壹仟元伍角 or 一万二千 say, None when they say nothing."""
    match = CHINESE.fullmatch(written.translate(CAPITALS))
    parts = match.groups(default="") if match else ()
    if not any(parts):
        return None
    total = 0
    for part, scale in zip(parts[:3], (10**8, 10**4, 1), strict=True):
        value = _section(part)
        if value is None or (total and 0 < value < 1000 and not part.startswith("零")):
            return None
        total += value * scale
    jiao, fen = (DIGIT.get(part, 0) for part in parts[3:])
    return total + Decimal(jiao * 10 + fen) / 100


def _section(part: str) -> int | None:
    """Return a number below ten thousand in capital numerals, None unless written in full (not 壹仟贰)."""
    value = sum(
        DIGIT[digit or single or "壹"] * PLACE[place] for digit, place, single in PLACED.findall(part)
    )
    written = re.sub("^拾", "壹拾", part.lstrip("零")) or "零"
    return value if capital(value) == f"{written}元整" else None
