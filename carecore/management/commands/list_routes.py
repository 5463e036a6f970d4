"""list_routes: every address of the product with its name, methods and the permission it needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth.mixins import AccessMixin
from django.core.management.base import BaseCommand, CommandParser
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

# What a route needs where its view does not name a permission.
SIGNED_IN, STAFF, PUBLIC = "signed_in", "staff", "public"


@dataclass(frozen=True)
class Route:
    """One address; `permission` is a name of access.Can, or signed_in, staff or public."""

    path: str
    name: str
    methods: list[str]
    permission: str


class Command(BaseCommand):
    help = "Print every address with its name, methods and the permission it needs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="a list of {path, name, methods, permission}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the routes, in the order in which they are tried."""
        found = list(routes())
        if options["json"]:
            self.stdout.write(json.dumps([asdict(route) for route in found], indent=1))
            return
        for route in found:
            self.stdout.write(f"{route.path}  {route.name}  {','.join(route.methods)}  {route.permission}")


def routes() -> Iterator[Route]:
    """Every address that the product answers."""
    yield from _walk(get_resolver(), "/", "")


def _walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        where = prefix + _text(pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern, where, inner)
        else:
            yield _route(pattern, where, namespace)


def _text(pattern: URLPattern | URLResolver) -> str:
    """The part of an address; of a regular expression what people would write."""
    text = str(pattern.pattern)
    return text.strip("^$") if isinstance(pattern.pattern, RegexPattern) else text


def _route(pattern: URLPattern, where: str, namespace: str) -> Route:
    view = pattern.callback
    return Route(where, f"{namespace}{pattern.name or ''}", _methods(view), _permission(view, namespace))


def _methods(view: Callable[..., Any]) -> list[str]:
    declared = getattr(view, "methods", None)
    if declared is not None:
        return [method for method in declared if method != "HEAD"]
    of_class = getattr(view, "view_class", None)
    if of_class is None:
        return ["GET"]
    return [
        name.upper()
        for name in ("get", "post")
        if name in of_class.http_method_names and hasattr(of_class, name)
    ]


def _permission(view: Callable[..., Any], namespace: str) -> str:
    declared = getattr(view, "permission", None)
    if declared is not None:
        return str(declared)
    if namespace:
        return STAFF
    of_class = getattr(view, "view_class", None)
    return SIGNED_IN if of_class is not None and issubclass(of_class, AccessMixin) else PUBLIC
