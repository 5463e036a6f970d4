"""What carecore gathers from the businesses: each app declares it in its `provides.py` as `PROVIDES`.

carecore never imports a business; `settings.CARE_APPS` names them and this module loads them once.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string

from carecore.access import Can

if TYPE_CHECKING:
    from carecore.models import User


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation, shown to whoever holds the permission anywhere; to everybody if None."""

    label: str
    route: str
    permission: Can | None = None


@dataclass(frozen=True)
class NavGroup:
    """Entries under one title; groups of a smaller place come first."""

    title: str
    items: tuple[NavItem, ...]
    place: int = 1


@dataclass(frozen=True)
class DeskItem:
    """One thing that waits for a user: a sentence, how many, where to go, by when."""

    title: str
    count: int
    url: str
    due: str = ""
    tone: str = "normal"


@dataclass(frozen=True)
class Meter:
    """A quota or cap on the desk: how much of how much, in whose name."""

    label: str
    value: Any
    maximum: Any
    unit: str = ""
    url: str = ""


@dataclass(frozen=True)
class OpenWork:
    """Unfinished rows of a user, done under one right; `owner` is the column that a successor takes over.

    `rows` are of one model with a `unit`; an appointment that carried the right cannot end before them.
    """

    label: str
    permission: Can
    rows: QuerySet
    owner: str


@dataclass(frozen=True)
class Chapter:
    """A part of the demonstration and the day on which it begins; the chapters of all apps are told in that order."""

    on: datetime.date
    tell: Callable[[Any], None]


@dataclass(frozen=True)
class Problem:
    """What `verify` found: which invariant, which row, in a plain sentence."""

    invariant: str
    row: str
    message: str


@dataclass(frozen=True)
class Provides:
    """All that one app contributes."""

    nav: tuple[NavGroup, ...] = ()
    desk: tuple[Callable[[User], Iterable[DeskItem]], ...] = ()
    meters: tuple[Callable[[User], Iterable[Meter]], ...] = ()
    importers: tuple[Any, ...] = ()
    exports: dict[str, Any] = field(default_factory=dict)
    checks: tuple[Callable[[], Iterator[Problem]], ...] = ()
    append_only: tuple[type[Model], ...] = ()  # tables whose rows are only ever added: see protect_ledger
    demo: tuple[Chapter, ...] = ()
    actions: dict[str, str] = field(default_factory=dict)  # name of a verb -> its label in timelines
    open_work: tuple[Callable[[User], Iterable[OpenWork]], ...] = ()
    confidential: dict[str, Can] = field(default_factory=dict)  # label of a model -> the right its attachments ask for
    documents: dict[str, str] = field(default_factory=dict)  # label of a model -> route of a row's page, by its pk
    # label of a document's model -> (by, payment) -> the rows that followed when its payment was paid, returned, void
    followers: dict[str, Callable[..., list[Any]]] = field(default_factory=dict)


@cache
def provided() -> tuple[Provides, ...]:
    """What carecore and each business provide, carecore first."""
    return tuple(import_string(f"{app}.provides.PROVIDES") for app in ["carecore", *settings.CARE_APPS])


@cache
def _action_labels() -> dict[str, str]:
    return {name: label for part in provided() for name, label in part.actions.items()}


@cache
def follower(kind: str) -> Callable[..., list[Any]] | None:
    """What follows when the payment of such a document moves; None where nothing does."""
    return next((part.followers[kind] for part in provided() if kind in part.followers), None)


@cache
def confidential() -> dict[str, Can]:
    """The right that the attachments of a kind of document ask for, where it is more than seeing the unit."""
    return {kind: right for part in provided() for kind, right in part.confidential.items()}


def action_names() -> list[str]:
    """Every action that has a name, carecore's first."""
    return list(_action_labels())


def action_label(action: str) -> str:
    """The Chinese name of an audited action; a refusal reads 未通过:…."""
    refused = action.startswith("refused.")
    name = action.removeprefix("refused.")
    label = _action_labels().get(name, name)
    return f"未通过:{label}" if refused else label
