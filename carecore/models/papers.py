"""Papers that any business keeps: notices (公示), objections (异议) and attachments (附件)."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db import models
from django.db.models import F, Q

from carecore import privacy, registry
from carecore.access import Can, scope
from carecore.models.accounts import User
from carecore.models.records import Posted, Record
from carecore.models.units import Unit, within


class OfUnitQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> OfUnitQuerySet:
        return self.filter(within(scope(user, Can.SEE), "unit__path"))


class NoticeState(models.TextChoices):
    RUNNING = "公示中", "公示中"
    CLOSED = "已结束", "已结束"
    CANCELLED = "已撤销", "已撤销"


class Notice(Posted):
    """A public notice of one unit; first and last day inclusive, `days` is what the rule asked for (BZ-17)."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="notices", verbose_name="公示单位")
    subject = models.CharField("公示事项", max_length=100)
    basis = models.CharField("依据", max_length=200, blank=True)
    place = models.CharField("公示地点(方式)", max_length=100)
    contact = models.CharField("联系人", max_length=50)
    contact_phone = models.CharField("联系电话", max_length=30)
    starts_on = models.DateField("公示开始")
    ends_on = models.DateField("公示结束")
    days = models.PositiveSmallIntegerField("工作日数")
    state = models.CharField("状态", max_length=3, choices=NoticeState, default=NoticeState.RUNNING)
    open_objections = models.PositiveSmallIntegerField("待处理异议", default=0)
    published_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="发布人")
    published_at = models.DateTimeField("发布时间")

    objects = OfUnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公示"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")), name="notice_starts_before_end",
                violation_error_message="公示结束日期不得早于开始日期",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.unit}{self.subject}"


class NoticeLine(Record):
    """One name as it was published: frozen, and never with an ID number."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="lines", verbose_name="公示")
    document_kind = models.CharField("单据类别", max_length=40)
    document_id = models.BigIntegerField("单据编号")
    name = models.CharField("姓名", max_length=50)
    unit_name = models.CharField("单位", max_length=100)
    post = models.CharField("职务(岗位)", max_length=50, blank=True)
    ground = models.CharField("推荐类别", max_length=60)

    class Meta:
        verbose_name = verbose_name_plural = "公示名单"
        ordering = ["notice", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "document_kind", "document_id"], name="notice_line_once",
                violation_error_message="同一公示中不得重复列名",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def audit_unit_id(self) -> int | None:
        return self.notice.unit_id


class ObjectionState(models.TextChoices):
    OPEN = "待处理", "待处理"
    UPHELD = "成立", "成立"
    DISMISSED = "不成立", "不成立"


class Objection(Posted):
    """An objection to a notice or to one of its names; who raised it is confidential."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="objections", verbose_name="公示")
    line = models.ForeignKey(
        NoticeLine, models.PROTECT, null=True, blank=True, related_name="objections", verbose_name="涉及人员"
    )
    received_on = models.DateField("收到日期")
    raised_by = privacy.EncryptedTextField("反映人", blank=True, default="")
    text = privacy.EncryptedTextField("反映内容")
    state = models.CharField("处理结果", max_length=3, choices=ObjectionState, default=ObjectionState.OPEN)
    handling = models.TextField("处理情况", blank=True)
    handled_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="处理人"
    )
    handled_on = models.DateField("处理日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "异议"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"异议 {self.pk}"

    @property
    def audit_unit_id(self) -> int | None:
        return self.notice.unit_id


class AttachmentQuerySet(OfUnitQuerySet):
    def visible_to(self, user: User) -> AttachmentQuerySet:
        """Papers of the user's units; those of confidential documents only with the right to these."""
        kinds = registry.confidential()
        open_to_all = within(scope(user, Can.SEE), "unit__path") & ~Q(document_kind__in=kinds)
        allowed = (Q(document_kind=kind) & within(scope(user, right), "unit__path") for kind, right in kinds.items())
        return self.filter(reduce(or_, allowed, open_to_all))

    def matching(self, text: str) -> AttachmentQuerySet:
        """Search by part of the title or of the file's name."""
        return self.filter(Q(title__contains=text.strip()) | Q(file_name__contains=text.strip()))


class Attachment(Posted):
    """A file with its hash; it is reached through the document it belongs to, under an unguessable name."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="单位")
    title = models.CharField("名称", max_length=100)
    purpose = models.CharField("用途", max_length=30)
    document_kind = models.CharField("单据类别", max_length=40, blank=True)
    document_id = models.BigIntegerField("单据编号", null=True, blank=True)
    file = models.FileField("文件", upload_to="attachments/%Y%m/")
    file_name = models.CharField("原文件名", max_length=150)
    size = models.PositiveIntegerField("大小")
    sha256 = models.CharField("SHA-256", max_length=64)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "附件"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["document_kind", "document_id"], name="attachment_document")]

    def __str__(self) -> str:
        return self.title
