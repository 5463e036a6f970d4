"""manage.py protect_ledger --role NAME: PostgreSQL itself lets the application only add to what must not change."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from carecore.registry import provided

KEPT = ("UPDATE", "DELETE", "TRUNCATE")


class Command(BaseCommand):
    help = (
        "Run as the owner of the tables, again after each migrate: gives the application's database role what it "
        "needs, and takes UPDATE, DELETE and TRUNCATE on vouchers, transfers and audit events from it (PostgreSQL)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--role", required=True, metavar="NAME", help="the role that the application signs in as")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("只有 PostgreSQL 能收回修改权限;SQLite 没有数据库角色")
        tables = sorted(model._meta.db_table for part in provided() for model in part.append_only)
        with transaction.atomic(), connection.cursor() as cursor:
            _require_bound(cursor, role, tables)
            _grant(cursor, connection.ops.quote_name(role), tables)
            for table in tables:
                cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, ",".join(KEPT)])
                if cursor.fetchone()[0]:
                    raise CommandError(f"角色 {role} 仍可修改 {table}:该权限来自其他角色或 PUBLIC,请先收回")
        self.stdout.write(f"角色 {role} 对 {'、'.join(tables)} 只能查询和新增")


def _require_bound(cursor: Any, role: str, tables: list[str]) -> None:
    """A superuser, and whoever owns a table, is bound by no REVOKE."""
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [role])
    found = cursor.fetchone()
    if found is None:
        raise CommandError(f"数据库中没有名为 {role} 的角色,请先建立:CREATE ROLE {role} LOGIN")
    cursor.execute(
        "SELECT 1 FROM pg_class WHERE oid = ANY(%s::regclass[]) AND pg_has_role(%s, relowner, 'MEMBER')", [tables, role]
    )
    if found[0] or cursor.fetchone():
        raise CommandError(f"角色 {role} 是超级用户或数据表的所有者,不受权限约束,应用须使用另一个角色")


def _grant(cursor: Any, name: str, tables: list[str]) -> None:
    cursor.execute("SELECT quote_ident(current_schema())")
    [schema] = cursor.fetchone()
    cursor.execute(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
    cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {name}")
    cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {name}")
    names = ", ".join(connection.ops.quote_name(table) for table in tables)
    cursor.execute(f"REVOKE {', '.join(KEPT)} ON {names} FROM {name}")
