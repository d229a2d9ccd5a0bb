"""Migrations say what the models say, and go both ways."""

from django.apps import apps
from django.core.management import call_command
from django.db import connections
from django.db.migrations import CreateModel
from django.db.migrations.loader import MigrationLoader

from apps.dcs.operations import CreateTablesIn

from .introspection import read_tables

REMAINS = """
    SELECT relname FROM pg_class WHERE relnamespace = 'dcs'::regnamespace
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'dcs'::regnamespace
    UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'audit_%'
"""


def test_no_model_waits_for_a_migration(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_migration_can_be_undone_and_done_again(server, own_database):
    with server.connect(own_database) as connection:
        before = read_tables(connection)

    call_command("migrate", "dcs", "zero", verbosity=0, interactive=False)

    with server.connect(own_database) as connection:
        assert connection.execute(REMAINS).fetchall() == []

    call_command("migrate", verbosity=0, interactive=False)

    with server.connect(own_database) as connection:
        assert read_tables(connection) == before


def test_the_portal_serves_what_the_owner_migrated(own_database):
    with connections["default"].cursor() as cursor:
        cursor.execute("""
            SELECT current_user, bool_and(relowner = 'dcs_owner'::regrole),
                bool_and(has_table_privilege(oid, 'SELECT')) FILTER (WHERE relname NOT IN ('audit_key', 'context_keys'))
            FROM pg_class WHERE relnamespace = 'dcs'::regnamespace AND relkind IN ('r', 'p', 'm')
                AND NOT relispartition
        """)
        found = cursor.fetchone()

    assert found == ("dcs_app", True, True)


def test_the_portal_may_not_change_the_shape_of_a_table(own_database):
    with connections["default"].cursor() as cursor:
        cursor.execute("""
            SELECT has_schema_privilege('dcs', 'CREATE'),
                bool_or(has_table_privilege(oid, 'TRUNCATE') OR has_table_privilege(oid, 'TRIGGER'))
            FROM pg_class WHERE relnamespace = 'dcs'::regnamespace AND relkind IN ('r', 'p')
        """)
        found = cursor.fetchone()

    assert found == (False, False)


def test_tables_are_made_in_the_schema_of_the_capsules():
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}
    for (label, name), migration in MigrationLoader(None).disk_migrations.items():
        makes = any(
            isinstance(operation, CreateModel) and operation.options.get("managed", True)
            for operation in migration.operations
        )
        if label in ours and makes:
            assert isinstance(migration.operations[0], CreateTablesIn), f"{label}.{name}"


def test_the_tables_of_django_stay_in_public(db):
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        found = {name for (name,) in cursor.fetchall()}

    governed = {model._meta.db_table for model in apps.get_models() if model.__module__.startswith("apps.")}
    assert found & governed == set()
