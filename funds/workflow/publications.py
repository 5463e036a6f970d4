"""Money given is made public (TX1-14): names masked, no number of any card or ID, by a channel that is named (TX2-7)."""

from __future__ import annotations

import datetime
import uuid

from django.db.models import Count, Min, QuerySet, Sum

from carecore import audit, clock
from carecore.access import Can
from carecore.models import User
from carecore.policy import Rulebook
from carecore.workflow import add, locked_all, refuse, require_right, verb
from funds.models import Channel, Fund, LineState, PaymentLine, Publication


def must_publish(fund: Fund) -> bool:
    """Whether a rule asks that what this kind of fund gives is made public."""
    return bool(Rulebook(clock.today(), keys=["funds.publish"]).value("funds.publish", fund.unit, fund.kind))


def unpublished(fund: Fund, until: datetime.date) -> QuerySet[PaymentLine]:
    """Lines paid out of the fund since the last publication, through a day."""
    rows = PaymentLine.objects.filter(payment__fund=fund, state=LineState.PAID, paid_on__lte=until)
    last = fund.publications.order_by("-ends_on").first()
    return rows.filter(paid_on__gt=last.ends_on) if last else rows


def published(row: Publication) -> QuerySet[PaymentLine]:
    """The lines that a publication names."""
    days = (row.starts_on, row.ends_on)
    return PaymentLine.objects.filter(payment__fund=row.fund, state=LineState.PAID, paid_on__range=days)


@verb
def publish(
    *, by: User, fund: Fund, until: datetime.date, channel: str, place: str = "", request_id: uuid.UUID | None = None
) -> Publication:
    """Register that everything paid since the last publication through `until` was made public today."""
    if request_id and (made := Publication.objects.filter(request_id=request_id).first()):
        return made
    require_right(by, Can.KEEP_FUNDS, fund.unit)
    [fund] = locked_all(Fund.objects.filter(pk=fund.pk).select_related("unit"))
    if until >= clock.today():
        raise refuse("公布的截止日期须早于今天,当天的支付留待下次公布", key="until", row=fund)
    if channel not in Channel:
        raise refuse(f"公布方式只能是{'、'.join(Channel.values)}", key="channel", row=fund)
    rows = unpublished(fund, until)
    sums = rows.aggregate(people=Count("pk"), amount=Sum("amount"), first=Min("paid_on"))
    if not sums["people"]:
        raise refuse(f"{fund}截至{until}没有待公布的支付", key="until", row=fund)
    row = Publication(
        fund=fund, starts_on=sums["first"], ends_on=until, channel=channel, place=place, people=sums["people"],
        amount=sums["amount"], published_on=clock.today(), published_by=by, request_id=request_id,
    )  # fmt: skip
    add([row])
    audit.record(by=by, action="publish", rows=[row])
    return row
