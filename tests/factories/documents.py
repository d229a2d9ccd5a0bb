"""Capsule documents made by Hypothesis: valid, varied, and awkward to write down."""

from hypothesis import strategies as st

from apps.catalog import connections

AWKWARD = [
    "yes", "No", "on", "null", "~", "true", "1.10", "0x1F", "1_000", "12:30:45", "2024-12-01", "1e3", ".5", "=", "<<",
    "a: b", "a #b", "#data-platform", "- a", "? a", "a:", "'a'", '"a"', "{a}", "[a]", "*a", "&a", "!a", "%a", "@a", "`a`",
    "|", ">", " a", "a ", "\ta", "a\tb", "a\nb", "a\n", "a\n\n", "\na", "a\n b\n", "  a\nb", "a\r\nb", "a \nb", "---", "...",
    "--- a", "\u00e9t\u00e9", "\x85", "a\u2028b", "\ufeffa", "\U0001f600", "a\u00a0b", "\x07", "\x7f", "NaN", ".inf", "-", "", "\\", "\\n",
]  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40),
)
WORD = st.from_regex(r"[a-z][a-z_]{0,11}", fullmatch=True)
NAME = st.one_of(WORD, st.sampled_from(["Order Total", "no", "1", "a.b", "größe", "x:y", "#", "a\nb"]))
TYPES = st.sampled_from(
    ["STRING", "INT", "DECIMAL(18,2)", "TIMESTAMP", "BOOLEAN", "VARCHAR(36)", "ARRAY<INT>"]
)
DURATION = st.sampled_from(
    ["4 hours", "PT4H", "P7Y", "7 years", "1 year 2 months", "P1W", "90 days", "PT0.5S"]
)
PERCENT = st.one_of(
    st.integers(0, 100),
    st.integers(10_000, 1_000_000).map(lambda n: n / 10_000),
    st.sampled_from(["99.9%", "100 %", "5%"]),
)
DATE = st.dates().map(lambda day: day.isoformat())
SCALAR = st.one_of(
    TEXT, st.integers(-(10**20), 10**20), st.booleans(), st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
)
ANYTHING = st.recursive(
    st.one_of(SCALAR, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAME, inner, max_size=3)),
    max_leaves=6,
)
# A text of many kinds of sign looks like a key, and keys are refused.
META = st.dictionaries(NAME, ANYTHING, max_size=3).filter(lambda meta: not connections.problems(meta))


def words(most=3):
    return st.lists(WORD, max_size=most, unique=True)


def some(**strategies):
    """An object with any of the given keys, in any order."""
    return st.fixed_dictionaries({}, optional=strategies).flatmap(
        lambda found: st.permutations(list(found)).map(lambda keys: {key: found[key] for key in keys})
    )


