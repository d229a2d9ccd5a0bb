"""An estate of any size: capsules with columns, lineage, rules, checks, policies, contracts and terms.

The same size always gives the same rows. Names follow the habits of warehouses (`stg_shop__order_items`), a few
columns are everywhere and many are rare, a few capsules are read by hundreds of others. Rows go in by COPY, as
the owner of the tables with the tables' own triggers off: what is measured is reading, not this.
"""

import itertools
import random
import time
from bisect import bisect
from dataclasses import dataclass

from django.db import connections

KINDS = {name: f"0190{at:04x}-0000-7000-8000-%012x" for at, name in enumerate(
    ("owner", "domain", "source", "tag", "term", "capsule", "column", "edge", "column_edge", "rule", "check", "policy",
     "contract", "capsule_tag", "term_link"), start=1)}  # fmt: skip
SYSTEMS = "shop crm erp billing web app pos hr ads mail loyalty returns warehouse fleet support survey forum iot".split()
NOUNS = """order customer payment product shipment invoice campaign session ticket store basket refund voucher price
stock supplier contract visit click message address account employee shift route device sensor reading claim policy
quote lead contact event member reward coupon review rating region country currency ledger journal budget forecast
target cost margin tax discount delivery carrier parcel pallet bin batch recipe asset lease meter tariff""".split()
ASPECTS = """items lines daily weekly monthly history latest snapshot summary detail events status totals keys map
current open closed failed pending ranked scored enriched cleaned joined distinct by_region by_store by_channel
by_segment funnel cohort retention""".split()
POPULAR = "id created_at updated_at name status type amount currency is_active country_code description source_id".split()
SUFFIXES = "id key code name type status amount total count date at flag rate share rank note hash".split()
DATA_TYPES = ("bigint", "varchar", "timestamp", "numeric(18,2)", "boolean", "date")
LAYERS = (
    ("raw", "raw", "source", 0.30),
    ("staging", "stg", "model", 0.30),
    ("silver", "int", "model", 0.20),
    ("gold", "fct", "model", 0.20),
)
PII = ("email", "phone", "name", "address")
LEVELS = ("public", "internal", "internal", "confidential", "restricted")
SYLLABLES = "ba be bi bo ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se si so ta te ti to va ve vi vo".split()


@dataclass(frozen=True)
class Scale:
    """How large an estate is: numbers of rows."""

    capsules: int
    columns_each: int = 20
    edges_each: int = 5
    column_edges_each: int = 20
    rules_each: int = 3
    terms: int = 10_000

    def __str__(self):
        return f"{self.capsules:,} capsules with {self.columns_each} columns each"


AFTERWARDS = (
    "ANALYZE",
    "SELECT dcs.refresh_capsule_facts(NULL)",
    "SELECT dcs.prune_search()",
    "VACUUM ANALYZE",
    "REFRESH MATERIALIZED VIEW dcs.catalog_capsule_summary",
)
FULL = Scale(100_000)
SMALL = Scale(5_000, terms=500)


def key(kind, number):
    """The key of the row of a kind with that number."""
    return KINDS[kind] % number


def load(scale, say=print):
    """Fill the empty database of the connection `owner` with an estate of that size."""
    connection = connections["owner"]
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dcs.capsules")
        if cursor.fetchone()[0]:
            raise SystemExit(
                "The database holds capsules already. Benchmarks want an empty one of their own."
            )
    estate = Estate(scale)
    with connection.cursor() as cursor:
        tables = list(estate.tables())
        for name, _columns, _rows in tables:
            cursor.execute(f'ALTER TABLE dcs."{name}" DISABLE TRIGGER USER')
        for name, columns, rows in tables:
            begun = time.perf_counter()
            copy(cursor, name, columns, rows)
            say(f"  {name} ({time.perf_counter() - begun:.1f} s)")
            cursor.execute(f'ALTER TABLE dcs."{name}" ENABLE TRIGGER USER')
        for statement in AFTERWARDS:
            begun = time.perf_counter()
            cursor.execute(statement)
            say(f"  {statement} ({time.perf_counter() - begun:.1f} s)")


