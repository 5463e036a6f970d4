"""The life of a sanatorium (BZ-10, BZ-16): applied for, reviewed, admitted, suspended, removed, restored."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence

from carecore import audit, clock
from carecore.access import Can
from carecore.models import Unit, User
from carecore.policy import Finding, Rulebook
from carecore.workflow import add, change, enforce, locked, move, refuse, require_right, require_state, verb
from sanatorium.models import Venue, VenueReview, VenueState
from sanatorium.rules.frozen import softened, wrong
from sanatorium.workflow.separation import not_by

FACTS = (
    "name", "address", "in_city", "in_province", "in_paired_region", "union_owned", "tags", "capacity",
    "contact", "contact_phone",
)  # fmt: skip
# What an admission rests on: it cannot change under an admitted venue.
DECISIVE = ("in_city", "in_province", "in_paired_region", "union_owned")

REASON_LENGTH = Venue._meta.get_field("state_reason").max_length


@verb
def apply_venue(*, by: User, unit: Unit, request_id: uuid.UUID | None = None, **facts: object) -> Venue:
    """Enter a sanatorium that applies (BZ-16); `facts` as in FACTS. Raises Refused for a name that is known."""
    if request_id and (made := Venue.objects.filter(request_id=request_id).first()):
        return made
    require_right(by, Can.KEEP_VENUES, unit)
    venue = Venue(unit=unit, state_on=clock.today(), applied_by=by, request_id=request_id)
    _set_facts(venue, facts)
    [venue] = add([venue])
    audit.record(by=by, action="apply_venue", rows=[venue])
    return venue


@verb
def amend_venue(*, by: User, venue: Venue, **facts: object) -> Venue:
    """Correct what is known of a venue; where it lies and whose it is only while it is not admitted."""
    [venue] = locked([venue], "unit")
    require_right(by, Can.KEEP_VENUES, venue.unit)
    require_state([venue], [VenueState.APPLIED, VenueState.ADMITTED, VenueState.SUSPENDED], "修改")
    if venue.state == VenueState.ADMITTED:
        for name in DECISIVE:
            if name in facts and facts[name] != getattr(venue, name):
                label = Venue._meta.get_field(name).verbose_name
                raise refuse(
                    f"{venue}已准入,改动“{label}”须先暂停,修改后重新准入(BZ-16)", key=name, row=venue
                )
    _set_facts(venue, facts)
    change([venue], *FACTS)
    audit.record(by=by, action="amend_venue", rows=[venue])
    return venue


def _set_facts(venue: Venue, facts: dict[str, object]) -> None:
    if unknown := set(facts) - set(FACTS):
        raise TypeError(f"a venue has no {unknown}")
    for name, value in facts.items():
        setattr(venue, name, value)
    found: list[Finding] = []
    if Venue.objects.filter(name=venue.name).exclude(pk=venue.pk).exists():
        found.append(wrong("name", f"“{venue.name}”已登记,请核对名称"))
    if venue.in_city and not venue.in_province:
        found.append(wrong("in_province", "在本市的疗休养院必在省内"))
    if venue.capacity < 1:
        found.append(wrong("capacity", "接待能力至少为1人"))
    enforce(found, row=venue)


@verb
def review_venue(
    *, by: User, venue: Venue, reviewed_on: datetime.date, score: int, opinion: str, reviewers: str,
    request_id: uuid.UUID | None = None,
) -> VenueReview:  # fmt: skip
    """Record a scored inspection, out of 100 (BZ-16); the venue's state does not move by it."""
    if request_id and (made := VenueReview.objects.filter(request_id=request_id).first()):
        return made
    [venue] = locked([venue], "unit")
    require_right(by, Can.KEEP_VENUES, venue.unit)
    found: list[Finding] = []
    if not 0 <= score <= 100:
        found.append(wrong("score", "得分为0至100"))
    if reviewed_on > clock.today():
        found.append(wrong("reviewed_on", "考察日期不得晚于今天"))
    enforce(found, row=venue)
    review = VenueReview(
        venue=venue, reviewed_on=reviewed_on, score=score, opinion=opinion, reviewers=reviewers,
        recorded_by=by, request_id=request_id,
    )  # fmt: skip
    add([review])
    audit.record(by=by, action="review_venue", rows=[review])
    return review


@verb
def admit(*, by: User, venue: Venue, reason: str) -> Venue:
    """Admit a venue that applied (准入); by the union lead, not by whoever applied, on a sufficient review."""
    venue = _moved(by, venue, [VenueState.APPLIED], VenueState.ADMITTED, "准入", reason)
    audit.record(by=by, action="admit", rows=[venue], reason=venue.state_reason)
    return venue


@verb
def suspend(*, by: User, venue: Venue, reason: str) -> Venue:
    """Suspend an admitted venue (暂停): no batch can be opened or approved there."""
    venue = _moved(by, venue, [VenueState.ADMITTED], VenueState.SUSPENDED, "暂停", reason)
    audit.record(by=by, action="suspend", rows=[venue], reason=venue.state_reason)
    return venue


@verb
def remove(*, by: User, venue: Venue, reason: str) -> Venue:
    """Remove a venue (退出) in whatever state it is."""
    states = [VenueState.APPLIED, VenueState.ADMITTED, VenueState.SUSPENDED]
    venue = _moved(by, venue, states, VenueState.REMOVED, "退出", reason)
    audit.record(by=by, action="remove", rows=[venue], reason=venue.state_reason)
    return venue


@verb
def restore(*, by: User, venue: Venue, reason: str) -> Venue:
    """Admit a suspended or removed venue again, under the conditions of a first admission."""
    states = [VenueState.SUSPENDED, VenueState.REMOVED]
    venue = _moved(by, venue, states, VenueState.ADMITTED, "恢复准入", reason)
    audit.record(by=by, action="restore", rows=[venue], reason=venue.state_reason)
    return venue


def _moved(
    by: User, venue: Venue, states: Sequence[VenueState], to: VenueState, doing: str, reason: str
) -> Venue:
    """The locked venue in its new state; raises Refused without a reason or a sufficient review."""
    [venue] = locked([venue], "unit")
    require_state([venue], states, doing)
    require_right(by, Can.ADMIT_VENUES, venue.unit)
    if not reason.strip():
        raise refuse(f"请写明{doing}的理由", key="reason", row=venue)
    if len(reason.strip()) > REASON_LENGTH:
        raise refuse(f"理由不超过{REASON_LENGTH}字", key="reason", row=venue)
    if to == VenueState.ADMITTED:
        applicants = [venue.applied_by_id] if venue.applied_by_id else []
        not_by(by, applicants, f"{venue}由您申报,请由他人办理准入")
        enforce(check_review(venue), reason=reason, row=venue)
    move([venue], state=to, state_on=clock.today(), state_reason=reason.strip())
    return venue


def check_review(venue: Venue) -> list[Finding]:
    """The latest review against the lowest score of the rule in force; none at all is a warning (BZ-16)."""
    limit = Rulebook(clock.today()).limit("sanatorium.venue_review_score", venue.unit)
    if limit is None:
        return []
    latest = venue.reviews.first()
    if latest is None:
        message = f"{venue}尚无考察评估"
        return [softened(limit.finding(message))]
    if latest.score < limit.value:
        message = f"{venue}最近一次考察得{latest.score}分,准入不低于{limit.value}分"
        return [limit.finding(message, asked=latest.score)]
    return []
