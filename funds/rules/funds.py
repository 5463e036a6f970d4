"""What a fund must be: of a kind that the rules know, under a document and a parent that reach its unit (LYG-8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet

from carecore import clock
from carecore.models import Severity, Unit
from carecore.policy import FUND_KIND, KEYS, Finding, Limit, Rulebook, describe
from funds.ledger import CATALOGUES
from funds.models import Fund, FundState

SHARE = "funds.dues_share"
KIND_KEYS = (*CATALOGUES.values(), SHARE)


def kinds(book: Rulebook, unit: Unit) -> list[str]:
    """The kinds of fund that this unit may open: those with sources and with purposes."""
    named = dict.fromkeys(case for key in CATALOGUES.values() for case in book.cases(key, unit))
    return [kind for kind in named if all(book.limit(key, unit, kind) for key in CATALOGUES.values())]


def dues_share(book: Rulebook, unit: Unit, kind: str) -> Limit | None:
    """The share of the year's dues that is set aside for funds of this kind; None where there is none (LYG-8)."""
    limit = book.limit(SHARE, unit, kind)
    return limit if limit is not None and limit.value else None


def receivers(units: QuerySet[Unit]) -> list[Unit]:
    """Of these units those with an open fund that a share of the dues goes to."""
    book = Rulebook(clock.today(), keys=[SHARE])
    funds = Fund.objects.open().filter(unit__in=units, parent=None).select_related("unit")
    return list(dict.fromkeys(fund.unit for fund in funds if dues_share(book, fund.unit, fund.kind)))


def receiver_of(paths: Sequence[str]) -> Unit:
    """The unit that dues are handed up to: of these subtrees the one with funds for dues, else the first head."""
    found = receivers(Unit.objects.under(list(paths)))
    return found[0] if found else Unit.objects.get(path=paths[0])


def share_words(unit: Unit) -> tuple[str, str]:
    """What of the dues handed up to a unit is set aside for which kind of fund, and the clauses, for beside a field."""
    book = Rulebook(clock.today(), keys=[SHARE])
    found = [(kind, dues_share(book, unit, kind)) for kind in book.cases(SHARE, unit)]
    limits = [(kind, limit) for kind, limit in found if limit is not None]
    if not limits:
        return "", ""
    words = "、".join(f"{kind}{describe(KEYS[SHARE], limit.value)}" for kind, limit in limits)
    return f"按年度累计提取:{words}", "、".join(dict.fromkeys(limit.clause for _, limit in limits))


def kind_findings(fund: Fund, book: Rulebook) -> Iterator[Finding]:
    """A kind without its rules, or a second fund of a kind that a share of the dues goes to."""
    for key in CATALOGUES.values():
        if book.limit(key, fund.unit, fund.kind) is None:
            known = "、".join(kinds(book, fund.unit)) or "无"
            yield _wrong(key, f"没有规定“{fund.kind}”这一{FUND_KIND}的{KEYS[key].label},请先登记政策规则;现有类别:{known}")
    share = dues_share(book, fund.unit, fund.kind)
    if share is None or fund.parent is not None:
        return
    other = Fund.objects.open().filter(unit=fund.unit, kind=fund.kind, parent=None).first()
    if other is not None:
        yield share.finding(f"{fund.unit}已有{other},上缴党费的同一份额只能提取到一项资金", asked=fund.name)


def fund_findings(fund: Fund) -> Iterator[Finding]:
    """A name that is taken, a document or parent that does not reach the unit, days that do not fit."""
    if not fund.name:
        yield _wrong("name", "请填写资金名称")
    if Fund.objects.filter(unit=fund.unit, name=fund.name).exclude(pk=fund.pk).exists():
        yield _wrong("name", f"{fund.unit}已有名为“{fund.name}”的资金,请核对名称")
    if not fund.document.unit.contains(fund.unit):
        yield _wrong("document", f"{fund.document}由{fund.document.unit}登记,不适用于{fund.unit}")
    if fund.ends_on is not None and fund.ends_on < clock.today():
        yield _wrong("ends_on", "使用期限不得早于今天")
    if fund.parent is not None:
        yield from _parent_findings(fund, fund.parent)


def _parent_findings(fund: Fund, parent: Fund) -> Iterator[Finding]:
    """Money is passed down to a unit below, for what it was meant for, and no longer than it may be used."""
    if parent.state != FundState.OPEN:
        yield _wrong("parent", f"上级资金{parent}已结束,请重新选择")
    if parent.unit_id == fund.unit_id or not parent.unit.contains(fund.unit):
        yield _wrong("parent", f"{parent}属于{parent.unit},不是{fund.unit}的上级,不能作为上级资金")
    if parent.kind != fund.kind:
        yield _wrong("parent", f"上级资金{parent}为“{parent.kind}”,{FUND_KIND}须与其一致")
    if parent.ends_on is not None and (fund.ends_on is None or fund.ends_on > parent.ends_on):
        yield _wrong("ends_on", f"使用期限不得晚于上级资金的{parent.ends_on}")


def _wrong(key: str, message: str) -> Finding:
    return Finding(key, Severity.BLOCK, message)
