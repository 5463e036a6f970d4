"""Another city's preset and the same roster: other limits, the same code (JURISDICTIONS rows 1, 4, 7)."""

import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from carecore import presets
from carecore.access import Role
from carecore.models import Benefit, Unit
from carecore.workflow import Refused
from sanatorium.models import Batch, Nomination, PersonYear
from sanatorium.rules.money import CostLine
from sanatorium.rules.nominations import Draft
from sanatorium.workflow import batches, nominations, notices, settlement
from tests import build


@pytest.fixture
def city(db, bring):
    """The units of sample 10 with their places, an office each, and no policy yet."""
    root = build.unit("滨海市", code="3799")

    def appointed(username, role):
        return build.user(username, root, role, person=build.person(root, username))

    city = SimpleNamespace(
        root=root, org=appointed("clerk", Role.ORG_OFFICER), lead=appointed("lead", Role.UNIT_LEAD),
        officer=appointed("officer", Role.UNION_OFFICER), union=appointed("union", Role.UNION_LEAD),
        plan=build.plan(root),
    )  # fmt: skip
    bring(city.org, "units", "10")
    bring(city.officer, "quotas", "09")
    build.union_fund(root, 100000, opened_by=city.union)
    return city


def under(city, preset):
    presets.load_policy(by=None, preset=preset, unit=city.root)


def nominated(city, bring):
    """The roster of sample 01 as nominations."""
    report = bring(city.org, "nominations", "01")
    assert (report.rows, report.accepted) == (46, 46)
    return Nomination.objects.filter(plan=city.plan).select_related("unit", "person")


def approved(city, rows):
    """A city without notice and confirmation: submitted, reviewed, approved."""
    rows = notices.submit(by=city.lead, rows=list(rows), reason="经研究同意推荐")
    rows = nominations.review(by=city.officer, rows=rows)
    return nominations.approve(by=city.union, rows=rows)


def gone(city, today, rows, first, last, number=1, reason="", **venue):
    """A stay of these people, come home."""
    place = build.venue(city.root, f"疗休养院{number}", **venue)
    batch = batches.open_batch(
        by=city.officer, plan=city.plan, number=number, venue=place, starts_on=first, ends_on=last, capacity=40,
        reason=reason,
    )  # fmt: skip
    batches.assign(by=city.officer, batch=batch, rows=rows, reason=reason)
    batches.approve_batch(by=city.union, batch=Batch.objects.get(pk=batch.pk), reason=reason)
    today.move_to(f"{last} 18:00:00+08:00")
    settlement.record_attendance(by=city.officer, batch=Batch.objects.get(pk=batch.pk), absent=[])
    return Batch.objects.get(pk=batch.pk)


def settled(city, batch, row, board, self_paid="0"):
    line = CostLine(Nomination.objects.get(pk=row.pk), board=Decimal(board), self_paid=Decimal(self_paid))
    return settlement.settle(by=city.officer, batch=Batch.objects.get(pk=batch.pk), lines=[line])


JUNE_8, JUNE_12 = datetime.date(2026, 6, 8), datetime.date(2026, 6, 12)


def test_binzhou_caps_a_year_at_3000_in_the_province_and_lets_nobody_pay_the_excess(
    city, bring, cast_of, today
):
    """BZ-11: the yearly cap, whatever the days."""
    under(city, "binzhou-2018")
    nominated(city, bring)
    row = cast_of(city)
    batch = gone(city, today, [row], JUNE_8, JUNE_12)
    assert batch.cost_cap == Decimal("3000.00") and batch.self_pay is False
    settled(city, batch, row, "3000.00")
    with pytest.raises(Refused) as refusal:
        settled(city, batch, row, "3000.01")
    [finding] = refusal.value.findings
    assert (finding.key, finding.asked, finding.severity) == (
        "sanatorium.cost_person_year",
        "3000.01",
        "block",
    )
    assert "BZ-11" in finding.clause
    with pytest.raises(Refused):
        settled(city, batch, row, "3100.00", self_paid="100.00")


