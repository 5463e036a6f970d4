"""Public notices (BZ-17): working days, frozen names, and the submission that follows."""

import datetime
import uuid

import pytest

from carecore.models import Notice, NoticeLine, Severity
from carecore.models.papers import NoticeState
from carecore.workflow import Forbidden, Stale
from sanatorium.models import Nomination, State
from sanatorium.workflow import nominations, notices
from sanatorium.workflow.notices import notice_days
from tests import build
from tests.sanatorium.trail import all_but, one_event_each, refused

CLERKS = ("clerk", "union_officer", "org_officer")
MAY = {int(day): datetime.date(2026, 5, day) for day in range(1, 32)}


def april(day):
    return datetime.date(2026, 4, day)


def publish(cast, story, rows, **paper):
    return notices.publish_notice(
        by=cast.clerk, unit=rows[0].unit, rows=rows, paper=story.notice_paper(**paper)
    )


class TestDays:
    @pytest.fixture
    def days(self, city, story):
        def count(starts_on, ends_on=None):
            last, days = notice_days(city.a, story.notice_paper(starts_on=starts_on, ends_on=ends_on))
            return last, days

        return count

    def test_five_working_days_within_a_week(self, days):
        assert days(MAY[11]) == (MAY[15], 5)  # Monday to Friday

    def test_over_a_weekend(self, days):
        assert days(MAY[14]) == (MAY[20], 5)

    def test_over_the_may_day_holidays_and_the_saturday_worked_for_them(self, days, today):
        today.move_to("2026-04-27 10:00:00+08:00")
        assert days(april(29)) == (MAY[8], 5)  # 29, 30 April, 6, 7, 8 May: five days off
        assert days(april(30)) == (MAY[9], 5)  # Saturday 9 May is worked

    def test_a_saturday_worked_in_exchange_is_a_first_day(self, days, today):
        today.move_to("2026-05-09 10:00:00+08:00")
        assert days(MAY[9]) == (MAY[14], 5)

    @pytest.mark.parametrize("first", [16, 17])
    def test_a_first_day_that_is_not_worked_does_not_count(self, days, first):
        assert days(MAY[first]) == (MAY[22], 5)

    def test_from_a_holiday(self, days, today):
        today.move_to("2026-04-27 10:00:00+08:00")
        assert days(MAY[1]) == (MAY[11], 5)  # 6, 7, 8, 9 and 11 May

    def test_a_chosen_end_may_be_later_and_is_counted(self, days):
        assert days(MAY[11], MAY[18]) == (MAY[18], 6)

    def test_four_working_days_are_too_few(self, city, cast, story):
        rows = story.nominated(city.a)
        with refused(
            "publish_notice", cast.clerk, "公示4个工作日,不得少于5个工作日(滨组发〔2026〕3号)"
        ) as caught:
            publish(cast, story, rows, ends_on=MAY[14])
        assert [(f.key, f.asked, f.limit, f.clause) for f in caught.value.findings] == [
            ("sanatorium.notice_days", "4", "不少于5个工作日", "滨组发〔2026〕3号")
        ]

    def test_where_the_rule_only_warns_too_few_days_take_a_reason(self, city, cast, story, rules):
        rules.notice_days.severity = Severity.WARN
        rules.notice_days.save()
        rows = story.nominated(city.a)
        with refused("publish_notice", cast.clerk, "公示4个工作日,不得少于5个工作日"):
            publish(cast, story, rows, ends_on=MAY[14])
        with one_event_each(cast.clerk, "publish_notice", "批次即将出发"):
            notice = notices.publish_notice(
                by=cast.clerk, unit=city.a, rows=rows, paper=story.notice_paper(ends_on=MAY[14]),
                reason=" 批次即将出发 ",
            )  # fmt: skip
        assert notice.days == 4

    def test_where_the_rule_blocks_no_reason_helps(self, city, cast, story):
        rows, paper = story.nominated(city.a), story.notice_paper(ends_on=MAY[14])
        with refused("publish_notice", cast.clerk, "不得少于5个工作日"):
            notices.publish_notice(by=cast.clerk, unit=city.a, rows=rows, paper=paper, reason="急")

    @pytest.mark.parametrize("dates", [
        {"ends_on": datetime.date.max}, {"starts_on": datetime.date.max}, {"ends_on": datetime.date(2027, 5, 13)},
    ])  # fmt: skip
    def test_a_day_more_than_a_year_away_is_a_slip_of_the_pen(self, city, cast, story, dates):
        rows = story.nominated(city.a)
        with refused("publish_notice", cast.clerk, f"公示日期{max(dates.values())}距今超过一年,请核对年份"):
            publish(cast, story, rows, **dates)

    def test_eight_calendar_days_over_the_holidays_are_too_few(self, city, cast, story, today):
        today.move_to("2026-04-29 10:00:00+08:00")
        rows = story.nominated(city.a)
        with refused("publish_notice", cast.clerk, "公示3个工作日"):
            publish(cast, story, rows, ends_on=MAY[6])

    def test_without_a_rule_on_days_the_end_is_the_units_own(self, city, cast, story, rules):
        rules.notice_days.delete()
        rows = story.nominated(city.a)
        with refused("publish_notice", cast.clerk, "请填写公示结束日期"):
            publish(cast, story, rows)
        assert publish(cast, story, rows, ends_on=MAY[12]).days == 2

    def test_a_rule_of_no_days_is_the_first_day(self, days, rules):
        rules.notice_days.value = 0
        rules.notice_days.save()
        assert days(MAY[11]) == (MAY[11], 1)

    def test_an_end_before_the_beginning_is_refused(self, city, cast, story):
        rows = story.nominated(city.a)
        with refused("publish_notice", cast.clerk, "公示结束日期不得早于开始日期"):
            publish(cast, story, rows, starts_on=MAY[12], ends_on=MAY[11])

    def test_a_notice_does_not_begin_before_it_is_published(self, city, cast, story):
        rows = story.nominated(city.a)
        with refused("publish_notice", cast.clerk, "公示开始日期不得早于今日"):
            publish(cast, story, rows, starts_on=MAY[9])


