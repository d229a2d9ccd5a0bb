"""Whoever writes, the database refuses what must not be."""

from decimal import Decimal

import psycopg
import pytest
from django.db import DataError, IntegrityError, connection, transaction

from apps.catalog.models import Capsule, Column
from apps.discovery.models import SummaryRefresh
from tests import factories as make

from . import departures
from .breaking_rows import BREAKING, GUARDED
from .introspection import read_tables

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("name", "breaking"), BREAKING, ids=[name for name, _breaking in BREAKING])
def test_a_row_that_breaks_the_rule_is_refused(name, breaking):
    table, constraint = name.split(".")

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        breaking()

    said = refused.value.__cause__.diag
    assert said.table_name == table
    assert said.constraint_name == constraint or constraint == "*"


@pytest.mark.parametrize(("name", "rows"), GUARDED, ids=[name for name, _rows in GUARDED])
def test_a_rule_holds_under_the_guard_of_reviews(server, name, rows):
    table, constraint = name.split(".")

    with (
        server.connect(connection.settings_dict["NAME"]) as all_rights,
        pytest.raises(psycopg.IntegrityError) as refused,
        all_rights.transaction(force_rollback=True),
    ):
        insert_unguarded(all_rights, table, rows)

    assert refused.value.diag.constraint_name == constraint


def insert_unguarded(all_rights, table, rows):
    all_rights.execute(f"ALTER TABLE dcs.{table} DISABLE TRIGGER ALL")
    for row in rows:
        columns, values = ", ".join(row), ", ".join(["%s"] * len(row))
        all_rights.execute(f"INSERT INTO dcs.{table} ({columns}) VALUES ({values})", [*row.values()])


def test_every_rule_of_the_reference_has_a_row_that_breaks_it(reference_database, migrated_database):
    tables = list(read_tables(reference_database).keys() - departures.NOT_LOGGED)
    rules = {
        name
        for (name,) in migrated_database.execute(
            """
            SELECT t.relname || '.' || c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
            WHERE c.contype = 'c' AND t.relnamespace = 'dcs'::regnamespace AND t.relname = ANY(%(tables)s)
            UNION
            SELECT t.relname || '.' || i.relname FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid
                JOIN pg_class i ON i.oid = x.indexrelid
            WHERE x.indisunique AND NOT x.indisprimary
                AND t.relnamespace = 'dcs'::regnamespace AND t.relname = ANY(%(tables)s)
            """,
            {"tables": tables},
        )
    }

    assert sorted(rules - {name for name, _row in [*BREAKING, *GUARDED]}) == []


def test_a_second_incident_may_open_once_the_first_is_closed():
    first = make.IncidentFactory(status="closed")

    second = make.IncidentFactory(contract=first.contract)

    assert second.number > first.number


def test_a_check_takes_capsule_and_column_from_its_rule():
    rule = make.QualityRuleFactory()

    check = make.QualityCheckFactory(rule=rule, capsule=None, column=None)

    check.refresh_from_db()
    assert (check.capsule, check.column) == (rule.column.capsule, rule.column)


def test_a_check_of_a_capsule_s_rule_names_no_column():
    rule = make.QualityRuleFactory(capsule=make.CapsuleFactory())

    check = make.QualityCheckFactory(rule=rule, capsule=None, column=None)

    check.refresh_from_db()
    assert (check.capsule, check.column) == (rule.capsule, None)


@pytest.mark.parametrize("stray", ["capsule", "column"])
def test_a_check_may_not_name_another_capsule_or_column_than_its_rule(stray):
    other = make.ColumnFactory()

    with pytest.raises(IntegrityError, match="another capsule or column") as refused, transaction.atomic():
        make.QualityCheckFactory(**{stray: other if stray == "column" else other.capsule})

    assert refused.value.__cause__.diag.constraint_name == "check_follows_rule"


def test_a_rule_that_was_checked_keeps_its_subject():
    rule = make.QualityCheckFactory().rule
    rule.column = make.ColumnFactory()

    with pytest.raises(IntegrityError, match="make a new one"), transaction.atomic():
        rule.save()


def test_an_incident_takes_its_capsule_from_the_contract():
    contract = make.ContractFactory(active=True)

    incident = make.IncidentFactory(contract=contract, capsule=None)

    incident.refresh_from_db()
    assert incident.capsule == contract.capsule


def test_an_incident_may_not_name_another_capsule_than_its_contract():
    with pytest.raises(IntegrityError, match="another capsule"), transaction.atomic():
        make.IncidentFactory(capsule=make.CapsuleFactory())


def test_a_contract_with_incidents_keeps_its_capsule():
    contract = make.IncidentFactory().contract
    contract.capsule = make.CapsuleFactory()

    with pytest.raises(IntegrityError, match="has incidents"), transaction.atomic():
        contract.save()


def test_deleting_a_capsule_in_the_database_takes_its_parts_along():
    check = make.QualityCheckFactory()
    make.IncidentFactory(contract__capsule=check.capsule)
    make.PolicyFactory(column=check.column)

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM capsules WHERE id = %s", [check.capsule_id])

    assert not Column.objects.filter(pk=check.column_id).exists()
    assert not type(check).objects.filter(pk=check.pk).exists()


def test_deleting_an_owner_in_the_database_leaves_what_they_owned():
    capsule = make.CapsuleFactory(complete=True)

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM owners WHERE id = %s", [capsule.owner_id])

    capsule.refresh_from_db()
    assert capsule.owner is None


def test_somebody_who_approved_cannot_be_deleted():
    term = make.TermFactory(approved=True)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM users WHERE id = %s", [term.approved_by_user_id])


def test_a_change_moves_the_time_of_change_whoever_writes():
    capsule = make.CapsuleFactory()
    before = capsule.updated_at

    Capsule.objects.filter(pk=capsule.pk).update(description="Orders that were paid.")

    capsule.refresh_from_db()
    assert capsule.updated_at > before


def test_writing_the_same_again_is_no_change():
    capsule = make.CapsuleFactory()
    before = Capsule.objects.get(pk=capsule.pk).updated_at

    Capsule.objects.filter(pk=capsule.pk).update(description=capsule.description)

    assert Capsule.objects.get(pk=capsule.pk).updated_at == before


def test_a_percentage_keeps_four_decimals():
    contract = make.ContractFactory(availability_sla=Decimal("99.9990"))

    contract.refresh_from_db()

    assert contract.availability_sla == Decimal("99.9990")


def test_a_number_too_large_for_a_percentage_is_no_server_error():
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        make.ContractFactory(availability_sla=Decimal("999.9"))


def test_what_a_row_leaves_out_the_database_fills_in():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO capsules (urn, name, capsule_type) VALUES ('urn:dcs:x:table:y:z', 'z', 'table')"
            " RETURNING id, meta::text, tags::text, has_tests, test_count, visibility_rank, sensitivity_rank"
        )
        key, *rest = cursor.fetchone()

    assert key is not None
    assert rest == ["{}", "[]", False, 0, 2, 2]


def test_each_view_has_one_time_of_refresh():
    SummaryRefresh.objects.create(view_name="catalog_capsule_summary")

    with pytest.raises(IntegrityError), transaction.atomic():
        SummaryRefresh.objects.create(view_name="catalog_capsule_summary")
