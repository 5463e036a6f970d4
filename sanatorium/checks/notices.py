"""Notices (invariant 7): approval only after the notice has run without an open objection; no number in it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from carecore import workdays
from carecore.models import Notice, NoticeLine, Objection
from carecore.models.papers import NoticeState, ObjectionState
from carecore.policy import Rulebook
from carecore.registry import Problem
from sanatorium.models import HOLDING, Nomination, State
from sanatorium.workflow.notices import KIND

NOTICES = "7 公示"
HANDED_UP = (State.SUBMITTED, State.CONFIRMED, State.REVIEWED, *HOLDING)
ID_NUMBER = r"[0-9]{17}[0-9Xx]"
CHUNK = 500


def check_notices() -> Iterator[Problem]:
    """The days of each notice, its open objections, and that it shows no ID number."""
    waiting = Count("objections", filter=Q(objections__state=ObjectionState.OPEN))
    notices = Notice.objects.annotate(waiting=waiting).select_related("unit").order_by("pk")
    for notice in notices.iterator(chunk_size=CHUNK):
        days = workdays.workdays_between(notice.starts_on, notice.ends_on)
        if notice.days != days:
            yield Problem(NOTICES, _name(notice), f"工作日数记为{notice.days},起止日期之间为{days}个工作日")
        if notice.open_objections != notice.waiting:
            message = f"待处理异议记为{notice.open_objections}件,实为{notice.waiting}件"
            yield Problem(NOTICES, _name(notice), message)
    columns = ("name", "unit_name", "post", "ground", "notice__subject", "notice__basis", "notice__place")
    shown = Q()
    for column in columns:
        shown |= Q(**{f"{column}__regex": ID_NUMBER})
    for line in NoticeLine.objects.filter(shown).order_by("pk"):
        yield Problem(NOTICES, f"公示名单 {line.pk}", "公示内容含身份证号")


def _name(notice: Notice) -> str:
    return f"公示 {notice.pk}({notice.unit})"


def check_published() -> Iterator[Problem]:
    """Whoever was handed up and approved had been on notice, as published, to its end, without an objection."""
    rows = Nomination.objects.filter(state__in=HANDED_UP).select_related("unit").order_by("pk")
    for message, query in _breaches(rows.exclude(notice__state=NoticeState.CANCELLED)):
        for row in query:
            yield Problem(NOTICES, f"推荐人选 {row.pk}", message)
    books: dict[datetime.date, Rulebook] = {}
    unpublished = rows.filter(Q(notice=None) | Q(notice__state=NoticeState.CANCELLED))
    for row in unpublished.iterator(chunk_size=CHUNK):
        day = timezone.localdate(row.submitted_at)
        books[day] = books.get(day) or Rulebook(day)
        limit = books[day].limit("sanatorium.notice_required", row.unit)
        if limit is not None and limit.value:
            yield Problem(NOTICES, f"推荐人选 {row.pk}", f"未经公示即报送({limit.clause})")


def _breaches(rows: QuerySet[Nomination]) -> Iterator[tuple[str, QuerySet[Nomination]]]:
    published = NoticeLine.objects.filter(
        notice=OuterRef("notice"), document_kind=KIND, document_id=OuterRef("pk"), name=OuterRef("name"),
        post=OuterRef("post"), ground=OuterRef("ground_label"),
    )  # fmt: skip
    open_then = Objection.objects.filter(
        Q(handled_on=None) | Q(handled_on__gt=OuterRef("approved_at__date")), notice=OuterRef("notice"),
        received_on__lte=OuterRef("approved_at__date"),
    )  # fmt: skip
    holding = rows.filter(state__in=HOLDING)
    yield "现有内容与公示内容不符", rows.filter(~Exists(published), notice__isnull=False)
    yield "公示期满之前已报送", rows.filter(submitted_at__date__lte=F("notice__ends_on"))
    yield "公示期满之前已批准", holding.filter(approved_at__date__lte=F("notice__ends_on"))
    yield "批准时所在公示有异议未处理", holding.filter(Exists(open_then))
