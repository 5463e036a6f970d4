"""A plan under the limits of 滨州, an admitted venue by the sea, and batches brought along by the real verbs."""

import datetime
from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecore.access import Role
from sanatorium.models import BatchState
from sanatorium.rules.money import CostLine
from sanatorium.workflow import batches, settlement
from tests import build

LIMITS = {
    "sanatorium.days": ([5, 7], "block", "BZ-8"),
    "sanatorium.months": ([5, 11], "warn", "BZ-8"),
    "sanatorium.union_venue": (True, "block", "BZ-10"),
    "sanatorium.out_of_province": (True, "warn", "BZ-10"),
    "sanatorium.cost_person_year": ({"省内": 3000, "省外": 5000}, "block", "BZ-11"),
    "sanatorium.cash_forbidden": (True, "block", "BZ-14"),
    "sanatorium.cash_words": (["现金", "礼品"], "block", "BZ-14"),
    "sanatorium.care_share": (0.51, "warn", "BZ-6"),
    "sanatorium.annual_leave": (False, "block", "BZ-9"),
}


def day(text):
    """6-8 is 8 June 2026."""
    month, number = text.split("-")
    return datetime.date(2026, int(month), int(number))


class Stay:
    """What the tests of batches share: `plan`, `venue`, and one method for each step of a batch."""

    def __init__(self, city, cast, today, limits=LIMITS):
        self.city, self.cast, self.today = city, cast, today
        self.rules = {key: self.rule(key, *given) for key, given in limits.items()}
        self.plan = build.plan(city.root)
        self.venue = build.venue(city.root)
        known = build.person(city.root, "结清员")
        self.payer = build.user("payer", city.root, Role.FUND_LEAD, person=known, name="结清员")

    def rule(self, key, value, severity="block", clause="本地决定"):
        return build.rule(self.city.root, key, value, severity=severity, clause=clause)

    def funded(self, amount, unit=None, **columns):
        """From now on 工会经费 pays (BZ-13), of which the city, or this unit, has so much."""
        self.rules["sanatorium.fund_source"] = self.rule("sanatorium.fund_source", ["工会经费"], clause="BZ-13")
        return build.union_fund(unit or self.city.root, amount, opened_by=self.payer, **columns)

    def close(self, batch, by=None):
        batch.refresh_from_db()
        return settlement.close_batch(by=by or self.payer, batch=batch)

    def reopen(self, batch, reason="发票有误"):
        batch.refresh_from_db()
        return settlement.reopen_batch(by=self.payer, batch=batch, reason=reason)

    def terms(self, **terms):
        return {
            "number": 3, "venue": self.venue, "starts_on": day("6-8"), "ends_on": day("6-13"), "capacity": 40,
            **terms,
        }  # fmt: skip

    def open(self, *, by=None, plan=None, **terms):
        by = by or self.cast.union_officer
        return batches.open_batch(by=by, plan=plan or self.plan, **self.terms(**terms))

    def person(self, name="张三", unit=None, **columns):
        return build.approved(self.plan, unit or self.city.a, name, **columns)

    def seat(self, batch, *names, unit=None):
        rows = [self.person(name, unit) for name in names]
        return batches.assign(by=self.cast.union_officer, batch=batch, rows=rows)

    def approve(self, batch):
        batch.refresh_from_db()
        return batches.approve_batch(by=self.cast.union_lead, batch=batch)

    def set_out(self, batch, *, absent=()):
        """Approved, gone and back: everybody came but those named."""
        if batch.state == BatchState.ARRANGING:
            batch = self.approve(batch)
        self.today.move_to(f"{batch.ends_on} 10:00:00+08:00")
        batch.refresh_from_db()
        settlement.record_attendance(by=self.cast.union_officer, batch=batch, absent=list(absent))
        return self.fresh(batch)

    def went(self, *names, **terms):
        """A batch that these people came to."""
        batch = self.open(**terms)
        self.seat(batch, *names)
        return self.set_out(batch)

    def line(self, row, board="3000", **facts):
        row.refresh_from_db()
        return CostLine(row, board=Decimal(board), **{k: _amount(v) for k, v in facts.items()})

    def settle(self, batch, *lines):
        return settlement.settle(by=self.cast.union_officer, batch=batch, lines=list(lines))

    def fresh(self, row):
        row.refresh_from_db()
        return row


def _amount(value):
    return Decimal(value) if isinstance(value, str) and value.replace(".", "").isdigit() else value


def queries_of(client, url):
    """How many queries a page asks; the first call is not counted, it may make a session."""
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)