REFERENCE = st.sampled_from(
    [
        "stg_customers.customer_id",
        "urn:dcs:dbt:model:shop:stg_customers.customer_id",
        {"table": "stg_customers", "column": "customer_id"},
        {"table": "stg_customers", "column": "a.b"},
        {"table": "urn:dcs:dbt:model:shop:stg_customers", "columns": ["customer_id"]},
    ]
)
TERMS = st.lists(
    st.one_of(WORD, some(relationship=st.sampled_from(["implements", "related_to"])).flatmap(
        lambda more: WORD.map(lambda term: {"term": term, **more}))),
    max_size=3,
)  # fmt: skip
COLUMN_MEANING = some(
    description=TEXT,
    business_definition=TEXT,
    business_name=TEXT,
    business_terms=TERMS,
    semantic_type=st.sampled_from(["pii", "metric", "dimension"]),
    pii_type=st.sampled_from(["email", "phone"]),
    unit_of_measure=TEXT,
    range=st.tuples(st.integers(-9, 9), st.integers(10, 99)).map(lambda r: {"min": r[0], "max": r[1]}),
    allowed_values=st.lists(st.one_of(SCALAR, st.none()), max_size=3),
    example_values=st.lists(ANYTHING, max_size=2),
    tags=words(),
    meta=META,
)
POLICY = {
    "classification": st.one_of(WORD, words()),
    "classification_tags": words(),
    "retention": some(period=DURATION, start=st.just("business_date"), legal_hold=st.booleans()),
    "geographic": some(allowed_regions=st.just(["US", "CA"]), cross_border_transfer=st.booleans()),
    "access": some(min_access_level=st.just("authenticated"), allowed_roles=words()),
    "purposes": some(approved=words()),
    "requires_masking": st.booleans(),
    "masking_method": st.sampled_from(["hash", "hashing", "tokenize", "redact", "custom"]),
    "masking_applies_to": st.lists(st.sampled_from(["analyst", "production", "test", "intern"]), unique=True),
    "encryption": some(required=st.booleans(), method=st.just("aes256"), in_transit=st.booleans()),
    "compliance": some(frameworks=st.just(["gdpr", "PCI", "own"]), audit_retention=DURATION),
    "review": some(frequency=DURATION, next_review=DATE),
    "status": st.sampled_from(["draft", "active"]),
    "effective_from": DATE,
}
CONTRACT = {
    "status": st.sampled_from(["draft", "proposed", "active"]),
    "slas": some(
        freshness=some(target=DURATION, schedule=WORD),
        completeness=some(target=PERCENT, min_rows=st.integers(0, 9), max_rows=st.integers(10, 99)),
        availability=some(
            target=PERCENT,
            max_downtime=st.sampled_from(["1 hour per month", {"duration": "60 minutes", "per": "month"}]),
        ),
        quality=some(min_score=PERCENT, critical_rules=words()),
        latency=some(p95_ms=st.integers(0, 9), p99_ms=st.integers(10, 99)),
    ),
    "schema_changes": some(
        policy=st.sampled_from(["strict", "backwards_compatible"]),
        breaking_change_notice=st.sampled_from([0, 30, "30 days", "P2W"]),
    ),
    "support": some(level=st.sampled_from(["best_effort", "24x7"]), contact=TEXT, slack=TEXT),
    "maintenance_windows": st.lists(
        st.just({"day": "sunday", "start": "02:00", "end": "04:00", "timezone": "UTC"}), max_size=1
    ),
    "deprecation": some(policy=st.just("90_days"), notice_required=st.booleans(), date=DATE),
    "known_consumers": st.lists(WORD.map(lambda team: {"team": team}), max_size=2),
    "performance": some(target_row_count=st.integers(0, 10**12)),
    "cost": some(cost_center=TEXT, billing_tags=st.dictionaries(WORD, TEXT, max_size=2)),
    "owner": TEXT,
    "meta": META,
}


@st.composite
def _rules(draw, columns):
    column = st.sampled_from(columns)
    kinds = [
        st.fixed_dictionaries({"rule": st.just("freshness"), "capsule_level": st.just(True), "threshold": DURATION}),
        st.fixed_dictionaries({"rule": st.just("custom_sql"), "sql": st.just("select count(*) from orders")}),
    ]  # fmt: skip
    if columns:
        kinds += [
            st.fixed_dictionaries({"rule": st.sampled_from(["unique", "not_null"]), "column": column}),
            st.fixed_dictionaries(
                {"rule": st.just("range_check"), "column": column, "min": st.integers(0, 9)}
            ),
            st.fixed_dictionaries(
                {
                    "rule": st.just("value_in_set"),
                    "column": column,
                    "values": st.lists(SCALAR, min_size=1, max_size=3),
                }
            ),
            st.fixed_dictionaries(
                {"rule": st.just("referential_integrity"), "column": column, "references": REFERENCE}
            ),
            st.fixed_dictionaries(
                {"rule": st.just("completeness_threshold"), "column": column, "threshold_percent": PERCENT}
            ),
        ]
    more = some(severity=st.sampled_from(["warning", "error"]), blocking=st.booleans(), enabled=st.booleans(), description=TEXT)  # fmt: skip
    return [{**draw(kind), **draw(more)} for kind in draw(st.lists(st.sampled_from(kinds), max_size=4))]