class TestPublish:
    def test_names_are_frozen_and_show_no_number(self, city, cast, story):
        rows = story.nominated(city.a, "张三", "李四", post="科员")
        with one_event_each(cast.clerk, "publish_notice") as seen:
            notice = publish(cast, story, rows)
        assert seen.rows == {"notice": 1, "noticeline": 2, "nomination": 2}
        assert (notice.unit, notice.subject, notice.state) == (city.a, "2026年度疗休养推荐人选", "公示中")
        assert (notice.starts_on, notice.ends_on, notice.days) == (MAY[11], MAY[15], 5)
        assert (notice.published_by, notice.open_objections) == (cast.clerk, 0)
        lines = notice.lines.order_by("pk").values_list("name", "unit_name", "post", "ground")
        assert list(lines) == [("张三", "甲局", "科员", "一线岗位"), ("李四", "甲局", "科员", "一线岗位")]
        assert {(row.state, row.notice) for row in story.fresh(rows)} == {("公示中", notice)}
        assert {field.name for field in NoticeLine._meta.fields} == {
            "id", "version", "notice", "document_kind", "document_id", "name", "unit_name", "post", "ground"
        }  # fmt: skip

    def test_each_unit_has_its_own(self, city, cast, story):
        rows = [*story.nominated(city.a), *story.nominated(city.b, "李四")]
        with refused("publish_notice", cast.org_officer, "李四不是甲局的人选,各单位分别公示"):
            notices.publish_notice(by=cast.org_officer, unit=city.a, rows=rows, paper=story.notice_paper())

    def test_and_each_year(self, city, cast, story, year):
        rows = story.nominated(city.a, "张三", "李四")
        Nomination.objects.filter(pk=rows[1].pk).update(plan=build.plan(city.root, year=2027))
        with refused("publish_notice", cast.clerk, "所选人选不属于同一年度"):
            publish(cast, story, rows)

    def test_what_lacks_its_evidence_is_not_published(self, city, cast, story):
        rows = story.nominated(city.a, ground="merit")
        with refused("publish_notice", cast.clerk, "张三缺佐证,请先补充佐证材料再公示(BZ-5)"):
            publish(cast, story, rows)

    def test_a_form_sent_twice_makes_one(self, city, cast, story):
        rows, request_id = story.nominated(city.a), uuid.uuid4()
        facts = {"unit": city.a, "rows": rows, "paper": story.notice_paper(), "request_id": request_id}
        first = notices.publish_notice(by=cast.clerk, **facts)
        with one_event_each(cast.clerk, "publish_notice") as seen:
            assert notices.publish_notice(by=cast.clerk, **facts) == first
        assert (seen.rows, Notice.objects.count()) == ({}, 1)


