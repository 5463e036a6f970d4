"""Settings of the tests: fixed keys, nothing of a developer's own .env."""

import os

FIXED = {
    "SECRET_KEY": "tests-only",
    "CARE_FIELD_KEY": "00112233445566778899aabbccddeeff",
    "CARE_FIELD_KEYS_OLD": "",
    "CARE_INDEX_KEY": "ff" * 32,
    "DEBUG": "0",
    "CARE_TODAY": "",
    "CARE_HTTPS": "0",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "CSRF_TRUSTED_ORIGINS": "",
    "CARE_BEHIND_PROXY": "0",
    "CARE_TASKS_BACKEND": "django_tasks.backends.immediate.ImmediateBackend",
}
if os.environ.get("CARE_TEST_DATABASE") == "postgres":
    FIXED["DATABASE_URL"] = os.environ.get(
        "CARE_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres"
    )
else:
    FIXED["DATABASE_URL"] = "test.sqlite3"
os.environ.update(FIXED)

from carecore.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
