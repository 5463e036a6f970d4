"""Names as they are spoken and typed: pinyin, initials, search keys."""

import unicodedata
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

# Surnames whose reading differs from the character's usual one; two-character surnames come first.
SURNAMES = {
    "万俟": "moqi", "尉迟": "yuchi", "澹台": "tantai",
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "区": "ou", "朴": "piao", "查": "zha", "盖": "ge",
    "员": "yun", "繁": "po", "秘": "bi", "洗": "xian", "缪": "miao", "召": "shao", "黑": "he", "重": "chong",
    "种": "chong", "么": "yao", "覃": "qin", "翟": "zhai", "乐": "yue", "折": "she", "隗": "wei", "卜": "bu",
    "祭": "zhai", "佴": "nai", "阚": "kan", "牟": "mu", "能": "nai", "乜": "nie", "句": "gou", "难": "ning",
    "藏": "zang", "粘": "nian", "都": "du",
}  # fmt: skip
# Readings are slow to find, and an import asks for each name of its people several times.
CACHED = 50_000
SURNAME_INITIALS = {"万俟": "mq", "尉迟": "yc", "澹台": "tt"}


def search_key(text: str) -> str:
    """Return what is compared in a search: half-width lower-case letters, digits and characters only."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def _split(name: str) -> tuple[str, str]:
    """Return the surname if its reading is in the table, else '', and the rest of the name."""
    surname = next((surname for surname in SURNAMES if name.startswith(surname)), "")
    return surname, name.removeprefix(surname)


@lru_cache(maxsize=CACHED)
def pinyin(name: str) -> str:
    """Return the reading of a name in lower case without tones or spaces: 曾国强 is zengguoqiang."""
    surname, rest = _split(search_key(name))
    return SURNAMES.get(surname, "") + "".join(lazy_pinyin(rest))


@lru_cache(maxsize=CACHED)
def initials(name: str) -> str:
    """Return the first letter of each syllable of a name: 张三 is zs."""
    surname, rest = _split(search_key(name))
    first = SURNAME_INITIALS.get(surname) or SURNAMES.get(surname, "")[:1]
    return first + "".join(lazy_pinyin(rest, style=Style.FIRST_LETTER))
