"""A small estate of capsules that differ in everything the catalogue lists, for tests of lists and counts."""

import itertools
from collections import Counter
from datetime import UTC, timedelta

from django.utils import timezone
from hypothesis import strategies as st

from apps.catalog.models import Capsule, Column, Domain, Owner, SourceSystem
from apps.contracts.models import Contract, Watch
from apps.discovery import rows
from apps.discovery.filters import NONE, PRESENT
from apps.discovery.values import CHANGED
from apps.policy.models import Policy
from apps.provenance.models import CapsuleEdge
from apps.quality.models import QualityCheck, QualityRule
from tests.factories.approvals import approved

NAMES = ("orders", "Orders", "order_items", "stg_orders", "Ünïcode", "customers", "z", "_", "orders-2")
LAYERS = ("raw", "silver", "gold", "elsewhere", None)
LEVELS = ("public", "internal", "confidential", "restricted")

plan = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "layer": st.sampled_from(LAYERS),
        "type": st.sampled_from(("model", "source", "table")),
        "domain": st.sampled_from(("Finance", "Sales", None)),
        "owner": st.sampled_from(("Data team", None)),
        "source": st.sampled_from(("jaffle_shop", None)),
        "tags": st.lists(st.sampled_from(("daily", "pii")), unique=True),
        "columns": st.integers(0, 3),
        "pii": st.booleans(),
        "described": st.booleans(),
        "checks": st.lists(st.sampled_from(("passed", "failed")), max_size=2),
        "contract": st.sampled_from(("draft", "active", None)),
        "health": st.sampled_from(("kept", "broken", None)),
        "age": st.sampled_from((0, 3, 200, None)),
        "level": st.sampled_from((*LEVELS, None)),
        "retired": st.sampled_from((False, False, False, True)),
        "rank": st.sampled_from((2, 2, 2, 1, 5)),
    }
)
plans = st.lists(plan, max_size=12)


def build(plans, now):
    """Store a capsule for each plan, with all that it says, in as few statements as there are tables."""
    domains = {name: Domain.objects.create(name=name) for name in ("Finance", "Sales")}
    owner = Owner.objects.create(name="Data team")
    source = SourceSystem.objects.create(name="jaffle_shop", kind="dbt")
    capsules = [
        Capsule(
            urn=f"urn:dcs:test:model:estate:{at}",
            name=one["name"],
            capsule_type=one["type"],
            layer=one["layer"],
            domain=domains.get(one["domain"]),
            owner=owner if one["owner"] else None,
            source_system=source if one["source"] else None,
            tags=one["tags"],
            description="Text." if one["described"] else None,
            retired_at=now if one["retired"] else None,
            visibility_rank=one["rank"],
        )
        for at, one in enumerate(plans)
    ]
    Capsule.objects.bulk_create(capsules)
    both = list(zip(capsules, plans, strict=True))
    Column.objects.bulk_create(
        Column(
            capsule=capsule, urn=f"{capsule.urn}.c{n}", name=f"c{n}", pii_type="email" if one["pii"] else None
        )
        for capsule, one in both
        for n in range(one["columns"])
    )
    rules = [
        QualityRule(capsule=capsule, name=f"r{n}", rule_type="freshness", config={})
        for capsule, one in both
        for n, _status in enumerate(one["checks"])
    ]
    QualityRule.objects.bulk_create(rules)
    statuses = [status for _capsule, one in both for status in one["checks"]]
    QualityCheck.objects.bulk_create(
        QualityCheck(rule=rule, capsule=rule.capsule, status=status)
        for rule, status in zip(rules, statuses, strict=True)
    )
    Contract.objects.bulk_create(
        Contract(capsule=capsule, version="1", status="draft") for capsule, one in both if one["contract"]
    )
    watched(capsules, plans, now)
    Policy.objects.bulk_create(
        Policy(capsule=capsule, sensitivity_level=one["level"], status="draft")
        for capsule, one in both
        if one["level"]
    )
    approved(list(Policy.objects.all()), status="active")
    CapsuleEdge.objects.bulk_create(
        CapsuleEdge(source=one, target=other, source_urn=one.urn, target_urn=other.urn)
        for one, other in itertools.pairwise(capsules)
    )
    return capsules


