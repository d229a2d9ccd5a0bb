"""Capsule documents to compare: the design's own example, small ones to change, and generated ones."""

import copy

from hypothesis import strategies as st

URN = "urn:dcs:dbt:model:jaffle_shop.staging:stg_orders"
CUSTOMERS = "urn:dcs:dbt:model:jaffle_shop.staging:stg_customers"

ORDERS = {
    "urn": URN,
    "name": "stg_orders",
    "version": "2.1.0",
    "location": "s3://data-lake/curated/orders/",
    "format": "delta",
    "schema": {
        "columns": [
            {
                "name": "order_id",
                "data_type": "STRING",
                "is_nullable": False,
                "constraints": [{"type": "primary_key"}, {"type": "not_null"}],
            },
            {
                "name": "customer_id",
                "data_type": "STRING",
                "is_nullable": False,
                "constraints": [
                    {
                        "type": "foreign_key",
                        "references": f"{CUSTOMERS}.customer_id",
                        "on_delete": "RESTRICT",
                    },
                    {"type": "not_null"},
                ],
            },
            {
                "name": "order_total",
                "data_type": "DECIMAL(18,2)",
                "is_nullable": False,
                "constraints": [
                    {"type": "check", "expression": "order_total >= 0"},
                    {"type": "not_null"},
                ],
            },
        ],
        "indexes": [
            {"name": "idx_orders_customer", "columns": ["customer_id"]},
            {"name": "idx_orders_date", "columns": ["order_date"]},
        ],
    },
    "description": "Staged order transactions from source system",
    "business_terms": ["revenue", "transaction", "customer_purchase"],
    "columns": {
        "order_total": {
            "unit_of_measure": "USD",
            "business_definition": "Total order value including tax and shipping",
            "value_domain": "currency_amount",
        },
        "order_status": {
            "allowed_values": ["pending", "confirmed", "shipped", "delivered", "cancelled"],
            "value_domain": "order_status_enum",
        },
    },
    "quality_rules": [
        {"column": "order_id", "rule": "unique", "severity": "error", "blocking": True},
        {"column": "order_total", "rule": "range_check", "min": 0, "max": 1000000},
        {"capsule_level": True, "rule": "freshness", "threshold": "PT4H", "severity": "error"},
        {
            "column": "customer_id",
            "rule": "referential_integrity",
            "references": "stg_customers.customer_id",
            "severity": "error",
            "blocking": True,
        },
    ],
    "policies": {
        "classification": "internal",
        "sensitivity_level": "confidential",
        "retention": {"period": "P7Y", "start": "business_date", "action": "archive"},
        "geographic": {
            "data_residency": "US",
            "allowed_regions": ["US", "CA"],
            "cross_border_transfer": False,
        },
        "access": {
            "min_access_level": "authenticated",
            "allowed_roles": ["data_analyst", "data_scientist", "finance_team"],
        },
        "compliance": {"frameworks": ["SOX", "GDPR"], "audit_log_required": True, "audit_retention": "P10Y"},
    },
    "column_policies": {
        "customer_id": {
            "requires_masking": True,
            "masking_method": "tokenization",
            "masking_applies_to": ["non_production", "analytics_readonly"],
        }
    },
    "lineage": {
        "upstream": [
            "urn:dcs:dbt:source:jaffle_shop.raw:raw_orders",
            "urn:dcs:dbt:source:jaffle_shop.raw:raw_payments",
        ],
        "transformation": {
            "language": "sql",
            "file": "models/staging/stg_orders.sql",
            "git_commit": "a1b2c3d4",
            "git_repository": "github.com/org/jaffle_shop",
        },
    },
    "contract": {
        "version": "1.0",
        "status": "active",
        "slas": {
            "freshness": {"target": "PT4H", "schedule": "hourly"},
            "completeness": {"target": 99.9, "min_rows": 1000, "max_rows": 1000000},
            "availability": {"target": 99.9, "max_downtime": "PT1H per month"},
            "quality": {"min_score": 95, "critical_rules": ["unique_order_id", "valid_customer_ref"]},
        },
        "schema_changes": {"breaking_change_notice": 30},
        "support": {
            "level": "business_hours",
            "contact": "data-platform-team@company.com",
            "slack": "#data-platform",
        },
        "deprecation": {"policy": "90_days"},
        "known_consumers": [
            {"team": "analytics", "contact": "analytics@company.com", "use_case": "Daily revenue reporting"},
            {"team": "ml_platform", "contact": "ml@company.com", "use_case": "Order prediction model"},
        ],
    },
    "owner": {"team": "data_platform", "email": "data-platform@company.com"},
    "domain": "order_management",
    "tags": ["production", "critical", "customer_facing"],
}


