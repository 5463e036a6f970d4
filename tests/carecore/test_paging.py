"""Pages of long lists: every row exactly once, whatever the order, in either direction."""

import datetime

import pytest
from django.http import QueryDict

from carecore import paging
from carecore.models import Person
from tests import build

DAYS = [None, datetime.date(1980, 1, 1), None, datetime.date(1970, 1, 1), datetime.date(1980, 1, 1)]


@pytest.fixture
def people(city):
    """Seven people: equal days, missing days and equal names lie across the pages' edges."""
    names = ["丁", "乙", "乙", "丙", "甲", "乙", "丁"]
    days = [*DAYS, datetime.date(1990, 1, 1), None]
    rows = [build.person(city.a, name, born_on=day) for name, day in zip(names, days, strict=True)]
    return Person.objects.filter(pk__in=[row.pk for row in rows])


def page(rows, per_page=2, **params):
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in params.items()})
    return paging.page_of(rows, query, per_page)


def walk(rows, forward=True):
    """Every page in turn, by the links that the pager shows."""
    now = page(rows) if forward else page(rows, page=99)
    pages = [now]
    while now.has_next if forward else now.has_previous:
        edge = {"after": now.last_pk} if forward else {"before": now.first_pk}
        now = page(rows, page=now.next_number if forward else now.previous_number, **edge)
        pages.append(now)
    return pages


@pytest.mark.parametrize(
    "order",
    [(), ("name",), ("-name",), ("born_on",), ("-born_on",), ("name", "-born_on"), ("-unit__name", "pinyin")],
)
def test_walking_forward_meets_every_row_once_in_order(people, order):
    rows = people.order_by(*order)
    whole = page(rows, per_page=50).rows

    assert len(whole) == 7
    assert [row for part in walk(rows) for row in part.rows] == whole
    assert [part.number for part in walk(rows)] == [1, 2, 3, 4]


@pytest.mark.parametrize("order", [("name",), ("born_on",), ("-born_on",), ("-name", "born_on")])
def test_walking_back_meets_the_same_rows(people, order):
    rows = people.order_by(*order)
    met = [row for part in reversed(walk(rows, forward=False)) for row in part.rows]

    assert met == page(rows, per_page=50).rows


def test_empty_values_come_last_upwards_and_first_downwards_on_every_database(people):
    upwards = [row.born_on for row in page(people.order_by("born_on"), per_page=50).rows]
    downwards = [row.born_on for row in page(people.order_by("-born_on"), per_page=50).rows]

    assert upwards[-3:] == [None] * 3
    assert upwards[:-3] == sorted(upwards[:-3])
    assert downwards == upwards[::-1]


def test_equal_values_are_told_apart_by_primary_key(people):
    rows = page(people.order_by("name"), per_page=50).rows
    same = [row.pk for row in rows if row.name == "乙"]

    assert len(same) == 3
    assert same == sorted(same)


def test_a_page_by_number_equals_the_page_reached_by_walking(people):
    rows = people.order_by("-name")

    assert [page(rows, page=number).rows for number in (1, 2, 3, 4)] == [part.rows for part in walk(rows)]


def test_links_at_both_ends(people):
    first, middle, last = page(people), page(people, page=2), page(people, page=4)

    assert (first.has_previous, first.has_next) == (False, True)
    assert (middle.has_previous, middle.has_next) == (True, True)
    assert (last.has_previous, last.has_next, len(last.rows)) == (True, False, 1)
    assert page(people, per_page=7).is_only


def test_when_the_row_at_the_edge_is_gone_the_number_finds_the_page(people):
    gone = page(people).rows[-1]
    rows = people.exclude(pk=gone.pk)

    assert page(rows, page=2, after=gone.pk).rows == page(rows, page=2).rows


@pytest.mark.parametrize("text", ["0", "-1", "x", "", "1.5", "²", "٣"])
def test_what_is_no_page_number_is_the_first_page(people, text):
    assert page(people, page=text).number == 1


@pytest.mark.parametrize("text", ["99", "9" * 30])
def test_beyond_the_end_is_the_last_page(people, text):
    assert page(people, page=text).number == 4


@pytest.mark.parametrize("text", ["x", "9" * 30, "\0", "-5"])
@pytest.mark.parametrize("edge", ["after", "before"])
def test_a_damaged_edge_is_ignored(people, edge, text):
    assert page(people, **{edge: text}).rows == page(people).rows


def test_a_long_list_is_counted_to_the_cap_only(people, monkeypatch):
    monkeypatch.setattr(paging, "COUNT_CAP", 3)
    now = page(people)

    assert (now.total, now.capped, now.last_number) == ("3+", True, None)
    assert page(people, page=4).rows == list(people.order_by("pk"))[6:]
    beyond = page(people, page=9)
    assert (beyond.rows, beyond.has_previous, beyond.has_next) == ([], True, False)
    assert page(people, page="9" * 30).rows == []


def test_a_short_list_says_its_exact_number(people):
    now = page(people)

    assert (now.total, now.last_number) == ("7", 4)


@pytest.mark.parametrize("params", [{}, {"page": 3}, {"page": 2, "after": "second"}])
def test_queries_do_not_grow_with_rows(people, params, django_assert_max_num_queries):
    params = {name: page(people).last_pk if value == "second" else value for name, value in params.items()}
    for per_page in (1, 3):
        with django_assert_max_num_queries(3):
            page(people.order_by("born_on"), per_page=per_page, **params)


def test_an_empty_list_is_one_empty_page(people):
    now = page(people.none())

    assert (now.rows, now.number, now.count, now.last_number, now.is_only) == ([], 1, 0, 1, True)
