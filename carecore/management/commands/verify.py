"""manage.py verify: recompute every invariant from rows. Exit 0 clean, 1 findings, 2 could not check."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from carecore import verification
from carecore.models import AuditHead
from carecore.registry import Problem

FINDINGS, COULD_NOT_CHECK = 1, 2


class Command(BaseCommand):
    help = "Recompute every invariant from rows: exit 0 clean, 1 findings, 2 could not check."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", dest="as_json", action="store_true", help="one JSON document instead of sentences"
        )
        parser.add_argument(
            "--anchor", type=Path, metavar="FILE", help="compare the audit chain with this anchor"
        )
        parser.add_argument(
            "--write-anchor",
            type=Path,
            metavar="FILE",
            help="keep the head of the chain in this file if all holds",
        )

    def handle(self, *args: Any, as_json: bool, anchor: Path | None, **options: Any) -> None:
        try:
            found, head = self._check(anchor, quiet=as_json)
            if options["write_anchor"] and not found:
                _write_anchor(options["write_anchor"], head)
        except (DatabaseError, OSError, BadAnchor) as error:
            raise CommandError(f"未能检查:{error}", returncode=COULD_NOT_CHECK) from error
        self._report(found, head, as_json=as_json)
        if found:
            raise SystemExit(FINDINGS)

    def _check(self, anchor: Path | None, *, quiet: bool) -> tuple[list[Problem], AuditHead]:
        expected, found = _read_anchor(anchor) if anchor else None, []
        with verification.snapshot():
            for problem in verification.problems(anchor=expected):
                found.append(problem)
                if not quiet:
                    self.stdout.write(f"[{problem.invariant}] {problem.row}:{problem.message}")
            return found, AuditHead.objects.first() or AuditHead()

    def _report(self, found: list[Problem], head: AuditHead, *, as_json: bool) -> None:
        if as_json:
            report = {
                "clean": not found,
                "problems": [asdict(problem) for problem in found],
                "head": _anchor(head),
            }
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))
        else:
            outcome = f"发现{len(found)}处问题" if found else "没有发现问题"
            self.stdout.write(f"检查完毕:{outcome}。审计链共{head.seq}条。")


class BadAnchor(Exception):
    """An anchor file that does not hold a sequence number and a hash."""


def _anchor(head: AuditHead) -> dict[str, Any]:
    return {"seq": head.seq, "hash": head.hash}


def _write_anchor(file: Path, head: AuditHead) -> None:
    file.write_text(json.dumps(_anchor(head)) + "\n", encoding="utf-8")


def _read_anchor(file: Path) -> tuple[int, str]:
    """The (seq, hash) that `--write-anchor` wrote; raises BadAnchor for anything else, OSError for no file."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return int(kept["seq"]), str(kept["hash"])
    except (ValueError, TypeError, KeyError) as error:
        raise BadAnchor(f"锚点文件 {file} 不是 verify --write-anchor 写的文件") from error
