"""The demonstration's rest-and-recuperation year, told step by step by those whose steps they are.

It stands in June 2026: the first batch is paid, the third has come home and waits for its settlement, another is
being arranged, some units have handed their names up, others are still on notice. In a city of full size many
people have been away in earlier years.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter

from django.core.files.uploadedfile import SimpleUploadedFile

from carecore import clock, papers
from carecore.demo import SAMPLES, City, bring
from carecore.imports.contract import importer
from carecore.models import Person, QuotaClass, Unit
from carecore.models.people import Grade
from carecore.people.facts import AppraisalDraft, add_appraisals
from carecore.registry import Chapter
from carecore.sheets import reader
from sanatorium.models import Batch, Nomination, Plan, ProgrammeKind, State, UnitQuota, Venue
from sanatorium.rules.money import CostLine
from sanatorium.rules.stays import Item
from sanatorium.workflow import batches, nominations, notices, plans, settlement, venues
from sanatorium.workflow.history import HistoryDraft, record_history

YEAR = 2026
STREET = "青山街道办事处"
EXTRA_PLACES = {"市人力资源和社会保障局": 4, "市水利局": 1}  # what sample 08 takes beyond sample 09
NOT_YET_SUBMITTED = "滨北纺织有限公司"  # its notice is over, its lead has yet to hand the names up
NOT_YET_CONFIRMED = 6  # so many of the street's people still wait for 组织人社
ON_NOTICE_STILL = ("柳行村村民委员会", "沾东盐场")
KNOWN_VENUES = ("青岛工人疗养院", "泰山工人疗养院", "杭州工人疗养院")
COSTS = {"transport": "286.50", "board": "1680", "training": "160", "medical": "240", "insurance": "30"}
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def day(month: int, number: int) -> datetime.date:
    return datetime.date(YEAR, month, number)


def _plan(city: City) -> None:
    with clock.at(day(1, 12)):
        officer, lead = city.users["gonghui"], city.users["gonghui_lead"]
        split = {QuotaClass.ORGAN: 300, QuotaClass.FRONTLINE: 700}
        plan = plans.open_plan(by=officer, unit=city.root, year=YEAR, total=1000, split=split)
        bring(city, "gonghui", "quotas", "09-疗休养名额分配表.xls")
        plans.publish_plan(by=lead, plan=Plan.objects.get(pk=plan.pk))
    with clock.at(day(4, 3)):
        for name, places in EXTRA_PLACES.items():
            source = UnitQuota.objects.select_related("class_quota__plan__unit").get(unit__name=STREET)
            plans.transfer(
                by=officer,
                source=source,
                target=city.unit(name),
                places=places,
                reason="市直单位人选较多,经协商调剂",
            )


def _venues(city: City) -> None:
    """Two that are admitted, one outside the province, one that has only applied, one that was suspended."""
    officer, lead = city.users["gonghui"], city.users["gonghui_lead"]
    known = (
        ("青岛工人疗养院", "青岛市海滨路1号", True, True, ["海滨", "矿泉"], 120, 92),
        ("泰山工人疗养院", "泰安市环山路8号", True, True, ["森林", "中医药"], 80, 88),
        ("杭州工人疗养院", "杭州市湖滨路6号", False, True, ["森林", "自然生态"], 150, 90),
        ("滨海温泉度假村", "滨海市温泉路3号", True, False, ["矿泉"], 60, 81),
    )
    with clock.at(day(2, 20)):
        for name, address, in_province, union_owned, tags, capacity, score in known:
            venue = venues.apply_venue(
                by=officer, unit=city.root, name=name, address=address, in_city=False, in_province=in_province,
                union_owned=union_owned, tags="、".join(tags), capacity=capacity, contact="接待处", contact_phone="0543-0000000",
            )  # fmt: skip
            venues.review_venue(
                by=officer,
                venue=venue,
                reviewed_on=day(2, 18),
                score=score,
                opinion="医疗、食宿条件较好",
                reviewers="市总工会考察组",
            )
            if union_owned:
                venues.admit(by=lead, venue=Venue.objects.get(pk=venue.pk), reason="考察合格")
    with clock.at(day(5, 6)):
        venues.suspend(by=lead, venue=Venue.objects.get(name="泰山工人疗养院"), reason="消防改造,暂停接待")


def _nominate(city: City) -> None:
    with clock.at(day(4, 10)):
        bring(city, "zuzhi", "nominations", "01-机关单位疗休养推荐花名册.xlsx")
        bring(city, "gonghui2", "nominations", "02-企业社区一线职工疗休养报名表.xlsx", {"year": str(YEAR)})
        street = city.clerk(city.unit(STREET))
        bring(city, street.username, "nominations", "03-乡镇街道推荐名单.csv", {"year": str(YEAR)})


def _rows(*states: State, unit: Unit | None = None) -> list[Nomination]:
    rows = Nomination.objects.filter(plan__year=YEAR, state__in=states).select_related(
        "unit", "person", "plan"
    )
    return list(rows.filter(unit=unit) if unit else rows)


def _units(rows: Sequence[Nomination]) -> list[Unit]:
    return sorted({row.unit for row in rows}, key=lambda unit: unit.code)


def _prove(city: City) -> None:
    """Appraisals for those who were excellent twice, one decision for everybody else of a unit."""
    with clock.at(day(4, 11)):
        for unit in _units(_rows(State.DRAFT)):
            clerk = city.clerk(unit)
            excellent = [row for row in _rows(State.DRAFT, unit=unit) if row.ground == "excellent"]
            add_appraisals(
                by=clerk,
                drafts=[
                    AppraisalDraft(person=row.person, year=year, grade=Grade.EXCELLENT)
                    for row in excellent
                    for year in (YEAR - 2, YEAR - 1)
                ],
            )
            lacking = [row for row in _rows(State.DRAFT, unit=unit) if row.lacks_evidence]
            if lacking and unit.name != "河口社区居民委员会":
                upload = SimpleUploadedFile("表彰决定.pdf", PDF, "application/pdf")
                paper = papers.attach(
                    by=clerk,
                    unit=unit,
                    title=f"{unit}表彰、岗位证明(演示)",
                    purpose="佐证材料",
                    upload=upload,
                )
                nominations.attach_evidence(by=clerk, rows=lacking, paper=paper)


def _publish(city: City) -> None:
    """Most notices ran in April; two units publish in June and are still waiting."""
    for unit in _units(_rows(State.DRAFT)):
        late = unit.name in ON_NOTICE_STILL
        starts_on = day(6, 17) if late else day(4, 13)
        rows = [row for row in _rows(State.DRAFT, unit=unit) if not row.lacks_evidence]
        if rows:
            with clock.at(starts_on):
                paper = notices.NoticePaper(
                    starts_on,
                    "单位公开栏、内部网站",
                    "办公室",
                    "0543-0000000",
                    basis="滨海市2026年度疗休养计划",
                )
                notices.publish_notice(by=city.clerk(unit), unit=unit, rows=rows, paper=paper)


def _decide(city: City) -> None:
    over = Nomination.objects.filter(notice__ends_on__lt=day(4, 20))
    with clock.at(day(4, 20)):
        for unit in _units(_rows(State.ON_NOTICE)):
            rows = list(over.filter(state=State.ON_NOTICE, unit=unit).select_related("unit"))
            if rows and unit.name != NOT_YET_SUBMITTED:
                notices.submit(by=city.lead(unit), rows=rows, reason="一线岗位骨干,经班子研究同意推荐")
    with clock.at(day(4, 22)):
        organ = [row for row in _rows(State.SUBMITTED) if row.quota_class == QuotaClass.ORGAN]
        going = {row.pk for row in _travellers()}
        # Nominated by the street itself: whom 组织部门经办 nominated for others, it may not confirm.
        street = city.clerk(city.unit(STREET))
        staying = [row.pk for row in organ if row.nominated_by_id == street.pk and row.pk not in going]
        waiting = set(staying[-NOT_YET_CONFIRMED:])
        nominations.confirm(by=city.users["zuzhi_lead"], rows=[row for row in organ if row.pk not in waiting])
    with clock.at(day(4, 24)):
        frontline = [row for row in _rows(State.SUBMITTED) if row.quota_class == QuotaClass.FRONTLINE]
        review = nominations.review
        review(by=city.users["gonghui"], rows=[*_rows(State.CONFIRMED), *frontline[:12]])
    with clock.at(day(4, 27)):
        chosen = {row.person_id for row in _travellers()} | {row.person_id for row in frontline[:12]}
        rows = [row for row in _rows(State.REVIEWED) if row.person_id in chosen]
        nominations.approve(by=city.users["gonghui_lead"], rows=rows)


def _travellers() -> list[Nomination]:
    """The forty people whom the settlement of the third batch names."""
    file = next(SAMPLES.glob("08-*.xlsx"))
    costs = importer("batch_costs")
    if costs is None:
        raise LookupError("no importer of the kind batch_costs")
    reading = reader.read(file.read_bytes(), file.name, costs.sheet.columns())
    numbers = {str(line.cells["id_number"]).strip() for line in reading.lines}
    rows = Nomination.objects.filter(plan__year=YEAR).select_related("person", "unit", "plan")
    return [row for row in rows if row.person.id_number in numbers]


def _first(city: City) -> None:
    """The first batch, four people of the frontline, is home again, settled, closed and paid from 工会经费."""
    officer, lead = city.users["gonghui"], city.users["gonghui_lead"]
    plan, venue = Plan.objects.select_related("unit").get(year=YEAR), Venue.objects.get(name="青岛工人疗养院")
    rows = Nomination.objects.unseated().filter(plan=plan, quota_class=QuotaClass.FRONTLINE).order_by("pk")[:4]
    with clock.at(day(4, 28)):
        batch = batches.open_batch(
            by=officer, plan=plan, number=1, venue=venue, starts_on=day(5, 11), ends_on=day(5, 15), capacity=20,
            programme=_programme(5), leader="工会经办",
        )  # fmt: skip
        batches.assign(by=officer, batch=Batch.objects.get(pk=batch.pk), rows=list(rows))
    with clock.at(day(4, 29)):
        batches.approve_batch(by=lead, batch=Batch.objects.get(pk=batch.pk))
    with clock.at(day(5, 18)):
        gone = settlement.record_attendance(by=officer, batch=Batch.objects.get(pk=batch.pk), absent=[])
        amounts = {kind: Decimal(yuan) for kind, yuan in COSTS.items()}
        lines = [CostLine(row, **amounts) for row in Nomination.objects.filter(pk__in=[row.pk for row in gone])]
        settlement.settle(by=officer, batch=Batch.objects.get(pk=batch.pk), lines=lines)
    with clock.at(day(5, 20)):
        settlement.close_batch(by=city.users["jingfei_lead"], batch=Batch.objects.get(pk=batch.pk))


def _travel(city: City) -> None:
    """The third batch goes and comes home; a fifth is being arranged for July."""
    officer, lead = city.users["gonghui"], city.users["gonghui_lead"]
    plan, venue = Plan.objects.select_related("unit").get(year=YEAR), Venue.objects.get(name="青岛工人疗养院")
    with clock.at(day(5, 20)):
        batch = batches.open_batch(
            by=officer, plan=plan, number=3, venue=venue, starts_on=day(6, 8), ends_on=day(6, 13), capacity=40,
            programme=_programme(6), leader="工会经办",
        )  # fmt: skip
        batches.assign(by=officer, batch=Batch.objects.get(pk=batch.pk), rows=_travellers())
        batches.approve_batch(by=lead, batch=Batch.objects.get(pk=batch.pk))
    with clock.at(day(6, 15)):
        settlement.record_attendance(by=officer, batch=Batch.objects.get(pk=batch.pk), absent=[])
    with clock.at(day(6, 18)):
        batches.open_batch(
            by=officer, plan=plan, number=5, venue=venue, starts_on=day(7, 13), ends_on=day(7, 17), capacity=40,
            programme=_programme(5), leader="工会经办",
        )  # fmt: skip


def _history(city: City) -> None:
    """In a city of full size: who was away in the five years before, one in twenty-five a year."""
    chance = random.Random(city.seed)  # noqa: S311 - invented people, no secrets
    people = Person.objects.filter(nominations=None, users=None).select_related("unit").order_by("pk")
    people = list(people) if city.people else []
    with clock.at(day(6, 19)):
        for year in range(YEAR - 5, YEAR):
            drafts = [
                HistoryDraft(
                    person=person, given_on=datetime.date(year, chance.randint(5, 11), chance.randint(1, 28)),
                    occasion=chance.choice(KNOWN_VENUES), amount=Decimal(chance.randint(180_000, 300_000)) / 100,
                )
                for person in sorted(chance.sample(people, len(people) // 25), key=attrgetter("pk"))
            ]  # fmt: skip
            record_history(by=city.users["gonghui"], drafts=drafts)


def _programme(days: int) -> list[Item]:
    kinds = [
        ProgrammeKind.CHECKUP,
        ProgrammeKind.CARE,
        ProgrammeKind.REST,
        ProgrammeKind.MIND,
        ProgrammeKind.TREATMENT,
    ]
    mornings = [
        Item(number, "上午", kinds[number % len(kinds)], kinds[number % len(kinds)].label)
        for number in range(1, days + 1)
    ]
    return [
        *mornings,
        *(Item(number, "下午", ProgrammeKind.REST, "自主休养") for number in range(1, days + 1)),
    ]


# From the plan in January to the middle of June.
CHAPTERS = tuple(
    Chapter(day(month, number), tell)
    for month, number, tell in (
        (1, 12, _plan), (2, 20, _venues), (4, 10, _nominate), (4, 11, _prove), (4, 13, _publish), (4, 20, _decide),
        (4, 28, _first), (5, 20, _travel), (6, 19, _history),
    )
)  # fmt: skip
