"""Files made to hurt: each ends within a second and 200 MB, in a sentence."""

import subprocess
import sys
import time
import tracemalloc

import pytest

from apps.catalog import documents

HEAD = "data_capsule:\n  urn: urn:dcs:dbt:model:shop:stg_orders\n  name: stg_orders\n"
MEBIBYTE = 1024 * 1024
LAUGHS = "a0: &a0 [ha]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 5)}]\n" for i in range(1, 10))
DOUBLING = "a0: &a0 [ha]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 25))
MERGED = (
    "a0: &a0 {k: &v ["
    + "x, " * 6000
    + "]}\n"
    + "".join(f"a{i}: &a{i} {{<<: *a0, k{i}: *v}}\n" for i in range(1, 25))
)
FILES = {
    "one text of 25 MB": (b"data_capsule: " + b"x" * 25 * MEBIBYTE, "E010"),
    "one text of 19 MB": (b"data_capsule: " + b"x" * 19 * MEBIBYTE, "E010"),
    "one JSON text of 19 MB": (b'{"data_capsule": "' + b"x" * 19 * MEBIBYTE + b'"}', "E010"),
    "19 MB in quotes across lines": (b'a: "' + b"x\n" * (19 * MEBIBYTE // 2) + b'"', "E010"),
    "a JSON array of 25 MB": (b"[" + b'"x",' * (25 * MEBIBYTE // 4), "E015"),
    "a billion laughs": (LAUGHS, "E013"),
    "laughs that double": (DOUBLING, "E013"),
    "laughs through merge keys": (MERGED, "E013"),
    "an alias of itself": ("a: &a {b: *a}", "E014"),
    "an alias of itself through a merge": ("a: &a\n  <<: *a\n", "E014"),
    "10,000 lists in YAML": ("a: " + "[" * 10_000, "E011"),
    "10,000 lists in JSON": ("[" * 10_000, "E011"),
    "10,000 objects in JSON": ('{"a":' * 10_000, "E011"),
    "10,000 levels of block": ("".join(f"{' ' * i}a:\n" for i in range(1400)), "E011"),
    "a depth that aliases add up to": (
        "a: &a " + "[" * 40 + "]" * 40 + "\nb: &b " + "[" * 30 + "*a" + "]" * 30 + "\n",
        "E011",
    ),
    "a million digits": (HEAD + f"  meta: {{n: {'9' * 1_000_000}}}\n", "E004"),
    "a million digits in JSON": (f'{{"data_capsule": {{"n": {"9" * 1_000_000}}}}}', "E004"),
    "a million digits in hexadecimal": (HEAD + f"  meta: {{n: 0x{'f' * 1_000_000}}}\n", "E004"),
    "an exponent of 999,999": (HEAD + "  meta: {n: 1e999999}\n", "E004"),
    "an exponent beyond decimals": (HEAD + "  meta: {n: 1e9999999999999999999999}\n", "E004"),
    "a tiny exponent": (HEAD + "  meta: {n: 1e-999999}\n", "E004"),
    "a NUL character": (b"data_capsule: a\x00b", "E004"),
    "a control character": (HEAD + "  status: a\x07b\n", "E004"),
    "UTF-16": ((HEAD).encode("utf-16-le"), "E004"),
    "UTF-32": ((HEAD).encode("utf-32"), "E001"),
    "Latin-1": ((HEAD + "  status: é\n").encode("latin-1"), "E001"),
    "overlong UTF-8": (b"data_capsule: \xc0\xaf", "E001"),
    "half a surrogate pair": ("data_capsule: \ud800", "E001"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100, "E001"),
    "an archive": (b"PK\x03\x04\x14\x00\x00\x00\x08\x00", "E004"),
    "300,000 items": (HEAD + "  meta: {a: [" + "1," * 300_000 + "]}\n", "E013"),
    "200,000 unknown keys": (HEAD + "".join(f"  k{i}: 1\n" for i in range(70_000)), "E102"),
    "200,000 equal keys": (HEAD + "  a: 1\n" * 90_000, "E003"),
    "90,000 tags of one's own": (HEAD + "  meta:\n" + "    - !x 1\n" * 60_000, "E002"),
    "100,000 documents": ("---\na: 1\n" * 100_000, "E015"),
    "a Python object": ("data_capsule: !!python/object/apply:os.system ['true']", "E002"),
    "unclosed brackets": ("data_capsule: {" * 60, "E005"),
    "nothing but brackets": ("]" * 100_000, "E005"),
    "an anchor in every line": ("".join(f"a{i}: &a{i} 1\n" for i in range(40_000)), "E102"),
    "5,001 columns": (HEAD + "  schema:\n    columns:\n" + "      - {name: a, data_type: b}\n" * 5_001, "E016"),
    "5,000 patterns of a thousand repetitions": (
        HEAD
        + "  quality_rules:\n"
        + "".join(
            f"    - {{rule: pattern_match, capsule_level: true, pattern: '{i}(b|c){{1,900}}'}}\n" for i in range(5_000)
        ),
        "E016",
    ),
    "5,000 rules of one name": (
        HEAD + "  quality_rules:\n" + "    - {rule: freshness, capsule_level: true, threshold: 4 hours}\n" * 5_001,
        "E016",
    ),
    "60,000 tags, half of them twice": (HEAD + "  tags: [" + ",".join(f"t{i % 30_000}" for i in range(60_000)) + "]\n", "E105"),
    "a pattern that explodes": (
        HEAD + "  quality_rules:\n    - {rule: pattern_match, capsule_level: true, pattern: '((a{1000}){1000}){1000}'}\n",
        "E317",
    ),
    "an expression of 5,000 brackets": (
        HEAD
        + "  quality_rules:\n    - {rule: custom_sql, capsule_level: true, sql: 'select "
        + "(" * 5_000
        + "1"
        + ")" * 5_000
        + "'}\n",
        "E317",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_ends_soon_and_in_a_sentence(name):
    data, code = FILES[name]
    documents.read(HEAD)  # whatever is compiled once

    started = time.process_time()
    reading = documents.read(data)
    taken = time.process_time() - started

    assert code in {problem.code for problem in reading.problems}, reading.problems[:3]
    assert not reading.documents
    # Seconds of a busy machine; what they are on a quiet one, benchmarks/documents.py prints.
    assert taken < 10
    assert all(len(problem.message) < 700 and len(problem.hint) < 1_000 for problem in reading.problems)


@pytest.mark.parametrize("name", ["one text of 25 MB", "one JSON text of 19 MB", "a billion laughs"])
def test_a_hostile_file_takes_little_memory(name):
    data, _ = FILES[name]
    tracemalloc.start()
    try:
        documents.read(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 200 * MEBIBYTE


def test_size_is_said_as_too_large():
    assert documents.read(FILES["one text of 25 MB"][0]).too_large
    assert not documents.read(HEAD + "  tags: x\n").too_large


def test_twenty_levels_of_columns_are_read():
    fields = "{name: a, data_type: INT}"
    for _ in range(20):
        fields = f"{{name: a, data_type: STRUCT<a INT>, fields: [{fields}]}}"

    reading = documents.read(HEAD + f"  schema: {{columns: [{fields}]}}\n")

    assert reading.valid


def test_reading_needs_neither_settings_nor_database():
    code = "from apps.catalog import documents; print(documents.read('data_capsule: {}').problems[0].code)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={}, check=True)

    assert done.stdout.strip() == "E100"
