"""One bad file for every code of the document format, and where each is said to stand."""

import datetime

import pytest

from apps.catalog import documents
from apps.catalog.documents.problems import CODES

HEAD = "data_capsule:\n  urn: urn:dcs:dbt:model:shop:stg_orders\n  name: stg_orders\n"
COLUMNS = "  schema:\n    columns:\n      - {name: order_id, data_type: INT}\n      - {name: total, data_type: INT}\n"
SMALL = documents.Limits(
    document=400, bundle=900, documents=2, depth=5, aliases=3, nodes=60, columns=2, rules=2, upstream=2
)
STORED = documents.Known(
    capsule=lambda urn: False,
    columns=lambda urn: ["order_id", "total"],
    tables=lambda table, near: (
        [] if table == "nobody" else ["urn:dcs:dbt:model:a:t", "urn:dcs:dbt:model:b:t"]
    ),
    term=lambda name: name == "revenue",
    value_domain=lambda name: ["paid"] if name == "order_status" else None,
    domain=lambda name: False,
    owner_email=lambda team: "stored@company.com",
    versions=lambda urn: [
        documents.StoredVersion("1.0", "2024-01-01", "First"),
        documents.StoredVersion("1.1", "2024-02-01", "Second"),
    ],
    contract=lambda urn, version: "active" if version == "1.0" else None,
    may_change=lambda urn, section: section != "policies",
    may_see=lambda urn: "hidden" not in urn,
    today=datetime.date(2026, 5, 1),
)


def bad(code, body, pointer, line, hint, *, head=HEAD, known=None, limits=None):
    return pytest.param(
        head + body, code, pointer, line, hint, known, limits, id=f"{code}-{pointer or 'file'}"
    )


def raw(code, data, pointer, line, hint, limits=None):
    return pytest.param(
        data, code, pointer, line, hint, None, limits, id=f"{code}-{pointer or 'file'}-{line}"
    )


UNREADABLE = [
    raw("E001", b"data_capsule:\n  name: caf\xe9\n", "", 2, "Save the file as UTF-8."),
    raw("E001", "data_capsule: {}".encode("utf-16"), "", 1, "Save it as UTF-8."),
    bad("E002", "  status: !!python/name:os.system x\n", "/status", 4, "Remove !!python/name:os.system."),
    bad("E002", "  meta: !mine {a: 1}\n", "/meta", 4, "Remove !mine."),
    bad("E003", "  status: new\n  meta: {a: 1}\n  status: old\n", "/status", 6, "Keep one of the two."),
    raw("E003", '{"data_capsule": {"urn": "urn:dcs:a:b:c:d",\n "name": "d",\n "name": "e"}}', "/name", 3, "Keep one of the two."),
    bad("E003", "  meta:\n    deep: {1: a, '1': b}\n", "/meta/deep/1", 5, "Keep one of the two."),
    bad("E004", "  meta: {share: .nan}\n", "/meta/share", 4, "Put it in quotes"),
    bad("E004", '  description: "a\\0b"\n', "/description", 4, "Remove it."),
    raw("E004", b"data_capsule: {}\nx: a\x00b", "", 2, "Remove it."),
    raw("E004", '{"data_capsule": {"meta": {"a":\n NaN}}}', "/meta/a", 2, "Leave the key out."),
    raw("E004", '{"data_capsule": {"name": "\\ud800"}}', "/name", 1, "Write the whole pair"),
    bad("E004", "  ? [a, b]\n  : c\n", "", 4, "Write the key as one word"),
    bad("E004", "  meta: {id: 123456789012345678901234567890123456789012345}\n", "/meta/id", 4, "Put it in quotes"),
    raw("E005", "data_capsule:\n\turn: x\n", "", 2, "Indent with blanks, not with tabs."),
    raw("E005", "data_capsule: {urn: 'x\n", "", 2, "Check the indentation"),
    raw("E005", '{"data_capsule": {"urn": "x" "name": "y"}}', "", 1, "Write one of the two."),
    bad("E005", "  status: *nobody\n", "/status", 4, "Write &nobody"),
    raw("E010", "data_capsule: " + "x" * 401, "", 1, "Split it", SMALL),
    raw("E010", '{"data_capsule": "' + "x" * 401 + '"}', "", 1, "Split it", SMALL),
    bad("E011", "  meta:\n    a: {b: {c: {d: 1}}}\n", "/meta/a/b/c", 5, "Flatten them.", limits=SMALL),
    bad("E012", "  meta: {a: &a 1,\n  b: [*a, *a, *a, *a]}\n", "/meta/b/3", 5, "Write the values out.", limits=SMALL),
    bad("E013", "  meta:\n    a: [" + "1," * 60 + "]\n", "/meta/a/49", 5, "Split it", limits=SMALL),
    bad("E014", "  meta: &m\n    self: *m\n", "/meta/self", 5, "Write the value out."),
    raw("E015", "---\na: 1\n---\na: 1\n---\na: 1\n", "", 6, "Split it into several files.", SMALL),
    raw("E015", "---\na: 1\n" * 120, "", 1, "Split it into several files.", SMALL),
    raw("E015", '[{"a": 1},{"a": 1},\n{"a": 1}]', "", 2, "Split it into several files.", SMALL),
    bad("E016", "  columns:\n    a: {}\n    b: {}\n    c: {}\n", "/columns/c", 7, "Split the capsule.", limits=SMALL),
    bad("E016", "  meta: &m {a: {}, b: {}, c: {}}\n  columns: *m\n", "/columns", 5, "Split the capsule.", limits=SMALL),
    bad("E016", "  lineage:\n    upstream: [a, b, c]\n", "/lineage/upstream", 5, "Split the capsule.", limits=SMALL),
]  # fmt: skip

