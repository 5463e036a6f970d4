"""PostgreSQL itself refuses a change of what is only ever added (invariant 8), and posting goes on."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from carecore.models import AuditEvent
from funds.checks import CHECKS
from funds.models import Transfer, Voucher

ROLE = "care_clerk"
on_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")


def protect(role=ROLE):
    out = StringIO()
    call_command("protect_ledger", role=role, stdout=out)
    return out.getvalue()


@pytest.fixture
def role(db):
    """A second role of the server, for as long as the test runs."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE} NOSUPERUSER")
    return ROLE


@pytest.fixture
def clerk(role, money):
    """The rest of the test, as the application under that role; a fund holds 100.00."""
    money.come("100.00")
    assert protect() == f"角色 {ROLE} 对 carecore_auditevent、funds_transfer、funds_voucher 只能查询和新增\n"
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.mark.postgres
@on_postgres
@pytest.mark.parametrize("model", [Voucher, Transfer, AuditEvent])
def test_what_is_only_added_is_neither_changed_nor_deleted(clerk, model):
    table = model._meta.db_table
    column = "detail" if model is AuditEvent else "version"
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        refused = pytest.raises(ProgrammingError, match="permission denied")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert model.objects.exists()


@pytest.mark.postgres
@on_postgres
def test_posting_holding_paying_and_reversing_go_on(clerk, money, fund, city):
    money.come("50.00")
    held = money.reserve("30.00")
    money.release(held)
    voucher = money.pay("20.00")
    money.reverse(voucher, fund)
    assert money.own().balance == 150
    assert [one for check in CHECKS for one in check()] == []


@pytest.mark.postgres
@on_postgres
def test_without_the_command_the_role_could(role, money):
    """The control: the very statement goes through where nothing was revoked."""
    money.come("100.00")
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}")
        cursor.execute(f"SET ROLE {ROLE}")
        cursor.execute("UPDATE funds_voucher SET summary = 'x'")
        assert cursor.rowcount == 1
        cursor.execute("RESET ROLE")
    protect()


@pytest.mark.postgres
@on_postgres
def test_a_role_that_no_refusal_binds_is_named(role):
    with pytest.raises(CommandError, match="没有名为 nobody 的角色"):
        protect("nobody")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        [owner] = cursor.fetchone()
        with pytest.raises(CommandError, match="超级用户或数据表的所有者"):
            protect(owner)
        cursor.execute(f"GRANT {connection.ops.quote_name(owner)} TO {ROLE}")
        with pytest.raises(CommandError, match="超级用户或数据表的所有者"):
            protect()


@pytest.mark.postgres
@on_postgres
def test_a_right_that_comes_another_way_is_named(role):
    with connection.cursor() as cursor:
        cursor.execute("GRANT UPDATE ON funds_voucher TO PUBLIC")
    with pytest.raises(CommandError, match="仍可修改 funds_voucher:该权限来自其他角色或 PUBLIC"):
        protect()


@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL can")
def test_sqlite_says_that_it_cannot(db):
    with pytest.raises(CommandError, match="SQLite 没有数据库角色"):
        protect()
