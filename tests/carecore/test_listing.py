"""The shared list view: what it shows is what its filters leave of the visible rows, and so is its export."""

import csv
import datetime
import io
import json

import django_tables2 as tables
import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django_htmx.middleware import HtmxDetails
from python_calamine import CalamineWorkbook

from carecore import listing
from carecore.filters import DayFilter, FilterSet, SearchFilter, StateFilter, UnitFilter
from carecore.listing import BulkVerb, ListingView
from carecore.models import AuditEvent, Person
from carecore.models.people import PersonStatus
from carecore.tables import DateColumn, IdColumn, SelectColumn, StateColumn, Table
from tests import build


class PersonTable(Table):
    pick = SelectColumn()
    name = tables.Column("姓名", orderable=True, order_by=("pinyin",))
    unit = tables.Column("单位", accessor="unit__name")
    id_number = IdColumn("身份证号")
    born_on = DateColumn("出生日期", orderable=True)
    status = StateColumn("状态", tones={"在职": "good"})


class PersonFilter(FilterSet):
    q = SearchFilter("姓名")
    unit = UnitFilter()
    status = StateFilter("status", choices=PersonStatus.choices)
    born_from = DayFilter("born_on", "gte", label="出生日期自")


class People(ListingView):
    title, table_class, filterset_class = "人员", PersonTable, PersonFilter
    per_page = 2
    start_export_job = None

    def visible_rows(self, user):
        return Person.objects.visible_to(user).filter(users=None).select_related("unit")


class NewestFirst(People):
    class table_class(PersonTable):  # noqa: N801
        class Meta(PersonTable.Meta):
            order_by = ("-pk",)


class BulkPeople(People):
    def bulk_verbs(self, user):
        return [BulkVerb("退回", "/people/return/", needs_reason=True, danger=True)]


@pytest.fixture
def people(city):
    ages = {"张三": "1980-01-02", "李四": None, "王五": "1990-03-04"}
    return [
        build.person(city.a, name, born_on=day, id_number=build.id_number("19790202", number))
        for number, (name, day) in enumerate(ages.items())
    ]


@pytest.fixture(autouse=True)
def no_navigation(monkeypatch):
    monkeypatch.setattr("carecore.views.context.provided", lambda: ())


@pytest.fixture
def ask(cast, people, rf):
    """Ask a list for its answer as a user of the cast."""

    def answer(query="", *, user=cast.clerk, view=People, method="get", data=None, htmx=False):
        headers = {"HX-Request": "true"} if htmx else {}
        request = getattr(rf, method)(f"/people/{query}", data or {}, headers=headers)
        request.user, request.htmx = user, HtmxDetails(request)
        response = view.as_view()(request)
        return response.render() if hasattr(response, "render") else response

    return answer


def names(response):
    return [row.name for row in response.context_data["page"].rows]


def test_rows_of_other_units_are_neither_listed_nor_counted_nor_exported(ask, cast, city):
    build.person(city.b, "外单位")

    assert names(ask("?sort=name")) == ["李四", "王五"]
    assert ask().context_data["page"].count == 3
    assert "外单位" not in exported(ask("?export=csv"))
    assert names(ask(user=cast.clerk_b)) == ["外单位"]


def test_without_a_sign_in_the_list_leads_to_it(ask):
    response = ask("?q=zs", user=AnonymousUser())

    assert (response.status_code, response.url) == (302, "/accounts/login/?next=/people/%3Fq%3Dzs")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=zs", ["张三"]),
        ("?q=李", ["李四"]),
        ("?q=wangwu", ["王五"]),
        ("?born_from=1985-01-01", ["王五"]),
        ("?unit=甲&page=2", ["王五"]),
        ("?unit=379901&page=2", ["王五"]),
        ("?unit=37990", []),
        ("?status=退休", []),
    ],
)
def test_filters_leave_what_fits(ask, query, expected):
    assert names(ask(query)) == expected


@pytest.mark.parametrize("query", ["?status=没有", "?born_from=昨天", "?q=" + "长" * 51, "?q=%00"])
def test_an_invalid_filter_shows_no_rows_and_says_so(ask, query):
    response = ask(query)

    assert (response.status_code, names(response)) == (400, [])
    assert 'role="alert"' in response.content.decode()


def test_only_declared_columns_sort(ask):
    assert names(ask("?sort=-name")) == ["张三", "王五"]
    assert names(ask("?sort=-born_on")) == ["李四", "王五"]
    unsorted = names(ask())
    assert (
        names(ask("?sort=-id_number")) == names(ask("?sort=unit")) == names(ask("?sort=nothing")) == unsorted
    )


def test_the_usual_order_may_go_by_what_is_no_column(ask):
    assert names(ask(view=NewestFirst)) == ["王五", "李四"]
    assert names(ask("?sort=name", view=NewestFirst)) == ["李四", "王五"]


def test_the_sorted_column_says_its_direction(ask):
    assert 'aria-sort="descending"' in ask("?sort=-name").content.decode()
    assert "aria-sort" not in ask().content.decode()


