"""Hardship files told by those whose steps they are: 甲局's clerk opens and reports, others take each step."""

from decimal import Decimal

import pytest

from carecore import presets
from tests import build
from tests.visits.calls import calls, fund
from visits.models import CaseState, HardshipCase
from visits.workflow import cases
from visits.workflow.files import CaseDraft, MemberDraft

LINE = Decimal("900.00")


@pytest.fixture
def rules(city, cast):
    """The causes, the essays' categories, a poverty line of 900 with one and two times of it, losses above 80 %."""
    for preset in ("hardship-form", "hardship-examples", "anqing-2025"):
        for rule in presets.read(preset)["rule"]:
            build.rule(city.root, rule["key"], rule["value"], severity=rule["severity"], clause=rule["clause"])
    build.rule(city.root, "visits.poverty_line", {"滨海市": "900"}, clause="本地决定 滨民〔2026〕3号")
    build.rule(city.root, "visits.event_loss_share", 0.8)
    return city


class Files:
    """Builds files by the verbs themselves, up to any state of their way."""

    def __init__(self, city, cast):
        self.city, self.cast = city, cast

    def draft(self, unit=None, name="张三", *, person=None, **columns):
        person = person or build.person(unit or self.city.a, name)
        facts = {
            "yearly_income": Decimal("36000"), "rigid_costs": Decimal("6000"), "size": 2, "earners": 1,
            "main_cause": "6", "stated_grade": "相对困难",
            "members": (MemberDraft(name=f"{name}之子", relation="子", id_number=build.id_number("20120301")),), **columns,
        }  # fmt: skip
        return CaseDraft(person=person, unit=person.unit, **facts)

    def opened(self, unit=None, *names, by=None, **columns):
        drafts = [self.draft(unit, name, **columns) for name in names or ("张三",)]
        return self.fresh(cases.open_cases(by=by or self.cast.clerk, drafts=drafts))

    def at(self, state, *names, **columns):
        """Files of 甲局 in a state of the way, brought there by the right people."""
        rows = self.opened(None, *names, **columns)
        for verb, reached in (
            (self.report, CaseState.REPORTED), (self.endorse, CaseState.ENDORSED), (self.advise, CaseState.GIVEN_OPINION),
            (self.recognise, CaseState.RECOGNISED),
        ):  # fmt: skip
            if rows[0].state == state:
                break
            verb(rows)
            rows = self.fresh(rows)
            assert rows[0].state == reached
        assert rows[0].state == state
        return rows

    def report(self, rows):
        cases.report(by=self.cast.clerk, rows=rows)

    def endorse(self, rows):
        cases.endorse(by=self.cast.lead, rows=rows)

    def advise(self, rows):
        cases.give_opinion(by=self.cast.org_officer, rows=rows, opinion="同意帮扶")

    def recognise(self, rows):
        cases.recognise(by=self.cast.union_lead, rows=rows)

    def fresh(self, rows):
        return list(HardshipCase.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk"))


@pytest.fixture
def files(rules, cast):
    return Files(rules, cast)


__all__ = ["calls", "fund", "rules"]
