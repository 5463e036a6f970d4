"""One plain function per model: what a test does not name is filled in, invented and valid."""

import datetime
import itertools
from decimal import Decimal

from django.db.models import F
from django.utils import timezone

from carecore import audit, clock
from carecore.access import Role
from carecore.models import Appointment, Document, Person, QuotaClass, Rule, Unit, UnitKind, User
from funds import ledger
from funds.models import (
    Account,
    AccountKind,
    Application,
    ApplicationLine,
    ApplicationState,
    Book,
    Fund,
    VoucherKind,
)
from sanatorium.models import (
    Batch,
    ClassQuota,
    Nomination,
    PersonYear,
    Plan,
    PlanState,
    State,
    UnitQuota,
    Venue,
    VenueState,
)

PASSWORD = "Correct-Horse-7"
_serial = itertools.count(1)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(born="19800101", serial=None, district="379999"):
    """An invented number of a district that does not exist, with a right check digit."""
    body = f"{district}{born}{(serial if serial is not None else next(_serial)) % 1000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def unit(name="滨海市", parent=None, *, code=None, kind=UnitKind.ORGAN, **columns):
    frontline = kind in (UnitKind.COMPANY, UnitKind.COMMUNITY)
    row = Unit.objects.create(
        code=code or f"U{next(_serial)}", name=name, parent=parent, kind=kind,
        quota_class=QuotaClass.FRONTLINE if frontline else QuotaClass.ORGAN, path="/", **columns,
    )  # fmt: skip
    row.path = row.path_by_parent()
    row.save()
    return row


def person(unit, name="张三", **columns):
    columns.setdefault("id_number", id_number())
    columns.setdefault("worked_since", datetime.date(2005, 7, 1))
    return _saved(Person(name=name, unit=unit, **columns).derive())


def _saved(row):
    row.save()
    return row


def user(username, unit, role, *, person=None, name=None):
    row = User(username=username, name=name or username, person=person, must_change_password=False)
    row.set_password(PASSWORD)
    row.save()
    appointment(row, unit, role)
    return row


def appointment(user, unit, role, **columns):
    columns.setdefault("starts_on", datetime.date(2020, 1, 1))
    return Appointment.objects.create(user=user, unit=unit, role=Role(role), **columns)


def rule(unit, key, value, **columns):
    columns.setdefault("clause", "本地决定")
    columns.setdefault("effective_from", datetime.date(2018, 1, 1))
    return Rule.objects.create(unit=unit, key=key, value=value, **columns)


def plan(unit, year=2026, total=1000, organ=300, frontline=700, state=PlanState.PUBLISHED):
    row = Plan.objects.create(unit=unit, year=year, total=total, state=state)
    ClassQuota.objects.create(plan=row, quota_class=QuotaClass.ORGAN, places=organ)
    ClassQuota.objects.create(plan=row, quota_class=QuotaClass.FRONTLINE, places=frontline)
    return row


def quota(plan, unit, places):
    """Places of a unit, taken from its class."""
    share = plan.class_quotas.get(quota_class=unit.quota_class)
    share.allocated += places
    share.save()
    return UnitQuota.objects.create(class_quota=share, unit=unit, places=places)


def venue(unit, name="青岛工人疗养院", **columns):
    columns = {
        "address": "滨海路1号", "capacity": 100, "state": VenueState.ADMITTED,
        "state_on": datetime.date(2025, 1, 1), **columns,
    }  # fmt: skip
    return Venue.objects.create(unit=unit, name=name, **columns)


def batch(plan, venue, opened_by, number=1, **columns):
    columns = {
        "starts_on": datetime.date(2026, 6, 8), "ends_on": datetime.date(2026, 6, 13), "days": 6,
        "capacity": 40, "place_case": venue.place_case, "province_case": venue.province_case,
        "days_min": 5, "days_max": 7, "cost_cap": "3000.00", **columns,
    }  # fmt: skip
    return Batch.objects.create(plan=plan, venue=venue, opened_by=opened_by, number=number, **columns)


