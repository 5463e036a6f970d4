"""A small city in the middle of its year: at least one row behind every page, made by the verbs of the product."""

import datetime
from types import SimpleNamespace

from django.core.files.uploadedfile import SimpleUploadedFile

from carecore import papers
from carecore.models import (
    Appraisal,
    Attachment,
    AuditEvent,
    Document,
    Honour,
    Job,
    Notice,
    Rule,
    ServicePeriod,
    Severity,
)
from carecore.people import facts
from carecore.presets import load_policy
from carecore.rulekeeping import add_rule
from sanatorium.models import Batch, Nomination, Plan, PlanState, ProgrammeKind, UnitQuota, Venue
from sanatorium.rules.money import CostLine
from sanatorium.rules.nominations import Draft
from sanatorium.rules.stays import Item
from sanatorium.workflow import batches, nominations, notices, settlement, venues
from tests import build
from tests.browser import care, hardship, money

PDF = b"%PDF-1.4 invented"
START = "2026-05-11 10:00:00+08:00"  # a Monday
AFTER_NOTICE = "2026-05-18 10:00:00+08:00"
AFTER_STAY = "2026-06-15 10:00:00+08:00"

# The word before a row's number in an address, and whose rows they are.
BEHIND = {
    "appraisals": Appraisal, "honours": Honour, "service": ServicePeriod, "attachments": Attachment, "jobs": Job,
    "documents": Document, "plans": Plan, "quotas": UnitQuota, "nominations": Nomination, "notices": Notice,
    "venues": Venue, "batches": Batch,
}  # fmt: skip


def day(month, number):
    return datetime.date(2026, month, number)


def in_the_middle_of_its_year(city, cast, treasury, today):
    """Rows behind the pages, by the word that stands before their number in an address."""
    today.move_to(START)
    load_policy(by=cast.union_lead, preset="binzhou-2018", unit=city.root)
    _local_rules(city, cast)
    build.union_fund(city.root, 100000, opened_by=cast.union_lead)
    plan = build.plan(city.root)
    build.plan(city.root, year=2027, total=10, organ=4, frontline=6, state=PlanState.DRAFT)
    build.quota(plan, city.a, 8)
    build.quota(plan, city.company, 3)
    paper = papers.attach(
        by=cast.clerk, unit=city.a, title="表彰决定", purpose="佐证材料",
        upload=SimpleUploadedFile("决定.pdf", PDF, "application/pdf"),
    )  # fmt: skip
    rows = _nominated(city, cast, plan, paper, today)
    _known_of(cast, rows[0].person)
    _travelled(cast, plan, rows, today)
    fund, purpose = money.spent(city, treasury, today)
    care.visited(city, cast, treasury, fund, purpose)
    hardship.filed(city, cast)
    Job.objects.create(kind="export", title="导出推荐人选", started_by=cast.clerk, message="共6行")
    newest = {word: list(model.objects.order_by("-pk")) for word, model in {**BEHIND, **money.BEHIND, **care.BEHIND, **hardship.BEHIND}.items()}
    newest["accounts"] = newest["accounts"][:3]  # all pages of accounts are alike
    return SimpleNamespace(
        **newest, rules=list(Rule.objects.order_by("-pk")[:2]), people=[rows[0].person], units=[city.a],
        users=[cast.clerk], appointments=[cast.clerk.appointments.get()],
        audit=list(AuditEvent.objects.filter(action="nominate")[:1]),
    )  # fmt: skip


def _local_rules(city, cast):
    """The days of a notice, which 滨州 leaves open, and a look-back that begins next month."""
    facts = {"by": cast.union_lead, "unit": city.root, "clause": "本地决定 滨海工发〔2026〕1号"}
    add_rule(
        **facts, key="sanatorium.notice_days", value=5, severity=Severity.BLOCK, effective_from=day(1, 5),
        text="公示不少于5个工作日",
    )  # fmt: skip
    add_rule(
        **facts, key="sanatorium.lookback_years", value=3, severity=Severity.WARN, effective_from=day(6, 20),
        text="三年内参加过的一般不再安排",
    )  # fmt: skip