SCHEMA = [
    raw("E100", "data_capsule:\n  name: stg_orders\n", "", 1, "Add urn."),
    raw("E100", "# nothing yet\n", "", 1, "Add data_capsule"),
    bad("E100", "  contract:\n    status: draft\n", "/contract", 4, "Add version."),
    bad("E101", "  tags: production\n", "/tags", 4, "Write a list."),
    bad("E101", "  description:\n", "/description", 4, "Leave the key out"),
    bad("E101", "  schema:\n    columns:\n      - {name: a, data_type: INT, is_nullable: no}\n", "/schema/columns/0/is_nullable", 6, "Write true or false."),
    bad("E101", COLUMNS + "  quality_rules:\n    - {rule: value_in_set, column: total, values: [1],\n       expected: null}\n", "/quality_rules/0/expected", 10, "Leave the key out."),
    bad("E102", "  schema:\n    columns:\n      - name: a\n        data_typ: INT\n        data_type: INT\n", "/schema/columns/0/data_typ", 7, "Did you mean data_type?"),
    bad("E103", "  compression: zip\n", "/compression", 4, "Write one of: gzip"),
    bad("E103", "  x-y: 1\n", "/format_version", 1, "Write 1.", head="format_version: 2\n" + HEAD),
    bad("E103", "  lineage:\n    transformation: {language: cobol}\n", "/lineage/transformation/language", 5, "Write one of: sql"),
    bad("E104", "  lineage:\n    upstream:\n      - raw_orders\n", "/lineage/upstream/0", 6, "Write urn:dcs:"),
    bad("E104", "  contract:\n    version: 1\n    slas: {freshness: {target: soon}}\n", "/contract/slas/freshness/target", 6, "4 hours or PT4H"),
    bad("E104", "  contract:\n    version: 1\n    slas: {freshness: {target: 0 hours}}\n", "/contract/slas/freshness/target", 6, "Write a longer one"),
    bad("E104", "  contract:\n    version: 1\n    slas: {completeness: {target: 99.99999}}\n", "/contract/slas/completeness/target", 6, "at most four"),
    bad("E104", "  contract:\n    version: 1\n    deprecation: {date: 2024-02-30}\n", "/contract/deprecation/date", 6, "2024-12-01"),
    bad("E104", "  contract:\n    version: 1\n    maintenance_windows: [{day: sunday, start: 2am, end: 04:00}]\n", "/contract/maintenance_windows/0/start", 6, "02:00"),
    bad("E104", "  contract:\n    version: 1\n    schema_changes: {breaking_change_notice: 1 month}\n", "/contract/schema_changes/breaking_change_notice", 6, "30 days"),
    bad("E104", "  lineage:\n    transformation: {git_commit: main}\n", "/lineage/transformation/git_commit", 5, "a1b2c3d4"),
    bad("E104", "  owner: {team: finance, email: nobody}\n", "/owner/email", 4, "data-platform@company.com"),
    bad("E105", "  contract:\n    version: 1\n    slas: {completeness: {target: 150}}\n", "/contract/slas/completeness/target", 6, "from 0 to 100"),
    bad("E105", "  tags: [daily, daily]\n", "/tags/1", 4, "List it once."),
    bad("E105", "  schema:\n    columns: []\n    indexes:\n      - {name: i, columns: []}\n", "/schema/indexes/0/columns", 7, "Name columns"),
    bad("E105", "  statistics: {row_count: 99999999999999999999}\n", "/statistics/row_count", 4, "Allowed: at most"),
    bad("E106", "  schema:\n    columns:\n      - {name: a, data_type: INT, constraints: [{type: foreign_key}]}\n", "/schema/columns/0/constraints/0", 6, "Add references"),
    bad("E106", "  schema:\n    columns:\n      - {name: a, data_type: INT, constraints: [{type: check}]}\n", "/schema/columns/0/constraints/0", 6, "Add expression"),
    bad("E106", "  schema:\n    columns:\n      - {name: a, data_type: INT, constraints: [{type: default}]}\n", "/schema/columns/0/constraints/0", 6, "Add value or expression"),
    bad("E106", "  contract:\n    version: 1\n    slas: {availability: {max_downtime: 1 hour}}\n", "/contract/slas/availability/max_downtime", 6, "1 hour per month"),
]  # fmt: skip

