"""Money: whole fen in the database, Decimal yuan with two places in Python."""

from decimal import Decimal, InvalidOperation

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable, Value, register_combinable_fields

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
# The most digits an amount may have, fen included: what a voucher can spell out, far inside 64 bits.
MAX_DIGITS = 14

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ["", "拾", "佰", "仟"]
GROUPS = ["", "万", "亿"]


def yuan(value: Decimal | int | str) -> Decimal:
    """Return an amount in yuan with exactly two places.

    Raises ValueError when it is no number, has more than two places or is too large; TypeError for a float,
    whose noise must be judged where the number comes from.
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise TypeError(f"an amount is a Decimal, an int or a str, not {type(value).__name__}")
    try:
        amount = Decimal(value)
        exact = amount.quantize(CENT)
    except InvalidOperation:
        raise ValueError(f"不是有效的金额:{value}") from None
    if exact.is_nan():
        raise ValueError(f"不是有效的金额:{value}")
    if exact != amount:
        raise ValueError(f"金额最多两位小数:{value}")
    if len(exact.as_tuple().digits) > MAX_DIGITS:
        raise ValueError(f"金额超出范围:{value}")
    return exact + ZERO  # turns -0.00 into 0.00


class MoneyField(models.Field):
    """An amount of money: Decimal yuan in Python, a bigint of fen in the database.

    Lookups, constraints and ``update(field=…)`` take yuan. Amounts add, subtract and sum inside expressions;
    a constant amount there is written ``fen(Decimal("5.00"))``, since the database counts in fen.
    """

    description = "Amount of money"
    empty_strings_allowed = False

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value: int | Decimal | None, *_: object) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-2)

    def get_prep_value(self, value: object) -> int | None:
        value = super().get_prep_value(value)
        return None if value is None else int(yuan(value).scaleb(2))

    def get_placeholder(self, value: object, compiler: object, connection: object) -> str:
        """Return ``%s``; raises TypeError for an update that mixes a bare number into a sum of amounts."""
        if hasattr(value, "flatten"):
            refuse_bare_decimals(value)
        return "%s"

    def to_python(self, value: object) -> Decimal | None:
        if value is None:
            return None
        try:
            return yuan(value)
        except (TypeError, ValueError) as error:
            raise ValidationError(str(error), code="invalid") from None

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **kwargs: object) -> forms.Field:
        return super().formfield(
            **{"form_class": forms.DecimalField, "max_digits": MAX_DIGITS, "decimal_places": 2, **kwargs}
        )


for connector in (Combinable.ADD, Combinable.SUB):
    register_combinable_fields(MoneyField, connector, MoneyField, MoneyField)
register_combinable_fields(MoneyField, Combinable.MUL, models.IntegerField, MoneyField)


def fen(amount: Decimal | int | str) -> Value:
    """Return an amount in yuan as a constant for expressions: ``F("spent") + fen(amount)``."""
    return Value(yuan(amount), output_field=MoneyField())


def refuse_bare_decimals(expression: models.Expression) -> None:
    """Raise TypeError when a sum of amounts holds a Decimal: the database would take it for fen."""
    for part in expression.flatten():
        if (
            isinstance(part, Value)
            and isinstance(part.value, Decimal)
            and not isinstance(part._output_field_or_none, MoneyField)
        ):
            raise TypeError(f"inside an expression write fen({part.value}) for an amount")


def capital(amount: Decimal | int | str) -> str:
    """Return an amount in yuan in the capital numerals of vouchers: 3000 is 叁仟元整, 0.05 is 伍分."""
    number = int(yuan(amount).scaleb(2))
    whole, cents = divmod(abs(number), 100)
    jiao, rest = divmod(cents, 10)
    text = _whole(whole) + "元" if whole else ""
    if jiao:
        text += DIGITS[jiao] + "角"
    elif rest and whole:
        text += "零"
    if rest:
        text += DIGITS[rest] + "分"
    sign = "负" if number < 0 else ""
    return sign + (text or "零元") + ("" if rest else "整")


def _whole(number: int) -> str:
    """Return a whole number above zero in capital numerals, without a unit."""
    text, gap = "", False
    for index in reversed(range(len(GROUPS))):
        group = number // 10 ** (4 * index) % 10_000
        if group:
            text += ("零" if text and (gap or group < 1000) else "") + _group(group) + GROUPS[index]
        gap = not group
    return text


def _group(number: int) -> str:
    """Return one group of four digits in capital numerals, zeros inside it written once."""
    text, gap = "", False
    for place in reversed(range(len(PLACES))):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if text and gap else "") + DIGITS[digit] + PLACES[place]
        gap = not digit
    return text
