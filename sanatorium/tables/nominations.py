"""Lists of nominations and of notices."""

from __future__ import annotations

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from carecore import clock
from carecore.models import Notice
from carecore.tables import DateColumn, NameColumn, NumberColumn, SelectColumn, StateColumn, Table
from carecore.templatetags import care
from sanatorium.models import State
from sanatorium.models.nominations import Attention
from sanatorium.phases import PHASE_TONES, phase_of

TONES = {
    State.DRAFT: "neutral", State.ON_NOTICE: "progress", State.SUBMITTED: "progress", State.CONFIRMED: "progress",
    State.REVIEWED: "progress", State.APPROVED: "good", State.ATTENDED: "good", State.ABSENT: "warn",
    State.REJECTED: "bad", State.GIVEN_UP: "neutral", State.WITHDRAWN: "neutral",
}  # fmt: skip

REMARK_TONES = {Attention.EVIDENCE: "warn", Attention.REASON: "warn"}


class NominationTable(Table):
    pick = SelectColumn()
    name = NameColumn(
        "姓名", linkify=("nomination_detail", [tables.A("pk")]), orderable=True, order_by=("initials", "name")
    )
    year = NumberColumn(verbose_name="年度", accessor="plan__year")
    unit = tables.Column("单位", accessor="unit__name", orderable=True, order_by=("unit__path",))
    quota_class = tables.Column("类别")
    post = tables.Column("职务(岗位)")
    ground_label = tables.Column("推荐类别")
    state = StateColumn(verbose_name="状态", tones=TONES)
    remark = StateColumn(verbose_name="提示", accessor="remark", default="", tones=REMARK_TONES)
    batch = tables.Column("批次", accessor="batch", default="")

    class Meta(Table.Meta):
        order_by = "-pk"
        empty_text = "没有符合条件的人选。点“新增”逐人推荐,或点“导入”上传花名册。"


class PhaseColumn(StateColumn):
    """Where a notice stands today."""

    def render(self, record: Notice) -> SafeString:
        phase = phase_of(record, clock.today())
        return render_to_string("_partials/state.html", care.state(phase.label, self.tones[phase]))

    def value(self, record: Notice) -> str:
        return phase_of(record, clock.today()).label


class NoticeTable(Table):
    subject = NameColumn("公示事项", linkify=("notice_detail", [tables.A("pk")]))
    unit = tables.Column("公示单位")
    starts_on = DateColumn(verbose_name="开始")
    ends_on = DateColumn(verbose_name="结束", orderable=True)
    days = NumberColumn(verbose_name="工作日")
    open_objections = NumberColumn(verbose_name="待处理异议")
    state = PhaseColumn(verbose_name="状态", tones=PHASE_TONES)

    class Meta(Table.Meta):
        order_by = "-pk"
        empty_text = "没有公示。在“推荐人选”中勾选草稿,点“公示”发布。"
