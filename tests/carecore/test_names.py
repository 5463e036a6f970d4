import pytest

from carecore import names


@pytest.mark.parametrize(
    ("name", "reading", "letters"),
    [
        ("张三", "zhangsan", "zs"),
        ("单晓", "shanxiao", "sx"),
        ("曾国强", "zengguoqiang", "zgq"),
        ("解海", "xiehai", "xh"),
        ("仇和", "qiuhe", "qh"),
        ("区伟", "ouwei", "ow"),
        ("朴哲", "piaozhe", "pz"),
        ("查明", "zhaming", "zm"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("万俟雪", "moqixue", "mqx"),
        ("李单", "lidan", "ld"),  # only a surname reads shan
        ("欧阳 修", "ouyangxiu", "oyx"),
        ("娜仁·其其格", "narenqiqige", "nrqqg"),
        ("吕布", "lvbu", "lb"),
        ("", "", ""),
    ],
)
def test_readings_and_initials(name, reading, letters):
    assert (names.pinyin(name), names.initials(name)) == (reading, letters)


def test_a_character_without_a_reading_stays_itself():
    assert names.pinyin("王𠮷") == "wang𠮷"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (" Zhang San ", "zhangsan"),
        ("ＺＳ", "zs"),
        ("张　三", "张三"),
        ("娜仁·其其格", "娜仁其其格"),
        ("%_", ""),
    ],
)
def test_what_is_typed_into_a_search(typed, key):
    assert names.search_key(typed) == key


def test_every_surname_of_two_characters_has_its_initials():
    assert {surname for surname in names.SURNAMES if len(surname) == 2} == set(names.SURNAME_INITIALS)
