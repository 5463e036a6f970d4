"""Each parser takes what offices write and refuses, with a stable code, what it would have to guess."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from carecore.sheets import cells
from carecore.sheets.cells import CellError, Month

DAY = date(2026, 5, 11)
VALID = "379999198711226890"


def code(parser, raw, **options):
    with pytest.raises(CellError) as refused:
        parser(raw, **options)
    assert refused.value.message, "a refusal says what is wrong"
    return refused.value.code


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, ""),
        (" 市财政局\u200b\n机关 ", "市财政局 机关"),
        ("\u00a0\u3000", ""),
        (39.0, "39"),
        (1987.11, "1987.11"),
        (date(2018, 5, 1), "2018-05-01"),
        (datetime(2018, 5, 1), "2018-05-01"),
    ],
)
def test_text_is_one_line_without_invisible_characters(raw, expected):
    assert cells.text(raw) == expected


def test_blank_sees_through_spaces():
    assert cells.blank(" \u200b\t") and not cells.blank(0)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("汤 丽", "汤丽"),
        ("汤　 丽\t", "汤丽"),
        ("李𬭎", "李𬭎"),
        ("㛃 慧", "㛃慧"),
        ("买买提·艾力", "买买提·艾力"),
        ("买买提 • 艾力", "买买提·艾力"),
        ("买买提.艾力", "买买提·艾力"),
        ("John  Smith", "John Smith"),
        ("张三(小)", "张三(小)"),
    ],
)
def test_name_loses_layout_spaces_and_keeps_its_own_dot(raw, expected):
    assert cells.person_name(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", "name.empty"),
        (None, "name.empty"),
        ("张\x07三", "name.control"),
        ("张\u202e三", "name.control"),
        ("مروان", "name.control"),
        ("张" * 51, "name.too_long"),
        (VALID, "name.not_a_name"),
        ("#N/A", "name.not_a_name"),
    ],
)
def test_name_refused(raw, expected):
    assert code(cells.person_name, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        VALID,
        "３７９９９９１９８７１１２２６８９０",
        f"{VALID}\t",
        f"'{VALID}",
        f" {VALID[:6]} {VALID[6:14]} {VALID[14:]}\u200b",
    ],
)
def test_identity_number_is_normalised(raw):
    assert cells.id_number(raw, on=DAY) == VALID


def test_identity_number_ending_in_small_x():
    assert cells.id_number("37999919960511112x", on=DAY) == "37999919960511112X"


def test_identity_number_takes_any_district_of_a_province():
    number = "37000019900101001"
    assert cells.id_number(number + cells.check_digit(number), on=DAY)[:6] == "370000"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (3.799991992070675e17, "id.lost_digits"),
        (379999199207067500, "id.lost_digits"),
        ("3.79999E+17", "id.lost_digits"),
        ("3.79999199207068e17", "id.lost_digits"),
        ("", "id.empty"),
        ("379999920706750", "id.fifteen"),
        (379999920706750.0, "id.fifteen"),
        ("37999919871122689", "id.length"),
        ("37999919871122689A", "id.form"),
        (True, "id.length"),
        ("089999198711226890", "id.province"),
        ("379999198713226890", "id.birthday"),
        ("379999187711226890", "id.birthday"),
        ("379999202605126890", "id.birthday"),
        ("379999198711226891", "id.check_digit"),
        ("379999198711226809", "id.check_digit"),
    ],
)
def test_identity_number_is_refused_never_repaired(raw, expected):
    assert code(cells.id_number, raw, on=DAY) == expected


def test_lost_digits_say_that_the_number_must_be_typed_again():
    with pytest.raises(CellError, match="精度已丢失,需重填"):
        cells.id_number(3.799991992070675e17)


def test_birthday_and_sex_come_from_the_number():
    assert cells.id_birthday(VALID) == date(1987, 11, 22)
    assert cells.id_sex(VALID) == "男"
    assert cells.id_sex("379999199206155125") == "女"


@pytest.mark.parametrize(
    "raw",
    [
        "2018.5.1",
        "2018年5月1日",
        "2018 年 05 月 01 日",
        "20180501",
        20180501.0,
        "2018-05-01",
        "2018/5/1",
        "２０１８．５．１",
        "2018-05-01 00:00:00",
        43221,
        43221.5,
        date(2018, 5, 1),
        datetime(2018, 5, 1, 8, 30),
    ],
)
def test_day(raw):
    assert cells.day(raw) == date(2018, 5, 1)


def test_serial_of_the_1904_calendar():
    assert cells.day(41759, epoch_1904=True) == date(2018, 5, 1)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", "day.empty"),
        ("5月6日", "day.no_year"),
        ("70/1/1", "day.short_year"),
        ("2018/13/45", "day.not_a_date"),
        ("2018.2.29", "day.not_a_date"),
        ("2018年5月", "day.form"),
        (2018.5, "day.form"),
        (2018, "day.form"),
        (1e308, "day.form"),
        (float("nan"), "day.form"),
        (True, "day.form"),
        ("0018-05-01", "day.range"),
        ("长期", "day.form"),
    ],
)
def test_day_refused(raw, expected):
    assert code(cells.day, raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1987.11", Month(1987, 11)),
        (1987.11, Month(1987, 11)),
        ("1986.9", Month(1986, 9)),
        ("1986.10", Month(1986, 10)),
        ("2025年1月", Month(2025, 1)),
        ("1971年11月", Month(1971, 11)),
        ("1960年02月", Month(1960, 2)),
        ("198711", Month(1987, 11)),
        ("1987-11", Month(1987, 11)),
        ("1987.11.22", Month(1987, 11)),
        (date(1987, 11, 1), Month(1987, 11)),
        (32102, Month(1987, 11)),
        ("1970.1", Month(1970, 1)),
        (1970.1, Month(1970, 1, uncertain=True)),
        (1970.01, Month(1970, 1)),
    ],
)
def test_month(raw, expected):
    assert cells.month(raw) == expected


def test_first_day_of_a_month():
    assert Month(1987, 11).first == date(1987, 11, 1)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", "month.empty"),
        ("1987", "month.form"),
        (1987.0, "month.form"),
        ("1987.13", "month.not_a_month"),
        ("1987.0", "month.not_a_month"),
        (1e308, "month.form"),
        ("不详", "month.form"),
    ],
)
def test_month_refused(raw, expected):
    assert code(cells.month, raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (3000, "3000.00"),
        (75561.89999999999, "75561.90"),
        ("75561.89999999999", "75561.90"),
        ("3,000", "3000.00"),
        ("３，０００．５０元", "3000.50"),
        ("3000元", "3000.00"),
        ("￥3000", "3000.00"),
        ("人民币3000元整", "3000.00"),
        ("800.00", "800.00"),
        ("0.3万", "3000.00"),
        ("0.3万元", "3000.00"),
        ("1000(含水果)", "1000.00"),
        ("1000（含水果）", "1000.00"),
        ("三千", "3000.00"),
        ("壹仟元", "1000.00"),
        ("壹仟元整", "1000.00"),
        ("一万二千元", "12000.00"),
        ("一千零五", "1005.00"),
        ("壹拾万零柒仟元伍角叁分", "107000.53"),
        ("壹仟贰佰叁拾肆元零伍分", "1234.05"),
        ("零元整", "0.00"),
        (-0.0, "0.00"),
    ],
)
def test_amount_in_yuan(raw, expected):
    found = cells.amount(raw)
    assert found == Decimal(expected) and str(found) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", "amount.empty"),
        (3000.005, "amount.decimals"),
        ("3000.005", "amount.decimals"),
        (-1, "amount.negative"),
        ("-1", "amount.negative"),
        (1e308, "amount.too_large"),
        ("9" * 300, "amount.too_large"),
        (float("nan"), "amount.too_large"),
        (float("inf"), "amount.too_large"),
        (True, "amount.form"),
        (date(2018, 5, 1), "amount.form"),
        ("#N/A", "amount.error_value"),
        ("#REF!", "amount.error_value"),
        ("(300)", "amount.form"),
        ("3,00", "amount.form"),
        ("1000(-200)", "amount.form"),
        ("约1000", "amount.form"),
        ("1e3", "amount.form"),
        ("一千二", "amount.form"),
        ("两万五", "amount.form"),
        ("十百", "amount.form"),
        ("元", "amount.form"),
    ],
)
def test_amount_refused(raw, expected):
    assert code(cells.amount, raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [(39, 39), (39.0, 39), ("39.0", 39), ("46人", 46), ("1,000", 1000), ("十二人", 12), (0, 0)],
)
def test_whole_number(raw, expected):
    assert cells.whole(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", "whole.empty"),
        (39.5, "whole.fraction"),
        (-1, "whole.range"),
        (1e308, "whole.too_large"),
        (10**9, "whole.range"),
        (True, "whole.form"),
        ("#VALUE!", "whole.error_value"),
        ("若干", "whole.form"),
    ],
)
def test_whole_number_refused(raw, expected):
    assert code(cells.whole, raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("13900003860", "13900003860"),
        (13900003860.0, "13900003860"),
        ("139 0000 3860", "13900003860"),
        ("139-0000-3860", "13900003860"),
        ("+86 13900003860", "13900003860"),
        ("0543-2234567", "0543-2234567"),
        ("(0543)2234567", "0543-2234567"),
        ("05432234567转801", "0543-2234567-801"),
        ("2234567", "2234567"),
    ],
)
def test_phone(raw, expected):
    assert cells.phone(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", "phone.empty"),
        ("1390000386", "phone.form"),
        ("13900003860/13900003861", "phone.form"),
        ("12900003860", "phone.form"),
        (1.39e30, "phone.form"),
    ],
)
def test_phone_refused(raw, expected):
    assert code(cells.phone, raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("是", True),
        ("否", False),
        ("√", True),
        ("×", False),
        ("有", True),
        ("无", False),
        (True, True),
        (0, False),
        ("y", True),
    ],
)
def test_yes_or_no(raw, expected):
    assert cells.yes_no(raw) is expected


def test_yes_or_no_refused():
    assert code(cells.yes_no, "") == "yes_no.empty"
    assert code(cells.yes_no, "不详") == "yes_no.form"
