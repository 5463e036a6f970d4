"""manage.py load_policy PRESET [--unit CODE] [--from DATE]: put the rules of a policy document in force."""

from __future__ import annotations

import datetime
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carecore import audit, presets
from carecore.models import Unit
from carecore.policy import KEYS
from carecore.workflow import Refused


class Command(BaseCommand):
    help = "Put the rules of a preset in force for a unit and everything under it; the same again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("preset", help=f"one of {', '.join(presets.names())}")
        parser.add_argument("--unit", metavar="CODE", help="code of the unit; else the one at the root")
        parser.add_argument(
            "--from", dest="first_day", metavar="DATE", type=_day,
            help="first day in force, YYYY-MM-DD; else the day the document was issued",
        )  # fmt: skip

    def handle(self, *args: Any, preset: str, first_day: datetime.date | None, **options: Any) -> None:
        unit = _unit(options["unit"])
        try:
            with audit.source("命令 load_policy"):
                loaded = presets.load_policy(by=None, preset=preset, unit=unit, effective_from=first_day)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"{unit} {loaded.document}:新增{len(loaded.added)}条,未变{loaded.unchanged}条,"
            f"已另有取值而保留{len(loaded.different)}条"
        )
        for key in loaded.different:
            self.stdout.write(f"  {KEYS[key].label}({key})已登记为不同的取值或条款,如需更改请接续该规则")


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError("日期应写作 2026-06-01") from error


def _unit(code: str | None) -> Unit:
    """The unit of this code, or the only root; raises CommandError where there is none, or no single root."""
    found = list(Unit.objects.filter(code=code) if code else Unit.objects.filter(parent=None)[:2])
    if len(found) != 1:
        raise CommandError(
            f"没有代码为“{code}”的单位" if code else "没有唯一的根单位,请用 --unit 写明单位代码"
        )
    return found[0]