def watched(capsules, plans, now):
    """Put contracts in force, and say of some what the monitor would have found."""
    found = {
        capsule.pk: one for capsule, one in zip(capsules, plans, strict=True) if one["contract"] == "active"
    }
    contracts = approved(list(Contract.objects.filter(capsule__in=found)), status="active")
    Watch.objects.bulk_create(
        Watch(contract=contract, due_at=now, health=one["health"], data_updated_at=past(now, one["age"]))
        for contract in contracts
        if (one := found[contract.capsule_id])["health"]
    )


def past(now, days):
    return None if days is None else now - timedelta(days)


asked = st.fixed_dictionaries(
    {},
    optional={
        "domain": st.lists(st.sampled_from(("finance", "Sales", NONE, "Nowhere")), unique=True),
        "layer": st.lists(st.sampled_from(("raw", "gold", NONE)), unique=True),
        "type": st.lists(st.sampled_from(("model", "source")), unique=True),
        "owner": st.lists(st.sampled_from(("data team", NONE)), unique=True),
        "source": st.lists(st.sampled_from(("jaffle_shop", NONE)), unique=True),
        "sensitivity": st.lists(st.sampled_from(LEVELS), unique=True),
        "contract": st.lists(st.sampled_from(("draft", NONE)), unique=True),
        "quality": st.lists(st.sampled_from(("good", "poor", NONE)), unique=True),
        "pii": st.lists(st.sampled_from(("yes", "no")), unique=True),
        "masking": st.lists(st.sampled_from(("yes", "no")), unique=True),
        "complete": st.lists(st.sampled_from(("all", "most", "few")), unique=True),
        "health": st.lists(st.sampled_from(("kept", "broken", "unknown", NONE)), unique=True),
        "freshness": st.lists(st.sampled_from(("today", "week", "older", NONE)), unique=True),
        "changed": st.lists(st.sampled_from(("today", "week", "older")), unique=True),
        "has": st.lists(st.sampled_from(tuple(PRESENT)), unique=True, max_size=2),
        "lacks": st.lists(st.sampled_from(tuple(PRESENT)), unique=True, max_size=2),
        "tag": st.lists(st.sampled_from(("daily", "pii", NONE)), unique=True),
        "retired": st.sampled_from(("", "include", "only")),
    },
)


def values_of(row, facet):
    """The values of a facet that a row of the list counts for."""
    if facet == "quality":
        score = row.quality_score
        return [NONE if score is None else "good" if score >= 95 else "fair" if score >= 90 else "poor"]
    if facet == "pii":
        return ["yes" if row.pii_columns else "no"]
    if facet == "masking":
        return ["yes" if row.has_masking else "no"]
    if facet == "complete":
        return ["all" if row.completeness == 7 else "most" if row.completeness >= 4 else "few"]
    if facet in ("changed", "freshness"):
        at = row.updated_at if facet == "changed" else row.data_updated_at
        if at is None:
            return [NONE]
        ago = (timezone.now().astimezone(UTC).date() - at.astimezone(UTC).date()).days
        return [next(band for band, most in CHANGED.items() if most is None or ago <= most)]
    if facet in ("has", "lacks"):
        there = dict(row.dimensions)
        there |= {"owner": row.owner_id is not None, "domain": row.domain_id is not None}
        return [slug for slug, here in there.items() if here == (facet == "has")]
    if facet in ("tag", "framework"):
        return (row.tags if facet == "tag" else row.frameworks) or [NONE]
    value = row.contract_status if facet == "contract" else getattr(row, facet)
    return [NONE if value is None else value]


def counted_by_hand(filters, reader, facet):
    """{value: number} of a facet, counted over the rows of the list that leaves the facet's own filter out."""
    # One may have many parts and lack many others, so those two narrow each other.
    open_ = filters if facet in ("has", "lacks") else filters.without(facet)
    return Counter(value for row in rows.export(open_, reader) for value in values_of(row, facet))
