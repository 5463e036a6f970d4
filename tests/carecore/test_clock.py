from datetime import date

import time_machine

from carecore.clock import today


@time_machine.travel("2026-06-19T16:30:00Z")
def test_the_day_is_that_of_the_office():
    assert today() == date(2026, 6, 20)


def test_a_demonstration_fixes_the_day(settings):
    settings.CARE_TODAY = date(2026, 6, 20)
    assert today() == date(2026, 6, 20)
