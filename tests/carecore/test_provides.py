"""What carecore declares: every audited action has a name, every entry of the navigation an address."""

import ast

import pytest
from django.conf import settings
from django.urls import get_resolver, reverse

from carecore.access import Can
from carecore.jobs import listings
from carecore.listing import ListingView
from carecore.provides import PROVIDES
from carecore.registry import action_label

SOURCES = sorted((settings.BASE_DIR / "carecore").rglob("*.py"))


def _calls_verb(function):
    return any(isinstance(mark, ast.Name) and mark.id == "verb" for mark in function.decorator_list)


def _actions(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "").startswith("record"):
            named = [part.value for part in node.keywords if part.arg == "action"]
            yield from (value.value for value in named if isinstance(value, ast.Constant))
        if isinstance(node, ast.FunctionDef) and _calls_verb(node):
            yield node.name


def test_every_audited_action_has_a_name():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]
    used = {action for tree in trees for action in _actions(tree)}
    assert {"sign_in", "reveal", "register_people", "add_rule"} <= used
    assert used - set(PROVIDES.actions) == set()


def test_a_refusal_is_named_after_its_verb():
    assert action_label("refused.appoint") == "未通过:任职授权"


@pytest.mark.parametrize("item", [item for group in PROVIDES.nav for item in group.items])
def test_every_entry_of_the_navigation_leads_somewhere(item):
    assert reverse(item.route)
    assert item.permission is None or item.permission in Can


def test_every_list_can_be_exported_by_its_name():
    assert get_resolver().url_patterns  # all views are loaded
    lists = {view for view in _below(ListingView) if view.__module__.split(".")[0] in {"carecore", *settings.CARE_APPS}}
    named = tuple(listings().values())
    assert {view for view in lists if not issubclass(view, named)} == set()  # a page may narrow a list to one row


def _below(view):
    return {view for child in view.__subclasses__() for view in {child, *_below(child)}}
