"""Public notices of nominated names (BZ-17), objections to them, and what follows: submission to the union."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from carecore import access, audit, clock, workdays
from carecore.access import Can
from carecore.models import Notice, NoticeLine, Objection, Severity, Unit, User
from carecore.models.papers import NoticeState, ObjectionState
from carecore.policy import Finding, Rulebook
from carecore.reasons import fitting, written
from carecore.workflow import (
    add,
    enforce,
    locked,
    locked_all,
    move,
    refuse,
    require_right,
    require_state,
    verb,
)
from sanatorium.models import SETTLED, Nomination, State
from sanatorium.rules.nominations import NO_EVIDENCE
from sanatorium.workflow.nominations import end, notice_findings
from sanatorium.workflow.separation import separate

KIND = "sanatorium.nomination"
# No notice is so far away: a slip of the pen, and the days up to it are counted one by one.
A_YEAR = datetime.timedelta(days=366)


@dataclass(frozen=True)
class NoticePaper:
    """What the posted notice says besides its names; both days inclusive, no last day: as the rule asks."""

    starts_on: datetime.date
    place: str
    contact: str
    contact_phone: str
    ends_on: datetime.date | None = None
    basis: str = ""


@verb
def publish_notice(
    *, by: User, unit: Unit, rows: list[Nomination], paper: NoticePaper, reason: str = "",
    request_id: uuid.UUID | None = None,
) -> Notice:  # fmt: skip
    """Freeze the names of one unit's drafts and put them on notice for so many working days (BZ-17).

    Raises Refused where evidence is missing, the days are too few (under a rule that only warns: without a
    `reason`) or begin before today, an objection to an earlier notice is still open, or a row is not a draft
    of this unit.
    """
    if request_id and (made := Notice.objects.filter(request_id=request_id).first()):
        return made
    rows = locked(rows, "unit", "plan", "notice")
    require_right(by, Can.NOMINATE, unit)
    require_state(rows, [State.DRAFT], "公示")
    _require_publishable(unit, rows)
    reason = fitting(reason, rows[0])
    last, days = notice_days(unit, paper, reason)
    [notice] = add([_notice(by, unit, rows[0].plan.year, paper, last, days, request_id)])
    lines = add([_line(notice, row) for row in rows])
    move(rows, state=State.ON_NOTICE, notice=notice, closing_reason="")
    audit.record(by=by, action="publish_notice", rows=[notice, *lines, *rows], reason=reason)
    return notice


def _require_publishable(unit: Unit, rows: Sequence[Nomination]) -> None:
    if len({row.plan_id for row in rows}) > 1:
        raise refuse("所选人选不属于同一年度,各年度分别公示", key="plan")
    for row in rows:
        if row.unit_id != unit.pk:
            raise refuse(f"{row}不是{unit}的人选,各单位分别公示", row=row)
        if row.notice is not None and row.notice.open_objections:
            raise refuse(f"{row}上次公示的异议尚未处理,处理完毕后再公示(BZ-17)", row=row)
        if row.lacks_evidence:
            raise refuse(f"{row}缺佐证,请先补充佐证材料再公示(BZ-5)", key=NO_EVIDENCE, row=row)


def notice_days(unit: Unit, paper: NoticePaper, reason: str = "") -> tuple[datetime.date, int]:
    """The last day of a notice and its number of working days; raises Refused where they are too few."""
    for key, day in (("starts_on", paper.starts_on), ("ends_on", paper.ends_on)):
        if day is not None and day > clock.today() + A_YEAR:
            raise refuse(f"公示日期{day}距今超过一年,请核对年份", key=key)
    limit = Rulebook(clock.today()).limit("sanatorium.notice_days", unit)
    if paper.starts_on < clock.today():
        raise refuse("公示开始日期不得早于今日:名单自发布时起公示", key="starts_on")
    last = paper.ends_on
    if last is None:
        if limit is None:
            raise refuse("请填写公示结束日期:现行规则没有规定公示天数", key="ends_on")
        eve = paper.starts_on - workdays.ONE_DAY  # the first day counts where it is worked
        last = max(workdays.add_workdays(eve, limit.value), paper.starts_on)
    if last < paper.starts_on:
        raise refuse("公示结束日期不得早于开始日期", key="ends_on")
    days = workdays.workdays_between(paper.starts_on, last)
    if limit is not None and days < limit.value:
        enforce([limit.finding(f"公示{days}个工作日,不得少于{limit.value}个工作日", asked=days)], reason=reason)
    return last, days


def _notice(
    by: User, unit: Unit, year: int, paper: NoticePaper, last: datetime.date, days: int,
    request_id: uuid.UUID | None,
) -> Notice:  # fmt: skip
    return Notice(
        unit=unit, subject=f"{year}年度疗休养推荐人选", basis=paper.basis, place=paper.place,
        contact=paper.contact, contact_phone=paper.contact_phone, starts_on=paper.starts_on, ends_on=last,
        days=days, published_by=by, published_at=clock.now(), request_id=request_id,
    )  # fmt: skip


def _line(notice: Notice, row: Nomination) -> NoticeLine:
    return NoticeLine(
        notice=notice, document_kind=KIND, document_id=row.pk, name=row.name, unit_name=row.unit.name,
        post=row.post, ground=row.ground_label,
    )  # fmt: skip


@verb
def cancel_notice(*, by: User, notice: Notice, reason: str) -> Notice:
    """Take a notice down: its names become drafts again; `reason` is required."""
    rows = locked_all(Nomination.objects.filter(notice=notice, state=State.ON_NOTICE))
    [notice] = locked([notice], "unit")
    require_right(by, Can.NOMINATE, notice.unit)
    require_state([notice], [NoticeState.RUNNING], "撤回公示")
    if (
        Nomination.objects.filter(notice=notice)
        .exclude(state__in=[State.ON_NOTICE, State.DRAFT, State.WITHDRAWN])
        .exists()
    ):
        raise refuse("名单已有人选报送,不能撤回公示;请先由单位负责人撤回报送", row=notice)
    reason = written(reason, "请写明撤回公示的理由", notice)
    move([notice], state=NoticeState.CANCELLED)
    move(rows, state=State.DRAFT)
    audit.record(by=by, action="cancel_notice", rows=[notice, *rows], reason=reason)
    return notice


@verb
def object_to(
    *, by: User, notice: Notice, text: str, received_on: datetime.date, raised_by: str = "",
    line: NoticeLine | None = None, request_id: uuid.UUID | None = None,
) -> Objection:  # fmt: skip
    """Register an objection received during a notice; until it is handled nobody on it moves on (BZ-17)."""
    if request_id and (made := Objection.objects.filter(request_id=request_id).first()):
        return made
    [notice] = locked([notice], "unit")
    if not access.may(by, Can.SUBMIT, notice.unit):
        require_right(by, Can.NOMINATE, notice.unit)
    require_state([notice], [NoticeState.RUNNING], "登记异议")
    if line is not None and line.notice_id != notice.pk:
        raise refuse(f"{line}不在本次公示名单之内", key="line", row=notice)
    if not notice.starts_on <= received_on <= clock.today():
        raise refuse("收到日期应在公示开始之后、今日之前", key="received_on", row=notice)
    if not text.strip():
        raise refuse("请填写反映内容", key="text", row=notice)
    [objection] = add([
        Objection(
            notice=notice, line=line, received_on=received_on, raised_by=raised_by, text=text.strip(),
            request_id=request_id,
        )
    ])  # fmt: skip
    move([notice], open_objections=notice.open_objections + 1)
    audit.record(by=by, action="object_to", rows=[objection, notice])
    return objection


@verb
def settle_objection(*, by: User, objection: Objection, upheld: bool, handling: str) -> Objection:
    """Say how an objection ended; one that is upheld withdraws the name it is about."""
    rows = _named(objection)
    [notice] = locked_all(Notice.objects.filter(pk=objection.notice_id).select_related("unit"))
    [objection] = locked([objection], "line")
    require_right(by, Can.SUBMIT, notice.unit)
    require_state([objection], [ObjectionState.OPEN], "处理")
    if not handling.strip():
        raise refuse("请写明核查与处理情况", key="handling", row=objection)
    separate(by, rows)
    if upheld:
        rows = _withdrawable(objection, rows)
    state = ObjectionState.UPHELD if upheld else ObjectionState.DISMISSED
    move([objection], state=state, handling=handling.strip(), handled_by=by, handled_on=clock.today())
    move([notice], open_objections=notice.open_objections - 1)
    if upheld and rows:
        end(by, rows, State.WITHDRAWN, "settle_objection", "公示异议成立")
    audit.record(by=by, action="settle_objection", rows=[objection, notice])
    return objection


def _named(objection: Objection) -> list[Nomination]:
    """The nomination that an objection is about, locked; none where it is about the whole notice."""
    if objection.line is None:
        return []
    return locked_all(Nomination.objects.filter(pk=objection.line.document_id))


def _withdrawable(objection: Objection, rows: list[Nomination]) -> list[Nomination]:
    """What an upheld objection withdraws: the name it is about, unless that has come to its end already."""
    if not rows:
        raise refuse("异议未指明人员,不能按“成立”撤销人选;请指明人员另行登记", key="line", row=objection)
    if rows[0].state == State.APPROVED:
        raise refuse(f"{rows[0]}已批准,请先办理放弃,再按“成立”处理异议", key="upheld", row=objection)
    return [row for row in rows if row.state not in SETTLED]


@verb
def submit(*, by: User, rows: list[Nomination], reason: str = "") -> list[Nomination]:
    """The unit lead hands names up after their notice; warnings on them need a written reason (BZ-15, BZ-17)."""
    rows = locked(rows, "unit", "notice")
    require_state(rows, [State.ON_NOTICE, State.DRAFT], "报送")
    require_right(by, Can.SUBMIT, *{row.unit for row in rows})
    separate(by, rows)
    standing, book = _standing_lines(rows), Rulebook(clock.today())
    for row in rows:
        _require_submittable(row, standing, reason, book)
    steps = {
        "state": State.SUBMITTED,
        "submitted_by": by,
        "submitted_at": clock.now(),
        "attention": "",
        "closing_reason": "",
    }
    reason = fitting(reason, rows[0])
    move([row for row in rows if not _warnings(row)], **steps)
    move([row for row in rows if _warnings(row)], **steps, accepted_reason=reason, accepted_by=by)
    audit.record(by=by, action="submit", rows=rows, reason=reason)
    return rows


def _require_submittable(row: Nomination, standing: set[tuple], reason: str, book: Rulebook) -> None:
    if row.lacks_evidence:
        raise refuse(f"{row}缺佐证,请先补充佐证材料(BZ-5)", key=NO_EVIDENCE, row=row)
    enforce(list(notice_findings(row, book)), row=row)
    published = (row.notice_id, row.pk, row.name, row.post, row.ground_label)
    if row.notice_id and published not in standing:
        raise refuse(f"{row}的公示内容已变更,须重新公示后再报送(BZ-17)", row=row)
    enforce(_warnings(row), reason=reason, row=row)


def _standing_lines(rows: Sequence[Nomination]) -> set[tuple]:
    """What the notices of these rows said, line by line."""
    lines = NoticeLine.objects.filter(document_kind=KIND, document_id__in=[row.pk for row in rows])
    return set(lines.values_list("notice_id", "document_id", "name", "post", "ground"))


def _warnings(row: Nomination) -> list[Finding]:
    """The stored findings of a nomination that need a reason."""
    return [
        Finding(f["rule"], f["severity"], f["message"], f["asked"], f["limit"], f["clause"], f["rule_id"])
        for f in row.findings
        if f["severity"] == Severity.WARN
    ]


@verb
def take_back(*, by: User, rows: list[Nomination], reason: str) -> list[Nomination]:
    """The unit lead takes a submission back, before anybody confirmed or reviewed it."""
    rows = locked(rows, "unit", "notice")
    require_state(rows, [State.SUBMITTED], "撤回报送")
    require_right(by, Can.SUBMIT, *{row.unit for row in rows})
    reason = written(reason, "请写明撤回报送的理由", rows[0])
    up = [row for row in rows if row.notice is not None and row.notice.state == NoticeState.RUNNING]
    move(up, state=State.ON_NOTICE, closing_reason=reason)
    move([row for row in rows if row not in up], state=State.DRAFT, closing_reason=reason)
    audit.record(by=by, action="take_back", rows=rows, reason=reason)
    return rows
