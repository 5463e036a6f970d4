"""Hardship files behind the pages: one recognised and verified, one on its way, one that lacks its figures."""

from decimal import Decimal

from carecore.presets import load_policy
from tests import build
from visits.models import HardshipCase, HouseholdMember
from visits.workflow import cases, verifying
from visits.workflow.files import CaseDraft, MemberDraft

BEHIND = {"cases": HardshipCase, "members": HouseholdMember}


def filed(city, cast):
    """Three households of 甲局 under the form's causes, the essays' categories and a poverty line."""
    for preset in ("hardship-form", "hardship-examples", "anqing-2025"):
        load_policy(by=cast.union_lead, preset=preset, unit=city.root)
    build.rule(city.root, "visits.poverty_line", {"滨海市": "900"}, clause="本地决定 滨民〔2026〕3号")
    facts = {"yearly_income": Decimal("36000"), "rigid_costs": Decimal("6000"), "size": 2, "earners": 1, "main_cause": "6"}
    child = MemberDraft(name="吴小一", relation="子", id_number=build.id_number("20120301"), health="良好")
    drafts = [
        CaseDraft(person=build.person(city.a, name), unit=city.a, stated_grade="深度困难", members=people, **known)
        for name, people, known in (("吴一", (child,), facts), ("郑二", (), facts), ("冯三", (), {}))
    ]  # fmt: skip
    cases.open_cases(by=cast.clerk, drafts=drafts)
    cases.report(by=cast.clerk, rows=_rows("吴一", "郑二"))
    cases.endorse(by=cast.lead, rows=_rows("吴一", "郑二"))
    cases.give_opinion(by=cast.org_officer, rows=_rows("吴一", "郑二"), opinion="同意")
    cases.recognise(by=cast.union_lead, rows=_rows("吴一"), reason="按测算认定")
    verifying.keep_cases(by=cast.clerk, rows=_rows("吴一"))


def _rows(*names):
    return list(HardshipCase.objects.filter(name__in=names).order_by("pk"))
