"""first_admin: the root unit and its first administrator, for a real installation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carecore import accounts, audit
from carecore.forms.accounts import USERNAME
from carecore.workflow import Refused


class Command(BaseCommand):
    help = "Make the root unit and its first administrator; print the one-time password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="sign-in name")
        parser.add_argument("unit_code", help="code of the root unit")
        parser.add_argument("unit_name", help="name of the root unit")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the one-time password; refused once there is an administrator."""
        if not USERNAME.regex.fullmatch(options["username"]):
            raise CommandError(str(USERNAME.message))
        try:
            with audit.source("first_admin"):
                user, password = accounts.install(
                    username=options["username"],
                    unit_code=options["unit_code"],
                    unit_name=options["unit_name"],
                )
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"登录名 {user.username}")
        self.stdout.write(f"一次性密码 {password}")
        self.stdout.write("首次登录后须设置自己的密码。")