def orders():
    """The design's Appendix A in canonical form, its contract in force; a copy to change."""
    return copy.deepcopy(ORDERS)


def column(name, data_type="INT", **more):
    return {"name": name, "data_type": data_type, **more}


def capsule(*columns, constraints=(), indexes=(), **sections):
    """A small document: one column `id` unless others are given."""
    schema = {"columns": list(columns) or [column("id")]}
    schema |= {"constraints": list(constraints)} if constraints else {}
    schema |= {"indexes": list(indexes)} if indexes else {}
    return {"urn": "urn:dcs:files:table:shop:orders", "name": "orders", "schema": schema, **sections}


KEYED = [column("id"), column("other")]
PK, PK2 = {"type": "primary_key", "columns": ["id"]}, {"type": "primary_key", "columns": ["id", "other"]}
UNIQUE = {"type": "unique", "columns": ["id"]}
FK = {"type": "foreign_key", "columns": ["id"], "references": "urn:dcs:files:table:shop:people.id"}
CHECK = {"type": "check", "columns": ["id"], "expression": "id > 0"}
INDEX = {"name": "by_id", "columns": ["id"]}
LATENCY = {"version": "1", "slas": {"latency": {"p95_ms": 100}}}
REQUIRED = {"is_nullable": False}


def structure(*columns):
    return capsule(*columns)


def keyed(*constraints):
    return capsule(*KEYED, constraints=constraints)


def default(value, **more):
    made = [{"type": "default", **value}] if value else []
    return capsule(column("id", **more, **({"constraints": made} if made else {})))


def means(**meaning):
    return capsule(columns={"id": meaning}) if meaning else capsule()


def rules(*specs, critical=()):
    contract = {"version": "1", "slas": {"quality": {"critical_rules": list(critical)}}} if critical else None
    return capsule(quality_rules=list(specs), **({"contract": contract} if contract else {}))


def rule(kind="range_check", **more):
    return {"rule": kind, "column": "id", **more}


def policy(**more):
    return capsule(policies={"sensitivity_level": "internal", **more})


def masked(**more):
    return capsule(column_policies={"id": {"requires_masking": True, "masking_method": "hashing", **more}})


def lineage(**more):
    return capsule(lineage=more)


def promise(**contract):
    return capsule(contract={"version": "1", **contract})


def sla(section, **more):
    return promise(slas={section: more})


TYPES = [
    "TINYINT", "INT", "BIGINT", "DECIMAL(18,2)", "DECIMAL(20,2)", "DOUBLE", "STRING", "VARCHAR(10)", "VARCHAR(36)",
    "DATE", "TIMESTAMP", "TIMESTAMPTZ", "BOOLEAN", "JSON", "ARRAY<INT>", "STRUCT<a INT, b STRING>", "geohash",
]  # fmt: skip
NAMES = ["order_id", "customer_id", "total", "status", "placed_at", "note"]
WORDS = st.sampled_from(["alpha", "beta", "gamma", "delta"])
LISTS = st.lists(WORDS, unique=True, max_size=3)


def _optional(**keys):
    return st.fixed_dictionaries({}, optional=keys)


