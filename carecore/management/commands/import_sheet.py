"""manage.py import_sheet KIND FILE --user NAME: what the import page does, from the command line."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carecore import audit
from carecore.imports import run
from carecore.imports.contract import Importer, importer, importers
from carecore.imports.report import ImportReport, place
from carecore.models import User
from carecore.sheets.errors import SheetError
from carecore.workflow import Refused


class Command(BaseCommand):
    help = "Check a spreadsheet and say what importing it would do; with --commit import it, all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", metavar="KIND", help=", ".join(found.kind for found in importers()))
        parser.add_argument("file", metavar="FILE", type=Path, help=".xlsx, .xls or .csv")
        parser.add_argument("--user", metavar="NAME", required=True, help="sign-in name of whoever imports")
        parser.add_argument(
            "--into", metavar="KEY=VALUE", action="append", type=pair, default=[],
            help="where the rows go, if the title lines do not say: year=2026, batch=3, unit=379901",
        )  # fmt: skip
        parser.add_argument("--commit", action="store_true", help="import; without it nothing is changed")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, kind: str, file: Path, user: str, **options: Any) -> None:
        found, by, content = _importer(kind), user_named(user), _content(file)
        try:
            with audit.source("命令 import_sheet"):
                examined = run.examine(
                    by=by, importer=found, content=content, file_name=file.name, into=dict(options["into"])
                )
                report = run.commit(by=by, examined=examined) if options["commit"] else examined.report
        except (SheetError, Refused) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join(_lines(report)))


def _lines(report: ImportReport) -> list[str]:
    """The report for people to read."""
    return [
        f"数据行 {report.rows} = 新增 {report.new} + 变更 {report.changed} + 无变化 {report.unchanged}"
        f" + 不予导入 {len(report.rejected)};另跳过非数据行 {report.skipped}",
        *(f"不予导入 {place(entry)}:{entry.message}" for entry in report.rejected),
        *(f"提醒 {where or '文件'}:{message}(共 {times} 处)" for message, where, times in report.warnings_by_message()),
        "已导入" if report.committed else "未写入任何内容(加 --commit 导入)",
    ]


def pair(text: str) -> tuple[str, str]:
    """An option written KEY=VALUE; raises ArgumentTypeError."""
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise ArgumentTypeError("应写作 KEY=VALUE,如 year=2026")
    return key, value


def _importer(kind: str) -> type[Importer]:
    found = importer(kind)
    if found is None:
        raise CommandError(f"没有“{kind}”这一类,可用:{'、'.join(one.kind for one in importers())}")
    return found


def user_named(name: str) -> User:
    """The active account of a sign-in name; raises CommandError."""
    try:
        return User.objects.get(username=name, is_active=True)
    except User.DoesNotExist:
        raise CommandError(f"没有登录名为“{name}”的启用账号") from None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"无法读取文件 {file}:{error.strerror}") from None