SEMANTIC = [
    bad("E301", "  schema:\n    columns:\n      - {name: a, data_type: INT}\n      - {name: a, data_type: INT}\n", "/schema/columns/1/name", 7, "Rename or remove"),
    bad("E301", COLUMNS + "  quality_rules:\n    - {rule: unique, column: total, name: r}\n    - {rule: not_null, column: total, name: r}\n", "/quality_rules/1/name", 10, "Rename or remove"),
    bad("E301", COLUMNS + "    indexes:\n      - {name: i, columns: [total]}\n      - {name: i, columns: [total]}\n", "/schema/indexes/1/name", 10, "Rename or remove"),
    bad("E302", "  schema:\n    columns:\n      - {name: a, data_type: INT, constraints: [{type: primary_key}]}\n    constraints:\n      - {type: primary_key, columns: [a]}\n", "/schema/constraints/0", 8, "Keep one of the two forms."),
    bad("E302", COLUMNS + "    constraints:\n      - {type: primary_key, columns: [total]}\n      - {type: primary_key, columns: [order_id]}\n", "/schema/constraints/1", 10, "Keep one"),
    bad("E303", "  schema:\n    columns:\n      - name: a\n        data_type: INT\n        constraints: [{type: foreign_key, references: customers}]\n", "/schema/columns/0/constraints/0/references", 8, "stg_customers.customer_id"),
    bad("E303", COLUMNS + "    constraints:\n      - {type: foreign_key, columns: [order_id, total], references: t.a}\n", "/schema/constraints/0/references", 9, "as many referenced columns"),
    bad("E304", "  contract:\n    version: 1\n    slas: {latency: {p95_ms: 9, p99_ms: 5}}\n", "/contract/slas/latency/p99_ms", 6, "Swap"),
    bad("E304", COLUMNS + "  columns:\n    total: {range: {min: 2, max: 1}}\n", "/columns/total/range/max", 9, "Swap"),
    bad("E305", "  policies:\n    sensitivity_level: internal\n    geographic: {allowed_regions: [US, CN], restricted_regions: [CN]}\n", "/policies/geographic/restricted_regions", 6, "one of the two lists"),
    bad("E305", "  policies:\n    sensitivity_level: internal\n    geographic: {data_residency: DE, allowed_regions: [US]}\n", "/policies/geographic/data_residency", 6, "Add DE"),
    bad("E306", "  policies:\n    sensitivity_level: internal\n    access: {allowed_roles: [analyst], denied_roles: [analyst]}\n", "/policies/access/denied_roles", 6, "one of the two lists"),
    bad("E307", "  policies:\n    sensitivity_level: internal\n    purposes: {approved: [marketing], prohibited: [marketing]}\n", "/policies/purposes/prohibited", 6, "one of the two lists"),
    bad("E308", "  policies:\n    sensitivity_level: internal\n    effective_from: 2025-01-02\n    effective_to: 2025-01-01\n", "/policies/effective_to", 7, "Swap"),
    bad("E309", "---\n" + HEAD, "/urn", 6, "Describe each capsule once."),
    bad("E310", COLUMNS + "  quality_rules:\n    - {rule: unique, column: missing}\n", "/quality_rules/0/column", 9, "Declare missing"),
    bad("E310", COLUMNS + "  column_policies:\n    missing: {status: draft}\n", "/column_policies/missing", 9, "Declare missing"),
    bad("E310", COLUMNS + "  lineage:\n    columns:\n      missing: ['urn:dcs:a:b:c:d.e']\n", "/lineage/columns/missing", 10, "Declare missing"),
    bad("E310", COLUMNS + "    constraints:\n      - {type: unique, columns: [missing]}\n", "/schema/constraints/0/columns/0", 9, "Declare missing"),
    bad("E311", "  schema:\n    columns:\n      - {name: a, data_type: INT, is_nullable: true, constraints: [{type: not_null}]}\n", "/schema/columns/0/is_nullable", 6, "is_nullable: false"),
    bad("E311", "  schema:\n    columns:\n      - {name: a, data_type: INT, is_nullable: true, constraints: [{type: primary_key}]}\n", "/schema/columns/0/is_nullable", 6, "is_nullable: false"),
    bad("E312", "  lineage:\n    upstream:\n      - urn:dcs:dbt:model:shop:stg_orders\n", "/lineage/upstream/0", 6, "Remove it"),
    bad("E313", "  version_history:\n    - {version: '1.0', date: 2024-01-01, changes: Other}\n", "/version_history/0/version", 5, "history is added to", known=STORED),
    bad("E314", "  version: '1.0'\n", "/version", 4, "follows 1.1", known=STORED),
    bad("E315", "  quality_rules:\n    - {rule: unique}\n", "/quality_rules/0", 5, "capsule_level: true"),
    bad("E315", COLUMNS + "  quality_rules:\n    - {rule: unique, column: total, capsule_level: true}\n", "/quality_rules/0", 9, "capsule_level: true"),
    bad("E316", "  location: postgres://loader:hunter2@db/orders\n", "/location", 4, "environment variable"),
    bad("E316", "  meta:\n    warehouse: {api_key: abc123}\n", "/meta/warehouse/api_key", 5, "environment variable"),
    bad("E316", COLUMNS + "  quality_rules:\n    - rule: custom_function\n      capsule_level: true\n      function: f\n      config: {password: hunter2}\n", "/quality_rules/0/config/password", 12, "environment variable"),
    *(
        bad("E317", f"  quality_rules:\n    - {{rule: {rule}, capsule_level: true}}\n", "/quality_rules/0", 5, f"Add {hint}")
        for rule, hint in [
            ("value_in_set", "values"), ("pattern_match", "pattern"), ("range_check", "min"), ("length_check", "min"),
            ("unique_combination", "columns"), ("referential_integrity", "references"), ("freshness", "threshold"),
            ("recency_check", "threshold"), ("completeness_threshold", "threshold_percent"),
            ("duplicate_threshold", "threshold_percent"), ("custom_sql", "sql"), ("custom_function", "function"),
        ]
    ),
    bad("E317", "  quality_rules:\n    - {rule: pattern_match, capsule_level: true, pattern: '('}\n", "/quality_rules/0/pattern", 5, "Correct it"),
    bad("E317", "  quality_rules:\n    - {rule: custom_sql, sql: delete from orders}\n", "/quality_rules/0/sql", 5, "Write one SELECT"),
    bad("E318", "  schema:\n    columns:\n      - {name: a, data_type: INT, x-renamed-from: b}\n", "/schema/columns/0/x-renamed-from", 6, "Correct the former name", known=STORED),
    bad("E319", "  schema:\n    columns:\n      - {name: a, data_type: INT, x-renamed-from: b}\n      - {name: b, data_type: INT}\n", "/schema/columns/0/x-renamed-from", 6, "Remove b"),
    bad("E319", "  schema:\n    columns:\n      - {name: a, data_type: INT, x-renamed-from: c}\n      - {name: b, data_type: INT, x-renamed-from: c}\n", "/schema/columns/1/x-renamed-from", 7, "one of them"),
    bad("E330", "  contract: {version: '2.0', status: breached}\n", "/contract/status", 4, "Write active", known=STORED),
    bad("E401", "  policies: {sensitivity_level: public}\n", "/policies", 4, "ask a steward", known=STORED),
    bad("E401", "  lineage: {upstream: ['urn:dcs:a:b:c:hidden']}\n", "/lineage/upstream/0", 4, "ask for access", known=STORED),
]  # fmt: skip