@st.composite
def _structure(draw, columns):
    entries = []
    for name in columns:
        entry = {"name": name, "data_type": draw(TYPES), **draw(some(description=TEXT, meta=META))}
        constraints = draw(st.lists(st.sampled_from(CONSTRAINTS), max_size=2, unique_by=str))
        if constraints:
            entry["constraints"] = constraints
        entries.append(entry)
    found = {"columns": entries}
    if len(columns) > 1 and draw(st.booleans()):
        found["constraints"] = [{"type": "unique", "columns": columns[:2]}]
    if columns and draw(st.booleans()):
        found["indexes"] = [{"name": "by_first", "columns": columns[:1], "unique": draw(st.booleans())}]
    return found


CONSTRAINTS = [
    {"type": "not_null"},
    {"type": "unique", "name": "only_once"},
    {"type": "primary_key"},
    {"type": "check", "expression": "1 > 0", "enforced": False},
    {"type": "default", "value": ""},
    {"type": "foreign_key", "references": "stg_customers.customer_id", "on_delete": "RESTRICT"},
]


@st.composite
def capsule_documents(draw, name=None):
    """The content of `data_capsule` as people may write it: valid, in no particular order, not canonical.

    `name` gives the capsule that name, and its URN.
    """
    name = name or draw(WORD)
    columns = draw(st.lists(NAME, max_size=4, unique_by=str.casefold))
    here = st.sampled_from(columns) if columns else st.nothing()
    identity = some(
        display_name=TEXT, status=TEXT, version=TEXT, capsule_type=st.sampled_from(["model", "view"]), layer=TEXT,
        source_system=WORD, description=TEXT, location=st.just("s3://lake/orders/"), format=st.sampled_from(["delta_lake", "csv"]),
        compression=st.just("none"), statistics=some(row_count=st.integers(0, 10**9)),
        owner=st.one_of(WORD, some(email=st.just("a@b.org")).flatmap(lambda m: WORD.map(lambda t: {"team": t, **m}))),
        domain=WORD, tags=words(), meta=META,
    )  # fmt: skip
    sections = {
        "schema": _structure(columns),
        "business_terms": TERMS,
        "columns": st.dictionaries(here if columns else WORD, COLUMN_MEANING, max_size=3),
        "quality_rules": _rules(columns),
        "policies": some(**POLICY).flatmap(
            lambda more: st.sampled_from(["internal", "secret"]).map(lambda level: {"sensitivity_level": level, **more})
        ),
        "lineage": some(
            upstream=st.lists(WORD.map("urn:dcs:dbt:source:raw:{} x".format), max_size=3, unique=True),
            transformation=some(language=st.just("sql"), code=TEXT, git_commit=st.sampled_from(["a1b2c3d4", "1234567"])),
        ),
        "version_history": st.lists(
            st.tuples(WORD, DATE, TEXT), max_size=2, unique_by=lambda entry: entry[0]
        ).map(lambda entries: [{"version": v, "date": d, "changes": c} for v, d, c in entries]),
        "contract": some(**CONTRACT).map(lambda more: {"version": "1.0", **more}),
    }  # fmt: skip
    if columns:
        sections["column_policies"] = st.dictionaries(here, some(**POLICY), max_size=2)
    found = {**draw(identity), **draw(st.fixed_dictionaries({}, optional=sections))}
    if "schema" not in found:
        for key in ("quality_rules", "column_policies"):
            found.pop(key, None)
    found |= {"urn": f"urn:dcs:dbt:model:shop:{name}", "name": name}
    return {key: found[key] for key in draw(st.permutations(list(found)))}
