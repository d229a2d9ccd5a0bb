"""Search and catalogue over HTTP."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.discovery.models import CapsuleSummary
from tests.api.conftest import caller
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    CapsuleVersionFactory,
    ColumnFactory,
    ConstraintFactory,
    ContractFactory,
    DomainFactory,
    IndexFactory,
    MaskingRuleFactory,
    PolicyFactory,
    QualityRuleFactory,
    TermFactory,
    TermLinkFactory,
)

SECRET = 5


def rows(answer):
    assert answer.status_code == 200, answer.body
    return answer.body["results"]


# ---------- search ----------


def test_a_search_says_what_was_found_and_why(analyst):
    capsule = CapsuleFactory(name="orders", columns=["order_id"])
    TermFactory(name="orders_per_day")

    body = analyst.get("/search?q=orders").body

    assert (body["count"], body["instead"], body["partly"]) == (2, "", False)
    groups = {group["kind"]: group for group in body["groups"]}
    (hit,) = groups["capsule"]["results"]
    assert (hit["id"], hit["urn"], hit["stage"], hit["why"]) == (
        str(capsule.pk),
        capsule.urn,
        "exact",
        "exact name",
    )
    assert groups["term"]["results"][0]["name"] == "orders_per_day"


def test_a_search_can_be_of_some_kinds_and_of_some_length(analyst):
    for n in range(3):
        CapsuleFactory(name=f"orders_{n}")

    body = analyst.get("/search?q=orders&kind=capsule&limit=2").body

    assert [(group["kind"], group["count"], len(group["results"])) for group in body["groups"]] == [
        ("capsule", 3, 2)
    ]


@pytest.mark.parametrize(
    "query", ["", "?q=a&kind=banana", "?q=a&limit=0", "?q=a&limit=x", "?q=a&limit=101", "?q=a&colour=red"]
)
def test_a_search_that_is_asked_wrongly_is_refused(analyst, query):
    assert analyst.get(f"/search{query}").status_code == 400


def test_a_hidden_name_cannot_be_confirmed(analyst):
    CapsuleFactory(name="takeover", visibility_rank=SECRET)

    body = analyst.get("/search?q=takeover").body

    assert body == {**analyst.get("/search?q=nothing_at_all").body, "q": "takeover"}


def test_nobody_searches_without_a_sign_in(anonymous):
    assert anonymous.get("/search?q=a").status_code == 401


# ---------- capsules and columns ----------


def test_a_capsule_of_the_catalogue_has_the_columns_of_the_summary_view(analyst):
    capsule = CapsuleFactory(name="orders", columns=["order_id", "email"], complete=True)
    first, second = capsule.columns.order_by("ordinal_position")
    ConstraintFactory(column=first, kind="primary_key")
    ConstraintFactory(column=second, kind="foreign_key", referenced_table_urn="urn:dcs:dbt:model:x:y")
    IndexFactory(capsule=capsule)
    TermLinkFactory(column=second)
    QualityRuleFactory(column=second)
    PolicyFactory(column=second, active=True, sensitivity_level="restricted")
    ContractFactory(capsule=capsule, active=True)
    CapsuleEdgeFactory(source=capsule, target__name="zzz")
    CapsuleVersionFactory(capsule=capsule)
    CapsuleSummary.objects.refresh()

    row = rows(analyst.get("/catalog/capsules?name=orders"))[0]

    stored = CapsuleSummary.objects.get(pk=capsule.pk)
    for name in ("urn", "column_count", "index_count", "pk_count", "fk_count", "business_term_count", "quality_rule_count",
                 "enabled_quality_rule_count", "highest_sensitivity", "has_masking", "contract_status", "upstream_count",
                 "downstream_count"):  # fmt: skip
        assert row[name] == getattr(stored, name), name
    assert (row["pk_count"], row["fk_count"], row["highest_sensitivity"]) == (1, 1, "restricted")
    assert row["freshness_sla"] == stored.freshness_sla.iso() == "PT4H"
    assert row["version_count"] == capsule.versions.count()


def test_the_list_tells_how_old_the_summary_is(analyst):
    assert analyst.get("/catalog/capsules").body["refreshed_at"] is None

    CapsuleSummary.objects.refresh()

    assert analyst.get("/catalog/capsules").body["refreshed_at"] is not None


def test_counts_leave_out_what_the_caller_may_not_know_of(analyst, auditor):
    capsule = CapsuleFactory(columns=["order_id"])
    ColumnFactory(capsule=capsule, visibility_rank=SECRET)

    assert rows(analyst.get("/catalog/capsules"))[0]["column_count"] == 1
    assert rows(analyst.get("/catalog/capsules?column_count=2")) == []
    assert rows(auditor.get("/catalog/capsules"))[0]["column_count"] == 2
    assert len(rows(analyst.get("/catalog/columns"))) == 1


def test_every_count_filters_and_orders(analyst):
    CapsuleFactory(name="few", columns=["a"])
    CapsuleFactory(name="many", columns=["a", "b", "c"])
    CapsuleFactory(name="gone", columns=["a"], retired_at=timezone.now())

    def names(query):
        return [row["name"] for row in rows(analyst.get(f"/catalog/capsules?{query}"))]

    assert names("") == ["few", "many"]
    assert names("ordering=-column_count") == ["many", "few"]
    assert names("column_count__gte=2") == ["many"]
    assert names("column_count__lt=2") == ["few"]
    assert names("has_contract=true") == []
    assert analyst.get("/catalog/capsules?column_count=many").status_code == 400
    assert analyst.get("/catalog/capsules?ordering=colour").status_code == 400


def test_a_column_of_the_catalogue_knows_its_capsule_keys_terms_and_masks(analyst):
    column = ColumnFactory(name="email", capsule__name="customers")
    ConstraintFactory(column=column, kind="primary_key")
    TermLinkFactory(column=column)
    MaskingRuleFactory(column=column)

    row = rows(analyst.get("/catalog/columns?has_masking=true&has_terms=true"))[0]

    assert (row["name"], row["capsule_name"], row["is_primary_key"], row["is_foreign_key"]) == (
        "email", "customers", True, False)  # fmt: skip
    assert (row["business_term_count"], row["masking_rule_count"], row["quality_rule_count"]) == (1, 1, 0)
    assert rows(analyst.get("/catalog/columns?has_masking=false")) == []


@pytest.mark.parametrize("path", ["/catalog/capsules", "/catalog/columns", "/catalog/summary"])
def test_more_rows_cost_no_more_queries(analyst, path):
    CapsuleFactory(columns=["a"])
    analyst.get(path)
    with CaptureQueriesContext(connection) as few:
        analyst.get(path)
    for _ in range(5):
        CapsuleFactory(columns=["a", "b"], complete=True)

    with CaptureQueriesContext(connection) as many:
        analyst.get(path)

    assert len(many) == len(few)


# ---------- totals ----------


def test_the_summary_counts_by_everything_and_tells_the_coverage(analyst):
    finance = DomainFactory(name="Finance")
    CapsuleFactory(layer="gold", domain=finance, columns=["a"])
    CapsuleFactory(layer="silver")
    CapsuleFactory(layer="gold", visibility_rank=SECRET)

    body = analyst.get("/catalog/summary").body

    assert body["capsules"] == 2
    assert {row["value"]: row["count"] for row in body["by_layer"]} == {"gold": 1, "silver": 1}
    assert {row["value"]: row["count"] for row in body["by_domain"]} == {"Finance": 1, "none": 1}
    assert body["coverage"]["structure"] == {"count": 1, "percent": 50.0}
    assert body["coverage"]["contract"] == {"count": 0, "percent": 0.0}
    assert analyst.get("/catalog/summary?layer=gold").body["capsules"] == 1
    assert analyst.get("/catalog/summary?sensitivity=banana").status_code == 400


def test_only_who_runs_the_portal_refreshes_the_summary(analyst, administrator):
    CapsuleFactory()
    assert analyst.post("/catalog/refresh").status_code == 403

    assert administrator.post("/catalog/refresh").status_code == 204
    assert CapsuleSummary.objects.count() == 1


def test_a_second_refresh_at_the_same_time_is_a_conflict(own_database):
    administrator = caller("administrator")
    locked, done = threading.Event(), threading.Event()

    def refresh():
        from django.db import transaction

        with transaction.atomic():
            CapsuleSummary.objects.refresh()
            locked.set()
            done.wait(10)
        connection.close()

    first = threading.Thread(target=refresh)
    first.start()
    locked.wait(10)
    answer = administrator.post("/catalog/refresh")
    done.set()
    first.join()

    assert (answer.status_code, answer.body["code"]) == (409, "already_running")
