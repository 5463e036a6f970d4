"""``manage.py load_demo``: the demonstration city 滨海市 in the middle of 2026."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from operator import attrgetter

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from carecore import audit, demo
from carecore.models import Appointment, Unit
from carecore.registry import provided

SIZES = {"town": 0, "city": 20_000}  # people besides those of the sample workbooks


class Command(BaseCommand):
    help = "Loads the demonstration city into an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--size", choices=SIZES, default="town")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--json", action="store_true", help="print users and units as JSON")
        parser.add_argument("--force", action="store_true", help="also outside DEBUG: known passwords!")

    def handle(self, *args: object, size: str, seed: int, force: bool, **options: object) -> None:
        if not (settings.DEBUG or force):
            raise CommandError("load_demo makes accounts with known passwords: it needs DEBUG=1 or --force.")
        if Unit.objects.exists():
            raise CommandError("The database is not empty: load_demo tells its story from the beginning.")
        with transaction.atomic(), audit.source("load_demo"):
            city = demo.found()
            city.people, city.seed = SIZES[size], seed
            chapters = (chapter for part in provided() for chapter in part.demo)
            for chapter in sorted(chapters, key=attrgetter("on")):
                chapter.tell(city)
        if options["json"]:
            self.stdout.write(json.dumps(self.summary(), ensure_ascii=False))
        else:
            self.stdout.write(f"滨海市已载入,登录密码均为 {demo.PASSWORD}")

    def summary(self) -> dict[str, list[dict[str, str]]]:
        """Users with role and unit, units with code and parent, as the interface lays down."""
        held = Appointment.objects.filter(user__is_active=True).select_related("user", "unit")
        users = [
            {"username": a.user.username, "password": demo.PASSWORD, "role": a.role, "unit": a.unit.code}
            for a in held.order_by("pk")
        ]
        units = [
            {"code": unit.code, "name": unit.name, "parent": unit.parent.code if unit.parent else None}
            for unit in Unit.objects.select_related("parent")
        ]
        return {"users": users, "units": units}
