"""What one spreadsheet cell says: pure parsers that refuse rather than guess.

Every parser takes the raw value of a cell (str, int, float, bool, date, datetime or None) and raises
CellError with a stable code and a short Chinese sentence: what is wrong, then what to do.
"""

import re
import unicodedata
from datetime import date, datetime

from carecore.sheets.errors import CellError

NAME_MAX = 50
# Zero-width characters, soft hyphens and byte-order marks that copying leaves inside cells.
INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u2060\ufeff\ufe0e\ufe0f]")
# Only Han: a space between two of them is layout, a space between Latin words is not.
HAN = r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
HAN_SPACE = re.compile(rf"(?<={HAN}) +(?={HAN})")
# The dots people type for the one inside 买买提·艾力.
MIDDLE_DOTS = re.compile(r"[•‧∙⋅・･●]|(?<=[^\W\d_a-zA-Z])[.．。](?=[^\W\d_a-zA-Z])")
ERROR_VALUE = re.compile(r"#(N/A|VALUE!|REF!|DIV/0!|NUM!|NAME\?|NULL!|SPILL!|CALC!)", re.IGNORECASE)

MOBILE = re.compile(r"1[3-9]\d{9}")
LANDLINE = re.compile(r"(?:(0\d{2,3})-?)?([2-9]\d{6,7})(?:(?:-|转)(\d{1,6}))?")

YES = {"是", "有", "对", "√", "✓", "✔", "☑", "Y", "YES", "TRUE", "1"}
NO = {"否", "无", "没有", "未", "不是", "×", "✗", "✘", "☒", "X", "N", "NO", "FALSE", "0"}


def text(raw: object) -> str:
    """Return a cell as one line of text without surrounding or invisible characters; '' for an empty cell."""
    if raw is None:
        return ""
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
        return str(int(raw))
    if isinstance(raw, datetime) and raw.time() == datetime.min.time():
        return raw.date().isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    return " ".join(INVISIBLE.sub("", str(raw)).split())


def blank(raw: object) -> bool:
    """Say whether a cell holds nothing that can be seen."""
    return not text(raw)


def plain(raw: object) -> str:
    """Return a cell as half-width text without any space and without a leading apostrophe."""
    return unicodedata.normalize("NFKC", text(raw)).replace(" ", "").lstrip("'’‘`")


def person_name(raw: object) -> str:
    """Return a person's name: 汤 丽 without its space, 买买提·艾力 with its dot, at most 50 characters."""
    if _steers(str(raw or "")):
        raise CellError("name.control", "姓名含有控制字符或从右向左书写的字符,请重新键入")
    name = HAN_SPACE.sub("", text(raw).lstrip("'"))
    name = MIDDLE_DOTS.sub("·", name)
    name = re.sub(r" *· *", "·", name)
    if not name:
        raise CellError("name.empty", "姓名为空,请填写")
    if len(name) > NAME_MAX:
        raise CellError("name.too_long", f"姓名最多{NAME_MAX}个字,现为{len(name)}个字,请核对")
    if ERROR_VALUE.fullmatch(name) or not any(character.isalpha() for character in name):
        raise CellError("name.not_a_name", f"“{name[:20]}”不是姓名,请核对是否串列")
    return name


def _steers(raw: str) -> bool:
    """Say whether text holds control characters (line breaks and tabs apart) or right-to-left characters."""
    return any(
        (unicodedata.category(character) == "Cc" and character not in "\t\r\n")
        or unicodedata.bidirectional(character)
        in {"R", "AL", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "PDF", "PDI", "FSI"}
        for character in raw
        if character not in "\u200e\u200f"
    )


def phone(raw: object) -> str:
    """Return a mobile number as 11 digits, a landline as 0543-1234567 or 0543-1234567-801."""
    number = plain(raw)
    if not number:
        raise CellError("phone.empty", "电话为空,请填写")
    number = re.sub(r"[—–−_]", "-", re.sub(r"[()]", "-", number)).strip("-")
    number = re.sub(r"^(\+|00)86-?(?=[1-9]|0)", "", number)
    if MOBILE.fullmatch(number.replace("-", "")):
        return number.replace("-", "")
    landline = LANDLINE.fullmatch(number.replace("--", "-"))
    if landline is None:
        raise CellError("phone.form", f"电话“{number[:20]}”有误:应为11位手机号或带区号的座机号,只填一个")
    return "-".join(part for part in landline.groups() if part)


def yes_no(raw: object) -> bool:
    """Return what 是/否, 有/无, √/× or a ticked cell says."""
    word = plain(raw).upper()
    if not word:
        raise CellError("yes_no.empty", "未填是或否,请填写“是”或“否”")
    if word in YES or word in NO:
        return word in YES
    raise CellError("yes_no.form", f"“{word[:20]}”不能认作是或否,请填写“是”或“否”")