def copy(cursor, table, columns, rows):
    """Send `rows` (tuples of texts without tabs, newlines and backslashes; None for null) a block at a time."""
    statement = f'COPY dcs."{table}" ({", ".join(columns)}) FROM STDIN'
    rows = iter(rows)
    with cursor.cursor.copy(statement) as stream:
        while block := list(itertools.islice(rows, 5_000)):
            stream.write(
                "".join(
                    "\t".join([r"\N" if value is None else str(value) for value in row]) + "\n"
                    for row in block
                )
            )


class Estate:
    """The rows of an estate, made while they are read: nothing but the edges of one capsule is ever kept."""

    def __init__(self, scale):
        self.scale = scale
        self.names = self._column_names()
        # Where each layer begins: raw first, so that lineage runs upwards in number.
        shares = itertools.accumulate(share for *_rest, share in LAYERS)
        self.begins = [0, *(round(share * scale.capsules) for share in shares)]

    def tables(self):
        """(table, columns, rows), each table after those it refers to."""
        yield "owners", ("id", "name", "email"), self._owners()
        yield "domains", ("id", "name", "description"), self._domains()
        yield (
            "source_systems",
            ("id", "name", "source_type"),
            ((key("source", n), name, "dbt") for n, name in enumerate(SYSTEMS)),
        )
        yield (
            "tags",
            ("id", "name", "category"),
            ((key("tag", n), f"{NOUNS[n % len(NOUNS)]}-{n}", "topic") for n in range(200)),
        )
        yield "capsules", (
            "id", "urn", "name", "capsule_type", "source_system_id", "database_name", "schema_name", "domain_id", "owner_id",
            "layer", "description", "has_tests", "visibility_rank", "updated_at"), self._capsules()  # fmt: skip
        yield (
            "columns",
            (
                "id",
                "urn",
                "capsule_id",
                "name",
                "data_type",
                "ordinal_position",
                "pii_type",
                "description",
                "visibility_rank",
            ),
            self._columns(),
        )
        yield (
            "business_terms",
            ("id", "term_name", "display_name", "definition", "synonyms", "approval_status"),
            self._terms(),
        )
        yield "capsule_business_terms", ("id", "capsule_id", "column_id", "term_id"), self._term_links()
        yield "capsule_tags", ("id", "capsule_id", "tag_id"), self._tags()
        yield (
            "quality_rules",
            ("id", "capsule_id", "column_id", "rule_name", "rule_type", "rule_config"),
            self._rules(),
        )
        yield (
            "quality_checks",
            ("id", "quality_rule_id", "capsule_id", "check_status", "check_timestamp"),
            self._checks(),
        )
        yield (
            "data_policies",
            (
                "id",
                "capsule_id",
                "column_id",
                "sensitivity_level",
                "requires_masking",
                "policy_status",
                "compliance_frameworks",
            ),
            self._policies(),
        )
        yield (
            "capsule_contracts",
            ("id", "capsule_id", "contract_version", "contract_status", "freshness_sla"),
            self._contracts(),
        )
        yield "capsule_lineage", ("id", "source_urn", "target_urn", "source_id", "target_id"), self._edges()
        yield (
            "column_lineage",
            ("id", "source_urn", "target_urn", "source_column_id", "target_column_id"),
            self._column_edges(),
        )

    def layer(self, n):
        """(layer, prefix, type) of capsule `n`."""
        return LAYERS[min(bisect(self.begins, n) - 1, len(LAYERS) - 1)][:3]

    def name(self, n):
        """The name of capsule `n`: plausible, and seldom the same twice."""
        _layer, prefix, _kind = self.layer(n)
        noun, aspect = NOUNS[n * 7 % len(NOUNS)], ASPECTS[n // 3 * 5 % len(ASPECTS)]
        tail = f"_{self.rare[n % len(self.rare)]}" if n % 3 == 0 else f"_v{n // 1000}" if n % 7 == 0 else ""
        return f"{prefix}_{SYSTEMS[n % len(SYSTEMS)]}__{noun}_{aspect}{tail}"

    def urn(self, n):
        layer, _prefix, kind = self.layer(n)
        return f"urn:dcs:dbt:{kind}:analytics.{layer}{n % 50}:{self.name(n)}_{n}"

    def _column_names(self):
        """Distinct names, most used first: a third of an estate's columns carry one of the popular ones."""
        chance = random.Random(11)
        self.rare = sorted(
            {
                "".join(chance.choices(SYLLABLES, k=chance.randint(2, 4)))
                for _ in range(min(30_000, self.scale.capsules))
            }
        )
        names = [f"{noun}_{suffix}" for noun in NOUNS for suffix in SUFFIXES]
        names += [
            f"{first}_{second}_{suffix}"
            for first in NOUNS[:40]
            for second in NOUNS[40:]
            for suffix in SUFFIXES[:6]
        ]
        names += [f"{word}_{SUFFIXES[at % len(SUFFIXES)]}" for at, word in enumerate(self.rare)]
        chance.shuffle(names)
        return names

    def columns_of(self, n):
        """The names of the columns of capsule `n`."""
        chance = random.Random(n)
        each, count = self.scale.columns_each, len(self.names)
        found = dict.fromkeys(POPULAR[: each // 3])
        while len(found) < each:
            found[self.names[int(count * chance.random() ** 3)]] = None
        return list(found)

    def sources_of(self, n):
        """The numbers of the capsules that feed capsule `n`: mostly of the layer below, a few of them hubs."""
        at = bisect(self.begins, n) - 1
        if at == 0 or n >= self.scale.capsules:
            return []
        low, high = self.begins[at - 1], self.begins[at]
        chance = random.Random(n + 10_000_000)
        share = sum(share for *_rest, share in LAYERS[1:])
        wanted = round(self.scale.edges_each / share)
        # The third power makes hubs: the first capsules of a layer feed hundreds.
        return sorted({low + int((high - low) * chance.random() ** 3) for _ in range(wanted)})

    def _owners(self):
        return (
            (key("owner", n), f"{NOUNS[n % len(NOUNS)].title()} team {n}", f"team{n}@example.org")
            for n in range(400)
        )

    def _domains(self):
        return ((key("domain", n), NOUNS[n].title(), f"Everything about each {NOUNS[n]}.") for n in range(40))

    def _capsules(self):
        chance = random.Random(1)
        for n in range(self.scale.capsules):
            layer, _prefix, kind = self.layer(n)
            yield (
                key("capsule", n), self.urn(n), self.name(n), kind if chance.random() < 0.9 else "snapshot",
                key("source", n % len(SYSTEMS)), "analytics", f"{layer}{n % 50}",
                key("domain", int(40 * chance.random() ** 2)) if chance.random() < 0.9 else None,
                key("owner", int(400 * chance.random() ** 2)) if chance.random() < 0.85 else None, layer,
                f"One row for each {NOUNS[n % len(NOUNS)]} of {SYSTEMS[n % len(SYSTEMS)]}." if chance.random() < 0.6 else None,
                "t" if chance.random() < 0.4 else "f", 5 if chance.random() < 0.02 else 2,
                f"2026-{1 + n % 12:02}-{1 + n % 28:02} {n % 24:02}:{n % 60:02}:{n % 59:02}.{n:06}Z",
            )  # fmt: skip

    def _columns(self):
        chance = random.Random(2)
        each = self.scale.columns_each
        for n in range(self.scale.capsules):
            urn, capsule = self.urn(n), key("capsule", n)
            for at, name in enumerate(self.columns_of(n)):
                drawn = chance.random()
                yield (
                    key("column", n * each + at), f"{urn}.{name}", capsule, name, DATA_TYPES[at % 6], at + 1,
                    PII[at % 4] if drawn < 0.03 else None, f"The {name.replace('_', ' ')}." if drawn < 0.4 else None,
                    5 if drawn > 0.99 else 2,
                )  # fmt: skip

    def _terms(self):
        for n in range(self.scale.terms):
            word = self.rare[n * 3 % len(self.rare)]
            noun = NOUNS[n % len(NOUNS)]
            yield (
                key("term", n), f"{noun}_{word}_{n}", f"{noun.title()} {word}", f"What the business calls the {noun} {word}.",
                f'["{word} {noun}"]', ("approved", "draft", "deprecated")[n % 3],
            )  # fmt: skip

    def _term_links(self):
        each = self.scale.columns_each
        for n in range(self.scale.capsules // 2):
            on_column = n % 2
            yield (
                key("term_link", n), None if on_column else key("capsule", 2 * n),
                key("column", (2 * n + 1) * each + n % each) if on_column else None, key("term", n % self.scale.terms),
            )  # fmt: skip

    def _tags(self):
        chance = random.Random(4)
        number = itertools.count()
        for n in range(self.scale.capsules):
            for tag in {int(200 * chance.random() ** 3) for _ in range(n % 3)}:
                yield key("capsule_tag", next(number)), key("capsule", n), key("tag", tag)

    def _rules(self):
        each, columns = self.scale.rules_each, self.scale.columns_each
        for n in range(self.scale.capsules):
            if n % 4 == 0:  # a quarter is not checked at all
                continue
            for at in range(each + 1):
                on_column = at > 0
                yield (
                    key("rule", n * (each + 1) + at), None if on_column else key("capsule", n),
                    key("column", n * columns + at) if on_column else None, f"rule_{n}_{at}",
                    "not_null" if on_column else "freshness", "{}",
                )  # fmt: skip

    def _checks(self):
        chance = random.Random(5)
        each = self.scale.rules_each
        for n in range(self.scale.capsules):
            if n % 4 == 0:
                continue
            for at in range(each + 1):
                status = chance.choices(
                    ("passed", "warning", "failed", "error", "skipped"), (90, 4, 3, 1, 2)
                )[0]
                rule = n * (each + 1) + at
                yield (
                    key("check", rule),
                    key("rule", rule),
                    key("capsule", n),
                    status,
                    f"2026-11-{1 + n % 20:02} 03:00:00Z",
                )

    def _policies(self):
        chance = random.Random(6)
        columns = self.scale.columns_each
        for n in range(self.scale.capsules):
            on_column = n % 3 == 0
            yield (
                key("policy", n), None if on_column else key("capsule", n),
                key("column", n * columns + 3) if on_column else None, LEVELS[int(5 * chance.random())],
                "t" if n % 9 == 0 else "f", "active" if n % 5 else "draft", '["GDPR"]' if n % 11 == 0 else "[]",
            )  # fmt: skip

    def _contracts(self):
        statuses = ("active", "active", "breached", "draft", "proposed", "deprecated", "superseded")
        for n in range(self.scale.capsules):
            yield key("contract", n), key("capsule", n), "1.0.0", statuses[n % 7], f"{1 + n % 24} hours"

    def _edges(self):
        number = itertools.count()
        for n in range(self.begins[1], self.scale.capsules):
            for source in self.sources_of(n):
                yield (
                    key("edge", next(number)),
                    self.urn(source),
                    self.urn(n),
                    key("capsule", source),
                    key("capsule", n),
                )

    def _column_edges(self):
        chance = random.Random(7)
        number = itertools.count()
        each = self.scale.columns_each
        per_capsule = self.scale.column_edges_each / sum(share for *_rest, share in LAYERS[1:])
        for n in range(self.begins[1], self.scale.capsules):
            sources = self.sources_of(n)
            pairs = {
                (sources[at % len(sources)] * each + int(each * chance.random() ** 2), n * each + at % each)
                for at in range(round(per_capsule))
            }
            for source, target in sorted(pairs):
                yield (
                    key("column_edge", next(number)),
                    f"c{source}",
                    f"c{target}",
                    key("column", source),
                    key("column", target),
                )
