"""Nominations (推荐): one person proposed by one unit for one year's programme."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from carecore import privacy
from carecore.access import Can, scope
from carecore.models import Attachment, Notice, Person, Posted, QuotaClass, Severity, Unit, User
from carecore.models.units import within
from sanatorium.models.batches import Batch
from sanatorium.models.plans import Plan, UnitQuota


class State(models.TextChoices):
    DRAFT = "草稿", "草稿"
    ON_NOTICE = "公示中", "公示中"
    SUBMITTED = "已报送", "已报送"
    CONFIRMED = "已确认", "已确认"
    REVIEWED = "已审核", "已审核"
    APPROVED = "已批准", "已批准"
    ATTENDED = "已参加", "已参加"
    ABSENT = "未参加", "未参加"
    REJECTED = "不予批准", "不予批准"
    GIVEN_UP = "已放弃", "已放弃"
    WITHDRAWN = "已撤销", "已撤销"


class Attention(models.TextChoices):
    """What a unit still owes for a nomination before it can go on."""

    EVIDENCE = "缺佐证", "缺佐证"
    REASON = "须说明理由", "须说明理由"


HOLDING = (State.APPROVED, State.ATTENDED, State.ABSENT)  # these hold a place
DONE = (State.REJECTED, State.GIVEN_UP, State.WITHDRAWN)
LIVE = tuple(state for state in State if state not in DONE)
SETTLED = (*DONE, State.ATTENDED, State.ABSENT)  # nothing more happens to these


class NominationQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> NominationQuerySet:
        return self.filter(within(scope(user, Can.SEE), "unit__path"))

    def in_year(self, year: int) -> NominationQuerySet:
        return self.filter(plan__year=year)

    def live(self) -> NominationQuerySet:
        return self.exclude(state__in=DONE)

    def matching(self, text: str) -> NominationQuerySet:
        """Search by part of a name or by initials: 张三 and zs find the same."""
        text = text.strip()
        if text.isascii():
            return self.filter(initials__startswith=text.lower().replace(" ", ""))
        return self.filter(name__contains=text)

    def reserve(self) -> NominationQuerySet:
        """The ordered reserve list: reviewed, in the order of review, without a place."""
        return self.filter(state=State.REVIEWED).order_by("reviewed_at", "pk")

    def unseated(self) -> NominationQuerySet:
        return self.filter(state=State.APPROVED, batch=None)


class Nomination(Posted):
    """A person's way through one year; unit and class are kept as they were when nominated."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="nominations", verbose_name="年度计划")
    person = models.ForeignKey(Person, models.PROTECT, related_name="nominations", verbose_name="姓名")
    name = models.CharField("姓名", max_length=50, editable=False)
    initials = models.CharField("拼音首字母", max_length=50, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="nominations", verbose_name="单位")
    quota = models.ForeignKey(UnitQuota, models.PROTECT, related_name="nominations", verbose_name="占用名额")
    quota_class = models.CharField("名额类别", max_length=10, choices=QuotaClass)
    ground = models.CharField("推荐类别", max_length=30)
    ground_label = models.CharField("推荐类别", max_length=60, editable=False)
    deeds = models.CharField("主要事迹、荣誉", max_length=300, blank=True)
    post = models.CharField("职务(岗位)", max_length=50, blank=True)
    wish = models.CharField(
        "意向", max_length=10, blank=True, choices=[(case, case) for case in ("本市", "省内", "省外")]
    )
    phone = privacy.EncryptedTextField("联系电话", blank=True, default="")
    health = privacy.EncryptedTextField("健康状况", blank=True, default="")
    emergency_contact = privacy.EncryptedTextField("紧急联系人及电话", blank=True, default="")
    evidence = models.ForeignKey(
        Attachment, models.PROTECT, null=True, blank=True, related_name="proves", verbose_name="佐证材料"
    )
    sealed_form = models.ForeignKey(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="盖章推荐表"
    )
    state = models.CharField("状态", max_length=4, choices=State, default=State.DRAFT)
    findings = models.JSONField("检查结果", default=list, blank=True)
    attention = models.CharField("提示", max_length=5, choices=Attention, blank=True, editable=False)
    accepted_reason = models.CharField("认可理由", max_length=200, blank=True)
    accepted_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name="理由认可人"
    )
    notice = models.ForeignKey(
        Notice, models.PROTECT, null=True, blank=True, related_name="nominations", verbose_name="公示"
    )
    batch = models.ForeignKey(
        Batch, models.PROTECT, null=True, blank=True, related_name="nominations", verbose_name="批次"
    )
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name="递补"
    )
    nominated_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="推荐人")
    submitted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="报送人")
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="确认人")
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="审核人")
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="审批人")
    nominated_at = models.DateTimeField("推荐时间")
    submitted_at = models.DateTimeField("报送时间", null=True, blank=True)
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    approved_at = models.DateTimeField("审批时间", null=True, blank=True)
    closing_reason = models.CharField("退回、撤销或放弃理由", max_length=200, blank=True)

    objects = NominationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "推荐人选"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["plan", "state", "-id"], name="nomination_plan_state"),
            models.Index(fields=["unit", "-id"], name="nomination_unit"),
            models.Index(fields=["name"], name="nomination_name"),
            models.Index(fields=["initials"], name="nomination_initials"),
            models.Index(fields=["person", "plan"], name="nomination_person_plan"),
            models.Index(fields=["attention", "-id"], name="nomination_attention", condition=~Q(attention="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "person"], condition=~Q(state__in=[str(state) for state in SETTLED]),
                name="nomination_one_at_a_time", violation_error_message="该人员本年度已有在办的推荐",
            ),
            models.CheckConstraint(
                condition=Q(batch=None) | Q(state__in=[str(state) for state in HOLDING]),
                name="nomination_seat_needs_place", violation_error_message="未批准的人选不能编入批次",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def masked_phone(self) -> str:
        return privacy.mask_phone(self.phone)

    @property
    def lacks_evidence(self) -> bool:
        return any(finding["rule"] == "evidence" for finding in self.findings)

    def note_attention(self) -> Nomination:
        """Set what follows from the findings: evidence that is missing, or a warning that needs a reason."""
        warned = any(finding["severity"] == Severity.WARN for finding in self.findings)
        unexplained = Attention.REASON if warned and not self.accepted_reason else ""
        self.attention = Attention.EVIDENCE if self.lacks_evidence else unexplained
        return self

    @property
    def remark(self) -> str:
        """What a list says beside the state: what the unit still owes, or that it came back."""
        return self.attention or ("已退回" if self.state == State.DRAFT and self.closing_reason else "")
