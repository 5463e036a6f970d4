"""The one shared list view: visible rows + filter set + table + pages + export, all from one query.

A list says what its rows are, a table and a filter set; the page, its htmx part, `?export=`, a job and the
`export` command all go through `select()`, so that a file holds exactly what the page shows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.utils.cache import patch_vary_headers
from django.views.generic.base import TemplateResponseMixin, View
from django_tables2.rows import BoundRow, BoundRows

from carecore import audit, clock, jobs
from carecore.filters import FilterSet
from carecore.models import User
from carecore.paging import COUNT_CAP, Page, ordered, page_of, sort_keys
from carecore.sheets import writer
from carecore.sheets.typed import Kind
from carecore.tables import Table

# What moves about in a list and filters nothing.
MOVING = ("page", "after", "before", "export", "csrfmiddlewaretoken")
CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@dataclass(frozen=True)
class BulkVerb:
    """A verb for the rows picked: it posts `rows=pk:version` to its url, perhaps with a reason."""

    label: str
    url: str
    needs_reason: bool = False
    danger: bool = False


class ListingView(LoginRequiredMixin, TemplateResponseMixin, View):
    """One list. A subclass gives title, table_class, filterset_class and visible_rows()."""

    title: ClassVar[str]
    table_class: ClassVar[type[Table]]
    filterset_class: ClassVar[type[FilterSet]]
    template_name = "listing.html"
    part_template_name = "_partials/list.html"
    per_page = 50
    formats: ClassVar[tuple[str, ...]] = tuple(CONTENT_TYPES)  # what an export may be written as; the first is usual
    # (user, view, filters, format) -> address of the job that writes a file too long for one request.
    start_export_job: ClassVar[Callable[[User, ListingView, QueryDict, str], str] | None] = staticmethod(jobs.start_export)

    def visible_rows(self, user: User) -> QuerySet:
        """All rows this user may see, with what the table needs joined to them."""
        raise NotImplementedError

    def create_url(self, user: User) -> str:
        """Where a new row is made; empty where this user may not."""
        return ""

    def import_url(self, user: User) -> str:
        """Where rows are imported; empty where this user may not."""
        return ""

    def bulk_verbs(self, user: User) -> list[BulkVerb]:
        """The verbs this user may apply to the rows picked; the table then needs a SelectColumn `pick`."""
        return []

    def hidden_columns(self, user: User, filterset: FilterSet) -> tuple[str, ...]:
        """The columns that page and export leave out."""
        return () if self.bulk_verbs(user) else ("pick",)

    # One query for page, export, job and command --------------------------------------------------------

    def select(self, user: User, params: QueryDict) -> tuple[FilterSet, Table]:
        """The filter set and the sorted table of the rows it leaves; no rows where a filter is invalid."""
        filterset = self.filterset_class(params, self.visible_rows(user), user=user)
        rows = filterset.qs if filterset.is_valid() else filterset.queryset.none()
        usual = self.table_class._meta.order_by or ()
        # The usual order may go by what is no column, such as -pk; `sort` may not.
        if apart := [alias for alias in usual if alias.bare not in self.table_class.base_columns]:
            rows = rows.order_by(*apart)
        hidden = self.hidden_columns(user, filterset)
        return filterset, self.table_class(rows, order_by=params.getlist("sort") or usual, exclude=hidden)

    def write_export(self, user: User, params: QueryDict, format: str, stream: IO[bytes]) -> int:
        """Write every row the filters leave as xlsx or csv, record it, and return how many there were."""
        _, table = self.select(user, params)
        bound = [column for column in table.columns.iterall() if not column.column.exclude_from_export]
        fields = [writer.Field(str(c.header), getattr(c.column, "kind", Kind.TEXT)) for c in bound]
        rows = _cells(table, [column.name for column in bound], fields)
        if format == "csv":
            count = writer.write_csv(stream, fields, rows)
        else:
            count = writer.write_list(stream, self.title, fields, rows, exporter=user.name)
        self.record_export(user, params, format, count)
        return count

    def record_export(self, user: User, params: QueryDict, format: str, count: int) -> None:
        """Leave the audit event of an export: which list, how many rows, under which filters."""
        filters = {name: params.getlist(name) for name in sorted(params) if name not in MOVING}
        detail = audit.canonical({"list": self.title, "format": format, "rows": count, "filters": filters})
        # Whoever runs the server exports without an account.
        audit.record_access(by=user if user.pk else None, action="export", detail=detail)

    # The page -------------------------------------------------------------------------------------------

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        filterset, table = self.select(request.user, request.GET)
        status = 200 if filterset.is_valid() else 400
        if "export" in request.GET and status == 200:
            return self._export(request, table)
        page = page_of(table.data.data, request.GET, self.per_page)
        # django-tables2 shows the rows of `table.page`: paging itself is done here, by keyset.
        table.page = _TablePage(BoundRows(page.rows, table), page)
        response = self.render_to_response(self.context(filterset, table, page), status=status)
        patch_vary_headers(response, ["HX-Request"])
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Start the job for an export that is too long for one request."""
        if type(self).start_export_job is None:
            return HttpResponseNotAllowed(["GET"])
        format = _format(request.POST)
        return redirect(type(self).start_export_job(request.user, self, request.GET, format))

    def get_template_names(self) -> list[str]:
        part = self.request.htmx and not self.request.htmx.history_restore_request
        return [self.part_template_name if part else self.template_name]

    def context(self, filterset: FilterSet, table: Table, page: Page) -> dict[str, Any]:
        """What the templates show; a subclass adds to it."""
        user = self.request.user
        return {
            "title": self.title, "filterset": filterset, "table": table, "page": page,
            "bulk_verbs": self.bulk_verbs(user),
            "create_url": self.create_url(user), "import_url": self.import_url(user),
        }  # fmt: skip

    def _export(self, request: HttpRequest, table: Table) -> HttpResponse:
        format = _format(request.GET)
        if table.data.data.order_by()[: COUNT_CAP + 1].count() > COUNT_CAP:
            as_job = type(self).start_export_job is not None
            context = {"title": self.title, "format": format, "cap": COUNT_CAP, "as_job": as_job}
            return self.response_class(request, ["listing_export.html"], context, using=self.template_engine)
        stream = tempfile.SpooledTemporaryFile(max_size=2**20)  # noqa: SIM115 - FileResponse closes it
        self.write_export(request.user, request.GET, format, stream)
        stream.seek(0)
        name = f"{self.title}-{clock.today():%Y%m%d}.{format}"
        return FileResponse(stream, as_attachment=True, filename=name, content_type=CONTENT_TYPES[format])


@dataclass(frozen=True)
class _TablePage:
    """What django-tables2 asks of a page."""

    object_list: BoundRows
    page: Page


def _cells(table: Table, names: list[str], fields: list[writer.Field]) -> Iterator[list[Any]]:
    """The values of each row in turn, in the order of the page; rows stream from the database."""
    rows = table.data.data
    for record in ordered(rows, sort_keys(rows)).iterator(chunk_size=2000):
        row = BoundRow(record, table)
        values = [row.get_cell_value(name) for name in names]
        yield [_cell(value, field.kind) for value, field in zip(values, fields, strict=True)]


def _cell(value: Any, kind: Kind) -> Any:
    """A text column may hold another row, such as a unit: its name is written."""
    return str(value) if kind == Kind.TEXT and value is not None else value


def _format(params: QueryDict) -> str:
    """The format asked for; raises BadRequest for one that does not exist."""
    if params.get("export") not in CONTENT_TYPES:
        raise BadRequest("导出格式只有 xlsx 和 csv")
    return params["export"]