@st.composite
def documents(draw, names=None):
    """Canonical documents of one capsule, small enough that two of them share most of their names.

    With `names` every document has just these columns, in any order.
    """
    some_names = st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=4)
    names = draw(st.permutations(names) if names else some_names)
    columns = [column(name, draw(st.sampled_from(TYPES))) for name in names]
    for each in columns:
        each |= draw(_optional(is_nullable=st.just(False), description=WORDS))
    found = capsule(*columns)
    some = st.lists(st.sampled_from(names), unique=True, min_size=1, max_size=2)
    constraints = []
    if draw(st.booleans()):
        constraints.append({"type": "primary_key", "columns": draw(some)})
    if draw(st.booleans()):
        constraints.append({"type": "unique", "columns": draw(some)})
    if draw(st.booleans()):
        target = draw(
            st.sampled_from(["urn:dcs:files:table:shop:customers.id", "urn:dcs:files:table:shop:people.id"])
        )
        constraints.append({"type": "foreign_key", "columns": [names[0]], "references": target})
    if draw(st.booleans()):
        condition = draw(st.sampled_from(["total > 0", "total >= 0", "status <> 'x'"]))
        constraints.append({"type": "check", "columns": [names[-1]], "expression": condition})
    if draw(st.booleans()):
        constraints.append(
            {"type": "default", "columns": [names[-1]], "value": draw(st.sampled_from([0, 1, "x"]))}
        )
    if constraints:
        found["schema"]["constraints"] = constraints
    meaning = _optional(
        description=WORDS, business_definition=WORDS, unit_of_measure=WORDS, value_domain=WORDS, tags=LISTS,
        allowed_values=st.lists(st.sampled_from([1, 2, True, "a", "b"]), unique_by=repr, min_size=1, max_size=3),
        range=_optional(min=st.integers(0, 3), max=st.integers(4, 9)), format_pattern=st.sampled_from(["[a-z]+", ".*"]),
    )  # fmt: skip
    found["columns"] = {name: draw(meaning) for name in draw(st.lists(st.sampled_from(names), unique=True))}
    rule = st.builds(
        lambda kind, name, more: {"rule": kind, "column": name, **more},
        st.sampled_from(["not_null", "unique", "range_check"]),
        st.sampled_from(names),
        _optional(severity=st.sampled_from(["info", "error"]), blocking=st.just(True), min=st.integers(0, 2)),
    )
    found["quality_rules"] = draw(
        st.lists(rule, max_size=3, unique_by=lambda each: (each["rule"], each["column"]))
    )
    policy = _optional(
        retention=_optional(period=st.sampled_from(["P1Y", "P7Y", "P30D"]), legal_hold=st.just(True)),
        access=_optional(
            allowed_roles=LISTS, denied_roles=LISTS, min_access_level=st.sampled_from(["admin", "public"])
        ),
        geographic=_optional(allowed_regions=LISTS, cross_border_transfer=st.just(False)),
        purposes=_optional(approved=LISTS, prohibited=LISTS),
        requires_masking=st.just(True),
        masking_method=st.sampled_from(["hashing", "redaction"]),
        compliance=_optional(frameworks=LISTS, consent_required=st.just(True)),
        encryption=_optional(in_transit=st.just(False), required=st.just(True)),
    )
    levels = st.sampled_from(["public", "internal", "secret"])
    found["policies"] = {"sensitivity_level": draw(levels), **draw(policy)}
    found["column_policies"] = {
        name: draw(policy) for name in draw(st.lists(st.sampled_from(names), unique=True))
    }
    found["lineage"] = draw(
        _optional(upstream=st.lists(WORDS.map("urn:dcs:files:table:shop:{}".format), unique=True))
    )
    if draw(st.booleans()):
        found["contract"] = draw(contracts())
    found |= draw(_optional(description=WORDS, tags=LISTS, business_terms=LISTS, domain=WORDS, owner=WORDS))
    return {key: value for key, value in found.items() if value not in ({}, [])}


def contracts():
    """Contracts with some promises each."""
    slas = _optional(
        freshness=_optional(target=st.sampled_from(["PT4H", "PT6H", "P1D"]), schedule=WORDS),
        completeness=_optional(target=st.sampled_from([95, 99.9]), min_rows=st.integers(0, 2)),
        quality=_optional(critical_rules=LISTS),
    )
    return st.fixed_dictionaries(
        {"version": st.sampled_from(["1.0", "2.0"])},
        optional={
            "status": st.sampled_from(["active", "proposed"]),
            "slas": slas,
            "schema_changes": _optional(policy=st.sampled_from(["strict", "flexible", "unrestricted"])),
            "support": _optional(level=st.sampled_from(["none", "critical"]), contact=WORDS),
            "deprecation": _optional(
                date=st.sampled_from(["2030-01-01", "2031-01-01"]), notice_required=st.just(False)
            ),
            "known_consumers": st.lists(
                st.builds(lambda team: {"team": team}, WORDS), unique_by=str, max_size=2
            ),
        },
    )
