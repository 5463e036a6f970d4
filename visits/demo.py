"""The demonstration's hardship files: sample 04 imported in January, most of it recognised; visits at 七一."""

from __future__ import annotations

import datetime
from decimal import Decimal

from carecore import clock
from carecore.demo import FOUNDED, City, bring
from carecore.models import Severity, Unit
from carecore.presets import load_policy
from carecore.registry import Chapter
from carecore.rulekeeping import add_rule
from funds.demo import HELP, NAMES
from funds.models import Account, Fund
from visits.models import CaseState, HardshipCase
from visits.rules.drafts import VisitDraft
from visits.workflow import campaigns, cases, visits

YEAR = 2026
PRESETS = ("binzhou-visits-2018", "hardship-form", "hardship-examples")
# What 滨海市 decides where no clause names a number; the poverty line belongs to no real place.
LOCAL = (
    ("visits.poverty_line", {"滨海市": "900.00"}, Severity.BLOCK, "滨海市2026年最低生活保障标准每人每月900元(演示)"),
    ("visits.grade_multiples", {"深度困难": 1, "相对困难": 2}, Severity.BLOCK, "深度困难不高于低保标准,相对困难不高于低保标准2倍"),
    ("visits.event_loss_share", 0.8, Severity.BLOCK, "意外致困:损失超过家庭年收入80%"),
)
DECISION = "本地决定 滨海民发〔2026〕2号(演示)"
STREET = "青山街道办事处"  # keeps the register of old members
VISITING = 4  # so many units visit their households at 七一
STAYING = 2  # so many files stay at each step of their way


def day(month: int, number: int) -> datetime.date:
    return datetime.date(YEAR, month, number)


def _import(city: City) -> None:
    """The rules of the first working day of the year, then the two registers that the departments kept in Excel."""
    _lay_down_rules(city)
    with clock.at(day(1, 12)):
        bring(city, "zuzhi", "hardship", "04-困难干部职工档案汇总表.xlsx")
        bring(city, "zuzhi", "party_register", "05-老党员和生活困难党员情况名册.xlsx", {"unit": STREET})


def _report(city: City) -> None:
    """What has a finding that blocks stays a draft, for its clerk to put right."""
    with clock.at(day(1, 13)):
        rows = [row for row in _rows(CaseState.DRAFT) if all(one["severity"] != Severity.BLOCK for one in row.findings)]
        cases.report(by=city.users["zuzhi"], rows=rows)


def _endorse(city: City) -> None:
    with clock.at(day(1, 14)):
        for row in _rows(CaseState.REPORTED)[:-STAYING]:
            cases.endorse(by=city.lead(row.unit), rows=[row])


def _advise(city: City) -> None:
    with clock.at(day(1, 15)):
        rows = _rows(CaseState.ENDORSED)[:-STAYING]
        cases.give_opinion(by=city.users["zuzhi_lead"], rows=rows, opinion="情况属实,建议帮扶")


def _recognise(city: City) -> None:
    """Who fits a grade is recognised with it, as computed; who fits none is not."""
    lead, rows = city.users["gonghui_lead"], _rows(CaseState.GIVEN_OPINION)[:-STAYING]
    with clock.at(day(1, 16)):
        fitting = [row for row in rows if row.computed_grade]
        cases.recognise(by=lead, rows=fitting, reason="填报类别与测算不一致的,按测算认定")
        if others := [row for row in rows if not row.computed_grade]:
            cases.refuse_case(by=lead, rows=others, reason="家庭人均收入高于低保标准2倍,也没有意外损失")


def _visit(city: City) -> None:
    """七一: who is recognised is visited by their units; some are planned, some approved, some made and to be paid."""
    with clock.at(day(6, 8)):
        fund = Fund.objects.get(unit=city.root, name=NAMES[HELP])
        campaign = campaigns.open_campaign(
            by=city.users["gonghui"], unit=city.root, year=YEAR, occasion="七一", starts_on=day(6, 10), ends_on=day(7, 5),
            budget=Decimal(12000), fund=fund, purpose=Account.objects.get(fund=fund, label="重大疾病慰问补助"),
        )  # fmt: skip
    units: dict[Unit, list[HardshipCase]] = {}
    for row in _rows(CaseState.RECOGNISED):
        units.setdefault(row.unit, []).append(row)
    for number, (unit, rows) in enumerate(list(units.items())[:VISITING]):
        drafts = [
            VisitDraft(row, money=Decimal(500), goods="米面油", goods_value=Decimal(200), category="困难职工") for row in rows
        ]  # fmt: skip
        with clock.at(day(6, 9)):
            planned = visits.plan_visits(by=city.clerk(unit), drafts=drafts, campaign=campaign)
            if number == 0:
                continue
            approved = visits.approve_visits(by=city.lead(unit), rows=planned)
        if number > 1:
            with clock.at(day(6, 15)):
                visits.carry_out(
                    by=city.clerk(unit), rows=approved, done_on=day(6, 15), visitor=f"{unit.name}主要负责同志", needs="看病费用负担重",
                    measure="联系医疗救助", measure_by="办公室", measure_due_on=day(7, 15),
                )  # fmt: skip


def _lay_down_rules(city: City) -> None:
    lead = city.users["gonghui_lead"]
    with clock.at(FOUNDED):
        for preset in PRESETS:
            load_policy(by=lead, preset=preset, unit=city.root)
        for key, value, severity, text in LOCAL:
            add_rule(
                by=lead, unit=city.root, key=key, value=value, severity=severity, clause=DECISION, text=text,
                effective_from=FOUNDED,
            )  # fmt: skip


def _rows(state: CaseState, **conditions: str) -> list[HardshipCase]:
    rows = HardshipCase.objects.filter(state=state, **conditions).select_related("unit", "person")
    return list(rows.order_by("pk"))


CHAPTERS = tuple(
    Chapter(day(1, number), tell)
    for number, tell in ((12, _import), (13, _report), (14, _endorse), (15, _advise), (16, _recognise))
) + (Chapter(day(6, 8), _visit),)
