"""A condolence pay list (走访慰问金发放签领表) as a sheet: each row is a visit to a household with a file (BZ-22, BZ-23)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db.models import Q

from carecore import clock, privacy
from carecore.access import Can, scope
from carecore.imports.contract import Importer, Outcome, Status, Target
from carecore.imports.sheet import Cell, wrong
from carecore.imports.targets import year
from carecore.models import Severity
from carecore.models.units import within
from carecore.money import ZERO
from carecore.policy import Finding
from carecore.resources.named import PHONES, NamedSheet
from carecore.sheets import cells
from carecore.sheets.errors import CellError, UnreadableFile
from carecore.sheets.reader import Line
from visits.models import ENDED, Campaign, CampaignState, CaseState, HardshipCase, Visit
from visits.rules.drafts import VisitDraft
from visits.workflow.visits import check_drafts, plan_visits

GONE = tuple(state for state in ENDED if state != CaseState.REFUSED)
VALUED = re.compile(r"(.+?)\((?:折价|价值|约|合)?([^()]+)\)$")
AMOUNT_FIRST = re.compile(r"[¥￥\d]")
GOODS_LENGTH = Visit._meta.get_field("goods").max_length


def goods(raw: object) -> tuple[str, Decimal]:
    """The goods and their value: 米面油(折价200元), or 1000(含水果); raises CellError where none is stated (BZ-22)."""
    text = cells.plain(raw)
    named = VALUED.match(text)
    try:
        if named is not None and not AMOUNT_FIRST.match(text):
            name, value = named[1], cells.amount(named[2])
        else:
            name, value = (named[2].removeprefix("含") if named else "慰问品"), cells.amount(raw)
    except CellError:
        value = None
    if not value:
        raise CellError("goods.value", f"慰问品“{text[:20]}”没有写明折价,请按“米面油(折价200元)”的样式填写(BZ-22)")
    if len(name) > GOODS_LENGTH:
        raise CellError("too_long", f"慰问品名称最多{GOODS_LENGTH}个字,请缩短")
    return name, value


def occasion(raw: object) -> str:
    """The occasion of a list: 春节; raises CellError for one too long."""
    text = cells.text(raw).strip()
    if not 1 < len(text) <= 10:
        raise CellError("occasion", f"“{text[:20]}”不是走访节点,请按“春节”的样式填写")
    return text


YEAR = Target("year", "年度", "2026年春节", parse=year, pattern=r"(20\d{2})年(?=[^\d年]{2,10}?走访|[^\d年]{2,10}?慰问)")
OCCASION = Target(
    "occasion", "走访节点", "2026年春节走访慰问", parse=occasion, pattern=r"20\d{2}年([^\d年月]{2,10}?)(?:走访|慰问)"
)  # fmt: skip


class PayListSheet(NamedSheet):
    """慰问登记(签收)表: money, goods, or both; who signs is no concern of the plan."""

    category = Cell("慰问事由", "慰问类别", "慰问类别/事由", "事由", "类别", longest=30)
    money = Cell(
        "慰问_慰问金(元)", "慰问金(元)", "慰问金", "慰问金额", "金额", parse=cells.amount, required=True, needed=False
    )  # fmt: skip
    goods = Cell("慰问_慰问品(折价)", "慰问品(折价)", "慰问品(名称/折价)", "慰问品", parse=goods)
    phone = Cell(*PHONES, private=True)


class PayListImport(Importer[VisitDraft]):
    kind, route, label = "visit_payments", "visit_import", "走访慰问金发放签领表"
    permission, sheet = Can.PLAN_VISITS, PayListSheet
    list_route, list_label, targets = "visit_list", "走访", (YEAR, OCCASION)
    cell_of = {
        "separation": "name", "visits.exclusive": "name", "visits.amount_person_time": "money",
        "visits.amount_person_year": "money", "standard": "money", "budget": "money", "case": "name", "differs": "money",
    }  # fmt: skip

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        paths = scope(self.by, self.permission)
        mine = within(paths, "unit__path")
        self.campaign = self._campaign()
        self.by_index: dict[str, list[HardshipCase]] = defaultdict(list)
        self.by_name: dict[str, list[HardshipCase]] = defaultdict(list)
        rows = HardshipCase.objects.filter(mine).exclude(state__in=GONE).select_related("unit", "person__unit")
        rows = rows.defer("address", "phone", "health", "description").order_by("pk")
        for row in sorted(rows, key=lambda row: row.state == CaseState.REFUSED):
            self._file(self.by_name[row.name], row)
            if index := row.id_index or (row.person.id_index if row.person.name == row.name else None):
                self._file(self.by_index[index], row)

    @staticmethod
    def _file(known: list[HardshipCase], row: HardshipCase) -> None:
        """A file that was refused counts only where there is no other: it is planned for, and not paid."""
        if not known or row.state != CaseState.REFUSED:
            known.append(row)

    def _campaign(self) -> Campaign | None:
        """The running campaign of that year and occasion, the one nearest to the user; none where none was opened."""
        rows = Campaign.objects.visible_to(self.by).filter(
            year=self.into["year"], occasion=self.into["occasion"], state=CampaignState.OPEN
        )  # fmt: skip
        found = rows.select_related("unit").order_by("-unit__path").first()
        if found is None and self.into["year"] != clock.today().year:
            message = f"没有{self.into['year']}年{self.into['occasion']}走访活动,请核对年度,或先编制走访活动"
            raise UnreadableFile("campaign.unknown", message)
        return found

    def prepare(self, values: dict[str, Any], line: Line) -> VisitDraft:
        name, number = values["name"], values["id_number"]
        case = self._case(name, number)
        named, value = values["goods"] or ("", ZERO)
        if not values["money"] and not value:
            raise wrong("money", "required", "慰问金和慰问品都为空,请填写其一")
        return VisitDraft(
            case, occasion=self.into["occasion"], money=values["money"] or ZERO, goods=named, goods_value=value,
            category=values["category"] or "",
        )  # fmt: skip

    def _case(self, name: str, number: str | None) -> HardshipCase:
        found = self.by_index.get(_index(number), []) if number else self.by_name.get(name, [])
        if not found:
            message = f"{name}没有认定的困难档案,不予发放,请先建档认定(BZ-23)"
            raise wrong("name", "case.missing", message)
        if len(found) > 1:
            raise wrong("id_number", "case.several", f"{name}对应{len(found)}份困难档案,请先合并或核对身份证号")
        if found[0].name != name:
            raise wrong("name", "person.name", f"该证件号码的困难档案姓名为“{found[0].name}”,表中为“{name}”,请核对")
        return found[0]

    def check(self, drafts: Sequence[VisitDraft]) -> list[Outcome]:
        known = self._known(drafts)
        fresh = [draft for draft in drafts if draft.target.pk not in known]
        findings = iter(check_drafts(self.by, fresh, self.campaign)) if fresh else iter(())
        left = self.campaign.left if self.campaign else None
        outcomes, seen = [], set()
        for draft in drafts:
            if draft.target.pk in known:
                outcomes.append(_again(draft, known[draft.target.pk]))
                continue
            found = [*_decided(next(findings)), *self._own(draft), *_recognised(draft)]
            if draft.target.pk in seen:
                found.append(_wrong("case", f"{draft.name}在表中出现多次,同一家庭只慰问一次"))
            if left is not None and draft.total > left:
                found.append(_wrong("budget", f"{draft.name}的{draft.total}元超过{self.campaign}剩余预算{left}元"))
            outcome = Outcome.of(Status.NEW, found)
            if left is not None and outcome.status == Status.NEW:
                left -= draft.total
            seen.add(draft.target.pk)
            outcomes.append(outcome)
        return outcomes

    def _known(self, drafts: Sequence[VisitDraft]) -> dict[int, Visit]:
        """The visits of this occasion and year that stand, by file."""
        files = {draft.target.pk for draft in drafts}
        rows = Visit.objects.standing().filter(case__in=files, occasion=self.into["occasion"])
        rows = rows.filter(Q(campaign__year=self.into["year"]) | Q(campaign=None, period__startswith=str(self.into["year"])))
        return {row.case_id: row for row in rows.select_related("unit")}

    def _own(self, draft: VisitDraft) -> list[Finding]:
        if draft.receiver is None or draft.receiver.pk != self.by.person_id:
            return []
        return [_wrong("separation", f"{draft.name}是您本人,请由他人办理")]

    def commit(self, drafts: Sequence[VisitDraft]) -> list[Outcome]:
        outcomes = self.check(drafts)
        new = [
            draft for draft, outcome in zip(drafts, outcomes, strict=True) if outcome.status == Status.NEW
        ]  # fmt: skip
        if new:
            plan_visits(by=self.by, drafts=new, campaign=self.campaign)
        return outcomes


def _index(number: str) -> str:
    return privacy.blind_index(number, "person.id_number")


def _wrong(key: str, message: str, severity: str = Severity.BLOCK) -> Finding:
    return Finding(key, severity, message)


def _decided(findings: Sequence[Finding]) -> list[Finding]:
    """A warning needs a written reason, which a sheet does not carry: such a visit is planned on its page."""
    return [
        replace(one, severity=Severity.BLOCK, message=f"{one.message};须说明理由的请在页面上安排")
        if one.severity == Severity.WARN else one
        for one in findings
    ]  # fmt: skip


def _recognised(draft: VisitDraft) -> list[Finding]:
    """A file that is not recognised yet can be planned for, and is not paid before it is."""
    state = draft.target.state
    if state == CaseState.RECOGNISED:
        return []
    return [_wrong("case", f"{draft.name}的困难档案现为“{state}”,认定后才能发放(BZ-23)", Severity.WARN)]


def _again(draft: VisitDraft, row: Visit) -> Outcome:
    stated, known = (draft.money, draft.goods, draft.goods_value), (row.money, row.goods, row.goods_value)
    if stated == known:
        return Outcome(Status.UNCHANGED)
    message = f"{draft.name}的该次走访已安排慰问金{row.money}元、慰问品折价{row.goods_value}元,与表中不一致,请先取消原安排"
    return Outcome(Status.REJECTED, (_wrong("differs", message),))

