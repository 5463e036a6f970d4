"""Visits of the small city: at least one row behind every page of visits, made by the verbs."""

import datetime
from decimal import Decimal

from tests import build
from visits.models import Campaign, PayList, Visit
from visits.rules.drafts import VisitDraft
from visits.workflow import campaigns, visits
from visits.workflow.paying import prepare_payment

# The word before a row's number in an address, and whose rows they are.
BEHIND = {"campaigns": Campaign, "visits": Visit, "pay_lists": PayList}


def day(month, number):
    return datetime.date(2026, month, number)


def visited(city, cast, treasury, fund, purpose):
    """A round of visits for 七一: one carried out and on its way to be paid, one planned."""
    campaign = campaigns.open_campaign(
        by=cast.union_officer, unit=city.root, year=2026, occasion="七一", starts_on=day(6, 10), ends_on=day(7, 5),
        budget=Decimal(3000), fund=fund, purpose=purpose,
    )  # fmt: skip
    people = [build.person(city.a, name) for name in ("吴一", "吴二")]
    drafts = [VisitDraft(person, money=Decimal(500), goods="米面油", goods_value=Decimal(200)) for person in people]
    rows = visits.plan_visits(by=cast.clerk, drafts=drafts, campaign=campaign)
    visits.approve_visits(by=cast.lead, rows=fresh(rows[:1]))
    visits.carry_out(by=cast.clerk, rows=fresh(rows[:1]), done_on=day(6, 15), visitor="局领导")
    prepare_payment(by=treasury.fund_office, rows=fresh(rows[:1]), subject="七一走访慰问")


def fresh(rows):
    for row in rows:
        row.refresh_from_db()
    return rows