class TestSubmit:
    def test_not_on_the_last_day_of_the_notice(self, city, cast, story):
        rows = story.on_notice(story.nominated(city.a))
        for day in (MAY[11], MAY[15]):
            story.go_to(day)
            with refused("submit", cast.lead, "张三公示至2026年05月15日,期满后再办理") as caught:
                notices.submit(by=cast.lead, rows=rows)
            assert [f.key for f in caught.value.findings] == ["sanatorium.notice_required"]

    def test_but_on_the_day_after(self, city, cast, story):
        rows = story.on_notice(story.nominated(city.a, "张三", "李四"))
        story.go_to(MAY[16])
        with one_event_each(cast.lead, "submit") as seen:
            rows = notices.submit(by=cast.lead, rows=rows)
        assert seen.rows == {"nomination": 2}
        assert {(row.state, row.submitted_by, row.accepted_by) for row in rows} == {
            ("已报送", cast.lead, None)
        }

    def test_without_a_notice_it_is_refused(self, city, cast, story):
        rows = story.nominated(city.a)
        with refused("submit", cast.lead, "张三尚未公示,须在本单位公示后再办理(BZ-17)"):
            notices.submit(by=cast.lead, rows=rows)

    @pytest.mark.parametrize("asks", [False, None])
    def test_unless_no_rule_asks_for_one(self, city, cast, story, rules, asks):
        rules.notice.value = asks
        rules.notice.delete() if asks is None else rules.notice.save()
        [row] = notices.submit(by=cast.lead, rows=story.nominated(city.a))
        assert row.state == "已报送"

    def test_a_notice_that_no_rule_asks_for_runs_its_days_all_the_same(self, city, cast, story, rules):
        rules.notice.delete()
        rows = story.on_notice(story.nominated(city.a))
        with refused("submit", cast.lead, "期满后再办理"):
            notices.submit(by=cast.lead, rows=rows)

    def test_what_lacks_its_evidence_is_refused(self, city, cast, story, rules):
        rules.notice.delete()
        rows = story.nominated(city.a, ground="merit")
        with refused("submit", cast.lead, "张三缺佐证"):
            notices.submit(by=cast.lead, rows=rows)

    def test_a_warning_asks_for_a_reason_and_keeps_who_accepted_it(self, city, cast, story, scan):
        warned = story.nominated(city.company, "张三", ground="excellent", evidence=scan)
        rows = story.after_notice([*warned, *story.nominated(city.company, "李四")])
        with refused("submit", cast.lead_c, "“连续两年年度考核优秀”只适用于机关事业单位"):
            notices.submit(by=cast.lead_c, rows=rows)
        with one_event_each(cast.lead_c, "submit", "一线抢险") as seen:
            rows = notices.submit(by=cast.lead_c, rows=rows, reason=" 一线抢险 ")
        assert seen.rows == {"nomination": 2}
        assert [(row.name, row.accepted_reason, row.accepted_by) for row in story.fresh(rows)] == [
            ("张三", "一线抢险", cast.lead_c), ("李四", "", None)
        ]  # fmt: skip

    def test_a_reason_longer_than_its_column_is_refused(self, city, cast, story, scan):
        rows = story.after_notice(story.nominated(city.company, ground="excellent", evidence=scan))
        with refused("submit", cast.lead_c, "请压缩到200字以内"):
            notices.submit(by=cast.lead_c, rows=rows, reason="因" * 201)

    def test_sent_back_and_unchanged_it_needs_no_new_notice(self, city, cast, story):
        rows = story.sent_back(story.in_state(State.SUBMITTED, city.a))
        [row] = notices.submit(by=cast.lead, rows=rows)
        assert (row.state, row.closing_reason) == ("已报送", "")

    @pytest.mark.parametrize("change", [{"name": "张四"}, {"post": "处长"}, {"ground": "merit"}])
    def test_a_published_field_that_changed_needs_a_new_notice(self, city, cast, story, change, scan):
        [row] = story.sent_back(story.in_state(State.SUBMITTED, city.a))
        row = nominations.amend(by=cast.clerk, row=row, **change)
        if row.lacks_evidence:
            [row] = nominations.attach_evidence(by=cast.clerk, rows=[row], paper=scan)
        with refused("submit", cast.lead, "公示内容已变更,须重新公示后再报送(BZ-17)"):
            notices.submit(by=cast.lead, rows=[row])
        [row] = story.submitted([row])
        assert (row.state, Notice.objects.count()) == ("已报送", 2)

    def test_what_was_not_published_may_change(self, city, cast, story):
        [row] = story.sent_back(story.in_state(State.SUBMITTED, city.a))
        row = nominations.amend(by=cast.clerk, row=row, deeds="补充", phone="13900000000")
        assert notices.submit(by=cast.lead, rows=[row])[0].state == "已报送"


