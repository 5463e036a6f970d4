from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carecore import workdays

DAYS = st.dates(date(2018, 1, 1), date(2026, 12, 20))


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 6, 18), True),  # a Thursday
        (date(2026, 6, 19), False),  # 端午节, a Friday
        (date(2026, 6, 20), False),  # a Saturday
        (date(2026, 5, 9), True),  # a Saturday worked for 劳动节
        (date(2018, 12, 29), True),  # worked by the notice for 2019
        (date(2022, 12, 31), False),
        (date(2020, 1, 31), False),  # 春节 prolonged in 2020
        (date(2020, 2, 1), False),  # first to be worked, then free
        (date(2019, 5, 2), False),  # 劳动节 prolonged in 2019
    ],
)
def test_a_day_is_worked_as_the_notices_say(day, worked):
    assert workdays.is_workday(day) is worked


def test_both_ends_count():
    assert workdays.workdays_between(date(2026, 6, 18), date(2026, 6, 22)) == 2
    assert workdays.workdays_between(date(2026, 6, 20), date(2026, 6, 20)) == 0
    assert workdays.workdays_between(date(2026, 6, 22), date(2026, 6, 18)) == 0


def test_the_fifth_working_day_after_a_thursday_before_the_dragon_boat_festival():
    assert workdays.add_workdays(date(2026, 6, 18), 5) == date(2026, 6, 26)
    assert workdays.add_workdays(date(2026, 6, 20), 0) == date(2026, 6, 20)


@given(DAYS, st.integers(1, 30))
def test_adding_and_counting_agree(start, count):
    end = workdays.add_workdays(start, count)
    assert workdays.is_workday(end)
    assert workdays.workdays_between(start, end) - workdays.is_workday(start) == count


def test_a_year_without_a_notice_is_flagged_and_counted_by_weekends():
    assert [year for year in range(2017, 2029) if workdays.year_known(year)] == list(range(2018, 2027))
    assert workdays.is_workday(date(2027, 10, 1))


def test_every_year_names_its_notice_and_exchanges_only_weekend_days():
    assert all(notice.startswith("国办发明电〔") for notice in workdays.NOTICES.values())
    assert all(day.weekday() >= 5 for day in workdays._WORKED)
    assert not workdays._WORKED & workdays._FREE


@pytest.mark.parametrize(
    ("name", "year", "day"),
    [
        ("春节", 2026, date(2026, 2, 17)),
        ("清明", 2024, date(2024, 4, 4)),
        ("端午", 2026, date(2026, 6, 19)),
        ("中秋", 2035, date(2035, 9, 16)),
        ("中秋", 2036, None),
    ],
)
def test_festivals_by_the_moon(name, year, day):
    assert workdays.festival(name, year) == day


def test_the_festival_lies_in_the_holiday_that_has_its_name():
    for entry in workdays._TABLE["years"]:
        for name in ("春节", "清明", "端午", "中秋"):
            day = workdays.festival(name, entry["year"])
            assert any(
                name in holiday["name"] and holiday["first"] <= day <= holiday["last"]
                for holiday in entry["holidays"]
            )
