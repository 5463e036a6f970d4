"""manage.py export LIST FILE: what the list's own export writes, from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.http import QueryDict

from carecore import audit
from carecore.access import Role
from carecore.jobs import listings
from carecore.listing import ListingView
from carecore.management.commands.import_sheet import pair, user_named
from carecore.models import Appointment, Unit, User


class Command(BaseCommand):
    help = "Write a list as .xlsx or .csv, the ledger for beancount, as a user would see it; without --user all of it, as the operator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("list", metavar="LIST", help=", ".join(sorted(listings())))
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--format", help="xlsx, csv; of the ledger beancount; else as the file's name says, or the first of these")
        parser.add_argument("--user", metavar="NAME", help="sign-in name of the user whose view of the list it is")
        parser.add_argument(
            "--filter", metavar="KEY=VALUE", action="append", type=pair, default=[], help="as in the list's address"
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        view = _view(options["list"])
        by = user_named(options["user"]) if options["user"] else operator()
        params = _params(view, by, options["filter"])
        format = _format(view, options["format"], file)
        try:
            with audit.source("命令 export"), file.open("wb") as stream:
                count = view.write_export(by, params, format, stream)
        except OSError as error:
            raise CommandError(f"无法写入文件 {file}:{error.strerror}") from None
        self.stdout.write(f"{view.title}:{count} 条,已写入 {file}")


def operator() -> User:
    """Whoever runs the server, as a user without an account who reads everything."""
    user = User(name="系统运维")
    roots = Unit.objects.filter(parent=None)
    user._appointments = [
        Appointment(user=user, unit=unit, role=role) for unit in roots for role in (Role.AUDITOR, Role.ADMINISTRATOR)
    ]
    return user


def _view(name: str) -> ListingView:
    found = listings()
    if name not in found:
        raise CommandError(f"没有名为“{name}”的列表,可用:{'、'.join(sorted(found))}")
    return found[name]()


def _format(view: ListingView, asked: str | None, file: Path) -> str:
    if asked and asked not in view.formats:
        raise CommandError(f"{view.title}不能导出为“{asked}”,可用:{'、'.join(view.formats)}")
    return asked or (file.suffix[1:] if file.suffix[1:] in view.formats else view.formats[0])


def _params(view: ListingView, by: User, filters: list[tuple[str, str]]) -> QueryDict:
    """The filters as a query string would give them; raises CommandError for one that the list does not have."""
    params = QueryDict(mutable=True)
    for key, value in filters:
        if key not in view.filterset_class.base_filters:
            names = "、".join(view.filterset_class.base_filters)
            raise CommandError(f"{view.title}没有筛选项“{key}”,可用:{names}")
        params.appendlist(key, value)
    filterset, _ = view.select(by, params)
    if not filterset.is_valid():
        errors = ";".join(f"{key}:{''.join(found)}" for key, found in filterset.form.errors.items())
        raise CommandError(f"筛选条件有误:{errors}")
    return params
