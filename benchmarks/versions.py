"""Versions: kilobytes that one takes by way of storing it, and the comparison of two with 500 columns."""

import json
import random
import zlib

from django.db import connection

from apps.catalog.changes.classify import classify
from benchmarks.measure import clock, record, tell

KEYFRAME = 10  # snapshots from one that stands alone to the next
HISTORIES, LONG = 50, 20
DIFF = 1.0  # milliseconds of performance.md section 1
ESTATE = False  # it needs a database, and nothing in it
WORDS = (
    "order customer total price tax net gross status date city payment shipping refund line item code".split()
)


def run(small):
    """Print the size of a version as JSONB and as a difference, then the time of a comparison."""
    sizes(10 if small else HISTORIES)
    old = document(random.Random(1), 500)
    new = changed(changed(old, random.Random(2)), random.Random(3))
    tell(
        "comparison of two versions, 500 columns", clock(lambda _: classify(old, new), range(20)), limit=DIFF
    )


def sizes(histories):
    """Kilobytes a version: plain JSONB as PostgreSQL keeps it, and zlib with the last keyframe as dictionary."""
    rng = random.Random(0)
    found = [history(rng) for _ in range(histories)]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept (snapshot jsonb)")
        cursor.executemany(
            "INSERT INTO kept VALUES (%s)", [[json.dumps(one)] for each in found for one in each]
        )
        cursor.execute("SELECT avg(pg_column_size(snapshot)) / 1024 FROM kept")
        plain = float(cursor.fetchone()[0])
        cursor.execute("DROP TABLE kept")
    packed = [size for each in found for size in compressed(each)]
    small = sum(packed) / len(packed) / 1024
    print(
        f"  {len(packed)} versions of {histories} capsules, 30 columns each, one change from one to the next:"
    )
    print(
        f"  JSONB {plain:.2f} kB a version, keyframes and differences {small:.2f} kB, {plain / small:.1f} times less"
    )
    record("storage of a version", jsonb_kb=plain, packed_kb=small)


def compressed(documents):
    """Bytes of each document: every tenth on its own, the others with it as dictionary."""
    for position, one in enumerate(documents):
        text = json.dumps(one, separators=(",", ":")).encode()
        if position % KEYFRAME == 0:
            keyframe = text
            yield len(zlib.compress(text))
        else:
            packer = zlib.compressobj(zdict=keyframe)
            yield len(packer.compress(text) + packer.flush())


def history(rng):
    """One capsule's documents, each with one change more."""
    found = [document(rng, 30)]
    for _ in range(LONG - 1):
        found.append(changed(found[-1], rng))
    return found


def document(rng, columns):
    """A canonical document with types, descriptions, rules and a policy."""
    names = [f"{rng.choice(WORDS)}_{rng.choice(WORDS)}_{n}" for n in range(columns)]
    return {
        "urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
        "name": "orders",
        "capsule_type": "model",
        "layer": "gold",
        "description": sentence(rng, 30),
        "schema": {
            "columns": [
                {
                    "name": name,
                    "data_type": rng.choice(["bigint", "text", "numeric(12,2)", "timestamp"]),
                    "description": sentence(rng, 10),
                }
                for name in names
            ]
        },
        "columns": {name: {"unit_of_measure": "EUR"} for name in names[::5]},
        "quality_rules": [{"rule": "not_null", "column": name, "severity": "error"} for name in names[::3]],
        "policies": {"sensitivity_level": "internal", "retention": {"period": "P7Y"}},
    }


def changed(document, rng):
    """The document with one column described anew."""
    columns = [dict(column) for column in document["schema"]["columns"]]
    rng.choice(columns)["description"] = sentence(rng, 10)
    return {**document, "schema": {"columns": columns}}


def sentence(rng, words):
    return " ".join(rng.choice(WORDS) for _ in range(words)).capitalize() + "."
