import json
import socket
import sys

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from carecore.management.commands import demo_server


def test_a_taken_port_is_named_with_the_way_out():
    with socket.socket() as taken:
        taken.bind((demo_server.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is taken .* make run PORT={port + 1}"):
            demo_server.require_free(port)
    demo_server.require_free(port)


def test_only_for_a_trial(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG=1"):
        call_command("demo_server")


def test_each_account_is_listed_with_its_duties(cast):
    lines = demo_server.sign_in_names({"clerk": "Correct-Horse-7"}).splitlines()
    line = next(line for line in lines if line.split()[0] == "clerk")
    role = cast.clerk.appointments.get().get_role_display()
    assert line.split() == ["clerk", "Correct-Horse-7", f"甲局{role}"]
    assert "README" in demo_server.sign_in_names({}).splitlines()[0]


def test_names_and_passwords_come_from_what_load_demo_prints(monkeypatch):
    def load_demo(name, *options, stdout):
        assert (name, options) == ("load_demo", ("--json",))
        stdout.write(json.dumps({"users": [{"username": "clerk", "password": "x"}], "units": []}))

    monkeypatch.setattr(demo_server, "call_command", load_demo)
    assert demo_server.load_demo() == {"clerk": "x"}


def test_when_one_process_ends_the_other_is_ended_too(monkeypatch):
    started = []
    popen = demo_server.subprocess.Popen

    def start(command):
        started.append(popen([sys.executable, "-c", command[-1]]))
        return started[-1]

    monkeypatch.setattr(demo_server.subprocess, "Popen", start)
    monkeypatch.setattr(demo_server.signal, "signal", lambda *_: None)
    with pytest.raises(CommandError, match=r"The job worker ended by itself \(exit code 3\)"):
        demo_server.supervise(
            {"web server": ["import time; time.sleep(600)"], "job worker": ["raise SystemExit(3)"]}
        )
    assert [child.poll() for child in started] == [-15, 3]