def _nominated(city, cast, plan, paper, today):
    """Three people of 甲局 approved, one on the reserve list, one sent up, one on notice, one without proof."""
    names = ("张三", "李四", "王五", "赵六", "钱七", "孙八")
    drafts = [
        Draft(build.person(city.a, name, phone="13900000000", post="科员"), city.a, "merit", evidence=paper,
              deeds="三等功", health="良好", emergency_contact="家属")
        for name in names
    ]  # fmt: skip
    rows = nominations.nominate(by=cast.clerk, plan=plan, drafts=drafts)
    lacking = Draft(build.person(city.a, "周九"), city.a, "excellent")
    nominations.nominate(by=cast.clerk, plan=plan, drafts=[lacking])
    published, late = rows[:5], rows[5:]
    notices.publish_notice(by=cast.clerk, unit=city.a, rows=published, paper=_paper(day(5, 11)))
    today.move_to(AFTER_NOTICE)
    notice = notices.publish_notice(by=cast.clerk, unit=city.a, rows=late, paper=_paper(day(5, 18)))
    notices.object_to(
        by=cast.clerk, notice=notice, received_on=day(5, 18), text="反映其考勤情况", line=notice.lines.get(),
        raised_by="群众",
    )  # fmt: skip
    notices.submit(by=cast.lead, rows=fresh(published))
    nominations.confirm(by=cast.org_lead, rows=fresh(rows[:4]))
    nominations.review(by=cast.union_officer, rows=fresh(rows[:4]))
    nominations.approve(by=cast.union_lead, rows=fresh(rows[:3]))
    return fresh(rows)


def _known_of(cast, person):
    """What the register knows of one person besides."""
    facts.add_appraisals(by=cast.clerk, drafts=[facts.AppraisalDraft(person=person, year=2025, grade="优秀")])
    honour = facts.HonourDraft(person=person, title="市先进工作者", level="市级", awarded_on=day(1, 15))
    facts.add_honours(by=cast.clerk, drafts=[honour])
    service = facts.ServiceDraft(person=person, unit=person.unit, starts_on=datetime.date(2010, 7, 1))
    facts.add_service(by=cast.clerk, drafts=[service])


def _paper(starts_on):
    return notices.NoticePaper(starts_on, "单位公开栏", "办公室", "0543-0000000", basis="年度疗休养计划")


def _travelled(cast, plan, rows, today):
    """A stay that came home with one cost, another being arranged for somebody, one place given up."""
    officer, lead = cast.union_officer, cast.union_lead
    venue = venues.apply_venue(
        by=officer, unit=plan.unit, name="青岛工人疗养院", address="青岛市海滨路1号", in_city=False,
        in_province=True, union_owned=True, tags="海滨、矿泉", capacity=120, contact="接待处",
        contact_phone="0532-0000000",
    )  # fmt: skip
    venues.review_venue(
        by=officer, venue=venue, reviewed_on=day(5, 15), score=90, reviewers="考察组", opinion="条件较好"
    )
    venues.admit(by=lead, venue=fresh([venue])[0], reason="考察合格")
    went = _batch(officer, plan, venue, 1, rows[:1], day(6, 8))
    batches.approve_batch(by=lead, batch=went)
    _batch(officer, plan, venue, 2, rows[1:2], day(7, 13))
    nominations.give_up(by=officer, row=fresh(rows[2:3])[0], reason="工作安排冲突")
    today.move_to(AFTER_STAY)
    settlement.record_attendance(by=officer, batch=fresh([went])[0], absent=[])
    line = CostLine(fresh(rows[:1])[0], transport=200, board=1900, insurance=50)
    settlement.settle(by=officer, batch=fresh([went])[0], lines=[line])


def _batch(officer, plan, venue, number, rows, starts_on):
    programme = [Item(1, "上午", ProgrammeKind.CHECKUP, "健康体检"), Item(1, "下午", ProgrammeKind.REST, "休养")]
    batch = batches.open_batch(
        by=officer, plan=plan, number=number, venue=venue, starts_on=starts_on,
        ends_on=starts_on + datetime.timedelta(days=5), capacity=40, programme=programme, leader="工会经办",
    )  # fmt: skip
    batches.assign(by=officer, batch=batch, rows=fresh(rows))
    return fresh([batch])[0]


def fresh(rows):
    for row in rows:
        row.refresh_from_db()
    return rows
