"""All settings, in one file, read from the environment.

A value in the process environment wins over the same name in the ``.env`` file beside manage.py.
A missing or malformed value stops the start with its name and what is expected.
"""

import os
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def read_env_file(path: Path) -> dict[str, str]:
    """Return the NAME=VALUE lines of a file; blank lines and ``#`` lines are skipped, quotes removed."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


ENV = {**read_env_file(BASE_DIR / ".env"), **os.environ}


def env_str(name: str, default: str | None = None) -> str:
    """Return a text value; without a default an unset or empty one raises ImproperlyConfigured."""
    value = ENV.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(
            f"{name} is not set: put it into the environment or into {BASE_DIR / '.env'} "
            "(`make run` writes one for a trial)."
        )
    return default


def env_bool(name: str, default: bool) -> bool:
    """Return a yes/no value: 1, true, yes, on or 0, false, no, off."""
    value = env_str(name, str(default)).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def env_int(name: str, default: int) -> int:
    """Return a whole number."""
    value = env_str(name, str(default))
    if not value.isascii() or not value.isdigit():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def env_list(name: str, default: list[str]) -> list[str]:
    """Return the comma-separated parts of a value."""
    return [part.strip() for part in env_str(name, ",".join(default)).split(",") if part.strip()]


def env_date(name: str) -> date | None:
    """Return a date written YYYY-MM-DD, or None when the name is not set."""
    value = env_str(name, "")
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a date like 2026-06-20, not {value!r}.") from None


def key_bytes(name: str, value: str, at_least: int, at_most: int) -> bytes:
    """Return a key written in hexadecimal; at_least and at_most count its bytes."""
    try:
        key = bytes.fromhex(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be hexadecimal digits.") from None
    if not at_least <= len(key) <= at_most:
        raise ImproperlyConfigured(f"{name} must have {at_least * 2} hexadecimal digits, not {len(value)}.")
    return key


def sqlite(path: str) -> dict[str, object]:
    """Return the database settings for an SQLite file."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / path,
        "OPTIONS": {
            # A write transaction takes the lock when it begins: two clerks queue, neither is refused.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            # FULL, because NORMAL loses acknowledged commits when the power fails.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def database(url: str) -> dict[str, object]:
    """Return Django's database settings for postgres://user:password@host:port/name?option=… or a path."""
    parts = urlsplit(url)
    if parts.scheme in {"", "sqlite"}:
        return sqlite(url.removeprefix("sqlite:///"))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must be postgres://… or the path of an SQLite file.")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": env_int("CARE_DB_CONN_MAX_AGE", 600),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


# Keys -----------------------------------------------------------------------------------------------------

SECRET_KEY = env_str("SECRET_KEY")
CARE_FIELD_KEY = key_bytes("CARE_FIELD_KEY", env_str("CARE_FIELD_KEY"), 16, 16)
# Keys that were in use before: what they encrypted can still be read, nothing is written with them.
CARE_FIELD_KEYS_OLD = [
    key_bytes("CARE_FIELD_KEYS_OLD", key, 16, 16) for key in env_list("CARE_FIELD_KEYS_OLD", [])
]
CARE_INDEX_KEY = key_bytes("CARE_INDEX_KEY", env_str("CARE_INDEX_KEY"), 16, 64)

# The site -------------------------------------------------------------------------------------------------

DEBUG = env_bool("DEBUG", False)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", [])
ROOT_URLCONF = "carecore.urls"
WSGI_APPLICATION = "carecore.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CARE_TODAY = env_date("CARE_TODAY")
if CARE_TODAY and not DEBUG:
    raise ImproperlyConfigured("CARE_TODAY fixes the date of a demonstration: only with DEBUG=1.")

# The businesses, in the order in which they may import each other: carecore knows them only by name.
CARE_APPS = ["funds", "sanatorium", "visits"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_tasks",
    "django_tasks_db",
    "csp",
    "carecore",
    *CARE_APPS,
    # Behind carecore: it has a command `export` of its own.
    "import_export",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "carecore.views.context.AuditSource",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "carecore.views.errors.PlainAnswers",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "carecore.views.context.navigation",
            ],
        },
    },
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "carecore" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# Data -----------------------------------------------------------------------------------------------------

DATABASES = {"default": database(env_str("DATABASE_URL", "db.sqlite3"))}

TASKS = {
    "default": {
        "BACKEND": env_str("CARE_TASKS_BACKEND", "django_tasks_db.DatabaseBackend"),
        "QUEUES": ["default"],
    },
}

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / env_str("CARE_STATIC_ROOT", "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = BASE_DIR / env_str("CARE_MEDIA_ROOT", "media")
_STATIC_STORAGE = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if DEBUG
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _STATIC_STORAGE},
}
# Bytes of one uploaded file.
CARE_MAX_UPLOAD = env_int("CARE_MAX_UPLOAD", 20 * 1024 * 1024)
# A file with more rows than this is imported by a job.
CARE_IMPORT_ROWS_AT_ONCE = env_int("CARE_IMPORT_ROWS_AT_ONCE", 2000)
# A bulk action posts one field a row.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Who signs in ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "carecore.User"
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]

# A name together with the address it came from: a whole office behind one address, or one proxy before
# the whole city, is not shut out by a colleague who forgot a password.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "carecore.views.accounts.locked_out"
AXES_COOLOFF_MESSAGE = "密码连续输错5次,账号已锁定15分钟。请稍后再试,或请系统管理员重置密码。"

# An idle session ends after half an hour; every request starts the half hour anew.
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "carecore.views.errors.csrf_failure"

# What browsers may do -------------------------------------------------------------------------------------

HTTPS = env_bool("CARE_HTTPS", not DEBUG)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
# A monitor on the machine itself asks without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env_int("CARE_HSTS_SECONDS", 0)
if env_bool("CARE_BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        # Tabler draws arrows and ticks as data: images in its style sheet.
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}

# What is logged -------------------------------------------------------------------------------------------

# Requests are not logged at all, only what goes wrong: a query string may hold a person's name. Who did
# what is in the audit events.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "django.server": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "axes": {"level": "ERROR"},
    },
}
