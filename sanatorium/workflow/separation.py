"""Separation of duties (invariant 5): nobody decides on their own case, nor twice on the same one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from carecore.models import AuditEvent, Severity, User
from carecore.policy import Finding
from carecore.workflow import Forbidden
from sanatorium.models import Nomination
from sanatorium.queries import in_parts

# What was done to a name under each step that its row names, as its events tell it: also in an earlier round,
# before it was sent back, and by somebody else than the row names now.
ACTIONS = {
    "nominated_by": {"nominate": "推荐", "amend": "修改", "attach_evidence": "补充佐证", "publish_notice": "公示"},
    "submitted_by": {"submit": "报送"},
    "confirmed_by": {"confirm": "确认"},
    "reviewed_by": {"review": "审核"},
}


def not_own_case(by: User, rows: Iterable[Nomination]) -> None:
    """Raise Forbidden where the user is one of these people."""
    for row in rows:
        if by.person_id is not None and row.person_id == by.person_id:
            raise Forbidden(_finding(f"{row}是您本人,不能办理本人的事项,请由他人办理"), row=row)


def not_by(by: User, earlier: Iterable[int], message: str) -> None:
    """Raise Forbidden where one of these users is the same person as `by`, under whatever account."""
    if accounts_of(by) & set(earlier):
        raise Forbidden(_finding(message))


def separate(by: User, rows: Sequence[Nomination], *earlier: str) -> None:
    """Raise Forbidden for one's own case, and where `by` took one of these earlier steps on a row.

    Whoever amended, proved or published a name took part in nominating it; what was done before a name was
    sent back counts too. Queries do not grow with the rows.
    """
    not_own_case(by, rows)
    if not earlier:
        return
    myself = accounts_of(by)
    done = _done_by(myself, rows, earlier)
    for row in rows:
        held = (row._meta.get_field(name) for name in earlier if getattr(row, f"{name}_id") in myself)
        step = next((field.verbose_name.removesuffix("人") for field in held), done.get(row.pk))
        if step:
            raise Forbidden(_finding(f"{row}由您{step},不能再由您办理本环节,请由他人办理"), row=row)


def _done_by(accounts: set[int], rows: Sequence[Nomination], earlier: Iterable[str]) -> dict[int, str]:
    """What these accounts did to each row in these steps, by primary key; rows they did nothing to are absent."""
    words = {action: word for name in earlier for action, word in ACTIONS[name].items()}
    events = AuditEvent.objects.filter(kind=Nomination._meta.label_lower, action__in=words, by__in=accounts)
    found: dict[int, str] = {}
    for pks in in_parts(row.pk for row in rows):
        for pk, action in events.filter(object_id__in=pks).order_by("-seq").values_list("object_id", "action"):
            found[pk] = words[action]  # the first of them is named
    return found


def accounts_of(by: User) -> set[int]:
    """Every account of the same person."""
    if by.person_id is None:
        return {by.pk}
    return {by.pk, *User.objects.filter(person=by.person_id).values_list("pk", flat=True)}


def _finding(message: str) -> Finding:
    return Finding("separation", Severity.BLOCK, message)
