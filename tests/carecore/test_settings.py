from datetime import date

import pytest
from django.core.exceptions import ImproperlyConfigured

from carecore import settings as module


@pytest.fixture
def env(monkeypatch):
    """An environment of its own; returns the mapping."""
    monkeypatch.setattr(module, "ENV", {})
    return module.ENV


def test_the_env_file_is_read_line_by_line(tmp_path):
    path = tmp_path / ".env"
    path.write_text('# keys\nSECRET_KEY=a=b\n\n  DEBUG = "1" \nCARE_TODAY=\n', encoding="utf-8")
    assert module.read_env_file(path) == {"SECRET_KEY": "a=b", "DEBUG": "1", "CARE_TODAY": ""}
    assert module.read_env_file(tmp_path / "none") == {}


def test_what_is_missing_is_named_with_the_place_to_put_it(env):
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY is not set: .*\.env"):
        module.env_str("SECRET_KEY")
    env["SECRET_KEY"] = "  "
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        module.env_str("SECRET_KEY")


def test_values_have_types(env):
    env.update(B="Yes", I="42", L="a, b,,c", D="2026-06-20")
    assert module.env_bool("B", False) is True
    assert module.env_bool("NONE", False) is False
    assert module.env_int("I", 1) == 42
    assert module.env_list("L", []) == ["a", "b", "c"]
    assert module.env_list("NONE", ["x"]) == ["x"]
    assert module.env_date("D") == date(2026, 6, 20)
    assert module.env_date("NONE") is None


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (lambda: module.env_bool("X", False), "maybe", "X must be 1 or 0"),
        (lambda: module.env_int("X", 1), "1.5", "X must be a whole number"),
        (lambda: module.env_int("X", 1), "²", "X must be a whole number"),
        (lambda: module.env_date("X"), "20.6.2026", "X must be a date like 2026-06-20"),
    ],
)
def test_a_malformed_value_says_what_is_expected(env, read, value, message):
    env["X"] = value
    with pytest.raises(ImproperlyConfigured, match=message):
        read()


@pytest.mark.parametrize(
    ("value", "message"), [("xyz", "hexadecimal"), ("00ff", "32 hexadecimal digits, not 4")]
)
def test_a_key_of_the_wrong_form_is_refused(value, message):
    with pytest.raises(ImproperlyConfigured, match=f"CARE_FIELD_KEY must .*{message}") as refusal:
        module.key_bytes("CARE_FIELD_KEY", value, 16, 16)
    assert value not in str(refusal.value)


def test_a_postgresql_address_is_taken_apart(env):
    found = module.database("postgres://care:p%40ss@db.example:5433/city?sslmode=require")
    expected = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "city",
        "USER": "care",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "5433",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"sslmode": "require"},
    }
    assert found == expected
    assert module.database("postgresql:///city?host=/run/pg")["HOST"] == "/run/pg"


@pytest.mark.parametrize("url", ["db.sqlite3", "sqlite:///db.sqlite3"])
def test_sqlite_takes_its_lock_at_the_beginning_and_loses_no_commit(url):
    found = module.database(url)
    assert found["NAME"] == module.BASE_DIR / "db.sqlite3"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in found["OPTIONS"]["init_command"]


def test_another_database_is_refused_without_printing_its_password():
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must be") as refusal:
        module.database("mysql://care:secret@db/city")
    assert "secret" not in str(refusal.value)


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    directives = module.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"] == directives["style-src"] == ["'self'"]
    assert not any("unsafe" in source for sources in directives.values() for source in sources)
