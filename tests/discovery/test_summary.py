"""The summary counts each child once, both levels, and says how old it is."""

import datetime

import pytest
from django.db import connection

from apps.catalog.models import IngestionJob
from apps.discovery import tasks
from apps.discovery.models import CapsuleSummary, SummaryIsRefreshing, SummaryRefresh
from apps.people.reader import Reader
from tests import factories as make

pytestmark = pytest.mark.django_db


def summary_of(capsule):
    CapsuleSummary.objects.refresh()
    return CapsuleSummary.objects.get(pk=capsule.pk)


def test_children_of_different_kinds_do_not_multiply():
    capsule = make.CapsuleFactory(columns=["order_id", "amount", "status"])
    first = capsule.columns.get(name="order_id")
    make.ConstraintFactory(column=first, kind="primary_key")
    make.IndexFactory.create_batch(2, capsule=capsule)
    make.QualityRuleFactory(capsule=capsule)
    make.QualityRuleFactory(column=first, is_enabled=False)
    make.TermLinkFactory(column=first)
    make.CapsuleEdgeFactory(source=capsule)

    found = summary_of(capsule)

    assert (found.column_count, found.index_count, found.pk_count, found.fk_count) == (3, 2, 1, 0)
    assert (found.quality_rule_count, found.enabled_quality_rule_count, found.business_term_count) == (
        2,
        1,
        1,
    )
    assert (found.upstream_count, found.downstream_count) == (0, 1)


def test_the_highest_sensitivity_is_the_highest_by_rank_and_not_by_letter():
    capsule = make.CapsuleFactory(columns=["email"])
    make.PolicyFactory(capsule=capsule, sensitivity_level="public", active=True)
    make.PolicyFactory(column=capsule.columns.get(), sensitivity_level="confidential", active=True)

    assert summary_of(capsule).highest_sensitivity == "confidential"


def test_the_contract_in_force_stands_for_the_capsule():
    capsule = make.CapsuleFactory()
    make.ContractFactory(capsule=capsule, active=True, freshness_sla="PT4H")
    make.ContractFactory(capsule=capsule, freshness_sla="PT1H")

    found = summary_of(capsule)

    assert (found.contract_status, found.freshness_sla.iso()) == ("active", "PT4H")


def test_a_refresh_is_remembered():
    assert CapsuleSummary.objects.refreshed_at() is None

    refreshed_at = CapsuleSummary.objects.refresh()

    assert CapsuleSummary.objects.refreshed_at() == refreshed_at
    assert SummaryRefresh.objects.get().row_count == 0


def test_the_portal_may_read_the_summary_and_no_more():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege('catalog_capsule_summary', 'SELECT'),"
            " has_table_privilege('catalog_capsule_summary', 'MAINTAIN')"
            if connection.pg_version >= 170000
            else "SELECT has_table_privilege('catalog_capsule_summary', 'SELECT'), false"
        )
        assert cursor.fetchone() == (True, False)


def test_a_hidden_capsule_is_not_in_an_analyst_s_summary():
    hidden = make.CapsuleFactory(visibility_rank=5)
    summary_of(hidden)

    assert not CapsuleSummary.objects.visible_to(Reader(clearance=2)).exists()
    assert CapsuleSummary.objects.visible_to(Reader(clearance=5)).exists()


def test_a_second_refresh_does_not_wait_for_the_first(server):
    with server.connect(connection.settings_dict["NAME"]) as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(hashtext('dcs.catalog_capsule_summary'))")

        with pytest.raises(SummaryIsRefreshing):
            CapsuleSummary.objects.refresh()


def test_the_summary_is_counted_anew_after_something_was_ingested_and_then_left_alone():
    tasks.follow()
    first = CapsuleSummary.objects.refreshed_at()
    SummaryRefresh.objects.update(refreshed_at=first - datetime.timedelta(hours=1))
    make.CapsuleFactory(name="orders")
    tasks.follow()
    assert not CapsuleSummary.objects.filter(name="orders").exists()

    IngestionJob.objects.create(
        source_type="dbt",
        status=IngestionJob.Status.COMPLETED,
        completed_at=first - datetime.timedelta(minutes=1),
    )
    tasks.follow()

    assert CapsuleSummary.objects.filter(name="orders").exists()
