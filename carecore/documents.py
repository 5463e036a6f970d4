"""From the kind and number that a row keeps of its document to that document's page, whichever app it is of.

Each app names the pages of its own documents in `provides.py`, so that nothing imports upwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.urls import reverse

from carecore.models import User
from carecore.registry import provided


@dataclass(frozen=True)
class DocumentLink:
    """A document by its kind (资金收入) and number; `url` is empty where the user has no page of it."""

    kind: str
    pk: int
    url: str

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


def routes() -> dict[str, str]:
    """The route of a document's page by the label of its model, over all apps."""
    return {label: route for part in provided() for label, route in part.documents.items()}


def kinds() -> list[tuple[str, str]]:
    """The documents that have a page, as choices: label of the model and its Chinese name."""
    return [(label, kind_name(label)) for label in routes()]


def kind_name(label: str) -> str:
    """The Chinese name of a kind of document; the label itself where there is no such model any more."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


def links(user: User, documents: Iterable[tuple[str, int]]) -> dict[tuple[str, int], DocumentLink]:
    """These documents as the user may open them, one query for each kind; `visible_to` of its model says who may."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for label, pk in documents:
        wanted[label].add(pk)
    found = {}
    for label, pks in wanted.items():
        route, name, visible = routes().get(label), kind_name(label), set()
        if route:
            rows = apps.get_model(label)._default_manager.visible_to(user).filter(pk__in=pks)
            visible = set(rows.values_list("pk", flat=True))
        for pk in pks:
            found[label, pk] = DocumentLink(name, pk, reverse(route, args=[pk]) if pk in visible else "")
    return found


def link(user: User, label: str, pk: int) -> DocumentLink:
    """One document as the user may open it."""
    return links(user, [(label, pk)])[label, pk]
