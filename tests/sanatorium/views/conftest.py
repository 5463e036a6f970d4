"""Somebody at a page: signed in, asking and posting, with the answer as text or JSON."""

import re
from types import SimpleNamespace

import pytest
from django.test import Client

JSON = {"Accept": "application/json"}


@pytest.fixture
def desk(cast):
    """Ask and post as a user of the cast; each has a client of their own."""
    clients = {}

    def client(who):
        """Signed in afresh: a story that goes on another day has outlived its session."""
        clients.setdefault(who.pk, Client()).force_login(who)
        return clients[who.pk]

    def get(who, url, status=200, **query):
        return _answered(client(who).get(url, query), status)

    def post(who, url, status=302, json=False, **data):
        answer = client(who).post(url, data, headers=JSON if json else {})
        return _answered(answer, status)

    def refused(who, url, status=409, **data):
        """The findings of an answer in JSON, and its code."""
        body = post(who, url, status, json=True, **data).json()
        assert body["ok"] is False
        return body

    def follow(who, answer):
        """The page that an answer leads to."""
        return get(who, answer["Location"])

    return SimpleNamespace(get=get, post=post, refused=refused, follow=follow, client=client)


def _answered(answer, status):
    form = answer.context.get("form") if answer.context else None
    errors = getattr(form, "errors", "") or (answer.content[:500] if answer.status_code >= 400 else "")
    assert answer.status_code == status, errors
    return answer


def words(answer):
    """What a page says, without its tags and spaces."""
    body = re.sub(r"(?s)^.*<main", "<main", answer.content.decode())
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", body))


def names_shown(answer):
    return [row.name for row in answer.context["page"].rows]


def versioned(row):
    """What a form of this row carries."""
    return {"version": type(row).objects.values_list("version", flat=True).get(pk=row.pk)}


def picked(*rows):
    """What a list posts for these rows."""
    return {"rows": [f"{row.pk}:{type(row).objects.get(pk=row.pk).version}" for row in rows]}