class TestTakeBack:
    def test_names_go_back_on_their_notice(self, city, cast, story):
        rows = story.in_state(State.SUBMITTED, city.a, "张三", "李四")
        with one_event_each(cast.lead, "take_back", "材料有误") as seen:
            rows = notices.take_back(by=cast.lead, rows=rows, reason="材料有误")
        assert seen.rows == {"nomination": 2}
        assert {(row.state, row.closing_reason) for row in rows} == {("公示中", "材料有误")}

    def test_without_a_notice_they_are_drafts_again(self, city, cast, story, rules):
        rules.notice.delete()
        rows = notices.submit(by=cast.lead, rows=story.nominated(city.a))
        assert notices.take_back(by=cast.lead, rows=rows, reason="误报")[0].state == "草稿"

    def test_and_where_their_notice_was_taken_down(self, city, cast, story, rules):
        rows = story.on_notice(story.nominated(city.a))
        notices.cancel_notice(by=cast.clerk, notice=rows[0].notice, reason="笔误")
        rules.notice.delete()
        rows = notices.submit(by=cast.lead, rows=story.fresh(rows))
        assert notices.take_back(by=cast.lead, rows=rows, reason="误报")[0].state == "草稿"


class TestCancel:
    def cancel(self, by, notice, reason="名单有误"):
        return notices.cancel_notice(by=by, notice=notice, reason=reason)

    @pytest.fixture
    def posted(self, city, story):
        return story.on_notice(story.nominated(city.a, "张三", "李四"))

    def test_the_names_become_drafts_and_need_a_new_notice(self, cast, story, posted):
        with one_event_each(cast.clerk, "cancel_notice", "名单有误") as seen:
            notice = self.cancel(cast.clerk, posted[0].notice)
        assert seen.rows == {"notice": 1, "nomination": 2}
        assert (notice.state, {row.state for row in story.fresh(posted)}) == ("已撤销", {"草稿"})
        story.go_to(MAY[18])
        with refused("submit", cast.lead, "尚未公示"):
            notices.submit(by=cast.lead, rows=posted)

    def test_without_a_reason_it_is_refused(self, cast, posted):
        with refused("cancel_notice", cast.clerk, "请写明撤回公示的理由"):
            self.cancel(cast.clerk, posted[0].notice, " ")

    @pytest.mark.parametrize("name", all_but(*CLERKS))
    def test_every_other_role_is_forbidden(self, cast, posted, name):
        by = getattr(cast, name)
        with refused("cancel_notice", by, error=Forbidden):
            self.cancel(by, posted[0].notice)

    @pytest.mark.parametrize("state", [NoticeState.CLOSED, NoticeState.CANCELLED])
    def test_only_one_that_is_up(self, cast, story, posted, state):
        Notice.objects.update(state=state)
        with refused("cancel_notice", cast.clerk, f"现为“{state}”"):
            self.cancel(cast.clerk, posted[0].notice)

    def test_a_stale_one_is_refused(self, cast, posted):
        shown = Notice.objects.get()
        Notice.objects.update(version=9)
        with refused("cancel_notice", cast.clerk, error=Stale):
            self.cancel(cast.clerk, shown)

    @pytest.mark.parametrize("state", [State.SUBMITTED, State.REVIEWED, State.APPROVED, State.REJECTED])
    def test_not_once_a_name_was_handed_up(self, cast, posted, state):
        Nomination.objects.filter(pk=posted[0].pk).update(state=state)
        with refused("cancel_notice", cast.clerk, "名单已有人选报送,不能撤回公示"):
            self.cancel(cast.clerk, posted[0].notice)

    @pytest.mark.parametrize("state", [State.DRAFT, State.WITHDRAWN])
    def test_a_name_sent_back_or_withdrawn_does_not_hinder(self, cast, story, posted, state):
        Nomination.objects.filter(pk=posted[0].pk).update(state=state)
        self.cancel(cast.clerk, posted[0].notice)
        assert [row.state for row in story.fresh(posted)] == [state, "草稿"]


def test_a_rule_that_only_asks_for_a_notice_as_a_hint_binds_none(city, cast, story, rules):
    rules.notice.severity = Severity.INFO
    rules.notice.save()
    assert notices.submit(by=cast.lead, rows=story.nominated(city.a))[0].state == "已报送"
