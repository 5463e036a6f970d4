"""``manage.py demo_server``: the demonstration city, its web server and its job worker, ended together."""

import io
import json
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from carecore.models import User

HOST = "127.0.0.1"
LOOK_EVERY = 0.3  # seconds
GRACE = 10  # seconds


class Command(BaseCommand):
    help = "Prepares the demonstration city and runs its web server and job worker until Ctrl-C."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: object, port: int, **options: object) -> None:
        if not settings.DEBUG:
            raise CommandError("demo_server is for a trial only: it needs DEBUG=1.")
        require_free(port)
        self.stdout.write("Preparing the database ...")
        call_command("migrate", verbosity=0)
        passwords = {} if User.objects.exists() else load_demo()
        self.stdout.write(sign_in_names(passwords))
        self.stdout.write(f"http://{HOST}:{port}/  (Ctrl-C ends it)")
        self.stdout.flush()  # also where the output goes to a file
        connections.close_all()
        supervise(
            {
                "web server": ["runserver", "--noreload", "--skip-checks", f"{HOST}:{port}"],
                "job worker": ["db_worker", "--no-reload"],
            }
        )


def require_free(port: int) -> None:
    """Raise CommandError when another program listens on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise CommandError(
                f"Port {port} is taken by another program (端口已被占用). Try: make run PORT={port + 1}"
            ) from None


def load_demo() -> dict[str, str]:
    """Load the demonstration city; return each sign-in name with its password."""
    printed = io.StringIO()
    call_command("load_demo", "--json", stdout=printed)
    return {user["username"]: user["password"] for user in json.loads(printed.getvalue())["users"]}


def sign_in_names(passwords: dict[str, str]) -> str:
    """Return one line per account: name, password where it is known, what it may do."""
    lines = ["登录名 Sign-in names" + ("" if passwords else "(密码见 README.md)")]
    for user in User.objects.filter(is_active=True).prefetch_related("appointments__unit"):
        duties = "、".join(f"{held.unit}{held.get_role_display()}" for held in user.appointments.all())
        lines.append(f"  {user.username:<16} {passwords.get(user.username, ''):<16} {duties}")
    return "\n".join(lines)


def supervise(commands: dict[str, list[str]]) -> None:
    """Run manage.py commands side by side until Ctrl-C or SIGTERM; raises CommandError when one ends."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    children = {name: subprocess.Popen(manage + words) for name, words in commands.items()}
    try:
        while all(child.poll() is None for child in children.values()):
            time.sleep(LOOK_EVERY)
        ended = next(name for name, child in children.items() if child.poll() is not None)
        raise CommandError(f"The {ended} ended by itself (exit code {children[ended].returncode}).")
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop(list(children.values()))


def stop(children: list[subprocess.Popen]) -> None:
    """End processes, first politely, after a while by force."""
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