WARNINGS = [
    bad("W200", "", "/name", 3, "Write the same name in both", head=HEAD.replace("name: stg", "name: raw")),
    bad("W201", "  policies: {sensitivity_level: confidential, classification: internal}\n", "/policies/classification", 4, "Correct one"),
    bad("W202", "  contract:\n    version: 1\n    slas: {completeness: {target: 0.99}}\n", "/contract/slas/completeness/target", 6, "Write 99"),
    bad("W203", "  quality_rules:\n    - {rule: referential_integrity, capsule_level: true, references: t.id}\n", "/quality_rules/0/references", 5, "Write the URN", known=STORED),
    bad("W204", "  quality_rules:\n    - {rule: referential_integrity, capsule_level: true, references: nobody.id}\n", "/quality_rules/0/references", 5, "Write the capsule's URN", known=STORED),
    bad("W205", COLUMNS + "  columns:\n    status: {unit_of_measure: word}\n", "/columns/status", 9, "Add status"),
    bad("W206", COLUMNS + "    indexes:\n      - {name: i, columns: [order_date]}\n", "/schema/indexes/0/columns/0", 9, "Add order_date"),
    bad("W206", COLUMNS + "  partitioning: {strategy: range, key: [order_date]}\n", "/partitioning/key/0", 8, "Add order_date"),
    bad("W207", "  quality_rules: []\n  contract:\n    version: 1\n    slas: {quality: {critical_rules: [valid_total]}}\n", "/contract/slas/quality/critical_rules/0", 7, "Name a rule valid_total"),
    bad("W208", "  lineage:\n    upstream: ['urn:dcs:dbt:source:raw:orders']\n", "/lineage/upstream/0", 5, "deploy that capsule", known=STORED),
    bad("W209", "  lineage: {upstream: ['urn:dcs:dbt:model:shop:other']}\n---\n" + HEAD.replace("stg_orders", "other") + "  lineage: {upstream: ['urn:dcs:dbt:model:shop:stg_orders']}\n", "/lineage", 4, "Remove the edge"),
    bad("W210", "  business_terms: [revenue, turnover]\n", "/business_terms/1", 4, "propose the term", known=STORED),
    bad("W211", COLUMNS + "  columns:\n    total: {value_domain: money}\n", "/columns/total/value_domain", 9, "make the value domain", known=STORED),
    bad("W212", "  schema:\n    columns:\n      - {name: a, data_type: INT, description: One}\n  columns:\n    a: {description: Two}\n", "/columns/a/description", 8, "Keep one"),
    bad("W213", "  domain: sales\n", "/domain", 4, "Check its spelling", known=STORED),
    bad("W214", "  contract: {version: 1, approved_by: ada}\n", "/contract/approved_by", 4, "Remove it."),
    bad("W215", "  schema:\n    columns:\n      - {name: a, data_type: INT}\n      - {name: A, data_type: INT}\n", "/schema/columns/1/name", 7, "Rename one"),
    bad("W216", "  contract:\n    version: 2\n    status: active\n    deprecation: {date: 2026-04-30}\n", "/contract/deprecation/date", 7, "a day to come", known=STORED),
    bad("W217", COLUMNS + "  columns:\n    total: {allowed_values: [1, two]}\n", "/columns/total/allowed_values/1", 9, "correct the type"),
    bad("W217", COLUMNS + "  columns:\n    total: {value_domain: order_status, allowed_values: [1]}\n", "/columns/total/allowed_values/0", 9, "Add the code", known=STORED),
    bad("W218", "  schema:\n    columns:\n      - {name: a, data_type: INT, constraints: [{type: check, expression: 'a > ('}]}\n", "/schema/columns/0/constraints/0/expression", 6, "brackets"),
    bad("W219", "  schema:\n    columns:\n      - {name: a, data_type: 'whatever it is'}\n", "/schema/columns/0/data_type", 6, "as the source system does"),
    bad("W220", "  contract: {version: '1.0', status: active}\n", "/contract/version", 4, "a new version", known=STORED),
    bad("W222", "  format: papyrus\n", "/format", 4, "Known formats"),
    bad("W223", COLUMNS + "  column_policies:\n    total: {requires_masking: true}\n", "/column_policies/total/requires_masking", 9, "Add masking_method"),
    bad("W224", "  capsule_type: gizmo\n", "/capsule_type", 4, "Known types"),
    bad("W225", "  owner: {team: finance, email: new@company.com}\n", "/owner/email", 4, "owner's page", known=STORED),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code", "pointer", "line", "hint", "known", "limits"),
    [*UNREADABLE, *SCHEMA, *SEMANTIC, *WARNINGS],
)
def test_what_is_wrong_is_said_with_its_place_and_the_next_step(
    data, code, pointer, line, hint, known, limits
):
    reading = documents.read(data, known=known, limits=limits)

    found = [problem for problem in reading.problems if problem.code == code]
    assert found, reading.problems
    problem = found[0]
    assert problem.pointer.removeprefix("/data_capsule") == pointer
    assert problem.line == line
    assert hint in problem.hint
    assert problem.message.endswith((".", "?"))
    assert problem.severity == ("warning" if code.startswith("W") else "error")
    assert reading.valid == (not reading.errors)
    if code.startswith("W"):
        assert [other for other in reading.problems if other.severity == "error"] == []
    else:
        assert not any(document.number == problem.document for document in reading.documents)


