"""What waits for each role about money, and how much of each fund may still be spent."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from django.urls import reverse

from carecore import clock
from carecore.access import Can, scope
from carecore.models import User
from carecore.models.units import within
from carecore.money import ZERO
from carecore.registry import DeskItem, Meter, OpenWork
from funds.models import Application, ApplicationState, Decision, Fund
from funds.queries import accounts_in, figures_of
from funds.workflow.applications import DECIDES

MOST_METERS = 12
DRAFT, APPLIED, ACCEPTED, DECIDED, *_ = ApplicationState


def applications(user: User) -> Iterator[DeskItem]:
    """Applications that stand where one of the user's rights acts: handed in, accepted, decided."""
    own = Application.objects.filter(within(scope(user, Can.APPLY), "unit__path"), state=DRAFT)
    if scope(user, Can.APPLY):
        yield from _item("资金申请草稿待提交", own.count(), state=DRAFT)
    yield from _waiting(user, Can.ACCEPT, APPLIED, "资金申请待受理")
    yield from _to_decide(user)
    yield from _waiting(user, Can.PAY, DECIDED, "已批准申请待支付")


def _waiting(user: User, right: Can, state: ApplicationState, title: str) -> Iterator[DeskItem]:
    if paths := scope(user, right):
        rows = Application.objects.filter(within(paths, "fund__unit__path"), state=state)
        yield from _item(title, rows.count(), state=state)


def _to_decide(user: User) -> Iterator[DeskItem]:
    """Accepted applications by who decides on them; one's own steps are not taken out, the page says why not."""
    rights = {Decision.MEETING: (Can.RECORD_MEETING,), **DECIDES}
    held = {decision: [path for right in of for path in scope(user, right)] for decision, of in rights.items()}
    rows = Application.objects.filter(state=ACCEPTED).exclude(accepted_by=user).exclude(applied_by=user)
    for decision, paths in held.items():
        if paths:
            mine = rows.filter(within(paths, "fund__unit__path"), decision=decision)
            yield from _item(f"资金申请待{decision.label}", mine.count(), state=ACCEPTED, decision=decision)


def _item(title: str, count: int, **filters: str) -> Iterator[DeskItem]:
    if count:
        asked = urlencode({name: str(value) for name, value in filters.items()})
        yield DeskItem(title, count, f"{reverse('application_list')}?{asked}")


def open_work(user: User) -> Iterator[OpenWork]:
    """Drafts that an applicant has not handed in; a successor takes them over."""
    rows = Application.objects.filter(applied_by=user, state=DRAFT)
    yield OpenWork("未提交的资金申请", Can.APPLY, rows, "applied_by")


def funds(user: User) -> Iterator[Meter]:
    """What each open fund has spent this year or holds back, out of all it had; the rest is available."""
    shown = list(Fund.objects.visible_to(user).open().with_money().order_by("unit__path", "pk")[:MOST_METERS])
    years = accounts_in(shown, clock.today().year)
    for fund in shown:
        used = max(figures_of(years[fund.pk]).spent, ZERO) + fund.reserved
        if whole := fund.available + used:
            yield Meter(f"{fund}(已用和预留)", used, whole, "元", reverse("fund_detail", args=[fund.pk]))
