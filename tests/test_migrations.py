"""Migrations hold what the models say; the database of the tests, on SQLite and PostgreSQL, comes from them alone."""

import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db
OWN = [
    model
    for app in ("carecore", "sanatorium")
    for model in apps.get_app_config(app).get_models()
    if model._meta.managed
]


def test_no_model_has_changed_without_a_migration():
    printed = io.StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=printed)
    assert printed.getvalue() == "No changes detected\n"


def test_every_migration_was_applied_from_an_empty_database():
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    assert {"carecore", "sanatorium"} <= executor.loader.migrated_apps


@pytest.mark.parametrize("model", OWN, ids=lambda model: model._meta.label)
def test_a_table_has_the_columns_and_constraints_of_its_model(model):
    meta = model._meta
    with connection.cursor() as cursor:
        columns = {column.name for column in connection.introspection.get_table_description(cursor, meta.db_table)}
        constraints = set(connection.introspection.get_constraints(cursor, meta.db_table))
    assert columns == {field.column for field in meta.local_concrete_fields}
    assert {constraint.name for constraint in [*meta.constraints, *meta.indexes]} - constraints == set()
