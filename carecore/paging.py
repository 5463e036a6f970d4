"""Pages of long lists: forward and back by keyset, any page by a deferred offset, a count that is capped.

A page is reached by `?after=<pk>` or `?before=<pk>`, the row at the edge of the page before. The key alone
stands in the address, never the values sorted by, which may be names. `?page=` says the page's number; it
finds the page when the row at the edge is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet

COUNT_CAP = 10_000
# Where an offset stops making sense for the database: 64 bits, with room for a page.
LAST_PAGE = 2**40
NOTHING = Q(pk__in=[])


@dataclass(frozen=True)
class Key:
    """One column that rows are sorted by. Empty values come last upwards and first downwards."""

    name: str
    descending: bool
    nullable: bool

    def reversed(self) -> Key:
        return Key(self.name, not self.descending, self.nullable)

    def expression(self) -> Any:
        if not self.nullable:
            return F(self.name).desc() if self.descending else F(self.name).asc()
        return F(self.name).desc(nulls_first=True) if self.descending else F(self.name).asc(nulls_last=True)

    def beyond(self, value: object) -> Q:
        """Rows whose value comes strictly after this one."""
        if value is None:
            return Q(**{f"{self.name}__isnull": False}) if self.descending else NOTHING
        if self.descending:
            return Q(**{f"{self.name}__lt": value})
        after = Q(**{f"{self.name}__gt": value})
        return after | Q(**{f"{self.name}__isnull": True}) if self.nullable else after

    def same(self, value: object) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def bound(self, value: object) -> Q:
        """What lets an index begin at the value instead of walking up to it."""
        if self.nullable:
            return Q()
        return Q(**{f"{self.name}__{'lte' if self.descending else 'gte'}": value})


@dataclass(frozen=True)
class Page:
    """Some rows of a list and where they stand in it. `count` is exact up to COUNT_CAP, `capped` beyond."""

    rows: list[Model]
    number: int
    has_previous: bool
    has_next: bool
    count: int
    per_page: int

    @property
    def capped(self) -> bool:
        return self.count > COUNT_CAP

    @property
    def total(self) -> str:
        return f"{COUNT_CAP}+" if self.capped else str(self.count)

    @property
    def last_number(self) -> int | None:
        """The number of the last page; None where the count is capped."""
        return None if self.capped else max(1, -(-self.count // self.per_page))

    @property
    def is_only(self) -> bool:
        return not self.has_previous and not self.has_next

    @property
    def previous_number(self) -> int:
        return max(1, self.number - 1)

    @property
    def next_number(self) -> int:
        return self.number + 1

    @property
    def first_pk(self) -> Any:
        return self.rows[0].pk if self.rows else None

    @property
    def last_pk(self) -> Any:
        return self.rows[-1].pk if self.rows else None


def page_of(rows: QuerySet, params: Mapping[str, str], per_page: int) -> Page:
    """Return the page that the query string asks for, in at most four queries."""
    keys = sort_keys(rows)
    count = rows.order_by()[: COUNT_CAP + 1].count()
    number = _page_number(params.get("page"), count, per_page)
    for edge, backward in (("after", False), ("before", True)):
        start = _edge_values(rows, keys, params.get(edge))
        if start is not None:
            found, more = _beyond(rows, keys, start, per_page, backward)
            previous, following = (more, True) if backward else (True, more)
            return Page(found, number, previous, following, count, per_page)
    found, more = _by_offset(rows, keys, number, per_page)
    return Page(found, number, number > 1, more, count, per_page)


def sort_keys(rows: QuerySet) -> list[Key]:
    """The columns that rows are sorted by, ended by the primary key so that the order is total."""
    names = rows.query.order_by or rows.model._meta.ordering
    keys = [Key(name.lstrip("-"), name.startswith("-"), _nullable(rows, name.lstrip("-"))) for name in names]
    if not any(key.name in ("pk", rows.model._meta.pk.name) for key in keys):
        keys.append(Key("pk", bool(keys) and keys[-1].descending, nullable=False))
    return keys


def ordered(rows: QuerySet, keys: list[Key]) -> QuerySet:
    return rows.order_by(*(key.expression() for key in keys))


def _nullable(rows: QuerySet, name: str) -> bool:
    """Whether a column may be empty on the way; what is computed counts as if it may."""
    if name in rows.query.annotations:
        return True
    model = rows.model
    for part in name.split("__"):
        field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        if field.null:
            return True
        model = field.related_model
    return False


def _page_number(text: str | None, count: int, per_page: int) -> int:
    """The number asked for, at least 1 and no more than there is; 1 for what is no number."""
    text = (text or "")[:18]
    number = int(text) if text.isascii() and text.isdigit() else 1
    last = LAST_PAGE if count > COUNT_CAP else -(-count // per_page)
    return max(1, min(number, last))


def _edge_values(rows: QuerySet, keys: list[Key], text: str | None) -> tuple[Any, ...] | None:
    """The sorted-by values of the row at the edge; None where there is no such row any more."""
    if not text:
        return None
    try:
        pk = rows.model._meta.pk.to_python(text)
    except ValidationError:
        return None
    return rows.filter(pk=pk).order_by().values_list(*(key.name for key in keys)).first()


def _beyond(
    rows: QuerySet, keys: list[Key], start: tuple[Any, ...], per_page: int, backward: bool
) -> tuple[list[Model], bool]:
    """The rows next to the edge on one side of it, and whether there are more on that side."""
    if backward:
        keys = [key.reversed() for key in keys]
    condition = NOTHING
    for key, value in zip(reversed(keys), reversed(start), strict=True):
        condition = key.beyond(value) | (key.same(value) & condition)
    found = list(ordered(rows.filter(keys[0].bound(start[0]) & condition), keys)[: per_page + 1])
    shown = found[:per_page]
    return (shown[::-1] if backward else shown), len(found) > per_page


def _by_offset(rows: QuerySet, keys: list[Key], number: int, per_page: int) -> tuple[list[Model], bool]:
    """The rows of a page by its number: only keys are skipped over, whole rows are read for it alone."""
    start = (number - 1) * per_page
    if not start:
        found = list(ordered(rows, keys)[: per_page + 1])
        return found[:per_page], len(found) > per_page
    pks = list(ordered(rows, keys).values_list("pk", flat=True)[start : start + per_page + 1])
    by_pk = rows.in_bulk(pks[:per_page])
    return [by_pk[pk] for pk in pks[:per_page] if pk in by_pk], len(pks) > per_page