def approved(plan, unit, name="张三", *, person_columns=None, **columns):
    """An approved nomination without a batch, its place taken: unit quota and person-year counted."""
    held = UnitQuota.objects.filter(class_quota__plan=plan, unit=unit).first() or quota(plan, unit, 100)
    UnitQuota.objects.filter(pk=held.pk).update(used=F("used") + 1)
    somebody = person(unit, name, **(person_columns or {}))
    PersonYear.objects.create(person=somebody, plan=plan, places_used=1, places_allowed=1)
    columns = {
        "ground": "merit", "ground_label": "获得记功奖励", "post": "科员", "nominated_at": timezone.now(),
        "nominated_by": User.objects.get(username="clerk"), "state": State.APPROVED, **columns,
    }  # fmt: skip
    return Nomination.objects.create(
        plan=plan, person=somebody, name=name, initials=somebody.initials, unit=unit, quota=held,
        quota_class=unit.quota_class, **columns,
    )  # fmt: skip


SOURCES = [{"code": "fiscal", "label": "财政拨付"}, {"code": "dues", "label": "党费划拨"}]
PURPOSES = [{"code": "aid", "label": "困难补助"}, {"code": "visit", "label": "走访慰问"}]


def document(unit, name="专项资金管理办法"):
    return Document.objects.create(unit=unit, name=name, slug=f"d{next(_serial)}")


def fund(unit, name="帮扶资金", kind="生活困难党员帮扶", *, opened_by, sources=SOURCES, purposes=PURPOSES, **columns):
    """An open fund with its book and accounts, under rules that name these sources and purposes for its kind."""
    for key, value in (("funds.sources", sources), ("funds.purposes", purposes)):
        if not Rule.objects.filter(unit=unit, key=key, value=(named := {kind: value})).exists():
            rule(unit, key, named, clause="LYG-9")
    columns.setdefault("opened_on", datetime.date(2026, 1, 1))
    columns.setdefault("document", Document.objects.filter(unit=unit).first() or document(unit))
    row = Fund.objects.create(unit=unit, name=name, kind=kind, opened_by=opened_by, **columns)
    Book.objects.create(fund=row)
    ledger.open_accounts(fund=row, on=datetime.date(2026, 5, 1))
    return row


STAY_COSTS = [
    {"code": "transport", "label": "交通费"}, {"code": "board", "label": "食宿费"},
    {"code": "training", "label": "培训费"}, {"code": "medical", "label": "医疗费"},
    {"code": "insurance", "label": "保险费"},
]  # fmt: skip


def union_fund(unit, amount, *, opened_by, purposes=STAY_COSTS, **columns):
    """A fund of kind 工会经费 that pays the five costs of a stay, with so many yuan of 财政拨付 in it."""
    columns = {"name": "工会经费", "kind": "工会经费", **columns}
    row = fund(unit, opened_by=opened_by, sources=SOURCES[:1], purposes=purposes, **columns)
    income(row, amount, by=opened_by)
    return row


def income(fund, amount, *, by):
    """So many yuan of 财政拨付 come into a fund today."""
    entry = ledger.Entry(
        fund=fund, dated=clock.today(), kind=VoucherKind.INCOME, summary="财政拨付", document=document(fund.unit),
        legs=[ledger.Leg(account(fund, "财政拨付"), Decimal(amount))],
    )  # fmt: skip
    with audit.recorded():
        return ledger.post(by=by, entries=[entry])[0]


def account(fund, label):
    """An account of a fund by its label; the fund's own by 资金."""
    if label == "资金":
        return Account.objects.get(fund=fund, kind=AccountKind.FUND)
    return Account.objects.exclude(kind=AccountKind.FUND).get(fund=fund, label=label)


def decided(fund, unit, lines, *, treasury, purpose="困难补助", subject="慰问困难党员", amount=None):
    """An application that was applied for, accepted and decided, its money held; lines are (payee, amount, person)."""
    asked = sum(Decimal(line[1]) for line in lines)
    amount = asked if amount is None else Decimal(amount)
    day = datetime.date(2026, 5, 8)
    row = Application.objects.create(
        unit=unit, fund=fund, purpose=account(fund, purpose), subject=subject, asked=asked, decided=amount,
        state=ApplicationState.DECIDED, applied_by=treasury.applicant, applied_on=day, decision="office",
        accepted_by=treasury.fund_office, accepted_on=day, decided_by=treasury.fund_lead, decided_on=day,
    )  # fmt: skip
    for payee, sum_, *person in lines:
        ApplicationLine.objects.create(
            application=row, payee=payee, amount=Decimal(sum_), person=person[0] if person else None
        )
    with audit.recorded():
        ledger.reserve(by=treasury.fund_office, fund=fund, amount=amount, document=row, purpose=row.purpose)
    return row