def test_links_of_the_pager_keep_filters_and_order(ask):
    response = ask("?q=&unit=甲&sort=-name")
    last = response.context_data["page"].last_pk

    expected = f"/people/?q=&amp;unit=%E7%94%B2&amp;sort=-name&amp;page=2&amp;after={last}"
    assert expected in response.content.decode()


def test_htmx_gets_the_list_alone_and_caches_keep_the_two_apart(ask):
    part, page = ask(htmx=True), ask()

    assert part.content.decode().lstrip().startswith('<div id="listing"')
    assert page.content.decode().startswith("<!doctype html>")
    assert "HX-Request" in part.headers["Vary"]
    assert "HX-Request" in page.headers["Vary"]


def test_the_id_number_is_masked_on_the_page_and_in_the_export(ask, people):
    for text in (ask("?q=zs").content.decode(), exported(ask("?q=zs&export=csv"))):
        assert people[0].id_number not in text
        assert people[0].masked_id in text


def test_rows_are_picked_only_where_a_bulk_verb_is_possible(ask, people):
    without, picking = ask("?q=zs").content.decode(), ask("?q=zs", view=BulkPeople).content.decode()

    assert 'name="rows"' not in without
    assert f'name="rows" form="bulk" value="{people[0].pk}:1" aria-label="选择 张三"' in picking
    assert 'formaction="/people/return/" data-confirm="确定对选中的记录退回吗?"' in picking
    assert "选择" not in exported(ask("?export=csv", view=BulkPeople))


def exported(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_csv_holds_every_filtered_row_in_the_order_of_the_page(ask, people):
    rows = list(csv.reader(io.StringIO(exported(ask("?sort=-name&export=csv&page=2")))))

    assert rows[0] == ["姓名", "单位", "身份证号", "出生日期", "状态"]
    assert rows[1:] == [
        ["张三", "甲局", people[0].masked_id, "1980-01-02", "在职"],
        ["王五", "甲局", people[2].masked_id, "1990-03-04", "在职"],
        ["李四", "甲局", people[1].masked_id, "", "在职"],
    ]


def test_xlsx_holds_the_same_rows_with_typed_cells(ask, people):
    response = ask("?born_from=1985-01-01&export=xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content)))

    assert book.get_sheet_by_index(0).to_python() == [
        ["姓名", "单位", "身份证号", "出生日期", "状态"],
        ["王五", "甲局", people[2].masked_id, datetime.date(1990, 3, 4), "在职"],
    ]


def test_the_file_is_named_after_list_and_day(ask):
    disposition = ask("?export=xlsx").headers["Content-Disposition"]

    assert disposition.endswith("%E4%BA%BA%E5%91%98-20260511.xlsx")


def test_an_export_leaves_one_event_that_says_who_what_and_how_many(ask, cast):
    ask("?q=zs&sort=name&page=1&export=csv")

    event = AuditEvent.objects.get(action="export")
    assert event.by == cast.clerk
    assert json.loads(event.detail) == {
        "list": "人员", "format": "csv", "rows": 1, "filters": {"q": ["zs"], "sort": ["name"]},
    }  # fmt: skip


def test_a_page_leaves_no_event(ask):
    ask("?q=zs")

    assert not AuditEvent.objects.filter(action="export").exists()


@pytest.mark.parametrize("format", ["pdf", "", "XLSX"])
def test_an_unknown_format_is_refused(ask, format):
    with pytest.raises(BadRequest):
        ask(f"?export={format}")


def test_an_invalid_filter_exports_nothing(ask):
    response = ask("?status=没有&export=csv")

    assert response.status_code == 400
    assert not AuditEvent.objects.filter(action="export").exists()


def test_too_many_rows_are_not_exported_without_a_job(ask, monkeypatch):
    monkeypatch.setattr(listing, "COUNT_CAP", 2)

    assert "一次最多导出 2 条" in ask("?export=csv").content.decode()
    assert ask(method="post", data={"export": "csv"}).status_code == 405
    assert not AuditEvent.objects.filter(action="export").exists()


def test_too_many_rows_become_a_job_by_post_with_the_same_filters(ask, cast, monkeypatch):
    started = []

    class WithJob(People):
        @staticmethod
        def start_export_job(*facts):
            started.append(facts)
            return "/jobs/1/"

    monkeypatch.setattr(listing, "COUNT_CAP", 2)
    assert "开始导出" in ask("?unit=甲&export=xlsx", view=WithJob).content.decode()
    assert started == []

    response = ask("?unit=甲&export=xlsx", view=WithJob, method="post", data={"export": "xlsx"})

    assert (response.status_code, response.url) == (302, "/jobs/1/")
    user, view, params, format = started[0]
    assert (user, type(view), params["unit"], format) == (cast.clerk, WithJob, "甲", "xlsx")


def test_queries_do_not_grow_with_rows(ask, people, django_assert_num_queries):
    class Long(People):
        per_page = 50

    ask(view=Long)
    for query in ("?q=zs", ""):  # 1 row, 3 rows
        with django_assert_num_queries(2):
            assert isinstance(ask(query, view=Long), HttpResponse)
