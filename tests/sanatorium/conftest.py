"""A published plan under the rules of 滨州 with a local decision on the days of a notice."""

import datetime
from types import SimpleNamespace

import pytest
from django.utils import timezone

from carecore import clock, workdays
from carecore.models import Attachment, QuotaClass
from sanatorium.models import State
from sanatorium.rules.nominations import Draft
from sanatorium.workflow import nominations, notices
from tests import build

GROUNDS = [
    {"code": "merit", "label": "获得记功奖励", "evidence": "attachment"},
    {
        "code": "excellent",
        "label": "连续两年年度考核优秀",
        "evidence": "appraisal",
        "classes": [QuotaClass.ORGAN],
    },
    {"code": "none", "label": "一线岗位", "evidence": "none"},
]


@pytest.fixture
def rules(city):
    """The rules in force in the city, by key."""

    def put(key, value, **columns):
        return build.rule(city.root, key, value, **columns)

    return SimpleNamespace(
        put=put,
        grounds=put("sanatorium.grounds", GROUNDS, clause="BZ-5"),
        excellent=put("sanatorium.excellent_years", 2, clause="BZ-5"),
        notice=put("sanatorium.notice_required", True, clause="BZ-17"),
        notice_days=put("sanatorium.notice_days", 5, clause="滨组发〔2026〕3号"),
        confirmed=put("sanatorium.confirmed_classes", [QuotaClass.ORGAN], clause="BZ-15"),
        places=put("sanatorium.places", {"合计": 1000, QuotaClass.ORGAN: 300, QuotaClass.FRONTLINE: 700},
                   clause="BZ-4"),
    )  # fmt: skip


@pytest.fixture
def year(city, cast, rules):
    """The plan of 2026: 3 places for 甲局, 1 for 乙局, 2 for 丙公司."""
    plan = build.plan(city.root)
    return SimpleNamespace(
        plan=plan,
        a=build.quota(plan, city.a, 3),
        b=build.quota(plan, city.b, 1),
        c=build.quota(plan, city.company, 2),
    )


@pytest.fixture
def story(year, cast, today):
    """Steps of a nomination's way, each carried out by the right person."""

    class Story:
        def draft(self, unit, name="张三", *, ground="none", **columns):
            return Draft(person=build.person(unit, name), unit=unit, ground=ground, **columns)

        def nominated(self, unit, *names, clerk=None, **columns):
            drafts = [self.draft(unit, name, **columns) for name in names or ["张三"]]
            return nominations.nominate(by=clerk or self.clerk_of(unit), plan=year.plan, drafts=drafts)

        def clerk_of(self, unit):
            return {year.b.unit_id: cast.clerk_b, year.c.unit_id: cast.clerk_c}.get(unit.pk, cast.clerk)

        def lead_of(self, unit):
            return {year.b.unit_id: cast.lead_b, year.c.unit_id: cast.lead_c}.get(unit.pk, cast.lead)

        def notice_paper(self, **columns):
            columns = {
                "starts_on": clock.today(),
                "place": "公开栏",
                "contact": "联系人",
                "contact_phone": "0543-1",
                **columns,
            }
            return notices.NoticePaper(**columns)

        def on_notice(self, rows):
            unit = rows[0].unit
            notices.publish_notice(by=self.clerk_of(unit), unit=unit, rows=rows, paper=self.notice_paper())
            return self.fresh(rows)

        def after_notice(self, rows):
            rows = self.on_notice(rows)
            self.go_to(workdays.add_workdays(rows[0].notice.ends_on, 1))
            return rows

        def go_to(self, day):
            today.move_to(datetime.datetime.combine(day, datetime.time(10), timezone.get_default_timezone()))

        def submitted(self, rows, reason=""):
            return notices.submit(by=self.lead_of(rows[0].unit), rows=self.after_notice(rows), reason=reason)

        def confirmed(self, rows):
            return nominations.confirm(by=cast.org_lead, rows=self.submitted(rows))

        def reviewed(self, rows):
            before = self.submitted if rows[0].quota_class == QuotaClass.FRONTLINE else self.confirmed
            return nominations.review(by=cast.union_officer, rows=before(rows))

        def approved(self, rows):
            return nominations.approve(by=cast.union_lead, rows=self.reviewed(rows))

        def sent_back(self, rows):
            return nominations.send_back(by=cast.union_officer, rows=rows, reason="请补充事迹")

        def given_up(self, rows):
            for row in self.approved(rows):
                nominations.give_up(by=cast.union_officer, row=row, reason="家中有事")
            return self.fresh(rows)

        def in_state(self, state, unit, *names):
            """Fresh nominations brought to a state by the verbs that lead there."""
            steps = {
                State.DRAFT: list,
                State.ON_NOTICE: self.on_notice,
                State.SUBMITTED: self.submitted,
                State.CONFIRMED: self.confirmed,
                State.REVIEWED: self.reviewed,
                State.APPROVED: self.approved,
                State.GIVEN_UP: self.given_up,
            }
            return steps[state](self.nominated(unit, *names))

        def fresh(self, rows):
            for row in rows:
                row.refresh_from_db()
            return rows

    return Story()


@pytest.fixture
def scan(city, cast):
    """A scanned paper of 甲局."""
    return Attachment.objects.create(
        unit=city.a,
        title="表彰决定",
        purpose="佐证材料",
        file="attachments/1.pdf",
        file_name="表彰决定.pdf",
        size=1,
        sha256="ab" * 32,
        uploaded_by=cast.clerk,
    )