@pytest.fixture
def cast_of():
    """One approved person, whatever the city's rules ask of the way there."""

    def approve(city):
        unit = Unit.objects.get(name="市教育局")
        return build.approved(city.plan, unit, "王五", nominated_by=city.org)

    return approve


def test_the_same_roster_under_anhui_is_capped_by_the_day_with_the_excess_self_paid(city, bring, today):
    """安徽: 400 a person and day; what exceeds it the person pays."""
    under(city, "anhui")
    rows = nominated(city, bring)
    [row] = approved(city, [rows.filter(unit__name="市财政局").first()])
    batch = gone(city, today, [row], JUNE_8, JUNE_12)
    assert batch.cost_cap == Decimal("2000.00") and batch.self_pay is True
    settled(city, batch, row, "2000.00")
    with pytest.raises(Refused) as refusal:
        settled(city, batch, row, "2000.01")
    assert [finding.key for finding in refusal.value.findings] == ["sanatorium.cost_person_day"]
    [cost] = settled(city, batch, row, "3000.00", self_paid="1000.00")
    assert (cost.total, cost.borne) == (Decimal("3000.00"), Decimal("2000.00"))


@pytest.mark.parametrize(("wish", "went", "taken", "found"), [
    ("省外", "省外", 2023, True), ("省外", "省外", 2022, False), ("省内", "省外", 2023, False),
    ("省外", "省内", 2025, False), ("省外", "", 2023, True),
])  # fmt: skip
def test_anhui_does_not_send_people_over_the_border_again_within_three_years(city, wish, went, taken, found):
    """安徽: look-back for stays outside the province only; 一般, so it asks for a reason."""
    under(city, "anhui")
    unit = Unit.objects.get(name="市教育局")
    person = build.person(unit, "王五")
    Benefit.objects.create(
        person=person, unit=unit, channel="疗休养", occasion="外地", period=str(taken), document_kind="history",
        given_on=datetime.date(taken, 6, 1), case=went,
    )  # fmt: skip
    draft = Draft(person=person, unit=unit, ground="model", wish=wish)
    [findings] = nominations.check_drafts(by=city.org, plan=city.plan, drafts=[draft])
    keys = [(finding.key, finding.severity) for finding in findings]
    assert keys == ([("sanatorium.lookback_years", "warn")] if found else [])


def test_quzhou_lets_a_local_stay_be_split_into_two_parts_and_no_more(city, today):
    """衢州 2021: two parts in the city, together under the yearly 3000; elsewhere one stay a year."""
    under(city, "quzhou-2021")
    unit = Unit.objects.get(name="市教育局")
    person = build.person(unit, "王五")

    def part(number, first, last, board):
        draft = Draft(person=person, unit=unit, ground="model", wish="本市")
        [row] = approved(city, nominations.nominate(by=city.org, plan=city.plan, drafts=[draft]))
        batch = gone(city, today, [row], first, last, number, in_city=True)
        return batch, row, settled(city, batch, row, board)

    part(1, JUNE_8, datetime.date(2026, 6, 9), "1200")
    batch, row, _ = part(2, datetime.date(2026, 7, 6), datetime.date(2026, 7, 9), "1800")
    with pytest.raises(Refused) as refusal:
        settled(city, batch, row, "1800.01")  # 2400 by the day, but the year has 1800 left
    assert [finding.key for finding in refusal.value.findings] == ["sanatorium.cost_person_year"]
    year = PersonYear.objects.get(person=person)
    assert (year.places_used, year.places_allowed, year.spent) == (2, 2, Decimal("3000.00"))
    with pytest.raises(Refused) as refusal:
        part(3, datetime.date(2026, 8, 3), datetime.date(2026, 8, 4), "1")
    assert [f.key for f in refusal.value.findings] == ["sanatorium.trips_person_year"]
    elsewhere = Draft(person=person, unit=unit, ground="model", wish="省外")
    [findings] = nominations.check_drafts(by=city.org, plan=city.plan, drafts=[elsewhere])
    assert "sanatorium.trips_person_year" in [finding.key for finding in findings]