def test_every_code_has_its_bad_file():
    shown = {case.values[1] for case in [*UNREADABLE, *SCHEMA, *SEMANTIC, *WARNINGS]}

    assert shown == set(CODES)


def test_all_that_is_wrong_is_said_at_once_and_in_file_order():
    data = HEAD + (
        "  ownr: finance\n"
        "  compression: zip\n"
        "  schema:\n    columns:\n      - {name: a, data_type: INT}\n      - {name: a, data_type: INT}\n"
        "  policies: {sensitivity_level: public, classification: secret}\n"
        "  contract: {}\n  lineage: {upstream: [x]}\n"
    )

    reading = documents.read(data)

    assert [problem.code for problem in reading.problems] == ["E102", "E103", "E301", "W201", "E104"]
    assert [problem.line for problem in reading.problems] == [4, 5, 9, 10, 12]


def test_a_hundred_problems_are_shown_and_errors_before_warnings_then():
    wrong = "".join(f"  k{i}: 1\n" for i in range(300))

    reading = documents.read(HEAD + "  format: papyrus\n" + wrong)

    assert len(reading.problems) == 100
    assert {problem.code for problem in reading.problems} == {"E102"}
    assert [problem.line for problem in reading.problems] == list(range(5, 105))


def test_one_bad_document_refuses_the_bundle_and_names_its_number():
    reading = documents.read(HEAD + "---\n" + HEAD.replace("stg_orders", "other") + "  tags: x\n")

    assert not reading.valid
    assert [problem.document for problem in reading.problems] == [2]
    assert [problem.line for problem in reading.problems] == [8]
    assert [document.number for document in reading.documents] == [1]


def test_a_problem_reads_as_the_api_prints_it():
    problem = documents.read(HEAD + "  tags: x\n").problems[0]

    assert problem.name == "wrong_type"
    assert problem.as_dict() == {
        "code": "E101",
        "severity": "error",
        "document": 1,
        "pointer": "/data_capsule/tags",
        "line": 4,
        "column": 3,
        "message": "tags is the text 'x'; it takes a list.",
        "hint": "Write a list.",
    }
