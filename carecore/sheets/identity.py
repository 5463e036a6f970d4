"""Citizen identity numbers (GB 11643): 18 digits, refused rather than repaired."""

import re
from datetime import date

from carecore.clock import today
from carecore.sheets.errors import CellError
from carecore.sheets.texts import plain

# The first two digits; districts change too often to be refused.
PROVINCES = frozenset(
    [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47)]
    + [*range(50, 55), *range(61, 66), 71, 81, 82, 83]
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
EARLIEST_YEAR = 1900
# A double holds 15 digits; a number of this size has lost the rest.
FIRST_LOST = 10**15
SCIENTIFIC = re.compile(r"\d(\.\d+)?[Ee]\+?\d+")
DASHES = re.compile(r"[-\u2010-\u2015\u2212]")


def id_number(raw: object, *, on: date | None = None) -> str:
    """Return an identity number as 18 characters, the last one 0–9 or X.

    Full-width digits, spaces, tabs, invisible characters, a leading apostrophe and a lower-case x are put
    right; one that Excel stored as a number is refused with id.lost_digits. `on` is the day by which the
    holder must be born, today unless given. Raises CellError.
    """
    if isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) >= FIRST_LOST:
        raise _lost()
    number = DASHES.sub("", plain(raw)).upper()
    if not number:
        raise CellError("id.empty", "身份证号为空,请填写")
    if SCIENTIFIC.fullmatch(number):
        raise _lost()
    if re.fullmatch(r"\d{15}", number):
        raise CellError("id.fifteen", "15位身份证号已停用,请填写18位身份证号")
    if len(number) != 18:
        raise CellError("id.length", f"身份证号应为18位,现为{len(number)}位,请核对")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise CellError("id.form", "身份证号只能是数字,末位可为X,请核对")
    _require_sense(number, on or today())
    return number


def _lost() -> CellError:
    return CellError("id.lost_digits", "身份证号被存为数值,精度已丢失,需重填:先将单元格设为文本格式")


def _require_sense(number: str, on: date) -> None:
    """Raise CellError unless province, date of birth and check digit of 18 characters hold."""
    if int(number[:2]) not in PROVINCES:
        raise CellError("id.province", f"身份证号前两位“{number[:2]}”不是省级行政区划代码,请核对")
    try:
        born = id_birthday(number)
    except ValueError:
        raise CellError("id.birthday", f"身份证号中的出生日期“{number[6:14]}”不存在,请核对") from None
    if born.year < EARLIEST_YEAR or born > on:
        raise CellError("id.birthday", f"身份证号中的出生日期“{number[6:14]}”不合理,请核对")
    if check_digit(number) != number[17]:
        raise CellError("id.check_digit", "身份证号校验位不符,请核对是否录错")


def check_digit(number: str) -> str:
    """Return the check digit (0–9 or X) that belongs to the first 17 digits."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number, strict=False))
    return CHECK_DIGITS[total % 11]


def id_birthday(number: str) -> date:
    """Return the date of birth in an identity number; raises ValueError when there is no such day."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def id_sex(number: str) -> str:
    """Return 男 or 女 as the seventeenth digit of an identity number says."""
    return "男" if int(number[16]) % 2 else "女"
